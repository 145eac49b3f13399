"""Finds shared modules that grant nothing by their defaults: nothing that is checked shows how they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

from iamlint.facts import UnreadPart
from iamlint.hcl.walk import size_and_names
from iamlint.sources.terraform.configuration.module import Declared, Module
from iamlint.sources.terraform.evaluation.evaluator import ModuleInstance
from iamlint.sources.terraform.instances.declarations import unread_part
from iamlint.sources.terraform.resources.families import family_of

_MOST = 3
"""Maximum number of variables that are named."""


def off_by_default(module: Module, instance: Callable[[], ModuleInstance]) -> Iterator[UnreadPart]:
    """Yield one note about the blocks of grants that have no instances with the defaults of the module's variables.

    ``instance`` returns the instance of a module that nothing calls.
    """
    written = [(key, blocks) for key, blocks in module.resources.items() if key[0] == "managed" and family_of(key[1])]
    if not written:
        return
    top, off, variables = instance(), list[tuple[str, Declared]](), dict[str, None]()
    for (_, kind, name), blocks in written:
        address = f"{kind}.{name}"
        for declared in blocks:
            deciding = _deciding(top, declared)
            if deciding and next(top.expansion(declared, address).all(), None) is None:
                off.append((address, declared))
                variables |= deciding
    if off:
        address, first = off[0]
        blocks_off = f"{address} and {len(off) - 1} more" if off[1:] else address
        named = [f"var.{name}" for name in list(variables)[:_MOST]]
        more = len(variables) - len(named)
        decide = f"{', '.join(named)} and {more} more" if more else ", ".join(named)
        reason = f"no call of this module is known, and it grants nothing with the defaults of {decide}: {blocks_off}"
        yield replace(unread_part(reason, first, address, ()), unread=False)


def _deciding(top: ModuleInstance, declared: Declared) -> dict[str, None]:
    """Return the variables with a default that decide how many instances a block has, also through locals."""
    module, found = top.module, dict[str, None]()
    waiting = [one for name in ("count", "for_each") if (one := declared.argument(name))]
    seen: set[str] = set()
    while waiting:
        for root, name in size_and_names(waiting.pop().argument.expression)[1]:
            if root == "var" and name in module.variables and name not in top.inputs:
                found |= {name: None} if module.variables[name].argument("default") else {}
            elif root == "local" and name in module.locals and name not in seen:
                seen.add(name)
                waiting.append(module.locals[name])
    return found
