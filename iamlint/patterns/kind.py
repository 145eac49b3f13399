"""A kind of fact, as rules see it: its words, the placeholders of its messages, where a match is reported."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from typing import Any, Generic, TypeVar

from iamlint.basics.frozen import frozen
from iamlint.estate import Estate
from iamlint.facts import Place, Resource, Written
from iamlint.finding import Related
from iamlint.patterns.predicates import Word

Permissions = tuple[str, ...]


F = TypeVar("F")


def _declaration(fact: Any, _permissions: Permissions) -> Place:
    return Place(fact.declared.at)


def argument(fact: Any, _permissions: Permissions) -> Place:
    """Return the place of a fact's argument, or else of its declaration."""
    place: Place | None = fact.place
    return place or Place(fact.declared.at)


@frozen(slots=False)
class Kind(Generic[F]):
    """A kind of fact. ``name`` is its key in ``when:``; it is empty for kinds that only queries return.

    ``words`` are the words of its patterns, the cheap ones first; ``shown`` the placeholders of its messages. ``place``
    returns the narrowest argument that causes a match with these permissions, ``resource`` the subject of a finding,
    ``origins`` the further places that belong to it, and ``described`` the text for a fact related to a finding.
    """

    type: type[F]
    name: str = ""
    words: Mapping[str, Word[F]] = field(default_factory=dict)
    shown: Mapping[str, Callable[[F], str]] = field(default_factory=dict)
    place: Callable[[F, Permissions], Written] = _declaration
    resource: Callable[[F], Resource | None] = lambda _: None
    origins: Callable[[F, Permissions, Estate], Iterator[Related]] | None = None
    described: Callable[[F], str] = lambda _: "declared here"
