"""The schema of facts for rules: each entry has everything that patterns, messages and findings need of a kind."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any, get_args

from iamlint.estate import Estate, account_node, permissions_of
from iamlint.facts import (
    Attachment,
    AuditConfig,
    Boundary,
    Credential,
    CustomRole,
    Denial,
    Fact,
    Grant,
    Impersonation,
    OrgPolicy,
    Place,
    Pool,
    Provider,
    Resource,
    Service,
    ServiceAccount,
    ServiceAccountKey,
    Text,
    Written,
)
from iamlint.finding import Related
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.patterns import grant_predicates, predicates
from iamlint.patterns.exposure_kinds import ACCESS_SETTING, API_KEY
from iamlint.patterns.kind import F, Kind, Permissions, argument
from iamlint.patterns.permission_places import permission_places
from iamlint.patterns.predicates import Word, account_kind, any_glob, flag, glob, kind
from iamlint.principals import placeholder_of, why_malformed
from iamlint.unknown import Truth, Unknown, shown


def kind_of(fact: Fact) -> Kind[Any]:
    """Return the entry of a fact's kind."""
    return _BY_TYPE[type(fact)]


def _about_account(fact: Any) -> Resource | None:
    return Resource("service_account", fact.account) if fact.account is not None else None


def _privileged(of: Callable[[F], Text | None]) -> Word[F]:
    """Whether an account certainly holds a role that widens access or reaches other accounts."""

    def word(wanted: tuple[Any, ...], fact: Any, estate: Estate) -> Verdict:
        from iamlint.graph.edges import graph_of

        node = account_node(of(fact) or "", fact.declared)
        held = graph_of(estate).privileges(node[1]) if node else []
        grant = next((grant for grant, verdict in held if verdict.truth is Truth.TRUE), None)
        if (grant is not None) not in wanted:
            return FALSE
        return Verdict(Truth.TRUE, facts=(grant,)) if grant else TRUE

    word.__doc__ = _privileged.__doc__
    return word


# -- grants --------------------------------------------------------------------------------------------------------


def _grant_place(grant: Grant, _permissions: Permissions) -> Written:
    """Return the ``role`` of a member resource, unless its principal is what is wrong; else the principal's list item.

    In bindings, policies and exports several principals share a role: two findings must not be on one line.
    """
    by_role = grant.origin == "member" and grant.principal.kind not in ("malformed", "public")
    return grant.role_place if by_role else grant.principal_place


def _grant_origins(grant: Grant, permissions: Permissions, estate: Estate) -> Iterator[Related]:
    for part, at in (("role", grant.role_place), ("principal", grant.principal_place)):
        if at.origin:
            yield Related(at.origin, f"the {part} comes from here")
        if at.made:
            yield Related(at.made, f"a called module makes the {part} here")
    custom = estate.custom_role(grant.role, grant.declared)
    for at, permission in permission_places(custom, permissions) if custom else ():
        yield Related(at.at, f"the custom role has {permission}")
    for again in estate.again(grant):
        yield Related(again.principal_place.at, "an export shows it, too")
    by = estate.contested(grant)
    if by:
        what = by.declared.address or "this"
        yield Related(by.declared.at, f"{what} replaces or removes it, if it is applied")


def _default_users(principal: str) -> str:
    """Resources that run as a default service account. Source: https://cloud.google.com/iam/docs/service-account-types#default"""
    what = "every build" if principal.endswith("@cloudbuild.gserviceaccount.com") else "everything that runs"
    return f"{what} without an account of its own"


_GRANT: Kind[Grant] = Kind(
    Grant,
    "grant",
    words={
        "resource_kind": glob("kind of resource", lambda grant: grant.resource.kind),
        "has_condition": flag("whether it has a condition", lambda grant: grant.condition is not None),
        "permission": grant_predicates.granted_permission,
        "role_kind": grant_predicates.role_kind,
        "principal_kind": grant_predicates.principal_kind,
        "role": glob("role", lambda grant: grant.role),
        "principal": grant_predicates.principal_is,
        "placeholder": flag(
            "whether it has a placeholder", lambda grant: placeholder_of(grant.principal.text) is not None
        ),
        "writes": grant_predicates.writes,
        "own_account": grant_predicates.own_account,
        "limited": grant_predicates.limited,
        "temporary": grant_predicates.temporary,
        "reaches_privileged": grant_predicates.reaches_privileged,
        "resource": glob("resource", lambda grant: grant.resource.name),
    },
    shown={
        "principal": grant_predicates.worded_principal,
        "role": grant_predicates.worded_role,
        "resource": lambda grant: str(grant.resource),
        "placeholder": lambda grant: placeholder_of(grant.principal.text) or "",
        "default_users": lambda grant: _default_users(grant.principal.text),
        "because": lambda grant: f" ({why})" if (why := why_malformed(grant.principal.text)) else "",
    },
    place=_grant_place,
    resource=lambda grant: grant.resource,
    origins=_grant_origins,
    described=grant_predicates.described,
)


# -- custom roles --------------------------------------------------------------------------------------------------


def _defined_permission(globs: tuple[str, ...], role: CustomRole, _estate: Estate) -> Verdict:
    """Whether the role lists one of these permissions."""
    return predicates.permission(globs, *permissions_of(role))


def _granted_on(kinds: tuple[str, ...], role: CustomRole, estate: Estate) -> Verdict:
    """Whether the input grants the role on one of these kinds of resources; ``own_account`` is an account's own."""
    from iamlint.graph.edges import graph_of

    for grant in graph_of(estate).grants_of(role):
        own = grant_predicates.own_account((True,), grant, estate).truth is Truth.TRUE
        if ("own_account" if own else grant.resource.kind) in kinds:
            return Verdict(Truth.TRUE, facts=(grant,))
    return FALSE


def _role_place(role: CustomRole, permissions: Permissions) -> Place:
    """Return the first of the permissions that match."""
    return next(iter(permission_places(role, permissions)), (Place(role.declared.at), ""))[0]


def _role_origins(role: CustomRole, permissions: Permissions, _estate: Estate) -> Iterator[Related]:
    for at, permission in permission_places(role, permissions):
        yield Related(at.at, f"{permission} is here")
        if at.origin:
            yield Related(at.origin, f"{permission} comes from here")
        if at.made:
            yield Related(at.made, f"a called module makes {permission} here")


def _home(role: CustomRole) -> Resource | None:
    """Return the project or organization that defines a custom role."""
    if not isinstance(role.name, str) or role.name.count("/") != 3:
        return None
    kind_, home, _, _ = role.name.split("/")
    return Resource(kind_.removesuffix("s"), home)


def _role_name(role: CustomRole) -> str:
    """Return the name of a custom role; a file for ``gcloud iam roles create`` has none."""
    nameless = isinstance(role.name, Unknown) and not role.name.parts
    return "this role" if nameless else shown(role.name)


_CUSTOM_ROLE: Kind[CustomRole] = Kind(
    CustomRole,
    "custom_role",
    words={"permission": _defined_permission, "role": glob("role", lambda role: role.name), "granted_on": _granted_on},
    shown={"role": _role_name},
    place=_role_place,
    resource=_home,
    origins=_role_origins,
    described=lambda role: f"the custom role {shown(role.name)} is defined here",
)


# -- accounts and their credentials --------------------------------------------------------------------------------


def _state(account: ServiceAccount) -> str:
    return "disabled" if account.disabled is True else "declared"


_ACCOUNT: Kind[ServiceAccount] = Kind(
    ServiceAccount,
    "service_account",
    words={
        "account": glob("account", lambda account: account.email),
        "disabled": flag("whether the account is disabled", lambda account: account.disabled),
        "privileged": _privileged(lambda account: account.email),
    },
    shown={"account": lambda account: shown(account.email), "project": lambda account: shown(account.project)},
    resource=lambda account: Resource("service_account", account.email),
    described=lambda account: f"the account {shown(account.email)} is {_state(account)} here",
)
_KEY: Kind[ServiceAccountKey] = Kind(
    ServiceAccountKey,
    "service_account_key",
    words={
        "uploaded": flag("whether the key is uploaded", lambda key: key.uploaded),
        "disabled": flag("whether the key is disabled", lambda key: key.disabled),
        "account_kind": account_kind(lambda key: key.account),
        "account": glob("account", lambda key: key.account),
        "privileged": _privileged(lambda key: key.account),
    },
    shown={"account": lambda key: shown(key.account)},
    place=argument,
    resource=_about_account,
    described=lambda key: f"a key of {shown(key.account)}",
)
_CREDENTIAL: Kind[Credential] = Kind(
    Credential,
    "credential",
    words={
        "kind": kind("kind of credential", lambda credential: credential.kind),
        "account_kind": account_kind(lambda credential: credential.account),
        "account": glob("account", lambda credential: credential.account),
        "privileged": _privileged(lambda credential: credential.account),
    },
    shown={
        "account": lambda credential: shown(credential.account),
        "kind": lambda credential: {"hmac_key": "HMAC key", "api_key": "API key"}[credential.kind],
    },
    place=argument,
    resource=_about_account,
    described=lambda credential: f"a credential of {shown(credential.account)}",
)
_IMPERSONATION: Kind[Impersonation] = Kind(
    Impersonation,
    "impersonation",
    words={
        "permission": glob("permission that the kind of token needs", lambda asked: asked.method),
        "account": glob("account", lambda asked: asked.target),
        "caller": glob("caller", lambda asked: asked.caller),
    },
    shown={"account": lambda asked: shown(asked.target), "target": lambda asked: shown(asked.target)},
    place=argument,
    resource=lambda asked: Resource("service_account", asked.target),
    described=lambda asked: f"{shown(asked.target)} is impersonated here",
)
_DEFAULTS = {
    "compute": "the Compute Engine default service account",
    "app_engine": "the App Engine default service account",
    "cloud_build": "the default service account of Cloud Build",
    None: "nobody",
}


def _runs_as(attached: Attachment) -> str:
    """Return the account that a resource runs as, in words."""
    if isinstance(attached.default, Unknown):
        return shown(attached.account) or "an account that is not known"
    return shown(attached.account) or _DEFAULTS[attached.default]


_ATTACHMENT: Kind[Attachment] = Kind(
    Attachment,
    "attachment",
    words={
        "default": kind("default account", lambda attached: attached.default),
        "has_account": flag("whether an account is named", lambda attached: attached.account is not None),
        "resource_kind": glob("kind of resource", lambda attached: attached.resource.kind),
        "account_kind": account_kind(lambda attached: attached.account),
        "account": glob("account", lambda attached: attached.account),
        "privileged": _privileged(lambda attached: attached.account),
        "scope": any_glob("scope", lambda attached: _first_of_pairs(attached.scopes or ())),
    },
    shown={
        "account": _runs_as,
        "resource": lambda attached: str(attached.resource),
        "runs": lambda attached: "builds" if attached.default == "cloud_build" else "runs",
    },
    place=argument,
    resource=lambda attached: attached.resource,
    described=lambda attached: f"{attached.resource} runs as {_runs_as(attached)}",
)


def _first_of_pairs(pairs: tuple[tuple[Text, Any], ...] | Unknown) -> tuple[Text, ...] | Unknown:
    return pairs if isinstance(pairs, Unknown) else tuple(first for first, _ in pairs)


# -- federation ----------------------------------------------------------------------------------------------------


def _pool_kind(name: Text) -> Text | None:
    text = shown(name)
    for kind_ in ("workload", "workforce"):
        if f"{kind_}IdentityPools/" in text or f"{kind_}Pools/" in text:
            return kind_
    return name if isinstance(name, Unknown) else None


def _provider_condition(provider: Provider) -> Text | None:
    condition = provider.condition
    return condition if condition is None or isinstance(condition, Unknown) else condition.expression


def _restricts(provider: Provider) -> bool | Unknown:
    expression = _provider_condition(provider)
    if not expression or isinstance(expression, Unknown):
        return expression if isinstance(expression, Unknown) else False
    from iamlint.conditions.token_claims import is_always_true

    return not is_always_true(expression)


_POOL: Kind[Pool] = Kind(
    Pool,
    "pool",
    words={
        "pool_kind": kind("kind of pool", lambda pool: _pool_kind(pool.name)),
        "disabled": flag("whether the pool is disabled", lambda pool: pool.disabled),
        "pool": glob("pool", lambda pool: pool.name),
    },
    shown={"pool": lambda pool: shown(pool.name)},
    described=lambda pool: f"the pool {shown(pool.name)} is declared here",
)
_PROVIDER: Kind[Provider] = Kind(
    Provider,
    "provider",
    words={
        "protocol": kind("protocol", lambda provider: provider.protocol),
        "pool_kind": kind("kind of pool", lambda provider: _pool_kind(provider.pool)),
        "has_condition": flag("whether it has a condition", lambda provider: _provider_condition(provider) is not None),
        "restricts": flag("whether it has a condition that is not true for every token, as `1 == 1` is", _restricts),
        "disabled": flag("whether the provider is disabled", lambda provider: provider.disabled),
        "issuer": glob("issuer", lambda provider: provider.issuer),
        "condition": glob("condition", _provider_condition),
        "pool": glob("pool", lambda provider: provider.pool),
    },
    shown={
        "provider": lambda provider: shown(provider.name),
        "pool": lambda provider: shown(provider.pool),
        "issuer": lambda provider: shown(provider.issuer),
        "condition": lambda provider: shown(_provider_condition(provider)).strip(),
    },
    place=argument,
    described=lambda provider: f"the provider {shown(provider.name)} is declared here",
)


# -- services, policies, logs --------------------------------------------------------------------------------------

_SERVICE: Kind[Service] = Kind(
    Service,
    "service",
    words={
        "service": glob("service", lambda service: service.name),
        "project": glob("project", lambda service: service.project),
    },
    shown={"service": lambda service: shown(service.name), "project": lambda service: shown(service.project)},
    place=argument,
    described=lambda _: "the project's services are enabled here",
)
_AUDIT: Kind[AuditConfig] = Kind(
    AuditConfig,
    "audit_config",
    words={
        "resource_kind": glob("kind of resource", lambda audit: audit.resource.kind),
        "service": glob("service", lambda audit: audit.service),
        "log_type": any_glob("log type", lambda audit: audit.log_types),
        "exempted": any_glob(
            "exempted principal",
            lambda audit: audit.exempted if isinstance(audit.exempted, Unknown) else [one for _, one in audit.exempted],
        ),
    },
    shown={"service": lambda audit: shown(audit.service), "resource": lambda audit: str(audit.resource)},
    place=argument,
    resource=lambda audit: audit.resource,
    described=lambda audit: f"the accesses to {audit.resource} are logged here",
)
_ORG_POLICY: Kind[OrgPolicy] = Kind(
    OrgPolicy,
    "org_policy",
    words={
        "resource_kind": glob("kind of resource", lambda policy: policy.resource.kind),
        "reset": flag("whether it restores the default", lambda policy: policy.reset),
        "enforced": flag("whether it is enforced", lambda policy: policy.enforced),
        "constraint": glob("constraint", lambda policy: policy.constraint),
    },
    shown={"constraint": lambda policy: shown(policy.constraint), "resource": lambda policy: str(policy.resource)},
    place=argument,
    resource=lambda policy: policy.resource,
    described=lambda policy: f"{shown(policy.constraint)} is set on {policy.resource} here",
)
_DENIAL: Kind[Denial] = Kind(
    Denial,
    "denial",
    words={
        "has_condition": flag("whether it has a condition", lambda denial: denial.condition is not None),
        "permission": any_glob("denied permission", lambda denial: denial.denied_permissions),
        "principal": any_glob("denied principal", lambda denial: denial.denied_principals),
        "exception": any_glob("excepted principal", lambda denial: denial.exception_principals),
        "resource": glob("resource", lambda denial: denial.parent),
    },
    shown={"resource": lambda denial: shown(denial.parent).rpartition("googleapis.com/")[2]},
    place=argument,
    described=lambda _: "a deny policy is here",
)
_BOUNDARY: Kind[Boundary] = Kind(
    Boundary,
    "boundary",
    words={
        "enforcement_version": glob("enforcement version", lambda boundary: boundary.enforcement_version),
        "resource": any_glob("resource", lambda boundary: boundary.resources),
    },
    shown={
        "boundary": lambda boundary: shown(boundary.name),
        "enforcement_version": lambda boundary: shown(boundary.enforcement_version),
    },
    place=argument,
    described=lambda boundary: f"the boundary {shown(boundary.name)} is defined here",
)

KINDS: Mapping[str, Kind[Any]] = MappingProxyType(
    {
        one.name: one
        for one in (
            _GRANT,
            _CUSTOM_ROLE,
            _ACCOUNT,
            _KEY,
            _CREDENTIAL,
            _IMPERSONATION,
            _ATTACHMENT,
            _POOL,
            _PROVIDER,
            _SERVICE,
            _AUDIT,
            _ORG_POLICY,
            _DENIAL,
            _BOUNDARY,
            API_KEY,
            ACCESS_SETTING,
        )
    }
)
"""The kinds with patterns, by their keys in ``when:``."""
_BY_TYPE: Mapping[type[Any], Kind[Any]] = {
    type_: Kind[Any](type_, described=lambda fact: f"{fact.declared.address or fact.declared.type} is declared here")
    for type_ in get_args(Fact)
} | {one.type: one for one in KINDS.values()}
