"""Untrusted texts hide nothing in the output, and a CI system takes none for a command."""

from __future__ import annotations

import json
import re
import sys
import unicodedata
from collections.abc import Callable

import pytest
from action_runner import commands

from iamlint.finding import Finding
from iamlint.location import Location, Unreadable
from iamlint.reporters import FORMATS, render
from iamlint.reporters.parts.plain import json_escaped, listed, neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report

Build = Callable[..., Report]
Find = Callable[..., Finding]

CATEGORIES = {"Cc", "Cf", "Cs", "Zl", "Zp"}
IGNORABLE = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180f\u3164\ufe0f\uffa0\U000e0001\U000e0041\U000e0100"
"""Invisible characters of other categories, or of none that are reserved for it."""
HIDING = "\x1b\x7f\x85\x9b\u00ad\u061c\u200b\u200d\u200f\u2028\u2029\u202e\u2060\u2066\u2069\ufeff" + IGNORABLE


def test_nothing_that_is_not_seen_is_left() -> None:
    for code in range(sys.maxunicode + 1):
        character = chr(code)
        hidden = unicodedata.category(character) in CATEGORIES or character in IGNORABLE
        if hidden and character != "\t":
            assert neutral(character).isascii(), hex(code)
            assert len(neutral(character)) > 1, hex(code)


@pytest.mark.parametrize(
    "text", ["plain", "tab\tkept", "é ü ß 日本語 🙂", "a: b", "## heading", "x::y", "# a [b]", "\u00a0"]
)
def test_the_rest_is_left_as_it_is(text: str) -> None:
    assert neutral(text) == text
    assert json_escaped(json.dumps(text, ensure_ascii=False)) == json.dumps(text, ensure_ascii=False)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a\nb\rc", "a\\nb\\rc"),
        ("\x1b[31m", "\\x1b[31m"),
        ("\x9b31m", "\\x9b31m"),
        ("\u202eabc", "\\u202eabc"),
        ("\U000e0041", "\\U000e0041"),
        ("::add-path::x", "\\x3a:add-path::x"),
        ("  \u00a0::add-path::x", "  \u00a0\\x3a:add-path::x"),
        ("x ##[add-matcher]y", "x \\x23#[add-matcher]y"),
        ("###[x]", "#\\x23#[x]"),
        ("##vso[task.setvariable]x", "\\x23#vso[task.setvariable]x"),
        ("##teamcity[x]", "\\x23#teamcity[x]"),
    ],
)
def test_escapes_are_readable(text: str, shown: str) -> None:
    assert neutral(text) == shown


def test_json_says_the_same_in_escapes() -> None:
    value = {"a": HIDING, "##[x]": ["##vso[y]", "\\##[z]", "é", "\t\n"]}
    written = json_escaped(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(written) == value
    assert "é" in written
    assert "##" not in written
    assert not any(character in written for character in HIDING)


# -- reports -------------------------------------------------------------------------------------------------------

HOSTILE = (
    "::add-mask::a", "\n::add-matcher::m.json", "x ##[add-matcher]m.json", "%0A::stop-commands::t", "\r\n ::group::",
    "##vso[task.prependpath]/tmp", "a,b:c=d::error::e",
)  # fmt: skip


@pytest.mark.parametrize("form", FORMATS)
def test_a_log_has_no_commands_but_ours(build: Build, find: Find, form: str) -> None:
    findings = [
        find(message=text, address=text, principal=text, role=text, at=Location(text, 3), related=[("role", text)])
        for text in HOSTILE
    ]
    errors = tuple(Unreadable(Location(text), text, text) for text in HOSTILE * 2)
    log = render(form, build(findings, errors=errors), Presentation(show_all=True))
    if form == "azure":  # each line is one command of ours, at its start; the agent looks anywhere in a line
        lines = log.splitlines()
        assert len(lines) == len(findings) + len(errors)
        assert all(line.startswith("##vso[task.logissue ") for line in lines)
        log = "\n".join(line.removeprefix("##vso[") for line in lines)
    assert set(commands(log)) <= ({"error"} if form == "github" else set())
    assert len(commands(log)) == (10 if form == "github" else 0)


@pytest.mark.parametrize("form", FORMATS)
def test_no_format_hides_anything(build: Build, find: Find, form: str) -> None:
    text = f"x{HIDING}y"
    report = build([find(message=text, address=text, at=Location(text, 3))], errors=(Unreadable(Location(text), text),))
    written = render(form, report, Presentation(show_all=True))
    assert [hex(ord(character)) for character in HIDING if character in written] == []


@pytest.mark.parametrize(
    ("text", "kept_out"),
    [
        ("see http://evil.example/x", "http://"),
        ("HTTPS://evil.example", "HTTPS://"),
        ("www.evil.example", "www."),
        ("WWW.evil.example", "WWW."),
        ("ftp://evil.example", "://"),
        ("user:ana@example.com", "@"),
        ("mailto:ana@example.com", "@"),
        ("ping @octocat", "@octocat"),
        ("fixes #123", "#123"),
        ("owner/repo#1", "repo#1"),
        ("~~struck~~", "~"),
        ("$x^2$ and $`y`$", "$"),
        ("![i](http://evil.example/i.png)", "["),
        ("<img src=x>", "<img"),
        ("<!-- hidden", "<!--"),
        ("`code` | cell", "`"),
        ("**bold** __bold__", "**"),
        ("&lt;b&gt;", "&lt;b"),
    ],
)
def test_markdown_finds_nothing_in_a_text(build: Build, find: Find, text: str, kept_out: str) -> None:
    report = build([find(message=text, at=Location(text, 1))], errors=(Unreadable(Location(text), text, text),))
    written = render("markdown", report, Presentation())
    for line in written.splitlines():
        if line.startswith(("- ", "| high")):
            assert kept_out not in line.removeprefix("- ").strip("|")
            cells = re.sub(r"</?span>", "", line)
            assert not re.search(r"<|https?://|www\.|\w@\w|#\d(?!\d*;)", cells), cells


@pytest.mark.parametrize(
    ("names", "shown"),
    [
        (["a"], "a"),
        (["a", "b", "c", "d", "e"], "a, b, c and 2 more"),
        (["a", "b", "a"], "a (2 of that name), b"),  # of two root modules
        (["a", "a", "b", "c", "d", "d"], "a (2 of that name), b, c and 2 more"),
    ],
)
def test_names_are_listed(names: list[str], shown: str) -> None:
    assert listed(names) == shown
