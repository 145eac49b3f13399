"""Checks of a call apart from IAM policies: OAuth scopes, the API of its project, quota, organization policies."""

from __future__ import annotations

from iamlint.diagnosis.answer import Evidence, Fix, Stage
from iamlint.diagnosis.asked.attachments import named
from iamlint.diagnosis.asked.caller import MACHINES
from iamlint.diagnosis.asked.case import ASKED, Case
from iamlint.diagnosis.asked.question import CREDENTIALS_METHODS, seconds_of
from iamlint.diagnosis.asked.scopes import scopes_of
from iamlint.diagnosis.callers.exchange import nearest_policy
from iamlint.diagnosis.callers.holder import Holder, account_holder
from iamlint.diagnosis.stages.completeness import missing_policies
from iamlint.diagnosis.stages.hop import hop
from iamlint.facts import Attachment, Impersonation, Place, Resource, Text
from iamlint.queries.services import CREDENTIALS_API, lacks_api
from iamlint.unknown import Truth, Unknown, shown

_LIFETIME = "iam.allowServiceAccountCredentialLifetimeExtension"
_CROSS_PROJECT = "iam.disableCrossProjectServiceAccountUsage"
_HOUR, _LONGEST = 3600, 43200
"""Seconds that a token lives by default, and at most. Source:
https://cloud.google.com/iam/docs/create-short-lived-credentials-direct"""


SCOPES = "OAuth scopes of the caller's token"
CLIENT = "client"
API = "IAM Service Account Credentials API in the caller's project"


def machine_of(case: Case, holder: Holder | None) -> Attachment | None:
    """Return the only machine of the input that runs as the caller, for an error about its scopes."""
    email = holder.principal.email if holder else None
    if case.said.kind != "scopes-insufficient" or not email:
        return None
    kinds = [kind for names in MACHINES.values() for kind in names]
    found = [one for one in case.estate.of(Attachment) if one.resource.kind in kinds and case.account_of(one) == email]
    return found[0] if len(found) == 1 else None


def scopes_stage(case: Case, machine: Attachment | None) -> Stage:
    """Whether the token of a machine has the scopes that the API asks for."""
    if machine is None or case.question.method not in CREDENTIALS_METHODS:
        return Stage(SCOPES, "skipped", "the caller's token is not that of a machine in the input")
    caller = case.question.caller
    found = scopes_of(machine, caller.text if caller.kind == "machine" else machine.declared.address or caller.text)
    evidence = (Evidence(found.at, found.reason),)
    if found.truth is Truth.TRUE:
        return Stage(SCOPES, "done", found.reason, evidence=evidence)
    if found.truth is Truth.UNKNOWN:
        return Stage(SCOPES, "unknown", found.reason, "missing-input", evidence, (found.missing,))
    return Stage(SCOPES, "broken", found.reason, "oauth-scopes", evidence)


def api_stage(case: Case, holder: Holder | None) -> Stage:
    """Whether the consumer project has the IAM Service Account Credentials API.

    A service account is billed to its own project, unless the client names a quota project. Services that the input
    does not show do not fail the call. Source: https://cloud.google.com/docs/quotas/set-quota-project
    """
    if case.question.method not in CREDENTIALS_METHODS:
        return Stage(API, "skipped", f"{case.question.method} does not use it")
    project = consumer_project(case, holder)
    if project is None:
        return Stage(API, "skipped", "which project the call is billed to is not in the input")
    declared = holder.declared if holder else ASKED
    services = case.estate.services_of(project, declared)
    if not services:
        return Stage(API, "skipped", f"the input does not show the services of {shown(project)}")
    lacks = lacks_api(case.estate, project, services, declared)
    at = services[0].place.at
    if lacks.truth is Truth.TRUE:
        message = f"{shown(project)}, the caller's project, does not enable {CREDENTIALS_API}"
        return Stage(API, "broken", message, "api", (Evidence(at, message),))
    if lacks.truth is Truth.UNKNOWN:
        return Stage(API, "skipped", "; ".join(lacks.reasons))
    message = f"{shown(project)} enables {CREDENTIALS_API}"
    enabling = next((one.place.at for one in services if one.name == CREDENTIALS_API), at)
    return Stage(API, "done", message, evidence=(Evidence(enabling, message),))


def consumer_project(case: Case, holder: Holder | None) -> Text | None:
    """Return the project that the call is billed to, where the caller is a service account or names a quota project."""
    quota = quota_of(case)
    if quota is not None and quota.quota_project is not None:
        return quota.quota_project
    if holder is None or holder.principal.kind not in ("service_account", "default_service_account"):
        return None
    return case.project_of(holder.principal.email or "")


def quota_of(case: Case) -> Impersonation | None:
    """Return the provider block or data source that impersonates the target and names a quota project."""
    return next((one for one in case.asking if one.quota_project is not None), None)


def quota_stage(case: Case, holder: Holder | None) -> Stage:
    """Whether the quota project that the client names may be used: by the caller, or by the target."""
    name = "quota project"
    asked = quota_of(case)
    if asked is None or holder is None:
        return Stage(name, "skipped", "the input names no quota project")
    project = asked.quota_project
    assert project is not None  # noqa: S101  # quota_of looks for it
    resource = Resource("project", project)
    who = (holder, account_holder(case, case.target))
    hops = [hop(case, one, "serviceusage.services.use", resource, asked.declared) for one in who]
    truths = [one.truth for one in hops]
    at = asked.declared.at
    if Truth.TRUE in truths:
        return Stage(name, "done", f"the quota project {shown(project)} may be used")
    missing = missing_policies(case, resource, asked.declared)
    own_policy = case.estate.hierarchy.node(resource, asked.declared) in case.exported
    unknown_step = next((one.unknown_steps[0] for one in hops if one.unknown_steps), None)
    if unknown_step:
        return unknown_step.stage(name)
    if Truth.UNKNOWN in truths or (missing and not own_policy):
        reason = f"the policy of the quota project {shown(project)} is not in the input"
        return Stage(name, "skipped", reason, missing=missing)
    message = f"neither the caller nor the target has serviceusage.services.use on the quota project {shown(project)}"
    return Stage(name, "broken", message, "quota-project", (Evidence(at, message),))


def attach_stage(case: Case) -> Stage:
    """Whether an account of another project may be attached to the resource.

    Source: https://cloud.google.com/iam/docs/attach-service-accounts#attaching-different-project
    """
    name = "attaching across projects"
    on = case.question.on
    resources = named(on, case.estate) if on and case.question.method == "actAs" else []
    home = case.project_of(case.target)
    others = [one for one in resources if isinstance(one.project, str) and not case.same_project(one.project, home)]
    if not others or not isinstance(home, str):
        return Stage(name, "skipped", "the resource is not known to be in another project than the account")
    at, there = others[0].place.at, shown(others[0].project)
    policy = nearest_policy(case, _CROSS_PROJECT, home)
    evidence = (Evidence(policy.place.at if policy else at, f"{on} is in {there}, the account in {home}"),)
    if policy is None or policy.reset or isinstance(policy.enforced, Unknown):
        command = f"gcloud org-policies describe {_CROSS_PROJECT} --project={home} --effective"
        message = f"whether accounts of {home} may be attached in {there} is not in the input (by default they may not)"
        return Stage(name, "unknown", message, "missing-input", evidence, (command,))
    if policy.enforced:
        message = f"{_CROSS_PROJECT} is enforced for {home}: its accounts cannot be attached in {there}"
        return Stage(name, "broken", message, "org-policy", evidence)
    return Stage(name, "done", f"accounts of {home} may be attached in other projects")


def backend_stage(case: Case) -> Stage | None:
    """The state backend acts as the caller, where only the provider impersonates.

    Where the backend impersonates too, and the error names another identity, the input is not what ran. None if the
    error names none, or nothing in the input impersonates.
    """
    if not case.asking:
        return None
    backend = next((one for one in case.asking if "backend" in (one.declared.address or "")), None)
    denied = case.said.principal
    if backend is None:
        names = f"; the error names {denied}" if denied else ""
        message = (
            f"the provider impersonates {case.target}, and the state backend does not: it acts as the caller{names}"
        )
        return Stage(CLIENT, "broken", message, "wrong-mode", (Evidence(case.asking[0].place.at, message),))
    if not denied:
        return None
    message = (
        f"the state backend impersonates {case.target}, and the error names {denied}: the backend is not initialised "
        "with this configuration (terraform init -reconfigure), or another configuration ran"
    )
    evidence = (Evidence(backend.place.at, message),)
    fix = Fix(gcloud="terraform init -reconfigure")
    return Stage(CLIENT, "unknown", message, "missing-input", evidence, ("the configuration that ran",), fix=fix)


def lifetime_stage(case: Case) -> Stage:
    """Whether the lifetime that is asked for is allowed for the target."""
    name = "organization policy"
    lifetime, place = lifetime_of(case)
    if lifetime is None or lifetime <= _HOUR or case.question.method != "generateAccessToken":
        return Stage(name, "skipped", "the token lives an hour at most")
    evidence = (Evidence(place.at, f"{lifetime} seconds are asked for"),) if place else ()
    if lifetime > _LONGEST:
        message = f"no token lives longer than {_LONGEST} seconds, and {lifetime} are asked for"
        return Stage(name, "broken", message, "org-policy", evidence)
    project = case.project_of(case.target)
    policy = nearest_policy(case, _LIFETIME, shown(project)) if project is not None else None
    if policy is None:
        if case.declared_account(case.target) or case.said.kind == "token-lifetime":
            message = f"{lifetime} seconds are asked for, and no organization policy {_LIFETIME} lists {case.target}"
            return Stage(name, "broken", message, "org-policy", evidence)
        command = f"gcloud org-policies describe {_LIFETIME} --project={shown(project)} --effective"
        message = f"whether {_LIFETIME} lists {case.target} is not in the input"
        return Stage(name, "unknown", message, "missing-input", evidence, (command,))
    if isinstance(policy.allowed, Unknown):
        why = policy.allowed.reason
        return Stage(name, "unknown", f"the accounts of {_LIFETIME} are not known: {why}", "missing-input", (), (why,))
    listed = [shown(one) for one in policy.allowed]
    if case.target in (one.removeprefix("is:").rpartition("/")[2] for one in listed) or "*" in listed:
        return Stage(name, "done", f"{_LIFETIME} lists {case.target}")
    message = f"{lifetime} seconds are asked for, and {_LIFETIME} lists {', '.join(listed) or 'no account'} only"
    return Stage(name, "broken", message, "org-policy", (Evidence(policy.place.at, message), *evidence))


def lifetime_of(case: Case) -> tuple[int | None, Place | None]:
    """Return the requested lifetime: of the question, else of the only place of the input that asks for the target."""
    if case.question.lifetime is not None:
        return case.question.lifetime, None
    found = [one.lifetime for one in case.asking if one.lifetime]
    if len(found) == 1 and isinstance(found[0][0], str):
        return seconds_of(found[0][0]), found[0][1]
    return None, None
