"""Queries: named questions about the whole estate that a pattern over one fact cannot answer.

They return facts, never messages. A query's module is imported when its estate has facts that it is about.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from importlib import import_module
from typing import TYPE_CHECKING, Any

from iamlint.basics.frozen import frozen
from iamlint.facts import (
    ApiKey,
    Attachment,
    AuditConfig,
    Boundary,
    BoundaryBinding,
    Credential,
    CustomRole,
    Denial,
    EmptyBinding,
    Fact,
    Grant,
    Impersonation,
    Project,
    Provider,
    RemovedGrant,
    Service,
    ServiceAccountKey,
)
from iamlint.pools import is_federated

if TYPE_CHECKING:
    from iamlint.estate import Estate
    from iamlint.finding import Flow
    from iamlint.paths.ends import End
    from iamlint.patterns.match import Match

    Ask = Callable[[Estate], Iterator[Match]]

About = type[Fact] | Callable[["Estate"], bool]
"""A kind of facts, or whether an estate has grants of some kind."""


@frozen
class Query:
    """A query: its module, what it is about, and the words that its matches provide in addition to those of every fact.

    In an estate without anything that it is about, it finds nothing and is not asked.
    """

    module: str
    about: tuple[About, ...]
    words: tuple[str, ...] = ()

    def applies(self, estate: Estate) -> bool:
        """Whether an estate has anything that the query is about."""
        for one in self.about:  # noqa: SIM110  # a generator takes twice as long, and each run asks for every query
            if estate.of(one) if isinstance(one, type) else estate.made(one):
                return True
        return False


# -- what queries are about ----------------------------------------------------------------------------------------


def _with_condition(estate: Estate) -> bool:
    return any(grant.condition is not None for grant in estate.of(Grant))


def _owned(estate: Estate) -> bool:
    """Whether there is a grant of a resource that owns a binding or a policy."""
    return any(grant.origin != "member" or not grant.declared.address for grant in estate.of(Grant))


def _on_request(estate: Estate) -> bool:
    return any(grant.latent == "on request" for grant in estate.of(Grant))


def _to_federated(estate: Estate) -> bool:
    """Whether there is a grant to identities from outside Google, to workloads of GKE, or to an unknown principal."""
    return any(grant.principal.unknown is not None or is_federated(grant.principal) for grant in estate.of(Grant))


def _acting_accounts(estate: Estate) -> bool:
    return estate.has_acting_accounts


def _of_several(estate: Estate) -> bool:
    """Whether there is a grant to one of several principals: it may be an account."""
    return any(grant.principal.unknown is not None and grant.principal.unknown.options for grant in estate.of(Grant))


# -- the queries ---------------------------------------------------------------------------------------------------

_ACCOUNT, _GRANT = ("account",), ("principal", "role", "resource", "permission", "permissions")
_PRIVILEGED = ("account", "privilege", "principal", "role", "resource")

QUERIES: Mapping[str, Query] = {
    "alternate_credentials": Query("keys", (Credential, ServiceAccountKey), (*_ACCOUNT, "kind")),
    "cross_project_attachments": Query("attachments", (Attachment,), ("resource", "account", "project", "home")),
    "full_api_scopes": Query("attachments", (Attachment,), ("resource", "account", "scope")),
    "conflicting_bindings": Query(
        "policies.conflicts", (EmptyBinding, RemovedGrant, _owned), (*_GRANT, "this", "other", "what")
    ),
    "evicted_service_agents": Query("policies.agents", (EmptyBinding, _owned), ("agents", "owned")),
    "expired_conditions": Query("policies.conditions", (_with_condition,), (*_GRANT, "problem")),
    "forgeable_attributes": Query("federation.grants", (_to_federated,), _GRANT),
    "idle_conditions": Query("policies.conditions", (_with_condition,), (*_GRANT, "where")),
    "incomplete_audit_configs": Query("audit", (AuditConfig,), ("resource", "service", "problem")),
    "joined_duties": Query("policies.hygiene", (Grant,), (*_GRANT, "what", "other")),
    "incomplete_denials": Query("policies.denials", (Denial, Boundary), ("what", "open")),
    "ineffective_denials": Query("policies.denials", (Denial,), ("resource", "problem")),
    "long_token_lifetimes": Query("tokens", (Impersonation,), (*_ACCOUNT, "lifetime", "longest")),
    "malformed_conditions": Query(
        "policies.conditions", (_with_condition, Denial, BoundaryBinding, Provider), ("of", "problem")
    ),
    "malformed_mappings": Query(
        "federation.provider_conditions", (Provider,), ("provider", "pool", "attribute", "problem")
    ),
    "open_ended_prefixes": Query(
        "federation.provider_conditions",
        (Provider,),
        ("provider", "pool", "issuer", "condition", "claim", "prefix", "other", "name"),
    ),
    "missing_audit_configs": Query("audit", (Project,), ("resource",)),
    "never_matching_conditions": Query("policies.conditions", (_with_condition,), (*_GRANT, "problem")),
    "placeholder_principals": Query("policies.placeholders", (Grant,), (*_GRANT, "placeholder", "more")),
    "policy_admins": Query("escalation.administrators", (Grant,), _GRANT),
    "repeated_members": Query("policies.hygiene", (Grant,), _GRANT),
    "role_and_pool_admins": Query("escalation.administrators", (Grant,), _GRANT),
    "stale_keys": Query("keys", (ServiceAccountKey,), (*_ACCOUNT, "days")),
    "ungrantable_roles": Query("policies.hygiene", (Grant,), (*_GRANT, "kinds")),
    "unknown_roles": Query("policies.hygiene", (Grant,), (*_GRANT, "problem")),
    "unmatched_federated_principals": Query("federation.grants", (_to_federated,), (*_GRANT, "problem")),
    "unmatched_provider_conditions": Query(
        "federation.provider_conditions", (Provider,), ("provider", "pool", "issuer", "condition", "problem")
    ),
    "self_opened_conditions": Query("policies.tags", (_with_condition,), (*_GRANT, "other", "where", "bind")),
    "stale_api_keys": Query("keys", (ApiKey,), ("key", "project", "days")),
    "unapproved_entitlements": Query("escalation.entitlements", (_on_request,), (*_GRANT, "who")),
    "user_managed_keys": Query("keys", (ServiceAccountKey,), _ACCOUNT),
    "weak_provider_conditions": Query(
        "federation.provider_conditions", (Provider,), ("provider", "pool", "issuer", "condition", "claims")
    ),
    "whole_pool_impersonations": Query("federation.grants", (_to_federated,), _GRANT),
    "act_as_and_deploy_in_custom_role": Query("escalation.custom_roles", (CustomRole,), ("deploy", "role", "use")),
    "broken_delegation_chain": Query("escalation.delegation", (Impersonation,), ("holder", "onto", "target")),
    "deploy_as_privileged_account": Query(
        "escalation.deployments", (_acting_accounts,), (*_PRIVILEGED[:2], "how", "use", *_PRIVILEGED[2:])
    ),
    "act_as_privileged_account": Query("escalation.deployments", (_acting_accounts,), _PRIVILEGED),
    "escalation_paths": Query(
        "escalation.further_hops", (_acting_accounts,), (*_PRIVILEGED[:2], "way", "end", "hops", *_PRIVILEGED[2:])
    ),
    "malformed_delegate": Query("escalation.delegation", (Impersonation,), ("delegate", "reason")),
    "privileged_account_impersonation": Query(
        "escalation.impersonation", (_acting_accounts, _of_several), (*_PRIVILEGED[:2], "way", *_PRIVILEGED[2:])
    ),
    "token_permission_in_custom_role": Query("escalation.custom_roles", (CustomRole,), ("other", "others", "role")),
    "unknown_permission": Query("escalation.custom_roles", (CustomRole,), ("reason", "role")),
    "missing_iamcredentials": Query("services", (Service,), ("caller", "project", "calls")),
}


def matches_of(name: str, estate: Estate) -> Iterable[Match]:
    """Return what a query finds in an estate."""
    return query_function(name)(estate) if QUERIES[name].applies(estate) else ()


def ends_and_flow(estate: Estate, grant: Grant, permissions: tuple[str, ...]) -> tuple[Sequence[End], Flow | None]:
    """Return the privileges that a grant of these permissions leads to, and the flow to the strongest of them."""
    if not estate.has_acting_accounts:
        return (), None
    from iamlint.queries.escalation import flows

    return flows.ends_and_flow(estate, grant, permissions)


def query_function(name: str) -> Ask:
    """Return the function of a query, with its description."""
    found: Ask = getattr(import_module(f"{__name__}.{QUERIES[name].module}"), name)
    return found


def needed_grants(name: str) -> tuple[Mapping[str, Any], ...]:
    """Return patterns for the grants that a query needs from an export too large to keep whole.

    Without them such an export loses grants of Google's roles without a condition that let nobody impersonate or
    deploy. The query's module has them as ``NEEDED``, by the query's name.
    """
    found: Mapping[str, tuple[Mapping[str, Any], ...]] = getattr(
        import_module(f"{__name__}.{QUERIES[name].module}"), "NEEDED", {}
    )
    return found.get(name, ())
