"""The configuration of a run: the file in force, and the keys that the command line replaces."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from iamlint.budget import Allowance
from iamlint.cli.console import Failed, repository
from iamlint.cli.options import Request
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.location import COMMAND_LINE, Location, Unreadable

if TYPE_CHECKING:
    from iamlint.accepted.configuration.config import Config, Inputs
    from iamlint.sources.reading import Options


def settings_path(config: Path | None, *, no_config: bool = False) -> Path | None:
    """Return the configuration in force: the given one, or the nearest one; None without any. Raises `Failed`."""
    from iamlint.accepted.configuration.settings import find_settings

    if config or no_config:
        return None if no_config else config
    here = Path.cwd().resolve()
    found = find_settings(here, repository(here))
    if isinstance(found, Unreadable):
        raise Failed([found])
    return found


def configuration(request: Request, tree: Tree = DISK) -> Config:
    """Return the configuration in force, read from a file tree. Raises `Failed`."""
    from iamlint.accepted.configuration.config import Config

    path = settings_path(request.config, no_config=request.no_config)
    if path is None:
        return Config()
    from iamlint.accepted.configuration.reading import read_config
    from iamlint.accepted.configuration.settings import shown

    here = Path.cwd().resolve()
    home = request.config_home or (_home(path, here) if request.config else None)
    found = read_config(path, shown(path), tree, home=home, tops=tuple(_tops(path, request, here)))
    if isinstance(found, Config):
        return found
    raise Failed(found)


def configured_rules() -> tuple[Path, ...]:
    """Return the folders of rules that the configuration in force names; none if it cannot be read."""
    try:
        return configuration(Request(())).rules
    except Failed:
        return ()


def _home(given: Path, here: Path) -> Path | None:
    """Return the folder that a given configuration counts for: its own; outside of the repository the working one."""
    return None if DISK.resolved(given.absolute().parent).is_relative_to(repository(here)) else here


def _tops(path: Path, request: Request, here: Path) -> Iterator[Path]:
    """Yield the folders that may contain a configuration's files: the repository, and a given configuration's own."""
    top = repository(here)
    yield top
    if not request.config:
        return
    own = DISK.resolved(path.absolute().parent)
    yield repository(own)
    home = request.config_home
    if home and DISK.resolved(home.absolute()).is_relative_to(top):  # a copy of the repository's files
        depth = len(DISK.resolved(home.absolute()).relative_to(top).parts)
        yield own if depth == 0 else own.parents[min(depth, len(own.parents)) - 1]


def environments_of(request: Request, config: Config) -> tuple[str, ...]:
    """Return the environments that a run checks one after another; empty without any. Raises `Failed`."""
    for name in request.environment:
        if name not in config.environments:
            from iamlint.documents.validation import nearest_of

            hint = nearest_of(name, config.environments) or _listed(config)
            raise Failed([Unreadable(Location(COMMAND_LINE), f"no environment is called `{name}`", hint)])
    if request.environment:
        return tuple(dict.fromkeys(request.environment))
    return () if request.var_file or request.workspace else tuple(config.environments)


def one_environment(request: Request, config: Config) -> str | None:
    """Return the environment of a run that answers for one only; None without any. Raises `Failed`.

    Without --environment it is the only one of the configuration.
    """
    if len(set(request.environment)) > 1:
        raise Failed([Unreadable(Location(COMMAND_LINE), "this command takes one environment", "check takes several")])
    names = environments_of(request, config)
    files_only = bool(request.paths) and all(DISK.is_file(path) and path.suffix == ".json" for path in request.paths)
    if len(names) > 1 and not files_only:  # plans and exports have their values
        hint = f"choose one of {', '.join(names)} with --environment"
        raise Failed([Unreadable(Location(COMMAND_LINE), "this command answers for one environment at a time", hint)])
    return names[0] if len(names) == 1 else None


def _listed(config: Config) -> str:
    return f"there are {', '.join(config.environments)}" if config.environments else "the key `environments` sets them"


def options_for(request: Request, config: Config, environment: str | None = None) -> Options:
    """Return how a run reads its input, or one environment of it: by the command line and the configuration."""
    from iamlint.sources.reading import Options

    values = _inputs_for(request, config, environment)
    return Options(
        exclude=config.exclude,
        inputs=config.inputs,
        variables=request.var,
        preset=values.variables,
        var_files=values.var_files,
        workspace=values.workspace,
        backend=values.backend,
        source_root=request.source_root,
        resource=request.resource,
        second_parser=request.second_parser,
        allowance=Allowance(request.max_time),
    )


def _inputs_for(request: Request, config: Config, environment: str | None) -> Inputs:
    """Return the values of the configuration for a run, or for one environment of it.

    ``variables`` exclude those of the command line, which must be declared.
    """
    from iamlint.accepted.configuration.config import Inputs

    given, own = config.given, config.environments.get(environment or "", Inputs())
    values = {one.partition("=")[0]: one for one in (*given.variables, *own.variables)}
    for one in request.var:
        values.pop(one.partition("=")[0].strip(), None)
    return Inputs(
        variables=tuple(values.values()),
        var_files=request.var_file or (*given.var_files, *own.var_files),
        workspace=request.workspace or own.workspace or given.workspace,
        backend=own.backend,
    )
