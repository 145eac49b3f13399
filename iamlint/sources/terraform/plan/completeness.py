"""Whether a plan is complete: what is missing if Terraform did not finish it, or planned only a part."""

from __future__ import annotations

from collections.abc import Sequence

from iamlint.basics.words import first_names
from iamlint.documents.parts import members
from iamlint.documents.values import NULL, Value
from iamlint.sources.terraform.plan.addresses import without_keys
from iamlint.sources.terraform.plan.configuration import Configuration
from iamlint.sources.terraform.plan.entries import Entry
from iamlint.sources.terraform.resources.facts import is_wanted

MOST_NAMED = 3
"""Maximum number of addresses in a reason; it counts the others."""


def incomplete(document: Value, entries: Sequence[Entry], configuration: Configuration) -> str | None:
    """Return why a plan does not have everything of its configuration; None for a whole plan, and for a state.

    Source: ``complete``, ``errored`` and ``deferred_changes`` of
    https://developer.hashicorp.com/terraform/internals/json-format#plan-representation
    """
    why = _why(document)
    if why is None:
        return None
    planned = {without_keys(entry.address) for entry in entries}
    missing = [address for address in configuration.addresses() if _matters(address) and address not in planned]
    if not missing:
        return f"this plan is not complete ({why})"
    return f"this plan is not complete ({why}): it does not say what becomes of {first_names(missing, MOST_NAMED)}"


def _why(document: Value) -> str | None:
    fields = members(document)
    if fields.get("errored", NULL).data:
        return "errored: Terraform stopped with an error"
    if fields.get("deferred_changes", NULL).data:
        return "deferred_changes: the rest needs another plan"
    if not fields.get("complete", Value(True)).data:
        return "complete is false: it was made with -target, or needs another plan"
    if "prior_state" in fields and "configuration" in fields and not fields.get("resource_changes", NULL).data:
        return "made with -refresh-only: it has no changes, only the state"
    return None


def _matters(address: str) -> bool:
    """Whether a block states facts: the last two steps of its address are type and name."""
    *above, kind, _name = ["", *address.split(".")]
    return not (above and above[-1] == "data") and is_wanted("managed", kind)
