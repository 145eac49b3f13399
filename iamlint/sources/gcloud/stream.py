"""Reads line-by-line exports of any size: one asset at a time, and only what the rules need is kept.

Source: https://cloud.google.com/asset-inventory/docs/exporting-to-cloud-storage
"""

from __future__ import annotations

import json
import os
import re
import sys
import zlib
from collections.abc import Iterator, Sequence
from functools import cached_property
from pathlib import Path
from typing import IO, Any

from iamlint.basics.lazy_regex import regex
from iamlint.budget import Exhausted
from iamlint.documents import read_json, read_json_documents
from iamlint.facts import Declaration, ExportedPolicy, Fact, Grant, Place, Resource
from iamlint.files.compressed import is_compressed, opened
from iamlint.files.tree import Tree
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.gcloud.assets import RESOURCES, assets
from iamlint.sources.gcloud.hierarchy import Hierarchy
from iamlint.sources.gcloud.names import project_in, resource_of
from iamlint.sources.gcloud.recognition.kinds import kind_of
from iamlint.sources.gcloud.recognition.shapes import problems
from iamlint.sources.gcloud.resources.policies import principal
from iamlint.sources.gcloud.skip_filter import SkipFilter
from iamlint.sources.names import usual
from iamlint.sources.reading import ExportFilter, Options, Reading

SMALL = 4_000_000
"""Bytes. A smaller uncompressed file is read like any other, with everything in it."""
LONGEST = 64_000_000
"""Maximum length of a line in bytes; a longer one is not read."""
LARGEST = 64_000_000_000
"""Maximum size of a file's text in bytes, decompressed: a small file can expand to a huge one."""
MOST_ERRORS = 100
"""Maximum number of reported unreadable lines; the rest is counted."""
MOST_IN_A_ROW = 1000
"""Maximum number of consecutive unreadable lines; after that the file is not read further."""
STEPS_OF_LINE = 4
"""Steps for a line that is not skipped, in addition to those for its length."""
STEPS_OF_FACT = 20
"""Approximate steps that the rules take for a fact."""
_WORTH = 3
_TOO_MUCH = "the rest of the file is not read: it takes more work than exports of its size do"
_OF_ASSETS = regex(rb'"asset_?[tT]ype"')
"""A key that each asset has; the first line of another document may be all of it."""
_AT_ONCE = 1 << 18
"""Bytes per read: as many as fit in the processor's cache."""


class LineText(SourceText):
    """One line of a longer text: its locations are those in the whole text."""

    __slots__ = ("_number",)
    is_kept = False

    def __init__(self, path: str, text: str, number: int) -> None:
        super().__init__(path, text)
        self._number = number

    def position(self, offset: int) -> tuple[int, int]:
        """Return the line's number in the whole text, and the column."""
        return self._number, offset + 1


def is_stream(path: Path, tree: Tree) -> bool:
    """Whether a file is a large or compressed export of assets, by its first line."""
    try:
        if tree.kind(path) != "file":  # opening a pipe waits for a writer
            return False
        whole = not usual(path.name).endswith((".json", ".jsonl", ".ndjson")) or tree.status(path).size < SMALL
        if whole and not is_compressed(path):
            return False
        with opened(path, tree) as file:
            first = file.readline(LONGEST)
    except (OSError, EOFError, zlib.error):
        return False
    if not first.startswith(b"{") or not first.rstrip().endswith(b"}") or not _OF_ASSETS.search(first):
        return False
    document = read_json(SourceText(path.name, first.decode("utf-8", "replace")))
    return not isinstance(document, Unreadable) and kind_of(document) == "asset"


def read_stream(path: Path, shown: str, options: Options) -> Reading:
    """Return the facts of an export of assets. Unreadable lines are reported, and the others are read."""
    reading, hierarchy, wrong, in_a_row = Reading(files=1), Hierarchy(), 0, 0
    relevant = options.relevant
    dull = SkipFilter(relevant.alike) if relevant and not relevant.policies else None
    work = options.allowance.document(_size(path, options.tree))
    for number, line in _lines(path, shown, reading, dull, options):
        found = _facts(line, number, shown, options.relevant, hierarchy, dull)
        try:
            work.spend(STEPS_OF_LINE + len(line) // 100 + STEPS_OF_FACT * (isinstance(found, list) and len(found)))
        except Exhausted:
            reading.errors.append(Unreadable(_at(shown, number), _TOO_MUCH, "check a part of it at once"))
            break
        if isinstance(found, list):
            reading.facts += found
            in_a_row = 0
            continue
        wrong, in_a_row = wrong + 1, in_a_row + 1
        if wrong <= MOST_ERRORS:
            reading.errors.append(found)
        if in_a_row == MOST_IN_A_ROW:
            reason = f"the rest of the file is not read: {MOST_IN_A_ROW} consecutive lines cannot be read"
            reading.errors.append(Unreadable(_at(shown, number), reason, "is it an export of assets?"))
            break
    if wrong > MOST_ERRORS:
        reading.errors.append(Unreadable(Location(shown), f"{wrong - MOST_ERRORS} more lines cannot be read"))
    reading.facts += hierarchy.facts()
    return reading


def _size(path: Path, tree: Tree) -> int:
    """Return the size of a file for its budget; a compressed one counts a few times as much."""
    try:
        return tree.status(path).size * (_WORTH if is_compressed(path) else 1)
    except OSError:
        return 0


def _lines(
    path: Path, shown: str, reading: Reading, dull: SkipFilter | None, options: Options
) -> Iterator[tuple[int, bytes]]:
    """Yield the lines that are not skipped, with their numbers; a file that cannot be read further is an error."""
    number = 1
    try:
        with opened(path, options.tree) as file:
            for lines in _stretches(file):
                options.progress(f"reading {shown}: line {number}")
                at = 0
                while at < len(lines):
                    if dull:
                        start, at = at, dull.end(lines, at)
                        number += lines.count(b"\n", start, at)
                    blank = _BLANK.match(lines, at) if lines[at : at + 1].isspace() else None
                    if blank:
                        number, at = number + blank[0].count(b"\n"), blank.end()
                        continue
                    end = lines.find(b"\n", at) + 1 or len(lines)
                    if end > at and not (line := lines[at:end]).isspace():
                        yield number, line
                    number, at = number + (end > at), end
    except _TooLargeError as error:
        reading.errors.append(Unreadable(_at(shown, number), str(error)))
    except (OSError, EOFError, zlib.error) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        reading.errors.append(Unreadable(_at(shown, number), f"the rest of the file cannot be read: {reason}"))


_BLANK = regex(rb"(?:[^\S\n]*+\n)++")
"""Blank lines: a compressed file may have millions of them."""


class _TooLargeError(Exception):
    """Raised if there are more bytes than the limit."""


def _stretches(file: IO[bytes]) -> Iterator[bytes]:
    """Yield the text, many whole lines at a time; the middle of a line longer than `LONGEST` may be missing."""
    size, begun, length = 0, list[bytes](), 0
    while block := file.read1(_AT_ONCE):  # type: ignore[attr-defined]  # both kinds of files have it; what is there comes before what is wrong
        block, size = block[: LARGEST - size], size + len(block)
        end = block.rfind(b"\n") + 1
        if end:
            yield b"".join((*begun, block[:end]))
            begun, length = [block[end:]], len(block) - end
        elif length <= LONGEST:
            begun.append(block)
            length += len(block)
        if size > LARGEST:
            raise _TooLargeError(f"there are more than {LARGEST} bytes")
    yield b"".join(begun)


def _at(shown: str, number: int) -> Location:
    return Location(shown, number, 1, number, 1)


def _facts(
    line: bytes, number: int, shown: str, relevant: ExportFilter | None, hierarchy: Hierarchy, dull: SkipFilter | None
) -> list[Fact] | Unreadable:
    """Return the facts of one line; empty if no rule needs it."""
    if len(line) > LONGEST:
        return Unreadable(_at(shown, number), f"the line is longer than {LONGEST} bytes")
    text = line.decode("utf-8", "replace")
    try:
        asset = json.loads(text)
    except (ValueError, RecursionError):
        asset = None
    kept = _plain(asset, relevant, dull) if _has_each_key_once(asset, line) else None
    if kept is not None:
        every = relevant is None or relevant.policies
        resource = resource_of(asset["name"]) if kept or every else None
        if resource or not (kept or every):
            return _grants(asset, kept, resource, _Line(text, number, shown), hierarchy, every=every)
        # The full reader says what is wrong with the name.
    if _is_resource_alone(asset):
        return []
    documents = read_json_documents(LineText(shown, text, number))
    if isinstance(documents, Unreadable):
        return documents
    if len(documents) > 1:
        return Unreadable(_at(shown, number), "there are several assets on this line", "write a line for each")
    document = documents[0]
    if kind_of(document) != "asset":
        return Unreadable(_at(shown, number), "this line is not an asset, but others are", "is the export whole?")
    errors = problems("asset", document)
    return errors[0] if errors else list(assets([document], relevant, hierarchy))


# -- plain assets -----------------------------------------------------------------------------------------------------

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


def _has_each_key_once(asset: Any, line: bytes) -> bool:
    """Whether no key of an asset with a plain policy is repeated; of repeated keys only the last one is parsed.

    It compares the number of keys in the text and after parsing, which is fast; False also if a text contains ``":``.
    """
    try:
        policy = _either(asset, "iam_policy")
        keys = len(asset) + len(policy) + sum(map(len, policy.get("bindings", ())))
    except (AttributeError, KeyError, TypeError):
        return False
    return line.translate(None, b" \t\r\n").count(b'":') == keys


def _is_as_usual(asset: dict[str, Any], policy: dict[str, Any]) -> bool:
    """Whether an asset and its policy have the usual keys only, with values of their types in the schema of assets."""
    if not _USUAL.issuperset(asset) or not _OF_POLICY.issuperset(policy):
        return False
    ancestors = asset.get("ancestors", [])
    times = asset.get("update_time", ""), asset.get("updateTime", "")
    texts = (asset["name"], policy.get("etag", ""), *times, *ancestors)
    lists = type(ancestors) is list and type(policy.get("bindings", [])) is list
    return lists and _STRINGS.issuperset(map(type, texts)) and type(policy.get("version", 1)) is int


def _never(_role: str, _members: Sequence[str]) -> bool:
    """Whether nothing of a binding is kept: without a filter, never."""
    return False


def _plain(asset: Any, relevant: ExportFilter | None, dull: SkipFilter | None) -> list[Kept] | None:
    """Return the relevant bindings of an asset that has only a policy without conditions, as most have; None for
    others.

    These are read without the tree of locations, which takes eight times as long.
    """
    try:
        kind, policy = _either(asset, "asset_type"), _either(asset, "iam_policy")
        if not _is_as_usual(asset, policy) or type(kind) is not str or kind in _ABOVE:
            return None
        found: list[Kept] = []
        is_dull = relevant.is_dull if relevant else _never
        for number, binding in enumerate(policy.get("bindings", ())):
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
    except (AttributeError, KeyError, TypeError):
        return None
    if (
        dull
        and relevant
        and not found
        and all(relevant.is_dull_role(one["role"]) for one in policy.get("bindings", ()))
    ):
        dull.learn(asset, kind, policy)
    return found


def _is_resource_alone(asset: Any) -> bool:
    """Whether an asset has no policy and a kind without facts, as most assets in an export of resources.

    An asset that may be another one by its name, or does not have the usual shape, is left to the full reader.
    """
    if not isinstance(asset, dict) or not _OF_RESOURCES.issuperset(asset):
        return False
    name, kind = asset.get("name", ""), asset.get("asset_type", asset.get("assetType"))
    resource = asset.get("resource", {})
    ancestors = asset.get("ancestors", [])
    texts = [name, kind, asset.get("update_time", ""), asset.get("updateTime", "")]
    if type(ancestors) is not list or not _STRINGS.issuperset(map(type, [*texts, *ancestors])) or kind in RESOURCES:
        return False
    plain = isinstance(resource, dict) and isinstance(resource.get("data", {}), dict)
    return plain and _OF_RESOURCE.match(name) is not None


_OF_RESOURCE = regex(r"//(?!.*/(?:denypolicies|principalAccessBoundaryPolicies|policyBindings)/)", re.DOTALL)
_OF_RESOURCES = frozenset({"name", "asset_type", "assetType", "resource", "ancestors", "update_time", "updateTime"})


def _either(asset: dict[str, Any], key: str) -> Any:
    """Return a value under its snake case or camel case key; raises KeyError if it is not exactly one."""
    camel = _CAMEL[key]
    if (key in asset) == (camel in asset):
        raise KeyError(key)
    return asset[key] if key in asset else asset[camel]


_CAMEL = {"asset_type": "assetType", "iam_policy": "iamPolicy"}


_ROLE = regex(r'"role"\s*:\s*')
_MEMBERS = regex(r'"members"\s*:\s*')
"""Keys of a binding. Inside a text their quotes would be escaped, so these are real keys."""


class _Line:
    """A line, and the offsets of its texts."""

    def __init__(self, text: str, number: int, shown: str) -> None:
        self._text = text
        self._number = number
        self._shown = shown
        self._roles: list[int] = []
        self._members: list[int] = []

    def place(self, text: str, start: int = 0) -> Place:
        """Return the place of a quoted text after an offset; the whole line if it is written with escapes."""
        at, number = self._text.find(f'"{text}"', start), self._number
        return Place(Location(self._shown, number, at + 1, number, at + len(text) + 3) if at >= 0 else self.whole)

    def start_of_role(self, binding: int) -> int:
        """Return the offset of a binding's role; 0 if a key is written with escapes."""
        self._roles = self._roles or [match.end() for match in _ROLE.finditer(self._text)]
        return self._roles[binding] if binding < len(self._roles) else 0

    def start_of_members(self, binding: int) -> int:
        """Return the offset of a binding's members; 0 if a key is written with escapes."""
        self._members = self._members or [match.end() for match in _MEMBERS.finditer(self._text)]
        return self._members[binding] if binding < len(self._members) else 0

    @cached_property
    def whole(self) -> Location:
        """The location of the whole line."""
        return Location(self._shown, self._number, 1, self._number, len(self._text.rstrip()) + 1)


def _grants(
    asset: dict[str, Any],
    kept: list[Kept],
    resource: Resource | None,
    line: _Line,
    hierarchy: Hierarchy,
    *,
    every: bool,
) -> list[Fact]:
    """Return the relevant grants on a resource; with ``every`` policy also the fact that it was seen."""
    if resource is None:
        return []
    name = asset["name"]
    declared = Declaration(line.whole, "asset")
    hierarchy.add(asset.get("ancestors", []), project_in(name), declared)
    resource_place = line.place(name)
    found: list[Fact] = []
    if every:
        policy = _either(asset, "iam_policy")
        version = policy.get("version")
        count = len(policy.get("bindings", ()))
        found.append(
            ExportedPolicy(resource, declared, resource_place, count, version if type(version) is int else None)
        )
    for number, role, members in kept:
        shared, role_place = sys.intern(role), line.place(role, line.start_of_role(number))
        start = line.start_of_members(number)
        found += [
            Grant(
                principal(one), shared, resource, "export", declared, line.place(one, start), role_place, resource_place
            )
            for one in members
        ]
    return found
