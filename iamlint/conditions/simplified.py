"""Expressions with what is certain without a token computed: ``1 == 1`` is true, and a macro over a list unfolds.

The result is met by the same tokens. What cannot be computed stays as written.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date
from functools import lru_cache

from iamlint.basics.frozen import frozen
from iamlint.budget import Budget, Exhausted
from iamlint.conditions.abstract_values import Malformed, Possible, Some
from iamlint.conditions.context import Context
from iamlint.conditions.evaluation import calculated, value_of
from iamlint.conditions.functions import TESTS
from iamlint.conditions.parser import Unparsable, parse
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
    dotted,
)
from iamlint.facts import Text
from iamlint.unknown import Unknown

MOST_NODES = 5_000
"""Maximum number of nodes that a simplified expression is made of; a larger one stays as written."""
_NO_CONTEXT = Context(date(1970, 1, 1))
"""For expressions without any attribute, whose value depends on no request."""
Binding = Mapping[str, Node]


@lru_cache(maxsize=4096)  # by the text: as nodes, 1 and true are equal
def simplified(expression: Text) -> Node | Unparsable | Unknown:
    """Return the tree of an expression with constant parts computed and macros over lists unfolded."""
    node = parse(expression)
    if isinstance(node, Unparsable | Unknown):
        return node
    try:
        return _Simplifier(Budget(MOST_NODES)).of(node, {})
    except Exhausted:
        return node


def with_token(node: Node, value: Callable[[str], Node | None], work: Budget) -> Possible:
    """Return the values of an expression for a token. Each node costs a step of ``work``; raises Exhausted.

    ``value`` returns the value of an attribute by its path, ``assertion.sub``; None if it is not known.
    """
    return value_of(_Simplifier(work, value).of(node, {}), _NO_CONTEXT)


@frozen
class _Simplifier:
    work: Budget
    token: Callable[[str], Node | None] | None = None

    def of(self, node: Node, bound: Binding) -> Node:
        """Return a part of the expression; ``bound`` are the variables of the macros around it."""
        self.work.spend()
        if self.token and (path := dotted(node)) and path.partition(".")[0] not in bound:
            known = self.token(path)
            if known is not None:
                return known
        match node:
            case Literal():
                return node
            case Name(name):
                return bound.get(name, node)
            case AllOf(parts):
                return _joined(AllOf, self._all(parts, bound), neutral=True)
            case AnyOf(parts):
                return _joined(AnyOf, self._all(parts, bound), neutral=False)
            case Choice(test, then, otherwise):
                return _chosen(Choice(self.of(test, bound), self.of(then, bound), self.of(otherwise, bound)))
            case Operation(operator, left, right):
                return _compared(Operation(operator, self.of(left, bound), self.of(right, bound)))
            case Call():
                return self._call(node, bound)
            case _:
                return self._value(node, bound)

    def _value(self, node: Field | Index | Not | Minus | ListOf | MapOf, bound: Binding) -> Node:
        match node:
            case Field(of, name):
                return _folded(Field(self.of(of, bound), name))
            case Index(of, key):
                return _folded(Index(self.of(of, bound), self.of(key, bound)))
            case Not(of):
                return _folded(Not(self.of(of, bound)))
            case Minus(of):
                return _folded(Minus(self.of(of, bound)))
            case ListOf(items):
                return ListOf(self._all(items, bound))
            case MapOf(entries):
                return MapOf(tuple((self.of(key, bound), self.of(value, bound)) for key, value in entries))

    def _call(self, node: Call, bound: Binding) -> Node:
        match node:
            case Call("exists" | "all" | "exists_one" as macro, of, (Name(name), body)) if of is not None:
                return self._unfolded(macro, self.of(of, bound), name, body, bound)
            case Call(function, of, arguments):
                of = None if of is None else self.of(of, bound)
                return _called(Call(function, of, self._all(arguments, bound)))

    def _all(self, nodes: tuple[Node, ...], bound: Binding) -> tuple[Node, ...]:
        return tuple([self.of(node, bound) for node in nodes])

    def _unfolded(self, macro: str, of: Node, name: str, body: Node, bound: Binding) -> Node:
        """Return a macro over the items of a list, with each of them in place of the variable."""
        if not isinstance(of, ListOf) or (macro == "exists_one" and len(of.items) != 1):
            own = {key: value for key, value in bound.items() if key != name}
            return Call(macro, of, (Name(name), self.of(body, own)))
        parts = tuple([self.of(body, {**bound, name: item}) for item in of.items])
        return _joined(AllOf, parts, neutral=True) if macro == "all" else _joined(AnyOf, parts, neutral=False)


def _joined(kind: type[AllOf | AnyOf], parts: tuple[Node, ...], *, neutral: bool) -> Node:
    """Return a chain without the parts that change nothing; the part that decides it alone, if it has one."""
    values = [part.value if isinstance(part, Literal) else None for part in parts]
    if any(value is (not neutral) for value in values):
        return Literal(not neutral)
    left = tuple(part for part, value in zip(parts, values, strict=True) if value is not neutral)
    if not left:
        return Literal(neutral)
    return left[0] if len(left) == 1 and len(parts) > 1 else kind(left)


def _chosen(node: Choice) -> Node:
    match node.test:
        case Literal(bool(value)):
            return node.then if value else node.otherwise
        case _:
            return node


def _is_constant(node: Node) -> bool:
    match node:
        case ListOf(items):
            return all(_is_constant(item) for item in items)
        case MapOf(entries):
            return all(_is_constant(part) for entry in entries for part in entry)
        case _:
            return isinstance(node, Literal)


def _folded(node: Node) -> Node:
    """Return the value of an operation on constants, if it has one."""
    match node:
        case Field(of, _) | Not(of) | Minus(of):
            operands: tuple[Node, ...] = (of,)
        case Index(of, key):
            operands = (of, key)
        case Operation(_, left, right):
            operands = (left, right)
        case Call(_, of, arguments):
            operands = (*(() if of is None else (of,)), *arguments)
        case _:
            return node
    if not operands or not all(map(_is_constant, operands)):
        return node
    match value_of(node, _NO_CONTEXT):
        case Some((bool() | int() | float() | str() as value,), False):
            return Literal(value)
        case Some((tuple() as items,), False) if all(isinstance(item, str | bool | int | float) for item in items):
            return ListOf(tuple(Literal(item) for item in items))
        case _:
            return node


# -- comparisons that no token, or every token, meets --------------------------------------------------------------

_FLIPPED: Mapping[str, str] = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_ATTRIBUTES = ("assertion.", "attribute.", "google.")
_EMPTY = Literal("")


def _compared(node: Operation) -> Node:
    folded = _folded(node)
    if folded is not node:
        return folded
    match node:
        case Operation("==" | "!=" as operator, one, Literal(bool(value))) if _is_test(one):
            return one if value is (operator == "==") else _folded(Not(one))
        case Operation("==" | "!=" as operator, Literal(bool(value)), one) if _is_test(one):
            return one if value is (operator == "==") else _folded(Not(one))
        case Operation("==" | "!=", left, right) if left == right and (path := dotted(left)) and _is_claim(path):
            same = node.operator == "=="
            return Call("has", None, (left,)) if same else Literal(False)  # without the claim it fails
        case Operation("in", Literal(str(name)), Name("assertion")):
            return Call("has", None, (Field(Name("assertion"), name),))
        case Operation(operator, left, Literal(int(count))) if (of := _sized(left)) and type(count) is int:
            return _of_size(operator, of, count) or node
        case Operation(operator, Literal(int(count)), right) if (of := _sized(right)) and type(count) is int:
            return _of_size(_FLIPPED.get(operator, operator), of, count) or node
        case Operation("==" | "!=", left, right) if _is_other_case(left, right) or _is_other_case(right, left):
            return Literal(node.operator == "!=")
        case Operation("in", left, ListOf(items)):
            left_over = tuple(item for item in items if not _is_other_case(left, item))
            return Operation("in", left, ListOf(left_over)) if left_over else Literal(False)
        case _:
            return node


_TESTS = TESTS | {"has", "exists", "exists_one", "all"}
_COMPARISONS = frozenset({"==", "!=", "<", "<=", ">", ">=", "in"})


def _is_test(node: Node) -> bool:
    """Whether an expression is true or false: ``assertion.sub.startsWith("x") == false`` is its negation."""
    match node:
        case AllOf() | AnyOf() | Not():
            return True
        case Operation(operator, _, _):
            return operator in _COMPARISONS
        case Call(function, _, _):
            return function in _TESTS
        case _:
            return False


def _is_claim(path: str) -> bool:
    return path.startswith(_ATTRIBUTES)


def _sized(node: Node) -> Node | None:
    """Return what ``size(…)`` or ``.size()`` is the size of, if that is an attribute."""
    match node:
        case Call("size", None, (of,)) | Call("size", of, ()) if of is not None and _is_claim(dotted(of) or ""):
            return of
        case _:
            return None


def _of_size(operator: str, of: Node, count: int) -> Node | None:
    """Return a comparison of a size as one with the empty text, where that is the same."""
    sizes = {0, 1, max(count - 1, 1), max(count, 1), max(count + 1, 1)}
    try:
        met = {size for size in sizes if calculated(operator, size, count)}
    except (KeyError, Malformed):
        return None
    if not met:
        return Literal(False)
    if met == {0}:
        return Operation("==", of, _EMPTY)
    if met == sizes - {0}:
        return Operation("!=", of, _EMPTY)
    return Call("has", None, (of,)) if met == sizes else None


def _called(node: Call) -> Node:
    folded = _folded(node)
    if folded is not node:
        return folded
    match node:
        case Call("startsWith" | "endsWith" | "contains", of, (argument,)) if of is not None:
            return Literal(False) if _is_other_case(of, argument) else node
        case _:
            return node


def _is_other_case(of: Node, text: Node) -> bool:
    """Whether an expression is in one case of letters and a text is not, so that the one never has the other."""
    match of, text:
        case Call("lowerAscii", _, ()), Literal(str(value)):
            return any("A" <= letter <= "Z" for letter in value)
        case Call("upperAscii", _, ()), Literal(str(value)):
            return any("a" <= letter <= "z" for letter in value)
        case _:
            return False
