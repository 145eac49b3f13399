"""Reads a configuration: its values, or all its errors."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from iamlint.accepted.configuration.config import SCHEMA, Acceptance, Config, Inputs, Section
from iamlint.accepted.configuration.required import refused
from iamlint.accepted.configuration.settings import settings_of, shown
from iamlint.accepted.reasons import is_visible
from iamlint.documents import plain
from iamlint.documents.parts import array, get, members
from iamlint.documents.validation import against_schema
from iamlint.documents.values import Value
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.location import Location, SourceText, Unreadable
from iamlint.logic.path_globs import globs_of

_PARTS = ("principal", "role", "resource", "address")
_STOREYS = 4
"""How deep the keys are nested whose places are known."""
_FROM_HERE = "paths are relative to the configuration's folder"


def read_config(
    path: Path, shown: str, tree: Tree = DISK, *, home: Path | None = None, tops: tuple[Path, ...] = ()
) -> Config | list[Unreadable]:
    """Return the configuration in a file, or all its errors. Nothing in it is executed.

    ``home`` is the folder that its paths and globs are relative to, its own by default; ``rules`` are always relative
    to its own. Files that it names must be below one of ``tops``, if any are given.
    """
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
        accept=tuple(_acceptance(item, home) for item in array(get(document, "accept"))),
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


def _acceptance(item: Value, home: Path) -> Acceptance:
    written: dict[str, str] = plain(item)
    return Acceptance(
        rule=written["rule"],
        reason=written["reason"],
        at=item.location,
        globs={part: written[part] for part in _PARTS if part in written},
        until=date.fromisoformat(written["until"]) if "until" in written else None,
        paths=globs_of([written["path"]] if "path" in written else (), home),
    )


# -- what is wrong -----------------------------------------------------------------------------------------------------


def _wrong_dates(document: Value) -> Iterator[Unreadable]:
    for item in array(get(document, "accept")):
        until = plain(item).get("until")
        try:
            date.fromisoformat(until or "2000-01-01")
        except ValueError:
            yield Unreadable(get(item, "until").location, f"`until` is not a date: {until!r}")


def _without_reason(document: Value) -> Iterator[Unreadable]:
    for item in array(get(document, "accept")):
        if not is_visible(plain(item)["reason"]):
            yield Unreadable(get(item, "reason").location, "`reason` has no letters or digits")


def _wrong_globs(document: Value) -> Iterator[Unreadable]:
    """Yield errors for globs that match nothing below the configuration's folder."""
    globs = [(key, str(one.data), one) for key in ("exclude", "inputs") for one in array(get(document, key))]
    globs += [("paths", glob, one) for glob, one in members(get(document, "paths")).items()]
    for key, glob, one in globs:
        if glob.startswith("/") or "\\" in glob or ".." in glob.split("/"):
            hint = "write it relative to the configuration's folder, with /"
            yield Unreadable(one.location, f"`{key}` has the glob {glob!r}, which matches no path below it", hint)


def _named_files(document: Value, folder: Path, home: Path) -> Iterator[tuple[str, Value, Path]]:
    """Yield key, name and base folder of each file and folder that a configuration names."""
    yield from (("rules", one, folder) for one in array(get(document, "rules")))
    known = get(document, "baseline")
    if known.data is not None:
        yield "baseline", known, folder
    for part in (document, *members(get(document, "environments")).values()):
        yield from (("var-file", one, home) for one in array(get(part, "var-file")))
        backend = get(part, "backend")
        if isinstance(backend.data, str):
            yield "backend", backend, home


def _outside(document: Value, folder: Path, home: Path, tops: tuple[Path, ...], tree: Tree) -> Iterator[Unreadable]:
    """Yield errors for named files and folders that are not below one of ``tops``, and for files that are missing."""
    for key, one, base in _named_files(document, folder, home) if tops else ():
        real = tree.resolved(Path(os.path.abspath(base / str(one.data))))
        if not any(real.is_relative_to(top) for top in tops):
            reason = f"`{key}` names {one.data!r}, which is outside of the repository"
            yield Unreadable(one.location, reason, "nothing outside of it is read")
        elif key == "rules" and not tree.exists(real):
            yield Unreadable(one.location, f"`{key}` names {one.data!r}, which does not exist", _FROM_HERE)
        elif key not in ("rules", "baseline") and not tree.is_file(real):
            yield Unreadable(one.location, f"`{key}` names {one.data!r}, which is not a file", _FROM_HERE)
