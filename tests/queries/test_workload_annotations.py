"""Annotations of service accounts of Kubernetes, compared with the members that may become the account."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from iamlint.estate import Estate
from iamlint.queries.federation.grants import unmatched_federated_principals
from iamlint.roles import catalog
from iamlint.sources import read
from iamlint.sources.reading import Options

GRANT = """
resource "google_service_account" "web" {
  project    = "shop"
  account_id = "web"
}

resource "google_service_account_iam_member" "MEMBER" {
  service_account_id = google_service_account.web.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:shop.svc.id.goog[MEMBER]"
}
"""
ANNOTATED = """
resource "kubernetes_service_account_v1" "web" {
  metadata {
    name        = "web"
    namespace   = NAMESPACE
    annotations = { "iam.gke.io/gcp-service-account" = google_service_account.web.email }
  }
}
"""
OTHER = ANNOTATED.replace("NAMESPACE", '"x"').replace("google_service_account.web.email", '"a@b.c"')
YAML = """\
apiVersion: v1
kind: ServiceAccount
metadata:
  name: web
  namespace: frontend
  annotations:
    iam.gke.io/gcp-service-account: web@shop.iam.gserviceaccount.com
---
apiVersion: v1
kind: Namespace
metadata: {name: frontend}
"""


def found(directory: Path, terraform: str, *more: str, yaml: str = "") -> list[str]:
    (directory / "main.tf").write_text(terraform, encoding="utf-8")
    paths = [directory / "main.tf"]
    if yaml:
        (directory / "web.yaml").write_text(yaml, encoding="utf-8")
        paths.append(directory / "web.yaml")
    reading = read(paths, Options(files_are_named=True))
    assert reading.errors == []
    matches = unmatched_federated_principals(Estate(reading.facts, catalog(), date(2026, 1, 1)))
    return [match.words["problem"] for match in matches]


def grant(member: str) -> str:
    return GRANT.replace('"MEMBER"', '"one"').replace("MEMBER", member)


def also(member: str) -> str:
    return (
        GRANT[GRANT.index('resource "google_service_account_iam') :]
        .replace('"MEMBER"', '"two"')
        .replace("MEMBER", member)
    )


@pytest.mark.parametrize("member", ["default/web", "frontend/api"])
def test_another_namespace_or_name_does_not_fit(tmp_path: Path, member: str) -> None:
    (problem,) = found(tmp_path, grant(member) + ANNOTATED.replace("NAMESPACE", '"frontend"'))
    assert problem.startswith("the annotation with this account is on frontend/web (")


@pytest.mark.parametrize(
    "terraform",
    [
        grant("frontend/web") + ANNOTATED.replace("NAMESPACE", '"frontend"'),
        grant("frontend/web") + also("batch/job") + ANNOTATED.replace("NAMESPACE", '"frontend"'),
        'variable "ns" {}\n' + grant("default/web") + ANNOTATED.replace("NAMESPACE", "var.ns"),
        grant("default/web"),
        grant("default/web")
        + ANNOTATED.replace("NAMESPACE", '"x"').replace("google_service_account.web.email", '"a@b.c"'),
    ],
)
def test_what_fits_or_may_fit_or_is_elsewhere(tmp_path: Path, terraform: str) -> None:
    assert found(tmp_path, terraform) == []


def test_a_manifest_that_is_named_counts(tmp_path: Path) -> None:
    assert len(found(tmp_path, grant("default/web"), yaml=YAML)) == 1
    assert found(tmp_path, grant("frontend/web"), yaml=YAML) == []
