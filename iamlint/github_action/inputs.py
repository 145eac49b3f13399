"""The inputs of the action, from variables.

Every input arrives as an environment variable and leaves as one argument, so nothing of it is ever a command.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from iamlint.accepted.base_commit import base_files
from iamlint.files.git import FULL_ID

_OWN_BASE = frozenset({"push", "schedule", "workflow_dispatch", "repository_dispatch", "release"})
"""Events for commits that are already in the repository: their own configuration counts."""


class BadInput(Exception):
    """An invalid input; the message says which and why."""


def named(name: str) -> str:
    """Return the name of an input in action.yml."""
    return name.lower().replace("_", "-")


def lines(environment: Mapping[str, str], name: str) -> Iterator[str]:
    """Yield the lines of an input that are not blank. Raises `BadInput`."""
    for line in environment.get(f"IAMLINT_{name}", "").splitlines():
        value = line.strip()
        if value.startswith("-"):
            raise BadInput(f"{named(name)} may not begin with a dash")
        if value:
            yield value


def one(environment: Mapping[str, str], name: str) -> str | None:
    """Return an input of one line; None if it is empty. Raises `BadInput`."""
    values = list(lines(environment, name))
    if len(values) > 1:
        raise BadInput(f"{named(name)} is one line, not {len(values)}")
    return values[0] if values else None


def flag(environment: Mapping[str, str], name: str, *, default: bool = False) -> bool:
    """Return an input that is true or false; any other value is ambiguous, so it raises `BadInput`."""
    value = environment.get(f"IAMLINT_{name}", "").strip().lower()
    if value not in ("", "true", "false"):
        raise BadInput(f"{named(name)} is true or false, not {value!r}")
    return value == "true" if value else default


def wants_comment(environment: Mapping[str, str]) -> bool:
    """Whether the reports that a comment is made of are kept: comment is true, false or data. Raises `BadInput`."""
    value = environment.get("IAMLINT_COMMENT", "").strip().lower()
    if value not in ("", "true", "false", "data"):
        raise BadInput(f"comment is true, false or data, not {value!r}")
    return value in ("true", "data")


def working_directory(environment: Mapping[str, str]) -> Path:
    """Return where to run. A link in the checkout may not lead out of it; a path elsewhere is the workflow's choice."""
    top = Path(os.path.abspath(environment.get("GITHUB_WORKSPACE") or "."))
    given = one(environment, "WORKING_DIRECTORY") or "."
    path = Path(os.path.normpath(top / given))
    real = Path(os.path.realpath(top / given))
    if path.is_relative_to(top) and not real.is_relative_to(os.path.realpath(top)):
        raise BadInput(f"working-directory leads out of the checkout through a symbolic link: {given}")
    if not real.is_dir():
        raise BadInput(f"working-directory is not a directory: {given}")
    return real


def paths(environment: Mapping[str, str]) -> list[str]:
    """Return the paths to check."""
    return list(lines(environment, "PATHS")) or ["."]


def reading(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the options that say how both sides of a comparison, and the input of a check, are read."""
    for value in lines(environment, "VAR_FILE"):
        yield from ("--var-file", value)


def options(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the options of the check that select what is read and printed; an empty input leaves it to the rest."""
    yield from ("--format", one(environment, "FORMAT") or "github")
    for name in ("FAIL_ON", "MIN_SEVERITY", "RESOURCE", "SOURCE_ROOT", "CHANGED_SINCE"):
        value = one(environment, name)
        if value:
            yield from (f"--{named(name)}", value)
    for name in ("SELECT", "IGNORE"):
        for value in lines(environment, name):
            yield from (f"--{named(name)}", value)
    for name in ("NO_IGNORE", "NEW_IN_PLAN", "FAIL_ON_UNKNOWN", "SHOW_UNKNOWN", "STATISTICS"):
        if flag(environment, name):
            yield f"--{named(name)}"


def first(environment: Mapping[str, str]) -> Iterator[str]:
    """Yield the option that annotates the lines of the pull request before others."""
    commit = one(environment, "BASE")
    if commit and FULL_ID.fullmatch(commit):
        yield from ("--changed-first", commit)


def judging(environment: Mapping[str, str], directory: Path) -> Iterator[str]:
    """Yield the options that name configuration, rules, baseline and role catalogs: files of the checkout, or copies
    from the base.
    """
    config, baseline = one(environment, "CONFIG"), one(environment, "BASELINE")
    rules: list[str] = list(lines(environment, "RULES"))
    catalogs: list[str] = list(lines(environment, "ROLE_CATALOG"))
    no_config = flag(environment, "NO_CONFIG")
    if config and no_config:
        raise BadInput("config and no-config exclude each other")
    commit, assertions, home = _base(environment), None, None
    if commit:
        into = directory / f"base-{commit[:12]}"
        into.mkdir()
        found = base_files(commit, config=config, rules=rules, baseline=baseline, into=into, catalogs=catalogs)
        config, rules = str(found.config or ""), list(map(str, found.rules))
        baseline, no_config = str(found.baseline or ""), no_config or not found.config
        assertions, home = found.assertions, found.home
        catalogs = list(map(str, found.catalogs))
    if no_config:
        yield "--no-config"
    elif config:
        yield from ("--config", config)
        yield from ("--config-home", str(home)) if home and home.is_dir() else ()
    for rule in rules:
        yield from ("--rules", rule)
    for catalog in catalogs:
        yield from ("--role-catalog", catalog)
    if baseline:
        yield from ("--baseline", baseline)
    if assertions:
        yield from ("--assertions", str(assertions))


def _base(environment: Mapping[str, str]) -> str | None:
    """Return the commit to take the configuration from; None if the checked commit's own counts. Raises `BadInput`."""
    if not flag(environment, "CONFIG_FROM_BASE"):
        return None
    commit, event = one(environment, "BASE"), environment.get("GITHUB_EVENT_NAME", "")
    if commit:
        return commit
    if event in _OWN_BASE:
        print(f"config-from-base: {event} has no base, this commit's own configuration counts", file=sys.stderr)
        return None
    raise BadInput(f"config-from-base: the event {event or '(unknown)'} names no base commit; set the input base")


def sarif_file(environment: Mapping[str, str]) -> Path | None:
    """Return where SARIF is written, if it is."""
    given = one(environment, "SARIF_FILE")
    if given:
        return Path(given).absolute()
    if flag(environment, "UPLOAD_SARIF"):
        return Path(environment.get("RUNNER_TEMP") or ".", "iamlint.sarif").absolute()
    return None
