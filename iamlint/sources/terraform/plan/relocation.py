"""Gives a plan's values the places of the source: the plan has the values, the source the places."""

from __future__ import annotations

from iamlint.documents.parts import get
from iamlint.documents.values import NULL, Data, SetOf, Value
from iamlint.location import Span
from iamlint.sources.terraform.instances.arguments import elements_of, text_of
from iamlint.sources.terraform.instances.instance import Argument, Body
from iamlint.sources.terraform.instances.policies import document_of
from iamlint.unknown import Unknown


def unplaced(value: Value) -> Value:
    """Return a value without the places in the plan."""
    return Value(_unplaced_data(value.data), None, unplaced(value.encoded) if value.encoded else None)


def _unplaced_data(data: Data) -> Data:
    match data:
        case tuple(items):
            return tuple(unplaced(item) for item in items)
        case dict(entries):
            return {key: unplaced(item) for key, item in entries.items()}
        case _:
            return data


def same(one: Value, other: Value) -> bool:
    """Whether two values are known and equal, as Terraform compares them after conversion; sets in any order."""
    match one.data, other.data:
        case (Unknown(), _) | (_, Unknown()):
            return False
        case None, data:
            return data is None
        case dict(mine), dict(theirs):
            return mine.keys() == theirs.keys() and all(same(value, theirs[key]) for key, value in mine.items())
        case SetOf(mine_), (SetOf() | tuple()) as data:
            theirs_ = data.elements if isinstance(data, SetOf) else data
            return sorted(map(_text, mine_)) == sorted(map(_text, theirs_))
        case tuple(), SetOf():
            return same(other, one)
        case tuple(mine_), tuple(theirs_):
            return len(mine_) == len(theirs_) and all(map(same, mine_, theirs_))
        case _:
            text = text_of(one)
            return isinstance(text, str) and text == text_of(other)


def _text(value: Value) -> str:
    text = text_of(value)
    return text if isinstance(text, str) else repr(unplaced(value).data)


def relocated_body(planned: Body, written: Body, *, exact: bool) -> Body:
    """Return the plan's body with the places of a source body.

    ``exact`` says that the source body is of the same instance: then values that are unknown in the plan come from the
    source, and arguments that are null in the source are left out. An argument that is not in the source (the provider
    fills it in) is placed at the block's header, unchanged.
    """
    arguments = {}
    for name, argument in planned.arguments.items():
        theirs = written.arguments.get(name)
        if exact and argument.value.unknown and theirs and theirs.value.data is None:
            continue
        arguments[name] = (
            relocated(argument, theirs, exact=exact) if theirs else Argument(unplaced(argument.value), written.at)
        )
    blocks = {
        name: _blocks(inner, written.blocks_of(name), written.at, exact=exact) for name, inner in planned.blocks.items()
    }
    filled_in = {*planned.arguments, *planned.blocks} - {*written.arguments, *written.blocks}
    return Body(written.at, arguments, blocks, None if written.left is None else written.left | filled_in)


def placed_at(body: Body, at: Span) -> Body:
    """Return the plan's body, all of it at one place: at the call of its module."""
    arguments = {name: Argument(unplaced(argument.value), at) for name, argument in body.arguments.items()}
    blocks = {
        name: inner if isinstance(inner, Unknown) else tuple(placed_at(one, at) for one in inner)
        for name, inner in body.blocks.items()
    }
    return Body(at, arguments, blocks)


def _blocks(
    planned: tuple[Body, ...] | Unknown, written: tuple[Body, ...] | Unknown, at: Span, *, exact: bool
) -> tuple[Body, ...] | Unknown:
    if isinstance(planned, Unknown):
        return written if exact else planned
    if isinstance(written, Unknown) or len(written) != len(planned):
        return tuple(placed_at(one, at) for one in planned)
    return tuple(relocated_body(one, other, exact=exact) for one, other in zip(planned, written, strict=True))


def relocated(planned: Argument, written: Argument, *, exact: bool) -> Argument:
    """Return the plan's value at the place of the source's argument."""
    value = planned.value
    if value.unknown:
        return Argument(
            _known_better(value.unknown, written.value) if exact else unplaced(value), written.at, written.items
        )
    if same(value, written.value):
        return written
    match value.data:
        case tuple(elements):
            return _list(elements, written, exact=exact)
        case str() if written.value.encoded or _is_json(value.data):
            return Argument(_policy(planned, written), written.at)
        case _:
            at = written.value.at if _may_be(value, written.value) else None
            return Argument(Value(value.data, at), written.at)


def _known_better(why: Unknown, written: Value) -> Value:
    """Return the source's value for a value that is unknown in the plan, with the plan's reason."""
    match written.data:
        case Unknown(_, parts):
            return Value(Unknown(why.reason, parts or why.parts), written.at, written.structure)
        case _:
            return written


def _is_json(text: str) -> bool:
    return text.lstrip()[:1] == "{"


def _may_be(planned: Value, written: Value) -> bool:
    """Whether the plan's text may be the source's, with its unknown parts filled in."""
    text, own = text_of(planned), text_of(written)
    if isinstance(own, Unknown) and isinstance(text, str):
        return text.startswith(own.prefix) and text.endswith(own.suffix)
    return text == own


def _list(planned: tuple[Value, ...], written: Argument, *, exact: bool) -> Argument:
    """Return the plan's elements, each with the place of the matching element in the source."""
    theirs = elements_of(written.value)
    if isinstance(theirs, Unknown):
        return Argument(Value(tuple(map(unplaced, planned))), written.at)
    spans: tuple[Span | None, ...] = written.items if len(written.items) == len(theirs) else (None,) * len(theirs)
    matches = _matches(planned, theirs)
    values, items = [], []
    for element, match in zip(planned, matches, strict=True):
        if match is None:
            values.append(unplaced(element))
            items.append(written.at)
            continue
        other = theirs[match]
        value = element
        if element.unknown and exact:
            value = _known_better(element.unknown, other)
        values.append(Value(value.data, other.at))
        items.append(spans[match] or written.at)
    return Argument(Value(tuple(values)), written.at, tuple(items) if written.items else ())


def _matches(planned: tuple[Value, ...], written: tuple[Value, ...]) -> list[int | None]:
    """Return the index of the source's element for each of the plan's: the same text, else the first possible one."""
    by_text: dict[str, list[int]] = {}
    for index, value in enumerate(written):
        text = text_of(value)
        if isinstance(text, str):
            by_text.setdefault(text, []).append(index)
    unsure = [index for index, value in enumerate(written) if isinstance(text_of(value), Unknown)]
    found: list[int | None] = []
    for value in planned:
        text = text_of(value)
        same_text = by_text.get(text) if isinstance(text, str) else None
        found.append(same_text[0] if same_text else None)
    for position, match in enumerate(found):
        if match is None:
            candidate = next(
                (i for i in unsure if planned[position].unknown or _may_be(planned[position], written[i])), None
            )
            if candidate is not None:
                unsure.remove(candidate)
                found[position] = candidate
    return found


# -- policy documents --------------------------------------------------------------------------------------------------


def _policy(planned: Argument, written: Argument) -> Value:
    """Return a policy's text from the plan, with its structure placed at the source's."""
    document, theirs = document_of(planned), document_of(written)
    if isinstance(document, Unknown):
        return unplaced(planned.value)
    structure = unplaced(document)
    if not isinstance(theirs, Unknown):
        structure = _policy_structure(structure, theirs)
    return Value(planned.value.data, written.value.at, structure)


def _policy_structure(planned: Value, written: Value) -> Value:
    if not isinstance(planned.data, dict) or not isinstance(written.data, dict):
        return planned
    mine, theirs = elements_of(planned.data.get("bindings", NULL)), elements_of(written.data.get("bindings", NULL))
    if isinstance(mine, Unknown) or isinstance(theirs, Unknown):
        return planned
    left = list(theirs)
    placed = []
    for binding in mine:
        other = max(left, key=lambda one: _likeness(binding, one), default=None)
        if other is not None and _likeness(binding, other) > 0:
            left.remove(other)
            placed.append(_placed_binding(binding, other))
        else:
            placed.append(binding)
    return Value({**planned.data, "bindings": Value(tuple(placed))}, written.at)


def _likeness(planned: Value, written: Value) -> int:
    """Return how similar two bindings are: 0 without the same role and condition, else by their members."""
    if not isinstance(planned.data, dict) or not isinstance(written.data, dict):
        return 0
    if not _may_be(planned.data.get("role", NULL), written.data.get("role", NULL)):
        return 0
    mine, theirs = _members(planned), _members(written)
    if not _may_be(_expression(planned), _expression(written)):
        return 0
    return 1 + sum(match is not None for match in _matches(mine, theirs))


def _members(binding: Value) -> tuple[Value, ...]:
    found = elements_of(get(binding, "members"))
    return () if isinstance(found, Unknown) else found


def _expression(binding: Value) -> Value:
    condition = get(binding, "condition")
    if isinstance(condition.data, tuple):
        condition = condition.data[0] if condition.data else NULL
    return get(condition, "expression")


def _placed_binding(planned: Value, written: Value) -> Value:
    if not isinstance(planned.data, dict) or not isinstance(written.data, dict):
        return planned
    entries = dict(planned.data)
    role = written.data.get("role", NULL)
    entries["role"] = Value(entries.get("role", NULL).data, role.at)
    mine, theirs = _members(planned), _members(written)
    matches = _matches(mine, theirs)
    entries["members"] = Value(
        tuple(Value(one.data, theirs[m].at if m is not None else role.at) for one, m in zip(mine, matches, strict=True))
    )
    if "condition" in entries:
        entries["condition"] = Value(_unplaced_data(entries["condition"].data), _expression(written).at)
    return Value(entries, written.at)
