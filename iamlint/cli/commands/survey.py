"""A look at a repository for `iamlint init`: its root modules, variable files and CI. Nothing is evaluated."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Container, Iterator, Sequence
from dataclasses import field
from pathlib import Path

from iamlint.basics.frozen import mutable
from iamlint.basics.lazy_regex import regex
from iamlint.files.disk import DISK
from iamlint.files.texts import beginning
from iamlint.sources.names import ASSIGNMENTS, is_automatic, is_configuration
from iamlint.sources.unwalked import is_walked

MOST_FILES = 20_000
"""Maximum number of Terraform files that are looked at."""
_LOOKED_AT = 200_000
"""Number of bytes of a file that are looked at."""
_CALL = regex(r'^\s*module\s+"[^"\n]*"\s*\{(?P<body>[^}]{0,5000})', re.MULTILINE)
_SOURCE = regex(r'^\s*source\s*=\s*"(?P<source>[^"\n]+)"', re.MULTILINE)
_ENVIRONMENT = regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}")
_CI = {
    ".github": "GitHub Actions",
    ".gitlab-ci.yml": "GitLab CI",
    "azure-pipelines.yml": "Azure Pipelines",
    "Jenkinsfile": "Jenkins",
    "bitbucket-pipelines.yml": "Bitbucket Pipelines",
    ".circleci": "CircleCI",
    "atlantis.yaml": "Atlantis",
}


@mutable
class Survey:
    """The contents of a repository. Paths are relative to its top, with ``/``.

    ``roots`` are the folders of root modules, ``uninstalled`` those that call modules which are not downloaded.
    ``environments`` are variable files and backend settings by name. ``examples`` are root modules that look like
    examples or tests. ``complete`` says whether all files were looked at.
    """

    roots: list[str] = field(default_factory=list)
    called: list[str] = field(default_factory=list)
    uninstalled: list[str] = field(default_factory=list)
    examples: list[str] = field(default_factory=list)
    environments: dict[str, Environment] = field(default_factory=dict)
    ci: list[str] = field(default_factory=list)
    complete: bool = True


@mutable
class Environment:
    """Variable files, and the file with settings of a backend."""

    var_files: list[str] = field(default_factory=list)
    backend: str | None = None


def survey(top: Path) -> Survey:
    """Return the contents of the repository at ``top``, which is absolute, without symbolic links."""
    found = Survey(ci=[name for path, name in _CI.items() if DISK.exists(top / path)])
    modules: dict[Path, list[Path]] = {}
    assignments: list[Path] = []
    backends: list[Path] = []
    for number, path in enumerate(_files(top)):
        if number == MOST_FILES:
            found.complete = False
            break
        if is_configuration(path.name):
            modules.setdefault(path.parent, []).append(path)
        elif path.name.endswith(ASSIGNMENTS):
            assignments.append(path)
        elif path.name.endswith(".tfbackend"):
            backends.append(path)
    _sort_modules(found, modules, top)
    for path, name in _environments_of(assignments, modules):
        found.environments.setdefault(name, Environment()).var_files.append(_shown(path, top))
    for path in backends:
        name = path.name.partition(".")[0]
        if name in found.environments:
            found.environments[name].backend = _shown(path, top)
    found.environments = dict(sorted(found.environments.items()))
    return found


def _files(top: Path) -> Iterator[Path]:
    for directory, names, files in DISK.walk(top):
        names[:] = sorted(name for name in names if is_walked(directory / name, DISK))
        for name in sorted(files):
            if is_configuration(name) or name.endswith((*ASSIGNMENTS, ".tfbackend")):
                yield directory / name


def _shown(path: Path, top: Path) -> str:
    return path.relative_to(top).as_posix()


def _sort_modules(found: Survey, modules: dict[Path, list[Path]], top: Path) -> None:
    """Find the root modules, which no other module calls, and those that call modules that are not downloaded."""
    called: set[Path] = set()
    remote: set[Path] = set()
    for directory, files in modules.items():
        for source in (source for path in files for source in _sources(path)):
            if source.startswith(("./", "../")):
                called.add(DISK.resolved(directory / source))
            else:
                remote.add(directory)
    for directory in modules:
        shown = _shown(directory, top)
        if directory in called:
            found.called.append(shown)
            continue
        found.roots.append(shown)
        if directory in remote and not DISK.exists(directory / ".terraform" / "modules" / "modules.json"):
            found.uninstalled.append(shown)
        if {"examples", "example", "test", "tests"} & set(Path(shown).parts):
            found.examples.append(shown)


def _sources(path: Path) -> Iterator[str]:
    """Yield the sources of the module calls in a file."""
    try:
        text = beginning(path, _LOOKED_AT)
    except OSError:
        return
    for call in _CALL.finditer(text):
        source = _SOURCE.search(call["body"])
        if source:
            yield source["source"]


def _environments_of(paths: Sequence[Path], modules: Container[Path]) -> Iterator[tuple[Path, str]]:
    """Yield the variable files that Terraform does not read by itself, each with the environment that it is for.

    ``envs/prod.tfvars`` is for prod. So is every file in ``envs/prod`` if no module is in that folder, and a folder
    next to it has a file of the same name, or if Terraform would read one of its files automatically in a module.
    """
    given = [path for path in paths if not (is_automatic(path.name) and path.parent in modules)]
    count = Counter((path.parent.parent, path.name) for path in given)
    folders = {path.parent for path in given if is_automatic(path.name) or count[path.parent.parent, path.name] > 1}
    for path in given:
        name = path.name.partition(".tfvars")[0]
        if path.parent in folders and path.parent not in modules:
            name = path.parent.name
        if _ENVIRONMENT.fullmatch(name) and name not in ("example", "sample"):
            yield path, name
