"""Positions as an editor counts them: from 0, in the negotiated units (UTF-16 by default). Files as URIs."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote, urlsplit
from urllib.request import url2pathname

from lsprotocol import types as lsp

from iamlint.location import Location, SourceText


def path_of(uri: str) -> Path | None:
    """Return the path of a file's URI; None for other schemes, like an editor's untitled buffers."""
    parts = urlsplit(uri)
    if parts.scheme != "file" or "\0" in unquote(parts.path):
        return None
    return Path(url2pathname(parts.path))


def _units(text: str, encoding: str) -> int:
    """Return the length of a text in the units that the editor counts."""
    match encoding:
        case "utf-8":
            return len(text.encode("utf-8", "surrogatepass"))
        case "utf-32":
            return len(text)
        case _:
            return len(text) + sum(ord(character) > 0xFFFF for character in text)


def range_of(at: Location, text: SourceText | None, encoding: str) -> lsp.Range:
    """Return the range of a location. Without the text of its file, columns are taken as they are."""

    def position(line: int, column: int) -> lsp.Position:
        units = _units(text.line(line)[: column - 1], encoding) if text else column - 1
        return lsp.Position(max(line - 1, 0), max(units, 0))

    return lsp.Range(position(at.line, at.column), position(at.end_line, at.end_column))


def offset_of(position: lsp.Position, text: SourceText, encoding: str) -> int:
    """Return the offset of a position in code points; beyond the end of its line it is that end."""
    starts = text.line_starts
    if position.line >= len(starts):
        return len(text.text)
    line, column, units = text.line(position.line + 1), 0, 0
    while column < len(line) and units < position.character:
        units += _units(line[column], encoding)
        column += 1
    return starts[position.line] + column
