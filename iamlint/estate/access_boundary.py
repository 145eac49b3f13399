"""Principal access boundaries: whether the bound policies let a principal access a resource.

Source: https://cloud.google.com/iam/docs/principal-access-boundary-policies
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date

from iamlint.budget import Budget
from iamlint.estate.hierarchy import CONTAINERS, Hierarchy, Node
from iamlint.estate.membership import chain_of_principal, node_of, of_pool, only_scope, within
from iamlint.estate.names import contradicts, identity, in_force, scope
from iamlint.facts import Boundary, BoundaryBinding, Condition, Declaration, Grant, Place, Text
from iamlint.location import Location
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.pools import pool_in
from iamlint.provenance import counts_for, outside
from iamlint.unknown import Truth, Unknown, shown

NEWEST = 4
"""The version of policies that name none."""
_FROM: dict[str, int] = {
    "iam.serviceAccounts.": 3,
    "iam.serviceAccountKeys.": 3,
    "iam.roles.": 3,
    "iam.denypolicies.": 3,
    "iam.workloadIdentityPool": 4,
    "iam.workforcePool": 4,
    "iam.oauthClient": 4,
}
"""The first version whose boundaries block the permissions with this prefix.

Source: https://cloud.google.com/iam/docs/pab-blocked-permissions
"""
_NEVER = frozenset(
    {
        "iam.serviceAccounts.getCertificateAs",
        "iam.serviceAccounts.createTagBinding",
        "iam.serviceAccounts.deleteTagBinding",
        "iam.serviceAccounts.listTagBindings",
        "iam.serviceAccounts.listEffectiveTags",
    }
)


def bound_by(binding: BoundaryBinding, policies: Mapping[str, list[Boundary]]) -> Boundary:
    """Return the policy that a binding binds, among those that count for it; a stand-in if the input has none.

    If several blocks declare it, any of them may be the one that exists: then it allows what one of them allows.
    """
    told = policies.get(identity(binding.policy, binding.declared) or "", [])
    counted = [one for one in told if counts_for(one.declared, binding.declared)]
    if counted:
        first = counted[0]
        return _widest([first, *(one for one in counted[1:] if contradicts(one.declared, first.declared))])
    at = told[0].place.at if told else None
    elsewhere = f"{at.path}:{at.line} is {outside(told[0].declared)}" if at else ""
    why = Unknown(elsewhere or "the input does not have the policy")
    return Boundary(binding.policy, binding.declared, Place(binding.declared.at), why, why)


def _widest(policies: Sequence[Boundary]) -> Boundary:
    """Return a policy that allows what one of several allows."""
    first, *others = policies
    if not others:
        return first
    lists = [one.resources for one in policies]
    unknown = next((one for one in lists if isinstance(one, Unknown)), None)
    versions = {one.enforcement_version for one in policies}
    return replace(
        first,
        resources=unknown or tuple(one for some in lists if isinstance(some, tuple) for one in some),
        enforcement_version=versions.pop()
        if len(versions) == 1
        else Unknown("several blocks declare the policy and disagree"),
    )


def blocks(boundary: Boundary, permission: str) -> Verdict:
    """Whether a boundary policy, by its enforcement version, applies to a permission."""
    first = next((version for prefix, version in _FROM.items() if permission.startswith(prefix)), None)
    if permission in _NEVER:
        return FALSE
    if first is None:
        return Verdict.of(Truth.UNKNOWN, f"iamlint does not know whether boundaries block {permission}")
    match boundary.enforcement_version:
        case Unknown(reason):
            return Verdict.of(Truth.UNKNOWN, f"its enforcement version is not known: {reason}")
        case str() as text if text.isdecimal():
            return TRUE if int(text) >= first else FALSE
        case _:
            return TRUE if first <= NEWEST else FALSE


def _outside(allowed: Iterable[Node | None], chain: tuple[Node, ...], hierarchy: Hierarchy) -> Truth:
    """Whether a resource, with its containers, is unrelated to the allowed resources."""
    inside = [within(chain, one) for one in allowed]
    around = [_is_wider(chain, one, hierarchy) for one in allowed]
    if Truth.TRUE in inside or Truth.TRUE in around:
        return Truth.FALSE
    return Truth.UNKNOWN if Truth.UNKNOWN in inside or Truth.UNKNOWN in around else Truth.TRUE


def _is_wider(chain: tuple[Node, ...], inner: Node | None, hierarchy: Hierarchy) -> Truth:
    """Whether a resource contains an allowed resource."""
    if not chain or chain[0][0] not in CONTAINERS:
        return Truth.FALSE
    return within(tuple(hierarchy.containers(inner)) if inner else (), chain[0])


def binds(binding: BoundaryBinding, grant: Grant, hierarchy: Hierarchy, permission: str, as_of: date) -> Verdict:
    """Whether a binding's set of principals contains the whole holder of a grant."""
    from iamlint.conditions.context import Context
    from iamlint.conditions.evaluation import evaluate

    verdict = _in_set(binding, grant, hierarchy) & in_force(binding.declared)
    if verdict.truth is Truth.FALSE:
        return verdict
    match binding.condition:
        case None:
            return verdict
        case Unknown(reason):
            return verdict & Verdict.of(Truth.UNKNOWN, f"the condition of its binding is not known: {reason}")
        case Condition(expression):
            outcome = evaluate(expression, Context(as_of, permission, grant.principal))
            return verdict & Verdict(outcome.truth, outcome.why if outcome.truth is Truth.UNKNOWN else ())


_OF_PROJECTS = frozenset({"service_account", "default_service_account", "federated", "federated_set", "federated_pool"})


def _in_set(binding: BoundaryBinding, grant: Grant, hierarchy: Hierarchy) -> Verdict:
    set_, principal = binding.principal_set, grant.principal
    node = node_of(set_, binding.declared, hierarchy)
    if isinstance(set_, Unknown) and only_scope(node, binding.declared) not in ("", scope(grant.declared)):
        return FALSE
    not_shown = f"the input does not show whether {principal.text} is in {shown(set_)}"
    if isinstance(set_, Unknown) or principal.kind == "unknown":
        return Verdict.of(Truth.TRUE if _lies_in(grant, node, hierarchy) is Truth.TRUE else Truth.UNKNOWN, not_shown)
    of_container = "cloudresourcemanager.googleapis.com/" in set_
    if principal.kind == "gke_workload":  # Google does not say whether this form counts as an identity of the pool
        inside = _lies_in(grant, node, hierarchy) if of_container else of_pool(set_, binding.declared, grant, hierarchy)
        return FALSE if inside is Truth.FALSE else Verdict.of(Truth.UNKNOWN, not_shown)
    if of_container:
        if principal.kind in _OF_PROJECTS:
            return Verdict.of(_lies_in(grant, node, hierarchy), not_shown)
        people = principal.kind in ("user", "group", "domain") and "/organizations/" in set_
        return Verdict.of(Truth.UNKNOWN, not_shown) if people else FALSE
    if "/workspace/" in set_:
        people = principal.kind in ("user", "group", "domain")
        return Verdict.of(Truth.UNKNOWN, not_shown) if people else FALSE
    return Verdict.of(of_pool(set_, binding.declared, grant, hierarchy), not_shown)


def _lies_in(grant: Grant, node: Node | None, hierarchy: Hierarchy) -> Truth:
    pool = pool_in(grant.principal.text)
    if pool and pool.workforce:
        return Truth.UNKNOWN if node and node[0] == "organization" else Truth.FALSE
    return within(chain_of_principal(grant, hierarchy), node)


STEPS_OF_BOUNDARY = 4
"""The number of pairs of a deny policy and a grant that cost as much as a pair with a boundary policy."""
MOST_BOUND = 50
"""Maximum number of boundary policies for a principal; with more the answer is unknown. IAM allows 10.

Source: https://cloud.google.com/iam/quotas
"""
Counts = Callable[[Declaration], bool]
"""Whether a declaration counts."""


class Boundaries:
    """The boundary policies of an estate with their bindings. Names in them are resolved once.

    ``work`` limits the comparisons with grants.
    """

    def __init__(
        self,
        bindings: Iterable[tuple[BoundaryBinding, Boundary]],
        hierarchy: Hierarchy,
        work: Budget,
    ) -> None:
        self._bindings = tuple(bindings)
        self._hierarchy, self._work = hierarchy, work
        self._allowed: dict[int, tuple[Node | None, ...]] = {}
        self._outside: dict[tuple[int, tuple[Node, ...]], Truth] = {}

    def __bool__(self) -> bool:
        return bool(self._bindings)

    @property
    def places(self) -> Iterator[Location]:
        """Yield where the policies are written."""
        return (boundary.place.at for _, boundary in self._bindings)

    def bounded(self, grant: Grant, permission: str, as_of: date, counts: Counts) -> tuple[Verdict, Boundary | None]:
        """Return whether boundaries block a permission on all of a grant's resource, and the first policy that may.

        The resources of all bound policies add up: one policy that includes the resource is enough. A policy that does
        not apply to the permission is skipped, and only bindings that ``counts`` is true for can block. Raises
        `Exhausted`.
        """
        keep_out, leave, first, count = FALSE, FALSE, None, 0
        for binding, boundary in self._bindings:
            self._work.spend(STEPS_OF_BOUNDARY)
            says = blocks(boundary, permission)
            if says.truth is Truth.FALSE:
                continue
            bound = binds(binding, grant, self._hierarchy, permission, as_of)
            if bound.truth is Truth.FALSE:
                continue
            count += 1
            if count > MOST_BOUND:
                why = f"more than {MOST_BOUND} boundary policies may bind {grant.principal.text}"
                return Verdict.of(Truth.UNKNOWN, why), first or boundary
            outside = self.excludes(boundary, grant)
            leave |= bound & ~outside
            if counts(binding.declared):
                keep_out |= says & bound & outside
                first = first or boundary
            if leave.truth is Truth.TRUE:  # whatever other policies are bound
                return FALSE, first
        return keep_out & ~leave, first

    def varies_below(self, grant: Grant, permission: str, as_of: date) -> bool:
        """Whether boundaries may block a permission for some accounts in a folder or organization and not for others.

        Raises `Exhausted`.
        """
        chain = self._hierarchy.above(grant.resource, grant.declared, certain=True)
        for binding, boundary in self._bindings:
            self._work.spend(STEPS_OF_BOUNDARY)
            if blocks(boundary, permission).truth is Truth.FALSE:
                continue
            if binds(binding, grant, self._hierarchy, permission, as_of).truth is Truth.FALSE:
                continue
            if isinstance(boundary.resources, Unknown):
                return True
            inside = any(within(chain, one) is Truth.TRUE for one in self._nodes(boundary, boundary.resources))
            if not inside and self.excludes(boundary, grant).truth is not Truth.TRUE:
                return True
        return False

    def _nodes(self, boundary: Boundary, resources: Iterable[Text]) -> tuple[Node | None, ...]:
        if id(boundary) not in self._allowed:
            nodes = (node_of(one, boundary.declared, self._hierarchy) for one in resources)
            self._allowed[id(boundary)] = tuple(nodes)
        return self._allowed[id(boundary)]

    def excludes(self, boundary: Boundary, grant: Grant) -> Verdict:
        """Whether a policy excludes all of a grant's resource."""
        if isinstance(boundary.resources, Unknown):
            return Verdict.of(Truth.UNKNOWN, f"what it allows is not known: {boundary.resources.reason}")
        allowed = self._nodes(boundary, boundary.resources)
        chain = self._hierarchy.above(grant.resource, grant.declared, certain=True)
        key = id(boundary), chain
        if key not in self._outside:
            self._work.spend(len(allowed))
            self._outside[key] = _outside(allowed, chain, self._hierarchy)
        reason = f"the input does not show whether {grant.resource} is in what it allows"
        return Verdict.of(self._outside[key], reason)
