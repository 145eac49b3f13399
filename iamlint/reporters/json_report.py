"""A report for other programs, as one JSON object. The keys are a contract."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from json.encoder import encode_basestring as quoted
from pathlib import Path, PurePath
from typing import TYPE_CHECKING, Any, TypeVar

from iamlint.facts import Resource
from iamlint.finding import Accepted, Finding, Related, Step
from iamlint.location import Location, SourceText
from iamlint.reporters.parts.indented import Written, indented
from iamlint.reporters.parts.plain import json_escaped
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.fingerprint import V1, V2, Fingerprints, fingerprints
from iamlint.results.report import ChangedSince, InForce, MinSeverity, Report

if TYPE_CHECKING:
    from iamlint.edits import Edit, Fix
    from iamlint.questions import ByCause, Question

SCHEMA = Path(__file__).with_name("check.schema.json")
"""The JSON Schema of the report; a test holds the report against it."""
SCHEMA_VERSION = 1
"""Grows when a key is removed or changes its meaning, not with a new key."""


_Item = TypeVar("_Item")


def json_report(report: Report, style: Presentation) -> Iterator[str]:
    """Yield the report in parts, indented by two spaces, with a newline at the end: it may be very large."""
    separator = "{\n"
    for key, value in _parts(report, style):
        yield f'{separator}  "{key}": '
        separator = ",\n"
        if not isinstance(value, Iterator):
            yield json_escaped(indented(value, "  "))
            continue
        between = "[\n    "
        for entry in value:
            yield between + json_escaped(indented(entry, "    "))
            between = ",\n    "
        yield "[]" if between.startswith("[") else "\n  ]"
    yield "\n}\n"


def _parts(report: Report, style: Presentation) -> Iterator[tuple[str, Any]]:
    """Yield the keys of the report with plain data; long lists one entry at a time."""
    yield "schema_version", SCHEMA_VERSION
    yield "version", report.version
    yield "catalog_date", report.catalog_date
    yield "role_catalogs", list(report.role_catalogs)
    directory = style.in_repository(".")
    yield "working_directory", None if PurePath(directory).is_absolute() else directory
    yield "configuration", _configuration(report.configuration)
    yield "changed_since", _changed_since(report.changed_since)
    yield "min_severity", _min_severity(report.min_severity)
    shared = _Shared()
    findings, writer = zip(report.findings, report.fingerprints, strict=True), _Findings(report.texts, shared)
    yield "findings", (writer.written(one, names) for one, names in findings)
    accepted = zip(report.accepted, fingerprints(one.finding for one in report.accepted), strict=True)
    yield "accepted", (_accepted(one, names, shared) for one, names in accepted)
    yield "unknowns", map(_question, report.questions)
    yield (
        "errors",
        [{**_start(error.at), "reason": error.reason, "hint": error.hint or None} for error in report.errors],
    )
    yield (
        "unused_var_files",
        [
            {"path": one.path, "variables": sorted(one.names), "root_modules": sorted(one.roots)}
            for one in report.var_files
        ],
    )
    yield (
        "summary",
        {
            "findings": len(report.findings),
            **report.by_severity,
            "accepted": len(report.accepted),
            "unknowns": len(report.questions),
            "unknowns_by_cause": [_by_cause(cause) for cause in report.by_cause],
            "errors": len(report.errors),
            "files": report.files,
            "rules": len(report.rules),
            "as_of": report.as_of.isoformat() if report.as_of else None,
        },
    )


def _configuration(found: InForce | None) -> dict[str, Any] | None:
    if found is None:
        return None
    settings = [{"key": one.key, "effect": one.effect, "count": one.count} for one in found.settings]
    return {"path": found.path, "settings": settings}


def _changed_since(found: ChangedSince | None) -> dict[str, Any] | None:
    if found is None:
        return None
    return {"revision": found.revision, "findings_left_out": found.findings, "unknowns_left_out": found.unknowns}


def _min_severity(found: MinSeverity | None) -> dict[str, Any] | None:
    return None if found is None else {"severity": found.severity, "findings_left_out": found.findings}


def _accepted(one: Accepted, names: Fingerprints, shared: _Shared) -> dict[str, Any]:
    return {
        **_finding(one.finding, names, shared),
        "reason": one.reason,
        "accepted_at": _start(one.at),
        "out_of_view": one.out_of_view,
    }


def _question(one: Question) -> dict[str, Any]:
    """``rule`` is that of the most severe possible finding, ``rules`` are all that depend on it."""
    return {
        "rule": one.unknown_answers[0].rule,
        "rules": list(one.rules),
        "severity": one.severity,
        "cause": {"kind": one.cause.kind.slug, "subject": one.cause.subject or None},
        "reason": one.reason,
        **_start(one.at),
        "address": one.address,
        "accepted_at": _start(one.accepted_at) if one.accepted_at else None,
        "environments": list(one.environments),
    }


def _by_cause(cause: ByCause) -> dict[str, Any]:
    return {
        "kind": cause.kind.slug,
        "severity": cause.severity,
        "count": len(cause.questions),
        "subjects": list(cause.subjects),
        "help": cause.help or None,
        "var_files": list(cause.hints),
    }


def _start(at: Location) -> dict[str, Any]:
    return {"path": at.path, "line": at.line, "column": at.column}


class _Shared:
    """What many findings of a report have in common, written once: privileges, hops, related places.

    It is known by its identity, and the last few thousand are kept: the findings of a project are mostly consecutive.
    """

    def __init__(self) -> None:
        self._known: dict[int, tuple[object, Written]] = {}

    def texts(self, texts: tuple[str, ...]) -> Written:
        """Return a list of texts."""
        return self._written(texts, list, _MARGIN)

    def entry(self, item: _Item | None, of: Callable[[_Item], dict[str, Any]]) -> Written | None:
        """Return an object as ``of`` returns it; None without one."""
        return None if item is None else self._written(item, of, _MARGIN)

    def entries(self, items: Sequence[_Item], of: Callable[[_Item], dict[str, Any]]) -> Written | list[Any]:
        """Return a list of objects, each as ``of`` returns it."""
        if not items:
            return []
        inner = f"{_MARGIN}  "
        written = f",\n{inner}".join([self._written(one, of, inner) for one in items])
        return Written(f"[\n{inner}{written}\n{_MARGIN}]")

    def _written(self, one: _Item, of: Callable[[_Item], Any], margin: str) -> Written:
        found = self._known.get(id(one))
        if found is None:
            if len(self._known) >= _MOST_KNOWN:
                self._known.clear()
            found = self._known[id(one)] = one, Written(indented(of(one), margin))
        return found[1]


_MARGIN = "      "
"""The margin of the keys of a finding."""
_MOST_KNOWN = 4096


class _Findings:
    """Writes findings; the text that alike ones have in common once, since those of an export differ in names only.

    A finding without an address, an origin, a fix or further fingerprints, as exports have them, is its values under
    `_VARYING` and the name of its resource within a text that depends on nothing but its other attributes: these are
    the key of the text. Any other finding is written key by key.
    """

    def __init__(self, texts: Mapping[str, SourceText], shared: _Shared) -> None:
        self._texts, self._shared = texts, shared
        self._forms: dict[tuple[object, ...], str] = {}

    def written(self, finding: Finding, names: Fingerprints) -> Written | dict[str, Any]:
        """Return a finding as JSON, or as plain data."""
        if finding.address is not None or finding.origin or finding.fix or names.own.further or names.others:
            return self._plain(finding, names)
        at, flow, shared, resource = finding.at, finding.flow, self._shared, finding.resource
        of_rule = (finding.rule, finding.family, finding.severity, finding.confidence, finding.permissions)
        kind, name = (resource.kind, resource.name) if resource else (None, None)
        key = (*of_rule, at.path, finding.role, kind, finding.condition, finding.others, finding.environments)
        form = self._forms.get(key)
        if form is None:
            if len(self._forms) >= _MOST_KNOWN:
                self._forms.clear()
            form = self._forms[key] = self._form(finding, names)
        values = (
            *(quoted(finding.message), at.line, at.column, at.end_line, at.end_column),
            "null" if finding.principal is None else quoted(finding.principal),
            *((quoted(name) if type(name) is str else "null",) if kind else ()),
            shared.texts(finding.ends) if finding.ends else "[]",
            shared.entries(flow.steps, _hop) if flow else "[]",
            flow.left_out if flow else 0,
            *(names.v2, names.v1, names.v2),
            shared.entries(finding.related, _related) if finding.related else "[]",
        )
        return Written(form % values)

    def _plain(self, finding: Finding, names: Fingerprints) -> dict[str, Any]:
        return {**_finding(finding, names, self._shared), "fix": _fix(finding.fix, self._texts)}

    def _form(self, finding: Finding, names: Fingerprints) -> str:
        """Return the text of findings like this one, with ``%s`` for each value that differs between them."""
        resource = finding.resource and {"kind": finding.resource.kind, "name": Written(_HOLE)}
        text = indented(self._plain(finding, names) | dict(_VARYING, resource=resource), _MARGIN[:-2])
        return text.replace("%", "%%").replace(_HOLE, "%s")


_HOLE = "\0"
"""The place of a value; JSON has no such character."""
_VARYING: Mapping[str, Any] = {
    **dict.fromkeys(("message", "line", "column", "end_line", "end_column"), Written(_HOLE)),
    **dict.fromkeys(("principal", "ends", "hops", "hops_left_out", "related"), Written(_HOLE)),
    "fingerprint": Written(f'"{_HOLE}"'),
    "fingerprints": dict.fromkeys((V1, V2), Written(f'"{_HOLE}"')),
}
"""The values that differ between similar findings, in the order of `_Findings.written` and of the report."""


def _finding(finding: Finding, names: Fingerprints, shared: _Shared) -> dict[str, Any]:
    """``path`` and ``line`` are the argument's; ``origin`` is where its value is written, if that is elsewhere.

    ``further_fingerprints`` are those of the same finding in other runs, at any of its addresses.
    """
    further = (*names.own.further, *(name for other in names.others for name in (other.name, *other.further)))
    return {
        "rule": finding.rule,
        "family": finding.family,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        **_start(finding.at),
        "end_line": finding.at.end_line,
        "end_column": finding.at.end_column,
        "origin": _start(finding.origin) if finding.origin else None,
        "address": finding.address,
        "other_addresses": list(finding.others),
        "principal": finding.principal,
        "role": finding.role,
        "permissions": shared.texts(finding.permissions),
        "resource": shared.entry(finding.resource, _resource),
        "condition": finding.condition,
        "ends": shared.texts(finding.ends),
        "environments": list(finding.environments),
        "hops": shared.entries(finding.flow.steps, _hop) if finding.flow else [],
        "hops_left_out": finding.flow.left_out if finding.flow else 0,
        "fingerprint": names.v2,
        "fingerprints": names.by_key,
        "further_fingerprints": list(dict.fromkeys(further)),
        "related": shared.entries(finding.related, _related),
    }


def _fix(fix: Fix | None, texts: Mapping[str, SourceText]) -> dict[str, Any] | None:
    """``start`` and ``end`` are offsets in bytes, from after a byte order mark."""
    if fix is None:
        return None
    return {"title": fix.title, "safety": fix.safety, "edits": [_edit(one, texts[one.path]) for one in fix.edits]}


def _edit(edit: Edit, source: SourceText) -> dict[str, Any]:
    at = edit.location(source)
    return {
        "path": edit.path,
        "start": edit.start,
        "end": edit.end,
        "line": at.line,
        "column": at.column,
        "end_line": at.end_line,
        "end_column": at.end_column,
        "replacement": edit.replacement,
    }


def _related(related: Related) -> dict[str, Any]:
    return {"path": related.at.path, "line": related.at.line, "message": related.message}


def _hop(step: Step) -> dict[str, Any]:
    """Return a hop with the keys of ``iamlint paths``; ``missing`` says that nothing gives the permission."""
    return {
        "from": step.source,
        "to": step.target,
        "method": step.method or None,
        "permission": step.permission or None,
        "role": step.role or None,
        "resource": step.resource or None,
        "address": step.address,
        **_start(step.at),
        "missing": step.missing,
    }


def _resource(resource: Resource) -> dict[str, Any]:
    return {"kind": resource.kind, "name": resource.name if isinstance(resource.name, str) else None}
