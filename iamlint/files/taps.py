"""Sets that collect what is asked inside a block: what a result depends on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar

Question = TypeVar("Question")


class Taps(Generic[Question]):
    """The sets that are open; each gets every question that is noted meanwhile."""

    def __init__(self) -> None:
        self._taps: list[set[Question]] = []

    def tap(self, asked: set[Question]) -> None:
        """Add each question from now on to a set."""
        self._taps.append(asked)

    @contextmanager
    def tracing(self, asked: set[Question]) -> Iterator[None]:
        """Add each question inside the block to a set, also one that was asked before."""
        self._taps.append(asked)
        try:
            yield
        finally:
            self._taps.pop()

    @contextmanager
    def apart(self) -> Iterator[None]:
        """Add no question inside the block to the sets outside of it."""
        before, self._taps = self._taps, []
        try:
            yield
        finally:
            self._taps = before

    @contextmanager
    def without(self, asked: set[Question]) -> Iterator[None]:
        """Add no question inside the block to this set, but to all others."""
        before, self._taps = self._taps, [tap for tap in self._taps if tap is not asked]
        try:
            yield
        finally:
            self._taps = before
