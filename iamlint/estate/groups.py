"""The members of groups, as far as the input shows them; it never shows that a group has no others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from iamlint.estate.names import identity
from iamlint.facts import Group, Membership
from iamlint.unknown import shown


class Groups:
    """The members of groups by e-mail, also through groups in groups. Owners and managers are members, too."""

    def __init__(self, groups: Iterable[Group], memberships: Iterable[Membership]) -> None:
        self.emails: set[str] = set()
        names: dict[str, str] = {}
        for group in groups:
            email = shown(group.email).lower()
            names[email] = email
            self.emails.add(email)
            address = group.declared.address
            for name in (group.name, *(f"${{{address}.{one}}}" for one in ("id", "name", "group_id") if address)):
                key = identity(name, group.declared) if name else None
                if key:
                    names[key] = email
        self._known: list[tuple[str, Membership]] = []
        self._in: dict[str, set[str]] = defaultdict(set)
        for one in memberships:
            key = identity(one.group, one.declared) or ""
            text = shown(one.group).lower()
            outer = names.get(key) or names.get(text) or (text if "@" in text else "")
            if outer:
                self._known.append((outer, one))
            if outer and isinstance(one.member, str):
                self._in[one.member.lower()].add(outer)

    def __iter__(self) -> Iterator[tuple[str, Membership]]:
        """Yield the memberships, each with the e-mail of its group."""
        return iter(self._known)

    def has(self, group: str, member: str) -> bool:
        """Whether a member, by e-mail, is certainly in a group, by e-mail: directly or through other groups."""
        seen: set[str] = set()
        waiting = [member.lower()]
        while waiting:
            for outer in self._in.get(waiting.pop(), ()):
                if outer == group.lower():
                    return True
                if outer not in seen:
                    seen.add(outer)
                    waiting.append(outer)
        return False
