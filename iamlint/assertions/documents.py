"""Assertion documents: finds them, validates them, and reads them as values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal, cast

from iamlint.accepted.configuration.settings import content
from iamlint.basics.frozen import frozen
from iamlint.documents import find, plain, read_yaml
from iamlint.documents.parts import array, get, members
from iamlint.documents.validation import against_schema, nearest_of
from iamlint.documents.values import Value
from iamlint.files.disk import DISK
from iamlint.files.texts import load
from iamlint.finding import Severity
from iamlint.location import Location, SourceText, Unreadable
from iamlint.methods.index import methods
from iamlint.methods.model import GROUPS

FOLDER = "assertions"
LARGEST = 1_000_000
"""Maximum size of a document in characters."""
MOST = 1_000
"""Maximum number of assertions of one run."""
WHOLE = "identity"
"""Means every way to act as an account."""
Kind = Literal["forbid", "allow-only", "require"]
_KINDS: dict[str, Kind] = {
    "forbid": "forbid",
    "allow-only": "allow-only",
    "allow only": "allow-only",
    "require": "require",
}
_SCHEMA = Path(__file__).with_name("assertion.schema.json")
_SUFFIXES = (".yaml", ".yml")


@frozen
class Case:
    """An example of Terraform that violates an assertion, or satisfies it."""

    terraform: str
    violates: bool
    at: Location


@frozen
class Assertion:
    """Principals that must never become an account (``forbid``), that alone may (``allow-only``), or that must be able
    to.

    ``sources`` and ``targets`` are globs of principals and accounts; ``unless`` are principals that it does not apply
    to. ``by`` are `WHOLE`, "id_token", or groups and ids of methods.
    """

    id: str
    kind: Kind
    sources: tuple[str, ...]
    targets: tuple[str, ...]
    at: Location
    by: tuple[str, ...] = (WHOLE,)
    unless: tuple[str, ...] = ()
    reason: str = ""
    severity: Severity = "high"
    owner: str = ""
    examples: tuple[Case, ...] = ()


def load_assertions(paths: Iterable[Path]) -> tuple[tuple[Assertion, ...], list[Unreadable]]:
    """Return the assertions in documents and folders, and the errors in them.

    A document without the key ``assertions`` is an error, except a configuration (``.iamlint.yaml`` and the like).
    """
    found: list[Assertion] = []
    errors: list[Unreadable] = []
    for path in paths:
        for document in _documents(path):
            _read(document, in_folder=document != path, found=found, errors=errors)
    seen: dict[str, Assertion] = {}
    for one in found:
        if seen.setdefault(one.id, one) is not one:
            other = seen[one.id].at
            errors.append(
                Unreadable(one.at, f"`{one.id}` is the id of another assertion, too", f"see {other.path}:{other.line}")
            )
    if len(found) > MOST:
        errors.append(Unreadable(found[MOST].at, f"there are more than {MOST} assertions"))
    return tuple(found), errors


def _documents(path: Path) -> Iterator[Path]:
    if not DISK.is_directory(path):
        yield path
        return
    names = sorted(entry.name for entry in DISK.entries(path) if entry.kind == "file" and not entry.link)
    yield from (path / name for name in names if name.endswith(_SUFFIXES))


def _read(path: Path, *, in_folder: bool, found: list[Assertion], errors: list[Unreadable]) -> None:
    source = load(path, path.as_posix())
    if isinstance(source, Unreadable):
        errors.append(source)
        return
    if len(source.text) > LARGEST:
        errors.append(Unreadable(Location(source.path), f"the document is longer than {LARGEST} characters"))
        return
    documents = _content(source)
    if isinstance(documents, Unreadable):
        errors.append(documents)
        return
    for document in documents:
        keys = members(document)
        if not in_folder and document.data is not None and FOLDER not in keys:
            continue
        if in_folder or set(keys) == {FOLDER}:
            mine = document
        else:  # the other keys of a configuration are checked by who reads them
            mine = Value({FOLDER: keys[FOLDER]}, document.at) if FOLDER in keys else document
        wrong = list(against_schema(mine, source, _SCHEMA))
        errors += wrong
        if not wrong:
            _add(find(mine, [FOLDER]), source, found, errors)


def _content(source: SourceText) -> tuple[Value, ...] | Unreadable:
    """Return the documents of YAML, or the one of a configuration in TOML."""
    if not source.path.endswith(".toml"):
        return read_yaml(source)
    found = content(source)
    return found if isinstance(found, Unreadable) else (found,) if found else ()


def _add(listed: Value, source: SourceText, found: list[Assertion], errors: list[Unreadable]) -> None:
    for item in array(listed):
        read = _assertion(item, source, len(found) + 1)
        if isinstance(read, Assertion):
            found.append(read)
        else:
            errors.append(read)


def _assertion(item: Value, source: SourceText, number: int) -> Assertion | Unreadable:
    written: dict[str, Any] = plain(item)
    kinds = [key for key in _KINDS if key in written]
    if len(kinds) != 1:
        return Unreadable(item.location, "give exactly one of `forbid`, `allow-only` and `require`")
    clause: dict[str, Any] = written[kinds[0]]
    kind = _KINDS[kinds[0]]
    by = _listed(clause.get("by", WHOLE))
    known = {WHOLE, "id_token", *GROUPS, *(one.id for one in methods())}
    wrong = next((one for one in by if one not in known), None)
    if wrong:
        at = find(item, [kinds[0], "by"]).location
        return Unreadable(
            at, f"`by` has {wrong!r}, which is no method", nearest_of(wrong, known) or "`iamlint methods` lists them"
        )
    stem = Path(source.path).stem.strip(".").lower().replace("_", "-")
    return Assertion(
        id=written.get("id", f"{stem}-{kind}-{number}"),
        kind=kind,
        sources=_listed(clause["from"]),
        targets=_listed(clause["to"]),
        at=item.location,
        by=by,
        unless=_listed(clause.get("unless", ())),
        reason=clause.get("reason", "").strip(),
        severity=cast(Severity, written.get("severity", "high")),
        owner=written.get("owner", ""),
        examples=tuple(_cases(item)),
    )


def _listed(value: Any) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _cases(item: Value) -> Iterator[Case]:
    for name in ("violates", "holds"):
        for one in array(get(item, "examples", name)):
            yield Case(plain(one)["terraform"], name == "violates", one.location)
