"""The trees that files are read from: each answers as the disk does."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from checkout import commit, git

from iamlint.files.disk import DISK, Disk
from iamlint.files.git import MissingRevision, Repository
from iamlint.files.overlay import Overlay
from iamlint.files.revision import Revision, revision
from iamlint.files.texts import load
from iamlint.files.tree import Entry, Status, Tree
from iamlint.linter import lint
from iamlint.location import SourceText, Unreadable
from iamlint.results.report import Report
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


def as_revision(top: Path) -> Tree:
    """Return the files of a folder as in a commit, while the folder itself is empty."""
    name = commit(top)
    for path in top.iterdir():
        if path.is_symlink() or path.is_file():
            path.unlink()
        elif path.name != ".git":
            shutil.rmtree(path)
    return revision(name, top)


MAKERS: dict[str, Callable[[Path], Tree]] = {"disk": lambda _: DISK, "overlay": as_overlay, "revision": as_revision}


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
    with MAKERS[maker](top) as tree:
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
        walked = [
            (path.relative_to(top).as_posix(), sorted(names), sorted(files)) for path, names, files in tree.walk(top)
        ]
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
    class Closed(Disk):
        def entries(self, path: Path) -> Iterator[Entry]:
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
    assert any(
        "outside of what iamlint was given to read" in unknown_answer.reason
        for unknown_answer in report.unknown_answers
    )


def test_a_text_of_a_tree_has_the_bounds_of_a_file(tmp_path: Path) -> None:
    tree = Overlay(DISK, {tmp_path / "a": b"\xff\xfe", tmp_path / "b": b"\xef\xbb\xbfx = 1\n"})
    assert isinstance(load(tmp_path / "a", "a", tree), Unreadable)
    found = load(tmp_path / "b", "b", tree)
    assert isinstance(found, SourceText)
    assert found.text == "x = 1\n"
    assert isinstance(load(tmp_path, "d", tree), Unreadable)


# -- a revision ----------------------------------------------------------------------------------------------------


def test_a_revision_is_checked_as_its_checkout_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "m").mkdir()
    (tmp_path / "m/main.tf").write_text(GRANT.replace('"shop"', 'file("${path.module}/project")'), encoding="utf-8")
    (tmp_path / "m/project").write_text("shop", encoding="utf-8")
    (tmp_path / "main.tf").write_text('module "m" {\n  source = "./linked"\n}\n', encoding="utf-8")
    os.symlink("m", tmp_path / "linked")
    before = checked(DISK, Path())
    name = commit(tmp_path)
    shutil.rmtree(tmp_path / "m")
    (tmp_path / "main.tf").write_text("# changed\n", encoding="utf-8")
    commit(tmp_path)
    for asked in (name, "HEAD~1", "main~1"):
        with revision(asked, tmp_path) as tree:
            after = checked(tree, Path())
        assert (after.findings, after.unknown_answers, after.errors) == (
            before.findings,
            before.unknown_answers,
            before.errors,
        )
        assert [str(one.resource) for one in after.findings] == ["project shop"]
    with revision("HEAD", tmp_path / "gone") as tree:
        assert checked(tree, Path()).findings == ()


def test_a_link_of_a_revision_leads_to_nothing_outside(tmp_path: Path) -> None:
    top, outside = tmp_path / "top", tmp_path / "outside"
    top.mkdir()
    outside.mkdir()
    (outside / "main.tf").write_text(GRANT, encoding="utf-8")
    os.symlink(outside, top / "absolute")
    os.symlink("../outside/main.tf", top / "relative.tf")
    os.symlink("../top/inside.tf", top / "around.tf")
    (top / "inside.tf").write_text("x = 1\n", encoding="utf-8")
    with revision(commit(top), top) as tree:
        assert [tree.kind(top / name) for name in ("absolute", "absolute/main.tf", "relative.tf")] == [None] * 3
        assert tree.resolved(top / "relative.tf") == outside / "main.tf"
        assert tree.read(top / "around.tf") == b"x = 1\n"
        assert tree.kind(outside / "main.tf") is None
        with pytest.raises(OSError, match="No such file"):
            tree.read(outside / "main.tf")


def test_a_revision_runs_no_filter(tmp_path: Path) -> None:
    """Nor converts it line ends: what git stores is what is read."""
    mark = tmp_path / "ran"
    top = tmp_path / "top"
    top.mkdir()
    (top / ".gitattributes").write_text("*.tf filter=x diff=x text eol=crlf\n", encoding="utf-8")
    (top / "main.tf").write_text("x = 1\n", encoding="utf-8")
    name = commit(top)
    for key in ("filter.x.smudge", "filter.x.clean", "diff.x.textconv", "core.fsmonitor"):
        git(top, "config", key, f"touch {mark}; cat")
    with revision(name, top) as tree:
        assert tree.read(top / "main.tf") == b"x = 1\n"
        assert sorted(path.name for path, _, _ in tree.walk(top)) == ["top"]
    assert not mark.exists()


def test_a_submodule_is_an_empty_directory(tmp_path: Path) -> None:
    other, top = tmp_path / "other", tmp_path / "top"
    other.mkdir()
    top.mkdir()
    (other / "main.tf").write_text(GRANT, encoding="utf-8")
    commit(other)
    git(top, "init", "-q")
    git(top, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "sub")
    with revision(commit(top), top) as tree:
        assert tree.kind(top / "sub") == "directory"
        assert list(tree.entries(top / "sub")) == []
        assert tree.kind(top / "sub/main.tf") is None


@pytest.mark.parametrize("name", ["", "none", "HEAD~9", "0" * 40, "--help", "-n", "HEAD:main.tf", "a\nb", "a\0b"])
def test_a_revision_that_is_not_there(tmp_path: Path, name: str) -> None:
    (tmp_path / "main.tf").write_text("x = 1\n", encoding="utf-8")
    commit(tmp_path)
    with pytest.raises(MissingRevision):
        revision(name, tmp_path)


def test_content_that_the_clone_does_not_have(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text("x = 1\n", encoding="utf-8")
    name = commit(tmp_path)
    blob = git(tmp_path, "rev-parse", "HEAD:main.tf")
    (tmp_path / ".git/objects" / blob[:2] / blob[2:]).unlink()
    with Revision(Repository.around(tmp_path), name) as tree:
        found = load(tmp_path / "main.tf", "main.tf", tree)
    assert isinstance(found, Unreadable)
    assert "the clone does not have" in found.reason


def test_a_reading_that_is_interrupted_does_not_shift_the_next(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("a", "b"):
        (tmp_path / name).write_text(name * 100_000, encoding="utf-8")
    with revision(commit(tmp_path), tmp_path) as tree:
        batch = tree.repository.batch

        class Interrupted:
            """git's process; the first reading of an answer is interrupted."""

            def __init__(self) -> None:
                self.process = batch()
                self.stdin, self.stdout = self.process.stdin, self
                self.readline = self.process.stdout.readline
                self.kill, self.communicate = self.process.kill, self.process.communicate

            def read(self, _size: int) -> bytes:
                raise KeyboardInterrupt

        monkeypatch.setattr(tree.repository, "batch", Interrupted)
        with pytest.raises(KeyboardInterrupt):
            tree.read(tmp_path / "a")
        monkeypatch.undo()
        assert tree.read(tmp_path / "b") == b"b" * 100_000


def test_many_contents_are_read_by_one_process(tmp_path: Path) -> None:
    for number in range(50):
        (tmp_path / f"{number}.tf").write_bytes(b"\0\n" * number * 1000)
    with revision(commit(tmp_path), tmp_path) as tree:
        assert [len(tree.read(tmp_path / f"{number}.tf")) for number in range(50)] == [n * 2000 for n in range(50)]
