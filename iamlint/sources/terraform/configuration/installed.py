"""The modules that ``terraform init`` installed for a root module, from its ``modules.json``.

A pull request can also contain that file: an entry counts only for exactly the call that it was written for.
"""

from __future__ import annotations

import json
from pathlib import Path

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.files.tree import Tree
from iamlint.sources.names import INSTALLED, MANIFEST
from iamlint.sources.terraform.configuration.versions import fits

_REGISTRIES = ("registry.terraform.io", "registry.opentofu.org")
"""The default registries of addresses: Terraform's and OpenTofu's."""
_REGISTRY = regex(r"(?:(?P<host>[\w-]+(?:\.[\w-]+)+(?::\d+)?)/)?(?P<name>[\w-]+/[\w-]+/[\w-]+)\Z")
_NOT_REGISTRY = ("github.com", "bitbucket.org")
"""Hosts that Terraform treats as repositories.

Source: "Module Registry" in https://developer.hashicorp.com/terraform/language/modules/sources
"""
_FORCED = regex(r"\A[a-z0-9]+::")
_SCHEME = regex(r"\A[a-z0-9+.-]+://")
_USER = regex(r"\A[^/@]*@")
_SCP = regex(r"\A([^/:]+):(?!\d+/)")


@frozen
class Installed:
    """An entry of the manifest: the directory of a call's module, and the source it was installed from."""

    directory: Path
    source: str
    version: str | None

    def refusal(self, source: str, version: str | None) -> str | None:
        """Return why this entry is not the module of a call with this source and version; None if it is."""
        noted = f"{MANIFEST.as_posix()} notes it with"
        if not _same(source, self.source):
            return f'{noted} another source ("{self.source}") than the call ("{source}")'
        if _registry(source) and (self.version is None or not fits(self.version, version)):
            return f"{noted} version {self.version or 'none'}, and the call asks for {version or 'one'}"
        return None


def read_manifest(text: str, root: Path, tree: Tree) -> dict[str, Installed]:
    """Return the entries of a manifest, by the path of calls (``a.b``). A broken one has none, as for Terraform.

    Entries that point outside the folder of installed modules are ignored: ``terraform init`` writes none.
    """
    found: dict[str, Installed] = {}
    try:
        for entry in json.loads(text)["Modules"]:
            key, version = str(entry["Key"]), entry.get("Version")
            if key in found:
                return {}  # Terraform refuses a manifest with two records for one path
            one = Installed(root / str(entry["Dir"]), str(entry["Source"]), str(version) if version else None)
            found[key] = one
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
    home = tree.resolved(root / INSTALLED)
    return {key: one for key, one in found.items() if tree.resolved(one.directory).is_relative_to(home)}


def _registry(source: str) -> tuple[str, str, str] | None:
    """Return host ("" for the default one), name and folder of a registry address; None for other sources."""
    package, _, folder = source.partition("//")
    found = _REGISTRY.match(package)
    if found is None or (found["host"] or "").lower() in _NOT_REGISTRY:
        return None
    return (found["host"] or "").lower(), found["name"], folder.strip("/")


def _same(called: str, noted: str) -> bool:
    """Whether the source of a call is the one that ``terraform init`` recorded in its full form."""
    call, note = _registry(called), _registry(noted)
    if call is None or note is None:
        return call is note and _remote(called) == _remote(noted)
    hosts: tuple[str, ...] = (call[0],)
    if not call[0]:
        hosts = ("", *_REGISTRIES)
    elif call[0] in _REGISTRIES:
        hosts = (call[0], "")
    return note[0] in hosts and call[1:] == note[1:]


def _remote(source: str) -> tuple[str, str, tuple[str, ...]]:
    """Return package, folder and settings of a remote source in a canonical form.

    ``github.com/a/b?ref=x`` is recorded as ``git::https://github.com/a/b.git?ref=x``, ``git@host:a/b.git`` as
    ``git::ssh://git@host/a/b.git``.
    """
    rest, _, query = source.partition("?")
    rest = _SCHEME.sub("", _FORCED.sub("", rest))
    rest = _SCP.sub(r"\1/", _USER.sub("", rest))
    package, _, folder = rest.partition("//")
    return package.rstrip("/").removesuffix(".git"), folder.strip("/"), tuple(sorted(filter(None, query.split("&"))))
