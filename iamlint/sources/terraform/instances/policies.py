"""Policy documents: the structure that ``data.google_iam_policy`` renders, and the bindings of a ``policy_data``."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.documents import read_json
from iamlint.documents.values import NULL, Data, Part, Partial, SetOf, Value
from iamlint.facts import Condition
from iamlint.location import SourceText, Unreadable
from iamlint.sources.terraform.instances.arguments import partly_known, text_of
from iamlint.sources.terraform.instances.embedded import embedded
from iamlint.sources.terraform.instances.go_json import decoded, fields
from iamlint.sources.terraform.instances.instance import Argument, Body
from iamlint.unknown import HOLE, Unknown


@frozen
class Binding:
    """One binding of a policy document: values with their places.

    ``why`` is the reason if the members are known in part; ``doubt`` is why the binding is not certainly there.
    """

    role: Value
    members: tuple[Part, ...] | Unknown
    condition: Condition | Unknown | None
    why: Unknown = Unknown("")
    doubt: str = ""


# -- content of a document ------------------------------------------------------------------------------------------


def bindings_of(policy_data: Argument) -> tuple[Binding, ...] | Unknown:
    """Return the bindings of a ``policy_data``: from the structure that made it, else from its text."""
    document = document_of(policy_data)
    if isinstance(document, Unknown):
        return document
    match document.data:
        case Unknown() as why:
            return why
        case dict() as policy:
            bindings = policy.get("bindings", NULL)
        case _:
            return Unknown("the policy is not an object")
    found = partly_known(bindings)
    if isinstance(found, Unknown):
        return found
    reason = bindings.unknown.reason if bindings.unknown else ""
    doubt = f"whether this binding is in the policy is not known: {reason}"
    return tuple(replace(_binding(part.value), doubt="" if part.sure else doubt) for part in found)


def document_of(policy_data: Argument) -> Value | Unknown:
    """Return the structure that made a ``policy_data``, else the one in its text; each part with its place."""
    made = policy_data.value.encoded
    return decoded(made) if made else embedded(policy_data.value, policy_data.at, "the policy is not JSON", _read)


def _binding(value: Value) -> Binding:
    match value.data:
        case dict() as binding:
            role = binding.get("role", Value(Unknown("the binding has no role"), value.at))
            written = binding.get("members", NULL)
            why = written.unknown or Unknown("")
            return Binding(role, partly_known(written), _condition(binding.get("condition", NULL)), why)
        case Unknown() as why:
            return Binding(Value(why, value.at), why, why)
        case _:
            why = Unknown("the binding is not an object")
            return Binding(Value(why, value.at), why, None)


def _condition(value: Value) -> Condition | Unknown | None:
    match value.data:
        case None:
            return None
        case Unknown() as why:
            return why
        case dict() as entries:
            written = entries.get("expression", NULL)
            expression = text_of(written)
            if expression is None:
                expression = Unknown("the condition has no expression")
            at = written.at or value.at
            return Condition(expression, text_of(entries.get("title", NULL)), at.location if at else None)
        case _:
            return Unknown("the condition is not an object")


def _read(source: SourceText, reason: str) -> Value | Unreadable:
    return read_json(source, lambda members: _entries(members, reason))


def _entries(members: Iterable[tuple[str, Value]], reason: str) -> Data:
    """Return the fields of an object. If a key is unknown it may be any field, so the whole object is unknown."""
    members = tuple(members)
    if any(HOLE in key for key, _ in members):
        return Unknown(f"a key of the policy is not known: {reason}")
    return fields(members)


# -- what data.google_iam_policy renders -------------------------------------------------------------------------------


def iam_policy_document(body: Body) -> Value:
    """Return the ``policy_data`` of ``data.google_iam_policy``: its JSON text, and the structure with places.

    If everything is known the text is as the provider renders it (bindings sorted by role, members sorted). Source:
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/data-sources/iam_policy
    """
    entries: dict[str, Value] = {}
    audits = _blocks(body, "audit_config", _audit_config)
    if audits.data != ():
        entries["auditConfigs"] = audits
    entries["bindings"] = _blocks(body, "binding", _policy_binding)
    structure = Value(entries, body.at)
    try:
        rendered = _rendered(structure)
    except _NotKnownError as error:
        return Value(error.why, None, structure)
    return Value(_as_go(rendered), None, structure)


def _blocks(body: Body, name: str, entry: Callable[[Body], Value]) -> Value:
    blocks = body.blocks_of(name)
    if not isinstance(blocks, Unknown):
        return Value(tuple(entry(block) for block in blocks), body.at)
    certain = tuple(Part(entry(block)) for block in body.certain(name))
    return Value(blocks, body.at, Partial("list", certain) if certain else None)


def _policy_binding(block: Body) -> Value:
    entries = {name: _required(block, name) for name in ("members", "role")}
    conditions = block.blocks_of("condition")
    if isinstance(conditions, Unknown):
        entries["condition"] = Value(conditions, block.at)
    elif conditions:
        names = ("description", "expression", "title")
        entries["condition"] = Value({name: conditions[0].value(name) for name in names}, conditions[0].at)
    return Value(entries, block.at)


def _required(block: Body, name: str) -> Value:
    """Return a required argument: if it is absent it may be misspelt."""
    return block.value(name) if name in block.arguments else Value(Unknown(f"{name} is not set"), block.at)


def _audit_config(block: Body) -> Value:
    logs = _blocks(block, "audit_log_configs", _audit_log)
    return Value({"auditLogConfigs": logs, "service": block.value("service")}, block.at)


def _audit_log(block: Body) -> Value:
    entries = {"exemptedMembers": block.value("exempted_members"), "logType": block.value("log_type")}
    return Value(entries, block.at)


class _NotKnownError(Exception):
    def __init__(self, why: Unknown) -> None:
        super().__init__(why.reason)
        self.why = why


def _rendered(value: Value) -> Any:
    """Return the document as plain data, in the order of Go's structs; raises `_NotKnownError` for an unknown part."""
    match value.data:
        case Unknown() as why:
            raise _NotKnownError(why)
        case dict() as entries:
            found = {key: _rendered(entries[key]) for key in sorted(entries)}
            if "bindings" in found:
                found["bindings"].sort(key=lambda binding: str(binding.get("role", "")))
            return {key: item for key, item in found.items() if item not in (None, "", [])}
        case tuple() as items:
            texts = [_rendered(item) for item in items]
            return sorted(set(texts)) if texts and all(isinstance(text, str) for text in texts) else texts
        case SetOf(items):
            return _rendered(Value(items))
        case _:
            text = text_of(value)
            if isinstance(text, Unknown):
                raise _NotKnownError(text)
            return text


def _as_go(document: Any) -> str:
    """Return JSON as Go's encoder writes it: no blanks, and ``<``, ``>`` and ``&`` escaped."""
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"))
    for character, escaped in (("<", "\\u003c"), (">", "\\u003e"), ("&", "\\u0026")):
        text = text.replace(character, escaped)
    return text
