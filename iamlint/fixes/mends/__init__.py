"""The functions that make fixes, by the name that rule documents use for them."""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.fixes.mends.acceptances import remove_comment, remove_entry
from iamlint.fixes.mends.agents import add_agents
from iamlint.fixes.mends.audit import log_every_access
from iamlint.fixes.mends.bindings import into_binding
from iamlint.fixes.mends.conditions import valid_condition
from iamlint.fixes.mends.denials import deny_all_ways, deny_form
from iamlint.fixes.mends.grants import remove_grant, remove_grants_of_condition, remove_repeated
from iamlint.fixes.mends.identities import identity_form
from iamlint.fixes.mends.names import accepted_permissions, near_permission, near_role, principal_form
from iamlint.fixes.mends.providers import end_prefix, known_tenant, meant_value, valid_mapping
from iamlint.fixes.mends.requests import delegate_form, longest_lifetime
from iamlint.fixes.mends.scopes import grant_on_accounts
from iamlint.fixes.mends.services import enable_credentials_api
from iamlint.fixes.problem import Mend

MENDS: Mapping[str, Mend] = {
    "accepted_permissions": accepted_permissions,
    "add_agents": add_agents,
    "delegate_form": delegate_form,
    "deny_all_ways": deny_all_ways,
    "deny_form": deny_form,
    "enable_credentials_api": enable_credentials_api,
    "end_prefix": end_prefix,
    "grant_on_accounts": grant_on_accounts,
    "identity_form": identity_form,
    "into_binding": into_binding,
    "known_tenant": known_tenant,
    "log_every_access": log_every_access,
    "longest_lifetime": longest_lifetime,
    "meant_value": meant_value,
    "near_permission": near_permission,
    "near_role": near_role,
    "principal_form": principal_form,
    "remove_comment": remove_comment,
    "remove_entry": remove_entry,
    "remove_grant": remove_grant,
    "remove_grants_of_condition": remove_grants_of_condition,
    "remove_repeated": remove_repeated,
    "valid_condition": valid_condition,
    "valid_mapping": valid_mapping,
}
"""The functions by name. Rule documents use the names; the docstrings become documentation."""
