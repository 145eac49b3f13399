"""A comparison for other programs, as one JSON object. ``comparison.schema.json`` is the contract."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from iamlint import __version__
from iamlint.comparison.model import Comparison, Line, Pair, Privilege, Step, UnknownChange
from iamlint.reporters.parts.indented import json_text
from iamlint.reporters.parts.presentation import Presentation

SCHEMA = Path(__file__).with_name("comparison.schema.json")


def comparison_json(found: Comparison, style: Presentation) -> str:
    """Return a comparison as a JSON object, two spaces a level."""
    return json_text(comparison_entry(found, style))


def comparison_entry(found: Comparison, style: Presentation) -> dict[str, Any]:
    """Return a comparison as plain data."""
    return {
        "version": __version__,
        "base": found.base,
        "head": found.head,
        "opened": [_pair(one, style) for one in found.opened],
        "closed": [_pair(one, style) for one in found.closed],
        "gained": [_privilege(one, style) for one in found.gained],
        "lost": [_privilege(one, style) for one in found.lost],
        "unknown": [_unknown_change(one, style) for one in found.unknown],
        "left_out": dict(found.left_out),
        "errors": [
            {"path": one.at.path, "line": one.at.line, "reason": one.reason, "hint": one.hint or None}
            for one in found.errors
        ],
    }


def _pair(one: Pair, style: Presentation) -> dict[str, Any]:
    return {
        "principal": one.principal,
        "account": one.account,
        "method": one.methods[0],
        "methods": list(one.methods),
        "path": _steps(one.path),
        "cause": _line(one.cause, style),
        "environments": list(one.environments),
    }


def _privilege(one: Privilege, style: Presentation) -> dict[str, Any]:
    return {
        "principal": one.principal,
        "role": one.role,
        "resource": str(one.resource),
        "path": _steps(one.path),
        "cause": _line(one.cause, style),
        "environments": list(one.environments),
    }


def _unknown_change(one: UnknownChange, style: Presentation) -> dict[str, Any]:
    about: dict[str, Any] = {}
    if one.pair:
        about = _pair(one.pair, style)
    elif one.privilege:
        about = _privilege(one.privilege, style)
    further = {"cause": _line(one.at, style), "environments": list(one.environments)}
    return {"change": one.change, "reason": one.reason, **about, **further}


def _steps(path: Iterable[Step]) -> list[dict[str, Any]]:
    return [
        {
            "from": one.source,
            "to": one.target,
            "method": one.method,
            "permission": one.permission or None,
            "role": one.role or None,
            "resource": one.resource or None,
            "address": one.address or None,
            "path": one.at.path if one.at else None,
            "line": one.at.line if one.at else None,
            "state": one.state,
        }
        for one in path
    ]


def _line(one: Line | None, style: Presentation) -> dict[str, Any] | None:
    if one is None:
        return None
    file = style.in_repository(one.shown) if one.side == "head" else None
    return {"path": one.path, "file": file, "line": one.line, "side": one.side}
