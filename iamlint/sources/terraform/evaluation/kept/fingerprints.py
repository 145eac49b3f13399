"""Fingerprints of values: two values with the same one have the same data, at the same places."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from iamlint.basics.frozen import mutable
from iamlint.basics.hashes import blake2b
from iamlint.documents.values import NULL, Key, Partial, SetOf, Value
from iamlint.location import Made, Span
from iamlint.sources.terraform.instances.instance import Argument
from iamlint.unknown import Unknown

_MOST = 20_000
"""Maximum number of values in one that is looked at; a value that refers to itself many times has no end."""
_SHORT = 200
"""Length of a text in a file, in characters, that is compared itself; for a longer one, all of the file is."""


class NotFixed(Exception):
    """Raised for a value without a fingerprint: it computes its attributes on demand, or it is too large."""


def fingerprint(*values: Value | Argument | Span | Unknown | str | None) -> bytes:
    """Return the fingerprint of values and texts, for this process only. Raises `NotFixed`."""
    found = _Pieces([])
    for value in values:
        match value:
            case Value():
                found.value(value)
            case Argument():
                found.value(value.value)
                found.spans((value.at, *value.items))
            case Span():
                found.span(value)
            case Unknown():
                found.unknown(value)
            case other:
                found.add(repr(other))
    pieces = "".join(f"{len(piece)}:{piece}" for piece in found.pieces)  # no text may look like two others
    return blake2b(pieces.encode("utf-8", "surrogatepass"), digest_size=16).digest()


@mutable
class _Pieces:
    """The texts that a fingerprint is made of. ``left`` is the number of values that may still follow."""

    pieces: list[str]
    left: int = _MOST

    def add(self, piece: str) -> None:
        self.pieces.append(piece)

    def value(self, value: Value) -> None:
        self.left -= 1
        if self.left < 0:
            raise NotFixed
        data = value.data
        self.pieces.append(type(data).__name__)
        match data:
            case None | bool() | int() | str() | Decimal():
                self.pieces.append(str(data))
            case Unknown():
                self.unknown(data)
            case tuple():
                self._all(data)
            case SetOf(elements):
                self._all(elements)
            case dict():
                self.pieces.append(str(len(data)))
                for key, one in data.items():
                    self.pieces.append(key)
                    self.span(key.at if isinstance(key, Key) else None)
                    self.value(one)
            case _:
                raise NotFixed
        self.span(value.at)
        if isinstance(value.structure, Value):
            self.pieces.append("structure")
            self.value(value.structure)
        elif value.structure is not None:
            self.partial(value.structure)

    def partial(self, partial: Partial) -> None:
        self.pieces += ["partial", partial.kind, str(partial.open), str(len(partial.parts))]
        for part in partial.parts:
            self.pieces.append(str(part.sure))
            self.value(part.key or NULL)
            self.value(part.value)

    def _all(self, elements: tuple[Value, ...]) -> None:
        self.pieces.append(str(len(elements)))
        for one in elements:
            self.value(one)

    def unknown(self, why: Unknown) -> None:
        parts = (part if isinstance(part, str) else repr(part) for part in why.parts)
        self.pieces += [why.reason, str(why.refused), str(len(why.parts)), *parts]

    def spans(self, spans: Iterable[Span]) -> None:
        for one in spans:
            self.span(one)

    def span(self, at: Span | None) -> None:
        if at is None:
            self.pieces.append("-")
            return
        source, start, end = at.source, at.start, at.end
        text = source.text[start:end] if end - start <= _SHORT else str(hash(source.text))
        self.pieces += [source.path, f"{end - start} {source.position(start)}", text]
        if isinstance(at, Made):
            self.pieces.append("made")
            self.span(at.named)
