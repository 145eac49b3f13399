"""Terraform's addresses taken apart: module calls, instance keys."""

from __future__ import annotations

import re

_KEY = r'\[(?:\d+|\*|"(?:[^"\\]|\\.)*")\]'
_KEYS = re.compile(_KEY)
_LAST_STEP = re.compile(rf"(?:\.[\w-]+|{_KEY})\Z")
_CALL = re.compile(rf"module\.([\w-]+)({_KEY})?(?:\.|\Z)")

LONGEST_NAME = 4000
"""Names longer than this, in characters, are not taken apart."""


def without_keys(address: str) -> str:
    """The address of the block, whatever instance of it, in whatever instance of its module."""
    return _KEYS.sub("", address)


def calls(module: str) -> list[tuple[str, str]]:
    """The calls that lead to a module instance, outermost first: name, and key with its brackets or nothing."""
    found, at = [], 0
    while match := _CALL.match(module, at):
        found.append((match[1], match[2] or ""))
        at = match.end()
    return found


def joined(module: str, address: str) -> str:
    """An address in a module instance, as the root module sees it."""
    return f"{module}.{address}" if module else address


def key_of(address: str) -> str:
    """The key of a resource instance with its brackets, or nothing."""
    last = None
    for match in _KEYS.finditer(address):
        last = match
    return last[0] if last and last.end() == len(address) else ""


def shortened(name: str) -> str:
    """A reference without its last step: an attribute, or a key."""
    return _LAST_STEP.sub("", name)
