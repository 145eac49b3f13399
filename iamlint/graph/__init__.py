"""Who can act as whom, directly: the edges that grants make, kept factored as principal, grant and resource.

A grant on a project is one edge onto the project, never one for each account below it, so that the cost stays that of
the grants.
"""

from iamlint.graph.delegation import Chain, Leads, delegated, leading, shortest
from iamlint.graph.edges import Edge, Graph, graph_of
from iamlint.graph.nodes import CONTAINERS, account_node, principal_node, resource_node
from iamlint.graph.powers import DEPLOY, IDENTITY, POWERS, STRONG, EdgeKind, counts_on

__all__ = [
    "CONTAINERS",
    "DEPLOY",
    "IDENTITY",
    "POWERS",
    "STRONG",
    "Chain",
    "Edge",
    "EdgeKind",
    "Graph",
    "Leads",
    "account_node",
    "counts_on",
    "delegated",
    "graph_of",
    "leading",
    "principal_node",
    "resource_node",
    "shortest",
]
