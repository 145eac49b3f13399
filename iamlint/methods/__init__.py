"""Methods: the ways to become a service account, or to prepare it, one document each.

A method is a file ``<group>/<id>.yaml``; ``method.schema.json`` defines its content. The keys before ``sources`` are
read in each run, since rules and the graph need them; the others are read on request.
"""

from iamlint.methods.documents import (
    DETAILS,
    FOLDER,
    Details,
    Example,
    details_of,
    load_methods,
    method_paths,
)
from iamlint.methods.index import (
    agent_methods,
    attached_methods,
    bound_methods,
    deploy_methods,
    deploy_permissions,
    deployments,
    method,
    methods,
    methods_with,
    strength,
)
from iamlint.methods.model import (
    ACT_AS,
    GROUPS,
    PLACES,
    REACHES,
    YIELDS,
    ActAs,
    Agent,
    Certainty,
    Group,
    Method,
    Need,
    Place,
    Reach,
    Yield,
)

__all__ = [
    "ACT_AS",
    "DETAILS",
    "FOLDER",
    "GROUPS",
    "PLACES",
    "REACHES",
    "YIELDS",
    "ActAs",
    "Agent",
    "Certainty",
    "Details",
    "Example",
    "Group",
    "Method",
    "Need",
    "Place",
    "Reach",
    "Yield",
    "agent_methods",
    "attached_methods",
    "bound_methods",
    "deploy_methods",
    "deploy_permissions",
    "deployments",
    "details_of",
    "load_methods",
    "method",
    "method_paths",
    "methods",
    "methods_with",
    "strength",
]
