"""The JSON of ``check``: its keys are a contract."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePath

import pytest

from iamlint.facts import Resource
from iamlint.finding import Accepted, Finding, Flow, Related, Step, UnknownAnswer
from iamlint.location import Location, Unreadable
from iamlint.reporters import render
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report
from iamlint.unknown import Unknown, UnknownPart

Build = Callable[..., Report]
Find = Callable[..., Finding]


def test_the_keys_of_the_contract(build: Build, find: Find) -> None:
    finding = find(related=[("member", "the principal is here")])
    unknown_answer = UnknownAnswer(
        "var.role has no default", Location("main.tf", 3, 1), "blanket-token", "google_project_iam_member.ci"
    )
    error = Unreadable(Location("b.tf", 2, 4), "the block is never closed", "close it")
    report = json.loads(
        render("json", build([finding], unknown_answers=(unknown_answer,), errors=(error,)), Presentation())
    )
    assert report.keys() >= {"version", "catalog_date", "findings", "unknowns", "errors", "summary"}
    assert report["catalog_date"] == "2026-01-02"
    (found,) = report["findings"]
    assert {key: found[key] for key in found if key not in ("fingerprint", "fingerprints", "related")} == {
        "rule": "blanket-token",
        "family": "screen",
        "severity": "high",
        "confidence": "high",
        "message": "user:ana@example.com can impersonate every service account in project shop.",
        "path": "main.tf",
        "line": 3,
        "column": 13,
        "end_line": 3,
        "end_column": 51,
        "origin": None,
        "address": "google_project_iam_member.ci",
        "other_addresses": [],
        "principal": "user:ana@example.com",
        "role": "roles/iam.serviceAccountTokenCreator",
        "permissions": ["iam.serviceAccounts.getAccessToken"],
        "resource": {"kind": "project", "name": "shop"},
        "condition": None,
        "ends": [],
        "environments": [],
        "hops": [],
        "hops_left_out": 0,
        "fix": None,
        "further_fingerprints": [],
    }
    assert found["fingerprint"] == found["fingerprints"]["iamlintGrant/v2"]
    assert len(found["fingerprint"]) == len(found["fingerprints"]["iamlintGrant/v1"]) == 32
    (related,) = found["related"]
    assert {key: related[key] for key in ("path", "line", "message")} == {
        "path": "main.tf",
        "line": 1,
        "message": "the principal is here",
    }
    (unknown,) = report["unknowns"]
    assert (unknown["rule"], unknown["reason"], unknown["line"]) == ("blanket-token", "var.role has no default", 3)
    (wrong,) = report["errors"]
    assert (wrong["path"], wrong["line"], wrong["column"], wrong["hint"]) == ("b.tf", 2, 4, "close it")
    assert report["summary"]["findings"] == report["summary"]["high"] == 1


def test_a_resource_that_is_not_known_has_no_name(build: Build, find: Find) -> None:
    name = Unknown("var.project has no default", (UnknownPart("var.project"),))
    report = json.loads(render("json", build([find(resource=Resource("project", name))]), Presentation()))
    assert report["findings"][0]["resource"] == {"kind": "project", "name": None}


def test_what_is_accepted_is_there_with_its_reason(build: Build, find: Find) -> None:
    accepted = (Accepted(find(), "the sandbox", Location("main.tf", 2, 5)),)
    report = json.loads(render("json", build([], accepted=accepted), Presentation()))
    assert (report["findings"], report["summary"]["accepted"]) == ([], 1)
    (one,) = report["accepted"]
    assert (one["rule"], one["reason"]) == ("blanket-token", "the sandbox")
    assert one["accepted_at"] == {"path": "main.tf", "line": 2, "column": 5}


def test_it_is_written_as_json_dumps_writes_it(build: Build, find: Find) -> None:
    unknown_answer = UnknownAnswer('two\nlines, é and "quotes"', Location("main.tf", 3, 1))
    full = build([find(), find(related=[("member", "here")])], unknown_answers=(unknown_answer,))
    for report in (full, build([])):
        text = render("json", report, Presentation())
        assert text == json.dumps(json.loads(text), indent=2, ensure_ascii=False) + "\n"


def test_what_findings_share_is_written_as_the_standard_library_writes_it(build: Build, find: Find) -> None:
    related = Related(Location("other.tf", 7), 'the "same" place')
    steps = tuple(Step("user:ana@example.com", f"serviceAccount:{n}", Location("main.tf", n)) for n in (1, 2))
    findings = [
        replace(find(), message=str(n), related=(related,), ends=("roles/owner on project shop",), flow=Flow(steps[:n]))
        for n in (2, 1, 2)
    ]
    accepted = (Accepted(findings[0], "as agreed", Location("main.tf", 1)),)
    text = "".join(render("json", build(findings, accepted=accepted), Presentation()))
    report = json.loads(text)
    assert text == json.dumps(report, indent=2, ensure_ascii=False) + "\n"
    shared = [(len(one["hops"]), one["related"], one["ends"]) for one in (*report["findings"], *report["accepted"])]
    place = {"path": "other.tf", "line": 7, "message": 'the "same" place'}
    assert shared == [(n, [place], ["roles/owner on project shop"]) for n in (1, 2, 2, 2)]


@pytest.mark.parametrize(
    ("directory", "expected"), [("/home/r", "."), ("/home/r/teams/a", "teams/a"), ("/home", None), ("/tmp", None)]
)
def test_where_the_paths_are_relative_to(directory: str, expected: str | None, build: Build) -> None:
    style = Presentation(directory=PurePath(directory), repository=PurePath("/home/r"))
    assert json.loads(render("json", build([]), style))["working_directory"] == expected
