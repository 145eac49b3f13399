"""The direct edges that grants make: which principal can act as which account.

An edge is stored as principal, grant and resource. A grant on a project is one edge onto the project, not one for each
account in it, so the cost is linear in the grants.
"""

from iamlint.graph.delegation import MOST_FOLLOWED, Chain, Leads, delegated, leading, shortest
from iamlint.graph.deployments import Deployment, deploys
from iamlint.graph.edges import Edge, Graph, graph_of
from iamlint.graph.of_roles import relevant_permissions
from iamlint.graph.powers import IDENTITY, POWERS, STRONG, EdgeKind
from iamlint.graph.ways import Way, Ways

__all__ = [
    "IDENTITY",
    "MOST_FOLLOWED",
    "POWERS",
    "STRONG",
    "Chain",
    "Deployment",
    "Edge",
    "EdgeKind",
    "Graph",
    "Leads",
    "Way",
    "Ways",
    "delegated",
    "deploys",
    "graph_of",
    "leading",
    "relevant_permissions",
    "shortest",
]
