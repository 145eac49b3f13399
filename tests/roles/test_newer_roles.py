"""Newer definitions of roles applied to the catalogue: their effects, and invalid ones."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iamlint.location import Unreadable
from iamlint.roles import Catalog, catalog
from iamlint.roles.newer import with_newer
from iamlint.unknown import Unknown

TOKEN = "iam.serviceAccounts.getAccessToken"


def laid_over(tmp_path: Path, content: Any) -> tuple[Catalog, list[Unreadable]]:
    path = tmp_path / "roles.json"
    path.write_text(content if isinstance(content, str) else json.dumps(content), encoding="utf-8")
    return with_newer(catalog(), path, "roles.json")


def test_a_description_is_newer_than_the_catalogue(tmp_path: Path) -> None:
    described = {"name": "roles/viewer", "title": "Looker", "stage": "GA", "includedPermissions": [TOKEN, "new.x.get"]}
    found, errors = laid_over(tmp_path, described)
    assert errors == []
    assert found.permissions("roles/viewer") == {TOKEN, "new.x.get"}
    assert found.title("roles/viewer") == "Looker"
    assert found.edition == f"{catalog().date} with roles.json"
    assert found.is_permission("new.x.get")
    assert TOKEN not in catalog().permissions("roles/viewer")


def test_a_listing_empties_no_role_and_makes_others_known(tmp_path: Path) -> None:
    listing = [{"name": "roles/viewer", "title": "Viewer", "stage": "GA"}, {"name": "roles/brand.new", "title": "New"}]
    found, errors = laid_over(tmp_path, listing)
    assert errors == []
    assert found.permissions("roles/viewer") == catalog().permissions("roles/viewer")
    unknown = found.permissions("roles/brand.new")
    assert isinstance(unknown, Unknown)
    assert "gcloud iam roles describe roles/brand.new" in unknown.reason
    assert found.is_listed("roles/brand.new")


def test_a_retired_role_stays_known_as_retired(tmp_path: Path) -> None:
    found, _ = laid_over(tmp_path, [{"name": "roles/viewer", "deleted": True}])
    assert not found.is_listed("roles/viewer")
    assert found.permissions("roles/viewer") == catalog().permissions("roles/viewer")
    assert "roles/serverless.serviceAgent" in catalog()
    assert not catalog().is_listed("roles/serverless.serviceAgent")


def test_yaml_of_several_descriptions(tmp_path: Path) -> None:
    text = "name: roles/a.one\nincludedPermissions:\n- a.b.get\n---\nname: roles/a.two\nincludedPermissions: []\n"
    found, errors = laid_over(tmp_path, text)
    assert errors == []
    assert found.permissions("roles/a.one") == {"a.b.get"}
    assert found.permissions("roles/a.two") == frozenset()


@pytest.mark.parametrize(
    ("content", "reason", "line"),
    [
        ([{"name": "roles/a.b"}, {"title": "x"}], "$[1] is not a role", 1),
        ({"name": "projects/p/roles/x"}, "projects/p/roles/x is a custom role", 1),
        ({"name": "roles/a.b", "includedPermissions": [1]}, "$.includedPermissions is not a list of texts", 1),
        ('[\n{"name": "roles/a.b"},\n7]', "$[1] is not a role", 3),
        ("[]", "there are no roles", 1),
        ("{", "", 1),
    ],
)
def test_what_is_no_definition_is_an_error_at_its_place(tmp_path: Path, content: Any, reason: str, line: int) -> None:
    _, errors = laid_over(tmp_path, content)
    assert [(error.at.path, error.at.line) for error in errors] == [("roles.json", line)]
    assert reason in errors[0].reason


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    found, errors = with_newer(catalog(), tmp_path / "none.json", "none.json")
    assert found is catalog()
    assert [error.at.path for error in errors] == ["none.json"]
