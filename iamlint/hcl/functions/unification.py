"""Types of values, their common type, and conversion to a type, as in Terraform.

Source: https://github.com/zclconf/go-cty/blob/main/docs/convert.md. Unknown values have any type, and stay unknown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from decimal import Decimal

from iamlint.basics.frozen import frozen
from iamlint.documents.values import Lazy, List, Map, Partial, SetOf, Value
from iamlint.hcl.functions.types import (
    MOST_ELEMENTS,
    EvaluationError,
    UnknownResult,
    bool_of,
    entries,
    items,
    number_of,
    set_of,
    text_of,
    uncertain,
)
from iamlint.unknown import Unknown


@frozen
class Type:
    """A type: its keyword, the ``element`` of a collection, ``attributes`` of an object, ``items`` of a tuple."""

    kind: str
    element: Type | None = None
    attributes: tuple[tuple[str, Type], ...] = ()
    items: tuple[Type, ...] = ()


ANY, STRING, NUMBER, BOOL = Type("any"), Type("string"), Type("number"), Type("bool")
_PRIMITIVES = {"string", "number", "bool"}
_PREFERENCE = ("string", "number", "bool", "list", "set", "tuple", "map", "object")
"""The order of preference if several types are possible."""


def type_of(value: Value) -> Type:
    """Return the type of a value; ``any`` for null and unknown ones."""
    return _type(value, [MOST_ELEMENTS])


def _type(value: Value, budget: list[int]) -> Type:
    budget[0] -= 1
    if budget[0] < 0:
        raise UnknownResult(Unknown("the value is larger than iamlint evaluates"))
    match value.data:
        case bool():
            return BOOL
        case int() | Decimal():
            return NUMBER
        case str():
            return STRING
        case Unknown() as why:
            return STRING if why.has_text else ANY
        case List() | SetOf() as found:
            kind = "list" if isinstance(found, List) else "set"
            return Type(kind, unify(_type(item, budget) for item in items(value)) or ANY)
        case Map() as fields:
            return Type("map", unify(_type(item, budget) for item in fields.values()) or ANY)
        case tuple() as found_items:
            return Type("tuple", items=tuple(_type(item, budget) for item in found_items))
        case dict() as fields:
            return Type("object", attributes=tuple((name, _type(fields[name], budget)) for name in sorted(fields)))
        case _:
            return ANY


# -- one type for several ----------------------------------------------------------------------------------------------


def unify(types: Iterable[Type]) -> Type | None:
    """Return a type that values of all these types can have; None without one."""
    distinct = list(dict.fromkeys(one for one in types if one.kind != "any"))
    if len(distinct) < 2:
        return distinct[0] if distinct else ANY
    kinds = {one.kind for one in distinct}
    found: Type | None = None
    match sorted(kinds):
        case ["list"] | ["map"] | ["set"]:
            return _collection(kinds.pop(), (one.element or ANY for one in distinct))
        case ["object"]:
            return _objects(distinct)
        case ["tuple"]:
            return _tuples(distinct)
        case ["map", "object"]:
            found = _collection("map", _members(distinct))
        case ["list", "tuple"]:
            found = _collection("list", _members(distinct))
    return found or next((one for one in sorted(distinct, key=_rank) if _fits_all(distinct, one)), None)


def _rank(one: Type) -> int:
    return _PREFERENCE.index(one.kind)


def _fits_all(types: Iterable[Type], wanted: Type) -> bool:
    return all(convertible(one, wanted) for one in types)


def _collection(kind: str, elements: Iterable[Type]) -> Type | None:
    element = unify(elements)
    return element and Type(kind, element)


def _members(types: Iterable[Type]) -> Iterable[Type]:
    """Yield the element types of these types."""
    for one in types:
        if one.element:
            yield one.element
        yield from one.items
        yield from (inner for _name, inner in one.attributes)


def _objects(types: list[Type]) -> Type | None:
    """Return an object with unified attributes, or, if the names differ, a map."""
    names = {tuple(name for name, _type in one.attributes) for one in types}
    if len(names) > 1:
        return _collection("map", _members(types))
    columns = zip(*(one.attributes for one in types), strict=True)
    unified = [(column[0][0], unify(inner for _name, inner in column)) for column in columns]
    attributes = tuple((name, one) for name, one in unified if one)
    return Type("object", attributes=attributes) if len(attributes) == len(unified) else None


def _tuples(types: list[Type]) -> Type | None:
    """Return a tuple with unified items, or, if the lengths differ, a list."""
    if len({len(one.items) for one in types}) > 1:
        return _collection("list", _members(types))
    unified = [unify(column) for column in zip(*(one.items for one in types), strict=True)]
    found = tuple(one for one in unified if one)
    return Type("tuple", items=found) if len(found) == len(unified) else None


def convertible(given: Type, wanted: Type) -> bool:
    """Whether values of one type may be converted to another; a string that is not a number is found out later."""
    if "any" in (given.kind, wanted.kind) or given == wanted:
        return True
    match wanted.kind:
        case "string":
            return given.kind in _PRIMITIVES
        case "number" | "bool":
            return given.kind == "string"
        case "list" | "set":
            return given.kind in ("list", "set", "tuple") and _fits_all(_members((given,)), wanted.element or ANY)
        case "map":
            return given.kind in ("map", "object") and _fits_all(_members((given,)), wanted.element or ANY)
        case "tuple":
            same_length = given.kind == "tuple" and len(given.items) == len(wanted.items)
            return same_length and all(map(convertible, given.items, wanted.items))
        case _:
            fields = dict(given.attributes)
            return given.kind == "object" and all(
                name in fields and convertible(fields[name], inner) for name, inner in wanted.attributes
            )


# -- conversion --------------------------------------------------------------------------------------------------------


def convert(value: Value, wanted: Type) -> Value:
    """Convert a value to a type; null and unknown values stay. Raises `EvaluationError` if Terraform refuses it."""
    if isinstance(value.data, Unknown) and type_of(value) == STRING and wanted.kind not in (*_PRIMITIVES, "any"):
        raise EvaluationError(f"a {wanted.kind} is required")
    if isinstance(value.data, Unknown) and isinstance(value.structure, Partial):
        from iamlint.hcl.functions.partial import converted

        inner = wanted if value.options else wanted.element or ANY
        return converted(value, wanted.kind, lambda one: convert(one, inner))
    if value.data is None or isinstance(value.data, Unknown | Lazy) or wanted.kind == "any":
        return value
    return _CONVERTERS[wanted.kind](value, wanted)


def one_type(values: Iterable[Value]) -> list[Value]:
    """Return values as elements of a list, set or map: all of one type."""
    found = list(values)
    return _as(found, ANY)


def _as(values: list[Value], element: Type) -> list[Value]:
    if element.kind == "any":
        types = [type_of(value) for value in values]
        unified = unify(types)
        if unified is None:
            raise EvaluationError("all elements must have the same type")
        element = unified
    return [convert(value, element) for value in values]


def _string(value: Value, _wanted: Type) -> Value:
    found = text_of(value.data)
    if found is None:
        raise EvaluationError("a string is required")
    return value if found is value.data else Value(found, value.at)


def _number(value: Value, _wanted: Type) -> Value:
    found = number_of(value.data)
    if found is None:
        raise EvaluationError("a number is required")
    return Value(found, value.at)


def _bool(value: Value, _wanted: Type) -> Value:
    found = bool_of(value.data)
    if found is None:
        raise EvaluationError("a bool is required")
    return Value(found, value.at)


def _collection_of(value: Value, wanted: Type) -> Value:
    return collected(value, wanted.kind, lambda values: _as(list(values), wanted.element or ANY))


def collected(value: Value, kind: str, converted: Callable[[Iterable[Value]], list[Value]]) -> Value:
    """Return a value as a list, set or map; ``converted`` converts its elements together."""
    if kind == "map":
        given = entries(value)
        return Value(Map(zip(given, converted(given.values()), strict=True)), value.at)
    found = converted(items(value))
    if kind == "set":
        return Value(set_of(found), value.at)
    return Value(set_of(found) if uncertain(value) else List(found), value.at, value.structure)


def _tuple(value: Value, wanted: Type) -> Value:
    return Value(tuple(map(convert, items_of_tuple(value, len(wanted.items)), wanted.items)), value.at)


def items_of_tuple(value: Value, number: int) -> tuple[Value, ...]:
    """Return the elements of a tuple that must have so many."""
    found = items(value)
    if isinstance(value.data, List | SetOf) or len(found) != number:
        raise EvaluationError(f"a tuple of {number} elements is required")
    return found


def _object(value: Value, wanted: Type) -> Value:
    """Drop attributes that the type does not name, as Terraform does."""
    found = entries(value)
    missing = next((name for name, _inner in wanted.attributes if name not in found), None)
    if missing is not None:
        raise EvaluationError(f'the attribute "{missing}" is required')
    return Value({name: convert(found[name], inner) for name, inner in wanted.attributes}, value.at)


_CONVERTERS: dict[str, Callable[[Value, Type], Value]] = {
    "string": _string,
    "number": _number,
    "bool": _bool,
    "list": _collection_of,
    "set": _collection_of,
    "map": _collection_of,
    "tuple": _tuple,
    "object": _object,
}
