"""Maps offsets in a text value to places in its source file."""

from __future__ import annotations

from collections.abc import Callable

from iamlint.location import Span

Locate = Callable[[int, int], Span | None]
"""Returns the place of a range of the text (offsets, end exclusive); None if it cannot be determined."""


def locator(text: str, *written: Span | None) -> Locate:
    """Return a function that locates ranges of the text whose literal is at the first of the spans that has it.

    Exact if the text is a whole file, a quoted string without escapes, or a heredoc, indented or not; in heredoc lines
    with interpolations, the whole line. Otherwise None, and the caller uses the argument's place.
    """
    for span in written:
        found = _in_file(text, span) or _in_quotes(text, span) or _in_heredoc(text, span) if span else None
        if found:
            return found
    return lambda _start, _end: None


def _in_file(text: str, span: Span) -> Locate | None:
    if span.text != text:
        return None
    return lambda start, end: Span(span.source, span.start + start, span.start + end)


def _in_quotes(text: str, span: Span) -> Locate | None:
    if span.text != f'"{text}"':
        return None
    return lambda start, end: Span(span.source, span.start + 1 + start, span.start + 1 + end)


def _in_heredoc(text: str, span: Span) -> Locate | None:
    literal = span.text.rstrip()
    if not literal.startswith("<<"):
        return None
    written = _lines(literal, span.start)[1:-1]
    lines = _lines(text.removesuffix("\n"), 0)
    if len(written) != len(lines):
        return None
    starts = [start for start, _ in lines]

    def locate(start: int, end: int) -> Span:
        return Span(span.source, _moved(start, False), _moved(end, True))

    def _moved(offset: int, is_end: bool) -> int:
        row = _row(starts, offset)
        at, line = lines[row]
        source_at, source_line = written[row]
        if source_line.endswith(line):
            return source_at + len(source_line) - len(line) + min(offset - at, len(line))
        blank = len(source_line) - len(source_line.lstrip())
        return source_at + (len(source_line.rstrip()) if is_end else blank)

    return locate


def _row(starts: list[int], offset: int) -> int:
    low, high = 0, len(starts)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if starts[middle] <= offset else (low, middle)
    return low


def _lines(text: str, start: int) -> list[tuple[int, str]]:
    """Return each line without its end, with its start offset."""
    found = []
    for line in text.split("\n"):
        found.append((start, line.removesuffix("\r")))
        start += len(line) + 1
    return found
