"""Narrower rights: what is proposed from which evidence, and what stays unknown."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from program import run

from iamlint.estate import Estate
from iamlint.narrowing import Narrowing, narrow, read_usage
from iamlint.narrowing.output import narrowing_text
from iamlint.roles import catalog
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.unknown import Unknown

CI = "serviceAccount:ci@shop.iam.gserviceaccount.com"
DEPLOY = "deploy@shop.iam.gserviceaccount.com"
AUDITED = """
resource "google_project_iam_audit_config" "all" {
  project = "shop"
  service = "allServices"
  audit_log_config { log_type = "ADMIN_READ" }
  audit_log_config { log_type = "DATA_WRITE" }
  audit_log_config {
    log_type         = "DATA_READ"
    exempted_members = [EXEMPTED]
  }
}
"""


def audited(exempted: str = "") -> str:
    return AUDITED.replace("EXEMPTED", f'"{exempted}"' if exempted else "")


def has(role: str, member: str = CI, label: str = "ci", more: str = "") -> str:
    return f"""
resource "google_project_iam_member" "{label}" {{
  project = "shop"
  role    = "{role}"
  member  = "{member}"
  {more}
}}
"""


def on_deploy(role: str) -> str:
    return f"""
resource "google_service_account_iam_member" "deploy" {{
  service_account_id = "projects/shop/serviceAccounts/{DEPLOY}"
  role               = "{role}"
  member             = "{CI}"
}}
"""


def entry(permission: str, day: str = "2026-11-20", **more: Any) -> dict[str, Any]:
    who, granted = more.get("who", CI), more.get("granted", True)
    asked = {"permission": permission, "resource": more.get("resource", ""), "granted": granted}
    return {
        "logName": f"projects/{more.get('project', 'shop')}/logs/cloudaudit.googleapis.com%2Fdata_access",
        "timestamp": f"{day}T12:00:00.123456789Z",
        "protoPayload": {
            "authenticationInfo": {"principalEmail": who.partition(":")[2]},
            "authorizationInfo": [asked] if permission else [],
            "methodName": "compute.instances.get",
        },
    }


FIRST = entry("logging.logEntries.list", "2026-08-01", who="user:ana@example.com")
"""Somebody else's entry, which shows how far the log goes back."""


def advice(role: str, instead: list[str], days: str = "90", member: str = CI) -> dict[str, Any]:
    def operation(action: str, of: str, **more: str) -> dict[str, Any]:
        filters = {"/iamPolicy/bindings/*/role": of}
        if action == "remove":
            filters["/iamPolicy/bindings/*/members/*"] = member
        path = f"/iamPolicy/bindings/*/members/{'-' if action == 'add' else '*'}"
        resource = "//cloudresourcemanager.googleapis.com/projects/shop"
        return {"action": action, "path": path, "pathFilters": filters, "resource": resource, **more}

    operations = [*(operation("add", one, value=member) for one in instead), operation("remove", role)]
    return {
        "recommenderSubtype": "REPLACE_ROLE" if instead else "REMOVE_ROLE",
        "stateInfo": {"state": "ACTIVE"},
        "content": {
            "operationGroups": [{"operations": operations}],
            "overview": {"minimumObservationPeriodInDays": days},
        },
    }


Narrow = Callable[..., Narrowing]


@pytest.fixture
def narrowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Narrow:
    monkeypatch.chdir(tmp_path)

    def ask(terraform: str, *usage: list[dict[str, Any]], days: int = 90) -> Narrowing:
        Path("main.tf").write_text(terraform)
        files = []
        for number, entries in enumerate(usage):
            files.append(Path(f"usage{number}.json"))
            files[-1].write_text(json.dumps(entries, indent=1))
        reading, found = read([Path("main.tf")], Options()), read_usage(files)
        assert not reading.errors
        assert not found.errors
        estate = Estate(reading.facts, catalog(), date(2026, 11, 28))
        return narrow(estate, found, reading.texts, CI, days)

    return ask


def reason(found: Narrowing) -> str:
    assert found.proposals == ()
    (one,) = found.unknown
    return "; ".join(one.reasons)


def test_the_smallest_role_with_every_use(narrowed: Narrow) -> None:
    used = [entry("compute.instances.get"), entry("compute.instances.list"), entry("compute.zones.get", granted=False)]
    found = narrowed(audited() + has("roles/compute.admin"), [FIRST, *used])
    (one,) = found.proposals
    assert found.unknown == ()
    assert one.kind == "replace"
    assert one.used == ("compute.instances.get", "compute.instances.list")
    held = catalog().permissions(one.roles[0])
    assert isinstance(held, frozenset)
    assert set(one.used) <= held
    assert one.after == len(held) < one.before
    assert one.checked == 2
    assert any("roles/compute.admin on project shop" in text for text in one.closes)


@pytest.mark.parametrize(
    ("role", "used", "power"),
    [
        ("roles/owner", "resourcemanager.projects.setIamPolicy", "iam.serviceAccounts.actAs"),
        ("roles/datacatalog.entryGroupOwner", "dataplex.entryGroups.import", "dataplex.entryGroups.setIamPolicy"),
        ("roles/storage.folderAdmin", "storage.objects.overrideUnlockedRetention", "storage.objects.setIamPolicy"),
    ],
)
def test_no_smaller_role_with_other_powers_is_proposed(narrowed: Narrow, role: str, used: str, power: str) -> None:
    found = narrowed(audited() + has(role), [FIRST, entry(used)])
    (one,) = found.proposals
    held = catalog().permissions(one.roles[0]) if one.roles else one.permissions
    assert not isinstance(held, Unknown)
    assert power not in held
    assert used in held


def test_a_role_that_only_buckets_take_is_not_proposed_on_a_project(narrowed: Narrow) -> None:
    used = [entry(f"storage.objects.{verb}") for verb in ("get", "update")]
    (one,) = narrowed(audited() + has("roles/storage.objectAdmin"), [FIRST, *used]).proposals
    assert not any("legacy" in role for role in one.roles)


def test_a_custom_role_where_no_role_is_smaller(narrowed: Narrow) -> None:
    found = narrowed(audited() + has("roles/editor"), [FIRST, entry("compute.instances.get"), entry("run.jobs.run")])
    (one,) = found.proposals
    assert one.kind == "custom"
    assert one.permissions == ("compute.instances.get", "run.jobs.run")


def test_a_grant_without_a_use_is_removed(narrowed: Narrow) -> None:
    found = narrowed(
        audited() + has("roles/compute.admin"), [FIRST, entry("logging.logEntries.list", who="user:x@y.z")]
    )
    (one,) = found.proposals
    assert (one.kind, one.roles, one.used) == ("remove", (), ())


def test_a_role_that_fits_is_left_alone(narrowed: Narrow) -> None:
    role = "roles/iam.serviceAccountOpenIdTokenCreator"
    use = entry("iam.serviceAccounts.getOpenIdToken", resource=f"projects/-/serviceAccounts/{DEPLOY}")
    found = narrowed(audited() + on_deploy(role), [FIRST, use])
    assert (found.proposals, found.unknown) == ((), ())
    assert len(found.fitting) == 1


def test_a_use_that_terraform_states_counts(narrowed: Narrow) -> None:
    asked = f"""
provider "google" {{
  impersonate_service_account = "ci@shop.iam.gserviceaccount.com"
}}
data "google_service_account_access_token" "deploy" {{
  target_service_account = "{DEPLOY}"
  scopes                 = ["cloud-platform"]
}}
"""
    parts = audited() + on_deploy("roles/iam.serviceAccountTokenCreator")
    (one,) = narrowed(parts + asked, [FIRST, entry("logging.logEntries.list", who="user:x@y.z")]).proposals
    assert one.roles == ("roles/iam.workloadIdentityUser",)
    (other,) = narrowed(parts, [FIRST, entry("logging.logEntries.list", who="user:x@y.z")]).proposals
    assert other.kind == "remove"


USED = [FIRST, entry("compute.instances.get")]
MISSING = {
    "no log": (audited() + has("roles/compute.admin"), [], "no audit log was given"),
    "short": (audited() + has("roles/compute.admin"), [entry("compute.instances.get")], "the logs span 0 days"),
    "old": (
        audited() + has("roles/compute.admin"),
        [entry("compute.instances.get", "2026-01-01"), entry("compute.instances.get", "2026-06-01")],
        "the logs end 179 days ago",
    ),
    "not audited": (has("roles/compute.admin"), USED, "ADMIN_READ and DATA_READ and DATA_WRITE of all services"),
    "exempted": (audited(CI) + has("roles/compute.admin"), USED, "that DATA_READ of all services are logged"),
    "another project": (
        audited() + has("roles/compute.admin"),
        [{**one, "logName": "projects/other/logs/x"} for one in USED],
        "the logs have no entry of project shop",
    ),
    "no permission": (audited() + has("roles/compute.admin"), [*USED, entry("")], "has no permission in the log"),
    "unknown role": (
        audited() + has("projects/shop/roles/own"),
        USED,
        "the definition of projects/shop/roles/own is not in the input",
    ),
    "convenience": (
        audited() + has("roles/editor"),
        [FIRST, entry("storage.objects.get")],
        "buckets and datasets may give it to all who have roles/editor",
    ),
}


@pytest.mark.parametrize(("terraform", "log", "wanted"), MISSING.values(), ids=MISSING)
def test_without_complete_evidence_it_is_unknown(
    narrowed: Narrow, terraform: str, log: list[dict[str, Any]], wanted: str
) -> None:
    assert wanted in reason(narrowed(terraform, *([log] if log else [])))


def test_what_runs_as_an_account_does_not_say_what_it_calls(narrowed: Narrow) -> None:
    runs = """
resource "google_cloud_run_v2_job" "migrate" {
  project  = "shop"
  location = "europe-west1"
  name     = "migrate"
  template {
    template {
      service_account = "ci@shop.iam.gserviceaccount.com"
    }
  }
}
"""
    told = reason(narrowed(runs + has("roles/editor")))
    assert "google_cloud_run_v2_job.migrate runs as it, which does not say what it calls" in told


def test_a_grant_on_a_folder_is_unknown(narrowed: Narrow) -> None:
    folder = f"""
resource "google_folder_iam_member" "ci" {{
  folder = "folders/1"
  role   = "roles/compute.admin"
  member = "{CI}"
}}
"""
    assert "not show that they are from all projects of folder 1" in reason(narrowed(audited() + folder, USED))


def test_a_shorter_time_may_be_enough(narrowed: Narrow) -> None:
    log = [entry("compute.instances.get", "2026-11-01"), entry("compute.instances.get")]
    assert "are needed" in reason(narrowed(audited() + has("roles/compute.admin"), log))
    assert narrowed(audited() + has("roles/compute.admin"), log, days=19).proposals


def test_googles_recommendation_is_proposed_with_a_proof(narrowed: Narrow) -> None:
    (one,) = narrowed(has("roles/compute.admin"), [advice("roles/compute.admin", ["roles/compute.viewer"])]).proposals
    assert (one.kind, one.roles) == ("replace", ("roles/compute.viewer",))
    assert "Google's recommendation over at least 90 days (usage0.json:2)" in one.evidence
    (one,) = narrowed(has("roles/compute.admin"), [advice("roles/compute.admin", [])]).proposals
    assert one.kind == "remove"


ADVISED = {
    "too short": (advice("roles/compute.admin", [], "14"), "rests on 14 days"),
    "unknown time": (advice("roles/compute.admin", [], ""), "rests on an unknown number of days"),
    "more": (advice("roles/compute.admin", ["roles/storage.admin"]), "with permissions that the grant does not have"),
    "unknown role": (advice("roles/compute.admin", ["projects/shop/roles/x"]), "with unknown permissions"),
    "another member": (advice("roles/compute.admin", [], member="user:x@y.z"), "no audit log was given"),
}


@pytest.mark.parametrize(("one", "wanted"), ADVISED.values(), ids=ADVISED)
def test_a_recommendation_that_proves_nothing(narrowed: Narrow, one: dict[str, Any], wanted: str) -> None:
    assert wanted in reason(narrowed(has("roles/compute.admin"), [one]))


def test_a_recommendation_that_breaks_a_known_use_is_refused(narrowed: Narrow) -> None:
    log = [entry("compute.instances.delete")]
    told = reason(narrowed(has("roles/compute.admin"), log, [advice("roles/compute.admin", ["roles/compute.viewer"])]))
    assert "compute.instances.delete is in use (usage0.json:2), and would no longer work" in told


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("[]", "the file has no entries"),
        ("{", "usage.json"),
        ('[{"a": 1}]', "neither audit log entries nor recommendations"),
        ('[{"protoPayload": {}}]', "an audit log entry has no timestamp"),
        ('[{"recommenderSubtype": "X", "content": {"operationGroups": [{"operations": [{}]}]}}]', "something other"),
    ],
)
def test_bad_usage_is_an_error(tmp_path: Path, text: str, wanted: str) -> None:
    (tmp_path / "main.tf").write_text(has("roles/compute.admin"))
    (tmp_path / "usage.json").write_text(text)
    done = run("narrow", "main.tf", "--usage", "usage.json", cwd=tmp_path)
    assert done.returncode == 2
    assert wanted in done.stderr


def test_the_command_prints_text_and_json(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(audited() + has("roles/compute.admin"))
    lines = "\n".join(json.dumps(one) for one in USED)  # as an export to a bucket has them
    (tmp_path / "usage.json").write_text(lines)
    asked = ("narrow", "main.tf", "--usage", "usage.json", "--as-of", "2026-11-28")
    done = run(*asked, cwd=tmp_path)
    assert done.returncode == 0
    assert f"narrow {CI}: roles/compute.admin on project shop to roles/" in done.stdout
    assert "main.tf:15:13  google_project_iam_member.ci" in done.stdout
    assert "proof: the known use of the principal still works" in done.stdout
    (one,) = json.loads(run(*asked, "--format", "json", cwd=tmp_path).stdout)["proposals"]
    assert (one["proposal"], one["used"], one["line"]) == ("replace", ["compute.instances.get"], 15)
    none = run(*asked, "--principal", "nobody@*", cwd=tmp_path)
    assert none.stdout == "0 proposals; 0 unknown; 0 fit\n"


def test_what_several_root_modules_grant_by_one_module_is_listed_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("module").mkdir()
    Path("module/main.tf").write_text(has("roles/compute.admin") + has("roles/viewer", label="viewer"))
    for root in ("a", "b", "c"):
        Path(root).mkdir()
        Path(root, "main.tf").write_text('module "m" {\n  source = "../module"\n}\n')
    reading, found = read([Path()], Options()), read_usage([])
    estate = Estate(reading.facts, catalog(), date(2026, 11, 28))
    lines = narrowing_text(narrow(estate, found, reading.texts, CI, 90)).splitlines()
    assert lines[0] == "unknown: 6 grants: no audit log was given (--usage)"
    assert all(line.endswith("on project shop (3 times)") for line in lines[1:3])
    assert lines[3:] == ["", "0 proposals; 6 unknown; 0 fit"]
