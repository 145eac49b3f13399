"""One evaluated instance of a resource, data source, provider or backend, shared by source and plan."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.documents.values import NULL, Value
from iamlint.location import Span
from iamlint.unknown import Unknown


@frozen
class Argument:
    """An argument's value, and where it is written.

    ``at`` is the expression's span. If the expression is a literal list, ``items`` are the spans of its items, one for
    each element of the value. ``value.at`` may be elsewhere (a local, a tfvars file): that is its origin.
    """

    value: Value
    at: Span
    items: tuple[Span, ...] = ()


@frozen
class Body:
    """Arguments and nested blocks, ``dynamic`` blocks expanded. ``at`` is the header of the block.

    The blocks of a type are `Unknown` if a ``dynamic`` block over an unknown collection makes some of them;
    ``certain`` returns those of a type that are certainly there. ``left`` are the
    names in ``ignore_changes`` (``all`` for everything); None if they are not shown, as in a plan.
    """

    at: Span
    arguments: Mapping[str, Argument] = field(default_factory=dict)
    blocks: Mapping[str, tuple[Body, ...] | Unknown] = field(default_factory=dict)
    left: frozenset[str] | None = None
    certain: Callable[[str], tuple[Body, ...]] = lambda _name: ()

    def value(self, name: str) -> Value:
        """Return the value of an argument; null if it is absent, as in Terraform."""
        argument = self.arguments.get(name)
        return argument.value if argument else NULL

    def blocks_of(self, name: str) -> tuple[Body, ...] | Unknown:
        """Return the nested blocks of a type."""
        return self.blocks.get(name, ())

    def owns(self, name: str) -> bool:
        """Whether Terraform certainly keeps an argument, or the blocks of a type, exactly as written."""
        return self.left is not None and self.left.isdisjoint((name, "all"))


@frozen
class Instance:
    """One instance. ``address`` is Terraform's, with module path and instance keys.

    ``module`` is the address of its module instance, empty for the root. ``via`` are the headers of the module calls
    that lead to it, outermost first. ``provider`` is the provider block that configures it, if known. If the instance
    represents an unknown number of instances, ``symbolic`` has the reason, and the address ends in ``[*]``.
    ``uncertain`` has the reason if its existence is unknown. ``call`` is the address of the module call that states it,
    if the module is a stub. ``planned`` is its entry in the plan, if its body is placed in the source. ``former`` are
    its earlier addresses, the oldest last. ``imported`` says that an ``import`` block may bring it in.
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
    imported: bool = False
