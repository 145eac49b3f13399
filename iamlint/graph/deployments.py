"""Deployments: methods to run code as an account that the principal may attach."""

from __future__ import annotations

from collections.abc import Iterator
from operator import itemgetter

from iamlint.facts import Declaration, Grant, Text
from iamlint.frozen import frozen
from iamlint.graph.edges import Graph
from iamlint.logic.verdict import TRUE, Verdict
from iamlint.methods import ACT_AS, Method, deployments
from iamlint.unknown import Truth


@frozen
class Deployment:
    """A method by which a principal can deploy in an account's project, without `ACT_AS` on the account.

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
    around = graph.hierarchy.around(account, declared)[1:]
    held = graph.held_on(source)
    placed = sorted((found for node in around for found in held.get(node, ())), key=itemgetter(0))
    roles = [(grant, graph.powers(grant.role, grant.declared).held) for _, grant in placed]
    for method in deployments(frozenset[str]().union(*(permissions for _, permissions in roles))):
        found = _deployment(graph, method, roles)
        if found:
            yield found


def _deployment(graph: Graph, method: Method, roles: list[tuple[Grant, frozenset[str]]]) -> Deployment | None:
    grants, verdict = [], TRUE
    for permission in _needs(method):
        counts = [(grant, graph.counts(grant, (permission,))) for grant, held in roles if permission in held]
        possible = [one for one in counts if one[1].truth is not Truth.FALSE]
        if not possible:
            return None
        grant, found = next((one for one in possible if one[1].truth is Truth.TRUE), possible[0])
        grants.append(grant)
        verdict &= found
    return Deployment(method, tuple(grants), verdict)


def _needs(method: Method) -> tuple[str, ...]:
    return tuple(need.permission for need in method.needs if need.permission != ACT_AS)
