"""What only changes how a grant is written, or where, opens and closes nothing."""

from __future__ import annotations

import pytest

from tests.comparison.conftest import TOKEN, Compare, Files, account, closed, in_project, is_quiet, on_account, opened

LEDGER = account("ledger")
ANA = on_account("ana", "ledger", "user:ana@x.example")
UNKNOWN = 'variable "project_id" {}\n' + account("ledger", "var.project_id") + ANA
MODULE = """
variable "minter" {}
resource "google_service_account" "a" {
  project    = google_project.p.project_id
  account_id = "ledger"
}
resource "google_project" "p" {
  name       = "p"
  project_id = "p-${random_id.r.hex}"
  folder_id  = "folders/1"
}
resource "random_id" "r" {
  byte_length = 2
}
resource "google_service_account_iam_member" "m" {
  service_account_id = google_service_account.a.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = var.minter
}
resource "google_project_iam_member" "owner" {
  project = google_project.p.project_id
  role    = "roles/owner"
  member  = "serviceAccount:${google_service_account.a.email}"
}
"""
CALL = """
module "NAME" {
  source = "./DIR"
  minter = "user:ana@x.example"
}
"""
MANY = """
locals {
  people = KEYS
}
resource "google_service_account_iam_member" "m" {
  for_each           = local.people
  service_account_id = google_service_account.ledger.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = each.value
}
"""
COUNTED = """
locals {
  people = ["user:ana@x.example", "user:ben@x.example"]
}
resource "google_service_account_iam_member" "m" {
  count              = length(local.people)
  service_account_id = google_service_account.ledger.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = local.people[count.index]
}
"""
BINDING = """
resource "google_service_account_iam_binding" "b" {
  service_account_id = google_service_account.ledger.name
  role               = "roles/iam.serviceAccountTokenCreator"
  members            = ["user:ben@x.example", "user:ana@x.example"]
}
"""
POLICY = """
data "google_iam_policy" "p" {
  binding {
    role    = "roles/iam.serviceAccountTokenCreator"
    members = ["user:ana@x.example", "user:ben@x.example"]
  }
}
resource "google_service_account_iam_policy" "p" {
  service_account_id = google_service_account.ledger.name
  policy_data        = data.google_iam_policy.p.policy_data
}
"""
BY_KEY = '{ "a" = "user:ana@x.example", "b" = "user:ben@x.example" }'
ACCOUNTS = """
variable "project_id" {}
resource "google_service_account" "all" {
  for_each   = { KEY = "ledger", other = "payer" }
  project    = var.project_id
  account_id = each.value
}
resource "google_service_account_iam_member" "m" {
  service_account_id = google_service_account.all["KEY"].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "user:ana@x.example"
}
"""
MEMBERS = LEDGER + MANY.replace("KEYS", BY_KEY)


def module(name: str, folder: str) -> dict[str, str]:
    return {"main.tf": CALL.replace("NAME", name).replace("DIR", folder), f"{folder}/main.tf": MODULE}


REFACTORINGS: dict[str, tuple[Files, Files]] = {
    "the same": (MEMBERS, MEMBERS),
    "another order": (LEDGER + ANA, ANA + LEDGER),
    "a comment and a blank line": (LEDGER + ANA, "# ours\n\n" + LEDGER + "\n\n" + ANA),
    "the label of a grant": (LEDGER + ANA, LEDGER + ANA.replace('"ana"', '"anna"')),
    "the label of an account": (
        UNKNOWN,
        UNKNOWN.replace('_account" "ledger"', '_account" "books"').replace("_account.ledger", "_account.books"),
    ),
    "another file": ({"main.tf": LEDGER + ANA}, {"main.tf": LEDGER, "grants.tf": ANA}),
    "another key": (MEMBERS, MEMBERS.replace('"a" =', '"ana" =')),
    "count to for_each": (LEDGER + COUNTED, MEMBERS),
    "for_each to count": (MEMBERS, LEDGER + COUNTED),
    "members to a binding": (MEMBERS, LEDGER + BINDING),
    "a binding to a policy": (LEDGER + BINDING, LEDGER + POLICY),
    "a policy to members": (LEDGER + POLICY, MEMBERS),
    "the key of an account": (ACCOUNTS.replace("KEY", "one"), ACCOUNTS.replace("KEY", "first")),
    "the name of a module": (module("a", "m"), module("b", "m")),
    "the folder of a module": (module("a", "m"), module("a", "n")),
    "name and folder of a module": (module("a", "m"), module("b", "n")),
    "into a module": (
        MODULE.replace("var.minter", '"user:ana@x.example"').replace('variable "minter" {}', ""),
        module("a", "m"),
    ),
    "out of a module": (
        module("a", "m"),
        MODULE.replace("var.minter", '"user:ana@x.example"').replace('variable "minter" {}', ""),
    ),
    "another root folder": ({"envs/prod/main.tf": UNKNOWN}, {"stacks/prod/main.tf": UNKNOWN}),
    "the name of a variable": (
        UNKNOWN,
        UNKNOWN.replace('project_id"', 'project"').replace("var.project_id", "var.project"),
    ),
    "a literal for a reference": (
        LEDGER + ANA,
        LEDGER
        + ANA.replace(
            "google_service_account.ledger.name", '"projects/shop/serviceAccounts/ledger@shop.iam.gserviceaccount.com"'
        ),
    ),
}


@pytest.mark.parametrize("name", REFACTORINGS)
def test_it_shows_nothing(name: str, compare: Compare) -> None:
    base, head = REFACTORINGS[name]
    found = compare(base, head)
    assert is_quiet(found), (opened(found), closed(found), found.gained, found.lost, found.unknown)


@pytest.mark.parametrize("name", REFACTORINGS)
def test_what_is_granted_beside_it_is_seen(name: str, compare: Compare) -> None:
    base, head = ({"main.tf": one} if isinstance(one, str) else one for one in REFACTORINGS[name])
    more = account("target", '"bank"') + on_account("eve", "target", "user:eve@x.example")
    files = dict(head) | {"main.tf": head.get("main.tf", "") + more}
    found = compare(base, files)
    assert opened(found) == {"user:eve@x.example -> target@bank"}
    assert closed(found) == set()


def test_an_account_with_another_id_is_another_account(compare: Compare) -> None:
    found = compare(UNKNOWN, UNKNOWN.replace('account_id = "ledger"', 'account_id = "books"'))
    assert [one.principal for one in found.opened] == ["user:ana@x.example"]
    assert [one.principal for one in found.closed] == ["user:ana@x.example"]


def test_a_moved_block_says_what_is_the_same(compare: Compare) -> None:
    moved = "\nmoved {\n  from = module.a\n  to   = module.b\n}\n"
    head = module("b", "n")
    assert is_quiet(compare(module("a", "m"), head | {"main.tf": head["main.tf"] + moved}))
    changed = head | {"main.tf": head["main.tf"].replace("ana@", "eve@") + moved}
    found = compare(module("a", "m"), changed)
    assert [one.principal for one in found.opened] == ["user:eve@x.example"]
    assert [one.principal for one in found.closed] == ["user:ana@x.example"]


def test_a_grant_in_a_module_that_is_renamed(compare: Compare) -> None:
    head = module("b", "n")
    head["n/main.tf"] += in_project("more", "user:eve@x.example", TOKEN, "google_project.p.project_id")
    found = compare(module("a", "m"), head)
    assert [one.principal for one in found.opened] == ["user:eve@x.example"]
    assert not found.closed
