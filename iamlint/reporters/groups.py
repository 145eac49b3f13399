"""Findings that are alike, put together: a person reads the first, and what is different in the others."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from iamlint.finding import Finding

_KEYS = re.compile(r'\[(?:\d+|\*|"(?:[^"\\]|\\.)*")\]')
"""The instance keys in an address of Terraform's: those of ``module.a["x"].google_x.b[0]``."""


@dataclass(frozen=True, slots=True)
class Group:
    """A finding, and those that are like it, in order."""

    first: Finding
    others: tuple[Finding, ...] = ()


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """The findings in groups, in the order of the first of each.

    Those of one block are alike: the instances of a ``for_each``, the members of a binding. So are those of several
    blocks, where each of these gives the same principal the same role.
    """
    blocks: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        blocks.setdefault(_block(finding), []).append(finding)
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for block, members in blocks.items():
        holders = {_holder(finding) for finding in members}
        key = holders.pop() if len(holders) == 1 else block
        groups.setdefault(key, []).extend(members)
    return [Group(members[0], tuple(members[1:])) for members in groups.values()]


def _block(finding: Finding) -> tuple[object, ...]:
    """What the findings of one block have in common; of what has no address, the line."""
    where = _KEYS.sub("", finding.address) if finding.address else finding.at.line
    return (finding.rule, finding.severity, finding.confidence, finding.at.path, finding.role, where)


def _holder(finding: Finding) -> tuple[object, ...]:
    """What the findings about one principal's role have in common; a block's own, where there is no principal."""
    if finding.principal is None or finding.role is None:
        return _block(finding)
    return (finding.rule, finding.severity, finding.confidence, finding.principal, finding.role)
