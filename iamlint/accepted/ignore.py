"""Ignore comments: accepted findings, with a reason.

    # iamlint: ignore[broad-token-creator] the pipeline's own sandbox

The comment is at the end of the line that it is about, or on a separate line directly above. It names rules, separated
by commas, and gives a reason. Only text that Terraform and YAML skip as a comment counts: the text of a string, a
heredoc or JSON is data, and its author may be the audited person.
"""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Set
from functools import lru_cache
from typing import TYPE_CHECKING

from iamlint.accepted.reasons import is_visible
from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.location import MARKS, Location, SourceText, Unreadable

if TYPE_CHECKING:
    from iamlint.accepted.comments import Stretch

_MENTION = regex(r"(?:^[\s#/*]*|\s(?:#|//)[ \t]*)iamlint:[ \t]*(?P<order>.*)$")
_ORDER = regex(r"ignore\[(?P<names>[^\[\]]*)\](?P<reason>.*)$")
_ALIKE = regex(
    r"(?:^[\s#/*]*|\s(?:#|//)[ \t]*)(?P<order>iam[-_]?lint(?:[ \t]*[:=.@/_-])?[ \t]*"
    r"(?:ignore|disable|skip|suppress|accept|allow|noqa|nolint)(?:-(?:next-)?line|-file)?[ \t]*"
    r"(?:(?P<open>[\[({<])|(?:[:=][ \t]*|(?<=[ \t]))(?P<name>[A-Za-z][\w/*-]*)).*)$",
    re.IGNORECASE,
)
"""A comment that looks like an order to iamlint and has no effect. A word that names no rule makes it prose."""
_FORM = "write `iamlint: ignore[RULE] REASON`"
WIDEST = 200
"""Number of columns that a reviewer sees of a line; a comment that begins after that is out of view."""
LONGEST = 500
"""Number of characters of a line that a reviewer reads completely."""
_BIDIRECTIONAL = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters that change the displayed order of a line: https://www.unicode.org/reports/tr9/ (table 4)."""
_ZERO_WIDTH = frozenset("\u200b\u200c\u200d\u2060\ufeff")


@frozen
class Comment:
    """An ignore comment: its rules, its reason, its place.

    ``out_of_view`` says that a reviewer may not see it: far to the right, on a very long line, or in a module that
    Terraform downloaded.
    """

    names: frozenset[str]
    reason: str
    at: Location
    out_of_view: bool = False


class NotedTexts(Mapping[str, SourceText]):
    """The texts of a run. ``asked`` are the paths that were asked for, ``marked`` the texts that may have comments."""

    def __init__(self, texts: Mapping[str, SourceText]) -> None:
        self._texts = texts
        self.asked: set[str] = set()
        self.marked = {path: text for path, text in texts.items() if mentions_iamlint(text)}

    def __getitem__(self, path: str) -> SourceText:
        self.asked.add(path)
        return self._texts[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._texts)

    def __len__(self) -> int:
        return len(self._texts)


class Comments:
    """The ignore comments of a run's texts. A text is searched on first use, and only once.

    ``used`` are the comments that accepted something, by place, each with the name of the rule.
    """

    def __init__(self, texts: Mapping[str, SourceText], used: set[tuple[Location, str]] | None = None) -> None:
        self._texts = texts.marked if isinstance(texts, NotedTexts) else texts
        self._about: dict[str, Mapping[int, list[Comment]]] = {}
        self.used = set() if used is None else used

    def accepting(self, names: Set[str], places: Iterable[Location]) -> Comment | None:
        """Return the comment that accepts a rule, by one of its names, at one of these places."""
        found = None
        for place in places if self._texts else ():
            about = self._of(place.path)
            for comment in about.get(place.line, ()) if about else ():
                named = comment.names & names
                if named:
                    found = found or comment
                    self.used.update((comment.at, name) for name in named)
        return found

    def all(self) -> Iterator[tuple[Comment, frozenset[int]]]:
        """Yield every comment outside of downloaded modules, with the lines that it is about."""
        for path in sorted(path for path in self._texts if not is_downloaded(path)):
            lines: dict[Comment, set[int]] = {}
            for line, comments_ in self._of(path).items():
                for comment in comments_:
                    lines.setdefault(comment, set()).add(line)
            yield from ((comment, frozenset(lines[comment])) for comment in sorted(lines, key=lambda one: one.at))

    def _of(self, path: str) -> Mapping[int, list[Comment]]:
        if path not in self._about:
            text = self._texts.get(path)
            self._about[path] = _Mentions(text).by_line() if text and mentions_iamlint(text) else {}
        return self._about[path]


def mentions_iamlint(text: SourceText) -> bool:
    """Whether a text may have comments to iamlint."""
    return text.is_marked


def mistakes(texts: Iterable[SourceText], known: Set[str], assertions: Set[str] = frozenset()) -> Iterator[Unreadable]:
    """Yield the comments that accept nothing: they name no known rule, give no reason, or cannot be read as shown.

    ``known`` are the names of rules, ``assertions`` those of assertions, which no comment accepts. Comments in
    downloaded modules are left out, since their authors are others.
    """
    suggestions = itertools.count(1)
    for text in texts:
        if mentions_iamlint(text) and not is_downloaded(text.path):
            yield from _Mentions(text).mistakes(known, assertions, suggestions)


@lru_cache(maxsize=4096)
def is_downloaded(path: str) -> bool:
    """Whether a file belongs to a module or provider that Terraform downloaded."""
    return ".terraform" in path.split("/")


@frozen
class _Line:
    """The appearance of a line: its length, and the first character that moves or breaks the displayed text."""

    length: int
    hides: str | None

    @classmethod
    def of(cls, text: str) -> _Line:
        return cls(len(text), next((one for one in text if one != "\t" and _moves(one)), None))


@frozen
class _Mention:
    """A comment for iamlint: its order (``ignore[…] …``), its place, and the line around it.

    ``is_alike`` says that it only looks like one; then ``name`` is the word that must name a rule, None with brackets.
    """

    order: str
    at: Location
    line: _Line
    is_alike: bool = False
    name: str | None = None

    def parsed(self) -> tuple[frozenset[str], str] | None:
        """Return the names and the reason ("" if invisible); None for another order."""
        order = None if self.is_alike else _ORDER.match(self.order)
        if order is None:
            return None
        reason = order["reason"].strip()
        return frozenset(name.strip() for name in order["names"].split(",")), reason if is_visible(reason) else ""


def _moves(character: str) -> bool:
    return character in _BIDIRECTIONAL or unicodedata.category(character) in ("Cc", "Zl", "Zp")


class _Mentions:
    """The comments for iamlint in one text."""

    def __init__(self, text: SourceText) -> None:
        from iamlint.accepted.comments import comments

        self._text = text
        self._comments = comments(text)
        self._lines: dict[int, _Line] = {}

    def by_line(self) -> dict[int, list[Comment]]:
        """Return the ignore comments by the line that each is about, from the nearest to the farthest above."""
        found = [(comment.at.line, comment) for comment in map(self._comment, self._all()) if comment]
        if not found:
            return {}
        below = self._below()
        about: dict[int, list[Comment]] = {}
        for line, comment in reversed(found):
            about.setdefault(line, []).append(comment)
            if line in below:
                about.setdefault(below[line], []).append(comment)
        return about

    def mistakes(self, known: Set[str], assertions: Set[str], suggestions: Iterator[int]) -> Iterator[Unreadable]:
        """Yield the mistakes in this text; ``suggestions`` counts the names of all texts that would get one."""
        for mention in self._all():
            hides, parsed = mention.line.hides, mention.parsed()
            if parsed is None:
                if mention.name is None or mention.name in known or mention.name in assertions:
                    yield Unreadable(mention.at, "this comment to iamlint is not understood", _FORM)
                continue
            if hides:
                reason = f"this comment to iamlint is on a line with U+{ord(hides):04X}, which hides or moves text"
                yield Unreadable(mention.at, reason, "remove that character")
            names, reason = parsed
            if not reason:
                yield Unreadable(mention.at, "this comment accepts a finding without a reason", _FORM)
            for name in sorted(names - known):
                similar = known if next(suggestions) <= MOST_SUGGESTIONS else frozenset[str]()
                yield _unknown(name, mention.at, similar, assertions)

    def _all(self) -> Iterator[_Mention]:
        for start, end in self._comments:
            if any(self._text.text.find(mark, start, end) >= 0 for mark in MARKS):
                yield from self._of(start, end)

    def _of(self, start: int, end: int) -> Iterator[_Mention]:
        """Yield the mentions in a comment: at most one on each of its lines."""
        text = self._text.text
        end -= 2 if text.startswith("/*", start) else 0
        for line in text[start:end].split("\n"):
            found = _MENTION.search(line)
            alike = None if found else _ALIKE.search(line)
            one = found or alike
            if one:
                at = self._text.location(start + one.start("order"), start + one.end("order"))
                name = alike["name"] if alike else None
                yield _Mention(one["order"].rstrip(), at, self._line(at.line), alike is not None, name)
            start += len(line) + 1

    def _line(self, number: int) -> _Line:
        """Return the appearance of a line, computed once for all its comments."""
        if number not in self._lines:
            self._lines[number] = _Line.of(self._text.line(number))
        return self._lines[number]

    def _comment(self, mention: _Mention) -> Comment | None:
        parsed = mention.parsed()
        if mention.line.hides or parsed is None or not parsed[1]:
            return None
        far = mention.at.column > WIDEST or mention.line.length > LONGEST
        return Comment(*parsed, mention.at, out_of_view=far or is_downloaded(mention.at.path))

    def _below(self) -> dict[int, int]:
        """For each line with only comments, the first line below with anything else.

        A blank line is something else: a comment above it is about nothing below.
        """
        spans: dict[int, list[Stretch]] = {}
        for start, end in self._comments:
            first, last = self._text.position(start)[0], self._text.position(end)[0]
            for line in range(first, last + 1):
                spans.setdefault(line, []).append((start, end))
        below: dict[int, int] = {}
        for line in sorted(spans, reverse=True):
            if self._is_alone(line, spans[line]):
                below[line] = below.get(line + 1, line + 1)
        return below

    def _is_alone(self, number: int, spans: list[Stretch]) -> bool:
        line, offset = self._text.line(number), self._text.line_starts[number - 1]
        code, at = "", 0
        for start, end in spans:
            code += line[at : max(at, start - offset)]
            at = max(at, end - offset)
        return not (code + line[at:]).strip() and any(not one.isspace() and one not in _ZERO_WIDTH for one in line)


MOST_SUGGESTIONS = 200
"""Maximum number of names in comments of a run that get a suggestion: each takes milliseconds."""


def _unknown(name: str, at: Location, known: Set[str], assertions: Set[str]) -> Unreadable:
    """Return the error for a name in a comment that is not the name of a rule."""
    if name in assertions:
        hint = "`unless` in the assertion lets a principal through, `accept` in the configuration until a day"
        return Unreadable(at, f"this comment names the assertion `{name}`, which no comment accepts", hint)
    from iamlint.documents.validation import nearest_of

    hint = nearest_of(name, known) or "`iamlint rules` lists them"
    return Unreadable(at, f"this comment names `{name}`, which is not a rule", hint)
