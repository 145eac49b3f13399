"""Groups of similar paths, so that a thousand of them are one line."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from iamlint.basics.frozen import frozen
from iamlint.facts import Grant
from iamlint.paths.hops import Hop
from iamlint.paths.names import Names
from iamlint.paths.search import Path

_Key = tuple[object, ...]


@frozen
class Group:
    """Paths with the same methods, by the same blocks of source; the first represents all of them."""

    paths: tuple[Path, ...]

    @property
    def first(self) -> Path:
        """The path that represents all."""
        return self.paths[0]

    @property
    def sources(self) -> tuple[str, ...]:
        """The starts of the paths, each once."""
        return tuple(dict.fromkeys(path.caller or path.source for path in self.paths))

    @property
    def targets(self) -> tuple[str, ...]:
        """The accounts that they end in, each once."""
        return tuple(dict.fromkeys(path.target for path in self.paths))


def grouped(paths: Iterable[Path], names: Names) -> tuple[Group, ...]:
    """Return the paths in groups, in the order of their first paths.

    All paths by one Terraform block, which may have instances, are similar. Entries of exports have no block: there,
    paths are similar if they have the same roles and the same start, or the same ends.
    """
    alike: dict[_Key, list[Path]] = defaultdict(list)
    order: dict[int, int] = {}
    for number, path in enumerate(paths):
        order[id(path)] = number
        alike[_key(path, names)].append(path)
    found = [group for members in alike.values() for group in _split(members)]
    return tuple(Group(tuple(group)) for group in sorted(found, key=lambda group: order[id(group[0])]))


def _key(path: Path, names: Names) -> _Key:
    hops = tuple(_hop_key(hop, names) for hop in path.hops)
    return path.state, bool(path.caller), names.kind(path.source), hops


def _hop_key(hop: Hop, names: Names) -> _Key:
    grants = tuple((*_block(grant), grant.role, grant.resource.kind) for grant in hop.grants)
    return hop.method, grants, names.kind(hop.target)


def _block(grant: Grant) -> tuple[str, str]:
    """Return the address and file of a block; of an entry of an export neither, since each project has its own file."""
    block = grant.declared.block
    return (block, grant.declared.at.path) if block else ("", "")


def _split(members: list[Path]) -> list[list[Path]]:
    """Split paths by exports into groups with the same start, and merge those with the same ends."""
    if len(members) == 1 or all(grant.declared.address for hop in members[0].hops for grant in hop.grants):
        return [members]
    by_source: dict[str, list[Path]] = defaultdict(list)
    for path in members:
        by_source[path.caller or path.source].append(path)
    by_ends: dict[frozenset[str], list[Path]] = defaultdict(list)
    for paths in by_source.values():
        by_ends[frozenset(path.target for path in paths)] += paths
    return list(by_ends.values())
