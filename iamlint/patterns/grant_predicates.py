"""The words of patterns over grants that need more than a text: principal, permission, target."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from typing import get_args

from iamlint.access.asking import access_of
from iamlint.basics.lazy_regex import regex
from iamlint.estate import Estate, principal_node
from iamlint.facts import Condition, Declaration, Grant, Principal, Text
from iamlint.graph.edge_permissions import EDGE_PERMISSIONS
from iamlint.logic.globs import text_is
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.patterns import predicates
from iamlint.patterns.predicates import MOST_HOLDERS, may_be, not_known, one_of, possible_kinds, said
from iamlint.roles import RoleKind
from iamlint.unknown import Truth, Unknown, worded


def principal_is(globs: tuple[str, ...], grant: Grant, _estate: Estate) -> Verdict:
    """Whether the principal, as policies spell it, matches."""
    text = grant.principal.unknown or grant.principal.text
    return said(text_is(globs, text), "principal", text)


def worded_principal(grant: Grant) -> str:
    """Return the principal for a sentence: one of several is named with the others."""
    principal = grant.principal
    return worded(principal.unknown) if principal.unknown and principal.unknown.options else principal.text


def worded_role(grant: Grant) -> str:
    """Return the role for a sentence: one of several is named with the others."""
    return worded(grant.role)


def described(grant: Grant) -> str:
    """Return a grant as a sentence."""
    return f"{worded_principal(grant)} has {worded_role(grant)} on {grant.resource}"


def principal_kind(kinds: tuple[str, ...], grant: Grant, _estate: Estate) -> Verdict:
    """Whether the principal is of one of these kinds."""
    principal = grant.principal
    if principal.unknown is None:
        return TRUE if principal.kind in kinds else FALSE
    return one_of(kinds, possible_kinds(principal), not_known("principal", principal.unknown))


def role_kind(kinds: tuple[str, ...], grant: Grant, estate: Estate) -> Verdict:
    """Whether the role is basic, predefined, made for an agent, or custom."""
    return one_of(kinds, _possible_kinds(grant.role, grant.declared, estate), not_known("role", grant.role))


def _possible_kinds(role: Text, declared: Declaration, estate: Estate) -> frozenset[str]:
    if isinstance(role, Unknown) and role.options:
        return frozenset[str]().union(*(_possible_kinds(one, declared, estate) for one in role.options))
    found = "custom" if estate.custom_role(role, declared) else estate.roles.kind(role)
    return frozenset({found} if found else get_args(RoleKind))


def granted_permission(globs: tuple[str, ...], grant: Grant, estate: Estate) -> Verdict:
    """Whether the role has one of these permissions, and the permission has an effect on the grant's resource."""
    found = predicates.permission(globs, *access_of(estate).held(grant))
    if found.truth is not Truth.UNKNOWN or not (isinstance(grant.role, Unknown) and grant.role.options):
        return found
    possible = estate.possible_permissions(grant.role, grant.declared)
    may_match = possible is None or predicates.permission(globs, possible, None).truth is Truth.TRUE
    return found if may_match else FALSE


_WRITING = regex(
    r"\.(?:create|update|delete|patch|insert|write|publish|updateData|replace|modify\w*|upload\w*|set[A-Z]\w*|deploy)\Z"
)
_ITS_OWN_METRICS = frozenset({"monitoring.timeSeries.create"})
"""Permissions to write that readers of a database have too."""


@lru_cache(maxsize=1 << 15)
def _is_writing(permission: str) -> bool:
    return _WRITING.search(permission) is not None


def writes(wanted: tuple[bool, ...], grant: Grant, estate: Estate) -> Verdict:
    """Whether the role changes what exists. What Viewer has too, such as starting a query, changes nothing."""
    held, unknown = estate.permissions(grant.role, grant.declared)
    viewer = estate.roles.catalog.permissions("roles/viewer")
    looking = frozenset[str]() if isinstance(viewer, Unknown) else viewer
    if any(_is_writing(one) and one not in looking and one not in _ITS_OWN_METRICS for one in held):
        return TRUE if True in wanted else FALSE
    if unknown:
        return Verdict.of(Truth.UNKNOWN, unknown.reason)
    return TRUE if False in wanted else FALSE


_END_OF_DAYS = date(9999, 1, 1)
_TEMPORARY = timedelta(days=2 * 365)
"""Maximum length of a temporary grant; one that ends in 2099 is as good as permanent."""


def temporary(wanted: tuple[bool, ...], grant: Grant, estate: Estate) -> Verdict:
    """Whether the grant ends by itself within two years, and for good."""
    ends = grant.condition is not None and all(
        access_of(estate).holds(grant, day) is Truth.FALSE for day in (_later(estate.as_of), _END_OF_DAYS)
    )
    return TRUE if ends in wanted else FALSE


def _later(day: date) -> date:
    return min(day, _END_OF_DAYS - _TEMPORARY) + _TEMPORARY


def limited(wanted: tuple[bool, ...], grant: Grant, estate: Estate) -> Verdict:
    """Whether the condition of a policy administrator lets it grant only roles which reach no account.

    Source: https://cloud.google.com/iam/docs/setting-limits-on-granting-roles
    """
    if not isinstance(grant.condition, Condition):
        return TRUE if False in wanted else FALSE
    from iamlint.conditions.token_claims import limits_of

    roles = limits_of(grant.condition.expression)
    if roles is None:
        return TRUE if False in wanted else FALSE
    verdict = TRUE
    for role in sorted(roles):
        held, unknown = estate.permissions(role, grant.declared)
        reaches = any(one in held for listed in EDGE_PERMISSIONS.values() for one in listed)
        verdict &= FALSE if reaches else Verdict.of(Truth.UNKNOWN, unknown.reason) if unknown else TRUE
    return verdict if True in wanted else ~verdict


def own_account(wanted: tuple[bool, ...], grant: Grant, _estate: Estate) -> Verdict:
    """Whether an account holds the grant on itself."""
    name, principal = grant.resource.name, grant.principal
    if grant.resource.kind != "service_account":
        return TRUE if False in wanted else FALSE
    if principal.unknown is None and isinstance(name, str):
        return TRUE if (principal.email == name) in wanted else FALSE
    truth = _may_be_own(principal, name)
    found = Verdict.of(truth, not_known("principal", principal.unknown) or not_known("account", name))
    return found if True in wanted else ~found


def _may_be_own(principal: Principal, name: Text) -> Truth:
    """Whether a principal may be the account of a name, if one of the two is unknown."""
    if possible_kinds(principal).isdisjoint({"service_account", "default_service_account"}):
        return Truth.FALSE
    if principal.unknown is None:
        return text_is((principal.email or "",), name)
    if isinstance(name, str):
        return text_is((f"serviceAccount:{name}",), principal.unknown)
    if name.parts and principal.unknown.text == f"serviceAccount:{name.text}":
        return Truth.TRUE
    glob = name.masked("*") or "*"
    return Truth.FALSE if text_is((f"serviceAccount:{glob}",), principal.unknown) is Truth.FALSE else Truth.UNKNOWN


def _may_have_as_much(grant: Grant, estate: Estate) -> bool:
    """Whether a partly known principal may be an agent, or a principal that gains nothing by its grant.

    ``principalSet://…/projects/${pool.project_number}/…`` is an external identity, whatever the number.
    """
    from iamlint.graph.edges import graph_of

    kinds = possible_kinds(grant.principal)
    if len(kinds) > 1 or "service_agent" in kinds:
        return True
    holders = [holder for kind in kinds for holder in graph_of(estate).holders.get(kind, ())]
    if len(holders) > MOST_HOLDERS:
        return True
    return any(
        may_be(grant.principal, one) and _privileged_below(grant, estate, source) is None for source, one in holders
    )


def _privileged_below(grant: Grant, estate: Estate, source: str) -> tuple[str, Grant] | None:
    from iamlint.graph.edges import graph_of

    node = estate.hierarchy.node(grant.resource, grant.declared)
    return graph_of(estate).privileged_below(node, source) if node else None


def reaches_privileged(wanted: tuple[bool, ...], grant: Grant, estate: Estate) -> Verdict:
    """Whether the grant is on a privileged account, or on a container of one, that its holder is not already."""
    found = _privileged_below(grant, estate, principal_node(grant) or "") if estate.has_acting_accounts else None
    if found and grant.principal.unknown and _may_have_as_much(grant, estate):
        return Verdict.of(Truth.UNKNOWN, not_known("principal", grant.principal.unknown))
    if (found is not None) not in wanted:
        return FALSE
    return Verdict(Truth.TRUE, facts=found[1:]) if found else TRUE
