"""Members of groups and other sets that a deny policy, a boundary or their state may concern, but not their sets."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from itertools import chain

from iamlint.access.asking import access_of
from iamlint.estate import Estate, identity
from iamlint.estate.deny_forms import GROUP, SUBJECT, denied_principal
from iamlint.facts import BoundaryBinding, Denial, ServiceAccount
from iamlint.paths.names import EVERYBODY, Names
from iamlint.unknown import Unknown

_SETS_OF_ACCOUNTS = "principalSet://cloudresourcemanager."


def members_apart(estate: Estate, names: Names, holders: Collection[str]) -> Iterable[str]:
    """Yield the members of groups, and of sets that hold something, that a blocker may treat in another way than these.

    A rule that denies a user says nothing about a group with this user, and a group may act if a member is disabled.
    The same holds for a domain, a pool and everybody. A rule that names a group may concern any user or account.
    """
    if not access_of(estate).any_blocker:
        return
    named, groups = set[str](), set[str]()
    for one in _named(estate):
        (groups if one.startswith(GROUP) else named).add(one)
    of_accounts = bool(estate.of(BoundaryBinding)) or any(one.startswith(_SETS_OF_ACCOUNTS) for one in named)
    off = (one for one in estate.of(ServiceAccount) if one.disabled is not False)
    disabled = {identity(one.email, one.declared) for one in off}
    if not (named or groups or of_accounts or disabled):
        return
    for member in members_of_sets(names, holders, named):
        is_account = member in names.accounts
        may_be_in_group = bool(groups) and (is_account or member.startswith("user:"))
        if (
            member in disabled
            or (of_accounts and is_account)
            or may_be_in_group
            or denied_principal(names.label(member)) in named
        ):
            yield member


def members_of_sets(names: Names, holders: Collection[str], named: Iterable[str] = ()) -> Iterable[str]:
    """Return the members of groups, and the principals that are by their names in a set that holds something.

    ``named`` are further principals, in the form of deny policies.
    """
    wide = {one for one in holders if one in EVERYBODY or one.startswith("domain:") or one.endswith("/*")}
    if not wide:
        return names.groups
    users = (f"user:{one.removeprefix(SUBJECT)}" for one in named if one.startswith(SUBJECT))
    by_name = (one for one in chain(names.principals, users) if not wide.isdisjoint(names.sets_of(one)))
    return dict.fromkeys((*names.groups, *by_name))


def _named(estate: Estate) -> Iterator[str]:
    """Yield the principals that deny rules deny or except."""
    for denial in estate.of(Denial):
        for listed in (denial.denied_principals, denial.exception_principals):
            texts = () if isinstance(listed, Unknown) else listed
            yield from (one for one in texts if isinstance(one, str))
