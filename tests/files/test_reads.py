"""What a run asks the disk is recorded in full, and the same questions get the same answers later."""

from __future__ import annotations

import builtins
import io
import os
import random
from collections import defaultdict
from collections.abc import Callable, Iterator
from hashlib import blake2b
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from many import some
from program import run

from iamlint.files.compressed import opened
from iamlint.files.disk import DISK
from iamlint.files.looks import BEGINNING, CONTENT, ENTRIES, KIND, LINK, RESOLVED, STATUS, Looks
from iamlint.files.reads import Reads

TESTDATA = Path(__file__).resolve().parents[2] / "testdata"
RULES = TESTDATA.parent / "rules"
START = blake2b(digest_size=16, key=b"test")


def unchanged(reads: Reads) -> list[tuple[str, str]]:
    """The questions that get another answer now."""
    looks = Looks(START)
    return [key for key, answer in reads.answers.items() if looks.answer(*key) != answer]


def folder(top: Path) -> list[Path]:
    """Make a folder with one thing of each kind; returns the paths in it, and some that are not there."""
    (top / "a" / "b").mkdir(parents=True)
    (top / "a" / "b" / "f.tf").write_bytes(b"x" * 100_000)
    (top / "a" / "empty").write_bytes(b"")
    (top / "to-file").symlink_to("a/b/f.tf")
    (top / "to-folder").symlink_to("a/b")
    (top / "broken").symlink_to("nowhere")
    (top / "circle").symlink_to("circle")
    os.mkfifo(top / "pipe")
    found = [path for path in sorted(top.rglob("*")) if path.name != "pipe"]
    above = (Path("a", "..", "a"), Path("to-folder", ".."), Path("to-folder", "..", "..", "a"), Path("none", "..", "a"))
    beyond = (Path("to-file", ".."), Path("circle", "..", "a"), Path("to-folder", "..", "..", "to-folder", "..", "b"))
    others = (Path("none"), Path("a", "empty", "x"), Path("to-folder", "f.tf"), *above, *beyond)
    return [top, *found, *(top / one for one in others)]


@pytest.mark.parametrize("path", ["/..", "/../..", "/none/../..", "/usr/../usr/..", "/usr/../none", "/none/x"])
def test_paths_above_folders_lead_where_the_system_says(path: str) -> None:
    assert Looks(START).answer(RESOLVED, path) == os.path.realpath(path)


def test_relative_paths_lead_where_the_system_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    paths, looks = folder(tmp_path), Looks(START)
    monkeypatch.chdir(tmp_path / "a")
    for path in (*(os.path.relpath(one) for one in paths), ".", "..", "../a/..", "b/.", "b//f.tf", "none", "../none/x"):
        assert looks.answer(RESOLVED, path) == os.path.realpath(path), path


def test_a_small_file_is_read_again(tmp_path: Path) -> None:
    looks, path = Looks(START), tmp_path / "f"
    path.write_bytes(b"abc")
    assert (looks.again(str(path), 3), looks.again(str(path), 2)) == (b"abc", None)
    path.write_bytes(b"abd")
    assert looks.again(str(path), 3) is None
    assert looks.again(str(tmp_path / "none"), 3) is None


def asked(path: Path, choice: random.Random) -> None:
    """Ask all that can be asked about a path."""
    for ask in (
        DISK.status,
        DISK.kind,
        DISK.resolved,
        DISK.is_link,
        DISK.read,
        lambda one: list(DISK.entries(one)),
        beginning(choice),
    ):
        try:
            ask(path)
        except OSError:
            continue


def beginning(choice: random.Random) -> Callable[[Path], object]:
    size = choice.choice([0, 1, 100, 65_536, 99_999, 100_000, -1])

    def read(path: Path) -> bytes:
        with DISK.open(path) as file:
            return file.read(size)

    return read


def test_what_is_unchanged_answers_alike(tmp_path: Path) -> None:
    paths, reads = folder(tmp_path), Reads(START)
    with DISK.recording(reads):
        DISK.status(tmp_path / "pipe")
        for path in paths * 2:
            asked(path, random.Random(str(path)))
    assert reads.steady
    assert unchanged(reads) == []
    assert {question.rstrip("0123456789.") for question, _ in reads.answers} == {
        BEGINNING,
        CONTENT,
        ENTRIES,
        KIND,
        LINK,
        RESOLVED,
        STATUS,
    }


CHANGES: dict[str, Callable[[Path], object]] = {
    "content of the same size": lambda top: (top / "a/b/f.tf").write_bytes(b"x" * 99_999 + b"y"),
    "a longer file": lambda top: (top / "a/empty").write_bytes(b"x"),
    "another file": lambda top: (top / "a/b/g.tf").write_bytes(b""),
    "a file that was missing": lambda top: (top / "none").write_bytes(b""),
    "a file that is gone": lambda top: (top / "a/b/f.tf").unlink(),
    "a link that leads elsewhere": lambda top: ((top / "to-file").unlink(), (top / "to-file").symlink_to("a/empty")),
    "a link instead of a file": lambda top: ((top / "a/empty").unlink(), (top / "a/empty").symlink_to("../none")),
    "a folder that moved": lambda top: ((top / "a/b").rename(top / "c"), (top / "a/b").symlink_to("../c")),
    "what a link leads to": lambda top: (top / "nowhere").write_bytes(b""),
    "a file instead of a pipe": lambda top: ((top / "pipe").unlink(), (top / "pipe").write_bytes(b"")),
}


@pytest.mark.parametrize("change", CHANGES)
def test_each_change_has_another_answer(tmp_path: Path, change: str) -> None:
    paths, reads = folder(tmp_path), Reads(START)
    with DISK.recording(reads):
        DISK.status(tmp_path / "pipe")
        for path in paths:
            asked(path, random.Random(str(path)))
    CHANGES[change](tmp_path)
    assert unchanged(reads)


def test_a_file_that_is_read_in_part_may_change_behind_that(tmp_path: Path) -> None:
    path, reads = tmp_path / "large", Reads(START)
    path.write_bytes(b"x" * 300_000)
    with DISK.recording(reads), DISK.open(path) as file:
        file.read(10)
    path.write_bytes(b"x" * 200_000 + b"y" * 200_000)
    assert unchanged(reads) == []
    path.write_bytes(b"y" + b"x" * 299_999)
    assert unchanged(reads)


def test_a_file_that_is_read_to_its_end_may_not_grow(tmp_path: Path) -> None:
    path, reads = tmp_path / "lines", Reads(START)
    path.write_bytes(b"a\nb\n")
    with DISK.recording(reads), DISK.open(path) as file:
        assert list(file) == [b"a\n", b"b\n"]
    path.write_bytes(b"a\nb\nc\n")
    assert unchanged(reads)


def test_compressed_files_are_recorded_as_they_are(tmp_path: Path) -> None:
    import gzip

    path, reads = tmp_path / "lines.gz", Reads(START)
    path.write_bytes(gzip.compress(b"a\n" * 1000))
    with DISK.recording(reads), opened(path) as file:
        while file.readline(100):
            pass
    assert reads.steady
    assert unchanged(reads) == []
    path.write_bytes(gzip.compress(b"b\n" * 1000))
    assert unchanged(reads)


def test_what_changes_during_a_run_is_not_steady(tmp_path: Path) -> None:
    path, reads = tmp_path / "x", Reads(START)
    path.write_bytes(b"a")
    with DISK.recording(reads):
        DISK.read(path)
        path.write_bytes(b"b")
        DISK.read(path)
    assert not reads.steady


def test_a_file_that_is_not_read_in_order_is_not_steady(tmp_path: Path) -> None:
    path, reads = tmp_path / "x", Reads(START)
    path.write_bytes(b"abc")
    with DISK.recording(reads), DISK.open(path) as file:
        file.seek(2)
    assert not reads.steady


# -- nothing is read past the record -----------------------------------------------------------------------------------


class Watch:
    """The questions that the program asks the system itself about paths below a folder."""

    def __init__(self, top: Path) -> None:
        self.top, self.asked = top, defaultdict[str, set[str]](set)

    def watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        def watch(path: Any = ".", *arguments: Any, **named: Any) -> Any:
            whole = os.path.normpath(os.path.join(os.getcwd(), os.fsdecode(path))) if not isinstance(path, int) else ""
            if whole.startswith(str(self.top)):
                self.asked[name].add(whole)
            return function(path, *arguments, **named)

        return watch

    def patches(self) -> Iterator[Any]:
        for module, names in ((os, ("stat", "lstat", "readlink", "scandir", "listdir", "open")), (io, ("open",))):
            for name in names:
                yield mock.patch.object(module, name, self.watched(name, getattr(module, name)))
        yield mock.patch.object(builtins, "open", self.watched("open", open))


ANSWERED_BY = {
    "stat": {STATUS, KIND},
    "lstat": {RESOLVED, LINK},
    "readlink": {RESOLVED},
    "scandir": {ENTRIES},
    "listdir": set[str](),
    "open": {CONTENT, BEGINNING},
}


def above(path: str) -> Iterator[str]:
    yield path
    yield from map(str, Path(path).parents)


CORPORA = ("exports", "modules", "plans", "screens", "console", "estates", "hiding", "readme", "story", "vocabulary")


@pytest.mark.parametrize("corpus", CORPORA[: some(3, 10)])
def test_a_check_asks_nothing_that_is_not_recorded(
    corpus: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    top = tmp_path.resolve() / "estate"
    shutil.copytree(TESTDATA / corpus, top)
    (top / ".iamlint.yaml").write_text("baseline: baseline.json\nrules: [own]\nexclude: ['x*']\n")
    (top / "baseline.json").write_text('{"iamlint_baseline": 2, "findings": []}')
    (top / "own" / "names").mkdir(parents=True)
    rule = (RULES / "keys" / "user-managed-key.yaml").read_text()
    (top / "own" / "names" / "own-key.yaml").write_text(rule)
    (top / "assertions").mkdir()
    reads, watch = Reads(START), Watch(top)
    with DISK.recording(reads):
        patches = list(watch.patches())
        for one in patches:
            one.start()
        try:
            done = run("check", ".", "--source-root", ".", "--format", "json", cwd=top)
        finally:
            for one in patches:
                one.stop()
    assert done.returncode in (0, 1, 2)
    assert "Traceback" not in done.stderr
    recorded = defaultdict[str, set[str]](set)
    for question, path in reads.answers:
        kind = question.rstrip("0123456789.")
        whole = os.path.normpath(top / path)
        recorded[kind].update(above(whole) if kind == RESOLVED else [whole])
        if kind == RESOLVED:
            recorded[kind].update(above(os.path.realpath(top / path)))
    for name, paths in watch.asked.items():
        known = set[str]().union(*(recorded[kind] for kind in ANSWERED_BY[name]))
        assert paths - known == set(), name
    assert len(watch.asked["open"]) > 3
    monkeypatch.chdir(top)
    assert unchanged(reads) == []
