"""A rule's document: read into a rule, or every error at its place, in words to act on."""

from __future__ import annotations

import pytest

from iamlint.addresses import page_address
from iamlint.location import SourceText, Unreadable
from iamlint.rules.catalog import shipped_folder
from iamlint.rules.document import LARGEST, read_rule
from iamlint.rules.rule import Rule

GOOD = """\
title: Somebody owns a project
severity: high
since: 0.1.0
aliases: [OLD-1]
when:
  grant:
    role: roles/owner
    resource_kind: [project]
    unless:
      - {principal_kind: service_agent}
worse: {grant: {principal_kind: public}}
milder:
  grant: {principal_kind: group}
message: "{principal} owns {resource}."
why: Owners do everything.
fix: Grant less.
references: [https://cloud.google.com/iam]
examples:
  flags:
    - terraform: x # finding
    - export: {project-shop.json: "{} # finding"}
  passes:
    - terraform: y
    - plan: "{}"
"""
TITLE = "what is wrong, as a whole sentence without a full stop)"
WORDS = "({because}, {default_users}, {permission}, {permissions}, {placeholder}, {principal}, {resource}, {role})"


def read(text: str) -> Rule | list[Unreadable]:
    return read_rule(SourceText("rule.yaml", text), "owner", "hygiene", shipped_folder() / "rule.schema.json")


def mistakes(text: str) -> list[str]:
    errors = read(text)
    assert isinstance(errors, list)
    return [f"{one.at.line}: {one.reason}" + (f" ({one.hint})" if one.hint else "") for one in errors]


def test_a_rule() -> None:
    rule = read(GOOD)
    assert isinstance(rule, Rule)
    assert (rule.id, rule.severity, rule.confidence, rule.aliases) == ("hygiene/owner", "high", "high", ("OLD-1",))
    assert rule.when == {
        "grant": {"role": "roles/owner", "resource_kind": ["project"], "unless": [{"principal_kind": "service_agent"}]}
    }
    assert rule.worse == {"grant": {"principal_kind": "public"}}
    assert rule.milder == {"grant": {"principal_kind": "group"}}
    assert [(one.kind, list(one.files)) for one in rule.page.flags] == [
        ("terraform", ["main.tf"]),
        ("export", ["project-shop.json"]),
    ]


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("severity: high", "severity: hihg", ["2: `severity` is 'hihg' (did you mean `high`?)"]),
        ("severity: high", "severity: worst", ["2: `severity` is 'worst' (one of critical, high, medium, low, info)"]),
        (
            "severity: high",
            "severty: high",
            ["1: the key `severity` is missing", "2: unknown key `severty` (did you mean `severity`?)"],
        ),
        (
            "    role: roles/owner",
            "    rolle: roles/owner",
            ["7: unknown key `rolle` in `when.grant` (did you mean `role`?)"],
        ),
        ("  grant:\n    role", "  grants:\n    role", ["6: unknown key `grants` in `when` (did you mean `grant`?)"]),
        (
            "{principal_kind: service_agent}",
            "{principal_kind: service_agents}",
            ["10: `when.grant.unless[0].principal_kind` is 'service_agents' (did you mean `service_agent`?)"],
        ),
        (
            "worse: {grant: {principal_kind: public}}",
            "worse: {grant: {principal_kin: public}}",
            ["11: unknown key `principal_kin` in `worse.grant` (did you mean `principal_kind`?)"],
        ),
        ("    role: roles/owner", "    has_condition: maybe", ["7: `when.grant.has_condition` must be true or false"]),
        (
            "{principal} owns",
            "{pricipal} owns",
            [
                "14: `message` has {pricipal}, which this rule does not know " + WORDS,
            ],
        ),
        (
            "title: Somebody owns a project",
            "title: somebody owns a project.",
            ["1: `title` is 'somebody owns a project.' (expected: " + TITLE],
        ),
        ("references: [https://cloud.google.com/iam]", "references: []", ["17: `references` must not be empty"]),
    ],
)
def test_mistakes(old: str, new: str, expected: list[str]) -> None:
    assert old in GOOD
    assert mistakes(GOOD.replace(old, new)) == expected


def test_a_rule_without_pattern_and_query() -> None:
    text = GOOD.replace(GOOD[GOOD.index("when:") : GOOD.index("message:")], "")
    assert mistakes(text) == ["1: give exactly one of `when` and `query` and `acceptance`"]


def test_a_query_that_there_is_not() -> None:
    text = GOOD.replace(GOOD[GOOD.index("when:") : GOOD.index("message:")], "query: missing_iamcredential\n")
    assert mistakes(text) == ["5: there is no query `missing_iamcredential` (did you mean `missing_iamcredentials`?)"]
    text = text.replace("missing_iamcredential", "nothing_alike")
    lists = f"{page_address('rule-language')} lists them"
    assert mistakes(text) == [f"5: there is no query `nothing_alike` ({lists})"]


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "0 YAML documents, where one rule is expected"),
        ("a: 1\n---\nb: 2\n", "2 YAML documents, where one rule is expected"),
        ("x" * (LARGEST + 1), f"the document is longer than {LARGEST} characters"),
        ("- a\n- b\n", "the document must be a mapping of keys"),
    ],
)
def test_what_is_no_rule_at_all(text: str, reason: str) -> None:
    errors = read(text)
    assert isinstance(errors, list)
    assert reason in [one.reason for one in errors]


def test_yaml_that_is_broken_is_told_with_its_line() -> None:
    errors = read("title: [\n")
    assert isinstance(errors, list)
    (error,) = errors
    assert error.at.path == "rule.yaml"
    assert error.at.line >= 1
