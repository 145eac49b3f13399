"""Facts that a plan and its source both state, once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace

from iamlint.facts import Attachment, Fact, Grant, short_name
from iamlint.provenance import trusted


def distinct(facts: Iterable[Fact]) -> Iterator[Fact]:
    """Yield the facts without repeated ones of Terraform: a plan next to its source states the same.

    If a plan that the user named repeats a fact, the fact counts as far as the plan does.
    """
    facts = list(facts)
    parts = [None if fact.declared.address is None else _part(fact) for fact in facts]
    if not any(parts):  # exports have no addresses
        yield from facts
        return
    count = Counter(parts)
    alike = [_in_short(fact) if part and count[part] > 1 else None for fact, part in zip(facts, parts, strict=True)]
    named = {one for one in alike if one and one.declared.trust == "named"}
    seen: set[Fact] = set()
    for fact, one in zip(facts, alike, strict=True):
        if one is None:
            yield fact
        elif one not in seen:
            seen.add(one)
            yield from trusted([fact], "named") if one in named else [fact]


_SCOPES = "https://www.googleapis.com/auth/"


def _in_short(fact: Fact) -> Fact:
    """Return a fact with the short forms of its resource's name and of scopes: a plan or state has the full ones."""
    if isinstance(fact, Attachment) and isinstance(fact.scopes, tuple):
        short = (one.removeprefix(_SCOPES) if isinstance(one, str) else one for one, _ in fact.scopes)
        return replace(fact, scopes=tuple((one, fact.place) for one in short))
    if not isinstance(fact, Grant) or not isinstance(fact.resource.name, str) or "/" not in fact.resource.name:
        return fact
    return replace(fact, resource=replace(fact.resource, name=short_name(fact.resource.name)))


def _part(fact: Fact) -> tuple[object, ...]:
    """Return what equal facts of Terraform have in common, but not their places.

    The places in a plan are only found for what is reported, so facts that differ anyhow are not compared by them.
    """
    address = fact.declared.address
    if not isinstance(fact, Grant):
        return type(fact), address
    return Grant, address, fact.principal.text, fact.role if isinstance(fact.role, str) else None
