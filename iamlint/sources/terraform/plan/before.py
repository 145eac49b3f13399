"""The state before a plan, which `iamlint compare PLAN` compares with the plan itself."""

from __future__ import annotations

from iamlint.documents.values import NULL, Value
from iamlint.location import Location, SourceText, Unreadable


def before(document: Value, source: SourceText) -> Value | Unreadable:
    """Return the state that a plan begins with, in the representation of a state; an empty one if all is new.

    Terraform writes the state after its refresh. Source: ``prior_state`` of
    https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
    """
    plan = document.data if isinstance(document.data, dict) else {}
    at = document.at.source.location(document.at.start, document.at.start + 1) if document.at else Location(source.path)
    if not {"resource_changes", "planned_values"} & plan.keys():
        return Unreadable(at, "this is a state, which changes nothing", "give a plan, or two things to compare")
    state = plan.get("prior_state", NULL)
    if isinstance(state.data, dict):  # only its values: whatever else is there, Terraform did not write
        return Value({"values": state.data.get("values", NULL)}, state.at)
    if state.data is not None:
        return state  # which is an error where it is read
    if any(map(_has_before, _items(plan.get("resource_changes", NULL)))):
        return Unreadable(
            at, "the plan changes what exists and has no prior_state", "give what was there before as BASE"
        )
    return Value({})


def _items(value: Value) -> tuple[Value, ...]:
    return value.data if isinstance(value.data, tuple) else ()


def _has_before(change: Value) -> bool:
    inner = change.data.get("change", NULL).data if isinstance(change.data, dict) else None
    return isinstance(inner, dict) and inner.get("before", NULL).data is not None
