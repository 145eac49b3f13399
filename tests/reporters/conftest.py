"""A report built by hand: findings on given lines of given texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import pytest

from iamlint.facts import Resource
from iamlint.finding import Finding, Related
from iamlint.location import Location, SourceText
from iamlint.results.report import Report
from iamlint.rules.rule import Example, Page, Rule

Build = Callable[..., Report]
Find = Callable[..., Finding]

MAIN = """\
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""


def place(text: str, part: str, path: str = "main.tf") -> Location:
    """Return the place of the first occurrence of a part of a text."""
    return SourceText(path, text).location(text.index(part), text.index(part) + len(part))


@pytest.fixture(scope="session")
def rule() -> Rule:
    example = Example("terraform", {"main.tf": MAIN}, Location("rule.yaml"))
    page = Page(
        why="Anyone who may mint a token for an account acts as that account.",
        fix="Grant the role on one account.",
        references=("https://cloud.google.com/iam/docs/service-account-permissions",),
        flags=(example,),
        passes=(example,),
    )
    return Rule(
        slug="blanket-token",
        family="screen",
        title="A principal can mint tokens for every service account",
        severity="high",
        message="{principal} can impersonate every service account in {resource}.",
        at=Location("rule.yaml"),
        read_page=lambda: page,
    )


@pytest.fixture(scope="session")
def find() -> Find:
    """``find(part="…", text=MAIN, principal=…, related=[(part, message)])``: a finding at a part of a text."""

    def find(part: str = '"roles/iam.serviceAccountTokenCreator"', text: str = MAIN, **given: Any) -> Finding:
        path = given.pop("path", "main.tf")
        given["related"] = tuple(
            Related(place(text, other, path), message) for other, message in given.get("related", ())
        )
        values: dict[str, Any] = {
            "rule": "blanket-token",
            "family": "screen",
            "severity": "high",
            "confidence": "high",
            "message": "user:ana@example.com can impersonate every service account in project shop.",
            "at": place(text, part, path),
            "address": "google_project_iam_member.ci",
            "principal": "user:ana@example.com",
            "role": "roles/iam.serviceAccountTokenCreator",
            "permissions": ("iam.serviceAccounts.getAccessToken",),
            "resource": Resource("project", "shop"),
        }
        return Finding(**{**values, **given})

    return find


@pytest.fixture(scope="session")
def build(rule: Rule) -> Build:
    """``build([findings], {"main.tf": text}, errors=…)``: a report on these texts."""

    def build(findings: list[Finding], texts: Mapping[str, str] | None = None, **given: Any) -> Report:
        sources = {path: SourceText(path, text) for path, text in (texts or {"main.tf": MAIN}).items()}
        return Report(
            version="0.1.0",
            catalog_date="2026-01-02",
            findings=tuple(sorted(findings, key=lambda finding: finding.order)),
            rules=(rule,),
            files=len(sources),
            texts=sources,
            **given,
        )

    return build
