"""Methods that an organization policy forbids, whatever is granted.

Source: https://cloud.google.com/resource-manager/docs/organization-policy/restricting-service-accounts
"""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.estate import Estate
from iamlint.estate.blockers import NO_CREATED_KEYS, NO_UPLOADED_KEYS
from iamlint.facts import Grant
from iamlint.logic.verdict import Verdict
from iamlint.methods.model import Method
from iamlint.unknown import Truth

_FORBIDDEN: Mapping[str, tuple[str, ...]] = {
    "sa-create-key": NO_CREATED_KEYS,
    "sa-upload-public-key": NO_UPLOADED_KEYS,
}
"""The constraints that forbid a method, where another one with the same permission may be open."""


def may_be_forbidden(method: Method) -> bool:
    """Whether an organization policy can forbid a method."""
    return method.id in _FORBIDDEN


def why_forbidden(method: Method, grant: Grant, estate: Estate) -> Verdict | None:
    """Return FALSE if an organization policy forbids a method where a grant is, UNKNOWN if it may, with what does."""
    found = estate.blockers.forbids(_FORBIDDEN[method.id], grant) if method.id in _FORBIDDEN else None
    if found is None:
        return None
    if found.verdict.truth is Truth.TRUE:
        return Verdict(Truth.FALSE, (f"blocked by {found.by}",))
    return Verdict(Truth.UNKNOWN, (f"{found.by} may block it", *found.verdict.reasons))
