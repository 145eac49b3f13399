"""Paths as one page: it loads nothing, runs its own script alone, and builds each text as text, never as markup."""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Iterable
from pathlib import Path as File
from typing import Any

from iamlint.basics.lazy_regex import regex
from iamlint.location import Location
from iamlint.paths.groups import Group, grouped
from iamlint.paths.hops import Hop
from iamlint.reporters.parts.plain import json_escaped, neutral
from iamlint.reporters.paths.lines import short
from iamlint.reporters.paths.told import Told, granted, place_of, reasons, role_of, seen_at, through_of

MOST_NAMES = 200
"""Principals, and accounts, that are listed of one group."""
MOST_SHOWN = 60
"""Hops of a path that are shown."""
_AROUND = 2
"""Lines of source that are shown before and after the line of a hop."""
_LONGEST = 200
_ENVIRONMENTS = (
    ("prod", regex(r"(?:^|[^a-z])(?:prod|prd|production|live)(?:[^a-z]|$)")),
    ("staging", regex(r"(?:^|[^a-z])(?:stag|staging|stage|stg|uat|preprod|pre)(?:[^a-z]|$)")),
    ("test", regex(r"(?:^|[^a-z])(?:test|tst|qa)(?:[^a-z]|$)")),
    ("dev", regex(r"(?:^|[^a-z])(?:dev|develop|development|sandbox|lab)(?:[^a-z]|$)")),
)


def paths_html(told: Told) -> str:
    """Return the page."""
    folder = File(__file__).parent
    style = (folder / "page.css").read_text(encoding="utf-8")
    script = (folder / "page.js").read_text(encoding="utf-8")
    groups = grouped(told.answer.paths, told.asking.names)
    frames: dict[str, list[Any]] = {}
    data = {"groups": [_group(told, group, frames) for group in groups], "frames": frames}
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; base-uri 'none'"
    return "".join(
        (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{html.escape(policy)}; form-action \'none\'">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>Paths to service accounts</title>\n<style>{style}</style>\n</head>\n<body>\n",
            "<h1>Who can become which service account</h1>\n",
            '<p class="dim" id="count" role="status" aria-live="polite"></p>\n',
            *(f'<p class="reason">{html.escape(neutral(line))}</p>\n' for line in _notes(told)),
            '<form role="search"><label>Search (press /)<input id="search" type="search" autocomplete="off"></label>\n',
            *(_filter(name, title) for name, title in _FILTERS),
            '</form>\n<main id="list"></main>\n<button id="more" type="button" hidden>Show more</button>\n',
            "<noscript><p>This page needs its script; <code>--format text</code> needs none.</p></noscript>\n",
            f'<script type="application/json" id="data">{_embedded(data)}</script>\n',
            f"<script>{script}</script>\n</body>\n</html>\n",
        )
    )


_FILTERS = (
    ("state", "State"),
    ("severity", "Severity"),
    ("kind", "Kind of start"),
    ("certainty", "Certainty"),
    ("environment", "Environment"),
)


def _filter(name: str, title: str) -> str:
    return f'<label>{title}<select name="{name}"><option value="">any</option></select></label>\n'


def _digest(text: str) -> str:
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"


def _embedded(data: Any) -> str:
    """JSON within a script element: no text of it can end the element."""
    text = json_escaped(json.dumps(data, ensure_ascii=False, separators=(",", ":")))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _notes(told: Told) -> Iterable[str]:
    answer = told.answer
    if answer.left_out:
        yield f"{answer.left_out:,} more paths were found and are not listed."
    if answer.not_searched:
        yield f"Not searched to the end: {len(answer.not_searched):,} principals or accounts."
    yield from (f"{error.at.path}:{error.at.line}: {error.reason}" for error in told.errors)
    yield from (*answer.notes, *(f"Unknown: {one}" for one in answer.unknown))


def _group(told: Told, group: Group, frames: dict[str, list[Any]]) -> dict[str, Any]:
    path = group.first
    sources, targets = [told.label(one) for one in group.sources], [told.label(one) for one in group.targets]
    certainties = {hop.way.method.certainty if hop.way else "certain" for hop in path.hops}
    return {
        "state": path.state,
        "severity": told.severity(path),
        "kind": told.asking.names.kind(path.source).replace("_", " "),
        "certainty": next((one for one in ("claimed", "likely") if one in certainties), "certain"),
        "environment": environment(targets[0]),
        "sources": [neutral(one) for one in sources[:MOST_NAMES]],
        "source_total": len(sources),
        "targets": [neutral(short(one)) for one in targets[:MOST_NAMES]],
        "target_total": len(targets),
        "total": len(group.paths),
        "powers": [neutral(one) for one in told.powers(path.target)[:3]],
        "reasons": [neutral(one) for one in path.unknown_answers],
        "hops": [_hop(told, hop, frames) for hop in path.hops[:MOST_SHOWN]],
        "hidden": max(0, len(path.hops) - MOST_SHOWN),
    }


def environment(name: str) -> str:
    """Return the environment that the project or name of an account says: prod, staging, test, dev, or other."""
    own, _, project = name.lower().partition("@")
    named = (found for text in (project, own) for found, pattern in _ENVIRONMENTS if pattern.search(text))
    return next(named, "other")


def _hop(told: Told, hop: Hop, frames: dict[str, list[Any]]) -> dict[str, Any]:
    method, through = hop.way.method if hop.way else None, through_of(hop)
    return {
        "from": neutral(short(told.label(hop.source))),
        "to": neutral(short(told.label(hop.target))),
        "title": method.title if method else "Runs as it" if hop.method == "runs-as" else "Is a member",
        "method": hop.method,
        "certainty": method.certainty if method else "certain",
        "state": hop.state,
        "delegate": hop.delegates,
        "reasons": [neutral(one) for one in reasons(hop)],
        "grants": _grants(told, hop, frames),
        "through": neutral(through[0]) if through else "",
    }


def _grants(told: Told, hop: Hop, frames: dict[str, list[Any]]) -> list[dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for permission, grant in granted(hop):
        text = f"by {role_of(grant)} on {grant.resource}"
        known = found.get(id(grant))
        if known:
            known["text"] = neutral(f"{permission}, ") + known["text"]
        else:
            found[id(grant)] = {
                "text": neutral(f"{permission} {text}"),
                "at": _framed(told, seen_at(grant), frames),
            }
    at = place_of(hop)
    if not found and at:
        return [{"text": "", "at": _framed(told, at, frames)}]
    return list(found.values())


def _framed(told: Told, at: Location, frames: dict[str, list[Any]]) -> str:
    """Return the place of a line; the page finds the lines around it with it."""
    key, source = f"{neutral(at.path)}:{at.line}", told.texts.get(at.path)
    if source is not None and key not in frames:
        last = len(source.line_starts)
        numbers = range(max(1, at.line - _AROUND), min(last, at.line + _AROUND) + 1)
        frames[key] = [[one, neutral(source.line(one)[:_LONGEST]), one == at.line] for one in numbers]
    return key
