"""The diff of findings between two versions."""

from __future__ import annotations

from typing import Any

from ecosystem import Result, difference, report, result_of


def document(*findings: dict[str, Any], unknowns: int = 0, files: int = 1) -> dict[str, Any]:
    errors = [] if files else [{"reason": "nothing here can be checked"}]
    return {"findings": findings, "errors": errors, "summary": {"unknowns": unknowns, "files": files}}


def finding(rule: str, line: int, message: str = "wrong", severity: str = "high") -> dict[str, Any]:
    place = {"path": "main.tf", "line": line, "column": 1}
    return {"rule": rule, **place, "severity": severity, "message": message, "address": "a.b", "principal": None}


def test_what_one_version_adds_takes_away_and_says_otherwise() -> None:
    before = result_of(document(finding("kept", 1), finding("gone", 2), finding("milder", 3), finding("told", 4)))
    after = result_of(
        document(
            finding("kept", 1), finding("milder", 3, severity="low"), finding("told", 4, "right"), finding("new", 5)
        )
    )
    assert list(difference(before, after)) == [
        "- high gone main.tf:2 wrong",
        "! high -> low milder main.tf:3 wrong",
        "+ high new main.tf:5 wrong",
        "! high told main.tf:4 right (was: wrong)",
    ]


def test_a_repository_without_a_difference_is_only_counted() -> None:
    same = result_of(document(finding("kept", 1)))
    text = report({"o/same": (same, same), "o/other": (same, result_of(document(unknowns=2)))}, 50)
    assert text.startswith("2 repositories, 1 of them differ: +0 -1 !0 findings\n")
    assert "o/same" not in text
    assert "1 -> 0 findings, +2 unknowns" in text


def test_a_run_that_read_nothing_is_not_compared() -> None:
    failed = result_of(document(files=0))
    assert failed.failed == "nothing here can be checked"
    assert "not compared: nothing here can be checked" in report({"o/broken": (failed, Result())}, 50)


def test_a_long_diff_is_cut() -> None:
    many = result_of(document(*(finding("new", line) for line in range(1, 8))))
    text = report({"o/many": (Result(), many)}, 3)
    assert text.count("\n+ ") == 3
    assert "... 4 more" in text
