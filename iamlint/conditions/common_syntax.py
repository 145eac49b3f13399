"""Parses the expressions that conditions usually are, without the grammar, which takes 0.3 seconds to build.

It knows comparisons, logic, calls, paths, lists, texts and whole numbers. For anything else, and for every error, it
returns None: the grammar decides what the expression means, or what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from iamlint.basics.lazy_regex import regex
from iamlint.conditions.literals import LiteralValue
from iamlint.conditions.syntax import (
    AllOf,
    AnyOf,
    Call,
    Choice,
    Field,
    Index,
    ListOf,
    Literal,
    Name,
    Node,
    Not,
    Operation,
    Operator,
)

_DEEPEST = 24
"""Maximum depth; deeper expressions are left to the grammar, which has limits of its own."""
_LONGEST = 50
"""Maximum number of operators or steps in a row, for the same reason."""
_TOKEN = regex(
    r"[\t\n\f\r ]*+(?:(?P<text>\"x*+\"(?![0-9A-Za-z_\"']))|(?P<name>[A-Za-z_][A-Za-z0-9_]*+)"
    r"|(?P<number>[0-9]{1,18}(?![0-9A-Za-z_.]))|(?P<sign>&&|\|\||[=!<>]=|[<>!?:,.()\[\]+*/%])|(?P<end>\Z))"
)
_CONSTANTS: dict[str, bool | None] = {"true": True, "false": False, "null": None}
_RESERVED = frozenset(
    "as break const continue else for function if import let loop package namespace return var void while".split()
)
_RELATIONS: Mapping[str, Operator] = {"<": "<", "<=": "<=", ">": ">", ">=": ">=", "==": "==", "!=": "!=", "in": "in"}
_SUMS: Mapping[str, Operator] = {"+": "+"}
_PRODUCTS: Mapping[str, Operator] = {"*": "*", "/": "/", "%": "%"}


class _Other(Exception):
    """Raised for what is left to the grammar."""


def common(text: str, literals: Mapping[int, LiteralValue]) -> Node | None:
    """Return the tree of an expression whose texts are blanked out, with their values by offset; None if unsure."""
    try:
        reader = _Common(text, literals)
        found = reader.expression()
    except _Other:
        return None
    return found if reader.kind == "end" else None


class _Common:
    """A reader with one token to look at: its ``kind``, its text (``word``) and its offset (``at``)."""

    def __init__(self, text: str, literals: Mapping[int, LiteralValue]) -> None:
        self._text, self._literals = text, literals
        self._next = self._depth = 0
        self.kind = self.word = ""
        self.at = 0
        self._step()

    def _step(self) -> None:
        found = _TOKEN.match(self._text, self._next)
        if found is None:
            raise _Other
        self.kind = found.lastgroup or ""
        self.at, self._next = found.start(self.kind), found.end()
        self.word = found[self.kind]

    def _takes(self, sign: str) -> bool:
        """Step over a sign if it is this one."""
        if self.kind != "sign" or self.word != sign:
            return False
        self._step()
        return True

    def _expects(self, sign: str) -> None:
        if not self._takes(sign):
            raise _Other

    def _name(self) -> str:
        name = self.word
        if self.kind != "name" or name in _RESERVED or name in _CONSTANTS or name == "in":
            raise _Other
        self._step()
        return name

    def expression(self) -> Node:
        """Return an expression, up to the first token that is not part of it."""
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _Other
        found = self._any()
        if self._takes("?"):
            then = self._any()
            self._expects(":")
            found = Choice(found, then, self.expression())
        self._depth -= 1
        return found

    def _any(self) -> Node:
        parts = [self._all()]
        while self._takes("||"):
            parts.append(self._all())
        return parts[0] if len(parts) == 1 else AnyOf(tuple(parts))

    def _all(self) -> Node:
        parts = [self._relation()]
        while self._takes("&&"):
            parts.append(self._relation())
        return parts[0] if len(parts) == 1 else AllOf(tuple(parts))

    def _relation(self) -> Node:
        return self._chain(_RELATIONS, self._sum)

    def _sum(self) -> Node:
        return self._chain(_SUMS, self._product)

    def _product(self) -> Node:
        return self._chain(_PRODUCTS, self._unary)

    def _chain(self, operators: Mapping[str, Operator], operand: Callable[[], Node]) -> Node:
        found = operand()
        count = 0
        while self.kind in ("sign", "name") and self.word in operators:
            operator = operators[self.word]
            count += 1
            if count > _LONGEST:
                raise _Other
            self._step()
            found = Operation(operator, found, operand())
        return found

    def _unary(self) -> Node:
        count = 0
        while self._takes("!"):
            count += 1
        if count > _DEEPEST:
            raise _Other
        found = self._member()
        for _ in range(count):
            found = Not(found)
        return found

    def _member(self) -> Node:
        found = self._primary()
        for _ in range(_LONGEST):
            if self._takes("."):
                name = self._name()
                found = Call(name, found, self._list(")")) if self._takes("(") else Field(found, name)
            elif self._takes("["):
                found = Index(found, self.expression())
                self._expects("]")
            else:
                return found
        raise _Other

    def _primary(self) -> Node:
        kind, word, at = self.kind, self.word, self.at
        if kind == "text" and at in self._literals:
            self._step()
            return Literal(self._literals[at])
        if kind == "number":
            self._step()
            return Literal(int(word))
        if kind == "name" and word in _CONSTANTS:
            self._step()
            return Literal(_CONSTANTS[word])
        if kind == "name":
            name = self._name()
            return Call(name, None, self._list(")")) if self._takes("(") else Name(name)
        if self._takes("("):
            found = self.expression()
            self._expects(")")
            return found
        self._expects("[")
        return ListOf(self._list("]"))

    def _list(self, close: str) -> tuple[Node, ...]:
        """Return the expressions up to a closing bracket, and step over that."""
        if self._takes(close):
            return ()
        found = [self.expression()]
        while self._takes(","):
            found.append(self.expression())
        self._expects(close)
        return tuple(found)
