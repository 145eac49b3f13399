"""Which directories are root modules: applied by themselves, not only called by others."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from iamlint.files.tree import Tree
from iamlint.sources.names import ASSIGNMENTS, is_configuration
from iamlint.sources.terraform.configuration.module import Module

LOCK = ".terraform.lock.hcl"
DATA = ".terraform"
"""The folder that ``terraform init`` creates in a root module."""
STATE = ".tfstate"
_SETTINGS = (*ASSIGNMENTS, ".tfbackend")
_TRIALS = ("example", "fixture", "modules", "sample", "test")
"""Prefixes of folder names that do not configure the module for an apply."""
_DEEPEST = 2
"""Maximum depth of folders searched for settings."""
TERRAGRUNT = "terragrunt.hcl"
"""The file that makes Terragrunt apply a directory."""


def root_modules(
    modules: Iterable[Module], calls: Callable[[Module], Iterable[str]], tree: Tree
) -> tuple[list[Module], set[Path]]:
    """Return the modules that no other calls by a local path, then the called ones that are also applied by themselves.

    Of modules that only call each other in a cycle, the first. ``calls`` returns the local paths that a module calls.
    The second result contains the called directories.
    """
    modules = list(modules)
    edges = {module.directory: _called(module, calls(module), tree) for module in modules}
    called = set[Path]().union(*edges.values())
    roots = [module for module in modules if module.directory not in called]
    reached = _reached((module.directory for module in roots), edges)
    for module in modules:
        if module.directory not in reached:
            roots.append(module)
            reached |= _reached((module.directory,), edges)
    known = {module.directory for module in roots}
    applied = (module for module in modules if module.directory not in known and is_applied(module, tree))
    return [*roots, *applied], called


def never_created(modules: Iterable[Module], tree: Tree) -> set[Path]:
    """Return the directories whose calls are all switched off by a literal: ``count = 0``."""
    every = [(one, list(one.local_sources()), list(one.local_sources(creating=True))) for one in modules]
    if all(len(sources) == len(creating) for _, sources, creating in every):
        return set()
    called = set[Path]().union(*(_called(one, sources, tree) for one, sources, _ in every))
    return called.difference(*(_called(one, creating, tree) for one, _, creating in every))


def _reached(start: Iterable[Path], edges: Mapping[Path, set[Path]]) -> set[Path]:
    """Return these directories, and those that they call, directly or through others."""
    reached: set[Path] = set()
    waiting = list(start)
    while waiting:
        directory = waiting.pop()
        if directory not in reached:
            reached.add(directory)
            waiting += edges.get(directory, ())
    return reached


def _called(module: Module, sources: Iterable[str], tree: Tree) -> set[Path]:
    """Return the directories of other modules that a module calls by a local path."""
    return {tree.resolved(module.directory / source) for source in sources} - {module.directory}


def is_applied(module: Module, tree: Tree) -> bool:
    """Whether a module has something that only root modules need, so that it is one even if it is called.

    That is a backend, a cloud block, an ``import`` block (Terraform refuses one in a called module), a provider
    configuration, a state, tfvars or a backend configuration, also in a folder for them, the folder of ``terraform
    init``, or Terragrunt's configuration.
    """
    if module.is_set_up:
        return True
    names = tree.names(module.directory)
    if any(name in (LOCK, DATA, TERRAGRUNT) or name.endswith((*_SETTINGS, STATE)) for name in names):
        return True
    return any(_is_of_settings(module.directory, name, _DEEPEST, tree) for name in names)


def _is_of_settings(above: Path, name: str, levels: int, tree: Tree) -> bool:
    """Whether a folder in a module's directory contains settings of root modules, like ``env/prod.tfvars``.

    If it has configuration it is another module, and the settings belong to that. Folders of tests and examples are
    ignored.
    """
    path = above / name
    if name.startswith((".", *_TRIALS)) or not levels or tree.is_link(path) or not tree.is_directory(path):
        return False
    try:
        names = tree.names(path)
    except OSError:
        return False
    if any(map(is_configuration, names)):
        return False
    if any(one.endswith(_SETTINGS) for one in names):
        return True
    return any(_is_of_settings(path, one, levels - 1, tree) for one in names)
