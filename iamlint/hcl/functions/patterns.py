"""Searching with RE2's regular expressions, in time that grows with pattern times text and no more.

Each pair of an instruction and a place in the text is visited once: the first visit has precedence, and what failed
once fails again. Source: https://swtch.com/~rsc/regexp/regexp3.html (its "BitState")
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import NamedTuple

from iamlint.hcl.functions.pattern_syntax import Characters, Choice, Group, Place, Reader, Repeat, Sequence, Tree
from iamlint.hcl.functions.types import Unclear
from iamlint.unknown import Unknown

MOST_INSTRUCTIONS = 5_000
MOST_STEPS = 300_000
"""Visits of one call, beyond which the result is unknown; about a second."""
LONGEST_PATTERN = 5_000
_PER_MATCH = 5


class Found(NamedTuple):
    """A match: where it starts and ends, and the texts of its groups (None for those that took no part)."""

    start: int
    end: int
    groups: tuple[str | None, ...]


class _Split(NamedTuple):
    first: int
    second: int


class _Save(NamedTuple):
    slot: int


class _Jump(NamedTuple):
    to: int


_Instruction = Characters | Place | _Split | _Save | _Jump | None
"""None is the end: a match."""


@dataclass
class _Program:
    instructions: list[_Instruction] = field(default_factory=list)

    def emit(self, instruction: _Instruction) -> int:
        if len(self.instructions) >= MOST_INSTRUCTIONS:
            raise Unclear(Unknown("a pattern larger than iamlint evaluates"))
        self.instructions.append(instruction)
        return len(self.instructions) - 1

    def add(self, tree: Tree) -> None:
        match tree:
            case Sequence(items):
                for item in items:
                    self.add(item)
            case Choice(options):
                self._choice(options)
            case Group(number, item):
                self.emit(_Save(2 * number))
                self.add(item)
                self.emit(_Save(2 * number + 1))
            case Repeat():
                self._repeat(tree)
            case _:
                self.emit(tree)

    def _choice(self, options: tuple[Tree, ...]) -> None:
        ends = []
        for option in options[:-1]:
            split = self.emit(None)
            self.add(option)
            ends.append(self.emit(None))
            self.instructions[split] = _Split(split + 1, len(self.instructions))
        self.add(options[-1])
        for end in ends:
            self.instructions[end] = _Jump(len(self.instructions))

    def _repeat(self, tree: Repeat) -> None:
        for _ in range(tree.least - (tree.most is None and tree.least > 0)):
            self.add(tree.item)
        if tree.most is None:
            self._any_number(tree)
            return
        splits = []
        for _ in range(tree.most - tree.least):
            splits.append(self.emit(None))
            self.add(tree.item)
        for split in splits:
            self.instructions[split] = _branch(split + 1, len(self.instructions), tree.greedy)

    def _any_number(self, tree: Repeat) -> None:
        """``x+``, or for ``x*`` an optional ``x+``."""
        split = self.emit(None) if tree.least == 0 else None
        start = len(self.instructions)
        self.add(tree.item)
        loop = self.emit(None)
        self.instructions[loop] = _branch(start, loop + 1, tree.greedy)
        if split is not None:
            self.instructions[split] = _branch(start, loop + 1, tree.greedy)


def _branch(inside: int, after: int, greedy: bool) -> _Split:
    return _Split(inside, after) if greedy else _Split(after, inside)


class Pattern:
    """A compiled pattern; ``names`` has a name, or an empty text, for each group."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST_PATTERN:
            raise Unclear(Unknown("a pattern longer than iamlint evaluates"))
        reader = Reader(text)
        program = _Program()
        program.add(reader.read())
        program.emit(None)
        self.instructions = program.instructions
        self.names = tuple(reader.names)

    def search(self, text: str) -> Found | None:
        """The first match."""
        return next(self.matches(text), None)

    def matches(self, text: str) -> Iterator[Found]:
        """Every match, none overlapping; an empty one not right after another, as Go has it."""
        budget, at, last = [MOST_STEPS], 0, -1
        while at <= len(text):
            found = self._from(text, at, budget)
            if found is None:
                return
            if found.end > found.start or found.start != last:
                yield found
            last = found.end
            at = found.end if found.end > at else at + 1

    def _from(self, text: str, start: int, budget: list[int]) -> Found | None:
        visited: set[int] = set()
        anchored = self.instructions[0] == Place("A")
        for begin in range(start, 1 if anchored else len(text) + 1):
            slots = self._at(text, begin, visited, budget)
            if slots is not None:
                budget[0] -= len(visited) + _PER_MATCH
                if budget[0] < 0:
                    raise _too_long()
                spans = zip(slots[2::2], slots[3::2], strict=True)
                return Found(slots[0], slots[1], tuple(None if a < 0 or b < 0 else text[a:b] for a, b in spans))
        return None

    def _at(self, text: str, begin: int, visited: set[int], budget: list[int]) -> tuple[int, ...] | None:
        slots = (begin, *(-1,) * (2 * len(self.names) + 1))
        waiting, size, instructions = [(0, begin, slots)], len(self.instructions), self.instructions
        while waiting:
            at, place, slots = waiting.pop()
            while place * size + at not in visited:
                visited.add(place * size + at)
                if len(visited) > budget[0]:
                    raise _too_long()
                match instructions[at]:
                    case Characters() as characters:
                        if place >= len(text) or not characters.holds(text[place]):
                            break
                        at, place = at + 1, place + 1
                    case _Split(first, second):
                        waiting.append((second, place, slots))
                        at = first
                    case _Save(slot):
                        slots = (*slots[:slot], place, *slots[slot + 1 :])
                        at += 1
                    case _Jump(to):
                        at = to
                    case Place(kind):
                        if not _stands(kind, text, place):
                            break
                        at += 1
                    case None:
                        return (slots[0], place, *slots[2:])
        return None


def _too_long() -> Unclear:
    return Unclear(Unknown("a search with a pattern that takes longer than iamlint evaluates"))


def _word(text: str, at: int) -> bool:
    return 0 <= at < len(text) and text[at].isascii() and (text[at].isalnum() or text[at] == "_")


def _stands(kind: str, text: str, at: int) -> bool:
    match kind:
        case "A":
            return at == 0
        case "z":
            return at == len(text)
        case "^":
            return at == 0 or text[at - 1] == "\n"
        case "$":
            return at == len(text) or text[at] == "\n"
        case _:
            return (_word(text, at - 1) is not _word(text, at)) is (kind == "b")


@lru_cache(maxsize=256)
def compiled(text: str) -> Pattern:
    """A pattern; raises `Refused` for what RE2 refuses, and `Unclear` for what is not evaluated."""
    return Pattern(text)
