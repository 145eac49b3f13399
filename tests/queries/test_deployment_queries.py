"""Running code as a privileged account: through what runs as it, through a cluster, a pool or an agent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

ADMIN = "admin@shop.iam.gserviceaccount.com"
ANA = "user:ana@example.com"
RULE = "deploy-as-privileged-account"
ACT_AS = "act-as-privileged-account"


def block(kind: str, label: str, body: str) -> str:
    return f'resource "{kind}" "{label}" {{\n{body}\n}}\n'


def on_project(role: str, member: str = ANA, project: str = "shop", label: str = "ana") -> str:
    return block("google_project_iam_member", label, f'project = "{project}"\nrole = "{role}"\nmember = "{member}"')


def on_admin(role: str, member: str = ANA, label: str = "on") -> str:
    account = f"projects/shop/serviceAccounts/{ADMIN}"
    return block(
        "google_service_account_iam_member",
        label,
        f'service_account_id = "{account}"\nrole = "{role}"\nmember = "{member}"',
    )


def runs_job(account: str = ADMIN) -> str:
    inner = f'template {{\ntemplate {{\nservice_account = "{account}"\n}}\n}}'
    return block("google_cloud_run_v2_job", "j", f'project = "shop"\nlocation = "l"\nname = "migrate"\n{inner}')


def on_job(role: str, name: str = "migrate") -> str:
    return block(
        "google_cloud_run_v2_job_iam_member",
        "ana",
        f'project = "shop"\nlocation = "l"\nname = "{name}"\nrole = "{role}"\nmember = "{ANA}"',
    )


def runs_vm(account: str | None = ADMIN) -> str:
    attached = f'service_account {{\nemail = "{account}"\nscopes = ["cloud-platform"]\n}}' if account else ""
    return block(
        "google_compute_instance", "v", f'project = "shop"\nzone = "z"\nname = "v"\nmachine_type = "t"\n{attached}'
    )


OWNER = on_project("roles/owner", f"serviceAccount:{ADMIN}", label="owner")
USER = on_admin("roles/iam.serviceAccountUser")
WORKLOAD = on_admin("roles/iam.workloadIdentityUser", "serviceAccount:shop.svc.id.goog[web/site]", "workload")


def pool(project: str) -> str:
    number = block("google_project", "p", f'project_id = "{project}"\nname = "p"')
    member = "principalSet://iam.googleapis.com/projects/${google_project.p.number}/locations/global/workloadIdentityPools/ci/*"
    return number + on_admin("roles/iam.workloadIdentityUser", member, "pool")


def found(check: Check, *parts: str, select: str = RULE) -> list[tuple[str, str, str]]:
    report = check({"main.tf": "".join(parts)}, select=(select,))
    assert not report.errors
    return [(str(one.address), one.severity, one.confidence) for one in report.findings]


@pytest.mark.parametrize(
    ("parts", "flagged"),
    [
        ((runs_job(), on_job("roles/run.developer")), "google_cloud_run_v2_job_iam_member.ana"),
        ((runs_job(), on_project("roles/run.developer")), "google_project_iam_member.ana"),
        ((runs_job(), on_job("roles/run.developer", "other")), ""),
        ((runs_job(), on_job("roles/run.invoker")), ""),
        ((runs_job("plain@shop.iam.gserviceaccount.com"), on_job("roles/run.developer")), ""),
        ((runs_vm(), on_project("roles/osconfig.patchJobExecutor")), "google_project_iam_member.ana"),
        ((runs_vm(), on_project("roles/osconfig.patchJobViewer")), ""),
        ((runs_vm(None), on_project("roles/osconfig.patchJobExecutor")), ""),
        ((runs_vm(), on_project("roles/compute.osAdminLogin"), USER), "google_project_iam_member.ana"),
        ((runs_vm(), on_project("roles/compute.osAdminLogin")), ""),
        ((WORKLOAD, on_project("roles/container.developer")), "google_project_iam_member.ana"),
        ((WORKLOAD, on_project("roles/container.viewer")), ""),
        ((WORKLOAD, on_project("roles/container.developer", project="other")), ""),
        ((pool("shop"), on_project("roles/iam.workloadIdentityPoolAdmin")), "google_project_iam_member.ana"),
        ((pool("other"), on_project("roles/iam.workloadIdentityPoolAdmin")), ""),
    ],
)
def test_what_runs_as_the_account_or_may_become_it(check: Check, parts: tuple[str, ...], flagged: str) -> None:
    assert found(check, OWNER, *parts) == ([(flagged, "high", "high")] if flagged else [])


@pytest.mark.parametrize(
    ("parts", "count"),
    [
        ((runs_job(), on_job("${var.role}")), 1),
        ((runs_job(), on_job('${var.on ? "roles/run.invoker" : "roles/run.developer"}')), 1),
        ((runs_job(), on_job('${var.on ? "roles/run.invoker" : "roles/run.viewer"}')), 0),
        ((runs_job(), on_job("organizations/1/roles/unknown")), 1),
        ((runs_job(), runs_job().replace('"j"', '"k"'), on_job("${var.role}")), 1),
        ((runs_job(), on_job("${var.role}", "other")), 0),
        ((runs_job("plain@shop.iam.gserviceaccount.com"), on_job("${var.role}")), 0),
        ((runs_job(), on_job("${var.role}"), on_project("roles/owner", label="own")), 0),
        ((runs_job(), on_job("${var.role}").replace(ANA, "allUsers")), 0),  # another rule
    ],
)
def test_a_role_that_is_not_known_on_what_runs_as_the_account(check: Check, parts: tuple[str, ...], count: int) -> None:
    variables = 'variable "role" {}\nvariable "on" {}\n'
    report = check({"main.tf": variables + OWNER + "".join(parts)}, select=(RULE,))
    assert not report.errors
    assert not report.findings
    assert [one.rule for one in report.unknown_answers] == [RULE] * count


@pytest.mark.parametrize(
    ("role", "project", "flagged"),
    [
        ("roles/aiplatform.user", "shop", True),
        ("roles/aiplatform.viewer", "shop", False),
        ("roles/aiplatform.user", "other", False),
        # Other rules report principals that may use every account of the project.
        ("roles/editor", "shop", False),
        ("roles/viewer", "shop", False),
    ],
)
def test_an_agent_that_mints_for_every_account(check: Check, role: str, project: str, flagged: bool) -> None:
    wanted = [("google_project_iam_member.ana", "high", "medium")] if flagged else []
    assert found(check, OWNER, on_project(role, project=project)) == wanted


def test_without_a_privileged_account_an_agent_is_no_finding(check: Check) -> None:
    assert found(check, on_project("roles/aiplatform.user")) == []


def test_the_message_names_the_agent_and_its_role(check: Check) -> None:
    report = check({"main.tf": OWNER + on_project("roles/aiplatform.user")}, select=(RULE,))
    (finding,) = report.findings
    assert "aiplatform.customJobs.create" in finding.message
    assert "roles/aiplatform.customCodeServiceAgent" in finding.message


@pytest.mark.parametrize("role", ["roles/pubsub.editor", "roles/dataform.admin"])
def test_less_than_calls_is_milder(check: Check, role: str) -> None:
    assert [severity for _, severity, _ in found(check, OWNER, USER, on_project(role))] == ["medium"]


def test_who_deploys_is_not_reported_for_what_runs_again(check: Check) -> None:
    parts = (OWNER, runs_job(), USER, on_project("roles/run.developer"))
    assert [address for address, _, _ in found(check, *parts)] == ["google_service_account_iam_member.on"]


@pytest.mark.parametrize(
    ("parts", "flagged"),
    [
        ((), True),
        ((on_project("roles/run.viewer"),), True),
        ((on_project("roles/run.developer", project="other"),), True),
        ((on_project("roles/run.developer"),), False),
        ((runs_vm(), on_project("roles/compute.osAdminLogin")), False),
        ((on_project("roles/owner"),), False),
    ],
)
def test_attaching_without_a_known_way_to_deploy(check: Check, parts: tuple[str, ...], flagged: bool) -> None:
    wanted = [("google_service_account_iam_member.on", "medium", "low")] if flagged else []
    assert found(check, OWNER, USER, *parts, select=ACT_AS) == wanted


def test_a_condition_that_is_not_known_makes_a_way_unknown(check: Check) -> None:
    condition = 'condition {\ntitle = "t"\nexpression = "resource.matchTag(\\"1/env\\", \\"dev\\")"\n}'
    grant = on_job("roles/run.developer").removesuffix("}\n") + condition + "\n}\n"
    report = check({"main.tf": OWNER + runs_job() + grant}, select=(RULE,))
    assert not report.findings
    assert [one.rule for one in report.unknown_answers] == [RULE]


def test_a_deny_policy_closes_a_way(check: Check) -> None:
    deny = block(
        "google_iam_deny_policy",
        "d",
        'parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop"\nname = "d"\nrules {\ndeny_rule {\n'
        'denied_principals = ["principal://goog/subject/ana@example.com"]\n'
        'denied_permissions = ["run.googleapis.com/jobs.runWithOverrides"]\n}\n}',
    )
    assert found(check, OWNER, runs_job(), on_project("roles/run.developer"), deny) == []
