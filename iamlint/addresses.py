"""Where iamlint lives on the web: the one place that says it; ``bench/release.py`` keeps the documents in step."""

from __future__ import annotations

REPOSITORY = "https://github.com/iamlint/iamlint"


def rule_address(rule: str) -> str:
    """Return the page of a built-in rule, by ``family/slug``."""
    return f"{REPOSITORY}/blob/main/docs/rules/{rule}.md"
