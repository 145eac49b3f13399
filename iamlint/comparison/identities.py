"""Common names: one name on both sides for the same thing.

Things with a literal name are the same if the names are equal. Things known only by reference, such as a project whose
id is known after apply, are the same if the reference is the same, if a ``moved`` block says so, or if the input states
the same about them. So a renamed block, a moved module or another instance key changes nothing.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from iamlint.basics.lazy_regex import regex
from iamlint.comparison.keys import Key, key_of, rendered_name
from iamlint.comparison.sides import Reference, Side
from iamlint.estate import Node
from iamlint.facts import Fact

_ROUNDS = 4
"""How many steps around a reference are used to distinguish it from others."""
_MOST_PAIRS = 10_000
"""Maximum number of pairs of references of one kind that are compared for similarity."""
_ALIKE = 0.5
"""Share of the facts about two references that must be the same."""
_STEP = r"(?:\[[^]]*\])?"
_NAMED = regex(rf"(?:module\.[\w-]+{_STEP}\.)*(?P<data>data\.)?(?P<type>[\w-]+)\.[\w-]+{_STEP}(?P<rest>.*)", re.DOTALL)


class Identities:
    """The common names of one side. ``same`` maps references to the ones that replace them."""

    def __init__(self, side: Side, same: Mapping[Reference, Reference]) -> None:
        self.side = side
        self._same = same
        self._names: dict[str, str] = {}

    def name(self, name: str) -> str:
        """Return the common name of a principal, an account or a resource, as the estate names it."""
        if "${" not in name:
            return name
        if name not in self._names:
            self._names[name] = rendered_name(name, self.render)
        return self._names[name]

    def node(self, node: Node) -> Node:
        """Return a node with its common name."""
        return node[0], self.name(node[1])

    def key(self, fact: Fact) -> Key:
        """Return what a fact says, in common names."""
        return key_of(fact, self.side.estate, self.render)

    def render(self, reference: str, home: str) -> str:
        """Return the replacement of a reference on both sides."""
        return self.side.rendered(reference, home, self._token)

    def _token(self, reference: str, home: str) -> str:
        reference, home = self._same.get((reference, home), (reference, home))
        return f"${{{home}#{reference}}}"

    @cached_property
    def principals(self) -> Mapping[str, str]:
        """The principals of the side by their common names."""
        return {self.name(one): one for one in self.side.hops.names.principals}

    def own(self, name: str) -> str:
        """Return what the side calls a common name; the name itself where the side does not have it."""
        return self.principals.get(name, name)


def identities(base: Side, head: Side) -> tuple[Identities, Identities]:
    """Return the common names of two sides."""
    return Identities(base, {}), Identities(head, _aligned(_References(base), _References(head)))


class _References:
    """The references of one side that name something, and the facts about each."""

    def __init__(self, side: Side) -> None:
        self.side = side
        self.facts: dict[Reference, list[Fact]] = defaultdict(list)
        self.former: dict[tuple[str, str], tuple[str, ...]] = {}
        for fact in side.facts:
            for one in dict.fromkeys(self._of(fact)):
                self.facts[one].append(fact)
            address = fact.declared.address
            if address and fact.declared.former:
                self.former[address, side.relative(_home(fact))] = fact.declared.former

    def _of(self, fact: Fact) -> Iterator[Reference]:
        found: list[Reference] = []

        def note(reference: str, home: str) -> str:
            found.append((reference, home))
            return ""

        key_of(fact, self.side.estate, lambda reference, home: self.side.rendered(reference, home, note))
        yield from found

    def said(self, one: Reference, colors: Mapping[Reference, object]) -> Counter[Key]:
        """Return the facts about a reference, with other references as their colors."""

        def token(reference: str, home: str) -> str:
            other = reference, home
            return "${this}" if other == one else f"${{{colors.get(other, other)}}}"

        def render(reference: str, home: str) -> str:
            return self.side.rendered(reference, home, token)

        return Counter(key_of(fact, self.side.estate, render, with_names=True) for fact in self.facts[one])


def _home(fact: Fact) -> str:
    from iamlint.estate import scope

    return scope(fact.declared)


def _aligned(base: _References, head: _References) -> dict[Reference, Reference]:
    """Return which references of the head are those of the base under another name."""
    gone = dict.fromkeys(sorted(base.facts.keys() - head.facts.keys()))
    new = dict.fromkeys(sorted(head.facts.keys() - base.facts.keys()))
    same: dict[Reference, Reference] = {}

    def match(pairs: Iterable[tuple[Reference, Reference]]) -> None:
        for here, before in list(pairs):
            if here in new and before in gone:
                same[here] = before
                del new[here], gone[before]

    match(_moved(new, head.former))
    match(_same_colors(base, head, gone, new, same))
    match(_most_alike(base, head, gone, new, same))
    return same


def _moved(
    new: Iterable[Reference], former: Mapping[tuple[str, str], tuple[str, ...]]
) -> Iterator[tuple[Reference, Reference]]:
    """Yield the references that ``moved`` blocks give another name."""
    for reference, home in new:
        address, _, attribute = reference.rpartition(".")
        for before in former.get((address, home), ()):
            yield (reference, home), (f"{before}.{attribute}", home)


def _shape(reference: str) -> str:
    """Return the type and the attribute of a reference, without the names that somebody has chosen."""
    found = _NAMED.match(reference)
    return f"{found['data'] or ''}{found['type']}{found['rest']}" if found else reference


def _colors(
    of: _References, among: Iterable[Reference], same: Mapping[Reference, Reference]
) -> dict[Reference, object]:
    """Return keys that distinguish references: the facts about them, up to some steps away."""
    known: dict[Reference, object] = dict(same)
    colors: dict[Reference, object] = {one: _shape(one[0]) for one in among}
    for _ in range(_ROUNDS):
        every = known | colors
        colors = {one: hash((_shape(one[0]), frozenset(of.said(one, every).items()))) for one in colors}
    return colors


def _same_colors(
    base: _References,
    head: _References,
    gone: Iterable[Reference],
    new: Iterable[Reference],
    same: Mapping[Reference, Reference],
) -> Iterator[tuple[Reference, Reference]]:
    """Yield the pairs of references with the same facts about them."""
    before: dict[object, list[Reference]] = defaultdict(list)
    for one, color in _colors(base, gone, {}).items():
        before[color].append(one)
    for one, color in _colors(head, new, same).items():
        if before[color]:
            yield one, before[color].pop(0)


def _most_alike(
    base: _References,
    head: _References,
    gone: Iterable[Reference],
    new: Iterable[Reference],
    same: Mapping[Reference, Reference],
) -> Iterator[tuple[Reference, Reference]]:
    """Yield the pairs of references of one kind with mostly the same facts, the most similar first."""
    here, before = list(new), list(gone)
    if len(here) * len(before) > _MOST_PAIRS:
        return
    old = {one: base.said(one, {other: _shape(other[0]) for other in before}) for one in before}
    colors = dict(same) | {other: _shape(other[0]) for other in here}
    found = []
    for one in here:
        said = head.said(one, colors)
        for other in before:
            if _shape(one[0]) == _shape(other[0]):
                share = (said & old[other]).total() / max(said.total(), old[other].total())
                if share >= _ALIKE:
                    found.append((-share, one, other))
    yield from ((one, other) for _, one, other in sorted(found))
