"""Type constraints: ``type = map(object({ role = string, members = optional(list(string), []) }))``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from iamlint.hcl import syntax
from iamlint.hcl.evaluate import evaluate
from iamlint.hcl.functions.types import number_of, set_of, text_of
from iamlint.hcl.scope import Scope
from iamlint.location import SourceText
from iamlint.unknown import Unknown
from iamlint.values import Lazy, SetOf, Value

_COLLECTIONS = frozenset({"list", "set", "map"})


@dataclass(frozen=True, slots=True)
class Attribute:
    """An attribute of an object type; ``optional`` ones may have a default."""

    name: str
    type: Constraint
    optional: bool = False
    default: Value | None = None


@dataclass(frozen=True, slots=True)
class Constraint:
    """A type: its keyword, the ``element`` of a collection, ``attributes`` of an object, ``items`` of a tuple."""

    kind: str
    element: Constraint | None = None
    attributes: tuple[Attribute, ...] = ()
    items: tuple[Constraint, ...] = ()


ANY = Constraint("any")


def read_constraint(expression: syntax.Expression, source: SourceText) -> Constraint:
    """The type that an expression names; ``any`` for what is no type, since the value is what matters here."""
    match expression:
        case syntax.Variable(name=name) if name in ("string", "number", "bool"):
            return Constraint(name)
        case syntax.Variable(name=name) if name in _COLLECTIONS:
            return Constraint(name, ANY)
        case syntax.Template() if expression.literal in ("string", "list", "map"):  # the spelling of Terraform 0.11
            return Constraint(expression.literal or "any", ANY if expression.literal != "string" else None)
        case syntax.Call(name=name, arguments=(inner,)) if name in _COLLECTIONS:
            return Constraint(name, read_constraint(inner, source))
        case syntax.Call(name="tuple", arguments=(syntax.Tuple(items=items),)):
            return Constraint("tuple", items=tuple(read_constraint(item, source) for item in items))
        case syntax.Call(name="object", arguments=(syntax.Object(items=items),)):
            return Constraint("object", attributes=tuple(_attribute(key, value, source) for key, value in items))
        case syntax.Parentheses(inner=inner):
            return read_constraint(inner, source)
        case _:
            return ANY


def _attribute(key: syntax.Expression, written: syntax.Expression, source: SourceText) -> Attribute:
    name = (key.literal or "") if isinstance(key, syntax.Template) else ""
    match written:
        case syntax.Call(name="optional", arguments=(inner,)):
            return Attribute(name, read_constraint(inner, source), optional=True)
        case syntax.Call(name="optional", arguments=(inner, default)):
            value = evaluate(default, Scope(source, lambda _name: None))
            return Attribute(name, read_constraint(inner, source), optional=True, default=value)
        case _:
            return Attribute(name, read_constraint(written, source))


def convert(value: Value, to: Constraint) -> Value:
    """The value as that type; unknown, with what does not fit, where Terraform would refuse it."""
    if value.data is None or isinstance(value.data, Unknown):
        return value
    converter = _CONVERTERS.get(to.kind)
    return converter(value, to) if converter else value


def _refused(value: Value, to: Constraint) -> Value:
    return Value(Unknown(f"the value is no {to.kind}, as the variable's type demands"), value.at)


def _string(value: Value, to: Constraint) -> Value:
    text = text_of(value.data)
    return _refused(value, to) if text is None else Value(text, value.at, value.structure)


def _number(value: Value, to: Constraint) -> Value:
    number = number_of(value.data)
    return _refused(value, to) if number is None else Value(number, value.at)


def _bool(value: Value, to: Constraint) -> Value:
    data = {"true": True, "false": False}.get(value.data, value.data) if isinstance(value.data, str) else value.data
    return Value(data, value.at) if isinstance(data, bool) else _refused(value, to)


def _elements(value: Value) -> tuple[Value, ...] | None:
    match value.data:
        case tuple() as items:
            return items
        case SetOf(items):
            return items
        case _:
            return None


def _list(value: Value, to: Constraint) -> Value:
    items = _elements(value)
    if items is None:
        return _refused(value, to)
    return Value(tuple(convert(item, to.element or ANY) for item in items), value.at)


def _set(value: Value, to: Constraint) -> Value:
    items = _elements(value)
    if items is None:
        return _refused(value, to)
    return Value(set_of(convert(item, to.element or ANY) for item in items), value.at)


def _tuple(value: Value, to: Constraint) -> Value:
    items = _elements(value)
    if items is None or len(items) != len(to.items):
        return _refused(value, to)
    return Value(tuple(convert(item, inner) for item, inner in zip(items, to.items, strict=True)), value.at)


def _entries(value: Value) -> dict[str, Value] | None:
    match value.data:
        case dict() as entries:
            return entries
        case Lazy() as lazy:
            found = {name: lazy.attribute(name) for name in lazy.names()}
            return {name: item for name, item in found.items() if item is not None}
        case _:
            return None


def _map(value: Value, to: Constraint) -> Value:
    entries = _entries(value)
    if entries is None:
        return _refused(value, to)
    return Value({key: convert(item, to.element or ANY) for key, item in entries.items()}, value.at)


def _object(value: Value, to: Constraint) -> Value:
    """Attributes that the type does not name are dropped, as Terraform drops them; missing ones get their default."""
    if isinstance(value.data, Lazy):
        return value  # a resource given whole: its attributes stay lazy, so that nothing unknown becomes "missing"
    entries = _entries(value)
    if entries is None:
        return _refused(value, to)
    found: dict[str, Value] = {}
    for attribute in sorted(to.attributes, key=lambda a: a.name):
        given = entries.get(attribute.name)
        if given is None and not attribute.optional:
            return Value(
                Unknown(f'the attribute "{attribute.name}" that the variable\'s type demands is missing'), value.at
            )
        if given is None or (given.data is None and attribute.default is not None):
            given = attribute.default or Value(None)
        found[attribute.name] = convert(given, attribute.type)
    return Value(found, value.at)


_CONVERTERS: dict[str, Callable[[Value, Constraint], Value]] = {
    "string": _string,
    "number": _number,
    "bool": _bool,
    "list": _list,
    "set": _set,
    "tuple": _tuple,
    "map": _map,
    "object": _object,
}
