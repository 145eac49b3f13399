"""The summary of a job: counts, errors, findings; limited in size, and no input text is markup."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from iamlint.addresses import rule_address
from iamlint.finding import Finding, UnknownAnswer
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.reporters.markdown import LARGEST, markdown_report
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report
from iamlint.rules.catalog import load_rules

Build = Callable[..., Report]
Find = Callable[..., Finding]


def test_the_whole_summary(build: Build, find: Find) -> None:
    unknown_answers = tuple(UnknownAnswer("var.x has no default", Location("main.tf", 2), rule) for rule in ("a", "b"))
    errors = (Unreadable(Location("b.tf", 3, 4), "this is wrong", "do that"),)
    assert markdown_report(build([find()], unknown_answers=unknown_answers, errors=errors), Presentation()) == (
        "## iamlint: 1 finding (1 high); 1 error\n"
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


def test_a_run_that_failed_is_not_called_clean(build: Build) -> None:
    report = build([], errors=(Unreadable(Location(COMMAND_LINE), "no such rule"),))
    text = markdown_report(report, Presentation(source_url="https://forge.example/tree/"))
    assert text.startswith("## iamlint: no findings; 1 error\n")
    assert "\n- command line: no such rule\n" in text


def test_a_large_summary_is_cut_below_what_github_takes(build: Build, find: Find) -> None:
    findings = [
        find(
            message="x" * 10_000,
            address=f"google_x.y{number}",
            principal=f"user:{number}@example.com",
            role=f"roles/r{number}",
        )
        for number in range(200)
    ]
    written = markdown_report(build(findings), Presentation())
    assert len(written.encode()) < LARGEST + 200
    assert written.endswith("*The rest is left out, since the summary would be too large.*\n")


def test_similar_findings_are_one_row(build: Build, find: Find) -> None:
    findings = [find(address=f'google_x.y["{n}"]', principal=f"user:u{n}@example.com") for n in range(9)]
    (row,) = [
        line for line in markdown_report(build(findings), Presentation()).splitlines() if line.startswith("| high")
    ]
    assert row.count("<br>also user:u") == 6
    assert "… and 2 more like it" in row


def test_places_and_rules_are_links(build: Build, find: Find) -> None:
    rule = next(rule for rule in load_rules()[0] if rule.slug == "broad-token-creator")
    findings = [find(rule=rule.slug), find(principal="user:b@example.com", path="a b/ü(1).tf", role="roles/x")]
    report = replace(build(findings), rules=(rule, *build([]).rules))
    text = markdown_report(report, Presentation(source_url="https://forge.example/tree/"))
    page = rule_address("impersonation/broad-token-creator")
    assert f"[broad-token-creator]({page}) ([fix]({page}#fix))" in text
    assert "[main.tf:3](https://forge.example/tree/main.tf#L3)" in text
    assert "(https://forge.example/tree/a%20b/%C3%BC%281%29.tf#L3)" in text
    assert "| blanket-token |" in text, "a user's rule has no page"
    assert text.count("](https://forge") == 2


def test_unknown_answers_are_listed_on_request(build: Build) -> None:
    report = build(
        [], unknown_answers=(UnknownAnswer("var.x has no default", Location("main.tf", 2), "a", None, "low"),)
    )
    assert "| low | a | main.tf:2 | var.x has no default |" not in markdown_report(report, Presentation())
    assert "| low | a | main.tf:2 | var.x has no default |" in markdown_report(report, Presentation(show_unknown=True))
