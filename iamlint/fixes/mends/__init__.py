"""The functions that make fixes, by the name that rule documents use for them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

from iamlint.fixes.problem import Mend, Withheld

MENDS: Mapping[str, str] = {
    "accepted_permissions": "names",
    "add_agents": "agents",
    "bounded_value": "tenants",
    "delegate_form": "requests",
    "deny_all_ways": "denials",
    "deny_form": "denials",
    "enable_credentials_api": "services",
    "end_prefix": "providers",
    "grant_on_accounts": "scopes",
    "identity_form": "identities",
    "into_binding": "bindings",
    "known_tenant": "tenants",
    "let_through": "requests",
    "log_all_accesses": "audit",
    "log_every_access": "audit",
    "longest_lifetime": "requests",
    "meant_value": "providers",
    "named_ways": "tenants",
    "near_permission": "names",
    "near_role": "names",
    "principal_form": "names",
    "remove_comment": "acceptances",
    "remove_entry": "acceptances",
    "remove_grant": "grants",
    "remove_grants_of_condition": "grants",
    "remove_own_grant": "grants",
    "remove_repeated": "grants",
    "valid_condition": "conditions",
    "valid_mapping": "providers",
}
"""The module of each function. Rule documents use the names; the docstrings become documentation."""


def mend_of(name: str) -> Mend:
    """Return the function of a name; its module is loaded for the first finding that it may mend."""
    found: Mend = getattr(import_module(f"{__name__}.{MENDS[name]}"), name)
    return found


def withheld() -> Mapping[str, tuple[Withheld, ...]]:
    """Return when a function makes no edits since they would be a guess, by its name."""
    from iamlint.fixes.mends.audit import EXEMPTED
    from iamlint.fixes.mends.bindings import NOBODY, REMOVED
    from iamlint.fixes.mends.conditions import NO_CORRECTION
    from iamlint.fixes.mends.denials import ALL_EXCEPTED
    from iamlint.fixes.mends.grants import MAY_SIGN
    from iamlint.fixes.mends.identities import EITHER_WRONG, NO_IDENTITY, NOT_MAPPED, SEVERAL_ANNOTATED
    from iamlint.fixes.mends.providers import NO_NUMBER
    from iamlint.fixes.mends.requests import NOT_DECLARED
    from iamlint.fixes.mends.scopes import ABOVE_PROJECTS, NO_ACCOUNT, OTHER_ACCOUNTS
    from iamlint.fixes.mends.tenants import NO_TENANT

    return {
        "deny_form": (ALL_EXCEPTED,),
        "grant_on_accounts": (NO_ACCOUNT, ABOVE_PROJECTS, OTHER_ACCOUNTS),
        "identity_form": (EITHER_WRONG, NOT_MAPPED, NO_IDENTITY, SEVERAL_ANNOTATED),
        "into_binding": (NOBODY, REMOVED),
        "known_tenant": (NO_TENANT,),
        "let_through": (NOT_DECLARED,),
        "log_every_access": (EXEMPTED,),
        "meant_value": (NO_NUMBER,),
        "remove_own_grant": (MAY_SIGN,),
        "valid_condition": (NO_CORRECTION,),
    }
