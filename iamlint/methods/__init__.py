"""The methods: the ways to become a service account, or to open one, each a document.

A method is a file ``<group>/<id>.yaml``; ``method.schema.json`` says what it contains. The keys before ``sources`` are
read at each run, since rules and the graph need them; the others are read when somebody asks about the method.
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
