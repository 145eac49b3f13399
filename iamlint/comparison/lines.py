"""Which line of a change opens or closes something."""

from __future__ import annotations

import re
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
from iamlint.location import Location, SourceText
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
_REFERENCE = regex(r"\$\{[^{}]*\}")
_KEYS = regex(r'\["([^"]*)"\]')


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

    def _of_fact(self, fact: Fact, of: Changed) -> Line | None:
        """Return the line that shows the difference of a fact: in the head if there is one, else in the base.

        None if only lines show it that both sides have.
        """
        theirs = self._base if of is self._head else self._head
        mine = self._line(fact, of)
        is_mine = self._is_changed(mine, of)
        if of is self._head and is_mine:
            return line_of(mine, of.names.side)
        other = self._counterpart(fact, of)
        at = self._line(other, theirs) if other else None
        if at and (self._is_changed(at, theirs) or (of is self._base and not is_mine)):
            return line_of(at, theirs.names.side)
        is_one_file = self._base.names.side.given == self._head.names.side.given  # a plan with the state before it
        is_there = of is self._base and not is_mine and not is_one_file and self._counterfile(mine, of) is not None
        return None if is_there else line_of(mine, of.names.side)

    def _counterpart(self, fact: Fact, of: Changed) -> Fact | None:
        """Return the other side's replacement of a fact: at the same address, about the same thing, by the same block.

        What both sides have replaces nothing, such as a block of the same address in another root module. The same
        block may be called now, or be called no more, by another module.
        """
        other, address = self._base if of is self._head else self._head, fact.declared.address
        alike = [one for one in other.facts if type(one) is type(fact)]
        if address and of is self._base:
            found = next((one for one in alike if address in (one.declared.address, *one.declared.former)), None)
            if found:
                return found
        if isinstance(fact, Grant) and of is self._base:
            wanted = of.names.key(fact)[:4]
            found = next((one for one in alike if other.names.key(one)[:4] == wanted), None)
            if found:
                return found
        block, path = f".{fact.declared.block}", of.names.side.relative(fact.declared.at.path)
        return next(
            (
                one
                for one in alike
                if other.names.side.relative(one.declared.at.path) == path
                and (f".{one.declared.block}".endswith(block) or block.endswith(f".{one.declared.block}"))
            ),
            None,
        )

    def _line(self, fact: Fact, of: Changed) -> Location:
        """Return the changed line that a fact comes from; its own place where none is found.

        In this order: a place of the fact, its block, that of an account that it names, a new call of its module, a
        text that it is made of, another call.
        """
        places = list(_places(fact))
        for at in places:
            if self._is_changed(at, of):
                return at
        said = "\n".join(_said(fact))
        accounts = (one.declared for email, one in self._emails(of) if email in said)
        blocks = (
            found for one in chain((fact.declared,), accounts) if (found := self._in_block(one.planned or one.at, of))
        )
        calls = (found for at in fact.declared.via if (found := self._in_block(at, of)))
        new_call = next((at for at in fact.declared.via if self._is_changed(at, of)), None)
        found = next(blocks, None) or new_call or self._of_text(fact, of) or next(calls, None)
        of_input = (at for at in (*places, *fact.declared.via) if at.path in of.names.side.texts)
        return found or next(of_input, places[0])  # a module that iamlint describes has no file in the input

    def _of_text(self, fact: Fact, of: Changed) -> Location | None:
        """Return the changed line with the longest quoted text that is in what a fact says, of Terraform if possible.

        A value that a function or a template makes has no place of its own: its parts are in a variable file, for
        example.
        """
        said, own = _literally(fact), {at.path for at in (fact.declared.at, *fact.declared.via)}
        found = [
            (at.path.endswith((*TERRAFORM, *ASSIGNMENTS)), len(text), at.path in own, at)
            for text, at in self._written(of)
            if text in said and _is_whole(text, said)
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

    def _counterfile(self, at: Location, of: Changed) -> SourceText | None:
        """Return the other side's file of the same name; None if it has none."""
        side, other = of.names.side, (self._head if of is self._base else self._base).names.side
        wanted = side.relative(at.path)
        match = next((one for name, one in other.texts.items() if other.relative(name) == wanted), None)
        if match is None and (wanted, len(other.texts)) == (".", 1):
            match = next(iter(other.texts.values()))
        return match

    def _differing(self, path: str, of: Changed) -> Iterable[int]:
        """Return the lines of a file that the other side does not have: in the same file, else in any."""
        side, other = of.names.side, (self._head if of is self._base else self._base).names.side
        text = side.texts.get(path)
        if text is None:
            return ()
        here, match = _bare(text.text), self._counterfile(Location(path), of)
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


def _is_whole(text: str, said: str) -> bool:
    """Whether a text is in another one and not only a piece of a name: ``schedule`` is not in ``scheduled_query``."""
    return re.search(rf"(?<![A-Za-z0-9_]){re.escape(text)}(?![A-Za-z0-9_])", said) is not None


def _said(fact: Fact) -> tuple[str, ...]:
    """Return the texts of a fact that name something."""
    if isinstance(fact, Grant):
        return fact.principal.text, shown(fact.resource.name), shown(fact.role)
    return (shown(fact.email),) if isinstance(fact, ServiceAccount) else ()


def _literally(fact: Fact) -> str:
    """Return what a fact says in one text, without names of blocks; of these only the keys of instances."""
    said = _said(fact)
    keys = (key for text in (fact.declared.address or "", *said) for key in _KEYS.findall(text))
    return "\n".join((*(_REFERENCE.sub("\n", text) for text in said), *keys))


def _places(fact: Fact) -> Iterator[Location]:
    """Yield where the parts of a fact are written, those first that change most often."""
    if isinstance(fact, Grant):
        who, role, resource = fact.principal_place, fact.role_place, fact.resource_place
        yield from (at for place in (who, role) for at in (place.origin, place.made) if at)
        if isinstance(fact.condition, Condition) and fact.condition.at:
            yield fact.condition.at
        yield from (place.at for place in (who, role, resource))
        yield from (at for at in (resource.origin, resource.made) if at)  # a project's id may be that of many grants
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
