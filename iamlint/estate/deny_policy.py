"""Deny policies: whether a rule denies a permission to the holder of a grant on the grant's resource.

Source: https://cloud.google.com/iam/docs/deny-overview
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import field
from datetime import date
from typing import TYPE_CHECKING

from iamlint.basics.frozen import frozen
from iamlint.estate.deny_forms import allowed_permission
from iamlint.estate.groups import Groups
from iamlint.estate.hierarchy import Hierarchy, Node
from iamlint.estate.membership import Named, covered, named, node_of, only_scope, spared, within
from iamlint.estate.names import contradicts, identity
from iamlint.estate.tags import Tags
from iamlint.facts import Condition, Denial, Grant, Text
from iamlint.logic.globs import text_is
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.provenance import configuration
from iamlint.unknown import Truth, Unknown, shown

if TYPE_CHECKING:
    from iamlint.conditions.context import Context, TagState

CHARACTERS = 25
"""Characters of a condition about the principal that take as long as one more principal."""


@frozen
class Rule:
    """One rule of a deny policy, with precomputed parts: the principals it names, and the place it is attached to.

    ``only_in`` is the only configuration where the rule applies; "" if its place is known.
    """

    denial: Denial
    denied: Named
    excepted: Named
    node: Node | None
    only_in: str = ""
    _asked: dict[tuple[str, bool], Verdict] = field(default_factory=dict)

    def names(self, permission: str) -> Verdict:
        """Whether the denied permissions include a permission."""
        return self._lists(permission, excepted=False)

    def takes(self, permission: str) -> Verdict:
        """Whether the rule denies a permission and does not except it."""
        verdict = self.names(permission)
        return verdict if verdict.truth is Truth.FALSE else verdict & ~self._lists(permission, excepted=True)

    def _lists(self, permission: str, *, excepted: bool) -> Verdict:
        key = permission, excepted
        if key not in self._asked:
            listed = self.denial.exception_permissions if excepted else self.denial.denied_permissions
            self._asked[key] = lists(listed, permission)
        return self._asked[key]

    def cost(self, *, decided_by_lookup: bool) -> int:
        """Return the number of principals in the rule that need a comparison one by one instead of a lookup.

        A condition that has to be evaluated for each principal counts as further ones.
        """
        from iamlint.conditions.evaluation import asks_who

        condition = self.denial.condition
        longest = 0
        if isinstance(condition, Condition) and asks_who(condition.expression):
            longest = len(shown(condition.expression)) // CHARACTERS
        others = longest + len(self.denied.others) + len(self.excepted.others)
        return others if decided_by_lookup else others + len(self.denied.plain) + len(self.excepted.plain)


def rule(denial: Denial, hierarchy: Hierarchy, groups: Groups | None = None) -> Rule:
    """Return the rule of a denial, with its parts precomputed; ``groups`` are those that count for it."""
    node = node_of(denial.parent, denial.declared, hierarchy)
    return Rule(
        denial,
        named(denial.denied_principals, denial.declared, groups),
        named(denial.exception_principals, denial.declared, groups),
        node,
        only_scope(node, denial.declared),
    )


def other_blocks(rules: Iterable[Rule]) -> dict[int, list[list[Rule]]]:
    """Return, by the id of a rule, the rules of each other block that declares the same policy.

    A rule denies nothing that one of these blocks leaves open: only one of them can be created.
    """
    policies: dict[Hashable, dict[Hashable, list[Rule]]] = {}
    for one in rules:
        denial, declared = one.denial, one.denial.declared
        if isinstance(denial.name, str) and (parent := identity(denial.parent, declared)):
            blocks = policies.setdefault((parent, denial.name, configuration(declared)), {})
            blocks.setdefault((declared.address, declared.planned), []).append(one)
    found: dict[int, list[list[Rule]]] = {}
    for blocks in policies.values():
        for block in blocks.values() if len(blocks) > 1 else ():
            declared = block[0].denial.declared
            others = [
                other
                for other in blocks.values()
                if other is not block and contradicts(other[0].denial.declared, declared)
            ]
            found.update((id(one), others) for one in block)
    return found


def denies(rule: Rule, grant: Grant, permission: str, hierarchy: Hierarchy, tags: Tags, as_of: date) -> Verdict:
    """Whether a rule denies a permission to the whole holder of a grant, everywhere that the grant gives it.

    A denial below the grant's resource leaves the rest of it open. Exceptions override denials in one rule.
    """
    from iamlint.conditions.context import Context

    denial = rule.denial
    verdict = rule.takes(permission)
    if verdict.truth is not Truth.FALSE:
        verdict &= _where(rule, grant, hierarchy)
    if verdict.truth is not Truth.FALSE:
        verdict &= covered(rule.denied, grant, hierarchy)
    if verdict.truth is not Truth.FALSE:
        verdict &= ~spared(rule.excepted, grant, hierarchy)
    if verdict.truth is not Truth.FALSE:
        verdict &= _condition(denial, Context(as_of, permission, grant.principal, tags=_tags(grant, tags)))
    return verdict


def lists(named: Iterable[Text] | Unknown, permission: str) -> Verdict:
    """Whether a deny policy's permissions include this one, by name or in a group."""
    if isinstance(named, Unknown):
        return Verdict.of(Truth.UNKNOWN, f"the permissions that it names are not known: {named.reason}")
    plain = allowed_permission(permission) or permission  # roles name some with their host, as deny policies do
    verdict = FALSE
    for one in named:
        if isinstance(one, Unknown):
            verdict |= Verdict.of(Truth.UNKNOWN, f"one of the permissions that it names is not known: {one.reason}")
            continue
        form = allowed_permission(one)
        if form and text_is((form,), plain) is Truth.TRUE:
            return TRUE
    return verdict


def _where(rule: Rule, grant: Grant, hierarchy: Hierarchy) -> Verdict:
    truth = within(hierarchy.above(grant.resource, grant.declared, certain=True), rule.node)
    if truth is not Truth.UNKNOWN:
        return Verdict.of(truth)
    parent = rule.denial.parent
    if isinstance(parent, Unknown) and not parent.parts:
        return Verdict.of(truth, parent.reason)
    where = shown(parent).rpartition("googleapis.com/")[2]
    return Verdict.of(truth, f"the input does not show whether {grant.resource} is in {where}")


def _tags(grant: Grant, tags: Tags) -> TagState | None:
    """Return the tags of a grant's resource; what is below a container may have others, so those do not decide."""
    return tags.state(grant.resource, grant.declared) if tags and not grant.resource.is_container else None


def _condition(denial: Denial, context: Context) -> Verdict:
    from iamlint.conditions.declared import beside_tags
    from iamlint.conditions.evaluation import evaluate

    match denial.condition:
        case None:
            return TRUE
        case Unknown(reason):
            return Verdict.of(Truth.UNKNOWN, f"its condition is not known: {reason}")
        case Condition(expression):
            outcome = evaluate(expression, context)
            if outcome.denies is Truth.TRUE and (name := beside_tags(expression)):
                return Verdict.of(Truth.UNKNOWN, f"its condition asks for {name}, which deny rules do not support")
            return Verdict(outcome.denies, outcome.why if outcome.denies is Truth.UNKNOWN else ())
