"""The values of expressions: literals, operators, functions, choices, and what each of them cannot work with."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from iamlint.conditions.abstract_values import Anything, Between, Possible, Some
from iamlint.conditions.context import Context
from iamlint.conditions.evaluation import evaluate, value_of
from iamlint.conditions.functions import extract
from iamlint.conditions.parser import Unparsable, parse
from iamlint.unknown import Truth, Unknown

TODAY = date(2026, 11, 24)
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def value(expression: str, context: Context | None = None) -> Possible:
    node = parse(expression)
    assert not isinstance(node, Unparsable | Unknown), node
    return value_of(node, context or Context(TODAY))


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # -- literals
        ("17", 17),
        ("-17", -17),
        ("-(1 + 1)", -2),
        ("0x1F", 31),
        ("17u", 17),
        ("9223372036854775807", 2**63 - 1),
        ("18446744073709551615u", 2**64 - 1),
        ("1.5", 1.5),
        ("1e3", 1000.0),
        ("true", True),
        ("null", None),
        ("'a'", "a"),
        ("b'a'", b"a"),
        (r"'\a\b\f\n\r\t\v\\\'\"\`\?'", "\a\b\f\n\r\t\v\\'\"`?"),
        (r"'\x41\u0042\U00000043\104'", "ABCD"),
        (r"'\000\377'", "\x00\xff"),
        (r"r'\x41'", r"\x41"),
        ("[1, 'a', [true]]", (1, "a", (True,))),
        ("[]", ()),
        # -- arithmetic
        ("7 - 2 - 1", 4),
        ("7 - (2 - 1)", 6),
        ("2 + 3 * 4", 14),
        ("7 / 2", 3),
        ("-7 / 2", -3),
        ("7 / -2", -3),
        ("-7 / -2", 3),
        ("0 / -2", 0),
        ("1 / 2", 0),
        ("1 / 1", 1),
        ("7 % 3", 1),
        ("-7 % 3", -1),
        ("7 % -3", 1),
        ("7.0 / 2.0", 3.5),
        ("1.0 / 2.0", 0.5),
        ("-1.5 + 1.0", -0.5),
        ("2.0 * 1.5", 3.0),
        ("'a' + 'b'", "ab"),
        ("[1] + [2]", (1, 2)),
        ("18446744073709551615u + 1u", 2**64),
        ("timestamp('2026-01-02T00:00:00Z') - timestamp('2026-01-01T00:00:00Z')", timedelta(days=1)),
        ("timestamp('2026-01-01T00:00:00Z') + duration('1h')", datetime(2026, 1, 1, 1, tzinfo=UTC)),
        # -- comparisons
        ("1 == 1.0", True),
        ("true == 1", False),
        ("1 != true", True),
        ("'a' == 1", False),
        ("[1, 2] == [1, 2]", True),
        ("[1, 2] == [1]", False),
        ("[1, true] == [1, 1]", False),
        ("[1] != [2]", True),
        ("1 < 2", True),
        ("2 < 2", False),
        ("2 <= 2", True),
        ("2 > 2", False),
        ("2 >= 2", True),
        ("1 < 1.5", True),
        ("'a' < 'b'", True),
        ("false < true", True),
        ("1 in [1, 2]", True),
        ("3 in [1, 2]", False),
        ("true in [1]", False),
        ("1 in {1: 'a'}", True),
        ("true in {1: 'a'}", False),
        ("1.0 in {1: 'a'}", False),
        ("'1' in {1: 'a'}", False),
        # -- elements
        ("[1, 2][0]", 1),
        ("[1, 2][1]", 2),
        ("{'a': 1}['a']", 1),
        ("{'a': 1}.a", 1),
        ("{1: 'x', true: 'y'}[true]", "y"),
        ("{'a': {'b': 2}}['a']['b']", 2),
        # -- functions
        ("size('abc')", 3),
        ("'abc'.size()", 3),
        ("size([1, 2])", 2),
        ("size({'a': 1})", 1),
        ("size(b'ab')", 2),
        ("string(1)", "1"),
        ("string(true)", "true"),
        ("string(false)", "false"),
        ("string('a')", "a"),
        ("string(1.5)", "1.5"),
        ("int('17')", 17),
        ("int('-9223372036854775808')", -(2**63)),
        ("int('9223372036854775807')", 2**63 - 1),
        ("int('+17')", 17),
        ("int(-1.9)", -1),
        ("int(timestamp('1970-01-01T01:00:00Z'))", 3600),
        ("uint('18446744073709551615')", 2**64 - 1),
        ("uint(0)", 0),
        ("int(1.9)", 1),
        ("uint('17')", 17),
        ("double('1.5')", 1.5),
        ("double(1)", 1.0),
        ("dyn('a')", "a"),
        ("matches('abc', '^a')", True),
        ("'abc'.matches('^b')", False),
        ("'abc'.matches('b')", True),
        ("'aBcÄ'.lowerAscii()", "abcÄ"),
        ("'aBcä'.upperAscii()", "ABCä"),
        ("' a '.trim()", "a"),
        ("'a,b'.split(',')", ("a", "b")),
        ("'ab'.split('')", ("a", "b")),
        ("'a/b/c'.split('/', 2)", ("a", "b/c")),
        ("'a/b/c'.split('/', 0)", ()),
        ("'a/b/c'.split('/', -1)", ("a", "b", "c")),
        ("'abc'.split('', 2)", ("a", "bc")),
        ("'ab'.split('', 3)", ("a", "b")),
        ("['a', 'b'].join()", "ab"),
        ("['a', 'b'].join('/')", "a/b"),
        ("'a-b-c'.replace('-', '/')", "a/b/c"),
        ("'abc'.substring(1)", "bc"),
        ("'abc'.substring(1, 2)", "b"),
        ("'abc'.substring(3)", ""),
        ("'abc'.indexOf('c')", 2),
        ("'abc'.indexOf('d')", -1),
        ("has({'a': 1}.a)", True),
        ("has({'a': 1}.b)", False),
        ("'abc'.contains('d')", False),
        ("'abc'.endsWith('ab')", False),
        ("duration('90s').getMinutes()", 1),
        ("timestamp('2026-01-02T03:04:05Z').getHours('+02:30')", 5),
        # -- choices
        ("1 == 1 ? 'a' : 'b'", "a"),
        ("1 == 2 ? 'a' : 'b'", "b"),
        ("request.host == 'x' ? 'a' : 'a'", "a"),
        ("!(1 == 2)", True),
        ("!!true", True),
        ("!(1 < 2)", False),
        ("!('a'.startsWith('b'))", True),
        ("!('a'.startsWith('a'))", False),
    ],
)
def test_a_value_that_is_known(expression: str, expected: Any) -> None:
    found = value(expression)
    assert isinstance(found, Some)
    assert (found.values, found.fails) == ((expected,), False)
    assert type(found.values[0]) is type(expected)


@pytest.mark.parametrize(
    ("expression", "reason"),
    [
        # -- arithmetic with what is not a number, or does not fit
        ("true + 1", "these values cannot be used in arithmetic"),
        ("1 - true", "these values cannot be used in arithmetic"),
        ("{'a': 1} + {'b': 1}", "these values cannot be used in arithmetic"),
        ("'a' - 'b'", "these values cannot be used in arithmetic"),
        ("'a' * 2", "these values cannot be used in arithmetic"),
        ("2 * [1]", "these values cannot be used in arithmetic"),
        ("'a' / 2", "these values cannot be used in arithmetic"),
        ("2 / 'a'", "these values cannot be used in arithmetic"),
        ("true / 1", "these values cannot be used in arithmetic"),
        ("1 / 0", "these values cannot be used in arithmetic"),
        ("1 % 0", "these values cannot be used in arithmetic"),
        ("7.5 % 2", "these values cannot be used in arithmetic"),
        ("7 % 2.5", "these values cannot be used in arithmetic"),
        ("18446744073709551615u + 2u", "a number that is too large"),
        ("0 - 18446744073709551615u - 2", "a number that is too large"),
        ("-'a'", "a minus sign before a value that is not a number"),
        ("-true", "a minus sign before a value that is not a number"),
        # -- comparisons
        ("'a' < 1", "two values without an order are compared"),
        ("true < 1", "two values without an order are compared"),
        ("1 >= 'a'", "two values without an order are compared"),
        ("null < null", "two values without an order are compared"),
        ("{'a': 1} < {'a': 2}", "two values without an order are compared"),
        ("1 in 1", '"in" needs a list or a map on its right'),
        ("'a' in 'abc'", '"in" needs a list or a map on its right'),
        ("[1] in {1: 'a'}", "a key that is neither a text nor a number"),
        # -- elements
        ("[1][1]", "there is no element 1"),
        ("[1][true]", "there is no element True"),
        ("[1]['a']", "there is no element a"),
        ("{'a': 1}['b']", "there is no element b"),
        ("{1: 'a'}[true]", "there is no element True"),
        ("'abc'[0]", "there is no element 0"),
        ("{[1]: 2}", "a key that is neither a text nor a number"),
        # -- functions
        ("size(1)", "size() of a value that has no size"),
        ("string([1])", "this cannot become a text"),
        ("string(null)", "this cannot become a text"),
        ("int('a')", "'a' is not a number"),
        ("int('')", "'' is not a number"),
        ("int(' 17')", "' 17' is not a number"),
        ("int('1_7')", "'1_7' is not a number"),
        ("int('9223372036854775808')", "'9223372036854775808' is not a number"),
        ("int('-9223372036854775809')", "'-9223372036854775809' is not a number"),
        ("int('" + "1" * 30 + "')", "'" + "1" * 30 + "' is not a number"),
        ("int('" + "1" * 50 + "')", "'" + "1" * 39 + " is not a number"),
        ("int(1e300)", "1e+300 is not a number"),
        ("int(double('inf'))", "inf is not a number"),
        ("int(double('nan'))", "nan is not a number"),
        ("int(true)", "True is not a number"),
        ("uint(-1)", "-1 is not a number"),
        ("uint('18446744073709551616')", "'18446744073709551616' is not a number"),
        ("double(true)", "True is not a number"),
        ("double(null)", "None is not a number"),
        ("int([1])", "(1,) is not a number"),
        ("double('1.5.5')", "'1.5.5' is not a number"),
        ("'a'.startsWith(1)", "a text function is called with a value that is not a text"),
        ("matches(1, 'a')", "a text function is called with a value that is not a text"),
        ("'a'.matches('(')", '"(" is not a regular expression'),
        ("'a'.extract('b')", 'the template "b" of extract has no part in braces'),
        ("'a'.extract('{b')", 'the template "{b" of extract has no part in braces'),
        ("'a'.extract('b}')", 'the template "b}" of extract has no part in braces'),
        ("size()", "size takes 1 arguments"),
        ("'a'.size(1)", "size takes 0 arguments"),
        ("'a'.startsWith('b', 'c')", "startsWith takes 1 arguments"),
        ("'a'.split()", "split takes 1 or 2 arguments"),
        ("'a'.split('b', true)", "split() takes a text, a separator and a number"),
        ("[1].join()", "join() takes a list of texts and a separator"),
        ("['a'].join(1)", "join() takes a list of texts and a separator"),
        ("'a'.substring(2)", "substring() takes a text and positions in it"),
        ("'abc'.substring(2, 1)", "substring() takes a text and positions in it"),
        ("'abc'.substring(-1)", "substring() takes a text and positions in it"),
        ("'abc'.substring(0, 4)", "substring() takes a text and positions in it"),
        ("timestamp('2026-01-01T00:00:00Z').getHours('nowhere')", '"nowhere" is not a time zone'),
        ("size('a').getHours()", "getHours of a value that is not a time"),
    ],
)
def test_a_value_that_google_cannot_work_out(expression: str, reason: str) -> None:
    found = value(expression)
    assert isinstance(found, Some)
    assert (found.values, found.fails) == ((), True)
    assert [(one.kind, one.text) for one in found.reasons] == [("malformed", reason)]


@pytest.mark.parametrize(
    ("expression", "kind", "text"),
    [
        ("request.host", "request", "it depends on request.host"),
        ("request.host + 'a'", "request", "it depends on request.host"),
        ("[request.host]", "request", "it depends on request.host"),
        ("{'a': request.host}", "request", "it depends on request.host"),
        ("-request.size", "request", "it depends on request.size"),
        ("size(request.host)", "request", "it depends on request.host"),
        ("request.headers['x']", "request", "it depends on request.headers.x"),
        ("request.host == 'x' ? request.path : request.path", "request", "it depends on request.host"),
        ("nonsense", "foreign", "iamlint does not know nonsense"),
        ("nonsense(1)", "foreign", "iamlint does not know the function nonsense"),
        ("'a'.nonsense()", "foreign", "iamlint does not know the function nonsense"),
        ("startsWith('a', 'b')", "foreign", "iamlint does not know the function startsWith"),
        ("timestamp('2026-01-01T00:00:00Z').getHours(request.host)", "request", "it depends on request.host"),
        ("api.getAttribute('iam.googleapis.com/x', '')", "request", "it depends on iam.googleapis.com/x"),
        ("'a'.hasOnly(['b'])", "foreign", "iamlint does not know the function hasOnly"),
        ("size('a').hasOnly(['b'])", "foreign", "iamlint does not know what hasOnly is asked of"),
        ("has(request.host)", "request", "it depends on request.host"),
        (
            f"'a'.replace('a', '{'b' * 10_000}')",
            *("unknown", "a function makes a text of more than 10,000 characters"),
        ),
    ],
)
def test_a_value_that_may_be_any(expression: str, kind: str, text: str) -> None:
    found = value(expression)
    assert isinstance(found, Anything)
    assert [(one.kind, one.text) for one in found.reasons][:1] == [(kind, text)]


def test_a_choice_whose_test_is_open_has_the_values_of_both_branches() -> None:
    assert value("request.host == 'x' ? 1 : 2").values == (1, 2)
    mixed = value("request.host == 'x' ? 1 : [1][3]")
    assert isinstance(mixed, Some)
    assert (mixed.values, mixed.fails) == ((1,), True)
    assert [one.kind for one in mixed.reasons] == ["request", "malformed"]
    assert value("(request.host == 'x' ? 1 : 1) == 1").values == (True,)
    failing = value("[true][1] ? 1 : 2")
    assert isinstance(failing, Some)
    assert (failing.values, failing.fails) == ((), True)
    maybe = value("(request.host == 'x' ? true : [true][1]) ? 1 : 1")
    assert isinstance(maybe, Some)
    assert (maybe.values, maybe.fails) == ((1,), True)
    assert isinstance(value("request.host == 'x' ? 1 : request.time"), Anything)


def test_the_time_of_the_request_is_a_range() -> None:
    start = datetime(2026, 11, 24, tzinfo=UTC)
    found = value("request.time")
    assert isinstance(found, Between)
    assert (found.start, found.end) == (start, start + timedelta(days=1))


@pytest.mark.parametrize(
    ("expression", "truth", "reason"),
    [
        ("!(1 == 1)", F, "its condition does not hold"),
        ("1 == 2", F, "its condition does not hold"),
        ("!true", F, "it is false"),
        ("!('a'.startsWith('a'))", F, "its negated part is true"),
        ("!('a'.startsWith('b'))", T, ""),
        ("!(request.host.startsWith('b'))", U, "it depends on request.host"),
        ("!([1][1].startsWith('b'))", F, "there is no element 1"),
        ("request.time.getFullYear() == 2025", F, "its condition does not hold"),
    ],
)
def test_why_an_expression_does_not_hold(expression: str, truth: Truth, reason: str) -> None:
    found = evaluate(expression, Context(TODAY))
    assert (found.truth, found.why) == (truth, (reason,) if reason else ())


def test_the_path_that_does_not_hold_is_named() -> None:
    token = Context(TODAY, "compute.instances.get")
    for expression in ("resource.service == 'x'", "'x' == resource.service", "resource.service in ['x']"):
        assert evaluate(expression, token).why == ("its condition on resource.service does not hold",)


@pytest.mark.parametrize(
    ("text", "template", "found"),
    [
        ("projects/p/zones/z/x", "/zones/{zone}/", "z"),
        ("projects/p/zones/z", "/zones/{zone}/", ""),
        ("projects/p/zones/z", "/zones/{zone}", "z"),
        ("projects/p", "projects/{p}", "p"),
        ("p/q", "{first}/", "p"),
        ("/q", "{first}/", ""),
        ("a-b-c", "a{x}c", "-b-"),
        ("abab", "b{x}b", "a"),  # after the first place of the prefix
        ("abab", "ab{x}", "ab"),
        ("abab", "x{y}", ""),
        ("", "a{y}", ""),
        ("ab", "a{y}a", ""),  # the suffix comes after the prefix
        ("x}y", "x{y}}", ""),
    ],
)
def test_the_part_of_a_text_between_prefix_and_suffix(text: str, template: str, found: str) -> None:
    assert extract(text, template) == found
