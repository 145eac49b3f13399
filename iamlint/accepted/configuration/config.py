"""The configuration: options of a repository, and accepted findings with reasons."""

from __future__ import annotations

from collections.abc import Mapping, Set
from dataclasses import field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from iamlint.accepted.configuration.settings import NAMES
from iamlint.basics.frozen import frozen
from iamlint.finding import Finding, Severity
from iamlint.location import Location, Unreadable
from iamlint.logic.globs import compiled, is_glob
from iamlint.logic.path_globs import PathGlobs
from iamlint.rules.catalog import SETS, named_by

if TYPE_CHECKING:
    pass

NAME = NAMES[0]
SCHEMA = Path(__file__).with_name("config.schema.json")


@frozen
class Acceptance:
    """Accepted findings of a rule, a family or a glob of rules: the findings that match all globs, until a day.

    ``globs`` are by part of the finding: principal, role, resource ("project shop"), address. ``paths`` are globs of
    the file, none for any.
    """

    rule: str
    reason: str
    at: Location
    globs: Mapping[str, str] = field(default_factory=dict)
    until: date | None = None
    paths: PathGlobs = field(default_factory=PathGlobs)

    def covers(self, finding: Finding, names: Set[str], as_of: date) -> bool:
        """Whether a finding, of a rule with these names, is accepted on a day."""
        if not named_by(self.rule, names) or (self.until and as_of > self.until):
            return False
        parts = {
            "principal": finding.principal,
            "role": finding.role,
            "resource": str(finding.resource or ""),
            "address": finding.address,
        }
        if self.paths and not any(map(self.paths.matches, finding.paths)):
            return False
        return all(compiled(glob).match(parts[part] or "") for part, glob in self.globs.items())


@frozen
class Section:
    """Settings for the findings in some files. ``glob`` is as written."""

    glob: str
    paths: PathGlobs
    ignore: tuple[str, ...] = ()
    fail_on: str | None = None
    severity: Mapping[str, Severity] = field(default_factory=dict)


@frozen
class Inputs:
    """Values for variables and the like: of the configuration as a whole, or of one environment.

    ``variables`` are ``NAME=VALUE``. ``backend`` are settings of a partial backend, or a file of them.
    """

    variables: tuple[str, ...] = ()
    var_files: tuple[Path, ...] = ()
    workspace: str | None = None
    backend: Mapping[str, str] | Path | None = None


@frozen
class Config:
    """The content of a configuration; empty without one.

    Globs of paths are relative to ``home``, an absolute folder. ``path`` is the file, as shown, ``written`` its content
    as plain data by key, and ``places`` has where each key and value is written, by its path of keys.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rules: tuple[Path, ...] = ()
    exclude: PathGlobs = field(default_factory=PathGlobs)
    inputs: PathGlobs = field(default_factory=PathGlobs)
    fail_on: str | None = None
    fail_on_unknown: bool = False
    origin: Literal["value", "argument"] = "value"
    severity: Mapping[str, Severity] = field(default_factory=dict)
    accept: tuple[Acceptance, ...] = ()
    sections: tuple[Section, ...] = ()
    given: Inputs = field(default_factory=Inputs)
    environments: Mapping[str, Inputs] = field(default_factory=dict)
    baseline: Path | None = None
    path: str = field(default="", compare=False)
    home: Path | None = field(default=None, compare=False)
    written: Mapping[str, Any] = field(default_factory=dict, compare=False)
    places: Mapping[tuple[str, ...], Location] = field(default_factory=dict, compare=False)

    def at(self, *keys: str) -> Location:
        """Return where a value is written."""
        return self.places.get(keys, Location(self.path))


def unknown_names(config: Config, known: Set[str]) -> list[Unreadable]:
    """Return errors for unknown rules in the configuration. ``known`` are the names of all rules and families."""
    named = [(one.rule, one.at) for one in config.accept]
    named += [(name, config.at("severity", name)) for name in config.severity]
    for section in config.sections:
        named += [(name, config.at("paths", section.glob, "ignore")) for name in section.ignore if name not in SETS]
        named += [(name, config.at("paths", section.glob, "severity", name)) for name in section.severity]
    unknown = [(name, at) for name, at in named if not (named_by(name, known) if is_glob(name) else name in known)]
    if not unknown:
        return []
    from iamlint.documents.validation import nearest_of

    what = "which is not a rule, a family, or a glob of rules"
    usual = "`iamlint rules` lists them"
    return [
        Unreadable(at, f"the configuration names `{name}`, {what}", nearest_of(name, known) or usual)
        for name, at in unknown
    ]
