"""Which pairs of principals and accounts open and close."""

from __future__ import annotations

import json

import pytest

from iamlint.comparison.formats import render
from iamlint.reporters.parts.presentation import Presentation
from tests.comparison.conftest import TOKEN, Compare, Files, account, closed, in_project, is_quiet, on_account, opened

LEDGER = account("ledger")
ANA = on_account("ana", "ledger", "user:ana@x.example")
KEYS = "roles/iam.serviceAccountKeyAdmin"
BEN = on_account("ben", "ledger", "user:ben@x.example")


def test_a_grant_opens_and_its_removal_closes(compare: Compare) -> None:
    found = compare(LEDGER, LEDGER + ANA)
    assert opened(found) == {"user:ana@x.example -> ledger@shop"}
    assert not found.closed
    pair = found.opened[0]
    assert pair.methods[0] == "sa-mint-access-token"
    assert pair.cause is not None
    assert (pair.cause.path, pair.cause.side) == ("main.tf", "head")
    back = compare({"b.tf": LEDGER + ANA, "main.tf": ""}, {"b.tf": LEDGER, "main.tf": ""})
    assert (opened(back), closed(back)) == (set(), {"user:ana@x.example -> ledger@shop"})


def test_a_new_account_under_a_grant_on_the_project_opens(compare: Compare) -> None:
    granted = in_project("devs", "group:devs@x.example", TOKEN)
    found = compare(granted + LEDGER, granted + LEDGER + account("payer"))
    assert opened(found) == {"group:devs@x.example -> payer@shop"}
    assert found.opened[0].cause is not None
    text = (granted + LEDGER + account("payer")).splitlines()[found.opened[0].cause.line - 1]
    assert text == 'resource "google_service_account" "payer" {'


def test_pairs_are_transitive(compare: Compare) -> None:
    ci = "serviceAccount:ci@shop.iam.gserviceaccount.com"
    chain = LEDGER + account("ci") + on_account("hop", "ledger", ci, KEYS)
    found = compare(chain, chain + on_account("ana", "ci", "user:ana@x.example"))
    assert opened(found) == {"user:ana@x.example -> ci@shop", "user:ana@x.example -> ledger@shop"}
    far = next(one for one in found.opened if one.account.startswith("ledger"))
    assert [step.target for step in far.path] == [
        "serviceAccount:ci@shop.iam.gserviceaccount.com",
        "serviceAccount:ledger@shop.iam.gserviceaccount.com",
    ]
    assert far.methods == ("sa-create-key",)


def test_a_link_in_the_middle_opens_for_all_before_it(compare: Compare) -> None:
    first = LEDGER + account("ci") + on_account("ana", "ci", "user:ana@x.example")
    found = compare(first, first + on_account("hop", "ledger", "serviceAccount:ci@shop.iam.gserviceaccount.com"))
    assert opened(found) == {"ci@shop -> ledger@shop", "user:ana@x.example -> ledger@shop"}


def test_a_delegate_that_gains_a_token_opens_for_its_callers(compare: Compare) -> None:
    role = """
resource "google_project_iam_custom_role" "d" {
  project     = "shop"
  role_id     = "delegator"
  title       = "d"
  permissions = ["iam.serviceAccounts.implicitDelegation"]
}
"""
    first = (
        LEDGER + account("ci") + role + on_account("ana", "ci", "user:ana@x.example", "projects/shop/roles/delegator")
    )
    found = compare(first, first + on_account("hop", "ledger", "serviceAccount:ci@shop.iam.gserviceaccount.com"))
    assert opened(found) == {"ci@shop -> ledger@shop", "user:ana@x.example -> ledger@shop"}


def test_a_deploy_permission_beside_an_existing_act_as_opens(compare: Compare) -> None:
    act_as = LEDGER + on_account("ana", "ledger", "user:ana@x.example", "roles/iam.serviceAccountUser")
    found = compare(act_as, act_as + in_project("run", "user:ana@x.example", "roles/run.admin"))
    assert opened(found) == {"user:ana@x.example -> ledger@shop"}
    assert found.opened[0].cause is not None
    assert found.opened[0].cause.line > act_as.count("\n")


def test_a_condition_that_has_expired_and_goes_opens(compare: Compare) -> None:
    expired = """condition {
    title      = "once"
    expression = "request.time < timestamp(\\"2021-01-01T00:00:00Z\\")"
  }"""
    before = LEDGER + on_account("ana", "ledger", "user:ana@x.example", TOKEN, expired)
    found = compare(before, LEDGER + ANA)
    assert opened(found) == {"user:ana@x.example -> ledger@shop"}
    again = compare({"main.tf": LEDGER + ANA}, {"main.tf": before})
    assert closed(again) == {"user:ana@x.example -> ledger@shop"}
    later = before.replace("2021", "2099")
    assert is_quiet(compare(LEDGER + ANA, later))
    assert opened(compare(before, later)) == {"user:ana@x.example -> ledger@shop"}


def test_a_disabled_account_that_is_enabled_opens(compare: Compare) -> None:
    off = account("ledger", more="disabled = true") + ANA
    found = compare(off, LEDGER + ANA)
    assert opened(found) == {"user:ana@x.example -> ledger@shop"}
    assert closed(compare(LEDGER + ANA, off)) == {"user:ana@x.example -> ledger@shop"}


def test_a_wider_custom_role_opens(compare: Compare) -> None:
    role = """
resource "google_project_iam_custom_role" "r" {
  project     = "shop"
  role_id     = "helper"
  title       = "h"
  permissions = [
    "iam.serviceAccounts.get",
  ]
}
"""
    grant = LEDGER + on_account("ana", "ledger", "user:ana@x.example", "projects/shop/roles/helper")
    wider = role.replace(
        '    "iam.serviceAccounts.get",\n',
        '    "iam.serviceAccounts.get",\n    "iam.serviceAccounts.getAccessToken",\n',
    )
    found = compare(role + grant, wider + grant)
    assert opened(found) == {"user:ana@x.example -> ledger@shop"}
    assert found.opened[0].cause is not None
    assert "getAccessToken" in wider.splitlines()[found.opened[0].cause.line - 1]


def test_a_role_with_fewer_of_the_permissions_closes_only(compare: Compare) -> None:
    narrow = on_account("ana", "ledger", "user:ana@x.example", "roles/iam.serviceAccountOpenIdTokenCreator")
    found = compare(LEDGER + ANA, LEDGER + narrow)
    assert opened(found) == set()
    assert closed(found) == {"user:ana@x.example -> ledger@shop"}
    assert not found.gained
    back = compare(LEDGER + narrow, LEDGER + ANA)
    assert (opened(back), closed(back)) == ({"user:ana@x.example -> ledger@shop"}, set())
    assert not back.lost


def test_a_project_that_moves_under_a_folder_with_grants_opens(compare: Compare) -> None:
    folders = """
resource "google_project" "shop" {
  project_id = "shop"
  name       = "shop"
  folder_id  = "FOLDER"
}
resource "google_folder_iam_member" "ops" {
  folder = "folders/222"
  role   = "roles/iam.serviceAccountTokenCreator"
  member = "group:ops@x.example"
}
"""
    found = compare(LEDGER + folders.replace("FOLDER", "111"), LEDGER + folders.replace("FOLDER", "222"))
    assert opened(found) == {"group:ops@x.example -> ledger@shop"}
    assert found.opened[0].cause is not None
    assert found.opened[0].cause.line == LEDGER.count("\n") + 5
    assert [(one.principal, str(one.resource)) for one in found.gained] == [("group:ops@x.example", "project shop")]


def test_a_group_that_is_replaced_by_its_members(compare: Compare) -> None:
    group = on_account("devs", "ledger", "group:devs@x.example")
    found = compare(LEDGER + group, LEDGER + ANA + BEN)
    assert opened(found) == {"user:ana@x.example -> ledger@shop", "user:ben@x.example -> ledger@shop"}
    assert closed(found) == {"group:devs@x.example -> ledger@shop"}


def test_whoever_could_through_a_set_gains_nothing(compare: Compare) -> None:
    everybody = on_account("all", "ledger", "domain:x.example")
    assert opened(compare(LEDGER + everybody, LEDGER + everybody + ANA)) == set()


def test_what_may_not_be_there_is_unknown(compare: Compare) -> None:
    more = 'variable "on" {}\n' + ANA.replace('"ana" {', '"ana" {\n  for_each = toset(var.on)')
    found = compare(LEDGER, LEDGER + more)
    assert not found.opened
    assert [one.pair.principal for one in found.unknown if one.pair] == ["user:ana@x.example"]
    further = compare(LEDGER + ANA, LEDGER + ANA + more.replace('"ana"', '"more"').replace(TOKEN, KEYS))
    assert not further.opened
    assert [one.pair.principal for one in further.unknown if one.pair] == ["user:ana@x.example"]
    role = 'variable "role" {}\n' + in_project("p", "user:ana@x.example", "${var.role}")
    unknown_change = compare(LEDGER, LEDGER + role)
    assert not unknown_change.gained
    assert [one.privilege.principal for one in unknown_change.unknown if one.privilege] == ["user:ana@x.example"]


SUFFIXED = """
resource "random_id" "suffix" {
  byte_length = 4
}
resource "google_project_iam_custom_role" "own" {
  project     = "shop"
  role_id     = replace("x-${random_id.suffix.hex}", "-", "_")
  permissions = [%s]
}
"""


def test_custom_roles_of_two_configurations_with_alike_names_are_two(compare: Compare) -> None:
    """The known parts of their names are the same."""
    granted = in_project("p", "user:ana@x.example", "${google_project_iam_custom_role.own.id}")
    files = {f"{name}/main.tf": SUFFIXED % f'"storage.buckets.{name}"' + granted for name in ("list", "delete")}
    assert len(compare({"main.tf": LEDGER}, {"main.tf": LEDGER, **files}).gained) == 2


def test_a_custom_role_with_a_name_known_in_part_is_known_by_its_definition(compare: Compare) -> None:
    role = SUFFIXED.replace("%s", '"storage.buckets.list"%s')
    granted = in_project("p", "user:ana@x.example", "${google_project_iam_custom_role.own.id}")
    lost = compare(LEDGER + role % "" + granted, LEDGER + role % "")
    assert ([one.principal for one in lost.lost], list(lost.unknown)) == (["user:ana@x.example"], [])
    more = 'variable "more" {}\n' + role % ", var.more"
    for found, verb in ((compare(LEDGER, LEDGER + more + granted), "gains"), (compare(more + granted, more), "loses")):
        assert not found.gained
        assert not found.lost
        assert [one.reason for one in found.unknown] == [
            "one of the custom role's permissions is not known: var.more has no default and is not set"
        ]
        for form in ("text", "markdown"):
            assert f" {verb} projects/shop/roles/" in render(form, found, Presentation())


NAMELESS = """
variable "bucket" {
  default = ""
}
resource "google_storage_bucket_iam_member" "%s" {
  bucket = var.bucket
  role   = "roles/storage.admin"
  member = "user:%s@x.example"
}
"""


@pytest.mark.parametrize(
    ("base", "head", "about"),
    [
        ("", NAMELESS % ("a", "ana"), ["whether user:ana@x.example gains roles/storage.admin on storage bucket"]),
        (NAMELESS % ("a", "ana"), NAMELESS % ("b", "ana"), []),
        (
            NAMELESS % ("a", "ana"),
            NAMELESS % ("a", "eve"),
            [
                "whether user:eve@x.example gains roles/storage.admin on storage bucket",
                "whether user:ana@x.example loses roles/storage.admin on storage bucket",
            ],
        ),
    ],
)
def test_a_grant_on_something_without_a_name_is_unknown(
    compare: Compare, base: str, head: str, about: list[str]
) -> None:
    found = render("text", compare(LEDGER + base, LEDGER + head), Presentation())
    told = [line.removeprefix("unknown: ").partition(" :")[0] for line in found.splitlines() if "unknown: " in line]
    assert told == about
    assert found.count("the resource's name is empty") == len(about)


def test_what_closes_is_unknown_while_the_head_may_name_it(compare: Compare) -> None:
    """A variable that loses its default may get the same value elsewhere."""
    people = 'variable "people" {\n  %s\n}\n' + account("ledger")
    people += on_account("m", "ledger", "${each.value}", more="for_each = toset(var.people)")
    found = compare(people % 'default = ["user:ana@x.example"]', people % "")
    assert not found.closed
    assert any("var.people has no default" in one.reason for one in found.unknown if one.change == "closed")


def test_what_terraform_only_forgets_does_not_close(compare: Compare) -> None:
    forgets = "removed {\n  from = google_service_account_iam_member.ana\n  lifecycle {\n    destroy = %s\n  }\n}\n"
    found = compare(LEDGER + ANA, LEDGER + forgets % "false")
    assert not found.closed
    assert [one.reason for one in found.unknown if one.change == "closed"] == [
        "google_service_account_iam_member.ana stays as it is: Terraform only forgets it"
    ]
    assert closed(compare(LEDGER + ANA, LEDGER + forgets % "true")) == {"user:ana@x.example -> ledger@shop"}


PEOPLE = """
variable "who" {
}
resource "google_service_account" "each" {
  for_each   = var.who
  project    = "shop"
  account_id = each.key
}
resource "google_service_account_iam_member" "each" {
  for_each           = var.who
  service_account_id = google_service_account.each[each.key].name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = format("group:%s@x.example", each.value.group)
}
"""
WHO = 'who = {\n  first = {\n    group = "admins"\n  }\n  %s = {\n    group = "%s"\n  }\n}\n'


NUMBER = (WHO % ("second", "some")).replace('"some"', "%s")


@pytest.mark.parametrize(
    ("base", "head", "cause"),
    [
        (WHO % ("second", "some"), WHO % ("second", "others"), ("terraform.tfvars", 6)),
        (WHO % ("second", "some"), '# "others"\n' + WHO % ("second", "others"), ("terraform.tfvars", 7)),
        (WHO % ("second", "some"), WHO % ("second", "some") + "# others\n", None),
        (NUMBER % 1, NUMBER % 2 + 'more = "x.exam"\n', ("main.tf", 13)),  # a piece of a name
    ],
)
def test_the_cause_is_the_changed_line_that_a_value_is_made_of(
    compare: Compare, base: str, head: str, cause: tuple[str, int] | None
) -> None:
    found = compare({"main.tf": PEOPLE, "terraform.tfvars": base}, {"main.tf": PEOPLE, "terraform.tfvars": head})
    causes = [(one.cause.path, one.cause.line) for one in found.opened if one.cause]
    assert causes == [cause] * (cause is not None)


def test_the_cause_of_another_name_is_the_block_of_the_account(compare: Compare) -> None:
    aligned = ANA.replace("role ", "role").replace("= ", "=  ")
    found = compare(LEDGER + ANA, LEDGER.replace('account_id = "ledger"', 'account_id = "book"') + aligned)
    assert [(one.cause.line, one.cause.side) for one in found.opened if one.cause] == [(4, "head")]


def test_the_cause_of_a_new_grant_is_its_own_line(compare: Compare) -> None:
    """The project's id has one line for all grants on it."""
    shop = 'variable "shop" {\n}\n'
    granted = shop + in_project("ana", "user:ana@x.example", TOKEN, "var.shop")
    found = compare({"main.tf": shop}, {"main.tf": granted, "terraform.tfvars": 'shop = "shop"\n'})
    assert [(one.cause.path, one.cause.line) for one in found.gained if one.cause] == [("main.tf", 7)]


DESCRIBED = """
variable "group" {
  type = string
}
module "project" {
  source            = "terraform-google-modules/project-factory/google"
  version           = "~> 14.0"
  name              = "shop"
  org_id            = "17"
  random_project_id = true
}
resource "google_project_iam_member" "group" {
  project = module.project.project_id
  role    = "roles/run.admin"
  member  = "group:${var.group}"
}
"""


def test_a_cause_is_in_the_input_where_iamlint_describes_the_module(compare: Compare) -> None:
    """It has no file for what such a module declares."""
    found = compare({"main.tf": DESCRIBED, "terraform.tfvars": 'group = "admins@x.example"\n'}, {"main.tf": DESCRIBED})
    causes = [one.cause.path for one in (*found.opened, *found.gained, *found.lost) if one.cause]
    assert causes
    assert set(causes) <= {"main.tf", "terraform.tfvars"}


CALL = """
module "x" {
  source  = "acme/iam/google"
  version = "%s"  # %s
}
"""


SCRIPT = CALL.replace("{\n", "{\n  run = <<EOT\ndepends_on = [\nallow %s\nEOT\n", 1).replace('"%s"  # %s', '"1"')


@pytest.mark.parametrize(
    ("base", "head", "reasons"),
    [
        (CALL % ("1.0.0", "a"), CALL % ("1.0.0", "a"), 0),
        (CALL % ("1.0.0", "a"), "# moved down\n" + CALL.replace("{\n", "{\n  # new\n") % ("1.0.0", "a"), 0),
        (CALL % ("1.0.0", "a"), CALL % ("2.0.0", "a"), 1),
        (CALL % ("1.0.0", "a"), CALL.replace("{\n", "{\n  depends_on = [a.b]\n") % ("1.0.0", "a"), 0),
        (CALL % ("1.0.0", "a"), CALL.replace("{\n", "{\n  depends_on = [\n    a.b[0],\n  ]\n") % ("1.0.0", "a"), 0),
        (SCRIPT % "ana", SCRIPT % "ben", 1),
    ],
)
def test_another_version_of_a_module_that_is_not_installed(
    compare: Compare, base: str, head: str, reasons: int
) -> None:
    found = compare(account("ledger") + base, account("ledger") + head)
    assert [one.reason.partition(":")[0] for one in found.unknown] == ["the call of module.x has changed"] * reasons


def test_a_new_call_beside_one_of_the_same_name_is_new(compare: Compare) -> None:
    some = CALL % ("1.0.0", "a")
    found = compare({"a/main.tf": some}, {"a/main.tf": some, "b/main.tf": CALL % ("2.0.0", "b")})
    assert [one.reason.partition(" ")[0] for one in found.unknown] == ["module.x"]


COMMAND = """
resource "null_resource" "a" {
  provisioner "local-exec" {
    command = "gcloud projects add-iam-policy-binding shop --member=user:ana%s@x.example --role=$ROLE"
  }
}
"""
UNCALLED = """
variable "bindings" {
  default = {}
}
resource "google_project_iam_member" "%s" {
  for_each = var.bindings
  project  = each.value
  role     = "roles/owner"
  member   = each.key
}
"""


@pytest.mark.parametrize(
    ("base", "head", "reasons"),
    [
        ({"main.tf": COMMAND % 1}, {"other.tf": "# moved\n" + COMMAND % 1}, []),
        ({"main.tf": COMMAND % 1}, {"main.tf": COMMAND % 2}, ["null_resource.a runs a command that changes IAM"]),
        ({"a/main.tf": UNCALLED % "m"}, {"b/main.tf": UNCALLED % "m"}, []),
        (
            {"a/main.tf": UNCALLED % "m"},
            {"a/main.tf": UNCALLED % "m", "b/main.tf": UNCALLED % "m"},
            ["no call of this module is known"],
        ),
        ({"a/main.tf": UNCALLED % "m"}, {"a/main.tf": UNCALLED % "n"}, ["no call of this module is known"]),
    ],
)
def test_what_is_unread_is_compared_with_its_lines(
    compare: Compare, base: Files, head: Files, reasons: list[str]
) -> None:
    """The reasons are alike but for a number, or the same: a copy of a module is another one."""
    assert [one.reason.split(",")[0] for one in compare(base, head).unknown] == reasons


def test_a_principal_that_is_not_known_in_full_is_shown_as_policies_write_it(compare: Compare) -> None:
    number = 'variable "number" {}\n'
    agent = on_account("agent", "ledger", "serviceAccount:${var.number}@cloudbuild.gserviceaccount.com")
    found = compare(number + LEDGER, number + LEDGER + agent)
    assert [one.principal for one in found.opened] == ["serviceAccount:${var.number}@cloudbuild.gserviceaccount.com"]


def test_an_id_token_alone_is_a_pair(compare: Compare) -> None:
    role = "roles/iam.serviceAccountOpenIdTokenCreator"
    found = compare(LEDGER, LEDGER + on_account("ana", "ledger", "user:ana@x.example", role))
    assert [one.methods for one in found.opened] == [("sa-mint-id-token",)]


def test_another_kind_of_method_beside_one_that_is_there_opens(compare: Compare) -> None:
    keys = on_account("keys", "ledger", "user:ana@x.example", "roles/iam.serviceAccountKeyAdmin")
    found = compare(LEDGER + ANA, LEDGER + ANA + keys)
    assert opened(found) == {"user:ana@x.example -> ledger@shop"}
    assert not set(found.opened[0].methods) & {"sa-mint-access-token", "sa-sign-blob-for-access-token"}
    assert closed(compare(LEDGER + ANA + keys, LEDGER + ANA)) == {"user:ana@x.example -> ledger@shop"}


def test_a_group_whose_members_are_declared_that_is_replaced_by_them(compare: Compare) -> None:
    members = """
resource "google_cloud_identity_group" "devs" {
  parent       = "customers/C1"
  group_key {
    id = "devs@x.example"
  }
  labels = { "cloudidentity.googleapis.com/groups.discussion_forum" = "" }
}
resource "google_cloud_identity_group_membership" "ana" {
  group = google_cloud_identity_group.devs.id
  preferred_member_key {
    id = "ana@x.example"
  }
  roles {
    name = "MEMBER"
  }
}
"""
    before = LEDGER + members + on_account("devs", "ledger", "group:devs@x.example")
    found = compare(before, LEDGER + members + ANA)
    assert opened(found) == set()
    assert closed(found) == {"group:devs@x.example -> ledger@shop"}
    joined = compare(LEDGER + on_account("devs", "ledger", "group:devs@x.example"), before)
    assert opened(joined) == {"user:ana@x.example -> ledger@shop"}
    # A rule that denies the member, or everybody but it, is compared with the member itself.
    ana = "principal://goog/subject/ana@x.example"
    alone = compare(before, before + denial(ana))
    assert (opened(alone), closed(alone)) == (set(), {"user:ana@x.example -> ledger@shop"})
    excepted = compare(before, before + denial("principalSet://goog/public:all", ana))
    assert (opened(excepted), closed(excepted)) == (set(), {"group:devs@x.example -> ledger@shop"})


def denial(denied: str, *excepted: str) -> str:
    return f"""
resource "google_iam_deny_policy" "denial" {{
  parent = urlencode("cloudresourcemanager.googleapis.com/projects/shop")
  name   = "denial"
  rules {{
    deny_rule {{
      denied_principals    = ["{denied}"]
      exception_principals = {json.dumps(excepted)}
      denied_permissions   = ["iam.googleapis.com/serviceAccounts.*"]
    }}
  }}
}}
"""


REPOSITORY = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.gh.name}/attribute.repository"
PROVIDER = """
resource "google_iam_workload_identity_pool" "gh" {
  project                   = "shop"
  workload_identity_pool_id = "gh"
}
resource "google_iam_workload_identity_pool_provider" "p" {
  project                            = "shop"
  workload_identity_pool_id          = "gh"
  workload_identity_pool_provider_id = "p"
  attribute_condition                = "%s"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}
"""
OWNER = "assertion.repository_owner == '%s'"


@pytest.mark.parametrize(
    ("before", "after", "opens", "closes", "reasons"),
    [
        (OWNER % "other", OWNER % "acme", True, False, 1),
        (OWNER % "acme", OWNER % "other", False, True, 1),
        (OWNER % "acme" + " && assertion.ref == 'refs/heads/main'", OWNER % "acme", False, False, 1),
        (OWNER % "acme", OWNER % "acme", False, False, 0),
    ],
)
def test_another_condition_of_a_provider(
    compare: Compare, before: str, after: str, opens: bool, closes: bool, reasons: int
) -> None:
    """What the tokens of a principal are is not compared, so that it is unknown whether more match than before."""
    granted = LEDGER + on_account("f", "ledger", f"{REPOSITORY}/acme/app", "roles/iam.workloadIdentityUser")
    granted += in_project("p", f"{REPOSITORY}/acme/app", "roles/run.admin")
    found = compare(granted + PROVIDER % before, granted + PROVIDER % after)
    assert (bool(found.opened), bool(found.closed), len(found.unknown)) == (opens, closes, reasons)
    assert ([one.role for one in found.gained], [one.role for one in found.lost]) == (
        ["roles/run.admin"] * opens,
        ["roles/run.admin"] * closes,
    )


def test_a_grant_that_no_token_can_use_opens_nothing(compare: Compare) -> None:
    base = LEDGER + PROVIDER % (OWNER % "acme")
    other = on_account("f", "ledger", f"{REPOSITORY}/other/app", "roles/iam.workloadIdentityUser")
    assert is_quiet(compare(base, base + other + in_project("p", f"{REPOSITORY}/other/app", "roles/owner")))


IMPORT = 'import {\n  to = google_iam_workload_identity_pool.gh\n  id = "shop/gh"\n}\n'


@pytest.mark.parametrize(("condition", "changes"), [("var.on", ["closed"]), ("true", []), ("!var.off", ["closed"])])
def test_a_grant_that_may_be_gone_may_close(compare: Compare, condition: str, changes: list[str]) -> None:
    """Another certain way, or the same doubt on both sides, does not count as a change."""
    grant = on_account("a", "ledger", "user:ana@x.example")
    perhaps = grant.replace("{\n", f"{{\n  count = {condition} ? 1 : 0\n", 1)
    base = LEDGER + 'variable "on" {}\nvariable "off" {}\n'
    other = on_account("b", "ledger", "user:ana@x.example")
    assert [one.change for one in compare(base + grant, base + perhaps).unknown] == changes
    assert [one.change for one in compare(base + perhaps, base + grant).unknown] == ["opened"] * len(changes)
    assert not compare(base + perhaps, base + perhaps.replace("{\n", "{\n  # again\n", 1)).unknown
    assert not compare(base + grant + other, base + perhaps + other).unknown


def test_a_pool_that_is_imported_may_have_other_providers(compare: Compare) -> None:
    base = LEDGER + PROVIDER % (OWNER % "acme")
    base += on_account("f", "ledger", f"{REPOSITORY}/other/app", "roles/iam.workloadIdentityUser")
    found = compare(base, base + IMPORT)
    assert [one.change for one in found.unknown if one.pair] == ["opened"]
    assert [one.change for one in compare(base + IMPORT, base).unknown if one.pair] == ["closed"]


def test_the_project_of_a_default_account_may_change(compare: Compare) -> None:
    who = "serviceAccount:${data.google_project.p.number}-compute@developer.gserviceaccount.com"
    base = 'data "google_project" "p" {\n  project_id = "shop"\n}\n'
    base += in_project("o", who, "roles/owner") + in_project("t", "user:ana@x.example", TOKEN)
    assert [one.principal for one in compare(base, base.replace('= "shop"\n}', '= "tools"\n}', 1)).closed] == [
        "user:ana@x.example"
    ]


def test_a_provider_that_may_be_of_another_pool_closes_nothing(compare: Compare) -> None:
    """A pool of another project may have the same id, and another configuration may add a provider to it."""
    by_number = f"{REPOSITORY}/other/app".replace(
        "${google_iam_workload_identity_pool.gh.name}", "projects/1/locations/global/workloadIdentityPools/gh"
    )
    grants = on_account("f", "ledger", by_number, "roles/iam.workloadIdentityUser") + in_project(
        "p", by_number, "roles/owner"
    )
    decoy = PROVIDER % (OWNER % "acme")
    found = compare(LEDGER, LEDGER + grants + decoy)
    assert [one.change for one in found.unknown if one.pair] == ["opened"]
    pools = {"pools/main.tf": PROVIDER % (OWNER % "acme")}, {"pools/main.tf": PROVIDER % (OWNER % "other")}
    before, after = (each | {"apps/main.tf": LEDGER + grants} for each in pools)
    assert [one.reason.partition(",")[0] for one in compare(before, after).unknown] == [
        "other tokens may match principals of the pool gh"
    ]


def test_what_a_removed_root_module_granted_is_lost_there(compare: Compare) -> None:
    """Another root module has a block of the same address, on a line that changed, too."""
    kept = LEDGER + ANA
    found = compare(
        {"old/main.tf": kept.replace("shop", "lab"), "new/main.tf": kept}, {"new/main.tf": f"\n{kept} # x\n"}
    )
    assert {(pair.cause.path, pair.cause.side) for pair in found.closed if pair.cause} == {("old/main.tf", "base")}
    assert len(found.closed) == 1


NARROW = """
resource "google_storage_bucket" "config" {
  project  = var.shop
  name     = "shop-config"
  location = "EU"
}
resource "google_pubsub_topic" "events" {
  project = var.shop
  name    = "events"
}
"""
ON_PROJECT = in_project("bucket", "user:ana@x.example", "roles/storage.objectViewer", "var.shop")
ON_PROJECT += in_project("topic", "user:ana@x.example", "roles/pubsub.publisher", "var.shop")
ON_RESOURCES = """
resource "google_storage_bucket_iam_member" "bucket" {
  bucket = google_storage_bucket.config.name
  role   = "roles/storage.objectViewer"
  member = "user:ana@x.example"
}
resource "google_pubsub_topic_iam_member" "topic" {
  project = var.shop
  topic   = google_pubsub_topic.events.name
  role    = "roles/pubsub.publisher"
  member  = "user:ana@x.example"
}
"""
BUCKET = NARROW.split("resource ")[1]


@pytest.mark.parametrize("value", ['default = "shop"', ""])
def test_a_role_on_a_resource_instead_of_its_project_is_not_gained(compare: Compare, value: str) -> None:
    shop = f'variable "shop" {{\n  {value}\n}}\n' + NARROW
    narrower = compare(shop + ON_PROJECT, shop + ON_RESOURCES)
    assert (narrower.gained, len(narrower.lost)) == ((), 2)
    wider = compare(shop + ON_RESOURCES, shop + ON_PROJECT)
    assert (len(wider.gained), wider.lost) == (2, ())


def test_the_head_cannot_say_which_project_a_bucket_is_in(compare: Compare) -> None:
    """A block for a bucket of others, in a project with the role, would hide what is gained."""
    shop = 'variable "shop" {\n  default = "shop"\n}\n'
    granted = ON_RESOURCES.partition('resource "google_pubsub')[0]
    found = compare(shop + ON_PROJECT, shop + ON_PROJECT + f"resource {BUCKET}" + granted)
    assert [str(one.resource) for one in found.gained] == ["storage bucket shop-config"]


def test_a_principal_that_gets_its_prefix_gains_the_role(compare: Compare) -> None:
    agent = "service-${data.google_project.shop.number}@gcp-sa-pubsub.iam.gserviceaccount.com"
    number = 'data "google_project" "shop" {\n}\n'
    bare = number + in_project("agent", agent, "roles/pubsub.publisher")
    found = compare(bare, number + in_project("agent", f"serviceAccount:{agent}", "roles/pubsub.publisher"))
    assert [one.principal for one in found.gained] == [f"serviceAccount:{agent}"]
    assert not found.lost


OPAQUE = 'variable "who" {\n  default = null\n}\nvariable "more" {\n}\n'
CUSTOM = """
resource "google_project_iam_custom_role" "some" {
  project     = "shop"
  role_id     = "some"
  permissions = %s
}
"""


@pytest.mark.parametrize(
    ("base", "head", "changes"),
    [
        (in_project("who", "user:${var.who}", TOKEN), in_project("who", "group:${var.who}", TOKEN), ["opened"]),
        (in_project("who", "user:${var.who}", TOKEN), in_project("who", "user:${ var.who }", TOKEN), []),
        (in_project("who", "user:${var.who}", TOKEN), in_project("who", "user:${var.who}", TOKEN, more="#"), []),
        (
            in_project("who", "user:ana@x.example", "${jsondecode(var.more).role}"),
            in_project("who", "user:ana@x.example", "${jsondecode(var.more).admin}"),
            ["opened"],
        ),
        (CUSTOM % "jsondecode(var.more).some", CUSTOM % "jsondecode(var.more).all", [None]),
        (CUSTOM % "jsondecode(var.more).some", CUSTOM % "jsondecode(var.more).some\n # all", []),
    ],
)
def test_an_unknown_value_that_is_written_otherwise_is_unknown(
    compare: Compare, base: str, head: str, changes: list[str | None]
) -> None:
    found = compare(OPAQUE + base, OPAQUE + head)
    assert [one.change for one in found.unknown] == changes
    assert not found.gained
