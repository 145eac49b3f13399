"""Maps the parse tree of python-hcl2 8 (its ``hcl2.lark``) to our syntax tree, node by node."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, TypeAlias

from iamlint.basics.lazy_regex import regex
from iamlint.documents.numbers import number
from iamlint.hcl.reading.expressions import Expressions
from iamlint.hcl.reading.lexer import ParseError
from iamlint.hcl.reading.templates import Directive, Pieces, nested
from iamlint.hcl.syntax import (
    Argument,
    Attribute,
    Binary,
    Block,
    Body,
    Call,
    Conditional,
    Expression,
    ForObject,
    ForTuple,
    Index,
    Interpolation,
    Item,
    Label,
    Literal,
    Object,
    Parentheses,
    Splat,
    Template,
    Text,
    Tuple,
    Unary,
    Variable,
)
from iamlint.hcl.walk import relocate

if TYPE_CHECKING:
    from lark import Token, Tree

    Branch: TypeAlias = "Tree[Token]"

_NAMES = frozenset({"identifier", "keyword", "literal_value"})
_OPERATOR = regex(r"(?:\|\||&&|[=!<>]=|[<>+\-*/%])\Z")
_WORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class Mapping:
    """Maps one tree; ``text`` is its source."""

    def __init__(self, text: str, tree: Branch) -> None:
        self.text = text
        self.tree = tree

    def file_body(self) -> Body:
        """Return the whole file as a body."""
        body = self._body(_branches(self.tree)[0])
        body.start, body.end = 0, len(self.text)
        return body

    def comments(self) -> list[tuple[int, int]]:
        """Return every comment that is a separate token, in order."""
        found: list[tuple[int, int]] = []
        tokens = self.tree.scan_values(lambda value: getattr(value, "type", "") == "NL_OR_COMMENT")
        for token in tokens:
            written = str(token).rstrip("\r\n")
            if written.startswith(("#", "/")):
                found.append((_start(token), _start(token) + len(written)))
        return sorted(found)

    def _body(self, tree: Branch) -> Body:
        body = Body(*self._span(tree))
        for item in _branches(tree):
            if item.data == "attribute":
                name, value = _branches(item)
                expression = self._expression(value)
                body.arguments.setdefault(
                    _word(name), Argument(self._span(name)[0], expression.end, _word(name), expression)
                )
            elif item.data == "block":
                body.blocks.append(self._block(item))
        return body

    def _block(self, tree: Branch) -> Block:
        kind, *rest = [child for child in _branches(tree) if child.data != "new_line_or_comment"]
        *written, content = rest
        labels = tuple(Label(*self._span(child), self._label(child)) for child in written)
        start, end = self._span(tree)
        header_end = labels[-1].end if labels else self._span(kind)[1]
        body = self._body(content)
        if content.meta.empty:
            body.start = body.end = end - 1
        return Block(start, end, _word(kind), labels, body, header_end)

    def _label(self, tree: Branch) -> str:
        return _word(tree) if tree.data in _NAMES else self._string(tree).written or ""

    def _span(self, tree: Branch) -> tuple[int, int]:
        if tree.meta.empty:
            return 0, 0
        return tree.meta.start_pos, min(tree.meta.end_pos, len(self.text))

    def _expression(self, tree: Branch) -> Expression:
        """Map any expression; `_RULES` has the method for each rule of the grammar."""
        rule = str(tree.data)
        if rule == "expr_term":
            inner = self._expression(_parts(tree)[0])
            return inner if _parts(tree)[0] is tree.children[0] else Parentheses(*self._span(tree), inner)
        return _RULES.get(rule, Mapping._unknown)(self, tree)

    def _unknown(self, tree: Branch) -> Expression:
        start, end = self._span(tree)
        raise ParseError(start, end, f"its rule {tree.data} is not known here")

    def _number(self, tree: Branch) -> Expression:
        start, end = self._span(tree)
        written = "".join(_tokens(tree))
        value = number(written.removeprefix("-"))
        if value is None:
            raise ParseError(start, end, "a number out of range")
        literal = Literal(start, end, value)
        return Unary(start, end, "-", literal) if written.startswith("-") else literal

    def _name(self, tree: Branch) -> Expression:
        start, end = self._span(tree)
        word = _word(tree)
        if tree.data == "literal_value":
            return Literal(start, end, _WORDS[word])
        return Variable(start, end, word)

    def _string(self, tree: Branch) -> Template:
        pieces = Pieces(by_line=False)
        for part in _branches(tree):
            for child in part.children:
                if isinstance(child, str):
                    self._chars(pieces, child)
                else:
                    self._sequence(pieces, child)
        return Template(*self._span(tree), nested(pieces.finished(), 0))

    def _chars(self, pieces: Pieces, token: Token) -> None:
        """Read a part of a string without sequences as a separate string, to resolve its escapes."""
        start = _start(token)
        try:
            template = Expressions(f'"{token}"').quoted()
        except ParseError as error:
            raise ParseError(start, start + len(token), error.reason) from error
        if template.end != len(token) + 2:
            raise ParseError(start, start + len(token), "it takes a quote for text")
        relocate(template, lambda offset: start - 1 + offset)
        for part in template.parts:
            if not isinstance(part, Text):
                raise ParseError(part.start, part.end, "it takes a template sequence for text")
            pieces.text(part.start, part.end, part.value)

    def _sequence(self, pieces: Pieces, tree: Branch) -> None:
        start, end = self._span(tree)
        tokens = [token.type for token in tree.children if isinstance(token, str)]
        inner = _parts(tree)
        if tokens[1:2] == ["STRIP_MARKER"]:
            pieces.strip_end()
        strip = tokens[-2:-1] == ["STRIP_MARKER"] and len(tokens) > 2 + (tokens[1] == "STRIP_MARKER")
        match str(tree.data):
            case "interpolation":
                pieces.add(Interpolation(start, end, self._expression(inner[0])), False)
            case "template_if_start":
                pieces.add(Directive(start, end, "if", self._expression(inner[0])), strip)
            case "template_for_start":
                *names, collection = inner
                key = _word(names[0]) if len(names) == 2 else None
                directive = Directive(start, end, "for", self._expression(collection), (key, _word(names[-1])))
                pieces.add(directive, strip)
            case rule:
                pieces.add(Directive(start, end, rule.removeprefix("template_")), strip)

    def _template_string(self, tree: Branch) -> Expression:
        start, end = self._span(tree)
        return Template(start, end, (Text(start + 2, end - 2, str(tree.children[0])[2:-2]),))

    def _heredoc(self, tree: Branch) -> Expression:
        start = self._span(tree)[0]
        token = str(tree.children[0])
        first = token.index("\n") + 1
        last = token.rstrip("\r\n").rindex("\n") + 1
        template = Expressions(token[first:last]).bare_template(flush=token.startswith("<<-"))
        relocate(template, lambda offset: start + first + offset)
        return Template(start, start + len(token.rstrip("\r\n")), template.parts, heredoc=True)

    def _tuple(self, tree: Branch) -> Expression:
        return Tuple(*self._span(tree), tuple(self._expression(item) for item in _parts(tree)))

    def _object(self, tree: Branch) -> Expression:
        items = []
        for element in _parts(tree):
            key, value = _parts(element)
            items.append((self._key(_branches(key)[0]), self._expression(value)))
        return Object(*self._span(tree), tuple(items))

    def _key(self, tree: Branch) -> Expression:
        inner = _branches(tree)[0] if tree.data == "expr_term" and len(tree.children) == 1 else tree
        if isinstance(inner, str) or inner.data not in _NAMES:
            return self._expression(tree)
        start, end = self._span(inner)
        return Template(start, end, (Text(start, end, _word(inner)),))

    def _call(self, tree: Branch) -> Expression:
        names = [_word(child) for child in _parts(tree) if child.data == "identifier"]
        arguments: tuple[Expression, ...] = ()
        expand = False
        for child in _parts(tree):
            if child.data == "arguments":
                arguments = tuple(self._expression(argument) for argument in _parts(child))
                expand = any(token.type == "ELLIPSIS" for token in child.children if isinstance(token, str))
        return Call(*self._span(tree), "::".join(names), arguments, expand)

    def _step(self, tree: Branch) -> Expression:
        source, step = _parts(tree)
        return self._stepped(self._expression(source), step)

    def _stepped(self, node: Expression, step: Branch) -> Expression:
        """Return an expression and one attribute or index after it."""
        end = self._span(step)[1]
        if step.data == "get_attr":
            return Attribute(node.start, end, node, _word(_branches(step)[0]))
        if step.data == "short_index":
            digits = list(_tokens(step))[-1]
            return Index(node.start, end, node, Literal(end - len(digits), end, int(digits)))
        return Index(node.start, end, node, self._expression(_parts(step)[0]))

    def _splat(self, tree: Branch) -> Expression:
        written, splat = _parts(tree)
        source = self._expression(written)
        start = self._span(splat)[0]
        each: Expression = Item(start, start + len(str(splat.children[0])))
        for step in _parts(splat):
            each = self._stepped(each, step)
        return Splat(source.start, each.end, source, each)

    def _for_tuple(self, tree: Branch) -> Expression:
        (key, value, collection), (result,), condition = self._for(tree)
        return ForTuple(*self._span(tree), key, value, collection, result, condition)

    def _for_object(self, tree: Branch) -> Expression:
        (key, value, collection), (result_key, result), condition = self._for(tree)
        grouped = any(token.type == "ELLIPSIS" for token in tree.children if isinstance(token, str))
        return ForObject(*self._span(tree), key, value, collection, result_key, result, condition, grouped)

    def _for(self, tree: Branch) -> tuple[tuple[str | None, str, Expression], list[Expression], Expression | None]:
        intro, *rest = _parts(tree)
        *names, collection = _parts(intro)
        key = _word(names[0]) if len(names) == 2 else None
        condition = None
        if rest[-1].data == "for_cond":
            condition = self._expression(_parts(rest.pop())[0])
        head = (key, _word(names[-1]), self._expression(collection))
        return head, [self._expression(result) for result in rest], condition

    def _conditional(self, tree: Branch) -> Expression:
        condition, then, otherwise = (self._expression(part) for part in _parts(tree))
        return Conditional(condition.start, otherwise.end, condition, then, otherwise)

    def _binary(self, tree: Branch) -> Expression:
        left_tree, term = _parts(tree)
        operator, right_tree = _parts(term)
        # A newline or comment before an operator is part of the operator's token.
        match = _OPERATOR.search("".join(_tokens(operator)))
        left, right = self._expression(left_tree), self._expression(right_tree)
        return Binary(left.start, right.end, match.group() if match else "", left, right)

    def _unary(self, tree: Branch) -> Expression:
        start, end = self._span(tree)
        return Unary(start, end, next(_tokens(tree)), self._expression(_parts(tree)[0]))


_RULES: dict[str, Callable[[Mapping, Branch], Expression]] = {
    "attr_splat_expr_term": Mapping._splat,
    "binary_op": Mapping._binary,
    "conditional": Mapping._conditional,
    "float_lit": Mapping._number,
    "for_object_expr": Mapping._for_object,
    "for_tuple_expr": Mapping._for_tuple,
    "full_splat_expr_term": Mapping._splat,
    "function_call": Mapping._call,
    "get_attr_expr_term": Mapping._step,
    "heredoc_template": Mapping._heredoc,
    "heredoc_template_trim": Mapping._heredoc,
    "identifier": Mapping._name,
    "index_expr_term": Mapping._step,
    "int_lit": Mapping._number,
    "literal_value": Mapping._name,
    "object": Mapping._object,
    "string": Mapping._string,
    "template_string": Mapping._template_string,
    "tuple": Mapping._tuple,
    "unary_op": Mapping._unary,
}


def _branches(tree: Branch) -> list[Branch]:
    """Return the children that are rules."""
    return [child for child in tree.children if not isinstance(child, str)]


def _parts(tree: Branch) -> list[Branch]:
    """Return the children that are rules and mean something."""
    return [child for child in _branches(tree) if child.data != "new_line_or_comment"]


def _tokens(tree: Branch) -> Iterator[str]:
    return (str(child) for child in tree.children if isinstance(child, str))


def _word(tree: Branch) -> str:
    return "".join(_tokens(tree))


def _start(token: Token) -> int:
    return token.start_pos or 0
