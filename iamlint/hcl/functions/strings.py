"""Functions over strings. Source: https://developer.hashicorp.com/terraform/language/functions"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal

from iamlint.hcl.functions.types import (
    LONGEST_TEXT,
    Function,
    Refused,
    Unclear,
    first_unknown,
    integer,
    items,
    known,
    number,
    number_text,
    text,
    text_of,
)
from iamlint.unknown import Unknown
from iamlint.values import Data, Value

LONGEST_SEARCHED = 20_000
"""Characters beyond which a text is not searched by a pattern of the input's."""
_VERB = re.compile(
    r"%(?:%|(?P<flags>[-+ #0]*)(?P<width>\d+)?(?:\.(?P<precision>\d+))?(?:\[(?P<index>\d+)\])?(?P<verb>[a-zA-Z]))"
)
_NESTED = re.compile(r"[+*}]\)?[+*{]|\)[+*{]")
_WIDEST = 10_000


def _format(pattern: Value, *values: Value) -> Data:
    spec, used, at = text(pattern), 0, 0
    pieces: list[str] = []
    for match in _VERB.finditer(spec):
        pieces.append(_literal(spec[at : match.start()]))
        at = match.end()
        if match.group() == "%%":
            pieces.append("%")
            continue
        used = int(match["index"]) if match["index"] else used + 1
        if not 0 < used <= len(values):
            raise Refused("not enough arguments for the format")
        pieces.append(_formatted(match, values[used - 1]))
    pieces.append(_literal(spec[at:]))
    return "".join(pieces)


def _literal(piece: str) -> str:
    if "%" in piece:
        raise Refused("a % that begins no verb")
    return piece


def _formatted(match: re.Match[str], value: Value) -> str:
    flags, verb = match["flags"] or "", match["verb"]
    width, precision = int(match["width"] or 0), match["precision"]
    if width > _WIDEST or int(precision or 0) > _WIDEST:
        raise Unclear(Unknown("a format wider than iamlint evaluates"))
    shown = _verb(verb, flags, precision, value)
    fill = "0" if "0" in flags and "-" not in flags and verb in "dbox" else " "
    if fill == "0" and shown[:1] in "+-":
        return shown[0] + shown[1:].rjust(width - 1, "0")
    return shown.ljust(width) if "-" in flags else shown.rjust(width, fill)


def _verb(verb: str, flags: str, precision: str | None, value: Value) -> str:
    match verb:
        case "s":
            shown = text_of(known(value))
            if shown is None:
                shown = _json(value)
            return shown[: int(precision)] if precision else shown
        case "v":
            shown = text_of(known(value))
            return shown if shown is not None else _json(value)
        case "q":
            return _json(Value(text(value)))
        case "d" | "b" | "o" | "x" | "X":
            whole = int(number(value))
            return ("+" if "+" in flags and whole >= 0 else "") + format(whole, verb)
        case "f" | "F" | "e" | "E" | "g" | "G":
            shown = (
                f"{Decimal(number(value)):.{precision or 6}{verb.lower()}}"
                if verb not in "gG"
                else number_text(number(value))
            )
            return ("+" if "+" in flags and not shown.startswith("-") else "") + shown
        case "t":
            if not isinstance(known(value), bool):
                raise Refused("%t requires a bool")
            return text(value)
        case _:
            raise Refused(f"the format has no verb {verb}")


def _json(value: Value) -> str:
    from iamlint.hcl.functions.encoding import json_of

    return json_of(value)


def _formatlist(pattern: Value, *values: Value) -> Data:
    lists = [items(value) if not isinstance(known(value), str | int | Decimal | bool) else None for value in values]
    sizes = {len(one) for one in lists if one is not None}
    if len(sizes) > 1:
        raise Refused("the lists have different lengths")
    found = []
    for row in range(sizes.pop() if sizes else 1):
        arguments = [value if one is None else one[row] for value, one in zip(values, lists, strict=True)]
        unclear = next((why for why in map(first_unknown, arguments) if why), None)
        found.append(Value(unclear) if unclear else Value(_format(pattern, *arguments)))
    return tuple(found)


def _split(separator: Value, value: Value) -> Data:
    by, whole = text(separator), text(value)
    pieces = whole.split(by) if by else list(whole)
    return tuple(Value(piece) for piece in pieces)


def _replace(value: Value, wanted: Value, replacement: Value) -> Data:
    whole, search, by = text(value), text(wanted), text(replacement)
    if len(search) > 1 and search.startswith("/") and search.endswith("/"):
        template = re.sub(
            r"\$(?:(\d+)|\{(\w+)\}|(\w+))", lambda m: rf"\g<{m[1] or m[2] or m[3]}>", by.replace("\\", r"\\")
        )
        try:
            return _pattern(search[1:-1], whole).sub(template, whole)
        except (re.error, IndexError) as error:
            raise Refused(str(error)) from error
    if whole.count(search) * max(0, len(by) - len(search)) + len(whole) > LONGEST_TEXT:
        raise Unclear(Unknown("a string longer than iamlint evaluates"))
    return whole.replace(search, by)


def _pattern(pattern: str, searched: str) -> re.Pattern[str]:
    """A pattern of RE2 as one of Python's; those that could take long here are not evaluated."""
    if len(searched) > LONGEST_SEARCHED or len(pattern) > 1000 or (_NESTED.search(pattern) and len(searched) > 200):
        raise Unclear(Unknown("a pattern that iamlint does not evaluate, since it could take too long"))
    translated = pattern.replace("(?P<", "(?P<").replace(r"\z", r"\Z").replace("[[:alnum:]]", "[0-9A-Za-z]")
    translated = (
        translated.replace("[[:alpha:]]", "[A-Za-z]").replace("[[:digit:]]", "[0-9]").replace("[[:space:]]", r"\s")
    )
    if "[[:" in translated or r"\p" in translated or r"\C" in translated:
        raise Unclear(Unknown("a pattern of a kind that iamlint does not evaluate"))
    if re.search(r"\(\?(?:[=!]|<[=!])|\\[1-9]", translated):
        raise Refused("a pattern that RE2 does not have")
    try:
        return re.compile(translated, re.ASCII)
    except re.error as error:
        raise Refused(f"an invalid pattern: {error}") from error


def _captured(match: re.Match[str]) -> Value:
    if match.re.groupindex:
        if len(match.re.groupindex) != match.re.groups:
            raise Refused("a pattern with both named and unnamed groups")
        return Value({name: Value(group) for name, group in sorted(match.groupdict().items())})
    if match.re.groups:
        return Value(tuple(Value(group) for group in match.groups()))
    return Value(match.group())


def _regex(pattern: Value, value: Value) -> Value:
    searched = text(value)
    match = _pattern(text(pattern), searched).search(searched)
    if match is None:
        raise Refused("the pattern does not match")
    return _captured(match)


def _regexall(pattern: Value, value: Value) -> Data:
    searched = text(value)
    return tuple(_captured(match) for match in _pattern(text(pattern), searched).finditer(searched))


def _substr(value: Value, offset: Value, length: Value) -> Data:
    whole, start, size = text(value), integer(offset), integer(length)
    start = max(0, len(whole) + start) if start < 0 else start
    return whole[start:] if size < 0 else whole[start : start + size]


def _title(value: Value) -> Data:
    return re.sub(r"(?<![\w'])\w", lambda m: m.group().upper(), text(value))


def _indent(spaces: Value, value: Value) -> Data:
    by = integer(spaces)
    if by < 0 or by > _WIDEST:
        raise Unclear(Unknown("an indentation that iamlint does not evaluate"))
    return text(value).replace("\n", "\n" + " " * by)


def _repeatedly(strip: Callable[[str, str], str]) -> Function:
    return lambda value, by: strip(text(value), text(by))


FUNCTIONS: dict[str, Function] = {
    "chomp": lambda value: text(value).rstrip("\r\n"),
    "endswith": lambda value, end: text(value).endswith(text(end)),
    "format": _format,
    "formatlist": _formatlist,
    "indent": _indent,
    "lower": lambda value: text(value).lower(),
    "regex": _regex,
    "regexall": _regexall,
    "replace": _replace,
    "split": _split,
    "startswith": lambda value, start: text(value).startswith(text(start)),
    "strcontains": lambda value, part: text(part) in text(value),
    "strrev": lambda value: text(value)[::-1],
    "substr": _substr,
    "title": _title,
    "trim": _repeatedly(str.strip),
    "trimprefix": _repeatedly(str.removeprefix),
    "trimspace": lambda value: text(value).strip(),
    "trimsuffix": _repeatedly(str.removesuffix),
    "upper": lambda value: text(value).upper(),
}
