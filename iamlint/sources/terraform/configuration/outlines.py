"""Modules whose files are as in an earlier run: parsed only if more is asked than their outline."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from iamlint.sources.terraform.configuration.module import Module


def outline_of(module: Module) -> dict[str, Any]:
    """Return the outline of a module without errors, as data: what is asked of each module of a run."""
    return {
        "sources": list(module.local_sources()),
        "creating": list(module.local_sources(creating=True)),
        "is_set_up": module.is_set_up,
        "variables": list(module.variable_names),
        "files": len(module.files),
    }


class OutlinedModule(Module):
    """A module with a known outline. Its declarations are read on first use, by ``read``."""

    __slots__ = ("_outline", "_read")

    def __init__(self, directory: Path, outline: dict[str, Any], read: Callable[[], Module]) -> None:
        self.directory = directory
        self.errors = []
        self._outline, self._read = outline, read

    def __getattr__(self, name: str) -> Any:
        """Read the module for an attribute that has no value yet."""
        if name not in _NAMES:
            raise AttributeError(name)
        whole = self._read()
        for one in _NAMES:
            setattr(self, one, getattr(whole, one))
        return getattr(self, name)

    def local_sources(self, *, creating: bool = False) -> Iterator[str]:
        """Yield the relative paths in its module calls; ``creating`` leaves out those that certainly create nothing."""
        yield from self._outline["creating" if creating else "sources"]

    @property
    def is_set_up(self) -> bool:
        """Whether a block in it is of use in a root module only."""
        return bool(self._outline["is_set_up"])

    @property
    def variable_names(self) -> frozenset[str]:
        """The names of its variables."""
        return frozenset(self._outline["variables"])

    @property
    def each_file(self) -> Iterator[object]:
        """A value for each of its files; both programs read this module alike."""
        return ((self.directory, number) for number in range(self._outline["files"]))


_NAMES = frozenset(one.name for one in fields(Module))
