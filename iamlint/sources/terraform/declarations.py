"""What states a fact: the block, its type and address, and the module calls that lead to it."""

from __future__ import annotations

from iamlint.facts import Declaration
from iamlint.sources.terraform.instance import Instance


def declaration(instance: Instance) -> Declaration:
    """The declaration of an instance."""
    return Declaration(
        at=instance.body.at.location,
        type=instance.type,
        address=instance.address,
        via=tuple(span.location for span in instance.via),
        planned=instance.planned.location if instance.planned else None,
        uncertain=f"whether {instance.address} exists is not known: {instance.uncertain.reason}"
        if instance.uncertain
        else "",
    )
