"""A baseline: the findings that a repository had when it began, told by their fingerprints in an earlier report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from iamlint.documents import find, plain, read_json
from iamlint.documents.values import Value
from iamlint.files.texts import load
from iamlint.finding import Accepted
from iamlint.location import Location, Unreadable
from iamlint.report import Report

_HINT = "make one with `iamlint check --format json > baseline.json`"


def read_baseline(path: Path) -> dict[str, Location] | Unreadable:
    """The fingerprints in a report that ``check --format json`` wrote, each with the place of its finding there."""
    source = load(path, path.as_posix())
    document = source if isinstance(source, Unreadable) else read_json(source)
    if isinstance(document, Unreadable):
        return document
    listed = document.data.get("findings") if isinstance(document.data, dict) else None
    if listed is None or not isinstance(listed.data, tuple):
        return Unreadable(Location(path.as_posix()), "this is no report of iamlint's", _HINT)
    known: dict[str, Location] = {}
    for entry in listed.data:
        fingerprint = plain(entry).get("fingerprint") if isinstance(entry.data, dict) else None
        if not isinstance(fingerprint, str):
            return Unreadable(_at(entry), "a finding of the baseline has no fingerprint", _HINT)
        known[fingerprint] = _at(find(entry, ["fingerprint"]))
    return known


def _at(value: Value) -> Location:
    return value.at.location if value.at else Location("")


def beyond(report: Report, known: dict[str, Location]) -> Report:
    """The report with what the baseline has among the accepted."""
    if not known:
        return report
    new, old = [], list(report.accepted)
    for finding, fingerprint in zip(report.findings, report.fingerprints, strict=True):
        accepted = next((name for name in (fingerprint, *finding.fingerprints[1:]) if name in known), None)
        if accepted:
            old.append(Accepted(finding, "it is in the baseline", known[accepted]))
        else:
            new.append(finding)
    return replace(report, findings=tuple(new), accepted=tuple(old))
