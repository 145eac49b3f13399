"""The pictures and the page of paths: valid, and nothing of the input is markup in them."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from pathlib import Path

import pytest
from click.testing import CliRunner

from iamlint.cli.program import program
from iamlint.reporters.paths.html import environment

HOSTILE = 'user:</script><img src=x onerror=alert(1)>"];end %%{init}%% `x` <!-- #quot; \\@example.com'
ACCOUNT = "boss@shop-prod.iam.gserviceaccount.com"


@pytest.fixture
def policy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    on_account = {"bindings": [{"role": "roles/iam.serviceAccountTokenCreator", "members": [HOSTILE, "user:a@x.org"]}]}
    Path("account.json").write_text(json.dumps(on_account, indent=1), encoding="utf-8")
    Path("main.tf").write_text(
        'resource "google_project_iam_member" "o" {\n  project = "shop-prod"\n  role = "roles/owner"\n'
        f'  member = "serviceAccount:{ACCOUNT}"\n}}\n',
        encoding="utf-8",
    )


def shown(form: str, *more: str) -> str:
    arguments = ["paths", "account.json", "main.tf", "--resource", f"serviceAccounts/{ACCOUNT}", "--format", form]
    done = CliRunner().invoke(program, [*arguments, *more])
    assert done.exit_code == 1, done.output
    return done.stdout


@pytest.mark.usefixtures("policy")
def test_the_page_has_its_own_script_and_style_alone_and_no_markup_of_the_input() -> None:
    page = shown("html")
    assert "<img" not in page
    scripts = re.findall(r"<script([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert [attributes for attributes, _ in scripts] == [' type="application/json" id="data"', ""]
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', page)
    (style,) = re.findall(r"<style>(.*?)</style>", page, re.DOTALL)
    for text in (scripts[1][1], style):
        digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
        assert f"sha256-{digest}" in policy.replace("&#x27;", "'")
    assert policy.startswith("default-src &#x27;none&#x27;")
    assert "innerHTML" not in page
    assert not re.search(r"https?://|url\(|@import|<link|<iframe| src=| href=", page.replace(scripts[0][1], ""))
    data = json.loads(scripts[0][1])
    sources = [name for group in data["groups"] for name in group["sources"]]
    assert any("<img src=x onerror=alert(1)>" in name for name in sources)
    assert data["frames"]["account.json:6"][2][1].strip().startswith('"user:')


@pytest.mark.usefixtures("policy")
def test_labels_of_a_flowchart_are_quoted_and_hold_no_markup() -> None:
    lines = shown("mermaid").splitlines()
    assert lines[0] == "flowchart LR"
    labels = [re.fullmatch(r'  n\d+(?:\[|\(\[)"([^"]*)"(?:\]|\]\))(?::::privileged)?', line) for line in lines[1:]]
    found = [label[1] for label in labels if label]
    assert len(found) == 3
    assert not any(set(label) & set('<>"`%{}\\') for label in found)
    assert f"  {'n1'} " not in lines
    assert sum("-->|" in line for line in lines) == 2


@pytest.mark.usefixtures("policy")
def test_labels_of_a_graph_are_quoted() -> None:
    lines = shown("dot").splitlines()
    assert (lines[0], lines[-1]) == ("digraph paths {", "}")
    for line in lines[2:-1]:
        assert re.fullmatch(r'  n\d+( -> n\d+)? \[label="(?:[^"\\]|\\.)*", [a-z0-9=, ]*\];', line), line


@pytest.mark.usefixtures("policy")
def test_open_graph_has_edges_between_nodes_that_are_there() -> None:
    found = json.loads(shown("opengraph"))["graph"]
    nodes = {node["id"] for node in found["nodes"]}
    assert f"serviceAccount:{ACCOUNT}" in nodes
    assert len(found["edges"]) == 2
    for edge in found["edges"]:
        assert {edge["start"]["value"], edge["end"]["value"]} <= nodes
        assert re.fullmatch(r"\w+", edge["kind"])
        assert all(isinstance(value, str | int) for value in edge["properties"].values())
    assert all(1 <= len(node["kinds"]) <= 3 for node in found["nodes"])


@pytest.mark.usefixtures("policy")
def test_what_to_fix_first_is_what_cuts_the_most_paths() -> None:
    text = shown("text", "--fix-first")
    assert "1 of 2 paths: account.json:" in text
    (first, second) = json.loads(shown("json", "--fix-first"))["fix_first"]
    assert (first["cut"], second["cut"]) == (1, 1)
    Path("main.tf").write_text(
        Path("main.tf").read_text(encoding="utf-8") + 'resource "google_service_account_iam_binding" "many" {\n'
        f'  service_account_id = "projects/shop-prod/serviceAccounts/{ACCOUNT}"\n'
        '  role = "roles/iam.serviceAccountUser"\n  members = ["user:b@x.org"]\n}\n'
        'resource "google_project_iam_binding" "run" {\n  project = "shop-prod"\n  role = "roles/run.developer"\n'
        '  members = [for one in ["b", "c", "d"] : "user:${one}@x.org"]\n}\n'
        'resource "google_project_iam_binding" "attach" {\n  project = "shop-prod"\n'
        '  role = "roles/iam.serviceAccountUser"\n  members = ["user:c@x.org", "user:d@x.org"]\n}\n',
        encoding="utf-8",
    )
    first, *_ = json.loads(shown("json", "--fix-first"))["fix_first"]
    assert (first["address"], first["cut"], first["entries"]) == ("google_project_iam_binding.run", 3, 3)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("boss@shop-prod.iam.gserviceaccount.com", "prod"),
        ("boss@prd-shop.iam.gserviceaccount.com", "prod"),
        ("ci@shop-dev-1.iam.gserviceaccount.com", "dev"),
        ("a@shop-staging.iam.gserviceaccount.com", "staging"),
        ("a@products.iam.gserviceaccount.com", "other"),
    ],
)
def test_environments_are_told_by_words_in_names(name: str, expected: str) -> None:
    assert environment(name) == expected
