"""What is not known has a name: two references to the same address are the same value, and some are never empty."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.facts import CustomRole, Grant, ServiceAccount
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.unknown import shown

EITHER = 'variable "a" {}\nvariable "b" {}\n'
GRANT = """
resource "google_project_iam_member" "m" {
  project = PROJECT
  role    = ROLE
  member  = "user:ana@example.com"
}
"""
ROLE = """
resource "google_project_iam_custom_role" "r" {
  project     = coalesce(var.a, var.b)
  role_id     = coalesce(var.b, var.a)
  title       = "r"
  permissions = ["iam.serviceAccounts.actAs"]
}
"""
ACCOUNT = """
resource "google_service_account" "a" {
  account_id = "a-${var.a}"
  project    = var.b
}
"""


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def facts(**files: str) -> list[object]:
    for name, text in files.items():
        Path(name).mkdir(exist_ok=True)
        (Path(name) / "main.tf").write_text(text)
    return list(read([Path("root")], Options()).facts)


@pytest.mark.parametrize(
    ("declared", "reference"),
    [
        ("locals {\n  p = coalesce(var.a, var.b)\n}\n", "local.p"),
        (ROLE, "google_project_iam_custom_role.r.project"),
        ('module "m" {\n  source = "../m"\n  p = coalesce(var.a, var.b)\n}\n', "module.m.p"),
    ],
)
def test_a_project_that_may_be_one_or_another_is_one_project(declared: str, reference: str) -> None:
    grant = GRANT.replace("PROJECT", reference).replace("ROLE", '"roles/viewer"')
    found = facts(
        root=EITHER + declared + grant + grant.replace('"m"', '"n"'),
        m='variable "p" {}\noutput "p" {\n  value = coalesce(var.p, null)\n}\n',
    )
    names = {shown(fact.resource.name) for fact in found if isinstance(fact, Grant)}
    assert len(names) == 1
    assert names != {"${?}"}


def test_a_variable_of_a_module_is_the_same_in_all_of_the_module() -> None:
    inner = GRANT.replace("PROJECT", "var.p").replace("ROLE", '"roles/viewer"')
    account = 'resource "google_service_account" "s" {\n  account_id = "s"\n  project = var.p\n}\n'
    root = EITHER + 'module "m" {\n  source = "../m"\n  p = coalesce(var.a, var.b)\n}\n'
    found = facts(root=root, m='variable "p" {}\n' + inner + account)
    (grant,) = (fact for fact in found if isinstance(fact, Grant))
    (made,) = (fact for fact in found if isinstance(fact, ServiceAccount))
    assert shown(grant.resource.name) == shown(made.project) == "${module.m.var.p}"


@pytest.mark.parametrize("attribute", ["id", "name"])
def test_a_role_is_known_by_its_resource(attribute: str) -> None:
    grant = GRANT.replace("PROJECT", "var.a").replace("ROLE", f"google_project_iam_custom_role.r.{attribute}")
    found = facts(root=EITHER + ROLE + grant)
    (role,) = (fact for fact in found if isinstance(fact, CustomRole))
    (grants,) = (fact for fact in found if isinstance(fact, Grant))
    assert shown(grants.role) == shown(role.name)
    assert "?" not in shown(role.name)


@pytest.mark.parametrize("project_id", ['"shop"', '"shop-${var.a}"'])
def test_the_id_of_a_project_names_the_project(project_id: str) -> None:
    """Version 3 of the provider put ``projects/`` before it."""
    project = f'data "google_project" "p" {{\n  project_id = {project_id}\n}}\n'
    account = 'resource "google_service_account" "s" {\n  account_id = "s"\n  project = data.google_project.p.id\n}\n'
    grant = GRANT.replace("PROJECT", "google_service_account.s.project").replace("ROLE", '"roles/viewer"')
    by_email = grant.replace("user:ana@example.com", "serviceAccount:${google_service_account.s.email}")
    found = facts(root=EITHER + project + account + by_email)
    (made,) = (fact for fact in found if isinstance(fact, ServiceAccount))
    (given,) = (fact for fact in found if isinstance(fact, Grant))
    assert given.principal.text == f"serviceAccount:{shown(made.email)}"
    assert shown(given.resource.name) == shown(made.project)


def test_unknown_values_of_different_resources_stay_apart() -> None:
    grant = GRANT.replace("PROJECT", "coalesce(var.a, var.b)").replace("ROLE", '"roles/viewer"')
    found = facts(root=EITHER + grant + grant.replace('"m"', '"n"'))
    assert len({shown(fact.resource.name) for fact in found if isinstance(fact, Grant)}) == 2


@pytest.mark.parametrize(
    "condition",
    [
        'google_service_account.a.email != ""',
        "google_service_account.a.email != null",
        'try(google_service_account.a.email, "") != ""',
        'google_service_account.a.id != "" && google_service_account.a.unique_id != null',
        "coalesce(google_service_account.a.email, var.b) == google_service_account.a.email",
        "length(compact([google_service_account.a.email])) == 1",
    ],
)
def test_an_account_that_is_made_has_an_email(condition: str) -> None:
    grant = GRANT.replace("PROJECT", f'"shop"\n  count = {condition} ? 1 : 0').replace("ROLE", '"roles/viewer"')
    (found,) = (fact for fact in facts(root=EITHER + ACCOUNT + grant) if isinstance(fact, Grant))
    assert found.declared.address == "google_project_iam_member.m[0]"


@pytest.mark.parametrize("condition", ['var.a != ""', "google_service_account.a.display_name != null"])
def test_another_value_may_be_empty(condition: str) -> None:
    grant = GRANT.replace("PROJECT", f'"shop"\n  count = {condition} ? 1 : 0').replace("ROLE", '"roles/viewer"')
    (found,) = (fact for fact in facts(root=EITHER + ACCOUNT + grant) if isinstance(fact, Grant))
    assert found.declared.address == "google_project_iam_member.m[*]"
