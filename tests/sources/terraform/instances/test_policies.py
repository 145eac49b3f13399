"""Policy documents: of a data source, of jsonencode, of JSON in the source; each part where it is written."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace

import pytest

from iamlint.documents.values import Value
from iamlint.facts import Condition, Grant
from iamlint.location import SourceText, Span
from iamlint.sources.terraform.instances.instance import Argument, Instance
from iamlint.sources.terraform.instances.policies import iam_policy_document
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown, UnknownPart

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]

POLICY = {
    "bindings": [
        {"role": "roles/owner", "members": ["user:ana@example.com", "group:team@example.com"]},
        {
            "role": "roles/viewer",
            "members": ["user:ben@example.com"],
            "condition": {"title": "t", "expression": "true"},
        },
    ]
}


def policy(build: Build, value: Value, at: Span | None = None) -> list[Grant]:
    instance = build("google_project_iam_policy.x", project="shop", policy_data="…")
    arguments = dict(instance.body.arguments)
    arguments["policy_data"] = Argument(value, at or value.at or arguments["policy_data"].at)
    found = facts_of(replace(instance, body=replace(instance.body, arguments=arguments)))
    return [fact for fact in found if isinstance(fact, Grant)]


def told(grants: list[Grant]) -> list[tuple[object, ...]]:
    return [(grant.principal.text, grant.role, isinstance(grant.condition, Condition)) for grant in grants]


def literal(text: str) -> Span:
    """Return the span between ``<<<`` and ``>>>`` in a file."""
    start = text.index("<<<")
    inner = text[start + 3 : text.index(">>>")]
    source = SourceText("main.tf", text.replace("<<<", "", 1).replace(">>>", "", 1))
    return Span(source, start, start + len(inner))


EXPECTED = [
    ("user:ana@example.com", "roles/owner", False),
    ("group:team@example.com", "roles/owner", False),
    ("user:ben@example.com", "roles/viewer", True),
]


def test_json_text(build: Build) -> None:
    found = policy(build, Value(json.dumps(POLICY)))
    assert told(found) == EXPECTED
    assert {grant.origin for grant in found} == {"policy"}
    assert {grant.principal_place.at.line for grant in found} == {3}


def test_a_heredoc_is_placed_line_by_line(build: Build) -> None:
    text = json.dumps(POLICY, indent=2) + "\n"
    for indent in ("", "    "):
        body = "".join(f"{indent}{line}\n" for line in text.splitlines())
        at = literal(f"x = <<<<<-EOT\n{body}{indent}EOT>>>\n")
        found = policy(build, Value(text, at))
        assert told(found) == EXPECTED
        assert [SourceText("", at.source.text).line(g.principal_place.at.line).strip(' ",') for g in found] == [
            "user:ana@example.com",
            "group:team@example.com",
            "user:ben@example.com",
        ]
        first = found[0].role_place.at
        assert at.source.line(first.line)[first.column - 1 : first.end_column - 1] == '"roles/owner"'


def test_a_heredoc_with_interpolations_keeps_what_is_known(build: Build, unknown_part: UnknownPartOf) -> None:
    at = literal(
        "x = <<<<<EOT\n"
        '{"bindings": [{\n  "role": "roles/owner",\n'
        '  "members": ["serviceAccount:${google_service_account.ci.email}",\n    "user:ana@example.com"]\n}]}\n'
        "EOT>>>\n"
    )
    email = UnknownPart("google_service_account.ci.email")
    parts = (
        '{"bindings": [{\n  "role": "roles/owner",\n  "members": ["serviceAccount:',
        email,
        '",\n    "user:ana@example.com"]\n}]}\n',
    )
    found = policy(build, Value(Unknown("known after apply", parts), at))
    assert [grant.principal.text for grant in found] == [
        "serviceAccount:${google_service_account.ci.email}",
        "user:ana@example.com",
    ]
    assert [grant.principal_place.at.line for grant in found] == [4, 5]
    assert [grant.role for grant in found] == ["roles/owner"] * 2


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (Unknown("var.policy has no default and is not set"), "var.policy has no default and is not set"),
        (Unknown("known after apply", ('{"bindings": ', UnknownPart("var.b"), "}")), "known after apply"),
        (Unknown("known after apply", (UnknownPart("x.y"),)), "known after apply"),
        ("{", "the policy is not JSON"),
        ("[1]", "the policy is not an object"),
        ('{"bindings": 3}', "this is not a list"),
        (True, "the policy is not JSON: it is not a text"),
    ],
)
def test_what_cannot_be_read_is_one_unknown_grant(build: Build, data: object, reason: str) -> None:
    (grant,) = policy(build, Value(data))
    assert isinstance(grant.role, Unknown)
    assert grant.role.reason.startswith(reason)
    assert grant.principal.kind == "unknown"
    assert grant.resource.name == "shop"


def test_wrong_bindings_are_unknown_one_by_one(build: Build) -> None:
    bindings = [7, {"members": ["user:a@b.c"]}, {"role": "r", "members": [5, None, {}]}, {"role": "r", "members": "m"}]
    found = policy(build, Value(json.dumps({"bindings": bindings})))
    assert [grant.role if isinstance(grant.role, str) else grant.role.reason for grant in found] == [
        "the binding is not an object",
        "the binding has no role",
        "r",
        "r",
        "r",
        "r",
    ]
    reasons = [grant.principal.unknown.reason for grant in found if grant.principal.unknown]
    assert reasons[-3:] == ["this is null", "this is not a string", "this is not a list"]


def test_no_bindings_no_grants(build: Build) -> None:
    assert policy(build, Value('{"etag": "ACAB"}')) == []
    assert policy(build, Value('{"bindings": []}')) == []


def test_a_policy_without_its_data(build: Build) -> None:
    (grant,) = facts_of(build("google_project_iam_policy.x", project="shop"))
    assert isinstance(grant, Grant)
    assert grant.role == Unknown("policy_data is not set")


def test_deep_json_is_no_recursion_error(build: Build) -> None:
    (grant,) = policy(build, Value("[" * 100_000))
    assert isinstance(grant.role, Unknown)
    assert grant.role.reason.startswith("the policy is not JSON")


# -- data.google_iam_policy --------------------------------------------------------------------------------------------


def test_the_document_of_a_data_source(build: Build) -> None:
    data = build(
        "data.google_iam_policy.x",
        mode="data",
        audit_config={"service": "allServices", "audit_log_configs": {"log_type": "DATA_READ"}},
        binding=(
            {"role": "roles/viewer", "members": ["user:ben@example.com", "group:a@example.com"]},
            {
                "role": "roles/owner",
                "members": {"user:ana@example.com"},
                "condition": {"title": "t", "expression": "a < b && c"},
            },
        ),
    )
    document = iam_policy_document(data.body)
    assert document.data == (
        '{"auditConfigs":[{"auditLogConfigs":[{"logType":"DATA_READ"}],"service":"allServices"}],"bindings":['
        '{"condition":{"expression":"a \\u003c b \\u0026\\u0026 c","title":"t"},'
        '"members":["user:ana@example.com"],"role":"roles/owner"},'
        '{"members":["group:a@example.com","user:ben@example.com"],"role":"roles/viewer"}]}'
    )
    found = policy(build, document)
    assert [(g.principal.text, g.role, g.principal_place.at.line) for g in found] == [
        ("user:ben@example.com", "roles/viewer", 8),
        ("group:a@example.com", "roles/viewer", 8),
        ("user:ana@example.com", "roles/owner", 11),
    ]
    assert found[2].condition is not None


def test_the_unknown_parts_of_a_data_source(build: Build, unknown_part: UnknownPartOf) -> None:
    known = {"role": "roles/owner", "members": ["user:a@b.c", unknown_part("google_service_account.ci.member")]}
    document = iam_policy_document(build("data.google_iam_policy.x", binding=known).body)
    assert document.unknown is not None
    assert [grant.principal.text for grant in policy(build, document)] == [
        "user:a@b.c",
        "serviceAccount:${google_service_account.ci.email}",
    ]
    why = Unknown("var.bindings has no default and is not set")
    (grant,) = policy(build, iam_policy_document(build("data.google_iam_policy.x", unknown_block_binding=why).body))
    assert grant.role == why
