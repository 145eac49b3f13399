"""Parts of a run that a later run uses again, each with what it asked the disk."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import field
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from iamlint.basics.frozen import mutable
from iamlint.basics.hashes import blake2b, hash_of
from iamlint.cache.question import is_own
from iamlint.files.looks import CONTENT, RESOLVED, STATUS
from iamlint.files.reads import Reads
from iamlint.location import SourceText, Unreadable

_MOST_EMPTY = 200_000
"""Maximum number of documents without facts that are remembered."""

Asked = tuple[str, str]


@mutable
class Judged:
    """What rules and reports made a result of: a hash of all that was read, and what they asked themselves.

    ``texts`` are the hashes of the files that they looked into, None for one that is not there. ``result`` is a hash
    of the result.
    """

    reading: str
    texts: dict[str, str | None]
    asked: list[Asked]
    result: str


@mutable
class Trace:
    """What a part of a run asked: questions and paths. ``whole`` is False if it also depends on something else."""

    asked: set[Asked] = field(default_factory=set)
    whole: bool = True


class Units:
    """The parts of the earlier run, and those of this one.

    A part is used again if everything that it asked has the same answer now. Its value is data for JSON. ``spare`` is
    how many bytes less the files of Terraform may have before a limit of this run is another one.
    """

    def __init__(self, reads: Reads, earlier: Mapping[str, Any] | None = None) -> None:
        self.reads = reads
        found = earlier or {}
        self._asked: list[list[str]] = found.get("asked", [])
        self._earlier: dict[str, Any] = found.get("units", {})
        self._was_empty: dict[str, str] = found.get("empty", {})
        self._empty: dict[str, str] = {}
        self._was_judged: list[Any] | None = found.get("judged")
        self.judged: Judged | None = None
        self.spare = 0
        self._judging: tuple[str, Mapping[str, SourceText], set[str], set[Asked]] | None = None
        self._kept: dict[str, tuple[list[Asked], Any]] = {}
        self._was_read: dict[tuple[str, str], tuple[str, int, bool]] = {
            (question, path): (answer, *about)
            for (question, path, answer), about in ((self._asked[int(one)], two) for one, two in found.get("texts", ()))
        }
        self._texts: dict[Asked, SourceText] = {}
        self._contents: dict[str, str] = {}
        self._was_said: dict[Asked, tuple[str, list[Any]]] = {
            (question, path): (answer, said)
            for (question, path, answer), said in ((self._asked[int(one)], two) for one, two in found.get("said", ()))
        }
        self._said: dict[Asked, tuple[Callable[[int], Iterable[str]], list[Callable[[], int]]]] = {}
        self._data: set[Asked] = set()
        self._located: set[str] = set()
        self._shown: dict[Asked, set[str]] = {}
        self._beginning: str | None = None

    @property
    def beginning(self) -> str:
        """A hash of all that was asked before the first use: the configuration, rules, and what they name."""
        if self._beginning is None:
            asked = sorted((*key, answer) for key, answer in self.reads.answers.items() if not is_own(key[1]))
            self._beginning = hash_of(*chain.from_iterable(asked))
        return self._beginning

    # -- documents without facts ---------------------------------------------------------------------------------------

    def is_empty(self, shown: str, real: Path) -> bool:
        """Whether the earlier run found nothing in a document that was read now; its path and content decide that."""
        answer = self.reads.answers.get((CONTENT, str(real)))
        if answer is None or self._was_empty.get(shown) != answer:
            return False
        self._empty[shown] = answer
        return True

    def found_empty(self, shown: str, real: Path) -> None:
        """Remember that nothing is in a document."""
        answer = self.reads.answers.get((CONTENT, str(real)))
        if answer is not None and len(self._empty) < _MOST_EMPTY:
            self._empty[shown] = answer

    # -- texts ---------------------------------------------------------------------------------------------------------

    def is_as_read(self, real: Path) -> bool:
        """Whether the earlier run read a file as text, with the content of now."""
        asked = (CONTENT, str(real))
        known = self._was_read.get(asked)
        return known is not None and self._now(*asked) == known[0]

    def text(self, shown: str, real: Path, load: Callable[[], SourceText | Unreadable]) -> SourceText | Unreadable:
        """Return the text of a file. An unchanged one of the earlier run is loaded when it is used."""
        asked = (CONTENT, str(real))
        known = self._was_read.get(asked)
        if known is None or self._now(*asked) != known[0]:
            found = load()
        else:
            self.reads.note(STATUS, real, self._now(STATUS, str(real)))
            self.reads.note(CONTENT, real, known[0])
            found = SourceText.later(shown, known[1], partial(self._load, load), is_marked=known[2])
        if isinstance(found, SourceText) and asked in self.reads.answers:
            self._texts[asked] = found
            self._shown.setdefault(asked, set()).add(shown)
            self._contents[shown] = self.reads.answers[asked]
        return found

    def says(self, real: Path, said: Callable[[int], Iterable[str]], unread: Callable[[], int]) -> None:
        """Remember what a file says besides its comments, with and without its empty lines; nothing if not known.

        ``unread`` returns the arguments that nothing read so far, as the bits of a number; ``said`` leaves them out.
        """
        self._said.setdefault((CONTENT, str(real)), (said, []))[1].append(unread)

    def is_data(self, real: Path) -> None:
        """Remember that a file was read as data, too: all that is in it counts."""
        self._data.add((CONTENT, str(real)))

    def locates(self, paths: Iterable[str]) -> None:
        """Remember that places in these files are in what was read, by the paths that are shown for them."""
        self._located.update(paths)

    def _all_said(self) -> Iterator[tuple[Asked, list[str | None]]]:
        """Yield what each file says, also those that only the earlier run parsed, and its unread arguments.

        A hash without empty lines only if no line of the file is in what was read.
        """
        answers = self.reads.answers
        before = {one: said for one, (answer, said) in self._was_said.items() if answers.get(one) == answer}
        now = {one: self._saying(one, before.get(one)) for one in self._said if one in answers}
        for one, said in (before | now).items():
            if said and one not in self._data:
                shown = self._shown.get(one)
                yield one, [said[0], said[1] if shown and shown.isdisjoint(self._located) else None, said[2]]

    def _saying(self, asked: Asked, before: Sequence[str] | None) -> list[str]:
        """Return what a file says that was parsed now. Parts of the earlier run may have read more of the same text."""
        said, parsed = self._said[asked]
        unread = -1
        for one in parsed:
            unread &= one()
        if before:
            unread &= int(before[2], 16)
        elif [*asked, self.reads.answers[asked]] in self._asked:
            unread = 0
        hashes = [answer_of(one, self.reads.start) for one in said(unread)]
        return [*hashes, f"{unread:x}"] if hashes else []

    def _load(self, load: Callable[[], SourceText | Unreadable]) -> str:
        found = load()
        if isinstance(found, SourceText):
            return found.text
        self.reads.steady = False  # it has just changed
        return ""

    # -- parts ---------------------------------------------------------------------------------------------------------

    @contextmanager
    def tracing(self) -> Iterator[Trace]:
        """Give the trace of what is asked inside the block."""
        trace = Trace()
        with self.reads.tracing(trace.asked):
            yield trace

    def keep(self, name: str, trace: Trace, value: Any) -> None:
        """Remember the value of a part, if its trace is whole and all of it was recorded."""
        if trace.whole and trace.asked <= self.reads.answers.keys():
            self._kept[name] = (sorted(trace.asked), value)

    def forget(self) -> None:
        """Drop the parts of the earlier run, and those that were kept so far."""
        self._earlier, self._kept = {}, {}

    def recall(self, name: str, work: Callable[[], Any]) -> Any:
        """Return the data of a part, from the earlier run or of the work: never None."""
        known = self.unchanged(name)
        if known is not None:
            return known
        with self.tracing() as trace:
            found = work()
        self.keep(name, trace, found)
        return found

    def unchanged(self, name: str) -> Any | None:
        """Return the value of a part of the earlier run; None without one, or if something changed."""
        unit = self._earlier.get(name)
        if unit is None:
            return None
        asked = self._asked_again(unit["asked"])
        if asked is None:
            return None
        self._kept[name] = (asked, unit["value"])
        return unit["value"]

    def was_judged(self, reading: str, texts: Mapping[str, SourceText]) -> bool:
        """Whether rules and reports of the earlier run had this reading, and what they asked themselves is the same."""
        if self._was_judged is None or self._was_judged[0] != reading:
            return False
        _, of_texts, numbers, result = self._was_judged
        self._was_judged = None  # once: who cannot use the result judges by itself
        if any(self._identity(path, texts) != known for path, known in of_texts.items()):
            return False
        asked = self._asked_again(numbers)
        self.judged = None if asked is None else Judged(reading, of_texts, asked, result)
        return asked is not None

    def judge(self, reading: str, texts: Mapping[str, SourceText], looked_into: set[str]) -> None:
        """From here on, rules and reports ask. ``looked_into`` gets the paths of the texts that they look into."""
        asked: set[Asked] = set()
        self.reads.tap(asked)
        self._judging = (reading, texts, looked_into, asked)

    def judged_as(self, result: str) -> None:
        """Remember what rules and reports made a result of, by the hash of the result."""
        if self._judging is not None:
            reading, texts, looked_into, asked = self._judging
            hashes = {path: self._identity(path, texts) for path in sorted(looked_into)}
            own = [one for one in sorted(asked) if not is_own(one[1])]
            self.judged = Judged(reading, hashes, own, result)

    def _identity(self, path: str, texts: Mapping[str, SourceText]) -> str | None:
        """Return a hash of a text, by the path that is shown for it; None without one. None is loaded for that."""
        return self._contents.get(path) or hash_of_text(texts.get(path))

    def _asked_again(self, numbers: Iterable[int]) -> list[Asked] | None:
        """Return what a part asked, as asked by this run; None if an answer changed."""
        asked = [self._asked[number] for number in numbers]
        if any(self._now(question, path) != answer for question, path, answer in asked):
            return None
        for question, path, answer in asked:
            self.reads.answers[question, path] = answer
        return [(question, path) for question, path, _ in asked]

    def _now(self, question: str, path: str) -> str:
        known = self.reads.answers.get((question, path))
        return self.reads.looks.answer(question, path) if known is None else known

    def packed(self, entry: bytes) -> bytes:
        """Return the parts of this run, for the next one. ``entry`` is the result that is stored with them."""
        numbers: dict[Asked, int] = {}
        units = {
            name: {"asked": [numbers.setdefault(one, len(numbers)) for one in asked], "value": value}
            for name, (asked, value) in self._kept.items()
        }
        judged = self.judged and [
            *(self.judged.reading, self.judged.texts),
            *([numbers.setdefault(one, len(numbers)) for one in self.judged.asked], self.judged.result),
        ]
        texts = [
            [numbers.setdefault(one, len(numbers)), [text.size, text.is_marked]]
            for one, text in self._texts.items()
            if one in self.reads.answers
        ]
        said = [[numbers.setdefault(one, len(numbers)), said] for one, said in self._all_said()]
        answers = [[question, path, self.reads.answers[question, path]] for question, path in numbers]
        found = {"asked": answers, "units": units, "texts": texts, "empty": self._empty, "judged": judged, "said": said}
        return with_entry(found | {"spare": self.spare}, entry)


def with_entry(parts: dict[str, Any], entry: bytes) -> bytes:
    """Return the parts of a run as bytes, with a hash of the result that is stored with them."""
    parts["of"] = blake2b(entry, digest_size=16).hexdigest()
    return json.dumps(parts, separators=(",", ":")).encode()


def parts_of(data: bytes | None) -> dict[str, Any] | None:
    """Return the parts that are stored as bytes."""
    found: dict[str, Any] | None = json.loads(data) if data else None
    return found


def is_of(parts: Mapping[str, Any], entry: bytes) -> bool:
    """Whether the run that made a stored result made these parts, too."""
    return bool(parts["of"] == blake2b(entry, digest_size=16).hexdigest())


def answer_of(text: str, start: blake2b) -> str:
    """Return a hash of a text that nobody can know without the secret of the cache."""
    found = start.copy()
    found.update(text.encode("utf-8", "surrogatepass"))
    return found.hexdigest()


def hash_of_text(text: SourceText | None) -> str | None:
    """Return a hash of the text of a file; None without one."""
    return None if text is None else hash_of(text.text)


def file_asked(path: Path, real: Path) -> set[Asked]:
    """Return what loading a file asks: where its links lead, its size and its content."""
    return {(RESOLVED, str(path)), (STATUS, str(real)), (CONTENT, str(real))}
