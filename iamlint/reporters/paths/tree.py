"""Who can become an account, as a tree: the account first, under each principal those who can become it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from iamlint.basics.words import counted
from iamlint.paths.groups import Group, grouped
from iamlint.paths.search import Path
from iamlint.reporters.parts.frame import Paint
from iamlint.reporters.parts.plain import listed, neutral
from iamlint.reporters.paths.lines import hop_lines, short
from iamlint.reporters.paths.told import Told

MOST_ENTRIES = 60
"""Entries of a tree that are shown, unless all are asked for."""
DEEPEST = 12
"""Hops from the account beyond which a tree is not shown."""

_Below = Mapping[str, list[Path]]


def tree_lines(told: Told, paint: Paint) -> Iterator[str]:
    """Yield the trees of the accounts of an answer."""
    by_target: dict[str, list[Path]] = defaultdict(list)
    for path in told.answer.paths:
        by_target[path.target].append(path)
    for target, paths in by_target.items():
        powers = told.access(target)
        yield paint("1", neutral(short(told.label(target)))) + (
            f", which has {neutral(listed(powers, 2))}" if powers else ""
        )
        yield from _tree(told, target, paths, paint)


def _tree(told: Told, target: str, paths: list[Path], paint: Paint) -> Iterator[str]:
    below: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        below[path.hops[0].target].append(path)
    waiting = _entries(told, target, below, 1)
    shown = deep = 0
    while waiting:
        depth, group = waiting.pop()
        if shown >= MOST_ENTRIES and not told.all:
            deep += sum(len(one.paths) for _, one in waiting) + len(group.paths)
            break
        shown += 1
        yield from _entry(told, depth, group, paint)
        if depth < DEEPEST:
            for source in dict.fromkeys(path.source for path in group.paths):
                waiting += _entries(told, source, below, depth + 1)
        else:
            deep += sum(len(below.get(path.source, ())) for path in group.paths)
    if deep:
        yield f"  ... and {counted(deep, 'more principal')}, and those who can become them (--format json lists them)"


def _entries(told: Told, name: str, below: _Below, depth: int) -> list[tuple[int, Group]]:
    """Return the groups of principals with a hop onto another one, the best last, each with its depth in the tree."""
    groups = grouped(below.get(name, ()), told.asking.names)
    return [(depth, group) for group in reversed(groups)]


def _entry(told: Told, depth: int, group: Group, paint: Paint) -> Iterator[str]:
    margin = "   " * depth
    names = [short(told.label(source)) for source in group.sources]
    who = neutral(names[0]) if len(names) == 1 else f"{len(names):,} principals ({neutral(listed(names))})"
    hop = group.first.hops[0]
    state = "" if group.first.state == "open" else f" ({group.first.state})"
    delegate = " as a delegate" if hop.delegates else ""
    yield f"{margin}← {paint('1', who)}{delegate}{state}"
    yield from (f"{margin}  {line}" for line in hop_lines(hop, paint))
