"""The provider blocks that a called module uses."""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.hcl import syntax
from iamlint.location import SourceText
from iamlint.sources.terraform.configuration.module import Declared
from iamlint.sources.terraform.instances.instance import Instance


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
