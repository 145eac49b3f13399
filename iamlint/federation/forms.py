"""What a claim of a known form may contain: a simulation of the form as an automaton, letter by letter."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamlint.federation.issuers import Claims, Form

_State = tuple[int, int]
"""A piece of the form, and how much of it was read.

Of a text that is a number of letters; of a part 0 is its beginning, 1 that it may end here, 2 that it may not.
"""


def may_have(claims: Claims, text: str, *, at_end: bool) -> bool:
    """Whether a value of a claim may contain a text, or end with it.

    It may be true for a text that no value has: of a part, only its letters and its last one count.
    """
    return any(_may_have(form, text, at_end) for form in claims.forms)


def _may_have(form: Form, text: str, at_end: bool) -> bool:
    states = _closed(form, _everywhere(form))
    for letter in text:
        states = _closed(form, (after for state in states for after in _after(form, state, letter)))
    return (len(form), 0) in states if at_end else bool(states)


def _everywhere(form: Form) -> Iterator[_State]:
    for index, piece in enumerate(form):
        for read in range(len(piece) if isinstance(piece, str) else 3):
            yield index, read
    yield len(form), 0


def _after(form: Form, state: _State, letter: str) -> Iterator[_State]:
    index, read = state
    if index == len(form):
        return
    piece = form[index]
    if isinstance(piece, str):
        if read < len(piece) and piece[read] == letter:
            yield index, read + 1
    elif piece.letter.fullmatch(letter):
        yield index, 1 if piece.last.fullmatch(letter) else 2


def _closed(form: Form, states: Iterable[_State]) -> set[_State]:
    """Return these states, and those at the beginning of the next piece where a piece may be complete."""
    found: set[_State] = set()
    for index, read in states:
        found.add((index, read))
        if index < len(form) and read == (len(piece) if isinstance(piece := form[index], str) else 1):
            found.add((index + 1, 0))
    return found
