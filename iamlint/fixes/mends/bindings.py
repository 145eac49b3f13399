"""Fixes of resources that revert each other."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.edits import Edit
from iamlint.estate import condition_key, identity
from iamlint.facts import EmptyBinding, Grant, RemovedGrant
from iamlint.fixes.mends.agents import members_of
from iamlint.fixes.mends.grants import resource_removed
from iamlint.fixes.problem import Change, Problem, Withheld, change
from iamlint.fixes.sources import Tree, argument
from iamlint.fixes.writing import with_items, with_lines_in
from iamlint.hcl.syntax import Attribute, Block, Node, Template, Tuple, Variable
from iamlint.hcl.walk import walk
from iamlint.provenance import directory

_PER_INSTANCE = frozenset({"each", "count"})


NOBODY = Withheld("one resource says that nobody has the role, and the other grants it")
REMOVED = Withheld("one resource grants the role, and the other removes it from the same principal")


def into_binding(problem: Problem) -> Change | Withheld | None:
    """Moves the members of a resource into the binding, policy or dataset that owns the role, and removes it."""
    lost = problem.grant
    if lost is None:
        return None
    by = problem.match.words.get("other", "")
    if any(_has_address(one, by) for one in problem.estate.of(EmptyBinding)):
        return NOBODY
    if any(_has_address(one, by) for one in problem.estate.of(RemovedGrant)):
        return REMOVED
    owner = next(_owners(problem, lost), None)
    other = problem.sources.block(lost.declared.at)
    if owner is None or other is None or {"count", "for_each"} & other[1].body.arguments.keys():
        return None
    found = problem.sources.block(owner.declared.at)
    if found is None or found[1] is other[1] or found[0].is_json:
        return None
    if directory(found[0].source.path) != directory(other[0].source.path):
        return None
    if found[1].label(0) == "google_bigquery_dataset":
        target, added = found, _as_access(found, other)
    elif owner.origin == "policy":
        target, added = _in_policy(problem, owner, lost, other)
    else:
        target, added = found, _in_binding(found, other)
    removed = resource_removed(problem.sources, *other)
    if removed is None or added is None:
        return None
    data = "data." if target[1].type == "data" else ""
    address = f"{data}{target[1].label(0)}.{target[1].label(1)}"
    return change(f"move the members of {other[1].label(0)}.{other[1].label(1)} into {address}", (*added, *removed))


def _has_address(fact: EmptyBinding | RemovedGrant, address: str) -> bool:
    return bool(address) and fact.declared.address == address


_Found = tuple[Tree, Block]


def _in_binding(found: _Found, other: _Found) -> tuple[Edit, ...] | None:
    """Return the edits that add the members of a resource to a binding; None if they depend on the instance."""
    listed, members = argument(found[1].body, "members"), _members(*other)
    if listed is None or not isinstance(listed.expression, Tuple) or not members:
        return None
    if {"count", "for_each"} & found[1].body.arguments.keys():
        return None
    known = {one.literal or found[0].text(one) for one in listed.expression.items if isinstance(one, Template)}
    new = [text for literal, text in members if literal not in known]
    return with_items(found[0], listed.expression, new) if new else ()


def _in_policy(problem: Problem, owner: Grant, lost: Grant, other: _Found) -> tuple[_Found, tuple[Edit, ...] | None]:
    """Return the ``google_iam_policy`` of an owner, and the edits that add the members of a resource to it.

    None if another resource uses the policy, or if one of them has a condition.
    """
    found = problem.sources.block(owner.principal_place.at)
    if found is None:
        return other, None
    tree, block = found
    role, members = argument(other[1].body, "role"), _members(*other)
    uses = problem.sources.uses(tree.source.path, "data", "google_iam_policy")
    names = [_policy_named(used, node) for used, node in uses or ()]
    kind = (block.type, block.label(0)) == ("data", "google_iam_policy")
    repeated = {"count", "for_each"} & block.body.arguments.keys()
    if (
        not kind
        or repeated
        or tree.is_json
        or names.count(block.label(1)) != 1
        or None in names
        or lost.condition is not None
    ):
        return found, None
    if role is None or not isinstance(lost.role, str) or not members or other[1].body.blocks:
        return found, None
    listed = next(filter(None, (members_of(one, lost.role) for one in block.body.blocks_of("binding"))), None)
    if listed is not None:
        return found, with_items(tree, listed, [text for _, text in members])
    texts = ", ".join(text for _, text in members)
    written = f"binding {{\n  role    = {other[0].text(role.expression)}\n  members = [{texts}]\n}}"
    return found, with_lines_in(tree, block.body, written)


def _policy_named(tree: Tree, node: Node) -> str | None:
    """Return the name of the policy that a use of ``data.google_iam_policy`` names; None if it is not known."""
    parent = tree.parent(node)
    return parent.name if isinstance(parent, Attribute) else None


_OF_DATASET = ("dataset_id", "project")


def _as_access(found: _Found, other: _Found) -> tuple[Edit, ...] | None:
    """Return the edits that add the entry of a ``google_bigquery_dataset_access`` to the dataset."""
    (tree, block), (from_tree, entry) = found, other
    repeated = {"count", "for_each"} & block.body.arguments.keys()
    dynamic = any(one.type == "dynamic" for one in entry.body.blocks)
    if (
        entry.label(0) != "google_bigquery_dataset_access"
        or repeated
        or dynamic
        or not any(block.body.blocks_of("access"))
    ):
        return None
    arguments = [one for one in entry.body.arguments.values() if one.name not in _OF_DATASET]
    if {one.name for one in arguments} & {"provider", "depends_on"} or entry.body.blocks or from_tree.is_json:
        return None
    if any("\n" in from_tree.text(one.expression) for one in arguments):
        return None
    width = max((len(one.name) for one in arguments), default=0)
    lines = [f"  {one.name:<{width}} = {from_tree.text(one.expression)}" for one in arguments]
    return with_lines_in(tree, block.body, "\n".join(["access {", *lines, "}"]))


def _owners(problem: Problem, lost: Grant) -> Iterator[Grant]:
    """Yield the grants of the binding or policy that owns the role and lacks a principal."""
    role = identity(lost.role, lost.declared)
    for fact in problem.match.related:
        if not isinstance(fact, Grant) or fact.origin == "member" or fact.declared == lost.declared:
            continue
        same = identity(fact.role, fact.declared) == role and condition_key(fact.condition) == condition_key(
            lost.condition
        )
        if (same or fact.origin == "policy") and (fact.declared.address or "").split("[")[0].endswith(
            problem.match.words.get("other", "").split("[")[0]
        ):
            yield fact


def _members(tree: Tree, block: Block) -> list[tuple[str, str]]:
    """Return the members of a resource, each as literal and as written; empty if they depend on the instance."""
    one, several = argument(block.body, "member"), argument(block.body, "members")
    nodes = [one.expression] if one else []
    if several:
        nodes = [*several.expression.items] if isinstance(several.expression, Tuple) else []
    inside = [each for node in nodes for each in walk(node)]
    if any(isinstance(each, Attribute) and _is_per_instance(each) for each in inside):
        return []
    texts = [(node.literal if isinstance(node, Template) else None, tree.text(node)) for node in nodes]
    return [(literal or text, text) for literal, text in texts if "\n" not in text]


def _is_per_instance(node: Attribute) -> bool:
    return isinstance(node.object, Variable) and node.object.name in _PER_INSTANCE
