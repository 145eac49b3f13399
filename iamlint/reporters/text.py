"""A report for people: each finding with its source line, the relevant part underlined."""

from __future__ import annotations

import posixpath
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from iamlint.basics.words import counted, first_names
from iamlint.finding import SEVERITIES, Finding, Flow, Related
from iamlint.location import Location, Unreadable
from iamlint.reporters.parts.ends import leads_to
from iamlint.reporters.parts.folding import Fold
from iamlint.reporters.parts.frame import COLORS, Paint, frame, place
from iamlint.reporters.parts.groups import Group, difference, grouped
from iamlint.reporters.parts.notes import distinct, notes
from iamlint.reporters.parts.plain import environments, neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.results.report import Report

if TYPE_CHECKING:
    from iamlint.edits import Safety

_MOST = 6
"""Maximum number of lines below a frame; the rest is counted."""
_MOST_NAMES = 4
"""Maximum number of names in such a line."""
_MOST_ERRORS = 3
"""Maximum number of alike errors that are listed, if there are more than one further ones."""


def text_report(report: Report, style: Presentation) -> str:
    """Return unknown things (on request), findings, errors, and a summary.

    Similar findings are grouped, and the worst are last.
    """
    paint, fold = Paint(on=style.color), Fold(style.width)
    groups = [Group(finding) for finding in report.findings] if style.show_all else grouped(report.findings)
    lines = [*fold.all(_unknowns(report, style, paint), 6)] if report.unknown_answers else []
    if style.statistics:
        from iamlint.reporters.parts.statistics import tables

        lines += tables(report, paint, style.width)
    else:
        for group in sorted(groups, key=_rank):
            lines += [*_group(group, report, paint, fold), ""]
    if style.errors and report.errors:
        lines += [*fold.all(error_lines(report.errors, paint, every=style.show_all)), ""]
    if not style.quiet and (report.files or not report.errors):  # else nothing was checked, and the errors say why
        lines += fold.all(_summary(report, len(groups), style, paint), 4)
    return "".join(line + "\n" for line in lines)


def _unknowns(report: Report, style: Presentation, paint: Paint) -> Iterator[str]:
    """Yield the unknown things, all on request, or those that fail the run."""
    from iamlint.questions import by_cause, questions
    from iamlint.reporters.parts.unknowns import listed_unknowns

    told = report.unknown_answers if style.show_unknown else filter(style.bar.fails_unknown, report.unknown_answers)
    causes = by_cause(questions(told), report.var_files)
    yield from listed_unknowns(causes, report.var_files, paint, every=style.show_all)


def _rank(group: Group) -> int:
    """Sort groups so that the worst is last, nearest to the prompt; those of one severity stay in order."""
    return -SEVERITIES.index(group.first.severity)


def error_lines(errors: Iterable[Unreadable], paint: Paint, *, every: bool = False) -> Iterator[str]:
    """Yield a line for each error; of many alike, a few lines and their number.

    Alike are those in one directory with the same advice: a copy of a module's file, for example, declares everything
    twice. So are those with the same reason in any directory, such as all that a run had no time for.
    """
    errors = list(errors)
    often = Counter((error.reason, error.hint) for error in errors)
    alike: dict[tuple[str, str], list[Unreadable]] = defaultdict(list)
    for number, error in enumerate(errors):
        alone, many = every or not error.hint, often[error.reason, error.hint] > _MOST_ERRORS + 1
        about = error.reason if many else posixpath.dirname(error.at.path)
        alike[(str(number), "") if alone else (about, error.hint)].append(error)
    for group in alike.values():
        told = group if len(group) <= _MOST_ERRORS + 1 else group[:_MOST_ERRORS]
        yield from (_error_line(error, paint) for error in told)
        if len(told) < len(group):
            above = posixpath.commonprefix([posixpath.dirname(error.at.path).split("/") for error in group])
            where = neutral("/".join(above) or ".")
            left = f"{len(group) - len(told)} more errors of this kind (iamlint check --show-all lists them)"
            yield f"{paint('1;31', 'error')}: {where}: {left}"


def _error_line(error: Unreadable, paint: Paint) -> str:
    """Return an error on one line: where, why, and what to do."""
    hint = f" ({neutral(error.hint)})" if error.hint else ""
    whole = error.at == Location(error.at.path)  # the file as such, not its first character
    where = neutral(error.at.path) if whole else place(error.at)
    return f"{paint('1;31', 'error')}: {where}: {neutral(error.reason)}{hint}"


# -- findings ----------------------------------------------------------------------------------------------------------


def _group(group: Group, report: Report, paint: Paint, fold: Fold) -> Iterator[str]:
    finding = group.first
    color = COLORS[finding.severity]
    sure = "" if finding.confidence == "high" else f" ({finding.confidence} confidence)"
    head = f"{paint(color, finding.severity)}{paint('1', f'[{finding.rule}]')}{sure}"
    yield from fold(f"{head}: {paint('1', neutral(finding.message))}", 4)
    margin = " " * len(str(finding.at.line))
    more = f" and {len(finding.others)} more" if finding.others else ""
    address = f"  {paint('2', neutral(finding.address) + more)}" if finding.address else ""
    where = f"  {paint('2', environments(finding))}" if finding.environments else ""
    yield from fold(f"{margin}{paint('34', '-->')} {place(finding.at)}{address}{where}", len(margin) + 4)
    yield from frame(finding.at, report.texts.get(finding.at.path), color, paint, fold.width)
    leads = [neutral(leads_to(finding))] if leads_to(finding) else []
    below = [*leads, *_hops(finding.flow), *_related(finding.related), *_alike(group), *_fix(finding)]
    for line in below:
        yield from fold(f"{margin} {paint('34', '=')} {line}", len(margin) + 5)


_APPLIED: dict[Safety, str] = {"safe": " (--fix)", "unsafe": " (--fix --unsafe-fixes)", "suggestion": ""}


def _fix(finding: Finding) -> Iterator[str]:
    """Yield the fix, and which options apply it."""
    if finding.fix:
        what = "suggestion" if finding.fix.safety == "suggestion" else "fix"
        yield f"{what}: {neutral(finding.fix.title)}{_APPLIED[finding.fix.safety]}"


def _hops(flow: Flow | None) -> Iterator[str]:
    """Yield the hops of a path, one a line; a single hop is the finding's own line."""
    if flow and len(flow.steps) > 1:
        for number, (text, at) in enumerate(flow.lines[: len(flow.steps)], start=1):
            yield f"hop {number}: {neutral(text)}: {place(at)}"


def _related(related: Iterable[Related]) -> list[str]:
    """Return the places related to a finding, those with the same message on one line."""
    places: dict[str, list[Location]] = {}
    for one in related:
        places.setdefault(one.message, []).append(one.at)
    lines = [
        f"{neutral(text)}: {first_names([place(at) for at in found], _MOST_NAMES)}" for text, found in places.items()
    ]
    return lines if len(lines) <= _MOST else [*lines[:_MOST], f"... and {len(lines) - _MOST} more places"]


def _alike(group: Group) -> list[str]:
    """Return the differences of the other findings in a group, those of one place on one line."""
    places: dict[Location, list[Finding]] = {}
    for other in group.others:
        places.setdefault(other.at, []).append(other)
    lines: list[str] = []
    shown = 0
    for at, others in places.items():
        if len(lines) == _MOST:
            break
        names = _names(others, group.first)
        lines.append(f"also {first_names(names, _MOST_NAMES)}" + ("" if at == group.first.at else f": {place(at)}"))
        shown += len(others)
    left = len(group.others) - shown
    return [*lines, f"... and {left} more like it (--show-all shows each)"] if left else lines


def _names(others: Iterable[Finding], first: Finding) -> list[str]:
    """Return the differences of findings from the first of their group; a principal's on several resources are one."""
    holders: dict[str, list[str]] = {}
    for other in others:
        whole = neutral(difference(other, first))
        holder = neutral(other.principal or "")
        named = bool(holder) and other.principal != first.principal and whole.startswith(holder)
        holders.setdefault(holder if named else whole, []).append(whole.removeprefix(holder).strip() if named else "")
    names = []
    for name, rest in holders.items():
        more = [one for one in dict.fromkeys(rest) if one]
        if more and "" in rest:  # on the first one's resource, and on others
            names.append(f"{name} (and {first_names(more, _MOST_NAMES)})")
        else:
            names += [f"{name} {one}" for one in more] or [name]
    return names


# -- the summary -------------------------------------------------------------------------------------------------------


def _summary(report: Report, shown: int, style: Presentation, paint: Paint) -> Iterator[str]:
    rules = sorted({finding.rule for finding in report.findings if finding.family != "assertions"})
    if rules:
        yield paint("2", f"Why, and how to fix it: iamlint explain {rules[0] if len(rules) == 1 else 'RULE'}")
    counts = [f"{number} {severity}" for severity, number in report.by_severity.items() if number]
    findings = f"{counted(len(report.findings), 'finding')} ({', '.join(counts)})" if counts else "no findings"
    if shown < len(report.findings):
        findings += f" in {counted(shown, 'group')}"
    parts = [paint("1" if counts else "1;32" if not report.errors else "", findings)]
    fixable = sum(one.fix is not None and one.fix.safety == "safe" for one in report.findings)
    if fixable:
        parts.append(f"{fixable} fixable with --fix")
    if report.accepted:
        parts.append(f"{len(report.accepted)} accepted")
    if report.unknown_answers:
        failing = len(distinct(filter(style.bar.fails_unknown, report.unknown_answers)))
        unknown = f"{len(report.questions)} unknown" + (f", of which {failing} fail" if failing else "")
        parts.append(unknown + ("" if style.show_unknown else " (--show-unknown lists them)"))
    if report.unwalked:
        several = "directory" if len(report.unwalked) == 1 else "directories"
        names = neutral(first_names(report.unwalked, _MOST_NAMES))
        parts.append(f"{len(report.unwalked)} {several} with Terraform not read: {names}")
    if report.errors:
        parts.append(paint("1;31", counted(len(report.errors), "error")))
    yield "; ".join(parts)
    if len({finding.rule for finding in report.findings}) > 1 and not style.statistics:
        from iamlint.reporters.parts.statistics import one_line

        yield f"  by rule: {one_line(report, paint)} (--statistics counts by rule and folder)"
    if not style.show_unknown and report.by_cause:
        from iamlint.reporters.parts.unknowns import cause_lines

        yield from (f"  {line}" for line in cause_lines(report.by_cause))
    yield from _unused(report)
    judged = f", conditions as of {report.as_of}" if report.as_of else ""
    ran = f"{counted(report.files, 'file')} read, {counted(len(report.rules), 'rule')}"
    yield paint("2", f"{ran}, role catalogue of {neutral(report.catalog)}{judged}")
    yield from (paint("33", neutral(note)) for note in notes(report))


def _unused(report: Report) -> Iterator[str]:
    """Yield which variable files have no effect: what a run with one of them grants was not checked."""
    hinted = {path for cause in report.by_cause for path in cause.hints}
    unused = [neutral(file.path) for file in report.var_files if file.path not in hinted]
    if unused:
        several = "variable file is" if len(unused) == 1 else "variable files are"
        helps = "--var-file FILE, or `environments` in the configuration"
        yield f"  {len(unused)} {several} not used: {first_names(unused, 2)} ({helps})"
