"""Queries about tags: conditions that the holder of a grant may fulfil itself."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from iamlint.access.asking import access_of
from iamlint.conditions.context import Context
from iamlint.conditions.evaluation import asks_tags, evaluate
from iamlint.conditions.parser import Unparsable, parse
from iamlint.conditions.syntax import texts_of
from iamlint.estate import CONTAINERS, Estate, Node, principal_node
from iamlint.facts import Condition, Grant
from iamlint.patterns.match import Match
from iamlint.unknown import Truth, Unknown, shown

USE_VALUE = "resourcemanager.tagValueBindings.create"
TAG_CONTAINER = "resourcemanager.hierarchyNodes.createTagBinding"
TAG_ACCOUNT = "iam.serviceAccounts.createTagBinding"
"""What attaching a tag needs: the right to use its value, and the right to tag the resource.

Source: https://cloud.google.com/resource-manager/docs/tags/tags-creating-and-managing#required_permissions
"""
MAY_TAG = {"permission": [USE_VALUE, TAG_CONTAINER, TAG_ACCOUNT]}
NEEDED = {"self_opened_conditions": (MAY_TAG,)}
_TAGS = frozenset({"tags_tag_key", "tags_tag_value"})


def self_opened_conditions(estate: Estate) -> Iterator[Match]:
    """Grants that depend on a tag of the resource, to a principal that may attach the tag itself."""
    conditional = [grant for grant in estate.of(Grant) if _is_open(grant, estate)]
    held = _taggers(estate, frozenset(filter(None, map(principal_node, conditional)))) if conditional else {}
    for grant in conditional:
        mine = [one for one in held.get(principal_node(grant) or "", ()) if one is not grant]
        binding = _may_tag(grant, mine, estate)
        using = _may_use(grant, mine, estate)
        if binding and using:
            words = {"other": shown(binding[0].role), "where": str(binding[0].resource), "bind": binding[1]}
            yield Match(grant, Truth.TRUE, related=(binding[0], using), words=words)


def _is_open(grant: Grant, estate: Estate) -> bool:
    """Whether only tags that the input does not show keep a grant from counting."""
    condition = grant.condition
    if not isinstance(condition, Condition) or grant.principal.unknown or not asks_tags(condition.expression):
        return False
    tags = estate.tags.state(grant.resource, grant.declared) if estate.tags else None
    outcome = evaluate(condition.expression, Context(estate.as_of, None, grant.principal, tags=tags))
    return outcome.truth is Truth.UNKNOWN and all(reason.kind == "tag" for reason in outcome.reasons)


def _taggers(estate: Estate, names: frozenset[str]) -> dict[str, list[Grant]]:
    """Return the grants of these principals whose roles have a part in attaching tags."""
    found: dict[str, list[Grant]] = defaultdict(list)
    for grant in estate.of(Grant):
        name = principal_node(grant)
        if name in names and not estate.permissions(grant.role, grant.declared)[0].isdisjoint(MAY_TAG["permission"]):
            found[name or ""].append(grant)
    return found


def _may_tag(grant: Grant, held: list[Grant], estate: Estate) -> tuple[Grant, str] | None:
    """Return the grant and permission that let its holder tag the grant's resource, or an account below it."""
    permissions = [TAG_CONTAINER]
    if grant.resource.kind == "service_account" or _is_about_accounts(grant, estate):
        permissions.append(TAG_ACCOUNT)
    for one in held:
        for permission in permissions:
            asked = access_of(estate).decide(one, (permission,), grant.resource, declared=grant.declared)
            if asked.truth is Truth.TRUE:
                return one, permission
    return None


def _is_about_accounts(grant: Grant, estate: Estate) -> bool:
    held, _ = estate.permissions(grant.role, grant.declared)
    return grant.resource.is_container and any(one.startswith("iam.serviceAccount") for one in held)


def _may_use(grant: Grant, held: list[Grant], estate: Estate) -> Grant | None:
    """Return the grant that lets its holder attach the values of the keys that the condition names."""
    owners = _owners(grant)
    for one in held:
        if access_of(estate).decide(one, (USE_VALUE,)).truth is not Truth.TRUE:
            continue
        node = estate.hierarchy.node(one.resource, one.declared)
        if one.resource.kind in _TAGS or node in owners or (not owners and one.resource.kind == "organization"):
            return one
    return None


def _owners(grant: Grant) -> frozenset[Node]:
    """Return the organizations and projects in the namespaced names of tag keys: ``123456/env``, ``shop/env``."""
    condition = grant.condition
    node = parse(condition.expression) if isinstance(condition, Condition) else None
    if node is None or isinstance(node, Unparsable | Unknown):
        return frozenset()
    names = (text.partition("/")[0] for text in texts_of(node) if text.count("/") == 1)
    return frozenset((kind, name) for name in names if not name.startswith("tag") for kind in CONTAINERS)
