"""What clients state of themselves: workflows, annotations."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import (
    ACCOUNT,
    GITHUB_CLAIMS,
    POOL,
    TARGET,
    WORKLOAD,
    Case,
    ask,
    case,
    check,
    grant,
    pool_member,
    provider,
)

G = "github:acme/app"
CLAIMS = {"repository": "acme/app", "repository_owner": "acme", **GITHUB_CLAIMS}
BASE = ACCOUNT + POOL
WF = (
    """on: push
%s
jobs:
  d:
    runs-on: ubuntu-latest
    %s
    steps:
      - uses: actions/checkout@v4
      - uses: google-github-actions/auth@v2
        with:
          workload_identity_provider: projects/2345678901/locations/global/workloadIdentityPools/gh/providers/p
          service_account: """
    + TARGET
    + "\n"
)
TFG = (
    BASE
    + provider("assertion.repository_owner=='acme'")
    + grant(pool_member("attribute.repository/acme/app"), WORKLOAD)
)


def wf(a, b=""):
    return {"main.tf": TFG, ".github/workflows/d.yml": WF % (a, b)}


envsub = BASE + provider() + grant(pool_member("subject/repo:acme/app:environment:prod", "principal"), WORKLOAD)
KSA = "apiVersion: v1\nkind: ServiceAccount\nmetadata:\n  name: app\n  namespace: web\n  annotations:\n    iam.gke.io/gcp-service-account: %s\n"
KT = ACCOUNT + grant('"serviceAccount:shop.svc.id.goog[web/app]"', WORKLOAD)


GKE = (
    "Unable to generate access token; IAM returned 403 Forbidden: Permission 'iam.serviceAccounts.getAccessToken' denied "
    "on resource (or it may not exist)."
)
CLUSTER = """
resource "google_container_cluster" "c" {
  project  = "tools"
  name     = "c"
  location = "europe-west1"
}
"""


def annotated(email: str) -> str:
    """Return Terraform of a Kubernetes service account with the annotation of GKE."""
    return f"""
resource "kubernetes_service_account" "app" {{
  metadata {{
    name        = "app"
    namespace   = "web"
    annotations = {{ "iam.gke.io/gcp-service-account" = {email} }}
  }}
}}
"""


def of_gke(name: str, terraform: str, right: str, caller: str | None = None) -> Case:
    """A question of an error of GKE's metadata server alone."""
    return case(name, terraform, caller, right, target=None, error=GKE)


OWN = annotated("google_service_account.batch.email")
TO_TOOLS = grant('"serviceAccount:tools.svc.id.goog[web/app]"', WORKLOAD)
CASES = [
    of_gke("annotation in Terraform, no grant", ACCOUNT + OWN, "fails grant"),
    of_gke(
        "annotation, another namespace",
        ACCOUNT + OWN + grant('"serviceAccount:shop.svc.id.goog[default/app]"', WORKLOAD),
        "fails member",
    ),
    of_gke("annotation, granted", KT + OWN, "unknown missing-input"),
    of_gke("annotation, the pool of a cluster elsewhere", ACCOUNT + OWN + CLUSTER + TO_TOOLS, "unknown missing-input"),
    of_gke("annotation, the pool of the wrong project", KT + OWN + CLUSTER, "fails member"),
    of_gke("annotation, a pool that nothing shows", ACCOUNT + OWN + TO_TOOLS, "unknown missing-input"),
    of_gke(
        "annotation of an unknown account",
        KT + annotated("var.email") + 'variable "email" {}\n',
        "unknown missing-input",
    ),
    case("annotation, no error", KT + OWN, "ksa:shop/web/app", "works", target=None),
    case(
        "annotation of another",
        KT + annotated('"other@shop.iam.gserviceaccount.com"'),
        "ksa:shop/web/app",
        "fails member",
    ),
    case("wf no perms", wf(""), G, "not-iam"),
    case("wf perms", wf("permissions:\n  id-token: write"), G, "works"),
    case("wf perms infer target", wf("permissions:\n  id-token: write"), G, "works", target=None),
    case("wf job override", wf("permissions:\n  id-token: write", "permissions:\n      contents: read"), G, "not-iam"),
    case("wf called", {k: v.replace("on: push", "on: [workflow_call]") for k, v in wf("").items()}, G, "works"),
    *(
        case(f"wf on {on}", {k: v.replace("on: push", f"on: {on}") for k, v in wf("").items()}, G, verdict)
        for on, verdict in (
            ("workflow_call", "works"),
            ("{workflow_call: {}}", "works"),
            ("[push, 7]", "not-iam"),
            ("7", "not-iam"),
            ("no", "not-iam"),
            ("", "not-iam"),
        )
    ),
    case(
        "wf project id",
        {
            k: v.replace("projects/2345678901/", "projects/tools/")
            for k, v in wf("permissions:\n  id-token: write").items()
        },
        G,
        "fails federation",
    ),
    case(
        "wf env",
        {"main.tf": envsub, ".github/workflows/d.yml": WF % ("permissions:\n  id-token: write", "environment: prod")},
        G,
        "works",
    ),
    case(
        "wf env other",
        {"main.tf": envsub, ".github/workflows/d.yml": WF % ("permissions:\n  id-token: write", "environment: stage")},
        G,
        "fails member",
    ),
    case("ksa ann", {"main.tf": KT, "k8s/sa.yaml": KSA % TARGET}, "ksa:shop/web/app", "works", target=None),
    case(
        "ksa ann wrong",
        {"main.tf": KT, "k8s/sa.yaml": KSA % "other@shop.iam.gserviceaccount.com"},
        "ksa:shop/web/app",
        "fails member",
    ),
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_question(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)


@pytest.mark.parametrize(("more", "listed"), [("", True), (CLUSTER, False)])
def test_the_project_of_the_cluster_is_listed_if_nothing_shows_it(tmp_path: Path, more: str, listed: bool) -> None:
    answer = ask(tmp_path, ACCOUNT + OWN + more, None, None, error=GKE)
    assert any(text.startswith("the project of the workload's cluster") for text in answer.not_in_input) is listed
