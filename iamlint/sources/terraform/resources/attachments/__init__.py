"""The service account that a resource runs as: one table of paths, read by one reader.

The table, table.json, is the source: it names its origin, and is corrected by hand.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.documents.values import Value
from iamlint.facts import DEFAULT_ACCOUNTS, Attachment, DefaultAccount, Place, Resource, Text, default_account
from iamlint.location import Span
from iamlint.sources.terraform.instances.arguments import (
    Placed,
    flag_of,
    named,
    place_of,
    placed_text,
    placed_texts,
    text_of,
)
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.instances.view import joined
from iamlint.sources.terraform.resources.families import location_of_provider
from iamlint.sources.terraform.resources.projects import default_project
from iamlint.unknown import Truth, Unknown, without_prefix

TABLE = Path(__file__).with_name("table.json")

_LOCATIONS = ("location", "region", "zone")


@frozen
class _Path:
    """One place where a type names an account: the nested blocks on the way, and the argument.

    ``default`` applies if no account is named and the first ``required`` blocks exist; without those, machines have
    ``nobody``. ``only`` and ``unless`` restrict the default to instances with, or without, some arguments and blocks.
    """

    blocks: tuple[str, ...]
    argument: str
    is_map: bool
    default: DefaultAccount | None
    required: int
    nobody: bool
    only: tuple[str, ...]
    unless: tuple[str, ...]
    scopes: str | None
    permissions: tuple[str, ...]


@frozen
class _Type:
    """A type of resource: its paths, the argument with its name, and whether it has a project."""

    paths: tuple[_Path, ...]
    name: str
    in_project: bool


@frozen
class _Site:
    """The end of a path: ``body`` is its last block, None if only the first ``depth`` of them exist."""

    at: Span
    body: Body | None = None
    depth: int = 0
    unknown: Unknown | None = None


@frozen
class _Runner:
    """The common parts of all attachments of one instance."""

    instance: Instance
    resource: Resource
    project: Text | None

    def attachment(
        self,
        path: _Path,
        account: Text | None,
        default: DefaultAccount | Unknown | None,
        place: Place,
        scopes: tuple[Placed, ...] | Unknown | None = None,
    ) -> Attachment:
        declared = declaration(self.instance)
        return Attachment(account, default, self.resource, self.project, declared, place, scopes, path.permissions)


def attaches(kind: str) -> bool:
    """Whether resources of a type run as an account."""
    return kind in _entries()


def names_account(argument: str) -> bool:
    """Whether an argument with this name contains an account, on any path of any type."""
    return argument in _arguments()


def is_filled_in(kind: str, argument: str, value: Value) -> bool:
    """Whether a value is what the provider fills in where no account is named: the type's default account."""
    text = text_of(value)
    if not names_account(argument) or not isinstance(text, str):
        return False
    default = _named_default(text)
    return default is not None and any(
        path.argument == argument and path.default == default for path in _type(kind).paths
    )


def attachments(instance: Instance) -> Iterator[Attachment]:
    """Yield the accounts that an instance runs as, one for each path of its type, or for each entry of a map."""
    kind = _type(instance.type)
    project = default_project(instance)[0] if kind.in_project else None
    runner = _Runner(instance, _resource(instance, kind, project), project)
    for path in kind.paths:
        for site in _sites(instance.body, path.blocks):
            yield from _at(runner, path, site)


# -- the table ---------------------------------------------------------------------------------------------------------


@cache
def _entries() -> Mapping[str, Any]:
    entries: dict[str, Any] = json.loads(TABLE.read_text(encoding="utf-8"))["types"]
    return entries


@cache
def _type(name: str) -> _Type:
    entry = _entries()[name]
    return _Type(tuple(map(_path, entry["paths"])), entry["name"], entry.get("project", True))


@cache
def _arguments() -> frozenset[str]:
    return frozenset(path.argument for kind in map(_type, _entries()) for path in kind.paths)


def _path(entry: Mapping[str, object]) -> _Path:
    def listed(name: str) -> tuple[str, ...]:
        found = entry.get(name, ())
        return tuple(map(str, found)) if isinstance(found, list) else ()

    *blocks, argument = str(entry["path"]).split(".")
    required, default, scopes = entry.get("from"), entry.get("default"), entry.get("scopes")
    return _Path(
        blocks=tuple(blocks),
        argument=argument,
        is_map=entry.get("map") is True,
        default=next((name for name in DEFAULT_ACCOUNTS if name == default), None),
        required=len(str(required).split(".")) if required else 0,
        nobody=entry.get("nobody") is True,
        only=listed("only"),
        unless=listed("unless"),
        scopes=str(scopes).rpartition(".")[2] if scopes else None,
        permissions=listed("permissions"),
    )


# -- the reader --------------------------------------------------------------------------------------------------------


def _sites(body: Body, blocks: tuple[str, ...], depth: int = 0) -> Iterator[_Site]:
    """Yield every place that the blocks lead to; if they end too early, or are unknown, the place before."""
    if depth == len(blocks):
        yield _Site(body.at, body, depth)
        return
    found = body.blocks_of(blocks[depth])
    if isinstance(found, Unknown):
        yield _Site(body.at, None, depth, found)
    elif not found:
        yield _Site(body.at, None, depth)
    else:
        for inner in found:
            yield from _sites(inner, blocks, depth + 1)


def _at(runner: _Runner, path: _Path, site: _Site) -> Iterator[Attachment]:
    from iamlint.sources.terraform.resources.identities.accounts import account_name

    place = Place(site.at.location)
    if site.unknown:
        yield runner.attachment(path, site.unknown, site.unknown, place)
        return
    if site.body is None:
        yield from _default(runner, path, site, None)
        return
    if path.is_map:
        yield from _mapped(runner, path, site.body)
        return
    found, scopes = placed_text(site.body, path.argument), _scopes(path, site.body)
    if found is None or found[0] == "":
        yield from _default(runner, path, site, scopes)
    elif found[0] == "default" and path.default:  # as Compute Engine and GKE name it
        yield from _default(runner, path, site, scopes, found[1])
    else:
        account = account_name(without_prefix(found[0], "serviceAccount:"))
        yield runner.attachment(path, account, _named_default(account), found[1], scopes)


def _default(
    runner: _Runner,
    path: _Path,
    site: _Site,
    scopes: tuple[Placed, ...] | Unknown | None,
    named_at: Place | None = None,
) -> Iterator[Attachment]:
    """Yield the default account if no account is named, or if that word names it at ``named_at``."""
    place = named_at or Place(site.at.location)
    if site.depth < path.required or path.default is None:
        if path.nobody:
            yield runner.attachment(path, None, None, place, scopes)
        return
    applies, why = _applies(path, runner.instance.body)
    if applies is Truth.TRUE:
        yield runner.attachment(path, None, path.default, place, scopes)
    elif applies is Truth.UNKNOWN:
        open_ = Unknown(f"whether it runs as the default account is not known: {why.reason if why else ''}")
        yield runner.attachment(path, open_, open_, place, scopes)


def _applies(path: _Path, body: Body) -> tuple[Truth, Unknown | None]:
    """Return whether the default applies, and why that is unknown."""
    only = [_is_there(body, name.split(".")) for name in path.only]
    unless = [_is_there(body, name.split(".")) for name in path.unless]
    truth = Truth.TRUE
    if only:
        truth = Truth.FALSE
        for one, _ in only:
            truth |= one
    for one, _ in unless:
        truth &= ~one
    return truth, next((why for _, why in (*only, *unless) if why), None)


def _is_there(body: Body, names: list[str]) -> tuple[Truth, Unknown | None]:
    """Return whether a flag is set, or a block exists; it may be nested."""
    first, *rest = names
    blocks = body.blocks_of(first)
    if isinstance(blocks, Unknown):
        return Truth.UNKNOWN, blocks
    if blocks and not rest:
        return Truth.TRUE, None
    if rest:
        found = [_is_there(block, rest) for block in blocks]
        truth = Truth.FALSE
        for one, _ in found:
            truth |= one
        return truth, next((why for _, why in found if why), None)
    flag = flag_of(body.value(first))
    return (Truth.UNKNOWN, flag) if isinstance(flag, Unknown) else (Truth.of(flag), None)


def _mapped(runner: _Runner, path: _Path, body: Body) -> Iterator[Attachment]:
    """Yield the accounts of a map from users to accounts."""
    from iamlint.sources.terraform.resources.identities.accounts import account_name

    argument = body.arguments.get(path.argument)
    data = argument.value.data if argument else None
    if argument is None or data is None:
        return
    if not isinstance(data, dict):
        why = data if isinstance(data, Unknown) else Unknown(f"{path.argument} is not a map")
        yield runner.attachment(path, why, why, place_of(argument))
        return
    for value in data.values():
        text = text_of(value)
        if text is not None:
            account = account_name(text)
            yield runner.attachment(path, account, _named_default(account), place_of(argument, value))


def _scopes(path: _Path, body: Body) -> tuple[Placed, ...] | Unknown | None:
    if path.scopes is None or body.value(path.scopes).data is None:
        return None
    return placed_texts(body, path.scopes)


def _named_default(account: Text) -> DefaultAccount | Unknown | None:
    """Return which default account an e-mail is of, by its domain, even if the rest is unknown."""
    end = account if isinstance(account, str) else account.suffix
    named = default_account(end)
    if named or isinstance(account, str) or end.endswith(".gserviceaccount.com"):
        return named
    return Unknown(account.reason)


def _resource(instance: Instance, kind: _Type, project: Text | None) -> Resource:
    """Return the resource as grants on it name it: project, location and name."""
    body = instance.body
    location = next((text for name in _LOCATIONS if (text := text_of(body.value(name)))), None)
    if location is None:
        inherited = location_of_provider(instance, instance.type.removeprefix("google_"))
        location = inherited[1][0] if inherited else None
    unnamed = f"{instance.address}.{kind.name} is known after apply"
    name = named(text_of(body.value(kind.name)), f"{instance.address}.{kind.name}", unnamed)
    parts = [part for part in (project, location, name) if part is not None]
    texts = [piece for part in parts for piece in ("/", Value(part))][1:]
    return Resource(instance.type.removeprefix("google_"), text_of(joined(*texts)) or name)
