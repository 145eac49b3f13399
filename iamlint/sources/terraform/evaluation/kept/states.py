"""What root modules asked whose states others read: a reader depends on all of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import field
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from iamlint.basics.frozen import mutable
from iamlint.files.tree import Asked
from iamlint.sources.terraform.configuration.module import Dialect
from iamlint.sources.workspace import Workspace

if TYPE_CHECKING:
    from iamlint.cache.memory import Name

STATE: dict[Dialect, str] = {"terraform": "state of terraform", "opentofu": "state of opentofu"}
"""What a part of the work asked for: who keeps the state at a place, as one program reads the root modules."""
Top = tuple[Path, str]
"""A root module, and its workspace."""
Place = tuple[str, ...] | str


class StateNotes(Protocol):
    """Notes what root modules ask for states of others, for those who remember their evaluations."""

    def place(self, directory: Path, work: Callable[[], Place]) -> Place:
        """Return where a root module keeps its state: of memory, or of the work."""

    def ask(self, place: str) -> None:
        """Note that it matters who keeps the state at a place."""

    def of(self, top: Top) -> AbstractContextManager[None]:
        """Note what is asked inside the block as what an instance of a root module asks: who uses it asks all of it."""


OUTPUTS = "outputs"
"""What a part of the work asked for: the outputs of a root module."""
CIRCULAR: Asked = ("outputs", "that lead back to themselves")
"""What is noted of outputs that depend on themselves: their values depend on who was evaluated first."""


@mutable
class KeptStates:
    """Notes the questions about states. ``name`` identifies what evaluations depend on besides the file tree.

    Without a memory in the workspace, nothing is noted.
    """

    workspace: Workspace
    dialect: Dialect
    name: Name = ()
    _asked: dict[Top, set[Asked]] = field(default_factory=dict)

    def place(self, directory: Path, work: Callable[[], Place]) -> Place:
        """Return where a root module keeps its state: of memory, or of the work."""
        memory = self.workspace.memory
        if memory is None:
            return work()
        with memory.tree.apart():
            return self.workspace.recall((STATE[self.dialect], directory, *self.name), work)

    def ask(self, place: str) -> None:
        """Note that it matters who keeps the state at a place."""
        if self.workspace.memory:
            self.workspace.memory.tree.note((STATE[self.dialect], place))

    @contextmanager
    def of(self, top: Top) -> Iterator[None]:
        """Note what is asked inside the block as what an instance of a root module asks: who uses it asks all of it."""
        memory = self.workspace.memory
        if memory is None:
            yield
            return
        asked = self._asked.setdefault(top, set())
        memory.tree.note((OUTPUTS, str(top[0])))
        with memory.tree.tracing(asked):
            yield
        if (OUTPUTS, str(top[0])) in asked:
            asked.add(CIRCULAR)
        memory.tree.note(*asked)
