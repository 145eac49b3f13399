"""What the sources are asked for, and what they give back."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from iamlint.budget import Allowance
from iamlint.causes import VarFile
from iamlint.facts import Fact
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.location import Location, SourceText, Unreadable
from iamlint.roles import Catalog


def _silent(_message: str) -> None:
    """Progress that nobody watches."""


@dataclass(frozen=True, slots=True)
class Relevance:
    """What is kept of an export that is too large to keep, told by the names of roles and members alone.

    The grants of a ``role`` are, but those of an ``agents_role`` to Google's own agents; and whatever the role, those
    to a ``member`` that stands out. ``alike`` is a regular expression of the members that stand out as little as one,
    None where there is none.
    """

    role: Callable[[str], bool]
    agents_role: Callable[[str], bool]
    member: Callable[[str], bool]
    agent: Callable[[str], bool]
    alike: Callable[[str], str | None]
    _dull_roles: set[str] = field(default_factory=set)
    _dull_members: set[str] = field(default_factory=set)

    def is_dull(self, role: str, members: Sequence[str]) -> bool:
        """Whether nothing of a binding is kept, as is known from earlier ones: of most by a look into two sets."""
        return role in self._dull_roles and self._dull_members.issuperset(members)

    def is_dull_role(self, role: str) -> bool:
        """Whether a role, as is known from earlier bindings, is only kept for members that stand out."""
        return role in self._dull_roles

    def members(self, role: str, members: Sequence[str]) -> Sequence[str]:
        """The members of a binding whose grants are kept."""
        if not self.role(role):
            kept = [member for member in members if member not in self._dull_members and self.member(member)]
            if not kept:
                self._dull_roles.add(role)
                self._remember(members)
            return kept
        if not self.agents_role(role):
            return members
        return [member for member in members if self.member(member) or not self.agent(member)]

    def _remember(self, members: Sequence[str]) -> None:
        if len(self._dull_members) > _MOST_REMEMBERED:
            self._dull_members.clear()
        self._dull_members.update(members)


_MOST_REMEMBERED = 20_000
"""Members that are remembered at most: an export may have millions."""


@dataclass(frozen=True, slots=True)
class Options:
    """How to read.

    ``variables`` are ``NAME=VALUE`` as given to ``--var``; ``var_files`` those of ``--var-file``, in order.
    ``source_root`` is where the Terraform source of a plan lies. ``resource`` names what a policy belongs to that does
    not say so itself (``projects/P``, ``folders/N``, ``organizations/N``, ``serviceAccounts/EMAIL``).
    ``exclude`` are globs of paths that are not looked for below the given directories, though what is checked may
    still call them. ``inputs`` are globs of documents, and of folders of them, that count as named. ``files_are_named``
    says whether the user chose the files that are given, as nobody chose those of a commit; ``folders_are_named`` says
    that all that lies in a given folder counts as named, whatever else does. ``progress`` is told what is being read.
    ``relevant`` says what is kept of large exports; without it everything is. ``workspace`` is what
    ``terraform.workspace`` is in every root module, where the user says so. ``roles`` is the catalogue of Google's
    roles, where it is not the one that ships. ``allowance`` is what the run may spend. ``tree`` is
    where everything is read from.
    """

    variables: tuple[str, ...] = ()
    var_files: tuple[Path, ...] = ()
    source_root: Path | None = None
    resource: str | None = None
    second_parser: bool = False
    exclude: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    files_are_named: bool = True
    folders_are_named: bool = False
    progress: Callable[[str], None] = _silent
    relevant: Relevance | None = None
    roles: Catalog | None = None
    workspace: str | None = None
    allowance: Allowance = field(default_factory=Allowance)
    tree: Tree = DISK


@dataclass(slots=True)
class Reading:
    """Everything that the sources found: facts, what could not be read, and the texts that locations point into.

    ``unwalked`` are the directories that hold Terraform and were not looked into.
    ``excluded`` is how many files of the given directories were left out because the user's globs exclude them.
    ``var_files`` are files of variables that were met and not given.
    """

    facts: list[Fact] = field(default_factory=list)
    errors: list[Unreadable] = field(default_factory=list)
    texts: dict[str, SourceText] = field(default_factory=dict)
    files: int = 0
    unwalked: list[str] = field(default_factory=list)
    excluded: int = 0
    var_files: list[VarFile] = field(default_factory=list)

    def add(self, other: Reading) -> None:
        """Take over what another reading found."""
        self.facts += other.facts
        self.errors += other.errors
        self.texts |= other.texts
        self.files += other.files
        self.unwalked += other.unwalked
        self.excluded += other.excluded
        self.var_files += other.var_files


TIME_OF_READING = 0.6
"""Share of a run's time after which nothing more is read, so that the rules can be asked about what was."""
_LISTED = 100
"""Places that are listed which were not looked at; the rest is counted."""


def not_looked_at(shown: Iterable[str], allowance: Allowance) -> Iterator[Unreadable]:
    """An error for each file or directory that a run has no time for."""
    paths = list(dict.fromkeys(shown))
    reason = f"nothing is checked here: reading took its share of the {allowance.seconds:g} seconds of the run"
    hint = "give it more with --max-time, or check less at once"
    yield from (Unreadable(Location(path), reason, hint) for path in paths[:_LISTED])
    if len(paths) > _LISTED:
        yield Unreadable(Location(paths[_LISTED]), f"{reason}; nor in {len(paths) - _LISTED - 1} more files", hint)
