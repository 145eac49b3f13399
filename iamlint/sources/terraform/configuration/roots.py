"""Which directories are root modules: applied by themselves, not only as others call them."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from iamlint.files.texts import resolved
from iamlint.sources.names import ASSIGNMENTS
from iamlint.sources.terraform.configuration.module import Declared, Module

LOCK = ".terraform.lock.hcl"
DATA = ".terraform"
"""What ``terraform init`` leaves in the directory of a root module."""
TERRAGRUNT = "terragrunt.hcl"
"""What makes Terragrunt apply a directory."""


def root_modules(modules: Iterable[Module], calls: Callable[[Module], Iterable[str]]) -> tuple[list[Module], set[Path]]:
    """Those that no other one calls by a local path, then those that are applied by themselves though they are called.

    Of modules that only call each other in a circle, the first. ``calls`` gives the local paths that a module calls.
    The second result are the directories that are called.
    """
    modules = list(modules)
    edges = {module.directory: _called(module, calls(module)) for module in modules}
    called = set[Path]().union(*edges.values())
    roots = [module for module in modules if module.directory not in called]
    reached = _reached((module.directory for module in roots), edges)
    for module in modules:
        if module.directory not in reached:
            roots.append(module)
            reached |= _reached((module.directory,), edges)
    known = {module.directory for module in roots}
    return [*roots, *(module for module in modules if module.directory not in known and is_applied(module))], called


def _reached(start: Iterable[Path], edges: Mapping[Path, set[Path]]) -> set[Path]:
    """These directories, and those that they call, directly or through others."""
    reached: set[Path] = set()
    waiting = list(start)
    while waiting:
        directory = waiting.pop()
        if directory not in reached:
            reached.add(directory)
            waiting += edges.get(directory, ())
    return reached


def _called(module: Module, sources: Iterable[str]) -> set[Path]:
    """The directories of the other modules that a module calls by a local path."""
    return {resolved(module.directory / source) for source in sources} - {module.directory}


def is_applied(module: Module) -> bool:
    """Whether a module has what only a root module needs, so that it is one whoever calls it.

    That is a backend, a cloud block, tfvars, the configuration of a provider, what ``terraform init`` leaves there, or
    Terragrunt's configuration.
    """
    if module.backend or any(map(_configures, module.providers)):
        return True
    names = os.listdir(module.directory)
    return any(name in (LOCK, DATA, TERRAGRUNT) or name.endswith(ASSIGNMENTS) for name in names)


def _configures(provider: Declared) -> bool:
    """Whether a provider block sets something: an empty one, or only an alias, is how modules once named a provider."""
    return bool(provider.arguments().keys() - {"alias", "version"} or provider.blocks())
