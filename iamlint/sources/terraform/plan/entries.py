"""The entries of a plan or state: one resource instance each, with its values and their unknown parts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.documents.json_later import Members, plain_of, text_of
from iamlint.documents.values import NULL, Value
from iamlint.location import Span, Unreadable
from iamlint.sources.terraform.evaluation.command.programs import is_program
from iamlint.sources.terraform.plan.shapes import (
    ShapeError,
    array,
    object_,
    optional_object,
    optional_string,
    string,
    strings,
    values_of,
)
from iamlint.sources.terraform.resources.facts import is_wanted
from iamlint.unknown import Unknown

AFTER_APPLY = "known after apply"
_AFTER_APPLY = Unknown(AFTER_APPLY)
MODES: dict[str, Literal["managed", "data"]] = {"managed": "managed", "data": "data"}
_CHANGING = {"update", "delete"}


@frozen
class Entry:
    """A resource instance after the plan, or in the state; ``at`` is the place of its address.

    ``removed`` says that the plan removes it; then its values are those before. ``before`` are the values that the plan
    changes or deletes; None if it leaves them, or only forgets the resource. ``deposed`` is the key of an object left
    over from a replacement. ``deferred`` says why only a later plan applies it, "" for all others. ``forgotten`` says
    that Terraform leaves it in the cloud and stops managing it. ``previous`` is the address before a rename, "" without
    one. ``imported`` says that the plan imports it.
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
    deposed: str = ""
    deferred: str = ""
    forgotten: bool = False
    previous: str = ""
    imported: bool = False
    disputed: bool = False

    @property
    def key(self) -> tuple[str, str, bool]:
        """The key among entries: a deferred change coexists with the current object until then."""
        return self.address, self.deposed, bool(self.deferred or self.disputed)


Found = tuple[list[Entry], list[Unreadable]]
Outcome = dict[str, object]
"""The values after each change, as plain data, by the address of the resource."""


def read_entries(document: Value) -> Found:
    """Return every entry of a plan or state, one per object: of the changes, then what only the other parts have.

    A plan with ``-target`` or ``-refresh-only`` omits most resources: they stay as in the prior state.
    """
    errors: list[Unreadable] = []
    found: list[Entry] = []
    outcome: Outcome = {}
    try:
        plan = object_(document, "")
        found += collect(array(plan, "resource_changes", ""), partial(_change, outcome=outcome), errors)
        found += collect(array(plan, "deferred_changes", ""), _deferred, errors)
        _state(plan, "planned_values", errors, found, outcome=outcome)
        _state(plan, "values", errors, found)
        _state(optional_object(plan, "prior_state", ""), "values", errors, found, "prior_state")
    except ShapeError as error:
        return [], [*errors, error.unreadable]
    return distinct(found), errors


def distinct(found: list[Entry]) -> list[Entry]:
    """Return the first entry of each object, without left-over objects that this plan deletes."""
    entries: dict[tuple[str, str, bool], Entry] = {}
    for entry in found:
        entries.setdefault(entry.key, entry)
    return [entry for entry in entries.values() if not (entry.deposed and entry.removed)]


def collect(
    items: Iterator[tuple[Value, str]], read: Callable[[Value, str], Iterable[Entry]], errors: list[Unreadable]
) -> list[Entry]:
    """Return the entries of an array; an invalid item is an error, and the others are read."""
    found: list[Entry] = []
    try:
        for item, path in items:
            try:
                found += read(item, path)
            except ShapeError as error:
                errors.append(error.unreadable)
    except ShapeError as error:  # the array itself is invalid
        errors.append(error.unreadable)
    return found


def _change(item: Value, path: str, outcome: Outcome | None = None) -> Iterator[Entry]:
    """Yield the entries of one of ``resource_changes``: the result of the change, which is also noted in ``outcome``.

    Forgotten resources stay in the cloud: ``removed`` blocks with ``destroy = false``, and what a ``["create",
    "forget"]`` replaces. Source: https://developer.hashicorp.com/terraform/internals/json-format
    """
    fields = object_(item, path)
    where = f"{path}.change"
    change = optional_object(fields, "change", path)
    if not change:
        raise ShapeError(item, path, 'an object with "change"')
    actions = set(strings(change, "actions", where))
    wanted = _is_wanted(fields, path)
    has_before = wanted and change.get("before") is not None
    before = values_of(change.value("before"), f"{where}.before") if has_before else {}
    deposed = optional_string(fields, "deposed", path)
    if wanted and outcome is not None and not deposed and "forget" not in actions:
        outcome[string(fields, "address", path)] = change.plain("after") or {}
    if deposed:
        yield from _entry(fields, path, before, removed="delete" in actions, deposed=deposed)
    elif actions == {"delete"}:
        yield from _entry(fields, path, before, removed=True, before=before)
    elif actions == {"forget"}:
        yield from _entry(fields, path, before, forgotten=True)
    else:
        after = _after(change, where) if wanted or not isinstance(change.get("after"), dict) else {}
        imported = change.get("importing") is not None
        yield from _entry(fields, path, after, before=before if actions & _CHANGING else None, imported=imported)
        if "forget" in actions:
            yield from _entry(fields, path, before, deposed="forgotten", forgotten=True)


def _after(change: Members, path: str) -> dict[str, Value]:
    """Return the planned values."""
    after, parts = change.value("after") or Value({}), change.members("after_unknown")
    if parts is not None and isinstance(after.data, dict):
        return _merged_members(after, parts)
    values = merged(after, change.value("after_unknown"))
    if not isinstance(values.data, dict):
        raise ShapeError(values, f"{path}.after", "an object")
    return values.data


def _is_wanted(fields: Members, path: str) -> bool:
    """Whether a resource may have facts or run commands; the values of the others, most of a plan, are not read."""
    mode, kind = optional_string(fields, "mode", path), optional_string(fields, "type", path)
    return mode in MODES and (is_wanted(MODES[mode], kind) or is_program(MODES[mode], kind))


def _deferred(item: Value, path: str) -> Iterator[Entry]:
    """Yield the entries of one of ``deferred_changes``: it removes nothing yet, and deleted objects still exist."""
    fields = object_(item, path)
    reason = optional_string(fields, "reason", path) or "unknown"
    where = f"{path}.resource_change"
    for entry in _change(fields.value("resource_change") or Value(None, item.at), where):
        yield replace(entry, removed=False, before=None, deferred="" if entry.removed else reason)


def _entry(
    fields: Members,
    path: str,
    values: dict[str, Value],
    *,
    removed: bool = False,
    before: dict[str, Value] | None = None,
    deposed: str = "",
    forgotten: bool = False,
    imported: bool = False,
) -> Iterator[Entry]:
    mode = string(fields, "mode", path)
    address = string(fields, "address", path)
    at = fields.at("address") or fields.own.at
    if mode not in MODES or at is None:
        return
    yield Entry(
        mode=MODES[mode],
        type=string(fields, "type", path),
        name=string(fields, "name", path),
        address=address,
        module=optional_string(fields, "module_address", path),
        values=values,
        at=at,
        removed=removed,
        before=before,
        deposed=deposed,
        forgotten=forgotten,
        previous=optional_string(fields, "previous_address", path),
        imported=imported,
    )


def merged(after: Value, unknown: Value | None) -> Value:
    """Return the planned value with its unknown parts: ``after`` omits such attributes."""
    if unknown is None:
        return after
    parts = Members.of(unknown)
    if parts is not None and (after.data is None or isinstance(after.data, dict)):
        if after.data is None and not len(parts):
            return after
        return Value(_merged_members(after, parts), after.at or parts.own.at)
    match after.data, unknown.data:
        case _, True:
            return Value(_AFTER_APPLY, unknown.at)
        case tuple(items), tuple(unknown_parts) if len(items) == len(unknown_parts):
            return Value(
                tuple(merged(item, unknown_part) for item, unknown_part in zip(items, unknown_parts, strict=True)),
                after.at,
            )
        case _:
            return after


def _merged_members(after: Value, unknown: Members) -> dict[str, Value]:
    """Return the members of an object, or null, with the unknown ones."""
    values = dict(after.data) if isinstance(after.data, dict) else {}
    for name in unknown:
        part = unknown.get(name)
        if part is True:
            values[name] = Value(_AFTER_APPLY, unknown.at(name))
        elif part:  # no part of what is false or empty is unknown
            value = unknown.value(name) or NULL
            if name in values or _has_unknown_part(value):
                values[name] = merged(values.get(name, NULL), value)
    return values


def _has_unknown_part(unknown: Value) -> bool:
    match unknown.data:
        case True:
            return True
        case dict(entries):
            return any(_has_unknown_part(entry) for entry in entries.values())
        case tuple(items):
            return any(_has_unknown_part(item) for item in items)
        case _:
            return False


def _state(
    parent: Members | None,
    name: str,
    errors: list[Unreadable],
    found: list[Entry],
    path: str = "",
    *,
    outcome: Outcome | None = None,
) -> None:
    """Add the entries below ``parent[name].root_module``; modules are visited without recursion.

    Of known ones it adds what contradicts the ``outcome`` of a change: Terraform writes the same values twice.
    Source: ``marshalPlannedValues`` in
    https://github.com/hashicorp/terraform/blob/main/internal/command/jsonplan/values.go
    """
    here, outcomes = f"{path}.{name}" if path else name, outcome or {}
    values = optional_object(parent, name, path) if parent else None
    root = values.value("root_module") if values else None
    known = {entry.key for entry in found} if root else set()
    waiting = [(root, f"{here}.root_module", "")] if root else []
    while waiting:
        module, at, address = waiting.pop()

        def resource(item: Value, where: str, within: str = address) -> Iterator[Entry]:
            named = text_of(item, "address", "deposed_key")
            if (named, "", False) in known and (named not in outcomes or plain_of(item, "values") == outcomes[named]):
                return  # most of a state repeats the changes
            fields = object_(item, where)
            address, deposed = (optional_string(fields, one, where) for one in ("address", "deposed_key"))
            disputed = (address, deposed, False) in known
            if disputed and not (address in outcomes and (fields.plain("values") or {}) != outcomes[address]):
                return
            values = values_of(fields.value("values"), f"{where}.values") if _is_wanted(fields, where) else {}
            for entry in _entry(fields, where, values, deposed=deposed):
                yield replace(entry, module=within, disputed=disputed)

        try:
            fields = object_(module, at)
            found += collect(array(fields, "resources", at), resource, errors)
            children = [
                (child, where, string(object_(child, where), "address", where))
                for child, where in array(fields, "child_modules", at)
            ]
            waiting += reversed(children)
        except ShapeError as error:
            errors.append(error.unreadable)
