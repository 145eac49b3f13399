"""Nested blocks with known labels: as blocks, or in Terraform's JSON syntax."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.hcl.syntax import Argument, Block, Body, Expression, Label, Object, Template, Tuple


def nested_blocks(block: Block, kind: str, labels: int = 0) -> Iterator[Block]:
    """Yield the blocks of a type within a block.

    JSON has one level of properties for each label, then one body or an array of bodies. Source:
    https://developer.hashicorp.com/terraform/language/syntax/json#nested-block-mapping
    """
    yield from block.body.blocks_of(kind)
    written = block.body.arguments.get(kind)
    if written:
        yield from _blocks(kind, written.expression, labels, ())


def _blocks(kind: str, written: Expression, labels: int, outer: tuple[Label, ...]) -> Iterator[Block]:
    for item in written.items if isinstance(written, Tuple) else (written,):
        if not isinstance(item, Object):
            continue
        if labels == 0:
            yield Block(item.start, item.end, kind, outer, Body(item.start, item.end, _arguments(item), []), item.start)
            continue
        for key, value in item.items:
            if isinstance(key, Template) and key.literal is not None:
                label = Label(key.start, key.end, key.literal)
                yield from _blocks(kind, value, labels - 1, (*outer, label))


def _arguments(written: Object) -> dict[str, Argument]:
    named = ((key.literal, key, value) for key, value in written.items if isinstance(key, Template))
    return {name: Argument(key.start, value.end, name, value) for name, key, value in named if name is not None}
