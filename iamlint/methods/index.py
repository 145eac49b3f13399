"""Methods by id and by permission, and methods to deploy."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from functools import cache, lru_cache
from itertools import chain

from iamlint.methods.documents import load_methods
from iamlint.methods.model import GROUPS, YIELDS, Method, Need

_STRENGTH = {name: rank for rank, name in enumerate(YIELDS)}
_CERTAINTY = {"certain": 0, "likely": 1, "claimed": 2}
_GROUPS = {name: rank for rank, name in enumerate(GROUPS)}
_TAKES_THE_IDENTITY = ("identity", "code", "calls", "id_token")


@cache
def methods() -> tuple[Method, ...]:
    """Return all methods, by group and id; their documents are read at the first call."""
    return load_methods()


@cache
def _by_id() -> Mapping[str, Method]:
    return {one.id: one for one in methods()}


def method(name: str) -> Method:
    """Return the method of an id; raises KeyError for an unknown id."""
    return _by_id()[name]


@cache
def _by_permission() -> Mapping[str, tuple[Method, ...]]:
    found: dict[str, list[Method]] = defaultdict(list)
    for one in methods():
        for permission in one.permissions:
            found[permission].append(one)
    return {permission: tuple(needing) for permission, needing in found.items()}


def methods_with(permission: str) -> tuple[Method, ...]:
    """Return the methods that need a permission."""
    return _by_permission().get(permission, ())


def strength(one: Method) -> tuple[int, int, int, str]:
    """Return the sort key of methods: what they yield, the strongest first, then how certain they are."""
    return _STRENGTH[one.yields], _CERTAINTY[one.certainty], _GROUPS[one.group], one.id


def is_reported(one: Method) -> bool:
    """Whether findings report a method: it still works, somebody has shown it, and it gives more than a start.

    Of those that give data only, the documented ones: a role to query data is not yet one to read as another account.
    """
    if one.ended or one.certainty == "claimed":
        return False
    return one.yields in _TAKES_THE_IDENTITY or (one.yields == "data" and one.certainty == "certain")


@cache
def deploy_methods() -> tuple[Method, ...]:
    """Return the reported methods that attach an account named by the caller, the strongest first.

    A method that needs more than another, and gives no more, is left out: it would only make more grants relevant.
    """
    found = [one for one in methods() if one.reaches == "named" and one.needs_act_as and one.needs and is_reported(one)]
    of_group: dict[str, list[tuple[frozenset[Need], Method]]] = defaultdict(list)
    for one in found:
        of_group[one.group].append((frozenset(one.needs), one))
    return tuple(sorted(chain.from_iterable(map(_without_more, of_group.values())), key=strength))


def _without_more(group: list[tuple[frozenset[Need], Method]]) -> Iterator[Method]:
    """Yield the methods without those that need more than another, and give no more."""
    for needs, one in group:
        if not any(fewer < needs and _STRENGTH[other.yields] <= _STRENGTH[one.yields] for fewer, other in group):
            yield one


@cache
def deploy_permissions() -> frozenset[str]:
    """Return the permissions that these methods need, apart from the one to attach."""
    return frozenset(need.permission for one in deploy_methods() for need in one.needs)


@lru_cache(maxsize=4096)
def deployments(held: frozenset[str]) -> tuple[Method, ...]:
    """Return the methods that let a holder of permissions deploy as an account that they may attach."""
    if held.isdisjoint(deploy_permissions()):
        return ()
    return tuple(one for one in deploy_methods() if all(need.permission in held for need in one.needs))


@cache
def attached_methods() -> tuple[Method, ...]:
    """Return the reported methods that use what already runs as an account, the strongest first."""
    found = (one for one in methods() if one.reaches == "attached" and one.permissions and is_reported(one))
    return tuple(sorted(found, key=strength))


@cache
def bound_methods() -> tuple[Method, ...]:
    """Return the methods to become what workloads or federated identities may become, the strongest first."""
    found = (
        one
        for one in methods()
        if one.reaches in ("workloads", "federated")
        and one.yields in ("identity", "code", "kubernetes")
        and not one.ended
        and one.certainty != "claimed"
    )
    return tuple(sorted(found, key=strength))


@cache
def agent_methods() -> tuple[Method, ...]:
    """Return the reported methods that run code or call as a Google-managed account, the strongest first."""
    found = (one for one in methods() if one.agent and is_reported(one) and one.yields in ("code", "calls"))
    return tuple(sorted(found, key=strength))
