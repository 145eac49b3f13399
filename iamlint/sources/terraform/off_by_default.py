"""Finds shared modules that grant nothing by their defaults: nothing that is checked shows how they are called."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from iamlint.facts import UnreadPart
from iamlint.hcl.walk import size_and_names
from iamlint.sources.terraform.configuration.module import Declared, Module
from iamlint.sources.terraform.evaluation.evaluator import DEEPEST_CALL, ModuleInstance
from iamlint.sources.terraform.instances.declarations import unread_part
from iamlint.sources.terraform.resources.facts import ACCESS_LISTS
from iamlint.sources.terraform.resources.families import family_of

_MOST = 3
"""Maximum number of variables that are named."""


def off_by_default(module: Module, instance: Callable[[], ModuleInstance]) -> Iterator[UnreadPart]:
    """Yield one note about the blocks of grants that have no instances with the defaults of the module's variables.

    So are calls of modules that grant. ``instance`` returns the instance of a module that nothing calls.
    """
    written = list(_granting(module))
    if not (written or module.calls):
        return
    top, off, variables = instance(), list[tuple[str, Declared]](), dict[str, None]()
    calls = ((f"module.{name}", declared) for name, declared in module.calls.items())
    for address, declared in (*written, *calls):
        deciding = _deciding(top, declared)
        if deciding and next(top.expansion(declared, address).all(), None) is None:
            called = address.removeprefix("module.")
            if called != address and not _grants(top, module, (called,), set()):
                continue
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


def _granting(module: Module) -> Iterator[tuple[str, Declared]]:
    """Yield the blocks of a module that grant access, with their addresses."""
    for (mode, kind, name), blocks in module.resources.items():
        if mode == "managed" and (family_of(kind) or kind in ACCESS_LISTS):
            yield from ((f"{kind}.{name}", declared) for declared in blocks)


def _grants(top: ModuleInstance, module: Module, path: tuple[str, ...], seen: set[Path]) -> bool:
    """Whether the module that a call names has blocks of grants, or calls one that has; not if it is not read."""
    declared = module.calls[path[-1]]
    source = declared.literal("source")
    if source is None or len(path) > DEEPEST_CALL:
        return False
    found = top.run.modules.called(module, path, source, declared.literal("version"))
    if isinstance(found, str) or found.directory in seen:
        return False
    seen |= set() if found.described else {found.directory}
    return any(True for _ in _granting(found)) or any(_grants(top, found, (*path, name), seen) for name in found.calls)


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
