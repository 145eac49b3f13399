"""States of root modules that other configurations read: outputs, by the backend's location."""

from __future__ import annotations

import os
from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Set
from contextlib import AbstractContextManager
from functools import cached_property, partial
from pathlib import Path
from typing import TYPE_CHECKING

from iamlint.basics.frozen import frozen
from iamlint.documents.values import Data, Lazy, Partial, Value, with_elements
from iamlint.hcl.functions.types import size
from iamlint.sources.terraform.configuration.module import Module
from iamlint.sources.terraform.configuration.selection import DEFAULT, NAME
from iamlint.sources.terraform.evaluation.evaluator import ModuleInstance
from iamlint.sources.terraform.instances.arguments import text_of
from iamlint.unknown import Unknown, UnknownPart, shown

if TYPE_CHECKING:
    from iamlint.sources.terraform.evaluation.kept.states import Place, StateNotes

Key = tuple[str, ...]
"""Backend and location of the state."""

_PLACES = {
    "gcs": ("bucket", "prefix"),
    "s3": ("bucket", "key"),
    "azurerm": ("storage_account_name", "container_name", "key"),
    "http": ("address",),
    "local": ("path",),
}
"""The arguments of a backend that determine the location of a state.

Source: https://developer.hashicorp.com/terraform/language/backend
"""
_DEFAULTS = {("gcs", "prefix"): "", ("local", "path"): "terraform.tfstate"}


class States:
    """The states of the root modules of a run.

    ``top`` makes the instance of a root module for a value of ``terraform.workspace``; each is made on first use and
    cached by the reader of its outputs. ``backend`` are settings of a partial backend.
    ``named`` are the directories of the root modules that the user named.
    ``doubtful`` contains, by the directory of a root module, the unnamed ones that it reads: anybody can add one that
    claims to have a state. ``kept`` notes what is asked for states, ``places`` are
    the places of those that are known.
    """

    def __init__(
        self,
        roots: Iterable[Module],
        top: Callable[[Module, Value], ModuleInstance],
        named: Set[Path] = frozenset(),
        backend: Mapping[str, Value] | None = None,
        *,
        kept: StateNotes,
        places: dict[Path, Place],
    ) -> None:
        self._roots, self._top, self._named = tuple(roots), top, named
        self._backend, self.kept, self._places = backend or {}, kept, places
        self._tops: dict[tuple[Path, str], ModuleInstance] = {}
        self.doubtful: dict[Path, list[Path]] = {}

    def root(self, module: Module, workspace: Value) -> ModuleInstance:
        """Return a new instance of a root module in a workspace: its facts do not depend on who read its outputs."""
        return self._top(module, workspace)

    def forget(self) -> None:
        """Drop all instances, so that they are made again on next use."""
        self._tops.clear()

    def outputs(
        self, arguments: Mapping[str, Value], reference: str, reader: Path, *, certain: bool = False
    ) -> Value | str:
        """Return the outputs that a ``terraform_remote_state`` reads, or why they are unknown.

        ``arguments`` are its ``backend``, ``config`` and ``workspace``; ``reader`` is the directory of the root module
        that reads. Unknown parts are named after ``reference``. If all must be ``certain``, outputs of a root module
        that the user did not name are unknown.
        """
        key, workspace = _key(arguments, reader), _workspace(arguments["workspace"])
        if isinstance(key, str):
            return key
        if isinstance(workspace, str):
            return workspace
        self.kept.ask(place_of(key))
        found = self.kept_at(place_of(key))
        if len(found) != 1:
            return f"{'more than one' if found else 'no'} root module here keeps its state there"
        if found[0].directory == reader:
            return "it is the state of the root module that reads it"
        if not self.is_named(found[0].directory):
            if certain:
                return "it is in another root module"
            self.doubtful.setdefault(reader, []).append(found[0].directory)
        at = (found[0].directory, _text(workspace))
        with self.kept.of(at):
            if at not in self._tops:
                self._tops[at] = self._top(found[0], workspace)
        top, outputs = self._tops[at], _Outputs(reference, partial(self.kept.of, at))

        def output(name: str) -> Value:
            with self.kept.of(at):
                value = top.output(name)
                if value is None:
                    return Value(Unknown(f"the root module whose state it is has no output {name!r}"))
                size(value)  # raises if it is larger than the limit
                return outputs.elsewhere(value)

        return Value(Lazy(f"{reference}.outputs", output, lambda: top.module.outputs))

    def is_named(self, directory: Path) -> bool:
        """Whether the user named a root module."""
        return directory in self._named

    def directories(self, place: str) -> list[Path]:
        """Return the directories of the root modules that keep their state at a place."""
        return [module.directory for module in self.kept_at(place)]

    def kept_at(self, place: str) -> list[Module]:
        """Return the root modules that keep their state at a place, given as `place_of`."""
        return self._kept.get(place, [])

    @cached_property
    def _kept(self) -> dict[str, list[Module]]:
        kept: dict[str, list[Module]] = {}
        for module in self._roots:
            key = self._places.get(module.directory)
            if key is None:
                key = self._places[module.directory] = self.kept.place(module.directory, partial(self._place, module))
            if not isinstance(key, str):
                kept.setdefault(place_of(key), []).append(module)
        return kept

    def _place(self, module: Module) -> Key | str:
        return _key(_state(self._top(module, Value(DEFAULT)), self._backend), module.directory)


def place_of(key: Key) -> str:
    """Return the place of a state as a text."""
    return repr(key)


def _text(workspace: Value) -> str:
    return shown(text_of(workspace))


def _state(top: ModuleInstance, settings: Mapping[str, Value]) -> Mapping[str, Value]:
    """Return the location of a root module's own state in the form of a ``terraform_remote_state``.

    ``settings`` are those of ``terraform init -backend-config``, which count more than the block's.
    """
    backend = top.backend()
    if backend is None:
        kind, config = "cloud" if top.module.backend else "local", dict[str, Value]()
    else:
        kind, config = backend.type, {name: backend.body.value(name) for name in backend.body.arguments}
        config |= settings
    return {"backend": Value(kind), "config": Value(config)}


def _workspace(written: Value) -> Value | str:
    """Return the workspace of the state: ``terraform.workspace`` has the same value there; or why it is unknown."""
    name = text_of(written)
    if not isinstance(name, Unknown):
        return Value(name or DEFAULT)
    return written if name.unknown_part == UnknownPart(NAME) else f"where it is kept is not known: {name.reason}"


def _key(arguments: Mapping[str, Value], directory: Path) -> Key | str:
    """Return the location of a state, or why it is unknown."""
    backend = text_of(arguments["backend"])
    config = arguments["config"].data
    for part in (backend, config):
        if isinstance(part, Unknown):
            return f"where it is kept is not known: {part.reason}"
    if backend not in _PLACES or not isinstance(config, dict | None):
        return f"the backend {backend!r} is not compared"
    parts: list[str] = []
    for name in _PLACES[backend]:
        written = text_of((config or {}).get(name, Value(None)))
        if isinstance(written, Unknown):
            return f"where it is kept is not known: {written.reason}"
        place = written if written else _DEFAULTS.get((backend, name))
        if place is None:
            return f"where it is kept is not known: the configuration of its backend has no {name}"
        parts.append(place)
    if backend == "local":
        parts = [os.path.normpath(directory / parts[0])]
    return (backend, *(part.strip("/") for part in parts))


@frozen
class _Outputs:
    """The outputs of a root module, as another one reads them by a ``reference``.

    ``using`` surrounds the evaluation of what it reads.
    """

    reference: str
    using: Callable[[], AbstractContextManager[None]]

    def elsewhere(self, value: Value) -> Value:
        """Return a value of another root module: its unknown parts are not references of the reading module."""
        partial = value.structure if isinstance(value.structure, Partial) else None
        structure = partial.changed(self.elsewhere, self.elsewhere) if partial else None
        return Value(self._data(value), value.at, structure or (value.encoded and self.elsewhere(value.encoded)))

    def _data(self, value: Value) -> Data:
        match value.data:
            case Unknown() as why:
                return Unknown(why.reason, tuple(self._parts(why)), why.refused)
            case Lazy() as lazy:
                return self._lazy(lazy)
            case data:
                return with_elements(data, self.elsewhere)

    def _lazy(self, lazy: Lazy) -> Lazy:
        def attribute(name: str) -> Value | None:
            with self.using():
                found = lazy.attribute(name)
            return None if found is None else self.elsewhere(found)

        def names() -> Iterable[str]:
            with self.using():
                found = lazy.names()
                return found if isinstance(found, Container) else tuple(found)

        return Lazy(f"{self.reference}.outputs/{lazy.reference}", attribute, names, whole=lazy.whole)

    def _parts(self, why: Unknown) -> Iterator[str | UnknownPart]:
        for part in why.parts:
            yield UnknownPart(f"{self.reference}.outputs/{part.reference}") if isinstance(part, UnknownPart) else part
