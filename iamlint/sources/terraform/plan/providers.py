"""The providers of a plan: from its configuration, and from its source if that has more."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.documents.values import Value
from iamlint.sources.terraform.instances.instance import Argument, Body, Instance
from iamlint.sources.terraform.plan.addresses import joined
from iamlint.sources.terraform.plan.configuration import Configuration, constant
from iamlint.sources.terraform.plan.relocation import relocated_body
from iamlint.sources.terraform.plan.source_mapping import SourceMapping


class Providers:
    """Provider configurations by the key that resources use: ``google``, ``module.x:google.alias``."""

    def __init__(self, configuration: Configuration, beside: SourceMapping | None) -> None:
        self._known: dict[str, Instance] = {}
        for key, fields in configuration.providers.items():
            provider = _provider(fields)
            if provider:
                self._known[key] = _placed(provider, beside) if beside else provider

    def all(self) -> Iterator[Instance]:
        """Yield every provider configuration."""
        yield from self._known.values()

    def get(self, key: str) -> Instance | None:
        """Return the provider of a key."""
        return self._known.get(key)


def _provider(fields: dict[str, Value]) -> Instance | None:
    name, alias, module = (_text(fields, field) for field in ("name", "alias", "module_address"))
    at = fields["name"].at if name else None
    if at is None:
        return None
    local = f"{name}.{alias}" if alias else name
    address = joined(module, f"provider.{local}")
    written = fields.get("expressions", Value({})).data
    arguments = {}
    for argument, expression in (written if isinstance(written, dict) else {}).items():
        value = constant(expression, f"{address}.{argument}")
        if value.data is not None:
            arguments[argument] = Argument(value, expression.at or at)
    return Instance("provider", name, local, address, Body(at, arguments), module)


def _placed(provider: Instance, beside: SourceMapping) -> Instance:
    written = beside.block(provider.address)
    if written is None or written.mode != "provider":
        return provider
    body = relocated_body(provider.body, written.body, exact=True)
    return Instance(
        "provider",
        provider.type,
        provider.name,
        provider.address,
        body,
        provider.module,
        written.via,
        planned=provider.body.at,
    )


def _text(fields: dict[str, Value], name: str) -> str:
    value = fields.get(name)
    return value.data if value and isinstance(value.data, str) else ""
