"""Functions over lists, tuples, maps and objects. Source: https://developer.hashicorp.com/terraform/language/functions"""

from __future__ import annotations

import itertools
from collections.abc import Iterable

from iamlint.documents.values import Data, Key, Lazy, List, Map, SetOf, Value, key_value
from iamlint.hcl.functions.graphemes import graphemes
from iamlint.hcl.functions.precision import exact, shortest
from iamlint.hcl.functions.types import (
    MOST_IN_RANGE,
    EvaluationError,
    Function,
    Identity,
    UnknownResult,
    boolean,
    bounded,
    entries,
    equal,
    first_unknown,
    identity,
    integer,
    items,
    kind_of,
    known,
    number,
    same,
    set_of,
    text,
    uncertain,
)
from iamlint.hcl.functions.unification import ANY, STRING, Type, convert, type_of, unify
from iamlint.unknown import Unknown

# -- what functions want of their arguments ----------------------------------------------------------------------------


def listed(value: Value, element: Type = ANY) -> tuple[Value, ...]:
    """Return the elements of a list of one type, or of a value that can be converted to one."""
    known(value)
    if value.data is None:
        raise EvaluationError("argument must not be null")
    return items(convert(value, Type("list", element)))


def ordered(value: Value) -> tuple[Value, ...]:
    """Return the elements of a list or tuple; those of a set have no order."""
    found = items(value)
    if isinstance(value.data, SetOf):
        raise _orderless(value)
    return found


def counted(value: Value) -> tuple[Value, ...]:
    """Return the elements of a list, tuple or set with a known number of elements."""
    unclear = uncertain(value)
    if unclear:
        raise UnknownResult(Unknown(unclear.reason))
    return items(value)


def _orderless(value: Value) -> Exception:
    unclear = uncertain(value)
    return UnknownResult(Unknown(unclear.reason)) if unclear else EvaluationError("a set has no order")


def _present(value: Value) -> Value:
    if value.data is None:
        raise EvaluationError("argument must not be null")
    return value


def _alike(found: Iterable[Value], given: Value) -> Data:
    """Return elements as a tuple if the given value was one, else as a list."""
    return List(found) if isinstance(given.data, List | SetOf) else tuple(found)


# -- lists -------------------------------------------------------------------------------------------------------------


def _concat(first: Value, *others: Value) -> Data:
    lists = (first, *others)
    unclear = next((one for one in lists if uncertain(one)), None)
    bounded(sum(len(items(one)) for one in lists))
    found = tuple(itertools.chain.from_iterable(items(one) if uncertain(one) else ordered(one) for one in lists))
    if unclear:
        return set_of(found)
    element = unify(type_of(one) for one in lists) if all(isinstance(one.data, List) for one in lists) else None
    return tuple(found) if element is None else convert(Value(tuple(found)), element).data


def _flatten(value: Value) -> Data:
    found: list[Value] = []
    waiting, visited, loose = [iter(items(value))], 0, bool(uncertain(value))
    while waiting:
        for item in waiting[-1]:
            visited += 1
            bounded(visited)
            if isinstance(item.data, tuple | SetOf):
                loose = loose or bool(uncertain(item))
                waiting.append(iter(items(item)))
                break
            if isinstance(item.data, Unknown) and not item.data.is_filled:
                raise UnknownResult(Unknown(item.data.reason, refused=item.data.refused))  # it may be a list itself
            found.append(item)
        else:
            waiting.pop()
    return set_of(found) if loose else tuple(found)


def _length(value: Value) -> Data:
    match known(value):
        case str() as found:
            return len(graphemes(found))
        case dict() | Lazy():
            return len(entries(value))
        case _:
            return len(counted(value))


def _element(list_: Value, index: Value) -> Data | Value:
    found, at = ordered(list_), integer(index)
    if not found:
        raise EvaluationError("element() of an empty list")
    if at < 0 and at % len(found) and not isinstance(found, List):
        raise UnknownResult(Unknown("a negative index of a tuple, which only newer versions of Terraform take"))
    return found[at % len(found)]


def _index(list_: Value, wanted: Value) -> Data:
    found = ordered(list_)
    for at, item in enumerate(found):
        if equal(item, _present(wanted)):
            return at
    raise EvaluationError("the value is not in the list")


def _contains(list_: Value, wanted: Value) -> Data:
    unclear: UnknownResult | None = None
    for item in items(list_):
        try:
            if equal(item, _present(wanted)):
                return True
        except UnknownResult as error:
            unclear = error
    _present(wanted)
    if unclear:
        raise unclear
    return False


def _distinct(value: Value) -> Data:
    found: dict[Identity, Value] = {}
    for item in listed(value):
        found.setdefault(identity(item), item)
    unique = tuple(found.values())
    loose = len(unique) > 1 and any(first_unknown(item) for item in unique)
    return set_of(unique) if loose else List(unique)


def _compact(value: Value) -> Data | Value:
    found = [item for item in listed(value, STRING) if item.data is not None and item.data != ""]
    unclear = [item.data for item in found if isinstance(item.data, Unknown)]
    empty = next((why for why in unclear if not why.is_filled), None)
    if empty is not None:
        raise UnknownResult(Unknown(empty.reason))  # it may be null or an empty text
    return set_of(found) if isinstance(value.data, SetOf) and unclear else List(found)


def _coalesce(*values: Value) -> Data | Value:
    wanted = unify(map(type_of, values)) if values else None
    if wanted is None:
        raise EvaluationError("coalesce() of what has no type in common")
    given = [value for value in values if value.data is not None and value.data != ""]
    if not given:
        raise EvaluationError("coalesce() of nothing but null and empty strings")
    first = given[0]
    if isinstance(first.data, Unknown) and len(given) > 1 and not first.data.is_filled:
        raise UnknownResult(Unknown(first.data.reason))  # it may be null or empty, and then the next one counts
    return convert(first, wanted)


def _coalescelist(first: Value, *others: Value) -> Data | Value:
    lists = [one for one in (first, *others) if one.data is not None]
    if any(not isinstance(one.data, tuple | SetOf | Unknown) for one in lists):
        raise EvaluationError("coalescelist() of a value that is not a list")
    if any(isinstance(one.data, SetOf) and not uncertain(one) for one in lists):
        raise EvaluationError("coalescelist() of a set")
    for one in lists:
        if items(one):
            return one
    raise EvaluationError("coalescelist() of nothing but empty lists")


def _chunklist(value: Value, size: Value) -> Data:
    counted(value)
    found, step = listed(value), integer(size)
    if step < 0:
        raise EvaluationError("a negative size")
    chunks = [found] if step == 0 and found else [found[at : at + step] for at in range(0, len(found), step or 1)]
    return List(Value(List(chunk)) for chunk in chunks)


def _matchkeys(values: Value, keys: Value, wanted: Value) -> Data:
    found, names, searched = listed(values), listed(keys), listed(wanted)
    if len(found) != len(names):
        raise EvaluationError("as many keys as values are required")
    common = unify((type_of(Value(List(names))), type_of(Value(List(searched)))))
    if common is None:
        raise EvaluationError("keys and searchset must be of one type")
    bounded(len(found) * len(searched))
    names, searched = items(convert(Value(List(names)), common)), items(convert(Value(List(searched)), common))
    return List(value for value, key in zip(found, names, strict=True) if any(same(key, one) for one in searched))


def _one(value: Value) -> Data | Value:
    found = counted(value)
    if len(found) > 1:
        raise EvaluationError("one() of more than one element")
    return found[0] if found else None


def _range(*limits: Value) -> Data:
    numbers = [number(limit) for limit in limits]
    if not 1 <= len(numbers) <= 3:
        raise EvaluationError("one, two or three numbers are required")
    start, end = (0, numbers[0]) if len(numbers) == 1 else (numbers[0], numbers[1])
    step = numbers[2] if len(numbers) > 2 else (1 if start <= end else -1)
    if (end > start and step < 0) or (end < start and step > 0):
        raise EvaluationError("a step that does not lead from start to limit")
    if isinstance(start, int) and isinstance(end, int) and isinstance(step, int) and step:
        whole = range(start, end, step)
        if (abs(end - start) - 1) // abs(step) >= MOST_IN_RANGE:
            raise EvaluationError(f"more than {MOST_IN_RANGE} numbers")
        return List(map(Value, whole))
    found: list[Value] = []
    at = start
    while (at < end) if step >= 0 else (at > end):
        if len(found) >= MOST_IN_RANGE:
            raise EvaluationError(f"more than {MOST_IN_RANGE} numbers")
        found.append(Value(at))
        at = shortest(exact(at) + exact(step))
    return List(found)


def _reverse(value: Value) -> Data:
    return _alike(reversed(counted(value)), value)


def _slice(value: Value, start: Value, end: Value) -> Data:
    found, first, last = ordered(value), integer(start), integer(end)
    if not 0 <= first <= last <= len(found):
        raise EvaluationError("start and end must lie within the list")
    return _alike(found[first:last], value)


def _sort(value: Value) -> Data:
    found = listed(value, STRING)
    if any(item.data is None for item in found):
        raise EvaluationError("null cannot be sorted")
    if len(found) > 1 and any(isinstance(item.data, Unknown) for item in found):
        return set_of(found)  # the order is unknown
    return List(sorted(found, key=text) if len(found) > 1 else found)


def _sum(value: Value) -> Data:
    found = [number(item) for item in counted(value)]
    if not found:
        raise EvaluationError("sum() of an empty list")
    return shortest(sum(map(exact, found[1:]), exact(found[0])))


def _all(value: Value) -> Data:
    return _every(items(value), ending=False)


def _any(value: Value) -> Data:
    return _every(items(value), ending=True)


def _every(values: tuple[Value, ...], *, ending: bool) -> bool:
    """Return ``ending`` if an element has that value, else its opposite; null counts as false."""
    unclear: UnknownResult | None = None
    found = not ending
    for item in values:
        try:
            if (item.data is not None and boolean(item)) is ending:
                found = ending
        except UnknownResult as error:
            unclear = error
    if unclear and found is not ending:
        raise unclear
    return found


# -- maps --------------------------------------------------------------------------------------------------------------


def _merge(*maps: Value) -> Data:
    found: dict[str, Value] = {}
    for one in maps:
        if known(one) is not None:
            found |= entries(one)
    bounded(len(found))
    types = {type_of(one) for one in maps if one.data is not None} if all(_is_map(one) for one in maps) else set()
    return Map(sorted(found.items())) if len(types) == 1 else dict(sorted(found.items()))


def _is_map(value: Value) -> bool:
    return value.data is None or isinstance(value.data, Map)


def _keys(value: Value) -> Data:
    found = map(key_value, sorted(entries(value)))
    return List(found) if isinstance(value.data, Map) else tuple(found)


def _values(value: Value) -> Data:
    fields = entries(value)
    found = (fields[key] for key in sorted(fields))
    return List(found) if isinstance(value.data, Map) else tuple(found)


def _may_have(map_: Value, key: Unknown) -> bool:
    """Whether a partly known key may be one of a map's."""
    if isinstance(map_.data, Lazy):
        return True  # it may have more attributes than the listed ones
    return any(name.startswith(key.prefix) and name.endswith(key.suffix) for name in entries(map_))


def _lookup(map_: Value, key: Value, default: Value | None = None) -> Data | Value:
    data = known(map_)
    if isinstance(data, Map) and default is not None:
        default = _as_element(default, type_of(map_).element or ANY)
    if default is not None and isinstance(key.data, Unknown) and not _may_have(map_, key.data):
        return default
    name = text(key)
    found = data.attribute(name) if isinstance(data, Lazy) else entries(map_).get(name)
    if found is not None:
        return found
    if default is None:
        raise EvaluationError(f"the map has no key {name!r}")
    return default


def _as_element(default: Value, element: Type) -> Value:
    common = unify((element, type_of(default)))
    if common is None or element.kind not in ("any", common.kind):
        raise EvaluationError("the default must have the type of the map's elements")
    return convert(default, element)


def _transpose(value: Value) -> Data:
    found: dict[str, list[Value]] = {}
    for key, group in sorted(entries(value).items()):
        for name in listed(group, STRING):
            found.setdefault(text(name), []).append(key_value(key, group.at))
    return Map((name, Value(List(found[name]))) for name in sorted(found))


def _zipmap(keys: Value, values: Value) -> Data:
    names, found = [Key.of(text(name), name.at) for name in listed(keys, STRING)], ordered(values)
    if len(names) != len(found):
        raise EvaluationError("as many keys as values are required")
    pairs = sorted(dict(zip(names, found, strict=True)).items())
    return Map(pairs) if kind_of(values.data) == "list" else dict(pairs)


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
    "flatten": _flatten,
    "index": _index,
    "keys": _keys,
    "length": _length,
    "lookup": _lookup,
    "matchkeys": _matchkeys,
    "merge": _merge,
    "one": _one,
    "range": _range,
    "reverse": _reverse,
    "slice": _slice,
    "sort": _sort,
    "sum": _sum,
    "transpose": _transpose,
    "values": _values,
    "zipmap": _zipmap,
}
