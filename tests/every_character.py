"""The characters of random texts: all but halves of surrogate pairs, which are those of `st.text()`.

Without an alphabet hypothesis asks the encoder about each of a million characters: two seconds in a fresh clone.
"""

from random import Random

from hypothesis import strategies as st

CHARACTERS = st.characters(exclude_categories=["Cs"])
_RANGES = ((0, 0x80), (0, 0x80), (0x80, 0x3000), (0x3000, 0xD800), (0xE000, 0x110000))


def characters(chance: Random, most: int) -> str:
    """Return up to so many of them, those of ASCII more often."""
    return "".join(chr(chance.randrange(*chance.choice(_RANGES))) for _ in range(chance.randint(0, most)))
