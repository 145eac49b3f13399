"""``iamlint check --fix``, ``--unsafe-fixes`` and ``--diff``."""

from __future__ import annotations

import io
import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from program import run

from iamlint.fixes import proof, proposals

MISSPELT = """resource "google_project_iam_member" "developers" {
  project = "shop"
  role    = "roles/run.devloper" # for the team
  member  = "group:developers@example.com"
}
"""
RIGHT = MISSPELT.replace('devloper" #', 'developer" #')
SELF = """resource "google_service_account" "web" {
  project    = "shop"
  account_id = "web"
}

resource "google_service_account_iam_member" "web" {
  service_account_id = google_service_account.web.name
  role               = "roles/iam.serviceAccountKeyAdmin"
  member             = google_service_account.web.member
}
"""


def written(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


def test_a_safe_fix_is_applied_and_the_run_passes(tmp_path: Path) -> None:
    path = written(tmp_path / "main.tf", MISSPELT)
    path.chmod(0o640)
    done = run("check", "--fix", cwd=tmp_path)
    assert done.returncode == 0, done.stdout
    assert path.read_text() == RIGHT
    assert "fixed: main.tf:3:13: unknown-role: replace roles/run.devloper by roles/run.developer" in done.stderr
    assert path.stat().st_mode & 0o777 == 0o640
    assert os.listdir(tmp_path) == ["main.tf"]
    again = run("check", "--fix", cwd=tmp_path)
    assert (again.returncode, path.read_text()) == (0, RIGHT)
    assert "0 findings fixed in 0 files\n" in again.stderr


def test_what_is_left_has_a_next_step(tmp_path: Path) -> None:
    written(tmp_path / "main.tf", RIGHT.replace("roles/run.developer", "roles/iam.serviceAccountTokenCreator"))
    done = run("check", "--diff", cwd=tmp_path)
    assert "0 findings would be fixed in 0 files; 1 to fix by hand (iamlint explain RULE)\n" in done.stderr
    written(tmp_path / "main.tf", SELF)
    assert "; 1 more with --unsafe-fixes" in run("check", "--diff", cwd=tmp_path).stderr
    assert "--unsafe-fixes" not in run("check", "--diff", "--unsafe-fixes", cwd=tmp_path).stderr


@pytest.mark.parametrize(
    ("beside", "shown"),
    [
        ("# ##vso[task.setvariable variable=PATH]/tmp", False),
        ("/*\n::add-mask::x */", False),
        ("# \x1b[2J", False),
        ("# \u202ex", False),
        ("# a\u2028b", False),
        ("# a:: b ## c\r", True),
        ("# \u26a0\ufe0f", True),
    ],
)
def test_a_diff_has_no_line_that_a_terminal_or_a_ci_system_obeys(tmp_path: Path, beside: str, shown: bool) -> None:
    written(tmp_path / "main.tf", f"{beside}\n{MISSPELT}")
    done = run("check", "--diff", cwd=tmp_path)
    assert done.returncode == 1
    assert ("+  role    = " in done.stdout, "main.tf: its changes are not shown" in done.stderr) == (shown, not shown)
    assert not shown or f" {beside}\n" in done.stdout


@pytest.mark.parametrize("option", ["--fix", "--diff"])
def test_an_installed_module_is_left_alone(tmp_path: Path, option: str) -> None:
    written(tmp_path / "main.tf", 'module "iam" {\n  source = "example/iam/google"\n}\n')
    module = written(tmp_path / ".terraform" / "modules" / "iam" / "main.tf", MISSPELT)
    place = {"Version": "1.0.0", "Dir": ".terraform/modules/iam"}
    listed = {"Key": "iam", "Source": "registry.terraform.io/example/iam/google", **place}
    written(tmp_path / ".terraform" / "modules" / "modules.json", json.dumps({"Modules": [listed]}))
    done = run("check", option, cwd=tmp_path)
    assert "main.tf is in an installed module, which `terraform init` replaces" in done.stderr
    assert "0 findings" in done.stderr
    assert module.read_text() == MISSPELT


LISTED = """resource "google_project_iam_custom_role" "signer" {
  project = "shop"
  role_id = "signer"
  title   = "Signer"
  permissions = [
    "run.services.gett", # one
    "run.services.list", # two
    "iam.roles.gett",    # three
  ]
}
"""


def edits(path: Path) -> list[list[dict[str, object]]]:
    report = json.loads(run("check", "--format", "json", path.name, cwd=path.parent).stdout)
    return [one["fix"]["edits"] for one in report["findings"]]


def test_the_layout_around_the_fixes_of_a_report_is_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "main.tf", LISTED)
    whole = edits(path)
    monkeypatch.setattr(proposals, "_MOST_LAID_OUT", len(LISTED))  # enough for one of the two
    bounded = edits(path)
    assert [len(one) for one in whole] == [2, 2]
    assert sorted(len(one) for one in bounded) == [1, 2]
    assert run("check", "--fix", cwd=tmp_path).returncode == 0
    assert '"run.services.get",  # one' in path.read_text()


def test_the_checks_with_fixes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = MISSPELT.replace("run.devloper", "editr").replace("developers", "editors")  # the corrected role is reported
    path = written(tmp_path / "main.tf", MISSPELT + bad)
    whole = run("check", "--diff", cwd=tmp_path)
    assert "roles/run.developer" in whole.stdout
    assert "not every fix was tried" not in whole.stderr
    monkeypatch.setattr(proof, "MOST_CHECKED", 3)
    done = run("check", "--fix", cwd=tmp_path)
    assert "note: not every fix was tried: there are too many; give fewer files" in done.stderr
    assert path.read_text() == MISSPELT + bad
    assert (run("check", "--diff", cwd=tmp_path).returncode, whole.returncode) == (2, 1)


def test_a_fix_is_refused_where_not_all_access_was_compared(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "main.tf", MISSPELT)
    whole = proof.compare
    monkeypatch.setattr(proof, "compare", lambda *sides: replace(whole(*sides), left_out={"accounts": 1}))
    done = run("check", "--fix", ".", cwd=tmp_path)
    assert "too large to compare all of it" in done.stderr
    assert path.read_text() == MISSPELT


def test_a_diff_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "main.tf", MISSPELT)
    done = run("check", "--diff", cwd=tmp_path)
    assert done.returncode == 1
    assert path.read_text() == MISSPELT
    assert done.stdout.startswith("--- a/main.tf\n+++ b/main.tf\n@@")
    assert '+  role    = "roles/run.developer" # for the team\n' in done.stdout
    path.write_text(RIGHT)
    assert (run("check", "--diff", cwd=tmp_path).returncode, run("check", "--diff", cwd=tmp_path).stdout) == (0, "")


def test_an_unsafe_fix_needs_its_option(tmp_path: Path) -> None:
    path = written(tmp_path / "main.tf", SELF)
    kept = run("check", "--fix", cwd=tmp_path)
    assert (kept.returncode, path.read_text()) == (1, SELF)
    assert "fix: remove the grant of" in kept.stdout
    assert "(--fix --unsafe-fixes)" in kept.stdout
    done = run("check", "--fix", "--unsafe-fixes", cwd=tmp_path)
    assert (done.returncode, path.read_text()) == (0, SELF.partition("\n\n")[0] + "\n")


def test_an_unsafe_fix_alone_changes_nothing(tmp_path: Path) -> None:
    path = written(tmp_path / "main.tf", SELF)
    assert run("check", "--unsafe-fixes", cwd=tmp_path).returncode == 2
    assert path.read_text() == SELF


def test_a_fix_that_another_rule_would_report_is_not_applied(tmp_path: Path) -> None:
    text = MISSPELT.replace("roles/run.devloper", "roles/iam.serviceAccountTokenCreatr")
    path = written(tmp_path / "main.tf", text)
    done = run("check", "--fix", cwd=tmp_path)
    assert (done.returncode, path.read_text()) == (1, text)
    assert "not fixed: main.tf:3:13: unknown-role" in done.stderr
    assert "broad-token-creator would report the result" in done.stderr


def test_one_bad_fix_does_not_keep_the_others(tmp_path: Path) -> None:
    bad = MISSPELT.replace("roles/run.devloper", "roles/iam.serviceAccountTokenCreatr").replace('developers" {', 'b" {')
    path = written(tmp_path / "main.tf", f"{bad}\n{MISSPELT}")
    run("check", "--fix", cwd=tmp_path)
    assert path.read_text() == f"{bad}\n{RIGHT}"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("crlf.tf", MISSPELT.replace("\n", "\r\n")),
        ("mark.tf", "\ufeff" + MISSPELT),
        ("tabs.tf", MISSPELT.replace("  ", "\t")),
        ("wide.tf", MISSPELT.replace("for the team", "für 😀")),
        ("open.tf", MISSPELT.rstrip("\n")),
        (
            "heredoc.tf",
            MISSPELT.replace('"roles/run.devloper" # for the team', "trimspace(<<EOT\nroles/run.devloper\nEOT\n)"),
        ),
        ("choice.tf", MISSPELT.replace('"roles/run.devloper"', 'true ? "roles/run.devloper" : "roles/viewer"')),
        (
            "each.tf",
            MISSPELT.replace('"roles/run.devloper"', "each.key").replace(
                "{\n", '{\n  for_each = toset(["roles/run.devloper"])\n', 1
            ),
        ),
        (
            "one.tf",
            'locals {\n  role = "roles/run.devloper"\n}\n\n' + MISSPELT.replace('"roles/run.devloper"', "local.role"),
        ),
        (
            "given.tf",
            'variable "role" {\n  default = "roles/run.devloper"\n}\n\n'
            + MISSPELT.replace('"roles/run.devloper"', "var.role"),
        ),
        (
            "j.tf.json",
            '{"resource": {"google_project_iam_member": {"d": {"role": "roles/run.devloper", "member": "group:d@x"}}}}',
        ),
    ],
)
def test_only_the_wrong_text_changes(tmp_path: Path, name: str, text: str) -> None:
    path = written(tmp_path / name, text)
    done = run("check", "--fix", "--select", "unknown-role", cwd=tmp_path)
    assert path.read_bytes().decode() == text.replace("devloper", "developer"), done.stderr
    assert done.returncode == 0


@pytest.mark.parametrize(
    "text",
    [
        'locals {\n  role = "roles/run.devloper"\n}\n\noutput "role" {\n  value = local.role\n}\n\n'
        + MISSPELT.replace('"roles/run.devloper"', "local.role"),
        'locals {\n  roles = { a = "roles/run.devloper" }\n}\n\noutput "x" {\n  value = local.roles\n}\n\n'
        + MISSPELT.replace('"roles/run.devloper"', "local.roles.a"),
        MISSPELT.replace('"roles/run.devloper"', '"roles/run.dev${"loper"}"'),
    ],
)
def test_a_value_with_other_uses_stays(tmp_path: Path, text: str) -> None:
    path = written(tmp_path / "main.tf", text)
    run("check", "--fix", cwd=tmp_path)
    assert path.read_text() == text


def test_files_that_a_program_writes_stay(tmp_path: Path) -> None:
    text = f"# Code generated by hand-rolled.py. DO NOT EDIT.\n{MISSPELT}"
    path = written(tmp_path / "main.tf", text)
    done = run("check", "--fix", cwd=tmp_path)
    assert path.read_text() == text
    assert "main.tf is generated" in done.stderr


def test_a_module_outside_of_the_given_paths_stays(tmp_path: Path) -> None:
    module = written(tmp_path / "module" / "main.tf", MISSPELT)
    written(tmp_path / "root" / "main.tf", 'module "m" {\n  source = "../module"\n}\n')
    done = run("check", "--fix", "root", cwd=tmp_path)
    assert module.read_text() == MISSPELT
    assert "outside of the given paths" in done.stderr
    assert run("check", "--fix", "root", "module", cwd=tmp_path).returncode == 0
    assert module.read_text() == RIGHT


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    real = written(tmp_path / "elsewhere" / "real.tf", MISSPELT)
    (tmp_path / "root").mkdir()
    (tmp_path / "root" / "main.tf").symlink_to(real)
    done = run("check", "--fix", "root", cwd=tmp_path)
    assert real.read_text() == MISSPELT
    assert (tmp_path / "root" / "main.tf").is_symlink()
    assert "a link leads to it" in done.stderr


def test_other_documents_stay(tmp_path: Path) -> None:
    export = written(
        tmp_path / "project-shop.yaml",
        "bindings:\n- members:\n  - service_account:c@x.iam.gserviceaccount.com\n  role: roles/run.dev\nversion: 1\n",
    )
    before = export.read_text()
    assert run("check", "--fix", "--unsafe-fixes", cwd=tmp_path).returncode == 1
    assert export.read_text() == before


def test_an_accepted_finding_is_not_fixed(tmp_path: Path) -> None:
    text = MISSPELT.replace("# for the team", "# iamlint: ignore[unknown-role] it is newer")
    path = written(tmp_path / "main.tf", text)
    assert run("check", "--fix", cwd=tmp_path).returncode == 0
    assert path.read_text() == text


def test_a_broken_file_beside_does_not_keep_the_others(tmp_path: Path) -> None:
    path = written(tmp_path / "a" / "main.tf", MISSPELT)
    written(tmp_path / "b" / "main.tf", 'resource "x" {')
    assert run("check", "--fix", cwd=tmp_path).returncode == 2
    assert path.read_text() == RIGHT


def test_a_resource_that_others_refer_to_is_not_removed(tmp_path: Path) -> None:
    text = SELF + '\noutput "id" {\n  value = google_service_account_iam_member.web.id\n}\n'
    path = written(tmp_path / "main.tf", text)
    run("check", "--fix", "--unsafe-fixes", cwd=tmp_path)
    assert path.read_text() == text


def test_reports_carry_the_edits(tmp_path: Path) -> None:
    path = written(tmp_path / "main.tf", "# é\n" + MISSPELT)
    done = run("check", "--format", "json", "--output", "sarif=out.sarif", cwd=tmp_path)
    (finding,) = json.loads(done.stdout)["findings"]
    assert finding["fix"]["safety"] == "safe"
    (edit,) = finding["fix"]["edits"]
    content = path.read_bytes()
    assert content[edit["start"] : edit["end"]] == b"roles/run.devloper"
    assert (edit["line"], edit["column"], edit["replacement"]) == (4, 14, "roles/run.developer")
    (fix,) = json.loads((tmp_path / "out.sarif").read_text())["runs"][0]["results"][0]["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "main.tf"
    (replacement,) = change["replacements"]
    region = replacement["deletedRegion"]
    assert (region["startLine"], region["startColumn"], region["endColumn"]) == (4, 14, 32)
    assert replacement["insertedContent"]["text"] == "roles/run.developer"


def test_a_guess_is_a_suggestion(tmp_path: Path) -> None:
    text = MISSPELT.replace("roles/run.devloper", "roles/run.developerAdmin")
    path = written(tmp_path / "main.tf", text)
    done = run("check", "--fix", "--unsafe-fixes", cwd=tmp_path)
    assert (done.returncode, path.read_text()) == (1, text)
    assert "suggestion: replace roles/run.developerAdmin by" in done.stdout


def test_the_fixable_rules_are_listed(tmp_path: Path) -> None:
    done = run("rules", "--fixable", cwd=tmp_path)
    lines = done.stdout.splitlines()
    assert any(line.split() == ["hygiene/unknown-role", "safe", "near_role"] for line in lines)
    assert any(line.strip().startswith("not if the input shows no account of the project") for line in lines)
    listed = json.loads(run("rules", "--fixable", "--format", "json", cwd=tmp_path).stdout)
    (broad,) = [one for one in listed if one["slug"] == "broad-token-creator"]
    assert "folder" in broad["fixes"][0]["not_if"][1]
    fixable = [one["slug"] for one in listed if one["fixes"]]
    assert len(fixable) >= 15
    assert all(one["missing"] for one in listed if not one["fixes"])


def test_a_text_from_standard_input_is_not_written(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path / "main.tf", f"# of the disk\n{MISSPELT}")
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(MISSPELT.encode())))
    done = run("check", "-", "--stdin-name", "main.tf", "--fix", cwd=tmp_path)
    assert path.read_text() == f"# of the disk\n{MISSPELT}"
    assert "not fixed: main.tf:3:13" in done.stderr


def test_a_baseline_is_not_written_by_a_run_that_fixes(tmp_path: Path) -> None:
    path = written(tmp_path / "main.tf", MISSPELT)
    done = run("check", "--fix", "--write-baseline", "known.json", cwd=tmp_path)
    assert (done.returncode, path.read_text()) == (2, MISSPELT)
    assert not (tmp_path / "known.json").exists()


def test_stale_acceptance_is_removed(tmp_path: Path) -> None:
    text = RIGHT.replace("# for the team", "# iamlint: ignore[broad-token-creator, unknown-role] as before")
    path = written(tmp_path / "main.tf", text)
    settings = written(
        tmp_path / ".iamlint.yaml",
        "# ours\naccept:\n  # the old one\n  - rule: broad-key-creator\n    reason: as before\n\nfail-on: low\n",
    )
    assert run("check", cwd=tmp_path).returncode in (0, 1)
    done = run("check", "--fix", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert path.read_text() == RIGHT.replace(" # for the team", "")
    assert settings.read_text() == "# ours\n\nfail-on: low\n"


def test_two_stale_entries_are_removed_with_their_key(tmp_path: Path) -> None:
    written(tmp_path / "main.tf", RIGHT)
    entries = ("broad-key-creator", "self-impersonation")
    text = "".join(f"  - rule: {one}\n    reason: as before\n" for one in entries)
    settings = written(tmp_path / ".iamlint.yaml", f"fail-on: low\naccept:\n{text}")
    done = run("check", "--fix", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert settings.read_text() == "fail-on: low\n"


def test_a_file_that_changes_meanwhile_keeps_all_files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = {"a.tf": MISSPELT, "b.tf": MISSPELT.replace("developers", "others")}
    for name, text in texts.items():
        written(tmp_path / name, text)
    monkeypatch.setattr(proof, "wrong", lambda *_: written(tmp_path / "b.tf", "# mine\n") and None)
    done = run("check", "--fix", cwd=tmp_path)
    assert done.returncode == 2
    assert "error: b.tf: no fix was written: the file has changed since it was read" in done.stderr
    assert "fixed:" not in done.stderr
    assert "roles/run.devloper" in done.stdout
    assert {one.name: one.read_text() for one in tmp_path.iterdir()} == texts | {"b.tf": "# mine\n"}


CALLED = """variable "roles" {
  type = list(string)
}

resource "google_project_iam_member" "this" {
  for_each = toset(var.roles)
  project  = "shop"
  role     = each.value
  member   = "group:ops@example.com"
}
"""


@pytest.mark.parametrize(
    "files",
    [
        {
            "main.tf": 'module "m" {\n  source = "./m"\n  roles  = ["roles/run.devloper", "roles/viewer"]\n}\n',
            "m/main.tf": CALLED,
        },
        {
            "main.tf": 'module "m" {\n  for_each = { x = ["roles/run.devloper"] }\n'
            '  source   = "./m"\n  roles    = each.value\n}\n',
            "m/main.tf": CALLED,
        },
        {"main.tf": CALLED, "terraform.tfvars": 'roles = ["roles/run.devloper"] # ours\n'},
        {
            "main.tf": 'locals {\n  roles = {\n    "roles/run.devloper" = "group:a@example.com"\n  }\n}\n\n'
            + CALLED.partition("\n\n")[2]
            .replace("toset(var.roles)", "local.roles")
            .replace("each.value", "each.key")
            .replace('"group:ops@example.com"', "each.value"),
        },
        {
            "main.tf": "locals {\n  roles = yamldecode(<<-EOT\n    - roles/run.devloper # ours\n  EOT\n  )\n}\n\n"
            + CALLED.partition("\n\n")[2].replace("var.roles", "local.roles"),
        },
        {
            "main.tf": 'locals {\n  roles = jsondecode(<<EOT\n["roles/run.devloper"]\nEOT\n  )\n}\n\n'
            + CALLED.partition("\n\n")[2].replace("var.roles", "local.roles"),
        },
    ],
)
def test_a_value_is_changed_where_it_is_written(tmp_path: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        written(tmp_path / name, text)
    done = run("check", "--fix", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    changed = {name: (tmp_path / name).read_text() for name in files}
    assert changed == {name: text.replace("devloper", "developer") for name, text in files.items()}


def test_a_permission_of_a_deny_rule_is_changed_in_its_variable(tmp_path: Path) -> None:
    main = """variable "denied" {
  type = list(string)
}

resource "google_iam_deny_policy" "d" {
  parent = "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop"
  name   = "d"
  rules {
    deny_rule {
      denied_principals  = ["principalSet://goog/public:all"]
      denied_permissions = var.denied
    }
  }
}
"""
    written(tmp_path / "main.tf", main)
    values = written(tmp_path / "terraform.tfvars", 'denied = [\n  "run.services.get", # ours\n]\n')
    done = run("check", "--fix", "--unsafe-fixes", ".", cwd=tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert values.read_text() == 'denied = [\n  "run.googleapis.com/services.get", # ours\n]\n'
    assert (tmp_path / "main.tf").read_text() == main


def test_a_value_that_two_calls_use_stays(tmp_path: Path) -> None:
    call = 'module "{}" {{\n  source = "./m"\n  roles  = local.roles\n}}\n'
    text = 'locals {\n  roles = ["roles/run.devloper"]\n}\n' + call.format("a") + call.format("b")
    path = written(tmp_path / "main.tf", text)
    written(tmp_path / "m" / "main.tf", CALLED)
    assert run("check", "--fix", ".", cwd=tmp_path).returncode == 1
    assert path.read_text() == text
