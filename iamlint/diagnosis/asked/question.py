"""The question for `iamlint diagnose`: the caller, the account and the method."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from iamlint.basics.frozen import frozen
from iamlint.diagnosis.asked.caller import Caller

METHODS: Mapping[str, str] = {
    "generateAccessToken": "iam.serviceAccounts.getAccessToken",
    "generateIdToken": "iam.serviceAccounts.getOpenIdToken",
    "signBlob": "iam.serviceAccounts.signBlob",
    "signJwt": "iam.serviceAccounts.signJwt",
    "actAs": "iam.serviceAccounts.actAs",
}
"""The methods and the permission that each needs on the target. Source:
https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts"""
DELEGATE = "iam.serviceAccounts.implicitDelegation"
"""The permission that each hop to a delegate needs."""
CREDENTIALS_METHODS = frozenset(METHODS) - {"actAs"}
"""The methods of the IAM Service Account Credentials API."""


@frozen
class Question:
    """One call that fails, or may fail.

    ``target`` is an e-mail or unique id; None if only the rights on ``on`` are asked about. ``method`` is one of
    `METHODS`, or the permission itself. ``lifetime`` is in seconds. ``on`` is a resource: what is deployed (actAs), or
    what ``right`` is needed on. ``right`` is a permission that the target needs on it. ``assumed`` is what was
    taken to be so and is not in the input.
    """

    caller: Caller
    target: str | None
    method: str
    as_of: date
    delegates: tuple[str, ...] = ()
    provider: str | None = None
    lifetime: int | None = None
    on: str | None = None
    right: str | None = None
    assumed: tuple[str, ...] = ()

    @property
    def permission(self) -> str:
        """The permission that the caller, or the last delegate, needs on the target."""
        return METHODS.get(self.method, self.method)


def seconds_of(text: str) -> int | None:
    """Return a lifetime such as ``3600s`` or ``3600`` in seconds; None for any other text."""
    number = text.strip().removesuffix("s")
    return int(number) if number.isdecimal() and len(number) < 10 else None
