"""A sample of every kind of export in ``testdata/exports``, compared with its expected facts.

``expected/NAME.txt`` has a line for each fact: where it is declared, its kind, and its parts; an unknown part is ``?``
and the reason.
"""

from __future__ import annotations

import dataclasses
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from many import some

from iamlint.documents import read_json_documents, read_yaml
from iamlint.facts import Condition, Declaration, Place, Principal, Resource
from iamlint.location import Location, SourceText
from iamlint.sources import read
from iamlint.sources.gcloud.recognition.kinds import KINDS, kind_of
from iamlint.sources.gcloud.recognition.shapes import WORDS, holds, problems, schema
from iamlint.sources.reading import Options
from iamlint.unknown import Unknown

EXPORTS = Path(__file__).parents[3] / "testdata" / "exports"
SAMPLES = sorted(
    path.relative_to(EXPORTS).as_posix()
    for path in EXPORTS.rglob("*")
    if path.is_file() and not path.is_relative_to(EXPORTS / "expected")
)


@pytest.fixture(autouse=True)
def _there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXPORTS)


WRITTEN = (Declaration, Place, Location)


def described(fact: Any) -> str:
    parts = [
        f"{field.name}={shown(value)}"
        for field in dataclasses.fields(fact)
        if not isinstance(value := getattr(fact, field.name), WRITTEN) and value not in (None, False, ())
    ]
    at = fact.declared.at
    return f"{at.line}:{at.column} {fact.declared.type} {type(fact).__name__} {' '.join(parts)}"


def shown(value: Any) -> str:
    match value:
        case Unknown():
            return f"?{value.text if value.parts else ''}({value.reason})"
        case Principal():
            return f"{shown(value.unknown) if value.unknown else value.text}[{value.kind}]"
        case Condition():
            return f"<{value.title or ''}|{value.expression}>"
        case Resource():
            return f"{value.kind}:{shown(value.name)}"
        case tuple():
            return "(" + ", ".join(shown(item) for item in value if not isinstance(item, Place)) + ")"
        case _:
            return str(value)


def facts_of(name: str, **options: Any) -> list[str]:
    reading = read([Path(name)], Options(**options))
    assert reading.errors == []
    assert reading.files == 1
    return [described(fact) for fact in reading.facts]


@pytest.mark.parametrize("name", SAMPLES)
def test_a_sample_says_what_is_expected_of_it(name, expected):
    expected(EXPORTS / "expected" / (Path(name).name + ".txt"), "".join(f"{line}\n" for line in facts_of(name)))


def test_every_kind_has_a_sample():
    assert {kind for name in SAMPLES for document in documents(name) if (kind := kind_of(document))} == set(KINDS)


def documents(name: str) -> Iterator[Any]:
    source = SourceText(name, Path(name).read_text(encoding="utf-8"))
    if name.endswith((".txt", ".csv")):
        return iter(())
    found = read_yaml(source) if name.endswith(".yaml") else read_json_documents(source)
    assert isinstance(found, tuple)
    return iter(found)


def test_the_order_of_the_files_makes_no_difference():
    orders = [SAMPLES, SAMPLES[::-1], SAMPLES[1::2] + SAMPLES[::2]]
    readings = [read([Path(name) for name in order], Options()) for order in orders]
    texts = [json.dumps([described(fact) for fact in reading.facts]) for reading in readings]
    assert all(one == other for one, other in itertools.pairwise(texts))
    assert all(reading.errors == [] and reading.files == len(SAMPLES) for reading in readings)


# -- broken ones ----------------------------------------------------------------------------------------------------

BROKEN: list[tuple[str, tuple[str | int, ...], Any, str]] = [
    ("project-shop.json", ("bindings", 1, "condition"), {"title": "t"}, "$.bindings[1].condition"),
    ("project-shop.json", ("auditConfigs", 0, "auditLogConfigs"), "x", "$.auditConfigs[0].auditLogConfigs"),
    ("ancestors.json", (0, "policy", "bindings", 0, "members"), "x", "$[0].policy.bindings[0].members"),
    ("ancestors.json", (1, "policy", "rules"), {}, "$[1].policy.rules"),
    ("accounts.json", (1, "email"), "nobody", "$[1].email"),
    ("keys.json", (0, "keyType"), "HIS", "$[0].keyType"),
    ("role.json", ("includedPermissions",), [1], "$.includedPermissions[0]"),
    ("roles.json", (1, "deleted"), "yes", "$[1].deleted"),
    ("services.json", (0, "state"), "ON", "$[0].state"),
    ("projects.json", (0, "parent"), 7, "$[0].parent"),
    ("folders.json", (0, "parent"), 7, "$[0].parent"),
    ("organizations.json", (0, "displayName"), 7, "$[0].displayName"),
    ("assets.ndjson", (1, "iam_policy", "bindings", 0, "role"), 7, "$.iam_policy.bindings[0].role"),
    ("asset-list.json", (0, "name"), "shop", "$[0].name"),
    ("conversion.json", (0, "iam_policy", "bindings"), 7, "$[0].iam_policy.bindings"),
    ("resources.ndjson", (0, "resource", "data"), [], "$.resource.data"),
    ("search.json", (1, "folders"), "folders/42", "$[1].folders"),
    (
        "analysis.json",
        ("mainAnalysis", "analysisResults", 0, "iamBinding"),
        [],
        "$.mainAnalysis.analysisResults[0].iamBinding",
    ),
    ("deny-policy.json", ("rules", 0, "denyRule", "deniedPrincipals"), "x", "$.rules[0].denyRule.deniedPrincipals"),
    ("deny-policies.json", (0, "kind"), "AllowPolicy", "$[0].kind"),
    ("boundary-policy.json", ("details", "rules", 0, "effect"), "DENY", "$.details.rules[0].effect"),
    ("policy-bindings.json", (0, "target"), {}, "$[0].target"),
    ("pools.json", (1, "disabled"), "no", "$[1].disabled"),
    ("providers.json", (0, "attributeMapping", "google.subject"), 7, "$[0].attributeMapping.google.subject"),
    ("org-policies.json", (0, "spec", "rules", 0, "enforce"), "yes", "$[0].spec.rules[0].enforce"),
    ("organization-7-policies.json", (0, "booleanPolicy"), True, "$[0].booleanPolicy"),
]


@pytest.mark.parametrize(("name", "path", "value", "told"), BROKEN)
def test_a_broken_sample_is_told_with_its_path(tmp_path, monkeypatch, name, path, value, told):
    text = Path(name).read_text(encoding="utf-8")
    lines = name.endswith(".ndjson")
    data = [json.loads(line) for line in text.splitlines()] if lines else json.loads(text)
    whole = facts_of(name)
    at = data
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    monkeypatch.chdir(tmp_path)
    Path(name).write_text("".join(json.dumps(one) + "\n" for one in data) if lines else json.dumps(data, indent=2))
    reading = read([Path(name)], Options())
    (error,) = reading.errors
    assert error.reason.startswith(told + ": ")
    assert error.at.path == name
    assert not lines or error.at.line == path[0] + 1
    assert len(reading.facts) < len(whole) or not whole


def test_a_broken_document_of_config_connector_is_told_and_the_others_are_read(tmp_path, monkeypatch):
    text = Path("bulk-export.yaml").read_text(encoding="utf-8")
    whole = facts_of("bulk-export.yaml")
    monkeypatch.chdir(tmp_path)
    Path("bulk-export.yaml").write_text(
        text.replace("  - iam.serviceAccounts.signBlob", "  - [iam.serviceAccounts.signBlob]")
    )
    reading = read([Path("bulk-export.yaml")], Options())
    assert [error.reason[:22] for error in reading.errors] == ["$.spec.permissions[0]:"]
    assert len(reading.facts) == len(whole) - 1


# -- the schemas ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", KINDS)
def test_the_quick_answer_knows_every_word_of_the_schemas(kind):
    from jsonschema import Draft202012Validator

    Draft202012Validator.check_schema(schema(kind))
    assert set(words(schema(kind))) <= set(WORDS) | {"$schema", "title", "then", "else"}


def words(rule: Any) -> Iterator[str]:
    for word, argument in rule.items():
        yield word
        below = argument.values() if word == "properties" else argument if isinstance(argument, list) else [argument]
        for one in below:
            if isinstance(one, dict):
                yield from words(one)


@pytest.mark.parametrize("name", [name for name in SAMPLES if not name.endswith(".txt")])
def test_the_quick_answer_is_that_of_jsonschema(name):
    """Values of other types replace each part of each sample, in the suite every fourth; both validators agree."""
    from iamlint.sources.gcloud.recognition import shapes

    for document in documents(name):
        for one in document.data if isinstance(document.data, tuple) else (document,):
            kind = kind_of(one)
            if kind is None:
                continue
            validator = shapes._validator(kind)
            for changed in itertools.islice(mutations(json.loads(json.dumps(shapes.plain(one)))), 0, 120, some(8, 1)):
                value = next(iter(read_json_documents(SourceText("x.json", json.dumps(changed)))))
                assert holds(schema(kind), value) == validator.is_valid(changed), (kind, changed)


def mutations(data: Any) -> Iterator[Any]:
    yield data
    for path in paths(data):
        for value in (None, 7, "x", [], {}, ["x"], True, [{}]):
            changed = json.loads(json.dumps(data))
            at = changed
            for step in path[:-1]:
                at = at[step]
            at[path[-1]] = value
            yield changed
        if isinstance(path[-1], str):
            del at[path[-1]]
            yield changed


def paths(data: Any, above: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    entries = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, below in entries:
        yield (*above, step)
        yield from paths(below, (*above, step))


def test_errors_are_few_and_short():
    members = ", ".join(["7"] * 50)
    (document,) = read_json_documents(
        SourceText("x.json", f'{{"bindings": [{{"role": "r", "members": [{members}]}}]}}')
    )
    found = problems("policy", document)
    assert len(found) == 10
    assert all(error.at != Location("") and len(error.reason) < 250 for error in found)
