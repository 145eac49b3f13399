"""Converts blocks of the syntax tree to evaluated bodies: arguments on demand, ``dynamic`` blocks expanded."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from itertools import chain

from iamlint.budget import Exhausted
from iamlint.documents.values import Value
from iamlint.hcl import syntax
from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.hcl.functions.types import weight
from iamlint.hcl.scope import Scope
from iamlint.hcl.syntax import JSON_COMMENT
from iamlint.location import SourceText, Span
from iamlint.sources.terraform.configuration.module import Declared, Local, kind_of
from iamlint.sources.terraform.evaluation.expansion import certain_elements, elements
from iamlint.sources.terraform.instances.instance import Argument, Body
from iamlint.unknown import Unknown

META = frozenset({"count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection", "providers"})
"""Arguments and blocks that belong to Terraform, not to the resource."""
OF_CALLS = META | {"source", "version"}
"""The arguments of a module call that are not passed to the module."""
STEPS_OF_BODY = 10
"""Steps for each block that a ``dynamic`` block makes."""
ScopeOf = Callable[[SourceText], Scope]


class _Arguments(Mapping[str, Argument]):
    """Arguments that are evaluated once, on first use."""

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
    """Nested blocks that are expanded once, on first use."""

    def __init__(self, declared: Declared, scope: ScopeOf) -> None:
        self._nested: dict[str, list[Declared]] = {}
        self._scope = scope
        self._known: dict[str, tuple[Body, ...] | Unknown] = {}
        for nested in _in_force(declared):
            name = kind_of(nested.block)
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

    def certain(self, name: str) -> tuple[Body, ...]:
        """Return the blocks of a type that are certainly there, whatever those are that are not known."""
        found: list[Body] = []
        for declared in self._nested.get(name, ()):
            is_dynamic = declared.block.type == "dynamic"
            bodies = _dynamic(declared, self._scope, certain=True) if is_dynamic else (body(declared, self._scope),)
            found += () if isinstance(bodies, Unknown) else bodies
        return tuple(found)

    def __iter__(self) -> Iterator[str]:
        return iter(self._nested)

    def __len__(self) -> int:
        return len(self._nested)


def _in_force(declared: Declared) -> list[Declared]:
    """Return the nested blocks in either syntax: an override's blocks replace all of their type."""
    found = [Declared(block, declared.source) for block in declared.block.body.blocks]
    for argument in declared.block.body.arguments.values():
        found += [Declared(block, declared.source) for block in _as_blocks(Local(argument, declared.source))]
    for over in declared.overrides:
        others = _in_force(over)
        replaced = {kind_of(other.block) for other in others}
        found = [nested for nested in found if kind_of(nested.block) not in replaced] + others
    return found


def body(declared: Declared, scope: ScopeOf) -> Body:
    """Return the evaluated body of a block; ``scope`` returns the scope for expressions of a text."""
    blocks = _Blocks(declared, scope)
    return Body(declared.header, _Arguments(declared, scope), blocks, _left(declared), blocks.certain)


def lifecycle(declared: Declared, name: str) -> list[Local]:
    """Return the arguments with a name in the ``lifecycle`` blocks of a block."""
    nested = [one for one in declared.blocks() if one.block.type == "lifecycle"]
    written = declared.argument("lifecycle")
    nested += [Declared(block, written.source) for block in _as_blocks(written)] if written else []
    return [local for one in nested if (local := one.argument(name))]


def provisioners(declared: Declared) -> Iterator[Declared]:
    """Yield the provisioners of a resource; in JSON the type of each is the name of its property."""
    for nested in _in_force(declared):
        if nested.block.type != "provisioner":
            continue
        if nested.block.labels:
            yield nested
        for argument in () if nested.block.labels else nested.block.body.arguments.values():
            yield from (Declared(block, nested.source) for block in _as_blocks(Local(argument, nested.source)))


def _left(declared: Declared) -> frozenset[str]:
    """Return the names in ``ignore_changes``.

    Source: https://developer.hashicorp.com/terraform/language/meta-arguments
    """
    found: set[str] = set()
    for local in lifecycle(declared, "ignore_changes"):
        expression = local.argument.expression
        items = expression.items if isinstance(expression, syntax.Tuple) else (expression,)
        found.update(_root(item) for item in items)
    return frozenset(found)


def _root(expression: syntax.Expression) -> str:
    """Return the first argument of a reference: ``access`` for ``access[0].role``, also as a text."""
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
    """Return an argument with its value, its span, and the spans of the items of a literal list."""
    expression = local.argument.expression
    items: tuple[Span, ...] = ()
    if isinstance(expression, syntax.Tuple):
        items = tuple(Span(local.source, item.start, item.end) for item in expression.items)
    inside = scope(local.source)
    value = evaluate(expression, inside)
    try:
        inside.budget.spend(weight(value))  # each of its elements is looked at
    except Exhausted:
        value = Value(Unknown("it has more elements than iamlint has steps for"), value.at)
    return Argument(value, Span(local.source, expression.start, expression.end), items)


def _dynamic(declared: Declared, scope: ScopeOf, *, certain: bool = False) -> tuple[Body, ...] | Unknown:
    """Return the bodies that a ``dynamic`` block makes; unknown if its collection is.

    With ``certain`` these are the ones that it certainly makes.
    """
    collection, content = declared.argument("for_each"), _content(declared)
    if collection is None or content is None:
        return Unknown("the dynamic block has no for_each or no content")
    inside = scope(collection.source)
    over = evaluate(collection.argument.expression, inside)
    found = elements(over)
    if isinstance(found, Unknown) and certain:
        found = certain_elements(over)
    if isinstance(found, Unknown):
        return found
    try:
        inside.budget.spend(len(found) * STEPS_OF_BODY)
    except Exhausted:
        return Unknown("the dynamic block makes more blocks than iamlint has steps for")
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
    return expression.literal or ""


def _as_blocks(local: Local) -> list[syntax.Block]:
    """Return the blocks that an argument's literal object, or list of objects, means in Terraform's JSON syntax.

    A list within the list is one body of all its objects; null within it is an empty body. Source: ``unpackBlock`` in
    https://github.com/hashicorp/hcl/blob/main/json/structure.go
    """
    if not isinstance(local.argument.written, syntax.Object | syntax.Tuple):
        return []
    written = local.argument.expression
    if local.argument.name == "dynamic":
        return [block for object_ in _objects(written) or () for block in _dynamic_blocks(object_)]
    return [_block(local.argument.name, (), body, objects) for body, objects in _json_bodies(written)]


def _json_bodies(written: syntax.Expression) -> list[tuple[syntax.Expression, list[syntax.Object]]]:
    """Return each body with its objects; empty if one is of another type."""
    bodies = written.items if isinstance(written, syntax.Tuple) else (written,)
    found = [(body, _objects(body)) for body in bodies]
    if any(objects is None for _, objects in found) or _is_null(written):
        return []
    return [(body, objects or []) for body, objects in found]


def _objects(written: syntax.Expression) -> list[syntax.Object] | None:
    """Return the objects of one body, or of one level of labels; None if there is anything else."""
    if _is_null(written):
        return []
    items = written.items if isinstance(written, syntax.Tuple) else (written,)
    objects = [item for item in items if isinstance(item, syntax.Object)]
    return objects if len(objects) == len(items) else None


def _is_null(written: syntax.Expression) -> bool:
    return isinstance(written, syntax.Literal) and written.value is None


def _dynamic_blocks(written: syntax.Object) -> Iterator[syntax.Block]:
    for key, value in written.items:
        name = key.literal
        for body, objects in _json_bodies(value) if name else ():
            yield _block("dynamic", (syntax.Label(key.start, key.end, name or ""),), body, objects)


def _block(
    kind: str, labels: tuple[syntax.Label, ...], written: syntax.Expression, objects: list[syntax.Object]
) -> syntax.Block:
    """Return a block; a repeated property means several blocks, and comments are skipped."""
    expressions: dict[str, list[syntax.Expression]] = {}
    for key, value in (item for object_ in objects for item in object_.items):
        name = key.literal
        if name is not None and name != JSON_COMMENT:
            expressions.setdefault(name, []).append(value)
    arguments = {name: _argument(name, values) for name, values in expressions.items()}
    inner = syntax.Body(written.start, written.end, arguments, [])
    return syntax.Block(written.start, written.end, kind, labels, inner, written.start)


def _argument(name: str, values: list[syntax.Expression]) -> syntax.Argument:
    start, end = values[0].start, values[-1].end
    if len(values) == 1:
        return syntax.Argument(start, end, name, values[0])
    items = (value.items if isinstance(value, syntax.Tuple) else (value,) for value in values)
    return syntax.Argument(start, end, name, syntax.Tuple(start, end, tuple(chain.from_iterable(items))))
