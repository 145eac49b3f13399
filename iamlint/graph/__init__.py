"""The direct edges that grants make: which principal can act as which account.

An edge is stored as principal, grant and resource. A grant on a project is one edge onto the project, not one for each
account in it, so the cost is linear in the grants.
"""

from iamlint.graph.delegation import MOST_FOLLOWED, Chain, NextHops, delegated, next_hops_of, shortest
from iamlint.graph.deployments import Deployment, deploys
from iamlint.graph.edge_permissions import EDGE_PERMISSIONS, IDENTITY, PRIVILEGED, EdgeKind
from iamlint.graph.edges import Edge, Graph, graph_of
from iamlint.graph.of_roles import relevant_permissions
from iamlint.graph.ways import Way, Ways

__all__ = [
    "EDGE_PERMISSIONS",
    "IDENTITY",
    "MOST_FOLLOWED",
    "PRIVILEGED",
    "Chain",
    "Deployment",
    "Edge",
    "EdgeKind",
    "Graph",
    "NextHops",
    "Way",
    "Ways",
    "delegated",
    "deploys",
    "graph_of",
    "next_hops_of",
    "relevant_permissions",
    "shortest",
]
