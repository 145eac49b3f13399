"""Which resource an unknown value names: followed through the references of a plan's configuration."""

from __future__ import annotations

import re
from collections.abc import Collection

from iamlint.sources.terraform.plan.addresses import calls, joined, key_of, without_keys
from iamlint.sources.terraform.plan.configuration import Configuration, references
from iamlint.values import Value

LONGEST_CHAIN = 50
"""References through more variables and outputs than this are not followed."""

_RESOURCE = re.compile(
    r"(?P<address>(?P<kind>google_\w+)\.[\w-]+)(?P<key>\[.*\])?(?:\.(?P<attribute>\w+))?\Z", re.DOTALL
)
_OUTPUT = re.compile(r"module\.(?P<call>[\w-]+)(?P<key>\[.*\])?\.(?P<output>[\w-]+)\Z")
_VARIABLE = re.compile(r"var\.(?P<name>[\w-]+)\Z")
_REPEATED = ("each.key", "count.index")


class References:
    """Follows references to the resources that a plan has, whose addresses these are."""

    def __init__(self, configuration: Configuration, addresses: Collection[str]) -> None:
        self._configuration = configuration
        self._addresses = addresses

    def resource(
        self, instance: tuple[str, str], expression: Value | None, kind: str, attributes: Collection[str]
    ) -> str | None:
        """The address of the one resource of a type that an argument names, by one of these attributes of it.

        ``instance`` is the address of the module, and the address, of the instance whose argument it is. None where it
        refers to anything else beside, since the plan does not tell how they make up the value.
        """
        module, address = instance
        key = key_of(address)
        for _ in range(LONGEST_CHAIN):
            names = references(expression)
            repeated = [name for name in names if name in _REPEATED]
            others = [name for name in names if name not in _REPEATED]
            if len(others) != 1:
                return None
            found = _RESOURCE.match(others[0])
            if found:
                if found["kind"] != kind or (found["attribute"] and found["attribute"] not in attributes):
                    return None
                return self._existing(joined(module, found["address"]), found["key"] or "", key if repeated else "")
            step = self._step(module, others[0], key if repeated else "", key)
            if step is None:
                return None
            module, expression, key = step
        return None

    def _existing(self, address: str, key: str, own: str) -> str | None:
        """The resource's address, if the plan has it: with the key that is given, or the one that is shared."""
        return next((found for found in (address + key, address + own) if found in self._addresses), None)

    def _step(self, module: str, name: str, shared: str, key: str) -> tuple[str, Value | None, str] | None:
        """Where a variable or an output leads: the module, the expression there, and the key of what repeats it."""
        path = calls(module)
        variable = _VARIABLE.match(name)
        if variable and path:
            last, key_of_call = path[-1]
            outer = self._configuration.module(call for call, _ in path[:-1])
            call = outer.calls.get(last) if outer else None
            above = ".".join(f"module.{call_name}{call_key}" for call_name, call_key in path[:-1])
            return (above, call.expressions.get(variable["name"]), key_of_call) if call else None
        output = _OUTPUT.match(name)
        if output:
            here = self._configuration.module(call for call, _ in path)
            called = here.calls.get(output["call"]) if here else None
            if called is None:
                return None
            below = joined(module, f"module.{output['call']}{output['key'] or shared}")
            return below, called.module.outputs.get(output["output"]), key
        return None


def block_address(address: str, module: str) -> str:
    """The address of a resource block within its module, without keys."""
    own = without_keys(address)
    prefix = without_keys(module)
    return own[len(prefix) + 1 :] if prefix and own.startswith(f"{prefix}.") else own
