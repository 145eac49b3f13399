"""Parses Terraform's JSON syntax (``.tf.json``, ``.tfvars.json``) to the same tree as the native one.

Whether a property is a block or an argument depends on the schema of its parent
(https://developer.hashicorp.com/terraform/language/syntax/json). Only the top-level blocks are known here. Within them
every property stays an argument, and a caller that expects blocks uses the objects of its expression.
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.basics.frozen import frozen
from iamlint.documents import json_text
from iamlint.documents.json_text import JsonNode, Members
from iamlint.hcl.reading.expressions import Expressions
from iamlint.hcl.reading.lexer import ParseError, shown
from iamlint.hcl.reading.native import MAX_ERRORS, MAX_HEIGHT, read_expression
from iamlint.hcl.syntax import (
    JSON_COMMENT,
    LABELS,
    Argument,
    Block,
    Body,
    Expression,
    File,
    Label,
    Literal,
    Object,
    Template,
    Text,
    Tuple,
)
from iamlint.hcl.walk import height, relocate, walk
from iamlint.location import SourceText, Unreadable


def read(source: SourceText) -> File:
    """Return the tree of a ``.tf.json`` or ``.tofu.json`` file; an unreadable block is an error and left out."""
    return _Reader(source).configuration()


def read_variables(source: SourceText) -> File:
    """Return the tree of a ``.tfvars.json`` file: arguments with literal values, where ``${`` has no meaning."""
    return _Reader(source).variables()


@frozen
class _Member:
    """A property, and the labels that lead to it."""

    key: JsonNode
    value: JsonNode
    labels: tuple[Label, ...] = ()


class _Arguments:
    """The arguments of one body.

    Two properties with one name are valid if each may be blocks: then there are more blocks.
    """

    def __init__(self, *, blocks: bool = True) -> None:
        self._blocks = blocks
        self._first: dict[str, Argument] = {}
        self._items: dict[str, list[Expression]] = {}

    def add(self, member: _Member, expression: Expression, source: SourceText) -> None:
        """Add a property, or the reason why it is invalid."""
        name, start, end = str(member.key.value), member.key.start, member.value.end
        if height(expression, MAX_HEIGHT) > MAX_HEIGHT:
            raise ParseError(member.value.start, end, f"this value is nested deeper than {MAX_HEIGHT} levels")
        first = self._first.setdefault(name, Argument(start, end, name, expression))
        if first.expression is expression:
            return
        if name not in self._items:
            self._items[name] = _bodies(first.expression)
        more = _bodies(expression)
        if not (self._blocks and more and self._items[name]):
            line, _column = source.position(first.start)
            reason = f'"{shown(name)}" is set twice: already in line {line}'
            raise ParseError(start, member.key.end, reason, "remove one of the two")
        self._items[name] += more
        first.end = end

    def finished(self) -> dict[str, Argument]:
        """Return the arguments by name."""
        for name, items in self._items.items():
            if len(items) > len(_bodies(self._first[name].expression)):
                argument = self._first[name]
                argument.written = Tuple(argument.expression.start, argument.end, tuple(items))
        return self._first


def _bodies(expression: Expression) -> list[Expression]:
    """Return the objects, or lists of objects, that may be blocks; empty if there is anything else."""
    items: list[Expression] = list(expression.items) if isinstance(expression, Tuple) else [expression]
    return items if all(_may_be_body(item) for item in items) else []


def _may_be_body(expression: Expression) -> bool:
    objects = expression.items if isinstance(expression, Tuple) and expression.items else (expression,)
    return all(isinstance(item, Object) for item in objects)


def _is_content(node: JsonNode, kind: str) -> bool:
    """Whether this is one body: an object, an array of objects, or null; for locals an object only."""
    if isinstance(node.value, tuple) and kind != "locals":
        return all(isinstance(item.value, Members) for item in node.value)
    return isinstance(node.value, Members) or (node.value is None and kind != "locals")


class _Reader:
    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.file = File(source, Body(0, len(source.text)))

    def configuration(self) -> File:
        """Return all top-level blocks; unknown properties stay arguments."""
        arguments = _Arguments()
        for member in self._top_level():
            name = str(member.key.value)
            try:
                if name in LABELS:
                    self._blocks(name, member)
                else:
                    self._add(arguments, member, templates=True)
            except ParseError as error:
                self._error(error)
        self.file.body.arguments = arguments.finished()
        return self.file

    def variables(self) -> File:
        """Return the variables that are set."""
        arguments = _Arguments()
        for member in self._top_level():
            try:
                self._add(arguments, member, templates=False)
            except ParseError as error:
                self._error(error)
        self.file.body.arguments = arguments.finished()
        return self.file

    def _error(self, error: ParseError) -> None:
        if len(self.file.errors) == MAX_ERRORS:
            error = ParseError(error.start, error.end, f"more than {MAX_ERRORS} errors: from here on they are not told")
        if len(self.file.errors) <= MAX_ERRORS:
            self.file.errors.append(error.unreadable(self.source))

    def _top_level(self) -> Iterator[_Member]:
        root = json_text.parse(self.source)
        if isinstance(root, Unreadable):
            self.file.errors.append(root)
        else:
            yield from self._members(root, "the whole file", comments=True)

    def _members(self, node: JsonNode, what: str, *, comments: bool) -> Iterator[_Member]:
        """Yield the properties of an object, or of all objects of an array; none for null.

        Source: ``collectDeepAttrs`` in https://github.com/hashicorp/hcl/blob/main/json/structure.go
        """
        for item in node.value if isinstance(node.value, tuple) else (node,):
            if isinstance(item.value, Members):
                for key, value in item.value.pairs:
                    if comments and key.value == JSON_COMMENT:
                        self.file.comments.append((key.start, value.end))
                    else:
                        yield _Member(key, value)
            elif item.value is not None or item is not node:
                self._error(ParseError(item.start, item.end, f"{what} must be a JSON object, or an array of objects"))

    def _blocks(self, kind: str, top: _Member) -> None:
        """Add all blocks of a type: one level of properties for each label, then one body or an array of bodies.

        Each body is an object, or an array of objects that form one body together; null among others is an empty one.
        """
        level = [top]
        for count in range(LABELS[kind]):
            what = f'the value of "{shown(str(top.key.value))}"' if count == 0 else f'what is below a label of "{kind}"'
            level = [
                _Member(member.key, member.value, (*outer.labels, Label(member.key.start, member.key.end, text)))
                for outer in level
                for member in self._members(outer.value, what, comments=False)
                if isinstance(text := member.key.value, str)
            ]
        for member in level:
            content = member.value
            for item in content.value if isinstance(content.value, tuple) else (content,):
                if item.value is None and item is content:
                    continue
                try:
                    self._block(kind, member, item)
                except ParseError as error:
                    self._error(error)

    def _block(self, kind: str, member: _Member, content: JsonNode) -> None:
        if not _is_content(content, kind):
            raise ParseError(content.start, content.end, f'a JSON object is expected for the content of "{kind}"')
        arguments = _Arguments(blocks=kind != "locals")
        for inner in self._members(content, kind, comments=True):
            if kind == "variable" and inner.key.value == "type" and isinstance(inner.value.value, str):
                arguments.add(inner, self._type(inner.value), self.source)
            else:
                self._add(arguments, inner, templates=kind != "variable" or inner.key.value == "validation")
        body = Body(content.start + 1, content.end - 1, arguments.finished())
        block = Block(member.key.start, content.end, kind, member.labels, body, member.key.end)
        self.file.body.blocks.append(block)

    def _add(self, arguments: _Arguments, member: _Member, *, templates: bool) -> None:
        arguments.add(member, self._expression(member.value, templates=templates), self.source)

    def _expression(self, node: JsonNode, *, templates: bool) -> Expression:
        value = node.value
        if isinstance(value, str):
            return self._template(node, value, templates=templates)
        if isinstance(value, tuple):
            return Tuple(node.start, node.end, tuple(self._expression(item, templates=templates) for item in value))
        if isinstance(value, Members):
            expression, pairs = self._expression, value.pairs
            items = tuple((expression(k, templates=templates), expression(v, templates=templates)) for k, v in pairs)
            return Object(node.start, node.end, items)
        return Literal(node.start, node.end, value)

    def _template(self, node: JsonNode, value: str, *, templates: bool) -> Template:
        """Return a string; offsets in it are exact if it has no escapes, else those of the whole string."""
        if not templates or ("${" not in value and "%{" not in value):
            parts = (Text(node.start + 1, node.end - 1, value),) if value else ()
            return Template(node.start, node.end, parts)
        try:
            template = Expressions(value).bare_template()
        except ParseError as error:
            self._shift(error, node)
            raise
        if node.exact:
            relocate(template, lambda offset: node.start + 1 + offset)
            template.start, template.end = node.start, node.end
        else:
            for part in walk(template):
                part.start, part.end = node.start, node.end
        return template

    def _type(self, node: JsonNode) -> Expression:
        """Return a type constraint, which is an expression in a string."""
        parsed = read_expression(SourceText(self.source.path, str(node.value)))
        if isinstance(parsed, Unreadable):
            raise ParseError(node.start, node.end, f"this is not a type: {parsed.reason}")
        relocate(parsed, lambda offset: node.start + 1 + offset if node.exact else node.start)
        return parsed

    def _shift(self, error: ParseError, node: JsonNode) -> None:
        if node.exact:
            error.start, error.end = error.start + node.start + 1, error.end + node.start + 1
        else:
            error.start, error.end = node.start, node.end
