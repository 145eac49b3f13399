"""Findings that are made of what alike ones have in common are the same as those that are made one by one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from iamlint.estate import Estate
from iamlint.finding import Finding
from iamlint.linter import lint, rule_matches
from iamlint.linter.findings import Maker
from iamlint.location import Location
from iamlint.reporters.json_report import _Findings, _Shared, json_report
from iamlint.reporters.parts.indented import Written, indented
from iamlint.results.fingerprint import fingerprints
from iamlint.roles import catalog
from iamlint.rules.catalog import load_rules
from iamlint.sources import read
from iamlint.sources.reading import Options

NAMES = [
    *(
        "ci",
        "ci",
        "what?",
        "50%s",
        "${var.name}",
        "a b",
        "a  b",
        " c",
        "q\\u0000",
        "\\u00e9",
        'q\\"',
        "tab\\t",
        "a\\u001fb",
    ),
    *("back\\\\slash", "\\u2028", "?.", "."),
]
"""Parts of principals' names, as JSON writes them."""


@pytest.fixture
def export(tmp_path: Path) -> Path:
    path = tmp_path / "100%s.json"
    lines = [line(f"shop-{number}" if number % 3 else "shop?", name) for number, name in enumerate(NAMES)]
    path.write_text("\n".join([*lines, lines[0], line("shop\\u00a0", "ci"), line("folders/7", "ci")]))
    return path


def line(project: str, name: str) -> str:
    members = [f"user:{name}@example.com", f"serviceAccount:{name}@{project}.iam.gserviceaccount.com", "allUsers"]
    members += ["serviceAccount:12345-compute@developer.gserviceaccount.com", f"group:{name}"]
    listed = ",".join(f'"{one}"' for one in members)
    roles = ("roles/owner", "roles/editor", "roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser")
    bindings = ",".join(f'{{"role":"{role}","members":[{listed}]}}' for role in roles)
    home = project if "/" in project else f"projects/{project}"
    kind = "cloudresourcemanager.googleapis.com/Project"
    return (
        f'{{"name":"//cloudresourcemanager.googleapis.com/{home}","asset_type":"{kind}",'
        f'"iam_policy":{{"bindings":[{bindings}]}},"ancestors":["projects/1","organizations/7"]}}'
    )


def test_findings_of_alike_grants_are_those_of_each_grant(export: Path) -> None:
    reading, rules = read([export], Options()), load_rules()[0]
    estate = Estate(reading.facts, catalog(), date(2026, 1, 1))
    folded, alone = Maker(estate, reading.texts), Maker(estate, reading.texts)
    pairs = [
        (folded.finding(rule, one), alone._whole(rule, one)) for rule in rules for one in rule_matches(rule, estate)
    ]
    assert len(pairs) > 100
    for one, other in pairs:
        assert _values(one) == _values(other)
    assert 1 < len([form for _, form in folded._forms.values() if form]) < len(pairs) / 2


def _values(finding: Finding) -> list[object]:
    return [getattr(finding, name) for name in Finding.__match_args__]


def test_their_text_in_a_report_is_that_of_each_finding(export: Path) -> None:
    report = lint(read([export], Options()), load_rules()[0])
    writer = _Findings(report.texts, _Shared())
    kinds = set()
    for one, names in zip(report.findings, report.fingerprints, strict=True):
        found = writer.written(one, names)
        kinds.add(type(found))
        assert indented(found, "    ") == indented(writer._plain(one, names), "    ")
    assert Written in kinds
    assert len(writer._forms) < len(report.findings) / 2
    assert len(json.loads("".join(json_report(report)))["findings"]) == len(report.findings)


def test_equal_fingerprints_get_numbers_however_many_others_there_are() -> None:
    findings = [
        Finding("a", "b", "high", "high", "", Location("a.json"), principal=f"{number % 400}")
        for number in range(1_000)
    ]
    found = list(fingerprints(findings))
    assert [one.v2.partition("-")[2] for one in found] == [""] * 400 + ["2"] * 400 + ["3"] * 200
    assert {one.own.name for one in found[:400]} == {one.own.name for one in found}
