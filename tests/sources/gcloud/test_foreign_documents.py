"""Documents of other programs whose names are like those of exports."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.facts import UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading

POLICY = '{"bindings": [{"role": "roles/viewer", "members": ["user:ana@example.com"]}], "etag": "BwX"}'
BUILD = "steps:\n- name: gcr.io/cloud-builders/gcloud\n  args: [projects, list]\n"
FOLDER = "apiVersion: cft.dev/v1alpha1\nkind: Folder\nspec:\n  id: group1\n"


def reading(tmp_path: Path, name: str, text: str) -> Reading:
    (tmp_path / "main.tf").write_text("", encoding="utf-8")
    (tmp_path / "project-shop.json").write_text(POLICY, encoding="utf-8")
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read([tmp_path], Options())


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("project-cleaner.yaml", BUILD),
        ("folder_1.yaml", FOLDER),
        ("org_1.yaml", FOLDER),
        ("organization-7.json", '{"$schema": "https://json.schemastore.org/tsconfig", "include": ["src"]}'),
    ],
)
def test_a_document_of_another_program_is_no_error_also_among_exports(tmp_path: Path, name: str, text: str) -> None:
    """It is an unread part: a pull request may have replaced an export."""
    found = reading(tmp_path, name, text)
    unread_parts = [fact for fact in found.facts if name in fact.declared.at.path]
    assert (found.errors, [type(unread_part) for unread_part in unread_parts]) == ([], [UnreadPart])
    assert found.files == 2


def test_among_no_exports_it_is_not_listed_by_a_name_that_others_have_too(tmp_path: Path) -> None:
    for name in ("project-cleaner.yaml", "project-admin.yaml", "folder_1.yaml"):
        (tmp_path / name).write_text(BUILD, encoding="utf-8")
    found = read([tmp_path], Options(may_be_empty=True))
    assert [fact.declared.at.path.rpartition("/")[2] for fact in found.facts] == ["folder_1.yaml"]
    assert found.errors == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("folder-1.json", ""),
        ("folder-1.json", "null"),
        ("folder-1.json", '{"error": {"code": 403, "message": "no"}}'),
        ("folder-1.json", '{"etag": "BwX", "bindngs": [{"role": "roles/owner", "members": ["user:a@b.c"]}]}'),
        ("folder-1.json", '{"rows": [{"role": "roles/owner", "members": ["user:a@example.com"]}]}'),
        ("folder-1.yaml", "name: folders/1\nlabels: {}\n"),
    ],
)
def test_an_export_that_holds_nothing_or_is_damaged_stays_an_error(tmp_path: Path, name: str, text: str) -> None:
    found = reading(tmp_path, name, text)
    assert [error.at.path.rpartition("/")[2] for error in found.errors] == [name]


AZURE = '{"authLevel": "anonymous", "type": "httpTrigger", "direction": "in", "name": "req", "methods": ["get"]}'


@pytest.mark.parametrize(
    ("name", "text", "errors"),
    [
        ("function.json", f'{{"scriptFile": "main.py", "bindings": [{AZURE}, {AZURE}]}}', 0),
        ("function.yaml", "bindings:\n- type: http\n  direction: out\n", 0),
        ("policy.json", f'{{"bindings": [{AZURE}, {{"role": "roles/viewer"}}]}}', 3),
        ("policy.json", f'{{"bindings": [{AZURE}], "etag": "BwX"}}', 2),
        ("policy.json", '{"bindings": [{"rolle": "roles/viewer", "who": ["user:ana@example.com"]}]}', 2),
        ("policy.json", '{"bindings": [{"Members": ["user:ana@example.com"]}]}', 3),
        ("policy.json", '{"bindings": [{}]}', 2),
    ],
)
def test_bindings_of_another_program_are_no_policy(tmp_path: Path, name: str, text: str, errors: int) -> None:
    found = reading(tmp_path, name, text)
    assert len(found.errors) == errors, found.errors
    assert not [fact for fact in found.facts if name in fact.declared.at.path]
