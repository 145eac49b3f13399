"""A pull request, step by step: what each change shows by a baseline, by changed lines and by a comparison."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from checkout import commit, git, write
from program import run, run_forms

TOKENS, DIRECT = "broad-token-creator", "privileged-account-impersonation"
ROLE = "roles/iam.serviceAccountTokenCreator"


def member(name: str, who: str, role: str = f'"{ROLE}"') -> str:
    lines = ('  project = "shop"', f"  role    = {role}", f"  member  = {who}")
    return "\n".join([f'resource "google_project_iam_member" "{name}" {{', *lines, "}", ""])


DEPLOYER = """resource "google_service_account" "deployer" {
  project    = "tools"
  account_id = "deployer"
}

resource "google_service_account_iam_member" "dev" {
  service_account_id = google_service_account.deployer.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "group:developers@example.com"
}

resource "google_project_iam_member" "deployer" {
  project = "tools"
  role    = "roles/resourcemanager.projectIamAdmin"
  member  = google_service_account.deployer.member
}
"""
BASE = {
    "envs/prod/main.tf": 'variable "who" {}\n\n'
    'module "grants" {\n  source = "../../modules/grants"\n  who    = var.who\n}\n',
    "envs/prod/terraform.tfvars": '# who creates tokens\nwho = "user:ana@example.com"\n',
    "envs/prod/old.tf": member("ci", '"group:ci@example.com"'),
    "envs/prod/deployer.tf": DEPLOYER,
    "modules/grants/main.tf": 'variable "who" {}\n\n' + member("in", "var.who"),
}
BASELINE = ".iamlint-baseline.json"


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    top = tmp_path_factory.mktemp("template")
    write(top, BASE)
    git(top, "init", "-q")
    done = run("check", ".", "--write-baseline", BASELINE, cwd=top)
    assert done.stderr.splitlines() == [
        f"baseline {BASELINE}: 4 findings (4 new, 0 kept, 0 removed)",
        f"next: commit it, and write `baseline: {BASELINE}` into the configuration, for each check to read it",
    ]
    commit(top)
    return top


@pytest.fixture
def repository(template: Path, tmp_path: Path) -> Path:
    """A copy of the template: each test changes it."""
    shutil.copytree(template, tmp_path, symlinks=True, dirs_exist_ok=True)
    return tmp_path


# -- changes -----------------------------------------------------------------------------------------------------------


def nothing(folder: Path) -> None:
    pass


def a_line_of_tfvars(folder: Path) -> None:
    path = folder / "envs/prod/terraform.tfvars"
    path.write_text(path.read_text(encoding="utf-8").replace("ana", "bob"), encoding="utf-8")


def a_block_in_another_file(folder: Path) -> None:
    (folder / "envs/prod/old.tf").unlink()
    path = folder / "envs/prod/main.tf"
    path.write_text(BASE["envs/prod/old.tf"] + "\n" + path.read_text(encoding="utf-8"), encoding="utf-8")


def a_moved_resource(folder: Path) -> None:
    text = BASE["envs/prod/old.tf"].replace('"ci"', '"pipeline"')
    moved = "moved {\n  from = google_project_iam_member.ci\n  to   = google_project_iam_member.pipeline\n}\n"
    write(folder, {"envs/prod/old.tf": moved + text})


def a_renamed_file(folder: Path) -> None:
    git(folder, "mv", "envs/prod/old.tf", "envs/prod/ci.tf")
    (folder / "envs/prod/terraform.tfvars").rename(folder / "envs/prod/prod.auto.tfvars")


def a_renamed_folder(folder: Path) -> None:
    git(folder, "mv", "envs/prod", "envs/production")


def a_removed_finding(folder: Path) -> None:
    (folder / "envs/prod/old.tf").unlink()


def a_finding_made_worse(folder: Path) -> None:
    grant = member("more", "google_service_account.deployer.member", '"roles/secretmanager.admin"')
    grant = grant.replace("google_project_iam", "google_organization_iam").replace(
        'project = "shop"', 'org_id = "1234"'
    )
    write(folder, {"envs/prod/more.tf": grant})


def comments_and_alignment(folder: Path) -> None:
    text = BASE["envs/prod/old.tf"].replace("role    =", "role =").replace("{\n", "{ # the pipeline\n  # for now\n")
    write(folder, {"envs/prod/old.tf": "# pipelines\n\n" + text})


def a_block_that_was_a_comment(folder: Path) -> None:
    hidden = member("hidden", '"user:eve@example.com"')
    write(folder, {"envs/prod/hidden.tf": f"/*\n{hidden}*/\n"})
    commit(folder)
    write(folder, {"envs/prod/hidden.tf": f"\n{hidden}\n"})


def a_call_of_an_old_module(folder: Path) -> None:
    call = 'module "again" {\n  source = "../../modules/grants"\n  who    = "user:cy@example.com"\n}\n'
    write(folder, {"envs/prod/again.tf": call})


def an_untracked_file(folder: Path) -> None:
    write(folder, {"envs/dev/main.tf": member("new", '"user:dan@example.com"')})


Change = Callable[[Path], None]
Shown = list[tuple[str, str]]
TFVARS = [(TOKENS, "envs/prod/terraform.tfvars:2")]
WORSE = [(DIRECT, "envs/prod/deployer.tf:8")]
GONE = [("unused-baseline-entry", f"{BASELINE}:LINE")]

# change: shown by the baseline, shown by changed lines, whether the comparison opens anything
CHANGES: list[tuple[Change, Shown, Shown, bool]] = [
    (nothing, [], [], False),
    (a_line_of_tfvars, [*GONE, *TFVARS], TFVARS, True),
    (a_block_in_another_file, [], [], False),
    (a_moved_resource, [], [], False),
    (a_renamed_file, [], [], False),
    (a_renamed_folder, [], [], False),
    (a_removed_finding, GONE, [], False),
    (a_finding_made_worse, WORSE, [(DIRECT, "envs/prod/more.tf:3")], True),
    (comments_and_alignment, [], [], False),
    (a_block_that_was_a_comment, [(TOKENS, "envs/prod/hidden.tf:4")], [(TOKENS, "envs/prod/hidden.tf:4")], True),
    (a_call_of_an_old_module, [(TOKENS, "envs/prod/again.tf:3")], [(TOKENS, "envs/prod/again.tf:3")], True),
    (an_untracked_file, [(TOKENS, "envs/dev/main.tf:3")], [(TOKENS, "envs/dev/main.tf:3")], True),
]
FORMS = ("sarif", "github", "markdown")
WAYS = {"baseline": ("--baseline", BASELINE), "changed lines": ("--changed-since", "HEAD")}


def in_sarif(text: str) -> Shown:
    results: list[dict[str, Any]] = json.loads(text)["runs"][0]["results"]
    found = []
    for result in results:
        physical = result["locations"][0]["physicalLocation"]
        found.append((result["ruleId"], f"{physical['artifactLocation']['uri']}:{physical['region']['startLine']}"))
    return sorted(found)


def without_line(shown: Shown) -> Shown:
    return sorted((rule, f"{BASELINE}:LINE" if place.startswith(BASELINE) else place) for rule, place in shown)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0].__name__)
def test_what_a_change_shows(
    repository: Path, change: tuple[Change, Shown, Shown, bool], way: str, outside: Path
) -> None:
    apply, by_baseline, by_lines, _ = change
    apply(repository)
    wanted = by_baseline if way == "baseline" else by_lines
    done, forms = run_forms("check", ".", *WAYS[way], forms=FORMS, cwd=repository, into=outside)
    text, github, markdown = forms["text"], forms["github"], forms["markdown"]
    found = in_sarif(forms["sarif"])
    assert without_line(found) == sorted(wanted)
    assert done.returncode == int(bool(wanted))
    assert text.count("-->") == len(wanted)
    assert github.count("file=") == len(wanted)
    for rule, place in found:
        path, line = place.split(":")
        assert f"[{rule}]" in text
        assert f"--> {place}:" in text
        assert f"file={path},line={line}," in github
        assert f"[{rule}](" in markdown
        assert f"| {path}:{line} |" in markdown
    if apply is a_finding_made_worse and way == "baseline":
        for form in forms.values():
            assert "It is worse than what the baseline accepts: it now leads to" in form


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: change[0].__name__)
def test_what_a_change_opens(repository: Path, change: tuple[Change, Shown, Shown, bool], outside: Path) -> None:
    apply, _, _, opens = change
    apply(repository)
    done, forms = run_forms("compare", "HEAD", ".", forms=("markdown", "json"), cwd=repository, into=outside)
    assert done.returncode == int(opens), done.stdout
    assert bool(json.loads(forms["json"])["gained"]) == opens
    if apply is a_removed_finding:
        assert json.loads(forms["json"])["lost"]


@pytest.mark.parametrize("way", WAYS)
def test_the_same_bytes_twice_and_from_three_directories(repository: Path, way: str, outside: Path) -> None:
    for apply in (a_line_of_tfvars, a_finding_made_worse, a_call_of_an_old_module, an_untracked_file):
        apply(repository)
    told = []
    for cwd, given, up in (
        (".", ".", "."),
        (".", ".", "."),
        ("envs", "..", ".."),
        ("modules/grants", "../..", "../.."),
    ):
        option = ("--baseline", f"{up}/{BASELINE}") if way == "baseline" else WAYS[way]
        done, forms = run_forms("check", given, *option, forms=FORMS, cwd=repository / cwd, into=outside)
        assert done.returncode == 1
        told.append({form: forms[form] for form in FORMS})
    assert told[1:] == told[:1] * 3


def test_what_is_left_out_is_said(repository: Path, outside: Path) -> None:
    told = "only lines changed since HEAD: 4 findings on other lines left out"
    asked = ("check", ".", "--changed-since", "HEAD")
    done, forms = run_forms(*asked, forms=(*FORMS, "json"), cwd=repository, into=outside)
    assert done.returncode == 0
    report = json.loads(forms.pop("json"))
    assert [form for form, text in forms.items() if told.lower() not in text.lower()] == []
    assert report["changed_since"] == {"revision": "HEAD", "findings_left_out": 4, "unknowns_left_out": 0}


def test_a_revision_that_is_not_there_is_an_error(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    for name in ("nope", "-x", "--output=x", "HEAD:envs"):
        done = run("check", ".", f"--changed-since={name}", cwd=repository)
        assert (done.returncode, "is not in this clone" in done.stderr) == (2, True), done.stderr
    elsewhere = tmp_path_factory.mktemp("plain")
    write(elsewhere, {"main.tf": member("a", '"user:ana@example.com"')})
    done = run("check", ".", "--changed-since", "HEAD", cwd=elsewhere)
    assert (done.returncode, "is not in a git repository" in done.stderr) == (2, True)


def test_nothing_of_the_checkout_runs(repository: Path) -> None:
    marker = repository / "ran"
    script = repository / "script.sh"
    script.write_text(f'#!/bin/sh\necho "$0" >> "{marker}"\ncat\n', encoding="utf-8")
    script.chmod(0o755)
    for name in ("core.fsmonitor", "diff.external", "diff.x.textconv", "diff.x.command", "filter.x.clean"):
        git(repository, "config", name, str(script))
    for name in ("filter.x.smudge", "filter.x.process", "core.pager", "core.sshCommand", "alias.cat-file"):
        git(repository, "config", name, str(script))
    (repository / ".gitattributes").write_text("*.tf filter=x diff=x\n*.tfvars filter=x diff=x\n", encoding="utf-8")
    for hook in ("post-index-change", "pre-commit", "post-checkout", "reference-transaction"):
        path = repository / ".git/hooks" / hook
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(script.read_bytes())
        path.chmod(0o755)
    fake = repository / "git"
    fake.write_bytes(script.read_bytes())
    fake.chmod(0o755)
    marker.unlink(missing_ok=True)
    a_line_of_tfvars(repository)
    found = run("check", ".", "--changed-since", "HEAD", "--format", "sarif", cwd=repository)
    assert in_sarif(found.stdout) == TFVARS
    assert not marker.exists()
