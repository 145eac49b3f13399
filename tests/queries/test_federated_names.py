"""Federated principals that can never match, by their spelling and by what their provider admits."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iamlint.federation.names import misspelling
from iamlint.principals import read_principal
from iamlint.unknown import Unknown, UnknownPart

Check = Callable[..., Any]
SET = "principalSet://iam.googleapis.com/projects/123/locations/global/workloadIdentityPools/ci"
ONE = SET.replace("principalSet", "principal")
STAFF = "principalSet://iam.googleapis.com/locations/global/workforcePools/staff"
GKE = ONE.removesuffix("ci") + "shop.svc.id.goog"


@pytest.mark.parametrize(
    "text",
    [
        f"{SET}/example/*",
        "principalSet://iam.googleapis.com/ci/attribute.repository/example/shop",
        "principal://iam.googleapis.com/ci/subject/repo:example/shop:ref:refs/heads/main",
        "principalSet://iam.googleapis.com//projects/123/locations/global/workloadIdentityPools/ci/attribute.x/y",
        f"{SET}/attribute.repository/example/*",
        f"{SET}/attribute.repository/example/shop-*",
        f"{SET}/subject/*",
        f"{SET}/group/*",
        f"{SET}/providers/github/*",
        f"{SET}/*/example",
        f"{STAFF}/group/*",
        f"{STAFF}/subject/*",
        f"{ONE}/subject/repo:example/*",
        f"{ONE}/*",
        f"{SET.removesuffix('ci')}*/*",
        SET,
        f"{SET}/",
        f"{SET}/attribute.repository",
        f"{SET}/attributes.repository/example/shop",
        f"{SET}/attribute.Repository/example/shop",
        f"{SET}/repository/example/shop",
        f"{SET}/providers/github/attribute.repository/example/shop",
        f"{ONE}/subject/SUBJECT_ATTRIBUTE_VALUE",
        f"{ONE}/subject/repo:YOUR_ORG/YOUR_REPO:ref:refs/heads/main",
        f"{SET}/attribute.repository/<OWNER>/<REPO>",
        f"{SET}/attribute.repository/REPLACE_ME",
        f"{SET}/attribute.repository/https://github.com/example/shop",
        f"{ONE}/subject/{'é' * 64}",
        f"{ONE.replace('global', 'europe-west1')}/subject/x",
        f"{ONE.replace('projects/123/', '')}/subject/x",
        f"{GKE}/subject/system:serviceaccount:web:web",
        f"{GKE}/subject/ns/web/sa/web app",
        f"{GKE.replace('principal:', 'principalSet:')}/attribute.repository/example/shop",
        f"{GKE.replace('principal:', 'principalSet:')}/group/web",
        f"{GKE.replace('principal:', 'principalSet:')}/namespace/web/sa/web",
        "serviceAccount:shop.svc.id.goog[web/ web]",
        "serviceAccount:shop.svc.id.goog[Web/web]",
        "serviceAccount:shop.svc.id.goog[web/web/web]",
        f"{SET.replace('Pools', 'Pool')}/attribute.repository/example/shop",
        f"{SET.replace('workloadIdentityPools', 'workload-identity-pools')}/*",
        f"{SET.removesuffix('ci')}POOL_ID/attribute.repository/example/shop",
        f"{STAFF.removesuffix('staff')}Staff/group/operators",
    ],
)
def test_nobody_is_called_so(text: str) -> None:
    principal = read_principal(text)
    assert misspelling(principal) is not None
    assert principal.kind != "federated_pool"


@pytest.mark.parametrize(
    "text",
    [
        f"{SET}/*",
        f"{STAFF}/*",
        f"{STAFF}/group/operators@example.com",
        f"{SET}/attribute.repository/example/shop",
        f"{SET}/attribute.sub/organization:example:project:Default Project:workspace:prod",
        f"{SET}/attribute.repository/my-org/shop",
        f"{SET}/attribute.url/https://gitlab.example/shop",
        f"{ONE}/subject/repo:example/shop:ref:refs/heads/main",
        f"{ONE}/subject/{'x' * 127}",
        f"{GKE}/subject/ns/web/sa/web.app",
        f"{GKE}/kubernetes.serviceaccount.uid/0a1b",
        f"{GKE.replace('principal', 'principalSet')}/namespace/web",
        "serviceAccount:shop.svc.id.goog[web/web]",
        "serviceAccount:shop.svc.id.goog[{{.namespace}}/{{ name }}]",
        "principalSet://cloudresourcemanager.googleapis.com/projects/123/type/ServiceAccount",
        "principal://agents.global.org-1.system.id.goog/resources/x/y",
        f"{ONE.removesuffix('ci')}example.com:shop.svc.id.goog/subject/ns/web/sa/web",
        "principal://iam.googleapis.com/projects/-/serviceAccounts/ci@shop.iam.gserviceaccount.com",
        "user:ana@example.com",
    ],
)
def test_somebody_may_be_called_so(text: str) -> None:
    assert misspelling(read_principal(text)) is None


@pytest.mark.parametrize(
    ("parts", "wrong"),
    [
        (("principalSet://iam.googleapis.com/", UnknownPart("var.pool"), "/*"), False),
        (
            (
                "principalSet://iam.googleapis.com/",
                UnknownPart("var.pool"),
                "/attribute.repository/",
                UnknownPart("var.r"),
            ),
            False,
        ),
        (
            (
                "principalSet://iam.googleapis.com/",
                UnknownPart("var.pool"),
                "/attribute.repository/",
                UnknownPart("o"),
                "/*",
            ),
            True,
        ),
        (("principalSet://iam.googleapis.com/", UnknownPart("var.pool"), "/example/*"), False),
        (
            (
                "principalSet://iam.googleapis.com/",
                UnknownPart("google_iam_workload_identity_pool.p.name"),
                "/example/*",
            ),
            True,
        ),
        (
            (
                "principalSet://iam.googleapis.com/projects/",
                UnknownPart("n"),
                "/locations/global/workloadIdentityPools/",
                UnknownPart("var.pool", is_segment=True),
                "/example/*",
            ),
            True,
        ),
        (
            (
                "principalSet://iam.googleapis.com/projects/",
                UnknownPart("n", is_segment=True),
                "/locations/global/workloadIdentityPools/",
                UnknownPart("var.pool"),
                "/example/*",
            ),
            False,
        ),
        ((f"{SET}/", UnknownPart("var.who")), False),
        ((f"{SET}/example/", UnknownPart("var.who")), True),
        (("principal://iam.googleapis.com/projects/", UnknownPart("n"), "/workloadIdentityPools/ci/subject/x"), True),
        (("serviceAccount:", UnknownPart("p"), ".svc.id.goog[", UnknownPart("ns"), "/web]"), False),
        (("serviceAccount:", UnknownPart("p"), ".svc.id.goog[", UnknownPart("ns"), "/web app]"), True),
    ],
)
def test_a_unknown_part_may_be_anything_and_the_rest_is_what_it_is(
    parts: tuple[str | UnknownPart, ...], wrong: bool
) -> None:
    assert (misspelling(read_principal(Unknown("it is not known", parts))) is not None) is wrong


PROVIDER = """
variable "unset" {{
  default = ""
}}

resource "google_iam_workload_identity_pool_provider" "ci" {{
  project                            = "shop"
  workload_identity_pool_id          = "ci"
  workload_identity_pool_provider_id = "ci"
  attribute_condition                = "{condition}"
  attribute_mapping = {{
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
    "attribute.owner"      = "assertion.repository_owner"
    "attribute.place"      = "'github:' + assertion.repository"
    "attribute.short"      = "assertion.repository.split('/')[1]"
  }}
  oidc {{ issuer_uri = "{issuer}" }}
}}

resource "google_service_account_iam_member" "ci" {{
  service_account_id = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "{member}"
}}
"""
GITHUB, OWN = "https://token.actions.githubusercontent.com", "https://idp.example"
GITLAB, TERRAFORM = "https://gitlab.com", "https://app.terraform.io"


@pytest.mark.parametrize(
    ("issuer", "condition", "member", "nobody"),
    [
        (GITHUB, "assertion.repository_owner == 'acme'", f"{SET}/attribute.repository/acme/shop", False),
        (GITHUB, "assertion.repository_owner == 'acme'", f"{SET}/attribute.repository/other/shop", True),
        (GITHUB, "assertion.repository == 'acme/shop'", f"{SET}/attribute.owner/acme", False),
        (GITHUB, "assertion.repository == 'acme/shop'", f"{SET}/attribute.owner/other", True),
        (GITHUB, "assertion.repository == 'acme/shop'", f"{ONE}/subject/repo:acme/web:ref:refs/heads/main", True),
        (GITHUB, "assertion.repository == 'acme/shop'", f"{ONE}/subject/repo:acme/shop:environment:prod", False),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{SET}/attribute.repository/shop", True),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{SET}/attribute.repository/acme/shop/", True),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{SET}/attribute.repository/acme/", True),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{SET}/attribute.repository/", True),
        # What a variable leaves empty is set elsewhere.
        (GITHUB, "assertion.repository_owner_id == '1'", f"{SET}/attribute.repository/acme/${{var.unset}}", False),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{SET}/attribute.repository/${{var.unset}}", False),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{SET}/attribute.repository/acme/shop@main", True),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{SET}/attribute.repository/acme_emu/shop.js", False),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{ONE}/subject/acme/shop", True),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{ONE}/subject/acme/shop:ref:refs/heads/main", True),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{ONE}/subject/repo:acme/shop:refs/heads/main", True),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{ONE}/subject/repo:acme/shop:pull_request", False),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{ONE}/subject/repo:acme/shop:repository_owner:acme", False),
        (
            GITHUB,
            "assertion.repository_owner_id == '1'",
            f"{ONE}/subject/repo:acme@1/shop@2:ref:refs/heads/main",
            False,
        ),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{ONE}/subject/repo:acme@3/shop@2:ref:refs/heads/main", True),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{SET}/attribute.place/github:acme/shop", False),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{SET}/attribute.place/acme/shop", True),
        (GITHUB, "assertion.repository_owner_id == '1'", f"{SET}/attribute.short/shop", False),
        (
            GITHUB,
            "assertion.repository_owner_id == '1'",
            f"{ONE}/subject/project_path:acme/shop:ref_type:tag:ref:v1",
            True,
        ),
        (GITLAB, "assertion.namespace_id == '1'", f"{ONE}/subject/repo:acme/shop:ref:refs/heads/main", True),
        (GITLAB, "assertion.namespace_id == '1'", f"{ONE}/subject/project_path:acme/shop:ref_type:tag:ref:v1", False),
        (TERRAFORM, "assertion.terraform_project_id == 'prj-1'", f"{ONE}/subject/organization:a/b:project:c", True),
        (OWN, "assertion.team == 'a'", f"{ONE}/subject/acme/shop", False),
        (OWN, "assertion.sub == 'a'", f"{ONE}/subject/b", True),
        (OWN, "assertion.sub.startsWith('a')", f"{ONE}/subject/ab", False),
    ],
)
def test_who_gets_in_is_told_by_provider_and_principal(
    check: Check, issuer: str, condition: str, member: str, nobody: bool
) -> None:
    text = PROVIDER.format(issuer=issuer, condition=condition, member=member)
    report = check({"main.tf": text}, select=("unmatched-federated-principal",))
    assert [finding.rule for finding in report.findings] == ["unmatched-federated-principal"] * nobody


@pytest.mark.parametrize(
    ("value", "why"),
    [
        ("acme/shop", "`assertion.sub` is never `acme/shop`: it is like `repo:example/shop:ref:refs/heads/main`"),
        ("assertion.sub", "`assertion.sub` is the name of a claim, where its value belongs: it is like `repo:example"),
    ],
)
def test_why_nobody_has_a_subject(check: Check, value: str, why: str) -> None:
    text = PROVIDER.format(
        issuer=GITHUB, condition="assertion.repository_owner_id == '1'", member=f"{ONE}/subject/{value}"
    )
    (finding,) = check({"main.tf": text}, select=("unmatched-federated-principal",)).findings
    assert why in finding.message


AWS_PROVIDER = """
resource "google_iam_workload_identity_pool_provider" "aws" {{
  project                            = "shop"
  workload_identity_pool_id          = "aws"
  workload_identity_pool_provider_id = "aws"
  {mapping}
  aws {{ account_id = "123456789012" }}
}}

resource "google_service_account_iam_member" "it" {{
  service_account_id = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/aws/{value}"
}}
"""
OF_ROLE = (
    "assertion.arn.contains( 'assumed-role' ) ? assertion.arn.extract('{account_arn}assumed-role/') + "
    "'assumed-role/'+assertion.arn.extract('assumed-role/{role_name}/') : assertion.arn"
)


@pytest.mark.parametrize(
    "mapping",
    ["", f"""attribute_mapping = {{ "google.subject" = "assertion.arn", "attribute.aws_role" = "{OF_ROLE}" }}"""],
    ids=["default", "written"],
)
@pytest.mark.parametrize(
    ("arn", "nobody"),
    [
        ("arn:aws:sts::123456789012:assumed-role/deploy", False),
        ("arn:aws:sts::999999999999:assumed-role/deploy", True),
        ("arn:aws:sts::123456789012:assumed-role/deploy/session", True),
        ("arn:aws:iam::123456789012:user/ana", False),
        ("arn:aws:iam::999999999999:user/ana", True),
        ("arn:aws:iam::123456789012:role/deploy", True),  # who has a role calls as a session of it
        ("arn:aws:sts::999999999999:assumed-role/${var.role}", True),
        ("arn:aws:sts::${var.account}:assumed-role/deploy", False),
    ],
)
def test_a_role_of_another_account_of_aws(check: Check, mapping: str, arn: str, nobody: bool) -> None:
    text = AWS_PROVIDER.format(mapping=mapping, value=f"attribute.aws_role/{arn}")
    variables = 'variable "role" {}\nvariable "account" {}\n'
    report = check({"main.tf": variables + text}, select=("unmatched-federated-principal",))
    assert [finding.rule for finding in report.findings] == ["unmatched-federated-principal"] * nobody


@pytest.mark.parametrize(
    ("member", "severity"),
    [
        (f"{STAFF}/group/platform", "low"),
        (f"{STAFF.replace('principalSet', 'principal')}/subject/ana@example.com", "low"),
        (f"{STAFF}/attribute.department/platform", "low"),
        (f"{STAFF}/*", "medium"),
        ("group:platform@example.com", "low"),
        (f"{SET}/attribute.repository/example/shop", "high"),
    ],
)
def test_a_workforce_is_graded_as_people_are(check: Check, member: str, severity: str) -> None:
    text = f"""
resource "google_folder_iam_member" "editor" {{
  folder = "folders/42"
  role   = "roles/editor"
  member = "{member}"
}}
"""
    report = check({"main.tf": text}, select=("basic-role-impersonation",))
    assert [finding.severity for finding in report.findings] == [severity]


_POOL = (
    "principalSet://iam.googleapis.com/projects/{}/locations/global/workloadIdentityPools/ci/attribute.repository/a/b"
)


@pytest.mark.parametrize(
    ("first", "second", "findings", "unknown"),
    [
        (_POOL.format("shop"), _POOL.format("123456"), 0, True),
        (_POOL.format("shop"), "user:ana@example.com", 0, True),
        (_POOL.format("shop"), _POOL.format("web"), 1, False),
        (_POOL.format("123456"), _POOL.format("654321"), 0, False),
    ],
)
def test_one_of_several_principals(check: Check, first: str, second: str, findings: int, unknown: bool) -> None:
    rule = "unmatched-federated-principal"
    text = f"""
variable "on" {{}}
resource "google_service_account_iam_member" "ci" {{
  service_account_id = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = var.on ? "{first}" : "{second}"
}}
"""
    report = check({"main.tf": text}, select=(rule,))
    assert len(report.findings) == findings
    assert bool(report.unknown_answers) is unknown
