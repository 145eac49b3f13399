"""Reads line-by-line exports of any size: one asset at a time, and only what the rules need is kept.

Source: https://cloud.google.com/asset-inventory/docs/exporting-to-cloud-storage
"""

from __future__ import annotations

import json
import os
import re
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

from iamlint.basics.lazy_regex import regex
from iamlint.budget import Exhausted
from iamlint.documents import read_json, read_json_documents
from iamlint.facts import Fact
from iamlint.files.compressed import is_compressed, opened
from iamlint.files.tree import Tree
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.gcloud.assets import RESOURCES, assets
from iamlint.sources.gcloud.hierarchy import Hierarchy
from iamlint.sources.gcloud.plain_assets import PlainReader
from iamlint.sources.gcloud.recognition.kinds import kind_of
from iamlint.sources.gcloud.recognition.shapes import problems
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
_OF_ASSETS = regex(rb'"asset_?[tT]ype"\s*:\s*"')
"""A text that each asset has; the first line of another document, such as providers' schemas, may be all of it."""
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
    plain = PlainReader(shown, relevant, hierarchy, dull)
    work = options.allowance.document(_size(path, options.tree))
    for number, line in _lines(path, shown, reading, dull, options):
        found = _facts(line, number, shown, relevant, hierarchy, plain)
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
                at, found = 0, list[tuple[int, bytes]]()
                is_learning = dull is not None and not dull.is_ready  # then it skips lines like those before
                while at < len(lines):
                    if dull:
                        start, at = at, dull.end(lines, at)
                        number += lines.count(b"\n", start, at)
                    if not lines.startswith(b"{", at) and (blank := _BLANK.match(lines, at)):
                        number, at = number + blank[0].count(b"\n"), blank.end()
                        continue
                    end = lines.find(b"\n", at) + 1 or len(lines)
                    if end > at and not (line := lines[at:end]).isspace():
                        found.append((number, line))
                    number, at = number + (end > at), end
                    if is_learning:
                        yield from found
                        found.clear()
                yield from found  # together: RE2's tables leave the processor's cache where each line is read at once
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
    line: bytes, number: int, shown: str, relevant: ExportFilter | None, hierarchy: Hierarchy, plain: PlainReader
) -> list[Fact] | Unreadable:
    """Return the facts of one line; empty if no rule needs it."""
    if len(line) > LONGEST:
        return Unreadable(_at(shown, number), f"the line is longer than {LONGEST} bytes")
    text = line.decode("utf-8", "replace")
    try:
        asset = _parsed(text)
    except (ValueError, RecursionError):
        asset = None
    found = plain.facts(asset, line, text, number)
    if found is not None:
        return found
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


_SCAN: Callable[[str, int], tuple[Any, int]] = json.JSONDecoder().scan_once  # type: ignore[attr-defined]  # of the C scanner


def _parsed(text: str) -> Any:
    """Return what `json.loads` returns, in half the time for a short text without a blank before it.

    Raises ValueError or RecursionError.
    """
    try:
        value, end = _SCAN(text, 0)
    except StopIteration:  # something comes before the value
        return json.loads(text)
    return value if not text[end:].strip(" \t\r\n") else json.loads(text)


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


_STRINGS = frozenset({str})
_OF_RESOURCE = regex(r"//(?!.*/(?:denypolicies|principalAccessBoundaryPolicies|policyBindings)/)", re.DOTALL)
_OF_RESOURCES = frozenset({"name", "asset_type", "assetType", "resource", "ancestors", "update_time", "updateTime"})
