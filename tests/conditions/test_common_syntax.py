import random

import pytest
from many import some

from iamlint.conditions.common_syntax import common
from iamlint.conditions.literals import LiteralError, masked
from iamlint.conditions.parser import Refused, by_grammar
from iamlint.conditions.syntax import Node

ATOMS = """
request.time resource.name "a" 'b' r"x\\y" \"""t\""" b"z" 1 07 12u 1.5 -1 true false null [ ["a","b"] [1,] {"a":1} x
inner asx trueish falsey x.null1 nullable x.true
x.instance_id x.in has(a.b) f() a.b("c") a["k"] as .x x{a:1} in api.getAttribute("iam","c")
""".split()
SIGNS = ["&&", "||", "==", "!=", "<", "<=", ">", ">=", " in ", "+", "-", "*", "/", "%", "?", ":", "!"]
PIECES = [*SIGNS, "(", ")", "[", "]", ".", ",", " ", "\n", "//c\n", "in", '"', "'", "x"]


def made(chance: random.Random, depth: int) -> str:
    kind = chance.random() if depth else 0
    if kind < 0.25:
        return chance.choice(ATOMS)
    first, second = made(chance, depth - 1), made(chance, depth - 1)
    if kind < 0.7:
        return first + chance.choice([" ", ""]) + chance.choice(SIGNS) + chance.choice([" ", ""]) + second
    forms = [f"({first})", f"!{first}", f"{first}?{second}:x", f"f({first},{second})", f"{first}.startsWith({second})"]
    return chance.choice(forms)


def damaged(chance: random.Random, text: str) -> str:
    for _ in range(chance.choice([0, 0, 1, 2, 3])):
        at = chance.randint(0, len(text))
        text = text[:at] + chance.choice(PIECES) + text[at + chance.randint(0, 1) :]
    return text


def both(text: str) -> tuple[Node | None, Node | str]:
    """What the short way and the grammar make of an expression."""
    found = masked(text, None)
    try:
        whole: Node | str = by_grammar(found, text)
    except Refused as refused:
        whole = str(refused.unparsable)
    return common(found.text, found.literals), whole


@pytest.mark.parametrize("seed", range(some(1, 12)))
def test_the_short_way_has_the_tree_of_the_grammar_or_none(seed: int) -> None:
    chance, short = random.Random(seed), 0
    for _ in range(900):
        text = damaged(chance, made(chance, chance.randint(0, 4)))
        try:
            ours, theirs = both(text)
        except LiteralError:
            continue
        short += ours is not None
        assert ours is None or repr(ours) == repr(theirs), text
    assert short > 80


@pytest.mark.parametrize(
    "text",
    [
        'resource.name.startsWith("projects/_/buckets/a") && request.time < timestamp("2030-01-01T00:00:00Z")',
        "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/a', 'roles/b'])",
        'assertion.repository_owner_id == "1" && assertion.ref in ["refs/heads/main"] ? true : !(a || b)',
        "resource.matchTag('1/env', 'prod') // a comment",
    ],
)
def test_usual_conditions_need_no_grammar(text: str) -> None:
    ours, theirs = both(text)
    assert repr(ours) == repr(theirs)


@pytest.mark.parametrize("text", ["(" * 40 + "a" + ")" * 40, "a" + ".b" * 80, "!" * 80 + "a", "1" + "+1" * 80])
def test_what_may_be_beyond_a_limit_is_left_to_the_grammar(text: str) -> None:
    assert common(text, {}) is None
