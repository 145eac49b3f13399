"""Compares our syntax tree with the one of Go's HCL parser, as `oracle.GoParser` returns it.

Two views are compared. The *document* is hcl2json's: arguments by name, blocks below their labels, constants as values,
everything else as source text; it shows the structure of the file and the values of the literals. The *shape* of an
expression is a nested tuple ``(kind, source text, detail, children)``, which shows every node and its span.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from decimal import Decimal
from typing import Any, cast

from oracle import GoParser, is_syntax_error

from iamlint.hcl import syntax
from iamlint.hcl.syntax import Body, Expression, File, TemplatePart, normalized
from iamlint.hcl.walk import children, walk

Shape = tuple[str, str | None, str, tuple[Any, ...]]

KINDS: dict[type[syntax.Node], str] = {
    syntax.Attribute: "attribute",
    syntax.Conditional: "conditional",
    syntax.Item: "item",
    syntax.Literal: "literal",
    syntax.Parentheses: "wrapped",
    syntax.Splat: "splat",
    syntax.Tuple: "tuple",
    syntax.Variable: "name",
}
OPERATORS = {
    "add": "+",
    "subtract": "-",
    "multiply": "*",
    "divide": "/",
    "modulo": "%",
    "equal": "==",
    "notEqual": "!=",
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
    "lessThan": "<",
    "lessThanOrEqual": "<=",
    "logicalAnd": "&&",
    "logicalOr": "||",
    "logicalNot": "!",
    "negate": "-",
}


def difference(go: GoParser, file: File) -> str:
    """Return the first difference between Go's trees and ours, both read without errors; "" without one."""
    document, errors = go.parse(file.source.text)
    if is_syntax_error(errors):
        return errors
    if not errors:  # else the converter cannot express the file
        try:
            found = _unequal(as_document(file), document, "")
        except InexpressibleError:
            found = ""
        if found:
            return found
    arguments = [node for node in walk(file.body) if isinstance(node, syntax.Argument)]
    text = file.source.text
    written = [text[node.expression.start : node.expression.end] for node in arguments]
    for argument, tree in zip(arguments, go.expressions(written), strict=True):
        ours = _Ours(text).shape(argument.expression)
        found = tree if isinstance(tree, str) else _unlike(ours, _go_shape(tree))
        if found:
            line, column = file.source.position(argument.start)
            return f"{line}:{column} {argument.name}: {found}"
    return ""


def _unequal(ours: Any, theirs: Any, path: str) -> str:
    if isinstance(ours, dict) and isinstance(theirs, dict):
        if ours.keys() != theirs.keys():
            return f"{path}: keys {sorted(ours.keys() ^ theirs.keys())}"
        return next(filter(None, (_unequal(ours[key], theirs[key], f"{path}.{key}") for key in ours)), "")
    if isinstance(ours, list) and isinstance(theirs, list) and len(ours) == len(theirs):
        pairs = enumerate(zip(ours, theirs, strict=True))
        return next(filter(None, (_unequal(one, other, f"{path}[{i}]") for i, (one, other) in pairs)), "")
    if isinstance(ours, int | float) and isinstance(theirs, int | float) and not isinstance(ours, bool):
        return "" if float(ours) == float(theirs) else f"{path}: {ours!r} is {theirs!r} for Go"
    if isinstance(ours, str) and isinstance(theirs, str) and "{" in ours:
        ours, theirs = normalized(ours), normalized(theirs)  # hcl2json does not if there is source text
    return "" if type(ours) is type(theirs) and ours == theirs else f"{path}: {ours!a} is {theirs!a} for Go"


def _unlike(ours: Shape, theirs: Shape) -> str:
    if ours[0] != theirs[0] or ours[2] != theirs[2] or len(ours[3]) != len(theirs[3]):
        return f"{ours!a} is {theirs!a} for Go"
    if None not in (ours[1], theirs[1]) and ours[1] != theirs[1]:
        return f"{ours[0]} spans {ours[1]!a}, {theirs[1]!a} for Go"
    return next(filter(None, map(_unlike, ours[3], theirs[3])), "")


class InexpressibleError(Exception):
    """An argument and a block, or a block and a label, of one name: a document has room for one of the two only."""


# -- documents -----------------------------------------------------------------------------------------------------


def as_document(file: File) -> Any:
    """Return one of our files in hcl2json's form."""
    return _Writer(file.source.text).body(file.body)


class _Writer:
    def __init__(self, text: str) -> None:
        self.text = text

    def body(self, body: Body) -> dict[str, Any]:
        """Arguments by name, blocks as lists below their labels."""
        document: dict[str, Any] = {name: self.value(a.expression) for name, a in body.arguments.items()}
        for block in body.blocks:
            names = [block.type, *(label.text for label in block.labels)]
            level = document
            for name in names[:-1]:
                level = level.setdefault(name, {})
                if not isinstance(level, dict):
                    raise InexpressibleError
            bodies = level.setdefault(names[-1], [])
            if not isinstance(bodies, list) or block.type in body.arguments:
                raise InexpressibleError
            bodies.append(self.body(block.body))
        return document

    def value(self, node: Expression) -> Any:
        """Constants as they are, everything else as the source text of the expression."""
        match node:
            case syntax.Literal(value=value):
                return float(value) if isinstance(value, Decimal) else value
            case syntax.Unary(operator="-", operand=syntax.Literal(value=value)) if isinstance(value, (int, Decimal)):
                return float(-value) if isinstance(value, Decimal) else -value
            case syntax.Unary(operator="!", operand=syntax.Literal(value=bool() as value)):
                return not value
            case syntax.Template(parts=(syntax.Interpolation(expression=only),)):
                return self.value(only)
            case syntax.Template():
                return self.template(node)
            case syntax.Tuple(items=items):
                return [self.value(item) for item in items]
            case syntax.Object(items=items):
                return {self.key(key): self.value(value) for key, value in items}
            case _:
                return self.wrapped(node)

    def wrapped(self, node: Expression) -> str:
        """An expression as an interpolation."""
        return "${" + self.text[node.start : node.end] + "}"

    def template(self, node: syntax.Template) -> str:
        """A template; ``${`` is escaped in all its texts, also where it has nothing but text."""
        literal = node.literal
        return "".join(map(self.part, node.parts)) if literal is None else _escaped(literal)

    def key(self, node: Expression) -> str:
        """The key of an item of an object; a plain reference is not wrapped there."""
        root: Expression = node
        while isinstance(root, syntax.Attribute) or (
            isinstance(root, syntax.Index) and isinstance(root.key, syntax.Literal)
        ):
            root = root.object if isinstance(root, syntax.Attribute) else root.collection
        if isinstance(root, syntax.Variable) or self.is_bare(node):
            return self.text[node.start : node.end]
        value = self.within(node) if isinstance(node, syntax.Conditional) else self.value(node)
        if isinstance(value, list | dict):
            return self.wrapped(node)
        return value if isinstance(value, str) else json.dumps(value)

    def is_bare(self, node: Expression) -> bool:
        """Whether a key is an identifier, which is a template for us."""
        return isinstance(node, syntax.Template) and self.text[node.start] not in '"<'

    def part(self, part: TemplatePart) -> str:
        """A part of a template, with sequences as hcl2json spells them."""
        match part:
            case syntax.Text(value=value):
                return _escaped(value)
            case syntax.Interpolation(expression=expression):
                return self.within(expression)
            case syntax.IfDirective(condition=condition, then=then, otherwise=otherwise):
                return self.choice(condition, "".join(map(self.part, then)), "".join(map(self.part, otherwise)))
            case syntax.ForDirective(key=key, value=value, collection=collection, body=body):
                names = value if key is None else f"{key}, {value}"
                head = f"%{{for {names} in {self.text[collection.start : collection.end]}}}"
                return head + "".join(map(self.part, body)) + "%{endfor}"

    def within(self, node: Expression) -> str:
        """An expression in a template: texts and conditionals become part of it."""
        match node:
            case syntax.Template():
                return self.template(node)
            case syntax.Literal(value=value):
                return json.dumps(float(value) if isinstance(value, Decimal) else value)
            case syntax.Conditional(condition=condition, then=then, otherwise=otherwise):
                return self.choice(condition, self.within(then), self.within(otherwise))
            case _:
                return self.wrapped(node)

    def choice(self, condition: Expression, then: str, otherwise: str) -> str:
        """A directive, which is what hcl2json makes of a conditional, too."""
        head = "%{if " + self.text[condition.start : condition.end] + "}"
        return head + then + ("%{else}" + otherwise if otherwise else "") + "%{endif}"


def _escaped(text: str) -> str:
    return text.replace("${", "$${").replace("%{", "%%{")


# -- shapes of expressions -----------------------------------------------------------------------------------------


class _Ours(_Writer):
    def shape(self, node: Expression) -> Shape:
        """The shape of an expression."""
        kind, detail, below = self.outside(node)
        spanless = isinstance(node, syntax.Item | syntax.Parentheses)
        return kind, None if spanless else self.text[node.start : node.end], detail, tuple(below)

    def outside(self, node: Expression) -> tuple[str, str, Iterable[Shape]]:
        """Return the kind of an expression, its detail, and what is below it."""
        match node:
            case syntax.Template(parts=(syntax.Interpolation(expression=only),)):
                return "wrap", "", [self.shape(only)]
            case syntax.Template(parts=parts):
                return "template", "", self.parts(parts)
            case syntax.Index(collection=inner, key=key):
                constant = isinstance(key, syntax.Literal) or (
                    isinstance(key, syntax.Template) and key.literal is not None
                )
                return "index", "", map(self.shape, [inner] if constant else [inner, key])
            case syntax.Call(name=name, arguments=arguments, expand=expand):
                return "call", name + "..." * expand, map(self.shape, arguments)
            case syntax.Object(items=items):
                return "object", "", (each for key, value in items for each in (self.key_shape(key), self.shape(value)))
            case syntax.ForTuple(key=key, value=value):
                return "for", f"[{key or ''},{value}]", self.below(node)
            case syntax.ForObject(key=key, value=value, grouped=grouped):
                return "for", f"[{key or ''},{value}}}" + "..." * grouped, self.below(node)
            case syntax.Binary(operator=operator) | syntax.Unary(operator=operator):
                return type(node).__name__.lower(), operator, self.below(node)
            case _:
                return KINDS[type(node)], "", self.below(node)

    def below(self, node: Expression) -> Iterable[Shape]:
        """The shapes of the expressions below one, in the order of its fields, which is the one of the text."""
        return (self.shape(cast("Expression", child)) for child in children(node))

    def key_shape(self, node: Expression) -> Shape:
        """The key of an item; Go wraps it, and keeps nothing of a bare identifier."""
        return ("item", None, "", ()) if self.is_bare(node) else ("wrapped", None, "", (self.shape(node),))

    def parts(self, parts: tuple[TemplatePart, ...]) -> Iterator[Shape]:
        """The sequences of a template; its texts are compared as values."""
        for part in parts:
            text = self.text[part.start : part.end]
            match part:
                case syntax.Interpolation(expression=expression):
                    yield self.shape(expression)
                case syntax.IfDirective(condition=condition, then=then, otherwise=otherwise):
                    branches = (("template", None, "", tuple(self.parts(branch))) for branch in (then, otherwise))
                    yield "conditional", text, "", (self.shape(condition), *branches)
                case syntax.ForDirective(key=key, value=value, collection=collection, body=body):
                    inner = (self.shape(collection), ("template", None, "", tuple(self.parts(body))))
                    yield "join", text, "", (("for", text, f"[{key or ''},{value}]", inner),)


def _go_shape(node: Any) -> Shape:
    kind, meta, below = node["type"], node.get("meta") or {}, node["children"]
    text = meta.get("value")
    match kind:
        case "literalValue":
            return "literal", text, "", ()
        case "scopeTraversal" | "relativeTraversal":
            return _go_traversal(node, below)
        case "templateWrap":
            return "wrap", text, "", tuple(map(_go_shape, below))
        case "templateJoin":
            return "join", text, "", tuple(map(_go_shape, below))
        case "template":
            inner = (child for child in below if (child.get("meta") or {}).get("type") != "string")
            return "template", text, "", tuple(map(_go_shape, inner))
        case "":
            return ("wrapped" if below else "item"), None, "", tuple(map(_go_shape, below))
        case "function":
            expand = meta["expandedFinalArgument"] in (True, "true")
            return "call", text, meta["name"] + "..." * expand, tuple(map(_go_shape, below))
        case "for":
            closing = "}" if meta["closeRangeValue"] == "}" and meta["keyExpression"] else "]"
            detail = f"[{meta['keyVar']},{meta['valVar']}{closing}" + "..." * bool(meta["groupedValue"])
            return "for", text, detail, tuple(map(_go_shape, below))
        case "binaryOp" | "unaryOp":
            return kind[:-2], text, OPERATORS[meta["operator"]], tuple(map(_go_shape, below))
        case "conditional" | "index" | "splat" | "tuple" | "object":
            return kind, text, "", tuple(map(_go_shape, below))
    raise ValueError(f"Go has an expression of type {kind}")


def _go_traversal(node: Any, below: list[Any]) -> Shape:
    """A chain of attributes and constant indices, which Go keeps in one node."""
    value, start = node["meta"]["value"].encode(), node["range"]["start"]["byte"]
    steps = list(node["meta"]["traversal"])
    shape: Shape
    if below:
        shape = _go_shape(below[0])
        if shape[0] == "item" and not value.startswith((b".*", b"[")):
            value = b""  # the text of an attribute-only splat lacks its marker
    else:
        end = steps.pop(0)["range"]["end"]["byte"]
        shape = "name", value[: end - start].decode(), "", ()
    for step in steps:
        end = step["range"]["end"]["byte"]
        text = value[: end - start].decode() if value else None
        shape = ("attribute" if step["type"] == "nameTraversal" else "index"), text, "", (shape,)
    return shape
