"""Evaluates expressions, in three values: an unknown part stays unknown, with its reason and its name.

What Terraform would refuse is also unknown, with the error; ``try`` and ``can`` distinguish the two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from typing import Any

from iamlint.budget import Exhausted
from iamlint.documents.values import Key, Lazy, Part, Partial, SetOf, Value, first_named, key_value
from iamlint.hcl import syntax
from iamlint.hcl.evaluation.access import as_given, attribute, elements, if_any, index, is_refused
from iamlint.hcl.evaluation.shared import by_cases, check_declared, span_of, spend_parts
from iamlint.hcl.functions.costs import LOOKS
from iamlint.hcl.functions.texts.assembly import Assembly
from iamlint.hcl.functions.types import (
    EvaluationError,
    UnknownResult,
    boolean,
    bounded_number,
    items,
    number,
    same,
    set_of,
    size,
    text,
    uncertain,
    weight,
    whole,
)
from iamlint.hcl.scope import Scope
from iamlint.location import Made
from iamlint.unknown import Unknown, UnknownPart

_ITEM = "\0item"
COMPARES = 4
"""Number of value comparisons per step."""


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
            return first_named(value, span_of(expression, scope))
        return value
    except UnknownResult as error:
        return Value(error.why, span_of(expression, scope))
    except EvaluationError as error:
        return Value(Unknown(f"Terraform would refuse it: {error}", refused=True), span_of(expression, scope))
    except Exhausted:
        return Value(Unknown("it takes more steps than iamlint evaluates"), span_of(expression, scope))
    except RecursionError:
        return Value(Unknown("expressions nested deeper than iamlint evaluates"), span_of(expression, scope))


def _literal(node: syntax.Literal, scope: Scope) -> Value:
    found = node.value if isinstance(node.value, bool | None) else bounded_number(node.value)
    return Value(found, span_of(node, scope))


def _parentheses(node: syntax.Parentheses, scope: Scope) -> Value:
    return evaluate(node.inner, scope)


# -- names -------------------------------------------------------------------------------------------------------------


def _variable(node: syntax.Variable, scope: Scope) -> Value:
    found = scope.lookup(node.name)
    if found is None:
        unknown = Unknown(f"nothing here is named {node.name}", (UnknownPart(node.name),), refused=True)
        return Value(unknown, span_of(node, scope))
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
    found = _if_any(collection, key, scope)
    if found is None and isinstance(key.data, Unknown) and isinstance(collection.data, dict | tuple):
        found = _entry(collection, key, key.data, scope)
    if found is None and collection.partial and collection.partial.kind == "list" and not scope.in_try:
        return _listed(collection, key)
    return found or index(collection, key)


def _listed(collection: Value, key: Value) -> Value:
    """Return the element of a list that is known in part: unknown, with those that it may be."""
    from iamlint.hcl.functions.either import may_be_among

    try:
        found = index(collection, key)
    except UnknownResult as error:
        found = Value(error.why)
    return may_be_among(found, collection)


def _entry(collection: Value, key: Value, why: Unknown, scope: Scope) -> Value | None:
    """Return what is certain of the element under an unknown key; within ``try`` and ``can`` there may be none."""
    from iamlint.hcl.functions.either import entry_of

    if scope.in_try or why.refused:
        return None
    scope.budget.spend(size(collection) // LOOKS)
    found = entry_of(collection, key, Unknown(why.reason))
    return None if found is None else Value(found.data, found.at, found.structure)


def _if_any(collection: Value, key: Value, scope: Scope) -> Value | None:
    """Return the only value that may be there. Within ``try`` and ``can`` an error is not the end."""
    spend_parts(collection, scope)
    return None if scope.in_try else if_any(collection, key)


def _splat(node: syntax.Splat, scope: Scope) -> Value:
    source = evaluate(node.source, scope)
    match source.data:
        case Unknown() as why if source.partial and source.partial.kind != "map":
            spend_parts(source, scope)
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
    return Value(tuple(evaluate(item, scope) for item in node.items), span_of(node, scope))


def _object(node: syntax.Object, scope: Scope) -> Value:
    found: dict[str, Value] = {}
    for at, (key, value) in enumerate(node.items):
        name = _key(key, scope)
        if isinstance(name.data, Unknown) and not name.data.refused:
            return _partly_named(node, name.data, found, at, scope)
        found[Key.of(text(name), name.at)] = evaluate(value, scope)
    return Value(dict(sorted(found.items())), span_of(node, scope))


def _key(key: syntax.Expression, scope: Scope) -> Value:
    if isinstance(key, syntax.Attribute | syntax.Index):
        raise EvaluationError("a reference as a key needs parentheses")
    return evaluate(key, scope)


def _partly_named(node: syntax.Object, why: Unknown, found: dict[str, Value], at: int, scope: Scope) -> Value:
    """Return an object with unknown keys; its items from a number on are not evaluated yet."""
    from iamlint.hcl.functions.partial import Entries, with_parts

    entries_ = Entries(scope.budget.spend)
    for name, value in found.items():
        entries_.put(Part(value, key_value(name)))
    for key, written in node.items[at:]:
        name_ = _key(key, scope)
        if not isinstance(name_.data, Unknown) or name_.data.refused:
            name_ = Value(text(name_), name_.at)
        entries_.put(Part(evaluate(written, scope), name_))
    return replace(with_parts(Unknown(why.reason), entries_.partial(open_=False)), at=span_of(node, scope))


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
    spend_parts(collection, scope)
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
    return Value(set_of(results) if uncertain(collection) else results, span_of(node, scope))


def _partly(
    node: syntax.Node, why: Unknown, collection: Value, kind: str, parts_: tuple[Part, ...], scope: Scope
) -> Value:
    """Return the result of a ``for`` that is known in part."""
    from iamlint.hcl.functions.partial import with_parts

    is_open = collection.partial is not None and collection.partial.open
    return replace(with_parts(Unknown(why.reason), Partial(kind, parts_, is_open)), at=span_of(node, scope))


def _for_object(node: syntax.ForObject, scope: Scope) -> Value:
    from iamlint.hcl.evaluation.for_results import by_key, grouped, single

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
        if scope.in_try and not node.grouped:  # two keys may be the same, which is an error
            entries_ = tuple(replace(part, sure=False) for part in entries_)
        return _partly(node, doubt, collection, "map", entries_, scope)
    return Value(grouped(found) if node.grouped else single(found), span_of(node, scope))


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
        check_declared(other, scope)
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
            return replace(found, at=span_of(node, scope))
    raise UnknownResult(Unknown(why.reason, refused=why.refused))


def _binary(node: syntax.Binary, scope: Scope) -> Value:
    from iamlint.hcl.evaluation.operators import operated

    left, right = evaluate(node.left, scope), evaluate(node.right, scope)
    scope.budget.spend(min(size(left), size(right)) // COMPARES)
    decided = None
    if left.structure is not None or right.structure is not None:
        decided = by_cases(lambda given: Value(operated(node.operator, *given)), [left, right], scope)
    found = Value(operated(node.operator, left, right) if decided is None else decided.data, span_of(node, scope))
    if isinstance(found.data, Decimal):
        scope.budget.spend(weight(found))
    return found


def _unary(node: syntax.Unary, scope: Scope) -> Value:
    value = evaluate(node.operand, scope)
    if node.operator == "!":
        return Value(not boolean(value), span_of(node, scope))
    negated = Decimal(number(value)).copy_negate()  # the operator would round it to 28 digits
    return Value(whole(negated) if negated else negated, span_of(node, scope))


# -- templates ---------------------------------------------------------------------------------------------------------


def _template(node: syntax.Template, scope: Scope) -> Value:
    part = node.parts[0] if len(node.parts) == 1 else None
    if isinstance(part, syntax.Interpolation):
        return evaluate(part.expression, scope)
    if isinstance(part, syntax.Text) and len(part.value) < 100 and part.value.isascii():  # which takes no step
        return Value(part.value, span_of(node, scope))
    rendered = Assembly()
    _render(node.parts, scope, rendered)
    made = rendered.value()
    found = Value(made.data, span_of(node, scope), made.structure)
    scope.budget.spend(weight(found))
    return found


def _render(template: Iterable[syntax.TemplatePart], scope: Scope, into: Assembly) -> None:
    for part in template:
        match part:
            case syntax.Text(value=value):
                into.add(value)
            case syntax.Interpolation(expression=expression):
                shown = evaluate(expression, scope)
                if shown.data is None and isinstance(expression, syntax.Attribute) and _is_variable(expression):
                    raise EvaluationError(f"var.{expression.name} is null in a string")
                into.add_value(shown)
            case syntax.IfDirective(condition=condition, then=then, otherwise=otherwise):
                wanted = evaluate(condition, scope)
                if isinstance(wanted.data, Unknown) and not wanted.data.refused:
                    into.add_value(_either_text(then, otherwise, Unknown(wanted.data.reason), scope))
                else:
                    _render(then if boolean(wanted) else otherwise, scope, into)
            case syntax.ForDirective(collection=collection, body=body):
                for inner in _each(evaluate(collection, scope), part, scope):
                    _render(body, inner, into)


def _is_variable(node: syntax.Attribute) -> bool:
    return isinstance(node.object, syntax.Variable) and node.object.name == "var"


def _either_text(
    then: Iterable[syntax.TemplatePart], otherwise: Iterable[syntax.TemplatePart], why: Unknown, scope: Scope
) -> Value:
    """Return a text that is one of two."""
    from iamlint.hcl.functions.either import any_of

    sides: list[Value] = []
    for side in (then, otherwise):
        rendered = Assembly()
        try:
            _render(side, scope, rendered)
        except EvaluationError:
            raise UnknownResult(why) from None
        sides.append(rendered.value())
    return any_of(sides, why) or Value(why)


def _call(node: syntax.Call, scope: Scope) -> Value:
    from iamlint.hcl.evaluation.calls import called

    return called(node, scope, evaluate)


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
