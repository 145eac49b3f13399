"""Instances in expressions: objects with written, nested and computed attributes."""

from __future__ import annotations

from iamlint.documents.values import Lazy, Value, unknown, with_name
from iamlint.sources.terraform.instances.computed import computed
from iamlint.sources.terraform.instances.instance import Body
from iamlint.sources.terraform.instances.view import View
from iamlint.unknown import Unknown


def instance_object(mode: str, kind: str, view: View) -> Lazy:
    """Return ``type.name`` of one instance: each attribute is computed once, on first use."""
    address, written = view.address, view.body
    known: dict[str, Value] = {}
    working: set[str] = set()

    def work(name: str) -> Value:
        argument = written.arguments.get(name)
        if argument and argument.value.data is not None:
            return _named_here(with_name(argument.value, f"{address}.{name}"), kind)
        nested = written.blocks.get(name)
        return computed(mode, kind, name, view) if nested is None else _nested_objects(nested, f"{address}.{name}")

    def attribute(name: str) -> Value:
        if name not in known:
            if name in working:
                return unknown(f"{address}.{name} refers to itself", reference=f"{address}.{name}")
            working.add(name)
            try:
                known[name] = work(name)
            finally:
                working.discard(name)
        return known[name]

    return Lazy(address, attribute, lambda: (*written.arguments, *written.blocks), whole=False)


def _named_here(value: Value, kind: str) -> Value:
    """Return the attribute of a cloud resource without the place where the resource's own block sets it.

    A reference to a project or an account names it: a finding about the reference is not about that other block.
    """
    names = kind.startswith("google_") and isinstance(value.data, str | Unknown)
    return Value(value.data, None, value.structure) if names else value


def _nested_object(one: Body, reference: str) -> Value:
    """Return a nested block as an object; the provider may fill in arguments that are not written."""

    def attribute(name: str) -> Value:
        argument = one.arguments.get(name)
        if argument:
            return argument.value
        nested = one.blocks.get(name)
        if nested is None:
            return unknown(f"{reference}.{name} is known after apply", reference=f"{reference}.{name}")
        return _nested_objects(nested, f"{reference}.{name}")

    return Value(Lazy(reference, attribute, lambda: (*one.arguments, *one.blocks), whole=False), one.at)


def _nested_objects(nested: tuple[Body, ...] | Unknown, reference: str) -> Value:
    if isinstance(nested, Unknown):
        return Value(nested)
    return Value(tuple(_nested_object(one, f"{reference}[{index}]") for index, one in enumerate(nested)))
