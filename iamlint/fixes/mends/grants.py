"""Fixes that remove a grant without effect, or an unwanted one."""

from __future__ import annotations

from iamlint.edits import Edit
from iamlint.facts import Grant, Written
from iamlint.fixes.problem import Change, Problem, Withheld, change
from iamlint.fixes.sources import Sources, Tree, is_overridden
from iamlint.fixes.writing import without_block, without_item, without_items
from iamlint.hcl.syntax import Block, Node, Object, Tuple


def remove_grant(problem: Problem) -> Change | None:
    """Removes the grant: the member from its list, or the resource if it is the only one."""
    grant = problem.grant
    if grant is None:
        return None
    edits = removal(problem.sources, grant)
    return change(f"remove the grant of {grant.principal.text}", edits)


MAY_SIGN = Withheld("the role has iam.serviceAccounts.signBlob, which code needs on its own account to sign links")
"""Source: https://cloud.google.com/storage/docs/access-control/signed-urls"""


def remove_own_grant(problem: Problem) -> Change | Withheld | None:
    """Removes the grant of an account on itself, unless its code may sign links by it."""
    grant = problem.grant
    if grant is None:
        return None
    held, _ = problem.estate.permissions(grant.role, grant.declared)
    return MAY_SIGN if "iam.serviceAccounts.signBlob" in held else remove_grant(problem)


def remove_grants_of_condition(problem: Problem) -> Change | None:
    """Removes the grants of a condition that can no longer hold."""
    grant = problem.grant
    if grant is None:
        return None
    found = problem.sources.find(grant.principal_place.at)
    if grant.origin == "member" or found is None:
        return change("remove the grant", removal(problem.sources, grant))
    edits = _whole(problem.sources, *found)
    return change("remove the grants of this condition", edits)


def removal(sources: Sources, grant: Grant) -> tuple[Edit, ...] | None:
    """Return the edits that remove a grant; None if it is repeated, or if other code refers to it."""
    found = sources.find(grant.principal_place.at)
    if found is None:
        return None
    tree, node = found
    if grant.origin == "member":
        block = tree.block(node)
        return resource_removed(sources, tree, block) if block else None
    listed = tree.parent(node)
    if not isinstance(listed, Tuple):
        return None
    mentions = [one for place in grant.repeated if (one := _item(sources, place, listed)) is not None]
    if len(listed.items) <= len(mentions) + 1:
        return _whole(sources, tree, node)
    return without_items(tree, listed, [node, *mentions])


def _item(sources: Sources, place: Written, listed: Tuple) -> Node | None:
    """Return the item of a list at a place."""
    found = sources.find(place.at)
    return found[1] if found and any(one is found[1] for one in listed.items) else None


def _whole(sources: Sources, tree: Tree, node: Node) -> tuple[Edit, ...] | None:
    """Return the edits that remove the binding that a member is in."""
    inner: Node = node
    for outer in tree.around(node):
        if isinstance(outer, Block) and outer.type == "binding":
            return without_block(tree, outer)
        if isinstance(inner, Object) and isinstance(outer, Tuple) and _has_members(inner):
            return without_item(tree, outer, inner)
        inner = outer
    block = tree.block(node)
    if block is None or not block.label(0).endswith("_iam_binding"):
        return None
    return resource_removed(sources, tree, block)


def _has_members(node: Object) -> bool:
    return any(key.literal == "members" for key, _ in node.items)


def resource_removed(sources: Sources, tree: Tree, block: Block) -> tuple[Edit, ...] | None:
    """Return the edits that remove a resource that nothing refers to and that has one instance."""
    return without_block(tree, block) if is_removable(sources, tree, block) else None


def is_removable(sources: Sources, tree: Tree, block: Block) -> bool:
    """Whether nothing refers to a resource, it is one block with one instance, and its owner does not protect it."""
    if tree.is_json or block.type != "resource" or block.is_repeated:
        return False
    if _is_protected(tree, block) or is_overridden(sources, tree, block):
        return False
    uses = sources.uses(tree.source.path, block.label(0), block.label(1))
    return uses is not None and not any(_is_outside(used, node, block, tree) for used, node in uses)


def _is_protected(tree: Tree, block: Block) -> bool:
    """Whether a resource must not be destroyed. Without the block, Terraform destroys it all the same.

    Source: https://developer.hashicorp.com/terraform/language/meta-arguments/lifecycle#prevent_destroy
    """
    cycles = [one.body.arguments.get("prevent_destroy") for one in block.body.blocks if one.type == "lifecycle"]
    return any(one is not None and tree.text(one.expression).strip() != "false" for one in cycles)


def _is_outside(used: Tree, node: Node, block: Block, tree: Tree) -> bool:
    return used is not tree or not (block.start <= node.start and node.end <= block.end)


def remove_repeated(problem: Problem) -> Change | None:
    """Removes each mention of a member from its list but the first."""
    grant = problem.grant
    found = problem.sources.find(problem.place.at)
    listed = found[0].parent(found[1]) if found else None
    if grant is None or found is None or not isinstance(listed, Tuple):
        return None
    grants = [one for one in (*problem.match.related, grant) if isinstance(one, Grant)]
    places = [place for one in grants for place in (one.principal_place, *one.repeated)]
    items = [item for place in places if (item := _item(problem.sources, place, listed)) is not None]
    again = sorted({id(one): one for one in items}.values(), key=lambda one: one.start)[1:]
    what = "second" if len(again) == 1 else "further mentions of"
    return change(f"remove the {what} {grant.principal.text}", without_items(found[0], listed, again))
