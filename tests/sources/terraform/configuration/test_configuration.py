"""The configuration as Terraform reads it: roots, variables in their order, overrides, blocks that declare nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from checkout import write
from clean_reading import reading

from iamlint.facts import CustomRole, Fact, Grant, ProjectReference, ServiceAccount, UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading
from iamlint.sources.terraform.evaluation import evaluator as evaluation


def member(value: str, name: str = "one") -> str:
    """A grant to a member that an expression gives."""
    arguments = f'  project = "shop"\n  role = "roles/viewer"\n  member = {value}\n'
    return f'resource "google_project_iam_member" "{name}" {{\n{arguments}}}\n'


def grants(found: Reading) -> list[Grant]:
    return [fact for fact in found.facts if isinstance(fact, Grant)]


def members(found: Reading) -> list[str]:
    return sorted(grant.principal.text for grant in grants(found))


def unread_parts(facts: list[Fact]) -> list[str]:
    return [fact.reason for fact in facts if isinstance(fact, UnreadPart)]


def call(name: str, source: str) -> str:
    return f'module "{name}" {{\n  source = "{source}"\n}}\n'


# -- roots -------------------------------------------------------------------------------------------------------------


def test_modules_that_only_call_each_other_are_read_beside_the_roots(tmp_path: Path) -> None:
    files = {
        "prod/main.tf": member('"user:root@example.com"'),
        "a/main.tf": call("b", "../b") + member('"user:a@example.com"'),
        "b/main.tf": call("a", "../a") + member('"user:b@example.com"'),
    }
    found = reading(tmp_path, files)
    assert members(found) == ["user:a@example.com", "user:b@example.com", "user:root@example.com"]
    assert unread_parts(found.facts) == [
        "module.b.module.a is not read: it calls itself, directly or through other modules"
    ]


def test_calls_that_branch_in_a_circle_end(tmp_path: Path) -> None:
    calls = "".join(call(f"m{n}", f"../{'ab'[n % 2]}") for n in range(20))
    found = reading(tmp_path, {"a/main.tf": calls, "b/main.tf": calls + member('"user:b@example.com"')})
    assert {reason.partition(": ")[2] for reason in unread_parts(found.facts)} == {
        "it calls itself, directly or through other modules"
    }


def test_calls_deeper_than_the_limit_are_said(tmp_path: Path) -> None:
    deepest = evaluation.DEEPEST_CALL
    files = {f"m{n}/main.tf": call("next", f"../m{n + 1}") for n in range(deepest + 3)}
    files[f"m{deepest + 3}/main.tf"] = member('"user:deep@example.com"')
    found = reading(tmp_path, files)
    assert members(found) == ["user:deep@example.com"]  # as a module that may be applied by itself
    (reason,) = unread_parts(found.facts)
    assert reason.endswith(f"is not read: module calls are nested deeper than {deepest}")


@pytest.mark.parametrize("block", ["resource", "module"])
def test_too_many_instances_are_said_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, block: str) -> None:
    monkeypatch.setattr("iamlint.sources.terraform.evaluation.run.MOST_INSTANCES", 5)
    many = member('"user:${count.index}@example.com"').replace("{\n", "{\n  count = 4\n")
    files = {"main.tf": many + many.replace("one", "two") + many.replace("one", "three")}
    if block == "module":
        inner = 'variable "n" {}\n' + member('"user:${var.n}@example.com"')
        text = call("m", "./m").replace("}\n", "  count = 9\n  n = count.index\n}\n")
        files = {"main.tf": text + text.replace('"m"', '"n"'), "m/main.tf": inner}
    found = read([write(tmp_path, files)], Options())
    (reason,) = unread_parts(found.facts)
    assert "more than the 5 instances" in reason
    assert ["more than the 5 instances" in error.reason for error in found.errors] == [True]
    assert len(grants(found)) <= 5


def test_more_facts_than_are_read_are_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("iamlint.sources.terraform.sharing.MOST_FACTS", 100)
    binding = """
resource "google_project_iam_binding" "b" {
  for_each = toset(["a", "b", "c"])
  project  = each.key
  role     = "roles/viewer"
  members  = [for n in range(60) : "user:u${n}@example.com"]
}
"""
    found = read([write(tmp_path, {"main.tf": binding})], Options())
    assert len(grants(found)) == 100
    (error,) = found.errors
    assert error.reason.startswith("this root module states more than the 100 facts that iamlint reads")


# -- variables ---------------------------------------------------------------------------------------------------------

WHO = 'variable "who" {\n  default = "user:default@example.com"\n}\n' + member("var.who")
SETTINGS = [
    ("terraform.tfvars", 'who = "user:1@example.com"\n'),
    ("terraform.tfvars.json", '{"who": "user:2@example.com"}'),
    ("a.auto.tfvars", 'who = "user:3@example.com"\n'),
    ("b.auto.tfvars.json", '{"who": "user:4@example.com"}'),
    ("terraform.auto.tfvars", 'who = "user:5@example.com"\n'),
    ("first.tfvars", 'who = "user:6@example.com"\n'),
    ("second.tfvars", 'who = "user:7@example.com"\n'),
]
"""From the weakest to the strongest; the last two are given with ``--var-file``."""


@pytest.mark.parametrize("strongest", range(-1, len(SETTINGS)))
def test_the_order_of_precedence(tmp_path: Path, strongest: int) -> None:
    files = dict(SETTINGS[: strongest + 1])
    var_files = tuple(tmp_path / name for name in ("first.tfvars", "second.tfvars") if name in files)
    found = reading(tmp_path, {"main.tf": WHO, **files}, var_files=var_files)
    expected = f"user:{strongest + 1}@example.com" if strongest >= 0 else "user:default@example.com"
    assert members(found) == [expected]


def test_var_wins_and_the_last_one_of_them(tmp_path: Path) -> None:
    found = reading(
        tmp_path,
        {"main.tf": WHO, **dict(SETTINGS)},
        var_files=(tmp_path / "second.tfvars",),
        variables=("who=user:8@example.com", "who=user:9@example.com"),
    )
    assert members(found) == ["user:9@example.com"]


def test_a_var_that_nobody_declares_is_an_error(tmp_path: Path) -> None:
    found = read([write(tmp_path, {"main.tf": WHO})], Options(variables=("hwo=user:x@example.com", "who=user:y@b.c")))
    (error,) = found.errors
    assert (error.at.path, error.reason) == ("--var hwo", "no root module declares this variable")
    assert error.hint == "did you mean `who`?"
    assert members(found) == ["user:y@b.c"]


def test_settings_of_a_root_do_not_reach_its_modules(tmp_path: Path) -> None:
    files = {
        "main.tf": call("m", "./m") + 'variable "who" {}\n',
        "m/main.tf": WHO,
        "terraform.tfvars": 'who = "user:x@example.com"\n',
        "m/terraform.tfvars": 'who = "user:y@example.com"\n',
    }
    found = {grant.declared.address: grant.principal.text for grant in grants(reading(tmp_path, files))}
    assert found == {
        "module.m.google_project_iam_member.one": "user:default@example.com",
        "google_project_iam_member.one": "user:y@example.com",  # m has tfvars, so that it is applied by itself, too
    }


@pytest.mark.parametrize(("nullable", "expected"), [("", "user:none@example.com"), ("  nullable = false\n", "d@x.y")])
def test_null_is_the_default_only_where_null_is_refused(tmp_path: Path, nullable: str, expected: str) -> None:
    inner = f'variable "who" {{\n  default = "user:d@x.y"\n{nullable}}}\n'
    inner += member('var.who == null ? "user:none@example.com" : var.who')
    files = {"main.tf": call("m", "./m").replace("}\n", "  who = null\n}\n"), "m/main.tf": inner}
    (found,) = members(reading(tmp_path, files))
    assert found.endswith(expected)


def test_optional_attributes_get_their_defaults(tmp_path: Path) -> None:
    text = """
variable "bindings" {
  type = map(object({
    role    = optional(string, "roles/browser")
    members = optional(list(string), ["user:nobody@example.com"])
  }))
}
resource "google_project_iam_binding" "b" {
  for_each = var.bindings
  project  = "shop"
  role     = each.value.role
  members  = each.value.members
}
"""
    values = 'bindings = {\n  a = {}\n  b = { role = "roles/viewer", members = ["user:ana@example.com"] }\n}\n'
    found = reading(tmp_path, {"main.tf": text, "terraform.tfvars": values})
    assert {(grant.role, grant.principal.text) for grant in grants(found)} == {
        ("roles/browser", "user:nobody@example.com"),
        ("roles/viewer", "user:ana@example.com"),
    }


# -- files -------------------------------------------------------------------------------------------------------------


def test_override_files_replace_argument_by_argument_in_their_order(tmp_path: Path) -> None:
    files = {
        "main.tf": 'locals {\n  who = "user:base@example.com"\n}\n' + member("local.who"),
        "a_override.tf": 'locals {\n  who = "user:first@example.com"\n}\n',
        "b_override.tf.json": json.dumps({"locals": {"who": "user:second@example.com"}}),
        "override.tf": 'resource "google_project_iam_member" "one" {\n  role = "roles/browser"\n}\n',
    }
    (grant,) = grants(reading(tmp_path, files))
    assert (grant.principal.text, grant.role) == ("user:second@example.com", "roles/browser")
    assert grant.role_place.at.path.endswith("override.tf")


def test_blocks_that_only_move_or_check_declare_nothing(tmp_path: Path) -> None:
    text = """
moved {
  from = google_project_iam_member.old
  to   = google_project_iam_member.one
}
removed {
  from = google_service_account.gone
  lifecycle {
    destroy = false
  }
}
import {
  to = google_project_iam_member.one
  id = "shop roles/viewer user:ana@example.com"
}
check "health" {
  data "google_project" "p" {
    project_id = "shop"
  }
  assert {
    condition     = data.google_project.p.project_id == "shop"
    error_message = "no shop"
  }
}
"""
    found = reading(tmp_path, {"main.tf": text + member('"user:ana@example.com"')})
    assert [type(fact) for fact in found.facts if not isinstance(fact, ProjectReference)] == [Grant]


# -- names -------------------------------------------------------------------------------------------------------------


def test_paths(tmp_path: Path) -> None:
    files = {
        "main.tf": call("m", "./m"),
        "who.txt": "user:root@example.com",
        "m/who.txt": "user:module@example.com",
        "m/main.tf": member('file("${path.module}/who.txt")') + member('file("${path.root}/who.txt")', "two"),
    }
    assert members(reading(tmp_path, files)) == ["user:module@example.com", "user:root@example.com"]


# -- providers ---------------------------------------------------------------------------------------------------------

PROVIDERS = """
provider "google" {
  project = "home"
}
provider "google" {
  alias   = "other"
  project = "away"
}
provider "google-beta" {
  project = "beta"
}
"""
ACCOUNTS = """
resource "google_service_account" "a" {
  account_id = "stable"
}
resource "google_service_account" "b" {
  provider   = google-beta
  account_id = "beta"
}
"""


@pytest.mark.parametrize(
    ("providers", "expected"),
    [
        ("", {"stable@home", "beta@beta"}),
        ("  providers = {\n    google = google.other\n  }\n", {"stable@away", "beta@beta"}),
        ("  providers = {\n    google-beta = google.other\n  }\n", {"stable@home", "beta@away"}),
    ],
)
def test_modules_inherit_providers_and_take_those_that_are_passed(
    tmp_path: Path, providers: str, expected: set[str]
) -> None:
    """As Terraform 1.11 has it: what is not passed is inherited still."""
    text = PROVIDERS + call("m", "./m").replace("}\n", providers + "}\n")
    found = reading(tmp_path, {"main.tf": text, "m/main.tf": ACCOUNTS})
    accounts = {fact.email for fact in found.facts if isinstance(fact, ServiceAccount)}
    assert accounts == {f"{name}.iam.gserviceaccount.com" for name in expected}


# -- where values come from --------------------------------------------------------------------------------------------


def test_the_origin_is_the_line_of_the_call_or_of_the_setting(tmp_path: Path) -> None:
    files = {
        "main.tf": 'variable "role" {}\n'
        'module "m" {\n  source = "./m"\n  who    = ["user:ana@example.com",\n    "user:bob@example.com"]\n'
        "  role   = var.role\n}\n",
        "terraform.tfvars": '# set here\nrole = "roles/viewer"\n',
        "m/main.tf": 'variable "who" {\n  type = list(string)\n}\nvariable "role" {}\n'
        'resource "google_project_iam_binding" "b" {\n  project = "shop"\n  role    = var.role\n'
        "  members = var.who\n}\n",
    }
    found = grants(reading(tmp_path, files))
    places = {grant.principal.text: grant.principal_place for grant in found}
    assert {place.at.line for place in places.values()} == {8}
    assert {who: (place.origin.path[-7:], place.origin.line) for who, place in places.items() if place.origin} == {
        "user:ana@example.com": ("main.tf", 4),
        "user:bob@example.com": ("main.tf", 5),
    }
    (role,) = {grant.role_place for grant in found}
    assert role.origin is not None
    assert (Path(role.origin.path).name, role.origin.line) == ("terraform.tfvars", 2)
    assert {via.line for grant in found for via in grant.declared.via} == {2}


# -- what resources and data sources give ------------------------------------------------------------------------------


def test_a_resource_may_be_named_with_its_prefix(tmp_path: Path) -> None:
    account = 'resource "google_service_account" "ci" {\n  project = "shop"\n  account_id = "ci"\n}\n'
    found = reading(tmp_path, {"main.tf": account + member("resource.google_service_account.ci.member")})
    assert members(found) == ["serviceAccount:ci@shop.iam.gserviceaccount.com"]


def test_what_the_provider_fills_in_within_a_block_is_known_after_apply(tmp_path: Path) -> None:
    connection = 'resource "google_bigquery_connection" "c" {\n  cloud_resource {\n  }\n}\n'
    value = '"serviceAccount:${google_bigquery_connection.c.cloud_resource[0].service_account_id}"'
    (grant,) = grants(reading(tmp_path, {"main.tf": connection + member(value)}))
    assert grant.principal.kind == "service_account"
    assert grant.principal.unknown is not None
    assert grant.principal.unknown.reason == (
        "google_bigquery_connection.c.cloud_resource[0].service_account_id is known after apply"
    )


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("google_project", "only Google's API knows data.google_project.d.label"),
        ("terraform_remote_state", "data.terraform_remote_state.d.label is in another state, which is not read"),
        ("http", "data.http.d.label is only known where Terraform runs"),
    ],
)
def test_why_a_data_source_is_not_known(tmp_path: Path, kind: str, reason: str) -> None:
    text = f'data "{kind}" "d" {{\n}}\n' + member(f'"user:${{data.{kind}.d.label}}"')
    (grant,) = grants(reading(tmp_path, {"main.tf": text}))
    assert grant.principal.unknown is not None
    assert grant.principal.unknown.reason == reason


def test_the_id_of_a_role_is_its_name(tmp_path: Path) -> None:
    text = 'data "google_iam_role" "browser" {\n  name = "roles/browser"\n}\n'
    grant = member('"user:ana@example.com"').replace('"roles/viewer"', "data.google_iam_role.browser.id")
    (found,) = grants(reading(tmp_path, {"main.tf": text + grant}))
    assert found.role == "roles/browser"


def test_the_permissions_of_a_predefined_role(tmp_path: Path) -> None:
    text = """
data "google_iam_role" "creator" {
  name = "roles/iam.serviceAccountOpenIdTokenCreator"
}
resource "google_project_iam_custom_role" "r" {
  project     = "shop"
  role_id     = "r"
  title       = "r"
  permissions = data.google_iam_role.creator.included_permissions
}
"""
    (role,) = (fact for fact in reading(tmp_path, {"main.tf": text}).facts if isinstance(fact, CustomRole))
    assert isinstance(role.permissions, tuple)
    assert [name for name, _ in role.permissions] == ["iam.serviceAccounts.getOpenIdToken"]


@pytest.mark.parametrize("instances", ['var.on ? toset(["a"]) : []', "var.on ? toset([var.unset]) : []"])
def test_a_choice_between_a_set_and_nothing(tmp_path: Path, instances: str) -> None:
    head = 'variable "on" {\n  default = false\n}\nvariable "unset" {}\n'
    text = member('"user:a@example.com"').replace("{\n", f"{{\n  for_each = {instances}\n", 1)
    (note,) = reading(tmp_path, {"main.tf": head + text}).facts
    assert isinstance(note, UnreadPart)
    assert "it grants nothing with the defaults of var.on: " in note.reason


@pytest.mark.parametrize(
    ("data", "value", "expected"),
    [
        ('"google_project" "d" {\n  project_id = "shop"\n}', "d.project_id", "shop"),
        ('"google_project" "d" {\n}', "d.project_id", "home"),
        ('"google_client_config" "d" {\n}', "d.project", "home"),
        ('"google_folder" "d" {\n  folder = "folders/42"\n}', "d.id", "folders/42"),
        ('"google_folder" "d" {\n  folder = "42"\n}', "d.folder_id", "42"),
        ('"google_organization" "d" {\n  organization = "organizations/1"\n}', "d.org_id", "1"),
        ('"google_organization" "d" {\n  organization = "1"\n}', "d.name", "organizations/1"),
        ('"google_service_account" "d" {\n  account_id = "ci"\n}', "d.email", "ci@home.iam.gserviceaccount.com"),
        ('"google_service_account" "d" {\n  account_id = "a@b.c"\n}', "d.member", "serviceAccount:a@b.c"),
        ('"google_app_engine_default_service_account" "d" {\n}', "d.email", "home@appspot.gserviceaccount.com"),
    ],
)
def test_data_sources_that_follow_from_the_configuration(tmp_path: Path, data: str, value: str, expected: str) -> None:
    kind = data.split('"')[1]
    text = 'provider "google" {\n  project = "home"\n}\n' + f"data {data}\n"
    found = reading(tmp_path, {"main.tf": text + member(f'"user:${{data.{kind}.{value}}}"')})
    assert [one.lower() for one in members(found)] == [f"user:{expected.lower()}"]


@pytest.mark.parametrize(
    ("kind", "kind_of_principal", "ends"),
    [
        ("google_compute_default_service_account", "default_service_account", "-compute@developer.gserviceaccount.com"),
        ("google_storage_project_service_account", "service_agent", "@gs-project-accounts.iam.gserviceaccount.com"),
        ("google_bigquery_default_service_account", "service_agent", "@bigquery-encryption.iam.gserviceaccount.com"),
        (
            "google_storage_transfer_project_service_account",
            "service_agent",
            "@storage-transfer-service.iam.gserviceaccount.com",
        ),
    ],
)
def test_accounts_that_are_named_by_a_project_number(
    tmp_path: Path, kind: str, kind_of_principal: str, ends: str
) -> None:
    text = f'data "{kind}" "d" {{\n  project = "shop"\n}}\n' + member(f"data.{kind}.d.member")
    (grant,) = grants(reading(tmp_path, {"main.tf": text}))
    assert grant.principal.kind == kind_of_principal
    assert grant.principal.text.endswith(ends)
    assert grant.principal.unknown is not None
    assert grant.principal.unknown.reason == (
        "only Google's API has the project's number; "
        "`gcloud projects list --format=json` beside the configuration tells it, too"
    )


@pytest.mark.parametrize("source", ["./" + "a/" * 200_000, "git::https://example.com/" + "a" * 5000])
def test_a_source_that_is_longer_than_any_path_is_not_resolved(source: str, tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(f'module "m" {{\n  source = "{source}"\n  member = "user:ana@example.com"\n}}\n')
    (unread,) = [fact for fact in read([tmp_path], Options()).facts if isinstance(fact, UnreadPart)]
    assert unread.reason == "module.m is not read: a path that iamlint does not follow"
