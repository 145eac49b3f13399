"""Patterns for how an entry of a body, an item of an object, or an expression starts: each is one match.

The last group of a match is what was found. These patterns do not decide what is valid: what they do not match is read
character by character, with the same result.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from iamlint.basics.lazy_regex import regex
from iamlint.hcl.reading.lexer import NAME

Start = Callable[[str, int], re.Match[str] | None]
"""The ``match`` of one of the patterns, which readers keep: to look it up takes a fifth as long as to call it."""
KEY = 1
"""What is before the expression: the name of an argument, the key of an item, or blanks."""
PATH, CALL, AFTER_PATH = 2, 3, 4
"""Names joined by dots, and what follows: the parenthesis of a call, or a character that ends the term."""
STRING, AFTER_STRING = 5, 6
"""The content of a plain string, and the character that ends the term."""
BRACKET = 7
"""A bracket that opens a term."""
DIGITS, AFTER_DIGITS = 8, 9
"""A whole number, and the character that ends the term."""
CLOSING = 10
"""The bracket that closes what contains the expression or the item."""
FIRST_LABEL, SECOND_LABEL, OPENING, END = 10, 11, 12, 13
"""In a body: the labels of a block, its brace, and the brace that closes the body."""
COMPLETE = frozenset({AFTER_PATH, AFTER_STRING})
"""The last group of nearly every expression: the match has the whole term and the next significant character."""

_PLAIN = r'"[^"\\$%\r\n]*+"'


def _expression(blank: str) -> str:
    """Return the pattern of a start; a term ends where neither a traversal nor a comment begins."""
    after = rf"{blank}(?=([\n,)\]}}=!<>&|+*%?:\-]))"
    path = rf"({NAME}(?:\.{NAME})*+)(?:(\()|{after})?"
    string = rf'"([^"\\$%\r\n]*+)"(?:{after})?'
    return rf"(?:{path}|{string}|([\[{{(])|([0-9]{{1,15}}+){after})"


_IN_LINE, _IN_BRACKETS = _expression(r"[ \t]*+"), _expression(r"[ \t\n]*+")
_SIGN = r"[ \t]*+(?:=(?![=>])|:(?!:))"

EXPRESSION = regex(rf"([ \t]*+){_IN_LINE}")
EXPRESSION_IN_BRACKETS = regex(rf"([ \t\n]*+)(?:{_IN_BRACKETS}|([)\]]))")
"""The same where a newline is a blank."""
ITEM = regex(rf"[ \t\n]*+(?:({NAME}|{_PLAIN}){_SIGN}(?:[ \t]*+{_IN_LINE})?|(\}}))")
ENTRY = regex(
    rf"[ \t\n]*+(?:([A-Za-z_][A-Za-z0-9_\-]*+)[ \t]*+"
    rf"(?:=(?![=>])(?:[ \t]*+{_IN_LINE})?|(?:({_PLAIN})[ \t]*+(?:({_PLAIN})[ \t]*+)?)?(\{{)[ \t]*+(?=\n))"
    rf"|(\}}))"
)
