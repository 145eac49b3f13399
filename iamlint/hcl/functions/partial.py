"""What is known of a collection that is unknown as a whole: ``concat(["a"], var.more)`` certainly has "a".

A part is *sure* if the collection has it for every value of what is unknown; other parts are possible elements.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from iamlint.documents.values import ONE, Data, Part, Partial, SetOf, Value, key_value
from iamlint.hcl.functions.types import EvaluationError, UnknownResult, same
from iamlint.unknown import Unknown, UnknownPart

Spend = Callable[[int], None]
COMPARES = 4
"""Number of comparisons per step."""
MOST_PARTS = 10_000
"""Maximum number of elements of a partly known collection; it may have others, then."""
MOST_UNKNOWN_KEYS = 100
"""Maximum number of unknown keys in one map, since each is compared with all other keys."""


def partial_of(value: Value) -> Partial | None:
    """Return the known elements of a collection; None for what is not one, or may not be one."""
    match value.data:
        case Unknown():
            return value.partial
        case SetOf(elements):
            return Partial("set", tuple(map(Part, elements)), open=False)
        case tuple() as elements:
            return Partial("list", tuple(map(Part, elements)), open=False)
        case dict() as entries:
            parts = tuple(Part(one, key_value(key, one.at)) for key, one in entries.items())
            return Partial("map", parts, open=False)
        case _:
            return None


def with_parts(why: Unknown, partial: Partial | None) -> Value:
    """Return an unknown collection, with what is known of it."""
    if partial is not None and len(partial.parts) > MOST_PARTS:
        partial = replace(partial, parts=partial.parts[:MOST_PARTS], open=True)
    return Value(why, None, partial if partial and partial.parts else None)


def is_text(why: Unknown) -> bool:
    """Whether an unknown value is certainly a text, not null and not a list."""
    return why.is_filled


# -- keys --------------------------------------------------------------------------------------------------------------


def may_be_equal(one: Data, other: Data) -> bool:
    """Whether two texts, known in part, may be equal."""
    if not isinstance(one, Unknown) and not isinstance(other, Unknown):
        return one == other
    return _may_be_equal(text_parts(one), text_parts(other))


def is_same(one: Data, other: Data) -> bool:
    """Whether two texts are certainly equal."""
    if isinstance(one, Unknown):
        return isinstance(other, Unknown) and bool(one.parts) and one.parts == other.parts and one.is_named
    return one == other


def text_parts(text: Data) -> list[str | UnknownPart]:
    """Return the known and unknown parts of a text in order."""
    if isinstance(text, Unknown):
        return list(text.parts) or [UnknownPart("?")]
    return [text] if isinstance(text, str) and text else []


def _may_be_equal(left: list[str | UnknownPart], right: list[str | UnknownPart]) -> bool:
    for at in (0, -1):
        while left and right:
            one, other = left[at], right[at]
            if isinstance(one, str) and isinstance(other, str):
                shorter = min(len(one), len(other))
                ends = (one[:shorter], other[:shorter]) if at == 0 else (one[-shorter:], other[-shorter:])
                if ends[0] != ends[1]:
                    return False
                for side, text in ((left, one), (right, other)):
                    rest = text[shorter:] if at == 0 else text[: len(text) - shorter]
                    side[at : at + 1 or None] = [rest] if rest else []
            elif one == other and one != UnknownPart("?"):
                left.pop(at)
                right.pop(at)
            else:
                break
    if left and right:
        return True
    return not any(isinstance(part, str) for part in (*left, *right))


class Entries:
    """The entries of an object or map in the order in which they are set: a later one replaces an earlier one.

    ``spend`` takes the steps for the comparisons of keys.
    """

    def __init__(self, spend: Spend) -> None:
        self._spend = spend
        self._parts: dict[object, Part] = {}
        self._unknown: dict[object, Part] = {}

    def put(self, part: Part) -> None:
        """Set an entry. What it replaces is dropped; what it may replace is no longer sure."""
        key = part.key.data if part.key else None
        if isinstance(key, str):
            token: object = key
            compared: list[tuple[object, Part]] = [*self._unknown.items()]
        else:
            why = key if isinstance(key, Unknown) else Unknown("a key is not known")
            token = ("unknown", why.text) if why.is_named else object()
            compared = [*self._parts.items()]
            if len(self._unknown) >= MOST_UNKNOWN_KEYS:
                raise UnknownResult(why)
        self._spend(len(compared))  # one of the two is unknown, so that their parts are compared
        for other, earlier in compared:
            if other != token and earlier.key is not None and may_be_equal(earlier.key.data, key):
                self._set(other, replace(earlier, sure=False))
        if token in self._parts and not part.sure:
            self._set(object(), replace(self._parts.pop(token), sure=False))
            self._unknown.pop(token, None)
        self._set(token, part)

    def _set(self, token: object, part: Part) -> None:
        self._parts[token] = part
        if part.key is None or not isinstance(part.key.data, str):
            self._unknown[token] = part

    def doubt(self) -> None:
        """Mark all entries as possible: something unknown may replace them."""
        for token, part in self._parts.items():
            self._set(token, replace(part, sure=False))

    def partial(self, *, open_: bool) -> Partial:
        """Return what was set."""
        return Partial("map", tuple(self._parts.values()), open_)


def found_in(partial: Partial, key: Value) -> Value | None:
    """Return what a map certainly has under a key; None if it certainly has none. Raises UnknownResult."""
    possible = partial.open
    for part in partial.parts:
        if part.key is None:
            continue
        if part.sure and is_same(part.key.data, key.data):
            return part.value
        possible = possible or may_be_equal(part.key.data, key.data)
    if possible:
        raise UnknownResult(Unknown("whether the map has this key is not known"))
    return None


def only_one(partial: Partial, key: Value) -> Value | None:
    """Return the only value that a collection can have under a key: it has that one, or none under this key."""
    exact = [part for part in partial.parts if part.key and is_same(part.key.data, key.data)]
    if len(exact) != 1:
        return None
    if partial.kind == "map":
        others = (part for part in partial.parts if part is not exact[0])
        if partial.open or any(part.key and may_be_equal(part.key.data, key.data) for part in others):
            return None
    return exact[0].value


# -- functions ---------------------------------------------------------------------------------------------------------


def _joined(name: str, arguments: list[Value], _spend: Spend) -> Partial | None:
    """Return the elements of a function whose result has those of all its arguments."""
    found: list[Part] = []
    open_ = False
    for argument in arguments:
        given = partial_of(argument)
        if given is None or given.kind == "map":
            open_ = True
            continue
        open_ = open_ or given.open
        if len(found) + len(given.parts) > MOST_PARTS:
            given, open_ = replace(given, parts=given.parts[: MOST_PARTS - len(found)]), True
        found += (replace(part, key=None) if part.key else part for part in given.parts)
    return Partial("set" if name in ("setunion", "toset") else "list", tuple(found), open_)


def _compacted(name: str, arguments: list[Value], spend: Spend) -> Partial | None:
    joined = _joined(name, arguments, spend)
    if joined is None:
        return None
    kept = (part for part in joined.parts if part.value.data not in (None, ""))
    parts = (
        replace(part, sure=part.sure and (not isinstance(part.value.data, Unknown) or part.value.data.is_filled))
        for part in kept
    )
    return replace(joined, parts=tuple(parts))


def _flattened(_name: str, arguments: list[Value], _spend: Spend) -> Partial | None:
    """An unknown element may be a list itself, unless it is a text."""
    found: list[Part] = []
    given = partial_of(arguments[0]) if arguments else None
    if given is None or given.kind == "map":
        return None
    open_, visited = given.open, 0
    waiting = [iter(given.parts)]
    while waiting:
        part = next(waiting[-1], None)
        if part is None:
            waiting.pop()
            continue
        visited += 1
        if visited > MOST_PARTS:
            open_ = True
            break
        inner = None if isinstance(part.value.data, dict) else partial_of(part.value)
        if inner is not None and inner.kind != "map":
            open_ = open_ or inner.open
            waiting.append(iter(_within(part, inner)))
        elif isinstance(part.value.data, Unknown) and not is_text(part.value.data):
            found.append(replace(part, sure=False))
        else:
            found.append(replace(part, key=None))
    return Partial("list", tuple(found), open_)


def _within(outer: Part, inner: Partial) -> Iterable[Part]:
    return inner.parts if outer.sure else (replace(part, sure=False) for part in inner.parts)


def _merged(_name: str, arguments: list[Value], spend: Spend) -> Partial | None:
    entries, open_ = Entries(spend), False
    for argument in arguments:
        if argument.data is None:
            continue
        given = partial_of(argument)
        if given is None or given.kind != "map" or given.open:
            entries.doubt()
            open_ = True
        for part in given.parts if given and given.kind == "map" else ():
            entries.put(part)
    return entries.partial(open_=open_)


def _keys(_name: str, arguments: list[Value], _spend: Spend) -> Partial | None:
    given = partial_of(arguments[0])
    if given is None or given.kind != "map":
        return None
    return Partial("list", tuple(Part(part.key, None, part.sure) for part in given.parts if part.key), given.open)


def _values(_name: str, arguments: list[Value], _spend: Spend) -> Partial | None:
    given = partial_of(arguments[0])
    if given is None or given.kind != "map":
        return None
    return Partial("list", tuple(replace(part, key=None) for part in given.parts), given.open)


def _product(_name: str, arguments: list[Value], spend: Spend) -> Partial | None:
    """Return the combinations of known elements."""
    given = [partial_of(argument) for argument in arguments]
    known = [one for one in given if one is not None and one.kind != "map"]
    if len(known) < len(given):
        return None
    rows: list[tuple[tuple[Value, ...], bool]] = [((), True)]
    for one in known:
        if len(rows) * len(one.parts) > MOST_PARTS:
            return None
        spend(len(rows) * len(one.parts) // COMPARES)
        rows = [((*row, part.value), sure and part.sure) for row, sure in rows for part in one.parts]
    kind = "set" if any(one.kind == "set" for one in known) else "list"
    parts = tuple(Part(Value(row), None, sure) for row, sure in rows)
    return Partial(kind, parts, any(one.open for one in known))


def _zipped(_name: str, arguments: list[Value], spend: Spend) -> Partial | None:
    """Return the entries of a map with unknown keys; of two with one key, the later one counts."""
    names, values = (argument.data for argument in arguments[:2])
    if not isinstance(names, tuple) or not isinstance(values, tuple) or len(names) != len(values):
        return None
    entries = Entries(spend)
    for name, value in zip(names, values, strict=True):
        if not isinstance(name.data, str | Unknown):
            return None
        entries.put(Part(value, name))
    return entries.partial(open_=False)


def _subtracted(_name: str, arguments: list[Value], spend: Spend) -> Partial | None:
    """Return the elements of the first set; those that the second one may have are only possible."""
    given, taken = partial_of(arguments[0]), partial_of(arguments[1])
    if given is None or given.kind == "map":
        return None
    closed = taken is not None and not taken.open
    spend(2 * len(given.parts) * len(taken.parts) // COMPARES if taken else 0)

    def is_out(value: Value, among: Iterable[Part]) -> bool:
        return any(same_or_unknown(value, other.value) is not False for other in among)

    removed = [part for part in taken.parts if part.sure] if taken else []
    kept = [part for part in given.parts if not any(same_or_unknown(part.value, one.value) is True for one in removed)]
    sure = [closed and taken is not None and not is_out(part.value, taken.parts) for part in kept]
    parts = (replace(part, sure=part.sure and certain) for part, certain in zip(kept, sure, strict=True))
    return Partial("set", tuple(parts), given.open)


def same_or_unknown(one: Value, other: Value) -> bool | None:
    """Whether two values are equal; None if that is not known."""
    try:
        return same(one, other)
    except UnknownResult:
        return None


def _first_list(_name: str, arguments: list[Value], _spend: Spend) -> Partial | None:
    """``coalescelist``: the first list that has elements."""
    for argument in arguments:
        if argument.data is None:
            continue
        given = partial_of(argument)
        if given is None or given.kind == "map":
            return None
        if any(part.sure for part in given.parts):
            return given
        if given.parts or given.open:
            return None
    return None


def _mapped(_name: str, arguments: list[Value], _spend: Spend) -> Partial | None:
    given = partial_of(arguments[0])
    return given if given and given.kind == "map" else None


_FUNCTIONS: dict[str, Callable[[str, list[Value], Spend], Partial | None]] = {
    **dict.fromkeys(("concat", "distinct", "reverse", "setunion", "sort", "tolist", "toset"), _joined),
    "coalescelist": _first_list,
    "compact": _compacted,
    "flatten": _flattened,
    "keys": _keys,
    "merge": _merged,
    "setproduct": _product,
    "setsubtract": _subtracted,
    "tomap": _mapped,
    "values": _values,
    "zipmap": _zipped,
}


def result(name: str, arguments: list[Value], why: Unknown, spend: Spend) -> Value | None:
    """Return what is certain of the unknown result of a function; None if nothing is.

    ``contains`` of a list that certainly has the element is true; ``lookup`` of a key that a map certainly has is its
    value. ``spend`` takes steps of evaluation.
    """
    if name == "contains" and len(arguments) == 2:
        given = partial_of(arguments[0])
        surely = given and any(part.sure and same_or_unknown(part.value, arguments[1]) is True for part in given.parts)
        return Value(True) if surely and arguments[1].data is not None else None
    if name == "lookup" and len(arguments) > 1:
        return _looked_up(arguments[0].partial, *arguments[1:3])
    function = _FUNCTIONS.get(name)
    try:
        partial = function(name, arguments, spend) if function and arguments else None
    except UnknownResult:
        return None
    found = with_parts(why, partial)
    return found if found.structure is not None else None


def _looked_up(map_: Partial | None, key: Value, default: Value | None = None) -> Value | None:
    if map_ is None or map_.kind != "map":
        return None
    try:
        return found_in(map_, key) or default
    except UnknownResult:
        return None


# -- conversion --------------------------------------------------------------------------------------------------------


def converted(value: Value, kind: str, change: Callable[[Value], Value]) -> Value:
    """Return an unknown value after conversion to a type: the known elements of a collection as ``change`` does.

    If the type has no elements of one type, nothing is known of them any more.
    """
    if not isinstance(value.structure, Partial) or kind == "any":
        return value
    partial = value.structure
    fits = kind in ("string", "number") if partial.kind == ONE else kind in ("list", "set", "map")
    if not fits or (kind == "map") is not (partial.kind == "map"):
        return Value(value.data, value.at)
    found: list[Part] = []
    for part in partial.parts:
        try:
            found.append(replace(part, value=change(part.value)))
        except EvaluationError:
            if part.sure:
                raise
    return Value(value.data, value.at, Partial(ONE if partial.kind == ONE else kind, tuple(found), partial.open))
