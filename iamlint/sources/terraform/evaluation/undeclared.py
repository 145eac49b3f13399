"""Finds arguments of module calls that the called module does not declare: Terraform refuses such a configuration."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from iamlint.location import Span
from iamlint.sources.terraform.configuration.module import Declared, Module
from iamlint.sources.terraform.evaluation.bodies import META

_OF_CALLS = META | {"source", "version", "providers"}
"""The arguments of a module call that are not passed to the module."""
_MOST = 10
"""Maximum number of arguments of one call that are reported."""


def undeclared(call: Declared, module: Module) -> Iterator[tuple[str, Span]]:
    """Yield why an argument of a call has no effect, and where it is written.

    A misspelt argument may be the one that carries roles and members. Nothing is known about a module that is not
    installed, or that was not read in full.
    """
    if module.described or module.errors:
        return
    written = call.arguments().items()
    unknown = ((name, one) for name, one in written if name not in module.variables and name not in _OF_CALLS)
    for name, one in islice(unknown, _MOST):
        reason = f"passes {name}, which the module does not declare: Terraform refuses the call"
        yield reason, Span(one.source, one.argument.start, one.argument.end)
