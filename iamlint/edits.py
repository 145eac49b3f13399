"""Edits: byte-exact changes to files, and fixes, which are edits that resolve one finding."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, get_args

from iamlint.basics.frozen import frozen
from iamlint.location import Location, SourceText

Safety = Literal["safe", "unsafe", "suggestion"]
"""How sure a fix is.

``safe``: certainly the intended value; no principal gains an account through it, and no principal loses access.
``unsafe``: the right change in most cases, which can remove or open access. ``suggestion``: a guess, never applied.
"""
SAFETIES: tuple[Safety, ...] = get_args(Safety)


@frozen(order=True)
class Edit:
    """A range of a file and the text that replaces it.

    ``start`` and ``end`` (exclusive) are offsets in bytes of UTF-8, counted from after a byte order mark. ``path`` is
    as in locations. An empty range is an insertion.
    """

    path: str
    start: int
    end: int
    replacement: str

    def location(self, source: SourceText) -> Location:
        """Return the range as lines and columns of its file."""
        if source.text.isascii():
            return source.location(self.start, self.end)
        data = source.text.encode("utf-8", "surrogatepass")
        start, end = (len(data[:offset].decode("utf-8", "surrogatepass")) for offset in (self.start, self.end))
        return source.location(start, end)


@frozen
class Fix:
    """Edits that resolve a finding. ``by`` is the name of the function that made them, ``title`` describes them."""

    by: str
    title: str
    safety: Safety
    edits: tuple[Edit, ...]


def edit(source: SourceText, start: int, end: int, replacement: str) -> Edit:
    """Return an edit of a range that is given by offsets into the text, in code points."""
    if source.text.isascii():
        return Edit(source.path, start, end, replacement)
    before = len(source.text[:start].encode("utf-8", "surrogatepass"))
    return Edit(source.path, before, before + len(source.text[start:end].encode("utf-8", "surrogatepass")), replacement)


def conflict(one: Iterable[Edit], others: Iterable[Edit]) -> bool:
    """Whether two sets of edits touch the same text. Edits in both sets do not conflict, nor do equal insertions.

    Two different insertions at one place are a conflict, since their order would be a guess.
    """
    others = tuple(others)
    return any(_overlap(a, b) for a in one for b in others)


def _overlap(one: Edit, other: Edit) -> bool:
    if one.path != other.path or one == other:
        return False
    if one.start == one.end or other.start == other.end:
        return one.start <= other.end and other.start <= one.end
    return one.start < other.end and other.start < one.end


def consistent(edits: Iterable[Edit]) -> bool:
    """Whether edits can be applied together."""
    ordered = sorted(set(edits))
    return not any(_overlap(a, b) for number, a in enumerate(ordered) for b in ordered[number + 1 : number + 2])


def applied(content: bytes, edits: Iterable[Edit]) -> bytes:
    """Return the content of a file with edits of it applied; a byte order mark stays. The edits must be consistent."""
    mark = b"\xef\xbb\xbf" if content.startswith(b"\xef\xbb\xbf") else b""
    return mark + b"".join(_pieces(content[len(mark) :], sorted(set(edits))))


def _pieces(data: bytes, ordered: Sequence[Edit]) -> Iterator[bytes]:
    at = 0
    for one in ordered:
        yield data[at : one.start]
        yield one.replacement.encode("utf-8", "surrogatepass")
        at = one.end
    yield data[at:]


def by_path(edits: Iterable[Edit]) -> dict[str, list[Edit]]:
    """Return edits by the path of their file."""
    found: dict[str, list[Edit]] = {}
    for one in sorted(set(edits)):
        found.setdefault(one.path, []).append(one)
    return found
