"""Documents within texts of a configuration: each part with the place that it is written at, and with its holes."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iamlint.documents.values import Data, Value
from iamlint.location import SourceText, Span, Unreadable
from iamlint.sources.terraform.instances.heredoc import Locate, locator
from iamlint.unknown import Hole, Unknown

HOLE = "\ue000"
"""Stands on both sides of a hole's number while a document is read; a private character, which no document holds."""

Read = Callable[[SourceText, str], Value | Unreadable]
"""Reads a text; the second argument says why parts of it are not known, and is empty where all are known."""


def embedded(value: Value, argument: Span, what: str, read: Read) -> Value | Unknown:
    """The document in a text; the parts of the text that are not known may stand for strings or in them.

    ``what`` names the document in reasons, with its format: "the policy is not JSON".
    """
    match value.data:
        case str() as text:
            holes: tuple[Hole, ...] = ()
            reason = ""
        case Unknown() as why if why.parts and not why.hole and HOLE not in why.text:
            holes = tuple(part for part in why.parts if isinstance(part, Hole))
            numbers = iter(range(len(holes)))
            text = "".join(part if isinstance(part, str) else f"{HOLE}{next(numbers)}{HOLE}" for part in why.parts)
            reason = why.reason
        case Unknown() as why:
            return why
        case _:
            return Unknown(f"{what}: it is not a text")
    document = read(SourceText(what, text), reason)
    if isinstance(document, Unreadable):
        return Unknown(reason or f"{what}: {document.reason}")
    return _Relocation(locator(text, value.at, argument), reason, holes).value(document)


class _Relocation:
    """Moves a document that was read out of a text to where that text is written, and puts its holes back."""

    def __init__(self, locate: Locate, reason: str, holes: tuple[Hole, ...]) -> None:
        self._locate, self._reason, self._holes = locate, reason, holes

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

    def _parts(self, text: str) -> Iterator[str | Hole]:
        """Every second piece is the number of a hole."""
        for index, piece in enumerate(text.split(HOLE)):
            if index % 2:
                yield self._holes[int(piece)]
            elif piece:
                yield piece
