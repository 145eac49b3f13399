"""The trees that files are read from: each answers as the disk does."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from iamlint.files.disk import DISK
from iamlint.files.overlay import Overlay
from iamlint.files.texts import load
from iamlint.files.tree import Entry, Status, Tree
from iamlint.linter import lint
from iamlint.location import SourceText, Unreadable
from iamlint.report import Report
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.sources import read
from iamlint.sources.reading import Options

GRANT = """resource "google_project_iam_member" "it" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""


def checked(tree: Tree, path: Path) -> Report:
    rules, _ = select_rules(load_rules()[0], ("broad-token-creator",))
    return lint(read([path], Options(tree=tree)), rules)


def overlay(files: dict[Path, str]) -> Overlay:
    return Overlay(DISK, {path: text.encode() for path, text in files.items()})


def as_overlay(top: Path) -> Tree:
    """The files of a folder as buffers over an empty one; links stay where they are."""
    buffers = {}
    for path in sorted(top.rglob("*")):
        if path.is_file() and not path.is_symlink():
            buffers[path] = path.read_bytes()
            path.unlink()
    return Overlay(DISK, buffers)


MAKERS: dict[str, Callable[[Path], Tree]] = {"disk": lambda _: DISK, "overlay": as_overlay}


@pytest.fixture
def top(tmp_path: Path) -> Path:
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/one.tf").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "a/b/two.tf").write_text("", encoding="utf-8")
    os.symlink("a", tmp_path / "link")
    os.symlink("nowhere", tmp_path / "broken")
    os.symlink("circle", tmp_path / "circle")
    return tmp_path


@pytest.mark.parametrize("maker", MAKERS)
def test_what_a_tree_answers(top: Path, maker: str) -> None:
    tree = MAKERS[maker](top)
    assert tree.status(top / "a/one.tf") == Status("file", 6)
    assert [tree.kind(top / name) for name in ("a", "link", "broken", "circle", "none", "a/one.tf/x")] == [
        "directory",
        "directory",
        None,
        None,
        None,
        None,
    ]
    assert tree.read(top / "link/one.tf") == b"x = 1\n"
    assert tree.resolved(top / "link/b/../one.tf") == top / "a/one.tf"
    assert [tree.is_link(top / name) for name in ("a", "link", "broken")] == [False, True, True]
    assert sorted(tree.entries(top / "link"), key=lambda entry: entry.name) == [
        Entry("b", "directory"),
        Entry("one.tf", "file"),
    ]
    assert {entry.name: (entry.kind, entry.link) for entry in tree.entries(top)} == {
        "a": ("directory", False),
        "link": ("directory", True),
        "broken": (None, True),
        "circle": (None, True),
    }
    walked = [(path.relative_to(top).as_posix(), sorted(names), sorted(files)) for path, names, files in tree.walk(top)]
    assert walked == [
        (".", ["a", "link"], ["broken", "circle"]),
        ("a", ["b"], ["one.tf"]),
        ("a/b", [], ["two.tf"]),
    ]
    for wrong in (top / "none", top / "a/one.tf/x", Path("a\0b")):
        with pytest.raises((OSError, ValueError)):
            tree.status(wrong)
        with pytest.raises((OSError, ValueError)):
            tree.read(wrong)
    with pytest.raises(OSError, match=r".*"):
        list(tree.entries(top / "none"))


def test_a_walk_leaves_out_what_its_caller_takes_away(top: Path) -> None:
    seen = []
    for directory, names, _ in DISK.walk(top):
        seen.append(directory)
        names.clear()
    assert seen == [top]


def test_a_directory_that_cannot_be_read_is_told(top: Path) -> None:
    class Closed(type(DISK)):  # type: ignore[misc]
        def entries(self, path: Path):  # type: ignore[no-untyped-def]
            if path.name == "b":
                raise PermissionError(13, "Permission denied", str(path))
            return super().entries(path)

    told: list[OSError] = []
    walked = [path.name for path, _, _ in Closed().walk(top, told.append)]
    assert walked == [top.name, "a"]
    assert [error.filename for error in told] == [str(top / "a/b")]


def test_a_pipe_is_no_file_and_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert DISK.kind(tmp_path / "pipe") == "other"
    assert [entry.kind for entry in DISK.entries(tmp_path)] == ["other"]
    assert isinstance(load(tmp_path / "pipe", "pipe"), Unreadable)


def test_a_buffer_stands_in_the_place_of_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(GRANT, encoding="utf-8")
    assert len(checked(DISK, Path()).findings) == 1
    tree = overlay({tmp_path / "main.tf": "\n" + GRANT})
    (found,) = checked(tree, Path()).findings
    assert (found.at.path, found.at.line) == ("main.tf", 4)
    assert checked(overlay({tmp_path / "main.tf": "# nothing\n"}), Path()).findings == ()


def test_a_buffer_may_be_new_and_so_may_its_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text('module "m" {\n  source = "./m"\n}\n', encoding="utf-8")
    (found,) = checked(overlay({tmp_path / "m/main.tf": GRANT}), Path()).findings
    assert (found.at.path, found.address) == ("m/main.tf", "module.m.google_project_iam_member.it")


def test_a_buffer_leads_nowhere_that_the_disk_does_not_lead(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    outside, inside = tmp_path / "outside", tmp_path / "inside"
    outside.mkdir()
    inside.mkdir()
    os.symlink(outside, inside / "m")
    monkeypatch.chdir(inside)
    (inside / "main.tf").write_text('module "m" {\n  source = "./m"\n}\n', encoding="utf-8")
    report = checked(overlay({inside / "m/main.tf": GRANT}), Path())
    assert report.findings == ()
    assert any("outside of what iamlint was given to read" in doubt.reason for doubt in report.doubts)


def test_a_text_of_a_tree_has_the_bounds_of_a_file(tmp_path: Path) -> None:
    tree = Overlay(DISK, {tmp_path / "a": b"\xff\xfe", tmp_path / "b": b"\xef\xbb\xbfx = 1\n"})
    assert isinstance(load(tmp_path / "a", "a", tree), Unreadable)
    found = load(tmp_path / "b", "b", tree)
    assert isinstance(found, SourceText)
    assert found.text == "x = 1\n"
    assert isinstance(load(tmp_path, "d", tree), Unreadable)
