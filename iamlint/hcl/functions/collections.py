"""Functions over collections. Source: https://developer.hashicorp.com/terraform/language/functions"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable
from decimal import Decimal

from iamlint.hcl.functions.types import (
    Function,
    Identity,
    Refused,
    Unclear,
    boolean,
    bounded,
    entries,
    identity,
    integer,
    items,
    known,
    number,
    same,
    set_of,
    text,
    text_of,
    texts,
    unified,
)
from iamlint.unknown import Unknown
from iamlint.values import Data, Lazy, SetOf, Value


def _concat(*lists: Value) -> Data:
    found = tuple(itertools.chain.from_iterable(items(one) for one in lists))
    bounded(len(found))
    return found


def _merge(*maps: Value) -> Data:
    found: dict[str, Value] = {}
    for one in maps:
        if known(one) is not None:
            found |= entries(one)
    bounded(len(found))
    return dict(sorted(found.items()))


def _flatten(value: Value) -> Data:
    found: list[Value] = []
    waiting = [iter(items(value))]
    visited = 0
    while waiting:
        for item in waiting[-1]:
            visited += 1
            bounded(visited)
            if isinstance(item.data, tuple | SetOf):
                waiting.append(iter(items(item)))
                break
            if isinstance(item.data, Unknown) and not item.data.parts:
                raise Unclear(item.data)  # it might be a list itself
            found.append(item)
        else:
            waiting.pop()
    return tuple(found)


def _length(value: Value) -> Data:
    match known(value):
        case str() as found:
            return len(found)
        case dict() | Lazy():
            return len(entries(value))
        case _:
            return len(items(value))


def _keys(value: Value) -> Data:
    return tuple(Value(key) for key in sorted(entries(value)))


def _values(value: Value) -> Data:
    found = entries(value)
    return tuple(found[key] for key in sorted(found))


def _lookup(map_: Value, key: Value, default: Value | None = None) -> Data | Value:
    name, data = text(key), known(map_)
    found = data.attribute(name) if isinstance(data, Lazy) else entries(map_).get(name)
    if found is not None:
        return found
    if default is None:
        raise Refused(f"the map has no key {name!r}")
    return default


def _element(list_: Value, index: Value) -> Data | Value:
    found, at = items(list_), integer(index)
    if not found:
        raise Refused("element() of an empty list")
    if at < 0 and -at > len(found):
        raise Refused("a negative index outside of the list")
    return found[at % len(found)]


def _index(list_: Value, wanted: Value) -> Data:
    for at, item in enumerate(items(list_)):
        if same(item, wanted):
            return at
    raise Refused("the value is not in the list")


def _contains(list_: Value, wanted: Value) -> Data:
    unclear: Unclear | None = None
    for item in items(list_):
        try:
            if same(*unified((item, wanted))):
                return True
        except Unclear as error:
            unclear = error
    if unclear:
        raise unclear
    return False


def _distinct(value: Value) -> Data:
    found: dict[Identity, Value] = {}
    for item in items(value):
        found.setdefault(identity(item), item)
    return tuple(found.values())


def _compact(value: Value) -> Data:
    return tuple(item for item in items(value) if item.data is not None and item.data != "")


def _coalesce(*values: Value) -> Data | Value:
    given = [value for value in values if value.data is not None and value.data != ""]
    if not given:
        raise Refused("coalesce() of nothing but null and empty strings")
    first = given[0]
    if isinstance(first.data, Unknown) and len(given) > 1:
        raise Unclear(Unknown(first.data.reason))  # it may be null, and then the next one counts
    return first


def _coalescelist(*lists: Value) -> Data | Value:
    for one in lists:
        if known(one) is not None and items(one):
            return one
    raise Refused("coalescelist() of nothing but empty lists")


def _chunklist(value: Value, size: Value) -> Data:
    found, step = items(value), integer(size)
    if step < 0:
        raise Refused("a negative size")
    chunks = [found] if step == 0 else [found[at : at + step] for at in range(0, len(found), step)]
    return tuple(Value(chunk) for chunk in chunks)


def _matchkeys(values: Value, keys: Value, wanted: Value) -> Data:
    pairs = zip(items(values), items(keys), strict=False)
    return tuple(value for value, key in pairs if any(same(key, one) for one in items(wanted)))


def _one(value: Value) -> Data | Value:
    found = items(value)
    if len(found) > 1:
        raise Refused("one() of more than one element")
    return found[0] if found else None


def _range(*limits: Value) -> Data:
    numbers = [number(limit) for limit in limits]
    start, end = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    step = numbers[2] if len(numbers) > 2 else (1 if start <= end else -1)
    if step == 0 or (end > start and step < 0) or (end < start and step > 0):
        raise Refused("a step that does not lead from start to limit")
    bounded(int((Decimal(end) - Decimal(start)) / Decimal(step)) + 1)
    found, at = [], start
    while (at < end) if step > 0 else (at > end):
        found.append(Value(at))
        at += step
    return tuple(found)


def _reverse(value: Value) -> Data:
    return tuple(reversed(items(value)))


def _set_operation(keep: Callable[[list[set[object]], object], bool]) -> Function:
    def operation(*sets: Value) -> Data:
        groups = [set_of(items(one)).elements for one in sets]
        held: list[set[object]] = [{identity(item) for item in group} for group in groups]
        for group in groups:
            for item in group:
                if isinstance(item.data, Unknown) and not item.data.parts:
                    raise Unclear(item.data)
        return set_of(item for group in groups for item in group if keep(held, identity(item)))

    return operation


_setunion = _set_operation(lambda _held, _item: True)
_setintersection = _set_operation(lambda held, item: all(item in group for group in held))
_setsubtract = _set_operation(lambda held, item: item in held[0] and item not in held[1])


def _setproduct(*sets: Value) -> Data:
    groups = [items(one) for one in sets]
    size = 1
    for group in groups:
        size *= len(group)
    bounded(size)
    product = tuple(Value(pair) for pair in itertools.product(*groups))
    if any(isinstance(one.data, SetOf) for one in sets) and all(isinstance(one.data, SetOf) for one in sets):
        return set_of(product)
    return product


def _slice(value: Value, start: Value, end: Value) -> Data:
    found, first, last = items(value), integer(start), integer(end)
    if not 0 <= first <= last <= len(found):
        raise Refused("start and end must lie within the list")
    return found[first:last]


def _sort(value: Value) -> Data:
    return tuple(sorted(items(value), key=text))


def _sum(value: Value) -> Data:
    found = [number(item) for item in items(value)]
    if not found:
        raise Refused("sum() of an empty list")
    return sum(found[1:], found[0])


def _transpose(value: Value) -> Data:
    found: dict[str, list[Value]] = {}
    for key, group in entries(value).items():
        for name in texts(group):
            found.setdefault(name, []).append(Value(key))
    return {name: Value(tuple(found[name])) for name in sorted(found)}


def _zipmap(keys: Value, values: Value) -> Data:
    names, found = texts(keys), items(values)
    if len(names) != len(found):
        raise Refused("as many keys as values are required")
    return dict(sorted(zip(names, found, strict=True)))


def _all(value: Value) -> Data:
    return _every(items(value), ending=False)


def _any(value: Value) -> Data:
    return _every(items(value), ending=True)


def _every(values: Iterable[Value], *, ending: bool) -> bool:
    """``ending`` as soon as an element has that value, else its opposite; null counts as false."""
    unclear: Unclear | None = None
    for item in values:
        try:
            if (item.data is not None and boolean(item)) is ending:
                return ending
        except Unclear as error:
            unclear = error
    if unclear:
        raise unclear
    return not ending


# -- conversion --------------------------------------------------------------------------------------------------------


def _toset(value: Value) -> Data:
    return None if known(value) is None else set_of(items(value))


def _tolist(value: Value) -> Data:
    return None if known(value) is None else unified(items(value))


def _tomap(value: Value) -> Data:
    if known(value) is None:
        return None
    found = entries(value)
    return dict(zip(found, unified(found.values()), strict=True))


def _tostring(value: Value) -> Data:
    return None if known(value) is None else text(value)


def _tonumber(value: Value) -> Data:
    return None if known(value) is None else number(value)


def _tobool(value: Value) -> Data:
    return None if known(value) is None else boolean(value)


def _same_value(value: Value) -> Value:
    return value


def _issensitive(_value: Value) -> Data:
    raise Unclear(Unknown("iamlint does not follow what is sensitive"))


def _join(separator: Value, *lists: Value) -> Data | Value:
    found = [item for one in lists for item in items(one)]
    unclear = next((item.data for item in found if isinstance(item.data, Unknown)), None)
    if unclear:
        raise Unclear(unclear)
    return text(separator).join(text_of(item.data) or "" for item in found)


FUNCTIONS: dict[str, Function] = {
    "alltrue": _all,
    "anytrue": _any,
    "chunklist": _chunklist,
    "coalesce": _coalesce,
    "coalescelist": _coalescelist,
    "compact": _compact,
    "concat": _concat,
    "contains": _contains,
    "distinct": _distinct,
    "element": _element,
    "ephemeralasnull": _same_value,
    "flatten": _flatten,
    "index": _index,
    "issensitive": _issensitive,
    "join": _join,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "matchkeys": _matchkeys,
    "merge": _merge,
    "nonsensitive": _same_value,
    "one": _one,
    "range": _range,
    "reverse": _reverse,
    "sensitive": _same_value,
    "setintersection": _setintersection,
    "setproduct": _setproduct,
    "setsubtract": _setsubtract,
    "setunion": _setunion,
    "slice": _slice,
    "sort": _sort,
    "sum": _sum,
    "tobool": _tobool,
    "tolist": _tolist,
    "tomap": _tomap,
    "tonumber": _tonumber,
    "toset": _toset,
    "tostring": _tostring,
    "transpose": _transpose,
    "values": _values,
    "zipmap": _zipmap,
}
