"""Type constraints: ``type = map(object({ role = string, members = optional(list(string), []) }))``."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cached_property, lru_cache

from iamlint.basics.frozen import frozen
from iamlint.documents.values import Lazy, Partial, Value
from iamlint.hcl import syntax
from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.hcl.functions import unification
from iamlint.hcl.functions.partial import converted
from iamlint.hcl.functions.types import EvaluationError, UnknownResult, entries
from iamlint.hcl.functions.unification import Type, collected, items_of_tuple, one_type
from iamlint.hcl.scope import Scope
from iamlint.location import SourceText
from iamlint.unknown import Unknown

_COLLECTIONS = frozenset({"list", "set", "map"})


@frozen
class Attribute:
    """An attribute of an object type; ``optional`` ones may have a default."""

    name: str
    type: Constraint
    optional: bool = False
    default: Value | None = None


@frozen(slots=False)
class Constraint:
    """A type: its keyword, the ``element`` of a collection, ``items`` of a tuple, sorted ``attributes`` of objects."""

    kind: str
    element: Constraint | None = None
    attributes: tuple[Attribute, ...] = ()
    items: tuple[Constraint, ...] = ()

    @cached_property
    def is_open(self) -> bool:
        """Whether it leaves the type of a part open."""
        inner = (*self.items, *(attribute.type for attribute in self.attributes))
        return self.kind == "any" or any(one.is_open for one in ((self.element, *inner) if self.element else inner))


ANY = Constraint("any")


@lru_cache(maxsize=1 << 12)
def read_constraint(expression: syntax.Expression, source: SourceText) -> Constraint:
    """Return the type that an expression names; ``any`` for an invalid type, since only the value matters here.

    It is kept, since a variable is converted once for each instance of its module.
    """
    return _read(expression, source)


def _read(expression: syntax.Expression, source: SourceText) -> Constraint:
    match expression:
        case syntax.Variable(name=name) if name in ("string", "number", "bool"):
            return Constraint(name)
        case syntax.Variable(name=name) if name in _COLLECTIONS:
            return Constraint(name, ANY)
        case syntax.Template() if expression.literal in ("string", "list", "map"):  # the spelling of Terraform 0.11
            return Constraint(expression.literal or "any", ANY if expression.literal != "string" else None)
        case syntax.Call(name=name, arguments=(inner,)) if name in _COLLECTIONS:
            return Constraint(name, _read(inner, source))
        case syntax.Call(name="tuple", arguments=(syntax.Tuple(items=items),)):
            return Constraint("tuple", items=tuple(_read(item, source) for item in items))
        case syntax.Call(name="object", arguments=(syntax.Object(items=items),)):
            attributes = [_attribute(key, value, source) for key, value in items]
            return Constraint("object", attributes=tuple(sorted(attributes, key=lambda one: one.name)))
        case syntax.Parentheses(inner=inner):
            return _read(inner, source)
        case _:
            return ANY


def _attribute(key: syntax.Expression, written: syntax.Expression, source: SourceText) -> Attribute:
    name = key.literal or ""
    match written:
        case syntax.Call(name="optional", arguments=(inner,)):
            return Attribute(name, _read(inner, source), optional=True)
        case syntax.Call(name="optional", arguments=(inner, default)):
            value = evaluate(default, Scope(source, lambda _name: None))
            return Attribute(name, _read(inner, source), optional=True, default=value)
        case _:
            return Attribute(name, _read(written, source))


def convert(value: Value, to: Constraint) -> Value:
    """Convert a value to a type; unknown, with the part that does not fit, if Terraform would refuse it.

    Attributes that the type does not name are dropped, as in Terraform; missing ones get their default.
    """
    if isinstance(value.data, Unknown) and isinstance(value.structure, Partial):
        inner = to if value.options else to.element or ANY
        return converted(value, to.kind, lambda one: convert(one, inner))
    if value.data is None or isinstance(value.data, Unknown) or to.kind == "any":
        return value
    try:
        return _CONVERTERS[to.kind](value, to)
    except UnknownResult as error:
        return Value(error.why, value.at)
    except EvaluationError as error:
        why = f"the value is not of the type {to.kind}, as the variable's type demands: {error}"
        return Value(Unknown(why), value.at)


def _primitive(value: Value, to: Constraint) -> Value:
    return unification.convert(value, Type(to.kind))


def _collection(value: Value, to: Constraint) -> Value:
    """Convert the elements to a type; if it leaves something open, they get a common one."""
    element = to.element or ANY

    def converted(values: Iterable[Value]) -> list[Value]:
        found = [convert(item, element) for item in values]
        return one_type(found) if element.is_open else found

    return collected(value, to.kind, converted)


def _tuple(value: Value, to: Constraint) -> Value:
    return Value(tuple(map(convert, items_of_tuple(value, len(to.items)), to.items)), value.at)


def _object(value: Value, to: Constraint) -> Value:
    if isinstance(value.data, Lazy):
        return value  # a whole resource: its attributes stay lazy, so that nothing unknown becomes "missing"
    given, found = entries(value), dict[str, Value]()
    for attribute in to.attributes:
        item = given.get(attribute.name)
        if item is None and not attribute.optional:
            raise EvaluationError(f'the attribute "{attribute.name}" is missing')
        if item is None or (item.data is None and attribute.default is not None):
            item = attribute.default or Value(None)
        found[attribute.name] = convert(item, attribute.type)
    return Value(found, value.at)


_CONVERTERS: dict[str, Callable[[Value, Constraint], Value]] = {
    "string": _primitive,
    "number": _primitive,
    "bool": _primitive,
    "list": _collection,
    "set": _collection,
    "tuple": _tuple,
    "map": _collection,
    "object": _object,
}
