"""What a report says about each place, as one list: for formats that have one kind of line for everything."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import field
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.basics.hashes import sha256
from iamlint.finding import SEVERITIES, Finding, Related, Severity, UnknownAnswer
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.reporters.parts.notes import distinct, placed_notes
from iamlint.reporters.parts.plain import environments
from iamlint.results.report import Bar, Report
from iamlint.rules.catalog import NOTE, UNKNOWN, UNREADABLE

Kind = Literal["error", "note", "finding", "unknown"]


@frozen
class Entry:
    """An error, a note, a finding, or an unknown answer that fails the run.

    ``severity`` is None for notes and "critical" for errors: nothing in that file was checked. ``code`` is the rule, or
    a code of the catalogue. ``message`` may contain any input text. ``fingerprint`` belongs to one entry of a report
    only. ``address`` is Terraform's, ``others`` the number of further addresses. ``fails``: whether it fails the run.
    """

    kind: Kind
    severity: Severity | None
    code: str
    at: Location
    message: str
    fingerprint: str = field(compare=False, default="")
    address: str | None = None
    others: int = 0
    related: tuple[Related, ...] = ()
    fails: bool = True

    @property
    def whole(self) -> str:
        """The message with the address."""
        more = f" and {self.others} more" if self.others else ""
        return self.message + (f" [{self.address}{more}]" if self.address else "")

    @property
    def is_somewhere(self) -> bool:
        """Whether the place is in a file."""
        return self.at.path != COMMAND_LINE

    @property
    def label(self) -> str:
        """The severity; "error" or "note" if it has none of its own."""
        return self.kind if self.kind in ("error", "note") else str(self.severity)


def entries(report: Report, bar: Bar) -> list[Entry]:
    """Return the entries by place: a stable order, whatever rules found them."""
    seen: Counter[str] = Counter()

    def named(kind: str, at: Location, message: str) -> str:
        name = sha256("\x1f".join((kind, at.path, message)).encode("utf-8", "surrogatepass")).hexdigest()[:32]
        seen[name] += 1
        return name if seen[name] == 1 else f"{name}-{seen[name]}"

    found = [_of_error(error, named("error", error.at, error.reason)) for error in report.errors]
    found += [Entry("note", None, NOTE, at, text, named("note", at, text)) for at, text in placed_notes(report)]
    named_findings = zip(report.findings, report.fingerprints, strict=True)
    found += [_of_finding(one, names.v2, fails=bar.fails_finding(one)) for one, names in named_findings]
    found += [
        _of_unknown_answer(
            unknown_answer,
            named(
                unknown_answer.rule or UNKNOWN, unknown_answer.at, f"{unknown_answer.address} {unknown_answer.reason}"
            ),
        )
        for unknown_answer in distinct(filter(bar.fails_unknown, report.unknown_answers))
    ]
    return sorted(found, key=lambda entry: (entry.at.order, entry.kind, entry.code, entry.whole))


def worst_first(found: list[Entry]) -> list[Entry]:
    """Return the entries with errors first, then the worst, notes last; those alike stay in order."""
    return sorted(found, key=lambda entry: (entry.kind != "error", _rank(entry)))


def _rank(entry: Entry) -> int:
    return len(SEVERITIES) if entry.severity is None else SEVERITIES.index(entry.severity)


def _of_error(error: Unreadable, name: str) -> Entry:
    reason = error.reason + (f" ({error.hint})" if error.hint else "")
    return Entry("error", "critical", UNREADABLE, error.at, reason, name)


def _of_finding(finding: Finding, name: str, *, fails: bool) -> Entry:
    where = f" ({environments(finding)})" if finding.environments else ""
    return Entry(
        "finding",
        finding.severity,
        finding.rule,
        finding.at,
        finding.message + where,
        name,
        finding.address,
        len(finding.others),
        finding.related,
        fails,
    )


def _of_unknown_answer(unknown_answer: UnknownAnswer, name: str) -> Entry:
    message = f"unknown: {unknown_answer.reason}" + (
        f" ({environments(unknown_answer)})" if unknown_answer.environments else ""
    )
    return Entry(
        "unknown",
        unknown_answer.severity,
        unknown_answer.rule or UNKNOWN,
        unknown_answer.at,
        message,
        name,
        unknown_answer.address,
    )


def mentions(entry: Entry) -> Iterator[tuple[Location, str]]:
    """Yield the related places of an entry, each with what is there."""
    yield from ((one.at, one.message) for one in entry.related)
