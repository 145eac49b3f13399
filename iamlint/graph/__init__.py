"""Who can act as whom, directly: the edges that grants make, kept factored as principal, grant and resource.

A grant on a project is one edge onto the project, never one for each account below it, so that the cost stays that of
the grants.
"""

from iamlint.graph.delegation import MOST_FOLLOWED, Chain, Leads, delegated, leading, shortest
from iamlint.graph.deployments import DEPLOY, use_of
from iamlint.graph.edges import Edge, Graph, graph_of
from iamlint.graph.powers import IDENTITY, POWERS, STRONG, EdgeKind

__all__ = [
    "DEPLOY",
    "IDENTITY",
    "MOST_FOLLOWED",
    "POWERS",
    "STRONG",
    "Chain",
    "Edge",
    "EdgeKind",
    "Graph",
    "Leads",
    "delegated",
    "graph_of",
    "leading",
    "shortest",
    "use_of",
]
