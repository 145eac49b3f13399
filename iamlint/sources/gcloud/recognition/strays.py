"""Finds bindings where no export has them: under a misspelt key, or in a wrapper of another program."""

from __future__ import annotations

from functools import lru_cache

from iamlint.basics.lazy_regex import regex
from iamlint.documents.parts import items, text
from iamlint.documents.values import NULL, Value
from iamlint.sources.marks import ROLE

_MOST_LOOKED_AT = 20_000
"""Maximum number of values of a document that are searched for bindings."""
_ROLE = regex(ROLE)
_NO_LETTER = regex(r"[^a-z]")
_NO_KEY = regex(r"[^a-z0-9_]")
_KEYS = frozenset({"binding", "bindings"})
_PARTS = ("role", "members", "member", "condition")


def is_binding(value: Value) -> bool:
    """Whether a value gives a role to members. The case of its keys is ignored."""
    entries = {key.lower(): item for key, item in value.data.items()} if isinstance(value.data, dict) else {}
    members, role = entries.get("members", NULL).data, text(entries.get("role", NULL)) or ""
    return isinstance(members, tuple) and bool(members) and _ROLE.fullmatch(role) is not None


def are_of_a_policy(bindings: Value) -> bool:
    """Whether the value of a key ``bindings`` is that of a policy, valid or not.

    Other programs have objects under this key, too: in ``function.json`` of Azure Functions they have a type and a
    direction. Those without a key or a text of a policy's binding grant nothing.
    """
    found = bindings.data if isinstance(bindings.data, tuple) else ()
    return not found or any(map(_is_of_a_policy, found))


def _is_of_a_policy(binding: Value) -> bool:
    """Whether something in a list of bindings is meant to be one of a policy."""
    if not isinstance(binding.data, dict) or not binding.data:
        return True
    entries = binding.data.items()
    texts = (text(one) or "" for _, item in entries for one in (item, *items(item)))
    return any(alike(key, known) for key, _ in entries for known in _PARTS) or any(map(_ROLE.fullmatch, texts))


@lru_cache(maxsize=4096)
def is_key_of_bindings(key: str) -> bool:
    """Whether a key was meant to be ``bindings``: ``Bindings``, ``binding``, or with an invisible character.

    No program reads bindings under such a key, but the author meant them.
    """
    return _NO_LETTER.sub("", key.lower()) in _KEYS


def alike(key: str, other: str) -> bool:
    """Whether two keys differ only in case or in invalid characters: ``members`` and ``MEMBERS``."""
    return _NO_KEY.sub("", key.lower()) == _NO_KEY.sub("", other.lower())


def holds_bindings(value: Value, *, anywhere: bool) -> bool:
    """Whether a value is or contains bindings, at any depth; unless ``anywhere``, only under a key that says so."""
    left, waiting = _MOST_LOOKED_AT, [value]
    if any(is_binding(one) for one in items(value)):
        return True
    while waiting and left:
        current, left = waiting.pop(), left - 1
        match current.data:
            case dict() as entries:
                if anywhere and is_binding(current):
                    return True
                keyed = (entries[key] for key in entries if is_key_of_bindings(key))
                if any(is_binding(one) for found in keyed for one in items(found)):
                    return True
                waiting += entries.values()
            case tuple() as found:
                waiting += found
            case str() as written if not anywhere and _is_policy(written):
                return True
            case _:
                pass
    return False


def _is_policy(written: str) -> bool:
    """Whether a text is a policy in JSON, as a step of a pipeline keeps the output of gcloud: ``{"stdout": "{…}"}``."""
    return written.lstrip()[:1] == "{" and '"bindings"' in written and '"members"' in written
