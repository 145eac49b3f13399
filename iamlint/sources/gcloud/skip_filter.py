"""Recognises export lines that no rule needs, by their shape, without parsing them.

Most lines of a large export are not needed, and one program writes all of them: the same keys in the same order, a few
hundred roles, members of a few domains. Parsed lines that gave no facts are learned as one regular expression. RE2 runs
it in linear time over many lines at once. A line that does not match is parsed like any other, so the expression need
not cover every form of JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from iamlint.basics.lazy_regex import regex

_S = "[ \t]*"
_STRING = r'"[^"\\\x00-\x1f]*"'
_NAME = regex(r"[A-Za-z0-9_./:-]+\Z")
"""The names that are learned: roles and kinds of assets."""
_MOST = 2_000
"""Maximum number of learned roles, kinds of assets and forms of members, each."""
_MOST_FORMS = 8
"""Maximum number of learned forms of lines: each contains all the roles and members."""
_LEARNED_AT_ONCE = 64
"""Number of learned lines between two builds of the expression."""
_MEMORY = 64_000_000
"""Memory limit of RE2 for the states of the expression, in bytes."""
_VALUES: Mapping[str, str] = {
    "name": _STRING,
    "update_time": _STRING,
    "updateTime": _STRING,
    "ancestry_path": _STRING,
    "etag": _STRING,
    "version": "[0-9]",
    "ancestors": rf"\[{_S}(?:{_STRING}{_S}(?:,{_S}{_STRING}{_S})*)?\]",
}
"""The patterns of values under keys that are not needed, with or without a space."""
_Form = tuple[tuple[str, ...], tuple[str, ...]]
"""The keys of a line and of its policy, in their order."""


class SkipFilter:
    """The pattern of the lines to skip, learned so far.

    ``alike`` is the pattern of members that are not needed either, or None.
    """

    def __init__(self, alike: Callable[[str], str | None]) -> None:
        self._alike = alike
        self._kinds: set[str] = set()
        self._roles: set[str] = set()
        self._members: set[str] = set()
        self._bindings: set[tuple[str, ...]] = set()
        self._forms: set[_Form] = set()
        self._pattern: Any = None
        self._in_vain = self._learned = self._resting_until = 0

    @property
    def is_ready(self) -> bool:
        """Whether it skips any lines yet."""
        return self._pattern is not None

    def end(self, lines: bytes, start: int) -> int:
        """Return the end of the lines to skip from an offset on: the start of the first line that does not match."""
        return start if self._pattern is None else self._pattern.match(lines, start).end()

    def learn(self, asset: Mapping[str, Any], kind: str, policy: Mapping[str, Any]) -> None:
        """Learn a parsed line that gave no facts.

        After some learned lines the expression is rebuilt. The number of lines until the next build is a quarter of all
        so far, so building stays cheap for any content.
        """
        self._in_vain += 1
        if self._in_vain < self._resting_until:
            return
        self._learned += 1
        bindings = policy.get("bindings", ())
        alike = [self._alike(member) for binding in bindings for member in binding["members"]]
        members = {one for one in alike if one is not None}
        roles = {binding["role"] for binding in bindings}
        form = tuple(asset), tuple(policy)
        if None not in alike and all(map(_NAME.match, (kind, *roles))) and self._has_room(form):
            self._kinds.add(kind)
            self._roles |= roles
            self._members |= members
            self._bindings |= {tuple(binding) for binding in bindings}
            self._forms.add(form)
        if self._learned % _LEARNED_AT_ONCE == 0:
            self._resting_until = self._in_vain + self._in_vain // 4
            self._pattern = self._made()

    def _has_room(self, form: _Form) -> bool:
        is_small = max(map(len, (self._kinds, self._roles, self._members))) < _MOST
        return is_small and (form in self._forms or len(self._forms) < _MOST_FORMS)

    def _made(self) -> Any:
        import re2

        values = {
            **_VALUES,
            "asset_type": _one_of(map(re.escape, self._kinds)),
            "role": _one_of(map(re.escape, self._roles)),
            "members": _list(_one_of(self._members)),
        }
        values["assetType"] = values["asset_type"]
        values["bindings"] = _list("|".join(_object(keys, values) for keys in sorted(self._bindings)))
        lines = []
        for keys, policy in sorted(self._forms):
            values["iam_policy"] = values["iamPolicy"] = _object(policy, values)
            lines.append(_object(keys, values))
        options = re2.Options()
        options.max_mem, options.log_errors, options.never_capture = _MEMORY, False, True
        try:
            return re2.compile(f"(?:(?:{'|'.join(lines)}){_S}\r?\n)*".encode(), options)
        except re2.error:  # it needs more memory than allowed: then each line is parsed
            return None


def _one_of(texts: Iterable[str]) -> str:
    """Return a pattern of one of these texts in quotes; "" without texts, so that only an empty list matches."""
    found = "|".join(sorted(texts))
    return f'"(?:{found})"' if found else ""


def _list(item: str) -> str:
    items = f"(?:(?:{item}){_S}(?:,{_S}(?:{item}){_S})*)?" if item else ""
    return f"\\[{_S}{items}\\]"


def _object(keys: Sequence[str], values: Mapping[str, str]) -> str:
    pairs = (f'"{key}"{_S}:{_S}{values[key]}{_S}' for key in keys)
    return f"\\{{{_S}{f',{_S}'.join(pairs)}\\}}"
