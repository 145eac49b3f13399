"""The modules on disk: each directory read once, calls followed to where they lead, never outside the roots."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from iamlint.location import SourceText, Unreadable
from iamlint.sources.terraform.described import described
from iamlint.sources.terraform.module import CONFIGURATION, Module, local_path, read_module
from iamlint.sources.texts import resolved
from iamlint.sources.workspace import Workspace

INSTALL = "terraform init would fetch it"
SELECTED = Path(".terraform", "environment")
"""Where ``terraform workspace select`` notes the workspace."""
MANIFEST = Path(".terraform", "modules", "modules.json")
"""Where ``terraform init`` notes the modules that it installed."""


class Library:
    """Modules by directory. ``roots`` are the directories below which files may be read."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace
        self._modules: dict[Path, Module] = {}
        self._manifests: dict[Path, dict[str, Path]] = {}

    def module(self, directory: Path) -> Module | str:
        """The module in a directory, or the reason why there is none."""
        real = resolved(directory)
        if real not in self._modules:
            if not self._workspace.allowed(real):
                return f"{self._workspace.shown(directory)} lies outside of what iamlint was given to read"
            if not real.is_dir():
                return f"the directory {self._workspace.shown(directory)} is not there"
            try:
                names = sorted(entry.name for entry in real.iterdir() if entry.is_file())
            except OSError as error:
                return f"the directory {self._workspace.shown(directory)} cannot be read: {error.strerror}"
            if not any(CONFIGURATION.search(name) for name in names):
                return f"the directory {self._workspace.shown(directory)} has no Terraform files"
            self._modules[real] = read_module(real, names, self._load)
        return self._modules[real]

    def _load(self, path: Path) -> SourceText | Unreadable:
        return self._workspace.load(path)

    @property
    def read(self) -> Iterable[Module]:
        """Every module that was read."""
        return self._modules.values()

    def for_root(self, root: Path) -> RootModules:
        """The library as calls below one root module see it: with the modules that were installed for that root."""
        return RootModules(self, self._installed(resolved(root)))

    def selected_workspace(self, root: Path) -> str | None:
        """The workspace that is selected for a root module; None where none was."""
        path = root / SELECTED
        source = self._workspace.load(path) if path.is_file() else None
        return source.text.strip() or None if isinstance(source, SourceText) else None

    def _installed(self, root: Path) -> dict[str, Path]:
        if root not in self._manifests:
            self._manifests[root] = self._manifest(root)
        return self._manifests[root]

    def _manifest(self, root: Path) -> dict[str, Path]:
        path = root / MANIFEST
        if not path.is_file():
            return {}
        source = self._workspace.load(path)
        if isinstance(source, Unreadable):
            return {}
        try:
            entries = json.loads(source.text)["Modules"]
            return {str(entry["Key"]): root / str(entry["Dir"]) for entry in entries}
        except (ValueError, KeyError, TypeError, RecursionError):
            return {}  # a broken manifest installs nothing; the calls then say that their module is not there


class RootModules:
    """Finds called modules: local ones by their path, others where ``terraform init`` has put them."""

    def __init__(self, library: Library, installed: dict[str, Path]) -> None:
        self._library = library
        self._installed = installed

    def called(self, module: Module, path: tuple[str, ...], source: str, version: str | None) -> Module | str:
        """The module that a call at ``path`` (call names from the root) names, or why it is not there.

        One that is not there may be known well enough to be described.
        """
        local = source if source in (".", "..") else local_path(source)
        if local is not None:
            return self._library.module(module.directory / local)
        directory = self._installed.get(".".join(path))
        if directory is None:
            return described(source, version) or f'the module "{source}" is not installed ({INSTALL})'
        return self._library.module(directory)
