"""CEL over the claims of one token: evaluates a provider's condition and mapping."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.conditions.abstract_values import Malformed
from iamlint.conditions.evaluation import calculated
from iamlint.conditions.functions import extract
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
)
from iamlint.facts import Text
from iamlint.unknown import Unknown

LONGEST = 10_000
"""Maximum length of a text that is evaluated."""


@frozen
class Open:
    """A value that the claims given do not tell, with the reason."""

    reason: str


@frozen
class Failed:
    """A value that cannot be evaluated: CEL stops with an error."""

    reason: str


Env = Mapping[str, Any]
"""The variables: ``assertion``, ``google`` and ``attribute``, each a `Claims` or a mapping."""


@frozen
class Claims:
    """The claims of a token, as far as they are given; any other may be there."""

    given: Mapping[str, Any]

    def get(self, name: str) -> Any:
        """The value of a claim."""
        return self.given.get(name, Open(f"the claim {name!r} of the token is not given (--claim {name}=VALUE)"))


def value_of(expression: Text, env: Env) -> Any:
    """Return the result of an expression: a value, `Open` or `Failed`."""
    node = parse(expression)
    if isinstance(node, Unknown):
        return Open(node.reason)
    if isinstance(node, Unparsable):
        return Failed("it is not a CEL expression")
    try:
        return _value(node, env)
    except RecursionError:
        return Open("the expression is deeper than iamlint follows")


def _value(node: Node, env: Env) -> Any:  # noqa: PLR0912  # a dispatch over node kinds
    match node:
        case Literal(value):
            return Open(value.reason) if isinstance(value, Unknown) else value
        case Name(name):
            return env.get(name, Failed(f"{name} is not a name that the expression may use"))
        case Field(of, name):
            return _member(_value(of, env), name)
        case Index(of, key):
            return _index(_value(of, env), _value(key, env))
        case ListOf(items):
            return _all([_value(item, env) for item in items])
        case MapOf():
            return Open("maps are not worked out")
        case Not(of):
            return _with(lambda one: not one if isinstance(one, bool) else Failed("! needs a boolean"), _value(of, env))
        case Minus(of):
            return _with(lambda one: -one, _value(of, env))
        case AllOf(parts):
            return _logic([_value(part, env) for part in parts], decides=False)
        case AnyOf(parts):
            return _logic([_value(part, env) for part in parts], decides=True)
        case Choice(test, then, otherwise):
            found = _value(test, env)
            return found if isinstance(found, Open | Failed) else _value(then if found else otherwise, env)
        case Operation(operator, left, right):
            return _with(lambda one, two: _operation(operator, one, two), _value(left, env), _value(right, env))
        case Call():
            return _call(node, env)


def _with(function: Callable[..., Any], *values: Any) -> Any:
    """A function of values: what fails fails, and what is open is open."""
    for kind in (Failed, Open):
        found = next((value for value in values if isinstance(value, kind)), None)
        if found is not None:
            return found
    try:
        return function(*values)
    except (TypeError, ValueError, ArithmeticError, IndexError, KeyError) as error:
        return Failed(str(error))


def _all(values: list[Any]) -> Any:
    return _with(lambda *items: list(items), *values)


def _logic(values: list[Any], *, decides: bool) -> Any:
    """``&&`` is decided by one false, ``||`` by one true, whatever else is open or fails."""
    if any(value is decides for value in values):
        return decides
    for kind in (Open, Failed):
        found = next((value for value in values if isinstance(value, kind)), None)
        if found is not None:
            return found
    return not decides if all(isinstance(value, bool) for value in values) else Failed("a part is not a boolean")


def _member(of: Any, name: str) -> Any:
    if isinstance(of, Claims):
        return of.get(name)
    if isinstance(of, Mapping):
        return of.get(name, Failed(f"there is no {name}"))
    return of if isinstance(of, Open | Failed) else Failed(f"there is no {name}")


def _index(of: Any, key: Any) -> Any:
    if isinstance(of, Claims | Mapping) and isinstance(key, str):
        return _member(of, key)
    return _with(lambda one, two: one[two] if two >= 0 else Failed("an index below 0"), of, key)


def _operation(operator: str, one: Any, two: Any) -> Any:
    if operator in ("==", "!="):
        same = type(one) is type(two) or {type(one), type(two)} <= {int, float}
        return (same and one == two) is (operator == "==")
    if operator == "in":
        return one in two if isinstance(two, list | tuple) else Failed("`in` needs a list")
    if type(one) is not type(two) or isinstance(one, bool):
        return Failed(f"{operator} of different types")
    match operator:
        case "<":
            return one < two
        case "<=":
            return one <= two
        case ">":
            return one > two
        case ">=":
            return one >= two
        case "+":
            return one + two if len(str(one)) + len(str(two)) <= LONGEST else Open("the text is too long")
        case "-":
            return one - two
    try:
        return calculated(operator, one, two)
    except Malformed as error:
        return Failed(str(error))


# -- functions -----------------------------------------------------------------------------------------------------


def _matches(text: str, pattern: str) -> Any:
    import re2

    try:
        return re2.search(pattern, text) is not None
    except re2.error as error:
        return Failed(f"no regular expression: {error}")


_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
_UPPER = str.maketrans(ascii_lowercase, ascii_uppercase)
_METHODS: Mapping[str, Callable[..., Any]] = {
    "startsWith": str.startswith,
    "endsWith": str.endswith,
    "contains": str.__contains__,
    "matches": _matches,
    "extract": extract,
    "lowerAscii": lambda text: text.translate(_LOWER),
    "upperAscii": lambda text: text.translate(_UPPER),
    "trim": str.strip,
    "split": lambda text, by, *most: text.split(by, most[0] - 1) if most and most[0] > 0 else text.split(by),
    "replace": lambda text, old, new: (
        text.replace(old, new) if len(text) * (len(new) + 1) <= LONGEST else Open("too long")
    ),
    "substring": lambda text, start, *end: text[start : end[0] if end else len(text)],
    "indexOf": str.find,
    "size": len,
}
_LISTS: Mapping[str, Callable[..., Any]] = {
    "join": lambda items, by="": by.join(items),
    "size": len,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "size": len,
    "string": lambda value: (
        {True: "true", False: "false"}.get(value, str(value)) if isinstance(value, bool) else str(value)
    ),
    "int": int,
    "dyn": lambda value: value,
    "matches": _matches,
}


def _call(node: Call, env: Env) -> Any:
    if node.function == "has":
        return _has(node, env)
    if node.of is None:
        function = _FUNCTIONS.get(node.function)
        values = [_value(argument, env) for argument in node.arguments]
        return _with(function, *values) if function else Open(f"{node.function}() is not worked out")
    of = _value(node.of, env)
    if node.function in ("exists", "all", "exists_one") and len(node.arguments) == 2:
        return _quantified(node, of, env)
    table = _LISTS if isinstance(of, list | tuple) else _METHODS
    function = table.get(node.function)
    if function is None:
        return of if isinstance(of, Open | Failed) else Open(f"{node.function}() is not worked out")
    if table is _METHODS and not isinstance(of, str | Open | Failed):
        return Failed(f"{node.function} needs a text")
    return _with(function, of, *(_value(argument, env) for argument in node.arguments))


def _has(node: Call, env: Env) -> Any:
    match node:
        case Call("has", None, (Field(of, name),)):
            found = _value(of, env)
            if isinstance(found, Claims):
                return True if name in found.given else found.get(name)
            return name in found if isinstance(found, Mapping) else found
        case _:
            return Failed("has() needs a field")


def _quantified(node: Call, of: Any, env: Env) -> Any:
    variable, test = node.arguments
    if isinstance(of, Open | Failed) or not isinstance(of, list | tuple) or not isinstance(variable, Name):
        return of if isinstance(of, Open | Failed) else Failed(f"{node.function} needs a list")
    values = [_value(test, {**env, variable.name: item}) for item in of[:1000]]
    if node.function == "exists_one":
        return _with(lambda *found: sum(found) == 1, *values)
    return _logic(values, decides=node.function == "exists")
