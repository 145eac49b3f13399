"""Fixes of resources that revert each other."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.estate import condition_key, identity
from iamlint.facts import Grant
from iamlint.fixes.mends.grants import resource_removed
from iamlint.fixes.problem import Change, Problem, change
from iamlint.fixes.sources import Tree, argument
from iamlint.fixes.writing import with_items
from iamlint.hcl.syntax import Attribute, Block, Template, Tuple, Variable
from iamlint.hcl.walk import walk
from iamlint.provenance import directory

_PER_INSTANCE = frozenset({"each", "count"})


def into_binding(problem: Problem) -> Change | None:
    """Moves the members of a resource into the binding that owns the role, and removes the resource."""
    lost = problem.grant
    owner = next(_owners(problem, lost), None) if lost else None
    if lost is None or owner is None:
        return None
    found, other = problem.sources.block(owner.declared.at), problem.sources.block(lost.declared.at)
    if found is None or other is None or found[1] is other[1] or found[0].is_json:
        return None
    same_module = directory(found[0].source.path) == directory(other[0].source.path)
    listed, members = argument(found[1].body, "members"), _members(*other)
    repeated = {"count", "for_each"} & (found[1].body.arguments.keys() | other[1].body.arguments.keys())
    if listed is None or not isinstance(listed.expression, Tuple) or not members or repeated or not same_module:
        return None
    known = {one.literal or found[0].text(one) for one in listed.expression.items if isinstance(one, Template)}
    new = [text for literal, text in members if literal not in known]
    removed = resource_removed(problem.sources, *other)
    added = with_items(found[0], listed.expression, new) if new else ()
    if removed is None or added is None:
        return None
    address = f"{found[1].label(0)}.{found[1].label(1)}"
    return change(f"move the members of {other[1].label(0)}.{other[1].label(1)} into {address}", (*added, *removed))


def _owners(problem: Problem, lost: Grant) -> Iterator[Grant]:
    """Yield the grants of the binding that owns the role and lacks a principal."""
    role = identity(lost.role, lost.declared)
    for fact in problem.match.related:
        if not isinstance(fact, Grant) or fact.origin != "binding" or fact.declared == lost.declared:
            continue
        same = identity(fact.role, fact.declared) == role and condition_key(fact.condition) == condition_key(
            lost.condition
        )
        if same and (fact.declared.address or "").split("[")[0].endswith(
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
