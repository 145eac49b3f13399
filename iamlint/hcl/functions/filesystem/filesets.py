"""``fileset()``: the files with paths that match a pattern.

As in Terraform, directory and pattern are joined and cleaned before matching, so that a wildcard in the directory
counts, and links to directories are followed. A missing directory has no files, which is recorded in `Files.assumed`.
Sources: ``MakeFileSetFunc`` of Terraform 1.11 and version 1 of https://github.com/bmatcuk/doublestar, which it uses;
checked with ``terraform console``.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from dataclasses import field
from functools import lru_cache
from operator import attrgetter
from pathlib import Path

from iamlint.basics.frozen import mutable
from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Data, Value
from iamlint.files.tree import Entry, Tree
from iamlint.hcl.functions.filesystem.paths import (
    LONGEST_PATH,
    absent,
    changes,
    is_inside,
    is_placeholder,
    located,
    named,
    shown,
    whole,
)
from iamlint.hcl.functions.texts.patterns import Pattern, compiled
from iamlint.hcl.functions.types import MOST_ELEMENTS, UnknownResult, set_of
from iamlint.hcl.scope import Files
from iamlint.hcl.syntax import normalized
from iamlint.unknown import Unknown

DEEPEST = 40
"""Maximum depth of directories for a pattern."""
STEPS_OF_ENTRY = 40
"""Steps for each directory entry."""
MOST_CHOICES = 256
"""Maximum number of alternatives in the braces of one part of a pattern."""
_MADE = (
    ".terraform.lock.hcl",
    ".terraform/environment",
    ".terraform/terraform.tfstate",
    ".terraform/modules/modules.json",
    ".terraform/modules/x/main.tf",
    ".terraform/providers/registry.terraform.io/hashicorp/google/7.0.0/linux_amd64/terraform-provider-google_v7.0.0_x5",
    ".terraform/providers/registry.terraform.io/hashicorp/google/7.0.0/linux_amd64/LICENSE.txt",
    "terraform.tfstate",
    "terraform.tfstate.backup",
    ".git/HEAD",
    ".git/config",
)
"""Files of a root module made by Terraform and git: patterns that match one find other files during a run."""


def fileset(files: Files, directory: Value, pattern: Value) -> Data:
    """Return the regular files below a directory that match a pattern, as paths relative to the directory."""
    top, wanted = named(files, directory), named(files, pattern)
    if "\0" in top + wanted or "\\/" in wanted or top.startswith("~"):
        raise UnknownResult(Unknown("a path that iamlint does not follow"))
    top = posixpath.normpath(whole(files, top))
    anchor = type(files.base)(files.base.anchor)
    parts = posixpath.normpath(f"{top}/{wanted}").removeprefix(anchor.as_posix()).strip("/").split("/")
    components = [_component(part) for at, part in enumerate(parts) if parts[at : at + 2] != ["**", "**"]]
    if _finds_made(files, anchor, components):
        raise UnknownResult(Unknown(f"the files that match {wanted} include some that Terraform or git makes"))
    found = _Search(files).matching(anchor, components)
    return set_of(Value(normalized(_below_top(path, top))) for path in found)


def _below_top(path: str, top: str) -> str:
    """Return what `posixpath.relpath` returns, sooner for a path below."""
    return path[len(top) + 1 :] if path.startswith(f"{top}/") else posixpath.relpath(path, top)


def _finds_made(files: Files, anchor: Path, wanted: Sequence[_Component]) -> bool:
    """Whether a pattern matches a file that Terraform or git makes in the root module."""
    root = files.base.relative_to(anchor).parts
    common = min(_plain(wanted), len(root))
    if tuple(wanted[:common]) != root[:common]:  # in most cases
        return False
    return any(_fits(wanted[common:], (*root[common:], *made.split("/"))) for made in _MADE)


_Component = str | Pattern | None
"""A name, a pattern for a name, or None for ``**``: any number of directories."""


@mutable
class _Search:
    files: Files
    visited: int = 0
    inside: list[Path] = field(default_factory=list)

    def matching(self, folder: Path, wanted: Sequence[_Component], depth: int = 0) -> Iterator[str]:
        """Yield the files below a directory that match the rest of a pattern."""
        names = [part for part in wanted[: _plain(wanted)] if isinstance(part, str)]
        folder, wanted = folder.joinpath(*names), wanted[len(names) :]
        real = located(self.files, folder.as_posix())
        if names and changes(self.files, (folder / "*" if wanted else folder).as_posix()):
            raise UnknownResult(Unknown(f"Terraform or git makes what is in {shown(self.files, folder.as_posix())}"))
        kind = self.files.tree.kind(real)
        if kind is None:
            if is_placeholder(self.files, folder.as_posix()):
                return
            if depth == 0 and wanted:
                self.files.assumed.add(shown(self.files, folder.as_posix()))
            elif depth == 0:
                raise UnknownResult(absent(shown(self.files, folder.as_posix())))
            return
        if not wanted:
            if kind == "file":
                yield folder.as_posix()
        elif _is_link_as_text(self.files.tree, real):
            name = shown(self.files, folder.as_posix())
            raise UnknownResult(
                Unknown(f"{name} is a file with a path, as git writes symbolic links where it makes none")
            )
        elif kind == "directory":
            if real in self.inside or len(self.inside) > DEEPEST:
                raise UnknownResult(Unknown(f"directories nested deeper than {DEEPEST} levels, or links in a circle"))
            self.inside.append(real)
            yield from self._below(folder, real, wanted, depth + 1)
            self.inside.pop()

    def _below(self, folder: Path, real: Path, wanted: Sequence[_Component], depth: int) -> Iterator[str]:
        entries = sorted(self.files.tree.entries(folder), key=attrgetter("name"))
        self.visited += len(entries)
        if self.files.budget:
            self.files.budget.spend(STEPS_OF_ENTRY * len(entries))
        if self.visited > MOST_ELEMENTS:
            raise UnknownResult(Unknown("more files than iamlint lists"))
        first, rest = wanted[0], wanted[1:]
        for entry in entries if first is None else ():
            if entry.link and not is_inside(self.files, self.files.tree.resolved(folder / entry.name)):
                name = shown(self.files, (folder / entry.name).as_posix())
                raise UnknownResult(Unknown(f"{name} leads out of what iamlint was given to read"))
            if entry.kind == "directory":
                yield from self.matching(folder / entry.name, wanted, depth)
            elif not rest:
                yield from self._file(folder, real, entry)
        if first is not None or rest:
            yield from self._below_once(folder, real, entries, rest if first is None else wanted, depth)

    def _below_once(
        self, folder: Path, real: Path, entries: list[Entry], wanted: Sequence[_Component], depth: int
    ) -> Iterator[str]:
        """Yield the matches whose first part is an entry of this directory."""
        first, rest = wanted[0], wanted[1:]
        for entry in entries:
            if not _is_named(first, entry.name):
                continue
            if rest:
                yield from self.matching(folder / entry.name, rest, depth)
            else:
                yield from self._file(folder, real, entry)

    def _file(self, folder: Path, real: Path, entry: Entry) -> Iterator[str]:
        """Yield the path of an entry if it leads to a file; ``real`` is its directory without symbolic links."""
        name = posixpath.join(folder.as_posix(), entry.name)
        if entry.link or len(name) > LONGEST_PATH:
            located(self.files, name)
        else:  # to follow the links of all folders above each file takes ten times as long
            self.files.looked_at.add(real / entry.name)
        if entry.kind is None:
            raise UnknownResult(Unknown(f"{shown(self.files, name)} leads to a file that is not there"))
        if entry.kind == "file":
            yield name


def _is_link_as_text(tree: Tree, real: Path) -> bool:
    """Whether a file holds nothing but the path of a directory. Source: ``core.symlinks`` of git-config(1)."""
    try:
        status = tree.status(real)
        if status.kind != "file" or status.size > _LONGEST_LINK:
            return False
        written = tree.read(real).decode("utf-8")
        return bool(written) and tree.is_directory(real.parent / written)
    except (OSError, ValueError):
        return False


_LONGEST_LINK = 1024


def _plain(wanted: Sequence[_Component]) -> int:
    """How many parts are plain names before the first pattern."""
    return next((at for at, part in enumerate(wanted) if not isinstance(part, str)), len(wanted))


def _is_named(part: _Component, name: str) -> bool:
    return part == name if isinstance(part, str) else part is None or part.search(name) is not None


def _fits(wanted: Sequence[_Component], names: Sequence[str]) -> bool:
    """Whether a path matches a pattern: by the positions of the pattern that its first parts reach."""
    reached = {0}
    for name in names:
        after: set[int] = set()
        for at in _skipped(wanted, reached):
            if at < len(wanted) and _is_named(wanted[at], name):
                after |= {at, at + 1} if wanted[at] is None else {at + 1}
        reached = after
    return len(wanted) in reached


def _skipped(wanted: Sequence[_Component], reached: set[int]) -> set[int]:
    """Return the positions, with those after a ``**`` that matches no directory; the last one matches a name."""
    found = set(reached)
    for at in range(len(wanted) - 1):
        if at in found and wanted[at] is None:
            found.add(at + 1)
    return found


@lru_cache(maxsize=512)
def _component(part: str) -> _Component:
    if part == "**":
        return None
    if not re.search(r"[*?\[{\\]", part):
        return part
    choices = "|".join(f"(?:{_as_pattern(choice)})" for choice in _choices(part))
    return compiled(rf"(?s)\A(?:{choices})\z")


_PIECE = regex(
    r"\\(?P<literal>.)|\[(?P<class>(?:\\.|[^\]\\])*)\]|(?P<wild>\*+|\?)|(?P<open>\{)|(?P<plain>[^\\\[])", re.DOTALL
)


def _choices(part: str) -> list[str]:
    """Return the patterns without braces that together match the same as this one.

    The first ``}`` closes a brace, so that one within another does not nest: ``{a,{b,c}}`` is ``a}``, ``{b}``, ``c}``.
    """
    waiting, found = [part], list[str]()
    while waiting:
        current = waiting.pop()
        at = _brace(current)
        if at is None:
            found.append(current)
        else:
            inside = re.match(r"((?:\\.|[^}\\])*)\}", current[at + 1 :], re.DOTALL)
            if inside is None:
                raise _malformed(part)
            rest = current[at + 1 + inside.end() :]
            waiting += [current[:at] + choice + rest for choice in re.split(r"(?<!\\),", inside[1])]
        if len(waiting) + len(found) > MOST_CHOICES:
            raise UnknownResult(Unknown(f"a pattern with more than {MOST_CHOICES} choices"))
    return found


def _brace(part: str) -> int | None:
    """Where the first brace opens."""
    at = 0
    while at < len(part):
        piece = _PIECE.match(part, at)
        if piece is None:
            raise _malformed(part)
        if piece["open"]:
            return at
        at = piece.end()
    return None


def _as_pattern(choice: str) -> str:
    """Return a pattern without braces as a regular expression."""
    found, at = list[str](), 0
    while at < len(choice):
        piece = _PIECE.match(choice, at)
        if piece is None or piece["class"] == "":
            raise _malformed(choice)
        at = piece.end()
        if piece["wild"]:
            found.append("[^/]" if piece["wild"] == "?" else "[^/]*")
        elif piece["class"] is not None:
            found.append(_class(piece["class"]))
        else:
            found.append(_escaped(piece["literal"] or piece["plain"]))
    return "".join(found)


def _class(inside: str) -> str:
    """Return a class of characters. Only ``^`` negates; ``!`` is a character like any other."""
    negated = inside.startswith("^")
    ranges = re.findall(r"(\\.|[^\\-])(?:-(\\.|[^\\-]))?", inside[negated:], re.DOTALL)
    if sum(len(low) + len(high) + bool(high) for low, high in ranges) != len(inside[negated:]) or not ranges:
        raise _malformed(f"[{inside}]")
    written = (_escaped(low[-1]) + (f"-{_escaped(high[-1])}" if high else "") for low, high in ranges)
    return f"[{'^' if negated else ''}{''.join(written)}]"


def _escaped(character: str) -> str:
    return character if character.isalnum() or not character.isascii() else f"\\x{ord(character):02x}"


def _malformed(part: str) -> UnknownResult:
    """Terraform refuses a malformed pattern only when a name gets as far as what is wrong."""
    return UnknownResult(Unknown(f"{part} is not a pattern for files"))
