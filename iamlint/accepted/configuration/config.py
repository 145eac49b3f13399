"""The configuration: options of a repository, and accepted findings with reasons."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from iamlint.accepted.configuration.settings import NAMES, settings_of, shown
from iamlint.basics.frozen import frozen
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.finding import Finding, Severity
from iamlint.location import Location, SourceText, Unreadable
from iamlint.logic.globs import compiled, is_glob
from iamlint.logic.path_globs import PathGlobs, globs_of
from iamlint.rules.catalog import SETS, named_by

if TYPE_CHECKING:
    from iamlint.documents.values import Value

NAME = NAMES[0]
SCHEMA = Path(__file__).with_name("config.schema.json")
_PARTS = ("principal", "role", "resource", "address")


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


def read_config(
    path: Path, shown: str, tree: Tree = DISK, *, home: Path | None = None, tops: tuple[Path, ...] = ()
) -> Config | list[Unreadable]:
    """Return the configuration in a file, or all its errors. Nothing in it is executed.

    ``home`` is the folder that its paths and globs are relative to, its own by default; ``rules`` are always relative
    to its own. Files that it names must be below one of ``tops``, if any are given.
    """
    from iamlint.accepted.configuration.required import refused
    from iamlint.documents.validation import against_schema

    found = settings_of(path, tree, shown)
    if isinstance(found, Unreadable):
        return [found]
    source, document = found
    if document is None:
        return Config(path=shown)
    wrong = refused(document)
    if wrong:
        return [wrong]
    errors = list(against_schema(document, source, SCHEMA))
    errors += [] if errors else [*_wrong_dates(document), *_without_reason(document)]
    if errors:
        return errors
    home = tree.resolved(Path(os.path.abspath(home or path.parent)))
    errors = [*_wrong_globs(document), *_outside(document, path.parent, home, tops, tree)]
    return errors or _config(document, source, path.parent, home, shown)


def _config(document: Value, source: SourceText, folder: Path, home: Path, shown: str) -> Config:
    from iamlint.documents import plain

    written: dict[str, Any] = plain(document)
    return Config(
        select=tuple(written.get("select", ())),
        ignore=tuple(written.get("ignore", ())),
        rules=tuple(folder / name for name in written.get("rules", ())),
        exclude=globs_of(written.get("exclude", ()), home),
        inputs=globs_of(written.get("inputs", ()), home),
        fail_on=written.get("fail-on"),
        fail_on_unknown=written.get("fail-on-unknown", False),
        origin=written.get("origin", "value"),
        severity=written.get("severity", {}),
        accept=tuple(_acceptance(item, home) for item in _items(_part(document, "accept"))),
        sections=tuple(_section(glob, home, one) for glob, one in written.get("paths", {}).items()),
        given=_inputs(written, home),
        environments={name: _inputs(one, home) for name, one in written.get("environments", {}).items()},
        baseline=_named(folder / written["baseline"]) if "baseline" in written else None,
        path=shown,
        home=home,
        written=written,
        places=dict(_places(document, source)),
    )


def _section(glob: str, home: Path, written: Mapping[str, Any]) -> Section:
    ignore, severity = tuple(written.get("ignore", ())), written.get("severity", {})
    return Section(glob, globs_of([glob], home), ignore, written.get("fail-on"), severity)


def _inputs(written: Mapping[str, Any], home: Path) -> Inputs:
    backend: Any = written.get("backend")
    if isinstance(backend, str):
        backend = home / backend
    elif backend is not None:
        backend = {name: _text(value) for name, value in backend.items()}
    return Inputs(
        variables=tuple(f"{name}={_text(value)}" for name, value in written.get("var", {}).items()),
        var_files=tuple(_nearby(home / name) for name in written.get("var-file", ())),
        workspace=written.get("workspace"),
        backend=backend,
    )


def _named(path: Path) -> Path:
    """Return a path relative to the working directory, also if it is in a folder above."""
    return Path(shown(Path(os.path.abspath(path))))


def _nearby(path: Path) -> Path:
    """Return a path relative to the working directory if it is in it, as a user would give it."""
    here, path = Path(os.getcwd()), Path(os.path.normpath(path))
    return path.relative_to(here) if path.is_relative_to(here) else path


def _text(value: object) -> str:
    """Return a value as ``-var`` takes it: a text as it is, anything else as an expression."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _places(value: Value, source: SourceText, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Location]]:
    """Yield where the values of the upper storeys are written."""
    if value.at:
        yield path, value.at.location
    if isinstance(value.data, dict) and len(path) < _STOREYS:
        for key, inner in value.data.items():
            yield from _places(inner, source, (*path, str(key)))


_STOREYS = 4


def _acceptance(item: Value, home: Path) -> Acceptance:
    from iamlint.documents import plain
    from iamlint.documents.validation import location_of

    written: dict[str, str] = plain(item)
    return Acceptance(
        rule=written["rule"],
        reason=written["reason"],
        at=location_of(item),
        globs={part: written[part] for part in _PARTS if part in written},
        until=date.fromisoformat(written["until"]) if "until" in written else None,
        paths=globs_of([written["path"]] if "path" in written else (), home),
    )


# -- what is wrong -----------------------------------------------------------------------------------------------------


def _part(value: Value, key: str) -> Value | None:
    return value.data.get(key) if isinstance(value.data, dict) else None


def _items(value: Value | None) -> Iterable[Value]:
    return value.data if value and isinstance(value.data, tuple) else ()


def _entries(value: Value | None) -> Mapping[str, Value]:
    return value.data if value and isinstance(value.data, dict) else {}


def _wrong_dates(document: Value) -> Iterator[Unreadable]:
    from iamlint.documents import find, plain
    from iamlint.documents.validation import location_of

    for item in _items(_part(document, "accept")):
        until = plain(item).get("until")
        try:
            date.fromisoformat(until or "2000-01-01")
        except ValueError:
            yield Unreadable(location_of(find(item, ["until"])), f"`until` is not a date: {until!r}")


def _without_reason(document: Value) -> Iterator[Unreadable]:
    from iamlint.accepted.reasons import is_visible
    from iamlint.documents import find, plain
    from iamlint.documents.validation import location_of

    for item in _items(_part(document, "accept")):
        if not is_visible(plain(item)["reason"]):
            yield Unreadable(location_of(find(item, ["reason"])), "`reason` has no letters or digits")


def _wrong_globs(document: Value) -> Iterator[Unreadable]:
    """Yield errors for globs that match nothing below the configuration's folder."""
    from iamlint.documents.validation import location_of

    globs = [(key, str(one.data), one) for key in ("exclude", "inputs") for one in _items(_part(document, key))]
    globs += [("paths", glob, one) for glob, one in _entries(_part(document, "paths")).items()]
    for key, glob, one in globs:
        if glob.startswith("/") or "\\" in glob or ".." in glob.split("/"):
            hint = "write it relative to the configuration's folder, with /"
            yield Unreadable(location_of(one), f"`{key}` has the glob {glob!r}, which matches no path below it", hint)


def _named_files(document: Value, folder: Path, home: Path) -> Iterator[tuple[str, Value, Path]]:
    """Yield key, name and base folder of each file and folder that a configuration names."""
    yield from (("rules", one, folder) for one in _items(_part(document, "rules")))
    known = _part(document, "baseline")
    if known:
        yield "baseline", known, folder
    for part in (document, *_entries(_part(document, "environments")).values()):
        yield from (("var-file", one, home) for one in _items(_part(part, "var-file")))
        backend = _part(part, "backend")
        if backend and isinstance(backend.data, str):
            yield "backend", backend, home


def _outside(document: Value, folder: Path, home: Path, tops: tuple[Path, ...], tree: Tree) -> Iterator[Unreadable]:
    """Yield errors for named files and folders that are not below one of ``tops``, and for files that are missing."""
    from iamlint.documents.validation import location_of

    for key, one, base in _named_files(document, folder, home) if tops else ():
        real = tree.resolved(Path(os.path.abspath(base / str(one.data))))
        if not any(real.is_relative_to(top) for top in tops):
            reason = f"`{key}` names {one.data!r}, which is outside of the repository"
            yield Unreadable(location_of(one), reason, "nothing outside of it is read")
        elif key == "rules" and not tree.exists(real):
            yield Unreadable(location_of(one), f"`{key}` names {one.data!r}, which does not exist", _FROM_HERE)
        elif key not in ("rules", "baseline") and not tree.is_file(real):
            yield Unreadable(location_of(one), f"`{key}` names {one.data!r}, which is not a file", _FROM_HERE)


_FROM_HERE = "paths are relative to the configuration's folder"


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
