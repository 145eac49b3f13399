"""Queries: named questions about the whole estate that a pattern over one fact cannot answer.

They return facts, never messages.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.estate import Estate
from iamlint.patterns.match import Match
from iamlint.queries.attachments import cross_project_attachments, full_api_scopes
from iamlint.queries.audit import incomplete_audit_configs, missing_audit_configs
from iamlint.queries.escalation.administrators import (
    POLICY_ADMINS,
    ROLE_AND_POOL_ADMINS,
    policy_admins,
    role_and_pool_admins,
)
from iamlint.queries.escalation.custom_roles import (
    act_as_and_deploy_in_custom_role,
    token_permission_in_custom_role,
    unknown_permission,
)
from iamlint.queries.escalation.delegation import broken_delegation_chain, malformed_delegate
from iamlint.queries.escalation.deployments import act_as_privileged_account, deploy_as_privileged_account
from iamlint.queries.escalation.entitlements import unapproved_entitlements
from iamlint.queries.escalation.further_hops import escalation_paths
from iamlint.queries.escalation.impersonation import privileged_account_impersonation
from iamlint.queries.federation.grants import (
    forgeable_attributes,
    unmatched_federated_principals,
    whole_pool_impersonations,
)
from iamlint.queries.federation.provider_conditions import (
    malformed_mappings,
    open_ended_prefixes,
    unmatched_provider_conditions,
    weak_provider_conditions,
)
from iamlint.queries.keys import alternate_credentials, stale_api_keys, stale_keys, user_managed_keys
from iamlint.queries.policies.agents import evicted_service_agents
from iamlint.queries.policies.conditions import (
    expired_conditions,
    idle_conditions,
    malformed_conditions,
    never_matching_conditions,
)
from iamlint.queries.policies.conflicts import conflicting_bindings
from iamlint.queries.policies.denials import incomplete_denials, ineffective_denials
from iamlint.queries.policies.hygiene import DUTIES, joined_duties, repeated_members, ungrantable_roles, unknown_roles
from iamlint.queries.policies.placeholders import WITH_PLACEHOLDER, placeholder_principals
from iamlint.queries.policies.tags import MAY_TAG, self_opened_conditions
from iamlint.queries.services import missing_iamcredentials
from iamlint.queries.tokens import long_token_lifetimes


@frozen
class Query:
    """A query, and the words that its matches provide for messages, in addition to those of every fact.

    ``grants`` are patterns for the grants that it needs from an export too large to keep whole. Without them such an
    export loses grants of Google's roles without a condition that let nobody impersonate or deploy.
    """

    ask: Callable[[Estate], Iterator[Match]]
    words: tuple[str, ...] = ()
    grants: tuple[Mapping[str, Any], ...] = ()


_ACCOUNT, _GRANT = ("account",), ("principal", "role", "resource", "permission", "permissions")

QUERIES: Mapping[str, Query] = {
    "alternate_credentials": Query(alternate_credentials, (*_ACCOUNT, "kind")),
    "cross_project_attachments": Query(cross_project_attachments, ("resource", "account", "project", "home")),
    "full_api_scopes": Query(full_api_scopes, ("resource", "account", "scope")),
    "conflicting_bindings": Query(conflicting_bindings, (*_GRANT, "this", "other", "what")),
    "evicted_service_agents": Query(
        evicted_service_agents, ("agents", "owned"), ({"principal_kind": "service_agent", "role": "roles/editor"},)
    ),
    "expired_conditions": Query(expired_conditions, (*_GRANT, "problem")),
    "forgeable_attributes": Query(forgeable_attributes, _GRANT, ({"principal": "principalSet:*/attribute.*"},)),
    "idle_conditions": Query(idle_conditions, (*_GRANT, "where")),
    "incomplete_audit_configs": Query(incomplete_audit_configs, ("resource", "service", "problem")),
    "joined_duties": Query(
        joined_duties,
        (*_GRANT, "what", "other"),
        ({"permission": [one for duty in DUTIES for one in (duty[1], *duty[2])]},),
    ),
    "incomplete_denials": Query(incomplete_denials, ("what", "open")),
    "ineffective_denials": Query(ineffective_denials, ("resource", "problem")),
    "long_token_lifetimes": Query(long_token_lifetimes, (*_ACCOUNT, "lifetime", "longest")),
    "malformed_conditions": Query(malformed_conditions, ("of", "problem")),
    "malformed_mappings": Query(malformed_mappings, ("provider", "pool", "attribute", "problem")),
    "open_ended_prefixes": Query(
        open_ended_prefixes, ("provider", "pool", "issuer", "condition", "claim", "prefix", "other", "name")
    ),
    "missing_audit_configs": Query(missing_audit_configs, ("resource",)),
    "never_matching_conditions": Query(never_matching_conditions, (*_GRANT, "problem")),
    "placeholder_principals": Query(placeholder_principals, (*_GRANT, "placeholder", "more"), (WITH_PLACEHOLDER,)),
    "policy_admins": Query(policy_admins, _GRANT, (POLICY_ADMINS,)),
    "repeated_members": Query(repeated_members, _GRANT),
    "role_and_pool_admins": Query(role_and_pool_admins, _GRANT, (ROLE_AND_POOL_ADMINS,)),
    "stale_keys": Query(stale_keys, (*_ACCOUNT, "days")),
    "ungrantable_roles": Query(ungrantable_roles, (*_GRANT, "kinds")),
    "unknown_roles": Query(unknown_roles, (*_GRANT, "problem")),
    "unmatched_federated_principals": Query(
        unmatched_federated_principals,
        (*_GRANT, "problem"),
        ({"principal": ["principal:*", "principalSet:*", "serviceAccount:*.svc.id.goog[*"]},),
    ),
    "unmatched_provider_conditions": Query(
        unmatched_provider_conditions, ("provider", "pool", "issuer", "condition", "problem")
    ),
    "self_opened_conditions": Query(self_opened_conditions, (*_GRANT, "other", "where", "bind"), (MAY_TAG,)),
    "stale_api_keys": Query(stale_api_keys, ("key", "project", "days")),
    "unapproved_entitlements": Query(unapproved_entitlements, (*_GRANT, "who")),
    "user_managed_keys": Query(user_managed_keys, _ACCOUNT),
    "weak_provider_conditions": Query(weak_provider_conditions, ("provider", "pool", "issuer", "condition", "claims")),
    "whole_pool_impersonations": Query(whole_pool_impersonations, _GRANT),
    "act_as_and_deploy_in_custom_role": Query(act_as_and_deploy_in_custom_role, ("deploy", "role")),
    "broken_delegation_chain": Query(broken_delegation_chain, ("holder", "onto", "target")),
    "deploy_as_privileged_account": Query(
        deploy_as_privileged_account, ("account", "privilege", "how", "use", "principal", "role", "resource")
    ),
    "act_as_privileged_account": Query(
        act_as_privileged_account, ("account", "privilege", "principal", "role", "resource")
    ),
    "escalation_paths": Query(
        escalation_paths, ("account", "privilege", "way", "end", "hops", "principal", "role", "resource")
    ),
    "malformed_delegate": Query(malformed_delegate, ("delegate", "reason")),
    "privileged_account_impersonation": Query(
        privileged_account_impersonation, ("account", "privilege", "way", "principal", "role", "resource")
    ),
    "token_permission_in_custom_role": Query(token_permission_in_custom_role, ("other", "others", "role")),
    "unknown_permission": Query(unknown_permission, ("reason", "role")),
    "missing_iamcredentials": Query(missing_iamcredentials, ("caller", "project", "calls")),
}
