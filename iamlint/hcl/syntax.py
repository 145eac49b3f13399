"""The syntax tree of Terraform's language: text with exact spans, without semantics.

Spans are offsets into the source text, end exclusive. Nodes are compared by identity; `outline` compares two trees. The
shapes follow HCL's own (hashicorp/hcl, hclsyntax): a quoted string is a template, a splat is an expression over the
item, ``"${x}"`` is a template of one interpolation.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from iamlint.basics.frozen import mutable
from iamlint.basics.lazy_regex import regex
from iamlint.location import SourceText, Unreadable

LABELS = {
    "action": 2,
    "check": 1,
    "data": 2,
    "ephemeral": 2,
    "import": 0,
    "list": 2,
    "locals": 0,
    "module": 1,
    "moved": 0,
    "output": 1,
    "provider": 1,
    "removed": 0,
    "resource": 2,
    "terraform": 0,
    "variable": 1,
}
"""The top-level blocks of a configuration, and how many labels each has."""

JSON_COMMENT = "//"
"""The property of a body in JSON that is a comment."""
_BEYOND_ASCII = regex(r"[\x00-\x7f]?[^\x00-\x7f]{1,1000}")


def normalized(text: str) -> str:
    """Return a text in Unicode's normalization form C, as every string of Terraform.

    Source: https://github.com/zclconf/go-cty/blob/main/docs/types.md. It is done piece by piece, since Python's time
    grows with the square of the length of a run of combining characters.
    """
    return text if text.isascii() else _BEYOND_ASCII.sub(_composed, text)


def _composed(piece: re.Match[str]) -> str:
    return unicodedata.normalize("NFC", piece.group())


@mutable(eq=False)
class Node:
    """Anything with a span."""

    start: int
    end: int

    @property
    def literal(self) -> str | None:
        """The text of a string without interpolations and directives; None for any other node."""
        return None


@mutable(eq=False)
class Literal(Node):
    """A number, ``true``, ``false`` or ``null``."""

    value: int | Decimal | bool | None


@mutable(eq=False)
class Text(Node):
    """A literal stretch of a template, escapes resolved and strip markers applied; not normalized yet."""

    value: str


@mutable(eq=False)
class Interpolation(Node):
    """``${expression}`` in a template."""

    expression: Expression


@mutable(eq=False)
class IfDirective(Node):
    """``%{ if condition }…%{ else }…%{ endif }`` in a template."""

    condition: Expression
    then: tuple[TemplatePart, ...]
    otherwise: tuple[TemplatePart, ...]


@mutable(eq=False)
class ForDirective(Node):
    """``%{ for key, value in collection }…%{ endfor }`` in a template; ``key`` is None with one variable."""

    key: str | None
    value: str
    collection: Expression
    body: tuple[TemplatePart, ...]


@mutable(eq=False)
class Template(Node):
    """A quoted string or a heredoc. A single interpolation passes its value through unconverted.

    ``heredoc`` is True for a heredoc; the indentation of ``<<-`` is already removed from the texts.
    """

    parts: tuple[TemplatePart, ...]
    heredoc: bool = False

    @property
    def written(self) -> str | None:
        """The characters, if it has no interpolation or directive; not normalized, as the label of a block."""
        if any(not isinstance(part, Text) for part in self.parts):
            return None
        return "".join(part.value for part in self.parts if isinstance(part, Text))

    @property
    def literal(self) -> str | None:
        """The text, if it has no interpolation or directive."""
        written = self.written
        return None if written is None else normalized(written)


@mutable(eq=False)
class Variable(Node):
    """A root name: ``var``, ``local``, ``each``, ``google_project``, a ``for`` variable."""

    name: str


@mutable(eq=False)
class Attribute(Node):
    """``object.name``; legacy ``list.0`` is an `Index`."""

    object: Expression
    name: str


@mutable(eq=False)
class Index(Node):
    """``collection[key]``."""

    collection: Expression
    key: Expression


@mutable(eq=False)
class Item(Node):
    """The item in a splat's ``each`` expression."""


@mutable(eq=False)
class Splat(Node):
    """``source[*].each`` or ``source.*.each``; ``each`` contains the `Item` it starts from."""

    source: Expression
    each: Expression


@mutable(eq=False)
class Call(Node):
    """``name(arguments…)``; ``expand`` if the last argument is followed by ``...``. Namespaced names keep ``::``."""

    name: str
    arguments: tuple[Expression, ...]
    expand: bool = False


@mutable(eq=False)
class Tuple(Node):
    """``[a, b]``."""

    items: tuple[Expression, ...]


@mutable(eq=False)
class Object(Node):
    """``{ key = value }``. A bare identifier as key is a `Template` of one text; ``(expr)`` is a `Parentheses`."""

    items: tuple[tuple[Expression, Expression], ...]


@mutable(eq=False)
class ForTuple(Node):
    """``[for key, value in collection : result if condition]``."""

    key: str | None
    value: str
    collection: Expression
    result: Expression
    condition: Expression | None


@mutable(eq=False)
class ForObject(Node):
    """``{for key, value in collection : result_key => result if condition}``; ``grouped`` with ``...``."""

    key: str | None
    value: str
    collection: Expression
    result_key: Expression
    result: Expression
    condition: Expression | None
    grouped: bool


@mutable(eq=False)
class Conditional(Node):
    """``condition ? then : otherwise``."""

    condition: Expression
    then: Expression
    otherwise: Expression


@mutable(eq=False)
class Binary(Node):
    """``left operator right``; operator as written."""

    operator: str
    left: Expression
    right: Expression


@mutable(eq=False)
class Unary(Node):
    """``!operand`` or ``-operand``."""

    operator: str
    operand: Expression


@mutable(eq=False)
class Parentheses(Node):
    """``(inner)``."""

    inner: Expression


TemplatePart = Text | Interpolation | IfDirective | ForDirective
Expression = (
    Literal
    | Template
    | Variable
    | Attribute
    | Index
    | Item
    | Splat
    | Call
    | Tuple
    | Object
    | ForTuple
    | ForObject
    | Conditional
    | Binary
    | Unary
    | Parentheses
)


_END: Any = Node.__dict__["end"]


@mutable(eq=False)
class Argument(Node):
    """``name = expression`` in a body; the span is that of the whole line, ``expression`` has its own.

    ``is_read`` says that something asked for the expression, or where it ends: of another argument, an edit of it
    changes no result. ``written`` is the expression for those who ask for its type only.
    """

    name: str
    written: Expression
    is_read: bool = False

    @property
    def expression(self) -> Expression:
        """The expression; it counts as read from now on."""
        self.is_read = True
        return self.written

    if not TYPE_CHECKING:

        @property
        def end(self) -> int:
            """Where it ends; it counts as read from now on."""
            self.is_read = True
            return _END.__get__(self)

        @end.setter
        def end(self, offset: int) -> None:
            _END.__set__(self, offset)


@mutable(eq=False)
class Label(Node):
    """A block's label, quoted or bare, its quotes included in the span."""

    text: str


@mutable(eq=False)
class Body(Node):
    """The content between the braces of a block, or a whole file. Arguments keep their order; names are unique."""

    arguments: dict[str, Argument] = field(default_factory=dict)
    blocks: list[Block] = field(default_factory=list)

    def blocks_of(self, kind: str) -> Iterator[Block]:
        """Yield the blocks of a type, in order."""
        return (block for block in self.blocks if block.type == kind)


@mutable(eq=False)
class Block(Node):
    """``type "label" { … }``; ``header_end`` is the offset after the last label (or the type)."""

    type: str
    labels: tuple[Label, ...]
    body: Body
    header_end: int

    def label(self, index: int) -> str:
        """Return the text of a label; "" if it is missing."""
        return self.labels[index].text if index < len(self.labels) else ""

    @property
    def is_repeated(self) -> bool:
        """Whether it has ``count`` or ``for_each``."""
        return not self.body.arguments.keys().isdisjoint(("count", "for_each"))


@mutable(eq=False)
class File:
    """One file: its top-level body, every comment as (start, end), and errors."""

    source: SourceText
    body: Body
    comments: list[tuple[int, int]] = field(default_factory=list)
    errors: list[Unreadable] = field(default_factory=list)


# -- frequent nodes ----------------------------------------------------------------------------------------------------

_new = object.__new__
"""Makes a node without its ``__init__``: a call of a class takes half as long again. For the most frequent nodes."""


def string_node(start: int, end: int, value: str) -> Template:
    """Return the quoted string without escapes or sequences whose content is a range of the source."""
    node = _new(Template)
    node.start, node.end, node.heredoc = start - 1, end + 1, False
    if value:
        text = _new(Text)
        text.start, text.end, text.value = start, end, value
        node.parts = (text,)
    else:
        node.parts = ()
    return node


def key_node(start: int, end: int, name: str) -> Template:
    """Return the key of an item that is a bare name."""
    node, text = _new(Template), _new(Text)
    text.start = node.start = start
    text.end = node.end = end
    text.value, node.parts, node.heredoc = name, (text,), False
    return node
