"""Fixes of token requests: the form of an account's name, the delegates in the chain, the token's lifetime."""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex
from iamlint.edits import edit
from iamlint.facts import Impersonation
from iamlint.fixes.problem import Change, Problem, change
from iamlint.fixes.writing import reworded, without_item
from iamlint.hcl.syntax import Attribute, Template, Tuple
from iamlint.hcl.walk import walk

_FULL_NAME = regex(r"projects/[^/]+/serviceAccounts/(?P<email>[^/]+)\Z")


def delegate_form(problem: Problem) -> Change | None:
    """Replaces an account's name by its e-mail, or removes a delegate that is not part of the chain."""
    found, text = problem.sources.find(problem.place.at), problem.match.words.get("delegate", "")
    if found is None:
        return None
    tree, node = found
    full = _FULL_NAME.match(text)
    if full:
        edits = reworded(problem.sources, problem.place, text, full["email"])
        return change(f"name the account by its e-mail, {full['email']}", edits)
    if problem.match.words.get("reason", "").startswith("its project"):
        names = [one for one in walk(node) if isinstance(one, Attribute) and one.name in ("name", "id")]
        whole = names and (names[0] is node or (isinstance(node, Template) and len(node.parts) == 1))
        if len(names) != 1 or not whole:
            return None
        start = names[0].end - len(names[0].name)
        return change("name the account by its e-mail", (edit(tree.source, start, names[0].end, "email"),))
    listed = tree.parent(node)
    if not isinstance(listed, Tuple):
        return None
    return change(f"remove the delegate {text}", without_item(tree, listed, node))


def longest_lifetime(problem: Problem) -> Change | None:
    """Limits the token's lifetime to the maximum for the account."""
    fact, longest = problem.match.fact, problem.match.words.get("longest")
    written = fact.lifetime[0] if isinstance(fact, Impersonation) and fact.lifetime else None
    if not isinstance(written, str) or not longest:
        return None
    return change(f"ask for {longest}", reworded(problem.sources, problem.place, written, longest))
