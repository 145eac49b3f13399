"""What to fix first: the grants and memberships whose removal cuts the most paths."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

from iamlint.basics.frozen import frozen
from iamlint.facts import Attachment, Grant, Membership
from iamlint.paths.search import Path

Cut = Grant | Membership | Attachment


@frozen
class Fix:
    """A block or entry that paths depend on: without ``facts``, which it states, ``cut`` paths end.

    Only paths that no earlier fix cuts are counted.
    """

    facts: tuple[Cut, ...]
    cut: int


def fixes(paths: Iterable[Path], most: int) -> list[Fix]:
    """Return the fix that cuts the most paths, then the one that cuts the most of the others, up to ``most``.

    Paths are those that were found, the best of each pair: after cutting a path there may be another one. The choice is
    greedy, which is within a factor of ln n of the fewest cuts.
    """
    on: dict[str, set[int]] = defaultdict(set)
    stated: dict[str, dict[int, Cut]] = defaultdict(dict)
    for number, path in enumerate(path for path in paths if path.state != "closed"):
        for hop in path.hops:
            for fact in (*hop.grants, *((hop.member,) if hop.member else ())):
                on[_key(fact)].add(number)
                stated[_key(fact)][id(fact)] = fact
    found: list[Fix] = []
    while on and len(found) < most:
        best = min(on, key=lambda key: (-len(on[key]), len(stated[key]), key))
        cut = on.pop(best)
        found.append(Fix(tuple(stated[best].values()), len(cut)))
        on = _without(on, cut)
    return found


def _without(on: Mapping[str, set[int]], cut: set[int]) -> dict[str, set[int]]:
    left = {key: numbers - cut for key, numbers in on.items()}
    return {key: numbers for key, numbers in left.items() if numbers}


def _key(fact: Cut) -> str:
    """Return the block of Terraform, with all its instances, else the place of the entry."""
    at = fact.declared.at
    if fact.declared.address:
        return f"{at.path} {fact.declared.block}"
    place = fact.principal_place.at if isinstance(fact, Grant) else at
    return f"{place.path}:{place.line:09}:{place.column}"
