"""Which line of a change opens or closes something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from difflib import SequenceMatcher
from itertools import chain, islice

from iamlint.basics.lazy_regex import regex
from iamlint.comparison.cone import Changed
from iamlint.comparison.keys import BLOCKERS
from iamlint.comparison.model import Line
from iamlint.comparison.sides import Side, SideName
from iamlint.facts import (
    Attachment,
    Condition,
    CustomRole,
    Fact,
    Grant,
    Place,
    ServiceAccount,
)
from iamlint.location import Location
from iamlint.sources.names import ASSIGNMENTS, TERRAFORM
from iamlint.unknown import shown

_LONGEST = 20_000
"""Maximum number of lines of a file that is compared line by line; in a longer one, lines are compared by content only.
"""
_LONGEST_BLOCK = 500
"""Maximum number of lines of a block that are searched for changes."""
_MOST_TEXTS = 5_000
"""Maximum number of quoted texts on changed lines that are looked for in what a fact says."""
_QUOTED = regex(r'"([^"$%{}\n]{5,200})"')
_COMMENT = regex(r"\s*(?:#|//|/?\*)")
_CLOSING = regex(r"[}\]]")


def line_of(at: Location, side: Side) -> Line:
    """Return a line by its location."""
    return Line(side.relative(at.path), at.line, side.name, at.path)


class Lines:
    """The lines of two sides that differ, and what they belong to."""

    def __init__(self, base: Changed, head: Changed) -> None:
        self._base, self._head = base, head
        self._changed: dict[tuple[str, str], frozenset[int]] = {}
        self._accounts: dict[SideName, list[tuple[str, ServiceAccount]]] = {}
        self._texts: dict[SideName, list[tuple[str, Location]]] = {}

    def cause(self, facts: Sequence[Fact], now: Changed) -> Line | None:
        """Return the line that changes what these facts open, which are those of a path on the side ``now``.

        The first of them that the other side does not have; where it has all, what closed them there.
        """
        then = self._base if now is self._head else self._head
        for fact in facts:
            if now.has(fact):
                return self._of_fact(fact, now)
        for fact in self._closers(facts, then):
            return self._of_fact(fact, then)
        return None

    def _closers(self, facts: Sequence[Fact], then: Changed) -> Iterator[Fact]:
        """Yield what of the other side may close these facts: a disabled account, then policies."""
        names = {key for fact in facts if isinstance(fact, ServiceAccount) for key in (shown(fact.email),)}
        for fact in then.facts:
            if isinstance(fact, ServiceAccount) and fact.disabled is not False and shown(fact.email) in names:
                yield fact
        yield from (fact for fact in then.facts if isinstance(fact, BLOCKERS))
        yield from then.facts

    def _of_fact(self, fact: Fact, of: Changed) -> Line:
        """Return the line that shows the difference of a fact: in the head if there is one, else in the base."""
        if of is self._head:
            return line_of(self._line(fact, self._head), self._head.names.side)
        other = self._counterpart(fact)
        if other is not None:
            at = self._line(other, self._head)
            if self._is_changed(at, self._head) or not self._is_changed(self._line(fact, self._base), self._base):
                return line_of(at, self._head.names.side)
        return line_of(self._line(fact, self._base), self._base.names.side)

    def _counterpart(self, fact: Fact) -> Fact | None:
        """Return the head's replacement of a fact of the base: at the same address, or about the same thing.

        What the base has as well replaces nothing, such as a block of the same address in another root module.
        """
        address = fact.declared.address
        alike = [one for one in self._head.facts if type(one) is type(fact)]
        if address:
            found = next((one for one in alike if address in (one.declared.address, *one.declared.former)), None)
            if found:
                return found
        if isinstance(fact, Grant):
            wanted = self._base.names.key(fact)[:4]
            return next((one for one in alike if self._head.names.key(one)[:4] == wanted), None)
        return None

    def _line(self, fact: Fact, of: Changed) -> Location:
        """Return the changed line that a fact comes from; its own place where none is found.

        In this order: a place of the fact, its block, that of an account that it names, a new call of its module, a
        text that it is made of, another call.
        """
        places = list(_places(fact))
        for at in places:
            if self._is_changed(at, of):
                return at
        said = _said(fact)
        accounts = (one.declared for email, one in self._emails(of) if email in said)
        blocks = (
            found for one in chain((fact.declared,), accounts) if (found := self._in_block(one.planned or one.at, of))
        )
        calls = (found for at in fact.declared.via if (found := self._in_block(at, of)))
        new_call = next((at for at in fact.declared.via if self._is_changed(at, of)), None)
        found = next(blocks, None) or new_call or self._of_text(fact, said, of) or next(calls, None)
        of_input = (at for at in (*places, *fact.declared.via) if at.path in of.names.side.texts)
        return found or next(of_input, places[0])  # a module that iamlint describes has no file in the input

    def _of_text(self, fact: Fact, said: str, of: Changed) -> Location | None:
        """Return the changed line with the longest quoted text that is in what a fact says, of Terraform if possible.

        A value that a function or a template makes has no place of its own: its parts are in a variable file, for
        example.
        """
        own = {at.path for at in (fact.declared.at, *fact.declared.via)}
        found = [
            (at.path.endswith((*TERRAFORM, *ASSIGNMENTS)), len(text), at.path in own, at)
            for text, at in self._written(of)
            if text in said
        ]
        return max(found, key=lambda one: one[:3])[3] if found else None

    def _emails(self, of: Changed) -> list[tuple[str, ServiceAccount]]:
        """Return the accounts that only this side has, with their e-mails."""
        name = of.names.side.name
        if name not in self._accounts:
            self._accounts[name] = [(shown(one.email), one) for one in of.facts if isinstance(one, ServiceAccount)]
        return self._accounts[name]

    def _written(self, of: Changed) -> list[tuple[str, Location]]:
        """Return the first quoted texts on the changed lines of a side, with their lines."""
        name = of.names.side.name
        if name not in self._texts:
            found = (
                (quoted[1], Location(path, number))
                for path, text in sorted(of.names.side.texts.items())
                for number in sorted(self._lines(path, of))
                for quoted in _QUOTED.finditer(text.line(number))
                if not _COMMENT.match(text.line(number))
            )
            self._texts[name] = list(islice(found, _MOST_TEXTS))
        return self._texts[name]

    def _in_block(self, at: Location, of: Changed) -> Location | None:
        """Return the first changed line of the block that begins at a line."""
        text = of.names.side.texts.get(at.path)
        if text is None:
            return None
        for number in range(at.line, at.line + _LONGEST_BLOCK):
            line = text.line(number)
            if number > at.line and (not line and number > len(text.line_starts)):
                return None
            if self._is_changed(Location(at.path, number), of):
                return Location(at.path, number)
            if number > at.line and _CLOSING.match(line):
                return None
        return None

    def _is_changed(self, at: Location, of: Changed) -> bool:
        return at.line in self._lines(at.path, of)

    def _lines(self, path: str, of: Changed) -> frozenset[int]:
        key = of.names.side.name, path
        if key not in self._changed:
            self._changed[key] = frozenset(self._differing(path, of))
        return self._changed[key]

    def _differing(self, path: str, of: Changed) -> Iterable[int]:
        """Return the lines of a file that the other side does not have: in the same file, else in any."""
        side, other = of.names.side, (self._head if of is self._base else self._base).names.side
        text = side.texts.get(path)
        if text is None:
            return ()
        here = _bare(text.text)
        wanted = side.relative(path)
        match = next((one for name, one in other.texts.items() if other.relative(name) == wanted), None)
        if match is None and (side.relative(path), len(other.texts)) == (".", 1):
            match = next(iter(other.texts.values()))
        there = _bare(match.text) if match else []
        if here == there:
            return ()
        if match and len(here) + len(there) <= _LONGEST:
            blocks = SequenceMatcher(None, there, here, autojunk=False).get_opcodes()
            return (n + 1 for tag, _, _, first, last in blocks if tag != "equal" for n in range(first, last))
        texts = [match] if match else other.texts.values()
        known = {line for one in texts for line in _bare(one.text)}
        return (number for number, line in enumerate(here, 1) if line not in known)


def _bare(text: str) -> list[str]:
    """Return the lines of a text without white space: a formatter moves the signs of equality."""
    return ["".join(line.split()) for line in text.splitlines()]


def _said(fact: Fact) -> str:
    """Return what a fact says in one text, and the keys of its address."""
    said: list[str] = [fact.declared.address or ""]
    if isinstance(fact, Grant):
        said += [fact.principal.text, shown(fact.resource.name), shown(fact.role)]
    elif isinstance(fact, ServiceAccount):
        said += [shown(fact.email)]
    return "\n".join(said)


def _places(fact: Fact) -> Iterator[Location]:
    """Yield where the parts of a fact are written, those first that change most often."""
    if isinstance(fact, Grant):
        parts = [fact.principal_place, fact.role_place, fact.resource_place]
        yield from (at for place in parts for at in (place.origin, place.made) if at)
        if isinstance(fact.condition, Condition) and fact.condition.at:
            yield fact.condition.at
        yield from (place.at for place in parts)
    elif isinstance(fact, CustomRole) and isinstance(fact.permissions, tuple):
        for _, place in fact.permissions:
            yield place.origin or place.at
            yield place.at
    elif isinstance(fact, Attachment):
        yield from (at for at in (fact.place.origin, fact.place.at) if at)
    else:
        stated: object = getattr(fact, "place", None)
        if isinstance(stated, Place):
            yield from (at for at in (stated.origin, stated.at) if at)
    yield fact.declared.at
