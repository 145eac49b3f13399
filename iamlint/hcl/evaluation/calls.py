"""Calls of functions; `iamlint.hcl.evaluation.evaluate` loads them at the first one."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from iamlint.documents.values import Data, Value
from iamlint.hcl import syntax
from iamlint.hcl.evaluation.access import has_refused
from iamlint.hcl.evaluation.shared import by_cases, check_declared, span_of, spend_parts
from iamlint.hcl.functions.costs import LOOKS, cost_of_result, costs
from iamlint.hcl.functions.lookup import arity, function_of
from iamlint.hcl.functions.types import (
    MOST_ELEMENTS,
    EvaluationError,
    UnknownResult,
    entries,
    items,
    parts,
    size,
    text,
)
from iamlint.hcl.reading import native
from iamlint.hcl.reading.expressions import Expressions
from iamlint.hcl.reading.lexer import ParseError
from iamlint.hcl.scope import Scope
from iamlint.hcl.walk import walk
from iamlint.location import SourceText
from iamlint.unknown import Unknown

TEMPLATE_CHARACTERS = 4
"""Number of parsed template characters per step."""
_REFERENCES = (syntax.Variable, syntax.Attribute, syntax.Index)


Evaluate = Callable[[syntax.Expression, Scope], Value]


def called(node: syntax.Call, scope: Scope, evaluate: Evaluate) -> Value:
    """Return the value of a call."""
    name = node.name.removeprefix("core::")
    match name:
        case "try":
            return _try(node, scope, evaluate)
        case "can":
            return _can(node, scope, evaluate)
        case "provider::terraform::decode_tfvars":
            return _decoded_variables(_arguments(node, scope, evaluate), scope, evaluate)
        case "templatefile" | "templatestring":
            return _rendered(node, scope, evaluate)
        case _:
            return _applied(name, _arguments(node, scope, evaluate), node, scope)


def _arguments(node: syntax.Call, scope: Scope, evaluate: Evaluate) -> list[Value]:
    found = [evaluate(argument, scope) for argument in node.arguments]
    return [*found[:-1], *items(found[-1])] if node.expand else found


def _applied(name: str, arguments: list[Value], node: syntax.Call, scope: Scope) -> Value:
    function, reading = function_of(name)
    called = function or reading
    if called is None:
        raise UnknownResult(Unknown(f"iamlint does not evaluate the function {name}()"))
    for argument in arguments:
        if isinstance(argument.data, Unknown) and argument.data.refused:
            raise UnknownResult(Unknown(argument.data.reason, refused=True))
    given: list[Any] = arguments if reading is None else [scope.files.within(scope.budget), *arguments]
    least, most = arity(called)
    if not least <= len(given) <= most:
        raise EvaluationError(f"{name}() with {len(arguments)} arguments")
    for steps in costs(name, arguments):
        scope.budget.spend(steps)
    decided = None
    if reading is None and any([one.structure is not None for one in arguments]):  # noqa: C419  # a list is faster
        decided = by_cases(partial(_of_case, called, name, scope), arguments, scope)
    try:
        result = called(*given) if decided is None else decided
    except UnknownResult as error:
        certain = None if error.why.refused else _certain_result(name, arguments, error.why, scope)
        if certain is None:
            raise
        return replace(certain, at=certain.at or span_of(node, scope))
    found = _value(result)
    scope.budget.spend(cost_of_result(found))
    if isinstance(found.data, tuple | dict) and len(found.data) > MOST_ELEMENTS:
        raise UnknownResult(Unknown("a collection larger than iamlint evaluates"))
    return found if found.at else Value(found.data, span_of(node, scope), found.structure)


def _of_case(called: Callable[..., Data | Value], name: str, scope: Scope, given: list[Value]) -> Value:
    """Return the result for one of several possible lists of arguments."""
    for steps in costs(name, given):
        scope.budget.spend(steps)
    found = _value(called(*given))
    scope.budget.spend(1 + cost_of_result(found))
    return found


def _value(result: Data | Value) -> Value:
    return result if isinstance(result, Value) else Value(result)


def _certain_result(name: str, arguments: list[Value], why: Unknown, scope: Scope) -> Value | None:
    from iamlint.hcl.functions.either import chosen
    from iamlint.hcl.functions.partial import result

    for argument in arguments:
        spend_parts(argument, scope)
    scope.budget.spend(sum(map(size, arguments)) // LOOKS)
    return result(name, arguments, why, scope.budget.spend) or chosen(name, arguments, Unknown(why.reason))


def _can(node: syntax.Call, scope: Scope, evaluate: Evaluate) -> Value:
    if len(node.arguments) != 1:
        raise EvaluationError("can() takes one argument")
    inside = _declared_in_try(node, scope)
    return Value(not has_refused(evaluate(node.arguments[0], inside)), span_of(node, scope))


def _declared_in_try(node: syntax.Call, scope: Scope) -> Scope:
    """Check the names in a ``try`` or ``can``, and return the scope of its arguments.

    Nested ones are checked with the outer one.
    """
    if scope.in_try:
        return scope
    check_declared(node, scope)
    return scope.in_a_try()


def _try(node: syntax.Call, scope: Scope, evaluate: Evaluate) -> Value:
    inside = _declared_in_try(node, scope)
    found: list[tuple[syntax.Expression, Value]] = []
    for argument in node.arguments:
        value = evaluate(argument, inside)
        unknowns = [part.data for part in parts(value) if isinstance(part.data, Unknown)]
        if any(why.refused for why in unknowns):
            continue
        found.append((argument, value))
        if not unknowns or not isinstance(value.data, Unknown) or _never_fails(argument, inside, evaluate):
            break
    if not found:
        raise EvaluationError("no argument of try() succeeds")
    first = found[0][1]
    if len(found) == 1:
        return first
    return _first_of(first, [_if_it_succeeds(argument, value, scope, evaluate) for argument, value in found])


def _if_it_succeeds(argument: syntax.Expression, value: Value, scope: Scope, evaluate: Evaluate) -> Value:
    """Return the value that a reference has if it is none that Terraform refuses: that of the only instance.

    Calls are not evaluated twice, since they may contain other ``try``.
    """
    if value.unknown is None or scope.in_try or any(isinstance(part, syntax.Call) for part in walk(argument)):
        return value
    exact = evaluate(argument, scope)
    return value if isinstance(exact.data, Unknown) and exact.data.refused else exact


def _never_fails(argument: syntax.Expression, inside: Scope, evaluate: Evaluate) -> bool:
    """Whether an expression has a value, even if that is not known: a variable, a local value, or an attribute of an
    object that certainly exists, such as the e-mail of the only instance.
    """
    root = argument.object if isinstance(argument, syntax.Attribute) else argument
    if isinstance(root, syntax.Variable):
        return root is argument or root.name in ("local", "var")
    if root is argument or any(isinstance(part, syntax.Call) for part in walk(root)):
        return False
    return not isinstance(evaluate(root, inside).data, Unknown)


def _first_of(first: Value, found: list[Value]) -> Value:
    """Return the first of several values, with all that it may be: whether Terraform can evaluate it is not known.

    If all others are empty, nothing else than the first one can be meant.
    """
    from iamlint.hcl.functions.either import one_of_texts, text_of_any

    why = first.data
    options = one_of_texts(found)
    if not options or not isinstance(why, Unknown) or not why.parts:
        return first
    filled = [one.data for one in found if one.data != ""]
    return Value(text_of_any(filled, why) if len(filled) > 1 else why, first.at, options)


def _rendered(node: syntax.Call, scope: Scope, evaluate: Evaluate) -> Value:
    """``templatefile(path, vars)`` and ``templatestring(text, vars)``."""
    arguments = _arguments(node, scope, evaluate)
    if len(arguments) != 2 or scope.in_template:
        raise EvaluationError(f"{node.name}() takes two arguments, and not within a template")
    if node.name == "templatestring" and not isinstance(node.arguments[0], _REFERENCES):
        raise EvaluationError("templatestring() renders only what an expression refers to")
    given, names = arguments
    from iamlint.hcl.functions.filesystem.files import read_text
    from iamlint.hcl.functions.filesystem.paths import named

    shown = named(scope.files, given) if node.name == "templatefile" else text(given)
    content = read_text(scope.files, shown) if node.name == "templatefile" else shown
    source = SourceText(shown if node.name == "templatefile" else node.name, content)
    variables: Mapping[str, Value] = entries(names)
    wrong = next((name for name in variables if not re.fullmatch(r"[^\W\d_][\w-]*", name)), None)
    if wrong is not None:
        raise EvaluationError(f"{wrong!r} is not a valid name for a template's variable")
    scope.budget.spend(len(content) // TEMPLATE_CHARACTERS)
    try:
        template = Expressions(content).bare_template()
    except ParseError as error:
        raise EvaluationError(f"the template is not valid: {error.unreadable(source).reason}") from error
    value = evaluate(template, Scope(source, variables.get, scope.files, in_template=True, budget=scope.budget))
    return Value(value.data, given.at, value.structure)


def _decoded_variables(arguments: list[Value], scope: Scope, evaluate: Evaluate) -> Value:
    """``provider::terraform::decode_tfvars(text)``."""
    if len(arguments) != 1:
        raise EvaluationError("decode_tfvars() takes one argument")
    file = native.read(SourceText("decode_tfvars", text(arguments[0])))
    if file.errors or file.body.blocks or any(isinstance(part, syntax.Call) for part in walk(file.body)):
        raise EvaluationError("this is not a file of variables")
    inside = Scope(file.source, lambda _name: None, budget=scope.budget)
    found = {name: evaluate(argument.expression, inside) for name, argument in sorted(file.body.arguments.items())}
    from iamlint.hcl.functions.texts.encoding import decoded_value

    return Value(decoded_value(Value(found)).data, arguments[0].at)
