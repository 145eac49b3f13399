"""Reports for a forge: paths relative to the top of the repository, in the same order from every directory."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from iamlint.edits import Fix
from iamlint.finding import Finding
from iamlint.location import COMMAND_LINE, Location, SourceText
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report


def at_top(report: Report, style: Presentation) -> tuple[Report, Presentation]:
    """Return a report with its paths relative to the top of the repository, and the style without directories.

    What is sorted by paths is sorted again, so the text does not depend on the working directory.
    """
    if style.directory is None or style.repository is None:
        return report, style
    moved = _Paths(style)
    if any(moved(path) != path for path in _every_path(report)):
        report = _moved(report, moved)
    bar, first = replace(style.bar, top=style.repository), frozenset(map(moved.at, style.first))
    return report, replace(style, directory=None, repository=None, bar=bar, first=first)


class _Paths:
    """Paths relative to the top, each computed once."""

    def __init__(self, style: Presentation) -> None:
        self._style = style
        self._known: dict[str, str] = {COMMAND_LINE: COMMAND_LINE}

    def __call__(self, path: str) -> str:
        if path not in self._known:
            self._known[path] = self._style.in_repository(path)
        return self._known[path]

    def at(self, at: Location) -> Location:
        """Return the same place with its path relative to the top."""
        path = self(at.path)
        return at if path == at.path else replace(at, path=path)

    def fix(self, fix: Fix | None) -> Fix | None:
        """Return the same fix with the paths of its edits relative to the top."""
        return fix and replace(fix, edits=tuple(replace(one, path=self(one.path)) for one in fix.edits))


def _every_path(report: Report) -> set[str]:
    found = set(report.texts)
    for finding in (*report.findings, *(one.finding for one in report.accepted)):
        found.update(at.path for at in finding.places)
        found.update(one.path for one in (finding.fix.edits if finding.fix else ()))
    places = (one.at for group in (report.accepted, report.unknown_answers, report.errors) for one in group)
    found.update(at.path for at in places)
    found.update(file.path for file in report.var_files)
    return found | ({report.configuration.path} if report.configuration else set())


def _moved(report: Report, moved: _Paths) -> Report:
    def of(finding: Finding) -> Finding:
        related = tuple(replace(one, at=moved.at(one.at)) for one in finding.related)
        origin = finding.origin and moved.at(finding.origin)
        flow, fix = finding.flow and finding.flow.moved(moved.at), moved.fix(finding.fix)
        return replace(finding, at=moved.at(finding.at), related=related, origin=origin, flow=flow, fix=fix)

    accepted = (replace(one, finding=of(one.finding), at=moved.at(one.at)) for one in report.accepted)
    unknown_answers = (
        replace(one, at=moved.at(one.at), accepted_at=one.accepted_at and moved.at(one.accepted_at))
        for one in report.unknown_answers
    )
    errors = (replace(error, at=moved.at(error.at)) for error in report.errors)
    configuration = report.configuration
    return replace(
        report,
        findings=tuple(sorted(map(of, report.findings), key=lambda one: one.order)),
        accepted=tuple(sorted(accepted, key=lambda one: (one.at, one.finding.order))),
        unknown_answers=tuple(sorted(unknown_answers, key=lambda one: one.order)),
        errors=tuple(sorted(errors, key=lambda error: (error.at, error.reason))),
        texts=_keyed(report.texts, moved),
        var_files=tuple(replace(file, path=moved(file.path)) for file in report.var_files),
        configuration=configuration and replace(configuration, path=moved(configuration.path)),
    )


def _keyed(texts: Mapping[str, SourceText], moved: Callable[[str], str]) -> dict[str, SourceText]:
    return {moved(path): text for path, text in texts.items()}
