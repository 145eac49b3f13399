"""Reads assets that have only a policy without conditions, as most have, from one line of an export.

They are read without the tree of locations, which takes eight times as long.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from typing import Any

from iamlint.basics.lazy_regex import regex
from iamlint.facts import Declaration, ExportedPolicy, Fact, Grant, Place
from iamlint.location import Location
from iamlint.sources.gcloud.hierarchy import Hierarchy, bucket_home
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
_KEYS = ("asset_type", "assetType"), ("iam_policy", "iamPolicy")
"""The keys of an asset's kind and of its policy: snake case or camel case."""
_MOST_FORMS = 1_000
"""Maximum number of remembered orders of keys."""
_LONGEST, _MOST_MEMBERS = 1_000_000, 3_000
"""Maximum number of bytes of a line, and of its members. The place of each is searched from the start of its list.

IAM takes 1,500 principals in a policy. Source: https://cloud.google.com/iam/quotas
"""
_NONE: list[Any] = []
Kept = tuple[int, str, Sequence[str]]
"""The number of a binding, its role, and its relevant members."""


class PlainReader:
    """Reads the plain assets of the file ``shown``.

    Without a filter, or with one that keeps ``policies``, also the fact that a policy was seen. The ancestors of assets
    with facts are added to ``hierarchy``. Lines that give no facts are learned by ``dull``.
    """

    def __init__(
        self, shown: str, relevant: ExportFilter | None, hierarchy: Hierarchy, dull: SkipFilter | None
    ) -> None:
        self._shown = shown
        self._relevant = relevant
        self._hierarchy = hierarchy
        self._dull = dull
        self._every = relevant is None or relevant.policies
        self._forms: dict[tuple[Any, ...], tuple[str, str] | None] = {}

    def facts(self, asset: Any, line: bytes, text: str, number: int) -> list[Fact] | None:
        """Return the relevant grants of an asset; None if it is not a plain one.

        ``line`` and ``text`` are its line, ``number`` is the line's number in the file.
        """
        form = self._form(asset) if type(asset) is dict and len(line) <= _LONGEST else None
        if form is None:
            return None
        kind, policy = asset[form[0]], asset[form[1]]
        try:
            if type(kind) is not str or kind in _ABOVE or not _is_as_usual(asset, policy):
                return None
            bindings = policy.get("bindings", _NONE)
            if _number_of_keys(line) != len(asset) + len(policy) + 2 * len(bindings):
                return None
            kept = _kept(bindings, self._relevant)
        except (AttributeError, KeyError, TypeError):
            return None
        if kept is None:
            return None
        if kept or self._every:
            return self._found(asset, policy, kept, _Line(text, self._shown, number, bindings))
        if self._dull and self._relevant and self._relevant.dull_roles.issuperset([one["role"] for one in bindings]):
            self._dull.learn(asset, kind, policy)
        return []

    def _form(self, asset: dict[str, Any]) -> tuple[str, str] | None:
        """Return the keys of the kind and of the policy, by the keys of an asset; None if it has unusual keys."""
        keys = tuple(asset)
        try:
            return self._forms[keys]
        except KeyError:
            named = [[name for name in names if name in asset] for names in _KEYS]
            usual = _USUAL.issuperset(asset) and "name" in asset and [len(names) for names in named] == [1, 1]
            found = (named[0][0], named[1][0]) if usual else None
            if len(self._forms) < _MOST_FORMS:
                self._forms[keys] = found
            return found

    def _found(
        self, asset: dict[str, Any], policy: dict[str, Any], kept: Sequence[Kept], line: _Line
    ) -> list[Fact] | None:
        """Return the facts of an asset."""
        name = asset["name"]
        resource = resource_of(name)
        if resource is None:  # the full reader says what is wrong with the name
            return None
        declared = Declaration(line.whole(), "asset")
        project = project_in(name)
        if project == resource.name:
            project = str(resource.name)  # one text for both
        ancestors = asset.get("ancestors", _NONE)
        self._hierarchy.add(ancestors, project, declared)
        named = line.place(name, 0)
        facts: list[Fact] = []
        if self._every:
            version = policy.get("version")
            seen = version if type(version) is int else None
            facts.append(ExportedPolicy(resource, declared, Place(named), len(line.bindings), seen))
        for binding, written, members in kept:
            of_role, of_members = line.parts(binding, written)
            role, at = sys.intern(written), line.place(written, of_role)
            facts += [
                Grant(principal(one), role, resource, "export", declared, line.place(one, of_members), at, named)
                for one in members
            ]
        facts += bucket_home(resource, ancestors, declared, Place(named))
        return facts


def _number_of_keys(line: bytes) -> int:
    """Return the number of keys in a line; more if a text in it contains ``":``.

    Of repeated keys only the last one is parsed, so these are more than the parsed ones.
    """
    if b" " in line or b"\t" in line or b"\r" in line:
        line = line.translate(None, b" \t\r\n")
    return line.count(b'":')


def _is_as_usual(asset: dict[str, Any], policy: dict[str, Any]) -> bool:
    """Whether a policy has the usual keys only, and it and its asset have values of their types in the schema."""
    if type(policy) is not dict or not _OF_POLICY.issuperset(policy):
        return False
    ancestors = asset.get("ancestors", _NONE)
    if type(ancestors) is not list or type(policy.get("bindings", _NONE)) is not list:
        return False
    times = asset.get("update_time", ""), asset.get("updateTime", "")
    texts = (asset["name"], policy.get("etag", ""), *times, *ancestors)
    return _STRINGS.issuperset(map(type, texts)) and type(policy.get("version", 1)) is int


def _kept(bindings: Sequence[Any], relevant: ExportFilter | None) -> list[Kept] | None:
    """Return the relevant bindings; None if one of them has other keys or values than a plain one.

    Raises AttributeError, KeyError or TypeError for such ones, too.
    """
    found, count = list[Kept](), 0
    dull_roles, dull_members = (relevant.dull_roles, relevant.dull_members) if relevant else (_NO_NAMES, _NO_NAMES)
    for number, binding in enumerate(bindings):
        role, members = binding["role"], binding["members"]
        if len(binding) != 2 or type(members) is not list:
            return None
        if role in dull_roles and dull_members.issuperset(members):
            continue
        if not _STRINGS.issuperset(map(type, members)) or type(role) is not str:
            return None
        count += len(members)
        if not role or "_withcond_" in role or count > _MOST_MEMBERS:
            return None
        kept = relevant.members(role, members) if relevant else members
        if kept:
            found.append((number, role, kept))
    return found


_NO_NAMES = frozenset[str]()
_ROLE = regex(r'"role"\s*:\s*')
_MEMBERS = regex(r'"members"\s*:\s*')
"""Keys of a binding. Inside a text their quotes would be escaped, so these are real keys."""
_SHARED = range(4096)
_COLUMNS = tuple(_SHARED)
"""Columns that many places have, each once: otherwise they take a third of the memory of a place."""


class _Line:
    """A line of a file with a policy's bindings, and the places of its texts."""

    __slots__ = ("_members", "_number", "_roles", "_shown", "_text", "bindings")

    def __init__(self, text: str, shown: str, number: int, bindings: Sequence[Any]) -> None:
        self._text = text
        self._shown = shown
        self._number = number
        self.bindings = bindings
        self._roles: list[int] = []
        self._members: list[int] = []

    def place(self, text: str, start: int) -> Location:
        """Return the place of a quoted text after an offset; the whole line if it is written with escapes."""
        at, number = self._text.find(f'"{text}"', start), self._number
        if at < 0:
            return self.whole()
        column, end = at + 1, at + len(text) + 3
        if end in _SHARED:
            column, end = _COLUMNS[column], _COLUMNS[end]
        return Location(self._shown, number, column, number, end)

    def whole(self) -> Location:
        """Return the location of the whole line."""
        end = len(self._text.rstrip()) + 1
        return Location(self._shown, self._number, 1, self._number, _COLUMNS[end] if end in _SHARED else end)

    def parts(self, binding: int, role: str) -> tuple[int, int]:
        """Return the offsets of the role and of the members of a binding, given by its number.

        Most are found by the role: if no other binding has it, and the binding has no spaces.
        """
        before, after = '"role":', f'"{role}","members":'
        at = self._text.find(before + after)
        if at >= 0 and self._is_once(role):
            at += len(before)
            return at, at + len(after)
        if not self._roles:
            self._roles = [match.end() for match in _ROLE.finditer(self._text)]
            self._members = [match.end() for match in _MEMBERS.finditer(self._text)]
        return _at(self._roles, binding), _at(self._members, binding)

    def _is_once(self, role: str) -> bool:
        return len([True for one in self.bindings if one["role"] == role]) == 1


def _at(offsets: list[int], binding: int) -> int:
    """Return the offset of a part of a binding; 0 if a key is written with escapes."""
    return offsets[binding] if binding < len(offsets) else 0
