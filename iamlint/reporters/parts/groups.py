"""Findings that are alike, put together: a person reads the first, and what is different in the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from iamlint.finding import Finding

_KEYS = re.compile(r'\[(?:\d+|\*|"(?:[^"\\]|\\.)*")\]')
"""The instance keys in an address of Terraform's: those of ``module.a["x"].google_x.b[0]``."""
_DEFAULT = re.compile(r"^serviceAccount:[^@]*?((?:-compute@developer|@appspot|@cloudbuild)\.gserviceaccount\.com)$")
"""The default accounts of a project, by what those of all projects have in common."""
_OWN = re.compile(r"^serviceAccount:([^@]+)@([^@]+)\.iam\.gserviceaccount\.com$")
"""An account that somebody made in a project."""


@dataclass(frozen=True, slots=True)
class Group:
    """A finding, and those that are like it, in order."""

    first: Finding
    others: tuple[Finding, ...] = ()


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """The findings in groups, in the order of the first of each.

    Those of one block are alike: the instances of a ``for_each``, the members of a binding. So are those of several
    blocks, where each of these gives the same principal the same role. Each project's own default account is the same,
    and so are accounts of one name at home: a template made them, one in each project. In exports a principal's roles
    are alike, too, where they are more than the principals of one role.
    """
    blocks: dict[tuple[object, ...], list[Finding]] = {}
    for finding in findings:
        blocks.setdefault(_block(finding), []).append(finding)
    often = Counter(_holder(member) for members in blocks.values() for member in members if member.address is None)
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for block, members in blocks.items():
        alone = len({_holder(member) for member in members}) == 1
        for member in members:
            # Policies of an export are not written by hand: who has more in them than there are others is told once.
            apart = alone or (member.address is None and often[_holder(member)] > len(members))
            groups.setdefault(_holder(member) if apart else block, []).append(member)
    return [Group(members[0], tuple(members[1:])) for members in groups.values()]


def _block(finding: Finding) -> tuple[object, ...]:
    """What the findings of one block have in common; of what has no address, the policy, or the line."""
    where: object = finding.at.line
    if finding.address:
        where = _KEYS.sub("", finding.address)
    elif finding.principal and finding.role and finding.resource:
        where = str(finding.resource)
    return (finding.rule, finding.severity, finding.confidence, finding.at.path, finding.role, where)


def _holder(finding: Finding) -> tuple[object, ...]:
    """What the findings about a principal have in common: in Terraform about its role, in exports about any."""
    if finding.principal is None or finding.role is None:
        return _block(finding)
    role = finding.role if finding.address else None
    return (finding.rule, finding.severity, finding.confidence, _alike(finding, finding.principal), role)


def _alike(finding: Finding, principal: str) -> str:
    """The principal, or what those of all projects have in common that are made, and used, as it is."""
    own = _OWN.match(principal)
    at_home = own and re.search(rf"(?<![\w-]){re.escape(own[2])}(?![\w-])", str(finding.resource))
    return f"{own[1]} at home" if own and at_home else _DEFAULT.sub(r"\1", principal)
