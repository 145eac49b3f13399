"""A session that remembers module calls reports the same as a check without any memory, whatever was edited."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

import pytest
from folder import GRANT, written
from hypothesis import given, settings
from hypothesis import strategies as st
from many import some

from iamlint import budget
from iamlint.cli.configuring import configuration
from iamlint.cli.options import Request
from iamlint.cli.run import checked
from iamlint.documents.values import Value
from iamlint.results.report import Report
from iamlint.server.session import Session
from iamlint.sources.terraform.evaluation.kept.calls import KeptCalls
from iamlint.sources.terraform.evaluation.kept.fingerprints import fingerprint

LEAF = """\
variable "who" {}
variable "roles" {
  type    = map(string)
  default = { one = "roles/iam.serviceAccountTokenCreator" }
}
variable "folder" {
  default = "none"
}
locals {
  files = fileset("${path.root}/${var.folder}", "*.json")
}
resource "google_service_account" "it" {
  account_id = "it"
}
resource "google_project_iam_member" "it" {
  for_each = var.roles
  role     = each.value
  member   = var.who
}
resource "google_project_iam_member" "files" {
  for_each = local.files
  project  = "p"
  role     = "roles/iam.serviceAccountTokenCreator"
  member   = "user:${jsondecode(file("${path.root}/${var.folder}/${each.key}")).who}"
}
resource "terraform_data" "command" {
  provisioner "local-exec" {
    command = "gcloud projects add-iam-policy-binding p --member ${var.who} --role roles/owner"
  }
}
locked "block" {}
output "email" {
  value = google_service_account.it.email
}
output "who" {
  value = var.who
}
output "whole" {
  value = google_service_account.it
}
"""
ROOT = """\
provider "google" {
  project = "first"
}
provider "google" {
  alias   = "other"
  project = "second"
}
variable "who" {
  default = "allUsers"
}
locals {
  circle = coalesce(local.circle, module.one.who)
}
module "one" {
  source = "../modules/leaf"
  who    = "user:ana@example.com"
}
module "two" {
  source    = "../modules/leaf"
  who       = "serviceAccount:${module.one.email}"
  folder    = "data"
  providers = { google = google.other }
}
module "many" {
  source   = "../modules/leaf"
  for_each = toset(["user:a@example.com", var.who])
  who      = each.key
  roles    = { many = "roles/owner" }
}
module "middle" {
  source = "../modules/middle"
  who    = module.two.who
  whole  = module.one.whole
}
module "google" {
  source  = "terraform-google-modules/project-factory/google"
  version = "18.0.0"
  name    = "p"
  org_id  = "1"
  group_name = module.middle.who
}
"""
CALL = 'module "one" {\n  source = "../modules/leaf"\n}\n'
AGAIN = """\
provider "google" {
  project = "first"
}
module "one" {
  source = "../modules/leaf"
  who    = "user:again@example.com"
  roles  = { (terraform.workspace) = "roles/owner" }
}
module "two" {
  source = "../modules/leaf"
  who    = "serviceAccount:${module.one.email}"
}
"""
"""Another root module that calls the same modules; it is small, since each workspace evaluates all of it."""
MIDDLE = """\
variable "who" {}
variable "whole" {}
module "copy" {
  source = "../copy"
  who    = var.who
}
module "of_object" {
  source = "../leaf"
  who    = "serviceAccount:${var.whole.email}"
}
output "who" {
  value = module.copy.who
}
"""
FILES = {
    "root/main.tf": ROOT,
    "root/data/x.json": '{"who": "x@example.com"}\n',
    "again/.terraform/environment": "dev",
    "again/main.tf": AGAIN,
    "modules/leaf/main.tf": LEAF,
    "modules/copy/main.tf": LEAF,
    "modules/middle/main.tf": MIDDLE,
}
SWAPS = {
    "the module": ("modules/leaf/main.tf", 'roles/iam.serviceAccountTokenCreator" }', 'roles/owner" }'),
    "lines above in the module": ("modules/leaf/main.tf", 'variable "who" {}', '\n\nvariable "who" {}'),
    "the other module of the same content": (
        "modules/copy/main.tf",
        "serviceAccountTokenCreator",
        "serviceAccountUser",
    ),
    "the module between": ("modules/middle/main.tf", "serviceAccount:${var.whole.email}", "user:mid@example.com"),
    "an input": ("root/main.tf", "user:ana@example.com", "user:eve@example.com"),
    "an input of the same length and another line": (
        "root/main.tf",
        'module "one" {\n  source',
        'module "one" {  \nsource',
    ),
    "lines above the calls": ("root/main.tf", 'variable "who" {', '\n# more\nvariable "who" {'),
    "a line after the calls": (
        "root/main.tf",
        "  group_name = module.middle.who\n}\n",
        "  group_name = module.middle.who\n}\n#\n",
    ),
    "an input less": ("root/main.tf", '  folder    = "data"\n', "  # no folder\n"),
    "an input of a missing folder": ("root/main.tf", '  folder    = "data"\n', '  folder    = "gone"\n'),
    "an input that no variable takes": ("root/main.tf", '  folder    = "data"\n', '  folders   = "data"\n'),
    "the source": ("root/main.tf", '"one" {\n  source = "../modules/leaf"', '"one" {\n  source = "../modules/copy"'),
    "a provider": ("root/main.tf", '"second"', '"third"'),
    "a provider's lines": ("root/main.tf", '  alias   = "other"\n', '  alias   = "other"\n\n'),
    "the provider that is passed": ("root/main.tf", "google = google.other", "google = google"),
    "an impersonation": (
        "root/main.tf",
        '"first"\n',
        '"first"\n  impersonate_service_account = "a@p.iam.gserviceaccount.com"\n',
    ),
    "the variable of a key": ("root/main.tf", '"allUsers"', '"allAuthenticatedUsers"'),
    "a key less": ("root/main.tf", 'toset(["user:a@example.com", var.who])', "toset([var.who])"),
    "an unknown collection": ("root/main.tf", 'toset(["user:a@example.com", var.who])', "toset(var.unset)"),
    "the first call": ("root/main.tf", 'module "one"', 'module "zero"'),
    "the call of a known module": ("root/main.tf", '"18.0.0"', '"17.0.0"'),
    "a value that refers to itself": ("root/main.tf", '"user:ana@example.com"', "(local.circle)"),
    "a call that refers to itself": ("root/main.tf", '  who    = "user:ana@example.com"', "  who    = module.one.who"),
    "the data": ("root/data/x.json", "x@example.com", "y@example.com"),
    "the workspace": ("again/.terraform/environment", "dev", "prod"),
    "the type of a variable": ("modules/leaf/main.tf", "map(string)", "map(number)"),
    "a block that nobody knows": ("modules/leaf/main.tf", 'locked "block" {}', 'locker "block" {}'),
    "the command": ("modules/leaf/main.tf", "add-iam-policy-binding", "remove-iam-policy-binding"),
    "an output": ("modules/leaf/main.tf", "value = var.who", 'value = "user:out@example.com"'),
    "a broken module": ("modules/leaf/main.tf", "locals {", "locals {{"),
    "a call in the module": (
        "modules/leaf/main.tf",
        "locals {",
        'module "deep" {\n  source = "../copy"\n  who = var.who\n}\nlocals {',
    ),
    "a provider in the module": (
        "modules/leaf/main.tf",
        "locals {",
        'provider "google" {\n  project = "own"\n}\nlocals {',
    ),
}
TOGETHER = {
    "the module": "the other module of the same content",
    "the module between": "a provider",
    "an input": "an input less",
    "an input of the same length and another line": "the variable of a key",
    "an input of a missing folder": "the source",
    "an input that no variable takes": "a key less",
    "the provider that is passed": "an unknown collection",
    "the call of a known module": "the data",
    "the first call": "the type of a variable",
    "a block that nobody knows": "a provider's lines",
    "the command": "lines above the calls",
    "lines above in the module": "the workspace",
}
"""Edits that are tried in one step: what one of them changes, the other leaves."""
MORE = """\
resource "google_project_iam_member" "more" {
  project = "p"
  role    = "roles/owner"
  member  = var.who
}
"""
MADE = {
    "modules/leaf/more.tf": MORE,
    "modules/copy/x_override.tf": 'variable "who" {\n  type = string\n}\n',
    "root/gone/y.json": '{"who": "gone@example.com"}\n',
    "root/none/z.json": '{"who": "none@example.com"}\n',
    "root/data/z.json": '{"who": "more@example.com"}\n',
    "root/terraform.tfvars": 'who = "domain:example.com"\n',
    ".terraformignore": "data/\n",
}


def told(report: Report) -> dict[str, object]:
    return {one.name: getattr(report, one.name) for one in fields(Report) if one.name != "texts"}


def bare(top: Path) -> dict[str, object]:
    """The report of a check without any memory; kept, since most tests return to files that were checked before."""
    files = {str(path): path.read_bytes() if path.is_file() else None for path in sorted(top.rglob("*"))}
    key = (budget.STEPS, budget.STEPS_A_BYTE, *files.items())
    if key not in _BARE:
        request = Request(paths=(top,), max_time=600.0)
        _BARE[key] = told(checked(request, configuration(request), quiet=True).report)
    return _BARE[key]


_BARE: dict[tuple[object, ...], dict[str, object]] = {}


def swapped(top: Path, edit: str) -> None:
    """Make an edit, or take it back."""
    name, before, after = SWAPS[edit]
    text = (top / name).read_text(encoding="utf-8") if (top / name).exists() else FILES[name]
    is_made = after in text and (before in after or before not in text)
    written(top, {name: text.replace(after, before) if is_made else text.replace(before, after)})


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests, so that equal files have equal reports."""
    return tmp_path_factory.mktemp("calls").resolve()


@pytest.fixture
def top(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(fresh(place))
    return place


def fresh(place: Path, files: Mapping[str, str] = FILES) -> Path:
    """Return the folder with the files as they are before any edit."""
    for path in list(place.iterdir()):
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    written(place, files)
    return place


@pytest.fixture
def hits(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, bool]]:
    """The addresses of the calls that were looked for, with whether they were known."""
    found: list[tuple[str, bool]] = []
    known = KeptCalls.known

    def noted(self: KeptCalls, child: object) -> object:
        call = known(self, child)
        found.append((child.address, call is not None))
        return call

    monkeypatch.setattr(KeptCalls, "known", noted)
    return found


def test_the_folder_states_something_in_each_call(top: Path) -> None:
    session = Session(top)
    session.check()
    assert told(session.run.report) == bare(top)
    text = str([*session.run.report.findings, *session.run.report.unknown_answers])
    for part in ("module.one", "module.two", "module.many", "module.copy", "module.of_object", "module.google", "x@ex"):
        assert part in text, part


def steps() -> list[tuple[str, ...]]:
    """Return the edits, with those together that are about different calls."""
    others = {one for pair in TOGETHER.items() for one in pair}
    return [*TOGETHER.items(), *((one,) for one in SWAPS if one not in others)]


@pytest.mark.parametrize("first", range(2))
def test_edits_there_and_back(top: Path, first: int) -> None:
    """Each edit is taken back in the next step, and the last one by itself."""
    session = Session(top)
    session.check()
    before = bare(top)
    last: tuple[str, ...] = ()
    for edits in (*steps()[first::2], ()):
        for one in (*last, *edits):
            swapped(top, one)
        session.check()
        assert told(session.run.report) == bare(top), (last, edits)
        last = edits
    assert bare(top) is before


def test_files_that_appear_and_go(top: Path) -> None:
    session = Session(top)
    session.check()
    last = None
    for name in (*MADE, None):  # each goes when the next one appears, and the last one by itself
        if last:
            (top / last).unlink()
        if name:
            written(top, {name: MADE[name]})
        session.check()
        assert told(session.run.report) == bare(top), (last, name)
        last = name


@settings(max_examples=some(1, 12), deadline=None)
@given(steps=st.lists(st.sampled_from([*SWAPS, *MADE]), min_size=3, max_size=6))
def test_any_edits_one_after_another(place: Path, steps: list[str]) -> None:
    top = fresh(place)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(top)
        session = Session(top)
        session.check()
        for step in steps:
            if step in SWAPS:
                swapped(top, step)
            elif (top / step).exists():
                (top / step).unlink()
            else:
                written(top, {step: MADE[step]})
            session.check()
            assert told(session.run.report) == bare(top), steps


def test_only_calls_that_read_the_change_are_evaluated(top: Path, hits: list[tuple[str, bool]]) -> None:
    session = Session(top)
    session.check()
    again = {"module.one", "module.two", "module.google", "module.middle.module.copy", "module.middle.module.of_object"}
    hits.clear()
    swapped(top, "a line after the calls")
    session.check()
    assert {address for address, known in hits if known} >= again
    hits.clear()
    swapped(top, "a provider")
    session.check()
    assert {address for address, known in hits if not known} == {"module.two"}
    hits.clear()
    swapped(top, "the other module of the same content")
    session.check()
    assert {address for address, known in hits if not known} == {"module.middle.module.copy", "module.copy"}


def test_a_known_call_reads_its_files_and_asks_for_the_workspace_again(top: Path, hits: list[tuple[str, bool]]) -> None:
    """What it reads as data does not count as an unreadable document, and the other workspaces are evaluated, too."""
    leaf = """\
resource "google_project_iam_member" "it" {
  project = "p"
  role    = terraform.workspace == "default" ? "roles/owner" : "roles/viewer"
  member  = "user:${split(" ", file("${path.root}/who.json"))[2]}"
}
"""
    files = {"modules/leaf/main.tf": leaf, "root/main.tf": CALL, "root/who.json": '{"bindings": [ ana@example.com ('}
    written(top, files | {"root/more.tf": "locals {}\n"})
    session = Session(top)
    session.check()
    before = told(session.run.report)
    hits.clear()
    written(top, {"root/more.tf": GRANT.format(name="more", project='"p"', role='"roles/viewer"', member='"allUsers"')})
    session.check()
    assert hits.count(("module.one", True)) == 2, "once for each workspace"
    assert told(session.run.report) == bare(top) != before
    assert not before["errors"]
    assert "user:ana@example.com" in str(before["findings"])


def test_a_root_that_runs_out_of_steps_is_as_without_memory(top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(budget, "STEPS_A_BYTE", 0)
    careful = []
    for steps in (3_000, 15_000, 25_000, 300_000):
        monkeypatch.setattr(budget, "STEPS", steps)
        session = Session(top)
        session.check()
        assert told(session.run.report) == bare(top), steps
        swapped(top, "lines above the calls")
        session.check()
        assert told(session.run.report) == bare(top), steps
        careful.append(session._memory.is_careful)
    assert set(careful) == {True, False}


def test_a_long_chain_of_references_is_as_without_memory(top: Path) -> None:
    chain = "".join(f"  c{number} = local.c{number + 1}\n" for number in range(295))
    text = ROOT.replace('"user:ana@example.com"', "local.c0")
    text += f'locals {{\n{chain}  c295 = module.two.who == "" ? "user:a@example.com" : "user:b@example.com"\n}}\n'
    written(top, {"again/main.tf": text.replace("serviceAccount:${module.one.email}", "user:two@example.com")})
    session = Session(top)
    session.check()
    assert told(session.run.report) == bare(top)
    swapped(top, "an output")
    session.check()
    assert told(session.run.report) == bare(top)


def test_a_root_with_a_circle_is_evaluated_without_memory_until_it_has_none(
    top: Path, hits: list[tuple[str, bool]]
) -> None:
    session = Session(top)
    session.check()
    for again in (False, True):
        swapped(top, "a value that refers to itself")
        session.check()
        swapped(top, "the data")
        hits.clear()
        session.check()
        assert bool(hits) == again
        swapped(top, "the data")
        session.check()


def test_a_text_with_separators_is_not_taken_for_two_texts() -> None:
    def of(*texts: str) -> bytes:
        return fingerprint(Value(tuple(Value(text, None) for text in texts), None))

    assert of("x\0-\0str\0y", "z") != of("x", "y\0-\0str\0z")
    assert of("x", "y") == of("x", "y")
