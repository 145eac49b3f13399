"""The state before a plan, which `iamlint compare PLAN` compares with the plan itself."""

from __future__ import annotations

from iamlint.documents.parts import array, get, members
from iamlint.documents.values import Value
from iamlint.location import Location, SourceText, Unreadable


def before(document: Value, source: SourceText) -> Value | Unreadable:
    """Return the state that a plan begins with, in the representation of a state; an empty one if all is new.

    Terraform writes the state after its refresh. Source: ``prior_state`` of
    https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
    """
    at = document.at.source.location(document.at.start, document.at.start + 1) if document.at else Location(source.path)
    if not {"resource_changes", "planned_values"} & members(document).keys():
        return Unreadable(at, "this is a state, which changes nothing", "give a plan, or two things to compare")
    state = get(document, "prior_state")
    if isinstance(state.data, dict):  # only its values: whatever else is there, Terraform did not write
        return Value({"values": get(state, "values")}, state.at)
    if state.data is not None:
        return state  # which is an error where it is read
    if any(map(_has_before, array(get(document, "resource_changes")))):
        return Unreadable(
            at, "the plan changes what exists and has no prior_state", "give what was there before as BASE"
        )
    return Value({})


def _has_before(change: Value) -> bool:
    return get(change, "change", "before").data is not None
