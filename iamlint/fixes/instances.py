"""Holds fixes against all instances of the blocks that they change.

A module may be called several times, by several root modules, and a block may have ``for_each``. A change that is right
for one instance changes the others, too.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import get_args

from iamlint.edits import Edit, by_path
from iamlint.estate import Estate, scope
from iamlint.facts import Declaration, Fact, Place, UnreadPart
from iamlint.fixes.moves import Moves
from iamlint.fixes.sources import Sources, Tree
from iamlint.hcl.syntax import Block

Instance = tuple[str, str]
"""A root module or document, and an address in it."""
_Block = tuple[str, int]
"""A path and the line of a block's header."""


class Instances:
    """The instances of each block of an estate, and those that get the same change."""

    def __init__(self) -> None:
        self._changed: dict[tuple[str, tuple[Edit, ...]], set[Declaration]] = defaultdict(set)
        self._of: dict[_Block, list[Fact]] | None = None

    def add(self, rule: str, edits: tuple[Edit, ...], declared: Declaration) -> None:
        """Remember that a rule's fix for something declared has these edits."""
        self._changed[rule, edits].add(declared)

    def left_out(self, rule: str, edits: tuple[Edit, ...], estate: Estate, sources: Sources) -> str:
        """Return an address that the edits change although its own fix has other edits; "" without one."""
        changed = self._changed[rule, edits]
        own = {_block_of(one) for one in changed}
        for tree, block, per_key in _blocks(edits, sources):
            at = tree.source.path, tree.source.position(block.start)[0]
            whole = at in own and not per_key
            got = {_instance(one, whole=whole) for one in changed}
            for one in sorted(self._at(at, estate), key=lambda declared: declared.address or ""):
                if _instance(one, whole=whole) not in got and _differs(one, changed):
                    return one.address or ""
        return self._with_same_origin(edits, changed, estate, sources)

    def _with_same_origin(
        self, edits: Iterable[Edit], changed: set[Declaration], estate: Estate, sources: Sources
    ) -> str:
        """Return an address of a changed block that has a value of edits elsewhere, in a local value or an argument."""
        made = {path: Moves(sources.texts[path], some).before for path, some in by_path(edits).items()}
        others = (fact for at in sorted({_block_of(one) for one in changed}) for fact in self._of_block(at, estate))
        for fact in others:
            if fact.declared in changed or not _differs(fact.declared, changed):
                continue
            for at in (at for place in _places(fact) for at in (place.origin, place.made) if at and at.path in made):
                first, last = sources.texts[at.path].offsets(at)
                if any(start <= last and first <= end for start, end in made[at.path]):
                    return fact.declared.address or ""
        return ""

    def _at(self, at: _Block, estate: Estate) -> set[Declaration]:
        return {fact.declared for fact in self._of_block(at, estate)}

    def _of_block(self, at: _Block, estate: Estate) -> list[Fact]:
        if self._of is None:
            self._of = defaultdict(list)
            for kind in get_args(Fact):
                for fact in estate.of(kind) if kind is not UnreadPart else ():
                    self._of[_block_of(fact.declared)].append(fact)
        return self._of.get(at, [])


def _places(part: object) -> Iterator[Place]:
    """Yield the places of the parts of a fact."""
    if isinstance(part, Place):
        yield part
    elif isinstance(part, tuple):
        for one in part:
            yield from _places(one)
    elif is_dataclass(part) and not isinstance(part, type | Declaration):
        for each in fields(part):
            yield from _places(getattr(part, each.name))


def not_right_for(address: str) -> str:
    """Return why edits must not be applied that also change an instance with this address."""
    return f"{address} is made of the same block, and the change is not right for it"


def _differs(one: Declaration, changed: Iterable[Declaration]) -> bool:
    """Whether a declaration has an address, as all that are changed have."""
    return one.address is not None and all(other.address is not None for other in changed)


def _block_of(declared: Declaration) -> _Block:
    return declared.at.path, declared.at.line


def _instance(declared: Declaration, *, whole: bool) -> Instance:
    """Return an instance of a resource, or of the module that it is in."""
    address = declared.address or ""
    if whole:
        return scope(declared), address
    module = address.rpartition(f"{declared.type}.")[0] if declared.type else ""
    return scope(declared), module.removesuffix("data.")


def _blocks(edits: Iterable[Edit], sources: Sources) -> Iterator[tuple[Tree, Block, bool]]:
    """Yield the top-level blocks that edits change, and whether each edit of one is in its ``for_each``."""
    for path, some in by_path(edits).items():
        tree = sources.tree(path)
        if tree is None:
            continue
        blocks, inside = tree.file.body.blocks, defaultdict[int, list[int]](list)
        for start, _ in Moves(tree.source, sorted(set(some))).before:
            after = bisect_right(blocks, start, key=lambda block: block.start)
            if after and start <= blocks[after - 1].end:
                inside[after - 1].append(start)
        for number, starts in sorted(inside.items()):
            each = blocks[number].body.arguments.get("for_each")
            yield tree, blocks[number], each is not None and all(each.start <= start <= each.end for start in starts)
