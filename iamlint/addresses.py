"""Where iamlint lives on the web: the one place that says it; ``bench/release.py`` keeps the documents in step."""

from __future__ import annotations

REPOSITORY = "https://github.com/iamlint/iamlint"
PUBLISHED = False
"""Whether there is a release; without one the next two are placeholders."""
ACTION = "iamlint/iamlint@REVISION"
"""The action, pinned by the commit of the last release."""
TAG = "REVISION"
"""The tag of the last release, for the hook."""


def page_address(page: str) -> str:
    """Return the address of a page of the documentation, by its path without ``.md``."""
    return f"{REPOSITORY}/blob/main/docs/{page}.md"


def rule_address(rule: str) -> str:
    """Return the page of a built-in rule, by ``family/slug``."""
    return page_address(f"rules/{rule}")
