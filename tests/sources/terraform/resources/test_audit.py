"""Audit configurations: resources of their own, and parts of policy documents."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from iamlint.facts import AuditConfig, Grant, Resource
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]


def only(instance: Instance) -> AuditConfig:
    (found,) = (fact for fact in facts_of(instance) if isinstance(fact, AuditConfig))
    return found


@pytest.mark.parametrize(
    ("kind", "target", "resource"),
    [
        ("project", {"project": "shop"}, Resource("project", "shop")),
        ("folder", {"folder": "folders/12"}, Resource("folder", "12")),
        ("organization", {"org_id": "34"}, Resource("organization", "34")),
    ],
)
def test_audit_configurations(build: Build, kind: str, target: dict[str, str], resource: Resource) -> None:
    logs = (
        {"log_type": "ADMIN_READ"},
        {"log_type": "DATA_READ", "exempted_members": ["user:ana@example.com", "user:bob@example.com"]},
    )
    arguments = {**target, "service": "iam.googleapis.com"}
    found = only(build(f"google_{kind}_iam_audit_config.a", **arguments, audit_log_config=logs))
    assert (found.resource, found.service, found.log_types) == (
        resource,
        "iam.googleapis.com",
        ("ADMIN_READ", "DATA_READ"),
    )
    assert found.exempted == (("DATA_READ", "user:ana@example.com"), ("DATA_READ", "user:bob@example.com"))
    assert found.place.at.line == 3


def test_what_is_not_known_of_an_audit_configuration(build: Build, unknown_part: UnknownPartOf) -> None:
    kind, why = "google_project_iam_audit_config.a", Unknown("var.logs has no default and is not set")
    found = only(build(kind, project="shop", service=Unknown("var.service"), unknown_block_audit_log_config=why))
    assert (found.log_types, found.exempted) == (why, why)
    assert isinstance(found.service, Unknown)
    assert found.service.text == "${google_project_iam_audit_config.a.service}"
    logs = {"log_type": unknown_part("each.key"), "exempted_members": why}
    found = only(build(kind, project="shop", service="allServices", audit_log_config=logs))
    assert found.log_types == (unknown_part("each.key"),)
    assert found.exempted == why


def test_an_exempted_account_is_the_one_that_is_declared(build: Build, unknown_part: UnknownPartOf) -> None:
    members = [
        unknown_part("google_service_account.ci.member"),
        unknown_part("serviceAccount:", "google_service_account.cd.email"),
        unknown_part("serviceAccount:", "google_service_account.ce.unique_id"),
    ]
    logs = {"log_type": "DATA_READ", "exempted_members": members}
    found = only(build("google_project_iam_audit_config.a", project="shop", service="s", audit_log_config=logs))
    assert isinstance(found.exempted, tuple)
    assert [who for _, who in found.exempted] == [
        "serviceAccount:${google_service_account.ci.email}",
        "serviceAccount:${google_service_account.cd.email}",
        members[2],
    ]


def document(config: object) -> str:
    bindings = [{"role": "roles/viewer", "members": ["user:ana@example.com"]}]
    return json.dumps({"bindings": bindings, "auditConfigs": config})


def test_a_policy_document_holds_them_too(build: Build) -> None:
    logs = [{"logType": "DATA_WRITE", "exemptedMembers": ["user:ana@example.com"]}, {"logType": "DATA_READ"}]
    text = document([{"service": "allServices", "auditLogConfigs": logs}])
    grant, config = facts_of(build("google_project_iam_policy.p", project="shop", policy_data=text))
    assert isinstance(grant, Grant)
    assert isinstance(config, AuditConfig)
    assert (config.resource, config.service) == (Resource("project", "shop"), "allServices")
    assert config.log_types == ("DATA_WRITE", "DATA_READ")
    assert config.exempted == (("DATA_WRITE", "user:ana@example.com"),)


@pytest.mark.parametrize(
    "config",
    [
        [7],
        ["x"],
        [{"service": 7, "auditLogConfigs": "x"}],
        [{"auditLogConfigs": [7]}],
        [{"service": "allServices", "auditLogConfigs": [{"logType": "DATA_READ", "exemptedMembers": "x"}]}],
        "x",
    ],
)
def test_a_document_of_another_shape_is_unknown_not_raised(build: Build, config: object) -> None:
    found = only(build("google_folder_iam_policy.p", folder="12", policy_data=document(config)))
    assert Unknown in map(type, (found.service, found.log_types, found.exempted))


@pytest.mark.parametrize(
    ("kind", "target"), [("google_storage_bucket_iam_policy.p", {"bucket": "b"}), ("google_project_iam_policy.p", {})]
)
def test_no_audit_configuration_no_fact(build: Build, kind: str, target: dict[str, str]) -> None:
    bucket = "bucket" in target
    text = document([{"service": "allServices", "auditLogConfigs": []}] if bucket else [])
    assert not any(isinstance(fact, AuditConfig) for fact in facts_of(build(kind, **target, policy_data=text)))


SOURCE = """
data "google_iam_policy" "p" {
  binding {
    role    = "roles/viewer"
    members = ["user:ana@example.com"]
  }
  audit_config {
    service = "allServices"
    audit_log_configs {
      log_type         = "DATA_READ"
      exempted_members = [var.exempted]
    }
  }
}
variable "exempted" {}
resource "google_organization_iam_policy" "p" {
  org_id      = "34"
  policy_data = data.google_iam_policy.p.policy_data
}
"""


def test_a_policy_of_a_data_source_is_placed_where_that_is_written(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SOURCE)
    (config,) = (fact for fact in read([tmp_path], Options()).facts if isinstance(fact, AuditConfig))
    assert (config.resource, config.log_types) == (Resource("organization", "34"), ("DATA_READ",))
    assert config.place.at.line == 8
    assert isinstance(config.exempted, tuple)
    ((_, exempted),) = config.exempted
    assert isinstance(exempted, Unknown)
    assert exempted.text == "${var.exempted}"
