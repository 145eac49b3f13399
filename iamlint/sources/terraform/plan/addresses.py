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


def shortened(name: str) -> str:
    """A reference without its last step: an attribute, or a key."""
    return _LAST_STEP.sub("", name)


def block_address(address: str, module: str) -> str:
    """The address of a resource block within its module, without keys."""
    own = without_keys(address)
    prefix = without_keys(module)
    return own[len(prefix) + 1 :] if prefix and own.startswith(f"{prefix}.") else own
