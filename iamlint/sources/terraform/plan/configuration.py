"""The ``configuration`` of a plan: what each block refers to, and how providers are configured.

It gives constants and the names that an expression refers to, never the expression itself, and nothing of dynamic
blocks and locals.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from iamlint.location import Unreadable
from iamlint.sources.terraform.plan.addresses import LONGEST_NAME, calls, joined, shortened
from iamlint.sources.terraform.plan.shapes import ShapeError, array, object_, optional_object, optional_string, string
from iamlint.unknown import Hole, Unknown
from iamlint.values import Value

Expressions = dict[str, Value]
"""Arguments of a block: each an object with ``constant_value`` or ``references``; for nested blocks, arrays."""


@dataclass(frozen=True, slots=True)
class Block:
    """A resource or data block: what its arguments refer to, and the key of the provider that configures it."""

    expressions: Expressions
    provider: str
    repeated: Expressions
    """``for_each_expression`` and ``count_expression``, where there are such."""


@dataclass(frozen=True, slots=True)
class Call:
    """A module call: its arguments, and the module that it calls."""

    expressions: Expressions
    module: Module


@dataclass(slots=True)
class Module:
    """A module of the configuration; ``resources`` by address without module and key."""

    resources: dict[str, Block]
    calls: dict[str, Call]
    outputs: dict[str, Value]


class Configuration:
    """The configuration of a plan; empty for a state, which has none."""

    def __init__(self, document: Value) -> None:
        self.errors: list[Unreadable] = []
        self.root = Module({}, {}, {})
        self.variables: dict[str, Value] = {}
        self.providers: dict[str, dict[str, Value]] = {}
        try:
            plan = object_(document, "")
            written = optional_object(plan, "configuration", "")
            if "root_module" in written:
                self.root = self._module(written["root_module"], "configuration.root_module")
            providers = optional_object(written, "provider_config", "configuration")
            for key, value in providers.items():
                self.providers[key] = object_(value, f"configuration.provider_config.{key}")
            for name, value in optional_object(plan, "variables", "").items():
                self.variables[name] = object_(value, f"variables.{name}").get("value", Value(None))
        except ShapeError as error:
            self.errors.append(error.unreadable)

    def _module(self, value: Value, path: str) -> Module:
        """One module and those below it; deeper than the document may nest there are none."""
        fields = object_(value, path)
        module = Module({}, {}, {})
        for item, where in array(fields, "resources", path):
            block = object_(item, where)
            module.resources[string(item, "address", where)] = Block(
                optional_object(block, "expressions", where),
                optional_string(block, "provider_config_key", where),
                {name: block[name] for name in ("for_each_expression", "count_expression") if name in block},
            )
        for name, value_ in optional_object(fields, "module_calls", path).items():
            where = f"{path}.module_calls.{name}"
            call = object_(value_, where)
            inner = self._module(call["module"], f"{where}.module") if "module" in call else Module({}, {}, {})
            module.calls[name] = Call(optional_object(call, "expressions", where), inner)
        for name, value_ in optional_object(fields, "outputs", path).items():
            output = object_(value_, f"{path}.outputs.{name}")
            module.outputs[name] = output.get("expression", Value(None))
        return module

    def module(self, names: Iterable[str]) -> Module | None:
        """The module that these calls lead to."""
        module = self.root
        for name in names:
            call = module.calls.get(name)
            if call is None:
                return None
            module = call.module
        return module

    def block(self, module: str, address: str) -> Block | None:
        """The block of a resource instance, by the address of its module and its own without module and keys."""
        found = self.module(name for name, _ in calls(module))
        return found.resources.get(address) if found else None

    def constant(self, expression: Value, module: str) -> Value:
        """What a provider's argument is, as far as a plan tells: a constant, or a variable that it certainly is.

        ``module`` is where the provider is configured. A reference may be all of an expression or a part of it. A
        boolean, and a text that is a whole e-mail, can only be all of it.
        """
        fields = expression.data
        if not isinstance(fields, dict):
            return Value(None)
        if "constant_value" in fields:
            return fields["constant_value"]
        names = references(expression)
        if len(names) != 1:
            return Value(Unknown("the plan does not tell this value"), expression.at)
        variable = None if module else self.variables.get(names[0].removeprefix("var."))
        if variable and (isinstance(variable.data, bool) or (isinstance(variable.data, str) and "@" in variable.data)):
            return variable
        hole = Hole(joined(module, names[0]))
        return Value(Unknown(f"the plan names {hole.reference} here, not its value", (hole,)), expression.at)


def references(expression: Value | None) -> list[str]:
    """The names that an expression refers to, each in its longest form, in order.

    Terraform lists beside ``a.b[0].c`` also ``a.b[0]`` and ``a.b``.
    """
    fields = expression.data if expression else None
    listed = fields.get("references") if isinstance(fields, dict) else None
    if listed is None or not isinstance(listed.data, tuple):
        return []
    texts = (item.data for item in listed.data)
    names = list(dict.fromkeys(text for text in texts if isinstance(text, str) and len(text) <= LONGEST_NAME))
    shorter = {shortened(name) for name in names}
    return [name for name in names if name not in shorter]
