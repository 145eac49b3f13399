"""Fixes that the rest of the input determines: what each makes, and where it makes nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from program import run

from iamlint.fixes.mends.conditions import corrected
from iamlint.fixes.mends.names import one_near

PROVIDER = """resource "google_iam_workload_identity_pool_provider" "ci" {
  project                            = "shop"
  workload_identity_pool_id          = "ci"
  workload_identity_pool_provider_id = "ci"
  attribute_condition                = "%s"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }
  oidc { issuer_uri = "https://token.actions.githubusercontent.com" }
}
"""
POOL = "principalSet://iam.googleapis.com/projects/%s/locations/global/workloadIdentityPools/ci/%s"
MEMBER = """
resource "google_service_account_iam_member" "ci" {
  service_account_id = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "%s"
}
"""


def changed(tmp_path: Path, rule: str, text: str, more: tuple[str, ...] = ("--unsafe-fixes",)) -> str:
    path = tmp_path / "main.tf"
    path.write_text(text, encoding="utf-8")
    done = run("check", "--fix", *more, "--select", rule, cwd=tmp_path)
    assert done.returncode in (0, 1), done.stderr
    return path.read_text(encoding="utf-8")


LISTED = """resource "google_project_iam_binding" "all" {
  project = "shop"
  role    = "roles/viewer"
  members = ["%s"]
}
"""
OLD = "deleted:group:old@example.com?uid=1"


@pytest.mark.parametrize(
    ("rule", "members", "expected"),
    [
        ("repeated-member", "group:a@b.com group:a@b.com group:a@b.com", "group:a@b.com"),
        ("repeated-member", "group:A@b.com group:a@b.com group:a@b.com group:c@b.com", "group:A@b.com group:c@b.com"),
        ("deleted-principal", f"group:a@b.com {OLD} {OLD}", "group:a@b.com"),
    ],
)
def test_all_mentions_in_a_list_are_removed(rule: str, members: str, expected: str, tmp_path: Path) -> None:
    text, fixed = (LISTED % one.replace(" ", '", "') for one in (members, expected))
    assert changed(tmp_path, rule, text) == fixed


def test_a_block_of_an_override_is_not_removed_alone(tmp_path: Path) -> None:
    text = 'resource "google_project_iam_member" "one" {\n  member = "%s"\n}\n'
    whole = (text % "group:a@b.com").replace("{", '{\n  project = "shop"\n  role    = "roles/viewer"', 1)
    (tmp_path / "main_override.tf").write_text(text % OLD, encoding="utf-8")
    assert changed(tmp_path, "deleted-principal", whole) == whole
    assert (tmp_path / "main_override.tf").read_text(encoding="utf-8") == text % OLD


@pytest.mark.parametrize(
    "written", [r"run.googleapis.com\u002fservices.get", "${local.service}.googleapis.com/services.get"]
)
def test_a_permission_that_is_meant_is_not_removed(written: str, tmp_path: Path) -> None:
    text = """locals {
  service = "run"
}

resource "google_project_iam_custom_role" "reader" {
  project     = "shop"
  role_id     = "reader"
  title       = "Reader"
  permissions = ["run.services.list", "%s"]
}
"""
    assert changed(tmp_path, "unknown-permission", text % written) == text % written


@pytest.mark.parametrize(
    ("condition", "value", "expected"),
    [
        ("assertion.repository == 'example/shop'", "shop", "example/shop"),
        ("assertion.repository_owner == 'example'", "shop", "example/shop"),
        ("assertion.repository == 'example/shop'", "https://github.com/example/shop.git", "example/shop"),
        ("assertion.repository == 'example/shop'", "git@github.com:example/shop", "example/shop"),
        ("assertion.repository == 'example/shop'", "web", "web"),
        ("assertion.repository == 'example/shop'", "example/web", "example/web"),
        ("assertion.repository_owner in ['example', 'other']", "shop", "shop"),
    ],
)
def test_a_repository_gets_the_owner_that_the_condition_requires(
    condition: str, value: str, expected: str, tmp_path: Path
) -> None:
    text = PROVIDER % condition + MEMBER % (POOL % ("123456", "attribute.repository/%s"))
    assert changed(tmp_path, "unmatched-federated-principal", text % value) == text % expected


def test_an_id_becomes_the_pool_of_the_module_or_the_number_of_its_project(tmp_path: Path) -> None:
    grant = MEMBER % (POOL % ("shop", "attribute.repository/example/shop"))
    pool = 'resource "google_iam_workload_identity_pool" "x" {\n  project = "shop"\n'
    pool += '  workload_identity_pool_id = "ci"\n}\n'
    name = "projects/shop/locations/global/workloadIdentityPools/ci"
    expected = pool + grant.replace(name, "${google_iam_workload_identity_pool.x.name}")
    assert changed(tmp_path, "unmatched-federated-principal", pool + grant) == expected
    project = 'resource "google_project" "p" {\n  project_id = "shop"\n  name = "shop"\n}\n'
    expected = project + grant.replace("projects/shop/loc", "projects/${google_project.p.number}/loc")
    assert changed(tmp_path, "unmatched-federated-principal", project + grant) == expected
    read = '\ndata "google_project" "shop" {\n  project_id = "shop"\n}\n'
    expected = grant.replace("projects/shop/loc", "projects/${data.google_project.shop.number}/loc") + read
    assert changed(tmp_path, "unmatched-federated-principal", grant) == expected
    assert changed(tmp_path, "unmatched-federated-principal", grant, ()) == grant  # it is not a safe one


@pytest.mark.parametrize("before", ["", "data."])
def test_a_member_is_the_member_of_an_account_and_not_its_address(before: str, tmp_path: Path) -> None:
    account = f'{"data" if before else "resource"} "google_service_account" "ci" {{\n  account_id = "ci"\n}}\n'
    text = account + MEMBER.replace('"%s"', f"{before}google_service_account.ci.%s")
    assert changed(tmp_path, "malformed-principal", text % "email") == text % "member"


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        ("attribute.repository/github.com/example/shop", "attribute.repository/example/shop"),
        ("attribute.repository_owner/https://github.com/example/", "attribute.repository_owner/example"),
        ("attribute.repository_owner/https://github.com/example/shop", None),
        ("attribute.repository/https://github.com/example", None),
    ],
)
def test_an_address_becomes_the_name_in_it(identity: str, expected: str | None, tmp_path: Path) -> None:
    text = MEMBER % (POOL % ("123456", identity))
    found = changed(tmp_path, "unmatched-federated-principal", text, ())
    assert found == text.replace(identity, expected or identity)


@pytest.mark.parametrize("pool", ["${var.pool}/*", "ci/attribute.repository/REPO_NAME", "ci/example/*", "ci/subject/"])
def test_a_place_is_not_written_twice(pool: str, tmp_path: Path) -> None:
    text = 'variable "pool" {}\n' + MEMBER % (POOL % ("shop", pool))
    assert "locations/global/locations" not in changed(tmp_path, "unmatched-federated-principal", text)
    text = text.replace("projects/shop/loc", "projects/123456/loc")
    assert changed(tmp_path, "unmatched-federated-principal", text) == text


KUBERNETES = """
resource "kubernetes_service_account" "%s" {
  metadata {
    name        = "%s"
    namespace   = "%s"
    annotations = { "iam.gke.io/gcp-service-account" = "ci@shop.iam.gserviceaccount.com" }
  }
}
"""


def test_a_member_of_gke_becomes_the_only_account_with_the_annotation(tmp_path: Path) -> None:
    grant = MEMBER % "serviceAccount:shop.svc.id.goog[default/web]"
    one, two = KUBERNETES % ("a", "web", "front"), KUBERNETES % ("b", "web", "back")
    found = changed(tmp_path, "unmatched-federated-principal", grant + one)
    assert found == grant.replace("[default/web]", "[front/web]") + one
    assert changed(tmp_path, "unmatched-federated-principal", grant + one + two) == grant + one + two


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assertion.repository.matches('example/.*')", "assertion.repository.matches('^example/.*')"),
        ("assertion.repository_owner.matches('example')", "assertion.repository_owner.matches('^example$')"),
        ("assertion.sub.startsWith('repo:example')", "assertion.sub.startsWith('repo:example/')"),
        ("assertion.repository.matches('.*')", None),
        ("assertion.repository.contains('example')", None),
        ("assertion.repository_owner == 'example' || true", None),
    ],
)
def test_an_open_value_is_bounded_where_it_then_names_a_tenant(before: str, after: str | None, tmp_path: Path) -> None:
    assert changed(tmp_path, "weak-provider-condition", PROVIDER % before) == PROVIDER % (after or before)


def test_a_truth_value_is_mapped_as_text(tmp_path: Path) -> None:
    text = PROVIDER % "assertion.repository_owner_id == '42'"
    of = '"attribute.repository" = "%s"'
    before = text.replace(of % "assertion.repository", of % "assertion.ref == 'refs/heads/main'")
    after = before.replace("main'\"", "main' ? 'true' : 'false'\"")
    assert changed(tmp_path, "malformed-mapping", before) == after
    assert changed(tmp_path, "malformed-mapping", before, ()) == before
    constant = text.replace(of % "assertion.repository", of % "true")
    assert changed(tmp_path, "malformed-mapping", constant) == constant.replace('"true"', "\"'true'\"")


POLICY = """data "google_iam_policy" "shop" {
  binding {
    role    = "roles/viewer"
    members = ["group:a@example.com"]
  }
}

resource "google_project_iam_policy" "shop" {
  project     = "shop"
  policy_data = data.google_iam_policy.shop.policy_data
}
"""
VIEWER = """
resource "google_project_iam_member" "b" {
  project = "shop"
  role    = "%s"
  member  = "group:b@example.com"
}
"""
OTHER = """
resource "google_project_iam_policy" "web" {
  project     = "web"
  policy_data = data.google_iam_policy.shop.policy_data
}
"""


def test_a_member_moves_into_the_policy_that_owns_the_resource(tmp_path: Path) -> None:
    found = changed(tmp_path, "conflicting-bindings", POLICY + VIEWER % "roles/viewer")
    assert found == POLICY.replace('a@example.com"]', 'a@example.com", "group:b@example.com"]')
    found = changed(tmp_path, "conflicting-bindings", POLICY + VIEWER % "roles/browser")
    added = '  binding {\n    role    = "roles/browser"\n    members = ["group:b@example.com"]\n  }\n}\n\nresource'
    assert found == POLICY.replace("}\n\nresource", added)


CONDITION = '  condition {\n    title      = "a"\n    expression = "true"\n  }\n}'
NAMED = '\noutput "policy" {\n  value = data.google_iam_policy.shop.policy_data\n}\n'


@pytest.mark.parametrize("more", [OTHER + VIEWER, VIEWER.replace("}", CONDITION), NAMED + VIEWER])
def test_a_member_stays_where_a_policy_cannot_take_it(more: str, tmp_path: Path) -> None:
    text = POLICY + more % "roles/viewer"
    assert changed(tmp_path, "conflicting-bindings", text) == text


BINDING = """resource "google_project_iam_binding" "a" {
  project = "shop"
  role    = "roles/viewer"
  members = [
    "user:a@example.com" # last
  ]
}
"""
MORE = """
resource "google_project_iam_member" "b" {
  project = "shop"
  role    = "roles/viewer"
  member  = "user:b@example.com"
}

resource "google_project_iam_binding" "c" {
  project = "shop"
  role    = "roles/viewer"
  members = ["user:c@example.com", "user:b@example.com"]
}
"""


def test_all_that_fight_with_a_binding_move_into_it(tmp_path: Path) -> None:
    found = changed(tmp_path, "conflicting-bindings", BINDING + MORE)
    added = '"user:a@example.com", # last\n    "user:b@example.com",\n    "user:c@example.com",\n'
    assert found == BINDING.replace('"user:a@example.com" # last\n', added)


@pytest.mark.parametrize(("value", "moves"), [("true", False), ("var.protect", False), ("false", True)])
def test_what_must_not_be_destroyed_stays(tmp_path: Path, value: str, moves: bool) -> None:
    kept = f'  member  = "user:b@example.com"\n\n  lifecycle {{\n    prevent_destroy = {value}\n  }}\n'
    text = BINDING + MORE.partition('\n\nresource "google_project_iam_binding" "c"')[0] + "\n"
    text = text.replace('  member  = "user:b@example.com"\n', kept)
    assert (changed(tmp_path, "conflicting-bindings", text) != text) is moves


DATASET = """resource "google_bigquery_dataset" "d" {
  dataset_id = "d"
  access {
    role          = "OWNER"
    special_group = "projectOwners"
  }
}
"""
ACCESS = """
resource "google_bigquery_dataset_access" "a" {
  dataset_id    = google_bigquery_dataset.d.dataset_id
  role          = "READER"
  user_by_email = "a@example.com"
}

resource "google_bigquery_dataset_access" "b" {
  dataset_id    = google_bigquery_dataset.d.dataset_id
  role          = "READER"
  special_group = "projectReaders"
}
"""


def test_entries_move_into_their_dataset(tmp_path: Path) -> None:
    found = changed(tmp_path, "conflicting-bindings", DATASET + ACCESS)
    one = '  access {\n    role          = "READER"\n    user_by_email = "a@example.com"\n  }\n'
    two = '  access {\n    role          = "READER"\n    special_group = "projectReaders"\n  }\n'
    assert found == f"{DATASET[:-2]}{one}{two}}}\n"
    named = ACCESS + '\noutput "a" {\n  value = google_bigquery_dataset_access.a.id\n}\n'
    assert changed(tmp_path, "conflicting-bindings", DATASET + named) == DATASET + named


HEREDOC = """resource "google_project_iam_member" "a" {
  project = "shop"
  role    = "roles/viewer"
  member  = "user:ana@example.com"
  condition {
    title      = "a"
    expression = <<-EOT
      resource.name.startswith("projects/_/buckets/a")
      && reqest.time < timestamp("2099-01-01T00:00:00Z")
    EOT
  }
}
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_the_lines_of_a_heredoc_that_differ_are_changed(end: str, tmp_path: Path) -> None:
    path = tmp_path / "main.tf"
    path.write_bytes(HEREDOC.replace("\n", end).encode())
    done = run("check", "--fix", "--select", "malformed-condition", cwd=tmp_path)
    expected = HEREDOC.replace("startswith", "startsWith").replace("reqest", "request").replace("\n", end)
    assert path.read_bytes() == expected.encode(), done.stderr
    same = HEREDOC.replace("&& reqest", '|| resource.name.startswith("projects/_/buckets/a")\n      && request')
    assert changed(tmp_path, "malformed-condition", same) == same  # the text to change is there twice


PROJECT = """resource "google_project" "shop" {
  name       = "Shop"
  project_id = "shop"
}
"""
AUDIT = """
resource "google_project_iam_audit_config" "%s" {
  project = google_project.shop.project_id
  service = "allServices"
  audit_log_config {
    log_type = "ADMIN_READ"
  }
  audit_log_config {
    log_type = "DATA_READ"
  }
  audit_log_config {
    log_type = "DATA_WRITE"
  }
}
"""
ONE_SERVICE = """
resource "google_project_iam_audit_config" "shop" {
  project = google_project.shop.project_id
  service = "storage.googleapis.com"
  audit_log_config {
    log_type = "DATA_READ"
  }
}
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (PROJECT, PROJECT + AUDIT % "shop"),
        (PROJECT + ONE_SERVICE, PROJECT + AUDIT % "shop_2" + ONE_SERVICE),  # its name is taken
        (PROJECT.replace("{", "{\n  count = 1", 1), None),  # the instances have keys
    ],
)
def test_all_accesses_of_a_project_are_logged(before: str, after: str | None, tmp_path: Path) -> None:
    found = changed(tmp_path, "missing-audit-config", before)
    assert found == (before if after is None else after)


CHAIN = """resource "google_service_account" "middle" {
  project    = "seed"
  account_id = "middle"
}

resource "google_service_account" "deploy" {
  project    = "shop"
  account_id = "deploy"%s
}

resource "google_service_account_iam_member" "hop" {
  service_account_id = google_service_account.middle.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.deploy.member
}

provider "google" {
  impersonate_service_account           = "deploy@shop.iam.gserviceaccount.com"
  impersonate_service_account_delegates = [google_service_account.middle.email]
}
"""


DEPLOYER = """
resource "google_service_account" "web" {
  project    = "shop"
  account_id = "web"
}

resource "google_project_iam_member" "deployer" {
  project = "shop"
  role    = "roles/iam.serviceAccountUser"
  member  = "group:deployers@example.com"
}
"""
SERVICE = """
resource "google_cloud_run_v2_service" "%s" {
  project  = "shop"
  name     = "%s"
  location = "europe-west1"
  template {
    service_account = %s
  }
}
"""
FUNCTION = """
resource "google_cloudfunctions2_function" "f" {
  project = "shop"
  name    = "f"
  service_config {
    service_account_email = google_service_account.web.email
  }
  build_config {
    runtime = "go"
  }
}
"""
WEB = SERVICE % ("web", "web", "google_service_account.web.email")


@pytest.mark.parametrize(
    ("more", "moved"),
    [
        ("", True),
        (SERVICE % ("api", "api", "null"), False),
        (SERVICE % ("api", "api", '"api@shop.iam.gserviceaccount.com"'), False),
        (SERVICE.replace('"shop"', '"other"') % ("api", "api", "null"), True),
        (FUNCTION, True),
    ],
)
def test_a_deployer_keeps_its_grant_where_something_runs_as_another_account(
    more: str, moved: bool, tmp_path: Path
) -> None:
    text = changed(tmp_path, "broad-service-account-user", DEPLOYER + WEB + more)
    assert ('"google_service_account_iam_member" "deployer"' in text) is moved


def suggested(tmp_path: Path, text: str) -> list[str]:
    """Check that nothing is applied, and return the title of what is suggested for each finding; empty for none."""
    assert changed(tmp_path, "broken-delegation-chain", text) == text
    done = run("check", "--select", "broken-delegation-chain", "--format", "json", cwd=tmp_path)
    fixes = [one.get("fix") or {} for one in json.loads(done.stdout)["findings"]]
    assert {one.get("safety", "suggestion") for one in fixes} <= {"suggestion"}
    return [one.get("title", "") for one in fixes]


def test_the_grant_of_a_hop_is_suggested_and_never_made(tmp_path: Path) -> None:
    title = "let middle@seed.iam.gserviceaccount.com impersonate deploy@shop.iam.gserviceaccount.com"
    assert suggested(tmp_path, CHAIN % "") == [title]
    one_of_two = CHAIN.replace("middle.email]", 'middle.email]\n  alias = "a"') % ""
    assert suggested(tmp_path, one_of_two) == [title]


def test_an_account_that_is_declared_twice_gets_no_suggestion(tmp_path: Path) -> None:
    again = 'resource "google_service_account" "again" {\n  project    = "shop"\n  account_id = "deploy"\n}\n'
    assert suggested(tmp_path, CHAIN % "" + again) == [""]


@pytest.mark.parametrize(
    ("role", "expected"),
    [
        ("roles/strage.admin", "roles/storage.admin"),
        ("roles/run.devloper", "roles/run.developer"),
        ("roles/sotrage.objectViwer", "roles/storage.objectViewer"),
        ("roles/stroage.admin", "roles/storage.admin"),
        ("roles/stoarge.objectViwer", "roles/storage.objectViewer"),
        ("roles/storag.objectViewer", "roles/storage.objectViewer"),  # no other service has such a role
        ("roles/storages.admin", "roles/storages.admin"),  # may be a new service
        ("roles/storagx.viewer", "roles/storagx.viewer"),
        ("roles/run.sourceEditor", "roles/run.sourceEditor"),  # not roles/run.sourceDeveloper
        ("roles/telcoautomation.opsAdminTier5", "roles/telcoautomation.opsAdminTier5"),
        ("roles/storage.bigObjectViewer", "roles/storage.bigObjectViewer"),
        ("roles/role.admin", "roles/role.admin"),  # two of four letters make it another service: roles/file.admin
        ("roles/kms.admin", "roles/kms.admin"),  # roles/ml.admin, roles/dns.admin
        ("roles/storage/admin", "roles/storage/admin"),  # not roles/admin
        ("role/storage.admin", "roles/storage.admin"),
        ("projects/shop/roles/viewer/", "projects/shop/roles/viewer/"),  # a custom role, or a basic one
    ],
)
def test_a_misspelt_role_stays_in_its_service(role: str, expected: str, tmp_path: Path) -> None:
    text = """resource "google_project_iam_member" "one" {
  project = "shop"
  role    = "%s"
  member  = "group:a@example.com"
}
"""
    assert changed(tmp_path, "unknown-role", text % role, ()) == text % expected


@pytest.mark.parametrize(
    ("domain", "expected"),
    [
        ("shop.iam.gserviceacount.com", "shop.iam.gserviceaccount.com"),
        ("shop.iam.gserviceaccount", "shop.iam.gserviceaccount.com"),
        ("shop.iam.gservicesaccount.con", "shop.iam.gserviceaccount.com"),
        ("gsuite.com", "gsuite.com"),  # a domain of its own: whose account it is stays a suggestion
    ],
)
def test_a_misspelt_domain_of_accounts_is_corrected(domain: str, expected: str, tmp_path: Path) -> None:
    text = """resource "google_project_iam_member" "one" {
  project = "shop"
  role    = "roles/viewer"
  member  = "serviceAccount:ci@%s"
}
"""
    assert changed(tmp_path, "malformed-principal", text % domain) == text % expected


@pytest.mark.parametrize(("refs", "mended"), [(11, True), (12, False)])
def test_alternatives_are_left_out_where_they_are_few(refs: int, mended: bool, tmp_path: Path) -> None:
    named = "assertion.repository_owner_id == '42'"
    ways = (named, *(f"assertion.ref == 'refs/heads/{number}'" for number in range(refs)))
    (tmp_path / "main.tf").write_text(PROVIDER % " || ".join(ways), encoding="utf-8")
    done = run("check", "--select", "weak-provider-condition", "--format", "json", cwd=tmp_path)
    fixes = [one["fix"] for one in json.loads(done.stdout)["findings"]]
    assert [one and one["title"] for one in fixes] == ([f"write the condition as `{named}`"] if mended else [None])


@pytest.mark.parametrize(
    ("text", "expected"),
    [("size([1, [2]", "size([1, [2]])"), ("f(')'", "f(')')"), ("(]", None), (")", None), ("(a)", None)],
)
def test_brackets_are_closed_where_they_can_be(text: str, expected: str | None) -> None:
    found = corrected(text, lambda one: expected in (None, one), provider=False)
    assert found == (expected and (expected, True))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("request.tim < x", "request.time < x"),
        ("resource.servcie == 'a'", "resource.service == 'a'"),
        ("destination.host == 'a'", None),  # port is two of four letters away
        ("request.port == 'a'", None),
        ("resource.id == 'a'", None),
    ],
)
def test_a_short_attribute_has_one_wrong_letter(text: str, expected: str | None) -> None:
    found = corrected(text, lambda one: one != text, provider=False)
    assert found == (expected and (expected, True))


@pytest.mark.parametrize(
    ("name", "known", "expected"),
    [
        ("viewr", ("viewer", "editor"), "viewer"),
        ("viewr", ("editor",), None),
        ("vixwer", ("viewer", "vixxer"), None),
        ("viewr", ("viewer", "views", "view"), None),
        ("viewwr", ("viewer", "viewed"), "viewer"),
    ],
)
def test_the_one_nearest_name_is_meant(name: str, known: tuple[str, ...], expected: str | None) -> None:
    assert one_near(name, known) == expected


@pytest.mark.parametrize(
    ("key", "expected"),
    [("repo", '"attribute.repo"'), ("repository", '"repository"'), ("google.sub", '"attribute.google_sub"')],
)
def test_a_key_of_a_mapping_is_corrected_unless_the_right_one_is_taken(key: str, expected: str, tmp_path: Path) -> None:
    text = PROVIDER.replace('"google.subject" ', '"%s" = "assertion.x"\n    "google.subject" ', 1)
    text = text % ("assertion.repository == 'example/shop'", key)
    assert f'    {expected} = "assertion.x"\n' in changed(tmp_path, "malformed-mapping", text)


@pytest.mark.parametrize(
    ("role", "is_removed"),
    [
        ("roles/iam.serviceAccountTokenCreator", False),  # code needs its signBlob to sign links
        ("roles/iam.serviceAccountKeyAdmin", True),
    ],
)
def test_what_an_account_may_need_on_itself_stays(role: str, is_removed: bool, tmp_path: Path) -> None:
    text = MEMBER % "serviceAccount:ci@shop.iam.gserviceaccount.com"
    text = text.replace("roles/iam.workloadIdentityUser", role)
    assert (changed(tmp_path, "self-impersonation", text) != text) is is_removed


GRANT = """resource "google_project" "shop" {
  name       = "shop"
  project_id = "shop-prod"
}
resource "google_project_iam_member" "ci" {
  project = "shop-prod"
  role    = "roles/run.developer"
  member  = "%s"
}
"""


@pytest.mark.parametrize(
    ("member", "expected"),
    [
        (
            "serviceAccount:ci@shop-prod.iam.gserviceaccount.com.iam.gserviceaccount.com",
            "serviceAccount:ci@shop-prod.iam.gserviceaccount.com",
        ),
        # The number of the project would help an agent only.
        (
            "serviceAccount:ci bot@${google_project.shop.project_id}.iam.gserviceaccount.com",
            "serviceAccount:ci bot@${google_project.shop.project_id}.iam.gserviceaccount.com",
        ),
    ],
)
def test_an_e_mail_that_no_account_can_have(member: str, expected: str, tmp_path: Path) -> None:
    assert changed(tmp_path, "malformed-principal", GRANT % member, ()) == GRANT % expected


@pytest.mark.parametrize("mark", ["<<E", "<<-E"])
def test_a_role_in_a_heredoc_becomes_a_plain_text(mark: str, tmp_path: Path) -> None:
    grant = (GRANT % "group:ops@example.com").replace('"roles/run.developer"', "%s")
    written = grant % f"{mark}\nroles/run.developer\nE\n"
    assert changed(tmp_path, "unknown-role", written, ()) == grant % '"roles/run.developer"\n'


@pytest.mark.parametrize("key", ["subject", "google_subject", "google.Subject", "google.subjects"])
def test_a_key_that_means_the_subject_is_that_key(key: str, tmp_path: Path) -> None:
    text = PROVIDER.replace('"google.subject"      ', f'"{key}"', 1) % "assertion.repository == 'example/shop'"
    assert '"google.subject"' in changed(tmp_path, "malformed-mapping", text, ())


def test_a_second_slash_in_a_principal_is_removed(tmp_path: Path) -> None:
    text = MEMBER % (POOL % ("123456", "/attribute.repository/example/shop"))
    assert changed(tmp_path, "unmatched-federated-principal", text, ()) == text.replace("//attribute", "/attribute")


def test_of_two_roles_in_one_text_none_is_certain(tmp_path: Path) -> None:
    text = (GRANT % "group:ops@example.com").replace("roles/run.developer", "roles/browser,roles/run.viewer")
    assert changed(tmp_path, "unknown-role", text) == text


DENIED = """resource "google_iam_deny_policy" "d" {
  parent = urlencode("cloudresourcemanager.googleapis.com/projects/shop")
  name   = "d"
  rules {
    deny_rule {
      denied_principals  = ["principalSet://goog/public:all"]
      denied_permissions = ["iam.googleapis.com/roles.get"]
      denial_condition {
        title      = "c"
        expression = "%s"
      }
    }
  }
}
"""


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("request.tim < timestamp('2099-01-01T00:00:00Z')", "request.tim < timestamp('2099-01-01T00:00:00Z')"),
        ("resource.matchTags('1/env', 'prod')", "resource.matchTag('1/env', 'prod')"),
    ],
)
def test_the_condition_of_a_deny_rule_is_corrected_to_one_about_tags(
    condition: str, expected: str, tmp_path: Path
) -> None:
    assert changed(tmp_path, "malformed-condition", DENIED % condition) == DENIED % expected
