import random
from datetime import date

import pytest

from iamlint.conditions.context import Context
from iamlint.conditions.evaluation import evaluate
from iamlint.conditions.parser import DEEPEST, LONGEST, LONGEST_CHAIN, Unparsable, parse
from iamlint.conditions.syntax import AnyOf, Call, Field, ListOf, Literal, Name, Node, Operation, dotted
from iamlint.conditions.token_claims import claims_compared
from iamlint.unknown import Truth, Unknown, UnknownPart

TUESDAY = date(2026, 11, 24)


@pytest.mark.parametrize(
    ("expression", "offset", "reason"),
    [
        ("", 0, "it is empty"),
        ("  // nothing but a comment", 26, "it is empty"),
        ("a &&", 4, "it ends too early"),
        ("x = 1", 2, "= is not expected here"),
        ('a == "x"true', 8, "true is not expected here"),
        ("a #", 2, "# is not expected here"),
        ('a && "x', 5, "a text that is not closed"),
        ("'it''s'", 4, "'s' is not expected here"),
        ("f(a,,b)", 4, ", is not expected here"),
        ("A{b: 1}", 0, "conditions do not use messages in braces"),
        (r"'\q' == 'q'", 1, r"\q is not an escape sequence of CEL"),
        (r"'\ud800'", 1, r"\ud800 is not an escape sequence of CEL"),
        ("1" * 400, 0, "this number is too large for CEL"),
        ("x'a'", 1, "'a' is not expected here"),
        ("xr'a'", 2, "'a' is not expected here"),
        ("true'a'", 4, "'a' is not expected here"),
        ("1'a'", 1, "'a' is not expected here"),
        ("1r'a'", 1, "r'a' is not expected here"),
    ],
)
def test_what_is_no_cel_says_where(expression: str, offset: int, reason: str) -> None:
    assert parse(expression) == Unparsable(offset, reason)


BEYOND = {
    "long": "x" * (LONGEST + 1),
    "deep": "(" * (DEEPEST + 1) + "true" + ")" * (DEEPEST + 1),
    "a sum": "+".join(["1"] * (LONGEST_CHAIN + 2)) + " == 1",
    "a path": ".".join(["a"] * (LONGEST_CHAIN + 2)),
}


@pytest.mark.parametrize("expression", BEYOND.values(), ids=BEYOND)
def test_what_is_beyond_the_bounds_is_not_said_to_be_wrong(expression: str) -> None:
    found = parse(expression)
    assert isinstance(found, Unparsable)
    assert found.beyond
    outcome = evaluate(expression, Context(TUESDAY))
    assert outcome.truth is Truth.UNKNOWN
    assert not outcome.has("unparsable")
    assert outcome.why[0].startswith("its condition is beyond what iamlint reads: it ")


@pytest.mark.parametrize(
    ("repeated", "last", "most"),
    [
        ("- ", "a.b", DEEPEST * 2 - 1),
        ("a ? b : ", "{}", DEEPEST * 2),
        ("(", "-a" + ")" * DEEPEST, DEEPEST),
        ("1 - ", "1", LONGEST_CHAIN),
    ],
)
def test_an_expression_is_read_up_to_its_bounds(repeated: str, last: str, most: int) -> None:
    assert not isinstance(parse(repeated * most + last), Unparsable)
    more = parse(repeated * (most + 1) + last + (")" if repeated == "(" else ""))
    assert isinstance(more, Unparsable)
    assert more.beyond


def test_an_unparsable_condition_is_open_and_shown_from_one() -> None:
    outcome = evaluate("x = 1", Context(TUESDAY))
    assert outcome.truth is Truth.UNKNOWN
    assert outcome.why == ("its condition is not a CEL expression: = is not expected here (at its character 3)",)


@pytest.mark.parametrize(
    ("expression", "right"),
    [
        ("a.b in'abc'", Literal("abc")),
        ('a.b in"abc"', Literal("abc")),
        ("a.b in r'abc'", Literal("abc")),
        ("a.b in['x']", ListOf((Literal("x"),))),
    ],
)
def test_a_text_may_follow_a_word_without_a_space(expression: str, right: Node) -> None:
    assert parse(expression) == Operation("in", Field(Name("a"), "b"), right)


def test_trees() -> None:
    assert parse("a.b == 'c' || d()") == AnyOf(
        (Operation("==", Field(Name("a"), "b"), Literal("c")), Call("d", None, ())),
    )
    assert parse("1 - 2 - -3") == Operation("-", Operation("-", Literal(1), Literal(2)), Literal(-3))
    tree = parse('assertion["sub"].x')
    assert not isinstance(tree, Unparsable | Unknown)
    assert dotted(tree) == "assertion.sub.x"


def test_commas_and_comments_within_texts_stay() -> None:
    assert parse("',]' == '// no comment'") == Operation("==", Literal(",]"), Literal("// no comment"))


HOSTILE = {
    "brackets": "(" * 4000 + "a" + ")" * 4000,
    "lists": "[" * 4000,
    "negations": "!" * 4000 + "a",
    "minuses": "-" * 4000 + "1",
    "choices": "a?b:" * 1000 + "c",
    "sums": "+".join(["1"] * 2000),
    "paths": ".".join(["a"] * 2000),
    "indices": "a" + "[0]" * 2000,
    "comparisons": "<".join(["a"] * 2000),
    "escapes": '"' + "\\n" * 4000,
    "raw escapes": 'r"' + '\\"' * 8000,
    "quotes": "'" * 16001,
    "calls": "f(" * 2000 + ")" * 2000,
    "zeros": "\0" * 1000,
    "escapes after a word": 'x"' + "\\\\" * 2000,
    "escapes after a number": "1'" + "\\\\" * 2000,
    "an open text after a word": 'x"""' + "\\n" * 2000,
}


@pytest.mark.parametrize("expression", HOSTILE.values(), ids=HOSTILE)
def test_hostile_expressions_are_refused(expression: str) -> None:
    assert isinstance(parse(expression), Unparsable)


def test_long_chains_of_logic_are_read() -> None:
    expression = " || ".join(f"a.b == '{number}'" for number in range(900))
    assert evaluate(expression, Context(TUESDAY)).truth is Truth.UNKNOWN
    assert isinstance(claims_compared(expression), tuple)


def test_choices_in_the_tests_of_choices_do_not_double_the_work() -> None:
    expression = "a.b == '1'"
    for _ in range(DEEPEST // 2):
        expression = f"({expression} ? c.d == '1' : e.f == '2')"
    assert evaluate(expression, Context(TUESDAY)).truth is Truth.UNKNOWN
    assert claims_compared(expression)


def test_texts_and_patterns_that_grow_end() -> None:
    assert evaluate("'" + "a" * 5000 + "'.matches('(a*)*$')", Context(TUESDAY)).truth is Truth.TRUE
    assert evaluate("'a'.matches('" + "(a{999}){999}" + "')", Context(TUESDAY)).truth is Truth.FALSE


def test_random_letters_never_raise() -> None:
    letters = random.Random(7)
    pieces = ["request.time", "<", "timestamp(", ")", "'a'", '"', "&&", "||", "!", "[", "]", "in", "1", ".x", "?", ":"]
    for _ in range(400):
        expression = "".join(letters.choices(pieces, k=letters.randint(1, 12)))
        evaluate(expression, Context(TUESDAY))
        claims_compared(expression)


# -- expressions that are only known in part -------------------------------------------------------------------------


def with_unknown_part(before: str, after: str) -> Unknown:
    return Unknown("known after apply", (before, UnknownPart("google_project.shop.number"), after))


def test_a_unknown_part_within_a_text_leaves_the_rest_to_judge() -> None:
    token = Context(TUESDAY, "iam.serviceAccounts.getAccessToken")
    by_name = evaluate(with_unknown_part("resource.name.startsWith('projects/", "/x')"), token)
    assert by_name.truth is Truth.FALSE
    assert by_name.has("unavailable")
    by_time = evaluate(with_unknown_part("request.time < timestamp('", "')"), token)
    assert by_time.truth is Truth.UNKNOWN
    assert by_time.has("unknown")
    assert "known after apply" in " ".join(by_time.why)


def test_a_unknown_part_anywhere_else_leaves_nothing() -> None:
    outcome = evaluate(with_unknown_part("request.time < ", ""), Context(TUESDAY))
    assert outcome.truth is Truth.UNKNOWN
    assert outcome.why == ("its condition is not known: known after apply",)
    assert evaluate(Unknown("var.when has no default"), Context(TUESDAY)).has("unknown")


@pytest.mark.parametrize(
    ("one", "other", "is_read"),
    [
        ("a == 'x/1'", "a == 'x/2'", True),
        ("a == 'x/1'", "a == 'x/2' || b == 'y'", False),
        ("f('x/1', 'y')", "f('x/2', 'z') && f('x', 'y')", False),
    ],
)
def test_one_of_several_is_read_if_they_differ_within_texts(one: str, other: str, is_read: bool) -> None:
    begin, end = (one[: one.index("/") + 1], one[-1])
    expression = Unknown("var.on has no value", (begin, UnknownPart("?"), end), options=(one, other))
    assert isinstance(parse(expression), Unknown) is not is_read
