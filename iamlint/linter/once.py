"""Findings that say the same become one, which keeps the places and addresses of the others."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from operator import attrgetter
from typing import Any

from iamlint.finding import MOST_ENDS, Finding, Related
from iamlint.linter.findings import distinct_places
from iamlint.provenance import directory


def once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in order; duplicates become one, which keeps the places and addresses of the others.

    Findings are duplicates if one rule has the same sentence about the same principal, role and resource: at one
    address of one folder, or at one place, through any root modules and calls. Exports have no addresses; the same
    finding in several exports is one.
    """
    ordered = in_order(findings)
    merged = _grouped(ordered, lambda one: (one.rule, one.principal, one.role, str(one.resource or "")), _address)
    return tuple(_grouped(merged, _spot, lambda one: (one.at, one.severity, one.confidence)))


def in_order(findings: Iterable[Finding]) -> list[Finding]:
    """Return the findings in their order, as `Finding.order` has it.

    They are sorted by one part of it after another, the last one first: the keys of a hundred thousand findings would
    take as much memory as the findings. Messages are only put together where all that comes before them is equal.
    """
    ordered = list(findings)
    for key in _PARTS_OF_ORDER:
        ordered.sort(key=key)
    alike = 0
    for end in range(1, len(ordered) + 1):
        if end == len(ordered) or not _is_alike(ordered[alike], ordered[end]):
            if end - alike > 1:
                ordered[alike:end] = sorted(ordered[alike:end], key=lambda one: (one.message, one.environments))
            alike = end
    return ordered


_PARTS_OF_ORDER: tuple[Callable[[Finding], Any], ...] = (
    lambda one: one.principal or "",
    lambda one: one.address or "",
    attrgetter("rule"),
    *map(attrgetter, ("at.end_column", "at.end_line", "at.column", "at.line", "at.path")),
)
"""The parts of `Finding.order` before the message, the last one first."""


def _is_alike(one: Finding, other: Finding) -> bool:
    """Whether two findings differ in their messages at most, as far as their order depends on them."""
    if one.rule != other.rule or (one.address or "") != (other.address or ""):
        return False
    return (one.principal or "") == (other.principal or "") and one.at == other.at


def _spot(one: Finding) -> tuple[object, ...]:
    """Return what is equal for findings of a rule at one place, without a hash of the whole place."""
    at = one.at
    return one.rule, at.path, at.line, at.column


def _address(one: Finding) -> tuple[object, ...]:
    return one.address, directory(one.at.path) if one.address else ""


def _grouped(
    findings: list[Finding], hint: Callable[[Finding], object], where: Callable[[Finding], tuple[object, ...]]
) -> list[Finding]:
    """Merge findings about the same thing, at the place of the first.

    Findings with different hints are different; the hint is cheap to compute.
    """
    hints = array("q", [0]) * len(findings)  # numbers as objects take five times as much
    for place, one in enumerate(findings):
        hints[place] = hash(hint(one))
    again = _repeated(hints)
    if not again:
        return findings
    groups: dict[tuple[object, ...], list[Finding]] = {}
    found: list[Finding | list[Finding]] = []
    for one, number in zip(findings, hints, strict=True):
        if number not in again:
            found.append(one)
            continue
        what = (one.rule, one.message, one.principal, one.role, str(one.resource or ""), one.permissions)
        group = groups.setdefault((*what, *where(one)), [])
        if not group:
            found.append(group)
        group.append(one)
    return [_merged(one) if isinstance(one, list) else one for one in found]


def _repeated(numbers: Sequence[int]) -> set[int]:
    """Return the numbers that occur more than once. Few are counted: those that share their last bits with another."""
    mask = (1 << (4 * len(numbers)).bit_length()) - 1
    marks, shared = bytearray(mask + 1), set[int]()
    for number in numbers:
        if marks[number & mask]:
            shared.add(number & mask)
        marks[number & mask] = 1
    count = Counter(number for number in numbers if number & mask in shared)
    return {number for number, times in count.items() if times > 1}


def _merged(group: list[Finding]) -> Finding:
    first = group[0]
    if len(group) == 1:
        return first
    again = [Related(one.at, "the same is here") for one in group[1:]]
    related = [related for one in group[1:] for related in one.related]
    addresses = dict.fromkeys(address for one in group for address in (one.address, *one.others) if address)
    return replace(
        first,
        related=distinct_places((*first.related, *again, *related), first.at),
        others=tuple(address for address in addresses if address != first.address),
        former={address: former for one in group for address, former in one.former.items()},
        parts=tuple(dict.fromkeys(at for one in group for at in one.parts)),
        via=tuple(dict.fromkeys(at for one in group for at in one.via)),
        ends=tuple(dict.fromkeys(end for one in group for end in one.ends))[:MOST_ENDS],
    )
