"""Texts for people: input texts made safe to print, since anybody may have written them."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

from iamlint.basics.lazy_regex import regex
from iamlint.basics.words import first_names

_C0 = "\x00-\x08\x0a-\x1f"
_UNSEEN = (
    "\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f"
    "\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ud800-\udfff\ufe00-\ufe0f\ufeff\uffa0\ufff0-\ufffb"
    "\U000110bd\U000110cd\U00013430-\U0001343f\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
"""Characters that control a terminal, change the direction or order of text, break lines, or are invisible.

Categories Cc (from DEL on), Cf, Cs, Zl and Zp, and the property Default_Ignorable_Code_Point. Source:
https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt
"""
_SHOWN_AS_ESCAPE = regex(f"[{_C0}{_UNSEEN}]")
_UNSEEN_IN_JSON = regex(f"[{_UNSEEN}]")
_COMMAND = regex(r"^(?P<start>\s*):(?=:)|#(?=#\w*\[)")
"""Commands of CI systems in a log: ``::`` at the start of a line, ``##[`` and ``##vso[`` anywhere.

Source: https://github.com/actions/runner/blob/main/src/Runner.Common/ActionCommand.cs
"""


def neutral(text: str) -> str:
    """Return a text without control characters, escapes and direction marks: each is shown as its escape.

    Tabs stay. A log with the text contains no command from it either.
    """
    if text.isascii() and text.isprintable() and "##" not in text and "::" not in text:
        return text
    shown = _SHOWN_AS_ESCAPE.sub(lambda found: _escape(found[0]), text)
    return _COMMAND.sub(lambda found: f"{found['start'] or ''}{_escape(found[0][-1])}", shown)


def _escape(character: str) -> str:
    code = ord(character)
    short = {"\n": "\\n", "\r": "\\r"}.get(character, f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}")
    return short if code < 0x10000 else f"\\U{code:08x}"


def json_escaped(text: str) -> str:
    """Return JSON with invisible characters and log commands in its strings as ``\\uXXXX``."""
    if not _is_seen(text):  # most lines of a long text are, and to search it whole takes a fifth of a small run
        text = "".join(line if _is_seen(line) else _with_escapes(line) for line in text.splitlines(keepends=True))
    return re.sub(r"#(?=#\w*\[)", r"\\u0023", text) if "##" in text else text


def _is_seen(text: str) -> bool:
    return text.isascii() and "\x7f" not in text


def _with_escapes(text: str) -> str:
    return _UNSEEN_IN_JSON.sub(lambda found: json.dumps(found[0])[1:-1], text)


def listed(names: Sequence[str], most: int = 3) -> str:
    """Return the first names, and how many there are besides.

    Names that are the same, of accounts in several root modules, are one name with their number.
    """
    numbers = list(Counter(names).items())
    first = [name if number == 1 else f"{name} ({number} of that name)" for name, number in numbers[:most]]
    left = sum(number for _, number in numbers[most:])
    return ", ".join(first) + (f" and {left:,} more" if left else "")


class _InEnvironments(Protocol):
    @property
    def environments(self) -> tuple[str, ...]: ...


def environments(found: _InEnvironments) -> str:
    """Return the environments of the configuration that have it: ``in prod, dev``; "" if it has none."""
    return f"in {first_names(found.environments, _MOST_NAMES)}" if found.environments else ""


_MOST_NAMES = 6
