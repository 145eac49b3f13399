"""Resolves globs, e-mails and full names from the user to principals and accounts."""

from __future__ import annotations

import re
from collections.abc import Iterable

from iamlint.basics.lazy_regex import regex
from iamlint.documents.validation import nearest_of
from iamlint.estate import identity
from iamlint.facts import Declaration, ServiceAccount
from iamlint.location import COMMAND_LINE, Location
from iamlint.logic.globs import is_glob
from iamlint.paths.answers import Start
from iamlint.paths.hops import Hops
from iamlint.paths.names import EVERYBODY
from iamlint.principals import read_principal

_ASKED = Declaration(Location(COMMAND_LINE))
_FULL = regex(r"(?://iam\.googleapis\.com/)?projects/[^/]+/serviceAccounts/")
_ATTRIBUTE = regex(r"\.(?:email|name|id|member|unique_id|account_id)\Z")
_ADDRESS = regex(r"(?:module\.|data\.)?[\w-]+(?:\[[^\]]*\])?\.[\w.\[\]\"-]+\Z")
_REPOSITORY = regex(r"[\w.-]+/[\w.-]+\Z")
_OF_ACCOUNTS = ".iam.gserviceaccount.com"
_MOST_MEANT = 3
"""Number of names that a hint proposes."""
_MANY = 10_000
"""Number of names from which on no similar one is looked for."""
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
    found = hops.names.matching(pattern) or _declared_as(hops, pattern)
    if found:
        return [Start(name) for name in found]
    if not is_glob(pattern):
        email = pattern.partition(":")[2] if pattern.startswith("serviceAccount:") else pattern
        if _is_account(email):
            return [Start(name) for name in (hops.names.add_account(hops.estate, email.lower(), _ASKED),) if name]
        is_full = ":" in pattern or pattern in EVERYBODY
        principal = read_principal(pattern if is_full else f"user:{pattern}")
        if principal.unknown is None and principal.kind not in _UNFIT and (is_full or "@" in pattern):
            return [Start(principal.text)]
    raise NobodyError(f"no principal of the input is `{pattern}`", _hint(pattern, hops.names.principals, hops))


def targets_of(hops: Hops, pattern: str) -> list[str]:
    """Return the accounts that a pattern means. Raises `NobodyError`.

    An account that is not in the input has a project, which may have grants.
    """
    pattern = _FULL.sub("", pattern.strip())
    found = [name for name in hops.names.matching(pattern) if name in hops.names.accounts]
    found = found or _declared_as(hops, pattern)
    if found:
        return found
    email = pattern.removeprefix("serviceAccount:").lower()
    if not is_glob(pattern) and _is_account(email):
        name = hops.names.add_account(hops.estate, email, _ASKED)
        if name:
            return [name]
    if "@" in pattern and not is_glob(pattern) and hops.names.matching(pattern):
        raise NobodyError(f"`{pattern}` is no service account", f"`iamlint reach {pattern}` shows what it can become")
    raise NobodyError(f"no service account of the input is `{pattern}`", _hint(pattern, hops.names.accounts, hops))


def _declared_as(hops: Hops, name: str) -> list[str]:
    """Return the accounts that are declared under a Terraform address, or that have a unique id.

    An address may leave out its modules and have an attribute: ``google_service_account.ci.email``.
    """
    address = _ATTRIBUTE.sub("", name)
    alike: dict[str, bool] = {}
    for one in hops.estate.of(ServiceAccount):
        its = one.declared.address or ""
        if its == address or one.unique_id == name or (_ADDRESS.match(address) and its.endswith(f".{address}")):
            key = identity(one.email, one.declared)
            if key:
                alike[key] = alike.get(key, False) or its == address
    return [key for key, exact in alike.items() if exact] or list(alike)


def _is_account(email: str) -> bool:
    return re.fullmatch(r"[^@\s:/*?]+@[^@\s:/*?]+\.gserviceaccount\.com", email, re.IGNORECASE) is not None


def nearest_name(pattern: str, names: Iterable[str], hops: Hops) -> str:
    """Return a question for the name that is meant; "" if none is alike, or there are very many."""
    labels = [hops.names.label(name).rpartition(":")[2] for name in names]
    wanted = pattern.rpartition(":")[2]
    local, at, domain = wanted.partition("@")
    if len(labels) >= _MANY:
        return ""
    if not at:
        return nearest_of(wanted, labels)
    there = [label.partition("@")[0] for label in labels if label.endswith(f"@{domain}")]
    near = nearest_of(local, there)
    if near:
        return near.replace("`?", f"@{domain}`?")
    elsewhere = next((label for label in labels if label.startswith(f"{local}@")), "")
    return f"did you mean `{elsewhere}`?" if elsewhere else ""


def _hint(pattern: str, names: Iterable[str], hops: Hops) -> str:
    return meant_by(pattern, names, hops) or (
        "`iamlint facts` lists what was read; a name is an e-mail, a principal as policies write it, a Terraform "
        "address, or a glob"
    )


def meant_by(pattern: str, names: Iterable[str], hops: Hops) -> str:
    """Return a question for what a name may mean among the names of the input; "" without an idea."""
    names = list(names)
    labels = [hops.names.label(name).rpartition(":")[2] for name in names]
    wanted = pattern.rpartition(":")[2]
    meant = [label for label in labels if label.partition("@")[0] == wanted]
    meant += (email for email in _labelled(hops, wanted) if email not in meant)
    if any(label.partition("@")[2].partition(".")[0] == wanted for label in labels if label.endswith(_OF_ACCOUNTS)):
        meant.append(f"*@{wanted}{_OF_ACCOUNTS}")
    if _REPOSITORY.match(pattern):
        meant += (f"github:{pattern}", f"gitlab:{pattern}")
    if meant:
        return f"did you mean {' or '.join(f'`{label}`' for label in meant[:_MOST_MEANT])}?"
    return nearest_name(pattern, names, hops)


def _labelled(hops: Hops, label: str) -> list[str]:
    """Return the e-mails of the accounts whose resource in Terraform has a label."""
    accounts = hops.estate.of(ServiceAccount)
    found = [one.email for one in accounts if (one.declared.address or "").partition("[")[0].endswith(f".{label}")]
    return [email for email in dict.fromkeys(found) if isinstance(email, str)]
