"""Lines of an export of which nothing is kept, told by their likeness to earlier ones, without parsing them.

Of a large export nearly all lines are dull, and all are written by one program: the same keys in the same order, a few
hundred roles, members of a few domains. What is learned from the lines that were parsed and left nothing makes one
regular expression; it is run in time linear in the text, by RE2, over many lines at once. A line that it does not match
is parsed like any other, so that it need not know every form of JSON.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

_S = "[ \t]*"
_STRING = r'"[^"\\\x00-\x1f]*"'
_NAME = re.compile(r"[A-Za-z0-9_./:-]+\Z")
"""The names that are learned: those of roles and kinds of assets."""
_MOST = 2_000
"""Roles, kinds of assets and forms of members that are learned at most, of each."""
_MOST_FORMS = 8
"""Forms of lines that are learned at most: each has all the roles and members in it."""
_LEARNED_AT_ONCE = 64
"""Lines that are learned from between two makings of the expression."""
_MEMORY = 64_000_000
"""Bytes that RE2 may take for the states of the expression."""
_VALUES: Mapping[str, str] = {
    "name": _STRING,
    "update_time": _STRING,
    "updateTime": _STRING,
    "ancestry_path": _STRING,
    "etag": _STRING,
    "version": "[0-9]",
    "ancestors": rf"\[{_S}(?:{_STRING}{_S}(?:,{_S}{_STRING}{_S})*)?\]",
}
"""What stands behind the keys that are of no interest themselves, with a space or without."""
_Form = tuple[tuple[str, ...], tuple[str, ...]]
"""The keys of a line, and those of its policy, in their order."""


class Dull:
    """What the dull lines so far look like.

    ``alike`` is the pattern of the members that are of as little interest as one, None where there is none.
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

    def end(self, lines: bytes, start: int) -> int:
        """Where the dull lines that begin at an offset end: at the beginning of the first that is not known to be."""
        return start if self._pattern is None else self._pattern.match(lines, start).end()

    def learn(self, asset: Mapping[str, Any], kind: str, policy: Mapping[str, Any]) -> None:
        """A line was parsed in vain: nothing of it is kept.

        After every few lines that are learned from, the expression is made anew, and as many rest as a quarter of all
        so far: so the making costs little, whatever the lines have in them.
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
        except re2.error:  # larger than the memory that it may take: then each line is parsed
            return None


def _one_of(texts: Iterable[str]) -> str:
    """One of these texts in quotes; nothing where there are none, so that only an empty list of them matches."""
    found = "|".join(sorted(texts))
    return f'"(?:{found})"' if found else ""


def _list(item: str) -> str:
    items = f"(?:(?:{item}){_S}(?:,{_S}(?:{item}){_S})*)?" if item else ""
    return f"\\[{_S}{items}\\]"


def _object(keys: Sequence[str], values: Mapping[str, str]) -> str:
    pairs = (f'"{key}"{_S}:{_S}{values[key]}{_S}' for key in keys)
    return f"\\{{{_S}{f',{_S}'.join(pairs)}\\}}"
