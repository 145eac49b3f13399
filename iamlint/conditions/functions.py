"""The functions that conditions may call.

Sources: https://cloud.google.com/iam/docs/conditions-attribute-reference and the strings of
https://github.com/google/cel-spec/blob/master/doc/langdef.md#standard-definitions
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import lru_cache
from math import isfinite
from typing import Any

from iamlint.basics.lazy_regex import regex
from iamlint.conditions import timestamps
from iamlint.conditions.abstract_values import Anything, Beyond, Malformed, Possible, Some, applied, failed, known
from iamlint.conditions.attributes import of_api
from iamlint.conditions.context import Context
from iamlint.conditions.outcome import Reason, merged
from iamlint.conditions.syntax import Call, ListOf, Literal, Node, dotted
from iamlint.unknown import Truth, Unknown

_DIGITS = regex(r"[+-]?[0-9]{1,20}\Z")
"""A text that is a whole number of 64 bits or too large."""
_TAGS = frozenset({"matchTag", "matchTagId", "hasTagKey", "hasTagKeyId"})


def special(node: Call, context: Context) -> Possible | None:
    """Return the value of calls that read attributes: of tags, of an API, of the modified roles; else None."""
    owner = dotted(node.of) if node.of else None
    match node:
        case Call(function=name) if owner == "resource" and name in _TAGS:
            return _of_tags(name, node.arguments, context)
        case Call("getAttribute", _, (Literal(str(name)), default)) if owner == "api":
            listed = known(()) if default == ListOf(()) else Anything((Reason("foreign", "it has a default"),))
            return of_api(name, listed, context)
        case Call("hasOnly", Call() as asked, (ListOf(items),)):
            return _only(special(asked, context), items)
        case _:
            return None


def _of_tags(name: str, arguments: Sequence[Node], context: Context) -> Possible:
    """Return whether the resource has a tag, as far as its tags are known."""
    texts = [_shown(argument) for argument in arguments]
    asked = f"{name}({', '.join(texts)})"
    truth = Truth.UNKNOWN
    if context.tags is not None and len(texts) == (2 if name.startswith("match") else 1):
        truth = context.tags.matches(*texts) if len(texts) == 2 else context.tags.has(*texts)
    match truth:
        case Truth.TRUE:
            return known(True)
        case Truth.FALSE:
            return Some((False,), reasons=(Reason("false", f"the resource does not have the tag ({asked})"),))
        case _:
            return Anything((Reason("tag", f"the input does not show the tags of the resource ({asked})"),))


def _shown(node: Node) -> str:
    match node:
        case Literal(Unknown() as text):
            return text.text
        case Literal(value):
            return str(value)
        case _:
            return "…"


def _only(modified: Possible | None, items: Sequence[Node]) -> Possible:
    """Whether a request modifies grants of the listed roles only; only setting an allow policy modifies grants."""
    roles = [item.value for item in items if isinstance(item, Literal) and isinstance(item.value, str)]
    match modified:
        case Some(values=(tuple(changed),)) if len(roles) == len(items) or set(roles).issuperset(changed):
            others = ", ".join(sorted(set(changed).difference(roles)))
            why = (Reason("false", f"this condition does not allow granting {others}"),) if others else ()
            return Some((not others,), reasons=why)
        case Some(values=(tuple(),)):
            return Anything((Reason("unknown", "one of the roles that this condition allows granting is not known"),))
        case Some() | Anything() if any(reason.kind == "limit" for reason in modified.reasons):
            shown = ", ".join(roles[:5]) + (" and others" if len(roles) > 5 else "") or "no role"
            return Anything((Reason("limit", f"this condition allows granting only these roles: {shown}"),))
        case None:
            return Anything((Reason("foreign", "iamlint does not know what hasOnly is asked of"),))
        case _:
            return Anything(modified.reasons)


def called(name: str, operands: Sequence[Possible], *, is_method: bool) -> Possible:
    """Return the result of a function or method (then the first operand is the receiver)."""
    if is_method and name in timestamps.GETTERS and 1 <= len(operands) <= 2:
        return _time_part(name, operands)
    work = (_METHODS if is_method else _FUNCTIONS).get(name)
    if work is None:
        reasons = merged(one.reasons for one in operands)
        return Anything((Reason("foreign", f"iamlint does not know the function {name}"), *reasons))
    match operands:
        case (Anything() as of, Some((str(text),), False)) if is_method and name == "startsWith":
            begins = of.begins_with(text)
            if begins is not None:
                why = () if begins else (Reason("false", f"the resource is in {of.within}, and not in {text}"),)
                return Some((begins,), reasons=why)
        case _:
            pass
    counts, function = work
    if len(operands) not in counts:
        taken = " or ".join(str(count - is_method) for count in counts)
        return failed(Reason("malformed", f"{name} takes {taken} arguments"))
    return applied(function, operands)


def _time_part(name: str, operands: Sequence[Possible]) -> Possible:
    match operands:
        case (of,):
            zone = "UTC"
        case (of, Some(values=(str(zone),), fails=False)):
            pass
        case _:
            return Anything(merged(one.reasons for one in operands) or (Reason("foreign", "its zone is not known"),))
    try:
        return timestamps.part_of(name, of, zone)
    except Malformed as error:
        return failed(Reason("malformed", str(error)))


def _texts(work: Callable[..., Any]) -> Callable[..., Any]:
    def checked(*operands: Any) -> Any:
        if not all(isinstance(one, str) for one in operands):
            raise Malformed("a text function is called with a value that is not a text")
        return work(*operands)

    return checked


def extract(text: str, template: str) -> str:
    """Return the text between the template's prefix and suffix: ``extract("/zones/{name}/")``; "" if they are missing.

    Source: https://cloud.google.com/iam/docs/conditions-attribute-reference#extract
    """
    prefix, opened, rest = template.partition("{")
    _, closed, suffix = rest.partition("}")
    if not opened or not closed:
        raise Malformed(f'the template "{template}" of extract has no part in braces')
    start = text.find(prefix)
    if start < 0:
        return ""
    start += len(prefix)
    end = text.find(suffix, start) if suffix else len(text)
    return text[start:end] if end >= 0 else ""


def _matches(text: str, pattern: str) -> bool:
    """Whether a text has a matching part; RE2, so in linear time."""
    import re2

    try:
        return _compiled(pattern).search(text) is not None
    except re2.error as error:
        raise Malformed(f'"{pattern}" is not a regular expression') from error


@lru_cache(maxsize=128)
def _compiled(pattern: str) -> Any:
    """Return a compiled pattern. The library's own cache compares the options at each use, which takes longer."""
    import re2

    options = re2.Options()
    options.log_errors = False
    return re2.compile(pattern, options)


def _size(value: Any) -> int:
    if isinstance(value, str | bytes | tuple | dict):
        return len(value)
    raise Malformed("size() of a value that has no size")


def _whole(least: int, most: int) -> Callable[[Any], int]:
    """Return a conversion to a whole number within a range: of a text, a number, or a time as seconds since 1970."""

    def work(value: Any) -> int:
        match value:
            case bool():
                number = None
            case int():
                number = value
            case float() if isfinite(value):
                number = int(value)
            case str() if _DIGITS.match(value):
                number = int(value)
            case datetime():
                number = int(value.timestamp())
            case _:
                number = None
        if number is None or not least <= number <= most:
            raise Malformed(f"{value!r:.40} is not a number")
        return number

    return work


def _double(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Malformed(f"{value!r:.40} is not a number")
    try:
        return float(value)
    except (ValueError, OverflowError) as error:
        raise Malformed(f"{value!r:.40} is not a number") from error


def _string(value: Any) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case _:
            raise Malformed("this cannot become a text")


_LONGEST = 10_000
"""Maximum length in characters of a text that a function makes."""


def _split(text: Any, by: Any, most: Any = -1) -> tuple[str, ...]:
    """Return the parts of a text: at most ``most``, the last one with the rest."""
    if not isinstance(text, str) or not isinstance(by, str) or type(most) is not int:
        raise Malformed("split() takes a text, a separator and a number")
    if most == 0:
        return ()
    if by:
        return tuple(text.split(by, most - 1 if most > 0 else -1))
    return tuple(text) if most < 0 or most >= len(text) else (*text[: most - 1], text[most - 1 :])


def _join(items: Any, by: Any = "") -> str:
    if not isinstance(items, tuple) or not all(isinstance(one, str) for one in (*items, by)):
        raise Malformed("join() takes a list of texts and a separator")
    return _bounded(len(by) * len(items) + sum(map(len, items)), lambda: by.join(items))


def _replace(text: str, old: str, new: str) -> str:
    return _bounded(len(text) + (len(text) + 1) * len(new), lambda: text.replace(old, new))


def _bounded(size: int, work: Callable[[], str]) -> str:
    if size > _LONGEST:
        raise Beyond(f"a function makes a text of more than {_LONGEST:,} characters")
    return work()


def _substring(text: Any, start: Any, end: Any = None) -> str:
    """Return a part of a text; positions outside it are an error."""
    if isinstance(text, str) and type(start) is int:
        last = len(text) if end is None else end
        if type(last) is int and 0 <= start <= last <= len(text):
            return text[start:last]
    raise Malformed("substring() takes a text and positions in it")


_FUNCTIONS: dict[str, tuple[tuple[int, ...], Callable[..., Any]]] = {
    "timestamp": ((1,), timestamps.timestamp),
    "duration": ((1,), timestamps.duration),
    "size": ((1,), _size),
    "string": ((1,), _string),
    "int": ((1,), _whole(-(2**63), 2**63 - 1)),
    "uint": ((1,), _whole(0, 2**64 - 1)),
    "double": ((1,), _double),
    "matches": ((2,), _texts(_matches)),
    "dyn": ((1,), lambda value: value),
}
TESTS = frozenset({"startsWith", "endsWith", "contains", "matches"})
"""The methods whose result is true or false."""
_METHODS: dict[str, tuple[tuple[int, ...], Callable[..., Any]]] = {
    "startsWith": ((2,), _texts(str.startswith)),
    "endsWith": ((2,), _texts(str.endswith)),
    "contains": ((2,), _texts(lambda text, part: part in text)),
    "matches": ((2,), _texts(_matches)),
    "extract": ((2,), _texts(extract)),
    "lowerAscii": ((1,), _texts(lambda text: "".join(one.lower() if one.isascii() else one for one in text))),
    "upperAscii": ((1,), _texts(lambda text: "".join(one.upper() if one.isascii() else one for one in text))),
    "trim": ((1,), _texts(str.strip)),
    "split": ((2, 3), _split),
    "join": ((1, 2), _join),
    "replace": ((3,), _texts(_replace)),
    "substring": ((2, 3), _substring),
    "indexOf": ((2,), _texts(str.find)),
    "size": ((1,), _size),
}
