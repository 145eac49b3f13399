"""The lowest level of the native reader: a cursor over the text, blanks, comments, names, and errors.

The grammar is HCL's own (https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md, scan_tokens.rl): blanks are
spaces and tabs, a newline is LF or CRLF and is significant in some places, a comment never is.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import cast

from iamlint.basics.lazy_regex import regex
from iamlint.location import SourceText, Unreadable

MAX_DEPTH = 100
"""Maximum nesting of blocks, brackets, templates and conditionals."""

NOT_IN_NAME = r"\x00-,./:-@\[-^`{-\x7f"
"""The ASCII characters that no identifier has, for a class of a pattern.

What a name may have is written as what it may not: ``re`` takes 15 ms to compile a range up to U+10FFFF.
"""

NAME = rf"[^0-9\-{NOT_IN_NAME}][^{NOT_IN_NAME}]*+"
"""An identifier; one with characters beyond ASCII must also pass `Lexer.check_name`."""

_Skip = Callable[[str, int], "re.Match[str]"]


def _skip(pattern: str) -> _Skip:
    """Return a match that cannot fail, since the pattern may be empty."""
    return cast("_Skip", re.compile(pattern).match)


_NAME = regex(NAME)
_LINE = _skip(r"[ \t]*+")
_FREE = _skip(r"[ \t\n]*+")
_FREE_CRLF = _skip(r"(?:[ \t\n]|\r\n)*+")
_MAY_BE_SKIPPED = frozenset(" \t\r\n#/")
_WORD = regex(r"[A-Za-z0-9_\-]+")
_FORBIDDEN = {
    "'": 'Strings are written in double quotes (").',
    "`": "For a text of several lines write a heredoc (<<EOT).",
    ";": "Arguments end at the end of their line; items of lists and objects are separated by commas.",
    "“": 'These are typographic quotes; write straight ones (").',
    "”": 'These are typographic quotes; write straight ones (").',
    "&": 'The operator "and" is written &&.',
    "|": 'The operator "or" is written ||.',
}
_TAG = regex(r"\{[{%]|<%|(<[A-Za-z][^<>\n]*>)")
"""A tag of another template language (Go, Jinja, ERB), or a placeholder like ``<PROJECT_ID>``."""
_PLACEHOLDER = "This looks like a placeholder: write a value."
_TEMPLATE = "This looks like a tag of a template, which Terraform does not fill in: check what the template makes."


def shown(text: str) -> str:
    """Return a piece of the source for an error: short, and without control characters."""
    return text[:60] if text[:60].isprintable() else ascii(text[:60])[1:-1]


class ParseError(Exception):
    """A syntax error at a range of the text; the top-level item that contains it is not read."""

    def __init__(self, start: int, end: int, reason: str, hint: str = "") -> None:
        super().__init__(reason)
        self.start, self.end, self.reason, self.hint = start, end, reason, hint

    def unreadable(self, source: SourceText) -> Unreadable:
        """Return the error as the value that is kept with the results."""
        return Unreadable(source.location(self.start, self.end), self.reason, self.hint)


class Lexer:
    """A cursor (`at`) over a text; `peek` skips insignificant characters.

    `blank` matches insignificant characters: blanks within a line, or newlines too (`free`) inside brackets. `next` is
    the significant character at the cursor after an expression, as `peek` returns it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 1 if text.startswith("\ufeff") else 0
        self.line: _Skip = _LINE
        self.free: _Skip = _FREE_CRLF if "\r" in text else _FREE
        self.blank: _Skip = self.line
        self.comments: list[tuple[int, int]] = []
        self.depth = 0
        self.next = ""

    def peek(self) -> str:
        """Move to the next significant character and return it: "" at the end, a line feed for any newline."""
        text, at = self.text, self.at
        character = text[at : at + 1]
        if character not in _MAY_BE_SKIPPED:
            return character
        at = self.at = self.blank(text, at).end()
        character = text[at : at + 1]
        if character == "#" or character == "/":  # noqa: PLR1714  the hottest line of the reader
            return self._after_comments()
        if character == "\r" and text.startswith("\n", at + 1):
            return "\n"
        return character

    def peek_over_newlines(self) -> str:
        """Do the same as `peek`, but skip newlines, too."""
        text = self.text
        at = self.at = self.free(text, self.at).end()
        character = text[at : at + 1]
        if character == "#" or character == "/":  # noqa: PLR1714  as in `peek`
            blank, self.blank = self.blank, self.free
            character = self._after_comments()
            self.blank = blank
        return character

    def _after_comments(self) -> str:
        text, at, blank, comments = self.text, self.at, self.blank, self.comments
        last = comments[-1][0] if comments else -1
        while True:
            character = text[at : at + 1]
            if character == "#" or text.startswith("//", at):
                end = text.find("\n", at)
                if end < 0:
                    end = len(text)
                elif text[end - 1] == "\r":
                    end -= 1
            elif text.startswith("/*", at):
                end = text.find("*/", at + 2) + 2
                if end < 2:
                    raise ParseError(at, at + 2, "this comment is never closed", 'close it with "*/"')
            else:
                self.at = at
                return "\n" if character == "\r" and text.startswith("\n", at + 1) else character
            if at > last:
                comments.append((at, end))
            at = blank(text, end).end()

    def name(self, what: str) -> str:
        """Return the identifier that must be here."""
        self.peek()
        match = _NAME.match(self.text, self.at)
        if match is None:
            raise self.unexpected(what)
        name = match.group()
        if not name.isascii():
            self.check_name(name, self.at)
        self.at = match.end()
        return name

    def keyword(self, word: str) -> bool:
        """Step over an identifier if it is this one."""
        self.peek()
        match = _NAME.match(self.text, self.at)
        if match is None or match.group() != word:
            return False
        self.at = match.end()
        return True

    def check_name(self, name: str, start: int) -> None:
        """Refuse an identifier with a character that Unicode does not allow in one."""
        if name.replace("-", "_").isidentifier():
            return
        for index, character in enumerate(name):
            if not ("a" * (index > 0) + character).isidentifier() and character != "-":
                at = start + index
                raise ParseError(
                    at, at + 1, f"{character!r} is not used in Terraform's language", _FORBIDDEN.get(character, "")
                )

    def unexpected(self, expected: str, hint: str = "") -> ParseError:
        """Return the error at the cursor: something else is expected there."""
        at = self.at
        if at >= len(self.text):
            return ParseError(at, at, f"the file ends where {expected} is expected", hint)
        word = _WORD.match(self.text, at)
        found = word.group()[:30] if word else self.text[at]
        what = "the end of the line" if found in "\r\n" else f'"{found}"' if found.isprintable() else ascii(found)
        if tag := _TAG.match(self.text, at):
            hint = _PLACEHOLDER if tag[1] else _TEMPLATE
        return ParseError(
            at, at + len(found), f"{what} where {expected} is expected", hint or _FORBIDDEN.get(found, "")
        )

    def unclosed(self, character: str, start: int, close: str, expected: str) -> ParseError:
        """Return the error in a bracketed construct: at its start if the file has ended, else at the cursor."""
        if character:
            return self.unexpected(expected)
        return ParseError(start, start + 1, f'this "{self.text[start]}" is never closed', f'close it with "{close}"')

    def enter(self) -> None:
        """One level deeper; the caller goes back up by ``depth -= 1``."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise self.too_deep()

    def too_deep(self) -> ParseError:
        """Return the error for what is nested too deeply at the cursor."""
        reason = f"nested deeper than {MAX_DEPTH} levels"
        return ParseError(self.at, self.at + 1, reason, "move the inner part into a local value")
