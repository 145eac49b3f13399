"""Causes: each reason of the sources has one, and nearby variable files are named."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from iamlint.causes import OTHER, cause_of

PACKAGE = Path(__file__).parents[2] / "iamlint"
_MAKERS = {"Unknown", "unknown", "_unknown", "UnreadPart", "unread_part", "_unread_part"}
_VALUES = PACKAGE / "hcl" / "functions"
"""The refusals of functions have dozens of reasons of their own about a value."""


def _texts() -> Iterator[tuple[str, str]]:
    """Yield the reasons in the code that makes an unknown value or an unread part, with X for inserted values.

    Fixes make some for themselves, which are not reported.
    """
    for path in sorted(PACKAGE.rglob("*.py")):
        if path.is_relative_to(_VALUES) or path.parent.name == "fixes" or path.name == "operators.py":
            continue
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)) if any(f"{name}(" in source for name in _MAKERS) else ():
            name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
            for argument in node.args[:1] if isinstance(node, ast.Call) and name in _MAKERS else ():
                text = _written(argument)
                if text and not text.endswith(": X") and text.strip("X: ()"):
                    yield f"{path.name}:{node.lineno}", text


def _written(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(map(_written, parts))
        case ast.FormattedValue(value=ast.Name(id=name)):
            return _constants().get(name, "X")
        case ast.FormattedValue():
            return "X"
        case _:
            return ""


@cache
def _constants() -> dict[str, str]:
    """Return the texts that have a name of their own, in any module."""
    sources = (path.read_text(encoding="utf-8") for path in PACKAGE.rglob("*.py"))
    return dict(found for source in sources for found in re.findall(r'(?m)^([A-Z_]+) = "(.*)"$', source))


def test_each_reason_has_a_cause() -> None:
    texts = list(_texts())
    assert len(texts) > 80
    assert [one for one in texts if cause_of(one[1]).kind is OTHER] == []


@pytest.mark.parametrize(
    ("reason", "kind", "subject"),
    [
        ("the role is not known: for_each is not known: var.who has no default and is not set", "variable", "var.who"),
        ("module.a[0].var.x has no default and is not set", "variable", "module.a[0].var.x"),
        (
            'module.a["x y"] is not read: the module "a/b/google//modules/c" is not installed (terraform init …)',
            "module-not-installed",
            "a/b/google//modules/c",
        ),
        (
            "module.e.data.terraform_remote_state.org.outputs is in another state: var.b has no default",
            "remote-state",
            "data.terraform_remote_state.org",
        ),
        ("its condition is not known: google_x.y.id is known after apply", "after-apply", ""),
        ("Terraform would refuse it: for needs a collection", "invalid", ""),
        ("Terraform would refuse it: var.group is null in a string", "variable", ""),
        ("Terraform would refuse it: null in a string", "invalid", ""),
        ("it depends on resource.name", "condition", ""),
        ("the definition of projects/p/roles/r is not in the input", "role", ""),
        ("the perimeter itself states its services", "api", ""),
        ("a remote run is without a.tf, so it may grant something else", "other-file", ""),
        ("which files a remote run has is not known: there are more than 9 patterns", "limit", ""),
        ("something that nobody ever wrote", "other", ""),
    ],
)
def test_the_cause_is_what_is_missing(reason: str, kind: str, subject: str) -> None:
    cause = cause_of(reason)
    assert (cause.kind.slug, cause.subject) == (kind, subject)


def test_a_reason_of_any_length_is_looked_at_quickly() -> None:
    for part in ("module.a", "module.a[", "data.terraform_remote_state.x", "the file ", "var.x"):
        assert cause_of(part * 100_000 + " is known after apply").kind is not None


def test_what_depends_on_the_instances_of_a_module_has_the_cause_of_these(check: Callable[..., Any]) -> None:
    grant = """
variable "project" {}

resource "google_project_iam_member" "one" {
  project = var.project
  role    = "roles/viewer"
  member  = "user:ana@example.com"
}
"""
    main = """
module "folders" {
  source = "terraform-google-modules/folders/google"
}

module "vpc" {
  source   = "./vpc"
  for_each = module.folders.ids
  project  = each.value
}

module "cluster" {
  source   = "./vpc"
  for_each = module.vpc
  project  = each.key
}
"""
    unknown_answers = check({"main.tf": main, "vpc/main.tf": grant}).unknown_answers
    assert any(
        unknown_answer.reason.startswith("how many instances module.cluster has") for unknown_answer in unknown_answers
    )
    assert {unknown_answer.cause.kind.slug for unknown_answer in unknown_answers} == {"module-not-installed"}
