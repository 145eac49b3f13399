"""Documents in texts of a configuration: each part with its place, and with its unknown parts."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iamlint.documents.values import Data, Value
from iamlint.hcl.heredoc import Locate, locator
from iamlint.location import SourceText, Span, Unreadable
from iamlint.unknown import HOLE, Unknown, UnknownPart

Read = Callable[[SourceText, str], Value | Unreadable]
"""Parses a text; the second argument says why parts of it are unknown, "" if all are known."""


def embedded(value: Value, argument: Span, what: str, read: Read) -> Value | Unknown:
    """Return the document in a text; unknown parts of the text may be strings or parts of them.

    ``what`` names the document in reasons, with its format: "the policy is not JSON".
    """
    match value.data:
        case str() as text:
            unknown_parts: tuple[UnknownPart, ...] = ()
            reason = ""
        case Unknown() as why if why.parts and not why.unknown_part and HOLE not in why.text:
            unknown_parts = tuple(part for part in why.parts if isinstance(part, UnknownPart))
            numbers = iter(range(len(unknown_parts)))
            text = "".join(part if isinstance(part, str) else f"{HOLE}{next(numbers)}{HOLE}" for part in why.parts)
            reason = why.reason
        case Unknown() as why:
            return why
        case _:
            return Unknown(f"{what}: it is not a text")
    document = read(SourceText(what, text), reason)
    if isinstance(document, Unreadable):
        return Unknown(reason or f"{what}: {document.reason}")
    return _Relocation(locator(text, value.at, argument), reason, unknown_parts).value(document)


class _Relocation:
    """Moves a document, parsed from a text, to the text's place in the source, and restores its unknown parts."""

    def __init__(self, locate: Locate, reason: str, unknown_parts: tuple[UnknownPart, ...]) -> None:
        self._locate, self._reason, self._unknown_parts = locate, reason, unknown_parts

    def value(self, value: Value) -> Value:
        at = self._locate(value.at.start, value.at.end) if value.at else None
        return Value(self._data(value.data), at)

    def _data(self, data: Data) -> Data:
        match data:
            case str() as text if HOLE in text:
                return Unknown(self._reason, tuple(self._parts(text)))
            case tuple() as items:
                return tuple(self.value(item) for item in items)
            case dict() as entries:
                return {key: self.value(item) for key, item in entries.items()}
            case _:
                return data

    def _parts(self, text: str) -> Iterator[str | UnknownPart]:
        """Yield the pieces of a text; every second piece is the number of an unknown part."""
        for index, piece in enumerate(text.split(HOLE)):
            if index % 2:
                yield self._unknown_parts[int(piece)]
            elif piece:
                yield piece
