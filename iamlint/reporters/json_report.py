"""A report for other programs, as one JSON object. The keys are a contract."""

from __future__ import annotations

import json
from typing import Any

from iamlint.facts import Resource
from iamlint.finding import Finding
from iamlint.location import Location
from iamlint.report import Report


def json_report(report: Report) -> str:
    """The report, two spaces a level, with a newline at the end."""
    return json.dumps(report_data(report), indent=2, ensure_ascii=False) + "\n"


def report_data(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    return {
        "version": report.version,
        "catalog_date": report.catalog_date,
        "role_catalogs": list(report.role_catalogs),
        "findings": [
            _finding(finding, fingerprint)
            for finding, fingerprint in zip(report.findings, report.fingerprints, strict=True)
        ],
        "accepted": [
            {**_finding(one.finding, one.finding.fingerprint), "reason": one.reason, "accepted_at": _start(one.at)}
            for one in report.accepted
        ],
        "unknowns": [
            {"rule": doubt.rule, "reason": doubt.reason, **_start(doubt.at), "address": doubt.address}
            for doubt in report.doubts
        ],
        "errors": [{**_start(error.at), "reason": error.reason, "hint": error.hint or None} for error in report.errors],
        "summary": {
            "findings": len(report.findings),
            **report.by_severity,
            "accepted": len(report.accepted),
            "unknowns": len(report.doubts),
            "errors": len(report.errors),
            "files": report.files,
            "rules": len(report.rules),
            "as_of": report.as_of.isoformat() if report.as_of else None,
        },
    }


def _start(at: Location) -> dict[str, Any]:
    return {"path": at.path, "line": at.line, "column": at.column}


def _finding(finding: Finding, fingerprint: str) -> dict[str, Any]:
    return {
        "rule": finding.rule,
        "family": finding.family,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "message": finding.message,
        **_start(finding.at),
        "end_line": finding.at.end_line,
        "end_column": finding.at.end_column,
        "address": finding.address,
        "principal": finding.principal,
        "role": finding.role,
        "permissions": list(finding.permissions),
        "resource": _resource(finding.resource),
        "fingerprint": fingerprint,
        "related": [
            {"path": related.at.path, "line": related.at.line, "message": related.message}
            for related in finding.related
        ],
    }


def _resource(resource: Resource | None) -> dict[str, Any] | None:
    if resource is None:
        return None
    return {"kind": resource.kind, "name": resource.name if isinstance(resource.name, str) else None}
