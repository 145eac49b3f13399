"""Members of groups: lists of gcloud, plain files, and tables of the Admin console."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.facts import Fact, Membership
from iamlint.sources import read
from iamlint.sources.gcloud.resources.groups import group_by_path
from iamlint.sources.reading import Options


def members(facts: list[Fact]) -> list[tuple[object, object, int]]:
    return [(one.group, one.member, one.place.at.line) for one in facts if isinstance(one, Membership)]


@pytest.mark.parametrize(
    ("path", "group"),
    [
        ("groups/ops@example.com.txt", "ops@example.com"),
        ("ops@example.com-members.txt", "ops@example.com"),
        ("ops.team@sub.example.co.uk.json", "ops.team@sub.example.co.uk"),
        ("ci@shop.iam.gserviceaccount.com.json", None),
        ("requirements.txt", None),
        ("robots.txt", None),
    ],
)
def test_a_file_is_named_after_its_group(path: str, group: str | None) -> None:
    assert group_by_path(path) == group


def test_a_plain_list_in_a_folder(tmp_path: Path) -> None:
    (tmp_path / "ops@example.com.txt").write_text(
        "# the team\nana@example.com\n\n  bo@example.com\r\n", encoding="utf-8"
    )
    (tmp_path / "notes.txt").write_text("cy@example.com\n", encoding="utf-8")
    found = read([tmp_path], Options())
    assert found.errors == []
    assert members(found.facts) == [("ops@example.com", "ana@example.com", 2), ("ops@example.com", "bo@example.com", 4)]


def test_a_text_with_other_lines_is_no_list(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("", encoding="utf-8")
    (tmp_path / "ops@example.com.txt").write_text("Dear all,\nplease see below.\n", encoding="utf-8")
    found = read([tmp_path], Options())
    assert (found.errors, found.facts) == ([], [])


def test_a_line_of_a_table_that_cannot_be_read_is_an_error(tmp_path: Path) -> None:
    long = "b" * 140_000
    (tmp_path / "export.csv").write_text(
        f"Group Email,Member Email\nops@example.com,{long}\nops@example.com,ana@example.com\n", encoding="utf-8"
    )
    (tmp_path / "plan.txt").write_text("{" * 140_000, encoding="utf-8")
    (tmp_path / "main.tf").write_text("", encoding="utf-8")
    found = read([tmp_path / "export.csv", tmp_path], Options())
    assert [error.reason for error in found.errors] == ["a line of the table of members cannot be read"]
    assert members(found.facts) == [("ops@example.com", "ana@example.com", 3)]


def test_a_table_of_the_admin_console_that_is_named(tmp_path: Path) -> None:
    path = tmp_path / "export.csv"
    path.write_text(
        "Group Email [Required],Member Email,Member Type,Member Role\n"
        'ops@example.com,ana@example.com,USER,MEMBER\n"ops@example.com","bo@example.com",USER,OWNER\nbroken\n',
        encoding="utf-8",
    )
    found = read([path], Options())
    assert found.errors == []
    assert members(found.facts) == [("ops@example.com", "ana@example.com", 2), ("ops@example.com", "bo@example.com", 3)]


MEMBERSHIPS = '[{"name": "groups/01abc/memberships/1", "preferredMemberKey": {"id": "ana@example.com"}}]'


@pytest.mark.parametrize(
    ("name", "group"), [("memberships.json", "groups/01abc"), ("ops@example.com.json", "ops@example.com")]
)
def test_a_list_of_gcloud_names_its_group_by_id_or_by_its_file(tmp_path: Path, name: str, group: str) -> None:
    path = tmp_path / name
    path.write_text(MEMBERSHIPS, encoding="utf-8")
    assert members(read([path], Options()).facts) == [(group, "ana@example.com", 1)]
