"""Which fixes are tried together, alone, and again: each fix makes one letter of a text a capital."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from iamlint.edits import Edit, Fix, Safety
from iamlint.finding import Finding
from iamlint.fixes import proof
from iamlint.fixes.collecting import Run
from iamlint.fixes.proof import Outcome, fixed
from iamlint.location import Location, SourceText
from iamlint.results.report import Report
from iamlint.rules.catalog import load_rules
from iamlint.testing import checked_with

PATH = "letters.txt"


class Letters:
    """A text whose small letters are findings, each with a fix.

    ``needs`` are pairs: the first letter may only be a capital if the second is not in the text. The fixes of the
    letters in ``whole`` replace all of the text, so that they conflict. ``tried`` are the texts that were checked.
    """

    def __init__(self, text: str, *needs: str, whole: str = "", safety: Safety = "safe") -> None:
        self.text, self.needs, self.whole, self.safety = text, needs, whole, safety
        self.tried: list[str] = []

    def check(self, contents: Mapping[str, bytes]) -> Run:
        text = contents.get(PATH, self.text.encode()).decode()
        self.tried.append(text)
        small = [(finding_of("small", one), self.fix(text, one)) for one in text if one.islower()]
        wrong = [finding_of("alone", pair) for pair in self.needs if pair[0].upper() in text and pair[1] in text]
        findings = (*(finding for finding, _ in small), *wrong)
        report = Report("1", "2026-01-01", findings=findings, texts={PATH: SourceText(PATH, text)})
        return Run(report, None, tuple(small))

    def fix(self, text: str, one: str) -> Fix:
        at = text.index(one)
        edit = Edit(PATH, at, at + 1, one.upper())
        if one in self.whole:
            edit = Edit(PATH, 0, len(text), text.replace(one, one.upper()))
        return Fix("capital", f"make {one} a capital", self.safety, (edit,))

    def fixed(self) -> Outcome:
        outcome = fixed(self.check, lambda _: self.text.encode(), frozenset({"safe"}))
        assert self.tried.pop(0) == self.text, "the first check is of the input as it is"
        assert outcome.contents.get(PATH, self.text.encode()) == outcome.run.texts[PATH].text.encode()
        return outcome


def finding_of(rule: str, what: str) -> Finding:
    return Finding(rule, "letters", "low", "high", f"{what} is wrong", Location(PATH, 1, 1), what)


def refused(outcome: Outcome) -> dict[str | None, str]:
    return {one.finding.address: one.reason for one in outcome.refused}


def test_all_fixes_without_conflicts_are_tried_at_once() -> None:
    letters = Letters("abcd")
    outcome = letters.fixed()
    assert letters.tried == ["ABCD"]
    assert [finding.address for finding, _ in outcome.applied] == ["a", "b", "c", "d"]
    assert outcome.complete
    assert not outcome.refused


def test_a_group_that_fails_is_halved_until_the_wrong_fix_is_alone() -> None:
    letters = Letters("abcdefgh-", "a-")
    outcome = letters.fixed()
    # 8, 4, 2, 1 fixes; then all but the first; then the first once more, since the text is another one
    assert letters.tried == ["ABCDEFGH-", "ABCDefgh-", "ABcdefgh-", "Abcdefgh-", "aBCDEFGH-", "ABCDEFGH-"]
    assert refused(outcome) == {"a": "alone would report the result"}
    assert [finding.address for finding, _ in outcome.applied] == list("bcdefgh")
    assert outcome.complete


def test_a_fix_that_needs_another_one_is_tried_again_after_it() -> None:
    letters = Letters("ab", "ab", whole="ab")
    outcome = letters.fixed()
    assert letters.tried == ["Ab", "aB", "AB"]
    assert [finding.address for finding, _ in outcome.applied] == ["b", "a"]
    assert outcome.complete
    assert not outcome.refused


def test_a_fix_that_fails_again_is_not_tried_for_ever() -> None:
    letters = Letters("ab-", "a-", whole="ab")
    outcome = letters.fixed()
    assert letters.tried == ["Ab-", "aB-", "AB-"]
    assert refused(outcome) == {"a": "alone would report the result"}
    assert outcome.complete


def test_without_any_progress_nothing_is_tried_again() -> None:
    letters = Letters("a-", "a-")
    outcome = letters.fixed()
    assert letters.tried == ["A-"]
    assert refused(outcome) == {"a": "alone would report the result"}
    assert not outcome.contents
    assert outcome.complete


def test_fixes_of_another_level_are_not_tried() -> None:
    letters = Letters("ab", safety="unsafe")
    outcome = letters.fixed()
    assert not letters.tried
    assert not outcome.applied
    assert outcome.complete


@pytest.mark.parametrize(("limit", "value"), [("MOST_PASSES", 2), ("MOST_RUNS", 2)])
def test_passes_and_checks_are_bounded(limit: str, value: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(proof, limit, value)
    letters = Letters("abc", whole="abc")
    outcome = letters.fixed()
    assert letters.tried == ["Abc", "ABc"]
    assert outcome.contents == {PATH: b"ABc"}
    assert not outcome.complete


# -- what a fix must not do --------------------------------------------------------------------------------------------

GRANT = """resource "google_project_iam_member" "it" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "WHO"
}
"""
ANA = "user:ana@example.com"
CLOSES = f"access of {ANA} by roles/iam.serviceAccountTokenCreator closes"


@pytest.mark.parametrize(
    ("who", "safety", "expected"),
    [
        (ANA, "safe", CLOSES),
        (ANA, "unsafe", None),
        ("deleted:user:ana@example.com?uid=1", "safe", None),
        ("ana@example.com", "safe", None),  # no principal
    ],
)
def test_a_safe_fix_closes_no_access(who: str, safety: Safety, expected: str | None, tmp_path: Path) -> None:
    (rule,) = (one for one in load_rules()[0] if one.slug == "broad-token-creator")
    path = tmp_path.resolve() / "main.tf"
    path.write_text(GRANT.replace("WHO", who))
    before, after = (checked_with(rule, path.parent, changed) for changed in ({}, {str(path): b"locals {}\n"}))
    (shown,) = before.texts
    edit = Edit(shown, 0, len(before.texts[shown].text), "locals {}\n")
    finding = Finding("x", "x", "low", "high", "it is wrong", Location(shown, 1, 1), None)
    assert proof.wrong(before, after, [(finding, Fix("remove", "remove it", safety, (edit,)))]) == expected


ROLE = """resource "google_project_iam_custom_role" "reader" {
  project = "shop"
  role_id = "reader"
  title   = "Reader"
  permissions = ["LOST", "storage.objects.get"]
}
"""
BY_ROLE = GRANT.replace("roles/iam.serviceAccountTokenCreator", "projects/shop/roles/reader").replace("WHO", ANA)


@pytest.mark.parametrize(
    ("lost", "expected"),
    [
        ("storage.buckests.get", None),  # no permission
        ("storage.buckets.list", f"access of {ANA} by projects/shop/roles/reader closes"),
    ],
)
def test_a_permission_that_does_not_exist_gives_no_access(lost: str, expected: str | None, tmp_path: Path) -> None:
    (rule,) = (one for one in load_rules()[0] if one.slug == "unknown-permission")
    path, text = tmp_path.resolve() / "main.tf", (ROLE + BY_ROLE).replace("LOST", lost)
    path.write_text(text)
    changed = {str(path): text.replace(lost, "storage.buckets.get").encode()}
    before, after = (checked_with(rule, path.parent, files) for files in ({}, changed))
    (shown,) = before.texts
    edit = Edit(shown, text.index(lost), text.index(lost) + len(lost), "storage.buckets.get")
    finding = Finding("x", "x", "low", "high", "it is wrong", Location(shown, 5, 19), None)
    assert proof.wrong(before, after, [(finding, Fix("near", "replace it", "safe", (edit,)))]) == expected


def test_a_file_that_is_no_longer_read_has_no_lines() -> None:
    before = Letters("a").check({})
    after = Run(Report("1", "2026-01-01"), None, ())
    assert proof._lines(before, after, [(finding_of("small", "a"), Fix("none", "change nothing", "safe", ()))]) == (
        set(),
        set(),
    )
