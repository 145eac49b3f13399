"""The event of a workflow run, as GitHub's runner describes it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex

_COMMIT = regex(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REPOSITORY = regex(r"[\w.-]+/[\w.-]+")


@frozen
class Event:
    """What happened: the commit that is checked, and the pull request, if it is known.

    ``owner`` and ``branch`` are those of the pull request's head; a run after another workflow knows no more of it.
    Everything but ``repository`` and ``server`` may be chosen by the author of a pull request.
    """

    server: str
    repository: str
    commit: str = ""
    pull_request: int | None = None
    owner: str = ""
    branch: str = ""
    run: str = ""

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Event:
        """Return the event of this run. What is missing or malformed is empty."""
        document = _document(environment.get("GITHUB_EVENT_PATH", ""))
        server, repository = environment.get("GITHUB_SERVER_URL", ""), environment.get("GITHUB_REPOSITORY", "")
        if not server.startswith("https://") or not _REPOSITORY.fullmatch(repository):
            server = repository = ""
        pull_request, run = _part(document, "pull_request"), _part(document, "workflow_run")
        number = pull_request.get("number")
        commit = _part(pull_request, "head").get("sha") or run.get("head_sha") or environment.get("GITHUB_SHA", "")
        return cls(
            server,
            repository,
            commit if isinstance(commit, str) and _COMMIT.fullmatch(commit) else "",
            number if type(number) is int else None,
            str(_part(_part(run, "head_repository"), "owner").get("login", "")),
            str(run.get("head_branch", "")),
            str(run.get("id") or environment.get("GITHUB_RUN_ID", "")),
        )

    @property
    def source_url(self) -> str:
        """The address of the checked tree, which a path completes; empty if it is not known."""
        if not (self.server and self.commit):
            return ""
        return f"{self.server}/{self.repository}/blob/{self.commit}/"

    @property
    def run_url(self) -> str:
        """The address of the run's page; empty if it is not known."""
        return f"{self.server}/{self.repository}/actions/runs/{quote(self.run)}" if self.server and self.run else ""


def _document(path: str) -> dict[str, Any]:
    try:
        found = json.loads(Path(path).read_text(encoding="utf-8")) if path else {}
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _part(document: dict[str, Any], key: str) -> dict[str, Any]:
    found = document.get(key)
    return found if isinstance(found, dict) else {}
