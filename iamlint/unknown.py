"""The unknown value: never dropped, never guessed, always with its reason."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from enum import Enum
from functools import reduce
from operator import and_

from iamlint.basics.frozen import frozen


@frozen
class UnknownPart:
    """The unknown part of a text, named by its absolute reference.

    ``module.a["x"].google_service_account.ci.email``: two unknown parts with the same reference hold the same text,
    whatever the text turns out to be. ``is_segment`` says that it certainly has no slash: it is a segment of a
    resource's name.
    """

    reference: str
    is_segment: bool = field(default=False, compare=False)

    def __str__(self) -> str:
        return "${" + self.reference + "}"


SET_ELSEWHERE = "is an empty text, which is set elsewhere"
"""How a reason ends if a variable has an empty default."""
_LONGEST_REASON, _BEGINNING, _END = 1_000, 300, 600
"""Maximum length of a reason, in characters; and how much of its beginning and end is kept if it is longer."""

HOLE = "\ue000"
"""Represents unknown parts while a text is parsed; a private-use character, which no text has."""


def shortened(reason: str) -> str:
    """Return a reason without its middle if it is long: it may contain a name of the input, of any length."""
    return reason if len(reason) <= _LONGEST_REASON else f"{reason[:_BEGINNING]} ... {reason[-_END:]}"


@frozen
class Unknown:
    """A value that cannot be known here.

    ``reason`` is a clause that a reader can act on ("var.role has no default", "known after apply"). ``parts`` are, for
    a text, its literal parts and its unknown parts in order; empty if nothing is known about it. ``refused`` says that
    Terraform would stop with an error here, rather than know the value later. ``filled`` says that it is certainly not
    null or an empty text: the e-mail of an account. ``options`` are the texts that it may be, if these are known.
    """

    reason: str
    parts: tuple[str | UnknownPart, ...] = ()
    refused: bool = False
    filled: bool = False
    options: tuple[str | Unknown, ...] = ()

    def __post_init__(self) -> None:
        if len(self.reason) > _LONGEST_REASON:  # one that contains others, hundreds of them
            object.__setattr__(self, "reason", shortened(self.reason))

    @property
    def text(self) -> str:
        """The text shown for it, which also identifies it: ``serviceAccount:${google_service_account.ci.email}``."""
        return "".join(str(part) for part in self.parts) if self.parts else "${?}"

    def masked(self, mark: str = HOLE) -> str:
        """Return the text with a mark for each unknown part; "" if nothing of it is known by name."""
        return "".join(part if isinstance(part, str) else mark for part in self.parts)

    @property
    def has_text(self) -> bool:
        """Whether a part of the text is known."""
        return any(isinstance(part, str) for part in self.parts)

    @property
    def prefix(self) -> str:
        """The text that it certainly begins with."""
        return self.parts[0] if self.parts and isinstance(self.parts[0], str) else ""

    @property
    def suffix(self) -> str:
        """The text that it certainly ends with."""
        return self.parts[-1] if self.parts and isinstance(self.parts[-1], str) else ""

    @property
    def is_filled(self) -> bool:
        """Whether it is certainly not null or an empty text."""
        return self.filled or any(isinstance(part, str) and part for part in self.parts)

    @property
    def is_named(self) -> bool:
        """Whether all unknown parts of it are known by name."""
        return bool(self.parts) and UnknownPart("?") not in self.parts

    @property
    def unknown_part(self) -> UnknownPart | None:
        """The unknown part, if the whole value is one reference."""
        only = self.parts[0] if len(self.parts) == 1 else None
        return only if isinstance(only, UnknownPart) else None


def shown(text: str | Unknown | None) -> str:
    """Return a text for a reader, with unknown parts for unknown parts; "" for None."""
    return text.text if isinstance(text, Unknown) else text or ""


_NAMED, _LONGEST_NAMED = 4, 200
"""Maximum number of possible texts that are named, and how many characters of each."""


def worded(text: str | Unknown | None) -> str:
    """Return a text for a sentence: one of several is named with the others."""
    if not isinstance(text, Unknown) or not text.options:
        return shown(text)
    named = [shown(one)[:_LONGEST_NAMED] or '""' for one in text.options[:_NAMED]]
    more = len(text.options) - len(named)
    last = f"one of {more} others" if more else named.pop()
    return f"{', '.join(named)} or {last}" if named else last


def join_texts(*texts: str | Unknown) -> str | Unknown:
    """Join texts. An unknown part stays an unknown part; the result has the reason of the first unknown text."""
    unknown = next((text for text in texts if isinstance(text, Unknown)), None)
    if unknown is None:
        return "".join(map(shown, texts))
    parts: list[str | UnknownPart] = []
    for text in texts:
        for part in (text,) if isinstance(text, str) else text.parts or (UnknownPart("?"),):
            if isinstance(part, str) and parts and isinstance(parts[-1], str):
                parts[-1] += part
            elif part != "":
                parts.append(part)
    several = [text for text in texts if isinstance(text, Unknown) and text.options]
    one = several[0] if len(several) == 1 else None
    options = (
        join_texts(*(option if text is one else text for text in texts)) for option in (one.options if one else ())
    )
    return Unknown(unknown.reason, tuple(parts), options=tuple(options))


def without_prefix(text: str | Unknown, *prefixes: str) -> str | Unknown:
    """Return a text without the first of these prefixes that it has."""
    for prefix in prefixes:
        if isinstance(text, str):
            if text.startswith(prefix):
                return text[len(prefix) :]
        elif text.prefix.startswith(prefix):
            rest = text.prefix[len(prefix) :]
            options = tuple(without_prefix(option, prefix) for option in text.options)
            return Unknown(text.reason, ((rest,) if rest else ()) + text.parts[1:], options=options)
    return text


class Truth(Enum):
    """True, false or unknown; combined as Kleene's strong logic combines them."""

    TRUE = "true"
    FALSE = "false"
    UNKNOWN = "unknown"

    def __and__(self, other: Truth) -> Truth:
        if self is Truth.FALSE or other is Truth.FALSE:
            return Truth.FALSE
        return other if self is Truth.TRUE else self

    def __or__(self, other: Truth) -> Truth:
        if self is Truth.TRUE or other is Truth.TRUE:
            return Truth.TRUE
        return other if self is Truth.FALSE else self

    def __invert__(self) -> Truth:
        if self is Truth.UNKNOWN:
            return self
        return Truth.FALSE if self is Truth.TRUE else Truth.TRUE

    def __bool__(self) -> bool:
        raise TypeError("a Truth has three values: compare it with Truth.TRUE")

    @staticmethod
    def all(truths: Iterable[Truth]) -> Truth:
        """Return whether all are true."""
        return reduce(and_, truths, Truth.TRUE)

    @staticmethod
    def of(fact: bool) -> Truth:
        """Return TRUE or FALSE for a plain boolean."""
        return Truth.TRUE if fact else Truth.FALSE
