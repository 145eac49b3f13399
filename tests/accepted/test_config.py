"""The configuration: its valid content, its errors, and its effects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from iamlint.accepted.configuration.config import Config, unknown_names
from iamlint.accepted.configuration.reading import read_config
from iamlint.facts import Resource
from iamlint.finding import Finding
from iamlint.location import Location, Unreadable
from iamlint.results.report import Report

Check = Callable[..., Report]

FULL = """\
select: [default, pedantic]
ignore: [hygiene]
rules: [own]
exclude: ["examples/*"]
inputs: ["export/"]
fail-on: medium
severity: {broad-token-creator: critical}
accept:
  - rule: broad-token-creator
    principal: "serviceAccount:ci@*"
    resource: project shop
    reason: The pipeline of the sandbox.
    until: 2026-12-31
"""


def read(tmp_path: Path, text: str) -> Config | list[Unreadable]:
    path = tmp_path / ".iamlint.yaml"
    path.write_text(text, encoding="utf-8")
    return read_config(path, ".iamlint.yaml")


def config(tmp_path: Path, text: str) -> Config:
    found = read(tmp_path, text)
    assert isinstance(found, Config), found
    return found


def finding(principal: str, resource: str = "shop") -> Finding:
    return Finding(
        rule="broad-token-creator",
        family="impersonation",
        severity="high",
        confidence="high",
        message="",
        at=Location("main.tf"),
        principal=principal,
        resource=Resource("project", resource),
    )


def test_everything_that_it_may_say(tmp_path: Path) -> None:
    found = config(tmp_path, FULL)
    assert (found.select, found.ignore) == (("default", "pedantic"), ("hygiene",))
    assert found.exclude.globs == ("examples/*",)
    assert found.rules == (tmp_path / "own",)
    assert found.inputs.globs == ("export",)
    assert (found.fail_on, found.severity) == ("medium", {"broad-token-creator": "critical"})


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "---\n"])
def test_an_empty_one_says_nothing(tmp_path: Path, text: str) -> None:
    assert config(tmp_path, text) == Config()


def test_an_acceptance_covers_what_fits_all_of_its_globs_up_to_its_day(tmp_path: Path) -> None:
    (acceptance,) = config(tmp_path, FULL).accept
    names, day = {"broad-token-creator"}, date(2026, 12, 31)
    mine = finding("serviceAccount:ci@shop.iam.gserviceaccount.com")
    assert acceptance.covers(mine, names, day)
    assert not acceptance.covers(mine, names, date(2027, 1, 1))
    assert not acceptance.covers(mine, {"another-rule"}, day)
    assert not acceptance.covers(finding("user:ana@example.com"), names, day)
    assert not acceptance.covers(finding("serviceAccount:ci@shop.iam.gserviceaccount.com", "shop-prod"), names, day)


@pytest.mark.parametrize(
    ("text", "line", "reason"),
    [
        ("selekt: [default]\n", 1, "unknown key `selekt`"),
        ("select: default\n", 1, "`select` must be a list"),
        ("fail-on: severe\n", 1, "`fail-on` is 'severe'"),
        ("accept:\n- rule: x\n", 2, "the key `reason` is missing"),
        ("accept:\n- rule: x\n  reason: y\n  until: 2026-02-30\n", 4, "`until` is not a date"),
        ('accept:\n- rule: x\n  reason: "  "\n', 3, "`reason` has no letters"),
        ('accept:\n- rule: x\n  reason: "\\u3164\\u200b"\n', 3, "`reason` has no letters"),
        ("accept:\n- rule: x\n  reason: ...\n", 3, "`reason` has no letters"),
        ("severity: {x: bad}\n", 1, "`severity.x` is 'bad'"),
        ("select: [\n", 2, "this is not YAML"),
        ("a: 1\n---\nb: 2\n", 1, "2 YAML documents"),
    ],
)
def test_what_is_wrong_is_told_at_its_place(tmp_path: Path, text: str, line: int, reason: str) -> None:
    found = read(tmp_path, text)
    assert isinstance(found, list)
    assert reason in found[0].reason
    assert (found[0].at.path, found[0].at.line) == (".iamlint.yaml", line)


def test_rules_that_are_not_there_are_told(tmp_path: Path) -> None:
    found = config(tmp_path, FULL)
    assert unknown_names(found, {"broad-token-creator"}) == []
    assert [error.at.line for error in unknown_names(found, set())] == [9, 7]


def test_what_is_accepted_is_no_finding_but_counted(tmp_path: Path, check: Check) -> None:
    text = (
        'resource "google_project_iam_member" "m" {\n  project = "shop"\n'
        '  role = "roles/iam.serviceAccountTokenCreator"\n  '
        'member = "serviceAccount:ci@shop.iam.gserviceaccount.com"\n}\n'
    )
    accept = config(tmp_path, FULL).accept
    report = check({"main.tf": text}, select=("broad-token-creator",), accept=accept, as_of=date(2026, 1, 1))
    assert report.findings == ()
    assert [one.reason for one in report.accepted] == ["The pipeline of the sandbox."]
    assert len(check({}, select=("broad-token-creator",), accept=accept, as_of=date(2027, 1, 1)).findings) == 1
