"""The lines of the role catalogue's file. A run needs few of them, so each is decoded at its first use."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property

from iamlint.catalog_file import CATALOG, catalog_date

BLOCK = 64
"""Number of permissions in a line."""
_FEW = 500
"""Maximum number of permissions for which only their blocks are decoded, and not all."""
Row = tuple[str, str, int, str | None]
"""A role: its title, its stage, whether it is listed, and the gaps between the numbers of its permissions, as text."""


class Rows(Mapping[str, Row]):
    """The roles by name, after ``more``. ``lines`` are those of the file: ``roles/x":["title","GA",1,"0 1 1"]``."""

    def __init__(self, lines: Sequence[str], more: Mapping[str, Row]) -> None:
        self._rows: dict[str, Row] = dict(more)
        self._lines = dict.fromkeys(more, "") | {line.partition('"')[0]: line for line in lines}

    def __getitem__(self, name: str) -> Row:
        found = self._rows.get(name)
        if found is None:
            title, stage, listed, gaps = json.loads(self._lines[name][len(name) + 2 :])
            found = self._rows[name] = title, stage, listed, gaps
        return found

    def __contains__(self, name: object) -> bool:
        return name in self._lines

    def __iter__(self) -> Iterator[str]:
        return iter(self._lines)

    def __len__(self) -> int:
        return len(self._lines)


class Permissions:
    """The permissions in order. ``lines`` are those of the file: ``"a.b.c a.b.d"``, `BLOCK` in each but the last."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._blocks: dict[int, list[str]] = {}

    @cached_property
    def all(self) -> list[str]:
        """All of them."""
        return [name for number in range(len(self._lines)) for name in self._block(number)]

    @cached_property
    def names(self) -> frozenset[str]:
        """All of them, to look one up."""
        return frozenset(self.all)

    def numbered(self, numbers: Sequence[int]) -> Iterable[str]:
        """Return the permissions of these numbers."""
        if len(numbers) > _FEW:
            return map(self.all.__getitem__, numbers)
        return [self._block(number // BLOCK)[number % BLOCK] for number in numbers]

    def _block(self, number: int) -> list[str]:
        found = self._blocks.get(number)
        if found is None:
            found = self._blocks[number] = self._lines[number].strip('",').split()
        return found


def read_catalog(more: Mapping[str, Row]) -> tuple[str, Permissions, Rows]:
    """Return the date, the permissions and the roles of the built-in catalogue, with ``more`` roles."""
    permissions, roles = CATALOG.read_bytes().decode().split('\n],\n"roles":{\n"')
    blocks = permissions.split("[\n")[1].split(",\n")
    return catalog_date(), Permissions(blocks), Rows(roles.removesuffix("\n}}\n").split(',\n"'), more)
