"""The values that a module call passes to the module's variables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from iamlint.documents.values import Value
from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.hcl.scope import Scope
from iamlint.location import SourceText
from iamlint.sources.terraform.configuration.module import Local

Input = Callable[[], Value]


class Given(Mapping[str, Input]):
    """The arguments of one instance of a module call, evaluated on first use.

    Calls with thousands of instances and thousands of arguments share the arguments.
    """

    __slots__ = ("_arguments", "_scope")

    def __init__(self, arguments: Mapping[str, Local], scope: Callable[[SourceText], Scope]) -> None:
        self._arguments, self._scope = arguments, scope

    def __getitem__(self, name: str) -> Input:
        written = self._arguments[name]
        return lambda: evaluate(written.argument.expression, self._scope(written.source))

    def __iter__(self) -> Iterator[str]:
        return iter(self._arguments)

    def __len__(self) -> int:
        return len(self._arguments)
