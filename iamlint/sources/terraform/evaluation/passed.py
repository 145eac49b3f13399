"""What a module call passes to its module: arguments and providers."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from iamlint.basics.words import first_names
from iamlint.documents.values import Value
from iamlint.hcl import syntax
from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.hcl.scope import Scope
from iamlint.location import SourceText, Span
from iamlint.sources.terraform.configuration.module import Declared, Local, Module
from iamlint.sources.terraform.evaluation.bodies import OF_CALLS
from iamlint.sources.terraform.instances.instance import Instance

_MOST = 3
"""Maximum number of arguments of one call that are named."""
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


def undeclared(call: Declared, module: Module) -> tuple[str, Span] | None:
    """Return which arguments of a call have no effect, and where the first is written; None if all are declared.

    A misspelt argument may be the one that carries roles and members. Nothing is known about a module that is not
    installed, or that was not read in full.
    """
    if module.described or module.errors:
        return None
    written = call.arguments()
    unknown = [name for name in written if name not in module.variables and name not in OF_CALLS]
    if not unknown:
        return None
    first = written[unknown[0]]
    reason = f"passes {first_names(unknown, _MOST)}, which the module does not declare: Terraform refuses the call"
    return reason, Span(first.source, first.argument.start, first.argument.end)


def passed_providers(call: Declared, providers: Mapping[str, Instance]) -> dict[str, Instance]:
    """Return the providers of a child: the inherited ones without alias, and those that the call names."""
    passed = {name: provider for name, provider in providers.items() if "." not in name}
    written = call.argument("providers")
    if written and isinstance(written.argument.expression, syntax.Object):
        for theirs, ours in written.argument.expression.items:
            provider = providers.get(provider_name(ours, written.source))
            if provider:
                passed[provider_name(theirs, written.source)] = provider
    return passed


def provider_name(expression: syntax.Expression, source: SourceText) -> str:
    """``google.prod`` as written, bare or (in JSON and before Terraform 0.12) quoted."""
    return source.text[expression.start : expression.end].strip().strip('"')
