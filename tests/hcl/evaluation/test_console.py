"""Compares expressions with the recorded answers of `terraform console`; `bench/console.py` records them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from decimal import Decimal
from functools import cache, lru_cache
from pathlib import Path
from typing import Any

import pytest

from iamlint.documents.values import Lazy, List, Map, SetOf, Value
from iamlint.hcl.evaluation.constraints import ANY, convert, read_constraint
from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.hcl.functions.types import parts
from iamlint.hcl.reading import native
from iamlint.hcl.scope import MOST_STEPS, Budget, Files, Scope
from iamlint.hcl.syntax import Expression, File
from iamlint.location import SourceText, Unreadable
from iamlint.unknown import Unknown

RECORDED = Path(__file__).parents[3] / "testdata" / "console"
MODULE = RECORDED / "module"
ANSWERS = sorted((RECORDED / "answers").glob("*.json"))

MAY_BE_UNKNOWN = {
    "abspath(": "depends on where Terraform runs",
    "base64gzip(": "another compressor writes other bytes",
    "bcrypt(": "salted with random bytes",
    "ephemeralasnull(": "what is ephemeral is not followed",
    "issensitive(": "what is sensitive is not followed",
    'file("nope.txt")': "a file that is not there now may be when Terraform runs",
    '"files/none.txt"': "the same",
    '"templates/none.tftpl"': "the same",
    'pathexpand("~': "depends on where Terraform runs",
    "provider::terraform::encode": "would need a writer of Terraform's language with its alignment",
    "timestamp()": "another value at each run",
    "uuid()": "another value at each run",
    '"::ffff:': "what Terraform makes of IPv4 within IPv6 is an accident of its arithmetic",
    "-1, 0)": "cidrsubnet() with negative numbers goes beyond its range, by accident",
    ", 4, -1)": "the same",
    "null] == [": "the type of a null within is not followed",
    "=null} == {": "the same",
    "tolist([]) == ": "the type of what would be in an empty list is not followed",
    "1 / 0": "infinity is no number of ours",
    "2001-12-14t21": "times are read as dates only",
    "9999-12-31T23": "times beyond the year 9999",
}
"""Where the answer may be unknown although Terraform has one: a part of the expression, and why."""


UNTYPED = {
    'coalesce(tomap({ a = ["x"] }), tostring(null))',
    "coalesce(true, tostring(null))",
    'coalescelist(null, ["b"])',
    "distinct([[null], null])",
    "distinct([tolist([[1]]), null])",
    "distinct([tostring(null), tolist([])])",
    "distinct([{ a = [1] }, tostring(null)])",
    "false ? tostring(null) : [{ a = 1 }]",
    "false ? tostring(null) : tolist([1])",
    "false ? tostring(null) : tomap({ a = 1 })",
    "false ? var.list_of_objects : tostring(null)",
    'formatlist("%v-%v", ["a"], [null])',
    'formatlist("%v-%v", var.list_of_objects, tostring(null))',
    'tolist([tomap({ a = "x", c = "y" }), null])',
    'tomap({ x = toset([["a"]]), y = tostring(null) })',
    "tomap({ x = tostring(null), y = var.map_of_objects })",
    "toset([[[1]], toset([])])",
    "toset([null, [1]])",
    "toset([tolist([]), tolist([[1]])])",
    "toset([tomap({}), { a = { b = 1 } }])",
    "true ? true : tostring(null)",
}
"""Null and empty collections have no type here: whether Terraform accepts them together with other values may differ,
and whether it converts those to texts.
"""


@cache
def answers(path: Path) -> list[dict[str, Any]]:
    """The expressions of a file, each with Terraform's value and its type, or its error."""
    found: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["answers"]
    return found


@cache
def _read(name: str) -> File:
    return native.read(SourceText(name, (MODULE / name).read_text(encoding="utf-8")))


@lru_cache(maxsize=1)
def _expression(text: str) -> tuple[SourceText, Expression | Unreadable]:
    """Parse an expression, which one module after another evaluates."""
    source = SourceText("expression", text)
    return source, native.read_expression(source)


class Module:
    """The names of the recorded module: its locals, and its variables at their defaults."""

    def __init__(self, names: dict[str, Value] | None = None) -> None:
        main, variables = _read("main.tf"), _read("variables.tf")
        self.locals = {k: a.expression for b in main.body.blocks_of("locals") for k, a in b.body.arguments.items()}
        self.variables = {block.label(0): block.body.arguments for block in variables.body.blocks_of("variable")}
        self.files = Files((MODULE.resolve(),), MODULE.resolve())
        self.main, self.declared = main.source, variables.source
        self.names = names or {}
        self.known: dict[tuple[str, str], Value | None] = {}

    def lookup(self, name: str) -> Value | None:
        match name:
            case "local":
                return Value(Lazy("local", lambda one: self._once(name, one, self._local), lambda: self.locals))
            case "var":
                return Value(Lazy("var", lambda one: self._once(name, one, self._variable), lambda: self.variables))
            case "path":
                return Value({"cwd": Value("/somewhere"), "module": Value("."), "root": Value(".")})
            case "terraform":
                return Value({"workspace": Value("default")})
            case _:
                return self.names.get(name)

    def _once(self, kind: str, name: str, value: Callable[[str], Value | None]) -> Value | None:
        if (kind, name) not in self.known:
            self.known[kind, name] = value(name)
        return self.known[kind, name]

    def _local(self, name: str) -> Value | None:
        found = self.locals.get(name)
        return evaluate(found, Scope(self.main, self.lookup, self.files)) if found else None

    def _variable(self, name: str) -> Value | None:
        arguments = self.variables.get(name)
        if arguments is None:
            return None
        constraint = read_constraint(arguments["type"].expression, self.declared) if "type" in arguments else ANY
        scope = Scope(self.declared, self.lookup, self.files)
        return convert(evaluate(arguments["default"].expression, scope), constraint)

    def value(self, expression: str, steps: int = MOST_STEPS) -> Value:
        """Return our value of an expression; a syntax error is a refusal."""
        source, node = _expression(expression)
        if isinstance(node, Unreadable):
            return Value(Unknown(node.reason, refused=True))
        return evaluate(node, Scope(source, self.lookup, self.files, budget=Budget(steps)))


@cache
def ours(path: Path) -> list[Value]:
    """Our values of the expressions of a file."""
    module = Module()
    return [module.value(one["expression"]) for one in answers(path)]


def plain(value: Value) -> Any:
    """A known value in the form of JSON."""
    match value.data:
        case Decimal() as number:
            return int(number) if number == number.to_integral_value() else float(number)
        case tuple() | SetOf() as found:
            return [plain(item) for item in (found.elements if isinstance(found, SetOf) else found)]
        case dict() as found:
            return {key: plain(item) for key, item in found.items()}
        case Lazy() as lazy:
            return {name: plain(lazy.attribute(name) or Value(None)) for name in lazy.names()}
        case data:
            return data


def kind(value: Value) -> str:
    """The kind of a value as the console's ``type()`` begins."""
    match value.data:
        case bool():
            return "bool"
        case int() | Decimal():
            return "number"
        case str():
            return "string"
        case List():
            return "list"
        case Map():
            return "map"
        case tuple():
            return "tuple"
        case SetOf():
            return "set"
        case _:
            return "object"


def first_unknown(value: Value) -> Unknown | None:
    return next((part.data for part in parts(value) if isinstance(part.data, Unknown)), None)


def difference(answer: dict[str, Any], ours: Value) -> str:
    """Return what is wrong with our answer; "" if it agrees."""
    expression, why = answer["expression"], first_unknown(ours)
    if why and not why.reason:
        return f"{expression}\n  no reason: {why}"
    if "error" in answer:
        return "" if why else f"{expression}\n  Terraform: {answer['error'][:200]}\n  iamlint:   {plain(ours)!r}"
    if why and not why.refused and allowed(expression):
        return ""
    if why:
        return f"{expression}\n  Terraform: {answer['value']!r}\n  iamlint:   {why}"
    shown = plain(ours)
    if json.dumps(shown, sort_keys=True) != json.dumps(answer["value"], sort_keys=True):
        return f"{expression}\n  Terraform: {answer['value']!r}\n  iamlint:   {shown!r}"
    if answer["value"] is not None and not answer["type"].startswith(kind(ours)):
        return f"{expression}\n  Terraform: {answer['type']}\n  iamlint:   {kind(ours)}"
    return ""


def allowed(expression: str) -> list[str]:
    """The entries of the table that an expression falls under."""
    return [part for part in MAY_BE_UNKNOWN if part in expression]


@pytest.mark.parametrize("path", ANSWERS, ids=lambda path: path.stem)
def test_expressions(path: Path) -> None:
    wrong = {a["expression"]: difference(a, value) for a, value in zip(answers(path), ours(path), strict=True)}
    wrong = {expression: text for expression, text in wrong.items() if text}
    assert wrong.keys() - UNTYPED == set(), "\n".join(wrong.values())
    assert {a["expression"] for a in answers(path)} & UNTYPED == wrong.keys() & UNTYPED


def test_few_answers_are_unknown() -> None:
    """Each entry of the table is needed, and all together are few."""
    used = set[str]()
    recorded = [pair for path in ANSWERS for pair in zip(answers(path), ours(path), strict=True)]
    unknown = [answer["expression"] for answer, value in recorded if "value" in answer and first_unknown(value)]
    for expression in unknown:
        used.update(allowed(expression))
    assert used == MAY_BE_UNKNOWN.keys()
    assert len(recorded) >= 4400
    assert len(unknown) <= 40


def test_every_function_occurs() -> None:
    functions = json.loads((RECORDED / "functions.json").read_text(encoding="utf-8"))["functions"]
    text = "\n".join(answer["expression"] for path in ANSWERS for answer in answers(path))
    assert [name for name in functions if not re.search(rf"\b{name}\(", text)] == []
