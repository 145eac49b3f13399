"""The second reader: python-hcl2 (https://github.com/amplify-education/python-hcl2), mapped to the same tree.

It never replaces the native reader, and only serves for comparison. So the mapping shows what python-hcl2 read,
including its deviations from HCL. It leaves heredocs whole; our reader reads their templates, within the limits that it
gave them.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from iamlint.hcl.reading.lexer import ParseError
from iamlint.hcl.second_reader.python_hcl2_tree import Mapping
from iamlint.hcl.syntax import Body, File
from iamlint.location import SourceText, Unreadable

if TYPE_CHECKING:
    from lark import Lark

MAX_LENGTH = 1_000_000
"""Maximum length of a file in characters; python-hcl2 reads less than half a megabyte per second."""

MAX_BLANKS = 2_000
"""Maximum number of consecutive blanks and newlines; in a heredoc python-hcl2 takes quadratic time for them."""

_LIMIT = "python-hcl2 has limits that Terraform has not; read this passage with care, or write it in a simpler way."


def read(source: SourceText) -> File:
    """Return python-hcl2's tree of a file; if it fails the tree is empty and the reason is among the errors."""
    from lark.exceptions import LarkError

    file = File(source, Body(0, len(source.text)))
    if len(source.text) > MAX_LENGTH:
        file.errors.append(_unreadable(source, 0, f"longer than {MAX_LENGTH} characters"))
        return file
    if any(match.end() - match.start() > MAX_BLANKS for match in re.finditer(r"\s+", source.text)):
        file.errors.append(_unreadable(source, 0, f"more than {MAX_BLANKS} blanks in a row"))
        return file
    text = source.text.replace("\ufeff", " ", 1) if source.text.startswith("\ufeff") else source.text
    try:
        # A newline at the end is what hcl2.parses_to_tree adds, too: the grammar knows no end of file.
        mapping = Mapping(text, _parser().parse(text + "\n"))
        file.body = mapping.file_body()
        file.comments = mapping.comments()
    except LarkError as error:
        offset = getattr(error, "pos_in_stream", None)
        found = getattr(error, "token", None) or text[offset : offset + 1] if isinstance(offset, int) else ""
        file.errors.append(_unreadable(source, offset or 0, f"unexpected {str(found)[:20]!r}"))
    except ParseError as error:
        file.errors.append(_unreadable(source, error.start, error.reason))
    except RecursionError:
        file.errors.append(_unreadable(source, 0, "nested too deeply for it"))
    return file


def _unreadable(source: SourceText, offset: int, reason: str) -> Unreadable:
    at = min(max(offset, 0), len(source.text))
    return Unreadable(source.location(at, at), f"python-hcl2 cannot read this file: {reason}", _LIMIT)


@cache
def _parser() -> Lark:
    """Return the parser as python-hcl2 builds it, but without a cached grammar.

    Lark's cache is a pickle, so a file in its place would run code, and every place that a variable names
    (``XDG_CACHE_HOME``, ``HOME``) may be in the checkout. Building the grammar takes two seconds.
    """
    import hcl2
    from hcl2.postlexer import PostLexer
    from lark import Lark

    grammar = Path(hcl2.__file__).with_name("hcl2.lark")
    return Lark.open(str(grammar), parser="lalr", propagate_positions=True, postlex=PostLexer())
