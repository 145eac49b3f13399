"""The condition of a grant or denial."""

from __future__ import annotations

from iamlint.facts import Condition
from iamlint.sources.terraform.instances.arguments import needed_text, text_of
from iamlint.sources.terraform.instances.instance import Body
from iamlint.unknown import Unknown


def condition_of(body: Body, block: str = "condition") -> Condition | Unknown | None:
    """Return the condition in a nested block; None without such a block."""
    blocks = body.blocks_of(block)
    if isinstance(blocks, Unknown):
        return blocks
    if not blocks:
        return None
    inner = blocks[0]
    found = needed_text(inner, "expression")
    if found is None:
        return Condition(Unknown("the condition has no expression"), text_of(inner.value("title")), inner.at.location)
    expression, place = found
    return Condition(expression, text_of(inner.value("title")), place.at, origin=place.origin)
