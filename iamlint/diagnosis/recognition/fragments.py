"""Pieces of error texts: literal words with placeholders, for recognising a text and for reading values out of it.

``Permission '{permission}' denied on service account {target}`` is one. Two readings of the same piece:

* recognised in a *squeezed* text: without whitespace, quotes and brackets, in lower case. So a wrapped line, a typed
  copy and a text within JSON within a log all look the same.
* read from the text itself, where the borders of words are still there.

All patterns run on RE2, in time linear in the text.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex

DROPPED = "\t\n\x0b\x0c\r\x1c\x1d\x1e\x1f \"'`\\*[]()"
"""ASCII characters that a squeezed text does not have; it has no others than ASCII either."""
MOST_MATCHES = 300
"""Matches of one piece in one text; what repeats more often says nothing new."""

EMAIL = r"[\w.+-]+@(?:[\w-]+(?:\.[\w-]+)*?\.gserviceaccount\.com|[\w-]+(?:\.[\w-]+)+)"
"""An e-mail. One of a service account ends where its domain does: messages continue without a space after it."""
_WORD = r"[^\s'\x22\x60<>()\[\]{},;*]+"
SHAPES: Mapping[str, str] = {
    "permission": r"[a-zA-Z]\w*(?:\.\w+){1,4}(?:/\w+(?:\.\w+){1,3})?",
    "target": rf"(?:{EMAIL}|\d{{15,25}})",
    "agent": EMAIL,
    "principal": rf"(?:(?:user|group|serviceAccount|domain):)?(?:{EMAIL}|principal(?:Set)?://{_WORD})",
    "member": _WORD,
    "role": r"(?:projects/[\w.:-]+/|organizations/\d+/)?roles/[\w.]*\w",
    "project": r"[a-zA-Z0-9](?:[\w.:-]*[\w])?",
    "service": r"[a-z0-9-]+\.googleapis\.com",
    "method": r"\w+(?:\.\w+)+",
    "provider": r"(?://iam\.googleapis\.com/)?projects/[^/\s]+/locations/global/workloadIdentityPools/[\w-]+/providers/[\w-]+",
    "resource": _WORD,
    "bucket": r"[a-z0-9][\w.-]*[a-z0-9]",
    "attribute": r"[a-z]+\.[\w.-]*\w",
    "issuer": _WORD,
    "expected": _WORD,
    "audience": _WORD,
    "pool": _WORD,
    "job": r"[\w-]+",
    "uid": r"[\w-]+",
    "constraint": r"(?:constraints/)?[a-z]+\.[\w.]+\w",
    "lifetime": r"\d+s?",
    "any": r".{0,100}?",
}
"""The pattern of each placeholder, for RE2. ``any`` is not read, and a ``bucket`` is read as the resource."""
_SQUEEZED: Mapping[str, str] = {
    "permission": r"[a-z][a-z0-9_]*?\.[a-z0-9_./]+?",
    "target": r"(?:[a-z0-9_.+$-]+?@[a-z0-9_.-]+?|[a-z0-9_.$-]{0,25}?)",  # a name in its place, or a mask
    "agent": r"[a-z0-9_.+$-]+?@[a-z0-9_.-]+?",
    "project": r"[a-z0-9_.:-]+?",
    "service": r"[a-z0-9.-]+?",
    "any": r".{0,100}?",
}
_ANY_WORD = r"[^\s,;]{1,200}?"
_PLACEHOLDER = regex(r"\{(\w+)\}")
_GAP = r"[\s'\x22\x60\[\]()<>*]*"
_SQUEEZE = {ord(letter): None for letter in DROPPED}


@frozen(slots=False)
class Template:
    """One piece of a text."""

    text: str

    @property
    def placeholders(self) -> tuple[str, ...]:
        """The names of its placeholders, in order."""
        return tuple(_PLACEHOLDER.findall(self.text))

    @cached_property
    def literals(self) -> tuple[str, ...]:
        """Its literal stretches, squeezed, the empty ones included: one more than there are placeholders."""
        return tuple(squeezed(piece) for piece in _PLACEHOLDER.split(self.text)[::2])

    @cached_property
    def mark(self) -> bytes:
        """What a squeezed text has if this piece is in it."""
        return max(self.literals, key=len).encode()

    def spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Where it is in a squeezed text."""
        longest = self.mark
        at = text.find(longest)
        if at < 0:
            return
        if len(self.literals) == 1:
            for _ in range(MOST_MATCHES):
                yield at, at + len(longest)
                if (at := text.find(longest, at + len(longest))) < 0:
                    return
            return
        yield from pattern_spans(self._recognising, text)

    @cached_property
    def _recognising(self) -> Any:
        pieces = [re.escape(piece) for piece in self.literals]
        names = [_SQUEEZED.get(name, _ANY_WORD) for name in self.placeholders]
        return compiled_bytes("".join(_alternating(pieces, names)))

    @cached_property
    def reading(self) -> Any:
        """The pattern that reads its placeholders from a text that is not squeezed."""
        import re2

        pieces = [_with_unread_parts(piece) for piece in _PLACEHOLDER.split(self.text)[::2]]
        names = self.placeholders
        groups = [SHAPES[name] if name == "any" else f"(?P<{name}>{SHAPES[name]})" for name in names]
        return re2.compile("(?is)" + "".join(_alternating(pieces, groups)))


def _alternating(pieces: list[str], between: list[str]) -> Iterator[str]:
    for piece, name in zip(pieces, [*between, ""], strict=True):
        yield piece
        yield name


def _with_unread_parts(piece: str) -> str:
    """Return a literal stretch with any whitespace and quotes between its words, and where it has them at its ends."""
    words = [re.escape(word) for word in re.split(f"[{re.escape(DROPPED)}]+", piece)]
    return _GAP.join(words)


def squeezed(text: str) -> str:
    """Return a text without whitespace, quotes, brackets, and what is not ASCII, in lower case."""
    return text.encode("ascii", "ignore").decode().translate(_SQUEEZE).lower()


def compiled_bytes(pattern: str) -> Any:
    """Return a pattern of RE2 over ASCII bytes."""
    import re2

    options = re2.Options()
    options.encoding = re2.Options.Encoding.LATIN1
    return re2.compile(pattern.encode(), options)


def pattern_spans(pattern: Any, text: bytes) -> Iterator[tuple[int, int]]:
    """Where a pattern is in a squeezed text, at most `MOST_MATCHES` times."""
    for count, found in enumerate(pattern.finditer(text)):
        if count == MOST_MATCHES:
            return
        yield found.start(), found.end()


@frozen(slots=False)
class Structured:
    """A structured field with a value: ``"reason": "SERVICE_DISABLED"``, however the program prints it."""

    key: str
    value: str

    def spans(self, text: bytes) -> Iterator[tuple[int, int]]:
        """Where it is in a squeezed text."""
        if self.mark in text:
            yield from pattern_spans(self._pattern, text)

    @cached_property
    def mark(self) -> bytes:
        """What a squeezed text has if this piece is in it."""
        return self._squeezed.encode()

    @cached_property
    def _squeezed(self) -> str:
        return squeezed(self.value)

    @cached_property
    def _pattern(self) -> Any:
        value = re.escape(self._squeezed)
        if self.key == "error":  # OAuth: as JSON, as google-auth for Python prints it, and as OAuth libraries for Go do
            return compiled_bytes(rf"(?:error[:=]|errorcode|oauth2?:){value}")
        if self.key == "violation":
            return compiled_bytes(rf"(?:type:|constraint:?){value}")
        return compiled_bytes(rf"(?:{self.key}[:=]>?|key:{self.key},?value:){value}")


@frozen(slots=False)
class Alternative:
    """Pieces that must all be in one message for it to be recognised."""

    parts: tuple[Template | Structured, ...]

    @cached_property
    def mark(self) -> bytes:
        """What a squeezed text has if the first of the pieces is in it."""
        return self.parts[0].mark

    @property
    def is_reason(self) -> bool:
        """Whether it is the reason of a payload, and nothing else."""
        (first, *others) = self.parts
        return not others and isinstance(first, Structured) and first.key == "reason"
