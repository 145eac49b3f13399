"""The names and functions that each kind of condition allows: IAM refuses an expression with any other.

Sources: https://cloud.google.com/iam/docs/conditions-attribute-reference, the attributes of
https://github.com/googleapis/googleapis/blob/master/google/rpc/context/attribute_context.proto (more than IAM allows,
so that a new attribute is not reported), and https://cloud.google.com/iam/docs/workload-identity-federation#mapping
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iamlint.basics.frozen import frozen
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

_ANY = frozenset[str]()
"""For names that allow any field."""


@frozen
class Language:
    """The names that expressions may begin with, each with its allowed fields; ``own`` lists them for a reader."""

    names: Mapping[str, frozenset[str]]
    own: str


IAM = Language(
    {
        "resource": frozenset(
            "name type service labels uid annotations display_name create_time update_time etag location".split()
        ),
        "request": frozenset("time auth path host method headers id scheme query size protocol reason ip".split()),
        **dict.fromkeys(("destination", "source", "origin", "api", "principal", "levels", "device"), _ANY),
    },
    "IAM conditions have `resource`, `request`, `destination`, `principal` and `api`",
)
"""Conditions of allow and deny policies, and of boundary policy bindings."""
PROVIDER = Language(
    {"assertion": _ANY, "attribute": _ANY, "google": _ANY},
    "a provider's conditions have `assertion.CLAIM`, `attribute.NAME` and `google.subject`",
)
"""Attribute conditions of pool providers."""
MAPPING = Language({"assertion": _ANY, "attribute": _ANY, "google": _ANY}, "mappings have `assertion.CLAIM`")
"""Attribute mappings. Google's public modules map ``attribute.aud`` to itself, so that is not reported."""

_TYPES = frozenset("bool int uint double string bytes list map type null_type".split())
_BINDING = frozenset("all exists exists_one existsOne map filter transformList transformMap".split())
_FUNCTIONS = frozenset(
    (
        "size has contains startsWith endsWith matches extract split join lowerAscii upperAscii replace substring trim"
        " indexOf lastIndexOf charAt format reverse quote timestamp duration date int uint double string bytes bool dyn"
        " type getFullYear getMonth getDate getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds"
        " getMilliseconds matchTag matchTagId hasTagKey hasTagKeyId getAttribute hasOnly hasAny inIpRange bind"
        " optional of orValue or hasValue value flatten distinct sort slice range min max abs encode decode toLower"
        " toUpper isDirectory first last"
    ).split()
)
FUNCTIONS = _FUNCTIONS | _BINDING
"""Every function and method that some kind of condition allows."""
_CLOSE = {name.lower(): name for name in FUNCTIONS}


def undeclared(expression: Text, language: Language) -> str | None:
    """Return why IAM refuses an expression that parses: the unknown name in it; None if it may be accepted."""
    node = parse(expression)
    if isinstance(node, Unparsable | Unknown):
        return None
    return next(_problems(node, language, frozenset()), None)


_TRUTHS = frozenset("startsWith endsWith contains matches has all exists exists_one hasTagKey".split())
_NUMBERS = frozenset({"size", "int", "uint", "double", "indexOf", "lastIndexOf"})


def never_text(node: Node) -> str | None:
    """Return the type of an expression that cannot be a text: "a truth value", "a number"; None if it may be one."""
    match node:
        case Not() | AllOf((_, _, *_)) | AnyOf((_, _, *_)) | Literal(bool()):
            return "a truth value"
        case Operation("==" | "!=" | "<" | "<=" | ">" | ">=" | "in"):
            return "a truth value"
        case Literal(int() | float()) | Minus() | Operation("-" | "*" | "/" | "%"):
            return "a number"
        case Call(function, _, _) if function in _TRUTHS:
            return "a truth value"
        case Call(function, _, _) if function in _NUMBERS:
            return "a number"
        case Literal(None):
            return "null"
        case MapOf():
            return "a map"
        case Choice(_, then, otherwise):
            return never_text(then) or never_text(otherwise)
        case _:
            return None


def _problems(node: Node, language: Language, bound: frozenset[str]) -> Iterator[str]:
    match node:
        case Name(name):
            if name not in bound and name not in language.names and name not in _TYPES:
                yield f"`{name}` is not declared: {language.own}"
        case Field(Name(root), name) if root in language.names and root not in bound:
            if language.names[root] and name not in language.names[root]:
                yield f"`{root}.{name}` is not an attribute of conditions"
        case Call(function, of, arguments):
            yield from _call(function, of, arguments, language, bound)
        case Operation("in", _, Literal(str())):
            yield '`in` needs a list on its right, not a text: `x in ["a", "b"]`'
        case _:
            for child in _children(node):
                yield from _problems(child, language, bound)


def _call(
    function: str, of: Node | None, arguments: tuple[Node, ...], language: Language, bound: frozenset[str]
) -> Iterator[str]:
    known = function in _FUNCTIONS or function in _BINDING or (isinstance(of, Name) and of.name not in language.names)
    if not known:
        close = next((name for short, name in _CLOSE.items() if _alike(function.lower(), short)), None)
        meant = f"; did you mean `{close}`?" if close else ""
        yield f"`{function}` is not a function of conditions{meant}"
    inside = bound
    if function in _BINDING and of is not None:
        inside |= {argument.name for argument in arguments[:-1] if isinstance(argument, Name)}
        arguments = tuple(argument for argument in arguments if not isinstance(argument, Name))
    if of is not None:
        yield from _problems(of, language, bound)
    for argument in arguments:
        yield from _problems(argument, language, inside)


def _alike(one: str, other: str) -> bool:
    """Whether two words differ by at most one letter."""
    if abs(len(one) - len(other)) > 1:
        return False
    longer, shorter = sorted((one, other), key=len, reverse=True)
    at = next((index for index, letter in enumerate(shorter) if longer[index] != letter), len(shorter))
    return longer[at + 1 :] == shorter[at if len(longer) > len(shorter) else at + 1 :]


def _children(node: Node) -> tuple[Node, ...]:
    match node:
        case AllOf(parts) | AnyOf(parts) | ListOf(parts):
            return parts
        case Not(of) | Minus(of) | Field(of, _):
            return (of,)
        case Index(of, key):
            return (of, key)
        case Operation(_, left, right):
            return (left, right)
        case Choice(test, then, otherwise):
            return (test, then, otherwise)
        case MapOf(entries):
            return tuple(part for entry in entries for part in entry)
        case _:
            return ()
