"""Compares the spread of unknown values with a plan of Terraform's; `bench/console.py` records it."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from many import some
from test_console import ANSWERS as ANSWERED
from test_console import RECORDED, Module, answers, plain

from iamlint.documents.values import Lazy, SetOf, Value
from iamlint.hcl.functions.types import parts
from iamlint.unknown import Unknown, UnknownPart

UNKNOWN = "(unknown)"
ANSWERS = json.loads((RECORDED / "unknown.json").read_text(encoding="utf-8"))["answers"]

CERTAIN = {
    "local.text == local.text": "the same reference is the same text",
    '"x${local.text}" == "y"': "texts that begin differently are different",
    '"x${local.text}" != "yz"': "the same",
    '[local.text, 1] == ["a", 2]': "the second elements differ",
    "false && local.any": "a false side decides",
    "local.any && false": "the same",
    "true || local.any": "a true side decides",
    "local.any || true": "the same",
    'local.any ? "a" : "a"': "both sides are the same",
    "contains([local.text], local.text)": "the same reference is the same text",
    "alltrue([local.any, false])": "a false element decides",
    'substr("serviceAccount:${local.text}", 0, 14)': "the known beginning is long enough",
    'split(",", "a,${local.text}")[0]': "the first piece ends before the unknown part",
    'endswith("${local.text}@x.org", "@x.org")': "the known end decides",
    'endswith("${local.text}@x.org", "@y.org")': "the same",
    'strcontains("abc${local.text}", "b")': "a known part holds it",
    'regex("^a", "abc${local.text}")': "the known beginning decides",
    "jsondecode(jsonencode({ a = local.text, b = 1 })).b": "a structure stays with the text that it is encoded in",
    "yamldecode(yamlencode({ a = local.text, b = 1 })).b": "the same",
}
"""Where we know more than Terraform, and why that is certain."""
UNKNOWN_HERE = {
    "plantimestamp()": "another value at each run",
    "local.text == null": "iamlint does not know that an identifier is always there",
    "local.text == 1": "nor of which type it is",
    "local.text[*]": "the same",
    'flatten([["a"], [local.text]])': "the same",
    'formatlist("%s-%s", ["a", "b"], local.text)': "the same",
}
"""Where Terraform knows more, and why we do not."""
LOOSE = {
    'sort(["b", local.text])': {"b", "(unknown)"},
    'distinct(["a", "a", local.text])': {"a", "(unknown)"},
}
"""Where we have the elements, as a set that has no order and no length, and Terraform has nothing."""


def names() -> dict[str, Value]:
    def attribute(name: str) -> Value | None:
        if name == "triggers_replace":
            return Value(None)
        return Value(Unknown("known after apply", (UnknownPart(f"terraform_data.u.{name}"),)))

    instance = Value(Lazy("terraform_data.u", attribute, lambda: ("id", "input", "output", "triggers_replace")))
    return {"terraform_data": Value({"u": instance})}


@pytest.fixture(name="value", scope="module")
def _value() -> Any:
    return Module(names()).value


def _theirs(value: Any, unknown: Any) -> Any:
    match unknown:
        case True:
            return UNKNOWN
        case dict():
            return {key: _theirs((value or {}).get(key), unknown.get(key)) for key in {**(value or {}), **unknown}}
        case list():
            values = value or []
            return [_theirs(values[at] if at < len(values) else None, one) for at, one in enumerate(unknown)]
        case _:
            return value


def _ours(value: Value) -> Any:
    match value.data:
        case Unknown(reason=reason):
            assert reason
            return UNKNOWN
        case tuple() as items:
            return [_ours(item) for item in items]
        case SetOf(elements):
            return [_ours(item) for item in elements]
        case dict() as fields:
            return {key: _ours(item) for key, item in fields.items()}
        case Lazy() as lazy:
            return {name: _ours(lazy.attribute(name) or Value(None)) for name in lazy.names()}
        case _:
            return plain(value)


def _agrees(theirs: Any, ours: Any) -> bool:
    """Whether both are equal where both are known."""
    match theirs, ours:
        case dict(), dict():
            return theirs.keys() == ours.keys() and all(_agrees(theirs[key], ours[key]) for key in theirs)
        case list(), list():
            return len(theirs) == len(ours) and all(map(_agrees, theirs, ours))
        case _:
            return bool(theirs == ours)


@pytest.mark.parametrize("answer", ANSWERS, ids=lambda answer: answer["expression"])
def test_as_terraform_plans(answer: dict[str, Any], value: Any) -> None:
    expression = answer["expression"]
    theirs, ours = _theirs(answer["value"], answer["unknown"]), _ours(value(expression))
    if expression in CERTAIN:
        assert theirs == UNKNOWN
        assert ours != UNKNOWN
    elif expression in LOOSE:
        assert set(ours) == LOOSE[expression]
        for question in (f"length({expression})", f"{expression}[0]", f"reverse({expression})"):
            assert _ours(value(question)) == UNKNOWN
    elif expression in UNKNOWN_HERE:
        assert ours == UNKNOWN
    else:
        assert _agrees(theirs, ours), f"Terraform: {theirs}\niamlint:   {ours}"


# -- what is known stays true ------------------------------------------------------------------------------------------

_LITERAL = re.compile(r'"(?:[^"\\$]|\\.)*"|\[\]|\{\}|null|true')
_HOLED = ("u", '"x-${u}"', '"${u}.y"', '[u, "a"]', "{ a = u, b = 1 }", 'toset([u, "b"])', "[u]")
_TEXTS = ("a", "b", "", "1", "user:a@example.com", "é")


def _with_unknown_parts(count: int) -> list[str]:
    """Recorded expressions, each with one of its literals replaced by something with an unknown text in it.

    Without ``try()``: what it falls back to is another value, and we keep what is known of the first.
    """
    chance = random.Random(5)
    recorded = [answer["expression"] for path in ANSWERED for answer in answers(path)]
    found = []
    for expression in chance.choices([one for one in recorded if "try(" not in one], k=count):
        literals = list(_LITERAL.finditer(expression))
        if literals:
            at = chance.choice(literals)
            found.append(expression[: at.start()] + chance.choice(_HOLED) + expression[at.end() :])
    return found


def _consistent(known: Any, concrete: Any) -> bool:
    """Numbers and booleans may turn out to be texts if the other element is an unknown text."""
    match known, concrete:
        case "(unknown)", _:
            return True
        case dict(), dict():
            return known.keys() == concrete.keys() and all(_consistent(known[key], concrete[key]) for key in known)
        case list(), list():
            return len(known) == len(concrete) and all(map(_consistent, known, concrete))
        case _:
            return known == concrete or (isinstance(concrete, str) and json.dumps(known) == concrete)


def test_what_is_known_beside_an_unknown_text_is_so_for_every_text() -> None:
    unknown = Module({"u": Value(Unknown("later", (UnknownPart("x.y"),)))})
    concrete = [Module({"u": Value(text)}) for text in _TEXTS]
    compared, count = 0, some(350, 6_000)
    for expression in _with_unknown_parts(count):
        ours = unknown.value(expression)
        if any(isinstance(part.data, SetOf) for part in parts(ours)):
            continue  # its elements have no order
        for module in concrete:
            theirs = module.value(expression)
            if not ours.unknown and not theirs.unknown:
                compared += 1
                assert _consistent(_ours(ours), _ours(theirs)), expression
    assert compared > count / 3
