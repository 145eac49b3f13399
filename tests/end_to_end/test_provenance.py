"""A file in a tree silently changes nothing for another configuration: an export, a plan, a state, a root.

Anybody can add such a file in a pull request. If the user named it, it counts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from itertools import product
from pathlib import Path, PurePosixPath
from typing import Any

import pytest
from click.testing import CliRunner

from iamlint.cli.program import program
from iamlint.facts import Declaration
from iamlint.linter import lint
from iamlint.location import Location
from iamlint.logic.path_globs import globs_of
from iamlint.provenance import configuration, directory
from iamlint.results.report import Report
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.sources import read
from iamlint.sources.reading import Options

Run = Callable[..., Report]

TOKENS = "roles/iam.serviceAccountTokenCreator"
EVERYBODY = "principalSet://goog/public:all"
GRANT = f"""
resource "google_project_iam_member" "x" {{
  project = "shop"
  role    = "{TOKENS}"
  member  = "user:ana@example.com"
}}
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """``run({"main.tf": …}, "infra", "export")`` checks these paths as the command line does, ``.`` by default."""
    monkeypatch.chdir(tmp_path)

    def check(files: Mapping[str, Any], *paths: str, rules: tuple[str, ...] = (), **options: Any) -> Report:
        for name, content in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content if isinstance(content, str) else json.dumps(content))
        chosen, errors = select_rules(load_rules()[0], rules or ("broad-token-creator",))
        assert errors == []
        globs = {name: globs_of(options.pop(name)) for name in ("inputs",) if name in options}
        report = lint(read([Path(path) for path in paths or (".",)], Options(**options, **globs)), chosen)
        assert report.errors == ()
        return report

    return check


def found(report: Report) -> list[str]:
    return [finding.rule for finding in report.findings]


def unknown(report: Report) -> str:
    return "; ".join(f"{unknown_answer.address} {unknown_answer.reason}" for unknown_answer in report.unknown_answers)


# -- lookups of data sources -----------------------------------------------------------------------------------------

PROJECTS = [{"projectId": "shop", "projectNumber": "42", "lifecycleState": "ACTIVE", "name": "shop"}]
ORGANIZATIONS = [{"name": "organizations/7", "displayName": "example.com", "owner": {"directoryCustomerId": "C0"}}]
FOLDERS = [{"name": "folders/5", "displayName": "Prod", "parent": "organizations/7", "lifecycleState": "ACTIVE"}]


def asked(data: str, condition: str) -> str:
    return f"{data}\n{GRANT.replace('{', '{' + chr(10) + f'  count = {condition} ? 0 : 1', 1)}"


BY_NUMBER = asked('data "google_project" "p" {\n project_id = "shop"\n}', 'data.google_project.p.number == "42"')
ANSWERED: dict[str, tuple[str, str, Any]] = {
    "a project": (BY_NUMBER, "projects.json", PROJECTS),
    "an organization": (
        asked(
            'data "google_organization" "o" {\n domain = "example.com"\n}', 'data.google_organization.o.org_id == "7"'
        ),
        "organizations.json",
        ORGANIZATIONS,
    ),
    "a folder": (
        asked(
            'data "google_active_folder" "f" {\n display_name = "Prod"\n parent = "organizations/7"\n}',
            'data.google_active_folder.f.name == "folders/5"',
        ),
        "folders.json",
        FOLDERS,
    ),
    "a role": (
        asked(
            'data "google_iam_role" "r" {\n name = "projects/shop/roles/r"\n}',
            'contains(data.google_iam_role.r.included_permissions, "a.b.c")',
        ),
        "role.json",
        {"name": "projects/shop/roles/r", "includedPermissions": ["a.b.c"], "etag": "x", "title": "r"},
    ),
    "a number in a name": (
        asked(
            'data "google_compute_default_service_account" "d" {\n project = "shop"\n}',
            'startswith(data.google_compute_default_service_account.d.email, "42-")',
        ),
        "projects.json",
        PROJECTS,
    ),
}


@pytest.mark.parametrize(("text", "name", "document"), ANSWERED.values(), ids=ANSWERED)
@pytest.mark.parametrize("folder", ["", "docs/"])
def test_a_document_that_only_lies_there_makes_no_grant_disappear(
    run: Run, text: str, name: str, document: Any, folder: str
) -> None:
    report = run({"main.tf": text, folder + name: document})
    assert found(report) or "google_project_iam_member.x" in unknown(report)
    assert name in unknown(report) or found(report)


@pytest.mark.parametrize(("text", "name", "document"), ANSWERED.values(), ids=ANSWERED)
@pytest.mark.parametrize("how", ["a file", "a folder", "inputs", "inputs of a folder", "all of it"])
def test_one_that_the_user_named_answers(run: Run, text: str, name: str, document: Any, how: str) -> None:
    files = {"infra/main.tf": text, f"export/{name}": document}
    paths, options = {
        "a file": (("infra", f"export/{name}"), {}),
        "a folder": (("infra", "export"), {}),
        "inputs": ((), {"inputs": ("export/*.json",)}),
        "inputs of a folder": ((), {"inputs": ("export/",)}),
        "all of it": ((), {"folders_are_named": True}),
    }[how]
    report = run(files, *paths, **options)
    assert (found(report), unknown(report)) == ([], "")


def test_a_file_of_a_commit_is_not_named(run: Run) -> None:
    report = run({"main.tf": BY_NUMBER, "projects.json": PROJECTS}, "main.tf", "projects.json", files_are_named=False)
    assert "google_project_iam_member.x" in unknown(report) or found(report)


def test_the_configuration_names_inputs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("main.tf").write_text(BY_NUMBER)
    Path("projects.json").write_text(json.dumps(PROJECTS))
    beside = CliRunner().invoke(program, ["check", ".", "--show-unknown"]).output
    assert "projects.json:1" in beside
    Path(".iamlint.yaml").write_text("inputs: [projects.json]\n")
    assert "projects.json:1" not in CliRunner().invoke(program, ["check", ".", "--show-unknown"]).output
    hook = CliRunner().invoke(program, ["check", "--no-config", "--show-unknown", "--hook", "main.tf", "projects.json"])
    assert "projects.json:1" in hook.output


def test_a_folder_with_terraform_in_it_is_not_named(run: Run) -> None:
    files = {"infra/main.tf": BY_NUMBER, "export/projects.json": PROJECTS, "export/deep/er/main.tf": ""}
    report = run(files, "infra", "export")
    assert "projects.json" in unknown(report)


def state(*resources: tuple[str, str, dict[str, Any]]) -> dict[str, Any]:
    listed = [
        {"address": f"{'data.' if mode == 'data' else ''}{kind}.{name}", "mode": mode, "type": kind, "name": name}
        | {"values": values}
        for (mode, kind), name, values in (
            ((one[0].split(" ")[0], one[0].split(" ")[1]), one[1], one[2]) for one in resources
        )
    ]
    return {"format_version": "1.0", "values": {"root_module": {"resources": listed}}}


LOOKED_UP = state(("data google_project", "p", {"project_id": "shop", "number": "42"}))


def test_a_state_answers_the_configuration_in_whose_directory_it_lies(run: Run) -> None:
    assert found(run({"infra/main.tf": BY_NUMBER, "infra/state.json": LOOKED_UP})) == []
    elsewhere = run({"infra/main.tf": BY_NUMBER, "infra/state.json": "{}", "other/state.json": LOOKED_UP})
    assert "google_project_iam_member.x" in unknown(elsewhere) or found(elsewhere)


def test_a_state_beside_answers_only_what_the_configuration_asks(run: Run) -> None:
    other = state(("data google_project", "another", {"project_id": "shop", "number": "42"}))
    report = run({"infra/main.tf": BY_NUMBER, "infra/state.json": other})
    assert "google_project_iam_member.x" in unknown(report) or found(report)


# -- blockers --------------------------------------------------------------------------------------------------------

DENIED = [
    f"iam.googleapis.com/serviceAccounts.{verb}"
    for verb in ("getAccessToken", "getOpenIdToken", "implicitDelegation", "signBlob", "signJwt")
]
DENY = f"""
resource "google_iam_deny_policy" "d" {{
  parent = urlencode("cloudresourcemanager.googleapis.com/projects/shop")
  name   = "d"
  rules {{
    deny_rule {{
      denied_principals  = ["{EVERYBODY}"]
      denied_permissions = {json.dumps(DENIED)}
    }}
  }}
}}
"""
DENY_EXPORT = {
    "name": "policies/cloudresourcemanager.googleapis.com%2Fprojects%2Fshop/denypolicies/d",
    "kind": "DenyPolicy",
    "etag": "x",
    "rules": [{"denyRule": {"deniedPrincipals": [EVERYBODY], "deniedPermissions": DENIED}}],
}
BOUNDARY = """
resource "google_iam_principal_access_boundary_policy" "b" {
  organization   = "7"
  location       = "global"
  principal_access_boundary_policy_id = "b"
  details {
    rules {
      effect    = "ALLOW"
      resources = ["//cloudresourcemanager.googleapis.com/projects/nothing"]
    }
    enforcement_version = "3"
  }
}
resource "google_iam_projects_policy_binding" "b" {
  project       = "shop"
  location      = "global"
  policy_kind   = "PRINCIPAL_ACCESS_BOUNDARY"
  policy_binding_id = "b"
  policy        = google_iam_principal_access_boundary_policy.b.name
  target {
    principal_set = "//cloudresourcemanager.googleapis.com/projects/shop"
  }
}
"""
ACCOUNT = "ci@shop.iam.gserviceaccount.com"
TO_ACCOUNT = GRANT.replace("user:ana@example.com", f"serviceAccount:{ACCOUNT}")
DISABLED = 'resource "google_service_account" "ci" {\n account_id = "ci"\n project = "shop"\n disabled = true\n}\n'
ACCOUNTS = [
    {
        "name": f"projects/shop/serviceAccounts/{ACCOUNT}",
        "email": ACCOUNT,
        "projectId": "shop",
        "uniqueId": "1",
        "disabled": True,
    }
]
KEYS = GRANT.replace(TOKENS, "roles/iam.serviceAccountKeyAdmin")


def constraint(name: str) -> str:
    return f"""
resource "google_org_policy_policy" "{name}" {{
  name   = "projects/shop/policies/iam.{name}"
  parent = "projects/shop"
  spec {{
    rules {{
      enforce = "TRUE"
    }}
  }}
}}
"""


NO_KEYS = constraint("disableServiceAccountKeyCreation") + constraint("disableServiceAccountKeyUpload")
CLOSING: dict[str, tuple[str, str, str]] = {
    "a deny policy": (GRANT, DENY, "broad-token-creator"),
    "a boundary": (TO_ACCOUNT, BOUNDARY, "broad-token-creator"),
    "a disabled account": (TO_ACCOUNT, DISABLED, "broad-token-creator"),
    "organization policies": (KEYS, NO_KEYS, "broad-key-creator"),
}


@pytest.mark.parametrize(("grant", "closing", "rule"), CLOSING.values(), ids=CLOSING)
def test_another_root_module_closes_nothing(run: Run, grant: str, closing: str, rule: str) -> None:
    report = run({"prod/main.tf": grant, "docs/example/main.tf": closing}, rules=(rule,))
    (finding,) = report.findings
    (note,) = [one.message for one in finding.related if "docs/example" in one.at.path]
    assert note.endswith(", in another root module: it is not taken into account")


@pytest.mark.parametrize(("grant", "closing", "rule"), CLOSING.values(), ids=CLOSING)
def test_within_a_root_module_it_closes(run: Run, grant: str, closing: str, rule: str) -> None:
    report = run({"prod/main.tf": grant, "prod/closing.tf": closing}, rules=(rule,))
    assert found(report) == []
    assert "blocked by" in unknown(report)


def test_a_module_that_a_root_calls_closes_what_the_root_grants(run: Run) -> None:
    call = 'module "d" {\n  source = "../modules/deny"\n}\n'
    report = run({"prod/main.tf": GRANT + call, "modules/deny/main.tf": DENY})
    assert found(report) == []
    assert "blocked by the deny policy" in unknown(report)


EXPORTED: dict[str, tuple[str, str, Any]] = {
    "a deny policy": (GRANT, "deny.json", DENY_EXPORT),
    "a disabled account": (TO_ACCOUNT, "accounts.json", ACCOUNTS),
}


@pytest.mark.parametrize(("grant", "name", "document"), EXPORTED.values(), ids=EXPORTED)
def test_an_export_closes_where_the_user_named_it(run: Run, grant: str, name: str, document: Any) -> None:
    files = {"infra/main.tf": grant, f"export/{name}": document}
    (finding,) = run(files).findings
    note = next(one.message for one in finding.related if one.at.path == f"export/{name}")
    assert note.endswith(
        "in a file that was not named on the command line or in `inputs`: it is not taken into account"
    )
    for named in (run(files, "infra", "export"), run(files, "infra", f"export/{name}"), run(files, inputs=("export",))):
        assert found(named) == []
        assert "blocked by" in unknown(named)


def test_what_leaves_another_way_open_is_no_note(run: Run) -> None:
    some = DENY.replace(json.dumps(DENIED), json.dumps(DENIED[:2]))
    (finding,) = run({"prod/main.tf": GRANT, "example/main.tf": some}).findings
    assert finding.related == ()


def test_an_export_closes_what_it_shows_itself(run: Run) -> None:
    policy = {
        "name": "//cloudresourcemanager.googleapis.com/projects/shop",
        "assetType": "cloudresourcemanager.googleapis.com/Project",
        "iamPolicy": {"bindings": [{"role": TOKENS, "members": [f"serviceAccount:{ACCOUNT}"]}]},
    }
    account = {
        "name": f"//iam.googleapis.com/projects/shop/serviceAccounts/{ACCOUNT}",
        "assetType": "iam.googleapis.com/ServiceAccount",
        "resource": {
            "version": "v1",
            "data": {"email": ACCOUNT, "projectId": "shop", "disabled": True, "uniqueId": "1"},
        },
    }
    other = {"infra/main.tf": 'resource "google_project" "p" {\n project_id = "p"\n}\n'}
    assert found(run({**other, "assets.json": [policy, account]})) == []
    assert found(run({**other, "assets.json": [policy], "more.json": [account]})) == ["broad-token-creator"]


def test_a_planted_place_in_the_hierarchy_closes_nothing_for_certain(run: Run) -> None:
    above = DENY.replace("projects/shop", "folders/5")
    planted = [{**PROJECTS[0], "parent": {"type": "folder", "id": "5"}}]
    report = run({"main.tf": GRANT + above, "docs/projects.json": planted})
    assert "may block it: the input does not show whether project shop is in folders/5" in unknown(report)
    named = run({"main.tf": GRANT + above, "docs/projects.json": planted}, "main.tf", "docs/projects.json")
    assert "blocked by the deny policy" in unknown(named)


def test_documents_that_give_one_number_to_two_projects_are_not_believed(run: Run) -> None:
    one = [{**PROJECTS[0], "projectId": "sandbox"}]
    report = run({"main.tf": GRANT, "a.json": one, "b.json": PROJECTS})
    assert "says something else about 42, so neither is used" in unknown(report)
    assert found(report) == ["broad-token-creator"]


# -- grants of an export that Terraform removes ----------------------------------------------------------------------


def exported(*members: str) -> dict[str, Any]:
    return {"bindings": [{"role": TOKENS, "members": list(members)}], "etag": "x", "version": 3}


BOUND = f'resource "google_project_iam_binding" "b" {{\n project = "shop"\n role = "{TOKENS}"\n members = []\n}}\n'
WHOLE = """
data "google_iam_policy" "p" {
  binding {
    role    = "roles/browser"
    members = ["group:a@example.com"]
  }
}
resource "google_project_iam_policy" "p" {
  project     = "shop"
  policy_data = data.google_iam_policy.p.policy_data
}
"""


@pytest.mark.parametrize("owner", [BOUND, WHOLE], ids=["a binding", "a policy"])
def test_a_root_below_takes_nothing_from_an_export(run: Run, owner: str) -> None:
    files = {
        "infra/main.tf": "",
        "infra/example/main.tf": owner,
        "export/project-shop.json": exported("user:eve@x.org"),
    }
    (finding,) = run(files, "infra", "export").findings
    assert [one.message.partition(" ")[2] for one in finding.related] == ["replaces or removes it, if it is applied"]


@pytest.mark.parametrize("owner", [BOUND, WHOLE], ids=["a binding", "a policy"])
def test_a_root_that_the_user_named_does(run: Run, owner: str) -> None:
    files = {"infra/main.tf": owner, "export/project-shop.json": exported("user:eve@x.org")}
    report = run(files, "infra", "export")
    assert found(report) == []
    assert f"user:eve@x.org as {TOKENS}" in unknown(report)


def deleting(member: str) -> dict[str, Any]:
    before = {"project": "shop", "role": TOKENS, "member": member}
    change = {"actions": ["delete"], "before": before, "after": None, "after_unknown": {}}
    one = {
        "address": "google_project_iam_member.x",
        "mode": "managed",
        "type": "google_project_iam_member",
        "name": "x",
    }
    return {"format_version": "1.2", "resource_changes": [{**one, "change": change}]}


def test_a_plan_takes_away_what_an_export_shows_where_it_is_named(run: Run) -> None:
    files = {
        "main.tf": "",
        "plan.json": deleting("user:eve@x.org"),
        "export/project-shop.json": exported("user:eve@x.org"),
    }
    assert found(run(files)) == ["broad-token-creator"]
    assert found(run(files, "plan.json", "export")) == []


def test_a_plan_takes_nothing_from_the_source_beside_it(run: Run) -> None:
    report = run({"main.tf": GRANT, "plan.json": deleting("user:ana@example.com")}, ".", "plan.json")
    assert [finding.at.path for finding in report.findings] == ["main.tf"]


def test_what_an_example_repeats_and_closes_stays_open_in_an_export(run: Run) -> None:
    files = {
        "infra/main.tf": "",
        "infra/example/main.tf": GRANT + DENY,
        "export/project-shop.json": exported("user:ana@example.com"),
    }
    report = run(files, "infra", "export")
    assert [finding.at.path for finding in report.findings] == ["export/project-shop.json"]


@pytest.mark.parametrize(
    ("setting", "path"),
    [("", "infra/example/main.tf"), ('public_access_prevention = "enforced"', "export/assets.json")],
)
def test_a_public_bucket_that_an_example_closes_stays_open_in_an_export(run: Run, setting: str, path: str) -> None:
    asset = {
        "name": "//storage.googleapis.com/shop-files",
        "assetType": "storage.googleapis.com/Bucket",
        "iamPolicy": {"bindings": [{"role": "roles/storage.objectAdmin", "members": ["allUsers"]}]},
        "ancestors": ["projects/123", "organizations/42"],
    }
    example = f"""
resource "google_storage_bucket" "files" {{
  name     = "shop-files"
  project  = "shop"
  location = "EU"
  {setting}
}}
resource "google_storage_bucket_iam_member" "x" {{
  bucket = "shop-files"
  role   = "roles/storage.objectAdmin"
  member = "allUsers"
}}
"""
    files = {"infra/main.tf": "", "infra/example/main.tf": example, "export/assets.json": asset}
    report = run(files, "infra", "export", rules=("public-grant",))
    assert [finding.at.path for finding in report.findings] == [path]


def test_what_both_show_is_told_once(run: Run) -> None:
    files = {"infra/prod/main.tf": GRANT, "export/project-shop.json": exported("user:ana@example.com")}
    report = run(files, "infra", "export")
    assert [finding.at.path for finding in report.findings] == ["infra/prod/main.tf"]


# -- what another document completes -------------------------------------------------------------------------------


def test_what_another_root_denies_does_not_complete_a_deny_policy_for_certain(run: Run) -> None:
    rest = '["iam.googleapis.com/serviceAccounts.*", "iam.googleapis.com/serviceAccountKeys.*"]'
    other = DENY.replace('"d"', '"e"').replace(json.dumps(DENIED), rest)
    rules = ("incomplete-deny",)
    assert found(run({"prod/main.tf": DENY}, rules=rules)) == list(rules)
    beside = run({"prod/main.tf": DENY, "docs/main.tf": other}, rules=rules)
    assert found(beside) == []
    assert "denies what this one leaves open, but is in another root module" in unknown(beside)
    own = run({"prod/main.tf": DENY, "prod/other.tf": other, "docs/main.tf": ""}, rules=rules)
    assert (found(own), unknown(own)) == ([], "")


LONG = """
data "google_service_account_access_token" "t" {
  target_service_account = "till@till.iam.gserviceaccount.com"
  lifetime               = "7200s"
  scopes                 = ["cloud-platform"]
}
"""
EXTENDS = """
resource "google_org_policy_policy" "long" {
  name   = "projects/till/policies/iam.allowServiceAccountCredentialLifetimeExtension"
  parent = "projects/till"
  spec {
    rules {
      values {
        allowed_values = ["till@till.iam.gserviceaccount.com"]
      }
    }
  }
}
"""


def test_what_another_root_lets_live_longer_is_not_known(run: Run) -> None:
    rules = ("token-lifetime-too-long",)
    assert found(run({"prod/main.tf": LONG}, rules=rules)) == list(rules)
    beside = run({"prod/main.tf": LONG, "docs/main.tf": EXTENDS}, rules=rules)
    assert found(beside) == []
    assert "LifetimeExtension, but is in another root module" in unknown(beside)
    own = run({"prod/main.tf": LONG, "prod/long.tf": EXTENDS, "docs/main.tf": ""}, rules=rules)
    assert (found(own), unknown(own)) == ([], "")


WHOLE_POOL = """
resource "google_service_account_iam_member" "x" {
  service_account_id = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/projects/42/locations/global/workloadIdentityPools/ci/*"
}
"""
NARROW = """
name: projects/42/locations/global/workloadIdentityPools/ci/providers/github
state: ACTIVE
attributeMapping: {google.subject: assertion.sub}
attributeCondition: assertion.sub == 'repo:example/shop:ref:refs/heads/main'
oidc: {issuerUri: 'https://token.actions.githubusercontent.com'}
"""


@pytest.mark.parametrize("name", ["provider.yaml", "docs/provider.yaml"])
def test_a_planted_provider_narrows_no_pool(run: Run, name: str) -> None:
    rules = ("whole-pool-impersonates",)
    assert found(run({"main.tf": WHOLE_POOL, name: NARROW}, rules=rules)) == list(rules)


# -- what a role means ---------------------------------------------------------------------------------------------

CUSTOM = GRANT.replace(TOKENS, "projects/shop/roles/r")
MINTS = "iam.serviceAccounts.getAccessToken"


def role(*permissions: str) -> dict[str, Any]:
    return {
        "name": "projects/shop/roles/r",
        "includedPermissions": permissions,
        "etag": "x",
        "title": "r",
        "stage": "GA",
    }


def declared(*permissions: str) -> str:
    return (
        'resource "google_project_iam_custom_role" "r" {\n  role_id = "r"\n  project = "shop"\n  title = "r"\n'
        f"  permissions = {json.dumps(permissions)}\n}}\n"
    )


@pytest.mark.parametrize(
    "planted",
    [
        {"docs/role.json": role("a.b.c")},
        {"docs/main.tf": declared("a.b.c")},
        {"docs/role.json": {**role(), "deleted": True}},
    ],
    ids=["an export", "another root", "deleted"],
)
def test_a_planted_definition_of_a_role_is_not_the_whole_truth(run: Run, planted: dict[str, Any]) -> None:
    report = run({"prod/main.tf": CUSTOM, **planted})
    assert "google_project_iam_member.x" in unknown(report)
    assert "defines the custom role, but is in" in unknown(report)


def test_a_planted_definition_may_add_findings(run: Run) -> None:
    assert found(run({"prod/main.tf": CUSTOM, "docs/role.json": role(MINTS)})) == ["broad-token-creator"]


def test_definitions_that_count_are_added_up(run: Run) -> None:
    files = {"prod/main.tf": CUSTOM + declared("a.b.c"), "export/role.json": role(MINTS)}
    assert found(run(files, "prod", "export")) == ["broad-token-creator"]
    beside = run(files)
    assert found(beside) == []
    assert f"says that the custom role has {MINTS}" in unknown(beside)


@pytest.mark.parametrize("name", ["named", "own"])
def test_a_definition_that_counts_is_enough(run: Run, name: str) -> None:
    files: dict[str, Any] = {"prod/main.tf": CUSTOM}
    if name == "own":
        files["prod/role.tf"] = declared("a.b.c")
        report = run(files)
    else:
        report = run({**files, "export/role.json": role("a.b.c")}, "prod", "export")
    assert (found(report), unknown(report)) == ([], "")


# -- which services are enabled ------------------------------------------------------------------------------------

CALLS = f"""
resource "google_project" "shop" {{
  project_id = "shop"
  name       = "shop"
  org_id     = "7"
}}
resource "google_project_service" "run" {{
  project = "shop"
  service = "run.googleapis.com"
}}
resource "google_service_account_iam_member" "x" {{
  service_account_id = "projects/till/serviceAccounts/till@till.iam.gserviceaccount.com"
  role               = "{TOKENS}"
  member             = "serviceAccount:{ACCOUNT}"
}}
"""
ENABLED = [
    {
        "config": {"name": "iamcredentials.googleapis.com"},
        "name": "projects/shop/services/iamcredentials.googleapis.com",
        "state": "ENABLED",
    }
]


def test_a_planted_list_of_services_enables_nothing_for_certain(run: Run) -> None:
    rules = ("missing-iamcredentials",)
    assert found(run({"infra/main.tf": CALLS}, rules=rules)) == list(rules)
    files = {"infra/main.tf": CALLS, "docs/project-shop-services.json": ENABLED}
    assert "enables iamcredentials.googleapis.com, but is in a file" in unknown(run(files, rules=rules))
    assert unknown(run(files, "infra", "docs", rules=rules)) == ""


# -- what another root module keeps --------------------------------------------------------------------------------

KEEPS = 'terraform {\n  backend "gcs" {\n    bucket = "states"\n    prefix = "net"\n  }\n}\n'
READS = """
data "terraform_remote_state" "net" {
  backend = "gcs"
  config = {
    bucket = "states"
    prefix = "net"
  }
}
"""


@pytest.mark.parametrize(
    ("grant", "value"),
    [
        (GRANT.replace("{", "{\n  count = data.terraform_remote_state.net.outputs.o", 1), "0"),
        (GRANT.replace(f'"{TOKENS}"', "data.terraform_remote_state.net.outputs.o"), '"roles/browser"'),
        (GRANT.replace('"user:ana@example.com"', "data.terraform_remote_state.net.outputs.o"), '"group:a@example.com"'),
    ],
    ids=["how many", "which role", "to whom"],
)
def test_what_only_another_root_says_of_its_state_is_told(run: Run, grant: str, value: str) -> None:
    output = f'output "o" {{\n  value = {value}\n}}\n'
    files = {"prod/main.tf": READS + grant, "docs/main.tf": KEEPS + output}
    told = "what google_project_iam_member.x grants is only known by the outputs of docs"
    assert told in unknown(run(files))
    assert told not in unknown(run(files, "prod", "docs"))


OF_STATE = "data.terraform_remote_state.net.outputs.o"


def grant(member: str, *more: str) -> str:
    """Return the grant to a member that an expression gives, and further blocks."""
    return GRANT.replace('"user:ana@example.com"', member) + "\n".join(more)


def account(of: str) -> str:
    return f'resource "google_service_account" "a" {{\n  account_id = {of}\n  project = "shop"\n}}\n'


def call(*arguments: str) -> str:
    return "\n  ".join(('module "m" {', 'source = "./m"', *arguments)) + "\n}\n"


POLICY = f"""
data "google_iam_policy" "p" {{
  dynamic "binding" {{
    for_each = [{OF_STATE}]
    content {{
      role    = "{TOKENS}"
      members = [binding.value]
    }}
  }}
}}
resource "google_project_iam_policy" "x" {{
  project     = "shop"
  policy_data = data.google_iam_policy.p.policy_data
}}
"""
OF_PROVIDER = GRANT.replace('  project = "shop"\n', "").replace("_project_iam", "_pubsub_topic_iam")
OUTPUT = 'variable "o" {}\noutput "o" {\n  value = var.o\n}\n'
WAYS: dict[str, dict[str, str]] = {
    "locals": {"main.tf": grant("local.a", f"locals {{\n  a = local.b\n  b = {OF_STATE}\n}}\n")},
    "all locals": {"main.tf": grant('lookup(local, "a", "")', f"locals {{\n  a = {OF_STATE}\n}}\n")},
    "all of a type": {"main.tf": grant('data.terraform_remote_state["net"].outputs.o')},
    "an account": {"main.tf": grant("google_service_account.a.member", account(f"substr({OF_STATE}, 6, 6)"))},
    "an account in full": {
        "main.tf": grant("resource.google_service_account.a.member", account(f"substr({OF_STATE}, 6, 6)"))
    },
    "a policy": {"main.tf": POLICY},
    "the project of a provider": {
        "main.tf": OF_PROVIDER.replace("  role", '  topic = "t"\n  role')
        + f'provider "google" {{\n  project = substr({OF_STATE}, 6, 6)\n}}\n'
    },
    "a condition": {
        "main.tf": GRANT.replace("{", f'{{\n  count = {OF_STATE} == "group:reader@example.com" ? 0 : 1', 1)
    },
    "a template": {"main.tf": grant(f'"${{{OF_STATE}}}"')},
    "a loop": {"main.tf": grant("each.key").replace("{", f"{{\n  for_each = toset([for d in [{OF_STATE}] : d])", 1)},
    "an override": {"main.tf": GRANT, "main_override.tf": grant(OF_STATE).replace('  project = "shop"\n', "")},
    "a module": {"main.tf": grant("module.m.o", call(f"o = {OF_STATE}")), "m/main.tf": OUTPUT},
    "the state in a module": {
        "main.tf": grant("module.m.o", call()),
        "m/main.tf": READS + f'output "o" {{\n  value = {OF_STATE}\n}}\n',
    },
    "JSON": {
        "x.tf.json": json.dumps(
            {"resource": {"google_project_iam_member": {"x": {"role": TOKENS, "member": f"${{{OF_STATE}}}"}}}}
        )
    },
}


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
def test_what_depends_on_a_state_in_any_way_is_told(run: Run, way: dict[str, str]) -> None:
    files = {f"prod/{name}": text for name, text in way.items()}
    keeps = {"docs/main.tf": KEEPS + 'output "o" {\n  value = "group:reader@example.com"\n}\n'}
    report = run({**files, "prod/state.tf": READS, **keeps})
    assert ".x grants is only known by the outputs of docs" in unknown(report)


def test_a_state_that_decides_nothing_is_not_told(run: Run) -> None:
    output = 'output "o" {\n  value = "0"\n}\n'
    account = (
        'resource "google_service_account" "a" {\n  account_id = "a${data.terraform_remote_state.net.outputs.o}"\n}\n'
    )
    report = run({"prod/main.tf": READS + GRANT + account, "docs/main.tf": KEEPS + output})
    assert unknown(report) == ""


# -- what a configuration reads ------------------------------------------------------------------------------------


def reading(name: str) -> str:
    return f'resource "google_service_account" "a" {{\n  account_id = substr(sha1(file("{name}")), 0, 10)\n}}\n'


ASSET = {
    "name": "//cloudresourcemanager.googleapis.com/projects/shop",
    "assetType": "cloudresourcemanager.googleapis.com/Project",
    "iamPolicy": exported("user:eve@example.com"),
}
MANIFEST = f"""
apiVersion: iam.cnrm.cloud.google.com/v1beta1
kind: IAMPolicyMember
metadata: {{name: x}}
spec:
  member: user:eve@example.com
  role: {TOKENS}
  resourceRef: {{kind: Project, external: projects/shop}}
"""


@pytest.mark.parametrize(
    ("name", "document"),
    [
        ("project-shop.json", exported("user:eve@example.com")),
        ("folders/42/iam.json", exported("user:eve@example.com")),
        ("export/all.json", [ASSET]),
        ("manifest.yaml", MANIFEST),
    ],
    ids=["by its name", "by its folder", "by what it says", "a manifest"],
)
def test_an_export_that_the_configuration_reads_is_checked(run: Run, name: str, document: Any) -> None:
    report = run({"main.tf": reading(name), name: document})
    assert [finding.at.path for finding in report.findings] == [name]


def test_a_policy_that_does_not_say_whose_it_is_belongs_to_what_reads_it(run: Run) -> None:
    policy = 'resource "google_project_iam_policy" "p" {\n  project = "shop"\n  policy_data = file("policy.json")\n}\n'
    report = run({"main.tf": policy, "policy.json": exported("user:eve@example.com")})
    assert len(report.findings) == 1


def test_a_policy_that_terraform_sets_from_an_export_is_told_once(run: Run) -> None:
    name = "project-shop.json"
    policy = f'resource "google_project_iam_policy" "p" {{\n  project = "shop"\n  policy_data = file("{name}")\n}}\n'
    report = run({"main.tf": policy, name: exported("user:eve@example.com")})
    assert len(report.findings) == 1


# -- configurations ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("declared", "expected"),
    [
        (Declaration(Location("infra/main.tf"), address="a.b"), "infra"),
        (Declaration(Location("modules/x/main.tf"), address="module.x.a.b", via=(Location("infra/main.tf"),)), "infra"),
        (Declaration(Location("infra/main.tf.json"), address="a.b"), "infra"),
        (Declaration(Location("export/accounts.yaml")), "export/accounts.yaml"),
        (Declaration(Location("infra/plan.json"), address="a.b"), "infra/plan.json"),
        (Declaration(Location("infra/main.tf"), planned=Location("infra/plan.json"), trust="own"), "infra"),
        (Declaration(Location("infra/main.tf"), planned=Location("docs/plan.json"), trust="own"), "docs/plan.json"),
        (Declaration(Location("infra/main.tf"), planned=Location("docs/plan.json")), "infra"),
    ],
)
def test_the_configuration_of_a_fact(declared: Declaration, expected: str) -> None:
    assert configuration(declared) == expected


def test_the_directory_of_a_path_is_that_of_the_library() -> None:
    for length in range(6):
        for path in map("".join, product("a./", repeat=length)):
            assert directory(path) == str(PurePosixPath(path).parent), path
