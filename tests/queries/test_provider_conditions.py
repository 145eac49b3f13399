"""Conditions that admit anybody, and conditions that admit nobody."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest

from iamlint.budget import Budget
from iamlint.queries.federation import outsiders

Check = Callable[..., Any]

GITHUB, GITLAB = "https://token.actions.githubusercontent.com", "https://gitlab.com"
TERRAFORM, BUILDKITE = "https://app.terraform.io", "https://agent.buildkite.com"
EKS, AKS = "https://oidc.eks.us-east-1.amazonaws.com/id/ABCD", "https://westeurope.oic.prod-aks.azure.com/1/2/"
AZURE, AWS = "https://vstoken.dev.azure.com/1-2", "123456789012"

CIRCLE, GOOGLE = "https://oidc.circleci.com/org/a-b-c", "https://accounts.google.com"
BITBUCKET = "https://api.bitbucket.org/2.0/workspaces/example/pipelines-config/identity/oidc"
SPACE = "https://confidentialcomputing.googleapis.com/"

WEAK, CLOSED = "weak-provider-condition", "unmatched-provider-condition"
OPEN, WRONG = "open-ended-prefix", "malformed-condition"


def provider(issuer: str, condition: str) -> str:
    trusted = f'aws {{ account_id = "{issuer}" }}' if issuer.isdigit() else f'oidc {{ issuer_uri = "{issuer}" }}'
    return f"""
resource "google_iam_workload_identity_pool_provider" "ci" {{
  project                            = "shop"
  workload_identity_pool_id          = "ci"
  workload_identity_pool_provider_id = "ci"
  attribute_condition                = "{condition}"
  attribute_mapping = {{
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
    "attribute.owner"      = "assertion.repository.split('/')[0]"
    "attribute.name"       = "assertion.repository.split('/')[1]"
    "attribute.ref"        = "assertion.ref"
    "attribute.mine"       = "assertion.environment"
    "attribute.both"       = "assertion.repository + ':' + assertion.ref"
  }}
  {trusted}
}}
"""


@pytest.mark.parametrize(
    ("issuer", "condition", "expected"),
    [
        (GITHUB, "assertion.repository_owner == 'example'", None),
        (GITHUB, "assertion.repository_owner_id in ['12', '34']", None),
        (GITHUB, "attribute.repository == 'example/shop'", None),
        (GITHUB, "attribute.owner == 'example'", None),
        # What follows the slash is the name of anybody's repository.
        (GITHUB, "assertion.repository.split('/')[0] == 'example'", None),
        (GITHUB, "assertion.repository.split('/')[1] == 'shop'", WEAK),
        (GITHUB, "assertion.repository.extract('/{name}').lowerAscii() == 'shop'", WEAK),
        (GITHUB, "attribute.name == 'shop'", WEAK),
        # A beginning names a tenant only up to a delimiter: example-evil begins like example.
        (GITHUB, "assertion.sub.startsWith('repo:example/')", None),
        (GITHUB, "assertion.sub.startsWith('repo:example')", WEAK),
        (GITHUB, "assertion.repository.startsWith('example/')", None),
        (GITHUB, "assertion.repository.startsWith('example')", WEAK),
        (GITHUB, "assertion.repository_owner.startsWith('example')", WEAK),
        (GITHUB, "assertion.sub.startsWith('repository_owner_id:12:')", None),
        (GITHUB, "assertion.sub.startsWith('repository_owner_id:12')", WEAK),
        (GITHUB, "google.subject.startsWith('repo:example/shop:')", None),
        # Patterns are met anywhere in a text.
        (GITHUB, "assertion.repository.matches('example/.*')", WEAK),
        (GITHUB, "assertion.repository.matches('^example/.*')", None),
        (GITHUB, "assertion.repository_owner.matches('^example')", WEAK),
        (GITHUB, "assertion.repository_owner.matches('^example$')", None),
        (GITHUB, "assertion.repository_owner.matches('^(example|other)$')", None),
        (GITHUB, "assertion.sub.matches('repo:example/.*')", None),
        (GITHUB, "assertion.sub.matches('^repo:.*')", WEAK),
        (GITHUB, "assertion.repository.endsWith('/shop')", WEAK),
        (GITHUB, "assertion.repository.contains('example/')", WEAK),
        # A subject may be made of other claims; GitHub writes a colon within them as %3A.
        (GITHUB, "assertion.sub == 'environment:production'", WEAK),
        (GITHUB, "assertion.sub == 'workflow:ci:repo:example/shop:ref:refs/heads/main'", None),
        (GITHUB, "assertion.sub == 'repository_owner:example'", None),
        (GITHUB, "assertion.actor == 'ana' || assertion.repository_owner == 'example'", WEAK),
        (GITHUB, "assertion.actor in ['ana'] && assertion.ref == 'refs/heads/main'", WEAK),
        (GITHUB, "assertion.workflow_ref.startsWith('example/shop/')", None),
        # What no token says.
        (GITHUB, "assertion.sub == '*'", CLOSED),
        (GITHUB, "assertion.sub == 'repo:example*'", CLOSED),
        (GITHUB, "assertion.sub == 'main'", CLOSED),
        (GITHUB, "assertion.repository == 'shop'", CLOSED),
        (GITHUB, "attribute.repository == 'example/*'", CLOSED),
        (GITHUB, "assertion.repository_owner == 'example/shop'", CLOSED),
        (GITHUB, "assertion.repository_owner_id == 'example'", CLOSED),
        (GITHUB, "assertion.repository_owner == 'example' && assertion.ref == 'main'", CLOSED),
        (GITHUB, "assertion.repository_owner == 'example' && assertion.ref_type == 'branches'", CLOSED),
        (GITHUB, "assertion.repository_owner == 'example' && assertion.environment == '*'", None),
        (GITLAB, "assertion.project_path.startsWith('example/')", None),
        (GITLAB, "assertion.project_path.startsWith('example')", WEAK),
        (GITLAB, "assertion.namespace_id == '42' && assertion.ref == 'main'", None),
        (GITLAB, "assertion.project_id == 'shop'", CLOSED),
        (GITLAB, "assertion.sub.startsWith('project_path:example/shop:')", None),
        (TERRAFORM, "assertion.sub.startsWith('organization:example:project:shop:')", None),
        (TERRAFORM, "assertion.sub.startsWith('organization:example')", WEAK),
        (TERRAFORM, "assertion.terraform_organization_name == 'example'", None),
        (TERRAFORM, "assertion.terraform_workspace_name == 'prod'", WEAK),
        (BUILDKITE, "assertion.organization_slug == 'example'", None),
        (BUILDKITE, "assertion.pipeline_slug == 'deploy'", WEAK),
        # These have the organization in their addresses.
        (CIRCLE, "assertion['oidc.circleci.com/vcs-ref'] == 'refs/heads/main'", None),
        (CIRCLE, "assertion['oidc.circleci.com/project-id'] == 'shop'", CLOSED),
        (CIRCLE, "assertion.sub.startsWith('org/a-b-c/project/d-e/user/')", None),
        (CIRCLE, "assertion.sub == 'org/a-b-c/project/d-e/user/f-0/vcs-origin/github.com/example/shop'", None),
        (CIRCLE, "assertion.sub == 'org/a-b-c/project/d-e'", CLOSED),
        (BITBUCKET, "assertion.repositoryUuid == 'shop'", CLOSED),
        (BITBUCKET, "assertion.sub.startsWith('{a-b}:{c-d}:')", None),
        (BITBUCKET, "assertion.sub.startsWith('example/shop:')", CLOSED),
        (TERRAFORM, "assertion.terraform_workspace_id == 'ws-A1b2'", None),
        (TERRAFORM, "assertion.terraform_workspace_id == 'prod'", CLOSED),
        (f"{GITHUB}/example", "assertion.ref == 'refs/heads/main'", None),
        ("https://gitlab.company.example", "assertion.ref == 'main'", None),
        (f"{GITHUB}/", "assertion.ref == 'refs/heads/main'", WEAK),
        (GOOGLE, "assertion.email.endsWith('@example.com')", None),
        (GOOGLE, "assertion.email.endsWith('example.com')", WEAK),
        (GOOGLE, "assertion.email_verified == true", WEAK),
        (TERRAFORM, "assertion.terraform_full_workspace.startsWith('organization:example:')", None),
        (GITLAB, "assertion.job_project_id == '42'", None),
        # What needs no token is computed.
        (GITHUB, "1 == 1", WEAK),
        (GITHUB, "'a' in ['a', 'b']", WEAK),
        (GITHUB, "true || assertion.repository_owner == 'example'", WEAK),
        (GITHUB, "assertion.repository_owner == 'example' || 'a' == 'a'", WEAK),
        (GITHUB, "assertion.repository_owner == 'example' && 1 == 1", None),
        (GITHUB, "1 == 2 || assertion.repository_owner == 'example'", None),
        (GITHUB, "1 == 2", CLOSED),
        (GITHUB, "'a' != 'a'", CLOSED),
        (GITHUB, "assertion.repository_owner == 'example' && size('a') == 2", CLOSED),
        (GITHUB, "assertion.repository_owner in []", CLOSED),
        ("https://idp.example", "1 == 2", CLOSED),
        # What every token has, and what none has.
        (GITHUB, "assertion.sub != ''", WEAK),
        (GITHUB, "size(assertion.repository) > 0", WEAK),
        (GITHUB, "assertion.repository.size() >= 1 && 0 < size(assertion.sub)", WEAK),
        (GITHUB, "has(assertion.repository)", WEAK),
        (GITHUB, "'repository' in assertion", WEAK),
        (GITHUB, "assertion.repository == assertion.repository", WEAK),
        (GITHUB, "assertion.repository != assertion.repository", CLOSED),
        (GITHUB, "assertion.repository == attribute.repository", WEAK),
        (GITHUB, "assertion.repository_owner == assertion.repository.split('/')[0]", WEAK),
        (GITHUB, "size(assertion.repository) == 0", CLOSED),
        (GITHUB, "size(assertion.sub) < 1", CLOSED),
        (GITHUB, "assertion.sub.size() < 0", CLOSED),
        ("https://idp.example", "size(assertion.sub) == 0", CLOSED),
        (GITHUB, "size(assertion.sub) == 0 || assertion.repository_owner == 'example'", None),
        (GITHUB, "assertion.repository.endsWith('/')", CLOSED),
        (GITHUB, "assertion.repository.contains(' ')", CLOSED),
        (GITHUB, "assertion.ref.contains('refs/heads') && assertion.repository_owner.contains('/')", CLOSED),
        (GITHUB, "assertion.ref.startsWith('refs/head/')", CLOSED),
        (GITHUB, "assertion.sub == 'repo:a/b:ref:refs/branches/main'", CLOSED),
        (GITHUB, "assertion.repository_owner == 'a' && assertion.ref.startsWith('refs/pull/')", None),
        (GITHUB, "assertion.repositry == 'example/shop'", CLOSED),
        (GITHUB, "assertion.repository_ownr == 'example' && assertion.ref == 'refs/heads/main'", CLOSED),
        (GITHUB, "assertion.repository_owner == 'a' && assertion.repo_property_tier == 'x'", None),
        (GITLAB, "assertion.namespace_paths == 'example'", CLOSED),
        (GITHUB, "assertion.repository.endsWith('/-')", WEAK),
        (GITHUB, "assertion.sub.endsWith('ref:refs/heads/main')", WEAK),
        (GITLAB, "assertion.project_path.endsWith('/')", CLOSED),
        (GITLAB, "assertion.project_path.endsWith('/shop')", WEAK),
        (GITHUB, "assertion.repository_owner.lowerAscii() == 'Example'", CLOSED),
        (GITHUB, "assertion.repository_owner.lowerAscii() in ['Example', 'example']", None),
        (GITHUB, "assertion.repository_owner.lowerAscii() == 'example'", None),
        # One stranger's token is enough.
        (GITHUB, "assertion.repository.matches('^example/.*|.*')", WEAK),
        (GITHUB, "assertion.repository.matches('^[a-z]+/shop$')", WEAK),
        (GITHUB, "assertion.repository.matches('^(example|other)/.*$')", None),
        (GITHUB, "assertion.repository.matches('^(w0|w1)+/x$')", WEAK),
        (GITHUB, "assertion.repository.matches('^w0+/x$')", WEAK),
        (GITHUB, "assertion.repository.matches('^acme-(a|b)+/x$')", WEAK),
        (GITHUB, "assertion.sub.matches('^repo:(w0|w1)*/x:ref:refs/heads/main$')", WEAK),
        (GITHUB, "assertion.repository.matches('^(w0|w1){1,3}/x$')", None),
        (GITHUB, "assertion.repository.matches('^w0/(a|b)+$')", None),
        (GITHUB, "assertion.repository.matches('.*')", WEAK),
        (GITHUB, "assertion.repository_owner + '/shop' != 'example/shop'", WEAK),
        (GITHUB, "{'example': true}[assertion.repository_owner]", None),
        (GITHUB, "assertion.repository in ['example/shop', 'example/*']", None),
        (GITHUB, "assertion.repository in ['example/*']", CLOSED),
        (TERRAFORM, "assertion.sub.matches('workspace:prod')", WEAK),
        (TERRAFORM, "assertion.sub.matches('^organization:example:.*|^organization:[a-z]*:')", WEAK),
        (GITLAB, "assertion.project_path.matches('^example/|^mallory')", WEAK),
        # A test that is compared with false is its negation; a name anywhere in a claim may be that of a repository.
        (GITHUB, "assertion.repository.startsWith('example/') == false", WEAK),
        (GITHUB, "true != (assertion.repository_owner == 'example' && assertion.ref == 'refs/heads/main')", WEAK),
        (GITHUB, "assertion.repository.startsWith('example/') == true", None),
        (GITHUB, "false != assertion.repository.startsWith('example/')", None),
        (GITHUB, "false == assertion.repository.startsWith('example/')", WEAK),
        (GITHUB, "(assertion.repository_owner == 'example') == false", WEAK),
        (GITHUB, "(assertion.repository_owner == 'example') == true", None),
        (GITHUB, "assertion.sub != assertion.sub", CLOSED),
        (GITHUB, "['x'].exists(o, assertion.repository.split('/').exists(o, o == 'example'))", WEAK),
        (GITHUB, "('example' in ['other']) == true", CLOSED),
        (GITHUB, "'example' in assertion.repository.split('/')", WEAK),
        (GITHUB, "assertion.repository.extract('example/{name}') == 'shop'", WEAK),
        (GITHUB, "assertion.repository.extract('{owner}/') == 'example'", None),
        (GITHUB, "['example', 'other'].exists(o, assertion.repository.startsWith(o + '/'))", None),
        (GITHUB, "['example', 'other'].exists(o, assertion.repository.startsWith(o))", WEAK),
        (GITHUB, "['example'].all(o, assertion.repository != o)", WEAK),
        (GITHUB, "[assertion.repository_owner].exists(o, o == 'example')", None),
        # What is not understood may name the tenant.
        (GITHUB, "['a', 'b'].exists(o, assertion.repository.startsWith(o + '/'))", None),
        (GITHUB, "assertion.repository_owner + '/shop' == 'example/shop'", None),
        (SPACE, "assertion.swname == 'CONFIDENTIAL_SPACE' && 'STABLE' in assertion.submods.confidential_space.x", WEAK),
        (SPACE, "assertion.submods.container.image_digest == 'sha256:1'", None),
        (SPACE, "'run@shop.iam.gserviceaccount.com' in assertion.google_service_accounts", None),
    ],
)
def test_whom_a_condition_lets_in(check: Check, issuer: str, condition: str, expected: str | None) -> None:
    report = check({"main.tf": provider(issuer, condition)}, select=("federation",))
    assert [finding.rule for finding in report.findings] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("issuer", "condition", "expected"),
    [
        (GITHUB, "assertion.sub.startsWith('repo:example/shop')", OPEN),
        (GITHUB, "google.subject.startsWith('repo:example/shop')", OPEN),
        (GITHUB, "assertion.repository.startsWith('example/shop')", OPEN),
        (GITHUB, "assertion.sub.matches('^repo:example/shop.*')", OPEN),
        (GITHUB, "assertion.sub.startsWith('repo:example/shop:environment:prod')", OPEN),
        (GITHUB, "assertion.repository_owner == 'example' && assertion.sub.startsWith('repo:example/shop')", OPEN),
        (GITLAB, "assertion.sub.startsWith('project_path:example/shop')", OPEN),
        (GITLAB, "assertion.project_path.startsWith('example/shop')", OPEN),
        (TERRAFORM, "assertion.sub.startsWith('organization:example:project:pay')", OPEN),
        (TERRAFORM, "assertion.terraform_full_workspace.startsWith('organization:o:project:p:workspace:prod')", OPEN),
        (BUILDKITE, "assertion.sub.startsWith('organization:example:pipeline:shop')", OPEN),
        (GITHUB, "assertion.job_workflow_ref.startsWith('example/shop')", OPEN),
        (EKS, "assertion.sub.startsWith('system:serviceaccount:prod')", OPEN),
        (AKS, "assertion.sub.startsWith('system:serviceaccount:prod:app')", OPEN),
        (AZURE, "assertion.sub.startsWith('sc://example/shop')", OPEN),
        (AWS, "assertion.arn.startsWith('arn:aws:sts::123456789012:assumed-role/deploy')", OPEN),
        # A delimiter ends the name; a number says which one it is; a dash is meant as a beginning; a tag may go on.
        (GITHUB, "assertion.sub.startsWith('repo:example/shop:')", None),
        (GITHUB, "assertion.sub.startsWith('repo:example/shop:ref:refs/tags/v')", None),
        (GITHUB, "assertion.repository.startsWith('example/shop-')", None),
        (GITHUB, "assertion.repository_id == '42' && assertion.sub.startsWith('repo:example/shop')", None),
        (GITHUB, "assertion.repository == 'example/shop' && assertion.sub.startsWith('repo:example/shop')", None),
        (GITHUB, "assertion.sub.matches('^repo:example/shop:.*')", None),
        (GITHUB, "assertion.repository.matches('^example/shop$')", None),
        (GITLAB, "assertion.project_path.startsWith('example/shop/')", None),
        (TERRAFORM, "assertion.sub.startsWith('organization:example:project:pay:')", None),
        (BUILDKITE, "assertion.sub.startsWith('organization:example:pipeline:shop:')", None),
        (GITHUB, "assertion.job_workflow_ref.startsWith('example/shop/.github/workflows/ci')", None),
        (EKS, "assertion.sub.startsWith('system:serviceaccount:prod:')", None),
        (AZURE, "assertion.sub.startsWith('sc://example/shop/')", None),
        (AWS, "assertion.arn.startsWith('arn:aws:sts::123456789012:assumed-role/deploy/')", None),
        # Nobody.
        (BUILDKITE, "assertion.sub.startsWith('repo:example/shop:')", CLOSED),
        (TERRAFORM, "assertion.repository_owner == 'example'", CLOSED),
        (BUILDKITE, "assertion.terraform_workspace_id == 'ws-1'", CLOSED),
        (GITLAB, "assertion.namespace_id == '1' && assertion.ref == 'refs/heads/main'", CLOSED),
        (EKS, "assertion.sub == 'ns/prod/sa/app'", CLOSED),
        (AZURE, "assertion.sub.startsWith('repo:example/shop:')", CLOSED),
        (AWS, "assertion.account == 123456789012", CLOSED),
        (AWS, "assertion.account == '210987654321'", CLOSED),
        (AWS, "assertion.arn.startsWith('arn:aws:sts::210987654321:')", CLOSED),
        (GITHUB, "assertion.repository_owner == ''", CLOSED),
        (GITHUB, "assertion.repository_owner_id == 12345", CLOSED),
        (GITHUB, "assertion.repository_owner_id in [12345]", CLOSED),
        (GITHUB, "assertion.repository_owner == null", CLOSED),
        (GITHUB, "assertion.repository_owner == ['example']", CLOSED),
        (GITHUB, "assertion.ref_protected == true", CLOSED),
        (GITHUB, "assertion.repository_owner", CLOSED),
        (GITHUB, "assertion.repository_owner == 'example' && assertion.run_id > 5", CLOSED),
        (GITHUB, "assertion.iss == 'https://gitlab.com'", CLOSED),
        (GITHUB, "assertion.repo == 'example/shop'", CLOSED),
        (
            GITHUB,
            "assertion.iss == 'https://token.actions.githubusercontent.com' && assertion.repository_owner == 'a'",
            None,
        ),
        (GITHUB, "'example/' in assertion.repository", CLOSED),
        (GITHUB, "attribute.unmapped == 'example'", CLOSED),
        (GITHUB, "attribute.unmapped != 'example'", CLOSED),
        (GITHUB, "assertion.repository_owner == 'a' && assertion.repository == 'b/c'", CLOSED),
        (GITHUB, "assertion.repository_owner == 'a' && assertion.repository_owner == 'b'", CLOSED),
        (GITHUB, "assertion.sub == 'repo:a/b:ref:refs/heads/main' && assertion.ref == 'refs/heads/dev'", CLOSED),
        (GITHUB, "assertion.sub.startsWith('repo:a/') && assertion.repository.startsWith('b/')", CLOSED),
        (GITHUB, "assertion.repository == 'a/b' && assertion.repository.endsWith('/c')", CLOSED),
        (GITHUB, "false", CLOSED),
        (GITLAB, "assertion.namespace_path == 'a' && assertion.project_path == 'b/c'", CLOSED),
        (GITLAB, "assertion.sub == 'project_path:a:ref_type:branch:ref:main'", CLOSED),
        (TERRAFORM, "assertion.sub == 'organization:a:workspace:b'", CLOSED),
        (
            TERRAFORM,
            "assertion.terraform_organization_name == 'a' && assertion.sub.startsWith('organization:b:')",
            CLOSED,
        ),
        ("https://idp.example", "assertion.team == 'a' && assertion.team == 'b'", CLOSED),
        # Somebody.
        (BUILDKITE, "assertion.organization_slug == 'a' && assertion.sub == '0184990a-477b'", None),
        (GITLAB, "assertion.namespace_id == '1' && assertion.ref == 'refs/merge-requests/1/head'", None),
        (AWS, "assertion.account == '123456789012'", None),
        (AWS, "assertion.arn == 'arn:aws:iam::123456789012:user/ana'", None),
        (GITHUB, "attribute.unmapped == 'x' || assertion.repository_owner == 'example'", None),
        (GITHUB, "assertion.repository_owner_id == '12345' && int(assertion.run_id) > 5", None),
        (GITHUB, "string(assertion.repository_owner_id) == '12345'", None),
        (GITHUB, "assertion.repository_owner == 'a' && assertion.repository.startsWith('a/b:')", CLOSED),
        (GITHUB, "assertion.repository_owner == 'a' && assertion.job_workflow_ref.startsWith('b/c/')", None),
        (GITLAB, "assertion.namespace_path == 'a/b' && assertion.project_path.startsWith('a/')", None),
        ("https://idp.example", "assertion.team == '' || assertion.level == 5", None),
        # What the language does not have; no other rule contradicts that.
        (GITHUB, "assertion.repository_owner = 'example'", WRONG),
        (GITHUB, "assertion.ref == 'refs/heads/main' and assertion.repository_owner == 'example'", WRONG),
        (GITHUB, "assertion.ref == 'refs/heads/main' && ", WRONG),
        (GITHUB, "repository_owner == 'example'", WRONG),
        (GITHUB, "assertion.sub.startWith('repo:example/')", WRONG),
        (GITHUB, "assertion.repository in 'example/shop'", WRONG),
        (GITHUB, "int(assertion.repository_owner_id) == '12'", WRONG),
        (GITHUB, "true == 1", WRONG),
        ("https://idp.example", "request.time < timestamp('2099-01-01T00:00:00Z')", WRONG),
    ],
)
def test_a_condition_is_told_by_one_rule(check: Check, issuer: str, condition: str, expected: str | None) -> None:
    report = check({"main.tf": provider(issuer, condition)}, select=("federation", "conditions"))
    found = [(finding.rule, finding.at.line) for finding in report.findings]
    assert found == ([(expected, 6)] if expected else [])
    assert not report.unknown_answers


@pytest.mark.parametrize(
    ("issuer", "condition"),
    [
        (GITHUB, "assertion.repository == '${var.none}/${var.none}'"),
        (GITHUB, "attribute.repository == 'example/${var.none}'"),
        (GITHUB, "assertion.sub == 'repo:${var.none}/${var.none}:ref:refs/heads/main'"),
        (GITHUB, "assertion.sub.startsWith('repo:${var.none}/')"),
        (TERRAFORM, "assertion.sub == 'organization:${var.none}:project::workspace::run_phase:apply'"),
    ],
)
def test_a_part_that_is_empty_is_set_elsewhere(check: Check, issuer: str, condition: str) -> None:
    none = 'variable "none" {\n  default = ""\n}\n'
    report = check({"main.tf": none + provider(issuer, condition)}, select=("federation", "conditions"))
    assert not report.findings
    [found] = report.unknown_answers
    assert "is an empty text, which is set elsewhere" in str(found)
    # Without the reference the input itself has the empty part.
    [found] = check(
        {"main.tf": provider(issuer, condition.replace("${var.none}", ""))}, select=("federation",)
    ).findings
    assert found.rule == CLOSED


@pytest.mark.parametrize(
    ("condition", "is_unknown"),
    [
        ("assertion.repository_owner == '${var.org}'", True),
        (r"assertion.sub != '' && assertion.repository_owner == \"${var.org}\"", True),
        ("assertion.repository_owner in ['${var.org}', 'example']", True),
        ("assertion.repository_owner == ''", False),
        (r"assertion.repository_owner == \"\"", False),
        ("assertion.repository_owner == '${var.name}'", None),
    ],
)
def test_an_empty_text_is_set_elsewhere(check: Check, condition: str, *, is_unknown: bool | None) -> None:
    variables = 'variable "org" {\n  default = ""\n}\nvariable "name" {\n  default = "example"\n}\n'
    report = check({"main.tf": provider(GITHUB, condition) + variables}, select=("unmatched-provider-condition",))
    assert (bool(report.unknown_answers), bool(report.findings)) == (is_unknown is True, is_unknown is False)


@pytest.mark.parametrize(
    ("issuer", "condition", "attribute", "expected"),
    [
        (GITHUB, "assertion.repository == 'example/shop'", "ref", None),
        (GITHUB, "assertion.sub.startsWith('repo:example/shop:')", "ref", None),
        (GITHUB, "assertion.sub.startsWith('repo:example/')", "ref", "low"),
        (GITHUB, "assertion.repository_owner == 'example'", "ref", "low"),
        (GITHUB, "assertion.repository_owner == 'example'", "repository", None),
        (GITHUB, "assertion.repository_owner == 'example'", "mine", "low"),
        (GITHUB, "assertion.repository_owner == 'example'", "both", None),
        (GITHUB, "assertion.repository_owner == 'example'", "unmapped", None),
        (GITHUB, "assertion.ref == 'refs/heads/main'", "ref", "medium"),
        (GITHUB, "assertion.repository == 'example/shop' || assertion.actor == 'ana'", "ref", "medium"),
        (GITHUB, "['shop'].exists(one, assertion.repository.endsWith(one))", "ref", "medium"),
        (GITHUB, "assertion.list.exists(one, assertion.repository.endsWith(one))", "ref", None),
        (GITHUB, "1 == 1", "ref", "medium"),
        (GITHUB, "1 == 2", "ref", None),
        (GITHUB, "assertion.repository.matches('^example/shop$|.*')", "ref", "medium"),
        ("https://gitlab.example.com", "", "ref", "low"),
        ("https://gitlab.example.com", "assertion.project_path == 'a/b'", "ref", None),
        ("https://gitlab.example.com", "assertion.ref_protected == 'true'", "ref", "low"),
    ],
)
def test_whom_an_attribute_admits(check: Check, issuer: str, condition: str, attribute: str, expected: str) -> None:
    value = "refs/heads/main" if attribute == "ref" else "x"
    text = f"""
resource "google_service_account_iam_member" "ci" {{
  service_account_id = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/attribute.{attribute}/{value}"
}}
"""
    report = check({"main.tf": provider(issuer, condition) + text}, select=("forgeable-attribute",))
    assert [finding.severity for finding in report.findings] == ([expected] if expected else [])


@pytest.mark.parametrize(
    ("subject", "flagged"),
    [
        ("'{long}' + assertion.sub", True),  # 127 bytes, and no subject is empty
        ("'{long}x'", True),
        ("'{half}' + assertion.repository + '{half}é' + assertion.ref", True),
        ("'{long}'", False),
        ("'{long}' + assertion.ref", False),  # the claim may be empty
        ("'{half}' + assertion.sub", False),
    ],
)
def test_a_subject_has_127_bytes_at_most(check: Check, subject: str, flagged: bool) -> None:
    mapping = subject.format(long="x" * 127, half="x" * 63)
    text = provider(GITHUB, "assertion.repository_owner == 'example'")
    text = text.replace('"google.subject"       = "assertion.sub"', f'"google.subject" = "{mapping}"')
    found = check({"main.tf": text}, select=("malformed-mapping",)).findings
    assert [finding.rule for finding in found] == (["malformed-mapping"] if flagged else [])
    assert all("bytes or more" in finding.message for finding in found)


@pytest.mark.parametrize(("number", "flagged"), [(44, False), (45, True)])
def test_a_mapping_has_50_attributes_at_most(check: Check, number: int, *, flagged: bool) -> None:
    more = "".join(f'    "attribute.n{index}" = "assertion.ref"\n' for index in range(number))
    text = provider(GITHUB, "assertion.repository_owner == 'example'").replace(
        "attribute_mapping = {\n", f"attribute_mapping = {{\n{more}"
    )
    found = check({"main.tf": text}, select=("malformed-mapping",)).findings
    assert [finding.rule for finding in found] == ["malformed-mapping"] * flagged


@pytest.mark.parametrize(
    ("subject", "condition", "value", "severity"),
    [
        ("'x'", "assertion.ref == 'refs/heads/main'", "x", "medium"),
        ("'x' + 'y'", "true", "xy", "medium"),
        ("assertion.aud", "assertion.repository_owner == 'example'", "https://example.com", "low"),
        ("assertion.ref", "assertion.repository_owner == 'example'", "refs/heads/main", "low"),
        ("assertion['aud']", "", "x", "medium"),
        # One repository is one subject, another value belongs to none, and a claim of its own distinguishes workloads.
        ("'x'", "assertion.repository == 'example/shop'", "x", None),
        ("'x'", "1 == 2", "x", None),
        ("'x'", "assertion.ref == 'refs/heads/main'", "y", None),
        ("'x:' + assertion.sub", "assertion.repository_owner == 'example'", "x:repo:example/shop:pull_request", None),
        ("assertion.sub", "assertion.repository_owner == 'example'", "repo:example/shop:pull_request", None),
        ("assertion.aud + assertion.repository", "assertion.repository_owner == 'example'", "aexample/shop", None),
    ],
)
def test_a_subject_that_everybody_has(check: Check, subject: str, condition: str, value: str, severity: str) -> None:
    text = f"""
resource "google_service_account_iam_member" "ci" {{
  service_account_id = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "principal://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/subject/{value}"
}}
"""
    made = provider(GITHUB, condition).replace(
        '"google.subject"       = "assertion.sub"', f'"google.subject" = "{subject}"'
    )
    report = check({"main.tf": made + text}, select=("forgeable-attribute",))
    assert [finding.severity for finding in report.findings] == ([severity] if severity else [])


@pytest.mark.parametrize(
    ("condition", "flagged"),
    [
        ("true", True),
        ("1 == 1", True),
        ("assertion.sub != ''", True),
        ("size(google.subject) > 0 || assertion.team == 'a'", True),
        ("assertion.team != ''", False),
        ("'admins' in google.groups", False),
        ("assertion.other(1)", False),
        ("1 == 2", False),
    ],
)
def test_a_condition_that_keeps_nobody_out_counts_as_none(check: Check, condition: str, *, flagged: bool) -> None:
    text = provider("https://idp.example", condition)
    report = check({"main.tf": text}, select=("provider-without-condition",))
    assert bool(report.findings) is flagged


def test_all_tokens_of_a_condition_share_one_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Budget] = []
    monkeypatch.setattr(outsiders, "Budget", lambda steps: made.append(Budget(steps)) or made[-1])
    many = ", ".join(f"'w{number}'" for number in range(60))
    text = f"[{many}].exists(a, [{many}].exists(b, assertion.repository == a + b))"
    met, steps = outsiders._admits(text, (), "https://token.actions.githubusercontent.com")
    assert (met, steps >= outsiders.MOST_STEPS) == (False, True)
    assert [budget.left <= 0 for budget in made] == [True]


def test_all_conditions_of_a_run_share_one_budget(check: Check, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = [provider(GITHUB, f"assertion.repository.matches('^(w{n}|v)+/x$')") for n in "0012"]
    ids = ('"ci" {', 'provider_id = "ci"')
    for n, name in product(range(len(texts)), ids):
        texts[n] = texts[n].replace(name, name.replace("ci", f"ci{n}"))
    files, select = {"main.tf": "".join(texts)}, ("weak-provider-condition",)
    assert len(check(files, select=select).findings) == 4
    monkeypatch.setattr(outsiders, "MOST_STEPS_OF_RUN", 1)
    report = check(files, select=select)
    assert (len(report.findings), len(report.unknown_answers)) == (2, 2)
    assert {answer.reason for answer in report.unknown_answers} == {outsiders.BEYOND}


def test_a_message_has_the_condition_without_the_space_around_it(check: Check) -> None:
    text = provider(GITHUB, "HERE").replace('"HERE"', "<<-EOT\n    assertion.repository == ''\n  EOT\n")
    (found,) = check({"main.tf": text}, select=(CLOSED,)).findings
    assert "(`assertion.repository == ''`)" in found.message


POOL_OF_ONE_WORKSPACE = """
variable "name" {}

resource "google_iam_workload_identity_pool" "ci" {
  project                   = "shop-${var.name}"
  workload_identity_pool_id = "ci"
}

resource "google_iam_workload_identity_pool_provider" "ci" {
  project                            = "shop-${var.name}"
  workload_identity_pool_id          = google_iam_workload_identity_pool.ci.workload_identity_pool_id
  workload_identity_pool_provider_id = "ci"
  attribute_condition                = "assertion.sub.startsWith('organization:shop:project:p:workspace:${var.name}:')"
  attribute_mapping                  = { "google.subject" = "assertion.sub" }
  oidc {
    issuer_uri = "https://app.terraform.io"
  }
}

resource "google_service_account" "ci" {
  project    = "shop-${var.name}"
  account_id = "ci"
}

resource "google_service_account_iam_member" "ci" {
  service_account_id = google_service_account.ci.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.ci.name}/*"
}

resource "google_project_iam_member" "ci" {
  project = "shop-${var.name}"
  role    = "roles/owner"
  member  = "serviceAccount:${google_service_account.ci.email}"
}
"""
POOL_AS_OWNER = """
resource "google_iam_workload_identity_pool" "ops" {
  project                   = "ops"
  workload_identity_pool_id = "ci"
}

resource "google_project_iam_member" "ops" {
  project = "shop-one"
  role    = "roles/owner"
  member  = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.ops.name}/*"
}
"""


@pytest.mark.parametrize(
    ("names", "more", "expected"),
    [
        (["one"], "", ["one"]),
        (["one", "two"], "", ["one", "two"]),
        (["one", "two"], POOL_AS_OWNER, ["two", "unknown"]),  # the pool may be the one that is an owner
    ],
)
def test_pools_of_several_projects(check: Check, names: list[str], more: str, expected: list[str]) -> None:
    """Their numbers are not known, and a principal that may be another one is unknown only if that one has as much."""
    calls = [f'module "{name}" {{\n  source = "./m"\n  name   = "{name}"\n}}\n' for name in names]
    report = check(
        {"main.tf": "".join(calls) + more, "m/main.tf": POOL_OF_ONE_WORKSPACE}, select=["whole-pool-impersonates"]
    )
    found = [(one.address or "").split(".")[1] for one in report.findings]
    assert sorted(found) + ["unknown"] * bool(report.unknown_answers) == expected


@pytest.mark.parametrize(
    ("who", "home", "answer"),
    [
        ("*", "", (1, 0)),
        ("*", "111", (0, 0)),
        ("*", "222", (1, 0)),  # as without that pool
        ("*", "shop", (0, 1)),  # its number may be 111
        ("attribute.ref/refs/heads/main", "", (1, 0)),
        ("attribute.ref/refs/heads/main", "111", (0, 0)),
        ("attribute.ref/refs/heads/main", "222", (1, 0)),
        ("attribute.ref/refs/heads/main", "shop", (0, 1)),
    ],
)
def test_a_pool_of_another_project_says_nothing(check: Check, who: str, home: str, answer: tuple[int, int]) -> None:
    text = POOL_OF_ONE_WORKSPACE.partition('resource "google_service_account"')[0].replace("shop-${var.name}", home)
    grant = f"""
resource "google_service_account_iam_member" "x" {{
  service_account_id = "projects/shop/serviceAccounts/x@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member = "principalSet://iam.googleapis.com/projects/111/locations/global/workloadIdentityPools/ci/{who}"
}}
"""
    files = {"main.tf": (text if home else "") + grant}
    report = check(files, select=["whole-pool-impersonates", "forgeable-attribute"])
    assert (len(report.findings), len(report.unknown_answers)) == answer


def test_a_privilege_under_an_unknown_condition_is_unknown(check: Check) -> None:
    condition = '  condition {\n    title      = "c"\n    expression = var.name\n  }\n'
    text = POOL_OF_ONE_WORKSPACE.replace('"roles/owner"\n', '"roles/owner"\n' + condition)
    report = check({"main.tf": text}, select=["whole-pool-impersonates"])
    assert (len(report.findings), len(report.unknown_answers)) == (0, 1)


@pytest.mark.parametrize(
    ("issuer", "condition", "all_of_one_tenant"),
    [
        (GITHUB, "assertion.repository == 'example/shop'", False),
        (GITHUB, "assertion.repository.lowerAscii() == 'example/shop'", False),
        (GITHUB, "assertion.sub.split(':')[1] == 'example/shop'", False),
        (GITHUB, "attribute.id == '12'", False),
        (GITHUB, "assertion.repository_owner == 'example'", True),
        (GITHUB, "assertion.repository.split('/')[0] == 'example'", True),
        (GITHUB, "assertion.repository.extract('{owner}/') == 'example'", True),
        (GITHUB, "assertion.repository.substring(0, 8) == 'example/'", True),  # which is not understood
        (GITHUB, "assertion.workflow_ref.startsWith('example/shop/')", False),
        (GITHUB, "assertion.job_workflow_ref.startsWith('example/shop/')", True),  # which others may call
        (BITBUCKET, "assertion.repositoryUuid == '{0184990a-477b}'", False),
        (BITBUCKET, "assertion.sub.startsWith('{0184990a-477b}:')", False),
        (BITBUCKET, "assertion.workspaceUuid == '{0184990a-477b}'", True),
        (CIRCLE, "assertion['oidc.circleci.com/project-id'] == '0184990a-477b'", False),
        (CIRCLE, "assertion.sub.startsWith('org/a-b-c/project/0184990a-477b/')", False),
        (CIRCLE, "assertion.sub.startsWith('org/a-b-c/')", True),
    ],
)
def test_a_part_of_a_name_is_a_workload_only_if_it_names_one(
    check: Check, issuer: str, condition: str, all_of_one_tenant: bool
) -> None:
    made = provider(issuer, condition).replace(
        '"attribute.ref" ', '"attribute.id" = "string(assertion.repository_id)"\n"attribute.ref" '
    )
    grant = """
resource "google_iam_workload_identity_pool" "ci" {
  project                   = "shop"
  workload_identity_pool_id = "ci"
}
resource "google_service_account_iam_member" "x" {
  service_account_id = "projects/shop/serviceAccounts/x@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/*"
}
"""
    report = check({"main.tf": made + grant}, select=["whole-pool-impersonates"])
    assert len(report.findings) == all_of_one_tenant


@pytest.mark.parametrize(
    ("excepted", "closed"),
    [
        ("", True),
        ('exception_principals = ["principal://goog/subject/a@example.com"]', True),
        ("exception_principals = [var.who]", False),
    ],
)
def test_a_whole_pool_that_a_deny_policy_blocks_is_closed(check: Check, excepted: str, closed: bool) -> None:
    denied = f"""
variable "who" {{}}

resource "google_service_account_iam_member" "x" {{
  service_account_id = "projects/shop/serviceAccounts/x@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/*"
}}

resource "google_iam_deny_policy" "x" {{
  parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop"
  name   = "x"
  rules {{
    deny_rule {{
      denied_principals  = ["principalSet://goog/public:all"]
      denied_permissions = ["iam.googleapis.com/serviceAccounts.*"]
      {excepted}
    }}
  }}
}}
"""
    report = check({"main.tf": denied}, select=["whole-pool-impersonates"])
    assert (report.findings, [one.severity is None for one in report.unknown_answers]) == ((), [closed])


EITHER = f'var.on ? "{GITLAB}" : "{GITHUB}"'


@pytest.mark.parametrize(
    ("issuer", "condition", "found", "unknown"),
    [
        ("var.issuer", "assertion.ref == 'refs/heads/main'", [], WEAK),
        ("var.issuer", "${var.on}", [], WEAK),
        ("var.issuer", "assertion.sub.startsWith('repo:example/shop')", [], OPEN),
        ("var.issuer", "assertion.repository_owner_id == '12'", [], None),
        ("var.issuer", "assertion.namespace_id == '12'", [], None),
        ('"https://${var.issuer}.example.com"', "assertion.ref == 'refs/heads/main'", [], None),
        (EITHER, "assertion.aud == 'x'", [WEAK], None),
        (EITHER, "assertion.ref == 'refs/heads/main'", [], WEAK),
        (f'var.on ? "https://git.example.com" : "{GITHUB}"', "assertion.aud == 'x'", [], WEAK),
    ],
)
def test_a_condition_of_an_issuer_that_is_not_known(
    check: Check, issuer: str, condition: str, found: list[str], unknown: str | None
) -> None:
    text = provider(GITHUB, condition).replace(f'"{GITHUB}"', issuer) + 'variable "issuer" {}\nvariable "on" {}\n'
    report = check({"main.tf": text})
    assert [finding.rule for finding in report.findings if finding.rule in (WEAK, OPEN)] == found
    answers = [one for one in report.unknown_answers if one.rule in (WEAK, OPEN)]
    assert [(one.rule, one.reason[:23]) for one in answers] == (
        [(unknown, "the issuer is not known")] if unknown else []
    )


def test_a_condition_of_a_kind_of_provider_that_is_not_known(check: Check) -> None:
    block = f'oidc {{ issuer_uri = "{GITHUB}" }}'
    dynamic = f'dynamic "oidc" {{\n for_each = var.on\n content {{\n issuer_uri = "{GITHUB}"\n }}\n }}'
    text = provider(GITHUB, "assertion.ref == 'refs/heads/main'").replace(block, dynamic) + 'variable "on" {}\n'
    (one,) = check({"main.tf": text}, select=(WEAK,)).unknown_answers
    assert one.reason.startswith("the issuer is not known")


def test_the_issuer_of_a_workforce_pool_is_its_own(check: Check) -> None:
    text = """
variable "issuer" {}
resource "google_iam_workforce_pool_provider" "it" {
  workforce_pool_id   = "staff"
  location            = "global"
  provider_id         = "okta"
  attribute_mapping   = { "google.subject" = "assertion.sub" }
  attribute_condition = "assertion.ref == 'refs/heads/main'"
  oidc {
    issuer_uri = var.issuer
    client_id  = "x"
  }
}
"""
    assert not [one for one in check({"main.tf": text}).unknown_answers if one.rule == WEAK]


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        (('"assertion.ref"', "var.of"), "the mapping of attribute.line is not known"),
        (
            ("attribute_mapping = {", "attribute_mapping = var.of\n  unused = {"),
            "the mapping of attributes is not known",
        ),
        (('"assertion.repository"', "var.of"), None),
    ],
)
def test_what_an_attribute_is_mapped_from_is_not_known(
    check: Check, changed: tuple[str, str], reason: str | None
) -> None:
    pool = "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci"
    made = provider(GITHUB, "assertion.repository_owner_id == '12'").replace("attribute.ref", "attribute.line")
    text = f"""
variable "of" {{}}
resource "google_service_account_iam_member" "ci" {{
  service_account_id = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "{pool}/attribute.line/refs/heads/main"
}}
"""
    report = check({"main.tf": made.replace(*changed) + text}, select=("forgeable-attribute",))
    assert [finding.rule for finding in report.findings] == ([] if reason else ["forgeable-attribute"])
    assert [one.reason.partition(":")[0] for one in report.unknown_answers] == ([reason] if reason else [])
