"""Functions over strings. Source: https://developer.hashicorp.com/terraform/language/functions

Of a partly known text, the known beginning and end still decide some results.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from itertools import repeat

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Data, List, Part, Partial, Value
from iamlint.hcl.functions.collections import listed
from iamlint.hcl.functions.graphemes import graphemes
from iamlint.hcl.functions.texts.assembly import Assembly, too_long
from iamlint.hcl.functions.texts.patterns import Found, Pattern, compiled
from iamlint.hcl.functions.types import (
    LONGEST_TEXT,
    EvaluationError,
    Function,
    UnknownResult,
    bounded,
    integer,
    text,
    uncertain,
)
from iamlint.hcl.functions.unification import STRING
from iamlint.location import Span
from iamlint.unknown import Unknown, UnknownPart

_WIDEST = 10_000
LONGEST_IN_PARTS = 100_000
"""Maximum number of known characters of a partly known text that are changed."""
_SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""The white space of Go's unicode.IsSpace."""
_LITERAL = regex(r"(\^?)((?:[A-Za-z0-9 _@:/,=~!#%&-]|\\[./@:$+-])+)(\$?)")
"""A pattern that matches one text only, with the anchors at its beginning and end."""
_ESCAPED = regex(r"\\(.)")
_REFERENCE = regex(r"\$(?:\$|\{(\w+)\}|(\w+))", re.ASCII)


def _join(separator: Value, first: Value, *others: Value) -> Value:
    made, by = Assembly(), text(separator)
    for at, item in enumerate(item for one in (first, *others) for item in _in_order(one)):
        bounded(at)
        made.add(by if at else "")
        made.add_value(item)
    return made.value()


def _in_order(value: Value) -> tuple[Value, ...]:
    unclear = uncertain(value)
    if unclear:
        raise UnknownResult(Unknown(unclear.reason))
    found = listed(value, STRING)
    for item in found:
        if isinstance(item.data, Unknown) and not item.data.parts and not item.options:
            raise UnknownResult(item.data)
    return found


def _split(separator: Value, value: Value) -> Data | Value:
    by = text(separator)
    if isinstance(value.data, Unknown) and value.data.parts and by and not _overlaps_itself(by):
        return _split_in_part(by, value.data)
    whole = text(value)
    pieces = whole.split(by) if by else list(whole)
    bounded(len(pieces))
    return List(map(Value, pieces, _places(pieces, len(by), whole, value.at)))


def _overlaps_itself(separator: str) -> bool:
    """Whether a separator may begin within another one: then what precedes decides where a text is split."""
    return any(separator.startswith(separator[at:]) for at in range(1, len(separator)))


def _split_in_part(by: str, why: Unknown) -> Value:
    """Return the pieces between separators that are known; those before the first unknown part by their numbers."""
    pieces: list[list[str | UnknownPart]] = [[]]
    for part in why.parts:
        first, *others = part.split(by) if isinstance(part, str) else (part,)
        pieces[-1].append(first)
        pieces += ([other] for other in others)
        bounded(len(pieces))
    found: list[Part] = []
    is_counted = True
    for number, piece in enumerate(pieces):
        is_whole = all(isinstance(part, str) or (part.is_segment and "/" in by) for part in piece)
        is_counted = is_counted and is_whole
        if is_whole:
            found.append(Part(_piece(why, piece), Value(number) if is_counted else None))
    if is_counted:
        return Value(List(part.value for part in found))
    return Value(Unknown(why.reason, refused=why.refused), None, Partial("list", tuple(found)) if found else None)


def _piece(why: Unknown, parts: Sequence[str | UnknownPart]) -> Value:
    """Return a text of some parts of an unknown one."""
    known = [part for part in parts if isinstance(part, str)]
    kept = tuple(part for part in parts if part)
    return Value("".join(known) if len(known) == len(parts) else replace(why, parts=kept, filled=False, options=()))


def _places(pieces: Sequence[str], apart: int, whole: str, at: Span | None) -> Iterator[Span | None]:
    """Yield where the pieces of a text are written: on its only line, or in a file or heredoc that contains it."""
    if at is None or "\n" not in at.source.text[at.start : at.end]:
        yield from repeat(at, len(pieces))
        return
    start = at.source.text.find(whole, at.start, at.end)
    for piece in pieces:
        yield None if start < 0 else Span(at.source, start, start + len(piece))
        start += len(piece) + apart if start >= 0 else 0


def _replace(value: Value, wanted: Value, replacement: Value) -> Data:
    search, by = text(wanted), text(replacement)
    if isinstance(value.data, Unknown) and len(search) == 1:
        return _in_parts(value.data, lambda part: part.replace(search, by))
    whole = text(value)
    if len(search) > 1 and search.startswith("/") and search.endswith("/"):
        return _substituted(compiled(search[1:-1]), whole, by)
    if whole.count(search) * max(0, len(by) - len(search)) + len(whole) > LONGEST_TEXT:
        raise too_long()
    return whole.replace(search, by)


def _substituted(pattern: Pattern, whole: str, template: str) -> str:
    pieces, at, size = [], 0, 0
    for found in pattern.matches(whole):
        pieces += [whole[at : found.start], _expanded(template, pattern, found, whole)]
        at = found.end
        size += len(pieces[-1])
        if size > LONGEST_TEXT:
            raise too_long()
    return "".join([*pieces, whole[at:]])


def _expanded(template: str, pattern: Pattern, found: Found, whole: str) -> str:
    def shown(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name is None:
            return "$"
        if name == "0":
            return whole[found.start : found.end]
        if name.isdigit():
            at = int(name) if len(name) < 5 and name[0] != "0" else 0
        else:
            at = pattern.names.index(name) + 1 if name in pattern.names else 0
        return (found.groups[at - 1] or "") if 0 < at <= len(found.groups) else ""

    return _REFERENCE.sub(shown, template)


def _captured(pattern: Pattern, found: Found, whole: str) -> Value:
    named = [name for name in pattern.names if name]
    if named:
        groups = dict(zip(pattern.names, found.groups, strict=True))
        return Value({name: Value(groups[name]) for name in sorted(groups)})
    if pattern.names:
        return Value(tuple(Value(group) for group in found.groups))
    return Value(whole[found.start : found.end])


def _compiled(pattern: Value) -> Pattern:
    found = compiled(text(pattern))
    if any(found.names) and not all(found.names):
        raise EvaluationError("a pattern with both named and unnamed groups")
    return found


def _matches_in_part(pattern: Value, value: Value, *, once: bool = False) -> list[Value] | None:
    """Return the matches of a pattern in a partly known text; None if the unknown parts decide.

    A pattern that is one text matches by the known beginning or end. Without an anchor it matches where a known part
    has the text; how often is not known, so that counts only if ``once`` asks for the first match.
    """
    why, literal = value.data, _LITERAL.fullmatch(text(pattern))
    if literal is None or not isinstance(why, Unknown):
        return None
    start, escaped, end = literal.groups()
    wanted = _ESCAPED.sub(r"\1", escaped)
    if start and end:
        return None
    if start:
        return [Value(wanted)] if _decided(why, why.prefix, wanted, str.startswith) else []
    if end:
        return [Value(wanted)] if _decided(why, why.suffix, wanted, str.endswith) else []
    is_in = once and any(isinstance(part, str) and wanted in part for part in why.parts)
    return [Value(wanted)] if is_in else None


def _regex(pattern: Value, value: Value) -> Value:
    decided = _matches_in_part(pattern, value, once=True)
    if decided:
        return decided[0]
    if decided is not None:
        raise EvaluationError("the pattern does not match")
    compiled_, searched = _compiled(pattern), text(value)
    found = compiled_.search(searched)
    if found is None:
        raise EvaluationError("the pattern does not match")
    return _captured(compiled_, found, searched)


def _regexall(pattern: Value, value: Value) -> Data:
    decided = _matches_in_part(pattern, value)
    if decided is not None:
        return List(decided)
    compiled_, searched, found = _compiled(pattern), text(value), []
    for match in compiled_.matches(searched):
        found.append(_captured(compiled_, match, searched))
        bounded(len(found))
    return List(found)


def _substr(value: Value, offset: Value, length: Value) -> Data:
    start, size = integer(offset), integer(length)
    if isinstance(value.data, Unknown) and start >= 0 and size >= 0 and value.data.prefix.isascii():
        known_part = value.data.prefix[:-1]  # what follows may combine with the last character
        if start + size <= len(known_part):
            return known_part[start : start + size]
    whole = graphemes(text(value))
    to_end = size < 0 or (size == 0 and start < 0)  # Go's loop over none of them does not stop
    start = max(0, len(whole) + start) if start < 0 else start
    return "".join(whole[start:] if to_end else whole[start : start + size])


def _title(value: Value) -> Data:
    found, before = [], " "
    for character in text(value):
        found.append(_upper(character, str.title) if _separates(before) else character)
        before = character
    return "".join(found)


def _separates(character: str) -> bool:
    if character.isascii():
        return not (character.isalnum() or character == "_")
    return not character.isalpha() and not character.isdigit() and character in _SPACE


def _upper(character: str, change: Callable[[str], str] = str.upper) -> str:
    """Change case character by character, as Go does."""
    found = change(character)
    if len(found) != 1:
        found = character.title()
    return found if len(found) == 1 else character


def _lower(character: str) -> str:
    found = character.lower()
    return found if len(found) == 1 else found[0]


def _each(change: Callable[[str], str]) -> Function:
    def changed(value: Value) -> Data:
        if isinstance(value.data, Unknown):
            return _in_parts(value.data, lambda part: "".join(map(change, part)))
        return "".join(map(change, text(value)))

    return changed


def _in_parts(why: Unknown, change: Callable[[str], str]) -> Unknown:
    """Return a partly known text with its known parts changed; the unknown parts change, too."""
    if sum(len(part) for part in why.parts if isinstance(part, str)) > LONGEST_IN_PARTS:
        raise UnknownResult(Unknown(why.reason, refused=why.refused))
    parts = (change(part) if isinstance(part, str) else UnknownPart("?") for part in why.parts)
    found = tuple(part for part in parts if part)
    return Unknown(why.reason, found if any(isinstance(part, str) for part in found) else (), refused=why.refused)


def _indent(spaces: Value, value: Value) -> Data:
    by, whole = integer(spaces), text(value)
    if by < 0:
        raise EvaluationError("a negative indentation")
    if by > _WIDEST or whole.count("\n") * by + len(whole) > LONGEST_TEXT:
        raise UnknownResult(Unknown("an indentation that iamlint does not evaluate"))
    return whole.replace("\n", "\n" + " " * by)


def _trimmed(strip: Callable[[str, str], str]) -> Function:
    return lambda value, by: strip(text(value), text(by))


def _trimprefix(value: Value, prefix: Value) -> Data:
    match value.data, text(prefix):
        case Unknown(parts=(str() as first, *rest)) as why, start if first.startswith(start):
            kept = first.removeprefix(start)
            return Unknown(why.reason, (kept, *rest) if kept else tuple(rest), refused=why.refused)
        case _, start:
            return text(value).removeprefix(start)


def _trimsuffix(value: Value, suffix: Value) -> Data:
    match value.data, text(suffix):
        case Unknown(parts=(*rest, str() as last)) as why, end if last.endswith(end):
            kept = last.removesuffix(end)
            return Unknown(why.reason, (*rest, kept) if kept else tuple(rest), refused=why.refused)
        case _, end:
            return text(value).removesuffix(end)


def _startswith(value: Value, start: Value) -> Data:
    if isinstance(value.data, Unknown):
        return _decided(value.data, value.data.prefix, text(start), str.startswith)
    return text(value).startswith(text(start))


def _endswith(value: Value, end: Value) -> Data:
    if isinstance(value.data, Unknown):
        return _decided(value.data, value.data.suffix, text(end), str.endswith)
    return text(value).endswith(text(end))


def _decided(why: Unknown, given: str, wanted: str, test: Callable[[str, str], bool]) -> bool:
    """Return the result that the known beginning or end of a text determines."""
    if test(given, wanted):
        return True
    if not test(wanted, given):
        return False
    raise UnknownResult(Unknown(why.reason, refused=why.refused))


def _strcontains(value: Value, part: Value) -> Data:
    wanted = text(part)
    if isinstance(value.data, Unknown) and any(isinstance(one, str) and wanted in one for one in value.data.parts):
        return True
    return wanted in text(value)


def _strrev(value: Value) -> Value:
    why = value.data
    if not isinstance(why, Unknown) or not all(part.isascii() for part in why.parts if isinstance(part, str)):
        return Value("".join(reversed(graphemes(text(value)))), value.at)
    last = len(why.parts) - 1
    # A character beside an unknown part may stay together with characters of that part, such as an accent.
    known = {at: part[at > 0 : len(part) - (at < last)] for at, part in enumerate(why.parts) if isinstance(part, str)}
    if sum(map(len, known.values())) > LONGEST_IN_PARTS or any("\r" in part for part in known.values()):
        raise UnknownResult(Unknown(why.reason, refused=why.refused))
    parts = (known[at][::-1] if at in known else UnknownPart("?") for at in range(last, -1, -1))
    found = tuple(part for part in parts if part) if any(known.values()) else ()
    return Value(Unknown(why.reason, found, refused=why.refused), value.at)


FUNCTIONS: dict[str, Function] = {
    "chomp": lambda value: text(value).rstrip("\r\n"),
    "endswith": _endswith,
    "indent": _indent,
    "join": _join,
    "lower": _each(_lower),
    "regex": _regex,
    "regexall": _regexall,
    "replace": _replace,
    "split": _split,
    "startswith": _startswith,
    "strcontains": _strcontains,
    "strrev": _strrev,
    "substr": _substr,
    "title": _title,
    "trim": _trimmed(lambda whole, cut: whole.strip(cut) if cut else whole),
    "trimprefix": _trimprefix,
    "trimspace": lambda value: text(value).strip(_SPACE),
    "trimsuffix": _trimsuffix,
    "upper": _each(_upper),
}
