"""The privileges of accounts and other workloads, found out once for those that have a grant alike and no other."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from iamlint.access.asking import Access
from iamlint.estate import Node
from iamlint.facts import Grant
from iamlint.graph.held_grants import HeldGrants, Strong, alike, packed
from iamlint.logic.verdict import Verdict

PEOPLE = ("user:", "group:", "domain:")
"""The prefixes of principals that are not workloads."""

Judge = Callable[[Sequence[tuple[Node, Grant]]], tuple[tuple[Grant, Verdict], ...]]
"""Returns the privileges among the grants of a principal, each with whether it counts."""


def privileges_of_workloads(held: HeldGrants, access: Access, judge: Judge) -> dict[str, Strong]:
    """Return the privileges of the workloads that have any.

    Whether a grant that nothing blocks is a privilege of a principal without another one depends on its role and the
    kind of its resource: its holder deploys and attaches, or changes anything, by this grant or not at all.
    """
    found: dict[str, Strong] = {}
    known: dict[tuple[str, str], bool] = {}
    for source, first in held.firsts():
        if first.principal.text.startswith(PEOPLE):
            continue
        strong: Strong = first
        key = alike(first) if held.has_one(source) and access.nothing_blocks(first) else None
        is_privilege = known.get(key) if key else None
        if is_privilege is None:
            strong = packed(judge(held.of(source)))
            is_privilege = bool(strong)
            if key and (not strong or strong is first):
                known[key] = is_privilege
        if is_privilege:
            found[source] = strong
    return found
