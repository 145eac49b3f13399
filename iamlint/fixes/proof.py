"""Applies proved fixes: reads and checks the input again with them, and allows no other change."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field
from functools import cache

from iamlint.basics.frozen import frozen, mutable
from iamlint.comparison import Comparison, Line, Pair, Privilege, Side, compare
from iamlint.comparison.sides import SideName
from iamlint.edits import Edit, Fix, Safety, applied, by_path, conflict
from iamlint.estate import Estate
from iamlint.facts import NOBODY, CustomRole, Grant, Text
from iamlint.federation.unmatched import why_unmatched
from iamlint.finding import Finding, UnknownAnswer
from iamlint.fixes.collecting import Run
from iamlint.fixes.layout import aligned
from iamlint.fixes.moves import Moves, block_lines
from iamlint.principals import read_principal
from iamlint.results.report import Report
from iamlint.unknown import Unknown, UnknownPart, shown

MOST_PASSES = 30
"""Maximum number of times that fixes are applied."""
MOST_RUNS = 120
"""Maximum number of times that the input is checked with other fixes."""
MOST_CHECKED = 12_000
"""Maximum number of grants in these checks together, since a check of many takes seconds; the first is always made."""


@frozen
class RejectedFix:
    """A fix that is not applied, and why."""

    finding: Finding
    fix: Fix
    reason: str


@mutable
class Outcome:
    """The result of fixing: the contents of the changed files by path, the applied fixes, and the refused ones.

    ``run`` is the last check, with all changes, ``before`` the report of the first one. ``originals`` are the contents
    before, by path.
    """

    run: Run
    before: Report
    contents: dict[str, bytes] = field(default_factory=dict)
    originals: dict[str, bytes] = field(default_factory=dict)
    applied: list[tuple[Finding, Fix]] = field(default_factory=list)
    refused: list[RejectedFix] = field(default_factory=list)
    complete: bool = True


def fixed(
    check: Callable[[Mapping[str, bytes]], Run],
    content: Callable[[str], bytes],
    levels: frozenset[Safety],
    forbidden: Callable[[str], str | None] = lambda _: None,
) -> Outcome:
    """Apply all fixes of these levels, each proved by another check.

    ``check`` returns the run with some files replaced, by path; ``content`` the bytes of a file as they are.
    ``forbidden`` says why a file may not be changed.
    """
    first = check({})
    outcome = Outcome(first, first.report)
    hindered = [RejectedFix(*one) for one in outcome.run.hindered if one[1].safety in levels]
    refused: _Refusals = {}
    passes = runs = checked = 0
    limit: int | None = None
    while passes < MOST_PASSES and runs < MOST_RUNS:
        group = _chosen(
            outcome, levels, refused, lambda path: forbidden(path) or _unlike(outcome, path, content), limit
        )
        if not group:
            again = [key for key, (_, when) in refused.items() if when < passes]
            if not again:
                break
            for key in again:  # a fix that failed at first may work on the changed text
                del refused[key]
            continue
        checked += _size(outcome.run)
        if runs and checked > MOST_CHECKED:
            outcome.complete = False
            break
        runs += 1
        contents = _with(outcome, group)
        run = check(contents)
        why = wrong(outcome.run, run, group)
        if why is None:
            passes, limit = passes + 1, None
            outcome.contents, outcome.run = contents, run
            outcome.applied += group
        elif len(group) == 1:
            refused[_key(*group[0])] = RejectedFix(*group[0], why), passes
            limit = None
        else:
            limit = len(group) // 2
    else:
        outcome.complete = False
    outcome.refused = [*hindered, *(one for one, _ in refused.values())]
    return outcome


def _size(run: Run) -> int:
    return len(run.estate.of(Grant)) if run.estate else 0


_Refusals = dict[object, tuple[RejectedFix, int]]
"""The fixes that are not applied, each with the number of passes before."""


def _key(finding: Finding, fix: Fix) -> object:
    return finding.rule, finding.address, finding.message, fix.title


def _chosen(
    outcome: Outcome,
    levels: frozenset[Safety],
    refused: _Refusals,
    forbidden: Callable[[str], str | None],
    limit: int | None,
) -> list[tuple[Finding, Fix]]:
    """Return the fixes to try next: of these levels, without conflicts, at most as many as the limit."""
    group: list[tuple[Finding, Fix]] = []
    never = sys.maxsize
    taken: list[Edit] = []
    asked = cache(forbidden)
    for finding, fix in outcome.run.fixes:
        if fix.safety not in levels or _key(finding, fix) in refused:
            continue
        why = next(filter(None, (asked(edit.path) for edit in fix.edits)), None)
        if why:
            refused[_key(finding, fix)] = RejectedFix(finding, fix, why), never
        elif not conflict(fix.edits, taken):
            group.append((finding, fix))
            taken += fix.edits
            if len(group) == limit:
                break
    return group


def _unlike(outcome: Outcome, path: str, content: Callable[[str], bytes]) -> str | None:
    """Return why a file is not the text that was read: it has changed, or the text came from standard input."""
    if path not in outcome.originals:
        try:
            outcome.originals[path] = content(path)
        except OSError as error:
            return f"{path} cannot be read: {error.strerror or error}"
    data = outcome.contents.get(path, outcome.originals[path])
    source = outcome.run.texts.get(path)
    same = source is not None and data.removeprefix(b"\xef\xbb\xbf") == source.text.encode("utf-8", "surrogatepass")
    return None if same else f"{path} is not the text that was read"


def _with(outcome: Outcome, group: Iterable[tuple[Finding, Fix]]) -> dict[str, bytes]:
    """Return the contents of all changed files with further fixes applied."""
    contents = dict(outcome.contents)
    for path, edits in by_path(edit for _, fix in group for edit in fix.edits).items():
        before = contents.get(path, outcome.originals[path])
        contents[path] = applied(before, aligned(outcome.run.texts[path], edits))
    return contents


# -- the proof -----------------------------------------------------------------------------------------------------


def wrong(before: Run, after: Run, group: list[tuple[Finding, Fix]]) -> str | None:
    """Return why fixes must not be applied, from a check with them; None if they are proved."""
    errors = Counter(error.reason for error in after.report.errors) - Counter(
        error.reason for error in before.report.errors
    )
    if errors:
        return f"the result cannot be read: {next(iter(errors))}"
    stay = set(map(_what, after.report.findings))
    doubted = {unknown_answer.rule for unknown_answer in _new_unknown_answers(before, after)}
    for finding, _ in group:
        if _what(finding) in stay:
            return "the finding stays"
        if finding.rule in doubted:
            return "it is unknown whether the finding remains"
    new = _counted(after.report.findings) - _counted(before.report.findings)
    if new:
        rule, _, _ = next(iter(new))
        return f"{rule} would report the result"
    return _access(before, after, group)


def _what(finding: Finding) -> tuple[str, str, str | None]:
    return finding.rule, finding.message, finding.address


def _counted(findings: Iterable[Finding]) -> Counter[tuple[str, str, str | None]]:
    """Count the findings by rule and resource, since a corrected name changes the message."""
    return Counter((one.rule, one.at.path, one.address) for one in findings)


def _new_unknown_answers(before: Run, after: Run) -> Iterator[UnknownAnswer]:
    known = {(unknown_answer.rule, unknown_answer.reason) for unknown_answer in before.report.unknown_answers}
    return (
        unknown_answer
        for unknown_answer in after.report.unknown_answers
        if (unknown_answer.rule, unknown_answer.reason) not in known
    )


def _access(before: Run, after: Run, group: list[tuple[Finding, Fix]]) -> str | None:
    """Return the access that opens or closes outside the blocks that the fixes change."""
    base, head = _side(before, "base"), _side(after, "head")
    if base is None or head is None:
        return None
    found = compare(base, head)
    if found.left_out:
        return "it is not known what it opens: the input is too large to compare all of it"
    was, now = _lines(before, after, group)
    opened: tuple[Pair | Privilege, ...] = (*found.opened, *found.gained)
    closed: tuple[Pair | Privilege, ...] = (*found.closed, *found.lost)
    for one in opened:
        if not _is_meant(one.cause, was, now):
            return f"{_shown(one)} opens elsewhere"
    for other in closed:
        if not _is_meant(other.cause, was, now):
            return f"{_shown(other)} closes elsewhere"
    if all(fix.safety == "safe" for _, fix in group):
        return _closed(found, before, after)
    return None


def _closed(found: Comparison, before: Run, after: Run) -> str | None:
    """Return the access that closes: a safe fix must not remove access.

    A grant has no effect if its role does not exist, or if its principal is malformed, deleted, or a federated identity
    that no token can have. Nor has a permission of a custom role that does not exist.
    """
    lost: list[Pair | Privilege] = [*found.closed, *(one for one in found.lost if one.permissions)]
    closed = [one for one in lost if _kind(one.principal) not in NOBODY]
    if not closed or before.estate is None or after.estate is None:
        return None
    estate = before.estate
    nobody = {grant.principal.text for grant in estate.of(Grant) if isinstance(why_unmatched(grant, estate), str)}
    empty = {shown(role) for role in _emptied(estate, after.estate)}
    lasting = (one for one in closed if one.principal not in nobody)
    return next((f"{_shown(one)} closes" for one in lasting if isinstance(one, Pair) or one.role not in empty), None)


def _emptied(before: Estate, after: Estate) -> Iterator[Text]:
    """Yield the granted custom roles that lose permissions of which none exists."""
    for grant in before.of(Grant) if before.of(CustomRole) else ():
        (was, unknown), (now, _) = (one.permissions(grant.role, grant.declared) for one in (before, after))
        lost = was - now
        if lost and unknown is None and not any(map(before.roles.catalog.is_permission, lost)):
            yield grant.role


def _kind(text: str) -> str:
    """Return the kind of a principal as a comparison shows it, with references in place of unknown parts."""
    pieces = re.split(r"\$\{([^{}]*)\}", text)
    parts: list[str | UnknownPart] = [UnknownPart(one) if number % 2 else one for number, one in enumerate(pieces)]
    known = tuple(one for one in parts if one != "")
    return read_principal(text if len(pieces) == 1 else Unknown("it is a reference", known)).kind


def _shown(one: Pair | Privilege) -> str:
    what = f"to {one.account}" if isinstance(one, Pair) else f"by {one.role}"
    return f"access of {one.principal} {what}"


def _side(run: Run, name: SideName) -> Side | None:
    return Side(name, run.estate, ".", ".", run.texts) if run.estate else None


_Ranges = set[tuple[str, int]]


def _is_meant(cause: Line | None, was: _Ranges, now: _Ranges) -> bool:
    if cause is None:
        return False
    return (cause.shown, cause.line) in (was if cause.side == "base" else now)


def _lines(before: Run, after: Run, group: list[tuple[Finding, Fix]]) -> tuple[_Ranges, _Ranges]:
    """Return the lines, before and after, of the blocks that fixes change, or that have a finding they fix."""
    was: _Ranges = set()
    now: _Ranges = set()
    moves = {
        path: Moves(before.texts[path], aligned(before.texts[path], edits))
        for path, edits in by_path(edit for _, fix in group for edit in fix.edits).items()
    }
    for path, moved in moves.items():
        was.update((path, line) for line in block_lines(before.texts[path], moved.before))
        now.update((path, line) for line in block_lines(after.texts[path], moved.after))
    for finding, _ in group:
        for at in (finding.at, *(related.at for related in finding.related)):
            if at.path not in before.texts or at.path not in after.texts:
                continue
            start, end = before.texts[at.path].offsets(at)
            was.update((at.path, line) for line in block_lines(before.texts[at.path], [(start, end)]))
            if at.path in moves:
                start, end = moves[at.path].later(start), moves[at.path].later(end)
            now.update((at.path, line) for line in block_lines(after.texts[at.path], [(start, end)]))
    return was, now
