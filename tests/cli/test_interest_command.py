"""The queries of ``iamlint interest`` keep what the rules need: a check of the rest finds the same."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import cache
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
from assets import assets
from many import some
from program import run

TOPIC = "pubsub.googleapis.com/Topic"
VIEWER = "roles/pubsub.viewer"
ANA = "user:ana@example.com"
PLACES = ("line", "column", "end_line", "end_column")


def topic(name: str, role: str, *members: str, **more: Any) -> dict[str, Any]:
    policy = {"etag": "BwX=", "bindings": [{"role": role, "members": list(members), **more}]}
    path = f"//pubsub.googleapis.com/projects/shop/topics/{name}"
    above = ["projects/7", "folders/3", "organizations/1"]
    return {"name": path, "asset_type": TOPIC, "iam_policy": policy, "ancestors": above}


WANTED = {
    "an unknown role": topic("a", "roles/pubsub.invented", ANA),
    "a custom role": topic("b", "organizations/1/roles/publisher", ANA),
    "a role that sets policies": topic("c", "roles/pubsub.admin", ANA),
    "the public": topic("d", VIEWER, ANA, "allUsers"),
    "a domain": topic("e", VIEWER, "domain:example.com"),
    "an address of one's own": topic("f", VIEWER, "user:ana@gmail.com"),
    "a placeholder": topic("g", VIEWER, "serviceAccount:REPLACE_ME@shop.iam.gserviceaccount.com"),
    "no principal": topic("h", VIEWER, "ana@example.com"),
    "an account of nowhere": topic("i", VIEWER, "serviceAccount:ci@shop.example.com"),
    "a deleted principal": topic("j", VIEWER, "deleted:user:ana@example.com?uid=1"),
    "a federated principal": topic(
        "k", VIEWER, "principalSet://iam.googleapis.com/projects/7/locations/global/workloadIdentityPools/p/*"
    ),
    "a condition": topic("q", "roles/pubsub.admin", ANA, condition={"expression": "request.time.getHours() < 9"}),
    "a project": {**topic("", VIEWER, ANA), "asset_type": "cloudresourcemanager.googleapis.com/Project"},
}
UNNEEDED = {
    "a person": topic("l", VIEWER, ANA),
    "an account and a group": topic(
        "m", VIEWER, "group:o'brien@example.com", "serviceAccount:ci@shop.iam.gserviceaccount.com"
    ),
    "a condition": topic("n", VIEWER, ANA, condition={"expression": "true", "title": "always"}),
    "nobody": topic("o", VIEWER),
}
SAMPLE = [*islice(assets(), some(300, 3_000)), *map(json.dumps, (*WANTED.values(), *UNNEEDED.values()))]


@cache
def usual(dialect: str) -> str:
    """Return the query for ``all.ndjson``, or for a table."""
    sources = {"duckdb": ("all.ndjson", "kept.ndjson"), "bigquery": ("p.d.assets", "gs://bucket/assets-*.ndjson.gz")}
    return query(dialect, *sources[dialect], Path.cwd())


def query(dialect: str, source: str, target: str, directory: Path) -> str:
    done = run("interest", "--sql", dialect, "--from", source, "--to", target, cwd=directory)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def database() -> Any:
    """Return an empty database. Only the tests that ask one load it, in one of the suite's processes."""
    return pytest.importorskip("duckdb").connect()


def kept_by_duckdb(lines: Iterable[str], directory: Path) -> list[str]:
    (directory / "all.ndjson").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    made = usual("duckdb").replace("'all.ndjson'", f"'{directory / 'all.ndjson'}'")
    database().execute(made.replace("'kept.ndjson'", f"'{directory / 'kept.ndjson'}'"))
    return (directory / "kept.ndjson").read_text(encoding="utf-8").splitlines()


@cache
def in_duckdb() -> str:
    """Return the part of BigQuery's query that selects, for a table of DuckDB."""
    head, _, select = usual("bigquery").partition(" AS\n")
    options = "uri = 'gs://bucket/assets-*.ndjson.gz', format = 'JSON', compression = 'GZIP', overwrite = TRUE"
    assert head.splitlines()[1:] == [f"EXPORT DATA OPTIONS ({options})"]
    sqlglot = pytest.importorskip("sqlglot")
    (translated,) = sqlglot.transpile(select.rstrip().removesuffix(";"), read="bigquery", write="duckdb")
    return str(translated)


def kept_by_bigquery(lines: Iterable[str], directory: Path) -> list[str]:
    """Return the lines that BigQuery's query writes, translated for a table of DuckDB; absent values are null there."""
    (directory / "table.ndjson").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    table = database()
    table.execute("ATTACH ':memory:' AS p; CREATE SCHEMA p.d")
    condition = "STRUCT(expression VARCHAR, title VARCHAR, description VARCHAR, location VARCHAR)"
    binding = f"STRUCT(role VARCHAR, members VARCHAR[], condition {condition})"
    policy = f"STRUCT(version BIGINT, etag VARCHAR, bindings {binding}[])"
    columns = f"name: 'VARCHAR', asset_type: 'VARCHAR', ancestors: 'VARCHAR[]', iam_policy: '{policy}'"
    table.execute(f"CREATE TABLE p.d.assets AS FROM read_json('{directory / 'table.ndjson'}', columns = {{{columns}}})")
    table.execute(f"COPY ({in_duckdb()}) TO '{directory / 'written.ndjson'}' (FORMAT json)")
    return (directory / "written.ndjson").read_text(encoding="utf-8").splitlines()


def found(lines: Iterable[str], directory: Path) -> dict[str, Any]:
    """Return what a check finds, without the places of lines."""
    directory.mkdir()
    (directory / "policies.ndjson").write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    done = run("check", "--no-config", "--exit-zero", "--format", "json", "policies.ndjson", cwd=directory)
    report = json.loads(done.stdout)
    assert report["errors"] == []
    return {key: without_places(report[key]) for key in ("findings", "unknowns", "accepted")}


def without_places(data: Any) -> Any:
    match data:
        case dict():
            return {key: without_places(value) for key, value in data.items() if key not in PLACES}
        case list():
            return [without_places(one) for one in data]
        case _:
            return data


def test_what_is_needed_is_kept_as_it_is_by_both(tmp_path: Path) -> None:
    kept = kept_by_duckdb(SAMPLE, tmp_path)
    assert set(kept) <= set(SAMPLE)
    assert len(kept) < len(SAMPLE) / 4
    whole = found(SAMPLE, tmp_path / "whole")
    assert len(whole["findings"]) > 10
    assert found(kept, tmp_path / "less") == whole
    written = kept_by_bigquery(SAMPLE, tmp_path)
    assert list(map(named, written)) == list(map(named, kept))
    assert found(written, tmp_path / "written") == whole


def named(line: str) -> str:
    return str(json.loads(line)["name"])


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[str], list[str]]:
    """What each of the two queries keeps of all single lines."""
    lines = [json.dumps(one) for one in (*WANTED.values(), *UNNEEDED.values())]
    directory = tmp_path_factory.mktemp("lines")
    return kept_by_duckdb(lines, directory), list(map(named, kept_by_bigquery(lines, directory)))


@pytest.mark.parametrize("what", WANTED)
def test_what_a_rule_may_need_is_kept(what: str, kept: tuple[list[str], list[str]]) -> None:
    assert json.dumps(WANTED[what]) in kept[0]
    assert WANTED[what]["name"] in kept[1]


@pytest.mark.parametrize("what", UNNEEDED)
def test_what_no_rule_needs_is_left_out(what: str, kept: tuple[list[str], list[str]]) -> None:
    assert json.dumps(UNNEEDED[what]) not in kept[0]
    assert UNNEEDED[what]["name"] not in kept[1]


@pytest.mark.parametrize(
    "line",
    [
        '{"name": "//x", "asset_type": "iam.googleapis.com/Role", "resource": {"data": {"name": "roles/x"}}}',
        '{"name": "//x", "assetType": "a.b/C", "iamPolicy": {"bindings": [{"role": 7, "members": "x"}]}}',
        '{"name": "//x", "asset_type": "a.b/C", "iam_policy": {"bindings": [], "auditConfigs": [{}]}}',
        '{"name": "//x", "asset_type": "a.b/C", "iam_policy": {"bindings": {}}}',
        '{"name": "//x", "iam_policy": {"bindings": []}}',
    ],
)
def test_lines_of_another_shape_are_kept(line: str, tmp_path: Path) -> None:
    assert kept_by_duckdb([line], tmp_path) == [line]


def test_a_rule_that_needs_every_grant_leaves_nothing_out(tmp_path: Path) -> None:
    asked = ("--sql", "duckdb", "--from", "a", "--to", "b")
    done = run("interest", *asked, "--select", "pedantic", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (2, "")
    assert "one of these rules needs every grant" in done.stderr


def test_fewer_rules_need_less(tmp_path: Path) -> None:
    made = run("interest", "--sql", "duckdb", "--from", "a", "--to", "b", "--select", "public-grant", cwd=tmp_path)
    assert made.stdout.count("'roles/") > query("duckdb", "a", "b", tmp_path).count("'roles/")


def test_quotes_in_names_end_no_text(tmp_path: Path) -> None:
    made = query("duckdb", "it's", "b' OR '1", tmp_path)
    assert ("'it''s'" in made, "'b'' OR ''1'" in made) == (True, True)
    made = query("bigquery", "a`b", "gs://it's\\", tmp_path)
    assert ("`ab`" in made, r"'gs://it\'s\\'" in made) == (True, True)


def test_rules_and_assertions_of_the_configuration_count(tmp_path: Path) -> None:
    asked = ("interest", "--sql", "duckdb", "--from", "a", "--to", "b")
    settings = tmp_path / ".iamlint.yaml"
    for text, options, expected in (
        ("ignore: [all]\n", (), "for 0 rules"),
        ("select: [keys]\n", (), "for 4 rules"),
        ("select: [pedantic]\n", (), "one of these rules needs every grant"),
        ("select: [pedantic]\n", ("--no-config",), "ROLES"),
        ("assertions: [{forbid: {from: '*', to: '*'}}]\n", (), "an assertion needs every grant"),
        ("assertions: [{forbid: {from: '*', to: '*'}}]\n", ("--ignore", "assertions"), "ROLES"),
    ):
        settings.write_text(text, encoding="utf-8")
        done = run(*asked, *options, cwd=tmp_path)
        assert expected.replace("ROLES", "'roles/browser'") in done.stdout + done.stderr, text
