"""Values converted to the types of variables; `test_console.py` compares the valid ones with Terraform."""

from __future__ import annotations

import pytest
from test_console import Module, first_unknown, kind, plain

from iamlint.documents.values import Lazy, Value
from iamlint.hcl.evaluation.constraints import convert, read_constraint
from iamlint.hcl.reading import native
from iamlint.location import SourceText, Unreadable
from iamlint.unknown import Unknown, UnknownPart


def converted(expression: str, type_: str, **names: Value) -> Value:
    source = SourceText("type", type_)
    written = native.read_expression(source)
    assert not isinstance(written, Unreadable)
    return convert(Module(names).value(expression), read_constraint(written, source))


@pytest.mark.parametrize(
    ("expression", "type_", "reason"),
    [
        ("[]", "string", "not of the type string"),
        ('"x"', "number", "not of the type number"),
        ('"yes"', "bool", "not of the type bool"),
        ("1", "bool", "not of the type bool"),
        ("{ a = 1 }", "list(string)", "not of the type list"),
        ('"a"', "list(string)", "not of the type list"),
        ('"a"', "set(string)", "not of the type set"),
        ("[1]", "map(string)", "not of the type map"),
        ("[1]", "object({ a = string })", "not of the type object"),
        ("{}", "object({ a = string })", '"a" is missing'),
        ("{ b = 1 }", "object({ a = string, b = optional(number) })", '"a" is missing'),
        ("[1]", "tuple([string, string])", "tuple of 2 elements"),
        ('tolist(["a"])', "tuple([string])", "tuple of 1 elements"),
        ("[1, [2]]", "list(any)", "same type"),
        ("{ a = 1, b = true }", "map(any)", "same type"),
        ("[[1], { a = 1 }]", "set(any)", "same type"),
        ('["a", []]', "list(string)", "not of the type string"),
        ('{ a = "x" }', "map(number)", "not of the type number"),
        ('"1e999999"', "number", "larger"),
    ],
)
def test_what_does_not_fit_is_unknown_and_says_why(expression: str, type_: str, reason: str) -> None:
    why = first_unknown(converted(expression, type_))
    assert why
    assert reason in why.reason


def test_what_does_not_fit_spoils_its_own_element_only() -> None:
    value = converted('{ a = { n = 1 }, b = { n = "x" }, c = {} }', "map(object({ n = number }))")
    assert isinstance(value.data, dict)
    assert plain(value.data["a"]) == {"n": 1}
    assert first_unknown(value.data["b"])
    assert first_unknown(value.data["c"])


def test_what_is_not_known_stays_with_its_name() -> None:
    email = Value(Unknown("known after apply", ("serviceAccount:", UnknownPart("google_service_account.ci.email"))))
    for type_ in ("list(string)", "set(string)", "list(any)", "tuple([string])"):
        value = converted("[email]", type_, email=email)
        why = first_unknown(value)
        assert why
        assert why.text == "serviceAccount:${google_service_account.ci.email}"


def test_an_unknown_attribute_is_not_a_missing_one() -> None:
    unknown = Value(Unknown("known after apply", (UnknownPart("x.y"),)))
    value = converted(
        "{ a = unknown }", 'object({ a = optional(string, "d"), b = optional(string, "e") })', unknown=unknown
    )
    assert isinstance(value.data, dict)
    assert value.data["a"].unknown
    assert value.data["b"].data == "e"


def test_a_whole_resource_stays_lazy() -> None:
    """Its attributes are not all listed: one that the type names is not missing."""
    resource = Value(Lazy("google_project.x", lambda name: Value(f"the {name}")))
    value = converted("resource", "object({ project_id = string })", resource=resource)
    assert isinstance(value.data, Lazy)
    found = value.data.attribute("project_id")
    assert found
    assert found.data == "the project_id"


def test_null_has_every_type() -> None:
    for type_ in ("string", "list(string)", "map(any)", "object({ a = string })", "tuple([string])", "any"):
        assert converted("null", type_).data is None


def test_a_set_without_order_does_not_become_an_ordered_list() -> None:
    unknown = Value(Unknown("known after apply", (UnknownPart("x.y"),)))
    value = converted('toset(["a", unknown])', "list(string)", unknown=unknown)
    assert kind(value) == "set"


@pytest.mark.parametrize("type_", ["strings", "list(strings)", '"any"', "5", "object([])", "optional(string)", "map"])
def test_what_is_no_type_takes_every_value(type_: str) -> None:
    value = converted('{ a = "x" }', type_)
    assert first_unknown(value) is None or type_ == "list(strings)"


def test_types_nested_too_deeply_end() -> None:
    depth = 90
    value = converted("[" * depth + "]" * depth, "list(" * depth + "string" + ")" * depth)
    assert kind(value) == "list"
