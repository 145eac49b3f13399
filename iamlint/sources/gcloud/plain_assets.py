"""Reads assets that have only a policy without conditions, as most have, from one line of an export.

They are read without the tree of locations, which takes eight times as long.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from iamlint.basics.lazy_regex import regex
from iamlint.facts import Declaration, ExportedPolicy, Fact, Grant, Place, Resource
from iamlint.location import Location
from iamlint.sources.gcloud.hierarchy import Hierarchy
from iamlint.sources.gcloud.names import project_in, resource_of
from iamlint.sources.gcloud.resources.policies import principal
from iamlint.sources.gcloud.skip_filter import SkipFilter
from iamlint.sources.reading import ExportFilter

_USUAL = frozenset(
    {
        *("name", "asset_type", "assetType", "iam_policy", "iamPolicy"),
        *("ancestors", "ancestry_path", "update_time", "updateTime"),
    }
)
_ABOVE = frozenset({"cloudresourcemanager.googleapis.com/Folder", "cloudresourcemanager.googleapis.com/Organization"})
"""Any role on these may make an account privileged, and they are few: they are read completely."""
_OF_POLICY = frozenset({"bindings", "etag", "version"})
_STRINGS = frozenset({str})
Kept = tuple[int, str, Sequence[str]]
"""The number of a binding, its role, and its relevant members."""


def plain_facts(
    asset: Any,
    line: bytes,
    at: tuple[str, str, int],
    relevant: ExportFilter | None,
    hierarchy: Hierarchy,
    dull: SkipFilter | None,
) -> list[Fact] | None:
    """Return the relevant grants of an asset of this line, and adds its ancestors; None if it is not a plain one.

    Without a filter, or with one that keeps ``policies``, also the fact that the policy was seen. ``at`` is the line as
    text, the path of its file, and its number. Lines that gave no facts are learned by ``dull``.
    """
    try:
        kind, policy = _either(asset, "asset_type"), _either(asset, "iam_policy")
        bindings = policy.get("bindings", _NONE)
        keys = len(asset) + len(policy) + sum(map(len, bindings))
        if type(kind) is not str or kind in _ABOVE or not _is_as_usual(asset, policy):
            return None
        kept = _kept(bindings, relevant) if _number_of_keys(line) == keys else None
        if kept is None:
            return None
        if dull and relevant and not kept and all(relevant.is_dull_role(one["role"]) for one in bindings):
            dull.learn(asset, kind, policy)
    except (AttributeError, KeyError, TypeError):
        return None
    every = relevant is None or relevant.policies
    if not kept and not every:
        return []
    resource = resource_of(asset["name"])
    if resource is None:  # the full reader says what is wrong with the name
        return None
    found = _Line(*at)
    declared = Declaration(found.whole(), "asset")
    hierarchy.add(asset.get("ancestors", []), project_in(asset["name"]), declared)
    resource_place = found.place(asset["name"], 0)
    facts: list[Fact] = []
    if every:
        version = policy.get("version")
        seen = version if type(version) is int else None
        facts.append(ExportedPolicy(resource, declared, resource_place, len(bindings), seen))
    for number, role, members in kept:
        facts += found.grants(number, role, members, resource, declared, resource_place)
    return facts


_NONE: list[Any] = []


def _number_of_keys(line: bytes) -> int:
    """Return the number of keys in a line; more if a text in it contains ``":``.

    Of repeated keys only the last one is parsed, so these are more than the parsed ones.
    """
    if b" " in line or b"\t" in line or b"\r" in line:
        line = line.translate(None, b" \t\r\n")
    return line.count(b'":')


def _is_as_usual(asset: dict[str, Any], policy: dict[str, Any]) -> bool:
    """Whether an asset and its policy have the usual keys only, with values of their types in the schema of assets."""
    if not _USUAL.issuperset(asset) or not _OF_POLICY.issuperset(policy):
        return False
    ancestors = asset.get("ancestors", _NONE)
    if type(ancestors) is not list or type(policy.get("bindings", _NONE)) is not list:
        return False
    times = asset.get("update_time", ""), asset.get("updateTime", "")
    texts = (asset["name"], policy.get("etag", ""), *times, *ancestors)
    return _STRINGS.issuperset(map(type, texts)) and type(policy.get("version", 1)) is int


def _never(_role: str, _members: Sequence[str]) -> bool:
    """Whether nothing of a binding is kept: without a filter, never."""
    return False


def _kept(bindings: Sequence[Any], relevant: ExportFilter | None) -> list[Kept] | None:
    """Return the relevant bindings; None if one of them has other keys or values than a plain one.

    Raises AttributeError, KeyError or TypeError for such ones, too.
    """
    found: list[Kept] = []
    is_dull = relevant.is_dull if relevant else _never
    for number, binding in enumerate(bindings):
        role, members = binding["role"], binding["members"]
        if len(binding) != 2 or type(members) is not list:
            return None
        if is_dull(role, members):
            continue
        if not _STRINGS.issuperset(map(type, members)) or type(role) is not str:
            return None
        if not role or "_withcond_" in role:
            return None
        kept = relevant.members(role, members) if relevant else members
        if kept:
            found.append((number, role, kept))
    return found


def _either(asset: Any, key: str) -> Any:
    """Return a value under its snake case or camel case key; raises KeyError if it is not exactly one."""
    camel = _CAMEL[key]
    if (key in asset) == (camel in asset):
        raise KeyError(key)
    return asset[key] if key in asset else asset[camel]


_CAMEL = {"asset_type": "assetType", "iam_policy": "iamPolicy"}


_ROLE = regex(r'"role"\s*:\s*')
_MEMBERS = regex(r'"members"\s*:\s*')
"""Keys of a binding. Inside a text their quotes would be escaped, so these are real keys."""
_SHARED = range(4096)
_COLUMNS = tuple(_SHARED)
"""Columns that many places have, each once: otherwise they take a third of the memory of a place."""


class _Line:
    """A line, and the offsets of its texts."""

    __slots__ = ("_members", "_number", "_roles", "_shown", "_text")

    def __init__(self, text: str, shown: str, number: int) -> None:
        self._text = text
        self._number = number
        self._shown = shown
        self._roles: list[int] = []
        self._members: list[int] = []

    def place(self, text: str, start: int) -> Place:
        """Return the place of a quoted text after an offset; the whole line if it is written with escapes."""
        at, number = self._text.find(f'"{text}"', start), self._number
        if at < 0:
            return Place(self.whole())
        column, end = at + 1, at + len(text) + 3
        if end in _SHARED:
            column, end = _COLUMNS[column], _COLUMNS[end]
        return Place(Location(self._shown, number, column, number, end))

    def whole(self) -> Location:
        """Return the location of the whole line."""
        return Location(self._shown, self._number, 1, self._number, len(self._text.rstrip()) + 1)

    def grants(
        self,
        binding: int,
        role: str,
        members: Sequence[str],
        resource: Resource,
        declared: Declaration,
        resource_place: Place,
    ) -> list[Grant]:
        """Return the grants of these members by a binding, given by its number."""
        if not self._roles:
            self._roles = [match.end() for match in _ROLE.finditer(self._text)]
            self._members = [match.end() for match in _MEMBERS.finditer(self._text)]
        place = self.place
        role, role_place = sys.intern(role), place(role, _at(self._roles, binding))
        start = _at(self._members, binding)
        return [
            Grant(principal(one), role, resource, "export", declared, place(one, start), role_place, resource_place)
            for one in members
        ]


def _at(offsets: list[int], binding: int) -> int:
    """Return the offset of a part of a binding; 0 if a key is written with escapes."""
    return offsets[binding] if binding < len(offsets) else 0
