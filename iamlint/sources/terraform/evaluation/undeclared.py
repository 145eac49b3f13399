"""Finds arguments of module calls that the called module does not declare: Terraform refuses such a configuration."""

from __future__ import annotations

from iamlint.location import Span
from iamlint.sources.terraform.configuration.module import Declared, Module
from iamlint.sources.terraform.evaluation.bodies import META

_OF_CALLS = META | {"source", "version", "providers"}
"""The arguments of a module call that are not passed to the module."""
_MOST = 3
"""Maximum number of arguments of one call that are named."""


def undeclared(call: Declared, module: Module) -> tuple[str, Span] | None:
    """Return which arguments of a call have no effect, and where the first is written; None if all are declared.

    A misspelt argument may be the one that carries roles and members. Nothing is known about a module that is not
    installed, or that was not read in full.
    """
    if module.described or module.errors:
        return None
    written = call.arguments()
    unknown = [name for name in written if name not in module.variables and name not in _OF_CALLS]
    if not unknown:
        return None
    first, left = written[unknown[0]], len(unknown) - _MOST
    named = ", ".join(unknown[:_MOST]) + (f" and {left} more" if left > 0 else "")
    reason = f"passes {named}, which the module does not declare: Terraform refuses the call"
    return reason, Span(first.source, first.argument.start, first.argument.end)
