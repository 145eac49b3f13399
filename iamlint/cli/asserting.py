"""The assertions of a run: their files, the selected ones, and their check."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from iamlint.basics.frozen import mutable
from iamlint.basics.lazy_regex import regex
from iamlint.cli.configuring import settings_path
from iamlint.cli.console import repository
from iamlint.cli.options import Request
from iamlint.files.disk import DISK
from iamlint.files.texts import beginning
from iamlint.location import Location, Unreadable

if TYPE_CHECKING:
    from iamlint.accepted.configuration.config import Config
    from iamlint.assertions import Assertion
    from iamlint.estate import Estate
    from iamlint.finding import Finding, UnknownAnswer
    from iamlint.rules.rule import Rule

FAMILY = "assertions"
"""The family of the assertions, and the name of the folder that holds them."""


@mutable
class Asserted:
    """The assertions that a run checks, and their coverage, in lines. ``names`` are all their names."""

    assertions: tuple[Assertion, ...] = ()
    names: frozenset[str] = frozenset()
    lines: list[str] = field(default_factory=list)

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The assertions as the rules that a report lists."""
        if not self.assertions:
            return ()
        from iamlint.assertions import rule_of

        return tuple(map(rule_of, self.assertions))

    def others(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return the names of rules among those that are selected or ignored."""
        return tuple(name for name in names if name not in self.names)

    @property
    def ask(self) -> Callable[[Estate], tuple[list[Finding], list[UnknownAnswer]]] | None:
        """Return a function that checks the assertions on an estate; None without assertions."""
        return self._ask if self.assertions else None

    def _ask(self, estate: Estate) -> tuple[list[Finding], list[UnknownAnswer]]:
        from iamlint.assertions import check_assertions, coverage

        found = check_assertions(self.assertions, estate)
        self.lines += coverage(self.assertions, estate)
        return found.findings, found.unknown_answers


def asserted(
    request: Request, config: Config, select: Iterable[str], ignore: Iterable[str]
) -> tuple[Asserted, list[Unreadable]]:
    """Return the assertions that are chosen by names, all by default, and what is wrong with their documents."""
    paths = list(request.assertions)
    if not request.no_config:
        paths = _with_settings(config.path, paths, is_named=request.config is not None)
    if not paths:
        return Asserted(), []
    from iamlint.assertions import load_assertions

    every, errors = load_assertions(paths)
    hint = "a document has the key `assertions`"
    for path in request.assertions:
        if load_assertions([path]) == ((), []):
            errors.append(Unreadable(Location(path.as_posix()), "there are no assertions here", hint))
    names = frozenset({FAMILY, *(one.id for one in every), *(f"{FAMILY}/{one.id}" for one in every)})
    select, ignore = set(select), set(ignore)
    chosen = [one for one in every if not select or _is_named(one, select)]
    return Asserted(tuple(one for one in chosen if not _is_named(one, ignore)), names), errors


def holds_assertions(path: Path) -> bool:
    """Whether a file or folder contains assertions, by the key of their documents.

    A link that leads out of the repository is not followed.
    """
    from iamlint.accepted.configuration.settings import NAMES

    if path.name in NAMES or DISK.resolved(path).name == FAMILY:
        return True
    files = [path]
    if DISK.is_directory(path):
        names = sorted(one.name for one in DISK.entries(path) if one.name.endswith((".yaml", ".yml")))
        files = [path / name for name in names[:_MOST_LOOKED_AT]]
    return any(_KEY.search(beginning(one, _LOOKED_AT)) for one in files if DISK.is_file(one))


_KEY = regex(r"^assertions:", re.MULTILINE)
_LOOKED_AT = 1 << 20
_MOST_LOOKED_AT = 1_000


def _is_named(one: Assertion, among: set[str]) -> bool:
    return not among.isdisjoint((FAMILY, one.id, f"{FAMILY}/{one.id}"))


def assertion_paths(given: Iterable[Path]) -> list[Path]:
    """Return the documents and folders of assertions: given ones, the configuration in force, the folder next to it."""
    from iamlint.accepted.configuration.settings import shown

    settings = settings_path(None)
    return _with_settings(shown(settings) if settings else "", given, is_named=False)


def _with_settings(settings: str, given: Iterable[Path], *, is_named: bool) -> list[Path]:
    """Return the documents and folders of assertions; ``settings`` is the configuration as shown, "" without one."""
    from iamlint.accepted.configuration.settings import NAMES

    given = list(given)
    found = [Path(settings)] if settings else []
    folder = Path(settings or NAMES[0]).parent / FAMILY
    if not given and DISK.is_directory(folder):
        is_inside = is_named or DISK.resolved(folder).is_relative_to(repository(Path.cwd()))
        found += [folder] if is_inside else []
    return [*given, *found]
