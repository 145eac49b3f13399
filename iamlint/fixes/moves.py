"""Where edits are, in code points, in a text before and after them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iamlint.edits import Edit, edit
from iamlint.hcl import read_file
from iamlint.hcl.syntax import File
from iamlint.location import SourceText

TERRAFORM = (".tf", ".tofu", ".tf.json", ".tofu.json", ".tfvars", ".tfvars.json")
Replacement = tuple[int, int, str]
"""Start, end and text."""


class Moves:
    """Edits of one file, sorted. ``before`` and ``after`` are their ranges in the two texts."""

    def __init__(self, source: SourceText, edits: Sequence[Edit]) -> None:
        data = source.text.encode("utf-8", "surrogatepass")
        self.source = source
        self.before: list[tuple[int, int]] = []
        self.after: list[tuple[int, int]] = []
        self.texts = [one.replacement for one in edits]
        shift = at = offset = 0
        for one in edits:
            offset += len(data[at : one.start].decode("utf-8", "surrogatepass"))
            length = len(data[one.start : one.end].decode("utf-8", "surrogatepass"))
            self.before.append((offset, offset + length))
            self.after.append((offset + shift, offset + shift + len(one.replacement)))
            shift += len(one.replacement) - length
            offset, at = offset + length, one.end

    def later(self, offset: int) -> int:
        """Return where an offset into the first text is in the second."""
        shift = 0
        for (start, end), (new_start, new_end) in zip(self.before, self.after, strict=True):
            if offset < start:
                break
            if offset < end:
                return min(new_start + offset - start, new_end)
            shift = new_end - end
        return offset + shift

    def with_replacements(self, more: Iterable[Replacement]) -> tuple[Edit, ...]:
        """Return the edits with further ones, which are ranges of the second text, in their order."""
        pieces = [(start, end, text) for (start, end), text in zip(self.before, self.texts, strict=True)]
        for start, end, text in sorted(more, reverse=True):  # from the end, so that offsets stay right
            inside = next((n for n, (s, e) in enumerate(self.after) if s <= start and end <= e and s < e), None)
            if inside is not None:
                first = self.after[inside][0]
                old_start, old_end, old = pieces[inside]
                pieces[inside] = (old_start, old_end, old[: start - first] + text + old[end - first :])
            else:
                pieces.append((self._earlier(start), self._earlier(end), text))
        return tuple(sorted(edit(self.source, *piece) for piece in pieces))

    def _earlier(self, offset: int) -> int:
        shift = 0
        for (_, end), (_, new_end) in zip(self.before, self.after, strict=True):
            if new_end <= offset:
                shift = new_end - end
        return offset - shift


def block_lines(source: SourceText, ranges: Iterable[tuple[int, int]]) -> Iterator[int]:
    """Yield the numbers, from 1, of the lines of the top-level blocks that ranges touch, or of the ranges."""
    if not source.path.endswith(TERRAFORM):
        return
    for first, last in touched(read_file(source), ranges):
        yield from range(first + 1, last + 2)


def touched(file: File, ranges: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return the lines (first and last, from 0) of the top-level blocks that ranges touch, or of the ranges."""
    found = []
    for start, end in ranges:
        spans = [(one.start, one.end) for one in file.body.blocks if one.start <= end and start <= one.end]
        for first, last in spans or [(start, end)]:
            found.append((file.source.position(first)[0] - 1, file.source.position(last)[0] - 1))
    return found
