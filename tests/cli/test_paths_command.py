"""The commands ``paths``, ``who`` and ``reach``: what they print and which code they exit with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result
from jsonschema import Draft202012Validator

from iamlint.cli.program import program
from iamlint.reporters import paths as reporter

SCHEMA = json.loads((Path(reporter.__file__).with_name("paths.schema.json")).read_text(encoding="utf-8"))
VALIDATOR = Draft202012Validator(SCHEMA)
ESTATE = """
resource "google_service_account" "relay" {
  project    = "shop-dev"
  account_id = "relay"
}
resource "google_service_account" "boss" {
  project    = "shop-prod"
  account_id = "boss"
}
resource "google_project_iam_member" "owner" {
  project = "shop-prod"
  role    = "roles/owner"
  member  = google_service_account.boss.member
}
resource "google_service_account_iam_member" "relay" {
  service_account_id = google_service_account.relay.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "group:devs@example.com"
}
resource "google_service_account_iam_member" "boss" {
  service_account_id = google_service_account.boss.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.relay.member
}
resource "google_service_account_iam_member" "boss_deploy" {
  service_account_id = google_service_account.boss.name
  role               = "roles/iam.serviceAccountUser"
  member             = "user:ana@example.com"
}
"""
DEPLOYS = """
resource "google_project_iam_member" "deploys" {
  project = "shop-prod"
  role    = "roles/run.developer"
  member  = "user:ana@example.com"
}
"""
DENIED = """
resource "google_iam_deny_policy" "ana" {
  parent = urlencode("cloudresourcemanager.googleapis.com/projects/shop-prod")
  name   = "ana"
  rules {
    deny_rule {
      denied_principals  = ["principal://goog/subject/ana@example.com"]
      denied_permissions = ["iam.googleapis.com/serviceAccounts.actAs"]
    }
  }
}
"""
RELAY, BOSS = "relay@shop-dev.iam.gserviceaccount.com", "boss@shop-prod.iam.gserviceaccount.com"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(ESTATE, encoding="utf-8")
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, list(arguments))


def document(*arguments: str, code: int) -> dict[str, Any]:
    done = run(*arguments, "--format", "json")
    assert done.exit_code == code, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    VALIDATOR.validate(found)
    return found


def ends(found: dict[str, Any]) -> set[tuple[str, str, str]]:
    return {(path["from"], path["to"].removeprefix("serviceAccount:"), path["state"]) for path in found["paths"]}


def test_a_path_has_each_hop_with_its_method_grant_and_line(folder: Path) -> None:
    (path,) = document("paths", "--from", "devs@example.com", "--to", f"serviceAccount:{BOSS}", code=1)["paths"]
    assert (path["state"], path["severity"]) == ("open", "high")
    assert path["privileges"] == ["roles/owner on project shop-prod"]
    told = ("to", "method", "permission", "role", "resource", "address", "path", "line", "certainty")
    assert [tuple(hop[key] for key in told) for hop in path["hops"]] == [
        (
            f"serviceAccount:{RELAY}",
            "sa-mint-access-token",
            "iam.serviceAccounts.getAccessToken",
            "roles/iam.serviceAccountTokenCreator",
            f"service account {RELAY}",
            "google_service_account_iam_member.relay",
            "main.tf",
            18,
            "certain",
        ),
        (
            f"serviceAccount:{BOSS}",
            "sa-mint-access-token",
            "iam.serviceAccounts.getAccessToken",
            "roles/iam.serviceAccountTokenCreator",
            f"service account {BOSS}",
            "google_service_account_iam_member.boss",
            "main.tf",
            23,
            "certain",
        ),
    ]


def test_a_principal_of_a_variable_file_is_shown_where_it_is_written(folder: Path) -> None:
    text = ESTATE.replace('"group:devs@example.com"', "var.devs")
    (folder / "main.tf").write_text(f'variable "devs" {{}}\n{text}', encoding="utf-8")
    (folder / "terraform.tfvars").write_text('\ndevs = "group:devs@example.com"\n', encoding="utf-8")
    asked = ("paths", "--from", "devs@example.com", "--to", RELAY)
    assert f"on service account {RELAY}  terraform.tfvars:2:8" in run(*asked).output
    (path,) = document(*asked, code=1)["paths"]
    assert (path["hops"][0]["path"], path["hops"][0]["line"]) == ("main.tf", 19)  # the argument


def test_attaching_needs_a_place_to_deploy_and_tells_both_grants(folder: Path) -> None:
    assert not document("paths", "--from", "user:ana@*", "--to", BOSS, code=0)["paths"]
    (folder / "deploys.tf").write_text(DEPLOYS, encoding="utf-8")
    (path,) = document("paths", "--from", "user:ana@*", "--to", BOSS, code=1)["paths"]
    (hop,) = path["hops"]
    assert (hop["permission"], hop["address"]) == (
        "iam.serviceAccounts.actAs",
        "google_service_account_iam_member.boss_deploy",
    )
    assert [grant["address"] for grant in hop["grants"]] == [
        "google_project_iam_member.deploys",
        "google_service_account_iam_member.boss_deploy",
    ]


def test_a_closed_path_is_told_with_what_closes_it_and_is_no_failure(folder: Path) -> None:
    (folder / "deploys.tf").write_text(DEPLOYS + DENIED, encoding="utf-8")
    (path,) = document("paths", "--from", "user:ana@*", "--to", BOSS, code=0)["paths"]
    assert (path["state"], path["hops"][0]["closed_by"]) == ("closed", "google_iam_deny_policy.ana")
    shown = run("paths", "--from", "user:ana@*", "--to", BOSS).stdout
    assert "blocked by the deny policy at deploys.tf:14 (google_iam_deny_policy.ana)" in shown


def test_without_ends_all_paths_to_accounts_that_are_more_privileged(folder: Path) -> None:
    found = ends(document("paths", code=1))
    assert found == {("group:devs@example.com", BOSS, "open"), (f"serviceAccount:{RELAY}", BOSS, "open")}
    (folder / "owner.tf").write_text(
        'resource "google_project_iam_member" "devs" {\n  project = "shop-prod"\n  role = "roles/owner"\n'
        '  member = "group:devs@example.com"\n}\n',
        encoding="utf-8",
    )
    assert ends(document("paths", code=1)) == {(f"serviceAccount:{RELAY}", BOSS, "open")}


def test_who_and_reach_are_short_forms(folder: Path) -> None:
    assert ends(document("who", BOSS, code=1)) == ends(document("paths", "--to", BOSS, code=1))
    assert ends(document("who", BOSS, code=1)) == {
        ("group:devs@example.com", BOSS, "open"),
        (f"serviceAccount:{RELAY}", BOSS, "open"),
    }
    assert ends(document("reach", "group:devs@example.com", code=1)) == {
        ("group:devs@example.com", BOSS, "open"),
        ("group:devs@example.com", RELAY, "open"),
    }
    assert ends(document("paths", "--from", "group:devs@*", code=1)) == ends(document("reach", "group:devs@*", code=1))


def test_the_tree_of_who_has_those_behind_under_those_before(folder: Path) -> None:
    lines = [line for line in run("who", BOSS).stdout.splitlines() if "←" in line]
    assert lines == [f"   ← {RELAY}", "      ← group:devs@example.com"]


def test_the_text_names_methods_and_lines(folder: Path) -> None:
    shown = run("paths").stdout
    assert f"open: group:devs@example.com → {BOSS}" in shown
    assert "which has roles/owner on project shop-prod (high)" in shown
    assert "iam.serviceAccounts.getAccessToken by roles/iam.serviceAccountTokenCreator" in shown
    assert "main.tf:18:24" in shown
    assert "2 paths: 2 open" in shown


def test_an_account_that_the_input_does_not_name_is_reached_by_its_project(folder: Path) -> None:
    other = "other@shop-prod.iam.gserviceaccount.com"
    assert (f"serviceAccount:{BOSS}", other, "open") in ends(document("paths", "--to", other, code=1))


@pytest.mark.parametrize(
    "name",
    [
        "google_service_account.boss",
        "google_service_account.boss.email",
        "google_service_account.boss.member",
        f"projects/shop-prod/serviceAccounts/{BOSS}",
    ],
)
def test_an_account_is_meant_by_its_terraform_address(folder: Path, name: str) -> None:
    assert ends(document("paths", "--to", name, code=1)) == ends(document("paths", "--to", BOSS, code=1))
    assert ends(document("paths", "--from", name, code=0)) == set()


def test_an_address_and_a_unique_id_mean_the_account_that_has_them(folder: Path) -> None:
    module = 'module "m" {\n  source = "./m"\n}\n'
    (folder / "main.tf").write_text(module, encoding="utf-8")
    (folder / "m").mkdir()
    (folder / "m" / "main.tf").write_text(ESTATE, encoding="utf-8")
    listed = {
        "email": "old@shop-prod.iam.gserviceaccount.com",
        "uniqueId": "1001",
        "projectId": "shop-prod",
        "etag": "x",
    }
    name = f"projects/shop-prod/serviceAccounts/{listed['email']}"
    (folder / "accounts.json").write_text(json.dumps([{**listed, "name": name}]), encoding="utf-8")
    for asked, email in (
        ("module.m.google_service_account.boss", BOSS),
        ("google_service_account.boss", BOSS),
        ("1001", listed["email"]),
    ):
        found = ends(document("paths", "--to", asked, code=1))
        assert found
        assert found == ends(document("paths", "--to", email, code=1))


def test_what_makes_a_question_doubtful_comes_before_its_paths(folder: Path) -> None:
    shown = run("who", "bos@shop-prod.iam.gserviceaccount.com").stdout
    note = (
        f"note: bos@shop-prod.iam.gserviceaccount.com is not in the input: did you mean `{BOSS}`? If not, the account"
    )
    assert shown.startswith(note)
    assert shown.count("note: ") == 1


def test_a_user_that_the_input_does_not_name_has_no_path_but_may_be_a_member(folder: Path) -> None:
    found = document("paths", "--from", "user:zoe@example.com", "--to", BOSS, code=0)
    assert not found["paths"]
    assert found["unknown"] == [
        "group:devs@example.com has a path, and the input does not show whether user:zoe@example.com is a member of it"
    ]


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        (("paths", "--to", "bos@shop-prod"), "no service account of the input is `bos@shop-prod`"),
        (("paths", "--to", "nobody*"), "no service account of the input is `nobody*`"),
        (("paths", "--from", "user:nobody*"), "no principal of the input is `user:nobody*`"),
        (
            ("who", "group:devs@example.com"),
            "`group:devs@example.com` is no service account (`iamlint reach group:devs@",
        ),
        (("reach", "nobody"), "no principal of the input is `nobody`"),
        (("paths", "nowhere.tf"), "nowhere.tf"),
    ],
)
def test_bad_input_exits_with_2(folder: Path, arguments: tuple[str, ...], reason: str) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert reason in done.stderr


def test_a_file_that_cannot_be_read_is_an_error_beside_the_paths_of_the_others(folder: Path) -> None:
    (folder / "broken.tf").write_text('resource "a" {', encoding="utf-8")
    found = document("paths", "--to", BOSS, code=2)
    assert found["errors"][0]["path"] == "broken.tf"
    assert ends(found)


def test_a_thousand_alike_are_one_group(folder: Path) -> None:
    many = """
resource "google_service_account_iam_binding" "many" {
  service_account_id = google_service_account.boss.name
  role               = "roles/iam.serviceAccountTokenCreator"
  members            = [for number in range(1000) : "user:u${number}@example.com"]
}
"""
    (folder / "many.tf").write_text(many, encoding="utf-8")
    shown = run("paths").stdout
    assert "1,000 principals (user:u0@example.com, user:u100@example.com, user:u101@example.com and 997 more)" in shown
    assert len(shown.splitlines()) < 30
    assert len(json.loads(run("paths", "--format", "json").stdout)["paths"]) == 1002


GROUP = """
resource "google_cloud_identity_group" "devs" {
  parent = "customers/C0123abcd"
  group_key {
    id = "devs@example.com"
  }
  labels = {
    "cloudidentity.googleapis.com/groups.discussion_forum" = ""
  }
}
resource "google_cloud_identity_group_membership" "ben" {
  group = google_cloud_identity_group.devs.id
  preferred_member_key {
    id = "ben@example.com"
  }
  roles {
    name = "OWNER"
  }
  roles {
    name = "MEMBER"
  }
}
"""


def test_a_membership_is_a_hop_with_its_line(folder: Path) -> None:
    (folder / "group.tf").write_text(GROUP, encoding="utf-8")
    (path,) = document("paths", "--from", "ben@example.com", "--to", RELAY, code=1)["paths"]
    member, token = path["hops"]
    assert (member["to"], member["method"], member["role"]) == ("group:devs@example.com", "member", None)
    assert (member["address"], member["line"]) == ("google_cloud_identity_group_membership.ben", 14)
    assert token["method"] == "sa-mint-access-token"
    assert ("user:ben@example.com", BOSS, "open") in ends(document("paths", code=1))
    assert "open: user:ben@example.com" not in run("paths").stdout  # the group represents its members


FEDERATED = """
resource "google_iam_workload_identity_pool" "ci" {
  project                   = "shop-dev"
  workload_identity_pool_id = "ci"
}
resource "google_iam_workload_identity_pool_provider" "github" {
  project                            = "shop-dev"
  workload_identity_pool_id          = google_iam_workload_identity_pool.ci.workload_identity_pool_id
  workload_identity_pool_provider_id = "github"
  attribute_condition                = "assertion.repository_owner == 'shop'"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
    "attribute.ref"        = "assertion.ref"
  }
  oidc {
    issuer_uri = "https://token.actions.githubusercontent.com"
  }
}
resource "google_service_account_iam_member" "ci" {
  service_account_id = google_service_account.relay.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.ci.name}/attribute.KEY"
}
resource "google_service_account_iam_member" "workload" {
  service_account_id = google_service_account.relay.name
  role               = "roles/iam.workloadIdentityUser"
  member             = "serviceAccount:shop-dev.svc.id.goog[web/front]"
}
resource "google_compute_instance" "web" {
  project      = "shop-dev"
  name         = "web"
  machine_type = "e2-small"
  service_account {
    email  = google_service_account.relay.email
    scopes = ["cloud-platform"]
  }
}
"""


IN_POOL = "//iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/ci"
"""A pool by its full name, which Terraform writes without the number of its project."""


@pytest.mark.parametrize(
    ("key", "caller", "state", "said"),
    [
        ("repository/shop/app", "github:shop/app", "open", ""),
        ("repository/shop/app", "github:shop/site", None, "no grant of the input names github:shop/site"),
        ("repository/shop/app", f"principalSet:{IN_POOL}/attribute.repository/shop/app", "open", ""),
        ("repository/shop/app", f"principalSet:{IN_POOL}/attribute.repository/shop/site", None, "no grant of the"),
        (
            "repository/shop/app",
            f"principal:{IN_POOL}/subject/repo:shop/app:ref:r",
            "conditional",
            "name the caller as",
        ),
        ("repository/shop/app", f"principalSet:{IN_POOL}/*", "conditional", "name the caller as"),
        ("repository/shop/app", f"principalSet:{IN_POOL.replace('/ci', '/other')}/*", None, "no grant of the input"),
        ("repository/shop/app", "github:other/app", None, "attribute condition is false"),
        ("ref/refs/heads/main", "github:shop/app", "conditional", "ref"),
        ("repository/shop/app", "gitlab:shop/app", None, "trusts the issuer"),
        ("repository/shop/app", "ksa:shop-dev/web/front", "open", ""),
        ("repository/shop/app", "ksa:shop-dev/web/back", None, ""),
        ("repository/shop/app", "vm:web", "open", ""),
        ("repository/shop/app", "vm:other", None, "the input has no vm:other"),
    ],
)
def test_callers_that_are_no_principals(folder: Path, key: str, caller: str, state: str | None, said: str) -> None:
    (folder / "ci.tf").write_text(FEDERATED.replace("KEY", key), encoding="utf-8")
    found = document("paths", "--from", caller, "--to", BOSS, code=1 if state == "open" else 0)
    assert [path["state"] for path in found["paths"]] == ([state] if state else [])
    told = json.dumps([found["paths"][0]["reasons"] if state else [], found["unknown"], found["notes"]])
    assert said in told
    for path in found["paths"]:
        assert path["from"] == caller
        assert [hop["to"].removeprefix("serviceAccount:") for hop in path["hops"]] == [RELAY, BOSS]


def test_a_claim_decides_what_the_mapping_makes_of_a_token(folder: Path) -> None:
    (folder / "ci.tf").write_text(FEDERATED.replace("KEY", "ref/refs/heads/main"), encoding="utf-8")
    asked = ("paths", "--from", "github:shop/app", "--to", BOSS, "--claim")
    assert len(document(*asked, "ref=refs/heads/main", code=1)["paths"]) == 1
    assert not document(*asked, "ref=refs/heads/other", code=0)["paths"]


def test_what_a_machine_runs_as_is_its_first_hop(folder: Path) -> None:
    (folder / "ci.tf").write_text(FEDERATED, encoding="utf-8")
    (path,) = document("paths", "--from", "vm:web", "--to", RELAY, code=1)["paths"]
    (hop,) = path["hops"]
    assert (hop["method"], hop["address"]) == ("runs-as", "google_compute_instance.web")
    assert {end for _, end, _ in ends(document("reach", "vm:web", code=1))} == {RELAY, BOSS}
    (folder / "ci.tf").write_text(FEDERATED.replace('["cloud-platform"]', '["logging-write"]'), encoding="utf-8")
    (path,) = document("paths", "--from", "vm:web", "--to", BOSS, code=0)["paths"]
    assert path["state"] == "closed"
    assert "neither the scope cloud-platform nor iam" in json.dumps(path["reasons"])
    assert document("paths", "--from", "vm:web", "--to", RELAY, code=1)["paths"][0]["state"] == "open"
    assert run("paths", "--from", "github:shop").exit_code == 2


def policy(**roles: list[str]) -> str:
    bindings = [{"role": f"roles/{role.replace('_', '.')}", "members": members} for role, members in roles.items()]
    return json.dumps({"bindings": bindings, "etag": "BwX", "version": 1}, indent=1)


@pytest.fixture
def exports(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Five projects, each with its own file: an account is Editor in each, and has a group that mints its tokens."""
    monkeypatch.chdir(tmp_path)
    sweeper = "serviceAccount:sweeper@tools.iam.gserviceaccount.com"
    for number in range(5):
        folder = tmp_path / "projects" / f"shop-{number}"
        folder.mkdir(parents=True)
        own = f"serviceAccount:own@shop-{number}.iam.gserviceaccount.com"
        (folder / "iam.json").write_text(policy(editor=[sweeper, own]), encoding="utf-8")
    folder = tmp_path / "projects" / "tools" / "service-accounts" / sweeper.removeprefix("serviceAccount:")
    folder.mkdir(parents=True)
    (folder / "iam.json").write_text(policy(iam_serviceAccountTokenCreator=["group:ops@example.com"]), encoding="utf-8")
    return tmp_path


def test_paths_by_the_exports_of_several_projects_are_one_group(exports: Path) -> None:
    shown = run("paths", "--show-all").stdout
    assert shown.count("open: group:ops@example.com → ") == 2
    assert "open: group:ops@example.com → 5 accounts (own@shop-0.iam.gserviceaccount.com" in shown


def test_an_account_with_no_more_access_than_one_on_the_way_is_only_shown_on_demand(exports: Path) -> None:
    shown = run("paths").stdout
    assert "open: group:ops@example.com → sweeper@tools.iam.gserviceaccount.com" in shown
    assert "  which has roles/editor on 5 projects (high)" in shown
    assert "own@shop" not in shown
    assert "5 more: of members of these groups, from an account on the way, or to one with no more access" in shown
