"""Functions over sets, and conversions. Source: https://developer.hashicorp.com/terraform/language/functions"""

from __future__ import annotations

import itertools
from collections.abc import Callable

from iamlint.hcl.functions.collections import listed
from iamlint.hcl.functions.types import (
    Function,
    Identity,
    Refused,
    Unclear,
    bounded,
    identity,
    items,
    known,
    set_of,
)
from iamlint.hcl.functions.unification import ANY, BOOL, NUMBER, STRING, Type, convert, type_of, unify
from iamlint.unknown import Unknown
from iamlint.values import Data, List, SetOf, Value


def _sets(values: tuple[Value, ...]) -> list[tuple[Value, ...]]:
    """The elements of sets that are of one type, or become it."""
    found = [Value(set_of(listed(one))) for one in values]
    common = unify(type_of(one) for one in found)
    if common is None:
        raise Refused("the sets must be of one type")
    return [items(convert(one, common)) for one in found]


def _set_operation(keep: Callable[[list[set[Identity]], Identity], bool]) -> Function:
    def operation(first: Value, *others: Value) -> Data:
        groups = _sets((first, *others))
        held = [{identity(item) for item in group} for group in groups]
        for group in groups:
            for item in group:
                if isinstance(item.data, Unknown) and not item.data.parts:
                    raise Unclear(item.data)
        return set_of(item for group in groups for item in group if keep(held, identity(item)))

    return operation


def _setsubtract(first: Value, second: Value) -> Data:
    return _subtraction(first, second)  # type: ignore[return-value]  # an operation gives data


_subtraction = _set_operation(lambda held, item: item in held[0] and item not in held[1])


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
        known(value)
        return convert(value, wanted)

    return conversion


def _same_value(value: Value) -> Value:
    return value


def _issensitive(_value: Value) -> Data:
    raise Unclear(Unknown("iamlint does not follow what is sensitive"))


FUNCTIONS: dict[str, Function] = {
    "ephemeralasnull": _same_value,
    "issensitive": _issensitive,
    "nonsensitive": _same_value,
    "sensitive": _same_value,
    "setintersection": _set_operation(lambda held, item: all(item in group for group in held)),
    "setproduct": _setproduct,
    "setsubtract": _setsubtract,
    "setunion": _set_operation(lambda _held, _item: True),
    "tobool": _conversion(BOOL),
    "tolist": _conversion(Type("list", ANY)),
    "tomap": _conversion(Type("map", ANY)),
    "tonumber": _conversion(NUMBER),
    "toset": _conversion(Type("set", ANY)),
    "tostring": _conversion(STRING),
}
