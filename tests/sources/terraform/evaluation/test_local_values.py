"""Locals that are the same in all instances of a module are evaluated once; no instance gets a value of another."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from checkout import write

from iamlint.budget import Exhausted
from iamlint.documents.values import Value
from iamlint.facts import Grant
from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.terraform.configuration.module import Local
from iamlint.sources.terraform.evaluation import evaluator
from iamlint.sources.terraform.evaluation.local_values import LocalValues

GRANTS = """
variable "who" {}
resource "google_project_iam_member" "one" {
  for_each = toset(local.members)
  project  = "shop"
  role     = "roles/viewer"
  member   = each.value
}
"""
CALLS = (
    "".join(f'module "{name}" {{\n  source = "./m"\n  who = "{name}"\n}}\n' for name in ("ana", "bob"))
    + 'module "more" {\n  source = "./m"\n  for_each = toset(["eve", "dan"])\n  who = each.key\n}\n'
)
EVERYONE = ["ana", "bob", "dan", "eve"]


def members(root: Path, local: str) -> list[str]:
    files = {"main.tf": CALLS, "m/main.tf": GRANTS + f"locals {{\n{local}\n}}\n", "m/x.yaml": "a: zoe\n"}
    found = read([write(root, files)], Options()).facts
    return sorted(fact.principal.text for fact in found if isinstance(fact, Grant) and fact.declared.address)


def users(*names: str) -> list[str]:
    return [f"user:{name}@x.com" for name in sorted(names)]


@pytest.mark.parametrize(
    "local",
    [
        'members = ["user:${var.who}@x.com"]',
        'members = ["user:${local.name}@x.com"]\nname = var.who',
        'members = ["user:${local.name}@x.com"]\nname = local.further\nfurther = "${var.who}"',
        'members = [for one in [local.who] : "user:${one}@x.com"]\nwho = var.who',
        'members = try(local.who, ["user:zoe@x.com"])\nwho = ["user:${var.who}@x.com"]',
        'members = can(regex("^$", var.who)) ? [] : ["user:${local.of[0]}@x.com"]\nof = [var.who]',
        'fixed = "x"\nmembers = ["user:${local.both}@${local.fixed}.com"]\nboth = local.fixed == "x" ? var.who : ""',
        'all = { v = var.who, l = "x" }\nmembers = [for k, v in local.all : "user:${v}@x.com" if k == "v"]',
    ],
)
def test_a_local_that_uses_a_variable_is_that_of_its_instance(tmp_path: Path, local: str) -> None:
    assert members(tmp_path, local) == users(*EVERYONE)


@pytest.mark.parametrize(
    "local",
    [
        'members = ["user:zoe@x.com"]',
        'members = ["user:${yamldecode(file("${path.module}/x.yaml")).a}@x.com"]',
        'read = yamldecode(file("${path.module}/x.yaml"))\nmembers = [for k, v in local.read : "user:${v}@x.com"]',
    ],
)
def test_a_local_without_a_variable_is_the_same_in_all(tmp_path: Path, local: str) -> None:
    assert members(tmp_path, local) == users(*["zoe"] * 4)


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The expressions that are evaluated for arguments, in their order."""
    found: list[str] = []

    def noted(expression: Any, scope: Any) -> Any:
        found.append(scope.source.text[expression.start : expression.end])
        return evaluate(expression, scope)

    monkeypatch.setattr(evaluator, "evaluate", noted)
    return found


def test_a_local_without_a_variable_is_evaluated_once(tmp_path: Path, texts: list[str]) -> None:
    members(tmp_path, 'fixed = ["x", "com"]\nmembers = ["user:${var.who}@${join(".", local.fixed)}"]')
    members_of_all = [text for text in texts if text.startswith('["user:${var.who}')]
    assert (texts.count('["x", "com"]'), len(members_of_all)) == (1, 5)  # in the calls, and in the module by itself


ROOTS = {
    "a/main.tf": 'module "m" {\n  source = "../m"\n}\n',
    "b/c/main.tf": 'module "m" {\n  source = "../../m"\n}\n',
    "m/x.yaml": "- ana\n- bob\n",
}
READ = 'of = yamldecode(file("${path.module}/x.yaml"))\n'
EACH = '[for one in local.of : "user:${one}@x.com"]'


@pytest.mark.parametrize(
    ("local", "times", "names"),
    [
        (f"{READ}members = {EACH}", 1, ["ana", "bob"]),
        (f"{READ}members = try({EACH}, local.no)\nno = []", 1, ["ana", "bob"]),
        ('of = ["m-${length(split("/", path.module))}"]\nmembers = ' + EACH, 3, ["m-2", "m-3"]),
        (READ + 'members = [for k, v in local : "user:${v[0]}@x.com" if k == "of"]', 3, ["ana"]),
        (f'{READ}members = path.module == "" ? [] : {EACH}', 3, ["ana", "bob"]),
        (f'{READ}members = file("${{path.module}}/x.yaml") == "" ? [] : {EACH}', 3, ["ana", "bob"]),
        ('members = [for one in split(" ", file("who.txt")) : "user:${one}@x.com"]', 3, ["ana", "eve"]),
    ],
)
def test_a_local_is_that_of_other_root_modules_if_it_is_made_of_the_same_locals(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, texts: list[str], local: str, times: int, names: list[str]
) -> None:
    files = {**ROOTS, "a/who.txt": "ana", "b/c/who.txt": "eve", "m/main.tf": GRANTS + f"locals {{\n{local}\n}}\n"}
    root = write(tmp_path, files)

    def read_all() -> tuple[list[str], int]:
        options = Options()
        facts = read([root], options).facts
        grants = {fact.principal.text for fact in facts if isinstance(fact, Grant) and fact.principal}
        return sorted(grants), options.allowance.steps.left

    found, left = read_all()
    made = local.partition("members = ")[2].partition("\n")[0]
    assert (found, texts.count(made)) == (users(*names), times)
    monkeypatch.setattr(LocalValues, "_from_other_root", lambda *_: None)
    assert read_all() == (found, left)  # it takes as many steps


CUT_OFF = [
    'members = [for one in [var.who] : "user:${one}@x.com" if length([local.cut]) == 1]',
    'members = local.all\nall = [for one in [var.who] : "user:${one}@x.com" if length([local.cut]) == 1]',
    'members = ["user:${local.of[0]}@x.com"]\nof = [for one in [var.who] : one if length([local.cut]) == 1]',
]


@pytest.mark.parametrize("local", CUT_OFF)
def test_a_local_that_uses_one_that_is_cut_off_is_that_of_its_instance(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: str
) -> None:
    """A budget may end anywhere: the variable that was used before counts."""
    original = evaluator.ModuleInstance._evaluate

    def cut_off(self: evaluator.ModuleInstance, written: Local) -> Value:
        if written.argument.name == "cut":
            raise Exhausted
        return original(self, written)

    monkeypatch.setattr(evaluator.ModuleInstance, "_evaluate", cut_off)
    assert members(tmp_path, f'{local}\ncut = "x"') == users(*EVERYONE)
