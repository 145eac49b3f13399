"""The summary of a job: counts, errors, findings; limited in size, and no input text is markup."""

from __future__ import annotations

from collections.abc import Callable

from iamlint.finding import Doubt, Finding
from iamlint.location import Location, Unreadable
from iamlint.report import Report
from iamlint.reporters.markdown import LARGEST, markdown_report
from iamlint.reporters.parts.presentation import Presentation

Build = Callable[..., Report]
Find = Callable[..., Finding]


def test_the_whole_summary(build: Build, find: Find) -> None:
    doubts = tuple(Doubt("var.x has no default", Location("main.tf", 2), rule) for rule in ("a", "b"))
    errors = (Unreadable(Location("b.tf", 3, 4), "this is wrong", "do that"),)
    assert markdown_report(build([find()], doubts=doubts, errors=errors), Presentation()) == (
        "## iamlint: 1 finding (1 high)\n"
        "\n"
        "0 accepted, 1 unknown, 1 error; 1 file read, 1 rule, role catalogue of 2026-01-02.\n"
        "\n"
        "- unknown: 1 from variables without a value: give --var-file FILE or --var NAME=VALUE\n"
        "\n"
        "### Could not be read\n"
        "\n"
        "- b.tf:3: this is wrong (do that)\n"
        "\n"
        "| severity | rule | where | what |\n"
        "| --- | --- | --- | --- |\n"
        "| high | blanket-token | main.tf:3 | user:ana<span>&#64;</span>example.com can impersonate every"
        " service account in project shop. |\n"
    )


def test_nothing_found(build: Build) -> None:
    assert markdown_report(build([]), Presentation()).startswith("## iamlint: no findings\n")


def test_a_large_summary_is_cut_below_what_github_takes(build: Build, find: Find) -> None:
    findings = [find(message="x" * 10_000, address=f"google_x.y[{number}]") for number in range(200)]
    written = markdown_report(build(findings), Presentation())
    assert len(written.encode()) < LARGEST + 200
    assert written.endswith("*The rest is left out, since the summary would be too large.*\n")
