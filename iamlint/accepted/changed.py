"""Lines that a working tree has changed since a revision, and the findings on them.

The files are compared as texts with the files of the revision, which git reads by name; no code of the checkout runs.
Terraform is compared block by block, without comments: a block that moved to another place or file, or that a ``moved``
block renames, is compared with its old version. A block that was a comment before is new.
"""

from __future__ import annotations

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import field, replace
from pathlib import Path

from iamlint.accepted.earlier import Earlier
from iamlint.accepted.gone import BLOCKS as _BLOCKS
from iamlint.accepted.gone import HCL as _HCL
from iamlint.accepted.gone import Gone, is_block_file, lines_of, without_comments
from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.files.disk import DISK
from iamlint.files.revision import Revision
from iamlint.files.texts import load
from iamlint.finding import IN_CALL, Finding, UnknownAnswer
from iamlint.hcl import read_file
from iamlint.hcl.syntax import Block, File
from iamlint.location import Location, SourceText
from iamlint.logic.path_globs import PathGlobs
from iamlint.results.report import ChangedSince, Report
from iamlint.sources.names import ASSIGNMENTS

_MOST_PAIRS = 4_000_000
"""Maximum number of pairs of lines that are compared; the lines of larger changes all count as changed."""
_MOST_DEFINITIONS = 300
"""Maximum number of definitions that are followed for a value."""
_CONTROLS = frozenset({"count", "source", "version", "provider", "providers"})
"""Arguments that decide whether a block counts, and what it means."""
_ORDER = frozenset({"depends_on"})
"""Arguments that change nothing but the order."""
_CONTROL_BLOCKS = frozenset({"lifecycle", "condition"})

_REFERENCE = regex(
    r"\b(?:(?P<kind>var|local|module|data\.\w+|google_\w+)\.(?P<name>[\w-]+)|(?P<each>\w+\.(?:value|key|index)\b))"
)
"""The dependencies of an expression: names of the module, and elements of a repetition."""
_EACH = regex(r"each\.(?:value|key)(?:\.\w+)*")
_ELEMENT = regex(r'"[^"]*",?')
"""A line with an element of a list of texts."""
_KEYS = regex(r'\["((?:[^"\\]|\\.)*)"\]')
"""The instance keys in an address."""

Key = tuple[str, ...]
"""The key of a block: its type and its labels."""


@frozen
class _Part:
    """A block of a file.

    ``lines`` are its lines without comments, runs of blanks as one, and without the block's header. ``first`` is the
    number of its first line. ``controls`` decide whether it counts, ``repeated`` how often, ``arguments`` are its own
    arguments by name, as locations. ``names`` are those of its arguments and nested blocks.
    """

    key: Key
    at: Location
    lines: tuple[str, ...]
    controls: tuple[str, ...]
    repeated: tuple[str, ...]
    arguments: Mapping[str, Location]
    names: Counter[str]

    @property
    def first(self) -> int:
        return self.at.line


@frozen
class _Change:
    """The changed lines of a file, and its blocks, each with the texts that repeated it before if these changed.

    By the first line of a block: ``cut`` are those that lack a line that they had, ``lost`` the names of arguments and
    nested blocks that are not there any more.
    """

    lines: frozenset[int] = frozenset()
    parts: tuple[_Part, ...] = ()
    anew: frozenset[int] = frozenset()
    repeated: Mapping[int, str] = field(default_factory=dict)
    cut: frozenset[int] = frozenset()
    lost: Mapping[int, frozenset[str]] = field(default_factory=dict)
    everything: bool = False

    def holds(self, at: Location) -> bool:
        """Whether one of the lines of a place changed."""
        return self.everything or any(line in self.lines for line in range(at.line, at.end_line + 1))

    def part(self, line: int) -> _Part | None:
        """Return the block that a line is in."""
        return next((part for part in self.parts if part.at.line <= line <= part.at.end_line), None)


class Changes:
    """The changes since a revision, in the files of a run. Each file is compared on first use."""

    def __init__(self, before: Revision, texts: Mapping[str, SourceText], exclude: PathGlobs | None = None) -> None:
        self.revision = self._before = before
        self._texts = texts
        self._gone = Gone(before, exclude or PathGlobs())
        self._known: dict[str, _Change] = {}
        self._parts: dict[Path, dict[Key, list[_Part]]] = {}
        self._moved: dict[Path, dict[str, str]] = {}
        self._assigned: dict[str, dict[str, Location]] = {}

    def holds(self, at: Location) -> bool:
        """Whether a line of a place changed."""
        return self._of(at.path).holds(at)

    def holds_block(self, at: Location) -> bool:
        """Whether any line of the block that a place is in changed; of a file without blocks, a line of the place."""
        change = self._of(at.path)
        part = change.part(at.line)
        return change.holds(part.at if part else at)

    def holds_document(self, at: Location) -> bool:
        """Whether any line of a file without blocks changed: what is unread in a document may be anywhere in it."""
        change = self._of(at.path)
        return not change.parts and (change.everything or bool(change.lines))

    def is_decided_anew(self, at: Location, keys: Iterable[str]) -> bool:
        """Whether an argument that controls the block of a place changed: its number, its condition, its source.

        In a repeated block only instances with a new key count; ``keys`` are the keys in the address.
        """
        change = self._of(at.path)
        part = change.part(at.line)
        if part is None:
            return False
        before = change.repeated.get(part.first)
        return part.first in change.anew or (before is not None and not any(key in before for key in keys))

    def has_lost(self, at: Location, *, argument: bool) -> bool:
        """Whether the block of a place lacks a line that it had; ``argument``: an argument or a nested block."""
        change = self._of(at.path)
        part = change.part(at.line)
        return part is not None and part.first in (change.lost if argument else change.cut)

    def block(self, at: Location) -> Location:
        """Return the block that a place is in, the place itself without one."""
        part = self._of(at.path).part(at.line)
        return part.at if part else at

    def first(self, at: Location) -> Location:
        """Return the first changed line of a place, or of the block that begins there; the place itself without one."""
        change, text = self._of(at.path), self._texts.get(at.path)
        part = change.part(at.line)
        last = part.at.end_line if part and part.at.line == at.line else at.end_line
        number = next((line for line in range(at.line, last + 1) if line in change.lines), at.line)
        if text is None or change.everything or number == at.line:
            return at
        line = text.line(number)
        return Location(at.path, number, len(line) - len(line.lstrip()) + 1, number, len(line.rstrip()) + 1)

    # -- what a value depends on -------------------------------------------------------------------------------------

    def numbers(self, at: Location) -> Iterator[Location]:
        """Yield the ``count`` of the block that a place is in."""
        part = self._of(at.path).part(at.line)
        if part and "count" in part.arguments:
            yield part.arguments["count"]

    def origins(
        self, places: Iterable[Location], calls: tuple[Location, ...], keys: Collection[str]
    ) -> Iterator[Location]:
        """Yield the changed definitions of names that the texts at some places depend on, directly or through others.

        ``calls`` are the module calls that may lead there, ``keys`` the instance keys in the address. Names are
        followed as they are written: if several definitions may set a value, all count.
        """
        waiting, seen = [(at, False) for at in places], set[tuple[Location, bool]]()
        while waiting and len(seen) < _MOST_DEFINITIONS:
            at, repeated = waiting.pop()
            for place, again in self._definitions(at, calls):
                found = (place, again or repeated)
                if found not in seen:
                    seen.add(found)
                    waiting.append(found)
                    if self._holds_for(*found, keys):
                        yield found[0]

    def _holds_for(self, at: Location, repeated: bool, keys: Collection[str]) -> bool:
        """Whether a definition changed; of a list that repeats a block, not the elements of other instances."""
        change, text = self._of(at.path), self._texts.get(at.path)
        part = change.part(at.line)
        if part and part.key[0] == "module" and part.at == at and part.first in change.lost:
            return True
        if not repeated or not keys or text is None or change.everything:
            return change.holds(at)
        lines = [text.line(line).strip() for line in range(at.line, at.end_line + 1) if line in change.lines]
        return any(not _ELEMENT.fullmatch(line) or any(f'"{key}"' in line for key in keys) for line in lines)

    def _definitions(self, at: Location, calls: tuple[Location, ...]) -> Iterator[tuple[Location, bool]]:
        """Yield where the names in a text are defined, and whether that repeats the block."""
        source = self._texts.get(at.path)
        if source is None or not at.path.endswith((*_HCL, ".tf.json", ".tofu.json")):
            return
        start, end = source.offsets(at)
        directory, part = os.path.dirname(at.path), self._of(at.path).part(at.line)
        if _EACH.fullmatch(source.text, start, end):
            return  # where its value is written is known exactly
        for found in _REFERENCE.finditer(source.text, start, end):
            if found["each"]:
                each = part.arguments.get("for_each") if part else None
                yield from [(each, True)] if each else []
            elif found["kind"] == "local":
                yield from ((one, False) for one in self._arguments(directory, "locals", found["name"]))
            elif found["kind"] == "var":
                yield from ((one, False) for one in self._values(directory, found["name"], calls))
            else:
                kind = ("module",) if found["kind"] == "module" else tuple(found["kind"].split("."))
                key = kind if kind[0] in ("module", "data") else ("resource", *kind)
                yield from ((part.at, False) for part in self._named((*key, found["name"]), directory))

    def _values(self, directory: str, name: str, calls: tuple[Location, ...]) -> Iterator[Location]:
        """Yield the values that a variable of a module may have: of calls, of tfvars, its default."""
        for call in calls:
            part = self._of(call.path).part(call.line)
            if part and name in part.arguments:
                yield part.arguments[name]
            elif part and name in self._of(call.path).lost.get(part.first, ()):
                yield part.at
        for shown in self._texts:
            if shown.endswith(ASSIGNMENTS):
                yield from self._assignments(shown, name)
        for part in self._named(("variable", name), directory):
            yield part.at

    def _arguments(self, directory: str, kind: str, name: str) -> Iterator[Location]:
        for part in self._named((kind,), directory):
            if name in part.arguments:
                yield part.arguments[name]

    def _named(self, key: Key, directory: str) -> Iterator[_Part]:
        for shown in self._texts:
            if shown.endswith(_BLOCKS) and os.path.dirname(shown) == directory:
                yield from (part for part in self._of(shown).parts if part.key == key)

    def _assignments(self, shown: str, name: str) -> Iterator[Location]:
        if shown not in self._assigned:
            file = read_file(self._texts[shown])
            self._assigned[shown] = {
                key: file.source.location(one.start, one.end) for key, one in file.body.arguments.items()
            }
        if name in self._assigned[shown]:
            yield self._assigned[shown][name]

    # -- files -------------------------------------------------------------------------------------------------------

    def _of(self, shown: str) -> _Change:
        if shown not in self._known:
            self._known[shown] = self._compared(shown)
        return self._known[shown]

    def _compared(self, shown: str) -> _Change:
        now, path = self._texts.get(shown), Path(os.path.abspath(shown))
        if now is None and not DISK.exists(path):
            return _Change()  # the stub of a module that is not installed
        if now is None or not path.is_relative_to(self._before.top):
            return _Change(everything=True)  # nothing is known about it
        if shown.endswith(_BLOCKS):
            file = read_file(now)
            if not file.errors:
                return self._by_block(file, path.parent)
        before = self._source(path) if self._before.exists(path) else self._gone.former(path, now)
        return _Change(frozenset(_new(lines_of(before) if before else [], lines_of(now))))

    # -- blocks ------------------------------------------------------------------------------------------------------

    def _by_block(self, file: File, directory: Path) -> _Change:
        parts, changed, anew, repeated = tuple(_parts(file)), set[int](), set[int](), dict[int, str]()
        cut, lost = set[int](), dict[int, frozenset[str]]()
        for part in parts:
            before = self._block_before(part.key, directory)
            if any(part.lines == one.lines for one in before):
                continue
            if not before or part.controls not in [one.controls for one in before]:
                anew.add(part.first)
            if part.repeated not in [one.repeated for one in before]:
                repeated[part.first] = " ".join(text for one in before for text in one.repeated)
            if before and all(Counter(one.lines) - Counter(part.lines) for one in before):
                cut.add(part.first)
            if before and all(one.names - part.names for one in before):
                lost[part.first] = frozenset(name for one in before for name in one.names - part.names)
            lines = [line for one in before for line in one.lines]
            changed.update(part.first + number - 1 for number in _new(lines, part.lines))
        return _Change(frozenset(changed), parts, frozenset(anew), repeated, frozenset(cut), lost)

    def _block_before(self, key: Key, directory: Path) -> list[_Part]:
        """Return the revision's blocks of a key in a module, also under the address that it was moved from."""
        known = self._parts_of(directory)
        seen: set[Key] = set()
        while key not in known and key not in seen:
            seen.add(key)
            address = ".".join(key[1:] if key[0] == "resource" else key)
            former = self._moves_of(directory).get(address)
            if former is None:
                return []
            key = (key[0], *former.split(".")) if key[0] == "resource" else tuple(former.split("."))
        return known.get(key, [])

    def _parts_of(self, directory: Path) -> dict[Key, list[_Part]]:
        """Return the blocks that the revision has in a module; of a module that was renamed, those of its folder."""
        if directory not in self._parts:
            found: dict[Key, list[_Part]] = defaultdict(list)
            for path in self._configuration(directory) or self._configuration(self._renamed(directory)):
                source = self._source(path)
                for part in _parts(read_file(source)) if source else ():
                    found[part.key].append(part)
            self._parts[directory] = found
        return self._parts[directory]

    def _configuration(self, directory: Path | None) -> list[Path]:
        if directory is None or not self._before.is_directory(directory):
            return []
        return [directory / name for name in self._before.names(directory) if is_block_file(name)]

    def _renamed(self, directory: Path) -> Path | None:
        """Return the former folder of a new module: a removed one that had most of its files."""
        names = {Path(path).name for path in self._texts if Path(os.path.abspath(path)).parent == directory}
        count: dict[Path, int] = defaultdict(int)
        for path in self._gone.paths(_BLOCKS):
            if not DISK.exists(path.parent):
                count[path.parent] += 1 + (path.name in names)
        return max(sorted(count), key=lambda one: (count[one], one.name == directory.name), default=None)

    def _moves_of(self, directory: Path) -> dict[str, str]:
        """Return the addresses in the module's ``moved`` blocks: old ones, without instance keys, by new ones."""
        if directory not in self._moved:
            moves: dict[str, str] = {}
            for shown, text in self._texts.items():
                if shown.endswith(_BLOCKS) and Path(os.path.abspath(shown)).parent == directory:
                    for block in read_file(text).body.blocks if "moved" in text.text else ():
                        if block.type == "moved" and {"from", "to"} <= block.body.arguments.keys():
                            old, new = (_address(block, name, text) for name in ("from", "to"))
                            moves[new] = old
            self._moved[directory] = moves
        return self._moved[directory]

    # -- files -------------------------------------------------------------------------------------------------------

    def _source(self, path: Path) -> SourceText | None:
        found = load(path, path.as_posix(), self._before)
        return found if isinstance(found, SourceText) else None


# -- texts -------------------------------------------------------------------------------------------------------------


def _parts(file: File) -> Iterator[_Part]:
    """Yield the blocks of a file; nothing of a file with errors."""
    text, location = without_comments(file), file.source.location
    for block in file.body.blocks if not file.errors else ():
        after = text.find("\n", block.end)
        lines = text[block.header_end : after if after >= 0 else len(text)].split("\n")
        yield _Part(
            key=(block.type, *(label.text for label in block.labels)),
            at=location(block.start, block.end),
            lines=tuple(" ".join(line.split()) for line in lines),
            controls=tuple(_controls(block, text)),
            repeated=tuple(_repeated(block, text)),
            arguments={name: location(one.start, one.end) for name, one in block.body.arguments.items()},
            names=Counter([*(block.body.arguments.keys() - _ORDER), *(inner.type for inner in block.body.blocks)]),
        )


def _controls(block: Block, text: str) -> Iterator[str]:
    for name, argument in block.body.arguments.items():
        if name in _CONTROLS:
            yield " ".join(text[argument.start : argument.end].split())
    for inner in block.body.blocks:
        if inner.type in _CONTROL_BLOCKS:
            yield " ".join(text[inner.start : inner.end].split())


def _repeated(block: Block, text: str) -> Iterator[str]:
    """Yield the ``for_each`` of a block."""
    argument = block.body.arguments.get("for_each")
    if argument:
        yield " ".join(text[argument.start : argument.end].split())


def _address(block: Block, name: str, source: SourceText) -> str:
    """Return an address in a ``moved`` block, without instance keys."""
    expression = block.body.arguments[name].expression
    return "".join(source.text[expression.start : expression.end].split()).partition("[")[0]


def _new(before: list[str], after: list[str] | tuple[str, ...]) -> Iterator[int]:
    """Yield the numbers, from 1, of the lines that are not in the text before; blank lines never are."""
    start, most = 0, min(len(before), len(after))
    while start < most and before[start] == after[start]:
        start += 1
    end = 0
    while end < most - start and before[-1 - end] == after[-1 - end]:
        end += 1
    old, new = before[start : len(before) - end], list(after[start : len(after) - end])
    kept: set[int] = set()
    if len(old) * len(new) <= _MOST_PAIRS:
        from difflib import SequenceMatcher

        for match in SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks():
            kept.update(range(match.b, match.b + match.size))
    yield from (start + number + 1 for number, line in enumerate(new) if number not in kept and line)


# -- reports -----------------------------------------------------------------------------------------------------------


def _is_anew(unknown_answer: UnknownAnswer, changes: Changes) -> bool:
    """Whether lines changed of the block of an unknown answer, or of the document that is unread."""
    at = unknown_answer.at
    return changes.holds_block(at) or (unknown_answer.rule is None and changes.holds_document(at))


def since(report: Report, revision: str, changes: Changes, check: Callable[[], Earlier]) -> Report:
    """Return the report on the changed lines, with the numbers of left out findings and unknown answers.

    A finding counts if a part of its fact, a related place, or an argument that controls its block or a call changed,
    or if its block lost something. It is shown at the first of its places that changed. If anything is left out,
    ``check`` returns a check of the revision, and what that did not have counts, too. Errors always count.
    """
    findings = {one: changed for one in report.findings if (changed := _changed(one, changes))}
    unknown_answers = {one for one in report.unknown_answers if _is_anew(one, changes)}
    unread = 0
    if len(findings) < len(report.findings) or len(unknown_answers) < len(report.unknown_answers):
        earlier = check()
        findings = {**{one: one for one in earlier.new_findings(report)}, **findings}
        unknown_answers.update(earlier.new_unknown_answers(report))
        unread = earlier.errors(report)
    kept = replace(
        report,
        findings=tuple(findings[one] for one in report.findings if one in findings),
        accepted=tuple(one for one in report.accepted if _changed(one.finding, changes)),
        unknown_answers=tuple(one for one in report.unknown_answers if one in unknown_answers),
    )
    findings_left_out = len(report.findings) - len(kept.findings)
    left_out = ChangedSince(revision, findings_left_out, len(report.questions) - len(kept.questions), unread)
    return replace(kept, changed_since=left_out)


def _changed(finding: Finding, changes: Changes) -> Finding | None:
    """Return a finding at its first changed place; None without one."""
    first = finding.origin or finding.at
    whole = () if finding.parts else (changes.block(finding.at),)
    stated = (first, finding.at, *finding.parts, *whole)
    for at in stated:
        if changes.holds(at):
            return replace(finding, origin=None if at in (finding.at, *whole) else at)
    related = [one.at for one in finding.related if one.message != IN_CALL]
    related += [step.at for step in finding.flow.steps] if finding.flow else []
    for at in related:
        if changes.holds(at):
            return replace(finding, origin=at)
    if changes.has_lost(finding.at, argument=bool(finding.parts)):
        return finding
    keys = _KEYS.findall(finding.address or "")
    if changes.is_decided_anew(finding.at, keys):
        return finding
    for call in finding.via:
        if changes.is_decided_anew(call, keys):
            return replace(finding, origin=changes.first(call))
    numbers = (at for block in (finding.at, *finding.via) for at in changes.numbers(block))
    for at in changes.origins((*stated, *numbers), finding.via, keys):
        return replace(finding, origin=changes.first(at))
    return None
