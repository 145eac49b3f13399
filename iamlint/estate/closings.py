"""What closes a grant: boundaries first, then deny policies, then accounts that are disabled and organization policies.

Source: "Policy types", https://cloud.google.com/iam/docs/policy-types
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator
from datetime import date
from functools import cached_property
from typing import Protocol, TypeVar

from iamlint.estate.bounding import bounded
from iamlint.estate.covering import denied_form, only_scope, told_at_once, within
from iamlint.estate.denying import Rule, denies, lists, rule
from iamlint.estate.hierarchy import CONTAINERS, Hierarchy
from iamlint.estate.names import identity, is_there, principal_node, scope
from iamlint.facts import Boundary, BoundaryBinding, Denial, Fact, Grant, OrgPolicy, Place, ServiceAccount
from iamlint.location import Location
from iamlint.unknown import Truth, Unknown, shown
from iamlint.verdict import FALSE, TRUE, Verdict, distinct

_OF_ACCOUNTS = ("iam.serviceAccounts.", "iam.serviceAccountKeys.")
_REVIVES = "iam.serviceAccounts.enable"
_NO_NEW_KEYS = (
    ("iam.disableServiceAccountKeyCreation", "iam.managed.disableServiceAccountKeyCreation"),
    ("iam.disableServiceAccountKeyUpload", "iam.managed.disableServiceAccountKeyUpload"),
)
"""The constraints of which one each must hold for no new key: whoever may create keys may also upload them. Source:
https://cloud.google.com/resource-manager/docs/organization-policy/restricting-service-accounts"""

Kind = TypeVar("Kind", bound=Fact)
Permissions = Callable[[Grant], frozenset[str]]
"""The permissions that the role of a grant certainly has."""
_Found = tuple[Verdict, str, Fact | None]
"""Whether a grant is closed, what by, and the fact that does it."""


class Of(Protocol):
    """All facts of a kind."""

    def __call__(self, kind: type[Kind], /) -> tuple[Kind, ...]:
        """Ordered by where they are declared."""


class _Asked:
    """The denials that may name one permission at one place, by the principals that they plainly name."""

    def __init__(self, rules: list[Rule]) -> None:
        self._all = rules
        self._sets = [one for one in rules if one.denied.others or one.denied.unknown]

    @cached_property
    def _plain(self) -> dict[str, list[Rule]]:
        found: dict[str, list[Rule]] = defaultdict(list)
        for one in self._all:
            for principal in one.denied.plain:
                found[principal].append(one)
        return found

    def about(self, grant: Grant) -> list[Rule]:
        """Those that may name the holder of a grant; those that name it plainly first."""
        form = denied_form(grant)
        if not told_at_once(form):
            return self._all
        named = self._plain.get(form, []) if isinstance(form, str) else []
        return [*named, *(one for one in self._sets if one not in named)] if named else self._sets


class Closings:
    """What may close the grants of an estate. One that has nothing of the kind costs nothing."""

    def __init__(self, of: Of, hierarchy: Hierarchy, as_of: date, held: Permissions) -> None:
        self._hierarchy, self._as_of, self._held = hierarchy, as_of, held
        self._denials = [rule(denial, hierarchy) for denial in of(Denial)]
        self._scopes = {one.only_in for one in self._denials if one.only_in}
        self._at: dict[Hashable, list[Rule]] = {}
        self._for: dict[Hashable, _Asked] = {}
        self._alike: dict[tuple[int, ...], _Asked] = {}
        policies = {identity(policy.name, policy.declared): policy for policy in reversed(of(Boundary))}
        self._bindings = [
            (binding, policies.get(identity(binding.policy, binding.declared)) or _not_there(binding))
            for binding in of(BoundaryBinding)
        ]
        self._disabled = {
            name: account
            for account in reversed(of(ServiceAccount))
            if account.disabled is not False and (name := identity(account.email, account.declared))
        }
        wanted = {name for names in _NO_NEW_KEYS for name in names}
        self._policies = [
            (policy, hierarchy.node(policy.resource, policy.declared))
            for policy in of(OrgPolicy)
            if policy.constraint in wanted
        ]
        self._any = bool(self._denials or self._bindings or self._disabled or self._policies)

    def __bool__(self) -> bool:
        """Whether the input has anything that may close a grant."""
        return self._any

    def opened(self, grant: Grant, permissions: Iterable[str]) -> Verdict:
        """Whether one of the permissions of a grant is open to its holder, with those that are.

        False where all of them are certainly closed, with what closes them as the reasons.
        """
        permissions = tuple(permissions)
        if not self._any or not permissions:
            return Verdict(Truth.TRUE, (), permissions)
        open_: list[str] = []
        perhaps: list[str] = []
        closed: list[str] = []
        doubts: list[str] = []
        facts: list[Fact] = []
        for permission in permissions:
            verdict = self.closed(grant, permission)
            facts += verdict.facts
            match verdict.truth:
                case Truth.FALSE:
                    open_.append(permission)
                case Truth.UNKNOWN:
                    perhaps.append(permission)
                    doubts += verdict.reasons
                case Truth.TRUE:
                    closed += verdict.reasons
        if open_:
            return Verdict(Truth.TRUE, (), tuple(open_))
        by = tuple(dict.fromkeys(facts))
        if perhaps:
            return Verdict(Truth.UNKNOWN, distinct(doubts), tuple(perhaps), by)
        return Verdict(Truth.FALSE, distinct(closed), (), by)

    def closed(self, grant: Grant, permission: str) -> Verdict:
        """Whether a permission of a grant is closed to its holder, with the reasons for what is or may be so."""
        perhaps: list[_Found] = []
        for verdict, by, fact in self._closing(grant, permission):
            if fact:
                verdict &= is_there(fact.declared)  # noqa: PLW2901  # the same answer, with what else it depends on
            if verdict.truth is Truth.TRUE:
                return Verdict(Truth.TRUE, (f"closed by {by}",), (permission,), (fact,) if fact else ())
            if verdict.truth is Truth.UNKNOWN:
                perhaps.append((verdict, by, fact))
        if not perhaps:
            return FALSE
        reasons = [
            f"{by} may close it" + (f": {'; '.join(verdict.reasons)}" if verdict.reasons else "")
            for verdict, by, _ in perhaps
        ]
        return Verdict(Truth.UNKNOWN, distinct(reasons), (permission,), tuple(fact for *_, fact in perhaps if fact))

    def _closing(self, grant: Grant, permission: str) -> Iterator[_Found]:
        if self._bindings:
            verdict, boundary = bounded(self._bindings, grant, permission, self._hierarchy, self._as_of)
            if boundary:
                yield verdict, f"the boundary policy at {_at(boundary.place.at)}", boundary
        for denial in self._denials_of(permission, grant):
            verdict = denies(denial, grant, permission, self._hierarchy, self._as_of)
            if verdict.truth is not Truth.FALSE:
                yield verdict, f"the deny policy at {_at(_place(denial.denial))}", denial.denial
        if self._disabled:
            yield from self._by_state(grant, permission)
        if self._policies and permission == "iam.serviceAccountKeys.create":
            yield self._without_keys(grant)

    def _denials_of(self, permission: str, grant: Grant) -> list[Rule]:
        """The denials that may name a permission and the holder of a grant, where it is made.

        They are sorted out once for each place and permission: an estate may have thousands of both.
        """
        if not self._denials:
            return []
        chain = self._hierarchy.above(grant.resource, grant.declared)
        inner = bool(chain) and chain[0][0] not in CONTAINERS
        here = scope(grant.declared) if self._scopes else ""
        place = (here if here in self._scopes else "", inner, chain[1:] if inner else chain)
        if place not in self._at:
            counting = (one for one in self._denials if one.only_in in ("", here))
            self._at[place] = [one for one in counting if within(chain, one.node) is not Truth.FALSE]
        if (place, permission) not in self._for:
            there = [(one, lists(one.denial.denied_permissions, permission)) for one in self._at[place]]
            rules = [one for one, named in there if named.truth is not Truth.FALSE]
            # Most places lie below the same policies: what these come to is sorted out once, not for each of them.
            self._for[place, permission] = self._alike.setdefault(tuple(map(id, rules)), _Asked(rules))
        return self._for[place, permission].about(grant)

    # -- accounts that are disabled ---------------------------------------------------------------------------------

    def _by_state(self, grant: Grant, permission: str) -> Iterator[_Found]:
        holder = self._disabled.get(principal_node(grant) or "")
        if holder:
            yield _disabled(holder), f"the account {_name(holder)}, which is disabled", holder
        if grant.resource.kind != "service_account" or not permission.startswith(_OF_ACCOUNTS):
            return
        target = self._disabled.get(identity(grant.resource.name, grant.declared) or "")
        if target and _REVIVES not in self._held(grant):
            yield _disabled(target), f"the account {_name(target)}, which is disabled", target

    # -- keys -------------------------------------------------------------------------------------------------------

    def _without_keys(self, grant: Grant) -> _Found:
        """Whether organization policies let nobody create or upload keys on the grant's resource."""
        verdict, first = TRUE, None
        for names in _NO_NEW_KEYS:
            enforced = FALSE
            for name in names:
                found, policy = self._enforced(name, grant)
                enforced |= found
                first = first or policy
            verdict &= enforced
        at = _at(first.place.at) if first else ""
        return verdict, f"the organization policy at {at}", first

    def _enforced(self, constraint: str, grant: Grant) -> tuple[Verdict, OrgPolicy | None]:
        """Whether a constraint is enforced where a grant is: the nearest policy decides."""
        chain = self._hierarchy.above(grant.resource, grant.declared)
        set_ = [(policy, node) for policy, node in self._policies if policy.constraint == constraint]
        by_node = {node: policy for policy, node in reversed(set_)}
        for node in chain:
            policy = by_node.get(node)
            if policy and not policy.reset:
                match policy.enforced:
                    case Unknown(reason):
                        return Verdict.of(Truth.UNKNOWN, f"it is not known whether it is enforced: {reason}"), policy
                    case enforced:
                        return Verdict(Truth.of(bool(enforced))), policy
        for policy, place in set_:
            if only_scope(place, policy.declared) not in ("", scope(grant.declared)):
                continue
            if policy.enforced is not False and not policy.reset and within(chain, place) is Truth.UNKNOWN:
                reason = f"the input does not show whether the grant's resource is in {policy.resource}"
                return Verdict.of(Truth.UNKNOWN, reason), policy
        return FALSE, None


def _not_there(binding: BoundaryBinding) -> Boundary:
    """What stands for a boundary policy that the input binds and does not have."""
    why = Unknown("the input does not have the policy")
    return Boundary(binding.policy, binding.declared, Place(binding.declared.at), why, why)


def _disabled(account: ServiceAccount) -> Verdict:
    if isinstance(account.disabled, Unknown):
        return Verdict.of(Truth.UNKNOWN, f"it is not known whether it is disabled: {account.disabled.reason}")
    return TRUE


def _name(account: ServiceAccount) -> str:
    return shown(account.email)


def _place(denial: Denial) -> Location:
    return denial.place.at if denial.place else denial.declared.at


def _at(at: Location) -> str:
    return f"{at.path}:{at.line}"
