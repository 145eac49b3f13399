"""The output for people: frames, groups, and no terminal commands."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest

from iamlint.facts import Resource
from iamlint.finding import Finding, UnknownAnswer
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.reporters.parts.presentation import Presentation
from iamlint.reporters.text import text_report
from iamlint.results.report import Report

Build = Callable[..., Report]
Find = Callable[..., Finding]


def shown(report: Report, **style: bool) -> list[str]:
    return text_report(report, Presentation(quiet=True, **style)).splitlines()


def test_the_guilty_part_is_underlined(build: Build, find: Find) -> None:
    assert shown(build([find()])) == [
        "high[blanket-token]: user:ana@example.com can impersonate every service account in project shop.",
        " --> main.tf:3:13  google_project_iam_member.ci",
        "  |",
        '3 |   role    = "roles/iam.serviceAccountTokenCreator"',
        "  |             ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^",
        "",
    ]


@pytest.mark.parametrize(
    ("line", "part", "underlined"),
    [
        ("x = a", "a", "  |     ^"),
        ("\tx = a", "a", "  |         ^"),
        ("日本 = a", "a", "  |        ^"),  # wide characters take two columns
        ("x = 日本 + 1", "日本", "  |     ^^^^"),
        ("e\u0301 = a", "a", "  |     ^"),  # an accent takes none
        ("x\u200b = a", "a", "  |           ^"),  # invisible characters are shown as escapes
        ("x = a\r\n", "a", "  |     ^"),
    ],
)
def test_columns_are_those_of_the_terminal(build: Build, find: Find, line: str, part: str, underlined: str) -> None:
    lines = shown(build([find(part, text=line)], {"main.tf": line}))
    assert underlined in lines


def test_alike_errors_of_a_directory_are_counted(build: Build) -> None:
    twice = [
        Unreadable(Location("a/copy.tf", line), f'"{line}" is declared twice', "remove one") for line in range(1, 41)
    ]
    other = [
        Unreadable(Location(f"{name}/x.tf", 1), "no value", hint) for name, hint in [("b", "remove one"), ("a", "")]
    ]
    lines = [line for line in shown(build([], errors=[*twice, *other]), show_all=False) if line]
    assert len(lines) == 6
    assert lines[2] == 'error: a/copy.tf:3:1: "3" is declared twice (remove one)'
    assert lines[3] == "error: a: 37 more errors of this kind (iamlint check --show-all lists them)"
    every = shown(build([], errors=[*twice, *other]), show_all=True)
    assert len([line for line in every if line]) == 42


def test_errors_with_one_reason_are_counted_in_all_directories(build: Build) -> None:
    late = [Unreadable(Location(f"a/b/{number}/x.yaml"), "no time was left", "give it more") for number in range(30)]
    lines = [line for line in shown(build([], errors=late), show_all=False) if line]
    assert lines[2:4] == [
        "error: a/b/2/x.yaml: no time was left (give it more)",
        "error: a/b: 27 more errors of this kind (iamlint check --show-all lists them)",
    ]


def test_a_long_line_is_cut_around_the_guilty_part(build: Build, find: Find) -> None:
    line = "a" * 5000 + "GUILTY" + "b" * 5000
    _, _, _, source, under, _ = shown(build([find("GUILTY", text=line)], {"main.tf": line}))
    assert len(source) < 130
    start = under.index("^")
    assert source[start : start + 6] == "GUILTY"
    assert under.count("^") == 6
    assert source.startswith("1 | ...aaa")
    assert source.endswith("bbb...")


def test_a_place_of_several_lines_shows_the_first(build: Build, find: Find) -> None:
    text = "x = [\n  1,\n]\n"
    lines = shown(build([find("[\n  1,\n]", text=text)], {"main.tf": text}))
    assert "1 | x = [" in lines
    assert "  |     ^ ..." in lines


def test_the_end_of_a_line_can_be_guilty(build: Build, find: Find) -> None:
    finding = find("x", text="x")
    at_the_end = Location("main.tf", 1, 2, 1, 2)
    report = build([Finding(**{**_values(finding), "at": at_the_end})], {"main.tf": "x\ny"})
    assert shown(report)[3:5] == ["1 | x", "  |  ^"]


def _values(finding: Finding) -> dict[str, object]:
    return {name: getattr(finding, name) for name in finding.__dataclass_fields__}


@pytest.mark.parametrize("text", [None, ""])
def test_without_its_line_a_place_is_still_told(build: Build, find: Find, text: str | None) -> None:
    report = build([find()], {"other.tf": ""} if text is None else {"main.tf": text})
    assert " --> main.tf:3:13  google_project_iam_member.ci" in shown(report)


def test_nothing_of_the_input_reaches_the_terminal_as_a_command(build: Build, find: Find) -> None:
    evil = "\x1b]0;owned\x07\x9b31m\u202e\u2028\udc80\x7f"
    text = f'x = "{evil}"'
    finding = find(
        evil,
        text=text,
        message=f"{evil} is wrong",
        address=f'google_x.y["{evil}"]',
        principal=evil,
        related=[(evil, f"see {evil}")],
    )
    errors = (Unreadable(Location(f"{evil}.tf"), f"why {evil}", f"do {evil}"),)
    unknown_answers = (UnknownAnswer(evil, Location(evil), "rule", evil),)
    report = build([finding], {"main.tf": text}, errors=errors, unknown_answers=unknown_answers)
    written = text_report(report, Presentation(show_unknown=True))
    assert not re.search("[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e\u2028\udc80]", written)
    assert "\\x1b]0;owned\\x07" in written


def test_colour_is_only_where_it_is_wanted(build: Build, find: Find) -> None:
    report = build([find()])
    assert "\x1b" not in text_report(report, Presentation())
    colored = text_report(report, Presentation(color=True))
    assert "\x1b[1;31mhigh\x1b[0m" in colored
    assert re.sub(r"\x1b\[[0-9;]*m", "", colored) == text_report(report, Presentation())


# -- what is put together ----------------------------------------------------------------------------------------------


def instances(find: Find, number: int) -> list[Finding]:
    return [
        find(address=f'google_project_iam_member.ci["p{index}"]', resource=Resource("project", f"p{index}"))
        for index in range(number)
    ]


def test_the_instances_of_a_block_are_one_finding_on_the_screen(build: Build, find: Find) -> None:
    lines = shown(build(instances(find, 3)))
    assert lines[-2:] == ["  = also on project p1, on project p2", ""]
    assert sum(line.startswith("high") for line in lines) == 1


def test_many_instances_are_counted(build: Build, find: Find) -> None:
    lines = shown(build(instances(find, 20)))
    assert lines[-2] == "  = also on project p1, on project p10, on project p11, on project p12 and 15 more"


def test_each_finding_is_shown_when_asked(build: Build, find: Find) -> None:
    lines = shown(build(instances(find, 20)), show_all=True)
    assert sum(line.startswith("high") for line in lines) == 20


MEMBERS = "members = [\n" + "".join(f'  "user:u{number:02}",\n' for number in range(12)) + "]\n"


def test_the_members_of_a_binding_are_listed_by_their_lines(build: Build, find: Find) -> None:
    findings = [
        find(f'"user:u{number:02}"', text=MEMBERS, principal=f"user:u{number:02}", address="google_x_iam_binding.b")
        for number in range(12)
    ]
    lines = shown(build(findings, {"main.tf": MEMBERS}))
    assert lines[5:] == [
        *(f"  = also user:u{number:02}: main.tf:{number + 2}:3" for number in range(1, 7)),
        "  = ... and 5 more like it (--show-all shows each)",
        "",
    ]


def test_a_member_is_named_once_for_its_resources(build: Build, find: Find) -> None:
    findings = [
        find(
            f'"user:u{number:02}"',
            text=MEMBERS,
            principal=f"user:u{number:02}",
            address=f'google_x_iam_binding.b["{project}"]',
            resource=Resource("project", project),
        )
        for number in range(2)
        for project in ("a", "b", "c")
    ]
    lines = shown(build(findings, {"main.tf": MEMBERS}))
    assert lines[5:] == [
        "  = also on project b, on project c",
        "  = also user:u01 (and on project b, on project c): main.tf:3:3",
        "",
    ]


def test_blocks_that_give_one_principal_the_same_role_belong_together(build: Build, find: Find) -> None:
    text = "a = 1\nb = 2\nc = 3\n"
    findings = [find(name, text=text, address=f"google_x.{name}", resource=Resource("project", name)) for name in "ab"]
    other = find("c", text=text, address="google_x.c", principal="user:bob@example.com")
    lines = shown(build([*findings, other], {"main.tf": text}))
    assert "  = also on project b: main.tf:2:1" in lines
    assert sum(line.startswith("high") for line in lines) == 2


def test_another_rule_or_severity_is_never_put_together(build: Build, find: Find) -> None:
    findings = [find(), find(rule="other"), find(severity="low"), find(confidence="low")]
    lines = shown(build(findings))
    assert sum("user:ana@example.com can" in line for line in lines) == 4


def test_findings_without_a_principal_stand_alone(build: Build, find: Find) -> None:
    text = "a = 1\nb = 2\n"
    findings = [find(name, text=text, address=None, principal=None, role=None) for name in "ab"]
    assert sum(line.startswith("high") for line in shown(build(findings, {"main.tf": text}))) == 2


def test_related_places_with_the_same_message_share_a_line(build: Build, find: Find) -> None:
    finding = find(related=[("member", "the principal is here"), ("project", "the principal is here")])
    assert "  = the principal is here: main.tf:1:30, main.tf:1:18" in shown(build([finding]))


# -- unknown, errors, summary ------------------------------------------------------------------------------------------


NOT_SET = "var.role has no default and is not set"


def test_what_is_unknown_is_told_by_cause_and_reason(build: Build) -> None:
    unknown_answers = (
        UnknownAnswer(NOT_SET, Location("a.tf", 1, 2), "rule-a", "google_x.y"),
        UnknownAnswer(NOT_SET, Location("a.tf", 1, 2), "rule-b", "google_x.y"),
        UnknownAnswer(NOT_SET, Location("b.tf", 3, 4), "rule-a"),
        UnknownAnswer('module.a is not read: the module "example.com/m" is not installed', Location("c.tf", 5, 6)),
    )
    assert shown(build([], unknown_answers=unknown_answers), show_unknown=True) == [
        "unknown: 2 from variables without a value (var.role): give --var-file FILE or --var NAME=VALUE",
        "  var.role has no default and is not set",
        "   --> a.tf:1:2  google_x.y  (rule-a, rule-b)",
        "   --> b.tf:3:4  (rule-a)",
        "",
        "unknown: 1 from modules that are not installed (example.com/m): run terraform init",
        '  module.a is not read: the module "example.com/m" is not installed',
        "   --> c.tf:5:6",
        "",
    ]
    assert text_report(build([], unknown_answers=unknown_answers), Presentation()).splitlines()[:3] == [
        "no findings; 3 unknown (--show-unknown lists them)",
        "  2 from variables without a value (var.role): give --var-file FILE or --var NAME=VALUE",
        "  1 from modules that are not installed (example.com/m): run terraform init",
    ]


def test_places_of_one_reason_are_folded(build: Build) -> None:
    unknown_answers = tuple(UnknownAnswer(NOT_SET, Location("a.tf", line)) for line in range(1, 9))
    report = build([], unknown_answers=unknown_answers)
    assert "   --> ... and 3 more places (--show-all shows each)" in shown(report, show_unknown=True)
    assert "   --> a.tf:8:1" in shown(report, show_unknown=True, show_all=True)


def test_what_may_hide_the_worst_comes_first(build: Build) -> None:
    many = tuple(
        UnknownAnswer("it depends on resource.name", Location("a.tf", line), severity="low") for line in range(1, 9)
    )
    report = build([], unknown_answers=(*many, UnknownAnswer(NOT_SET, Location("b.tf", 1), severity="critical")))
    heads = [line for line in shown(report, show_unknown=True) if line.startswith("unknown")]
    assert [head.split(":")[0] for head in heads] == ["unknown (critical)", "unknown (low)"]


def test_an_error_is_one_line(build: Build) -> None:
    errors = (
        Unreadable(Location("a.tf", 3, 4), "this is wrong", "do that"),
        Unreadable(Location(COMMAND_LINE), "no rule is called `x`"),
    )
    report = build([], errors=errors)
    assert shown(report)[:2] == [
        "error: a.tf:3:4: this is wrong (do that)",
        "error: command line: no rule is called `x`",
    ]
    assert shown(report, errors=False) == []


def test_the_summary(build: Build, find: Find) -> None:
    report = build([find(), find(severity="low")], as_of=date(2026, 11, 24))
    assert text_report(report, Presentation()).splitlines()[-3:] == [
        "Why, and how to fix it: iamlint explain blanket-token",
        "2 findings (1 high, 1 low)",
        "1 file read, 1 rule, role catalogue of 2026-01-02, conditions as of 2026-11-24",
    ]
