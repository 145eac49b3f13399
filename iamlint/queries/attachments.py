"""Queries about attached accounts."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.estate import Estate
from iamlint.facts import Attachment, OrgPolicy, Place, Text
from iamlint.logic.globs import text_is
from iamlint.patterns.match import Match
from iamlint.unknown import Truth, Unknown

FULL_SCOPE = ("cloud-platform", "https://www.googleapis.com/auth/cloud-platform")
HOME_ONLY = "iam.disableCrossProjectServiceAccountUsage"


def full_api_scopes(estate: Estate) -> Iterator[Match]:
    """Default accounts that are attached with the scope that allows every API."""
    for attached in estate.of(Attachment):
        scopes = attached.scopes
        if scopes is None or attached.default is None:
            continue
        if isinstance(scopes, Unknown):
            yield Match(attached, Truth.UNKNOWN, reasons=(f"the access scopes are not known: {scopes.reason}",))
            continue
        for scope, place in scopes:
            yield from _full(attached, scope, place)


def _full(attached: Attachment, scope: Text, place: Place) -> Iterator[Match]:
    truth, reasons = text_is(FULL_SCOPE, scope), []
    if truth is Truth.FALSE:
        return
    if isinstance(scope, Unknown):
        reasons.append(f"one of the access scopes is not known: {scope.reason}")
    if isinstance(attached.default, Unknown):
        truth = Truth.UNKNOWN
        reasons.append(f"the account is not known: {attached.default.reason}")
    shown = scope.text if isinstance(scope, Unknown) else scope.rpartition("/")[2]
    yield Match(attached, truth, reasons=tuple(reasons), words={"scope": shown}, place=place)


def cross_project_attachments(estate: Estate) -> Iterator[Match]:
    """Accounts attached outside of a project, if the input shows that the project forbids cross-project attachment."""
    keeping = {
        name: policy
        for policy in estate.of(OrgPolicy)
        if policy.constraint == HOME_ONLY and policy.enforced is True and policy.resource.kind == "project"
        if (name := estate.project_key(policy.resource.name, policy.declared))
    }
    for attached in estate.of(Attachment) if keeping else ():
        if not isinstance(attached.account, str) or attached.project is None:
            continue
        home = estate.project_of(attached.account, attached.declared)
        home_key = estate.project_key(home, attached.declared) if home is not None else None
        here = attached.project
        if (
            home_key not in keeping
            or isinstance(here, Unknown)
            or estate.project_key(here, attached.declared) == home_key
        ):
            continue
        words = {"project": here, "home": home if isinstance(home, str) else home_key}
        yield Match(attached, Truth.TRUE, related=(keeping[home_key],), words=words)
