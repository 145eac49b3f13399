"""Groups similar findings: a person reads the first, and the differences of the others."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.finding import Finding
from iamlint.reporters.parts.plain import environments

_KEYS = regex(r'\[(?:\d+|\*|"(?:[^"\\]|\\.)*")\]')
"""The instance keys in a Terraform address: those of ``module.a["x"].google_x.b[0]``."""
_CALLS = regex(r"^(?:module\.[^.]+\.)+")
"""The module calls in an address without instance keys."""
_DEFAULT = regex(r"^serviceAccount:[^@]*?((?:-compute@developer|@appspot|@cloudbuild)\.gserviceaccount\.com)$")
"""The default accounts of a project, by the part that all projects share."""
_OWN = regex(r"^serviceAccount:([^@]+)@([^@]+)\.iam\.gserviceaccount\.com$")
"""A user-managed account in a project."""


@frozen
class Group:
    """A finding, and the similar ones, in order."""

    first: Finding
    others: tuple[Finding, ...] = ()


def grouped(findings: Iterable[Finding]) -> list[Group]:
    """Return the findings in groups, in the order of the first of each.

    Findings of one block are similar: the instances of a ``for_each``, the members of a binding, a block in a module
    that is called several times. So are those of several blocks that give the same principal the same role, and those
    of several blocks in a file that give different principals the same role on the same resource. Default
    accounts of different projects are treated as one principal, and so are accounts with the same name in their own
    projects: a template made one in each project. In exports a principal's roles are similar if there are more of them
    than principals of one role.
    """
    blocks: dict[tuple[object, ...], list[tuple[Finding, tuple[object, ...]]]] = {}
    often: Counter[tuple[object, ...]] = Counter()
    for finding in findings:
        holder = _holder(finding)
        blocks.setdefault(_block(finding), []).append((finding, holder))
        if finding.address is None:
            often[holder] += 1
    groups: dict[tuple[object, ...], list[Finding]] = {}
    for block, members in blocks.items():
        alone = len({holder for _, holder in members}) == 1
        for member, holder in members:
            # Policies of an export are not written by hand: the principal with the most findings gets one group.
            apart = alone or (member.address is None and often[holder] > len(members))
            groups.setdefault(holder if apart else block, []).append(member)
    alike: dict[object, list[Finding]] = {}
    for key, several in groups.items():
        alike.setdefault(_access(several) or key, []).extend(several)
    return [Group(several[0], tuple(several[1:])) for several in alike.values()]


def _access(members: list[Finding]) -> tuple[object, ...] | None:
    """Return the key of the role on a resource that a lone finding in Terraform is about."""
    one = members[0]
    if len(members) > 1 or one.address is None or one.principal is None or one.role is None or one.resource is None:
        return None
    return (one.rule, one.severity, one.confidence, one.at.path, one.role, str(one.resource), one.environments)


def _block(finding: Finding) -> tuple[object, ...]:
    """Return the key of a block's findings; without an address, the policy, or the line."""
    where: object = finding.at.line
    if finding.address:
        where = _KEYS.sub("", finding.address) if "[" in finding.address else finding.address
        where = _CALLS.sub("", where) if where.startswith("module.") else where
    elif finding.principal and finding.role and finding.resource:
        where = str(finding.resource)
    return (finding.rule, finding.severity, finding.confidence, finding.at.path, finding.role, where)


def _holder(finding: Finding) -> tuple[object, ...]:
    """Return the key of a principal's findings: in Terraform for its role, in exports for any."""
    if finding.principal is None or finding.role is None:
        return _block(finding)
    role = finding.role if finding.address else None
    return (finding.rule, finding.severity, finding.confidence, _alike(finding, finding.principal), role)


def _alike(finding: Finding, principal: str) -> str:
    """Return the principal, or a common name for those that exist in each project."""
    if not principal.startswith("serviceAccount:"):
        return principal
    own = _OWN.match(principal)
    return f"{own[1]} at home" if own and _names(str(finding.resource), own[2]) else _DEFAULT.sub(r"\1", principal)


def _names(text: str, project: str) -> bool:
    """Whether a text has the name of a project, not as a part of a longer name."""
    at = text.find(project)
    while at >= 0:
        end = at + len(project)
        if not _continues(text[at - 1 : at]) and not _continues(text[end : end + 1]):
            return True
        at = text.find(project, at + 1)
    return False


def _continues(character: str) -> bool:
    """Whether a name does not end before or after a character; "" is the end of the text."""
    return character.isalnum() or character in ("_", "-")


def difference(other: Finding, first: Finding) -> str:
    """Return the difference between a finding and a similar one; its address, if that is all."""
    parts = []
    if other.principal and other.principal != first.principal:
        parts.append(other.principal)
    if other.role and other.role != first.role:
        parts.append(other.role)
    if other.resource and str(other.resource) != str(first.resource):
        parts.append(f"on {other.resource}")
    if other.environments != first.environments:
        parts.append(environments(other))
    return " ".join(parts) or other.address or other.message
