"""Stubs of well-known modules that are not installed: documents describe what their arguments grant.

A document (``modules/*.yaml``) names a repository, the major versions that it describes, and its ``modules`` by path.
Their declarations are in Terraform's JSON syntax; ``<name>`` in them is replaced with the module entry's value of that
name, since many modules of a repository differ only in the resource of their grants. ``partial`` says that a module
does more than the stub.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeAlias

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.documents.compiled import read_compiled
from iamlint.hcl import read_file
from iamlint.location import SourceText
from iamlint.sources.terraform.configuration.module import Module, module_of

Node: TypeAlias = "str | int | bool | list[Node] | dict[str, Node] | None"

_REGISTRY = regex(r"(?:[\w.-]+\.[a-z]+/)?(?P<namespace>[\w-]+)/(?P<name>[\w-]+)/(?P<provider>[\w-]+)\Z")
_ANOTHER_CLOUD = regex(
    r"/terraform-(?:alicloud|aws|awscc|azapi|azuread|azurerm|cloudflare|datadog|digitalocean|github|gitlab|ibm|oci|okta)-"
)
"""Names of module repositories with a provider unrelated to Google Cloud: ``terraform-PROVIDER-NAME``.

Source: https://developer.hashicorp.com/terraform/registry/modules/publish#requirements
"""
_SCHEME = regex(r"\A(?:git::)?(?:[a-z]+://)?(?:git@)?")
_NUMBER = regex(r"\A(?P<operator>[<>=!~]*)\s*v?(?P<major>\d+)(?:\.\d+)*(?:-[\w.]+)?\Z")
_PLACEHOLDER = regex(r"<(\w+)>")


@frozen
class Address:
    """A parsed module source: ``github.com/OWNER/NAME``, the path in it, and the version."""

    repository: str
    path: str
    version: str | None


def address_of(source: str) -> Address | None:
    """Return the repository of a ``source``, by the registry's address or git's; None for others.

    Source: https://developer.hashicorp.com/terraform/language/modules/sources
    """
    rest, _, query = source.partition("?")
    scheme = _SCHEME.match(rest)
    host, _, path = rest[scheme.end() if scheme else 0 :].partition("//")
    host = host.replace("github.com:", "github.com/", 1).removesuffix(".git")
    version = next((part.removeprefix("ref=") for part in query.split("&") if part.startswith("ref=")), None)
    if host.startswith("github.com/"):
        return Address(host.lower(), path.strip("/"), version)
    found = _REGISTRY.match(host)
    if found is None:
        return None
    namespace, name, provider = (found[part].lower() for part in ("namespace", "name", "provider"))
    return Address(f"github.com/{namespace}/terraform-{provider}-{name}", path.strip("/"), version)


def module_stub(source: str, version: str | None) -> Module | None:
    """Return the stub for a call of this source with this version constraint."""
    address = address_of(source)
    if address is None:
        return None
    for number, document in enumerate(_documents()[1:], start=1):
        fits = document["repository"].lower() == address.repository and address.path in document["modules"]
        if fits and holds(document["versions"], version or address.version):
            return _module(number, address.path)
    plain = address.path in _documents()[0].get(address.repository, ()) or _ANOTHER_CLOUD.search(address.repository)
    return _without_iam(address) if plain else None


def holds(versions: str, wanted: str | None) -> bool:
    """Whether a range of major versions (``>= 4, < 9``) includes the version of a constraint or a tag.

    No version means the newest one, and so does a branch or a commit.
    """
    majors = [major for operator, major in _numbers(wanted or "") if operator not in ("<", "<=", "!=")]
    if not majors:
        return True
    return all(majors[0] >= major if operator == ">=" else majors[0] < major for operator, major in _numbers(versions))


def _numbers(constraint: str) -> Iterator[tuple[str, int]]:
    for part in constraint.split(","):
        found = _NUMBER.match(part.strip())
        if found:
            yield found["operator"], int(found["major"])


FOLDER = Path(__file__).parent
COMPILED = FOLDER / "compiled.json"
"""The documents as plain data, as they were compiled when the package was built."""


@cache
def _documents() -> list[dict[str, Any]]:
    """Return the paths of the modules without IAM, by repository; then the documents of stubs."""
    compiled = read_compiled(COMPILED, FOLDER)
    return compiled.heads if compiled else documents()


def documents() -> list[dict[str, Any]]:
    """Return the documents as plain data, read by PyYAML; in C, if there is that: it takes a ninth of the time."""
    import yaml

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    paths = (FOLDER / "plain_modules" / "without_iam.yaml", *sorted((FOLDER / "modules").glob("*.yaml")))
    return [yaml.load(path.read_text(encoding="utf-8"), Loader=loader) for path in paths]  # noqa: S506  a safe loader


def _without_iam(address: Address) -> Module:
    name = f"{address.repository}/{address.path}".rstrip("/")
    module = module_of(Path(name), read_file(SourceText(f"{name}.tf.json", "{}")))
    module.described = "wholly"
    return module


@cache
def _module(number: int, path: str) -> Module:
    document = _documents()[number]
    entry = document["modules"][path] or {}
    declared = {
        kind: _filled(document.get("declares", {}).get(kind, {}), entry) | entry.get("declares", {}).get(kind, {})
        for kind in ("variable", "locals", "data", "resource", "output")
    }
    name = f"{document['repository']}/{path}".rstrip("/")
    module = module_of(Path(name), read_file(SourceText(f"{name}.tf.json", json.dumps(declared))))
    module.described = "partly" if entry.get("partial", document.get("partial", False)) else "wholly"
    return module


def _filled(node: Node, entry: Mapping[str, Node]) -> Any:
    """Return a part of ``declares`` with the entry's values filled in.

    ``<name>`` as a key is replaced with the entry's own keys and values.
    """
    match node:
        case str():
            return _PLACEHOLDER.sub(lambda found: str(entry[found[1]]), node)
        case list():
            return [_filled(item, entry) for item in node]
        case dict():
            found: dict[str, Node] = {}
            for key, value in node.items():
                whole = _PLACEHOLDER.fullmatch(key)
                inner = entry.get(whole[1], {}) if whole else None
                found |= inner if isinstance(inner, dict) else {_filled(key, entry): _filled(value, entry)}
            return found
        case _:
            return node
