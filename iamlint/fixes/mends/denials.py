"""Fixes of deny policies: the form of their permissions and principals, and the permissions that they lack."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.edits import Edit
from iamlint.facts import Denial
from iamlint.fixes.problem import Change, Problem, Withheld, change
from iamlint.fixes.sources import Tree
from iamlint.fixes.writing import quoted, with_items, with_literal
from iamlint.hcl.syntax import Block, Node, Tuple
from iamlint.queries.policies.denials import all_excepted, meant_permission, meant_principal, open_permissions

ALL_EXCEPTED = Withheld("the exceptions of the rule include all that it denies")


def deny_form(problem: Problem) -> Change | Withheld | None:
    """Writes permissions and principals in the form of deny policies."""
    denial = problem.match.fact
    found = problem.sources.find(problem.place.at)
    if not isinstance(denial, Denial) or found is None:
        return None
    rule = _rule(*found)
    elsewhere = dict(denial.places)
    edits: list[Edit] = []
    titles: list[str] = []
    for old, new in _forms(denial, problem):
        origin = elsewhere[old].origin if old in elsewhere else None
        written = problem.sources.find(origin) if origin else (found[0], rule)
        found_edits = with_literal(*written, old, new) if written else ()
        if not found_edits:
            return None
        edits += found_edits
        titles.append(f"{old} by {new}")
    if not edits and all_excepted(denial):
        return ALL_EXCEPTED
    return change(f"replace {' and '.join(titles)}", edits)


def _rule(tree: Tree, node: Node) -> Node:
    """Return the deny rule around a node, or the node."""
    return next((one for one in tree.around(node) if isinstance(one, Block) and one.type == "deny_rule"), node)


def _forms(denial: Denial, problem: Problem) -> Iterator[tuple[str, str]]:
    catalog = problem.estate.roles.catalog
    texts: list[tuple[object, bool]] = [
        (denial.denied_permissions, True),
        (denial.exception_permissions, True),
        (denial.denied_principals, False),
        (denial.exception_principals, False),
    ]
    for listed, permissions in texts:
        for text in listed if isinstance(listed, tuple) else ():
            if isinstance(text, str) and "${" not in text:
                meant = meant_permission(text, catalog) if permissions else meant_principal(text)
                if meant and meant != text:
                    yield text, meant


def deny_all_ways(problem: Problem) -> Change | None:
    """Also denies the other permissions that give the same access to service accounts."""
    denial, found = problem.match.fact, problem.sources.find(problem.place.at)
    if not isinstance(denial, Denial) or found is None:
        return None
    tree, node = found
    missing = open_permissions(problem.match)
    if not isinstance(node, Tuple) or not missing or not node.items:
        return None
    names = ", ".join(one.rpartition("/")[2] for one in missing)
    return change(f"deny {names}, too", with_items(tree, node, [quoted(one) for one in missing]))
