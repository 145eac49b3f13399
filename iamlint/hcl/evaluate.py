"""Evaluates expressions, in three values: an unknown part stays unknown, with its reason and its name.

What Terraform would refuse is also unknown, with the error; ``try`` and ``can`` distinguish the two.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Any

from iamlint.budget import Exhausted
from iamlint.documents.values import Key, Lazy, Part, Partial, SetOf, Value, first_named, key_value
from iamlint.hcl import native, syntax
from iamlint.hcl.access import as_given, attribute, elements, has_refused, if_any, index, is_refused
from iamlint.hcl.expressions import Expressions
from iamlint.hcl.for_results import by_key, grouped, single
from iamlint.hcl.functions.costs import LOOKS, cost_of_result, costs
from iamlint.hcl.functions.lookup import arity, function_of
from iamlint.hcl.functions.texts.assembly import Assembly
from iamlint.hcl.functions.types import (
    MOST_ELEMENTS,
    EvaluationError,
    UnknownResult,
    boolean,
    bounded_number,
    entries,
    items,
    number,
    parts,
    same,
    set_of,
    size,
    text,
    uncertain,
    weight,
)
from iamlint.hcl.lexer import ParseError
from iamlint.hcl.scope import Scope
from iamlint.hcl.walk import size_and_names, walk
from iamlint.location import Made, SourceText, Span
from iamlint.unknown import Unknown, UnknownPart

_ITEM = "\0item"
COMPARES = 4
"""Number of value comparisons per step."""
TEMPLATE_CHARACTERS = 4
"""Number of parsed template characters per step."""


def evaluate(expression: syntax.Expression, scope: Scope) -> Value:
    """Return the value of an expression; never raises for its content.

    A value without a place in a file (a computed attribute) is placed at the expression that first names it, and a
    value that a called module makes has two places: its own, and that of the expression that first names the output.
    """
    try:
        scope.budget.spend()
        value = _EVALUATORS[type(expression)](expression, scope)
        at = value.at
        if at is None or (type(at) is Made and at.named is None):
            return first_named(value, _span(expression, scope))
        return value
    except UnknownResult as error:
        return Value(error.why, _span(expression, scope))
    except EvaluationError as error:
        return Value(Unknown(f"Terraform would refuse it: {error}", refused=True), _span(expression, scope))
    except Exhausted:
        return Value(Unknown("it takes more steps than iamlint evaluates"), _span(expression, scope))
    except RecursionError:
        return Value(Unknown("expressions nested deeper than iamlint evaluates"), _span(expression, scope))


def _span(node: syntax.Node, scope: Scope) -> Span:
    return Span(scope.source, node.start, node.end)


def _literal(node: syntax.Literal, scope: Scope) -> Value:
    return Value(node.value if isinstance(node.value, bool | None) else bounded_number(node.value), _span(node, scope))


def _parentheses(node: syntax.Parentheses, scope: Scope) -> Value:
    return evaluate(node.inner, scope)


# -- names -------------------------------------------------------------------------------------------------------------


def _variable(node: syntax.Variable, scope: Scope) -> Value:
    found = scope.lookup(node.name)
    if found is None:
        unknown = Unknown(f"nothing here is named {node.name}", (UnknownPart(node.name),), refused=True)
        return Value(unknown, _span(node, scope))
    return found


def _item(_node: syntax.Item, scope: Scope) -> Value:
    return scope.lookup(_ITEM) or Value(None)


def _attribute(node: syntax.Attribute, scope: Scope) -> Value:
    value = evaluate(node.object, scope)
    if value.structure is None:  # most values: nothing is known in part
        return attribute(value, node.name)
    return _if_any(value, Value(node.name), scope) or attribute(value, node.name)


def _index(node: syntax.Index, scope: Scope) -> Value:
    collection, key = evaluate(node.collection, scope), evaluate(node.key, scope)
    return _if_any(collection, key, scope) or index(collection, key)


def _if_any(collection: Value, key: Value, scope: Scope) -> Value | None:
    """Return the only value that may be there. Within ``try`` and ``can`` an error is not the end."""
    _spend_parts(collection, scope)
    return None if scope.in_try else if_any(collection, key)


def _splat(node: syntax.Splat, scope: Scope) -> Value:
    source = evaluate(node.source, scope)
    match source.data:
        case Unknown() as why if source.partial and source.partial.kind != "map":
            _spend_parts(source, scope)
            each = source.partial.changed(lambda item: evaluate(node.each, scope.child({_ITEM: item})))
            return Value(Unknown(why.reason), source.at, replace(each, kind="list"))
        case Unknown() as why:
            raise UnknownResult(Unknown(why.reason, refused=why.refused))
        case None:
            return Value((), source.at)
        case tuple() | SetOf():
            found = items(source)
        case _:
            found = (source,)
    results = tuple(evaluate(node.each, scope.child({_ITEM: item})) for item in found)
    return Value(as_given(results, source), source.at)


# -- constructors ------------------------------------------------------------------------------------------------------


def _tuple(node: syntax.Tuple, scope: Scope) -> Value:
    return Value(tuple(evaluate(item, scope) for item in node.items), _span(node, scope))


def _object(node: syntax.Object, scope: Scope) -> Value:
    found: dict[str, Value] = {}
    for at, (key, value) in enumerate(node.items):
        name = _key(key, scope)
        if isinstance(name.data, Unknown) and not name.data.refused:
            return _partly_named(node, name.data, found, at, scope)
        found[Key.of(text(name), name.at)] = evaluate(value, scope)
    return Value(dict(sorted(found.items())), _span(node, scope))


def _key(key: syntax.Expression, scope: Scope) -> Value:
    if isinstance(key, syntax.Attribute | syntax.Index):
        raise EvaluationError("a reference as a key needs parentheses")
    return evaluate(key, scope)


def _partly_named(node: syntax.Object, why: Unknown, found: dict[str, Value], at: int, scope: Scope) -> Value:
    """Return an object with unknown keys, of which the items from a number on are not evaluated yet."""
    from iamlint.hcl.functions.partial import Entries, with_parts

    entries_ = Entries(scope.budget.spend)
    for name, value in found.items():
        entries_.put(Part(value, key_value(name)))
    for key, written in node.items[at:]:
        name_ = _key(key, scope)
        if not isinstance(name_.data, Unknown) or name_.data.refused:
            name_ = Value(text(name_), name_.at)
        entries_.put(Part(evaluate(written, scope), name_))
    return replace(with_parts(Unknown(why.reason), entries_.partial(open_=False)), at=_span(node, scope))


_ForExpression = syntax.ForTuple | syntax.ForObject | syntax.ForDirective


def _each(collection: Value, node: _ForExpression, scope: Scope) -> Iterable[Scope]:
    """Yield a scope for each element of a known collection. Raises UnknownResult for an unknown condition."""
    for inner, why in _rounds(collection, node, scope):
        if why is not None:
            raise UnknownResult(Unknown(why.reason))
        yield inner


def _rounds(collection: Value, node: _ForExpression, scope: Scope) -> Iterable[tuple[Scope, Unknown | None]]:
    """Yield a scope for each element, and why it may be left out: it may not exist, or the condition is unknown."""
    scope.budget.spend(weight(collection))
    _spend_parts(collection, scope)
    condition = None if isinstance(node, syntax.ForDirective) else node.condition
    for item_key, item, missing in elements(collection):
        scope.budget.spend()
        names = {node.value: item}
        if node.key:
            names[node.key] = item_key
        inner, why = scope.child(names), missing
        if condition is not None:
            wanted = evaluate(condition, inner)
            if isinstance(wanted.data, Unknown) and not wanted.data.refused:
                why = wanted.data
            elif not boolean(wanted):
                continue
        yield inner, why


def _for_tuple(node: syntax.ForTuple, scope: Scope) -> Value:
    collection = evaluate(node.collection, scope)
    doubt = collection.unknown if collection.partial else None
    found: list[Part] = []
    for inner, why in _rounds(collection, node, scope):
        found.append(Part(evaluate(node.result, inner), None, why is None))
        doubt = doubt or why
    if doubt is not None:
        return _partly(node, doubt, collection, "list", tuple(found), scope)
    results = tuple(part.value for part in found)
    return Value(set_of(results) if uncertain(collection) else results, _span(node, scope))


def _partly(
    node: syntax.Node, why: Unknown, collection: Value, kind: str, parts_: tuple[Part, ...], scope: Scope
) -> Value:
    """Return the result of a ``for`` that is known in part."""
    from iamlint.hcl.functions.partial import with_parts

    is_open = collection.partial is not None and collection.partial.open
    return replace(with_parts(Unknown(why.reason), Partial(kind, parts_, is_open)), at=_span(node, scope))


def _for_object(node: syntax.ForObject, scope: Scope) -> Value:
    collection = evaluate(node.collection, scope)
    doubt = collection.unknown if collection.partial else None
    found: list[Part] = []
    for inner, why in _rounds(collection, node, scope):
        name = evaluate(node.result_key, inner)
        is_open = isinstance(name.data, Unknown) and not name.data.refused
        key = name if is_open else Value(text(name), name.at)
        found.append(Part(evaluate(node.result, inner), key, why is None))
        doubt = doubt or why or (name.unknown if is_open else None)
    if doubt is not None:
        entries_ = by_key(found, doubt, grouped=node.grouped)
        return _partly(node, doubt, collection, "map", entries_, scope)
    return Value(grouped(found) if node.grouped else single(found), _span(node, scope))


# -- operators ---------------------------------------------------------------------------------------------------------


def _conditional(node: syntax.Conditional, scope: Scope) -> Value:
    """Both sides become one type, as in Terraform; a side that it would refuse counts only if it is chosen."""
    from iamlint.hcl.functions.unification import convert, type_of, unify

    condition = evaluate(node.condition, scope)
    if isinstance(condition.data, Unknown):
        return _either(node, condition.data, scope)
    chosen, other = (node.then, node.otherwise) if boolean(condition) else (node.otherwise, node.then)
    value, beside = evaluate(chosen, scope), evaluate(other, scope)
    if is_refused(beside):
        _declared(other, scope)
    if isinstance(value.data, Lazy | Unknown | None):
        return value
    scope.budget.spend((size(value) + size(beside)) // LOOKS)
    wanted = unify((type_of(value), type_of(beside)))
    if wanted is None:
        raise EvaluationError("the two sides of the condition have no type in common")
    return convert(value, wanted)


def _either(node: syntax.Conditional, why: Unknown, scope: Scope) -> Value:
    """If the condition is unknown, only what both sides have in common is known, and which elements are possible."""
    then, otherwise = evaluate(node.then, scope), evaluate(node.otherwise, scope)
    try:
        if not isinstance(then.data, Lazy) and same(then, otherwise):
            return then
    except UnknownResult:
        pass
    if not why.refused:
        from iamlint.hcl.functions.either import either, size_in_part

        scope.budget.spend((size_in_part(then) + size_in_part(otherwise)) // LOOKS)
        found = either(then, otherwise, Unknown(why.reason))
        if found is not None:
            return replace(found, at=_span(node, scope))
    raise UnknownResult(Unknown(why.reason, refused=why.refused))


def _binary(node: syntax.Binary, scope: Scope) -> Value:
    from iamlint.hcl.operators import operated

    left, right = evaluate(node.left, scope), evaluate(node.right, scope)
    scope.budget.spend(min(size(left), size(right)) // COMPARES)
    found = Value(operated(node.operator, left, right), _span(node, scope))
    if isinstance(found.data, Decimal):
        scope.budget.spend(weight(found))
    return found


def _unary(node: syntax.Unary, scope: Scope) -> Value:
    value = evaluate(node.operand, scope)
    if node.operator == "!":
        return Value(not boolean(value), _span(node, scope))
    found = number(value)
    return Value(-found if found else Decimal("-0"), _span(node, scope))


# -- templates ---------------------------------------------------------------------------------------------------------


def _template(node: syntax.Template, scope: Scope) -> Value:
    part = node.parts[0] if len(node.parts) == 1 else None
    if isinstance(part, syntax.Interpolation):
        return evaluate(part.expression, scope)
    if isinstance(part, syntax.Text) and len(part.value) < 100 and part.value.isascii():  # which takes no step
        return Value(part.value, _span(node, scope))
    rendered = Assembly()
    _render(node.parts, scope, rendered)
    found = Value(rendered.data(), _span(node, scope))
    scope.budget.spend(weight(found))
    return found


def _render(template: Iterable[syntax.TemplatePart], scope: Scope, into: Assembly) -> None:
    for part in template:
        match part:
            case syntax.Text(value=value):
                into.add(value)
            case syntax.Interpolation(expression=expression):
                into.add_value(evaluate(expression, scope))
            case syntax.IfDirective(condition=condition, then=then, otherwise=otherwise):
                _render(then if boolean(evaluate(condition, scope)) else otherwise, scope, into)
            case syntax.ForDirective(collection=collection, body=body):
                for inner in _each(evaluate(collection, scope), part, scope):
                    _render(body, inner, into)


# -- calls -------------------------------------------------------------------------------------------------------------


def _call(node: syntax.Call, scope: Scope) -> Value:
    name = node.name.removeprefix("core::")
    match name:
        case "try":
            return _try(node, scope)
        case "can":
            return _can(node, scope)
        case "provider::terraform::decode_tfvars":
            return _decoded_variables(_arguments(node, scope), scope)
        case "templatefile" | "templatestring":
            return _rendered(node, scope)
        case _:
            return _applied(name, _arguments(node, scope), node, scope)


def _arguments(node: syntax.Call, scope: Scope) -> list[Value]:
    found = [evaluate(argument, scope) for argument in node.arguments]
    return [*found[:-1], *items(found[-1])] if node.expand else found


def _applied(name: str, arguments: list[Value], node: syntax.Call, scope: Scope) -> Value:
    function, reading = function_of(name)
    if function is None and reading is None:
        raise UnknownResult(Unknown(f"iamlint does not evaluate the function {name}()"))
    for argument in arguments:
        if isinstance(argument.data, Unknown) and argument.data.refused:
            raise UnknownResult(Unknown(argument.data.reason, refused=True))
    called = function or reading
    given: list[Any] = arguments if reading is None else [scope.files.within(scope.budget), *arguments]
    least, most = arity(called)
    if not least <= len(given) <= most:
        raise EvaluationError(f"{name}() with {len(arguments)} arguments")
    for steps in costs(name, arguments):
        scope.budget.spend(steps)
    try:
        result = called(*given)  # type: ignore[misc]  # one of the two is there: the name is known
    except UnknownResult as error:
        certain = None if error.why.refused else _certain_result(name, arguments, error.why, scope)
        if certain is None:
            raise
        return replace(certain, at=certain.at or _span(node, scope))
    found = result if isinstance(result, Value) else Value(result)
    scope.budget.spend(cost_of_result(found))
    if isinstance(found.data, tuple | dict) and len(found.data) > MOST_ELEMENTS:
        raise UnknownResult(Unknown("a collection larger than iamlint evaluates"))
    return found if found.at else Value(found.data, _span(node, scope), found.structure)


def _certain_result(name: str, arguments: list[Value], why: Unknown, scope: Scope) -> Value | None:
    from iamlint.hcl.functions.partial import result

    for argument in arguments:
        _spend_parts(argument, scope)
    return result(name, arguments, why, scope.budget.spend)


def _spend_parts(value: Value, scope: Scope) -> None:
    """Spend the steps for looking at the elements of a partly known collection."""
    if value.partial is not None:
        unknown_keys = sum(1 for part in value.partial.parts if part.key and part.key.unknown)
        scope.budget.spend(len(value.partial.parts) // LOOKS + unknown_keys)


def _can(node: syntax.Call, scope: Scope) -> Value:
    if len(node.arguments) != 1:
        raise EvaluationError("can() takes one argument")
    return Value(not has_refused(evaluate(node.arguments[0], _declared_in_try(node, scope))), _span(node, scope))


def _declared_in_try(node: syntax.Call, scope: Scope) -> Scope:
    """Check the names in a ``try`` or ``can``, and return the scope of its arguments.

    Nested ones are checked with the outer one.
    """
    if scope.in_try:
        return scope
    _declared(node, scope)
    return scope.in_a_try()


def _declared(node: syntax.Node, scope: Scope) -> None:
    """Undeclared names are an error before evaluation, even within ``try`` and ``can``."""
    size, names = size_and_names(node)
    scope.budget.spend(size // 3)
    for root, name in names:
        found = scope.lookup(root)
        if found and isinstance(found.data, Lazy) and not found.data.declares(name):
            raise EvaluationError(f"{root}.{name} is not declared")


def _try(node: syntax.Call, scope: Scope) -> Value:
    inside = _declared_in_try(node, scope)
    for argument in node.arguments:
        value = evaluate(argument, inside)
        if not any(is_refused(part) for part in parts(value)):
            return value
    raise EvaluationError("no argument of try() succeeds")


def _rendered(node: syntax.Call, scope: Scope) -> Value:
    """``templatefile(path, vars)`` and ``templatestring(text, vars)``."""
    arguments = _arguments(node, scope)
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


def _decoded_variables(arguments: list[Value], scope: Scope) -> Value:
    """``provider::terraform::decode_tfvars(text)``."""
    if len(arguments) != 1:
        raise EvaluationError("decode_tfvars() takes one argument")
    file = native.read(SourceText("decode_tfvars", text(arguments[0])))
    if file.errors or file.body.blocks or any(isinstance(part, syntax.Call) for part in walk(file.body)):
        raise EvaluationError("this is not a file of variables")
    inside = Scope(file.source, lambda _name: None, budget=scope.budget)
    found = {name: evaluate(argument.expression, inside) for name, argument in sorted(file.body.arguments.items())}
    from iamlint.hcl.functions.texts.encoding import decoded_value

    return Value(decoded_value(Value(found), placed=False).data, arguments[0].at)


_REFERENCES = (syntax.Variable, syntax.Attribute, syntax.Index)
_Evaluator = Callable[[Any, Scope], Value]
_EVALUATORS: dict[type[syntax.Node], _Evaluator] = {
    syntax.Literal: _literal,
    syntax.Template: _template,
    syntax.Variable: _variable,
    syntax.Attribute: _attribute,
    syntax.Index: _index,
    syntax.Item: _item,
    syntax.Splat: _splat,
    syntax.Call: _call,
    syntax.Tuple: _tuple,
    syntax.Object: _object,
    syntax.ForTuple: _for_tuple,
    syntax.ForObject: _for_object,
    syntax.Conditional: _conditional,
    syntax.Binary: _binary,
    syntax.Unary: _unary,
    syntax.Parentheses: _parentheses,
}
