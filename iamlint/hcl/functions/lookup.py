"""Finds Terraform's functions by name; they are loaded when the first one is called."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from functools import cache

from iamlint.hcl.functions.types import Function


@cache
def function_of(name: str) -> tuple[Function | None, Function | None]:
    """Return the function of a name, or the one that reads files; most small modules call none."""
    from iamlint.hcl.functions.table import PURE, READING

    return PURE.get(name), READING.get(name)


@cache
def arity(function: Callable[..., object]) -> tuple[int, int]:
    """Return the minimum and maximum number of arguments of a function."""
    parameters = inspect.signature(function).parameters.values()
    needed = [one for one in parameters if one.default is one.empty and one.kind is not one.VAR_POSITIONAL]
    endless = any(one.kind is one.VAR_POSITIONAL for one in parameters)
    return len(needed), sys.maxsize if endless else len(parameters)
