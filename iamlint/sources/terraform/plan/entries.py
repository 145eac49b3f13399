"""The entries of a plan or state: one resource instance each, with its values and what of them is not known yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

from iamlint.location import Span, Unreadable
from iamlint.sources.terraform.plan.shapes import (
    ShapeError,
    array,
    object_,
    optional_object,
    optional_string,
    string,
    text,
)
from iamlint.unknown import Unknown
from iamlint.values import Value

AFTER_APPLY = "known after apply"
_MODES: dict[str, Literal["managed", "data"]] = {"managed": "managed", "data": "data"}
_GONE = ({"delete"}, {"forget"})
"""Actions after which there is no such resource any more, or none that Terraform looks after."""
_CHANGING = {"update", "delete"}


@dataclass(frozen=True, slots=True)
class Entry:
    """A resource instance as the plan leaves it, or as the state has it; ``at`` is where its address is written.

    ``removed`` says that the plan takes it away; its values then are those before. ``before`` are the values that the
    plan changes, or deletes; None where it leaves them, or only forgets the resource.
    """

    mode: Literal["managed", "data"]
    type: str
    name: str
    address: str
    module: str
    values: dict[str, Value]
    at: Span
    removed: bool = False
    before: dict[str, Value] | None = None


Found = tuple[list[Entry], list[Unreadable]]


def read_entries(document: Value) -> Found:
    """Every entry, one an address: of the changes, then what only the planned values or the (prior) state have."""
    entries: dict[str, Entry] = {}
    errors: list[Unreadable] = []
    try:
        plan = object_(document, "")
        changes = _collect(array(plan, "resource_changes", ""), _change, errors)
        _state(plan, "planned_values", errors, changes)
        _state(plan, "values", errors, changes)
        prior: list[Entry] = []
        before = optional_object(plan, "prior_state", "")
        _state(before, "values", errors, prior, "prior_state")
        changes += [entry for entry in prior if entry.mode == "data"]
    except ShapeError as error:
        return [], [*errors, error.unreadable]
    for entry in changes:
        entries.setdefault(entry.address, entry)
    return list(entries.values()), errors


def _collect(
    items: Iterator[tuple[Value, str]], read: Callable[[Value, str], Entry | None], errors: list[Unreadable]
) -> list[Entry]:
    found: list[Entry] = []
    try:
        for item, path in items:
            try:
                entry = read(item, path)
            except ShapeError as error:
                errors.append(error.unreadable)
            else:
                if entry:
                    found.append(entry)
    except ShapeError as error:  # the array itself is none
        errors.append(error.unreadable)
    return found


def _change(item: Value, path: str) -> Entry | None:
    """An entry of ``resource_changes``. A deposed object is one that an earlier apply left to be deleted."""
    fields = object_(item, path)
    change = optional_object(fields, "change", path)
    if not change:
        raise ShapeError(item, path, 'an object with "change"')
    actions = {text(action, where) for action, where in array(change, "actions", f"{path}.change")}
    if "deposed" in fields:
        return None
    before = optional_object(change, "before", f"{path}.change")
    changed = before if actions & _CHANGING else None
    if actions in _GONE:
        return _entry(item, path, before, removed=True, before=changed)
    values = merged(change.get("after", Value({})), change.get("after_unknown"))
    return _entry(item, path, object_(values, f"{path}.change.after"), before=changed)


def _entry(
    item: Value,
    path: str,
    values: dict[str, Value],
    *,
    removed: bool = False,
    before: dict[str, Value] | None = None,
) -> Entry | None:
    fields = object_(item, path)
    mode = string(item, "mode", path)
    address = string(item, "address", path)
    at = fields["address"].at or item.at
    if mode not in _MODES or at is None:
        return None
    return Entry(
        mode=_MODES[mode],
        type=string(item, "type", path),
        name=string(item, "name", path),
        address=address,
        module=optional_string(fields, "module_address", path),
        values=values,
        at=at,
        removed=removed,
        before=before,
    )


def merged(after: Value, unknown: Value | None) -> Value:
    """The planned value with what is not known put in its place: ``after`` leaves such attributes out."""
    if unknown is None:
        return after
    match after.data, unknown.data:
        case _, True:
            return Value(Unknown(AFTER_APPLY), unknown.at)
        case dict() | None, dict(holes) if after.data is not None or holes:
            values = dict(after.data) if isinstance(after.data, dict) else {}
            for name, hole in holes.items():
                if name in values or _has_hole(hole):
                    values[name] = merged(values.get(name, Value(None)), hole)
            return Value(values, after.at or unknown.at)
        case tuple(items), tuple(holes) if len(items) == len(holes):
            return Value(tuple(merged(item, hole) for item, hole in zip(items, holes, strict=True)), after.at)
        case _:
            return after


def _has_hole(unknown: Value) -> bool:
    match unknown.data:
        case True:
            return True
        case dict(entries):
            return any(_has_hole(entry) for entry in entries.values())
        case tuple(items):
            return any(_has_hole(item) for item in items)
        case _:
            return False


def _state(parent: dict[str, Value], name: str, errors: list[Unreadable], found: list[Entry], path: str = "") -> None:
    """Add the entries below ``parent[name].root_module``; modules are visited without recursion."""
    here = f"{path}.{name}" if path else name
    values = optional_object(parent, name, path)
    waiting = [(values["root_module"], f"{here}.root_module", "")] if "root_module" in values else []
    while waiting:
        module, at, address = waiting.pop()

        def resource(item: Value, where: str, within: str = address) -> Entry | None:
            fields = object_(item, where)
            entry = _entry(item, where, optional_object(fields, "values", where))
            if entry is None:
                return None
            return Entry(entry.mode, entry.type, entry.name, entry.address, within, entry.values, entry.at)

        try:
            fields = object_(module, at)
            found += _collect(array(fields, "resources", at), resource, errors)
            children = [
                (child, where, string(child, "address", where)) for child, where in array(fields, "child_modules", at)
            ]
            waiting += reversed(children)
        except ShapeError as error:
            errors.append(error.unreadable)
