"""Compiles the regular expressions of the package, for the file that `iamlint.basics.lazy_regex` reads."""

from __future__ import annotations

import gc
import json
import pkgutil
from collections.abc import Iterable
from importlib import import_module
from typing import Any

import iamlint
from iamlint.basics.lazy_regex import LazyRegex, engine, key_of


def every_pattern() -> list[tuple[str, int]]:
    """Return pattern and flags of each expression in a module of the package that can be imported here."""
    for found in pkgutil.walk_packages(iamlint.__path__, "iamlint.", onerror=_passed):
        if not found.name.endswith(("__main__", "build_hook")):
            try:
                import_module(found.name)
            except ImportError:  # a dependency is missing where the package is built
                continue
    every = [one for one in gc.get_objects() if type(one) is LazyRegex]
    return sorted({(one.pattern, int(one.own_flags)) for one in every if isinstance(one.pattern, str)})


def _passed(_name: str) -> None:
    """Pass over a package that cannot be imported."""


def patterns_text(patterns: Iterable[tuple[str, int]]) -> str:
    """Return the text of the file of compiled expressions."""
    patterns = list(patterns)
    first = engine(), [key_of(*one) for one in patterns]
    lines = [first, *(_arguments(*one) for one in patterns)]
    return "".join(json.dumps(one, separators=(",", ":")) + "\n" for one in lines)


class _Recorder:
    """Stands for Python's engine, and returns what it is called with."""

    def __init__(self, engine: Any) -> None:
        self._engine = engine

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    @staticmethod
    def compile(_pattern: str, *arguments: Any) -> tuple[Any, ...]:
        """Return the arguments after the pattern."""
        return arguments


def _arguments(pattern: str, flags: int) -> tuple[Any, ...]:
    """Return the arguments that Python calls its engine with to make an expression."""
    compiler: Any = import_module("re._compiler")
    before, compiler._sre = compiler._sre, _Recorder(compiler._sre)
    try:
        found: tuple[Any, ...] = compiler.compile(pattern, flags)
    finally:
        compiler._sre = before
    return found
