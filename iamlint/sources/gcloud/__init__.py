"""What gcloud exports: policies, roles, services, accounts, projects; JSON or YAML, told apart by content."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlint.documents import find, path_text, plain, read_json, read_yaml
from iamlint.facts import Declaration, Fact, Place, Resource, Service
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.gcloud import readers
from iamlint.sources.gcloud.belongs import by_option, by_path
from iamlint.sources.gcloud.kinds import Kind, kind_of
from iamlint.sources.reading import Options, Reading
from iamlint.values import Value

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

KINDS = (
    "Terraform source, plans and states (terraform show -json), and what gcloud prints as JSON or YAML "
    "(get-iam-policy, get-ancestors-iam-policy, iam roles describe, iam service-accounts list, services list, "
    "projects list)"
)
_TABLE = re.compile(r"NAME +TITLE\s*$", re.MULTILINE)
_MARKS = re.compile(r"bindings|etag|includedPermissions|uniqueId|projectNumber|/services/|roles/|policy")


def read_export(source: SourceText, options: Options, *, named: bool = True) -> Reading | None:
    """The facts of an export; None for a text that is no export.

    A text that cannot be parsed is an error where the user named it, or where its name says that it is a policy.
    """
    if _TABLE.match(source.text):
        return _table(source)
    if not _MARKS.search(source.text) and not named:
        return None
    documents = _documents(source)
    if isinstance(documents, Unreadable):
        return Reading(errors=[documents]) if named or by_path(source.path) else None
    reading = Reading()
    known = [(kind, document) for document in documents if (kind := kind_of(document))]
    if not known or len(known) < len(documents):
        return None
    for kind, document in known:
        errors = _wrong_shape(kind, document)
        reading.errors += errors
        if not errors:
            _read(kind, document, source, options, reading)
    return reading


def _documents(source: SourceText) -> tuple[Value, ...] | Unreadable:
    is_json = source.path.endswith(".json") or source.text.lstrip()[:1] in ("{", "[")
    if is_json:
        found = read_json(source)
        return found if isinstance(found, Unreadable) else (found,)
    return read_yaml(source)


@cache
def _validator(kind: Kind) -> Validator:
    from jsonschema import Draft202012Validator

    schema: dict[str, Any] = json.loads(Path(__file__).with_name("schemas").joinpath(f"{kind}.json").read_text())
    return Draft202012Validator(schema)


def _wrong_shape(kind: Kind, document: Value) -> list[Unreadable]:
    """Where a document of a kind is not as that kind is, at the place and with its path."""
    data = plain(document)
    schema_list = kind in ("services", "accounts", "projects")
    if kind == "role" and isinstance(data, list):
        found = [
            (error, [at, *error.absolute_path])
            for at, one in enumerate(data)
            for error in _validator(kind).iter_errors(one)
        ]
    elif schema_list and isinstance(data, dict):
        found = [(error, list(error.absolute_path)[1:]) for error in _validator(kind).iter_errors([data])]
    else:
        found = [(error, list(error.absolute_path)) for error in _validator(kind).iter_errors(data)]
    return [
        Unreadable(
            _at(find(document, path)),
            f"{path_text(path)}: {_short(error.message)}",
            f"this was read as a {kind} export of gcloud",
        )
        for error, path in found[:10]
    ]


def _short(message: str) -> str:
    return message if len(message) < 160 else message[:157] + "..."


def _at(value: Value) -> Location:
    return value.at.location if value.at else Location("")


def _read(kind: Kind, document: Value, source: SourceText, options: Options, reading: Reading) -> None:
    match kind:
        case "policy":
            resource = _belongs(source, options)
            if isinstance(resource, Unreadable):
                reading.errors.append(resource)
            else:
                reading.facts += readers.policy(document, resource)
        case "ancestors":
            for entry in document.data if isinstance(document.data, tuple) else ():
                policy = entry.data["policy"] if isinstance(entry.data, dict) else entry
                reading.errors += _wrong_shape("policy", policy)
            if not reading.errors:
                reading.facts += readers.ancestors(document)
        case "services":
            reading.facts += readers.services(document, _project_of(source))
        case "role":
            reading.facts += readers.roles(document)
        case "accounts":
            reading.facts += readers.accounts(document)
        case "projects":
            reading.facts += readers.projects(document)


def _belongs(source: SourceText, options: Options) -> Resource | Unreadable:
    found = by_option(options.resource) if options.resource else by_path(source.path)
    if found:
        return found
    at = Location(source.path)
    if options.resource:
        hint = "give projects/ID, folders/NUMBER, organizations/NUMBER or serviceAccounts/EMAIL"
        return Unreadable(at, f"--resource {options.resource} names no resource", hint)
    hint = "say it with --resource projects/ID, or name the file project-ID.json or EMAIL.json"
    return Unreadable(at, "the policy does not say what it belongs to", hint)


def _project_of(source: SourceText) -> str | None:
    found = by_path(source.path)
    return found.name if found and found.kind == "project" and isinstance(found.name, str) else None


def _table(source: SourceText) -> Reading:
    """The table that ``gcloud services list`` prints: NAME and TITLE."""
    project = _project_of(source)
    if project is None:
        hint = "name the file project-ID-services.txt, or put it in a folder projects/ID, or export it as JSON"
        return Reading(
            errors=[Unreadable(Location(source.path), "the table does not say which project it is of", hint)]
        )
    facts: list[Fact] = []
    at = source.text.index("\n") + 1 if "\n" in source.text else len(source.text)
    for line in source.text[at:].split("\n"):
        name = line.split(" ", 1)[0].rstrip("\r")
        if name:
            place = source.location(at, at + len(name))
            facts.append(Service(name, project, Declaration(place, "service"), Place(place), complete=True))
        at += len(line) + 1
    return Reading(facts=facts)
