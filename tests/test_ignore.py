"""Ignore comments: where they stand, what they must say, and that they are heeded at either end of a value."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from iamlint.ignore import mistakes
from iamlint.location import SourceText
from iamlint.report import Report

Check = Callable[..., Report]

COMMENT = "# iamlint: ignore[broad-token-creator] the sandbox"
BLOCK = """
resource "google_project_iam_member" "m" {{  {head}
  project = "shop"
  {above}
  role    = {role} {end}
  member  = "user:ana@example.com"
}}
"""


def member(
    *, role: str = '"roles/iam.serviceAccountTokenCreator"', above: str = "", head: str = "", end: str = ""
) -> str:
    return BLOCK.format(role=role, above=above, head=head, end=end)


@pytest.mark.parametrize(
    "text",
    [
        member(end=COMMENT),
        member(end=COMMENT.replace("#", "//")),
        member(above=COMMENT),
        member(above=f"{COMMENT}\n  # and another remark"),
        member(head=COMMENT),
        f"{COMMENT}{member()}".replace("\n\n", "\n"),
        member(end="# iamlint: ignore[broad-service-account-user, impersonation/broad-token-creator] reviewed"),
        f'locals {{\n  role = "roles/iam.serviceAccountTokenCreator" {COMMENT}\n}}\n' + member(role="local.role"),
    ],
)
def test_a_comment_accepts_the_finding(text: str, check: Check) -> None:
    report = check({"main.tf": text}, select=("broad-token-creator",))
    assert report.findings == ()
    (accepted,) = report.accepted
    assert accepted.finding.rule == "broad-token-creator"
    assert accepted.reason in ("the sandbox", "reviewed")
    assert report.texts["main.tf"].line(accepted.at.line)[accepted.at.column - 1 :].startswith("ignore[")


@pytest.mark.parametrize(
    "text",
    [
        member(end="# iamlint: ignore[broad-service-account-user] another rule"),
        member(end="# iamlint: ignore[broad-token-creator]"),
        member(end="# iamlint ignore[broad-token-creator] no colon"),
        f"{COMMENT}\n{member()}",  # a blank line between
        member() + COMMENT,
    ],
)
def test_a_comment_elsewhere_or_without_a_reason_does_not(text: str, check: Check) -> None:
    report = check({"main.tf": text}, select=("broad-token-creator",))
    assert [finding.rule for finding in report.findings] == ["broad-token-creator"]
    assert report.accepted == ()


def test_exports_in_yaml_have_comments_too(check: Check) -> None:
    text = f"etag: a\nbindings:\n- members:\n  - user:a@b.c {COMMENT}\n  role: roles/iam.serviceAccountTokenCreator\n"
    report = check({"project-shop.yaml": text}, select=("broad-token-creator",))
    assert report.findings == ()
    assert len(report.accepted) == 1


@pytest.mark.parametrize(
    ("comment", "reasons"),
    [
        ("# iamlint: ignore[known] a reason", []),
        ("# iamlint: ignore[known]", ["without a reason"]),
        ("# iamlint: ignore[knwon] a reason", ["`knwon`, which is no rule"]),
        ("# iamlint: ignore[knwon]", ["without a reason", "`knwon`, which is no rule"]),
        ("// iamlint: ignore known", ["not understood"]),
        ("# iamlint: disable=known", ["not understood"]),
        ("# see https://iamlint: nothing", []),
        ("# about iamlint: a remark", []),
    ],
)
def test_comments_that_accept_nothing_are_mistakes(comment: str, reasons: list[str]) -> None:
    found = list(mistakes([SourceText("a.tf", f"x = 1\ny = 2 {comment}\n")], {"known"}))
    assert len(found) == len(reasons)
    for error, reason in zip(found, reasons, strict=True):
        assert reason in error.reason
        assert (error.at.path, error.at.line) == ("a.tf", 2)
