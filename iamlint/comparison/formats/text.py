"""A comparison for people: what opens first, each with its path and the line that causes it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamlint.basics.words import counted
from iamlint.comparison.formats.words import (
    MOST_GROUPS,
    MOST_NAMED,
    Group,
    about,
    grouped,
    grouped_roles,
    how,
    notes,
    summary,
    where,
)
from iamlint.comparison.model import Comparison, Line, Pair, Privilege, Step, UnknownChange
from iamlint.reporters.parts.frame import Paint
from iamlint.reporters.parts.plain import environments, listed, neutral

_LONGEST = 8
"""Maximum number of hops shown of a path."""
_OF_ONE_PLACE = 5
"""Maximum number of unknown answers shown that one line causes."""


def comparison_text(found: Comparison, *, color: bool) -> str:
    """Return a comparison as a text."""
    return "".join(f"{neutral(line) if not color else line}\n" for line in _lines(found, Paint(on=color)))


def _lines(found: Comparison, paint: Paint) -> Iterator[str]:
    yield from _pairs(found.opened, "opens", "1;31", paint)
    yield from _roles(found.gained, "gains", "1;31", paint)
    yield from _pairs(found.closed, "closes", "32", paint)
    yield from _roles(found.lost, "loses", "32", paint)
    yield from _unknown_change(found.unknown, paint)
    yield summary(found)
    yield from notes(found)


def _pairs(pairs: Sequence[Pair], verb: str, code: str, paint: Paint) -> Iterator[str]:
    groups = grouped(pairs)
    for group in groups[:MOST_GROUPS]:
        yield from _group(group, verb, code, paint)
        yield ""
    if len(groups) > MOST_GROUPS:
        yield f"... and {counted(len(groups) - MOST_GROUPS, 'more group')} of pairs (--format json lists them)"
        yield ""


def _group(group: Group, verb: str, code: str, paint: Paint) -> Iterator[str]:
    first = group.first
    accounts = [neutral(pair.account) for pair in group.pairs]
    target = accounts[0] if len(accounts) == 1 else f"{len(accounts):,} accounts ({listed(accounts)})"
    who = f"{len(group.every):,} principals" if group.others else neutral(first.principal)
    yield f"{paint(code, verb)}: {who} → {target}{_in(first, paint)}"
    yield f"  cause: {paint('36', neutral(where(first)))}"
    if not group.others:
        yield f"  by {listed(first.methods)}"
        yield from _path(first.path)
        return
    for pair in group.every[:MOST_NAMED]:
        step = pair.path[0]
        yield neutral(f"  - {step.source.removeprefix('serviceAccount:')}: {how(step)}{_at(step)}")
    if len(group.every) > MOST_NAMED:
        yield f"  ... and {len(group.every) - MOST_NAMED:,} more (--format json lists them)"


def _path(path: Sequence[Step]) -> Iterator[str]:
    """Yield the hops: each begins where the one before it ends."""
    for number, step in enumerate(path[:_LONGEST], 1):
        yield neutral(f"  {number}. → {step.target.removeprefix('serviceAccount:')}: {how(step)}{_at(step)}")
    if len(path) > _LONGEST:
        yield f"  ... {counted(len(path) - _LONGEST, 'more hop')}"


def _at(step: Step) -> str:
    return f"  {step.at.shown}:{step.at.line}" if step.at else ""


def _roles(roles: Sequence[Privilege], verb: str, code: str, paint: Paint) -> Iterator[str]:
    groups = grouped_roles(roles)
    for group in groups[:MOST_GROUPS]:
        one = group.first
        via = f" as {group.account}" if group.account else ""
        yield f"{paint(code, verb)}: {neutral(f'{group.who} {group.what} on {group.on}{via}')}{_in(one, paint)}"
        yield f"  cause: {paint('36', neutral(where(one)))}"
    if len(groups) > MOST_GROUPS:
        yield f"... and {counted(len(groups) - MOST_GROUPS, 'more group')} of roles (--format json lists them)"
    if roles:
        yield ""


def _unknown_change(unknown: Sequence[UnknownChange], paint: Paint) -> Iterator[str]:
    places: dict[Line | None, list[UnknownChange]] = {}
    for one in unknown:
        places.setdefault(one.at, []).append(one)
    lines = told = 0
    for at, found in places.items():
        some = (found if at is None else found[:_OF_ONE_PLACE])[: MOST_GROUPS - lines]
        yield from (_unknown_line(one, paint) for one in some)
        lines, told = lines + len(some), told + len(some)
        if some and at and len(found) > len(some):
            told += len(found) - len(some)
            more = f"{len(found) - len(some):,} more unknown by {at.shown}:{at.line}"
            yield f"... and {neutral(more)} (--format json lists them)"
    if len(unknown) > told:
        yield f"... and {len(unknown) - told:,} more unknown (--format json lists them)"
    if unknown:
        yield ""


def _unknown_line(one: UnknownChange, paint: Paint) -> str:
    at = f" ({one.at.shown}:{one.at.line})" if one.at else ""
    return f"{paint('33', 'unknown')}: {neutral(f'{about(one)}{one.reason}{at}')}{_in(one, paint)}"


def _in(one: Pair | Privilege | UnknownChange, paint: Paint) -> str:
    return f"  {paint('2', neutral(environments(one)))}" if one.environments else ""
