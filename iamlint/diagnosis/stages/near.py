"""Near misses: grants that look as if they let the caller in, and do not. Each has the step that it stops at."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from iamlint.basics.frozen import frozen
from iamlint.diagnosis.answer import Evidence
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.asked.reach import reason_of
from iamlint.diagnosis.callers.holder import Holder, Token
from iamlint.diagnosis.recognition.error_kind import Step
from iamlint.diagnosis.stages.hop import Hop
from iamlint.diagnosis.stages.role_notes import note_on
from iamlint.facts import Grant
from iamlint.federation.names import identity_of, misspelling
from iamlint.pools import is_federated
from iamlint.unknown import Truth, shown

RANKS: tuple[str, ...] = (
    "replaced",
    "condition",
    "spelling",
    "custom-role",
    "evicted",
    "alike",
    "delegation",
    "wrong-mode",
    "role",
    "elsewhere",
    "reversed",
    "other",
)
"""The kinds of near misses, the most telling first."""
CERTAIN = frozenset({"replaced", "condition", "spelling", "custom-role"})
"""The kinds that explain a denial by themselves, though not all policies are in the input."""
_MOST = 5
_ALIKE = 0.86
"""The minimum similarity of two names for one to be a likely misspelling of the other."""


@frozen
class Miss:
    """A grant that misses: its kind (of `RANKS`), the step it stops at, a sentence, and where it is."""

    kind: str
    step: Step
    message: str
    evidence: Evidence
    grant: Grant | None = None


def near_misses(case: Case, hop: Hop) -> list[Miss]:
    """Return the near misses of a hop, the most telling first."""
    found = [*_own(hop), *_replaced(case, hop), *_others(case, hop), *_elsewhere(case, hop)]
    return sorted(found, key=lambda miss: RANKS.index(miss.kind))


def _miss(kind: str, step: Step, message: str, grant: Grant, part: str = "principal") -> Miss:
    place = {"role": grant.role_place, "resource": grant.resource_place}.get(part, grant.principal_place)
    return Miss(kind, step, message, Evidence(place.at, message), grant)


# -- grants that name the caller -----------------------------------------------------------------------------------


def _own(hop: Hop) -> Iterator[Miss]:
    """Grants on the target, or above it, that name the caller and do not give the permission."""
    for tried in hop.tried:
        grant, condition, role = tried.grant, tried.part("condition"), tried.part("role")
        if tried.member.truth is not Truth.TRUE:
            continue
        what = f"{shown(grant.role)} on {grant.resource}"
        if role and role.truth is Truth.FALSE:
            if not shown(grant.role).startswith("roles/"):
                yield _miss(
                    "custom-role", "custom-role", f"{hop.holder.label} has {what}, but {reason_of(role)}", grant, "role"
                )
            else:
                note = note_on(shown(grant.role), hop.permission)
                message = f"{hop.holder.label} has {what}, which does not contain {hop.permission}{note}"
                yield _miss("role", "grant", message, grant, "role")
        elif condition and condition.truth is Truth.FALSE:
            message = f"{hop.holder.label} has {what} under a condition that does not hold: {reason_of(condition)}"
            at, on = condition.at or grant.role_place.at, tried.part("resource")
            if on and on.truth is Truth.UNKNOWN:  # it may be on something else, and then explains nothing
                message = f"{message}; {reason_of(on)}"
                yield Miss("other", "grant", message, Evidence(at, message), grant)
            else:
                yield Miss("condition", "condition", message, Evidence(at, message), grant)


def _replaced(case: Case, hop: Hop) -> Iterator[Miss]:
    """Yield grants of an export that Terraform removes."""
    for one in case.estate.replaced:
        grant = one.grant
        if one.same or not _gives(case, hop, grant):
            continue
        if hop.holder.named_by(grant, case.estate, case.groups).truth is not Truth.TRUE:
            continue
        by = one.by.declared
        name = by.address or f"{by.at.path}:{by.at.line}"
        message = (
            f"the export shows {shown(grant.role)} for {grant.principal.text}, which {name} takes away when applied"
        )
        yield Miss("replaced", "conflict", message, Evidence(by.at, message), grant)


def _gives(case: Case, hop: Hop, grant: Grant) -> bool:
    """Whether a grant certainly gives its principal the permission on the target."""
    reach = case.reach(hop.resource, hop.declared)
    return reach.gives(grant, hop.permission) and reach.of(grant) is Truth.TRUE


# -- grants that name somebody alike -------------------------------------------------------------------------------


def _others(case: Case, hop: Hop) -> Iterator[Miss]:
    """Grants that give the permission on the target to a principal whose name is like the caller's."""
    for grant in case.estate.of(Grant):
        if not _gives(case, hop, grant):
            continue
        if hop.holder.named_by(grant, case.estate, case.groups).truth is not Truth.FALSE:
            continue
        if grant.principal.email == hop.target and grant.principal.text.startswith("serviceAccount:"):
            message = f"{shown(grant.role)} on {grant.resource} is granted to {hop.target} itself, not to the caller"
            yield _miss("reversed", "grant", message, grant)
            continue
        found = _likeness(hop.holder, grant, case.question.caller.claims)
        if found:
            kind, why = found
            message = f"{shown(grant.role)} on {grant.resource} is granted to {grant.principal.text}: {why}"
            yield _miss(kind, "member", message, grant)
        elif hop.holder.token is not None and shown(grant.resource.name) == hop.target:
            message = _of_other_token(hop.holder.token, grant)
            if message:
                yield _miss("other", "grant", message, grant)


def _likeness(holder: Holder, grant: Grant, claims: Mapping[str, str]) -> tuple[str, str] | None:
    """Why the principal of a grant is like the holder and is another: the kind of near miss, and a clause."""
    its = grant.principal.text
    if grant.principal.kind == "deleted":
        name = its.removeprefix("deleted:").partition("?")[0]
        if name in (holder.label, *holder.spellings):
            return (
                "spelling",
                "that account was deleted; one that is created again under its name has none of its grants",
            )
        return None
    for mine in (holder.label, *holder.spellings):
        if mine.lower() == its.lower():
            return "spelling", f"letter case counts, and the caller is {mine}"
        if mine.partition(":")[2] == its.partition(":")[2] and ":" in its:
            return "spelling", f"the caller is {mine}"
        if mine.partition(":")[2].lower() == its.lower():
            return "spelling", f"the prefix is missing; the caller is {mine}"
    if holder.token is not None:
        return _like_token(holder, grant, claims)
    mine, other = holder.principal.email or "", grant.principal.email or its.rpartition(":")[2]
    return _like_email(mine, other)


def _like_email(mine: str, other: str) -> tuple[str, str] | None:
    local, _, domain = mine.partition("@")
    its_local, _, its_domain = other.lower().partition("@")
    if not local or not its_local or "${" in mine + other:
        return None
    if local == its_local and domain != its_domain:
        return "alike", f"the caller is {mine}, an account of the same name elsewhere"
    if domain == its_domain and _is_slip(local, its_local):
        return "alike", f"the caller is {mine}; is one of the two misspelt?"
    return None


def _is_slip(one: str, other: str) -> bool:
    """Whether two names differ as a slip makes them differ; numbers at their ends tell names apart on purpose."""
    if re.sub(r"\d+", "", one) == re.sub(r"\d+", "", other):
        return False
    matcher = SequenceMatcher(None, one, other)
    return matcher.real_quick_ratio() >= _ALIKE and matcher.quick_ratio() >= _ALIKE and matcher.ratio() >= _ALIKE


def _like_token(holder: Holder, grant: Grant, claims: Mapping[str, str]) -> tuple[str, str] | None:
    """Why the principal of a grant is like a federated identity and is another."""
    token, text = holder.token, grant.principal.text
    assert token is not None  # noqa: S101  # asked by the caller
    values = {key: value for key, value in token.attributes.items() if isinstance(value, str) and value}
    wrong = misspelling(grant.principal) if is_federated(grant.principal) else None
    names_me = any(text.lower().endswith(f"/{value.lower()}") for value in values.values())
    if (wrong or grant.principal.kind == "malformed") and names_me:
        return "spelling", wrong or "this is not a principal that IAM knows"
    gke = re.search(r"serviceAccount:(?P<pool>[^\[]+)\[(?P<ns>[^/\]]*)/(?P<name>[^\]]*)\]", text)
    if gke:
        return _like_workload(holder, gke)
    who = identity_of(grant.principal)
    if who is None or who.attribute is None or not isinstance(who.value, str):
        return None
    mine = values.get(who.attribute)
    if who.value and mine != who.value and who.pool in ("", token.pool):
        named = {**{f"claim {key}": value for key, value in claims.items()}, **values}
        other = next((key for key, value in named.items() if value == who.value and key != who.attribute), None)
        if other and not other.endswith(f" {who.attribute.removeprefix('attribute.')}"):
            return "spelling", f"{who.value!r} is the token's {other}, not its {who.attribute}"
    if mine is None:
        made = who.attribute in token.attributes or token.others
        if not made and who.pool == token.pool:
            return "spelling", f"the provider's mapping makes no {who.attribute}"
        return None
    if mine == who.value:
        return (
            "spelling",
            f"that is another pool or project; the caller is in the pool {token.pool} of {shown(token.project)}",
        )
    if mine.lower() == who.value.lower():
        return "spelling", f"letter case counts, and the token has {mine!r}"
    same_end = mine.rpartition("/")[2] == who.value.rpartition("/")[2]
    same_start = ":" in mine and mine.rpartition(":")[0] == who.value.rpartition(":")[0]
    if same_end or same_start or _is_slip(mine, who.value):
        return "alike", f"the token has {mine!r}"
    return None


def _of_other_token(token: Token, grant: Grant) -> str:
    """Return that a grant is to other tokens of the caller's pool; empty for other principals."""
    who = identity_of(grant.principal)
    mine = token.attributes.get(who.attribute) if who and who.attribute else None
    if who is None or who.pool != token.pool or not isinstance(mine, str):
        return ""
    granted = f"{shown(grant.role)} on {grant.resource} is granted to {grant.principal.text}"
    return f"{granted}; the token's {who.attribute} is {mine!r}"


def _like_workload(holder: Holder, gke: re.Match[str]) -> tuple[str, str] | None:
    mine = re.search(r"serviceAccount:(?P<pool>[^\[]+)\[(?P<ns>[^/\]]*)/(?P<name>[^\]]*)\]", " ".join(holder.spellings))
    if mine is None:
        return None
    differs = [part for part in ("pool", "ns", "name") if mine[part] != gke[part]]
    if len(differs) != 1:
        return None
    what = {"pool": "project", "ns": "namespace", "name": "Kubernetes service account"}[differs[0]]
    return "alike", f"the {what} differs: the caller has {mine[differs[0]]}, the grant {gke[differs[0]]}"


# -- grants elsewhere ----------------------------------------------------------------------------------------------


def _elsewhere(case: Case, hop: Hop) -> Iterator[Miss]:
    """Grants of the caller on other resources that would give the permission there, and grants the other way round."""
    told, reach = 0, case.reach(hop.resource, hop.declared)
    own = hop.holder.principal.email
    own_project = case.project_of(own) if own and hop.holder.label.startswith("serviceAccount:") else None
    for grant in case.estate.of(Grant):
        on = grant.resource
        if told >= _MOST or not reach.gives(grant, hop.permission) or reach.of(grant) is not Truth.FALSE:
            continue
        if hop.holder.named_by(grant, case.estate, case.groups).truth is Truth.TRUE:
            told += 1
            where = str(on)
            if on.kind == "project" and own_project is not None and case.same_project(on.name, own_project):
                where = f"{on}, the caller's own project"
            message = f"{hop.holder.label} has {shown(grant.role)} on {where}, which does not contain {hop.target}"
            yield _miss("elsewhere", "grant", message, grant, "resource")
        elif own and on.kind == "service_account" and on.name == own and grant.principal.email == hop.target:
            told += 1
            message = f"{hop.target} has {shown(grant.role)} on {own}: the direction is reversed"
            yield _miss("reversed", "grant", message, grant)
