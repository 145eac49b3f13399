"""A report for people: each finding with the line that it is about, the guilty part underlined."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamlint.finding import Doubt, Finding, Related
from iamlint.location import Location, Unreadable
from iamlint.report import Report
from iamlint.reporters.frame import Paint, frame, place
from iamlint.reporters.groups import Group, grouped
from iamlint.reporters.notes import distinct, notes
from iamlint.reporters.plain import counted, neutral
from iamlint.reporters.presentation import Presentation

_MOST = 6
"""Lines below a frame; what goes beyond is counted."""
_MOST_NAMES = 4
"""Names in such a line."""
_COLORS = {"critical": "1;35", "high": "1;31", "medium": "1;33", "low": "1;36", "info": "1;34"}


def text_report(report: Report, style: Presentation) -> str:
    """Findings, what is unknown (when asked), what could not be read, and a summary; those alike are put together."""
    paint = Paint(on=style.color)
    groups = [Group(finding) for finding in report.findings] if style.show_all else grouped(report.findings)
    lines: list[str] = []
    for group in groups:
        lines += [*_group(group, report, paint), ""]
    lines += _unknown((doubt for doubt in report.doubts if style.show_unknown or style.bar.fails_unknown(doubt)), paint)
    if style.errors and report.errors:
        lines += [*(error_line(error, paint) for error in report.errors), ""]
    if not style.quiet:
        lines += _summary(report, len(groups), style, paint)
    return "".join(line + "\n" for line in lines)


def error_line(error: Unreadable, paint: Paint) -> str:
    """What could not be read, on one line: where, why, and what to do."""
    hint = f" ({neutral(error.hint)})" if error.hint else ""
    return f"{paint('1;31', 'error')}: {place(error.at)}: {neutral(error.reason)}{hint}"


# -- findings ----------------------------------------------------------------------------------------------------------


def _group(group: Group, report: Report, paint: Paint) -> Iterator[str]:
    finding = group.first
    color = _COLORS[finding.severity]
    sure = "" if finding.confidence == "high" else f" ({finding.confidence} confidence)"
    head = f"{paint(color, finding.severity)}{paint('1', f'[{finding.rule}]')}{sure}"
    yield f"{head}: {paint('1', neutral(finding.message))}"
    margin = " " * len(str(finding.at.line))
    more = f" and {len(finding.others)} more" if finding.others else ""
    address = f"  {paint('2', neutral(finding.address) + more)}" if finding.address else ""
    yield f"{margin}{paint('34', '-->')} {place(finding.at)}{address}"
    yield from frame(finding.at, report.texts.get(finding.at.path), color, paint)
    below = [*_related(finding.related), *_alike(group)]
    for line in below:
        yield f"{margin} {paint('34', '=')} {line}"


def _related(related: Iterable[Related]) -> list[str]:
    """The places that belong to a finding, those with the same message on one line."""
    places: dict[str, list[Location]] = {}
    for one in related:
        places.setdefault(one.message, []).append(one.at)
    lines = [f"{neutral(message)}: {_listed([place(at) for at in found])}" for message, found in places.items()]
    return lines if len(lines) <= _MOST else [*lines[:_MOST], f"... and {len(lines) - _MOST} more places"]


def _alike(group: Group) -> list[str]:
    """What is different in the other findings of a group, those of one place on one line."""
    places: dict[Location, list[Finding]] = {}
    for other in group.others:
        places.setdefault(other.at, []).append(other)
    lines: list[str] = []
    shown = 0
    for at, others in places.items():
        if len(lines) == _MOST:
            break
        names = list(dict.fromkeys(_difference(other, group.first) for other in others))
        lines.append(f"also {_listed(names)}" + ("" if at == group.first.at else f": {place(at)}"))
        shown += len(others)
    left = len(group.others) - shown
    return [*lines, f"... and {left} more like it (--show-all shows each)"] if left else lines


def _difference(other: Finding, first: Finding) -> str:
    """In what a finding differs from another one that it is like; its address, where that is all."""
    parts = []
    if other.principal and other.principal != first.principal:
        parts.append(other.principal)
    if other.role and other.role != first.role:
        parts.append(other.role)
    if other.resource and str(other.resource) != str(first.resource):
        parts.append(f"on {other.resource}")
    return neutral(" ".join(parts) or other.address or other.message)


def _listed(names: list[str]) -> str:
    more = len(names) - _MOST_NAMES
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:_MOST_NAMES])} and {more} more"


# -- what is unknown ---------------------------------------------------------------------------------------------------


def _unknown(doubts: Iterable[Doubt], paint: Paint) -> Iterator[str]:
    """Each reason once, with the places that it holds for, and the rules that it keeps from an answer.

    The first are those that may be the most severe findings.
    """
    reasons: dict[str, dict[str, list[str]]] = {}
    worst: dict[str, Doubt] = {}
    for doubt in doubts:
        where = place(doubt.at) + (f"  {neutral(doubt.address)}" if doubt.address else "")
        rule = f"{doubt.rule}{', accepted' if doubt.accepted_at else ''}" if doubt.rule else ""
        reasons.setdefault(doubt.reason, {}).setdefault(where, []).append(rule)
        worst[doubt.reason] = min(worst.get(doubt.reason, doubt), doubt, key=lambda one: one.rank)
    for reason, places in sorted(reasons.items(), key=lambda found: worst[found[0]].rank):
        severity = worst[reason].severity
        yield f"{paint('1;36', 'unknown')}{f' ({severity})' if severity else ''}: {neutral(reason)}"
        for where, rules in places.items():
            named = _listed([rule for rule in rules if rule])
            yield f" {paint('34', '-->')} {where}{paint('2', f'  ({named})') if named else ''}"
        yield ""


# -- the summary -------------------------------------------------------------------------------------------------------


def _summary(report: Report, shown: int, style: Presentation, paint: Paint) -> Iterator[str]:
    rules = sorted({finding.rule for finding in report.findings})
    if rules:
        yield paint("2", f"Why, and how to fix it: iamlint explain {rules[0] if len(rules) == 1 else 'RULE'}")
    counts = [f"{number} {severity}" for severity, number in report.by_severity.items() if number]
    findings = f"{counted(len(report.findings), 'finding')} ({', '.join(counts)})" if counts else "no findings"
    if shown < len(report.findings):
        findings += f" in {counted(shown, 'group')}"
    parts = [paint("1" if counts else "1;32" if not report.errors else "", findings)]
    if report.accepted:
        parts.append(f"{len(report.accepted)} accepted")
    if report.doubts:
        failing = len(distinct(filter(style.bar.fails_unknown, report.doubts)))
        unknown = f"{report.open_questions} unknown" + (f", of which {failing} fail" if failing else "")
        parts.append(unknown + ("" if style.show_unknown else " (--show-unknown lists them)"))
    if report.unwalked:
        several = "directory" if len(report.unwalked) == 1 else "directories"
        parts.append(
            f"{len(report.unwalked)} {several} with Terraform not read: {_listed(list(map(neutral, report.unwalked)))}"
        )
    if report.errors:
        parts.append(paint("1;31", counted(len(report.errors), "error")))
    yield "; ".join(parts)
    judged = f", conditions as of {report.as_of}" if report.as_of else ""
    ran = f"{counted(report.files, 'file')} read, {counted(len(report.rules), 'rule')}"
    yield paint("2", f"{ran}, role catalogue of {neutral(report.catalog)}{judged}")
    yield from (paint("33", neutral(note)) for note in notes(report))
