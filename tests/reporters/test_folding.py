"""Lines are folded at words to the terminal's width, and an address stays in one piece."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from iamlint.finding import Finding
from iamlint.reporters.parts.folding import Fold, folded_page, shown_width
from iamlint.reporters.parts.presentation import Presentation
from iamlint.reporters.text import text_report
from iamlint.results.report import Report

Build = Callable[..., Report]
Find = Callable[..., Finding]


@given(st.text("ab \x1b[1m日", max_size=200), st.integers(40, 90))
def test_no_word_is_lost_and_only_long_words_stick_out(text: str, width: int) -> None:
    folded = list(Fold(width)(text, 2))
    assert " ".join(folded).split() == text.split()
    for line in folded:
        assert shown_width(line) <= width or len(line.split()) <= 2


def test_colour_takes_no_room() -> None:
    line = "\x1b[1m" + "word " * 8 + "\x1b[0m"
    assert list(Fold(41)(line)) == [line]
    assert list(Fold()("word " * 100)) == ["word " * 100]


def test_a_marker_does_not_stand_alone() -> None:
    assert list(Fold(40)("   = " + "x" * 60 + " more", 7)) == ["   = " + "x" * 60, "       more"]


def test_a_page_keeps_its_code() -> None:
    page = "# T\n\nwords of a\nparagraph\n\n```hcl\n" + "x " * 60 + "\n```\n- item"
    folded = list(folded_page(page.split("\n"), 50))
    assert "words of a paragraph" in folded
    assert "x " * 60 in folded
    assert list(folded_page(page.split("\n"), None)) == page.split("\n")


@pytest.mark.parametrize("width", [40, 60, 80, 120, 200])
def test_a_report_fits_the_terminal(width: int, build: Build, find: Find) -> None:
    report = build([find(), find(rule="other-rule", severity="low")])
    lines = text_report(report, Presentation(width=width)).splitlines()
    for line in lines:
        assert len(line) <= width or len(line.split()) <= 2, line
    text = " ".join(" ".join(lines).split())
    assert "can impersonate every service account in project shop." in text


def test_the_worst_finding_is_last(build: Build, find: Find) -> None:
    first = find()
    findings = [
        replace(first, severity="critical", rule="a"),
        replace(first, severity="info", rule="b"),
        replace(first, severity="high", rule="c"),
    ]
    heads = [line for line in text_report(build(findings), Presentation()).splitlines() if "]: " in line]
    assert [head.partition("[")[0] for head in heads] == ["info", "high", "critical"]


def test_counts_by_rule_and_folder(build: Build, find: Find) -> None:
    first = find()
    findings = [
        first,
        replace(first, at=replace(first.at, path="b/c/main.tf")),
        replace(first, severity="low", rule="mild-rule"),
    ]
    summary = text_report(build(findings), Presentation())
    assert "  by rule: blanket-token 2, mild-rule 1 (--statistics counts by rule and folder)" in summary
    table = text_report(build(findings), Presentation(statistics=True, quiet=True)).splitlines()
    assert [line.split()[:3] for line in table if line] == [
        ["1", "low", "mild-rule"],
        ["2", "high", "blanket-token"],
        ["1", "b/c:", "1"],
        ["2", ".:", "1"],
    ]
    assert text_report(build([]), Presentation(statistics=True, quiet=True)) == ""
