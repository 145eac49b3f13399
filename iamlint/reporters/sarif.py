"""SARIF 2.1.0, by sarif-om with a serialiser of our own.

Of the properties, those that GitHub code scanning reads, and those that other viewers do. Source:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable
from functools import cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote

import attr
import sarif_om as om

from iamlint.finding import Finding, Related, Severity
from iamlint.location import Location, SourceText
from iamlint.report import Report
from iamlint.reporters.page import rule_page
from iamlint.reporters.plain import neutral
from iamlint.reporters.presentation import Presentation
from iamlint.rule import Rule

HOME = "https://github.com/iamlint/iamlint"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "info": "note",
}
_SCORES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "1.0"}
"""GitHub reads critical from 9.0, high from 7.0, medium from 4.0, low from 0.1."""
_PROBLEMS: dict[Severity, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "recommendation",
    "info": "recommendation",
}
_ALWAYS = {("Result", "level"), ("Result", "kind")}
"""Written though they are the default: a missing level would be the rule's, not "warning"."""


def sarif_report(report: Report, style: Presentation) -> str:
    """The report as a SARIF log with one run. No times, no machine's paths: the same report gives the same text."""
    log = om.SarifLog(version="2.1.0", schema_uri=SCHEMA, runs=[_run(report, style)])
    return json.dumps(_plain(log), indent=2, ensure_ascii=False) + "\n"


# -- objects to plain data ---------------------------------------------------------------------------------------------


@cache
def _fields(kind: type[Any]) -> tuple[tuple[str, str, Any, bool], ...]:
    rows = []
    for one in attr.fields(kind):
        default = one.default.factory() if isinstance(one.default, attr.Factory) else one.default  # type: ignore[arg-type]
        name = one.metadata.get("schema_property_name", one.name)
        rows.append((one.name, name, default, (kind.__name__, one.name) in _ALWAYS))
    return tuple(rows)


def _plain(value: Any) -> Any:
    """Plain data of SARIF objects: what is left at its default is left out; raises TypeError for anything foreign."""
    if attr.has(type(value)):
        found = {}
        for name, key, default, always in _fields(type(value)):
            part = getattr(value, name)
            if part is not None and (always or part != default):
                found[key] = _plain(part)
        return found
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise TypeError(f"SARIF has no {type(value).__name__}")


# -- the run -----------------------------------------------------------------------------------------------------------


def _run(report: Report, style: Presentation) -> om.Run:
    rules = sorted(report.rules, key=lambda rule: rule.slug)
    index = {rule.slug: number for number, rule in enumerate(rules)}
    hashes: dict[str, list[str]] = {}
    return om.Run(
        tool=om.Tool(driver=_driver(report, rules)),
        results=[_result(finding, index, report, hashes) for finding in report.findings],
        invocations=[_invocation(report)],
        column_kind="unicodeCodePoints",
        original_uri_base_ids={
            "%SRCROOT%": om.ArtifactLocation(description=om.Message(text="The directory that iamlint was run in."))
        },
        automation_details=om.RunAutomationDetails(id=style.category.rstrip("/") + "/") if style.category else None,
    )


def _driver(report: Report, rules: list[Rule]) -> om.ToolComponent:
    return om.ToolComponent(
        name="iamlint",
        full_name=f"iamlint {report.version}",
        organization="iamlint",
        version=report.version,
        semantic_version=report.version,
        information_uri=HOME,
        rules=[_rule(rule) for rule in rules],
        properties={"roleCatalogDate": report.catalog_date},
    )


def _rule(rule: Rule) -> om.ReportingDescriptor:
    page = rule_page(rule)
    return om.ReportingDescriptor(
        id=rule.slug,
        name="".join(word.capitalize() for word in rule.slug.split("-")) + "Rule",
        short_description=om.MultiformatMessageString(text=_sentence(rule.title)[:1024]),
        full_description=om.MultiformatMessageString(text=_sentence(" ".join(rule.why.split()))[:1024]),
        help=om.MultiformatMessageString(text=page, markdown=page),
        help_uri=f"{HOME}/blob/main/rules/{rule.id}.yaml",
        default_configuration=om.ReportingConfiguration(level=_LEVELS[rule.severity]),
        properties={
            "tags": ["security", "iam", rule.family, "external/cwe/cwe-250"],
            "precision": {"high": "very-high", "medium": "high", "low": "medium"}[rule.confidence],
            "problem.severity": _PROBLEMS[rule.severity],
            "security-severity": _SCORES[rule.severity],
        },
    )


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith(".") else f"{text}."


def _invocation(report: Report) -> om.Invocation:
    notifications = [
        om.Notification(
            message=om.Message(text=_sentence(neutral(" ".join((error.reason, error.hint)).strip()))),
            level="error",
            locations=[om.Location(physical_location=_physical(error.at, None))],
        )
        for error in report.errors
    ]
    return om.Invocation(execution_successful=not report.errors, tool_execution_notifications=notifications or None)


# -- results -----------------------------------------------------------------------------------------------------------


def _result(finding: Finding, index: dict[str, int], report: Report, hashes: dict[str, list[str]]) -> om.Result:
    text = report.texts.get(finding.at.path)
    fingerprints = {"iamlintGrant/v1": finding.fingerprint}
    if text is not None:
        lines = hashes.setdefault(finding.at.path, line_hashes(text.text) if finding.at.path not in hashes else [])
        if finding.at.line <= len(lines):
            fingerprints["primaryLocationLineHash"] = lines[finding.at.line - 1]
    return om.Result(
        rule_id=finding.rule,
        rule_index=index[finding.rule],
        level=_LEVELS[finding.severity],
        message=om.Message(text=_message(finding)),
        locations=[_location(finding, text)],
        related_locations=[_related(number, one, report) for number, one in enumerate(finding.related, start=1)]
        or None,
        partial_fingerprints=dict(sorted(fingerprints.items())),
    )


def _message(finding: Finding) -> str:
    """The message, the address, and links to the related places: GitHub shows only those that a message links to."""
    text = re.sub(r"\](?=\()", r"\\]", neutral(finding.message))
    if finding.address:
        text += f" Address: {neutral(finding.address)}."
    links = [f"[{_in_link(one.message)}]({number})" for number, one in enumerate(finding.related, start=1)]
    return _sentence(text) + (f" See {', '.join(links)}." if links else "")


def _in_link(text: str) -> str:
    return re.sub(r"([\\\[\]])", r"\\\1", neutral(text))


def _location(finding: Finding, text: SourceText | None) -> om.Location:
    logical = None
    if finding.address:
        logical = [om.LogicalLocation(fully_qualified_name=finding.address, kind="resource")]
    return om.Location(physical_location=_physical(finding.at, text), logical_locations=logical)


def _related(number: int, related: Related, report: Report) -> om.Location:
    physical = _physical(related.at, report.texts.get(related.at.path))
    return om.Location(
        id=number, physical_location=physical, message=om.Message(text=_sentence(neutral(related.message)))
    )


def _physical(at: Location, text: SourceText | None) -> om.PhysicalLocation:
    region = om.Region(
        start_line=at.line,
        start_column=at.column,
        end_line=at.end_line,
        end_column=max(at.end_column, at.column) if at.end_line == at.line else at.end_column,
    )
    context = None
    if text is not None:
        region.snippet = om.ArtifactContent(text=_lines(text, at.line, at.end_line))
        first, last = max(1, at.line - 2), min(len(text.line_starts), at.end_line + 2)
        context = om.Region(start_line=first, end_line=last, snippet=om.ArtifactContent(text=_lines(text, first, last)))
    return om.PhysicalLocation(artifact_location=_artifact(at.path), region=region, context_region=context)


def _lines(text: SourceText, first: int, last: int) -> str:
    return "\n".join(text.line(number)[:1000] for number in range(first, min(last, first + 20) + 1))


def _artifact(path: str) -> om.ArtifactLocation:
    """A path below the working directory stays relative to it; one outside is given whole."""
    if os.path.isabs(path):
        return om.ArtifactLocation(uri=PurePosixPath(path).as_uri())
    return om.ArtifactLocation(uri=quote(path), uri_base_id="%SRCROOT%")


# -- GitHub's fingerprint of a line ------------------------------------------------------------------------------------

_BLOCK, _MODULUS, _MASK, _END = 100, 37, (1 << 64) - 1, 65535
_FIRST = pow(_MODULUS, _BLOCK, 1 << 64)


def line_hashes(text: str) -> list[str]:
    """``primaryLocationLineHash`` of each line, as github/codeql-action works it out: a rolling hash of what follows.

    Computed here too, since GitHub's own upload warns of any other value.
    """
    units, starts = _units(text)
    units += [0] * _BLOCK
    sums = [0]
    for unit in units:
        sums.append((sums[-1] * _MODULUS + unit) & _MASK)
    seen: dict[str, int] = {}
    found = []
    for start in starts:
        digest = format((sums[start + _BLOCK] - sums[start] * _FIRST) & _MASK, "x")
        seen[digest] = seen.get(digest, 0) + 1
        found.append(f"{digest}:{seen[digest]}")
    return found


def _units(text: str) -> tuple[list[int], list[int]]:
    """UTF-16 code units without blanks and tabs, line ends as one LF; and the index at which each line starts."""
    units: list[int] = []
    starts: list[int] = []
    at_start, after_return = True, False
    for unit in [*_utf16(text), _END]:
        if unit in (0x20, 0x09) or (after_return and unit == 0x0A):
            after_return = False
            continue
        after_return = unit == 0x0D
        if at_start:
            at_start = False
            starts.append(len(units))
        kept = 0x0A if after_return else unit
        at_start = kept == 0x0A
        units.append(kept)
    return units, starts


def _utf16(text: str) -> Iterable[int]:
    raw = text.encode("utf-16-le", "surrogatepass")
    return (raw[at] | raw[at + 1] << 8 for at in range(0, len(raw), 2))
