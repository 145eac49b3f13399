"""A watched tree answers as the disk below the buffers does, and says which answers changed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from iamlint.files.disk import DISK
from iamlint.files.looks import ENTRIES, KIND
from iamlint.files.overlay import Overlay
from iamlint.files.tree import FILE, Tree
from iamlint.files.watched import Watched

FILES = {"a/one.tf": b"1", "a/two.tf": b"22", "b/three.tf": b"333"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, content in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path.resolve()


def answers(tree: Tree, folder: Path) -> object:
    """Return all that a tree answers about the folder."""
    found: list[object] = []
    for name in ("a", "b", "c", "a/one.tf", "a/two.tf", "b/three.tf", "c/new.tf", "b/linked.tf", "a/two.tf/x"):
        path = folder / name
        kind = tree.kind(path)
        found.append((name, kind, tree.is_link(path), tree.resolved(path)))
        if kind == "file":
            found.append((tree.status(path), tree.read(path)))
        elif kind == "directory":
            found.append(sorted(tree.entries(path), key=lambda one: one.name))
    return found


def _link(folder: Path) -> None:
    os.symlink(folder / "a/one.tf", folder / "b/linked.tf")


CHANGES: dict[str, tuple[Callable[[Path], object], dict[str, bytes], set[tuple[str, str]]]] = {
    "nothing": (lambda _: None, {}, set()),
    "content": (lambda top: (top / "a/one.tf").write_bytes(b"2"), {}, {(FILE, "a/one.tf")}),
    "the same content": (lambda top: (top / "a/one.tf").write_bytes(b"1"), {}, set()),
    "a buffer": (lambda _: None, {"a/one.tf": b"2"}, {(FILE, "a/one.tf")}),
    "a buffer as the file": (lambda _: None, {"a/one.tf": b"1"}, set()),
    "deleted": (
        lambda top: (top / "a/one.tf").unlink(),
        {},
        {(ENTRIES, "a"), *((one, "a/one.tf") for one in (KIND, FILE, ENTRIES))},
    ),
    "deleted below its buffer": (lambda top: (top / "a/one.tf").unlink(), {"a/one.tf": b"1"}, set()),
    "made": (
        lambda top: ((top / "c").mkdir(), (top / "c/new.tf").write_bytes(b"")),
        {},
        {(one, path) for one in (KIND, FILE, ENTRIES) for path in ("c", "c/new.tf")},
    ),
    "a buffer in a new folder": (
        lambda _: None,
        {"c/new.tf": b"4"},
        {(one, path) for one in (KIND, FILE, ENTRIES) for path in ("c", "c/new.tf")},
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_only_changed_answers_are_named(name: str, folder: Path) -> None:
    make, texts, expected = CHANGES[name]
    tree = Watched(DISK)
    assert answers(tree, folder) == answers(DISK, folder)
    make(folder)
    buffers = {folder / path: content for path, content in texts.items()}
    assert tree.refresh(buffers) == {(question, str(folder / path)) for question, path in expected}
    assert answers(tree, folder) == answers(Overlay(DISK, buffers), folder)
    assert tree.refresh(buffers) == set()
    tree.refresh({})
    assert answers(tree, folder) == answers(DISK, folder)


def test_after_a_new_or_other_link_everything_may_be_elsewhere(folder: Path) -> None:
    tree = Watched(DISK)
    answers(tree, folder)
    _link(folder)
    assert tree.refresh({}) is None
    assert answers(tree, folder) == answers(DISK, folder)
    assert tree.refresh({}) == set()
    (folder / "b/linked.tf").unlink()
    os.symlink(folder / "a/two.tf", folder / "b/linked.tf")
    assert tree.refresh({}) is None
    assert answers(tree, folder) == answers(DISK, folder)


def test_a_file_that_is_replaced_by_a_link_is_noticed_by_who_read_only_the_file(folder: Path) -> None:
    tree, path = Watched(DISK), folder / "a/one.tf"
    assert tree.read(path) == b"1"
    path.unlink()
    os.symlink(folder / "b/three.tf", path)
    assert tree.refresh({}) is None
    assert tree.resolved(path) == folder / "b/three.tf"


def test_a_file_that_changes_between_two_looks_is_named(folder: Path) -> None:
    tree, path = Watched(DISK), folder / "a/one.tf"
    assert tree.read(path) == b"1"
    path.write_bytes(b"5")
    assert tree.read(path) == b"5"
    assert (FILE, str(path)) in (tree.refresh({}) or ())


def test_a_trace_has_what_is_asked_again(folder: Path) -> None:
    tree, path = Watched(DISK), folder / "a/one.tf"
    tree.read(path)
    asked: set[tuple[str, str]] = set()
    with tree.tracing(asked):
        tree.read(path)
        with tree.apart():
            tree.kind(folder / "b")
    assert asked == {(FILE, str(path))}
