"""SARIF 2.1.0, by sarif-om with a serialiser of our own.

It writes the properties that GitHub code scanning and other viewers read. Source:
https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence, Set
from itertools import compress
from typing import Any
from urllib.parse import quote

import attr
import sarif_om as om

from iamlint.addresses import REPOSITORY, rule_address
from iamlint.edits import Edit, Fix, by_path
from iamlint.finding import SEVERITIES, Finding, Flow, Related, Severity
from iamlint.location import COMMAND_LINE, Location, SourceText, Unreadable
from iamlint.questions import Question
from iamlint.reporters.page import rule_page
from iamlint.reporters.parts.ends import leads_to
from iamlint.reporters.parts.excerpt import inside, line_span
from iamlint.reporters.parts.indented import indented
from iamlint.reporters.parts.line_hash import line_hashes
from iamlint.reporters.parts.notes import notes
from iamlint.reporters.parts.plain import environments, json_escaped, neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.fingerprint import Fingerprints
from iamlint.results.report import Report
from iamlint.rules.rule import Rule

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
MOST_RESULTS = 25_000
"""GitHub refuses a run with more, and shows the 5,000 most severe."""
_MOST_PLACES = 100
"""Maximum number of places of a notification, and of related places of a result; GitHub keeps as many."""
_MOST_LINKS = 5
"""Maximum number of related places that a message links to."""
_MOST_FURTHER = 6_000
"""Maximum number of places in all results beyond the first `_MOST_LINKS` related ones and hops of each.

Each place has a snippet, and thousands of long paths take a hundred megabytes.
"""
_LONGEST = 1000
"""Maximum length of a snippet."""
_LONGEST_DESCRIPTION = 1024
"""Maximum length of a rule's description on GitHub."""
_MOST_HASHED = 1_000_000
"""Maximum size in characters of a file with hashed lines; GitHub hashes larger ones on upload."""

_LEVELS: dict[Severity, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "note",
    "info": "note",
}
_SCORES: dict[Severity, str] = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "1.0"}
"""GitHub's scores: critical from 9.0, high from 7.0, medium from 4.0, low from 0.1."""
_PROBLEMS: dict[Severity, str] = {
    "critical": "error",
    "high": "error",
    "medium": "warning",
    "low": "recommendation",
    "info": "recommendation",
}
_BASES = {
    "%SRCROOT%": om.ArtifactLocation(description=om.Message(text="The top of the repository.")),
    "ROOT": om.ArtifactLocation(uri="file:///", description=om.Message(text="Of files outside of it.")),
}


def sarif_report(report: Report, style: Presentation) -> Iterator[str]:
    """Yield the report as a SARIF log with one run, without times or machine paths: the text is reproducible.

    Each result is passed on before the next one is made: 25,000 of them as objects take eight hundred megabytes, and
    as texts fifty.
    """
    run = _Run(report, style)
    log = om.SarifLog(version="2.1.0", schema_uri=SCHEMA, runs=[run.run()])
    # The results are the last part of a run: nothing of the input is after the place that is left for them.
    before, _, after = json_escaped(indented(_plain(log))).rpartition(_written(_ALL_RESULTS))
    separator = before
    for result in run.results():
        yield separator + result
        separator = f",\n{_MARGIN}"
    yield (after if report.findings else before + after) + "\n"


_ALL_RESULTS = om.Result(message=om.Message(text="all results"))
_MARGIN = " " * 8
"""What precedes the lines of a result."""


def _written(result: om.Result) -> str:
    return json_escaped(indented(_plain(result), _MARGIN))


# -- objects to plain data ---------------------------------------------------------------------------------------------

_ALWAYS = {("Result", "level"), ("Result", "kind"), ("ReportingConfiguration", "level"), ("Notification", "level")}
"""Written even if default: a missing level would mean the rule's, not "warning"."""


def _attributes(kind: type[Any]) -> Iterator[tuple[str, str, Any, bool]]:
    """Yield name, SARIF's name, default, and whether it is always written, for each attribute of a sarif-om class."""
    for one in attr.fields(kind):
        default = one.default
        if isinstance(default, attr.Factory):  # type: ignore[arg-type]  # a class at run time, a function to mypy
            default = default.factory()
        name = one.metadata.get("schema_property_name", one.name)
        yield one.name, name, default, (kind.__name__, one.name) in _ALWAYS


_ATTRIBUTES = {kind: tuple(_attributes(kind)) for kind in vars(om).values() if attr.has(kind)}


def _plain(value: Any) -> Any:
    """Return plain data of SARIF objects without defaults; raises TypeError for any other object."""
    if type(value) in _ATTRIBUTES:
        found = {}
        for name, key, default, always in _ATTRIBUTES[type(value)]:
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


# -- rules -------------------------------------------------------------------------------------------------------------


def _rule(rule: Rule, severity: Severity) -> om.ReportingDescriptor:
    """Return a rule with a severity: that of its worst finding, since GitHub shows an alert by its rule's score."""
    page = rule_page(rule)
    return om.ReportingDescriptor(
        id=rule.slug,
        name="".join(word.capitalize() for word in rule.slug.split("-")) + "Rule",
        short_description=om.MultiformatMessageString(text=_shortened(rule.title)),
        full_description=om.MultiformatMessageString(text=_shortened(" ".join(rule.page.why.split()))),
        help=om.MultiformatMessageString(text=page, markdown=page),
        help_uri=rule_address(rule.id),
        default_configuration=om.ReportingConfiguration(level=_LEVELS[rule.severity]),
        properties={
            "tags": ["security", "iam", rule.family, "external/cwe/cwe-250", *_standards(rule)],
            "precision": {"high": "very-high", "medium": "high", "low": "medium"}[rule.confidence],
            "problem.severity": _PROBLEMS[rule.severity],
            "security-severity": _SCORES[severity],
        },
    )


def _standards(rule: Rule) -> Iterator[str]:
    """Yield the tags of controls and techniques, in the form that code scanning has for those of CWE."""
    yield from (f"external/cis-gcp/{control}" for control in rule.cis)
    yield from (f"external/mitre-attack/{technique}" for technique in rule.mitre)


def _shortened(text: str) -> str:
    """Return a sentence of at most `_LONGEST_DESCRIPTION` characters."""
    text = _sentence(text)
    return text if len(text) <= _LONGEST_DESCRIPTION else text[: _LONGEST_DESCRIPTION - 4].rpartition(" ")[0] + " ..."


def _sentence(text: str) -> str:
    text = text.strip()
    return text if text.endswith(".") else f"{text}."


# -- the run -----------------------------------------------------------------------------------------------------------


class _Run:
    """The shared parts of a run while it is written."""

    def __init__(self, report: Report, style: Presentation) -> None:
        self._report = report
        self._style = style
        self._rules = sorted(report.rules, key=lambda rule: rule.slug)
        self._index = {rule.slug: number for number, rule in enumerate(self._rules)}
        self._hashes: dict[str, list[str]] = {}
        self._artifacts: dict[str, om.ArtifactLocation] = {}
        self._written = self._chosen()
        self._short = self._shortened()

    def run(self) -> om.Run:
        """Return the run, with one result as a placeholder for all."""
        report = self._report
        return om.Run(
            tool=om.Tool(driver=self._driver()),
            results=[_ALL_RESULTS] if report.findings else [],
            invocations=[self._invocation(max(0, len(report.findings) - MOST_RESULTS))],
            column_kind="unicodeCodePoints",
            original_uri_base_ids=_BASES,
        )

    def results(self) -> Iterator[str]:
        """Yield the results as texts, one after another."""
        results = compress(zip(self._report.findings, self._report.fingerprints, strict=True), self._written)
        for number, (finding, fingerprint) in enumerate(results):
            yield _written(self._result(finding, fingerprint, short=number in self._short))

    def _chosen(self) -> Sequence[bool]:
        """Return for each finding whether it is written: the most severe of too many are."""
        report = self._report
        if len(report.findings) <= MOST_RESULTS:
            return [True] * len(report.findings)
        kept, left = set(report.ranked[:MOST_RESULTS]), MOST_RESULTS
        chosen = []
        for finding in report.findings:
            chosen.append(left > 0 and finding in kept)
            left -= chosen[-1]
        return chosen

    def _driver(self) -> om.ToolComponent:
        version = self._report.version
        return om.ToolComponent(
            name="iamlint",
            full_name=f"iamlint {version}",
            organization="iamlint",
            version=version,
            semantic_version=version,
            information_uri=REPOSITORY,
            rules=[_rule(rule, self._worst(rule)) for rule in self._rules],
            properties={"roleCatalogDate": self._report.catalog_date},
        )

    def _worst(self, rule: Rule) -> Severity:
        """Return the severity of the worst finding of a rule in this run; its own without any."""
        found = (SEVERITIES.index(one.severity) for one in self._report.findings if one.rule == rule.slug)
        return SEVERITIES[min(found, default=SEVERITIES.index(rule.severity))]

    def _invocation(self, left_out: int) -> om.Invocation:
        report = self._report
        notifications = [self._error(error) for error in report.errors]
        if left_out:
            text = f"{left_out} findings are left out, since GitHub takes {MOST_RESULTS} at most."
            notifications.append(om.Notification(message=om.Message(text=text), level="warning"))
        if self._short:
            text = f"{len(self._short)} findings are written without their hops, which JSON has: there are too many."
            notifications.append(om.Notification(message=om.Message(text=text), level="note"))
        notifications += self._unknown_answers()
        told = [
            om.Notification(message=om.Message(text=_sentence(_shown(note))), level="note") for note in notes(report)
        ]
        told += self._unused_var_files()
        return om.Invocation(
            execution_successful=not report.errors,
            tool_execution_notifications=notifications or None,
            tool_configuration_notifications=told or None,
            properties=_unknowns(report) if report.unknown_answers else None,
        )

    def _error(self, error: Unreadable) -> om.Notification:
        hint = f" ({_shown(error.hint)})" if error.hint else ""
        known = [] if error.at.path == COMMAND_LINE else [self._place(error.at)]
        return om.Notification(
            message=om.Message(text=_sentence(_shown(error.reason) + hint)), level="error", locations=known or None
        )

    def _unknown_answers(self) -> Iterator[om.Notification]:
        """Yield the unknown things: a note for each reason, with its places; a warning if it fails the run."""
        groups: dict[str, list[Question]] = {}
        for question in self._report.questions:
            where = f" ({environments(question)})" if question.environments else ""
            groups.setdefault(question.reason + where, []).append(question)
        for reason, alike in sorted(groups.items()):
            more, worst = len(alike) - _MOST_PLACES, min(alike, key=lambda one: one.unknown_answers[0].rank)
            text = f"Not decided: {_shown(reason)}" + (f" (and {more} more places)" if more > 0 else "")
            rules = sorted({rule for question in alike for rule in question.rules})
            fails = any(
                self._style.bar.fails_unknown(unknown_answer)
                for question in alike
                for unknown_answer in question.unknown_answers
            )
            properties = {
                **({"severity": worst.severity} if worst.severity else {}),
                "cause": worst.cause.kind.slug,
                **({"rules": rules} if len(rules) > 1 else {}),
            }
            yield om.Notification(
                message=om.Message(text=_sentence(text)),
                level="warning" if fails else "note",
                associated_rule=self._about(rules[0]) if len(rules) == 1 else None,
                locations=[self._place(question.at, question.address) for question in alike[:_MOST_PLACES]],
                properties=properties,
            )

    def _unused_var_files(self) -> list[om.Notification]:
        """Return a note about the variable files that fit a root module and are not used; none without any."""
        unused = self._report.var_files
        if not unused:
            return []
        several = "1 variable file is" if len(unused) == 1 else f"{len(unused)} variable files are"
        text = f"{several} not used: --var-file FILE, or `environments` in the configuration."
        places = [self._place(Location(one.path)) for one in unused[:_MOST_PLACES]]
        return [om.Notification(message=om.Message(text=text), level="note", locations=places)]

    def _about(self, rule: str) -> om.ReportingDescriptorReference | None:
        return om.ReportingDescriptorReference(id=rule, index=self._index[rule]) if rule in self._index else None

    # -- results ---------------------------------------------------------------------------------------------------

    def _result(self, finding: Finding, fingerprint: Fingerprints, *, short: bool) -> om.Result:
        fingerprints = fingerprint.by_key
        hashed = self._line_hash(finding.at)
        if hashed:
            fingerprints["primaryLocationLineHash"] = hashed
        related, flow = finding.related[: _MOST_LINKS if short else _MOST_PLACES], None if short else finding.flow
        return om.Result(
            rule_id=finding.rule,
            rule_index=self._index.get(finding.rule, -1),
            level=_LEVELS[finding.severity],
            message=om.Message(text=_message(finding)),
            locations=[self._place(finding.at, finding.address, *finding.others[:_MOST_PLACES])],
            related_locations=[self._related(number, one) for number, one in enumerate(related, start=1)] or None,
            code_flows=[self._flow(flow)] if flow else None,
            partial_fingerprints=fingerprints,
            fixes=[self._fix(finding.fix)] if finding.fix else None,
            properties={
                "security-severity": _SCORES[finding.severity],
                **({"environments": list(finding.environments)} if finding.environments else {}),
            },
        )

    def _shortened(self) -> Set[int]:
        """Return the numbers of the results with only a few places, since results before them have used the room up."""
        short: set[int] = set()
        left = _MOST_FURTHER
        for number, finding in enumerate(compress(self._report.findings, self._written)):
            places, hops = len(finding.related[:_MOST_PLACES]), len(finding.flow.steps) if finding.flow else 0
            further = max(0, places - _MOST_LINKS) + max(0, hops - _MOST_LINKS)
            if further > left:
                short.add(number)
            else:
                left -= further
        return short

    def _fix(self, fix: Fix) -> om.Fix:
        """Return the edits as replacements; an empty region is an insertion."""
        changes = [
            om.ArtifactChange(
                artifact_location=self._artifact(path),
                replacements=[self._replacement(edit) for edit in edits],
            )
            for path, edits in by_path(fix.edits).items()
        ]
        return om.Fix(
            description=om.Message(text=_sentence(_shown(fix.title[:1].upper() + fix.title[1:]))),
            artifact_changes=changes,
            properties={"safety": fix.safety},
        )

    def _replacement(self, edit: Edit) -> om.Replacement:
        at = edit.location(self._report.texts[edit.path])
        region = om.Region(start_line=at.line, start_column=at.column, end_line=at.end_line, end_column=at.end_column)
        content = om.ArtifactContent(text=edit.replacement) if edit.replacement else None
        return om.Replacement(deleted_region=region, inserted_content=content)

    def _line_hash(self, at: Location) -> str | None:
        text = self._report.texts.get(at.path)
        if text is None or len(text.text) > _MOST_HASHED:
            return None
        if at.path not in self._hashes:
            self._hashes[at.path] = line_hashes(text.text)
        lines = self._hashes[at.path]
        return lines[at.line - 1] if at.line <= len(lines) else None

    def _flow(self, flow: Flow) -> om.CodeFlow:
        """Return a path as GitHub shows it: a location for each hop, and one for the privilege at the end."""
        places = []
        for number, (text, at) in enumerate(flow.lines, start=1):
            place = self._place(at)
            place.message = om.Message(text=_sentence(_shown(text)))
            places.append(om.ThreadFlowLocation(location=place, execution_order=number, importance="essential"))
        return om.CodeFlow(thread_flows=[om.ThreadFlow(locations=places)])

    def _related(self, number: int, related: Related) -> om.Location:
        place = self._place(related.at)
        place.id = number
        place.message = om.Message(text=_sentence(_shown(related.message)))
        return place

    def _place(self, at: Location, *addresses: str | None) -> om.Location:
        logical = [om.LogicalLocation(fully_qualified_name=neutral(one), kind="resource") for one in addresses if one]
        return om.Location(physical_location=self._physical(at), logical_locations=logical or None)

    def _physical(self, at: Location) -> om.PhysicalLocation:
        region = om.Region(
            start_line=at.line,
            start_column=at.column,
            end_line=at.end_line,
            end_column=max(at.end_column, at.column) if at.end_line == at.line else at.end_column,
        )
        text = self._report.texts.get(at.path)
        context = None
        if text is not None:
            region.snippet = om.ArtifactContent(text=inside(at, text, _LONGEST))
            context = _context(at, text)
        return om.PhysicalLocation(artifact_location=self._artifact(at.path), region=region, context_region=context)

    def _artifact(self, path: str) -> om.ArtifactLocation:
        """Return a path as a relative URI, as GitHub requires: from the repository's top, else from the root."""
        known = self._artifacts.get(path)
        if known is None:
            shown = self._style.in_repository(path)
            base = "ROOT" if os.path.isabs(shown) else "%SRCROOT%"
            known = om.ArtifactLocation(uri=quote(os.fsencode(shown.lstrip("/"))), uri_base_id=base)
            self._artifacts[path] = known
        return known


def _unknowns(report: Report) -> dict[str, Any]:
    """Return the number of unknown things, and by cause, as in every format."""
    by_cause = {cause.kind.slug: len(cause.questions) for cause in report.by_cause}
    return {"unknowns": len(report.questions), "unknownsByCause": by_cause}


def _context(at: Location, text: SourceText) -> om.Region | None:
    """Return the lines of a place and two around it; None if they are too long."""
    first, last = max(1, at.line - 2), min(len(text.line_starts), at.end_line + 2)
    start, (_, end) = line_span(text, first)[0], line_span(text, last)
    if end - start > _LONGEST:
        return None
    return om.Region(start_line=first, end_line=last, snippet=om.ArtifactContent(text=text.text[start:end]))


def _message(finding: Finding) -> str:
    """Return the message, the address, and links to the related places: GitHub shows only linked ones."""
    told = (
        " ".join(filter(None, (_sentence(finding.message), leads_to(finding))))
        if leads_to(finding)
        else finding.message
    )
    text = _shown(told)
    if finding.address:
        more = f" and {len(finding.others)} more" if finding.others else ""
        text += f" Address: {_shown(finding.address)}{more}."
    if finding.environments:
        text += f" Found {_shown(environments(finding))}."
    related: Iterable[Related] = finding.related[:_MOST_LINKS]
    links = [f"[{_in_link(one.message)}]({number})" for number, one in enumerate(related, start=1)]
    return _sentence(text) + (f" See {', '.join(links)}." if links else "")


def _in_link(text: str) -> str:
    return re.sub(r"([\\\[\]])", r"\\\1", _shown(text))


def _shown(text: str) -> str:
    """Return a text for a message, where ``[text](target)`` would be a link, also behind a backslash."""
    return neutral(text).replace("](", "] (")
