"""The step that comments on a pull request: one comment, which each run updates.

The text is made from the JSON reports of the check, here and not before: a pull request from a fork makes them in a job
without rights, and a second workflow, which has the right to comment, reads them as data. So whatever a fork writes
into them, nothing of it is a mention, a link or markup, and the pull request is found by its commit, not by their word.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from iamlint.addresses import page_address
from iamlint.github_action.comment_text import comment, marker
from iamlint.github_action.event import Event
from iamlint.github_action.github_api import Api, ApiError
from iamlint.github_action.inputs import BadInput, one
from iamlint.github_action.outputs import write_outputs
from iamlint.github_action.run import COMPARISON, REPORT
from iamlint.reporters.github import command

LARGEST = 32 * 1024 * 1024
"""Maximum size of a report in bytes."""
_DENIED = (401, 403, 404)
_RIGHT = "the job needs the permission pull-requests: write"
_FORKS = f"a pull request from a fork needs the second workflow of {page_address('in-ci')}"


def post(environment: Mapping[str, str]) -> int:
    """Create or update the comment; returns 0 also where that is not allowed, since the check has its own result.

    Raises `BadInput` if the reports of another workflow cannot be used.
    """
    given = one(environment, "COMMENT_FROM")
    directory = Path(given or one(environment, "COMMENT_DATA") or "")
    event = Event.of(environment)
    report = _read(directory / REPORT)
    if report is None:
        if given:
            raise BadInput(f"comment-from: {given} has no usable {REPORT}")
        return 0
    compared = _read(directory / COMPARISON)
    try:
        api = Api.of(environment, event.repository)
        number = event.pull_request or api.pull_request(event)
        if number is None:
            print("comment: this run belongs to no open pull request at its last commit", file=sys.stderr)
            return 0
        text = comment(report, compared, event, one(environment, "CATEGORY") or "iamlint")
        url = api.write_comment(number, marker(one(environment, "CATEGORY") or "iamlint"), text, quiet=_clean(report))
    except ApiError as refused:
        hint = "" if refused.code not in _DENIED else _RIGHT if given else f"{_RIGHT}; {_FORKS}"
        text = f"the comment was not written: {refused}{f' ({hint})' if hint else ''}"
        print(command("warning", {}, "iamlint", text))
        return 0
    write_outputs(environment, {"comment-url": url})
    return 0


def _clean(report: dict[str, Any]) -> bool:
    return not report.get("findings") and not report.get("errors")


def _read(path: Path) -> dict[str, Any] | None:
    """Return a report; None if it is missing, too large or something else."""
    try:
        if path.is_symlink() or path.stat().st_size > LARGEST:
            return None
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None
