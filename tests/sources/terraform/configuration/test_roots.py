"""A root module counts as applied by itself, even if others call it; a shared module counts as called."""

from __future__ import annotations

from pathlib import Path

import pytest
from clean_reading import reading

from iamlint.facts import Denial, Grant, ServiceAccount, UnreadPart
from iamlint.sources.reading import Reading

OWNER = """
resource "google_project_iam_member" "it" {
  project = "shop"
  role    = var.role
  member  = var.member
}
"""
VARIABLES = 'variable "role" { default = "roles/owner" }\nvariable "member" { default = "user:ana@example.com" }\n'
LITERAL = OWNER.replace("var.role", '"roles/owner"').replace("var.member", '"user:ana@example.com"')
NONE = 'module "it" {\n  source = "../../prod"\n  count  = 0\n}\n'
HARMLESS = 'module "it" {\n  source = "../../prod"\n  role   = "roles/viewer"\n}\n'


def grants(found: Reading) -> list[tuple[str, str]]:
    """Role and address of each grant."""
    return sorted((str(one.role), one.declared.address or "") for one in found.facts if isinstance(one, Grant))


STATE = '{"version": 4, "serial": 1, "lineage": "a", "outputs": {}, "resources": []}'
MARKS = {
    "a backend": ("prod/backend.tf", 'terraform {\n  backend "gcs" {}\n}\n'),
    "a backend in JSON": ("prod/backend.tf.json", '{"terraform": [{"backend": {"gcs": {"bucket": "b"}}}]}'),
    "a cloud block": ("prod/cloud.tf", "terraform {\n  cloud {}\n}\n"),
    "tfvars": ("prod/terraform.tfvars", 'member = "user:bob@example.com"\n'),
    "automatic tfvars": ("prod/x.auto.tfvars.json", "{}"),
    "tfvars that are named on the command line": ("prod/prod.tfvars", ""),
    "Terragrunt's configuration": ("prod/terragrunt.hcl", ""),
    "tfvars in a folder": ("prod/env/prod.tfvars", ""),
    "tfvars in a deeper folder": ("prod/config/prod/eu.tfvars.json", "{}"),
    "the configuration of a backend": ("prod/prod.gcs.tfbackend", ""),
    "the configuration of backends in a folder": ("prod/backends/prod.tfbackend", ""),
    "a state": (
        "prod/terraform.tfstate",
        '{"version": 4, "serial": 1, "lineage": "a", "outputs": {}, "resources": []}',
    ),
    "an import": ("prod/import.tf", 'import {\n  to = google_project_iam_member.it\n  id = "x"\n}\n'),
    "a provider": ("prod/provider.tf", 'provider "google" {\n  project = "shop"\n}\n'),
    "a lock file": ("prod/.terraform.lock.hcl", ""),
    "what init leaves": ("prod/.terraform/providers/x", ""),
}


@pytest.mark.parametrize("call", [NONE, HARMLESS])
@pytest.mark.parametrize("mark", MARKS)
def test_what_is_applied_counts_whoever_calls_it(tmp_path: Path, mark: str, call: str) -> None:
    path, text = MARKS[mark]
    files = {"prod/main.tf": VARIABLES + OWNER, path: text, "examples/a/main.tf": call}
    assert ("roles/owner", "google_project_iam_member.it") in grants(reading(tmp_path, files))


@pytest.mark.parametrize(
    ("prod", "call"),
    [
        (LITERAL, NONE),
        (VARIABLES + OWNER, NONE),
        (VARIABLES + OWNER, HARMLESS),
        ('variable "on" { default = true }\n' + LITERAL.replace("{\n", "{\n  count = var.on ? 1 : 0\n", 1),
         'module "it" {\n  source = "../../prod"\n  on     = false\n}\n'),
        ('variable "unused" {}\n' + LITERAL, NONE),
    ],
)  # fmt: skip
def test_grants_of_its_own_defaults_do_not_vanish_by_a_call(tmp_path: Path, prod: str, call: str) -> None:
    found = grants(reading(tmp_path, {"prod/main.tf": prod, "examples/a/main.tf": call}))
    assert [role for role, _ in found].count("roles/owner") == 1


@pytest.mark.parametrize(
    ("prod", "call"),
    [
        (LITERAL, 'module "it" {\n  source = "../../prod"\n}\n'),
        (VARIABLES + OWNER, 'module "it" {\n  source = "../../prod"\n  member = "user:bob@example.com"\n}\n'),
        ('variable "project" { default = "own" }\n' + LITERAL.replace('"shop"', "var.project"),
         'module "it" {\n  source  = "../../prod"\n  project = "other"\n}\n'),
    ],
)  # fmt: skip
def test_what_the_call_states_is_told_once(tmp_path: Path, prod: str, call: str) -> None:
    found = grants(reading(tmp_path, {"prod/main.tf": prod, "examples/a/main.tf": call}))
    assert found == [("roles/owner", "module.it.google_project_iam_member.it")]


@pytest.mark.parametrize(
    "grant",
    [OWNER, LITERAL.replace('"shop"', "var.project"), LITERAL.replace("{\n", "{\n  for_each = toset(var.names)\n", 1)],
)
def test_a_shared_module_that_needs_values_counts_as_it_is_called(tmp_path: Path, grant: str) -> None:
    variables = 'variable "role" {}\nvariable "member" {}\nvariable "project" {}\nvariable "names" {}\n'
    found = reading(tmp_path, {"prod/main.tf": variables + grant, "examples/a/main.tf": NONE})
    assert grants(found) == []
    (note,) = (fact for fact in found.facts if isinstance(fact, UnreadPart))
    assert note.reason.startswith("no known call creates this module (count = 0), and what it grants needs values: ")
    assert not note.unread


@pytest.mark.parametrize(
    ("calls", "notes"),
    [
        ({"a/main.tf": NONE.replace("count  = 0", "for_each = {}")}, ["google_project_iam_member.it and 1 more"]),
        ({"a/main.tf": NONE, "b/main.tf": NONE}, ["google_project_iam_member.it and 1 more"]),
        ({"a/main.tf": NONE.replace("0", "1 - 1")}, []),
        (
            {"a/main.tf": NONE, "b/main.tf": NONE.replace("0", "var.on ? 1 : 0") + 'variable "on" { default = false }'},
            ["module.it"],  # of the caller: its own variable decides
        ),
    ],
    ids=["for_each", "twice", "not literal", "another call may"],
)
def test_a_module_that_every_call_switches_off_is_one_note(
    tmp_path: Path, calls: dict[str, str], notes: list[str]
) -> None:
    more = LITERAL.replace('"it"', '"more"').replace('"shop"', "var.member")
    files = {f"examples/{path}": text for path, text in calls.items()}
    found = reading(tmp_path, {"prod/main.tf": 'variable "role" {}\nvariable "member" {}\n' + OWNER + more, **files})
    assert [fact.reason.rpartition(": ")[2] for fact in found.facts if isinstance(fact, UnreadPart)] == notes


def test_the_account_of_such_a_grant_comes_with_it(tmp_path: Path) -> None:
    prod = 'resource "google_service_account" "ci" {\n  account_id = "ci"\n}\n' + LITERAL.replace(
        '"user:ana@example.com"', "google_service_account.ci.member"
    )
    found = reading(tmp_path, {"prod/main.tf": prod, "examples/a/main.tf": NONE})
    assert [fact.declared.address for fact in found.facts if isinstance(fact, ServiceAccount)] == [
        "google_service_account.ci"
    ]


def test_a_deny_policy_of_what_is_never_applied_does_not_count(tmp_path: Path) -> None:
    deny = """
resource "google_iam_deny_policy" "it" {
  parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop"
  name   = "it"
  rules {
    deny_rule {
      denied_principals  = ["principalSet://goog/public:all"]
      denied_permissions = ["iam.googleapis.com/serviceAccounts.getAccessToken"]
    }
  }
}
"""
    found = reading(tmp_path, {"prod/main.tf": deny + LITERAL, "examples/a/main.tf": NONE})
    assert grants(found) == [("roles/owner", "google_project_iam_member.it")]
    assert not any(isinstance(fact, Denial) for fact in found.facts)


@pytest.mark.parametrize(
    ("prod", "call"),
    [
        ('variable "project" {}\n' + LITERAL.replace('"shop"', "var.project"), 'project = "shop"'),
        (
            'variable "who" { default = "" }\n' + LITERAL.replace("ana@example.com", "${var.who}"),
            'who = "ana@example.com"',
        ),
    ],
)
def test_an_applied_module_says_only_once_what_nothing_sets(tmp_path: Path, prod: str, call: str) -> None:
    files = {
        "prod/main.tf": prod,
        "prod/.terraform.lock.hcl": "",
        "main.tf": f'module "it" {{\n  source  = "./prod"\n  {call}\n}}\n',
    }
    assert grants(reading(tmp_path, files)) == [("roles/owner", "module.it.google_project_iam_member.it")]


@pytest.mark.parametrize("provider", ['provider "google" {}', 'provider "google" {\n  alias = "eu"\n}'])
def test_an_empty_provider_block_makes_no_root_module(tmp_path: Path, provider: str) -> None:
    files = {
        "prod/main.tf": provider + '\nvariable "role" {}\n' + LITERAL.replace('"roles/owner"', "var.role"),
        "main.tf": 'module "it" {\n  source = "./prod"\n  role   = "roles/viewer"\n}\n',
    }
    assert [role for role, _ in grants(reading(tmp_path, files))] == ["roles/viewer"]


@pytest.mark.parametrize(
    "path",
    ["prod/tests/a.tfvars", "prod/examples/a.tfvars", "prod/sub/main.tf", "prod/a/b/c/d.tfvars", "vars/a.tfvars"],
)
def test_settings_of_others_make_no_root_module(tmp_path: Path, path: str) -> None:
    needs_values = OWNER + 'variable "role" {}\nvariable "member" {}\n'
    files = {
        "prod/main.tf": needs_values,
        path: "",
        "examples/a/main.tf": HARMLESS.replace("}", '  member = "user:ana@example.com"\n}'),
    }
    if path.endswith("main.tf"):
        files["prod/sub/a.tfvars"] = ""
    assert [role for role, _ in grants(reading(tmp_path, files))] == ["roles/viewer"]


OFF = 'variable "on" { default = false }\nvariable "who" { default = [] }\nlocals { who = toset(var.who) }\n'
BLOCKS = LITERAL.replace("{", "{\n  count = var.on ? 1 : 0", 1) + LITERAL.replace(
    '"it" {', '"all" {\n  for_each = local.who'
)
ALONE = "no call of this module is known, and it grants nothing with the defaults of "
CALLS = """
module "it" {
  source = "./m"
  count  = var.on ? 1 : 0
  who    = var.who
}
module "stub" {
  source   = "terraform-google-modules/iam/google//modules/folders_iam"
  count    = var.on ? 1 : 0
  bindings = { "roles/owner" = var.who }
}
"""
LOOP = 'module "again" {\n  source = "../m"\n}\nvariable "who" {}\n'
NEEDS = 'variable "who" {}\n' + LITERAL.replace("{", "{\n  for_each = var.who", 1)
ACCESS_LIST = """
resource "google_bigquery_dataset_access" "it" {
  count         = var.on ? 1 : 0
  dataset_id    = "d"
  role          = "roles/bigquery.dataEditor"
  user_by_email = "ana@example.com"
}
"""
TWO = ALONE + "var.on, var.who: google_project_iam_member.it and 1 more"


@pytest.mark.parametrize(
    ("files", "reasons"),
    [
        ({}, [TWO]),
        ({"prod/more.tf": LITERAL.replace('"it"', '"sure"')}, []),
        ({"prod/terraform.tfvars": "on = false"}, []),
        ({"prod/backend.tf": 'terraform {\n  backend "gcs" {}\n}\n'}, []),
        ({"examples/a/main.tf": NONE}, []),
        ({"prod/main_override.tf": "locals { who = [] }\n"}, [ALONE + "var.on: google_project_iam_member.it"]),
        ({"prod/main_override.tf": 'variable "on" { default = true }\n'}, []),
        ({"prod/main.tf": OFF + ACCESS_LIST}, [ALONE + "var.on: google_bigquery_dataset_access.it"]),
        ({"prod/main.tf": OFF + CALLS, "prod/m/main.tf": NEEDS}, [ALONE + "var.on: module.it and 1 more"]),
        ({"prod/main.tf": OFF + CALLS, "prod/m/main.tf": LOOP}, [ALONE + "var.on: module.stub"]),
    ],
    ids=[
        *("alone", "another grant", "variables are set", "applied", "called", "a literal", "on by default"),
        *("an access list", "calls of modules that grant", "a call of one that does not"),
    ],
)
def test_a_module_that_grants_nothing_by_default(tmp_path: Path, files: dict[str, str], reasons: list[str]) -> None:
    found = reading(tmp_path, {"prod/main.tf": OFF + BLOCKS, **files})
    notes = [one for one in found.facts if isinstance(one, UnreadPart)]
    assert [one.reason for one in notes] == reasons
    assert not any(one.unread for one in notes)


DENIES = """
resource "google_iam_deny_policy" "it" {
  parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop"
  name   = "it"
  rules {
    deny_rule {
      denied_principals  = ["principalSet://goog/public:all"]
      denied_permissions = ["iam.googleapis.com/serviceAccounts.actAs"]
    }
  }
}
"""
CALLED = 'module "it" {\n  source = "../../m"\n}\n'
EXAMPLE = {"m/main.tf": LITERAL, "examples/a/main.tf": CALLED + DENIES}


@pytest.mark.parametrize(
    ("files", "is_told"),
    [
        ({}, True),
        ({"examples/b/main.tf": CALLED + DENIES}, True),
        ({"examples/b/main.tf": CALLED}, False),
        ({"examples/0/main.tf": CALLED}, False),
        ({"examples/a/terraform.tfvars": ""}, False),
        ({"examples/a/main.tf": CALLED}, False),
        ({"m/main.tf": LITERAL + DENIES, "examples/a/main.tf": CALLED}, False),
        ({"m/main.tf": 'variable "who" {}\n' + LITERAL.replace('"user:ana@example.com"', "var.who")}, False),
    ],
    ids=[
        *("an example", "two examples", "another call", "an earlier call", "applied", "no policy"),
        *("its own policy", "a grant that needs values"),
    ],
)
def test_what_an_example_may_block(tmp_path: Path, files: dict[str, str], *, is_told: bool) -> None:
    found = reading(tmp_path, EXAMPLE | files)
    reasons = [one.reason for one in found.facts if isinstance(one, UnreadPart) and "may be blocked by" in one.reason]
    assert len(reasons) == is_told
