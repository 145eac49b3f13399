"""One instance of a resource, data source, provider or backend, evaluated: what source and plan have in common."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from iamlint.documents.values import NULL, Value
from iamlint.location import Span
from iamlint.unknown import Unknown


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument's value, and where it is written.

    ``at`` is the expression's span; ``items`` are, where the expression is a literal list, the spans of its items, one
    for each element of the value. ``value.at`` may lie elsewhere (a local, a tfvars file): that is its origin.
    """

    value: Value
    at: Span
    items: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Body:
    """Arguments and nested blocks, ``dynamic`` blocks expanded. ``at`` is the header of the block.

    The blocks of a type are `Unknown` where a ``dynamic`` over an unknown collection makes them. ``left`` names what
    Terraform leaves as it is (``ignore_changes``; ``all`` for everything), None where nothing tells: not in a plan.
    """

    at: Span
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    blocks: Mapping[str, tuple[Body, ...] | Unknown] = field(default_factory=dict)
    left: frozenset[str] | None = None

    def value(self, name: str) -> Value:
        """The value of an argument; null where it is not there, as Terraform has it."""
        argument = self.arguments.get(name)
        return argument.value if argument else NULL

    def blocks_of(self, name: str) -> tuple[Body, ...] | Unknown:
        """The nested blocks of a type."""
        return self.blocks.get(name, ())

    def owns(self, name: str) -> bool:
        """Whether Terraform certainly keeps an argument, or the blocks of a type, just as they are written here."""
        return self.left is not None and self.left.isdisjoint((name, "all"))


@dataclass(frozen=True, slots=True)
class Instance:
    """One instance. ``address`` is Terraform's, with module path and instance keys.

    ``module`` is the address of its module instance, empty for the root. ``via`` are the headers of the module calls
    that lead to it, outermost first. ``provider`` is the provider block that configures it, where it is known.
    For an instance that stands for an unknown number of them, ``symbolic`` has the reason, and the address ends in
    ``[*]``. ``uncertain`` has the reason where it is not known whether the instance exists. ``call`` is the address of
    the module call that states it, where the module is described and not there. ``planned`` is its entry in the plan,
    where its body is placed in the source beside that. ``former`` are its earlier addresses, the oldest last.
    """

    mode: Literal["managed", "data", "provider", "backend"]
    type: str
    name: str
    address: str
    body: Body
    module: str = ""
    via: tuple[Span, ...] = ()
    provider: Instance | None = None
    symbolic: Unknown | None = None
    planned: Span | None = None
    call: str = ""
    uncertain: Unknown | None = None
    former: tuple[str, ...] = ()
