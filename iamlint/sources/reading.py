"""The options and the result of reading sources."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING

from iamlint.basics.frozen import frozen, mutable
from iamlint.budget import Allowance
from iamlint.facts import Fact
from iamlint.files.disk import DISK
from iamlint.files.tree import Tree
from iamlint.location import Location, SourceText, Unreadable
from iamlint.logic.path_globs import PathGlobs
from iamlint.roles import Catalog

if TYPE_CHECKING:
    from iamlint.cache.memory import Memory
    from iamlint.cache.units import Units
    from iamlint.causes import VarFile


def _silent(_message: str) -> None:
    """Ignore progress messages."""


class OrderMatters(Exception):
    """Raised when results of an earlier run may not be those of this one: it has to do all of the work.

    Who reads the outputs of a root module first spends the steps for them. That matters where there are too few.
    """


@frozen
class ExportFilter:
    """Selects what is kept of a very large export, by the names of roles and members only.

    Kept are the grants of a ``role``, except those of an ``agents_role`` to an ``unneeded_agent``: an agent of Google's
    that is not relevant; and, for any role, those to a relevant ``member``. ``alike`` is a regular expression of the
    members that are not relevant either, or None. ``policies`` says that each resource whose policy was
    seen is kept, too, whatever of it is relevant. ``dull_roles`` and ``dull_members`` are known from earlier bindings:
    a binding of such a role to such members only is skipped.
    """

    role: Callable[[str], bool]
    agents_role: Callable[[str], bool]
    member: Callable[[str], bool]
    unneeded_agent: Callable[[str], bool]
    alike: Callable[[str], str | None]
    policies: bool = False
    dull_roles: set[str] = field(default_factory=set)
    dull_members: set[str] = field(default_factory=set)
    _whole_roles: set[str] = field(default_factory=set)
    _agents_roles: set[str] = field(default_factory=set)

    def members(self, role: str, members: Sequence[str]) -> Sequence[str]:
        """Return the members of a binding whose grants are kept."""
        if role in self._whole_roles:
            return members
        if role in self._agents_roles:
            return [member for member in members if not self.unneeded_agent(member)]
        if role in self.dull_roles or not self.role(role):
            kept = [member for member in members if member not in self.dull_members and self.member(member)]
            if not kept:
                self.dull_roles.add(role)
                self._remember(members)
            return kept
        (self._agents_roles if self.agents_role(role) else self._whole_roles).add(role)
        return self.members(role, members)

    def _remember(self, members: Sequence[str]) -> None:
        if len(self.dull_members) > _MOST_REMEMBERED:
            self.dull_members.clear()
        self.dull_members.update(members)


_MOST_REMEMBERED = 20_000
"""Maximum number of remembered members: an export may have millions."""


@frozen
class Options:
    """Options for reading.

    ``variables`` are ``NAME=VALUE`` as given to ``--var``; ``var_files`` those of ``--var-file``, in order. ``preset``
    are the configuration's, which a root module may not declare. ``backend`` are settings of a partial backend, or the
    file of them.
    ``source_root`` is the directory of a plan's Terraform source. ``resource`` names the resource of a policy that does
    not name one (``projects/P``, ``folders/N``, ``organizations/N``, ``serviceAccounts/EMAIL``). ``exclude`` are globs
    of paths below the given directories that are not searched; checked modules may still call them. ``inputs`` are
    globs of documents, and of folders of them, that count as named. ``files_are_named`` says whether the user chose the
    given files (nobody chose those of a commit); ``folders_are_named`` says that everything in a given folder counts as
    named. ``progress`` is called with what is being read. ``relevant`` selects what is kept of large exports; without
    it everything is. ``workspace`` is the value of ``terraform.workspace`` in every root module, if the user gives one.
    ``roles`` is the catalogue of Google's roles, if not the built-in one. ``allowance`` limits the run. ``tree`` is the
    file tree to read from. ``may_be_empty`` says that paths without anything to check are not errors. ``units`` are
    parts of an earlier run to use again; ``context`` is a hash of what else the result depends on. ``memory``
    is what a session remembers, for files of its tree. ``before`` says that the state before plans is read, and nothing
    else. ``before_facts`` is called with a reading before the facts of Terraform source are in it, and a hash of what
    they are made of, None without one.
    """

    variables: tuple[str, ...] = ()
    preset: tuple[str, ...] = ()
    backend: Mapping[str, str] | Path | None = None
    var_files: tuple[Path, ...] = ()
    source_root: Path | None = None
    resource: str | None = None
    second_parser: bool = False
    exclude: PathGlobs = field(default_factory=PathGlobs)
    inputs: PathGlobs = field(default_factory=PathGlobs)
    files_are_named: bool = True
    folders_are_named: bool = False
    progress: Callable[[str], None] = _silent
    relevant: ExportFilter | None = None
    roles: Catalog | None = None
    workspace: str | None = None
    allowance: Allowance = field(default_factory=Allowance)
    tree: Tree = DISK
    may_be_empty: bool = False
    units: Units | None = None
    context: object = ""
    memory: Memory | None = None
    before: bool = False
    before_facts: Callable[[Reading, str | None], None] | None = None


@mutable
class Reading:
    """The result of reading: facts, errors, and the texts that locations point into.

    ``unwalked`` are directories with Terraform that were not searched. ``excluded`` is the number of files in the given
    directories that the user's globs exclude. ``var_files`` are variable files that were found but not given. ``empty``
    are the given paths without anything to check. ``undeclared`` are the names of ``preset`` variables that
    no root module declares. ``foreign`` says of one document that it is another program's, whatever its name says.
    """

    facts: list[Fact] = field(default_factory=list)
    errors: list[Unreadable] = field(default_factory=list)
    texts: dict[str, SourceText] = field(default_factory=dict)
    files: int = 0
    unwalked: list[str] = field(default_factory=list)
    excluded: int = 0
    var_files: list[VarFile] = field(default_factory=list)
    empty: list[str] = field(default_factory=list)
    undeclared: list[str] = field(default_factory=list)
    foreign: bool = False

    def add(self, other: Reading) -> None:
        """Add another result."""
        self.facts += other.facts
        self.errors += other.errors
        self.texts |= other.texts
        self.files += other.files
        self.unwalked += other.unwalked
        self.excluded += other.excluded
        self.var_files += other.var_files
        self.empty += other.empty
        self.undeclared += other.undeclared


TIME_OF_READING = 0.6
"""Share of a run's time after which reading stops, so that the rules still have time."""
_LISTED = 100
"""Maximum number of listed places that were not read; the rest is counted."""


def nothing_in(shown: str, what: str = "here", why: str = "") -> Unreadable:
    """Return the error of a path without anything to check; ``why`` names the files in it that do not count."""
    hint = why or "give Terraform files, a plan as JSON, or gcloud exports"
    return Unreadable(Location(shown), f"nothing {what} can be checked", hint)


def not_looked_at(shown: Iterable[str], allowance: Allowance) -> Iterator[Unreadable]:
    """Yield an error for each file or directory that a run has no time for."""
    paths = list(dict.fromkeys(shown))
    reason = f"nothing is checked here: reading took its share of the {allowance.seconds:g} seconds of the run"
    hint = "give it more with --max-time, or check less at once"
    yield from (Unreadable(Location(path), reason, hint) for path in paths[:_LISTED])
    if len(paths) > _LISTED:
        yield Unreadable(Location(paths[_LISTED]), f"{reason}; nor in {len(paths) - _LISTED - 1} more files", hint)
