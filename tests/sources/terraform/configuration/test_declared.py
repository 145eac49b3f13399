"""Accounts, keys, custom roles, projects, services, deny policies and token requests."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iamlint.facts import CustomRole, Denial, Impersonation, Project, Service, ServiceAccount, ServiceAccountKey
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]
TARGET = "target@shop.iam.gserviceaccount.com"
HOP = "hop@shop.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("arguments", "email"),
    [
        ({"account_id": "ci", "project": "shop"}, "ci@shop.iam.gserviceaccount.com"),
        ({"account_id": "ci", "project": "example.com:shop"}, "ci@shop.example.com.iam.gserviceaccount.com"),
        ({"account_id": "ci"}, "${google_service_account.ci.email}"),
        ({"account_id": "ci", "project": "x", "email": "told@plan"}, "told@plan"),
    ],
)
def test_a_service_account(build: Build, arguments: dict[str, str], email: str) -> None:
    (account,) = facts_of(build("google_service_account.ci", **arguments))
    assert isinstance(account, ServiceAccount)
    assert account.email == email
    assert account.disabled is False


def test_a_service_account_takes_its_project_from_the_provider(build: Build) -> None:
    provider = build("provider.google", mode="provider", project="shop")
    (account,) = facts_of(build("google_service_account.ci", account_id="ci", provider=provider, disabled=True))
    assert isinstance(account, ServiceAccount)
    assert (account.email, account.project) == ("ci@shop.iam.gserviceaccount.com", "shop")
    assert account.disabled is True


def test_keys(build: Build, unknown_part: UnknownPartOf) -> None:
    name = unknown_part("google_service_account.ci.name")
    (key,) = facts_of(build("google_service_account_key.k", service_account_id=name))
    assert isinstance(key, ServiceAccountKey)
    assert (key.account, key.uploaded) == ("${google_service_account.ci.email}", False)
    (key,) = facts_of(build("google_service_account_key.k", service_account_id=TARGET, public_key_data="x"))
    assert isinstance(key, ServiceAccountKey)
    assert (key.account, key.uploaded) == (TARGET, True)


def test_custom_roles(build: Build) -> None:
    permissions = {"iam.serviceAccounts.signBlob", "a.b.c"}
    (role,) = facts_of(
        build("google_project_iam_custom_role.r", project="p", role_id="signer", title="T", permissions=permissions)
    )
    assert isinstance(role, CustomRole)
    assert role.name == "projects/p/roles/signer"
    assert isinstance(role.permissions, tuple)
    assert [permission for permission, _ in role.permissions] == ["a.b.c", "iam.serviceAccounts.signBlob"]
    assert [place.at.column for _, place in role.permissions] == [18, 27]
    why = Unknown("var.permissions has no default and is not set")
    (role,) = facts_of(build("google_organization_iam_custom_role.r", org_id="9", role_id="x", permissions=why))
    assert isinstance(role, CustomRole)
    assert (role.name, role.permissions) == ("organizations/9/roles/x", why)


def test_projects_and_services(build: Build, unknown_part: UnknownPartOf) -> None:
    (project,) = facts_of(build("google_project.p", project_id="shop", folder_id="123"))
    assert isinstance(project, Project)
    assert (project.project_id, project.parent, project.number) == ("shop", "folders/123", None)
    (project,) = facts_of(build("google_project.p", project_id=Unknown("random"), org_id=unknown_part("var.org")))
    assert isinstance(project, Project)
    assert isinstance(project.project_id, Unknown)
    assert project.project_id.text == "${google_project.p.project_id}"
    assert isinstance(project.parent, Unknown)
    assert project.parent.text == "organizations/${var.org}"
    (service,) = facts_of(build("google_project_service.s", project="shop", service="iamcredentials.googleapis.com"))
    assert isinstance(service, Service)
    assert (service.name, service.project, service.complete) == ("iamcredentials.googleapis.com", "shop", False)
    assert service.place.at.line == 3


def test_deny_policies(build: Build, unknown_part: UnknownPartOf) -> None:
    rule = {
        "description": "no tokens",
        "deny_rule": {
            "denied_principals": ["principalSet://goog/public:all"],
            "denied_permissions": ["iam.googleapis.com/serviceAccounts.getAccessToken"],
            "exception_principals": ["principalSet://goog/group/a@b.c"],
            "denial_condition": {"expression": "!resource.matchTag('1/env', 'test')"},
        },
    }
    parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop"
    first, second = facts_of(build("google_iam_deny_policy.d", parent=parent, name="d", rules=(rule, rule)))
    assert isinstance(first, Denial)
    assert first.parent == "cloudresourcemanager.googleapis.com/projects/shop"
    assert first.denied_permissions == ("iam.googleapis.com/serviceAccounts.getAccessToken",)
    assert first.exception_principals == ("principalSet://goog/group/a@b.c",)
    assert first.exception_permissions == ()
    assert first.condition is not None
    assert isinstance(second, Denial)
    why = Unknown("var.rules has no default and is not set")
    partly = unknown_part("cloudresourcemanager.googleapis.com%2Fprojects%2F", "var.project")
    (unknown,) = facts_of(build("google_iam_deny_policy.d", parent=partly, unknown_block_rules=why))
    assert isinstance(unknown, Denial)
    assert unknown.denied_principals == why
    assert isinstance(unknown.parent, Unknown)
    assert unknown.parent.text == "cloudresourcemanager.googleapis.com/projects/${var.project}"


def test_a_provider_that_impersonates(build: Build) -> None:
    delegates = [f"projects/-/serviceAccounts/{HOP}", "projects/p/serviceAccounts/wrong@p.iam"]
    (asked,) = facts_of(
        build(
            "provider.google",
            mode="provider",
            impersonate_service_account=TARGET,
            impersonate_service_account_delegates=delegates,
            user_project_override=True,
            billing_project="billing",
        )
    )
    assert isinstance(asked, Impersonation)
    assert asked.target == TARGET
    assert isinstance(asked.delegates, tuple)
    assert [name for name, _ in asked.delegates] == [HOP, "projects/p/serviceAccounts/wrong@p.iam"]
    assert asked.quota_project == "billing"
    assert asked.caller is None
    assert asked.place.at.line == 2


def test_a_provider_that_does_not_impersonate(build: Build) -> None:
    assert list(facts_of(build("provider.google", mode="provider", project="shop"))) == []
    assert list(facts_of(build("provider.google", mode="provider", impersonate_service_account=""))) == []
    assert list(facts_of(build("provider.aws", mode="provider", impersonate_service_account=TARGET))) == []


def test_billing_without_override_is_no_quota_project(build: Build) -> None:
    (asked,) = facts_of(
        build("provider.google", mode="provider", impersonate_service_account=TARGET, billing_project="b")
    )
    assert isinstance(asked, Impersonation)
    assert asked.quota_project is None


@pytest.mark.parametrize("kind", ["access_token", "id_token", "jwt"])
def test_token_data_sources(build: Build, kind: str) -> None:
    provider = build("provider.google", mode="provider", impersonate_service_account=HOP)
    instance = build(
        f"data.google_service_account_{kind}.t", mode="data", target_service_account=TARGET, provider=provider
    )
    (asked,) = facts_of(instance)
    assert isinstance(asked, Impersonation)
    assert (asked.target, asked.caller, asked.delegates) == (TARGET, HOP, ())
    assert list(facts_of(build(f"data.google_service_account_{kind}.t", mode="data", target_audience="x"))) == []
