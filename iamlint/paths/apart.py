"""Members of groups that a deny policy, a boundary or their state may concern, but not their groups."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamlint.access.asking import access_of
from iamlint.estate import Estate, identity
from iamlint.estate.deny_forms import GROUP, denied_principal
from iamlint.facts import BoundaryBinding, Denial, ServiceAccount
from iamlint.paths.names import Names
from iamlint.unknown import Unknown

_SETS_OF_ACCOUNTS = "principalSet://cloudresourcemanager."


def members_apart(estate: Estate, names: Names) -> Iterable[str]:
    """Yield the declared members of groups that a blocker may treat in another way than the whole group.

    A rule that denies a user says nothing about a group with this user, and a group may act if a member is disabled.
    """
    if not names.groups or not access_of(estate).any_blocker:
        return
    named = set(_named(estate))
    of_accounts = bool(estate.of(BoundaryBinding)) or any(one.startswith(_SETS_OF_ACCOUNTS) for one in named)
    off = (one for one in estate.of(ServiceAccount) if one.disabled is not False)
    disabled = {identity(one.email, one.declared) for one in off}
    for member in names.groups:
        is_account = member in names.accounts
        if member in disabled or (of_accounts and is_account) or denied_principal(names.label(member)) in named:
            yield member


def _named(estate: Estate) -> Iterator[str]:
    """Yield the principals that deny rules deny or except, without groups."""
    for denial in estate.of(Denial):
        for listed in (denial.denied_principals, denial.exception_principals):
            texts = () if isinstance(listed, Unknown) else listed
            yield from (one for one in texts if isinstance(one, str) and not one.startswith(GROUP))
