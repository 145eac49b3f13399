"""Places what a module stub states on the arguments of its call."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from functools import cached_property

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import SetOf, Value, with_elements
from iamlint.facts import Fact, UnreadPart
from iamlint.hcl.functions.types import EvaluationError, UnknownResult, parts
from iamlint.location import SourceText, Span
from iamlint.sources.terraform.configuration.module import Declared
from iamlint.sources.terraform.instances.instance import Argument, Body, Instance
from iamlint.unknown import Unknown, UnknownPart

_CONTEXT_KEY = regex(r"\$[a-z_]+:")
"""Cloud Foundation Fabric's prefix for references to objects defined in its modules."""


class ModuleCall:
    """The arguments of one module call, indexed by the places of the values in them."""

    def __init__(self, call: Declared, inputs: Mapping[str, Callable[[], Value]], description: SourceText) -> None:
        self.header = call.header
        self._call, self._inputs, self._description = call, inputs, description

    @cached_property
    def _holders(self) -> dict[Span, Span]:
        """Built on first use: arguments may refer to outputs of the modules that are being called."""
        holders: dict[Span, Span] = {}
        for name, written in self._call.arguments().items():
            if name in self._inputs:
                expression = written.argument.expression
                at = Span(written.source, expression.start, expression.end)
                holders |= {place: at for place in _places(self._inputs[name]()) if place not in holders}
        return holders

    def placed(self, instance: Instance) -> Instance:
        """Return the instance with everything placed on the call's lines; the call declares it."""
        return replace(instance, body=self._body(instance.body), via=instance.via[:-1])

    def _body(self, body: Body) -> Body:
        blocks = {
            name: found if isinstance(found, Unknown) else tuple(self._body(one) for one in found)
            for name, found in body.blocks.items()
        }
        return Body(self.header, {name: self._argument(one) for name, one in body.arguments.items()}, blocks)

    def _argument(self, argument: Argument) -> Argument:
        value = self._value(argument.value)
        items: tuple[Span, ...] = ()
        if isinstance(value.data, tuple):
            items = tuple(self._holder(item) for item in value.data)
        elif isinstance(value.data, SetOf):
            items = tuple(self._holder(item) for item in value.data.elements)
        elif value.partial:
            items = tuple(self._holder(part.value) for part in value.partial.parts)
        return Argument(value, self._holder(value), items)

    def _holder(self, value: Value) -> Span:
        """Return the argument of the call that contains a value, else the head of the call."""
        return self._holders.get(value.at, self.header) if value.at else self.header

    def _value(self, value: Value) -> Value:
        at = None if value.at and value.at.source is self._description else value.at
        match value.data:
            case tuple() | SetOf() as items:
                return Value(with_elements(items, self._value), at)
            case str() as text if _CONTEXT_KEY.match(text):
                why = Unknown(f"{text} is a name that only the module knows", (UnknownPart(text),))
                return Value(why, at)
            case _ if value.partial:
                return Value(value.data, at, value.partial.changed(self._value))
            case _:
                return Value(value.data, at, value.structure)


def _places(value: Value) -> Iterator[Span]:
    try:
        yield from (part.at for part in parts(value) if part.at)
    except (UnknownResult, EvaluationError):
        return  # too large to search: the rest is placed on the head of the call


def stated_by_call(fact: Fact, call: str) -> Fact:
    """Return a fact of a stub with the call as its address, since the addresses in the module are unknown."""
    if isinstance(fact, UnreadPart):
        reason = f"how much {call} grants is not known{fact.reason.partition(' is not known')[2]}"
        return replace(fact, reason=reason, declared=replace(fact.declared, address=call))
    return replace(fact, declared=replace(fact.declared, address=call))
