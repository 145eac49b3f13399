"""Exports of a line for each asset, however large: one asset at a time, and only what the rules ask about is kept.

Source: https://cloud.google.com/asset-inventory/docs/exporting-to-cloud-storage
"""

from __future__ import annotations

import gzip
import json
import os
import re
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

from iamlint.documents import read_json
from iamlint.facts import Declaration, Fact, Grant, Place
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.gcloud.assets import assets
from iamlint.sources.gcloud.hierarchy import Hierarchy
from iamlint.sources.gcloud.kinds import kind_of
from iamlint.sources.gcloud.names import project_in, resource_of
from iamlint.sources.gcloud.policies import principal
from iamlint.sources.gcloud.shapes import problems
from iamlint.sources.reading import Options, Reading, Relevance

SMALL = 4_000_000
"""Bytes. A smaller file that is not compressed is read like any other, with everything in it."""
LONGEST = 64_000_000
"""Bytes of a line beyond which it is not read."""
LARGEST = 64_000_000_000
"""Bytes of text in a file, decompressed, beyond which it is not read on: a small file can be made of much nothing."""
MOST_ERRORS = 100
"""Lines told that cannot be read; the rest is counted."""
_EVERY = 20_000
"""Lines between two words of progress."""


class LineText(SourceText):
    """One line of a longer text: its places are those in the whole."""

    __slots__ = ("_number",)

    def __init__(self, path: str, text: str, number: int) -> None:
        super().__init__(path, text)
        self._number = number

    def position(self, offset: int) -> tuple[int, int]:
        """The line's number in the whole text, and the column."""
        return self._number, offset + 1


def is_stream(path: Path) -> bool:
    """Whether a file is an export of assets that is large or compressed: told by its first line."""
    compressed = path.suffix == ".gz"
    try:
        if not compressed and (path.suffix not in (".json", ".jsonl", ".ndjson") or path.stat().st_size < SMALL):
            return False
        with _opened(path) as file:
            first = file.readline(LONGEST)
    except (OSError, EOFError, zlib.error):
        return False
    if not first.startswith(b"{") or not first.rstrip().endswith(b"}"):
        return False
    document = read_json(SourceText(path.name, first.decode("utf-8", "replace")))
    return not isinstance(document, Unreadable) and kind_of(document) == "asset"


def read_stream(path: Path, shown: str, options: Options) -> Reading:
    """What an export of assets says. Lines that cannot be read are told, and the others are read."""
    reading, hierarchy = Reading(files=1), Hierarchy()
    wrong = 0
    for number, line in _lines(path, shown, reading):
        if number % _EVERY == 0:
            options.progress(f"reading {shown}: line {number}")
        found = _facts(line, number, shown, options.relevant, hierarchy)
        if isinstance(found, list):
            reading.facts += found
            continue
        wrong += 1
        if wrong <= MOST_ERRORS:
            reading.errors.append(found)
    if wrong > MOST_ERRORS:
        reading.errors.append(Unreadable(Location(shown), f"{wrong - MOST_ERRORS} more lines cannot be read"))
    reading.facts += hierarchy.facts()
    return reading


def _opened(path: Path) -> IO[bytes]:
    return gzip.open(path) if path.suffix == ".gz" else path.open("rb")  # type: ignore[return-value]  # GzipFile reads lines, too


def _lines(path: Path, shown: str, reading: Reading) -> Iterator[tuple[int, bytes]]:
    """The lines with their numbers; what is wrong with the file as a whole is told in ``reading``."""
    number, size = 0, 0
    try:
        with _opened(path) as file:
            while line := file.readline(LONGEST + 1):
                number, size = number + 1, size + len(line)
                if size > LARGEST:
                    reading.errors.append(Unreadable(_at(shown, number), f"there are more than {LARGEST} bytes"))
                    return
                if len(line) > LONGEST:
                    reading.errors.append(Unreadable(_at(shown, number), f"the line is longer than {LONGEST} bytes"))
                    while line and not line.endswith(b"\n"):
                        line = file.readline(LONGEST)
                elif not line.isspace():
                    yield number, line
    except (OSError, EOFError, zlib.error) as error:
        reason = os.strerror(error.errno) if isinstance(error, OSError) and error.errno else str(error)
        reading.errors.append(Unreadable(_at(shown, number + 1), f"the file cannot be read on: {reason}"))


def _at(shown: str, number: int) -> Location:
    return Location(shown, number, 1, number, 1)


def _facts(
    line: bytes, number: int, shown: str, relevant: Relevance | None, hierarchy: Hierarchy
) -> list[Fact] | Unreadable:
    """The facts of one line; none of one that nothing is asked about."""
    text = line.decode("utf-8", "replace")
    try:
        asset = json.loads(text)
    except (ValueError, RecursionError):
        asset = None
    kept = _plain(asset, relevant)
    if kept is not None:
        return _grants(asset, kept, _Line(text, number, shown), hierarchy) if kept else []
    document = read_json(LineText(shown, text, number))
    if isinstance(document, Unreadable):
        return document
    if kind_of(document) != "asset":
        return Unreadable(_at(shown, number), "this line is no asset, though others are", "is the export whole?")
    errors = problems("asset", document)
    return errors[0] if errors else list(assets([document], relevant, hierarchy))


# -- the plain ones ------------------------------------------------------------------------------------------------

_USUAL = frozenset({"name", "asset_type", "iam_policy", "ancestors", "update_time", "ancestry_path"})
_ABOVE = frozenset({"cloudresourcemanager.googleapis.com/Folder", "cloudresourcemanager.googleapis.com/Organization"})
"""What makes an account privileged is any role here, and there are few: they are read whole."""
_OF_POLICY = frozenset({"bindings", "etag", "version"})
_STRINGS = frozenset({str})
Kept = tuple[int, str, str]
"""The number of a binding, its role, and a member of it."""


def _plain(asset: Any, relevant: Relevance | None) -> list[Kept] | None:
    """What is kept of an asset that has nothing but a policy without conditions, as nearly all have; None of others.

    These are read without the tree of places that others are read with, which takes eight times as long.
    """
    try:
        if not _USUAL.issuperset(asset) or asset["asset_type"] in _ABOVE or type(asset["name"]) is not str:
            return None
        policy, ancestors = asset["iam_policy"], asset.get("ancestors", ())
        if not _OF_POLICY.issuperset(policy) or not _STRINGS.issuperset(map(type, ancestors)):
            return None
        found: list[Kept] = []
        for number, binding in enumerate(policy.get("bindings", ())):
            role, members = binding["role"], binding["members"]
            if len(binding) != 2 or type(members) is not list:
                return None
            if relevant and relevant.is_dull(role, members):
                continue
            if not _STRINGS.issuperset(map(type, members)) or type(role) is not str or "_withcond_" in role:
                return None
            kept = relevant.members(role, members) if relevant else members
            if kept:
                found += [(number, role, member) for member in kept]
    except (AttributeError, KeyError, TypeError):
        return None
    return found


_ROLE = re.compile(r'"role"\s*:\s*')
_MEMBERS = re.compile(r'"members"\s*:\s*')
"""Keys of a binding. Inside of a text their quotes would have escapes, so that these are where bindings have them."""


class _Line:
    """A line, and where the texts in it stand."""

    def __init__(self, text: str, number: int, shown: str) -> None:
        self._text = text
        self._number = number
        self._shown = shown
        self._roles: list[int] = []
        self._members: list[int] = []

    def place(self, text: str, start: int = 0) -> Place:
        """Where a text stands from an offset on, in quotes; the whole line where it is written with escapes."""
        at = self._text.find(f'"{text}"', start)
        if at < 0:
            return Place(self.whole)
        return Place(Location(self._shown, self._number, at + 1, self._number, at + len(text) + 3))

    def role(self, binding: int, text: str) -> Place:
        """Where the role of a binding stands."""
        self._roles = self._roles or [match.end() for match in _ROLE.finditer(self._text)]
        return self.place(text, self._start(self._roles, binding))

    def member(self, binding: int, text: str) -> Place:
        """Where a member of a binding stands for the first time."""
        self._members = self._members or [match.end() for match in _MEMBERS.finditer(self._text)]
        return self.place(text, self._start(self._members, binding))

    @staticmethod
    def _start(starts: list[int], binding: int) -> int:
        """Where a binding's value starts; the line's start where a key is written with escapes."""
        return starts[binding] if binding < len(starts) else 0

    @property
    def whole(self) -> Location:
        """All of the line."""
        return Location(self._shown, self._number, 1, self._number, len(self._text.rstrip()) + 1)


def _grants(asset: dict[str, Any], kept: list[Kept], line: _Line, hierarchy: Hierarchy) -> list[Fact]:
    name = asset["name"]
    resource = resource_of(name)
    if resource is None:
        return []
    declared = Declaration(line.whole, "asset")
    hierarchy.add(asset.get("ancestors", []), project_in(name), declared)
    resource_place = line.place(name)
    role_places: dict[int, Place] = {}
    found: list[Fact] = []
    for number, role, member in kept:
        place = line.member(number, member)
        role_place = role_places.get(number) or role_places.setdefault(number, line.role(number, role))
        found.append(
            Grant(principal(member), sys.intern(role), resource, "export", declared, place, role_place, resource_place)
        )
    return found
