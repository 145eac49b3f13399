"""The tags of resources, for conditions that ask for them: bound to a resource or inherited from above.

A resource has at most one value of a key, and its own value replaces an inherited one. The input may lack bindings, so
a missing tag is unknown, unless it lists all effective tags of the resource. Source:
https://cloud.google.com/resource-manager/docs/tags/tags-overview#inheritance
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Protocol, TypeVar

from iamlint.basics.frozen import frozen
from iamlint.estate.hierarchy import Hierarchy, Node
from iamlint.estate.names import identity, in_force, scope
from iamlint.facts import Declaration, EffectiveTags, Fact, Resource, TagBinding, TagKey, TagValue, Text
from iamlint.logic.verdict import TRUE
from iamlint.provenance import configuration, counts_for
from iamlint.unknown import shown

if TYPE_CHECKING:
    from iamlint.conditions.context import Tag, TagState


@frozen
class _Bound:
    """A tag on a resource: the spellings of its key and value, and who states it."""

    keys: frozenset[str]
    values: frozenset[str]
    declared: Declaration


Kind = TypeVar("Kind", bound=Fact)


class Of(Protocol):
    """A function that returns all facts of a kind."""

    def __call__(self, kind: type[Kind], /) -> tuple[Kind, ...]:
        """Return the facts, ordered by where they are declared."""


class Tags:
    """The tags that the input shows, by resource."""

    def __init__(self, of: Of, hierarchy: Hierarchy) -> None:
        self._hierarchy = hierarchy
        self._states: dict[tuple[Resource, str, str], TagState] = {}
        self._keys = _key_names(of(TagKey))
        self._values: dict[str, tuple[frozenset[str], frozenset[str]]] = {}
        for value in of(TagValue):
            self._add(value)
        self._at: dict[Node, list[_Bound]] = defaultdict(list)
        for binding in of(TagBinding):
            node = hierarchy.node(binding.resource, binding.declared)
            bound = self._bound(binding.value, binding.declared)
            if node and bound and in_force(binding.declared) is TRUE:
                self._at[node].append(bound)
        self._effective: dict[Node, list[EffectiveTags]] = defaultdict(list)
        for one in of(EffectiveTags):
            node = hierarchy.node(one.resource, one.declared)
            if node:
                self._effective[node].append(one)

    def __bool__(self) -> bool:
        """Whether the input has any tags of resources."""
        return bool(self._at or self._effective)

    def state(self, resource: Resource, declared: Declaration) -> TagState:
        """Return the tags that a resource certainly has, as far as they count for a declaration that names it.

        What is below a container may have other tags, so that nothing is certainly missing there. The answer is kept:
        the condition of a grant is evaluated for each of its permissions.
        """
        key = resource, scope(declared), configuration(declared)
        if key not in self._states:
            self._states[key] = self._state(resource, declared)
        return self._states[key]

    def _state(self, resource: Resource, declared: Declaration) -> TagState:
        from iamlint.conditions.context import Tag, TagState

        chain = self._hierarchy.above(resource, declared, certain=True)
        leaf = not resource.is_container
        known = self._effective.get(chain[0], []) if chain else []
        listed = next((one for one in known if counts_for(one.declared, declared)), None)
        found: list[Tag] = []
        taken: set[str] = set()
        for key, value in listed.tags if listed else ():
            found.append(Tag(frozenset({key}), frozenset({value, value.removeprefix(f"{key}/")}), leaf))
            taken.add(key)
        here = scope(declared)
        for level, node in enumerate(chain):
            for bound in self._at.get(node, ()):
                if not counts_for(bound.declared, declared) or bound.keys & taken:
                    continue
                own = level == 0 and leaf
                found.append(Tag(_in(bound.keys, here), _in(bound.values, here), own))
            for bound in self._at.get(node, ()):
                taken |= bound.keys if counts_for(bound.declared, declared) else set()
        return TagState(tuple(found), complete=listed is not None and leaf)

    def _add(self, value: TagValue) -> None:
        """Note a value under all of its names."""
        declared, short = value.declared, identity(value.short_name, value.declared)
        key = identity(value.key, declared)
        keys = self._keys.get(key, frozenset({key})) if key else frozenset()
        names = set(filter(None, (value.id, *_references(declared, "tagValues/"))))
        names |= {_joined(one, short) for one in keys if short and not one.startswith(("tagKeys/", "${"))}
        spellings = frozenset(names | ({short} if short else set()))
        for name in names:
            self._values[name] = keys, spellings

    def _bound(self, value: Text, declared: Declaration) -> _Bound | None:
        name = identity(value, declared)
        if name is None:
            return None
        keys, values = self._values.get(name, (frozenset(), frozenset({name})))
        key, slash, short = shown(value).rpartition("/")
        if not keys and slash and "/" in key and "${" not in name:
            keys, values = self._keys.get(key, frozenset({key})), frozenset({name, short})
        return _Bound(keys, values, declared)


def _key_names(keys: Iterable[TagKey]) -> dict[str, frozenset[str]]:
    """Return all names of a key, by each of them."""
    found: dict[str, frozenset[str]] = {}
    for key in keys:
        own = {identity(key.name, key.declared), key.id, *_references(key.declared, "tagKeys/")}
        names = frozenset(filter(None, own))
        names = names.union(*(found.get(name, frozenset()) for name in names))
        found |= dict.fromkeys(names, names)
    return found


def _references(declared: Declaration, collection: str) -> Iterator[str]:
    """Yield the names that one configuration has for its own key or value."""
    if declared.address:
        for attribute in ("id", "namespaced_name"):
            yield f"${{{declared.address}.{attribute}}} in {scope(declared)}"
        yield f"{collection}${{{declared.address}.name}} in {scope(declared)}"


def _joined(key: str, short: str) -> str:
    """Return the namespaced name of a value; the scope of a name that is not known in full comes last."""
    key, _, of_key = key.partition(" in ")
    short, _, of_short = short.partition(" in ")
    where = of_key or of_short
    return f"{key}/{short}" + (f" in {where}" if where else "")


def _in(names: Iterable[str], here: str) -> frozenset[str]:
    """Return the names as a condition in one configuration spells them; those of another one mean nothing there."""
    suffix = f" in {here}"
    return frozenset(
        name.removesuffix(suffix) if name.endswith(suffix) else name
        for name in names
        if "${" not in name or name.endswith(suffix)
    )
