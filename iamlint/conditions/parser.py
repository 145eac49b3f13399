"""Parses expressions to syntax trees. The grammar is cel-python's; none of its evaluation is used."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.conditions.common_syntax import common
from iamlint.conditions.literals import LiteralError, LiteralValue, Masked, masked
from iamlint.conditions.syntax import (
    AllOf,
    AnyOf,
    Call,
    Choice,
    Field,
    Index,
    ListOf,
    Literal,
    MapOf,
    Minus,
    Name,
    Node,
    Not,
    Operation,
    Operator,
)
from iamlint.facts import Text
from iamlint.unknown import HOLE, Unknown

LONGEST = 16_384
"""Maximum length in characters. Google's limit on an attribute condition is 4096."""
DEEPEST = 64
"""Maximum depth of nested brackets, operators and choices."""
LONGEST_CHAIN = 64
"""Maximum number of parts of a sum, or of a path."""
_SHOWN = 40
_CONTENT = regex(r'(?<=")x+(?=")')
_INT64 = 2**63


@frozen
class Unparsable:
    """An invalid CEL expression: ``offset`` is the character (from 0) of the error.

    If it is ``beyond`` iamlint's limits it may still be valid CEL.
    """

    offset: int
    reason: str
    beyond: bool = False

    def __str__(self) -> str:
        return f"{self.reason} (at its character {self.offset + 1})"


@lru_cache(maxsize=4096)
def parse(expression: Text) -> Node | Unparsable | Unknown:
    """Return the tree of an expression.

    Of a partly known expression, unknown parts may be inside texts; else the whole expression is unknown. So is one of
    several that differ outside of texts: what they have in common may begin a text of one and end a text of another.
    """
    text, unknown = _spelt(expression)
    if unknown and (not unknown.parts or len({_shape(option) for option in unknown.options}) > 1):
        return unknown
    if len(text) > LONGEST:
        return Unparsable(LONGEST, f"it is longer than {LONGEST} characters", beyond=True)
    try:
        readable = masked(text, unknown)
        if unknown and HOLE in readable.text:
            return unknown
        _check_depth(readable.text)
        return common(readable.text, readable.literals) or by_grammar(readable, text)
    except LiteralError as error:
        return unknown or Unparsable(error.offset, error.reason)
    except Refused as refused:
        return unknown or refused.unparsable


def by_grammar(readable: Masked, written: str) -> Node:
    """Parse an expression with the grammar. Raises `Refused`."""
    return _Reader(readable.literals).read(_tree(readable.text, written), 0)


def _spelt(expression: Text) -> tuple[str, Unknown | None]:
    if isinstance(expression, str):
        return expression, None
    return expression.masked(), expression


def _shape(option: Text) -> str:
    """Return an expression without the content of its texts; "" for an invalid one."""
    text, unknown = _spelt(option)
    try:
        return _CONTENT.sub("", masked(text, unknown).text)
    except LiteralError:
        return ""


class Refused(Exception):
    """Raised for an expression that is not valid, or beyond iamlint's limits."""

    def __init__(self, offset: int, reason: str, *, beyond: bool = False) -> None:
        super().__init__(reason)
        self.unparsable = Unparsable(offset, reason, beyond)


def _check_depth(text: str) -> None:
    depth = 0
    for offset, letter in enumerate(text):
        depth += (letter in "([{") - (letter in ")]}")
        if depth > DEEPEST:
            raise Refused(offset, f"it has brackets more than {DEEPEST} deep", beyond=True)


@cache
def _grammar() -> Any:  # lark ships no types
    """Return the parser of cel-python.

    Its module is loaded alone: the package's evaluation, which is not used, takes as long to load as the grammar.
    """
    from importlib.util import find_spec, module_from_spec, spec_from_file_location

    package = find_spec("celpy")
    if package is None or package.origin is None:
        raise ModuleNotFoundError("cel-python is not installed", name="celpy")
    parser = spec_from_file_location("iamlint_cel_grammar", Path(package.origin).with_name("celparser.py"))
    if parser is None or parser.loader is None:
        raise ModuleNotFoundError("cel-python has no parser", name="celpy.celparser")
    module: Any = module_from_spec(parser)
    parser.loader.exec_module(module)
    module.CELParser()  # builds the parser and stores it as an attribute of the class
    return module.CELParser.CEL_PARSER


_MEANT = {"and": "&&", "or": "||", "not": "!", "=": "=="}
"""What people write instead of the operators of CEL."""


def _tree(text: str, written: str) -> Any:
    from lark.exceptions import LarkError, UnexpectedCharacters, UnexpectedEOF, UnexpectedToken

    try:
        return _grammar().parse(text)
    except UnexpectedCharacters as error:
        at: Any = error.pos_in_stream  # a number; lark's types do not show it
        raise Refused(at, f"{written[at]} is not expected here") from error
    except (UnexpectedToken, UnexpectedEOF) as error:
        token = getattr(error, "token", None)
        if token is None or token.type == "$END":
            raise Refused(len(text), "it ends too early" if text.strip() else "it is empty") from error
        # A word directly after a text has no position: the grammar's lexer handles it differently.
        start = token.start_pos if token.start_pos is not None else getattr(error.__context__, "pos_in_stream", 0)
        found = written[start : start + _SHOWN]
        word = found[: len(token)]
        meant = _MEANT.get(word.lower(), "")
        raise Refused(start, f"{word} is not expected here" + (f"; CEL writes {meant}" if meant else "")) from error
    except LarkError as error:  # any other error of the parser
        raise Refused(0, "it is not a CEL expression") from error


_OPERATORS: dict[str, Operator] = {
    "relation_lt": "<",
    "relation_le": "<=",
    "relation_gt": ">",
    "relation_ge": ">=",
    "relation_eq": "==",
    "relation_ne": "!=",
    "relation_in": "in",
    "addition_add": "+",
    "addition_sub": "-",
    "multiplication_mul": "*",
    "multiplication_div": "/",
    "multiplication_mod": "%",
}


class _Reader:
    """Converts the grammar's tree to ours."""

    def __init__(self, literals: dict[int, LiteralValue]) -> None:
        self._literals = literals
        self._rules: dict[str, Callable[[Any, int], Node]] = {
            "expr": self._choice,
            "conditionalor": lambda tree, depth: AnyOf(self._joined(tree, depth)),
            "conditionaland": lambda tree, depth: AllOf(self._joined(tree, depth)),
            "relation": self._operation,
            "addition": self._operation,
            "multiplication": self._operation,
            "unary": self._unary,
            "member_dot": self._member,
            "member_dot_arg": self._member,
            "member_index": self._member,
            "ident": lambda tree, _: Name(str(tree.children[0])),
            "dot_ident": lambda tree, _: Name(str(tree.children[0])),
            "ident_arg": self._function,
            "dot_ident_arg": self._function,
            "list_lit": lambda tree, depth: ListOf(self._all(tree.children, depth)),
            "map_lit": self._map,
            "literal": lambda tree, _: Literal(self._literal(tree.children[0])),
        }

    def read(self, tree: Any, depth: int) -> Node:
        while len(tree.children) == 1 and tree.data in _WRAPPERS:
            tree = tree.children[0]
        if depth > DEEPEST * 2:
            raise Refused(tree.meta.start_pos, "it is nested too deeply", beyond=True)
        rule = self._rules.get(tree.data)
        if rule is None:
            raise Refused(tree.meta.start_pos, "conditions do not use messages in braces")
        return rule(tree, depth + 1)

    def _choice(self, tree: Any, depth: int) -> Node:
        test, then, otherwise = self._all(tree.children, depth)
        return Choice(test, then, otherwise)

    def _joined(self, tree: Any, depth: int) -> tuple[Node, ...]:
        """Return the operands of a chain of one logical operator, which the grammar nests to the left."""
        kind, parts = tree.data, []
        while tree.data == kind and len(tree.children) == 2:
            tree, last = tree.children
            parts.append(last)
        return self._all((tree, *reversed(parts)), depth)

    def _operation(self, tree: Any, depth: int) -> Node:
        """Return operands and operators, which the grammar nests to the left."""
        kind, parts = tree.data, list[tuple[Operator, Any]]()
        while tree.data == kind and len(tree.children) == 2:
            if len(parts) == LONGEST_CHAIN:
                raise Refused(tree.meta.start_pos, f"it has more than {LONGEST_CHAIN} operators in a row", beyond=True)
            operator, last = tree.children
            parts.append((_OPERATORS[operator.data], last))
            tree = operator.children[0]
        node = self.read(tree, depth)
        for operator, part in reversed(parts):
            node = Operation(operator, node, self.read(part, depth))
        return node

    def _unary(self, tree: Any, depth: int) -> Node:
        operator, of = tree.children
        node = self.read(of, depth)
        return Not(node) if operator.data == "unary_not" else Minus(node)

    def _member(self, tree: Any, depth: int) -> Node:
        """Return a path, which the grammar nests to the left."""
        steps = list[Any]()
        while tree.data in ("member_dot", "member_dot_arg", "member_index"):
            if len(steps) == LONGEST_CHAIN:
                raise Refused(tree.meta.start_pos, f"it has a path of more than {LONGEST_CHAIN} parts", beyond=True)
            steps.append(tree)
            tree = tree.children[0]
            while len(tree.children) == 1 and tree.data == "member":
                tree = tree.children[0]
        node = self.read(tree, depth)
        for step in reversed(steps):
            _, after, *arguments = step.children
            match step.data:
                case "member_dot":
                    node = Field(node, str(after))
                case "member_index":
                    node = Index(node, self.read(after, depth))
                case _:
                    node = Call(str(after), node, self._all(arguments, depth))
        return node

    def _function(self, tree: Any, depth: int) -> Node:
        name, *arguments = tree.children
        return Call(str(name), None, self._all(arguments, depth))

    def _map(self, tree: Any, depth: int) -> Node:
        found = self._all(tree.children, depth)
        return MapOf(tuple(zip(found[::2], found[1::2], strict=True)))

    def _all(self, trees: Any, depth: int) -> tuple[Node, ...]:
        lists = ("exprlist", "mapinits")
        flat = [one for tree in trees for one in (tree.children if tree.data in lists else (tree,))]
        return tuple(self.read(tree, depth) for tree in flat)

    def _literal(self, token: Any) -> bool | int | float | str | bytes | Unknown | None:
        match token.type:
            case "INT_LIT" | "UINT_LIT":
                return _integer(token)
            case "FLOAT_LIT":
                return float(token)
            case "BOOL_LIT":
                return str(token) == "true"
            case "NULL_LIT":
                return None
            case _ if token.start_pos in self._literals:
                return self._literals[token.start_pos]
            case _:
                raise Refused(token.start_pos, "a text is not expected here")


def _integer(token: Any) -> int:
    """Return a 64-bit integer; a longer number is not parsed."""
    digits = token.rstrip("uU")
    number = int(digits, 16 if "x" in digits else 10) if len(digits) < _SHOWN else _INT64 * 2
    if not -_INT64 <= number < _INT64 * (1 + (token.type == "UINT_LIT")):
        raise Refused(token.start_pos, "this number is too large for CEL")
    return number


_WRAPPERS = frozenset(
    {
        "expr",
        "conditionalor",
        "conditionaland",
        "relation",
        "addition",
        "multiplication",
        "unary",
        "member",
        "primary",
        "paren_expr",
    }
)
