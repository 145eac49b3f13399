"""Expressions with what is certain without a token computed."""

from __future__ import annotations

import pytest

from iamlint.conditions.parser import parse
from iamlint.conditions.simplified import simplified


@pytest.mark.parametrize(
    ("expression", "simple"),
    [
        # -- a test that is compared with a truth value
        ("(assertion.a == 'x') == true", "assertion.a == 'x'"),
        ("(assertion.a == 'x') == false", "!(assertion.a == 'x')"),
        ("true != (assertion.a in ['x'])", "!(assertion.a in ['x'])"),
        ("assertion.a == false", "assertion.a == false"),
        # -- a variable of an inner macro is another one
        (
            "['x', 'z'].exists(o, assertion.l.exists(o, o == 'y'))",
            "assertion.l.exists(o, o == 'y') || assertion.l.exists(o, o == 'y')",
        ),
        (
            "['x', 'z'].all(o, assertion.l.exists(p, p == o))",
            "assertion.l.exists(p, p == 'x') && assertion.l.exists(p, p == 'z')",
        ),
        # -- no text has such a size
        ("size(assertion.a) < 0", "false"),
        ("assertion.a.size() == -1", "false"),
        ("size(assertion.a) >= 1", "assertion.a != ''"),
    ],
)
def test_what_is_simpler(expression: str, simple: str) -> None:
    assert simplified(expression) == parse(simple)
