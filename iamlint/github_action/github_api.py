"""The three requests to GitHub's API that a comment needs.

Source: https://docs.github.com/en/rest/issues/comments and https://docs.github.com/en/rest/pulls/pulls
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.parse import quote, urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from iamlint.github_action.event import Event

_SECONDS = 20
_PER_PAGE, _MOST_PAGES = 100, 30
_LARGEST = 64 * 1024 * 1024


class ApiError(Exception):
    """A request that was not made, or that GitHub did not answer as asked. ``code`` is the status, 0 without one."""

    def __init__(self, reason: str, code: int = 0) -> None:
        super().__init__(reason)
        self.code = code


class _NoRedirects(HTTPRedirectHandler):
    """The token goes to one host only."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        """Follow nothing."""
        return


class Api:
    """The API for one repository."""

    def __init__(self, url: str, repository: str, token: str) -> None:
        self._top, self._token = f"{url.rstrip('/')}/repos/{repository}", token
        self._opener = build_opener(_NoRedirects)

    @classmethod
    def of(cls, environment: Mapping[str, str], repository: str) -> Api:
        """Return the API that the runner names. Raises `ApiError` without a token."""
        token, url = environment.get("IAMLINT_TOKEN", ""), environment.get("GITHUB_API_URL", "")
        parts = urlsplit(url)
        local = parts.scheme == "http" and parts.hostname in ("127.0.0.1", "localhost")
        if not (parts.scheme == "https" or local) or not repository:
            raise ApiError("the runner names no API of GitHub")
        if not token or not token.isprintable():
            raise ApiError("the input token is empty or not a token")
        return cls(url, repository, token)

    def pull_request(self, event: Event) -> int | None:
        """Return the open pull request whose head is the event's commit on the event's branch, if there is one."""
        if not (event.owner and event.branch and event.commit):
            return None
        head = quote(f"{event.owner}:{event.branch}", safe="")
        for found in self._pages(f"/pulls?state=open&head={head}"):
            if found.get("head", {}).get("sha") == event.commit and type(found.get("number")) is int:
                number: int = found["number"]
                return number
        return None

    def write_comment(self, number: int, marker: str, text: str, *, quiet: bool) -> str:
        """Create the comment with the marker, or update it; returns its address.

        Only a comment of a program counts: anybody could write one that begins with the marker. ``quiet`` says not to
        create one. Raises `ApiError`.
        """
        for found in self._pages(f"/issues/{number}/comments?"):
            by = found.get("user") or {}
            if by.get("type") == "Bot" and str(found.get("body", "")).startswith(marker):
                if found["body"] == text:
                    return str(found.get("html_url", ""))
                return self._written("PATCH", f"/issues/comments/{int(found['id'])}", text)
        return "" if quiet else self._written("POST", f"/issues/{number}/comments", text)

    def _written(self, method: str, path: str, text: str) -> str:
        answer = self._request(method, path, {"body": text})
        return str(answer.get("html_url", "")) if isinstance(answer, dict) else ""

    def _pages(self, path: str) -> Iterator[dict[str, Any]]:
        for page in range(1, _MOST_PAGES + 1):
            found = self._request("GET", f"{path}&per_page={_PER_PAGE}&page={page}".replace("?&", "?"))
            entries = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
            yield from entries
            if len(entries) < _PER_PAGE:
                return

    def _request(self, method: str, path: str, body: dict[str, str] | None = None) -> Any:
        request = Request(  # noqa: S310  # https, or this machine
            self._top + path,
            data=json.dumps(body).encode() if body else None,
            method=method,
            headers={
                "Authorization": f"Bearer {self._token}",
                "Accept": "application/vnd.github+json",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
                "User-Agent": "iamlint",
            },
        )
        try:
            with self._opener.open(request, timeout=_SECONDS) as answer:
                return json.loads(answer.read(_LARGEST))
        except HTTPError as error:
            raise ApiError(f"GitHub answers {error.code} ({error.reason})", error.code) from error
        except (URLError, OSError, ValueError) as error:
            raise ApiError(f"GitHub does not answer ({getattr(error, 'reason', error)})") from error
