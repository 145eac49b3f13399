"""Whether the token of a machine has an OAuth scope that the IAM Service Account Credentials API accepts."""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.basics.frozen import frozen
from iamlint.facts import Attachment
from iamlint.location import Location
from iamlint.unknown import Truth, Unknown

_SCOPE = "https://www.googleapis.com/auth/"
ENOUGH = frozenset({f"{_SCOPE}cloud-platform", f"{_SCOPE}iam"})
"""The scopes that reach the IAM Service Account Credentials API. Source:
https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken"""
_ALIASES: Mapping[str, str] = {"cloud-platform": f"{_SCOPE}cloud-platform"}


@frozen
class Scopes:
    """Whether the scopes of a machine's token are enough, why, and where that is written.

    ``missing`` is what the input does not show; "" if it shows the scopes.
    """

    truth: Truth
    reason: str
    at: Location
    missing: str = ""


def scopes_of(machine: Attachment, who: str) -> Scopes:
    """Return whether the token of a machine, which a reader calls ``who``, reaches the API."""
    at = machine.place.at
    if isinstance(machine.scopes, Unknown):
        why = machine.scopes.reason
        return Scopes(Truth.UNKNOWN, f"the scopes of {who} are not known: {why}", at, why)
    listed = machine.scopes or ()
    known = {_full(text) for text, _ in listed if isinstance(text, str)}
    if known & ENOUGH:
        return Scopes(Truth.TRUE, "the token has the scope cloud-platform or iam", at)
    open_ = next((text for text, _ in listed if isinstance(text, Unknown)), None)
    if open_ is not None:
        return Scopes(Truth.UNKNOWN, f"one of the scopes is not known: {open_.reason}", at, open_.reason)
    at = listed[0][1].at if listed else at
    told = ", ".join(sorted(known)) or "none"
    reason = f"the token of {who} has neither the scope cloud-platform nor iam (it has: {told})"
    return Scopes(Truth.FALSE, reason, at)


def _full(scope: str) -> str:
    return scope if scope.startswith("https://") else _ALIASES.get(scope, f"{_SCOPE}{scope}")
