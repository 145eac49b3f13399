"""Keeps the alignment of ``terraform fmt`` around edits: equals signs and trailing comments of consecutive lines.

Source: formatCells and linesForFormat in https://github.com/hashicorp/hcl/blob/main/hclwrite/format.go
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from iamlint.basics.frozen import frozen, mutable
from iamlint.edits import Edit, applied, consistent
from iamlint.fixes.moves import Moves, touched
from iamlint.hcl import read_file
from iamlint.hcl.syntax import Block, File, Template
from iamlint.hcl.walk import walk
from iamlint.location import SourceText

_FORMATTED = (".tf", ".tofu", ".tfvars")
_BRACKETS = {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}


@mutable
class _Line:
    """A line as three cells. ``lead``, ``assign`` and ``comment`` are (start, end) offsets without space around.

    ``alone`` is the offset of an equals sign with a value of several lines: one space is before it.
    """

    start: int
    lead: tuple[int, int]
    assign: tuple[int, int] | None = None
    comment: tuple[int, int] | None = None
    alone: int | None = None


@frozen
class _Gap:
    """A run of spaces in a line, and its correct length."""

    start: int
    end: int
    wanted: int

    @property
    def is_right(self) -> bool:
        return self.end - self.start == self.wanted


def aligned(source: SourceText, edits: Iterable[Edit]) -> tuple[Edit, ...]:
    """Return edits of one file together with those that keep it formatted.

    A block that was not aligned before is not aligned, nor is a file that does not parse after the edits.
    """
    edits = tuple(sorted(set(edits)))
    if not source.path.endswith(_FORMATTED) or not consistent(edits):
        return edits
    text = applied(source.text.encode("utf-8", "surrogatepass"), edits).decode("utf-8", "surrogatepass")
    after = SourceText(source.path, text)
    old, new = read_file(source), read_file(after)
    moves = Moves(source, edits)
    if new.errors or any(not gap.is_right for _, gap in _gaps(old, touched(old, moves.before))):
        return edits
    gaps = (gap for _, gap in _gaps(new, touched(new, moves.after)))
    return moves.with_replacements((gap.start, gap.end, " " * gap.wanted) for gap in gaps if not gap.is_right)


def _gaps(file: File, within: Sequence[tuple[int, int]]) -> list[tuple[int, _Gap]]:
    """Return the spaces before equals signs and comments, by line, of the lines in these ranges."""
    lines = _lines(file)
    found: list[tuple[int, _Gap]] = []
    widths = [_assign_gaps(lines, run, found) for run in _runs([line and line.assign for line in lines])]
    assign = {number: wanted for group in widths for number, wanted in group.items()}
    for run in _runs([line and line.comment for line in lines]):
        most = max(_width(lines[number], assign.get(number)) for number in run)
        for number in run:
            line = lines[number]
            if line is None or line.comment is None:
                continue
            wanted = most - _width(line, assign.get(number)) + 1
            last = line.assign[1] if line.assign else line.lead[1]
            found.append((number, _Gap(last, line.comment[0], wanted)))
    for number, line in enumerate(lines):
        if line and line.alone is not None:
            last = line.start + len(file.source.text[line.start : line.alone].rstrip())
            found.append((number, _Gap(last, line.alone, 1)))
    inside = [(number, gap) for number, gap in found if any(first <= number <= last for first, last in within)]
    return sorted(inside, key=lambda one: one[1].start)


def _assign_gaps(lines: list[_Line | None], run: range, found: list[tuple[int, _Gap]]) -> dict[int, int]:
    leads = {number: line.lead[1] - line.start for number in run if (line := lines[number])}
    most, wanted = max(leads.values()), {}
    for number, lead in leads.items():
        line = lines[number]
        if line and line.assign:
            wanted[number] = most - lead + 1
            found.append((number, _Gap(line.lead[1], line.assign[0], most - lead + 1)))
    return wanted


def _width(line: _Line | None, spaces: int | None) -> int:
    if line is None:
        return 0
    lead = line.lead[1] - line.start
    return lead + (spaces or 0) + (line.assign[1] - line.assign[0] if line.assign else 0)


def _runs(cells: Sequence[object]) -> list[range]:
    """Return the runs of consecutive lines that have a cell."""
    found: list[range] = []
    start: int | None = None
    for number, cell in enumerate([*cells, None]):
        if cell and start is None:
            start = number
        elif not cell and start is not None:
            found.append(range(start, number))
            start = None
    return found


def _lines(file: File) -> list[_Line | None]:
    """Return the cells of each line; None for empty lines, heredocs, and lines of longer strings or comments."""
    text, hidden, whole = _masked(file)
    written = ((start, end) for start, end in file.comments if not file.source.text.startswith("/*", start))
    comments = {file.source.position(start)[0] - 1: (start, end) for start, end in written}
    starts = file.source.line_starts
    lines: list[_Line | None] = []
    for number, start in enumerate(starts):
        end = starts[number + 1] - 1 if number + 1 < len(starts) else len(text)
        if number in hidden:
            lines.append(None)
            continue
        comment = comments.get(number)
        code_end = comment[0] if comment else end
        code = text[start:code_end]
        lead = (start + len(code) - len(code.lstrip()), start + len(code.rstrip()))
        if lead[0] >= lead[1]:
            lines.append(None)
            continue
        ends = (comment[0], start + len(text[start : comment[1]].rstrip())) if comment else None
        line = _Line(start, lead, None, ends)
        equals = _equals(text, *lead)
        if equals is not None and number not in whole and _net(text[equals : lead[1]]) == 0:
            line.assign = (equals, lead[1])
            line.lead = (lead[0], start + len(text[start:equals].rstrip()))
        elif equals is not None and (number in whole or _net(text[equals : lead[1]]) > 0):
            line.alone = equals
        lines.append(line)
    return lines


def _masked(file: File) -> tuple[str, set[int], set[int]]:
    """Return the text with strings blanked out, the hidden lines, and the lines with a value that continues."""
    source = file.source
    text = list(source.text)
    hidden: set[int] = set()
    whole: set[int] = set()
    for node in walk(file.body):
        if not isinstance(node, Template) or node.start >= node.end:
            continue
        first, last = source.position(node.start)[0] - 1, source.position(node.end)[0] - 1
        if node.heredoc:
            last = source.position(max(node.start, node.end - 1))[0] - 1
        if last > first:
            hidden.update(range(first + 1, last + 1))
            whole.add(first)
        for offset in range(node.start, node.end):
            if text[offset] not in "\r\n":
                text[offset] = "x"
    for start, end in file.comments:
        first, last = source.position(start)[0] - 1, source.position(max(start, end - 1))[0] - 1
        hidden.update(range(first + 1, last + 1))
        if source.text.startswith("/*", start):  # to the formatter it is a part of the value before it
            text[start:end] = ["x" if one not in "\r\n" else one for one in text[start:end]]
    for block in file.body.blocks:
        _unhide_header(block, text, source.text)
    return "".join(text), hidden, whole


def _unhide_header(block: Block, text: list[str], written: str) -> None:
    """Blank out the labels of a block, which may contain anything."""
    for label in block.labels:
        for offset in range(label.start, label.end):
            if written[offset] not in "\r\n":
                text[offset] = "x"


def _equals(text: str, start: int, end: int) -> int | None:
    """Return the offset of the first equals sign that is not part of another operator."""
    for offset in range(start + 1, end):
        if text[offset] == "=" and text[offset - 1] not in "=!<>" and text[offset + 1 : offset + 2] not in ("=", ">"):
            return offset
    return None


def _net(text: str) -> int:
    return sum(_BRACKETS.get(character, 0) for character in text)
