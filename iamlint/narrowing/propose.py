"""Proposes narrower grants, proves that every known use still works, and lists the access that they close."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import get_args

from iamlint.access.asking import access_of
from iamlint.basics.frozen import frozen
from iamlint.basics.words import first_names
from iamlint.comparison import Side, compare
from iamlint.comparison.model import Pair, Privilege
from iamlint.estate import Estate
from iamlint.facts import CustomRole, Fact, Grant, Place
from iamlint.graph.of_roles import relevant_permissions
from iamlint.location import SourceText
from iamlint.narrowing.evidence import Evidence
from iamlint.narrowing.model import MINIMUM_DAYS, Advice, Narrowing, Open, Proposal, Use
from iamlint.narrowing.usage import Usage
from iamlint.roles import BASIC
from iamlint.unknown import Truth, Unknown, shown

MOST_COMPARED = 20
"""Maximum number of proposals with a list of the access that they close."""
MOST_CLOSED = 10
"""Maximum number of listed accesses that a proposal closes."""
_NOBODY = frozenset({"service_agent", "deleted", "malformed", "public"})
"""Kinds of principals whose grants are not narrowed: Google keeps its agents' roles, and the others have rules."""
_STAGES = frozenset({"GA", ""})
_OF_BUCKETS = "roles/storage.legacy"
"""Roles that only buckets and managed folders take.

Source: https://cloud.google.com/storage/docs/access-control/iam-roles#legacy-roles
"""


@frozen
class _Plan:
    """A proposal before its proof."""

    grant: Grant
    roles: tuple[str, ...]
    permissions: tuple[str, ...]
    used: tuple[str, ...]
    held: frozenset[str]
    after: frozenset[str]
    evidence: str


def narrow(
    estate: Estate,
    usage: Usage,
    texts: Mapping[str, SourceText],
    principal: str = "*",
    days: int = MINIMUM_DAYS,
) -> Narrowing:
    """Return the narrower grants of some principals (a glob, or an e-mail) that the evidence of use supports."""
    evidence, smallest = Evidence(estate, usage, days), _Smallest(estate)
    plans: list[_Plan] = []
    unknown: list[Open] = []
    fitting: list[Grant] = []
    for grant in estate.of(Grant):
        if grant.principal.kind in _NOBODY or not _is_asked(grant.principal.text, principal):
            continue
        found = _planned(grant, evidence, smallest, days)
        if isinstance(found, _Plan):
            plans.append(found)
        elif isinstance(found, Open):
            unknown.append(found)
        else:
            fitting.append(grant)
    proved, refused = _proved(plans, estate, evidence, texts)
    return Narrowing(tuple(proved), (*unknown, *refused), tuple(fitting))


def _is_asked(text: str, pattern: str) -> bool:
    found = re.compile(fnmatch.translate(pattern.replace("[", "[[]")), re.IGNORECASE)
    return bool(found.match(text) or found.match(text.partition(":")[2]))


# -- what to grant instead -----------------------------------------------------------------------------------------


def _planned(grant: Grant, evidence: Evidence, smallest: _Smallest, days: int) -> _Plan | Open | None:
    """Return the plan for a grant; None if its role fits its use."""
    missing = (*evidence.missing(grant), *_beyond_grants(grant, evidence))
    held = smallest.held(grant)
    used = tuple(sorted({use.permission for use in evidence.uses(grant)} & held))
    if not missing:
        roles, after = smallest.roles(grant, held, frozenset(used))
        if len(after) >= len(held):
            return None
        return _Plan(grant, roles, used, used, held, after, evidence.described(grant))
    advice = evidence.advice(grant)
    return _advised(grant, advice, held, used, smallest, days) if advice else Open(grant, missing)


def _beyond_grants(grant: Grant, evidence: Evidence) -> Iterator[str]:
    """Yield why a basic role may give a use that no known role gives: buckets and datasets name its holders.

    ``projectEditor:P`` and the like are members of the policies of resources.
    Source: https://cloud.google.com/storage/docs/access-control/iam#convenience-values
    """
    if grant.role not in BASIC:
        return
    for use in evidence.uses(grant):
        if use.permission and not _works(evidence.estate, use, grant, evidence):
            at = f"{use.at.path}:{use.at.line}"
            yield (
                f"{use.permission} is in use ({at}), and no grant in the input gives it: buckets and datasets may give "
                f"it to all who have {grant.role}"
            )
            return


def _advised(
    grant: Grant, advice: Advice, held: frozenset[str], used: tuple[str, ...], smallest: _Smallest, days: int
) -> _Plan | Open:
    """Return the plan that Google recommends."""
    at = f"{advice.at.path}:{advice.at.line}"
    if advice.days is None or advice.days < days:
        span = "an unknown number of" if advice.days is None else str(advice.days)
        return Open(grant, (f"Google's recommendation ({at}) rests on {span} days, and {days} are needed (--days)",))
    found = [smallest.of_role(role, grant) for role in advice.instead]
    unknown = next((one for one in found if isinstance(one, Unknown)), None)
    if unknown:
        return Open(grant, (f"Google recommends a role ({at}) with unknown permissions: {unknown.reason}",))
    after = frozenset[str]().union(*(one for one in found if not isinstance(one, Unknown)))
    if not after <= held:
        more = ", ".join(sorted(after - held)[:3])
        return Open(grant, (f"Google recommends a role ({at}) with permissions that the grant does not have: {more}",))
    evidence = f"Google's recommendation over at least {advice.days} days ({at})"
    return _Plan(grant, advice.instead, (), used, held, after, evidence)


class _Smallest:
    """The smallest roles of the catalogue."""

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self._catalog = estate.roles.catalog
        self._roles: list[tuple[str, frozenset[str]]] | None = None

    def held(self, grant: Grant) -> frozenset[str]:
        """Return the permissions of a grant's role."""
        return self._estate.permissions(grant.role, grant.declared)[0]

    def of_role(self, role: str, grant: Grant) -> frozenset[str] | Unknown:
        """Return the permissions of a role by name, or why they are not known."""
        held, unknown = self._estate.permissions(role, grant.declared)
        return unknown or held

    def roles(self, grant: Grant, held: frozenset[str], used: frozenset[str]) -> tuple[tuple[str, ...], frozenset[str]]:
        """Return the smallest predefined role with the used permissions, and what it has; without one, the used ones.

        It has only permissions of the present role, and no unused permission to become an account or to change a
        policy. Whether a role can be granted on another kind of resource than projects and accounts is not known.
        """
        if not used:
            return (), used
        kind = grant.resource.kind
        fitting = [
            (role, one)
            for role, one in (self._listed if kind in ("project", "service_account") else ())
            if used <= one < held and not _is_risky(one - used, used)
        ]
        if kind == "service_account":
            fitting = [(role, one) for role, one in fitting if all(name.startswith(_ON_ACCOUNTS) for name in one)]
        if not fitting:
            return (), used
        role, permissions = min(fitting, key=lambda pair: (len(pair[1]), pair[0]))
        return (role,), permissions

    @property
    def _listed(self) -> list[tuple[str, frozenset[str]]]:
        """The roles that can be proposed: listed, out of preview, neither basic nor for agents or buckets alone."""
        if self._roles is None:
            catalog = self._catalog
            names = (one for one in catalog.roles if one not in BASIC and catalog.is_listed(one))
            names = (one for one in names if not one.startswith(_OF_BUCKETS))
            released = (
                one for one in names if catalog.stage(one) in _STAGES and not catalog.is_service_agent_role(one)
            )
            found = ((one, catalog.permissions(one)) for one in released)
            self._roles = [(role, held) for role, held in found if not isinstance(held, Unknown)]
        return self._roles


def _is_risky(unused: frozenset[str], used: frozenset[str]) -> bool:
    """Whether unused permissions let a principal set a policy, or become or deploy as an account that it cannot be."""
    if any(one.endswith(".setIamPolicy") for one in unused):
        return True
    risky = unused & relevant_permissions()
    return bool(risky - _WITH_TOKENS if "iam.serviceAccounts.getAccessToken" in used else risky)


_WITH_TOKENS = frozenset(
    f"iam.serviceAccounts.{one}" for one in ("getOpenIdToken", "implicitDelegation", "signBlob", "signJwt")
)
"""Methods without effect for a caller that has the account's tokens already."""
_ON_ACCOUNTS = ("iam.serviceAccounts.", "iam.serviceAccountKeys.")


# -- the proof -----------------------------------------------------------------------------------------------------


def _proved(
    plans: list[_Plan], estate: Estate, evidence: Evidence, texts: Mapping[str, SourceText]
) -> tuple[list[Proposal], list[Open]]:
    """Return the plans that keep every known use working, and the others with a use that would fail."""
    proved: list[Proposal] = []
    refused: list[Open] = []
    after = _with(estate, plans)
    for plan in plans:
        uses = [use for use in evidence.of_principal(plan.grant) if _works(estate, use, plan.grant, evidence)]
        lost = next((use for use in uses if not _works(after, use, plan.grant, evidence)), None)
        if lost:
            at = f"{lost.at.path}:{lost.at.line}"
            refused.append(Open(plan.grant, (f"{lost.permission} is in use ({at}), and would no longer work",)))
            continue
        compared = len(proved) < MOST_COMPARED
        closes = tuple(_closes(estate, _with(estate, [plan]), texts)) if compared else ()
        proved.append(
            Proposal(
                plan.grant,
                plan.roles,
                plan.permissions,
                plan.used,
                len(plan.held),
                len(plan.after),
                plan.evidence,
                len(uses),
                closes,
            )
        )
    return proved, refused


def _with(estate: Estate, plans: Iterable[_Plan]) -> Estate:
    """Return the estate with the grants of some plans replaced."""
    instead = {id(plan.grant): (number, plan) for number, plan in enumerate(plans)}
    facts: list[Fact] = []
    for kind in get_args(Fact):
        for fact in estate.of(kind):
            if id(fact) in instead and isinstance(fact, Grant):
                facts += _replaced(*instead[id(fact)])
            else:
                facts.append(fact)
    return Estate(facts, estate.roles.catalog, estate.as_of)


def _replaced(number: int, plan: _Plan) -> Iterator[Fact]:
    grant = plan.grant
    if plan.roles:
        yield from (replace(grant, role=role) for role in plan.roles)
    elif plan.permissions:
        name = f"organizations/0/roles/iamlintNarrowed{number}"
        listed = tuple((permission, Place(grant.declared.at)) for permission in plan.permissions)
        yield CustomRole(name, listed, replace(grant.declared, address=None))
        yield replace(grant, role=name)


def _works(estate: Estate, use: Use, of: Grant, evidence: Evidence) -> bool:
    """Whether a grant of the principal gives, or may give, the permission where it was used."""
    principal, access = of.principal.text.lower(), access_of(estate)
    for grant in estate.made(_by_principal).get(principal, ()):
        if evidence.may_count(use, grant) and access.decide(grant, (use.permission,)).truth is not Truth.FALSE:
            return True
    return False


def _by_principal(estate: Estate) -> Mapping[str, list[Grant]]:
    found: dict[str, list[Grant]] = defaultdict(list)
    for grant in estate.of(Grant):
        found[grant.principal.text.lower()].append(grant)
    return found


def _closes(before: Estate, after: Estate, texts: Mapping[str, SourceText]) -> Iterator[str]:
    """Yield what a proposal closes, the pairs first."""
    found = compare(Side("base", before, ".", ".", texts), Side("head", after, ".", ".", texts))
    told = [*map(_pair, found.closed), *map(_privilege, found.lost)]
    told = list(dict.fromkeys(told))
    yield from told[:MOST_CLOSED]
    if len(told) > MOST_CLOSED:
        yield f"and {len(told) - MOST_CLOSED} more"


def _pair(one: Pair) -> str:
    roles = f", which has {', '.join(one.roles[:2])}" if one.roles else ""
    return f"{one.principal} becomes {one.account} by {first_names(one.methods, 2)}{roles}"


def _privilege(one: Privilege) -> str:
    via = f" as {one.path[-1].target}" if one.path else ""
    return f"{one.principal} has {shown(one.role)} on {one.resource}{via}"
