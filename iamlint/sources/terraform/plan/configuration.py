"""The ``configuration`` of a plan: the references of each block, and the provider configurations.

It contains constants and the names in an expression, never the expression itself, and no dynamic blocks or locals. So
only a constant is a value.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from iamlint.basics.frozen import frozen, mutable
from iamlint.documents.json_later import Members
from iamlint.documents.values import NULL, Value
from iamlint.location import Unreadable
from iamlint.sources.terraform.plan.addresses import LONGEST_NAME, calls, joined, shortened
from iamlint.sources.terraform.plan.shapes import (
    ShapeError,
    array,
    object_,
    optional_object,
    optional_string,
    string,
    values_of,
)
from iamlint.sources.terraform.resources.facts import is_wanted
from iamlint.unknown import Unknown, UnknownPart

MOST_NAMED = 3
"""Names in a reason."""

Expressions = Mapping[str, object]
"""Arguments of a block: each a dict with ``constant_value`` or ``references``; for nested blocks, lists."""


@frozen
class Block:
    """A resource or data block: the references of its arguments, and the key of its provider.

    ``commands`` are the constant texts in its provisioners, and in the arguments of a data source that runs a program.
    """

    expressions: Expressions
    provider: str
    commands: tuple[Value, ...] = ()


@mutable
class Module:
    """A module of the configuration; ``resources`` by address without module and key."""

    resources: dict[str, Block]
    calls: dict[str, Module]


class Configuration:
    """The configuration of a plan; empty for a state, which has none."""

    def __init__(self, document: Value) -> None:
        self.errors: list[Unreadable] = []
        self.root = Module({}, {})
        self.variables: dict[str, Value] = {}
        self.providers: dict[str, dict[str, Value]] = {}
        try:
            plan = object_(document, "")
            written = values_of(plan.value("configuration"), "configuration")
            if "root_module" in written:
                self.root = self._module(written["root_module"], "configuration.root_module")
            providers = values_of(written.get("provider_config"), "configuration.provider_config")
            for key, value in providers.items():
                where = f"configuration.provider_config.{key}"
                self.providers[key] = values_of(object_(value, where).own, where)
            for name, value in values_of(plan.value("variables"), "variables").items():
                self.variables[name] = object_(value, f"variables.{name}").value("value") or NULL
        except ShapeError as error:
            self.errors.append(error.unreadable)

    def _module(self, value: Value, path: str) -> Module:
        """Return one module and those below it; a module nested deeper than the limit has none."""
        fields = object_(value, path)
        module = Module({}, {})
        for item, where in array(fields, "resources", path):
            address, block = _block(item, where)
            module.resources[address] = block
        for name, value_ in values_of(fields.value("module_calls"), f"{path}.module_calls").items():
            where = f"{path}.module_calls.{name}"
            called = object_(value_, where).value("module")
            module.calls[name] = self._module(called, f"{where}.module") if called else Module({}, {})
        return module

    def module(self, names: Iterable[str]) -> Module | None:
        """Return the module that these calls lead to."""
        module = self.root
        for name in names:
            called = module.calls.get(name)
            if called is None:
                return None
            module = called
        return module

    def addresses(self) -> Iterator[str]:
        """Yield the address of every block, without keys, as seen from the root module."""
        waiting = [("", self.root)]
        while waiting:
            prefix, module = waiting.pop()
            yield from (joined(prefix, address) for address in module.resources)
            waiting += ((joined(prefix, f"module.{name}"), called) for name, called in module.calls.items())

    def commands(self) -> Iterator[tuple[str, Value]]:
        """Yield each constant of a block that is run, with the block's address as seen from the root module."""
        waiting = [("", self.root)]
        while waiting:
            prefix, module = waiting.pop()
            for address, block in module.resources.items():
                yield from ((joined(prefix, address), value) for value in block.commands)
            waiting += ((joined(prefix, f"module.{name}"), called) for name, called in module.calls.items())

    def block(self, module: str, address: str) -> Block | None:
        """Return the block of a resource instance, by the address of its module and its own without module and keys."""
        found = self.module(name for name, _ in calls(module))
        return found.resources.get(address) if found else None


def _block(item: Value, where: str) -> tuple[str, Block]:
    """Return the address of a resource and its block; raises `ShapeError`."""
    block = object_(item, where)
    mode, kind = optional_string(block, "mode", where), optional_string(block, "type", where)
    written = block.plain("expressions") if _is_wanted(mode, kind) else None
    if written is not None and not isinstance(written, dict):
        optional_object(block, "expressions", where)
    address = string(block, "address", where)
    return address, Block(written or {}, optional_string(block, "provider_config_key", where), _commands(block, where))


def _commands(block: Members, where: str) -> tuple[Value, ...]:
    """Return the constant arguments of a block's provisioners, and of a data source that runs a program."""
    is_external = block.get("type") == "external" and block.get("mode") == "data"
    if block.get("provisioners") is None and not is_external:
        return ()
    runs = [object_(item, at) for item, at in array(block, "provisioners", where)]
    if is_external:
        runs.append(block)
    written = (values_of(one.value("expressions"), f"{where}.expressions") for one in runs)
    constants = (Members.of(value) for expressions in written for value in expressions.values())
    return tuple(value for one in constants if one and (value := one.value("constant_value")))


def _is_wanted(mode: str, kind: str) -> bool:
    """Whether the arguments of a resource are needed: it may have facts."""
    return not (mode and kind) or is_wanted(mode, kind)


def constant(expression: Value, stands_for: str) -> Value:
    """Return the constant value of a provider's argument; else unknown, named by ``stands_for``.

    The references of an expression do not determine its value: each may be all of it, or a part.
    """
    fields = expression.data
    if not isinstance(fields, dict):
        return Value(None)
    if "constant_value" in fields:
        return fields["constant_value"]
    names = references(expression)
    reason = f"the plan names {', '.join(names)} here, not its value" if names else "the plan does not show this value"
    return Value(Unknown(reason, (UnknownPart(stands_for),)), expression.at)


def references(expression: Value) -> list[str]:
    """Return the names in an expression, each in its longest form, in order; at most `MOST_NAMED`.

    In addition to ``a.b[0].c`` Terraform lists ``a.b[0]`` and ``a.b``.
    """
    fields = expression.data
    listed = fields.get("references") if isinstance(fields, dict) else None
    if listed is None or not isinstance(listed.data, tuple):
        return []
    texts = (item.data for item in listed.data)
    names = list(dict.fromkeys(text for text in texts if isinstance(text, str) and len(text) <= LONGEST_NAME))
    shorter = {shortened(name) for name in names}
    return [name for name in names if name not in shorter][:MOST_NAMED]
