"""What a condition lets the holder of a policy administrator's role grant.

Such a condition names the roles whose grants a request may change. Whether it holds depends on the request, which its
holder chooses: who may grant Owner can become owner.
Source: https://cloud.google.com/iam/docs/setting-limits-on-granting-roles
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from iamlint.conditions import Context, Unparsable, evaluate, parse, texts_of
from iamlint.facts import Text
from iamlint.unknown import Truth, Unknown

MOST_ROLES = 100
"""Roles of a condition beyond which no more are tried."""
_ANY_OTHER = "roles/owner"
"""Stands for the roles that a condition does not name."""

Held = Callable[[str], tuple[frozenset[str], Unknown | None]]
"""The permissions that a role certainly has, and why there may be more."""


def may_grant(expression: Text, context: Context, wanted: frozenset[str], held: Held) -> Truth:
    """Whether a condition lets a request grant a role with one of the wanted permissions."""
    truth = Truth.FALSE
    for role in _roles(expression):
        permissions, unknown = held(role)
        reaches = Truth.UNKNOWN if unknown and permissions.isdisjoint(wanted) else Truth.of(bool(permissions & wanted))
        if reaches is not Truth.FALSE:
            truth |= reaches & evaluate(expression, replace(context, modified=(role,))).truth
        if truth is Truth.TRUE:
            break
    return truth


def _roles(expression: Text) -> Iterator[str]:
    node = parse(expression)
    if isinstance(node, Unparsable | Unknown):
        return
    named = [text for text in texts_of(node) if text.startswith("roles/") or "/roles/" in text]
    yield from dict.fromkeys((_ANY_OTHER, *named[:MOST_ROLES]))
