"""Refreshing the role catalogue: the difference is shown first, and nothing is lost on the way."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pack_roles
import pytest

from iamlint.catalog_file import CATALOG
from iamlint.roles import catalog
from iamlint.roles.lines import BLOCK, read_catalog

BEFORE: pack_roles.Table = {
    "roles/a": {"title": "A", "stage": "GA", "listed": True, "permissions": ["x.y.get", "x.y.list"]},
    "roles/b": {"title": "B", "stage": "BETA", "listed": True, "permissions": None},
    "roles/c": {"title": "C", "stage": "GA", "listed": True, "permissions": ["x.y.get"]},
}


def test_a_catalogue_is_unpacked_as_it_was_packed() -> None:
    assert pack_roles.unpacked(pack_roles.pack(BEFORE, "2026-01-01")) == BEFORE
    table = pack_roles.unpacked(CATALOG.read_bytes())
    assert pack_roles.pack(table, catalog().date) == CATALOG.read_bytes()
    role = "roles/iam.serviceAccountTokenCreator"
    assert set(table[role]["permissions"]) == catalog().permissions(role)


def test_each_difference_is_a_line() -> None:
    after: dict[str, Any] = {
        "roles/a": {**BEFORE["roles/a"], "permissions": ["x.y.get", "x.z.delete"], "stage": "DEPRECATED"},
        "roles/b": {**BEFORE["roles/b"], "permissions": ["x.y.get"]},
        "roles/d": {"title": "D", "stage": "GA", "listed": True, "permissions": []},
    }
    assert list(pack_roles.difference(BEFORE, BEFORE)) == []
    assert list(pack_roles.difference(BEFORE, after)) == [
        "  roles/a: stage 'GA' → 'DEPRECATED'; +x.z.delete; -x.y.list",
        "  roles/b: permissions are known now",
        "- roles/c (C; 1 permissions)",
        "+ roles/d (D; 0 permissions)",
    ]


def test_a_list_of_gcloud_retires_what_it_lacks_and_keeps_what_it_does_not_say(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    target, listed = tmp_path / "catalog.json", tmp_path / "roles.json.gz"
    target.write_bytes(pack_roles.pack(BEFORE, "2026-01-01"))
    roles = [
        {"name": "roles/a", "title": "A", "stage": "GA"},
        {"name": "roles/b", "title": "B", "stage": "GA", "includedPermissions": ["x.y.get"]},
    ]
    listed.write_bytes(gzip.compress(json.dumps(roles).encode()))
    before = target.read_bytes()
    pack_roles.main([str(listed), "--date", "2026-02-02"], target)
    assert target.read_bytes() == before
    said = capsys.readouterr().out
    assert "roles/b: stage 'BETA' → 'GA'; permissions are known now" in said
    assert "roles/c: retired" in said
    assert "2 of 3 roles differ" in said
    pack_roles.main([str(listed), "--date", "2026-02-02", "--write"], target)
    table = pack_roles.unpacked(target.read_bytes())
    assert table["roles/a"] == BEFORE["roles/a"]
    assert not table["roles/c"]["listed"]


def test_each_line_is_decoded_as_json_has_it() -> None:
    document = json.loads(CATALOG.read_bytes())
    day, permissions, roles = read_catalog({"roles/more": ("More", "GA", 1, None)})
    assert day == document["date"]
    assert list(roles) == ["roles/more", *document["roles"]]
    assert {name: list(roles[name]) for name in document["roles"]} == document["roles"]
    assert roles["roles/more"] == ("More", "GA", 1, None)
    assert "roles/none" not in roles
    assert roles.get("roles/none") is None
    every = " ".join(document["permissions"]).split()
    assert permissions.all == every
    for numbers in ([0, BLOCK - 1, BLOCK, len(every) - 1], range(len(every))):
        assert list(permissions.numbered(numbers)) == [every[number] for number in numbers]
