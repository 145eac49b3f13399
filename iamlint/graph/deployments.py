"""Deployments: methods to run code as an account that the principal may attach."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from iamlint.access.asking import access_of
from iamlint.basics.frozen import frozen
from iamlint.estate import Estate, Node
from iamlint.facts import Declaration, Grant, Resource, Text
from iamlint.graph.edges import Graph
from iamlint.logic.verdict import TRUE, Verdict
from iamlint.methods.index import deployments
from iamlint.methods.model import ACT_AS, Method
from iamlint.unknown import Truth, shown


@frozen
class Deployment:
    """A method to deploy in an account's project, without `ACT_AS` on the account, and the grants that give it.

    ``grants`` has a grant for each permission of the method, in their order.
    """

    method: Method
    grants: tuple[Grant, ...]
    verdict: Verdict

    @property
    def given(self) -> tuple[tuple[Grant, tuple[str, ...]], ...]:
        """The grants, each once, with the permissions of the method that each gives."""
        found: dict[int, tuple[Grant, list[str]]] = {}
        for grant, need in zip(self.grants, _needs(self.method), strict=True):
            found.setdefault(id(grant), (grant, []))[1].append(need)
        return tuple((grant, tuple(permissions)) for grant, permissions in found.values())


def deploys(graph: Graph, source: str, account: Text, declared: Declaration) -> Iterator[Deployment]:
    """Yield a principal's deployments in the project where an account can be attached; the strongest first."""
    project = graph.hierarchy.project_of(shown(account), declared)
    where = (Resource("project", project), declared) if project else None
    return graph.estate.made(_Deployments).of(graph, source, graph.hierarchy.around(account, declared)[1:], where)


_Where = tuple[Resource, Declaration]
_MOST_KEPT = 100
"""Maximum number of remembered answers: those about one project are mostly asked for together."""


class _Deployments:
    """The deployments found so far: they are the same for all accounts of a project."""

    def __init__(self, _estate: Estate) -> None:
        self._known: dict[tuple[str, tuple[Node, ...]], tuple[list[Deployment], Iterator[Deployment]]] = {}

    def of(self, graph: Graph, source: str, around: tuple[Node, ...], where: _Where | None) -> Iterator[Deployment]:
        """Yield a principal's deployments in a project with these containers. Each is searched for once."""
        key = source, around
        if key not in self._known:
            if len(self._known) >= _MOST_KEPT:
                self._known.clear()
            self._known[key] = [], _searched(graph, source, around, where)
        found, further = self._known[key]
        at = 0
        while True:
            if at == len(found):
                following = next(further, None)
                if following is None:
                    return
                found.append(following)
            yield found[at]
            at += 1


def _searched(graph: Graph, source: str, around: tuple[Node, ...], where: _Where | None) -> Iterator[Deployment]:
    held = graph.held_on(source)
    placed = sorted((found for node in around for found in held.get(node, ())), key=itemgetter(0))
    roles = [(grant, graph.powers(grant.role, grant.declared).held) for _, grant in placed]
    for method in deployments(frozenset[str]().union(*(permissions for _, permissions in roles))):
        found = _deployment(graph, method, roles, where)
        if found:
            yield found


def _deployment(
    graph: Graph, method: Method, roles: list[tuple[Grant, frozenset[str]]], where: _Where | None
) -> Deployment | None:
    grants, verdict = [], TRUE
    for permission in _needs(method):
        possible: tuple[Grant, Verdict] | None = None
        for grant, held in roles:
            if permission in held:
                counts = _counts(graph, grant, permission, where)
                if counts.truth is Truth.TRUE:
                    possible = grant, counts
                    break
                if counts.truth is not Truth.FALSE:
                    possible = possible or (grant, counts)
        if possible is None:
            return None
        grants.append(possible[0])
        verdict &= possible[1]
    return Deployment(method, tuple(grants), verdict)


def _counts(graph: Graph, grant: Grant, permission: str, where: _Where | None) -> Verdict:
    """Whether a grant gives a permission in a project, where a deny policy may block one on a folder above it."""
    counts, access = graph.counts(grant, (permission,)), access_of(graph.estate)
    if where is None or not access.any_blocker or counts.truth is Truth.FALSE or grant.resource.kind == "project":
        return counts
    found = access.decide(grant, (permission,), where[0], declared=where[1])
    return counts & Verdict(Truth.UNKNOWN if found.blocked else found.truth, found.reasons, facts=found.facts)


def _needs(method: Method) -> tuple[str, ...]:
    return tuple(need.permission for need in method.needs if need.permission != ACT_AS)
