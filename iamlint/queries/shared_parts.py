"""Parts of findings that many findings share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from iamlint.estate import Estate
from iamlint.facts import Grant
from iamlint.finding import Related, Step
from iamlint.patterns.fact_schema import kind_of
from iamlint.unknown import worded

_Known = TypeVar("_Known", bound=dict[Any, Any])


class SharedParts:
    """Parts of findings, each made once for an estate: thousands of findings lead over one hop, or to one grant.

    A grant or hop is known by its identity, so it is kept with what was made of it. The last 2,000 are kept: the
    findings of a project are mostly consecutive.
    """

    def __init__(self, _estate: Estate) -> None:
        self._steps: dict[int, tuple[object, Step]] = {}
        self._related: dict[int, tuple[Grant, Related]] = {}
        self._privileges: dict[int, tuple[Grant, str]] = {}
        self._texts: dict[tuple[str, ...], tuple[str, ...]] = {}

    def step(self, hop: object, make: Callable[[], Step]) -> Step:
        """Return a hop as a step of a flow, which is made once."""
        found = self._steps.get(id(hop))
        if found is None:
            found = _with_room(self._steps)[id(hop)] = hop, make()
        return found[1]

    def related(self, grant: Grant) -> Related:
        """Return a grant as a place related to a finding."""
        found = self._related.get(id(grant))
        if found is None:
            kind = kind_of(grant)
            found = _with_room(self._related)[id(grant)] = (
                grant,
                Related(kind.place(grant, ()).at, kind.described(grant)),
            )
        return found[1]

    def privilege(self, grant: Grant) -> str:
        """Return what a grant gives: ``roles/owner on project shop``."""
        found = self._privileges.get(id(grant))
        if found is None:
            found = _with_room(self._privileges)[id(grant)] = grant, f"{worded(grant.role)} on {grant.resource}"
        return found[1]

    def texts(self, texts: tuple[str, ...]) -> tuple[str, ...]:
        """Return an equal tuple of texts that other findings have, too."""
        return _with_room(self._texts).setdefault(texts, texts)


_MOST_KEPT = 2_000


def _with_room(known: _Known) -> _Known:
    """Return a table, emptied if it is full."""
    if len(known) >= _MOST_KEPT:
        known.clear()
    return known


def shared_parts(estate: Estate) -> SharedParts:
    """Return the shared parts of the findings of an estate, kept with it."""
    return estate.made(SharedParts)
