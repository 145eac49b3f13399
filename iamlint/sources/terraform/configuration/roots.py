"""Which directories are root modules: applied by themselves, not only as others call them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from iamlint.files.tree import Tree
from iamlint.sources.names import ASSIGNMENTS, is_configuration
from iamlint.sources.terraform.configuration.module import Declared, Module

LOCK = ".terraform.lock.hcl"
DATA = ".terraform"
"""What ``terraform init`` leaves in the directory of a root module."""
STATE = ".tfstate"
_SETTINGS = (*ASSIGNMENTS, ".tfbackend")
_TRIALS = ("example", "fixture", "modules", "sample", "test")
"""How the names of folders begin that are not about the module as it is applied."""
_DEEPEST = 2
"""Levels of folders in which settings are looked for."""
TERRAGRUNT = "terragrunt.hcl"
"""What makes Terragrunt apply a directory."""


def root_modules(
    modules: Iterable[Module], calls: Callable[[Module], Iterable[str]], tree: Tree
) -> tuple[list[Module], set[Path]]:
    """Those that no other one calls by a local path, then those that are applied by themselves though they are called.

    Of modules that only call each other in a circle, the first. ``calls`` gives the local paths that a module calls.
    The second result are the directories that are called.
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


def _called(module: Module, sources: Iterable[str], tree: Tree) -> set[Path]:
    """The directories of the other modules that a module calls by a local path."""
    return {tree.resolved(module.directory / source) for source in sources} - {module.directory}


def is_applied(module: Module, tree: Tree) -> bool:
    """Whether a module has what only a root module needs, so that it is one whoever calls it.

    That is a backend, a cloud block, an ``import`` block (Terraform refuses one in a module that is called), the
    configuration of a provider, a state, tfvars or the configuration of a backend, also in a folder for them, what
    ``terraform init`` leaves there, or Terragrunt's configuration.
    """
    imports = any(one.block.type == "import" for one in module.migrations)
    if module.backend or imports or any(map(_configures, module.providers)):
        return True
    names = tree.names(module.directory)
    if any(name in (LOCK, DATA, TERRAGRUNT) or name.endswith((*_SETTINGS, STATE)) for name in names):
        return True
    return any(_is_of_settings(module.directory, name, _DEEPEST, tree) for name in names)


def _is_of_settings(above: Path, name: str, levels: int, tree: Tree) -> bool:
    """Whether a folder in the directory of a module holds settings of root modules, like ``env/prod.tfvars``.

    One that has configuration is another module, to which they belong; those of tests and examples say nothing.
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


def _configures(provider: Declared) -> bool:
    """Whether a provider block sets something: an empty one, or only an alias, is how modules once named a provider."""
    return bool(provider.arguments().keys() - {"alias", "version"} or provider.blocks())
