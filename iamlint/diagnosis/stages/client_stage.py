"""The client's configuration: whether it asks for what the question is about, and may ask at all."""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.answer import Evidence, Fix, Stage
from iamlint.diagnosis.asked.caller import GITHUB
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.asked.clients import ANNOTATION, Client

NAME = "client configuration"
_OF_GITHUB = ("gha-no-id-token", "wif-provider-name-malformed", "sts-invalid-target")
"""Errors of a pipeline before Google knows who calls: the workflows of the input show their causes."""


def client_stage(case: Case) -> Stage:
    """Whether the files of the client agree with the call."""
    found = of_caller(case)
    misnamed = None if found else _misnamed(case)
    if misnamed:
        return misnamed
    if not found:
        return Stage(NAME, "skipped", "no file of the client is in the input")
    wrong = next((stage for one in found if (stage := _wrong(case, one))), None)
    first = found[0]
    return wrong or Stage(NAME, "done", f"{first.at.path} asks for it", evidence=(Evidence(first.at, "the client"),))


_PROJECT_ID = regex(r"[a-z][a-z0-9-]{4,28}[a-z0-9]\Z")


def _misnamed(case: Case) -> Stage | None:
    """Return the stage of an error that names its provider by a project's id: the exchange takes only the number.

    Source: https://github.com/google-github-actions/auth/blob/main/docs/TROUBLESHOOTING.md
    """
    project = case.said.provider.partition("projects/")[2].partition("/")[0]
    if case.said.settles != "federation" or not _PROJECT_ID.match(project):
        return None
    message = f"the error names the provider by the project's id {project!r}, where its number belongs"
    fix = Fix(
        gcloud=f'gcloud projects describe {project} --format="value(projectNumber)"',
        note="Write this number in place of the id in the provider's name, where the client is configured.",
    )
    return Stage(NAME, "broken", message, "federation", fix=fix)


def of_caller(case: Case) -> list[Client]:
    """Return the clients that may make the call: of the caller's kind, and for the target where one states it."""
    caller = case.question.caller
    if caller.kind == "ksa":
        return [one for one in case.clients if one.workload == f"{caller.namespace}/{caller.name}"]
    kinds = {GITHUB: "github-actions"}
    wanted = kinds.get(caller.claims.get("iss", ""), "") if caller.kind == "token" else ""
    if caller.kind == "unknown" and case.said.kind in _OF_GITHUB:
        wanted = "github-actions"
    found = [one for one in case.clients if one.kind == wanted]
    for_target = [one for one in found if one.target and case.email_of(one.target) == case.target]
    return for_target or found


def _wrong(case: Case, client: Client) -> Stage | None:
    evidence: tuple[Evidence, ...]
    if client.kind == "github-actions" and client.id_token is False:
        message = "the job has no `permissions: id-token: write`, so that GitHub gives it no token"
        fix = Fix(
            file=client.at.path,
            note="Add to the job: `permissions: {contents: read, id-token: write}`. No grant is missing for this.",
        )
        return Stage(NAME, "broken", message, "not-iam", (Evidence(client.at, message),), fix=fix)
    if client.provider and client.kind == "github-actions":
        project = client.provider.partition("projects/")[2].partition("/")[0]
        if project and not project.isdecimal():
            message = f"the provider's name has the project {project!r}, where its number belongs"
            return Stage(NAME, "broken", message, "federation", (Evidence(client.at, message),))
        if "/providers/" not in client.provider:
            message = "the name is that of a pool, where that of a provider belongs"
            return Stage(NAME, "broken", message, "federation", (Evidence(client.at, message),))
    if client.workload and client.direct and case.target and case.said.of_resource:
        message = f"{client.workload} has no annotation {ANNOTATION}: the workload keeps its own identity"
        return Stage(NAME, "broken", message, "wrong-mode", (Evidence(client.at, message),))
    if client.workload and client.target and case.target and case.email_of(client.target) != case.target:
        message = f"the annotation of {client.workload} names {client.target}, not {case.target}"
        evidence = (Evidence(client.at, message),)
        return Stage(NAME, "broken", message, "member", evidence)
    return None


def claims_of(clients: tuple[Client, ...], claims: Mapping[str, str]) -> dict[str, str]:
    """Return the claims that the only workflow of the input adds to those given: its audience and environment."""
    found = dict(claims)
    workflows = [one for one in clients if one.kind in ("github-actions", "gitlab")]
    if len(workflows) != 1:
        return found
    (one,) = workflows
    if one.audience:
        found.setdefault("aud", one.audience)
    if one.environment and "repository" in found:
        found.setdefault("environment", one.environment)
        found.setdefault("sub", f"repo:{found['repository']}:environment:{one.environment}")
    return found
