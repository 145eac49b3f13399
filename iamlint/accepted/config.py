"""The configuration: options of a repository, and accepted findings with reasons."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from iamlint.documents import find, plain, read_yaml
from iamlint.documents.validation import against_schema, location_of
from iamlint.documents.values import Value
from iamlint.files.disk import DISK
from iamlint.files.texts import load
from iamlint.files.tree import Tree
from iamlint.finding import Finding, Severity
from iamlint.location import Location, Unreadable
from iamlint.logic.globs import compiled

NAME = ".iamlint.yaml"
_SCHEMA = Path(__file__).with_name("config.schema.json")
_PARTS = ("principal", "role", "resource", "address", "path")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Accepted findings of a rule: those that match all the globs, until a day.

    ``globs`` are by part of the finding: principal, role, resource ("project shop"), address, path.
    """

    rule: str
    reason: str
    at: Location
    globs: Mapping[str, str] = field(default_factory=dict)
    until: date | None = None

    def covers(self, finding: Finding, names: Set[str], as_of: date) -> bool:
        """Whether a finding, of a rule with these names, is accepted on a day."""
        if self.rule not in names or (self.until and as_of > self.until):
            return False
        parts = {
            "principal": finding.principal,
            "role": finding.role,
            "resource": str(finding.resource or ""),
            "address": finding.address,
        }
        paths = [finding.at.path, *((finding.origin.path,) if finding.origin else ())]
        return all(
            any(map(compiled(glob).match, paths)) if part == "path" else compiled(glob).match(parts[part] or "")
            for part, glob in self.globs.items()
        )


@dataclass(frozen=True, slots=True)
class Config:
    """The content of a configuration; empty without one. Paths are relative to the working directory.

    ``path`` is the file, as shown, and ``written`` its content, as plain data by key.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    rules: tuple[Path, ...] = ()
    exclude: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    fail_on: str | None = None
    fail_on_unknown: bool = False
    origin: Literal["value", "argument"] = "value"
    severity: Mapping[str, Severity] = field(default_factory=dict)
    accept: tuple[Acceptance, ...] = ()
    path: str = field(default="", compare=False)
    written: Mapping[str, Any] = field(default_factory=dict, compare=False)


def read_config(path: Path, shown: str, tree: Tree = DISK) -> Config | list[Unreadable]:
    """Return the configuration in a file, or all its errors. Nothing in it is executed."""
    source = load(path, shown, tree)
    if isinstance(source, Unreadable):
        return [source]
    documents = read_yaml(source)
    if isinstance(documents, Unreadable):
        return [documents]
    if len(documents) > 1:
        return [Unreadable(Location(shown), f"{len(documents)} YAML documents, where one is expected")]
    if not documents or documents[0].data is None:
        return Config()
    errors = list(against_schema(documents[0], source, _SCHEMA))
    errors += [] if errors else _wrong_dates(documents[0])
    return errors or _config(documents[0], path.parent, shown)


def _config(document: Value, home: Path, shown: str) -> Config:
    written: dict[str, Any] = plain(document)
    return Config(
        select=tuple(written.get("select", ())),
        ignore=tuple(written.get("ignore", ())),
        rules=tuple(home / name for name in written.get("rules", ())),
        exclude=tuple(written.get("exclude", ())),
        inputs=tuple(written.get("inputs", ())),
        fail_on=written.get("fail-on"),
        fail_on_unknown=written.get("fail-on-unknown", False),
        origin=written.get("origin", "value"),
        severity=written.get("severity", {}),
        accept=tuple(_acceptance(item) for item in _accepted(document)),
        path=shown,
        written=written,
    )


def _accepted(document: Value) -> Iterable[Value]:
    listed = document.data.get("accept") if isinstance(document.data, dict) else None
    return listed.data if listed and isinstance(listed.data, tuple) else ()


def _acceptance(item: Value) -> Acceptance:
    written: dict[str, str] = plain(item)
    return Acceptance(
        rule=written["rule"],
        reason=written["reason"],
        at=location_of(item),
        globs={part: written[part] for part in _PARTS if part in written},
        until=date.fromisoformat(written["until"]) if "until" in written else None,
    )


def _wrong_dates(document: Value) -> list[Unreadable]:
    wrong = []
    for item in _accepted(document):
        until = plain(item).get("until")
        try:
            date.fromisoformat(until or "2000-01-01")
        except ValueError:
            wrong.append(Unreadable(location_of(find(item, ["until"])), f"`until` is not a date: {until!r}"))
    return wrong


def unknown_names(config: Config, known: Set[str]) -> list[Unreadable]:
    """Return errors for unknown rules in the configuration."""
    accepted = [(one.rule, one.at) for one in config.accept]
    graded = [(name, Location(NAME)) for name in config.severity]
    return [
        Unreadable(at, f"the configuration names `{name}`, which is not a rule", "`iamlint rules` lists them")
        for name, at in (*accepted, *graded)
        if name not in known
    ]
