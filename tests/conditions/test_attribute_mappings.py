"""What an attribute mapping of a provider reads, and how long its value is at least."""

from __future__ import annotations

import pytest

from iamlint.conditions.token_claims import DEEPEST_TEST, MOST, Claim, claims_compared, is_obscure, least_bytes, mapped
from iamlint.facts import Text
from iamlint.unknown import Unknown, UnknownPart

PARTLY = Unknown("var.x has no default", ("'", UnknownPart("var.x"), "' + assertion.sub"))


@pytest.mark.parametrize(
    ("expression", "parts", "least"),
    [
        ("assertion.sub", ("", "sub", ""), 1),
        ("assertion.repository", ("", "repository", ""), 0),
        ("assertion['sub']", ("", "sub", ""), 1),
        ("assertion.a.b", ("", "a.b", ""), 0),
        ("'repo:' + assertion.sub", ("repo:", "sub", ""), 6),
        ("assertion.sub + ':x'", ("", "sub", ":x"), 3),
        ("'a' + 'b' + assertion.sub + 'c' + 'd'", ("ab", "sub", "cd"), 5),
        ("'ä' + assertion.ref", ("ä", "ref", ""), 2),
        ("'constant'", ("constant", "", ""), 8),
        ("''", ("", "", ""), 0),
        # -- anything else
        ("assertion.sub + assertion.ref", None, 1),
        ("assertion.sub + assertion.sub", None, 2),
        ("assertion.sub - 'a'", None, 0),
        ("attribute.sub", None, 0),
        ("google.subject", None, 0),
        ("assertion.sub.extract('a{b}')", None, 0),
        ("'a' + assertion.sub.split('/')[0]", None, 1),
        ("1", None, 0),
        ("assertion", None, 0),
        ("assertion.sub ==", None, 0),
        (Unknown("var.x has no default"), None, 0),
        (PARTLY, None, 1),
    ],
)
def test_what_a_mapping_reads(expression: Text, parts: tuple[str, str, str] | None, least: int) -> None:
    assert mapped(expression) == parts
    assert least_bytes(expression) == least


@pytest.mark.parametrize(
    ("expression", "obscure"),
    [
        ("assertion.a == 'x' && assertion.b == 'y'", False),
        ("assertion.a == 'x' && size(assertion.b)", True),
        ("assertion.a == 'x' || size(assertion.b) == assertion.c", True),
        ("assertion.a == assertion.b ? true : false", True),
        ("has(assertion.a) ? assertion.a == assertion.b : false", True),
        ("has(assertion.a) ? true : assertion.a == assertion.b", True),
        ("!(assertion.a == assertion.b)", True),
        ("!(assertion.a == 'x')", False),
        ("true", False),
        ("'a'", True),
        ("x = 1", True),
        (Unknown("var.x has no default"), True),
    ],
)
def test_whether_a_condition_may_demand_more(expression: Text, obscure: bool) -> None:
    assert is_obscure(expression) is obscure


def equals(name: str, *values: str) -> Claim:
    return Claim(f"assertion.{name}", "equals", values)


@pytest.mark.parametrize(
    ("expression", "claim"),
    [
        ("'x' != assertion.a", Claim("assertion.a", "differs", ("x",))),
        ("assertion.a < '1'", Claim("assertion.a", "ordered", ("1",))),
        ("assertion.a >= 1", Claim("assertion.a", "other", ("1",))),
        ("1 == assertion.a", Claim("assertion.a", "number", ("1",))),
        ("assertion.a == 1.5", Claim("assertion.a", "number", ("1.5",))),
        ("assertion.a == true", Claim("assertion.a", "other", ("true",))),
        ("assertion.a == false", Claim("assertion.a", "other", ("false",))),
        ("assertion.a in ['x', 1]", Claim("assertion.a", "equals", ("x", "1"))),
        ("assertion.a in ['x', assertion.b]", None),
        ("string(assertion.a) in ['x']", Claim("assertion.a", "equals", ("x",))),
        ("assertion.a[0] in ['x']", Claim("assertion.a", "equals", ("x",), part=True)),
        ("'x' in assertion.a", Claim("assertion.a", "has", ("x",))),
        ("'x' in assertion.a.split(',')", Claim("assertion.a", "has", ("x",), part=True)),
        ("assertion.a.endsWith('x')", Claim("assertion.a", "suffix", ("x",))),
        ("assertion.a.contains('x')", Claim("assertion.a", "contains", ("x",))),
        ("assertion.a.lowerAscii().startsWith('x')", Claim("assertion.a", "prefix", ("x",), part=True)),
        ("assertion.a.startsWith(assertion.b)", None),
        ("matches(assertion.a, assertion.b)", None),
        ("has(assertion.a.b)", Claim("assertion.a.b", "present")),
        ("has(assertion)", None),
        ("assertion.a.exists(x, x == 'y')", Claim("assertion.a", "has", ("y",))),
        ("assertion.a.exists(x, z == 'y')", None),
        ("assertion.a.exists(x, x == assertion.b)", None),
        ("size(assertion.a) > 1", Claim("assertion.a", "ordered", ("1",), part=True)),
        ("lower(assertion.a) == 'x'", Claim("assertion.a", "equals", ("x",), part=True)),
        ("assertion == 'x'", None),
        ("assertion.a + 'x' == 'yx'", None),
        ("assertion.a == null", Claim("assertion.a", "other", ("null",))),
        ("assertion.a == ['x']", Claim("assertion.a", "other", ("a list",))),
        ("assertion.a > 1", Claim("assertion.a", "other", ("1",))),
        ("assertion.a in [1, 2]", Claim("assertion.a", "number", ("1", "2"))),
        ("assertion.a in [1, 'x']", Claim("assertion.a", "equals", ("1", "x"))),
        ("assertion", None),
    ],
)
def test_the_demand_of_one_comparison(expression: str, claim: Claim | None) -> None:
    assert claims_compared(expression) == (frozenset((claim,) if claim else ()),)


def test_ways_up_to_the_most_are_kept_apart() -> None:
    def either(number: int) -> str:
        return " || ".join(f"(assertion.o == 'x' && assertion.a == '{n}')" for n in range(number))

    assert len(claims_compared(either(MOST))) == MOST
    assert claims_compared(either(MOST + 1)) == (frozenset({equals("o", "x")}),)
    half = " || ".join(f"assertion.a == '{n}'" for n in range(MOST // 2))
    two = f"({half}) && (assertion.b == '1' || assertion.b == '2')"
    assert len(claims_compared(two)) == MOST
    three = f"({half}) && (assertion.b == '1' || assertion.b == '2' || assertion.b == '3')"
    assert len(claims_compared(three)) == MOST // 2


@pytest.mark.parametrize(("depth", "kept"), [(1, True), (DEEPEST_TEST, True), (DEEPEST_TEST + 2, False)])
def test_choices_within_tests_are_followed_up_to_a_depth(depth: int, kept: bool) -> None:
    """Beyond it a choice is either of its branches, whatever its test says."""
    expression = "assertion.a == 'x'"
    for _ in range(depth):
        expression = f"({expression} ? true : false)"
    ways = claims_compared(f"{expression} ? true : false")
    assert isinstance(ways, tuple)
    assert (ways == (frozenset({equals("a", "x")}),)) is kept
    assert kept or frozenset() in ways
