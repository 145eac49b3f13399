"""Compares what two readers saw of one file: a block hidden from one parser is visible to the other."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import islice
from typing import cast

from iamlint.hcl.reading.lexer import shown
from iamlint.hcl.syntax import (
    Argument,
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expression,
    File,
    ForDirective,
    ForObject,
    ForTuple,
    IfDirective,
    Index,
    Interpolation,
    Item,
    Literal,
    Node,
    Object,
    Parentheses,
    Splat,
    Template,
    TemplatePart,
    Text,
    Tuple,
    Unary,
    Variable,
)
from iamlint.location import Unreadable

LIMIT = 10
"""Maximum number of reported differences per file; the first ones matter most."""

_HINT = "One of the two parsers is misled here: compare the passage with what Terraform plans, and rewrite it."


def differences(first: File, second: File, names: tuple[str, str]) -> list[Unreadable]:
    """Return the first differences between two trees of one text, blocks before arguments.

    ``names`` are the readers' names. A block that only one reader has seen has that reader's place.
    """
    comparison = _Comparison(first, second, names)
    found = list(islice(comparison.bodies(first.body, second.body, ""), LIMIT + 1))
    if len(found) > LIMIT:
        at = found[-1].at
        found[-1] = Unreadable(at, f"{names[0]} and {names[1]} disagree about more of this file", _HINT)
    return found


class _Comparison:
    def __init__(self, first: File, second: File, names: tuple[str, str]) -> None:
        self.files = (first, second)
        self.names = names

    def bodies(self, first: Body, second: Body, path: str) -> Iterator[Unreadable]:
        """Yield the differences of two bodies and everything in them."""
        pairs = list(_paired(first, second))
        for one, other in pairs:
            if one is None or other is None:
                yield self._only((one, other), f"block {_title(one or other)}", path)
        for name in dict.fromkeys([*first.arguments, *second.arguments]):
            yield from self._arguments(first.arguments.get(name), second.arguments.get(name), path)
        for one, other in pairs:
            if one is not None and other is not None:
                yield from self.bodies(one.body, other.body, f"{path} > {_title(one)}" if path else _title(one))

    def _arguments(self, one: Argument | None, other: Argument | None, path: str) -> Iterator[Unreadable]:
        if one is None or other is None:
            yield self._only((one, other), f'argument "{shown((one or other or _NONE).name)}"', path)
            return
        texts = canonical(one.expression), canonical(other.expression)
        if texts[0] != texts[1]:
            readings = " and ".join(
                f"{name} {_part(*order)}" for name, order in zip(self.names, _both(texts), strict=True)
            )
            reason = f'the readers disagree about "{shown(one.name)}"{_inside(path)}: {readings}'
            at = self.files[0].source.location(one.expression.start, one.expression.end)
            yield Unreadable(at, reason, _HINT)

    def _only(self, nodes: tuple[Node | None, Node | None], what: str, path: str) -> Unreadable:
        sees = 0 if nodes[0] is not None else 1
        node = nodes[sees]
        end = node.header_end if isinstance(node, Block) else node.end if node else 0
        at = self.files[sees].source.location(node.start if node else 0, end)
        reason = f"{self.names[sees]} sees the {what}{_inside(path)}, {self.names[1 - sees]} does not"
        return Unreadable(at, reason, _HINT)


_NONE = Argument(0, 0, "", Literal(0, 0, None))


def _paired(first: Body, second: Body) -> Iterator[tuple[Block | None, Block | None]]:
    """Yield pairs of blocks with the same type and labels, in their order; None for a missing one."""
    waiting: dict[tuple[str, ...], list[Block]] = {}
    for block in reversed(second.blocks):
        waiting.setdefault(_key(block), []).append(block)
    for block in first.blocks:
        others = waiting.get(_key(block))
        yield block, others.pop() if others else None
    for others in waiting.values():
        for block in reversed(others):
            yield None, block


def _key(block: Block) -> tuple[str, ...]:
    return (block.type, *(label.text for label in block.labels))


def _title(block: Block | None) -> str:
    if block is None:
        return ""
    more = ["…"] if len(block.labels) > 3 else []
    return " ".join([shown(block.type), *(f'"{shown(label.text)}"' for label in block.labels[:3]), *more])


def _inside(path: str) -> str:
    return f" of {path if len(path) < 300 else '…' + path[-300:]}" if path else ""


def _both(texts: tuple[str, str]) -> tuple[tuple[str, str], tuple[str, str]]:
    return (texts[0], texts[1]), (texts[1], texts[0])


def _part(text: str, other: str) -> str:
    """Return the part of a text from shortly before it differs from another."""
    same = next((i for i, (a, b) in enumerate(zip(text, other, strict=False)) if a != b), min(len(text), len(other)))
    start = max(0, same - 10)
    return "reads " + ("…" if start else "") + shown(text[start : start + 40]) + "…" * (len(text) > start + 40)


def canonical(expression: Expression) -> str:
    """Return an expression in one canonical spelling; it cannot be parsed again.

    Both splats have the same spelling, since the readers differ in how much belongs to them, and a sign before a number
    belongs to the number.
    """
    writer = _WRITERS[type(expression)]
    return writer(expression)


def outline(body: Body) -> tuple[object, ...]:
    """Return a body without spans: its arguments by name in canonical spelling, its blocks in order."""
    arguments = tuple((name, canonical(argument.expression)) for name, argument in sorted(body.arguments.items()))
    return (arguments, tuple((*_key(block), outline(block.body)) for block in body.blocks))


def _list(items: Iterator[str], opening: str, closing: str) -> str:
    return opening + ",".join(items) + closing


def _template(node: Template) -> str:
    return '"' + _template_parts(node.parts) + '"'


def _template_parts(parts: tuple[TemplatePart, ...]) -> str:
    return "".join(map(_template_part, parts))


def _template_part(part: TemplatePart) -> str:
    match part:
        case Text(value=value):
            return value.replace("\\", "\\\\").replace('"', '\\"').replace("${", "$${").replace("%{", "%%{")
        case Interpolation(expression=expression):
            return "${" + canonical(expression) + "}"
        case IfDirective(condition=condition, then=then, otherwise=otherwise):
            branches = f"{_template_parts(then)}%{{else}}{_template_parts(otherwise)}"
            return f"%{{if {canonical(condition)}}}{branches}%{{endif}}"
        case ForDirective(key=key, value=value, collection=collection, body=body):
            return f"%{{for {_names(key, value)} in {canonical(collection)}}}{_template_parts(body)}%{{endfor}}"


def _literal(node: Literal) -> str:
    return "null" if node.value is None else str(node.value).lower()


def _names(key: str | None, value: str) -> str:
    return value if key is None else f"{key},{value}"


def _call(node: Call) -> str:
    return node.name + _list(map(canonical, node.arguments), "(", "...)" if node.expand else ")")


def _object(node: Object) -> str:
    return _list((f"{canonical(key)}={canonical(value)}" for key, value in node.items), "{", "}")


def _for(node: ForTuple | ForObject) -> str:
    result = canonical(node.result)
    if isinstance(node, ForObject):
        result = f"{canonical(node.result_key)}=>{result}{'...' if node.grouped else ''}"
    condition = f" if {canonical(node.condition)}" if node.condition is not None else ""
    inner = f"for {_names(node.key, node.value)} in {canonical(node.collection)}:{result}{condition}"
    return f"{{{inner}}}" if isinstance(node, ForObject) else f"[{inner}]"


def _conditional(node: Conditional) -> str:
    return f"({canonical(node.condition)}?{canonical(node.then)}:{canonical(node.otherwise)})"


def _unary(node: Unary) -> str:
    return node.operator + canonical(node.operand)


def _writer(write: Callable[..., str]) -> Callable[[Expression], str]:
    return cast("Callable[[Expression], str]", write)


_WRITERS: dict[type[Expression], Callable[[Expression], str]] = {
    Attribute: _writer(lambda node: f"{canonical(node.object)}.{node.name}"),
    Binary: _writer(lambda node: f"({canonical(node.left)}{node.operator}{canonical(node.right)})"),
    Call: _writer(_call),
    Conditional: _writer(_conditional),
    ForObject: _writer(_for),
    ForTuple: _writer(_for),
    Index: _writer(lambda node: f"{canonical(node.collection)}[{canonical(node.key)}]"),
    Item: _writer(lambda _node: "[*]"),
    Literal: _writer(_literal),
    Object: _writer(_object),
    Parentheses: _writer(lambda node: f"({canonical(node.inner)})"),
    Splat: _writer(lambda node: canonical(node.source) + canonical(node.each)),
    Template: _writer(_template),
    Tuple: _writer(lambda node: _list(map(canonical, node.items), "[", "]")),
    Unary: _writer(_unary),
    Variable: _writer(lambda node: node.name),
}
