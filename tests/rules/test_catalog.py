"""Finding and selecting rule documents, and the errors of invalid ones."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.reporters.page import rule_page
from iamlint.rules.catalog import graded, load_rules, select_rules
from iamlint.rules.rule import Rule

IDS = Path(__file__).parents[2] / "testdata" / "rule-ids.txt"

MINIMAL = """\
title: Something is wrong
severity: low
{extra}when:
  grant: {{role: roles/viewer}}
message: "{{principal}} views."
why: Because.
fix: Do not.
references: [https://example.com]
examples:
  flags:
    - terraform: "x"
  passes:
    - terraform: "y"
"""


def write(directory: Path, name: str, text: str = "", extra: str = "") -> Path:
    path = directory / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text or MINIMAL.format(extra=extra), encoding="utf-8")
    return path


def load(directory: Path) -> tuple[Rule, ...]:
    rules, errors = load_rules([directory], shipped=False)
    assert errors == []
    return rules


def test_a_document_is_named_by_where_it_lies(tmp_path: Path) -> None:
    write(tmp_path, "house/no-viewers.yaml")
    (rule,) = load(tmp_path)
    assert (rule.slug, rule.family, rule.id) == ("no-viewers", "house", "house/no-viewers")


def test_a_single_document_can_be_named(tmp_path: Path) -> None:
    (rule,) = load(write(tmp_path, "house/no-viewers.yaml"))
    assert rule.id == "house/no-viewers"


def test_what_is_selected(tmp_path: Path) -> None:
    write(tmp_path, "house/a.yaml", extra="aliases: [OLD_A]\n")
    write(tmp_path, "house/b.yaml", extra="pedantic: true\n")
    write(tmp_path, "garden/c.yaml")
    rules = load(tmp_path)

    def chosen(select: tuple[str, ...] = (), ignore: tuple[str, ...] = ()) -> str:
        found, errors = select_rules(rules, select, ignore)
        assert errors == []
        return "".join(sorted(rule.slug for rule in found))

    assert chosen() == "ac"
    assert chosen(("house",)) == "a"
    assert chosen(("house", "pedantic")) == "ab"
    assert chosen(("b",)) == "b"
    assert chosen(("house/b", "OLD_A")) == "ab"
    assert chosen(("default", "pedantic")) == "abc"
    assert chosen((), ("house",)) == "c"
    assert chosen(("default", "pedantic"), ("house",)) == "c"
    assert chosen(("default", "pedantic"), ("pedantic", "OLD_A")) == "c"


def test_an_alias_may_mean_several_rules(tmp_path: Path) -> None:
    write(tmp_path, "house/a.yaml", extra="aliases: [CHECK_1]\n")
    write(tmp_path, "house/b.yaml", extra="pedantic: true\naliases: [CHECK_1, CHECK_2]\n")
    rules = load(tmp_path)
    assert [rule.slug for rule in select_rules(rules, ("CHECK_1",))[0]] == ["a", "b"]
    assert [rule.slug for rule in select_rules(rules, ("CHECK_2",))[0]] == ["b"]
    assert select_rules(rules, (), ("CHECK_1",))[0] == ()


def test_a_name_that_no_rule_has_is_told_with_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "house/no-viewers.yaml")
    _, errors = select_rules(load(tmp_path), ("no-viewer",))
    assert [(error.reason, error.hint) for error in errors] == [
        ("no rule or family is called `no-viewer`", "did you mean `no-viewers`?")
    ]


def test_a_renamed_rule_keeps_the_names_that_it_had(tmp_path: Path) -> None:
    write(tmp_path, "house/a.yaml", extra="formerly: {old-a: 0.2.0}\n")
    write(tmp_path, "house/b.yaml")
    rules = load(tmp_path)
    chosen, errors = select_rules(rules, ["old-a"])
    assert ([rule.slug for rule in chosen], errors) == (["a"], [])
    assert "`old-a` (before 0.2.0)" in rule_page(chosen[0])


def test_a_page_says_which_findings_have_another_severity() -> None:
    rules, _ = load_rules(())
    pages = {rule.slug: rule_page(rule) for rule in rules}
    assert "A finding is one step more severe if `privileged: true`." in pages["user-managed-key"]
    assert (
        "severe if `reaches_privileged: true`; one step less severe if `temporary: true`."
        in pages["broad-token-creator"]
    )
    assert "severe if" not in pages["missing-iamcredentials"]


def test_no_id_of_a_rule_is_ever_used_again() -> None:
    """A renamed rule has its old id in ``formerly``; the list only grows."""
    rules, _ = load_rules()
    recorded = dict(line.split() for line in IDS.read_text(encoding="utf-8").splitlines())
    now = {rule.slug: rule.since for rule in rules}
    former = {name for rule in rules for name in rule.formerly}
    assert recorded.keys() - now.keys() == former
    assert {name: recorded.get(name) for name in now} == now, "add the new rule's id, and its version, to rule-ids.txt"


def test_severities_of_the_users_own(tmp_path: Path) -> None:
    write(tmp_path, "house/a.yaml", extra="aliases: [OLD_A]\n")
    write(tmp_path, "house/b.yaml")
    found = graded(load(tmp_path), {"OLD_A": "critical"})
    assert [rule.severity for rule in found] == ["critical", "low"]
    assert found[0].names == {"a", "house/a", "OLD_A"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ({}, "there are no rules here"),
        ({"house/Bad_Name.yaml": ""}, "`Bad_Name` is not a valid name for a rule or family"),
        ({"house/a.yaml": "title: x\n"}, "is missing"),
        ({"house/a.yaml": "- 1\n"}, "must be a mapping of keys"),
        ({"house/a.yaml": "a: [\n"}, "this is not YAML"),
        ({"house/a.yaml": "!!python/object/apply:os.system ['true']\n"}, "must be a mapping of keys"),
        ({"house/a.yaml": MINIMAL.format(extra="").replace("{principal}", "{nobody}")}, "{nobody}"),
        ({"house/a.yaml": MINIMAL.format(extra="").replace("when:\n", "query: nothing\nwhen:\n")}, "exactly one of"),
        ({"house/a.yaml": "", "garden/a.yaml": ""}, "is the name of another rule"),
        ({"house/a.yaml": MINIMAL.format(extra="").replace(" views.", "x" * 1000)}, "`message` is longer than 1000"),
        ({"house/unreadable-input.yaml": ""}, "is the name of what a report says"),
        ({"house/a.yaml": MINIMAL.format(extra="aliases: [unknown]\n")}, "is the name of what a report says"),
        ({"house/house.yaml": ""}, "is the name of a family"),
        ({"house/a.yaml": MINIMAL.format(extra="aliases: [b]\n"), "house/b.yaml": ""}, "is the name of another rule"),
        ({"house/a.yaml": MINIMAL.format(extra="aliases: [house]\n")}, "is the name of a family"),
        ({"house/a.yaml": MINIMAL.format(extra="formerly: {b: 0.2.0}\n"), "house/b.yaml": ""}, "name of another rule"),
        ({name: MINIMAL.format(extra="formerly: {x: 0.2.0}\n") for name in ("h/a.yaml", "h/b.yaml")}, "another rule"),
        ({"house/a.yaml": MINIMAL.format(extra="formerly: {house: 0.2.0}\n")}, "is the name of a family"),
        ({"house/a.yaml": MINIMAL.format(extra="formerly: {b: soon}\n")}, "`formerly.b`"),
    ],
)
def test_what_is_wrong_with_a_document_is_told(tmp_path: Path, files: dict[str, str], reason: str) -> None:
    for name, text in files.items():
        write(tmp_path, name, text)
    _, errors = load_rules([tmp_path], shipped=False)
    assert len(set(errors)) == len(errors)
    assert any(reason in error.reason for error in errors), errors
