"""Files recognised by content; unreadable ones are reported and the others are read."""

from __future__ import annotations

import json
import time
from itertools import accumulate, repeat
from pathlib import Path

import pytest

from iamlint.facts import Grant
from iamlint.sources import read
from iamlint.sources.not_uploaded import _with_parents
from iamlint.sources.reading import Options

POLICY = {"bindings": [{"members": ["user:ana@example.com"], "role": "roles/owner"}], "etag": "BwX=", "version": 1}


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def principals(facts: list[object]) -> list[str]:
    return [fact.principal.text for fact in facts if isinstance(fact, Grant)]


def test_a_folder_is_read_with_what_is_broken_told_beside(tmp_path):
    Path("project-a.json").write_text(json.dumps(POLICY))
    Path("project-b.json").write_text('{"bindings": [')
    Path("project-c.json").write_bytes(b"\x00\x01binary")
    Path("project-d.yaml").write_text("bindings: [{members: [x], role: roles/viewer}]\n")
    Path("package.json").write_text('{"name": "web", "version": "1.0.0"}')
    Path("main.tf").write_text('resource "google_project_iam_member" "m" {\n  project = "shop"\n')
    reading = read([Path()], Options())
    assert principals(reading.facts) == ["user:ana@example.com", "x"]
    assert sorted(error.at.path for error in reading.errors) == ["main.tf", "project-b.json", "project-c.json"]


def test_the_text_of_a_document_without_facts_is_not_kept():
    Path("project-a.json").write_text(json.dumps(POLICY))
    Path("package.json").write_text('{"name": "web"}')
    Path("marked.yaml").write_text("a: 1  # iam-lint: ignore\n")
    texts = read([Path()], Options()).texts
    for name in texts:
        Path(name).write_text("{}")
    assert {name: (text.size, text.text == "{}") for name, text in texts.items()} == {
        "project-a.json": (len(json.dumps(POLICY)), False),
        "package.json": (15, True),
        "marked.yaml": (25, False),
    }


def test_what_is_no_export_is_an_error_only_where_it_is_named():
    Path("project-a.json").write_text(json.dumps(POLICY))
    Path("package.json").write_text('{"name": "web"}')
    assert read([Path()], Options()).errors == []
    (error,) = read([Path("package.json")], Options()).errors
    assert "file type not recognised" in error.reason


@pytest.mark.parametrize(
    ("name", "data", "said"),
    [
        ("empty.json", b"", "the file is empty"),
        ("broken.json", b'{"bindings": [}', "where a JSON value is expected"),
        ("broken.yaml", b"bindings: [", "this is not YAML"),
        ("twice.yaml", b"bindings: []\nbindings: []\n", "repeated"),
        ("latin.json", b'{"a": "\xe9"}', "not text in UTF-8"),
        ("nul.yaml", b"bindings: \x00", "NUL character"),
        ("deep.json", b"[" * 100_000, "nested deeper"),
        ("deep.yaml", b"[" * 100_000, "nested deeper"),
    ],
)
def test_an_unreadable_file_is_an_error_at_its_place(name, data, said):
    Path(name).write_bytes(data)
    reading = read([Path(name)], Options())
    assert reading.facts == []
    (error,) = reading.errors
    assert error.at.path == name
    assert said in error.reason


def test_an_empty_file_of_a_configuration_means_its_directory():
    Path("main.tf").write_text('resource "google_project_iam_member" "m" {\n  member = "user:ana@example.com"\n}\n')
    Path("wif.tf").write_bytes(b"")
    reading = read([Path("wif.tf")], Options())
    assert reading.errors == []
    assert principals(reading.facts) == ["user:ana@example.com"]


def test_a_missing_file_and_a_directory_with_nothing_are_errors(tmp_path):
    Path("empty").mkdir()
    reading = read([Path("gone.json"), Path("empty")], Options())
    assert [(error.at.path, error.reason) for error in reading.errors] == [
        ("gone.json", "there is no such file or directory"),
        ("empty", "nothing in this directory can be checked"),
    ]


def test_a_file_given_twice_is_read_once():
    Path("project-a.json").write_text(json.dumps(POLICY))
    reading = read([Path("project-a.json"), Path("project-a.json"), Path()], Options())
    assert reading.files == 1
    assert principals(reading.facts) == ["user:ana@example.com"]


def test_progress_names_what_is_read():
    Path("project-a.json").write_text(json.dumps(POLICY))
    told: list[str] = []
    read([Path()], Options(progress=told.append))
    assert any("project-a.json" in message for message in told)


def test_a_large_document_of_another_program_is_forgotten(tmp_path: Path) -> None:
    entry = '{"id": 1}, ' * 100_000
    for name, end in (("other.json", "{}"), ("accepted.json", '{"a": "# iamlint: ignore[x]"}')):
        (tmp_path / name).write_text(f"[{entry}{end}]")
    texts = read([tmp_path], Options(may_be_empty=True)).texts
    assert [Path(name).name for name in texts] == ["accepted.json"]


def test_the_folders_above_deep_ones_are_looked_at_once() -> None:
    deep = list(accumulate(repeat("d", 2_000), Path.__truediv__, initial=Path("/top")))
    started = time.process_time()
    assert len(_with_parents(reversed(deep), lambda _: True)) == len(deep) + 1
    assert time.process_time() - started < 3
