"""Fixes of resources that revert each other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamlint.edits import Edit
from iamlint.estate import condition_key, identity
from iamlint.facts import EmptyBinding, Grant, RemovedGrant
from iamlint.fixes.mends.agents import in_policy
from iamlint.fixes.mends.grants import is_removable
from iamlint.fixes.problem import Change, Problem, Withheld, change
from iamlint.fixes.sources import Tree, argument
from iamlint.fixes.writing import with_items, with_lines_in, without_blocks
from iamlint.hcl.syntax import Attribute, Block, Node, Template, Tuple, Variable
from iamlint.hcl.walk import walk
from iamlint.provenance import directory

_PER_INSTANCE = frozenset({"each", "count"})


NOBODY = Withheld("one resource grants the role, and the other has an empty list of members for it")
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
    found = problem.sources.block(owner.declared.at) if owner else None
    others = _others(problem, lost, owner, found) if owner and found else None
    if owner is None or found is None or found[0].is_json or not others:
        return None
    if found[1].label(0) == "google_bigquery_dataset":
        target, added = found, _as_access(found, [each for each, _ in others])
    elif owner.origin == "policy":
        target, added = _in_policy(problem, owner, others)
    else:
        target, added = found, _in_binding(found, [each for each, _ in others])
    if added is None or not all(is_removable(problem.sources, *each) for each, _ in others):
        return None
    data = "data." if target[1].type == "data" else ""
    address = f"{data}{target[1].label(0)}.{target[1].label(1)}"
    names = ", ".join(f"{block.label(0)}.{block.label(1)}" for (_, block), _ in others)
    trees = {each[0].source.path: each[0] for each, _ in others}
    removed = [
        one
        for path, tree in trees.items()
        for one in without_blocks(tree, [block for (of, block), _ in others if of.source.path == path])
    ]
    return change(f"move the members of {names} into {address}", (*added, *removed))


_Found = tuple[Tree, Block]


def _others(problem: Problem, lost: Grant, owner: Grant, found: _Found) -> list[tuple[_Found, Grant]] | None:
    """Return the resources that fight with an owner, each with one of its grants; None if one of them cannot move."""
    others: dict[int, tuple[_Found, Grant]] = {}
    for grant in (lost, *problem.match.related):
        if not isinstance(grant, Grant) or grant.declared == owner.declared:
            continue
        other = problem.sources.block(grant.declared.at)
        if other is None or other[1] is found[1] or other[1].is_repeated:
            return None
        if directory(found[0].source.path) != directory(other[0].source.path):
            return None
        others.setdefault(id(other[1]), (other, grant))
    return list(others.values())


def _has_address(fact: EmptyBinding | RemovedGrant, address: str) -> bool:
    return bool(address) and fact.declared.address == address


def _in_binding(found: _Found, others: Sequence[_Found]) -> tuple[Edit, ...] | None:
    """Return the edits that add the members of resources to a binding; None if they depend on the instance."""
    listed, several = argument(found[1].body, "members"), [_members(*other) for other in others]
    if listed is None or not isinstance(listed.expression, Tuple) or not all(several):
        return None
    if found[1].is_repeated:
        return None
    known = {one.literal or found[0].text(one) for one in listed.expression.items if isinstance(one, Template)}
    new = {literal: text for members in several for literal, text in members if literal not in known}
    return with_items(found[0], listed.expression, list(new.values())) if new else ()


def _in_policy(
    problem: Problem, owner: Grant, others: Sequence[tuple[_Found, Grant]]
) -> tuple[_Found, tuple[Edit, ...] | None]:
    """Return the ``google_iam_policy`` of an owner, and the edits that add the members of resources to it.

    None if another resource uses the policy, or if one of them has a condition.
    """
    found = problem.sources.block(owner.principal_place.at)
    if found is None:
        return others[0][0], None
    tree, block = found
    uses = problem.sources.uses(tree.source.path, "data", "google_iam_policy")
    names = [_policy_named(used, node) for used, node in uses or ()]
    shared = names.count(block.label(1)) != 1 or None in names
    if shared or block.is_repeated:
        return found, None
    added: list[tuple[str, str]] = []
    for other, grant in others:
        members = _members(*other)
        if grant.condition is not None or not isinstance(grant.role, str) or not members or other[1].body.blocks:
            return found, None
        added += [(text, grant.role) for _, text in members]
    return found, in_policy(tree, block, added) if all("${" not in role for _, role in added) else None


def _policy_named(tree: Tree, node: Node) -> str | None:
    """Return the name of the policy that a use of ``data.google_iam_policy`` names; None if it is not known."""
    parent = tree.parent(node)
    return parent.name if isinstance(parent, Attribute) else None


_OF_DATASET = ("dataset_id", "project")


def _as_access(found: _Found, others: Sequence[_Found]) -> tuple[Edit, ...] | None:
    """Return the edits that add the entries of ``google_bigquery_dataset_access`` resources to their dataset."""
    tree, block = found
    if block.is_repeated or not any(block.body.blocks_of("access")):
        return None
    entries = [_entry(*other) for other in others]
    return with_lines_in(tree, block.body, "\n".join(map(str, entries))) if all(entries) else None


def _entry(tree: Tree, block: Block) -> str | None:
    """Return the entry of a ``google_bigquery_dataset_access`` as a block of its dataset; None for one of a view."""
    arguments = [one for one in block.body.arguments.values() if one.name not in _OF_DATASET]
    if block.label(0) != "google_bigquery_dataset_access" or block.body.blocks or tree.is_json or not arguments:
        return None
    if {"provider", "depends_on"} & block.body.arguments.keys():
        return None
    if any("\n" in tree.text(one.expression) for one in arguments):
        return None
    width = max(len(one.name) for one in arguments)
    lines = [f"  {one.name:<{width}} = {tree.text(one.expression)}" for one in arguments]
    return "\n".join(["access {", *lines, "}"])


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
    texts = [(node.literal, tree.text(node)) for node in nodes]
    return [(literal or text, text) for literal, text in texts if "\n" not in text]


def _is_per_instance(node: Attribute) -> bool:
    return isinstance(node.object, Variable) and node.object.name in _PER_INSTANCE
