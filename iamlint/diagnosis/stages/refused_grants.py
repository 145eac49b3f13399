"""The grants of the input that an error refuses: those to the member, or of the role, that it names."""

from __future__ import annotations

from collections.abc import Callable
from itertools import islice

from iamlint.diagnosis.answer import Evidence
from iamlint.diagnosis.asked.case import Case
from iamlint.facts import Grant
from iamlint.unknown import shown

_MOST = 5
_BASIC = frozenset({"roles/owner", "roles/editor", "roles/viewer"})
_OF_ROLES = frozenset({"condition-on-basic-role", "role-not-grantable"})


def refused_grants(case: Case) -> tuple[Evidence, ...]:
    """Return the places of the grants that the error can be about; none if it is about no grant."""
    return _places(case, _refused(case) if case.said.stage == "granting" else None)


def mended_grants(case: Case) -> tuple[Evidence, ...]:
    """Return the places of the grants that name the refused member in its right form."""
    member = case.said.other.get("member", "")
    if case.said.kind == "member-wrong-prefix":
        return _places(case, lambda grant: grant.principal.text == member)
    if case.said.kind == "member-unknown-type" and "@" in member:
        email = member.rpartition(":")[2].lower()
        return _places(case, lambda grant: _email(grant) == email)
    return ()


def _places(case: Case, is_meant: Callable[[Grant], bool] | None) -> tuple[Evidence, ...]:
    if is_meant is None:
        return ()
    of_role = case.said.kind in _OF_ROLES
    found = (
        Evidence(
            (grant.role_place if of_role else grant.principal_place).at,
            f"{shown(grant.role)} on {grant.resource} is granted to {grant.principal.text}",
        )
        for grant in case.estate.of(Grant)
        if is_meant(grant)
    )
    return tuple(islice(dict.fromkeys(found), _MOST))


def _refused(case: Case) -> Callable[[Grant], bool] | None:
    """Return what the refused grants have in common."""
    said = case.said
    member = said.other.get("member", "")
    email = (said.target or said.principal or member).rpartition(":")[2].lower()
    if said.kind == "condition-on-basic-role":
        return lambda grant: grant.condition is not None and shown(grant.role) in _BASIC
    if said.kind == "role-not-grantable":
        role = said.other.get("role", "")
        return (lambda grant: shown(grant.role) == role) if role else None
    if said.kind == "gke-identity-pool-missing":
        start = f"serviceAccount:{said.other.get('pool', '')}["
        return lambda grant: grant.principal.text.startswith(start)
    if said.kind == "member-unknown-type":
        return lambda grant: grant.principal.text == member if member else grant.principal.kind == "malformed"
    if said.kind == "member-wrong-prefix":
        email = member.rpartition(":")[2].lower()
        return lambda grant: grant.principal.text != member and _email(grant) == email
    if said.kind == "account-does-not-exist" and email:
        return lambda grant: _email(grant) == email
    return None


def _email(grant: Grant) -> str:
    return (grant.principal.email or "").lower()
