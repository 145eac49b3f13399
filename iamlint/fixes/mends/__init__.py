"""The functions that make fixes, by the name that rule documents use for them."""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.fixes.mends.acceptances import remove_comment, remove_entry
from iamlint.fixes.mends.agents import add_agents
from iamlint.fixes.mends.audit import EXEMPTED, log_every_access
from iamlint.fixes.mends.bindings import NOBODY, REMOVED, into_binding
from iamlint.fixes.mends.conditions import NO_CORRECTION, valid_condition
from iamlint.fixes.mends.denials import ALL_EXCEPTED, deny_all_ways, deny_form
from iamlint.fixes.mends.grants import remove_grant, remove_grants_of_condition, remove_repeated
from iamlint.fixes.mends.identities import (
    EITHER_WRONG,
    NO_IDENTITY,
    NOT_MAPPED,
    SEVERAL_ANNOTATED,
    identity_form,
)
from iamlint.fixes.mends.names import accepted_permissions, near_permission, near_role, principal_form
from iamlint.fixes.mends.providers import NO_NUMBER, end_prefix, meant_value, valid_mapping
from iamlint.fixes.mends.requests import delegate_form, longest_lifetime
from iamlint.fixes.mends.scopes import ABOVE_PROJECTS, NO_ACCOUNT, grant_on_accounts
from iamlint.fixes.mends.services import enable_credentials_api
from iamlint.fixes.mends.tenants import NO_TENANT, bounded_value, known_tenant, named_ways
from iamlint.fixes.problem import Mend, Withheld

MENDS: Mapping[str, Mend] = {
    "accepted_permissions": accepted_permissions,
    "add_agents": add_agents,
    "bounded_value": bounded_value,
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
    "named_ways": named_ways,
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

WITHHELD: Mapping[str, tuple[Withheld, ...]] = {
    "deny_form": (ALL_EXCEPTED,),
    "grant_on_accounts": (NO_ACCOUNT, ABOVE_PROJECTS),
    "identity_form": (EITHER_WRONG, NOT_MAPPED, NO_IDENTITY, SEVERAL_ANNOTATED),
    "into_binding": (NOBODY, REMOVED),
    "known_tenant": (NO_TENANT,),
    "log_every_access": (EXEMPTED,),
    "meant_value": (NO_NUMBER,),
    "valid_condition": (NO_CORRECTION,),
}
"""When a function makes no edits since they would be a guess, by its name."""
