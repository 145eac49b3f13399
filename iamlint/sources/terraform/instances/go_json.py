"""Decodes policy documents like the provider: with Go's encoding/json, into structs.

A key matches a field without regard to case, by Go's simple folding. A repeated key is decoded into the field's
existing value: objects are merged, and lists element by element. Sources: ``object``, ``array``, ``literalStore`` in
https://go.dev/src/encoding/json/decode.go and ``foldName`` in https://go.dev/src/encoding/json/fold.go; the structs are
those of https://pkg.go.dev/google.golang.org/api/cloudresourcemanager/v1#Policy
"""

from __future__ import annotations

from collections.abc import Iterable

from iamlint.documents.values import Value
from iamlint.unknown import Unknown

_FIELDS = (
    *("auditConfigs", "auditLogConfigs", "bindings", "condition", "description", "etag", "exemptedMembers"),
    *("expression", "location", "logType", "members", "role", "service", "title", "version"),
)
_FOLDED_ALIKE = str.maketrans({"\u017f": "s", "\u212a": "k"})
"""The non-ASCII letters that Go folds to ASCII: the long s and the Kelvin sign."""
_BY_FOLDED_NAME = {name.lower(): name for name in _FIELDS}


def field_of(key: str) -> str | None:
    """Return the field that a key matches, or None. No two fields differ in case only."""
    lowered = "".join(chr(ord(one) + 32) if "A" <= one <= "Z" else one for one in key.translate(_FOLDED_ALIKE))
    return _BY_FOLDED_NAME.get(lowered)


def decoded(value: Value) -> Value:
    """Return a structure as the provider decodes it from Terraform's JSON text."""
    match value.data:
        case tuple() as items:
            return Value(tuple(map(decoded, items)), value.at)
        case dict() as entries:
            return Value(fields((key, decoded(item)) for key, item in entries.items()), value.at)
        case _ if value.partial:
            return Value(value.data, value.at, value.partial.changed(decoded))
        case _:
            return value


def fields(members: Iterable[tuple[str, Value]]) -> dict[str, Value]:
    """Return the fields that the members of an object set, in their order, without unknown members."""
    found: dict[str, Value] = {}
    for key, value in members:
        name = field_of(key)
        if name is not None:
            found[name] = _into(found[name], value) if name in found else value
    return found


class _Slice(tuple[Value, ...]):
    """A list that was longer before: a later, longer list is decoded into the elements that Go still keeps."""

    stale: tuple[Value, ...] = ()


def _into(before: Value, value: Value) -> Value:
    """Return a field's value after decoding a value into it; null leaves a text unchanged."""
    match before.data, value.data:
        case dict() as old, dict() as new:
            return Value(fields((*old.items(), *new.items())), value.at)
        case tuple() as old, tuple() as new if new:
            kept = (*old, *old.stale) if isinstance(old, _Slice) else old
            merged = _Slice((*(_into(*pair) for pair in zip(kept, new, strict=False)), *new[len(kept) :]))
            merged.stale = kept[len(new) :]
            return Value(merged, value.at)
        case str() | Unknown(), None:
            return before
        case _:
            return value
