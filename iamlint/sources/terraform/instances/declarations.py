"""Declarations: the block, its type and address, and the module calls that lead to it."""

from __future__ import annotations

from iamlint.facts import Declaration, UnreadPart
from iamlint.location import Span
from iamlint.sources.terraform.configuration.module import Declared
from iamlint.sources.terraform.instances.ignored import ignored
from iamlint.sources.terraform.instances.instance import Instance


def declaration(instance: Instance) -> Declaration:
    """Return the declaration of an instance."""
    return Declaration(
        at=instance.body.at.location,
        type=instance.type,
        address=instance.address,
        via=tuple(span.location for span in instance.via) if instance.via else (),
        planned=instance.planned.location if instance.planned else None,
        uncertain=f"whether {instance.address} exists is not known: {instance.uncertain.reason}"
        if instance.uncertain
        else "",
        former=instance.former,
        ignored=ignored(instance),
    )


def unread_part(
    reason: str, declared: Declared, address: str, via: tuple[Span, ...], at: Span | None = None
) -> UnreadPart:
    """Return an unread part for a part of a block that is not read; ``at`` is its place, by default the header."""
    kind = "module" if declared.block.type == "module" else declared.block.label(0)
    where = (at or declared.header).location
    return UnreadPart(reason, Declaration(where, kind, address, tuple(span.location for span in via)))
