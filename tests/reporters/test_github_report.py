"""GitHub's annotations, and the summary of a job: nothing of the input is ever a command or markup."""

from __future__ import annotations

from collections.abc import Callable

from iamlint.finding import Finding
from iamlint.location import Location, Unreadable
from iamlint.reporters import render
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report

Build = Callable[..., Report]
Find = Callable[..., Finding]


def lines(report: Report) -> list[str]:
    return render("github", report, Presentation()).splitlines()


def test_a_finding_is_an_annotation_on_its_columns(build: Build, find: Find) -> None:
    (line,) = lines(build([find()]))
    assert line == (
        "::error file=main.tf,line=3,endLine=3,col=13,endColumn=51,title=high%3A blanket-token::"
        "user:ana@example.com can impersonate every service account in project shop. [google_project_iam_member.ci]"
    )


def test_levels_follow_severity(build: Build, find: Find) -> None:
    severities = ("critical", "high", "medium", "low", "info")
    found = lines(build([find(severity=severity, principal=severity) for severity in severities]))
    assert [line.split(" ", 1)[0] for line in found] == ["::error", "::error", "::warning", "::notice", "::notice"]


def test_hostile_text_stays_text(build: Build, find: Find) -> None:
    message = "x\r\n::set-output name=a::b 100% \x1b[31m"
    report = build(
        [find(message=message, address="a,b:c\n::error::d")], errors=(Unreadable(Location("a\n::x.tf"), "no"),)
    )
    for line in lines(report):
        assert line.startswith("::error ")
        assert line.count("::") - line.count("name=a::b") <= 6
        assert "\x1b" not in line
        assert "100%25" in line or "could not read" in line


def test_what_github_would_drop_is_in_the_log(build: Build, find: Find) -> None:
    found = lines(build([find(principal=f"user:u{number}@example.com") for number in range(14)]))
    assert len(found) == 14
    assert sum(line.startswith("::") for line in found) == 10
    assert "(4 more of this level are in the log)" in found[9]
    assert not any(line.startswith(":") for line in found[10:])


def test_the_summary_shows_text_as_text(build: Build, find: Find) -> None:
    report = build([find(message="<script>| `x` @team *b*")], errors=(Unreadable(Location("b.tf", 2, 1), "a <b>"),))
    text = render("markdown", report, Presentation())
    assert "## iamlint: 1 finding (1 high)" in text
    assert "<script>" not in text
    assert "@team" not in text
    row = next(line for line in text.splitlines() if line.startswith("| high"))
    assert row.count("|") == 5


def test_changed_lines_come_first_within_a_level(build: Build, find: Find) -> None:
    old = [find(severity="critical", principal=f"user:u{number}@example.com") for number in range(12)]
    new = find(at=Location("b.tf", 7, 1, 7, 2), principal="user:new@example.com")
    notice = find(at=Location("b.tf", 9, 1, 9, 2), severity="low")
    report = build([*old, new, notice])
    found = render("github", report, Presentation(first=frozenset({new.at}))).splitlines()
    assert found[0].startswith("::error file=b.tf,line=7,")
    assert [line.split(" ")[0] for line in found if line.startswith("::")] == ["::error"] * 10 + ["::notice"]
    assert not render("github", report, Presentation()).startswith("::error file=b.tf")
