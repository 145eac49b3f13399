"""Regular expressions as RE2 has them, read into a tree. Source: https://github.com/google/re2/wiki/Syntax

Python's own ``re`` differs in what ``$``, ``\\s``, and classes mean, and takes exponential time for some patterns.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from dataclasses import dataclass, field, replace

from iamlint.hcl.functions.types import Refused, Unclear
from iamlint.unknown import Unknown

MOST_REPEATS = 1000
"""RE2's own limit of ``x{n}``."""
DEEPEST = 100
MOST_GROUPS = 100

Ranges = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Characters:
    """One character of a class: of the ``ranges`` or Unicode ``categories`` (negated ones begin with ``^``)."""

    ranges: Ranges = ()
    categories: tuple[str, ...] = ()
    negated: bool = False
    folded: bool = False
    seen: dict[str, bool] = field(default_factory=dict, compare=False)

    def holds(self, character: str) -> bool:
        """Whether the character is one of them."""
        found = self.seen.get(character)
        if found is None:
            forms = {character, character.lower(), character.upper()} if self.folded else {character}
            found = self.seen[character] = any(map(self._listed, forms)) is not self.negated
        return found

    def _listed(self, character: str) -> bool:
        if any(low <= character <= high for low, high in self.ranges):
            return True
        category = unicodedata.category(character) if self.categories else ""
        return any(category.startswith(name.lstrip("^")) is not name.startswith("^") for name in self.categories)


@dataclass(frozen=True, slots=True)
class Place:
    """A place between characters: ``\\A``, ``\\z``, ``^``, ``$`` (of lines), ``\\b``, ``\\B``."""

    kind: str


@dataclass(frozen=True, slots=True)
class Sequence:
    """One after the other."""

    items: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """The first that leads to a match."""

    options: tuple[Tree, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """``least`` to ``most`` times (None: any number), as many as possible where ``greedy``."""

    item: Tree
    least: int
    most: int | None
    greedy: bool


@dataclass(frozen=True, slots=True)
class Group:
    """What is captured, by its number from 1."""

    number: int
    item: Tree


Tree = Characters | Place | Sequence | Choice | Repeat | Group

_DIGIT: Ranges = (("0", "9"),)
_SPACE: Ranges = (("\t", "\n"), ("\f", "\r"), (" ", " "))
_WORD: Ranges = (("0", "9"), ("A", "Z"), ("_", "_"), ("a", "z"))
_PERL = {"d": _DIGIT, "s": _SPACE, "w": _WORD}
_POSIX: dict[str, Ranges] = {
    "alnum": (("0", "9"), ("A", "Z"), ("a", "z")),
    "alpha": (("A", "Z"), ("a", "z")),
    "ascii": (("\0", "\x7f"),),
    "blank": (("\t", "\t"), (" ", " ")),
    "cntrl": (("\0", "\x1f"), ("\x7f", "\x7f")),
    "digit": _DIGIT,
    "graph": (("!", "~"),),
    "lower": (("a", "z"),),
    "print": ((" ", "~"),),
    "punct": (("!", "/"), (":", "@"), ("[", "`"), ("{", "~")),
    "space": (("\t", "\r"), (" ", " ")),
    "upper": (("A", "Z"),),
    "word": _WORD,
    "xdigit": (("0", "9"), ("A", "F"), ("a", "f")),
}
_CONTROL = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CATEGORIES = {"L", "M", "N", "P", "S", "Z", "C"}
_LAST = "\U0010ffff"


def complement(ranges: Ranges) -> Ranges:
    """All characters that the ranges leave out."""
    found, start = [], 0
    for low, high in sorted(ranges):
        if ord(low) > start:
            found.append((chr(start), chr(ord(low) - 1)))
        start = max(start, ord(high) + 1)
    if start <= ord(_LAST):
        found.append((chr(start), _LAST))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Flags:
    fold: bool = False
    lines: bool = False
    dot_all: bool = False
    lazy: bool = False


class Reader:
    """Reads one pattern; ``names`` has a name, or an empty text, for each group."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.names: list[str] = []
        self.flags = _Flags()
        self.depth = 0

    def read(self) -> Tree:
        """The tree of the whole pattern."""
        found = self._choice()
        if self.at < len(self.pattern):
            raise Refused("the pattern has an unexpected )")
        return found

    def _peek(self, text: str) -> bool:
        return self.pattern.startswith(text, self.at)

    def _take(self, text: str) -> bool:
        if self._peek(text):
            self.at += len(text)
            return True
        return False

    def _next(self) -> str:
        if self.at >= len(self.pattern):
            raise Refused("the pattern ends too early")
        self.at += 1
        return self.pattern[self.at - 1]

    def _until(self, end: str) -> str:
        close = self.pattern.find(end, self.at)
        if close < 0:
            raise Refused(f"the pattern lacks a closing {end}")
        found = self.pattern[self.at : close]
        self.at = close + len(end)
        return found

    # -- structure -----------------------------------------------------------------------------------------------------

    def _choice(self) -> Tree:
        self.depth += 1
        if self.depth > DEEPEST:
            raise Unclear(Unknown("a pattern nested deeper than iamlint evaluates"))
        options = [self._sequence()]
        while self._take("|"):
            options.append(self._sequence())
        self.depth -= 1
        return options[0] if len(options) == 1 else Choice(tuple(options))

    def _sequence(self) -> Tree:
        items: list[Tree] = []
        while self.at < len(self.pattern) and not self._peek("|") and not self._peek(")"):
            if self._take("\\Q"):
                quoted = self.pattern[self.at :].split("\\E")[0]
                self.at = min(len(self.pattern), self.at + len(quoted) + 2)
                items += [self._one(character) for character in quoted]
                if quoted:
                    items[-1] = self._repeated(items[-1])
                continue
            item = self._item()
            if item is not None:
                items.append(item)
        return Sequence(tuple(items))

    def _item(self) -> Tree | None:
        if self._take("("):
            group = self._group()
            return None if group is None else self._repeated(group)
        return self._repeated(self._atom())

    def _repeated(self, item: Tree) -> Tree:
        limits = self._limits()
        if limits is None:
            return item
        greedy = self._take("?") is self.flags.lazy
        if self._limits() is not None:
            raise Refused("the pattern repeats a repetition")
        return Repeat(item, *limits, greedy)

    def _limits(self) -> tuple[int, int | None] | None:
        for sign, limits in (("*", (0, None)), ("+", (1, None)), ("?", (0, 1))):
            if self._take(sign):
                return limits
        if not self._peek("{"):
            return None
        inside = self.pattern[self.at + 1 :].split("}")[0]
        low, comma, high = inside.partition(",")
        closed = self.pattern.startswith("}", self.at + 1 + len(inside))
        if not closed or not _digits(low) or not (high == "" or _digits(high)):
            return None  # the brace is an ordinary character
        self.at += len(inside) + 2
        most = int(high) if high else (None if comma else int(low))
        if int(low) > MOST_REPEATS or (most is not None and (most > MOST_REPEATS or most < int(low))):
            raise Refused("the pattern has an invalid repeat count")
        return int(low), most

    def _group(self) -> Tree | None:
        outer = self.flags
        if self._take("?P<") or self._take("?<"):
            name = self._until(">")
            if not name or not all(
                character == "_" or (character.isascii() and character.isalnum()) for character in name
            ):
                raise Refused("the pattern has an invalid group name")
            return self._captured(name)
        if not self._take("?"):
            return self._captured("")
        on = True
        while True:
            match self._next():
                case "-" if on:
                    on = False
                case ":":
                    found = self._choice()
                    self._close(outer)
                    return found
                case ")":
                    return None  # the flags hold for the rest of the group around
                case character:
                    self.flags = _flagged(self.flags, character, on)

    def _captured(self, name: str) -> Tree:
        outer = self.flags
        self.names.append(name)
        number = len(self.names)
        if number > MOST_GROUPS:
            raise Unclear(Unknown(f"a pattern with more than {MOST_GROUPS} groups"))
        found = Group(number, self._choice())
        self._close(outer)
        return found

    def _close(self, flags: _Flags) -> None:
        if not self._take(")"):
            raise Refused("the pattern lacks a closing )")
        self.flags = flags

    # -- single characters and places ----------------------------------------------------------------------------------

    def _one(self, character: str) -> Characters:
        return Characters(((character, character),), folded=self.flags.fold)

    def _atom(self) -> Tree:
        match self._next():
            case "*" | "+" | "?":
                raise Refused("the pattern repeats nothing")
            case "^":
                return Place("^" if self.flags.lines else "A")
            case "$":
                return Place("$" if self.flags.lines else "z")
            case ".":
                return Characters(() if self.flags.dot_all else (("\n", "\n"),), negated=True)
            case "[":
                return self._class()
            case "\\":
                return self._escaped()
            case character:
                return self._one(character)

    def _escaped(self) -> Tree:
        character = self._next()
        if character in "AzbB":
            return Place(character)
        group = self._class_escape(character)
        if group is not None:
            return replace(group, folded=self.flags.fold, seen={})
        return self._one(self._literal(character))

    def _class_escape(self, character: str) -> Characters | None:
        if character.lower() in _PERL:
            ranges = _PERL[character.lower()]
            return Characters(complement(ranges) if character.isupper() else ranges)
        if character in "pP":
            return self._category(character == "P")
        return None

    def _category(self, negated: bool) -> Characters:
        name = self._until("}") if self._take("{") else self._next()
        if name.startswith("^"):
            name, negated = name[1:], not negated
        if name == "Any":
            return Characters(() if negated else (("\0", _LAST),))
        if name[:1] not in _CATEGORIES or len(name) > 2:
            raise Unclear(Unknown(f"a pattern with a script of Unicode ({name}), which iamlint does not know"))
        return Characters(categories=(("^" if negated else "") + name,))

    def _literal(self, character: str) -> str:
        if character in _CONTROL:
            return _CONTROL[character]
        if character == "x":
            digits = self._until("}") if self._take("{") else self._next() + self._next()
            if (
                not digits
                or any(digit not in "0123456789abcdefABCDEF" for digit in digits)
                or int(digits, 16) > ord(_LAST)
            ):
                raise Refused("the pattern has an invalid escape sequence")
            return chr(int(digits, 16))
        following = self.pattern[self.at : self.at + 1]
        if character in "01234567" and (character == "0" or (following and following in "01234567")):
            digits = character
            while len(digits) < 3 and self.at < len(self.pattern) and self.pattern[self.at] in "01234567":
                digits += self._next()
            return chr(int(digits, 8))
        if character.isascii() and not character.isalnum():
            return character
        raise Refused("the pattern has an invalid escape sequence")

    def _class(self) -> Characters:
        negated, first = self._take("^"), True
        ranges: list[tuple[str, str]] = []
        categories: list[str] = []
        while first or not self._peek("]"):
            first = False
            group = self._class_group()
            if group is not None:
                ranges += group.ranges
                categories += group.categories
                continue
            low = high = self._class_character()
            if self._peek("-") and not self._peek("-]"):
                self.at += 1
                high = self._class_character()
                if high < low:
                    raise Refused("the pattern has an invalid character range")
            ranges.append((low, high))
        self.at += 1
        return Characters(tuple(ranges), tuple(categories), negated, self.flags.fold)

    def _class_group(self) -> Characters | None:
        if self._peek("[:") and ":]" in self.pattern[self.at :]:
            self.at += 2
            name = self._until(":]")
            ranges = _POSIX.get(name.removeprefix("^"))
            if ranges is None:
                raise Refused("the pattern has an invalid character class")
            return Characters(complement(ranges) if name.startswith("^") else ranges)
        if self._peek("\\") and self.pattern[self.at + 1 : self.at + 2] in {*"dDsSwWpP"}:
            self.at += 1
            return self._class_escape(self._next())
        return None

    def _class_character(self) -> str:
        character = self._next()
        return self._literal(self._next()) if character == "\\" else character


def _digits(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 8


_FLAGS: dict[str, Callable[[_Flags, bool], _Flags]] = {
    "i": lambda flags, on: replace(flags, fold=on),
    "m": lambda flags, on: replace(flags, lines=on),
    "s": lambda flags, on: replace(flags, dot_all=on),
    "U": lambda flags, on: replace(flags, lazy=on),
}


def _flagged(flags: _Flags, character: str, on: bool) -> _Flags:
    if character not in _FLAGS:
        raise Refused("the pattern has a group that RE2 does not have")
    return _FLAGS[character](flags, on)
