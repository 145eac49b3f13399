"""What a condition lets the holder of a policy administrator's role grant.

Such a condition names the roles whose grants a request may change. Whether it holds depends on the request, which its
holder chooses: who may grant Owner can become owner.
Source: https://cloud.google.com/iam/docs/setting-limits-on-granting-roles
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from iamlint.conditions import Context, Unparsable, evaluate, parse, texts_of
from iamlint.facts import Text
from iamlint.unknown import Truth, Unknown

MOST_ROLES = 100
"""Roles of a condition beyond which no more are tried."""
_ANY_OTHER = ("roles/owner", "roles/editor", "roles/iam.serviceAccountTokenCreator", "roles/iam.securityAdmin")
"""The first that a condition does not name stands for all roles that it does not name: a condition compares names."""

Held = Callable[[str], tuple[frozenset[str], Unknown | None]]
"""The permissions that a role certainly has, and why there may be more."""


def may_grant(expression: Text, context: Context, wanted: frozenset[str], held: Held) -> Truth:
    """Whether a condition lets a request grant a role with one of the wanted permissions."""
    named = _named(expression)
    if named is None:
        return Truth.UNKNOWN
    others = [role for role in _ANY_OTHER if role not in named][:1]
    truth = Truth.UNKNOWN if len(named) > MOST_ROLES or not others else Truth.FALSE
    for role in (*others, *named[:MOST_ROLES]):
        permissions, unknown = held(role)
        reaches = Truth.UNKNOWN if unknown and permissions.isdisjoint(wanted) else Truth.of(bool(permissions & wanted))
        if reaches is not Truth.FALSE:
            truth |= reaches & evaluate(expression, replace(context, modified=(role,))).truth
        if truth is Truth.TRUE:
            break
    return truth


def _named(expression: Text) -> list[str] | None:
    """The roles that a condition names; None where it cannot be read."""
    node = parse(expression)
    if isinstance(node, Unparsable | Unknown):
        return None
    texts = (text for text in texts_of(node) if text.startswith("roles/") or "/roles/" in text)
    return list(dict.fromkeys(texts))
