"""Several environments in one run: a report of each, and what they say together."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from iamlint.finding import Accepted, Finding, Related, UnknownAnswer
from iamlint.results.report import Report


def together(reports: dict[str, Report]) -> Report:
    """Return one report of several environments, by name: each finding once, with the environments that have it."""
    every = list(reports.values())
    first = every[0]
    accepted: dict[Accepted, Accepted] = {}
    for name, report in reports.items():
        for one in report.accepted:
            key = replace(one, finding=_key(one.finding))
            known = accepted.get(key)
            accepted[key] = replace(one, finding=_joined(one.finding, known.finding if known else None, name))
    texts = {path: text for report in every for path, text in report.texts.items()}
    hints = [set(report.var_files) for report in every]
    return replace(
        first,
        findings=_findings(reports),
        accepted=tuple(sorted(accepted.values(), key=lambda one: (one.at, one.finding.order))),
        unknown_answers=_unknown_answers(reports),
        errors=tuple(
            sorted(
                dict.fromkeys(one for report in every for one in report.errors), key=lambda one: (one.at, one.reason)
            )
        ),
        files=max(report.files for report in every),
        texts=texts,
        as_of=next((report.as_of for report in every if report.as_of), None),
        inputs=frozenset().union(*(report.inputs for report in every)),
        unwalked=tuple(dict.fromkeys(one for report in every for one in report.unwalked)),
        var_files=tuple(one for one in first.var_files if all(one in others for others in hints)),
        environments=tuple(reports),
    )


def _findings(reports: dict[str, Report]) -> tuple[Finding, ...]:
    found: dict[Finding, Finding] = {}
    for name, report in reports.items():
        for one in report.findings:
            key = _key(one)
            found[key] = _joined(one, found.get(key), name)
    return tuple(sorted(found.values(), key=lambda one: one.order))


def _unknown_answers(reports: dict[str, Report]) -> tuple[UnknownAnswer, ...]:
    """Return each unknown thing once, with the environments that have it."""
    found: dict[UnknownAnswer, tuple[str, ...]] = {}
    for name, report in reports.items():
        for one in dict.fromkeys(report.unknown_answers):
            found[one] = (*found.get(one, ()), name)
    unknown_answers = (replace(one, environments=names) for one, names in found.items())
    return tuple(sorted(unknown_answers, key=lambda one: one.order))


def _key(finding: Finding) -> Finding:
    """Return what is the same of a finding in several environments: not the places that its values come from."""
    return replace(finding, related=(), others=(), origin=None, environments=())


def _joined(finding: Finding, known: Finding | None, environment: str) -> Finding:
    if known is None:
        return replace(finding, environments=(environment,))
    return replace(
        known,
        related=tuple(_distinct((*known.related, *finding.related))),
        others=tuple(dict.fromkeys((*known.others, *finding.others))),
        environments=(*known.environments, environment),
    )


def _distinct(related: Iterable[Related]) -> Iterable[Related]:
    return dict.fromkeys(related)
