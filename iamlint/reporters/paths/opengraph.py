"""Paths in BloodHound's OpenGraph format, for use together with other directories."""

from __future__ import annotations

from typing import Any

from iamlint import __version__
from iamlint.reporters.parts.indented import json_text
from iamlint.reporters.paths.drawing import Line, Spot, drawn
from iamlint.reporters.paths.told import Told, declared_of, main_grant, place_of, role_of

MOST_SPOTS = 50_000
_KINDS = {
    "user": "GCPUser",
    "group": "GCPGroup",
    "domain": "GCPDomain",
    "service_account": "GCPServiceAccount",
    "default_service_account": "GCPServiceAccount",
    "service_agent": "GCPServiceAgent",
    "gke_workload": "GCPKubernetesWorkload",
    "public": "GCPPublic",
}


def paths_opengraph(told: Told) -> str:
    """Return nodes and edges; only plain texts, numbers and flags are kept, as the schema demands."""
    found = drawn(told, MOST_SPOTS)
    graph = {"nodes": [_node(one) for one in found.spots], "edges": [_edge(one) for one in found.lines]}
    document = {"metadata": {"source_kind": "GCPBase"}, "graph": graph}
    return json_text(document)


def _node(spot: Spot) -> dict[str, Any]:
    properties = {"name": spot.label, "severity": spot.severity or "", "iamlint": __version__}
    return {
        "id": spot.label,
        "kinds": [_KINDS.get(spot.kind, "GCPFederatedIdentity"), "GCPBase"],
        "properties": properties,
    }


def _edge(line: Line) -> dict[str, Any]:
    hop, main, declared, at = line.told, main_grant(line.told), declared_of(line.told), place_of(line.told)
    properties = {
        "state": hop.state,
        "method": hop.method,
        "permission": main[0] if main else "",
        "role": role_of(main[1]) if main else "",
        "resource": str(main[1].resource) if main else "",
        "address": (declared.address or "") if declared else "",
        "path": at.path if at else "",
        "line": at.line if at else 0,
        "certainty": hop.way.method.certainty if hop.way else "certain",
    }
    return {
        "start": {"match_by": "id", "value": line.source.label},
        "end": {"match_by": "id", "value": line.target.label},
        "kind": _kind(hop.method, delegates=hop.delegates),
        "properties": properties,
    }


def _kind(method: str, *, delegates: bool) -> str:
    """Return the kind of an edge; the schema allows letters, digits and underscores."""
    if method in ("member", "runs-as"):
        return "GCP_MemberOf" if method == "member" else "GCP_RunsAs"
    return "GCP_Delegate" if delegates else "GCP_" + method.replace("-", "_")
