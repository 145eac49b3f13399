"""Blocks of the syntax tree to evaluated bodies: arguments on demand, ``dynamic`` blocks expanded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from iamlint.hcl import syntax
from iamlint.hcl.evaluate import evaluate
from iamlint.hcl.scope import Scope
from iamlint.location import SourceText, Span
from iamlint.sources.terraform.expansion import elements
from iamlint.sources.terraform.instance import Argument, Body
from iamlint.sources.terraform.module import Declared, Local
from iamlint.unknown import Unknown
from iamlint.values import Value

META = frozenset({"count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection", "providers"})
"""Arguments and blocks that belong to Terraform, not to the resource."""

ScopeOf = Callable[[SourceText], Scope]


class _Arguments(Mapping[str, Argument]):
    """Arguments that are evaluated when they are asked for, once."""

    def __init__(self, declared: Declared, scope: ScopeOf) -> None:
        self._written = {name: local for name, local in declared.arguments().items() if name not in META}
        self._scope = scope
        self._known: dict[str, Argument] = {}

    def __getitem__(self, name: str) -> Argument:
        if name not in self._known:
            self._known[name] = evaluated(self._written[name], self._scope)
        return self._known[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._written)

    def __len__(self) -> int:
        return len(self._written)


class _Blocks(Mapping[str, "tuple[Body, ...] | Unknown"]):
    """Nested blocks that are expanded when they are asked for, once."""

    def __init__(self, declared: Declared, scope: ScopeOf) -> None:
        self._nested: dict[str, list[Declared]] = {}
        self._scope = scope
        self._known: dict[str, tuple[Body, ...] | Unknown] = {}
        for nested in declared.blocks():
            self._add(nested.block.label(0) if nested.block.type == "dynamic" else nested.block.type, nested)
        for name, local in declared.arguments().items():
            for block in _as_blocks(local):
                self._add(block.label(0) if block.type == "dynamic" else name, Declared(block, local.source))

    def _add(self, name: str, nested: Declared) -> None:
        if name not in META:
            self._nested.setdefault(name, []).append(nested)

    def __getitem__(self, name: str) -> tuple[Body, ...] | Unknown:
        if name not in self._known:
            self._known[name] = self._expand(self._nested[name])
        return self._known[name]

    def _expand(self, nested: list[Declared]) -> tuple[Body, ...] | Unknown:
        found: list[Body] = []
        for declared in nested:
            bodies = (
                _dynamic(declared, self._scope) if declared.block.type == "dynamic" else (body(declared, self._scope),)
            )
            if isinstance(bodies, Unknown):
                return bodies
            found += bodies
        return tuple(found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._nested)

    def __len__(self) -> int:
        return len(self._nested)


def body(declared: Declared, scope: ScopeOf) -> Body:
    """The evaluated body of a block; ``scope`` gives the scope for expressions of a text."""
    return Body(declared.header, _Arguments(declared, scope), _Blocks(declared, scope), _left(declared))


def _left(declared: Declared) -> frozenset[str]:
    """What ``ignore_changes`` names. Source: https://developer.hashicorp.com/terraform/language/meta-arguments"""
    nested = [one for one in declared.blocks() if one.block.type == "lifecycle"]
    written = declared.argument("lifecycle")
    nested += [Declared(block, written.source) for block in _as_blocks(written)] if written else []
    found: set[str] = set()
    for local in filter(None, (one.argument("ignore_changes") for one in nested)):
        expression = local.argument.expression
        items = expression.items if isinstance(expression, syntax.Tuple) else (expression,)
        found.update(_root(item) for item in items)
    return frozenset(found)


def _root(expression: syntax.Expression) -> str:
    """The argument that a reference begins with: ``access`` of ``access[0].role``, or of the same as a text."""
    match expression:
        case syntax.Variable(name=name):
            return name
        case syntax.Attribute(object=inner) | syntax.Index(collection=inner):
            return _root(inner)
        case syntax.Template(literal=str() as text):
            return text.partition(".")[0].partition("[")[0]
        case _:
            return "all"


def evaluated(local: Local, scope: ScopeOf) -> Argument:
    """An argument with its value, its span, and the spans of the items of a literal list."""
    expression = local.argument.expression
    items: tuple[Span, ...] = ()
    if isinstance(expression, syntax.Tuple):
        items = tuple(Span(local.source, item.start, item.end) for item in expression.items)
    value = evaluate(expression, scope(local.source))
    return Argument(value, Span(local.source, expression.start, expression.end), items)


def _dynamic(declared: Declared, scope: ScopeOf) -> tuple[Body, ...] | Unknown:
    """The bodies that a ``dynamic`` block makes; unknown where its collection is."""
    collection, content = declared.argument("for_each"), _content(declared)
    if collection is None or content is None:
        return Unknown("the dynamic block has no for_each or no content")
    found = elements(evaluate(collection.argument.expression, scope(collection.source)))
    if isinstance(found, Unknown):
        return found
    named = declared.argument("iterator")
    iterator = _name(named) if named else declared.block.label(0)

    def item_scope(item: Value) -> ScopeOf:
        return lambda source: scope(source).child({iterator: item})

    return tuple(body(content, item_scope(Value({"key": key, "value": value}))) for key, value in found)


def _content(declared: Declared) -> Declared | None:
    for nested in declared.blocks():
        if nested.block.type == "content":
            return nested
    written = declared.argument("content")
    blocks = _as_blocks(written) if written else ()
    return Declared(blocks[0], written.source) if blocks and written else None


def _name(local: Local) -> str:
    expression = local.argument.expression
    if isinstance(expression, syntax.Variable):
        return expression.name
    return (expression.literal or "") if isinstance(expression, syntax.Template) else ""


def _as_blocks(local: Local) -> list[syntax.Block]:
    """The blocks that an argument's literal object, or list of objects, would be in Terraform's JSON syntax."""
    argument = local.argument
    expressions = argument.expression.items if isinstance(argument.expression, syntax.Tuple) else (argument.expression,)
    objects = [e for e in expressions if isinstance(e, syntax.Object)]
    if len(objects) != len(expressions):
        return []
    if argument.name == "dynamic":
        return [block for object_ in objects for block in _dynamic_blocks(object_)]
    return [_block(argument.name, (), object_) for object_ in objects]


def _dynamic_blocks(written: syntax.Object) -> Iterator[syntax.Block]:
    for key, value in written.items:
        name = key.literal if isinstance(key, syntax.Template) else None
        for item in value.items if isinstance(value, syntax.Tuple) else (value,):
            if name and isinstance(item, syntax.Object):
                yield _block("dynamic", (syntax.Label(key.start, key.end, name),), item)


def _block(kind: str, labels: tuple[syntax.Label, ...], written: syntax.Object) -> syntax.Block:
    arguments = {}
    for key, value in written.items:
        name = key.literal if isinstance(key, syntax.Template) else None
        if name is not None:
            arguments[name] = syntax.Argument(key.start, value.end, name, value)
    inner = syntax.Body(written.start, written.end, arguments, [])
    return syntax.Block(written.start, written.end, kind, labels, inner, written.start)
