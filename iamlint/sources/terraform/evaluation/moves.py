"""The earlier addresses of instances, from ``moved`` blocks, and which ones ``import`` blocks bring in.

Sources: https://developer.hashicorp.com/terraform/language/modules/develop/refactoring and
https://developer.hashicorp.com/terraform/language/block/import
"""

from __future__ import annotations

from collections.abc import Iterable

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.hcl.syntax import Template
from iamlint.sources.terraform.configuration.module import Declared, Module

_MOST = 20
"""Maximum number of earlier addresses of one instance."""
_KEY = regex(r"\[(?:\"(?:\\.|[^\"\\])*\"|[^\[\]\"])*\]")


@frozen
class Moves:
    """The ``moved`` blocks of one module instance: pairs of an old and a new address within it.

    ``module`` is the address of the instance, empty for the root module. ``imported`` are the addresses, without keys,
    whose instances ``import`` blocks bring in, at least one of each.
    """

    module: str
    pairs: tuple[tuple[str, str], ...]
    imported: frozenset[str]


def moves_of(module: Module, address: str) -> tuple[Moves, ...]:
    """Return the moves and imports of a module at an address; empty if it has none."""
    pairs = tuple(
        (old, new)
        for declared in module.migrations
        if declared.block.type == "moved"
        if (old := _address(declared, "from")) and (new := _address(declared, "to")) and old != new
    )
    imports = (_address(declared, "to") for declared in module.migrations if declared.block.type == "import")
    imported = frozenset(_KEY.sub("", _within(address) + one) for one in imports if one)
    return (Moves(address, pairs, imported),) if pairs or imported else ()


def _address(declared: Declared, name: str) -> str | None:
    """Return the address in an argument of a ``moved`` block; a string in JSON."""
    written = declared.argument(name)
    if written is None:
        return None
    expression = written.argument.expression
    if isinstance(expression, Template):
        return expression.literal
    return "".join(written.source.text[expression.start : expression.end].split())


def former(address: str, moves: Iterable[Moves]) -> tuple[str, ...]:
    """Return the earlier addresses of an instance, the oldest last.

    ``moves`` are those of the module instances that contain it, outermost first.
    """
    found = {address: None}
    for stated in reversed(tuple(moves)):
        waiting = list(found)
        while waiting and len(found) <= _MOST:
            current = waiting.pop(0)
            for old in _before(current, stated):
                if old not in found:
                    found[old] = None
                    waiting.append(old)
    return tuple(found)[1:]


def is_imported(address: str, moves: Iterable[Moves]) -> bool:
    """Whether an ``import`` block brings in this instance, or another one of its block.

    Which one it is may depend on a ``for_each`` of the block.
    """
    block = _KEY.sub("", address)
    return any(block in one.imported for one in moves)


def _within(module: str) -> str:
    return f"{module}." if module else ""


def _before(address: str, stated: Moves) -> Iterable[str]:
    within = _within(stated.module)
    if not address.startswith(within):
        return
    rest = address[len(within) :]
    for old, new in stated.pairs:
        if rest == new or rest.startswith((f"{new}.", f"{new}[")):
            yield within + old + rest[len(new) :]
