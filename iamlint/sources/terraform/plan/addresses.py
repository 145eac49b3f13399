"""Parses Terraform's addresses: module calls, instance keys."""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex

_KEY = r'\[(?:\d+|\*|"(?:[^"\\]|\\.)*")\]'
_KEYS = regex(_KEY)
_LAST_STEP = regex(rf"(?:\.[\w-]+|{_KEY})\Z")
_CALL = regex(rf"module\.([\w-]+)({_KEY})?(?:\.|\Z)")

LONGEST_NAME = 4000
"""Maximum length of a name that is parsed, in characters."""


def without_keys(address: str) -> str:
    """Return the address of the block, without the keys of the instance and its module."""
    return _KEYS.sub("", address) if "[" in address else address


def calls(module: str) -> list[tuple[str, str]]:
    """Return the calls that lead to a module instance, outermost first: name, and key with brackets or ""."""
    found, at = [], 0
    while match := _CALL.match(module, at):
        found.append((match[1], match[2] or ""))
        at = match.end()
    return found


def joined(module: str, address: str) -> str:
    """Return an address in a module instance, as seen from the root module."""
    return f"{module}.{address}" if module else address


def shortened(name: str) -> str:
    """Return a reference without its last step: an attribute, or a key."""
    return _LAST_STEP.sub("", name)


def block_address(address: str, module: str) -> str:
    """Return the address of a resource block within its module, without keys."""
    own = without_keys(address)
    prefix = without_keys(module)
    return own[len(prefix) + 1 :] if prefix and own.startswith(f"{prefix}.") else own
