"""Service agents that a binding or a policy leaves out."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

RULE = ("evicted-service-agent",)
GROUP = '"group:devs@example.com"'
CONDITION = """
  condition {
    title      = "t"
    expression = "request.time < timestamp('2030-01-01T00:00:00Z')"
  }
"""
APIS = "serviceAccount:123456@cloudservices.gserviceaccount.com"


def binding(
    role: str, members: str = GROUP, on: str = 'project = "shop"', kind: str = "project", more: str = ""
) -> str:
    return (
        f'resource "google_{kind}_iam_binding" "b" {{\n  {on}\n  role = "{role}"\n  members = [{members}]\n{more}}}\n'
    )


def agent(name: str) -> str:
    return f'"serviceAccount:service-123456@{name}.iam.gserviceaccount.com"'


def policy(*bindings: tuple[str, str], on: str = 'project = "shop"', kind: str = "project") -> str:
    listed = ", ".join(f'{{role = "{role}", members = [{members}]}}' for role, members in bindings)
    data = f"policy_data = jsonencode({{bindings = [{listed}]}})"
    return f'resource "google_{kind}_iam_policy" "p" {{\n  {on}\n  {data}\n}}\n'


def service(name: str) -> str:
    return (
        f'resource "google_project_service" "{name}" {{\n  project = "shop"\n  service = "{name}.googleapis.com"\n}}\n'
    )


@pytest.mark.parametrize(
    ("text", "named"),
    [
        (binding("roles/editor"), "PROJECT_NUMBER@cloudservices.gserviceaccount.com"),
        (binding("roles/editor", ""), "PROJECT_NUMBER@cloudservices.gserviceaccount.com"),
        (
            binding("roles/editor", f'{GROUP}, "{APIS}"', 'project = "999"'),
            "999@cloudservices.gserviceaccount.com",
        ),
        (binding("roles/container.serviceAgent"), "@container-engine-robot.iam.gserviceaccount.com"),
        (binding("roles/firebaseml.serviceAgent"), "the service agents of firebaseml"),
        # -- another agent than the one that has the role by default
        *(
            (binding(f"roles/{role}.serviceAgent", agent("gcp-sa-pubsub")), f"@{name}.iam.gserviceaccount.com")
            for role, name in (
                ("container", "container-engine-robot"),
                ("spanner", "gcp-sa-spanner"),
                ("cloudsql", "gcp-sa-cloud-sql"),
                ("batch", "gcp-sa-cloudbatch"),
            )
        ),
        (policy(("roles/owner", GROUP)), "PROJECT_NUMBER@cloudservices.gserviceaccount.com (roles/editor)"),
        (
            policy(("roles/editor", f'"{APIS}"')) + service("pubsub"),
            "service-PROJECT_NUMBER@gcp-sa-pubsub.iam.gserviceaccount.com (roles/pubsub.serviceAgent)",
        ),
        (
            policy(("roles/owner", GROUP), on='org_id = "456"', kind="organization"),
            "the service agents of its services",
        ),
    ],
)
def test_who_is_left_out_loses_its_role(check: Check, text: str, named: str) -> None:
    (finding,) = check({"main.tf": text}, select=RULE).findings
    assert named in finding.message


@pytest.mark.parametrize(
    "text",
    [
        binding("roles/editor", f'"{APIS}"'),
        binding("roles/browser"),
        binding("roles/spanner.serviceAgent", agent("gcp-sa-spanner")),
        binding("roles/cloudsql.serviceAgent", agent("gcp-sa-cloud-sql")),
        binding("roles/firebaseml.serviceAgent", agent("gcp-sa-firebasevertexai")),
        binding("roles/viewer"),
        binding("roles/editor", on='folder = "folders/1"', kind="folder"),
        binding("roles/storage.objectAdmin", on='bucket = "b"', kind="storage_bucket"),
        binding(
            "roles/editor",
            more=CONDITION,
        ),
        binding("roles/spanner.serviceAgent", '"serviceAccount:service-123456@gcp-sa-spanner.iam.gserviceaccount.com"'),
        'data "google_project" "p" {}\n'
        + binding(
            "roles/pubsub.serviceAgent",
            '"serviceAccount:service-${data.google_project.p.number}@gcp-sa-pubsub.iam.gserviceaccount.com"',
        ),
        'data "google_project" "p" {}\n'
        + binding("roles/editor", '"serviceAccount:${data.google_project.p.number}@cloudservices.gserviceaccount.com"'),
        'resource "google_project_service_identity" "i" {\n  service = "pubsub.googleapis.com"\n}\n'
        + binding("roles/pubsub.serviceAgent", "google_project_service_identity.i.member"),
        policy(("roles/editor", f'"{APIS}"')),
        policy(("roles/editor", f'"{APIS}"')) + service("secretmanager"),
        policy(
            ("roles/owner", '"serviceAccount:service-org-456@security-center-api.iam.gserviceaccount.com"'),
            on='org_id = "456"',
            kind="organization",
        ),
        policy(("roles/run.viewer", GROUP), on='folder = "folders/1"', kind="folder"),
    ],
)
def test_where_nobody_loses_anything(check: Check, text: str) -> None:
    report = check({"main.tf": text}, select=RULE)
    assert (report.findings, report.unknown_answers) == ((), ())


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (binding("roles/editor", "var.x"), "one of the principals is not known"),
        (binding("roles/editor", f'{GROUP}, "serviceAccount:${{var.x}}"'), "one of the principals is not known"),
        (binding("${var.x}"), "the role is not known"),
        (policy(("roles/owner", "var.x")), "one of the principals is not known"),
    ],
)
def test_what_is_not_known_may_name_it(check: Check, text: str, reason: str) -> None:
    report = check({"main.tf": 'variable "x" {}\n' + text}, select=RULE)
    assert report.findings == ()
    assert [unknown_answer.reason.startswith(reason) for unknown_answer in report.unknown_answers] == [True]


def test_an_export_says_who_loses_what(check: Check) -> None:
    shown = (
        "bindings:\n- members:\n  - serviceAccount:service-1@gcp-sa-x.iam.gserviceaccount.com\n"
        "  role: roles/viewer\netag: B\nversion: 1\n"
    )
    files = {"main.tf": binding("roles/viewer"), "project-shop.yaml": shown}
    (finding,) = check(files, select=RULE).findings
    assert "service-1@gcp-sa-x.iam.gserviceaccount.com" in finding.message
    files["main.tf"] = binding("roles/editor")  # the agent has not even the role today
    assert check(files, select=RULE).findings == ()


def test_the_finding_is_at_the_policy_and_about_the_agent(check: Check) -> None:
    project = 'resource "google_project" "shop" {\n  name = "shop"\n  project_id = "shop-${random_id.x.hex}"\n}\n'
    files = {
        "project.tf": project,
        "main.tf": policy(("roles/viewer", GROUP), on="project = google_project.shop.project_id"),
    }
    (found,) = check(files, select=RULE).findings
    assert (found.at.path, found.at.line, found.origin) == ("main.tf", 2, None)
    assert (found.principal, found.role) == (
        "serviceAccount:PROJECT_NUMBER@cloudservices.gserviceaccount.com",
        "roles/editor",
    )
