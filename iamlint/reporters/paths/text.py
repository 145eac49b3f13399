"""Paths for people: groups of paths that are alike, the best first, each hop with the line that opens it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from iamlint.basics.words import counted
from iamlint.facts import Grant
from iamlint.paths.groups import Group, grouped
from iamlint.paths.hops import STATES, Hop, State
from iamlint.paths.search import Path
from iamlint.reporters.parts.frame import Paint, place
from iamlint.reporters.parts.plain import listed, neutral
from iamlint.reporters.paths.lines import hop_lines, short
from iamlint.reporters.paths.told import Told, fixes_of, role_of, written
from iamlint.reporters.paths.tree import tree_lines

MOST_GROUPS = 20
"""Groups of paths that are shown, unless all are asked for."""
_FIRST, _LAST = 6, 3
"""Hops that are shown at the beginning and the end of a path that is longer."""
_COLORS: dict[State, str] = {"open": "1;31", "conditional": "33", "closed": "32"}


def paths_text(told: Told) -> str:
    """Return the paths as a text."""
    return "".join(f"{line}\n" for line in _lines(told))


def _lines(told: Told) -> Iterator[str]:
    paint = Paint(on=told.color)
    if told.fix_first:
        yield from _fixes(told, paint)
        yield from summary(told)
        return
    if told.answer.paths:  # what makes the question doubtful comes before its answer
        yield from _notes(told)
    if told.answer.asked == "to" and told.answer.paths:
        yield from tree_lines(told, paint)
        yield ""
        yield from summary(told)
        return
    shorter = _telling(told) if told.answer.asked == "none" and not told.all else told.answer.paths
    groups = grouped(shorter, told.asking.names)
    shown = groups if told.all else groups[:MOST_GROUPS]
    for group in shown:
        yield from _group(told, group, paint)
        yield ""
    if len(groups) > len(shown):
        yield f"... and {counted(len(groups) - len(shown), 'more group')} of paths (--show-all shows them)"
    if len(shorter) < len(told.answer.paths):
        more = f"{len(told.answer.paths) - len(shorter):,} more"
        yield f"{more}: of members of these groups, from an account on the way, or to one with no more access than it"
        yield "(--show-all shows them)"
    yield from summary(told)


def _fixes(told: Told, paint: Paint) -> Iterator[str]:
    """Yield what to remove first, each with how many paths end without it that no earlier one cuts."""
    number = sum(path.state != "closed" for path in told.answer.paths)
    for fix in fixes_of(told):
        fact = fix.facts[0]
        address = neutral(fact.declared.address or "")
        more = f" and {len(fix.facts) - 1:,} more of its entries" if len(fix.facts) > 1 else ""
        yield f"{fix.cut:,} of {number:,} paths: {paint('36', place(written(fact)))}  {address}{more}".rstrip()
        if isinstance(fact, Grant):
            who = neutral(short(fact.principal.text))
            yield f"  {neutral(role_of(fact))} on {neutral(str(fact.resource))} for {who}"
        yield ""


def _telling(told: Told) -> Sequence[Path]:
    """Return the paths that say more than another one.

    Left out are the paths of members of a group that has one, the ends of longer paths, and the paths to an account
    that has no more access than an account on the way.
    """
    first = [path for path in told.answer.paths if path.hops[0].method != "member"]
    on_the_way = {(path.target, hop.source) for path in first for hop in path.hops[1:]}
    longest = (path for path in first if (path.target, path.source) not in on_the_way)
    return [path for path in longest if all(told.asking.gains(hop.source, path.target) for hop in path.hops[1:])]


def summary(told: Told) -> Iterator[str]:
    """Yield how many paths there are, and what the answer does not cover."""
    answer = told.answer
    states = Counter(path.state for path in answer.paths)
    parts = [f"{states[state]:,} {state}" for state in STATES if states[state]]
    yield f"{len(answer.paths):,} path{'s'[: len(answer.paths) != 1]}: {', '.join(parts)}" if parts else "no paths"
    if answer.left_out:
        yield f"note: {answer.left_out:,} more were found and are not listed; ask for fewer with --from and --to"
    if answer.not_searched:
        names = neutral(listed(answer.not_searched))
        yield f"note: not searched to the end: {names}; ask for fewer with --from and --to"
    if not answer.paths or told.fix_first:
        yield from _notes(told)
    yield from (f"unknown: {neutral(one)}" for one in answer.unknown)


def _notes(told: Told) -> Iterator[str]:
    yield from (f"note: {neutral(one)}" for one in told.answer.notes)


def _group(told: Told, group: Group, paint: Paint) -> Iterator[str]:
    path = group.first
    sources, targets = [told.label(one) for one in group.sources], [told.label(one) for one in group.targets]
    state = paint(_COLORS[path.state], path.state)
    yield f"{state}: {_several(sources, 'principals')} → {_several([short(one) for one in targets], 'accounts')}"
    powers = told.access(path.target)
    if powers:
        who = "which has" if len(targets) == 1 else "of which the first has"
        yield f"  {who} {neutral(listed(powers, 2))} ({told.severity(path)})"
    yield from (f"  not certain: {neutral(unknown_answer)}" for unknown_answer in path.unknown_answers)
    if len(group.paths) > 1:
        yield f"  {len(group.paths):,} paths alike; this is the first:"
    yield from _hops(told, path, paint)


def _several(names: Sequence[str], noun: str) -> str:
    return neutral(names[0]) if len(names) == 1 else f"{len(names):,} {noun} ({neutral(listed(names))})"


def _hops(told: Told, path: Path, paint: Paint) -> Iterator[str]:
    numbered = list(enumerate(path.hops, start=1))
    between = numbered[_FIRST:-_LAST]
    for number, hop in numbered[:_FIRST]:
        yield from _hop(told, number, hop, paint)
    if len(between) > 1:
        yield f"     ... {counted(len(between), 'more hop')} ..."
    for number, hop in numbered[_FIRST:] if len(between) <= 1 else numbered[-_LAST:]:
        yield from _hop(told, number, hop, paint)


def _hop(told: Told, number: int, hop: Hop, paint: Paint) -> Iterator[str]:
    source, target = neutral(short(told.label(hop.source))), neutral(short(told.label(hop.target)))
    yield f"  {number:>2}. {source} → {paint('1', target)}{' (as a delegate only)' if hop.delegates else ''}"
    yield from (f"      {line}" for line in hop_lines(hop, paint))
