"""The principals of an estate by name, and the sets that contain each one."""

from __future__ import annotations

import fnmatch
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from functools import cached_property

from iamlint.basics.frozen import frozen
from iamlint.estate import Estate, Node, identity, principal_node
from iamlint.estate.groups import Groups
from iamlint.facts import Attachment, Declaration, Grant, Group, Membership, Principal, PrincipalKind, ServiceAccount
from iamlint.pools import pool_in
from iamlint.principals import account_kind, is_of_builds, read_principal
from iamlint.unknown import shown

EVERYBODY = ("allAuthenticatedUsers", "allUsers")


@frozen
class Account:
    """A service account of the estate, and the declaration that its name belongs to."""

    email: str
    declared: Declaration


class Accounts(Mapping[str, Account]):
    """The service accounts of an estate by name.

    Most are named by their e-mail. Of these only the declarations are kept, a third of the memory of accounts.
    """

    def __init__(self) -> None:
        self._known: dict[str, Declaration | Account] = {}

    def add(self, name: str, email: str, declared: Declaration) -> None:
        """Add an account."""
        self._known[name] = declared if name == email else Account(email, declared)

    def __getitem__(self, name: str) -> Account:
        known = self._known[name]
        return known if isinstance(known, Account) else Account(name, known)

    @property
    def names(self) -> Set[str]:
        """The names, in which others are looked up faster than in the accounts themselves."""
        return self._known.keys()

    def each(self) -> Iterator[tuple[str, str, Declaration]]:
        """Yield the name, the e-mail and the declaration of each account."""
        for name, known in self._known.items():
            yield (name, known.email, known.declared) if isinstance(known, Account) else (name, name, known)

    def __contains__(self, name: object) -> bool:
        return name in self._known

    def __iter__(self) -> Iterator[str]:
        return iter(self._known)

    def __len__(self) -> int:
        return len(self._known)


class Names:
    """Every principal that the estate names, and the service accounts by container.

    A service account is named by its e-mail, or by a reference; any other principal as policies write it.
    """

    def __init__(self, estate: Estate) -> None:
        self._estate = estate
        self.accounts = Accounts()
        self._kinds: dict[str, PrincipalKind] = {}
        for name, email, declared in self._declared():
            self._account(name, email, declared)
        known = self.accounts.names
        for grant in estate.of(Grant):
            principal, resource = grant.principal, grant.resource
            if principal.unknown and principal_node(grant) is None:
                continue
            holder = principal.account if principal.text.startswith("serviceAccount:") else None
            if holder and holder not in known and principal.kind != "gke_workload":
                self._account(principal_node(grant), holder, grant.declared)
            if resource.kind == "service_account":
                self._account(identity(resource.name, grant.declared), shown(resource.name), grant.declared)
        for name, email, declared in self._attached():
            self._account(name, email, declared)
        self.groups: dict[str, dict[str, Membership]] = defaultdict(dict)
        self.members: dict[str, dict[str, Membership]] = defaultdict(dict)
        self._memberships = list(self._named_members(Groups(estate.of(Group), estate.of(Membership))))
        below: dict[Node, list[str]] = defaultdict(list)
        self._builds: dict[Node, list[str]] = defaultdict(list)
        for name, email, declared in self.accounts.each():
            if account_kind(email) != "service_agent":
                among = self._builds if is_of_builds(email) else below
                for node in estate.hierarchy.home(email, declared):
                    among[node].append(name)
        self._below: dict[Node, Sequence[str]] = {node: tuple(names) for node, names in below.items()}

    def _declared(self) -> Iterator[tuple[str | None, str, Declaration]]:
        for account in self._estate.of(ServiceAccount):
            yield identity(account.email, account.declared), shown(account.email), account.declared

    def _attached(self) -> Iterator[tuple[str | None, str, Declaration]]:
        for one in self._estate.of(Attachment):
            if one.account is not None:
                yield identity(one.account, one.declared), shown(one.account), one.declared

    def _account(self, name: str | None, email: str, declared: Declaration) -> None:
        if name and name not in self.accounts:
            self.accounts.add(name, email, declared)

    @cached_property
    def principals(self) -> dict[str, Principal | None]:
        """Every principal by name, as a grant spells it first; None without a grant. Most runs do not ask for them."""
        found: dict[str, Principal | None] = {name: None for name, *_ in self._declared() if name}
        for grant in self._estate.of(Grant):
            name, resource = principal_node(grant), grant.resource
            if name is None:
                continue
            found.setdefault(name, grant.principal)
            account = identity(resource.name, grant.declared) if resource.kind == "service_account" else None
            if account:
                found.setdefault(account)
        for account, *_ in self._attached():
            if account:
                found.setdefault(account)
        for member, group in self._memberships:
            for name in (*((member,) if member in self.accounts else ()), group, member):
                found.setdefault(name)
        for name in self.accounts:
            found.setdefault(name)
        return found

    def _named_members(self, groups: Groups) -> Iterator[tuple[str, str]]:
        """Yield the members of groups with their groups, and note these."""
        granted: set[str | None] | None = None
        for email, membership in groups:
            granted = set(map(principal_node, self._estate.of(Grant))) if granted is None else granted
            member, group = self._member(membership, groups.emails, granted), f"group:{email}"
            if member:
                granted |= {group, member}
                self.groups[member].setdefault(group, membership)
                self.members[group].setdefault(member, membership)
                yield member, group

    def _member(self, membership: Membership, groups: Set[str], principals: Set[str | None]) -> str | None:
        """Return the name of a member, which a membership has by e-mail: of an account, a group or a user."""
        name = identity(membership.member, membership.declared)
        if name is None or name in self.accounts:
            return name
        if not isinstance(membership.member, str):
            return None
        email = membership.member.lower()
        if email.endswith("gserviceaccount.com"):
            self._account(email, email, membership.declared)
            return email
        is_group = email in groups or f"group:{email}" in principals
        return f"group:{email}" if is_group else f"user:{email}"

    def all_groups_of(self, name: str) -> list[str]:
        """Return the groups that contain a principal, directly or through other groups."""
        found = dict.fromkeys(self.groups.get(name, ()))
        waiting = list(found)
        while waiting:
            for group in self.groups.get(waiting.pop(), ()):
                if group not in found and group != name:
                    found[group] = None
                    waiting.append(group)
        return list(found)

    def below(self, node: Node) -> Sequence[str]:
        """Return the known accounts of a project, folder or organization, without Google's own."""
        return self._below.get(node, ())

    def builds_below(self, node: Node) -> Sequence[str]:
        """Return the accounts that Cloud Build makes for projects in a container: code runs as them, and no more."""
        return self._builds.get(node, ())

    def is_agent(self, name: str) -> bool:
        """Whether an account is a service agent.

        Google keeps it in a project of its own: what is granted on the user's project gives no token or key of it.
        Source: https://docs.cloud.google.com/iam/docs/service-account-types#google-managed
        """
        return account_kind(self.accounts[name].email) == "service_agent"

    def is_of_builds(self, name: str) -> bool:
        """Whether an account is the legacy one of Cloud Build."""
        return is_of_builds(self.accounts[name].email)

    def matching(self, pattern: str) -> list[str]:
        """Return the principals that a glob, an e-mail or a full name means, in order.

        ``*`` and ``?`` are globs; brackets are plain letters, since names have them. A name without its prefix
        (``user:``, ``serviceAccount:``) matches any of them.
        """
        glob = fnmatch.translate(pattern.replace("[", "[[]"))
        found = re.compile(glob, re.IGNORECASE)
        return [name for name in self.principals if any(found.match(form) for form in _forms(name, self.accounts))]

    def label(self, name: str) -> str:
        """Return a principal as policies write it."""
        if name in self.accounts:
            return f"serviceAccount:{self.accounts[name].email}"
        if is_nobody(name):
            return "a principal that is not known"
        spelled = self.principals.get(name)
        return spelled.text if spelled else name

    def kind(self, name: str) -> PrincipalKind:
        """Return the kind of a principal."""
        if name not in self._kinds:
            spelled = self.principals.get(name)
            self._kinds[name] = spelled.kind if spelled else read_principal(self.label(name)).kind
        return self._kinds[name]

    def add_account(self, estate: Estate, email: str, declared: Declaration) -> str | None:
        """Add an account that is not in the input, but may have grants: by its project. Return its name."""
        name = identity(email, declared)
        if name and name not in self.accounts:
            self._account(name, email, declared)
            self.principals.setdefault(name)
            for node in () if self.is_agent(name) else estate.hierarchy.home(email, declared):
                if self.is_of_builds(name):
                    self._builds[node].append(name)
                    continue
                self._below[node] = (*self._below.get(node, ()), name)
        return name

    def sets_of(self, name: str) -> Iterator[str]:
        """Yield the sets that a principal certainly is in by its name alone: its domain, its pool, everybody.

        A group is in no domain: its members may be users of others, or accounts.
        """
        prefix, _, rest = name.partition(":")
        if prefix == "user":
            yield f"domain:{rest.rpartition('@')[2]}"
        pool = pool_in(name) if prefix in ("principal", "principalSet") else None
        if pool and "$" not in pool.name:
            yield f"principalSet://iam.googleapis.com/{pool.name}/*"
        if name not in EVERYBODY and prefix not in ("domain", "deleted"):
            if pool is None:
                yield "allAuthenticatedUsers"
            yield "allUsers"


def is_nobody(name: str) -> bool:
    """Whether a name is that of an unknown principal."""
    return name.startswith("nobody known, ")


def _forms(name: str, accounts: Mapping[str, Account]) -> Iterator[str]:
    yield name
    if ".svc.id.goog[" in name and ":" not in name:
        yield f"serviceAccount:{name}"
    if name in accounts:
        yield accounts[name].email
        yield f"serviceAccount:{accounts[name].email}"
    elif ":" in name and "//" not in name:
        yield name.partition(":")[2]


def names_of(estate: Estate) -> Names:
    """Return the names of an estate, kept with it."""
    return estate.made(Names)
