"""Recognises the kinds of errors in a text, with what each states, the first cause first."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from itertools import islice, product
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.diagnosis.recognition.error_kind import ErrorKind, Stage
from iamlint.diagnosis.recognition.error_kinds import error_kinds
from iamlint.diagnosis.recognition.error_text import WRAPPED, ErrorText
from iamlint.diagnosis.recognition.fields import LONGEST_READ, Fields, made, mentions, read_fields
from iamlint.diagnosis.recognition.fragments import Structured, Template, compiled_bytes, pattern_spans

NEAR = 2500
"""Characters of a squeezed text within which pieces can be of one message."""
MOST_READ = 100
"""Occurrences of one kind that are read in one text; further ones are left out."""
_EXCERPT = 300
_SENTENCE_ENDS = (". ", "; ", "} ", "}, ")
_DENIAL = (
    r"permission_?denied|error:?40[13]\b|code:?40[13]|status:?40[13]|statuscode:?40[13]|40[13]forbidden|http:?40[13]"
    r"|forbidden|unauthenticated|doesnothave|notauthorized|accessdenied"
)


@frozen
class Recognised:
    """One error in a text.

    ``kind`` is None for a text of no known kind: then ``mentions`` has what is named in it. ``explained_by`` is the
    index, in the same tuple, of the error whose consequence this one is. ``times`` counts occurrences, at most
    `MOST_READ`. ``wrappers`` are the kinds that say which program printed it. ``unread``: characters that were left out
    of a text that is too long.
    """

    kind: ErrorKind | None
    fields: Fields
    line: int
    excerpt: str
    wrappers: tuple[ErrorKind, ...] = ()
    mentions: tuple[tuple[str, str], ...] = ()
    times: int = 1
    explained_by: int | None = None
    unread: int = 0

    @property
    def stage(self) -> Stage | None:
        """Where in the course of the call the error arises."""
        return self.kind.stage if self.kind else None


@frozen
class _Hit:
    """A kind found in a squeezed text: the alternative that matches, its place, and its message."""

    kind: ErrorKind
    alternative: int
    spans: tuple[tuple[int, int], ...]
    message: tuple[int, int]
    payload: int | None = None
    """Where the payload begins, as far as its text says, if all that matches is its reason."""

    @property
    def start(self) -> int:
        return self.spans[0][0]

    @property
    def end(self) -> int:
        return max(end for _, end in self.spans)

    def overlaps(self, other: _Hit) -> bool:
        """Whether a piece of both is the same stretch of the text."""
        return any(a < d and c < b for (a, b), (c, d) in product(self.spans, other.spans))

    def yields_to(self, other: _Hit) -> bool:
        """Whether the other one, in the same message, says what this one says, and more."""
        if self.kind.id in other.kind.absorbs:
            return True
        if other.kind is self.kind or other.kind.wrapper or self.kind.rank == "specific":
            return False
        if self.kind.rank == "vague":
            return other.kind.rank != "vague"
        return other.kind.rank == "specific" and (self.overlaps(other) or self._is_reason_of(other))

    def _is_reason_of(self, other: _Hit) -> bool:
        """Whether this is the reason of the payload whose message the other one recognises.

        What a reason is about follows it, and is missing if the text is cut off there.
        """
        return self.payload is not None and self.payload <= other.start < self.start


@frozen
class _Found:
    """An error, with the offset and the message that it is at."""

    error: Recognised
    at: int
    message: tuple[int, int]

    @property
    def wraps(self) -> bool:
        return self.error.kind is not None and self.error.kind.wrapper


def recognise(text: str, kinds: Iterable[ErrorKind] | None = None) -> tuple[Recognised, ...]:
    """Return the errors in a text: causes before their consequences, otherwise in the order of the text.

    Never raises, and takes time linear in the text. An empty text has no errors; of a text without any known kind there
    is one `Recognised` whose ``kind`` is None.
    """
    source = ErrorText(text)
    if not source.squeezed:
        return ()
    hits = sorted(
        _hits(source, tuple(error_kinds() if kinds is None else kinds)), key=lambda hit: (hit.start, hit.kind.id)
    )
    found = _read(source, list(_deciding(hits)))
    found += _unknown_messages(source, hits) if hits else [_unknown(source, 0, len(source.plain))]
    return _ordered(found, source.unread)


# -- finding -------------------------------------------------------------------------------------------------------


def _hits(source: ErrorText, kinds: tuple[ErrorKind, ...]) -> Iterator[_Hit]:
    known: dict[Template | Structured, list[tuple[int, int]]] = {}

    def spans(part: Template | Structured) -> list[tuple[int, int]]:
        if part not in known:
            known[part] = sorted(part.spans(source.squeezed))
        return known[part]

    for kind in kinds:
        for index, alternative in enumerate(kind.recognise):
            if alternative.mark not in source.squeezed or not all(map(spans, alternative.parts)):  # mostly the former
                continue
            first, *others = map(spans, alternative.parts)
            for span in first:
                message = source.message_of(source.offset(span[0]))
                beside = [_nearest(source, span, other, message) for other in others]
                together = [one for one in beside if one]
                excluded = (_nearest(source, span, spans(part), message) for part in kind.unless)
                if len(together) == len(beside) and not any(excluded):
                    payload = (
                        source.squeezed.rfind(b"message:", max(0, span[0] - NEAR), span[0])
                        if alternative.is_reason
                        else None
                    )
                    yield _Hit(kind, index, tuple(sorted((span, *together))), message, payload)


def _nearest(
    source: ErrorText, span: tuple[int, int], others: list[tuple[int, int]], message: tuple[int, int]
) -> tuple[int, int] | None:
    """Return the nearest of the others in the same message."""
    at = bisect_left(others, span)
    near = (
        other
        for other in others[max(0, at - 1) : at + 2]
        if abs(other[0] - span[0]) <= NEAR and message[0] <= source.offset(other[0]) < message[1]
    )
    return min(near, key=lambda other: abs(other[0] - span[0]), default=None)


def _deciding(hits: list[_Hit]) -> Iterator[_Hit]:
    """Yield the hits without those that say less than another one near them in the same message."""
    first = 0
    absorbed = {name for hit in hits for name in hit.kind.absorbs}
    for index, hit in enumerate(hits):
        while hits[first].start < hit.start - NEAR:
            first += 1
        kept = hit.kind.wrapper or (hit.kind.rank == "specific" and hit.kind.id not in absorbed)  # most are
        if kept or not any(hit.yields_to(other) for other in _around(hits, first, index)):
            yield hit


def _around(hits: list[_Hit], first: int, index: int) -> Iterator[_Hit]:
    hit = hits[index]
    for other in islice(hits, first, None):
        if other.start > hit.start + NEAR:
            return
        if other is not hit and other.message == hit.message:
            yield other


# -- reading -------------------------------------------------------------------------------------------------------


def _events(hits: Iterable[_Hit]) -> list[list[_Hit]]:
    """Return the hits of each error together: several pieces show it, but none of them twice."""
    events: list[list[_Hit]] = []
    for hit in hits:
        last = events[-1] if events else []
        same = last and last[0].kind is hit.kind and last[0].message == hit.message
        if same and all(one.alternative != hit.alternative or one.overlaps(hit) for one in last):
            last.append(hit)
        else:
            events.append([hit])
    return events


def _read(source: ErrorText, hits: list[_Hit]) -> list[_Found]:
    """Return what each event states; events of one kind that may be the same are one."""
    events = _events(hit for hit in hits if not hit.kind.wrapper)
    stretches = _stretches(source, events)
    wrappers, lone = _wrapped(events, _events(hit for hit in hits if hit.kind.wrapper))
    found: list[_Found] = []
    read = Counter[str]()
    for event, stretch, around in zip(events, stretches, wrappers, strict=True):
        kind = event[0].kind
        read[kind.id] += 1
        if read[kind.id] <= MOST_READ:
            _add(found, _recognised(source, event, stretch, around))
    for event in lone[:MOST_READ]:
        one = _recognised(source, event, event[0].message, [])
        if not any(other.error.fields.target == one.error.fields.target for other in found if not other.wraps):
            _add(found, one)
    return found


def _add(found: list[_Found], one: _Found) -> None:
    """Adds an error, or counts it where it is there already: programs try again, and libraries repeat the text."""
    for index, other in enumerate(found):
        first, again = other.error, one.error
        if first.kind is again.kind and first.fields.agrees(again.fields):
            wrappers = tuple(dict.fromkeys((*first.wrappers, *again.wrappers)))
            fields = first.fields.filled(again.fields)
            error = replace(first, fields=fields, wrappers=wrappers, times=first.times + 1)
            found[index] = replace(other, error=error)
            return
    found.append(one)


def _stretches(source: ErrorText, events: list[list[_Hit]]) -> list[tuple[int, int]]:
    """Return the stretch of the readable text that belongs to each event: lines are shared only if they must be."""
    borders: list[tuple[int, int]] = [event[0].message for event in events]
    for index in range(1, len(events)):
        (start, end), (next_start, next_end) = borders[index - 1], borders[index]
        if events[index][0].message != events[index - 1][0].message:
            continue
        ends, begins = (
            source.offset(max(hit.end for hit in events[index - 1]) - 1) + 1,
            source.offset(events[index][0].start),
        )
        line = source.line_start(begins)
        border = line if line >= ends else _sentence_end(source.plain, min(ends, begins), begins)
        borders[index - 1], borders[index] = (start, min(border, end)), (max(border, next_start), next_end)
    return borders


def _sentence_end(text: str, start: int, end: int) -> int:
    """Return the last end of a sentence or object between two offsets, or the second one without any."""
    return max((at + len(mark) for mark in _SENTENCE_ENDS if (at := text.rfind(mark, start, end)) >= 0), default=end)


def _wrapped(events: list[list[_Hit]], wrappers: list[list[_Hit]]) -> tuple[list[list[_Hit]], list[list[_Hit]]]:
    """Return the wrappers of each event: before it or in its message; and those whose cause is not in the text."""
    found: list[list[_Hit]] = [[] for _ in events]
    starts = [event[0].start for event in events]
    lone: list[list[_Hit]] = []
    for wrapper in wrappers:
        at = bisect_left(starts, wrapper[0].start)
        after = events[at][0] if at < len(events) else None
        before = events[at - 1][0] if at else None
        if after and (after.message == wrapper[0].message or after.start - wrapper[-1].end <= NEAR // 4):
            found[at].append(wrapper[0])
        elif before and before.message == wrapper[0].message:
            found[at - 1].append(wrapper[0])
        else:
            lone.append(wrapper)
    return found, lone


def _recognised(source: ErrorText, event: list[_Hit], stretch: tuple[int, int], around: list[_Hit]) -> _Found:
    kind = event[0].kind
    at = source.offset(event[0].start)
    start, end = source.passage(at, source.offset(max(hit.end for hit in event) - 1) + 1, *stretch)
    read = read_fields(source.plain[max(start, at - LONGEST_READ // 2) : end], kind.templates)
    values = {**kind.implies, **read}
    for wrapper in around:
        begins = source.offset(wrapper.start)
        passage = source.plain[begins : begins + NEAR // 2]
        for name, value in read_fields(passage, wrapper.kind.templates, only=True).items():
            values.setdefault(name, value)
        for name, value in wrapper.kind.implies.items():
            values.setdefault(name, value)
    wrappers = tuple(dict.fromkeys(wrapper.kind for wrapper in around))
    error = Recognised(kind, made(values), source.line(at), _excerpt(source, at, end), wrappers)
    return _Found(error, at, event[0].message)


def _excerpt(source: ErrorText, at: int, end: int) -> str:
    """Return the line of an error, cut around where the error is in it."""
    start = max(source.line_start(at), at - _EXCERPT // 2)
    line = source.plain[start : min(end, start + _EXCERPT)].lstrip().partition("\n")[0]
    return line.replace(WRAPPED, "").rstrip()


def _unknown(source: ErrorText, start: int, end: int) -> _Found:
    text = source.plain[start:end]
    at = start + len(text) - len(text.lstrip())
    error = Recognised(None, Fields(), source.line(at), _excerpt(source, at, end), mentions=tuple(mentions(text)))
    return _Found(error, at, (start, end))


def _unknown_messages(source: ErrorText, hits: list[_Hit]) -> Iterator[_Found]:
    """Messages that look like a refusal and are of no known kind."""
    known = {hit.message for hit in hits}
    seen: set[tuple[int, int]] = set()
    for start, _ in pattern_spans(_denial(), source.squeezed):
        message = source.message_of(source.offset(start))
        if message not in known and message not in seen and len(seen) < MOST_READ:
            seen.add(message)
            yield _unknown(source, *message)


@cache
def _denial() -> Any:
    return compiled_bytes(_DENIAL)


# -- what explains what --------------------------------------------------------------------------------------------


def _ordered(found: list[_Found], unread: int) -> tuple[Recognised, ...]:
    """Causes in the order of the text, each consequence after its causes."""
    found = sorted(found, key=lambda one: (one.at, one.error.line))
    by_kind: dict[ErrorKind | None, list[int]] = {}
    for index, one in enumerate(found):
        by_kind.setdefault(one.error.kind, []).append(index)
    causes = [sorted(_causes(index, found, by_kind)) for index in range(len(found))]
    places: dict[int, int] = {}
    ordered: list[Recognised] = []
    waiting = sorted(range(len(found)), key=lambda index: (len(causes[index]), index))
    while waiting:  # errors that explain each other: the first of them begins
        index = next((one for one in waiting if all(cause in places for cause in causes[one])), waiting[0])
        waiting.remove(index)
        explained_by = min((places[cause] for cause in causes[index] if cause in places), default=None)
        places[index] = len(ordered)
        ordered.append(replace(found[index].error, explained_by=explained_by, unread=unread))
    return tuple(ordered)


def _causes(index: int, found: list[_Found], by_kind: dict[ErrorKind | None, list[int]]) -> Iterator[int]:
    """Yield the first error of each kind that explains this one: it comes before it, or is in the same message."""
    one = found[index]
    for kind, indices in by_kind.items():
        if kind and one.error.kind and kind is not one.error.kind and _explains(kind, one.error.kind):
            first = next((other for other in indices if other < index or found[other].message == one.message), None)
            if first is not None:
                yield first


def _explains(cause: ErrorKind, other: ErrorKind) -> bool:
    """Whether the document of one kind names the other kind, or its stage, as a consequence."""
    return other.id in cause.explains or other.stage in cause.explains
