"""Queries about the APIs that projects enable."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iamlint.estate import Estate, scope
from iamlint.facts import Declaration, Grant, Impersonation, Pool, Project, Service, Text, UnreadPart
from iamlint.finding import Confidence
from iamlint.logic.globs import text_is
from iamlint.logic.verdict import FALSE, Verdict
from iamlint.patterns.match import Match, grant_verdict
from iamlint.pools import PoolName, pool_in
from iamlint.provenance import at, counts_for, outside
from iamlint.unknown import Truth, Unknown, shown

CREDENTIALS_API = "iamcredentials.googleapis.com"
ENABLING = (CREDENTIALS_API, "iam.googleapis.com")
"""Enabling iam.googleapis.com enables the IAM Credentials API with it. Source: the dependencies that
``gcloud services list --available`` and the Service Usage API show for iam.googleapis.com."""

CALLS_CREDENTIALS_API = {
    "resource_kind": ["service_account", "project", "folder", "organization"],
    "principal_kind": [
        "service_account",
        "default_service_account",
        "gke_workload",
        "federated",
        "federated_set",
        "federated_pool",
    ],
    "permission": [
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken",
        "iam.serviceAccounts.signBlob",
        "iam.serviceAccounts.signJwt",
        "iam.serviceAccounts.implicitDelegation",
    ],
}
"""Grants to an account that have an effect only through the IAM Credentials API.

Source: https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts
"""


_ACCOUNTS = ("service_account", "default_service_account")
"""Callers whose project the documentation of quotas names."""


def missing_iamcredentials(estate: Estate) -> Iterator[Match]:
    """Callers of the IAM Credentials API whose own project does not enable it, each once, with all its targets.

    A call is billed to the project that it names, else to that of the calling account; the project of the impersonated
    account does not matter. Source: https://cloud.google.com/docs/quotas/set-quota-project

    A federated identity calls through the project of its pool, a workload of GKE through that of its cluster. Sources:
    https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines#before-you-begin, which
    enables the API there, and the error in https://github.com/google/kctf/issues/194. The calls of people go to a
    project of gcloud's or to one that only their credentials name.
    """
    found: dict[object, list[Match]] = {}
    for match in _uses(estate):
        caller, project = match.words["caller"], match.words["project"]
        key = (caller, project, match.truth, scope(match.fact.declared) if "${" in caller + project else "")
        found.setdefault(key, []).append(match)
    for first, *others in found.values():
        yield replace(first, related=(*first.related, *(other.fact for other in others)))


def _uses(estate: Estate) -> Iterator[Match]:
    if not estate.of(Service):  # without any known services, no project lacks one
        return
    for impersonation in estate.of(Impersonation):
        yield from _asked(estate, impersonation)
    for grant in estate.of(Grant):
        use = grant_verdict(CALLS_CREDENTIALS_API, grant, estate)  # of few roles: callers are looked for after it
        caller = _caller(grant, estate) if use.truth is not Truth.FALSE else None
        if caller and grant.resource.name != caller[0]:
            yield from _called(estate, grant, use, *caller)


def _caller(grant: Grant, estate: Estate) -> tuple[str, Text] | None:
    """Return who calls, as shown, and the project that the call is billed to; None if one of them is not known."""
    pool = pool_in(grant.principal.text)
    if pool and pool.project:
        of_cluster = grant.principal.kind == "gke_workload"
        project = pool.project if of_cluster else _project_of_pool(pool, grant.declared, estate)
        return (f"A workload of the pool {pool.name}", project) if project else None
    email = grant.principal.email
    named = estate.project_of(email, grant.declared) if email else None
    return (email, named) if email and named is not None else None


def _project_of_pool(named: PoolName, declared: Declaration, estate: Estate) -> Text | None:
    """Return the project of a pool: the configuration's pool of this id, else as the principal names it."""
    pools = (one for one in estate.of(Pool) if scope(one.declared) == scope(declared))
    names = (pool_in(one.name) for one in pools if isinstance(one.name, str))
    own = {one.project for one in names if one and one.project and one.id == named.id}
    if len(own) == 1:
        return own.pop()
    return named.project if named.project and "${" not in named.project else None


def _called(estate: Estate, grant: Grant, use: Verdict, caller: str, project: Text) -> Iterator[Match]:
    """Yield what a grant that lets an account impersonate another needs."""
    services = estate.services_of(project, grant.declared)
    verdict = use & lacks_api(estate, project, services, grant.declared)
    if verdict.truth is not Truth.FALSE:
        yield Match(
            grant,
            verdict.truth,
            verdict.permissions,
            verdict.reasons,
            related=services[:1],
            words={"caller": caller, "project": shown(project), "calls": "may call"},
            place=grant.principal_place,
            confidence=_confidence(services) if grant.principal.kind in _ACCOUNTS else "medium",
        )


def _asked(estate: Estate, impersonation: Impersonation) -> Iterator[Match]:
    """Yield what a provider block or a token data source needs: by the project that it names, or by its caller."""
    caller, project = impersonation.caller, impersonation.quota_project
    if project is None and caller is not None:
        project = estate.project_of(shown(caller), impersonation.declared)
    if project is None:
        return
    services = estate.services_of(project, impersonation.declared)
    verdict = lacks_api(estate, project, services, impersonation.declared)
    if verdict.truth is not Truth.FALSE:
        yield Match(
            impersonation,
            verdict.truth,
            reasons=verdict.reasons,
            related=services[:1],
            words={"caller": shown(caller) if caller else "the caller", "project": shown(project), "calls": "calls"},
            confidence=_confidence(services),
        )


def lacks_api(estate: Estate, project: Text, services: tuple[Service, ...], declared: Declaration) -> Verdict:
    """Whether the services of a project are in the input, without the IAM Credentials API."""
    counted = [service for service in services if counts_for(service.declared, declared)]
    enabled = {service.name: text_is(ENABLING, service.name) for service in counted or services}
    if not services or Truth.TRUE in enabled.values():
        return FALSE
    elsewhere = next((one for one in services if text_is(ENABLING, one.name) is Truth.TRUE), None)
    if elsewhere:
        reason = f"{at(elsewhere.declared)} enables {shown(elsewhere.name)}, but is {outside(elsewhere.declared)}"
        return Verdict(Truth.UNKNOWN, (reason,))
    if any(service.complete for service in services):
        return Verdict(Truth.TRUE)
    reasons = [
        f"one of the services of {shown(project)} is not known: {name.reason}"
        for name, truth in enabled.items()
        if isinstance(name, Unknown) and truth is Truth.UNKNOWN
    ]
    reasons += _elsewhere(estate, project, declared)
    if not _is_made_with(estate, project, services):
        reasons.append(f"{CREDENTIALS_API} is not enabled here on {shown(project)}, which something else makes")
    return Verdict(Truth.UNKNOWN, tuple(dict.fromkeys(reasons))) if reasons else Verdict(Truth.TRUE)


def _is_made_with(estate: Estate, project: Text, services: tuple[Service, ...]) -> bool:
    """Whether the configuration that enables these services creates the project, so that it can list them all.

    A resource that enables one service on an existing project does not show the other services.
    """
    roots = {scope(service.declared) for service in services}
    key = {estate.project_key(project, service.declared) for service in services}
    return any(
        scope(made.declared) in roots and estate.project_key(made.project_id, made.declared) in key
        for made in estate.of(Project)
        if ".data." not in f".{made.declared.address or '.data.'}"
    )


def _elsewhere(estate: Estate, project: Text, declared: Declaration) -> Iterator[str]:
    """Yield why the same configuration may enable the API on the project after all."""
    here = scope(declared)
    for service in estate.of(Service):
        if scope(service.declared) != here or text_is(ENABLING, service.name) is Truth.FALSE:
            continue
        if isinstance(service.project, Unknown) and _may_be(service.project, project):
            yield f"{shown(service.name)} is enabled on a project that is not known: {service.project.reason}"
    modules = [one for one in estate.of(UnreadPart) if one.declared.type == "module" and scope(one.declared) == here]
    if modules:  # one question, even if several modules may answer it
        others = f"; so may {len(modules) - 1} more" if len(modules) > 1 else ""
        yield f"{CREDENTIALS_API} may be enabled by a module: {modules[0].reason}{others}"


def _may_be(one: Unknown, other: Text) -> bool:
    return isinstance(other, Unknown) or text_is((other,), one) is not Truth.FALSE


def _confidence(services: tuple[Service, ...]) -> Confidence | None:
    """Terraform need not manage every service of a project; a list from gcloud is complete."""
    return None if any(service.complete for service in services) else "medium"
