"""Reads string literals of CEL before the grammar sees them.

The grammar's own expression for strings takes exponential time on a hostile text. So every literal is decoded here and
replaced with an empty one of the same length. Comments become blanks, and so do commas before a closing bracket, which
CEL allows and the grammar does not accept. Offsets stay the same.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain, repeat

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.unknown import HOLE, Unknown, UnknownPart

_TOKEN = regex(r"//[^\n]*|(?:(?<![A-Za-z0-9_])(?P<prefix>[rRbB]{1,2}))?(?P<quote>\"\"\"|'''|\"|')")
"""A comment, or the start of a literal. A letter that ends a word is not its prefix: ``x in'a'``."""
_ESCAPE = regex(
    r"\\(?:(?P<plain>[abfnrtv\\'\"`?])|[xX](?P<x>[0-9a-fA-F]{2})|u(?P<u>[0-9a-fA-F]{4})|U(?P<U>[0-9a-fA-F]{8})"
    r"|(?P<o>[0-3][0-7]{2})|(?P<wrong>.|\Z))",
    re.DOTALL,
)
_PLAIN = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_COMMA = regex(r",(?=\s*[\]}])")
LiteralValue = str | bytes | Unknown


class LiteralError(Exception):
    """An invalid literal; ``offset`` is its place in the expression."""

    def __init__(self, offset: int, reason: str) -> None:
        super().__init__(reason)
        self.offset = offset
        self.reason = reason


@frozen
class Masked:
    """The expression with blank literals, and the value of each literal, by the offset of its first character."""

    text: str
    literals: dict[int, LiteralValue]


def masked(text: str, unknown: Unknown | None) -> Masked:
    """Read all literals of an expression; ``unknown`` is the reason for the unknown parts in it."""
    pieces: list[str] = []
    literals: dict[int, LiteralValue] = {}
    unknown_parts = [part for part in unknown.parts if isinstance(part, UnknownPart)] if unknown else []
    at = 0
    while found := _TOKEN.search(text, at):
        pieces.append(text[at : found.start()])
        quote = found["quote"]
        if quote is None:  # a comment
            pieces.append(" " * (found.end() - found.start()))
            at = found.end()
            continue
        prefix = (found["prefix"] or "").lower()
        raw = "r" in prefix
        end = _end(text, found.end(), quote, raw=raw)
        inside = text[found.end() : end - len(quote)]
        value = inside if raw else _decoded(inside, found.end())
        own = unknown_parts[text.count(HOLE, 0, found.start()) :]
        literals[found.start()] = _value(value, unknown, own, is_bytes="b" in prefix)
        pieces.append(f'"{"x" * (end - found.start() - 2)}"')
        at = end
    pieces.append(text[at:])
    return Masked(_COMMA.sub(" ", "".join(pieces)), literals)


def _end(text: str, start: int, quote: str, *, raw: bool) -> int:
    """Return the offset after the closing quote of a literal."""
    at = start
    while at < len(text):
        if text[at] == "\\" and not raw:
            at += 2
        elif text.startswith(quote, at):
            return at + len(quote)
        elif text[at] == "\n" and len(quote) == 1:
            break
        else:
            at += 1
    raise LiteralError(start - len(quote), "a text that is not closed")


def _decoded(text: str, offset: int) -> str:
    return "".join(_decode(text, offset))


def _decode(text: str, offset: int) -> Iterator[str]:
    at = 0
    for found in _ESCAPE.finditer(text):
        yield text[at : found.start()]
        at = found.end()
        if found["plain"]:
            yield _PLAIN.get(found["plain"], found["plain"])
            continue
        code = found["x"] or found["u"] or found["U"]
        number = int(code, 16) if code else int(found["o"], 8) if found["o"] else -1
        if not 0 <= number <= 0x10FFFF or 0xD800 <= number <= 0xDFFF:
            raise LiteralError(offset + found.start(), f"{found[0]} is not an escape sequence of CEL")
        yield chr(number)
    yield text[at:]


def _value(text: str, unknown: Unknown | None, unknown_parts: list[UnknownPart], *, is_bytes: bool) -> LiteralValue:
    """Return the value of a literal; ``unknown_parts`` are those of the expression from the literal on."""
    if HOLE in text and unknown:
        filling: Iterator[UnknownPart] = chain(unknown_parts, repeat(UnknownPart("?")))
        known = [piece for part in text.split(HOLE) for piece in (part, next(filling))][:-1]
        return Unknown(unknown.reason, tuple(piece for piece in known if piece != ""))
    return text.encode() if is_bytes else text
