"""Finds what may block a grant: boundaries, deny policies, disabled accounts, organization policies.

`iamlint.access` decides with them; this module finds the candidates for a grant, at a bounded cost.

Source: "Policy types", https://cloud.google.com/iam/docs/policy-types
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import date
from functools import cached_property
from typing import Literal, TypeVar

from iamlint.basics.frozen import frozen
from iamlint.budget import Budget, Exhausted
from iamlint.estate.access_boundary import Boundaries, bound_by
from iamlint.estate.deny_policy import Rule, denies, other_blocks, rule
from iamlint.estate.disabled_accounts import DisabledAccounts
from iamlint.estate.groups import Groups
from iamlint.estate.hierarchy import CONTAINERS, Hierarchy, Node
from iamlint.estate.membership import decided_by_lookup, denied_form, only_scope, within
from iamlint.estate.names import identity, in_force, principal_node, scope
from iamlint.estate.public_access import PublicAccess
from iamlint.estate.tags import Of, Tags
from iamlint.facts import (
    Boundary,
    BoundaryBinding,
    Declaration,
    Denial,
    Fact,
    Grant,
    Group,
    Membership,
    OrgPolicy,
    Resource,
    ServiceAccount,
    Text,
)
from iamlint.location import Location, Unreadable
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.principals import project_of
from iamlint.provenance import configuration
from iamlint.unknown import Truth, Unknown, shown

_OF_ACCOUNTS = ("iam.serviceAccounts.", "iam.serviceAccountKeys.")
STEPS = 1_000_000
"""Maximum number of comparisons of a policy with a grant, a few seconds; after that the answer is unknown."""
STEPS_A_GRANT = 20
"""Additional pairs for each grant."""
TOO_MANY = "there are more deny policies, boundaries and grants than iamlint compares"
ENABLE = "iam.serviceAccounts.enable"
_NEW_KEY = "iam.serviceAccountKeys.create"
NO_CREATED_KEYS = ("iam.disableServiceAccountKeyCreation", "iam.managed.disableServiceAccountKeyCreation")
NO_UPLOADED_KEYS = ("iam.disableServiceAccountKeyUpload", "iam.managed.disableServiceAccountKeyUpload")
_NO_NEW_KEYS = (NO_CREATED_KEYS, NO_UPLOADED_KEYS)
"""Groups of constraints; each group needs one enforced for no new keys: who may create keys may also upload them.

Source: https://cloud.google.com/resource-manager/docs/organization-policy/restricting-service-accounts
"""

Kind = TypeVar("Kind", bound=Fact)
Permissions = Callable[[Grant], tuple[frozenset[str], Unknown | None]]
"""Returns the permissions that the role of a grant certainly has, and why there may be more."""
_Placed = tuple[OrgPolicy, Node | None]
BlockerKind = Literal["boundary", "deny", "disabled", "org_policy"]


@frozen
class Blocker:
    """A policy or account that blocks a permission of a grant, or may block it.

    ``verdict`` says whether it blocks, ``by`` names it for a reader, ``fact`` is the policy or account, written ``at``.
    """

    kind: BlockerKind
    verdict: Verdict
    by: str
    fact: Fact | None
    at: Location | None


STEPS_OF_BLOCKER = 2
"""Additional steps for a policy that blocks a grant, or may block it: its verdict is kept with its reasons."""


class _Asked:
    """The denials that may name one permission at one place, indexed by the principals that they name literally."""

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
        """Return those that may name the holder of a grant; those that name it literally come first."""
        form = denied_form(grant)
        if not decided_by_lookup(form):
            return self._all
        named = self._plain.get(form, []) if isinstance(form, str) else []
        return [*named, *(one for one in self._sets if one not in named)] if named else self._sets


class Blockers:
    """The possible blockers of an estate's grants. An estate without any costs nothing."""

    def __init__(self, of: Of, hierarchy: Hierarchy, held: Permissions, tags: Tags) -> None:
        self._hierarchy, self._held, self._tags = hierarchy, held, tags
        self._work = Budget(STEPS + STEPS_A_GRANT * len(of(Grant)))
        denials = of(Denial)
        groups = _groups(of, {configuration(one.declared) for one in denials})
        self._denials = [rule(one, hierarchy, groups.get(configuration(one.declared))) for one in denials]
        self._other_blocks = other_blocks(self._denials)
        self._scopes = {one.only_in for one in self._denials if one.only_in}
        self._at: dict[Hashable, list[Rule]] = {}
        self._for: dict[Hashable, _Asked] = {}
        self._alike: dict[tuple[int, ...], _Asked] = {}
        policies = _by_name((policy.name, policy) for policy in of(Boundary))
        bindings = ((one, bound_by(one, policies)) for one in of(BoundaryBinding))
        self._bindings = Boundaries(bindings, hierarchy, self._work)
        self._disabled = DisabledAccounts(of(ServiceAccount))
        keys = {name for names in _NO_NEW_KEYS for name in names}
        self._settings = [
            (policy, hierarchy.node(policy.resource, policy.declared))
            for policy in of(OrgPolicy)
            if policy.constraint in keys or str(policy.constraint).startswith("cloudbuild.")
        ]
        self._policies = [(policy, node) for policy, node in self._settings if policy.constraint in keys]
        self._scopes |= {only_scope(node, policy.declared) for policy, node in self._settings} - {""}
        self._counted: dict[str | None, Mapping[str, list[_Placed]]] = {}
        self._enforcing: dict[Hashable, tuple[Verdict, OrgPolicy | None]] = {}
        self._public = PublicAccess(of, hierarchy)
        self._of = of
        self._anywhere: dict[str, _Asked] = {}
        self._keys_at: dict[Hashable, bool] = {}
        self._any = bool(self._denials or self._bindings or self._disabled or self._policies or self._public)

    def __bool__(self) -> bool:
        """Whether the input has anything that may block a grant."""
        return self._any

    # -- what concerns a grant --------------------------------------------------------------------------------------

    def may_concern(self, grant: Grant, permission: str | None = None) -> bool:
        """Whether anything may block a permission of a grant on its resource; without one, any permission.

        False is certain: then `against` yields nothing that blocks or may block it.
        """
        if not self._any:
            return False
        if self._bindings or principal_node(grant) in self._disabled or self._public.may_concern(grant):
            return True
        of_account = grant.resource.kind == "service_account" and (
            permission is None or permission.startswith(_OF_ACCOUNTS)
        )
        if of_account and identity(grant.resource.name, grant.declared) in self._disabled:
            return True
        try:
            return self._is_denied_at_place(grant, permission) or self._is_keyless_place(grant, permission)
        except Exhausted:
            return True

    def varies_below(self, grant: Grant, permission: str, as_of: date) -> bool:
        """Whether what blocks a permission of a grant may differ between the accounts in its resource.

        False is certain: then the answer for the resource is the answer for each account in it. It is for a deny policy
        without a condition that is attached to the resource, or above it.
        """
        if not self._any or grant.resource.kind == "service_account":
            return False
        if self._public.may_concern(grant):
            return True
        try:
            if grant.resource.kind == "project":
                uneven = self._hierarchy.node(grant.resource, grant.declared) in self._uneven
                return uneven or any(one.denial.condition is not None for one in self._denials_of(permission, grant))
            if self._disabled or (self._policies and permission == _NEW_KEY):
                return True
            if self._bindings and self._bindings.varies_below(grant, permission, as_of):
                return True
        except Exhausted:
            return True
        if permission not in self._anywhere:
            named = [one for one in self._denials if one.names(permission).truth is not Truth.FALSE]
            self._anywhere[permission] = _Asked(named)
        chain = self._hierarchy.above(grant.resource, grant.declared, certain=True)
        about = self._anywhere[permission].about(grant)
        return any(one.denial.condition is not None or one.node not in chain for one in about)

    def _is_denied_at_place(self, grant: Grant, permission: str | None) -> bool:
        """Whether a deny policy may apply to the holder of a grant, on the grant's resource."""
        if not self._denials:
            return False
        place = self._at_place(grant)
        if (place, None) not in self._for:
            rules = self._at[place]
            self._for[place, None] = self._alike.setdefault(tuple(map(id, rules)), _Asked(rules))
        if not self._for[place, None].about(grant):
            return False
        return permission is None or bool(self._denials_of(permission, grant))

    def _is_keyless_place(self, grant: Grant, permission: str | None) -> bool:
        """Whether an organization policy may prevent keys of accounts on the grant's resource."""
        if not self._policies or permission not in (None, _NEW_KEY):
            return False
        place, chain = self._place(grant)
        if place not in self._keys_at:
            self._work.spend(len(self._policies))
            self._keys_at[place] = any(within(chain, node) is not Truth.FALSE for _, node in self._policies)
        return self._keys_at[place]

    @cached_property
    def _uneven(self) -> frozenset[Node | None]:
        """The projects whose accounts may differ in what blocks a grant on the project.

        An account there may be disabled, or declarations may disagree about its project. None is a project of
        which nothing is known: no grant is certainly plain there.
        """
        found: set[Node | None] = {None}
        projects: dict[str, set[Node | None]] = defaultdict(set)
        for one in self._of(ServiceAccount):
            name = identity(one.email, one.declared)
            if name is None:
                continue
            around = self._hierarchy.around(one.email, one.declared)[1:2]
            own = self._hierarchy.node(Resource("project", one.project), one.declared)
            by_name = project_of(shown(one.email))
            named = self._hierarchy.node(Resource("project", by_name), one.declared) if by_name else None
            projects[name] |= {node for node in (*around, own, named) if node}
            if name in self._disabled or "${" in name or any("${" in node[1] for node in projects[name] if node):
                found |= projects[name]
        return frozenset(found.union(*(several for several in projects.values() if len(several) > 1)))

    @property
    def unfinished(self) -> Iterator[Unreadable]:
        """Yield an error if some policies were not compared with every grant."""
        if self._work.is_spent:
            policies = [*(_place(one.denial) for one in self._denials), *self._bindings.places]
            at = min(policies) if policies else self._policies[0][0].place.at
            yield Unreadable(at, TOO_MANY, "check fewer grants and policies at once")

    def against(self, grant: Grant, permission: str, only: str | None, as_of: date) -> Iterator[Blocker]:
        """Yield what blocks or may block a permission of a grant, in Google's order of evaluation.

        ``only`` limits it to what counts for one configuration; None means all of the input. Raises `Exhausted`.
        """
        for one in self._candidates(grant, permission, only, as_of):
            there = in_force(one.fact.declared) if one.fact else TRUE
            yield one if there is TRUE else replace(one, verdict=one.verdict & there)

    def _candidates(self, grant: Grant, permission: str, only: str | None, as_of: date) -> Iterator[Blocker]:
        """Yield the possible blockers of a permission of a grant, as far as they exist."""
        if self._bindings:
            verdict, boundary = self._bindings.bounded(grant, permission, as_of, lambda one: _counts(one, only))
            if boundary:
                at = boundary.place.at
                yield Blocker("boundary", verdict, f"the boundary policy at {_at(at)}", boundary, at)
        denials = self._denials_of(permission, grant)
        plain = bool(denials) and decided_by_lookup(denied_form(grant))
        for denial in denials:
            self._work.spend(denial.cost(decided_by_lookup=plain) + 1)
            if _counts(denial.denial.declared, only):
                verdict = denies(denial, grant, permission, self._hierarchy, self._tags, as_of)
                for block in self._other_blocks.get(id(denial), ()):
                    verdict &= self._denied_by(block, grant, permission, as_of)
                if verdict.truth is not Truth.FALSE:
                    self._work.spend(STEPS_OF_BLOCKER)
                    at = _place(denial.denial)
                    yield Blocker("deny", verdict, f"the deny policy at {_at(at)}", denial.denial, at)
        if self._disabled:
            yield from self._by_state(grant, permission, only)
        if self._policies and permission == _NEW_KEY:
            yield self._without_keys(grant, only)
        yield from self._of_public_access(grant, permission, only)

    def _denied_by(self, block: list[Rule], grant: Grant, permission: str, as_of: date) -> Verdict:
        """Return whether one of the rules of a block denies a permission to the holder of a grant."""
        verdict = FALSE
        for one in block:
            self._work.spend(one.cost(decided_by_lookup=False) + 1)
            verdict |= denies(one, grant, permission, self._hierarchy, self._tags, as_of)
        return verdict

    def against_all(self, grant: Grant, only: str | None) -> Iterator[Blocker]:
        """Yield what blocks or may block all that a grant gives, whatever its role."""
        yield from self._of_public_access(grant, "", only)

    def _of_public_access(self, grant: Grant, permission: str, only: str | None) -> Iterator[Blocker]:
        if self._public:
            for one in self._public.against(grant, permission, only, lambda declared: _counts(declared, only)):
                yield Blocker("org_policy", one.verdict & in_force(one.fact.declared), one.by, one.fact, one.at)

    def _denials_of(self, permission: str, grant: Grant) -> list[Rule]:
        """Return the denials that may name a permission and the holder of a grant, on the grant's resource.

        They are computed once for each place and permission: an estate may have thousands of both.
        """
        if not self._denials:
            return []
        place = self._at_place(grant)
        if (place, permission) not in self._for:
            self._work.spend(len(self._at[place]) // 4)
            rules = [one for one in self._at[place] if one.names(permission).truth is not Truth.FALSE]
            # Most places are below the same policies, so the result is computed once for each set of policies, not for
            # each place.
            self._for[place, permission] = self._alike.setdefault(tuple(map(id, rules)), _Asked(rules))
        return self._for[place, permission].about(grant)

    def _at_place(self, grant: Grant) -> Hashable:
        """Return the key of a grant's place, and keep the denials that may apply there."""
        place, chain = self._place(grant)
        if place not in self._at:
            self._work.spend(len(self._denials) // 4)
            counting = (one for one in self._denials if one.only_in in ("", scope(grant.declared)))
            self._at[place] = [one for one in counting if within(chain, one.node) is not Truth.FALSE]
        return place

    def _place(self, grant: Grant) -> tuple[Hashable, tuple[Node, ...]]:
        """Return a key shared by grants with the same containers, and the containers of this grant's resource."""
        chain = self._hierarchy.above(grant.resource, grant.declared, certain=True)
        inner = bool(chain) and chain[0][0] not in CONTAINERS
        here = scope(grant.declared) if self._scopes else ""
        return (here if here in self._scopes else "", inner, chain[1:] if inner else chain), chain

    # -- disabled accounts ------------------------------------------------------------------------------------------

    def disabled(self, grant: Grant) -> Blocker | None:
        """Return the account that holds a grant, as `disabled_account`."""
        return self.disabled_account(principal_node(grant), grant.declared)

    def disabled_account(self, name: str | None, declared: Declaration) -> Blocker | None:
        """Return an account that a declaration names, if it is or may be disabled, so that nobody can act as it."""
        return self._state_of(name, configuration(declared))

    def _by_state(self, grant: Grant, permission: str, only: str | None) -> Iterator[Blocker]:
        holder = self._state_of(principal_node(grant), only)
        if holder:
            yield holder
        if grant.resource.kind != "service_account" or not permission.startswith(_OF_ACCOUNTS):
            return
        target = self._state_of(identity(grant.resource.name, grant.declared), only)
        if target is None:
            return
        held, unknown = self._held(grant)
        if ENABLE not in held:
            reason = f"whether the role has {ENABLE} is not known: {unknown.reason}" if unknown else ""
            yield replace(target, verdict=target.verdict & Verdict.of(Truth.UNKNOWN, reason)) if unknown else target

    def _state_of(self, name: str | None, only: str | None) -> Blocker | None:
        """Return the blocker for an account that is disabled, or may be."""
        found = self._disabled.state(name, lambda declared: _counts(declared, only)) if self._disabled else None
        if found is None:
            return None
        account, verdict = found
        by = f"the account {shown(account.email)}, which is disabled"
        return Blocker("disabled", verdict, by, account, account.declared.at)

    # -- keys -------------------------------------------------------------------------------------------------------

    def _without_keys(self, grant: Grant, only: str | None) -> Blocker:
        """Return whether organization policies prevent creating and uploading keys on the grant's resource.

        Policies that do not count may cancel what others enforce, and enforce nothing.
        """
        verdict, first = self._all_enforced(grant, only)
        if only is not None and verdict.truth is not Truth.FALSE:
            verdict &= self._all_enforced(grant, None)[0]
        at = first.place.at if first else None
        return Blocker("org_policy", verdict, f"the organization policy at {_at(at) if at else ''}", first, at)

    def forbids(self, constraints: tuple[str, ...], grant: Grant) -> Blocker | None:
        """Return the organization policy that enforces, or may enforce, one of some constraints where a grant is."""
        only = configuration(grant.declared)
        for constraint in constraints if self._policies else ():
            verdict, policy = self._enforced(constraint, grant, only)
            if policy and verdict.truth is not Truth.FALSE:
                verdict &= self._enforced(constraint, grant, None)[0]
                at = policy.place.at
                return Blocker("org_policy", verdict, f"the organization policy at {_at(at)}", policy, at)
        return None

    def enforces(self, constraint: str, grant: Grant) -> Verdict | None:
        """Return whether a constraint is enforced where a grant is; None if no policy of the input decides it."""
        if not self._settings:
            return None
        verdict, policy = self._enforced(constraint, grant, configuration(grant.declared))
        if policy is None:
            return None
        elsewhere, _ = self._enforced(constraint, grant, None)
        if elsewhere.truth is not verdict.truth:
            return Verdict.of(Truth.UNKNOWN, "a policy that does not count here says otherwise")
        return verdict

    def _all_enforced(self, grant: Grant, only: str | None) -> tuple[Verdict, OrgPolicy | None]:
        verdict, first = TRUE, None
        for names in _NO_NEW_KEYS:
            enforced = FALSE
            for name in names:
                found, policy = self._enforced(name, grant, only)
                enforced |= found
                first = first or policy
            verdict &= enforced
        return verdict, first

    def _enforced(self, constraint: str, grant: Grant, only: str | None) -> tuple[Verdict, OrgPolicy | None]:
        """Return whether a constraint is enforced where a grant is. Computed once for each place."""
        place, chain = self._place(grant)
        key = constraint, place, only
        if key not in self._enforcing:
            self._enforcing[key] = self._nearest(self._set(constraint, only), grant, chain)
        return self._enforcing[key]

    def _set(self, constraint: str, only: str | None) -> list[_Placed]:
        """Return the policies of a constraint that count for a configuration."""
        if only not in self._counted:
            self._work.spend(len(self._settings) // 4)
            found: dict[str, list[_Placed]] = defaultdict(list)
            for policy, node in self._settings:
                if _counts(policy.declared, only):
                    found[str(policy.constraint)].append((policy, node))
            self._counted[only] = found
        return self._counted[only].get(constraint, [])

    def _nearest(self, set_: list[_Placed], grant: Grant, chain: tuple[Node, ...]) -> tuple[Verdict, OrgPolicy | None]:
        """Return whether a constraint is enforced: the nearest policy decides."""
        self._work.spend(len(set_))
        by_node = _by_place(set_)
        for node in chain:
            here = by_node.get(node, ())
            policy = next((one for one in here if not one.reset), None)
            if policy:
                different = next((one for one in here if one.reset or one.enforced != policy.enforced), None)
                if different:
                    return Verdict.of(Truth.UNKNOWN, f"{_at(different.place.at)} says otherwise"), policy
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


def _groups(of: Of, configurations: Iterable[str]) -> Mapping[str, Groups]:
    """Return the known members of groups by configuration: what another one declares makes no denial certain."""
    members = of(Membership)
    return {
        one: Groups(of(Group), [member for member in members if _counts(member.declared, one)])
        for one in (configurations if members else ())
    }


def _counts(declared: Declaration, only: str | None) -> bool:
    """Whether a declaration counts: for one configuration, or for all."""
    return only is None or declared.trust == "named" or configuration(declared) == only


def _by_place(set_: Iterable[_Placed]) -> dict[Node | None, list[OrgPolicy]]:
    """Group policies by their places."""
    found: dict[Node | None, list[OrgPolicy]] = defaultdict(list)
    for policy, node in set_:
        found[node].append(policy)
    return found


def _by_name(named: Iterable[tuple[Text, Kind]]) -> dict[str, list[Kind]]:
    """Group facts by name, keeping their order."""
    found: dict[str, list[Kind]] = defaultdict(list)
    for text, fact in named:
        name = identity(text, fact.declared)
        if name:
            found[name].append(fact)
    return found


def _place(denial: Denial) -> Location:
    return denial.place.at if denial.place else denial.declared.at


def _at(at: Location) -> str:
    return f"{at.path}:{at.line}"
