"""JUnit's XML: a test for each rule, and for each finding.

There is no official schema; Jenkins' is the strictest in use:
https://github.com/jenkinsci/xunit-plugin/blob/master/src/main/resources/org/jenkinsci/plugins/xunit/types/model/xsd/junit-10.xsd
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from xml.sax.saxutils import escape, quoteattr

from iamlint.basics.lazy_regex import regex
from iamlint.finding import Accepted
from iamlint.reporters.parts.entries import Entry, entries, mentions
from iamlint.reporters.parts.notes import notes
from iamlint.reporters.parts.plain import neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report

_NOT_XML = regex("[\ufffe\uffff]")
"""Characters that ``neutral`` keeps and XML 1.0 forbids: https://www.w3.org/TR/xml/#charsets"""


def junit_report(report: Report, style: Presentation) -> Iterator[str]:
    """Yield one suite. A finding that fails the run is a failure, an error of the input an error.

    Accepted findings, and those below ``--fail-on``, are skipped tests; each rule that found nothing is a passed one,
    so a green run is not an empty one.
    """
    found = entries(report, style.bar)
    families = {rule.slug: rule.family for rule in report.rules}
    cases = [_case(entry, families) for entry in found if entry.kind != "note"]
    cases += [_skipped(one, families) for one in report.accepted]
    named = {entry.code for entry in found} | {one.finding.rule for one in report.accepted}
    if not report.errors:
        cases += [_Case(_class(rule.slug, families), rule.title) for rule in report.rules if rule.slug not in named]
    counts = Counter(case.kind for case in cases)
    total = f'tests="{len(cases)}" failures="{counts["failure"]}" errors="{counts["error"]}"'
    yield f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites {total}>\n'
    yield f'  <testsuite name="iamlint" {total} skipped="{counts["skipped"]}">\n'
    seen: Counter[tuple[str, str]] = Counter()
    for case in cases:
        seen[case.place, case.name] += 1
        yield case.written(seen[case.place, case.name])
    lines = [f"{_text(note)}\n" for note in notes(report)]
    if lines:
        yield f"    <system-out>{''.join(lines)}</system-out>\n"
    yield "  </testsuite>\n</testsuites>\n"


class _Case:
    """A test: its class and name, and what became of it. ``kind`` is "" if it has passed."""

    def __init__(self, place: str, name: str, kind: str = "", message: str = "", lines: tuple[str, ...] = ()) -> None:
        self.place, self.name, self.kind, self._message, self._lines = place, name, kind, message, lines

    def written(self, number: int) -> str:
        """Return the element; a repeated name gets its number, since some consumers keep one test of a name."""
        name = self.name if number == 1 else f"{self.name} ({number})"
        head = f"    <testcase classname={_quoted(self.place)} name={_quoted(name)}"
        if not self.kind:
            return f"{head}/>\n"
        body = "\n".join(map(_text, self._lines))
        return f"{head}>\n      <{self.kind} message={_quoted(self._message)}>{body}</{self.kind}>\n    </testcase>\n"


def _case(entry: Entry, families: dict[str, str]) -> _Case:
    where = f"{entry.at.path}:{entry.at.line}:{entry.at.column}" if entry.is_somewhere else entry.at.path
    lines = (f"{where}: {entry.whole}", *(f"{at.path}:{at.line}: {text}" for at, text in mentions(entry)))
    name = where + (f" {entry.address}" if entry.address else "")
    message = f"{entry.label}: {entry.message}"
    place = _class(entry.code, families)
    if entry.kind == "error":
        return _Case(place, name, "error", message, lines)
    if entry.kind == "finding" and not entry.fails:
        return _Case(place, name, "skipped", f"{message} (below the severity that fails)", lines)
    return _Case(place, name, "failure", message, lines)


def _skipped(one: Accepted, families: dict[str, str]) -> _Case:
    finding = one.finding
    where = f"{finding.at.path}:{finding.at.line}:{finding.at.column}"
    name = where + (f" {finding.address}" if finding.address else "")
    reason = f"accepted at {one.at.path}:{one.at.line}: {one.reason}"
    return _Case(_class(finding.rule, families), name, "skipped", reason, (finding.message,))


def _class(code: str, families: dict[str, str]) -> str:
    """Return the class of a test: consumers make folders at its dots."""
    return f"iamlint.{families[code]}.{code}" if code in families else f"iamlint.{code}"


def _quoted(text: str) -> str:
    return quoteattr(_seen(text))


def _text(text: str) -> str:
    return escape(_seen(text))


def _seen(text: str) -> str:
    return _NOT_XML.sub(lambda found: f"\\u{ord(found[0]):04x}", neutral(text))
