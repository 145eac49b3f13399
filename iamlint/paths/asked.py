"""Resolves globs, e-mails and full names from the user to principals and accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from iamlint.basics.lazy_regex import regex
from iamlint.documents.validation import nearest_of
from iamlint.facts import Declaration
from iamlint.location import COMMAND_LINE, Location
from iamlint.paths.answers import Start
from iamlint.paths.hops import Hops
from iamlint.principals import read_principal

_ASKED = Declaration(Location(COMMAND_LINE))
_FULL = regex(r"(?://iam\.googleapis\.com/)?projects/[^/]+/serviceAccounts/")
_MOST_MEANT = 3
"""Number of names that a hint proposes."""
_UNFIT = ("malformed", "unknown", "deleted", "convenience")


class NobodyError(ValueError):
    """Raised if a name means no principal; the message says so, ``hint`` what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def starts_of(hops: Hops, pattern: str) -> list[Start]:
    """Return the principals that a pattern means. Raises `NobodyError`.

    A principal that is not in the input, but is spelled in full, may be a member of a set in the input.
    """
    pattern = _FULL.sub("serviceAccount:", pattern.strip())
    found = hops.names.matching(pattern)
    if found:
        return [Start(name) for name in found]
    if not is_glob(pattern):
        email = pattern.partition(":")[2] if pattern.startswith("serviceAccount:") else pattern
        if _is_account(email):
            return [Start(name) for name in (hops.names.add_account(hops.estate, email.lower(), _ASKED),) if name]
        principal = read_principal(pattern if ":" in pattern else f"user:{pattern}")
        if principal.unknown is None and principal.kind not in _UNFIT and ("@" in pattern or ":" in pattern):
            return [Start(principal.text)]
    raise NobodyError(f"no principal of the input is `{pattern}`", _hint(pattern, hops.names.principals, hops))


def targets_of(hops: Hops, pattern: str) -> list[str]:
    """Return the accounts that a pattern means. Raises `NobodyError`.

    An account that is not in the input has a project, which may have grants.
    """
    pattern = _FULL.sub("", pattern.strip())
    found = [name for name in hops.names.matching(pattern) if name in hops.names.accounts]
    if found:
        return found
    email = pattern.removeprefix("serviceAccount:").lower()
    if not is_glob(pattern) and _is_account(email):
        name = hops.names.add_account(hops.estate, email, _ASKED)
        if name:
            return [name]
    raise NobodyError(f"no service account of the input is `{pattern}`", _hint(pattern, hops.names.accounts, hops))


def is_glob(pattern: str) -> bool:
    """Whether a pattern may mean several names."""
    return "*" in pattern or "?" in pattern


def _is_account(email: str) -> bool:
    return re.fullmatch(r"[^@\s:/*?]+@[^@\s:/*?]+\.gserviceaccount\.com", email, re.IGNORECASE) is not None


def _hint(pattern: str, names: Iterable[str], hops: Hops) -> str:
    labels = [hops.names.label(name).rpartition(":")[2] for name in names]
    wanted = pattern.rpartition(":")[2]
    without_domain = [f"`{label}`" for label in labels if label.partition("@")[0] == wanted][:_MOST_MEANT]
    if without_domain:
        return f"did you mean {' or '.join(without_domain)}?"
    near = nearest_of(wanted, labels) if len(labels) < 10_000 else ""
    return (
        near or "`iamlint facts` lists what was read; a name is an e-mail, a principal as policies write it, or a glob"
    )
