"""Functions over sets, and conversions. Source: https://developer.hashicorp.com/terraform/language/functions"""

from __future__ import annotations

import itertools

from iamlint.documents.values import Data, List, SetOf, Value
from iamlint.hcl.functions.collections import listed
from iamlint.hcl.functions.types import (
    EvaluationError,
    Function,
    UnknownResult,
    bounded,
    first_unknown,
    identity,
    items,
    same,
    set_of,
)
from iamlint.hcl.functions.unification import ANY, BOOL, NUMBER, STRING, Type, convert, type_of, unify
from iamlint.unknown import Unknown


def _sets(values: tuple[Value, ...]) -> list[tuple[Value, ...]]:
    """Return the elements of sets of one type, converted if necessary."""
    found = [Value(set_of(listed(one))) for one in values]
    common = unify(type_of(one) for one in found)
    if common is None:
        raise EvaluationError("the sets must be of one type")
    return [items(convert(one, common)) for one in found]


def _setunion(first: Value, *others: Value) -> Data:
    groups = _sets((first, *others))
    bounded(sum(map(len, groups)))
    return set_of(item for group in groups for item in group)


def _setintersection(first: Value, *others: Value) -> Data:
    kept, *rest = _sets((first, *others))
    for group in map(_Group, rest):
        kept = tuple(item for item in kept if group.holds(item))
    return set_of(kept)


def _setsubtract(first: Value, second: Value) -> Data:
    kept, taken = _sets((first, second))
    group = _Group(taken)
    return set_of(item for item in kept if not group.holds(item))


class _Group:
    """The elements of a set, for membership tests."""

    def __init__(self, elements: tuple[Value, ...]) -> None:
        self.elements = elements
        self.known = {identity(one) for one in elements}
        self.open = [one for one in elements if first_unknown(one)]

    def holds(self, item: Value) -> bool:
        """Whether a value is in the set; raises UnknownResult if that depends on an unknown value."""
        if identity(item) in self.known:
            return True
        compared = self.elements if first_unknown(item) else self.open
        unclear: UnknownResult | None = None
        for one in compared:
            try:
                if same(item, one):
                    return True
            except UnknownResult as error:
                unclear = error
        if unclear:
            raise unclear
        return False


def _setproduct(first: Value, second: Value, *others: Value) -> Data:
    sets = (first, second, *others)
    groups = [listed(one) for one in sets]
    size = 1
    for group in groups:
        size *= len(group)
        bounded(size)
    product = tuple(Value(pair) for pair in itertools.product(*groups))
    return set_of(product) if any(isinstance(one.data, SetOf) for one in sets) else List(product)


# -- conversion --------------------------------------------------------------------------------------------------------


def _conversion(wanted: Type) -> Function:
    def conversion(value: Value) -> Data | Value:
        return convert(value, wanted)

    return conversion


def _same_value(value: Value) -> Value:
    return value


def _ephemeralasnull(_value: Value) -> Data:
    raise UnknownResult(Unknown("iamlint does not follow what is ephemeral"))


def _issensitive(_value: Value) -> Data:
    raise UnknownResult(Unknown("iamlint does not follow what is sensitive"))


FUNCTIONS: dict[str, Function] = {
    "ephemeralasnull": _ephemeralasnull,
    "issensitive": _issensitive,
    "nonsensitive": _same_value,
    "sensitive": _same_value,
    "setintersection": _setintersection,
    "setproduct": _setproduct,
    "setsubtract": _setsubtract,
    "setunion": _setunion,
    "tobool": _conversion(BOOL),
    "tolist": _conversion(Type("list", ANY)),
    "tomap": _conversion(Type("map", ANY)),
    "tonumber": _conversion(NUMBER),
    "toset": _conversion(Type("set", ANY)),
    "tostring": _conversion(STRING),
}
