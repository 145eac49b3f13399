"""Folds lines at words to the width of a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.reporters.parts.frame import columns

NARROWEST = 40
"""A terminal that is narrower is treated as this wide."""
_COLOUR = regex(r"\x1b\[[0-9;]*m")
_WORD = regex(r" *[^ ]+")


@frozen
class Fold:
    """Folds lines to a width in columns; None leaves them as they are, for files and pipes."""

    width: int | None = None

    def __call__(self, line: str, indent: int = 2) -> Iterator[str]:
        """Yield a line in parts of at most the width; all but the first are indented.

        It is only broken at blanks, and not within the indent: a word that is wider, such as an address, keeps a line
        to itself, so that it can be copied. Colour counts nothing.
        """
        if self.width is None or shown_width(line) <= self.width:
            yield line
            return
        width = max(self.width, NARROWEST)
        part, used = "", 0
        for found in _WORD.finditer(line):
            word = found[0]
            if used > indent and used + shown_width(word) > width:
                yield part.rstrip()
                part, used, word = "", 0, " " * indent + word.lstrip()
            part, used = part + word, used + shown_width(word)
        yield part

    def all(self, lines: Iterable[str], indent: int = 2) -> Iterator[str]:
        """Yield several lines, each folded."""
        for line in lines:
            yield from self(line, indent)


_TITLE = 50
"""Minimum number of columns for a title on the line of its name."""


def titled(head: str, title: str, fold: Fold) -> Iterator[str]:
    """Yield a row of a list: the title after the head, or below it on a terminal without room for titles.

    The heads of all rows have one width, with the blanks before the title.
    """
    if fold.width is not None and fold.width < len(head) + _TITLE:
        yield head.rstrip()
        yield from fold(f"    {title}", 4)
    else:
        yield from fold(head + title, len(head))


def shown_width(text: str) -> int:
    """Return the columns of a text on a terminal, without its colour."""
    return columns(_COLOUR.sub("", text))


def folded_page(lines: Iterable[str], width: int | None) -> Iterator[str]:
    """Yield a Markdown page with its paragraphs set to the width of a terminal; code, headings and lists stay."""
    if width is None:
        yield from lines
        return
    paragraph: list[str] = []
    fenced = False
    for line in lines:
        fence = line.startswith("```")
        if not fenced and not fence and line and not line.startswith(_OTHER):
            paragraph.append(line)
            continue
        yield from Fold(width)(" ".join(paragraph), 0) if paragraph else ()
        paragraph = []
        fenced ^= fence
        yield line
    yield from Fold(width)(" ".join(paragraph), 0) if paragraph else ()


_OTHER = ("#", "- ", "* ", "|", ">", " ", "<")
