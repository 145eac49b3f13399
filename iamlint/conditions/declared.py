"""The names and functions that each kind of condition allows: IAM refuses an expression with any other.

Sources: https://cloud.google.com/iam/docs/conditions-attribute-reference, the attributes of
https://github.com/googleapis/googleapis/blob/master/google/rpc/context/attribute_context.proto (more than IAM allows,
so that a new attribute is not reported), and https://cloud.google.com/iam/docs/workload-identity-federation#mapping
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

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
    dotted,
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
    condition: bool = True
    """Whether an expression must be true or false."""


IAM = Language(
    {
        "resource": frozenset(
            "name type service labels uid annotations display_name create_time update_time etag location".split()
        ),
        "request": frozenset("time auth path host method headers id scheme query size protocol reason ip".split()),
        "request.auth": frozenset("principal audiences presenter claims access_levels".split()),
        **dict.fromkeys(("destination", "source", "origin"), frozenset("ip port labels principal region_code".split())),
        "principal": frozenset(("type", "subject")),
        **dict.fromkeys(("api", "levels", "device"), _ANY),
    },
    "IAM conditions have `resource`, `request`, `destination`, `principal` and `api`",
)
"""Conditions of allow and deny policies."""
BOUNDARY = Language(
    {"principal": frozenset(("type", "subject"))},
    "conditions of policy bindings have `principal.type` and `principal.subject`",
)
"""Conditions of the policy bindings of boundaries.

Source: https://cloud.google.com/iam/docs/reference/rest/v3/projects.locations.policyBindings
"""
PROVIDER = Language(
    {"assertion": _ANY, "attribute": _ANY, "google": _ANY},
    "a provider's conditions have `assertion.CLAIM`, `attribute.NAME` and `google.subject`",
)
"""Attribute conditions of pool providers."""
MAPPING = Language(
    {"assertion": _ANY, "attribute": _ANY, "google": _ANY}, "mappings have `assertion.CLAIM`", condition=False
)
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
    """Return why IAM refuses an expression that parses: an unknown name or a wrong type; None if it may be accepted."""
    node = parse(expression)
    if isinstance(node, Unparsable | Unknown):
        return None
    problem = next(_problems(node, language, frozenset()), None)
    kind = never(node, TRUTH) if language.condition else None
    return problem or (f"it is {kind}, and a condition is true or false" if kind else None)


_TAG_FUNCTIONS = frozenset("matchTag matchTagId hasTagKey hasTagKeyId".split())


@lru_cache(maxsize=1024)
def beside_tags(expression: Text) -> str | None:
    """Return the first name in the condition of a deny rule that does not belong to a question about tags.

    Deny rules support nothing else: https://cloud.google.com/iam/docs/reference/rest/v2/policies#DenyRule
    """
    node = parse(expression)
    return None if isinstance(node, Unparsable | Unknown) else next(_beside_tags(node), None)


def _beside_tags(node: Node) -> Iterator[str]:
    match node:
        case Call(function, Name("resource"), _) if function in _TAG_FUNCTIONS:
            return
        case Call(function, of, arguments):
            yield from (name for part in (of, *arguments) if part is not None for name in _beside_tags(part))
            yield function
        case Name() | Field() | Index() if path := dotted(node):
            yield path
        case _:
            for child in _children(node):
                yield from _beside_tags(child)


TRUTH, TEXT, TIME = "a truth value", "a text", "a time"
"""Types of expressions, as `never` returns them."""
_TYPE_OF_CALL = {
    **dict.fromkeys("startsWith endsWith contains matches has all exists exists_one hasTagKey".split(), TRUTH),
    **dict.fromkeys("size int uint double indexOf lastIndexOf getFullYear getMonth getDate".split(), "a number"),
    **dict.fromkeys("getDayOfMonth getDayOfWeek getDayOfYear getHours getMinutes getSeconds".split(), "a number"),
    "getMilliseconds": "a number",
    **dict.fromkeys("extract join lowerAscii upperAscii replace substring trim charAt format string".split(), TEXT),
    "split": "a list",
    "timestamp": TIME,
}
_TYPE_OF_ATTRIBUTE = {
    "request.time": TIME,
    **dict.fromkeys(("resource.name", "resource.type", "resource.service"), TEXT),
}


def never(node: Node, wanted: str) -> str | None:
    """Return the type of an expression if it cannot be the wanted one: "a number"; None if it may be."""
    if isinstance(node, Choice):
        return never(node.then, wanted) or never(node.otherwise, wanted)
    kind = _type(node)
    return None if kind == wanted else kind


def _type(node: Node) -> str | None:
    """Return the type of an expression; None if it may have several, as a claim or an attribute."""
    match node:
        case Not() | AllOf((_, _, *_)) | AnyOf((_, _, *_)) | Literal(bool()):
            return TRUTH
        case Operation("==" | "!=" | "<" | "<=" | ">" | ">=" | "in"):
            return TRUTH
        case Operation("+" | "-", left, right) if TIME in (_type(left), _type(right)):
            return None
        case Operation("+", left, right):
            return _type(left) or _type(right)
        case Literal(int() | float()) | Minus() | Operation():
            return "a number"
        case Literal(str()):
            return TEXT
        case Literal(None):
            return "null"
        case Call(function, _, _):
            return _TYPE_OF_CALL.get(function)
        case ListOf():
            return "a list"
        case MapOf():
            return "a map"
        case Field():
            return _TYPE_OF_ATTRIBUTE.get(dotted(node) or "")
        case _:
            return None


def _problems(node: Node, language: Language, bound: frozenset[str]) -> Iterator[str]:
    for part in _logical(node):
        if kind := never(part, TRUTH):
            yield f"a part of it is {kind} where true or false is needed"
    if clash := _clash(node):
        yield clash
    match node:
        case Name(name):
            if name not in bound and name not in language.names and name not in _TYPES:
                yield f"`{name}` is not declared: {language.own}"
        case Field(of, name) if (path := _path(of, bound)) in language.names:
            if language.names[path] and name not in language.names[path]:
                yield f"`{path}.{name}` is not an attribute of conditions"
            elif not isinstance(of, Name):
                yield from _problems(of, language, bound)
        case Call(function, of, arguments):
            yield from _call(function, of, arguments, language, bound)
        case Operation("in", _, Literal(str())):
            yield '`in` needs a list on its right, not a text: `x in ["a", "b"]`'
        case _:
            for child in _children(node):
                yield from _problems(child, language, bound)


def _path(node: Node, bound: frozenset[str]) -> str:
    """Return a name with its fields; empty for one that the expression itself binds, and for anything else."""
    path = dotted(node) or ""
    return "" if path.partition(".")[0] in bound else path


def _clash(node: Node) -> str | None:
    """Return why a comparison is refused: its sides have two known types, and CEL compares values of one type."""
    if not isinstance(node, Operation) or node.operator not in ("==", "!=", "<", "<=", ">", ">="):
        return None
    kinds = _type(node.left), _type(node.right)
    comparable = None in kinds or "null" in kinds or kinds[0] == kinds[1]
    return None if comparable else f"a part of it compares {kinds[0]} with {kinds[1]}"


def _call(
    function: str, of: Node | None, arguments: tuple[Node, ...], language: Language, bound: frozenset[str]
) -> Iterator[str]:
    known = function in _FUNCTIONS or function in _BINDING or (isinstance(of, Name) and of.name not in language.names)
    if not known:
        close = next((name for short, name in _CLOSE.items() if _alike(function.lower(), short)), None)
        meant = f"; did you mean `{close}`?" if close else ""
        yield f"`{function}` is not a function of conditions{meant}"
    if problem := _misused(function, of, arguments):
        yield problem
    inside = bound
    if function in _BINDING and of is not None:
        inside |= {argument.name for argument in arguments[:-1] if isinstance(argument, Name)}
        arguments = tuple(argument for argument in arguments if not isinstance(argument, Name))
    if of is not None:
        yield from _problems(of, language, bound)
    for argument in arguments:
        yield from _problems(argument, language, inside)


_TAKES = {
    **dict.fromkeys("startsWith endsWith contains matches extract hasTagKey hasTagKeyId hasOnly".split(), 1),
    **dict.fromkeys("matchTag matchTagId getAttribute".split(), 2),
}
"""Methods, with the number of their arguments."""


def _misused(function: str, of: Node | None, arguments: tuple[Node, ...]) -> str | None:
    """Return what is wrong with the arguments of a method."""
    takes = _TAKES.get(function)
    if takes is None:
        return None
    if of is None and (function != "matches" or len(arguments) != 2):
        return f"`{function}` is a method: `attribute.{function}(…)`"
    if of is not None and len(arguments) != takes:
        return f"`{function}` takes {'one argument' if takes == 1 else 'two arguments'}"
    pattern = arguments[-1]
    if function == "matches" and isinstance(pattern, Literal) and isinstance(pattern.value, str):
        return None if _is_pattern(pattern.value) else f"`{pattern.value}` is not a regular expression"
    return None


def _is_pattern(text: str) -> bool:
    import re2

    options = re2.Options()
    options.log_errors = False
    try:
        re2.compile(text, options)
    except re2.error:
        return False
    return True


def _logical(node: Node) -> tuple[Node, ...]:
    """Return the parts of an expression that must be true or false."""
    match node:
        case AllOf((_, _, *_) as parts) | AnyOf((_, _, *_) as parts):
            return parts
        case Not(of) | Choice(of, _, _):
            return (of,)
        case _:
            return ()


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
