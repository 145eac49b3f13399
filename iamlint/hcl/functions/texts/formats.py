"""``format`` and ``formatlist``. Source: https://developer.hashicorp.com/terraform/language/functions/format"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import ROUND_HALF_EVEN, Context, Decimal

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Data, List, SetOf, Value
from iamlint.hcl.functions.graphemes import graphemes
from iamlint.hcl.functions.precision import exact, exponent, general
from iamlint.hcl.functions.texts.assembly import Assembly, too_long
from iamlint.hcl.functions.texts.encoding import json_of
from iamlint.hcl.functions.types import (
    LONGEST_TEXT,
    EvaluationError,
    Function,
    UnknownResult,
    boolean,
    bounded,
    first_unknown,
    integer,
    items,
    known,
    number,
    text,
    uncertain,
    weight,
)
from iamlint.unknown import Unknown

WIDEST = 10_000
_VERB = regex(
    r"%(?:%|(?P<flags>[-+ #0]*)(?P<width>[1-9][0-9]*)?(?:\.(?P<precision>[0-9]+))?"
    r"(?:\[(?P<index>[1-9][0-9]*)\])?(?P<verb>[a-zA-Z]))"
)


def _format(pattern: Value, *values: Value) -> Value:
    made = Assembly()
    most = 0
    for piece in _pieces(text(pattern)):
        if isinstance(piece, str):
            made.add(piece)
            continue
        verb, at = piece
        most = max(most, at)
        if at > len(values):
            raise EvaluationError("not enough arguments for the format")
        _add(made, verb, values[at - 1])
    if most < len(values):
        raise EvaluationError("more arguments than the format uses")
    return made.value()


def _pieces(spec: str) -> Iterator[str | tuple[re.Match[str], int]]:
    """Yield the literal stretches, and the verbs with the number of the argument that each shows."""
    at, used = 0, 0
    for match in _VERB.finditer(spec):
        yield _literal(spec[at : match.start()])
        at = match.end()
        if match.group() == "%%":
            yield "%"
            continue
        index = match["index"] or ""
        if max(len(match["width"] or ""), len(match["precision"] or ""), len(index)) > 5:
            raise UnknownResult(Unknown("a format wider than iamlint evaluates"))
        used = int(index) if index else used + 1
        yield match, used
    yield _literal(spec[at:])


def _literal(piece: str) -> str:
    if "%" in piece:
        raise EvaluationError("a % that begins no verb")
    return piece


def _add(made: Assembly, match: re.Match[str], value: Value) -> None:
    if value.data is None:
        raise UnknownResult(Unknown("null in a format"))
    plain = not match["flags"] and not match["width"] and match["precision"] is None
    if isinstance(value.data, Unknown) and plain and match["verb"] in "svd":
        made.add_value(value)  # %d shows the digits of a whole number, which a project's number is
        return
    made.add(_formatted(match, value))


def _formatted(match: re.Match[str], value: Value) -> str:
    flags, width, verb = match["flags"], int(match["width"] or 0), match["verb"]
    precision = None if match["precision"] is None else int(match["precision"])
    if width > WIDEST or (precision or 0) > WIDEST:
        raise UnknownResult(Unknown("a format wider than iamlint evaluates"))
    shown = _verb(verb, flags, precision, value)
    missing = width - len(graphemes(shown))
    if missing <= 0:
        return shown
    if "-" in flags:
        return shown + " " * missing
    if "0" not in flags:
        return " " * missing + shown
    sign = shown[:1] if shown[:1] in "+- " and verb not in "sq" else ""
    return sign + "0" * missing + shown[len(sign) :]


def _verb(verb: str, flags: str, precision: int | None, value: Value) -> str:
    match verb:
        case "v":
            return _default(flags, precision, value)
        case "s" | "q":
            whole = text(value)
            shown = whole if not precision else "".join(graphemes(whole)[:precision])
            return json_of(Value(shown)) if verb == "q" else shown
        case "t":
            return "true" if boolean(value) else "false"
        case "d" | "b" | "o" | "x" | "X":
            whole_number = integer(value)
            alternate = "#" if "#" in flags and verb != "d" else ""
            return _signed(flags, format(whole_number, alternate + verb).replace("0o", "0"))
        case "f" | "F" | "e" | "E" | "g" | "G":
            return _signed(flags, _float(verb, 6 if precision is None and verb not in "gG" else precision, value))
        case _:
            raise EvaluationError(f"the format has no verb {verb}")


def _default(flags: str, precision: int | None, value: Value) -> str:
    unclear = first_unknown(value)
    if unclear:
        raise UnknownResult(unclear)
    match known(value):
        case str() as found if "#" not in flags:
            return _verb("s", flags, precision, Value(found))
        case bool() as flag:
            return "true" if flag else "false"
        case int() | Decimal() if "#" not in flags:
            return _verb("g", "", precision, value)  # its sign flags have no effect
        case _:
            return json_of(value)


def _signed(flags: str, shown: str) -> str:
    if shown.startswith("-"):
        return shown
    return ("+" if "+" in flags else " " if " " in flags else "") + shown


def _float(verb: str, precision: int | None, value: Value) -> str:
    """As Go formats a float: ``%g`` takes the shortest digits, and an exponent below 1e-4 and from the precision on."""
    found = number(value)
    fraction = exact(found)
    if verb in "gG":
        shown = general(Decimal(found), precision)
    else:
        digits = Context(prec=5_000, rounding=ROUND_HALF_EVEN)
        true_value = digits.divide(Decimal(fraction.numerator), Decimal(fraction.denominator)) if fraction else 0.0
        shown = exponent(f"{true_value:.{precision}{verb.lower()}}")
    return shown.upper() if verb in "EG" else shown


def _formatlist(pattern: Value, *values: Value) -> Data:
    if any(value.data is None for value in values):
        raise UnknownResult(Unknown("null in a format"))
    rows = [_rows(value) for value in values]
    sizes = {len(one) for one in rows if one is not None}
    if len(sizes) > 1:
        raise EvaluationError("the lists have different lengths")
    size = sizes.pop() if sizes else 1
    bounded(size)
    found: list[Value] = []
    length = 0
    for row in range(size):
        arguments = [value if one is None else one[row] for value, one in zip(values, rows, strict=True)]
        found.append(_item(pattern, arguments))
        length += weight(found[-1])
        if length > LONGEST_TEXT // 100:
            raise too_long()
    return List(found)


def _item(pattern: Value, arguments: list[Value]) -> Value:
    try:
        return _format(pattern, *arguments)
    except UnknownResult as error:
        return Value(error.why)


def _rows(value: Value) -> tuple[Value, ...] | None:
    unclear = uncertain(value)
    if unclear:
        raise UnknownResult(Unknown(unclear.reason))
    if isinstance(value.data, Unknown):
        if not value.data.has_text:
            raise UnknownResult(value.data)  # it may be a list
        return None
    return items(value) if isinstance(value.data, tuple | SetOf) else None


FUNCTIONS: dict[str, Function] = {"format": _format, "formatlist": _formatlist}
