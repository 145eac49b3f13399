"""Messages: fills the sentence of a rule's document with the words of a match."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from functools import lru_cache

from iamlint.basics.lazy_regex import regex
from iamlint.finding import Sentence
from iamlint.patterns.fact_schema import kind_of
from iamlint.patterns.match import Match

_NOT_KNOWN = "(not known)"
LONGEST = 8_000
"""Maximum length of a message in characters."""
_MOST_NAMED = 200
"""Maximum number of permissions that a message names; roles have ten thousand."""
PLACEHOLDER = regex(r"\{(\w+)\}")


def filled(message: str, words: Mapping[str, str]) -> str:
    """Return a message with its placeholders filled in, on one line, whatever the words contain."""
    parts = _parts(message)
    text = "".join([words.get(part, whole) for whole, part in parts])
    if "${" in text:
        text = "".join([brief(words[part]) if part in words else whole for whole, part in parts])
    text = " ".join(text.split())
    if len(text) > LONGEST:
        text = f"{text[:LONGEST]}..."
    return text.removesuffix(".") if text.endswith("?.") else text


def sentence(message: str, words: Mapping[str, str], text: str, shared: Mapping[str, object]) -> Sentence | None:
    """Return the parts of ``text``, which is a message filled in; None if they are not smaller.

    ``shared`` are the words that are kept anyway, each as what `str` shows as the word.
    """
    texts, named = _in_parts(message)
    size, parts = _PARTS, [texts[0]]
    for word, after in zip(named, texts[1:], strict=True):
        if word not in words:
            return None
        size += 8 if word in shared else 8 + _EMPTY + len(words[word])
        parts += words[word], after
    if size >= _EMPTY + len(text) or "".join(parts) != text:  # a word was changed
        return None
    return (texts, *[shared.get(word, words[word]) for word in named])


def partly_filled(message: str, words: Mapping[str, str], later: Set[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts around the words to fill in ``later``, with all others filled in, and these words."""
    texts, named, text = list[str](), list[str](), ""
    for whole, word in _parts(message):
        if word in later and word in words:
            texts.append(text)
            named.append(word)
            text = ""
        else:
            text += words.get(word, whole) if word else whole
    return (*texts, text), tuple(named)


_EMPTY, _PARTS = 49, 64
"""Bytes of an empty text, and of a tuple of one."""


@lru_cache(maxsize=1024)
def _in_parts(message: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the texts around the words of a message, and the words."""
    pieces = tuple(PLACEHOLDER.split(message))
    return pieces[::2], pieces[1::2]


_HOLE = regex(r"\$\{([^{}]*)\}")
_LONGEST_HOLE = 80
_LONGEST = 160
"""Characters of a text with unknown parts; a name that Terraform puts together may be of any length."""
_CALL = r"module\.[\w-]+(?:\[[^\]]*\])?\."
_CALLS = regex(rf"\A(?:{_CALL})+")
_ONE_CALL = regex(_CALL)


def brief(text: str) -> str:
    """Return a text with its unknown parts short, and none of them without a name.

    The full address is shown next to it.
    """
    if "${" not in text:
        return text
    text = _HOLE.sub(_brief_unknown_part, text)
    if len(text) <= _LONGEST or " " in text:
        return text
    return f"{text[: _LONGEST // 2]}...{text[-_LONGEST // 2 :]}"


def _brief_unknown_part(found: re.Match[str]) -> str:
    reference = found[1]
    if reference == "?":
        return _NOT_KNOWN
    if len(reference) > _LONGEST_HOLE:
        reference = _with_fewer_calls(reference)
    return f"${{{reference}}}"


def _with_fewer_calls(reference: str) -> str:
    """Return a reference with the module calls that fit: the outermost, which differs most, then the innermost."""
    found = _CALLS.match(reference)
    calls = _ONE_CALL.findall(found[0]) if found else []
    rest = reference[found.end() :] if found else reference
    for kept in range(len(calls) - 2, -1, -1):
        shorter = f"{calls[0].removesuffix('.')}...{''.join(calls[len(calls) - kept :])}{rest}"
        if len(shorter) <= _LONGEST_HOLE:
            return shorter
    return _end_of(rest)


def _end_of(reference: str) -> str:
    """Return the last parts of a reference, none of them cut."""
    if len(reference) <= _LONGEST_HOLE:
        return f"...{reference}"
    cut = reference[-_LONGEST_HOLE:]
    _, dot, rest = cut.partition(".")
    return f"...{rest if dot else cut}"


@lru_cache(maxsize=1024)
def _parts(message: str) -> tuple[tuple[str, str], ...]:
    """Return the parts of a message as written, each with the name of its placeholder, "" for a plain one."""
    pieces = PLACEHOLDER.split(message)
    return tuple((f"{{{piece}}}", piece) if number % 2 else (piece, "") for number, piece in enumerate(pieces))


@lru_cache(maxsize=1024)
def words_in(message: str) -> frozenset[str]:
    """Return the words that a message has placeholders for."""
    return frozenset(part for _, part in _parts(message) if part)


def words_of(match: Match, wanted: frozenset[str] | None = None) -> dict[str, str]:
    """Return the words for a match: those of its fact, of its permissions, and those of its query.

    With ``wanted``, only these of its fact and permissions, since some take long to compute.
    """
    permissions, fact, kind = match.permissions, match.fact, kind_of(match.fact)
    words: dict[str, str] = {}
    if wanted is None or "permission" in wanted:
        words["permission"] = _short(permissions)
    if wanted is None or "permissions" in wanted:
        words["permissions"] = ", ".join(permissions[:_MOST_NAMED]) + _more(len(permissions) - _MOST_NAMED)
    for word in _shown(tuple(kind.shown), wanted):
        words[word] = kind.shown[word](fact)
    words.update(match.words)
    return words


@lru_cache(maxsize=1024)
def _shown(words: tuple[str, ...], wanted: frozenset[str] | None) -> tuple[str, ...]:
    """Return the words of a kind of facts that are wanted, by default all."""
    return tuple([word for word in words if wanted is None or word in wanted])


@lru_cache(maxsize=1024)
def _short(permissions: tuple[str, ...]) -> str:
    """Return the first permission, and the number of others."""
    return permissions[0] + _more(len(permissions) - 1) if permissions else ""


def _more(number: int) -> str:
    return f" and {number} more" if number > 0 else ""
