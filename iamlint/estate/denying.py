"""Deny policies: whether a rule of one denies the holder of a grant a permission where the grant is.

Source: https://cloud.google.com/iam/docs/deny-overview
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date

from iamlint.conditions import Context, evaluate
from iamlint.estate.covering import Named, covered, named, node_of, only_scope, within
from iamlint.estate.deny_forms import allowed_permission
from iamlint.estate.hierarchy import Hierarchy, Node
from iamlint.facts import Condition, Denial, Grant, Text
from iamlint.logic.globs import text_is
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.unknown import Truth, Unknown, shown


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of a deny policy, with what is worked out once: whom it names, and what it is attached to.

    ``only_in`` is the configuration outside of which it is held against nothing, "" where its place is known.
    """

    denial: Denial
    denied: Named
    excepted: Named
    node: Node | None
    only_in: str = ""
    _asked: dict[tuple[str, bool], Verdict] = field(default_factory=dict)

    def names(self, permission: str) -> Verdict:
        """Whether it names a permission among those that it denies."""
        return self._lists(permission, excepted=False)

    def takes(self, permission: str) -> Verdict:
        """Whether it denies a permission, and does not except it again."""
        verdict = self.names(permission)
        return verdict if verdict.truth is Truth.FALSE else verdict & ~self._lists(permission, excepted=True)

    def _lists(self, permission: str, *, excepted: bool) -> Verdict:
        key = permission, excepted
        if key not in self._asked:
            listed = self.denial.exception_permissions if excepted else self.denial.denied_permissions
            self._asked[key] = lists(listed, permission)
        return self._asked[key]

    def cost(self, *, told_at_once: bool) -> int:
        """How many principals it names that are held one by one against a holder, who may be found among the rest."""
        others = len(self.denied.others) + len(self.excepted.others)
        return others if told_at_once else others + len(self.denied.plain) + len(self.excepted.plain)


def rule(denial: Denial, hierarchy: Hierarchy) -> Rule:
    """A rule, ready to be asked."""
    node = node_of(denial.parent, denial.declared, hierarchy)
    return Rule(
        denial,
        named(denial.denied_principals, denial.declared),
        named(denial.exception_principals, denial.declared),
        node,
        only_scope(node, denial.declared),
    )


def denies(rule: Rule, grant: Grant, permission: str, hierarchy: Hierarchy, as_of: date) -> Verdict:
    """Whether a rule takes a permission from the whole holder of a grant, everywhere that the grant gives it.

    A denial below the grant's resource leaves the rest of it open. Exceptions win over denials in one rule.
    """
    denial = rule.denial
    verdict = rule.takes(permission)
    if verdict.truth is not Truth.FALSE:
        verdict &= _where(rule, grant, hierarchy)
    if verdict.truth is not Truth.FALSE:
        verdict &= covered(rule.denied, grant, hierarchy)
    if verdict.truth is not Truth.FALSE:
        verdict &= ~covered(rule.excepted, grant, hierarchy)
    if verdict.truth is not Truth.FALSE:
        verdict &= _condition(denial, grant, permission, as_of)
    return verdict


def lists(named: Iterable[Text] | Unknown, permission: str) -> Verdict:
    """Whether one of the permissions that a deny policy names is this one, or a group that has it."""
    if isinstance(named, Unknown):
        return Verdict.of(Truth.UNKNOWN, f"it is not known which permissions it names: {named.reason}")
    verdict = FALSE
    for one in named:
        if isinstance(one, Unknown):
            verdict |= Verdict.of(Truth.UNKNOWN, f"one of the permissions that it names is not known: {one.reason}")
            continue
        form = allowed_permission(one)
        if form and text_is((form,), permission) is Truth.TRUE:
            return TRUE
    return verdict


def _where(rule: Rule, grant: Grant, hierarchy: Hierarchy) -> Verdict:
    truth = within(hierarchy.above(grant.resource, grant.declared, certain=True), rule.node)
    if truth is not Truth.UNKNOWN:
        return Verdict(truth)
    parent = rule.denial.parent
    where = shown(parent).rpartition("googleapis.com/")[2]
    return Verdict.of(truth, f"the input does not show whether {grant.resource} is in {where}")


def _condition(denial: Denial, grant: Grant, permission: str, as_of: date) -> Verdict:
    match denial.condition:
        case None:
            return TRUE
        case Unknown(reason):
            return Verdict.of(Truth.UNKNOWN, f"its condition is not known: {reason}")
        case Condition(expression):
            outcome = evaluate(expression, Context(as_of, permission, grant.principal))
            return Verdict(outcome.denies, outcome.why if outcome.denies is Truth.UNKNOWN else ())
