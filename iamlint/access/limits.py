"""The roles that a condition allows a policy administrator to grant.

Such a condition names the roles whose grants a request may change. Whether it holds depends on the request, which its
holder chooses: a principal that may grant Owner can become owner. Source:
https://cloud.google.com/iam/docs/setting-limits-on-granting-roles
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from iamlint.conditions.context import Context
from iamlint.conditions.evaluation import evaluate
from iamlint.conditions.parser import Unparsable, parse
from iamlint.conditions.syntax import texts_of
from iamlint.facts import Text
from iamlint.unknown import Truth, Unknown

MOST_ROLES = 100
"""Maximum number of roles of a condition that are tried."""
_ANY_OTHER = ("roles/owner", "roles/editor", "roles/iam.serviceAccountTokenCreator", "roles/iam.securityAdmin")
"""Those that a condition does not name represent all unnamed roles, since a condition compares names."""

Held = Callable[[str], tuple[frozenset[str], Unknown | None]]
"""Returns the permissions that a role certainly has, and why there may be more."""


def may_grant(expression: Text, context: Context, wanted: frozenset[str], held: Held) -> Truth:
    """Whether a condition allows a request to grant a role with one of the wanted permissions."""
    named = _named(expression)
    if named is None:
        return Truth.UNKNOWN
    others = [role for role in _ANY_OTHER if role not in named]
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
    """Return the roles that a condition names; None if it cannot be read."""
    node = parse(expression)
    if isinstance(node, Unparsable | Unknown):
        return None
    texts = (text for text in texts_of(node) if text.startswith("roles/") or "/roles/" in text)
    return list(dict.fromkeys(texts))
