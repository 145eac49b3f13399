"""What several root modules, calls or instances state by the same lines is one finding."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from itertools import product
from pathlib import Path
from random import Random

from iamlint.accepted.baseline import Baseline, beyond, read_baseline
from iamlint.finding import Finding
from iamlint.linter.once import in_order
from iamlint.location import Location
from iamlint.reporters import render
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report

Check = Callable[..., Report]

MODULE = """variable "project" {}
variable "member" { default = "user:ana@example.com" }
resource "google_project_iam_member" "it" {
  project = var.project
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = var.member
}
"""
RULE = ("broad-token-creator",)


def root(name: str, project: str, more: str = "") -> str:
    return f'module "{name}" {{\n  source  = "../grants"\n  project = "{project}"\n{more}}}\n'


def baseline(report: Report) -> Baseline:
    path = Path("before.baseline")
    path.write_text(render("json", report, Presentation()), encoding="utf-8")
    found = read_baseline(path)
    assert isinstance(found, Baseline)
    return found


def test_roots_that_call_a_module_to_the_same_effect(check: Check) -> None:
    files = {"grants/main.tf": MODULE, "dev/main.tf": root("a", "shop"), "prod/main.tf": root("b", "shop")}
    (found,) = check(files, select=RULE).findings
    assert found.at.path == "grants/main.tf"
    assert found.address == "module.a.google_project_iam_member.it"
    assert found.others == ("module.b.google_project_iam_member.it",)
    calls = [(one.at.path, one.at.line) for one in found.related if one.message == "in this module call"]
    assert calls == [("dev/main.tf", 1), ("prod/main.tf", 1)]


def test_roots_with_equal_names_are_told_apart_by_their_calls(check: Check) -> None:
    files = {"grants/main.tf": MODULE, "dev/main.tf": root("a", "shop"), "prod/main.tf": root("a", "shop")}
    (found,) = check(files, select=RULE).findings
    assert found.others == ()
    assert [one.at.path for one in found.related if "call" in one.message] == ["dev/main.tf", "prod/main.tf"]


def test_another_effect_is_another_finding(check: Check) -> None:
    files = {
        "grants/main.tf": MODULE,
        "dev/main.tf": root("a", "shop"),
        "prod/main.tf": root("b", "till") + root("c", "shop", '  member = "user:bob@example.com"\n'),
    }
    found = check(files, select=RULE).findings
    assert sorted((one.principal, str(one.resource)) for one in found) == [
        ("user:ana@example.com", "project shop"),
        ("user:ana@example.com", "project till"),
        ("user:bob@example.com", "project shop"),
    ]
    assert [one.others for one in found] == [(), (), ()]


def test_the_same_words_on_another_line_are_another_finding(check: Check) -> None:
    again = MODULE[MODULE.index("resource") :].replace('"it"', '"again"').replace("var.project", '"shop"')
    files = {"grants/main.tf": MODULE + again, "dev/main.tf": root("a", "shop")}
    found = check(files, select=RULE).findings
    assert [(one.address, one.at.line) for one in found] == [
        ("module.a.google_project_iam_member.it", 5),
        ("module.a.google_project_iam_member.again", 10),
    ]


def test_a_baseline_knows_a_finding_by_any_of_its_addresses(check: Check) -> None:
    files = {"grants/main.tf": MODULE, "prod/main.tf": root("b", "shop")}
    known = baseline(check(files, select=RULE))
    report = check(files | {"dev/main.tf": root("a", "shop")}, select=RULE)
    (found,) = report.findings
    assert found.address == "module.a.google_project_iam_member.it"
    assert beyond(report, known, date(2026, 11, 28)).report.findings == ()


def test_what_reports_say_of_further_addresses(check: Check) -> None:
    files = {"grants/main.tf": MODULE, "dev/main.tf": root("a", "shop"), "prod/main.tf": root("b", "shop")}
    report = check(files, select=RULE)
    address, other = "module.a.google_project_iam_member.it", "module.b.google_project_iam_member.it"
    (entry,) = json.loads(render("json", report, Presentation()))["findings"]
    assert (entry["address"], entry["other_addresses"]) == (address, [other])
    (result,) = json.loads(render("sarif", report, Presentation()))["runs"][0]["results"]
    logical = result["locations"][0]["logicalLocations"]
    assert [one["fullyQualifiedName"] for one in logical] == [address, other]
    for form in ("text", "github"):
        assert f"{address} and 1 more" in render(form, report, Presentation())


def test_the_order_of_findings_is_that_of_their_parts() -> None:
    texts, columns = ("a", "b"), (1, 2)
    findings = [
        Finding(rule, "f", "low", "high", message, Location("x", line, column), address, who, environments=named)
        for rule, message, line, column, address, who, named in product(
            texts, texts, columns, columns, (None, "a"), (None, "a"), ((), ("dev",))
        )
    ]
    Random(1).shuffle(findings)
    assert in_order(findings) == sorted(findings, key=lambda one: one.order)


def test_a_message_in_parts_is_the_same_message() -> None:
    whole = Finding("r", "f", "low", "high", "ana has roles/x.", Location("x"))
    later = replace(whole)
    later.say_later((("", " has ", "."), "ana", "roles/x"))
    assert (later.message, later.order, later) == (whole.message, whole.order, whole)
    assert replace(later, rule="s").message == whole.message
