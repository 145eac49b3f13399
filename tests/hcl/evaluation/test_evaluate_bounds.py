"""Hostile expressions end soon, unknown and with a reason."""

from __future__ import annotations

import random
import time

import pytest
from test_console import Module, first_unknown

from iamlint.documents.values import List, Value
from iamlint.hcl.evaluation.evaluate import evaluate
from iamlint.hcl.functions.texts import patterns
from iamlint.hcl.reading import native
from iamlint.hcl.scope import MOST_STEPS, Budget, Scope
from iamlint.location import SourceText, Unreadable
from iamlint.unknown import Unknown, UnknownPart

SHARE = 100
"""The part of an expression's steps, and of a search's work, that these have: what a step takes is the same."""
SECONDS = 5.0
"""Much more than any of them takes with its share, and much less than an unlimited one."""

BIG = {
    "text": Value("a" * 2_000_000),
    "mixed": Value("".join(random.Random(1).choices("ab", k=30_000))),
    "signs": Value("é" * 1_000_000),
    "many": Value(List(Value(f"user:{at}@example.com") for at in range(90_000 // SHARE))),
    "lines": Value("a,b\n" * 500_000),
    "thousand": Value(tuple(Value(at) for at in range(1_000))),
    "later": Value(Unknown("known later", (UnknownPart("later"),))),
}

ALIASES = (
    'yamldecode("a: &a [x,x,x,x,x,x,x,x,x]\\n'
    + "".join(f"{name}: &{name} [{','.join(['*' + chr(ord(name) - 1)] * 8)}]\\n" for name in "bcdefgh")
    + '")'
)
HOSTILE = [
    "range(1e9)",
    "range(0, 1, 1e-9)",
    "range(0, 1, 0)",
    "1e999999999",
    "-1e999999999",
    '"1e999999999" + 0',
    '"1e-999999999" * 1',
    "1e900 * 1e900",
    'tonumber(join("", [for i in range(1000) : "123456789"]))',
    "pow(10, 1e9)",
    "pow(1e300, 2)",
    "log(1e900, 1e-900)",
    'parseint(join("", [for i in range(1000) : "zz"]), 36)',
    'jsondecode("1e999999999")',
    'jsondecode("[1e999999999]")[0] + 1',
    'yamldecode("1e999999999")',
    'format("%999999999d", 1)',
    'format("%.999999999f", 1)',
    'format("%[999999999]s", 1)',
    'format(join("", [for i in range(1000) : "%9999d"]), [for i in range(1000) : i]...)',
    'formatlist("%9999s", thousand)[0] == formatlist("%9999s", many)[0]',
    'formatlist("%9999s", many)',
    'replace(text, "a", text)',
    'replace(text, "", "xyz")',
    'replace(text, "/a/", "$0$0$0$0")',
    'replace(replace(replace("aaaaaaaaaa", "a", text), "a", "bb"), "b", "cc")',
    'file(replace(signs, "é", "a/"))',
    'regex("(a+)+$", "${text}b")',
    'regex("(a*)*(a*)*(a*)*b", text)',
    'regexall("(.*)(.*)(.*)(.*)(.*)x", text)',
    'regex("((a{1,1000}){1,1000}){1,1000}", text)',
    'regex("(x+x+)+y", "${join("", [for i in range(1000) : "xxxxxxxxxx"])}z")',
    'regex("${join("", [for i in range(1000) : "("])}", "a")',
    'regexall("", text)',
    'regexall("a(?:[ab]*a[ab]{14}c)?", mixed)',
    'regexall("(?:a?){50}(?:[ab]*a[ab]{200}c)?", mixed)',
    'regexall("\\\\pL{900}", text)',
    "setproduct(thousand, thousand, thousand)",
    "setproduct(many, many)",
    "length(setproduct(thousand, thousand))",
    "[for a in thousand : [for b in thousand : [for c in thousand : 1]]]",
    "{ for a in thousand : a => { for b in thousand : b => { for c in thousand : c => c } } }",
    '"%{ for a in thousand }%{ for b in thousand }%{ for c in thousand }x%{ endfor }%{ endfor }%{ endfor }"',
    "thousand[*][*][*][0]",
    '[for a in thousand : "${text}${a}"]',
    "[for a in thousand : setproduct([1, 2, 3], many)]",
    "[for a in thousand : contains(many, a)]",
    "[for a in thousand : many == many]",
    "[for a in thousand : true ? many : []]",
    "[for a in thousand : toset(many)]",
    "[for a in thousand : sha512(text)]",
    "[for a in thousand : jsonencode(many)]",
    "concat([for a in thousand : many]...)",
    "flatten([for a in thousand : many])",
    "setunion([for a in thousand : many]...)",
    "matchkeys(many, many, many)",
    "join(text, many)",
    'join("", [for a in thousand : text]...)',
    "jsonencode([for a in [1, 2, 3] : text])",
    "yamlencode([for a in [1, 2, 3] : text])",
    'split("", text)',
    'split("a", text)',
    "length(signs)",
    "strrev(signs)",
    'indent(1000000, "a\\nb")',
    'indent(9999, join("\\n", many))',
    "csvdecode(lines)",
    'cidrsubnets("::/0", [for a in thousand : 128]...)',
    'cidrsubnet("::/0", 1e9, 1)',
    'cidrhost("::/0", 1e50)',
    'timeadd("2020-01-01T00:00:00Z", join("", [for a in thousand : "1h"]))',
    ALIASES,
    'yamldecode(join("", [for a in thousand : "["]))',
    'jsondecode(join("", [for a in thousand : "[[[[[[[[[["]))',
    'fileset("files", join("", [for a in thousand : "{a,b}"]))',
    'fileset("files", "**/**/**/**/**/**/**/**/**/**x")',
    "merge([for a in thousand : { for m in many : m => a }]...)",
    '[for a in thousand : merge({ for m in thousand : "k${m}" => a }, { for m in range(90) : "${later}${m}" => a })]',
    "[for a in thousand : setsubtract(concat(thousand, later), concat(many, later))]",
    "[for a in thousand : setproduct(concat(range(90), later), range(90))]",
    "flatten([for a in thousand : concat(many, later)])",
    "[for a in thousand : later ? concat(many, [a]) : many]",
    '[for a in thousand : { for m in thousand : "${later}${m}" => a }["x${a}"]]',
    "concat([for a in thousand : concat(many, later)]...)",
    "[" * 3_000 + "]" * 3_000,
    "(" * 3_000 + "1" + ")" * 3_000,
    "upper(" * 3_000 + '"a"' + ")" * 3_000,
    "-" * 20_000 + "1",
    "!" * 20_000 + "true",
    " + ".join(["1"] * 20_000) + " + many",
    "true ? 1 : " * 3_000 + "many + 1",
]
KNOWN = {
    'cidrsubnets("::/0", [for a in thousand : 128]...)',
    'fileset("files", "**/**/**/**/**/**/**/**/**/**x")',
    'regexall("(.*)(.*)(.*)(.*)(.*)x", text)',
}
"""Inputs that are only tried, and have an answer within all their steps."""


@pytest.mark.parametrize("expression", HOSTILE, ids=lambda expression: expression[:60])
def test_hostile_expressions_end_soon(expression: str, monkeypatch: pytest.MonkeyPatch) -> None:
    module = Module(BIG)
    if expression not in KNOWN:
        monkeypatch.setattr(patterns, "MOST_WORK", patterns.MOST_WORK // SHARE)
    start = time.process_time()
    value = module.value(expression, MOST_STEPS if expression in KNOWN else MOST_STEPS // SHARE)
    assert time.process_time() - start < SECONDS
    why = first_unknown(value)
    if expression in KNOWN:
        assert why is None
    else:
        assert why
        assert why.reason


def test_texts_that_double_through_locals_end() -> None:
    """Forty doublings would be a text of 10^12 characters."""
    names = {"x0": Value("a")}
    module = Module(names)
    for at in range(40):
        names[f"x{at + 1}"] = module.value(f'"${{x{at}}}${{x{at}}}"')
    why = first_unknown(names["x40"])
    assert why
    assert "longer than iamlint evaluates" in why.reason


def test_lists_that_double_through_locals_end() -> None:
    names = {"x0": Value((Value(1),))}
    module = Module(names)
    for at in range(40):
        names[f"x{at + 1}"] = module.value(f"concat(x{at}, x{at})")
    assert first_unknown(names["x40"])


def test_lists_of_lists_that_double_are_not_walked_whole() -> None:
    """Each level has twice the elements of the one below, by reference: 2^60 in all."""
    names = {"x0": Value((Value(1),))}
    module = Module(names)
    for at in range(60):
        names[f"x{at + 1}"] = module.value(f"[x{at}, x{at}]")
    for question in ("jsonencode(x60)", "x60 == x60", "flatten(x60)", "true ? x60 : []", "distinct(x60)", "toset(x60)"):
        start = time.process_time()
        assert first_unknown(module.value(question)), question
        assert time.process_time() - start < SECONDS


def test_a_root_module_has_a_budget_for_all_its_expressions() -> None:
    all_of_it = Budget(1_000)
    source = SourceText("main.tf", "[for a in range(1000) : a]")
    node = native.read_expression(source)
    assert not isinstance(node, Unreadable)
    first = evaluate(node, Scope(source, lambda _name: None, budget=Budget(500, all_of_it)))
    assert first_unknown(first)
    for _ in range(2):
        value = evaluate(node, Scope(source, lambda _name: None, budget=Budget(400_000, above=all_of_it)))
        why = first_unknown(value)
        assert why
        assert "more steps than iamlint evaluates" in why.reason
