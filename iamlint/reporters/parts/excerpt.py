"""Ranges of a source text, cut without copying its lines: a plan is often one line of many megabytes."""

from __future__ import annotations

from iamlint.location import Location, SourceText


def line_span(text: SourceText, number: int) -> tuple[int, int]:
    """Return the start and end offset of a line (from 1), without its line end; both 0 if it does not exist."""
    starts = text.line_starts
    if not 1 <= number <= len(starts):
        return 0, 0
    start = starts[number - 1]
    end = starts[number] - 1 if number < len(starts) else len(text.text)
    return start, end - 1 if end > start and text.text[end - 1] == "\r" else end


def inside(at: Location, text: SourceText, most: int) -> str:
    """Return the text of a place, or its first ``most`` characters."""
    start, last = line_span(text, at.line)
    end, _ = line_span(text, at.end_line)
    start, end = start + at.column - 1, end + at.end_column - 1
    return text.text[start : min(end, start + most, max(last, end))]
