"""The functions that make fixes, by the name that rule documents use for them."""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.fixes.mends.conditions import valid_condition
from iamlint.fixes.mends.grants import remove_grant, remove_grants_of_condition
from iamlint.fixes.mends.names import near_permission, near_role, principal_form
from iamlint.fixes.problem import Mend

MENDS: Mapping[str, Mend] = {
    "near_permission": near_permission,
    "near_role": near_role,
    "principal_form": principal_form,
    "remove_grant": remove_grant,
    "remove_grants_of_condition": remove_grants_of_condition,
    "valid_condition": valid_condition,
}
"""Each is named by the rule documents that it mends; its docstring describes it in the documentation."""
