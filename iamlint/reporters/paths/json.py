"""Paths for other programs, as one JSON object. ``paths.schema.json`` is the contract."""

from __future__ import annotations

from typing import Any

from iamlint import __version__
from iamlint.facts import Grant
from iamlint.paths.cover import Fix
from iamlint.paths.hops import Hop
from iamlint.paths.search import Path
from iamlint.reporters.parts.indented import json_text
from iamlint.reporters.paths.told import (
    Told,
    closed_by,
    declared_of,
    fixes_of,
    granted,
    main_grant,
    place_of,
    reasons,
    role_of,
    through_of,
    written,
)


def paths_json(told: Told) -> str:
    """Return the answer as a JSON object, two spaces a level."""
    return json_text(paths_entry(told))


def paths_entry(told: Told) -> dict[str, Any]:
    """Return the answer as plain data."""
    answer = told.answer
    return {
        "version": __version__,
        "paths": [path_entry(told, path) for path in answer.paths],
        "left_out": answer.left_out,
        "not_searched": list(answer.not_searched),
        "unknown": list(answer.unknown),
        "notes": list(answer.notes),
        "fix_first": [_fix(fix) for fix in fixes_of(told)],
        "errors": [
            {"path": one.at.path, "line": one.at.line, "reason": one.reason, "hint": one.hint or None}
            for one in told.errors
        ],
    }


def path_entry(told: Told, path: Path) -> dict[str, Any]:
    """Return one path as plain data."""
    return {
        "from": told.start(path),
        "to": told.label(path.target),
        "state": path.state,
        "severity": told.severity(path),
        "cost": path.cost,
        "privileges": told.powers(path.target)[:3],
        "reasons": list(path.unknown_answers),
        "hops": [_hop(told, hop) for hop in path.hops],
    }


def _hop(told: Told, hop: Hop) -> dict[str, Any]:
    main, declared, place, way = main_grant(hop), declared_of(hop), place_of(hop), hop.way
    return {
        "from": told.label(hop.source),
        "to": told.label(hop.target),
        "method": hop.method,
        "title": way.method.title if way else "Run as the account" if hop.method == "runs-as" else "Member of a group",
        "certainty": way.method.certainty if way else "certain",
        "permission": main[0] if main else None,
        "role": role_of(main[1]) if main else None,
        "resource": str(main[1].resource) if main else None,
        "address": declared.address if declared else None,
        "path": place.path if place else None,
        "line": place.line if place else None,
        "state": hop.state,
        "delegate": hop.delegates,
        "reasons": list(reasons(hop)),
        "closed_by": closed_by(hop) or None,
        "through": _through(hop),
        "grants": [_grant(permission, grant) for permission, grant in granted(hop)],
    }


def _through(hop: Hop) -> dict[str, Any] | None:
    found = through_of(hop)
    return {"what": found[0], "path": found[1].path, "line": found[1].line} if found else None


def _fix(fix: Fix) -> dict[str, Any]:
    fact = fix.facts[0]
    at = written(fact)
    grant = fact if isinstance(fact, Grant) else None
    return {
        "cut": fix.cut,
        "address": fact.declared.address,
        "path": at.path,
        "line": at.line,
        "role": role_of(grant) if grant else None,
        "resource": str(grant.resource) if grant else None,
        "entries": len(fix.facts),
    }


def _grant(permission: str, grant: Grant) -> dict[str, Any]:
    return {
        "permission": permission,
        "role": role_of(grant),
        "resource": str(grant.resource),
        "address": grant.declared.address,
        "path": grant.principal_place.at.path,
        "line": grant.principal_place.at.line,
    }
