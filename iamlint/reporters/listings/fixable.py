"""The rules with a fix, and those whose fix is possible in most cases and missing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from iamlint.reporters.parts.indented import json_text
from iamlint.reporters.parts.plain import neutral
from iamlint.rules.rule import Rule

Reasons = Mapping[str, Sequence[str]]
"""When a fix is not offered since it would be a guess, by its name: texts that complete "not fixed if"."""


def fixable_text(rules: Iterable[Rule], reasons: Reasons) -> str:
    """Return a line for each rule with a fix and for each of its fixes, then those without one that could have it.

    Below a fix are the cases where it is not offered.
    """
    rules = tuple(rules)
    mended = [rule for rule in rules if rule.mends]
    missing = [rule for rule in rules if rule.page.unmended]
    width = max((len(rule.id) for rule in (*mended, *missing)), default=0)
    lines = []
    for rule in mended:
        for one in rule.mends:
            lines.append(f"{rule.id:<{width}}  {one.safety:<10}  {one.by}")
            lines += [f"{'':<{width}}  {'':<10}    not if {why}" for why in reasons.get(one.by, ())]
    lines += [f"{rule.id:<{width}}  {'missing':<10}  {neutral(rule.page.unmended)}" for rule in missing]
    return "".join(f"{line}\n" for line in lines) + f"{len(mended)} rules have a fix, {len(missing)} could have one\n"


def fixable_json(rules: Iterable[Rule], reasons: Reasons) -> str:
    """Return the same as a JSON list of objects, one for each rule."""
    listed = [
        {
            "slug": rule.slug,
            "family": rule.family,
            "fixes": [
                {"name": one.by, "safety": one.safety, "not_if": list(reasons.get(one.by, ()))} for one in rule.mends
            ],
            "missing": rule.page.unmended or None,
        }
        for rule in rules
        if rule.mends or rule.page.unmended
    ]
    return json_text(listed)
