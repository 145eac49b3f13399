"""Findings that say the same become one, which keeps the places and addresses of the others."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from iamlint.finding import MOST_ENDS, Finding, Related
from iamlint.linter.findings import distinct_places
from iamlint.provenance import directory


def once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in order; duplicates become one, which keeps the places and addresses of the others.

    Findings are duplicates if one rule has the same sentence about the same principal, role and resource: at one
    address of one folder, or at one place, through any root modules and calls. Exports have no addresses; the same
    finding in several exports is one.
    """
    ordered = sorted(findings, key=lambda finding: finding.order)
    merged = _grouped(ordered, lambda one: (one.rule, one.message), _address)
    return tuple(_grouped(merged, lambda one: one.at, lambda one: (one.at, one.severity, one.confidence)))


def _address(one: Finding) -> tuple[object, ...]:
    return one.address, directory(one.at.path) if one.address else ""


def _grouped(
    findings: list[Finding], hint: Callable[[Finding], object], where: Callable[[Finding], tuple[object, ...]]
) -> list[Finding]:
    """Merge findings about the same thing, at the place of the first.

    Findings with different hints are different; the hint is cheap to compute.
    """
    hints = [hash(hint(one)) for one in findings]
    seen: set[int] = set()
    again: set[int] = set()
    for number in hints:
        (again if number in seen else seen).add(number)
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
