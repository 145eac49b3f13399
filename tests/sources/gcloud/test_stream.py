"""Large exports: one line at a time, irrelevant grants are not kept, and nothing is skipped silently."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from iamlint.facts import Folder, Grant, Project
from iamlint.files.disk import Disk
from iamlint.linter import lint
from iamlint.roles import catalog
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.rules.interest import export_filter
from iamlint.sources import read
from iamlint.sources.gcloud import plain_assets, stream
from iamlint.sources.gcloud.hierarchy import Hierarchy
from iamlint.sources.reading import ExportFilter, Options, Reading

ANA, SA, AGENT = (
    "user:ana@example.com",
    "serviceAccount:ci@shop.iam.gserviceaccount.com",
    "serviceAccount:service-123456789012@compute-system.iam.gserviceaccount.com",
)


def asset(*bindings: tuple[str, Sequence[str]], name: str = "projects/shop", **more: Any) -> dict[str, Any]:
    policy = {"etag": "a", "bindings": [{"role": role, "members": list(members)} for role, members in bindings]}
    return {
        "name": f"//cloudresourcemanager.googleapis.com/{name}",
        "asset_type": "cloudresourcemanager.googleapis.com/Project",
        "iam_policy": policy,
        "ancestors": ["projects/123456789012", "folders/42", "organizations/7"],
        **more,
    }


@pytest.fixture
def _large(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Every file counts as large, however small it is."""
    monkeypatch.setattr(stream, "SMALL", 0)
    monkeypatch.chdir(tmp_path)


def write(path: Path, lines: Sequence[Mapping[str, Any] | str], *, compressed: bool = False) -> Path:
    text = "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)
    path.write_bytes(gzip.compress(text.encode()) if compressed else text.encode())
    return path


def default() -> ExportFilter:
    found = export_filter(select_rules(load_rules()[0])[0], catalog())
    assert found is not None
    return found


@pytest.mark.usefixtures("_large")
def test_another_document_on_one_line_is_not_parsed_to_see_what_it_is(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """Schemas of providers have attributes of this name."""
    one = write(tmp_path / "schema.json", [{"attributes": {"asset_type": {"type": "string"}}}])
    monkeypatch.delattr(stream, "read_json")
    assert not stream.is_stream(one, Disk())


def grants(reading: Reading) -> list[tuple[str, str]]:
    return [(str(fact.role), fact.principal.text) for fact in reading.facts if isinstance(fact, Grant)]


@pytest.mark.usefixtures("_large")
@pytest.mark.parametrize("name", ["a.ndjson", "a.jsonl", "a.json", "a.ndjson.gz", "a.json.gz"])
def test_lines_are_read_plain_or_compressed(name: str) -> None:
    lines = [asset(("roles/owner", [ANA])), asset(("roles/editor", [SA, ANA]))]
    path = write(Path(name), lines, compressed=name.endswith(".gz"))
    reading = read([path], Options())
    assert grants(reading) == [("roles/owner", ANA), ("roles/editor", SA), ("roles/editor", ANA)]
    assert (reading.errors, reading.files) == ([], 1)
    last = [fact for fact in reading.facts if isinstance(fact, Grant)][-1]
    at = last.principal_place.at
    assert (at.path, at.line) == (name, 2)
    assert json.dumps(lines[1])[at.column - 1 : at.end_column - 1] == f'"{ANA}"'
    assert [fact.parent for fact in reading.facts if isinstance(fact, Folder)] == ["organizations/7"]
    assert [fact.number for fact in reading.facts if isinstance(fact, Project)] == ["123456789012"]


@pytest.mark.usefixtures("_large")
def test_the_stream_says_what_a_whole_reading_says(monkeypatch: pytest.MonkeyPatch) -> None:
    samples = Path(__file__).parents[3] / "testdata" / "exports"
    for name in ("assets.ndjson", "resources.ndjson"):
        monkeypatch.setattr(stream, "SMALL", 0)
        streamed = read([samples / name], Options())
        monkeypatch.setattr(stream, "SMALL", 1 << 40)
        whole = read([samples / name], Options())
        assert streamed.errors == whole.errors == []
        assert streamed.facts == whole.facts


@pytest.mark.usefixtures("_large")
@pytest.mark.parametrize("sort_keys", [False, True])
@pytest.mark.parametrize("separators", [(",", ":"), (", ", " : ")])
def test_each_member_is_where_its_own_binding_has_it(
    monkeypatch: pytest.MonkeyPatch, sort_keys: bool, separators: tuple[str, str]
) -> None:
    bindings = [
        ("roles/viewer", [SA, ANA]),
        ("roles/owner", [ANA, 'user:"role": "members":@example.com']),
        ("roles/viewer", [ANA, SA]),
    ]
    line = json.dumps(asset(*bindings), sort_keys=sort_keys, separators=separators)
    path = write(Path("a.ndjson"), [line, line])
    streamed = read([path], Options())
    monkeypatch.setattr(stream, "SMALL", 1 << 40)
    whole = read([path], Options())
    escaped = [fact for fact in whole.facts if isinstance(fact, Grant) and "\\" in line[_columns(fact)]]
    assert len(escaped) == 2
    assert [fact for fact in streamed.facts if "members" not in str(fact)] == [
        fact for fact in whole.facts if "members" not in str(fact)
    ]
    assert len(streamed.facts) == len(whole.facts)


@pytest.mark.usefixtures("_large")
def test_keys_with_escapes_are_read_all_the_same() -> None:
    line = (
        json.dumps(asset(("roles/owner", [ANA])))
        .replace('"role"', '"rol\\u0065"')
        .replace('"members"', '"m\\u0065mbers"')
    )
    assert grants(read([write(Path("a.ndjson"), [line])], Options())) == [("roles/owner", ANA)]


def _columns(grant: Grant) -> slice:
    return slice(grant.principal_place.at.column - 1, grant.principal_place.at.end_column - 1)


@pytest.mark.usefixtures("_large")
def test_what_no_rule_asks_about_is_not_kept() -> None:
    kept = [
        ("roles/iam.serviceAccountTokenCreator", [ANA]),
        ("roles/compute.serviceAgent", [ANA]),
        ("roles/viewer", ["allUsers"]),
        ("roles/viewer", ["user:ana@gmail.com"]),
        ("roles/viewer", ["domain:example.com"]),
        ("roles/viewer", ["nobody"]),
        ("roles/no.such", [ANA]),
        ("projects/shop/roles/own", [ANA]),
        (
            "roles/viewer",
            ["principalSet://iam.googleapis.com/projects/shop/locations/global/workloadIdentityPools/p/*"],
        ),
    ]
    dull = [("roles/viewer", [ANA, SA, "group:a@example.com"]), ("roles/compute.serviceAgent", [AGENT])]
    path = write(Path("a.ndjson"), [asset(*kept, *dull), asset(*dull)])
    found = grants(read([path], Options(relevant=default())))
    assert found == [(role, members[0]) for role, members in kept]
    assert len(grants(read([path], Options()))) == len(found) + 8, "without rules everything is"


@pytest.mark.usefixtures("_large")
@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("number", [plain_assets._MOST_MEMBERS, plain_assets._MOST_MEMBERS + 1])
def test_a_policy_of_too_many_members_is_not_searched_for_each(several: bool, number: int) -> None:
    """Each member is searched from the start of its list: 60,000 of them took more than forty seconds."""
    members = [f"user:u{number}@example.com" for number in range(number)]
    half = number // 2 if several else 0
    one = asset(("roles/owner", members[:half]), ("roles/editor", members[half:]))
    line = json.dumps(one, separators=(",", ":"))
    reader = plain_assets.PlainReader("a.ndjson", None, Hierarchy(), None)
    found = reader.facts(one, line.encode(), line, 1)
    assert (found is None) is (number > plain_assets._MOST_MEMBERS)
    reading = read([write(Path("a.ndjson"), [line])], Options())
    assert [who for _, who in grants(reading)] == members
    assert all(_text(line, fact) == f'"{fact.principal.text}"' for fact in reading.facts if isinstance(fact, Grant))


def _text(line: str, grant: Grant) -> str:
    return line[_columns(grant)]


@pytest.mark.usefixtures("_large")
def test_what_is_not_plain_is_read_whole() -> None:
    condition = {"title": "t", "expression": "request.time < timestamp('2020-01-01T00:00:00Z')"}
    with_condition = asset()
    with_condition["iam_policy"]["bindings"] = [{"role": "roles/viewer", "members": [ANA], "condition": condition}]
    audited = asset(("roles/viewer", [ANA]))
    audited["iam_policy"]["audit_configs"] = [
        {"service": "allServices", "audit_log_configs": [{"log_type": "DATA_READ"}]}
    ]
    folder = asset(("roles/viewer", [ANA]), name="folders/42", asset_type="cloudresourcemanager.googleapis.com/Folder")
    reading = read([write(Path("a.ndjson"), [with_condition, audited, folder])], Options(relevant=default()))
    kinds = [type(fact).__name__ for fact in reading.facts]
    assert kinds == ["Grant", "AuditConfig", "Project", "Folder"]
    assert reading.errors == []


@pytest.mark.usefixtures("_large")
def test_the_findings_are_those_of_all_facts() -> None:
    rules = select_rules(load_rules()[0])[0]
    lines = [
        asset(("roles/iam.serviceAccountTokenCreator", [ANA, AGENT]), ("roles/viewer", ["allUsers", SA])),
        asset(("roles/editor", ["serviceAccount:123456789012-compute@developer.gserviceaccount.com"])),
        asset(("roles/compute.serviceAgent", [AGENT])),
    ]
    path = write(Path("a.ndjson"), lines)
    some, every = (lint(read([path], options), rules) for options in (Options(relevant=default()), Options()))
    assert some.findings == every.findings
    assert len(some.findings) >= 3


@pytest.mark.usefixtures("_large")
def test_a_line_that_cannot_be_read_is_told_and_the_others_are_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LONGEST", 2000)
    wrong = asset(("roles/owner", [ANA]))
    wrong["iam_policy"]["bindings"][0]["members"] = ["user:a@example.com", 7]
    lines = [asset(("roles/owner", [ANA])), '{"name": ', "[" * 1500, '{"a": 1}', wrong, " ", "x" * 5000]
    reading = read([write(Path("a.ndjson"), [*lines, asset(("roles/owner", [SA]))])], Options())
    assert [error.at.line for error in reading.errors] == [2, 3, 4, 5, 7]
    assert grants(reading) == [("roles/owner", ANA), ("roles/owner", SA)]


@pytest.mark.usefixtures("_large")
@pytest.mark.parametrize("filtered", [True, False])
@pytest.mark.parametrize(
    "name",
    [
        "projects/shop",
        "/cloudresourcemanager.googleapis.com/projects/shop",
        "//cloudresourcemanager.googleapis.com/projects",
        "//cloudresourcemanager.googleapis.com/projects/",
        "//cloudresourcemanager.googleapis.com/",
        "",
    ],
)
def test_grants_on_a_name_that_cannot_be_read_are_an_error(name: str, filtered: bool) -> None:
    lines = [asset(("roles/owner", [ANA])), {**asset(("roles/owner", [SA])), "name": name}]
    options = Options(relevant=default()) if filtered else Options()
    reading = read([write(Path("a.ndjson"), lines)], options)
    (error,) = reading.errors
    assert (error.at.line, "$.name" in error.reason) == (2, True)
    assert grants(reading) == [("roles/owner", ANA)]


@pytest.mark.usefixtures("_large")
def test_errors_are_counted_beyond_a_hundred() -> None:
    reading = read([write(Path("a.ndjson"), [asset(("roles/owner", [ANA])), *["{"] * 150])], Options())
    assert len(reading.errors) == 101
    assert reading.errors[-1].reason == "50 more lines cannot be read"


@pytest.mark.usefixtures("_large")
def test_a_compressed_file_that_breaks_off_is_told(tmp_path: Path) -> None:
    path = write(
        Path("a.ndjson.gz"), [asset(("roles/owner", [f"user:u{n}@example.com"])) for n in range(3000)], compressed=True
    )
    path.write_bytes(path.read_bytes()[:-2000])
    reading = read([path], Options())
    (error,) = reading.errors
    assert "rest of the file cannot be read" in error.reason
    assert len(grants(reading)) > 1000


@pytest.mark.usefixtures("_large")
def test_little_that_is_made_of_much_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LARGEST", 100_000)
    path = write(Path("a.ndjson.gz"), [asset(("roles/owner", [ANA]))] * 10_000, compressed=True)
    reading = read([path], Options())
    assert [error.reason for error in reading.errors] == ["there are more than 100000 bytes"]
    assert 0 < len(grants(reading)) < 1000


def test_a_rule_that_asks_about_everybody_keeps_everything() -> None:
    rules = select_rules(load_rules()[0], ("direct-user-grant",))[0]
    assert export_filter(rules, catalog()) is None
