"""Named questions to the whole estate: what a pattern over one fact cannot ask. They yield facts, never messages."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from iamlint.estate import Estate
from iamlint.match import Match
from iamlint.queries.services import missing_iamcredentials


@dataclass(frozen=True, slots=True)
class Query:
    """A question, and the words that its answers have for messages, beside those of every fact."""

    ask: Callable[[Estate], Iterator[Match]]
    words: tuple[str, ...] = ()


QUERIES: Mapping[str, Query] = {
    "missing_iamcredentials": Query(missing_iamcredentials, ("caller", "project")),
}
