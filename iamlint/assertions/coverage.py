"""The coverage of an assertion: which parts of the estate were in the input."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from iamlint.assertions.documents import Assertion
from iamlint.basics.words import counted, first_names
from iamlint.estate import CONTAINERS, Estate, Node
from iamlint.facts import Membership
from iamlint.graph.edges import graph_of
from iamlint.paths.hops import hops_of
from iamlint.unknown import shown

_NAMED = 5


def coverage(assertions: Iterable[Assertion], estate: Estate) -> Iterator[str]:
    """Yield lines that say what each assertion was checked on, and what the input does not show."""
    hops = hops_of(estate)
    names = hops.names
    for one in assertions:
        sources = {name for pattern in one.sources for name in names.matching(pattern)}
        targets = {name for pattern in one.targets for name in names.matching(pattern) if name in names.accounts}
        yield f"{one.id}: {counted(len(sources), 'principal')}, {counted(len(targets), 'account')} of the input"
        around: dict[Node, None] = {}
        without = []
        for target in sorted(targets):
            nodes = hops.around(target)
            around |= dict.fromkeys(nodes[1:])
            if not any(node[0] == "project" for node in nodes):
                without.append(names.accounts[target].email)
            elif nodes[-1][0] != "organization":
                without.append(f"{names.accounts[target].email} (nothing above {nodes[-1][0]} {nodes[-1][1]})")
        yield from _missing("the organization is not known of", without)
        graph = graph_of(estate)
        partly = [
            f"{kind} {name}" for kind, name in around if kind in CONTAINERS and not graph.has_policy((kind, name))
        ]
        yield from _missing("grants may be missing on", partly)
    known = {shown(one.group) for one in estate.of(Membership)}
    groups = [name for name in names.principals if name.startswith("group:") and name[6:] not in known]
    yield from _missing("members are not in the input of", groups)
    yield from _missing("not read", [unread_part.reason for unread_part in estate.unread_parts if unread_part.unread])


def _missing(what: str, names: list[str]) -> Iterator[str]:
    if names:
        yield f"  {what}: {first_names(names, _NAMED)}"
