"""The characters of random texts: all but halves of surrogate pairs, which are those of `st.text()`.

Without an alphabet hypothesis asks the encoder about each of a million characters: two seconds in a fresh clone.
"""

from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=["Cs"])
