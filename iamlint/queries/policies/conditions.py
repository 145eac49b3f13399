"""Queries about conditions that never hold, have expired, or make no difference."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from itertools import takewhile

from iamlint.basics.lazy_regex import regex
from iamlint.conditions.attributes import alike
from iamlint.conditions.context import Context
from iamlint.conditions.declared import BOUNDARY, IAM, PROVIDER, Language, beside_tags, undeclared
from iamlint.conditions.evaluation import evaluate
from iamlint.conditions.outcome import Outcome, Reason
from iamlint.conditions.parser import Unparsable, parse
from iamlint.estate import Estate, Node, identity, principal_node
from iamlint.facts import BoundaryBinding, Condition, Declaration, Denial, Grant, Place, Provider, Text, Written
from iamlint.location import Location
from iamlint.patterns.match import Match
from iamlint.queries.policies.hygiene import is_accepted
from iamlint.roles import LEGACY_BASIC
from iamlint.unknown import Truth, Unknown, shown

BESIDE = frozenset({"resourcemanager.projects.get", "resourcemanager.projects.list"})
"""Permissions that nearly every predefined role has in addition to its own, and that nobody grants it for."""


_ACCOUNTS = regex(
    r"iam\.googleapis\.com/ServiceAccount|[\"']iam\.googleapis\.com[\"']|\bserviceAccounts?/|gserviceaccount"
)
_OTHERS = regex(
    r"(?<![\w.-])(?!iam\.)[a-z0-9-]+\.googleapis\.com"
    r"|\b(?!(?:projects|folders|organizations|locations|zones|regions|serviceAccounts|roles)/)[a-z][A-Za-z]*s/"
)
"""What a condition names: service accounts; resources of other services, by their type or by their collection."""


def never_matching_conditions(estate: Estate) -> Iterator[Match]:
    """Grants on service accounts, or above them, with a condition on attributes that accounts do not provide.

    A condition that names the other resources of its role limits the grant to them on purpose.
    """
    for grant, condition in _conditional(estate):
        if grant.resource.kind != "service_account" and not grant.resource.is_container:
            continue
        held, _ = estate.permissions(grant.role, grant.declared)
        about = _on_accounts(held)
        asked = _asked(about)
        why = list(takewhile(bool, (_never(condition, estate, permission) for permission in asked)))
        if why and len(why) == len(asked):
            reason = next(reason.text for reason in why if reason)
            if grant.resource.kind != "service_account" and _has_others(held):
                named = shown(condition.expression)
                if _OTHERS.search(named) and not _ACCOUNTS.search(named):
                    continue
                what = f"never holds for service accounts, though {shown(grant.role)} has other permissions"
                yield _about(grant, condition, f"{what}: {reason}", permissions=about)
            else:
                yield _about(grant, condition, f"never holds: {reason}", permissions=about, raised=1)


@lru_cache(maxsize=1024)
def _on_accounts(held: frozenset[str]) -> tuple[str, ...]:
    """Return the permissions on service accounts and their keys, in order."""
    return tuple(sorted(name for name in held if name.startswith(("iam.serviceAccounts.", "iam.serviceAccountKeys."))))


@lru_cache(maxsize=1024)
def _asked(about: tuple[str, ...]) -> tuple[str, ...]:
    """Return one permission for each outcome of a condition: it is evaluated for these instead of all."""
    return tuple(dict.fromkeys(map(alike, about)))


@lru_cache(maxsize=1024)
def _has_others(held: frozenset[str]) -> bool:
    """Whether there are permissions on other things than service accounts and their keys."""
    return not held <= BESIDE.union(_on_accounts(held))


def _never(condition: Condition, estate: Estate, permission: str) -> Reason | None:
    """Return why a condition never holds for a permission on service accounts; None if it may."""
    outcome = _outcome(condition, Context(estate.as_of, permission))
    if outcome.truth is not Truth.FALSE:
        return None
    return next((reason for reason in outcome.reasons if reason.kind == "unavailable"), None)


def expired_conditions(estate: Estate) -> Iterator[Match]:
    """Expired grants."""
    for grant, condition in _conditional(estate):
        outcome = _outcome(condition, Context(estate.as_of))
        reason = next((one for one in outcome.reasons if one.kind == "expired"), None)
        if reason and outcome.truth is Truth.FALSE and not outcome.has("malformed"):
            yield _about(grant, condition, reason.text)


def malformed_conditions(estate: Estate) -> Iterator[Match]:
    """Conditions that are not valid expressions, or compare with an invalid time.

    Such a condition in a file that was read is a finding there, which can be accepted, and not a file error. An
    expression that is longer or deeper than iamlint's limits is neither.
    """
    public = _public(estate)
    for grant, condition in _conditional(estate):
        about, problem = grant, malformed(condition, estate)
        if not problem and not is_accepted(grant):
            about = public.get(_binding(grant, condition), grant)
            problem = _forbidden(about)
        if problem:
            of = f"on {shown(about.role)} for {about.principal.text} on {about.resource}"
            yield Match(about, Truth.TRUE, words={"of": of, "problem": problem}, place=_place(condition, about))
    for denial in estate.of(Denial):
        problem = malformed(denial.condition, estate) or _beside_tags(denial.condition)
        if problem:
            of = f"of the deny rule on {shown(denial.parent).rpartition('googleapis.com/')[2]}"
            yield Match(denial, Truth.TRUE, words={"of": of, "problem": problem}, place=_written(denial))
    for binding in estate.of(BoundaryBinding):
        problem = malformed(binding.condition, estate, BOUNDARY)
        if problem:
            of = f"that binds {shown(binding.policy).rpartition('/')[2]}"
            yield Match(binding, Truth.TRUE, words={"of": of, "problem": problem}, place=_written(binding))
    for provider in estate.of(Provider):
        written = provider.condition
        problem = refused(written.expression) if isinstance(written, Condition) else None
        if problem:
            of = f"of the provider {shown(provider.name).rpartition('/')[2]}"
            yield Match(provider, Truth.TRUE, words={"of": of, "problem": problem}, place=_written(provider))


def _public(estate: Estate) -> dict[_Binding, Grant]:
    """Return the first grant to anybody of each binding with a condition."""
    found: dict[_Binding, Grant] = {}
    for grant in estate.of(Grant):
        if grant.principal.kind == "public" and isinstance(grant.condition, Condition):
            found.setdefault(_binding(grant, grant.condition), grant)
    return found


def _forbidden(grant: Grant) -> str | None:
    """Return why IAM takes no condition with a grant.

    Source: https://cloud.google.com/iam/docs/conditions-overview#allow-policies
    """
    if grant.role in LEGACY_BASIC:
        return "IAM refuses conditions on Owner, Editor and Viewer"
    return "IAM refuses conditions for everybody" if grant.principal.kind == "public" else None


def refused(expression: Text) -> str | None:
    """Return why a pool refuses the condition of a provider."""
    node = parse(expression) if expression != "" else None
    if isinstance(node, Unparsable):
        return None if node.beyond else f"its condition is not a CEL expression: {node}"
    return undeclared(expression, PROVIDER)


def malformed(condition: Condition | Unknown | None, estate: Estate, language: Language = IAM) -> str | None:
    """Return why a condition cannot be evaluated."""
    if not isinstance(condition, Condition):
        return None
    outcome = _outcome(condition, Context(estate.as_of))
    wrong = next((one.text for one in outcome.reasons if one.kind in ("malformed", "unparsable")), None)
    return wrong or undeclared(condition.expression, language)


def _beside_tags(condition: Condition | Unknown | None) -> str | None:
    """Return why Google refuses the condition of a deny rule."""
    name = beside_tags(condition.expression) if isinstance(condition, Condition) else None
    return f"`{name}` is not about tags, and deny rules support conditions about tags only" if name else None


def _written(fact: Denial | BoundaryBinding | Provider) -> Place | None:
    return fact.condition.place if isinstance(fact.condition, Condition) else None


def _outcome(condition: Condition, context: Context) -> Outcome:
    return evaluate(condition.expression, context)


def idle_conditions(estate: Estate) -> Iterator[Match]:
    """Grants with a condition whose principal has the same role without one, on the same resource or above it."""
    conditional = [(grant, _held(grant)) for grant in estate.of(Grant) if isinstance(grant.condition, Condition)]
    roles = {grant.role for grant, _ in conditional}
    without: dict[tuple[Node, str, str], Grant] = {}
    for grant in estate.of(Grant) if roles else ():
        plain = grant.condition is None and grant.role in roles
        node = estate.hierarchy.node(grant.resource, grant.declared) if plain else None
        held = _held(grant) if node else None
        if node and held:
            without.setdefault((node, *held), grant)
    for grant, held in conditional:
        above = estate.hierarchy.above(grant.resource, grant.declared) if held else ()
        free = next((without[node, *held] for node in above if (node, *held) in without), None) if held else None
        if free:
            yield Match(grant, Truth.TRUE, related=(free,), words={"where": str(free.resource)})


def _held(grant: Grant) -> tuple[str, str] | None:
    """Return the role and the holder of a grant; None if one of them is unknown."""
    role, who = identity(grant.role, grant.declared), principal_node(grant)
    return (role, who) if role and who else None


_Binding = tuple[Declaration, Location]


def _binding(grant: Grant, condition: Condition) -> _Binding:
    return grant.declared, condition.at or grant.role_place.at


def _conditional(estate: Estate) -> Iterator[tuple[Grant, Condition]]:
    """Yield one grant of each binding with a condition, since all of its members share it."""
    seen: set[_Binding] = set()
    for grant in estate.of(Grant):
        if isinstance(grant.condition, Condition):
            key = _binding(grant, grant.condition)
            if key not in seen:
                seen.add(key)
                yield grant, grant.condition


def _about(
    grant: Grant, condition: Condition, problem: str, *, permissions: tuple[str, ...] = (), raised: int = 0
) -> Match:
    words = {"problem": problem}
    return Match(grant, Truth.TRUE, permissions, words=words, place=_place(condition, grant), raised=raised)


def _place(condition: Condition, grant: Grant) -> Written:
    return condition.place or grant.role_place
