"""A result from the cache is the result of a run: the same bytes, and only while all that the run read is the same."""

from __future__ import annotations

import io
import os
import random
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from types import MappingProxyType
from typing import Any
from unittest import mock

import pytest
from cached_estate import grant, write_all
from many import some
from program import run

import iamlint.cli
from iamlint.cache import question, store

TESTDATA = Path(__file__).resolve().parents[2] / "testdata"
GRANT = grant()
process = partial(subprocess.run, capture_output=True, text=True, check=False)
Done = subprocess.CompletedProcess[str]


class Runs:
    """Runs in one directory, with a cache next to it."""

    def __init__(self, top: Path) -> None:
        self.cwd, self.home = top / "estate", top / "home"
        self.cwd.mkdir(exist_ok=True)
        self.home.mkdir(exist_ok=True)

    @property
    def folder(self) -> Path:
        """The folder of the cache, on each system."""
        return next(self.home.rglob("CACHEDIR.TAG")).parent

    @property
    def entries(self) -> list[Path]:
        """The results in the cache."""
        return [path for path in self.stored if path.suffix != store.PARTS]

    @property
    def stored(self) -> list[Path]:
        """The results and the parts of runs in the cache."""
        return sorted(path for path in self.home.rglob("*") if len(path.name) >= 64)

    def environment(self) -> dict[str, str]:
        home = str(self.home)
        return {"IAMLINT_NO_CACHE": "", "XDG_CACHE_HOME": "", "HOME": home, "LOCALAPPDATA": home}

    def __call__(self, *arguments: str, **environment: str) -> Done:
        return run("check", *arguments, cwd=self.cwd, environment=self.environment() | environment)

    def kept(self, *arguments: str, **environment: str) -> Done:
        """The result, which must come from the cache."""
        with mock.patch.object(iamlint.cli, "_run", side_effect=AssertionError("this result was not kept")):
            return self(*arguments, **environment)

    def is_kept(self, *arguments: str, **environment: str) -> bool:
        try:
            self.kept(*arguments, **environment)
        except AssertionError:
            return False
        return True

    def agree(self, *arguments: str) -> Done:
        """Run without the cache, with it, and from it: all must be the same."""
        cold = self("--no-cache", *arguments)
        assert told(self(*arguments)) == told(cold)
        assert told(self.kept(*arguments)) == told(cold)
        return cold


def told(done: Done) -> tuple[int, str, str]:
    return done.returncode, done.stdout, done.stderr


def prepared(
    top: Path, files: Mapping[str, str], *arguments: str, links: Mapping[str, str] = MappingProxyType({})
) -> Callable[[], Runs]:
    """Check an estate once; return what lays it out again as it was then, in its place and with its cache.

    A test whose first run has these arguments gets that result from the cache. ``links`` are names and where they lead.
    """
    place, kept = top / "place", top / "kept"
    place.mkdir()
    runs = Runs(place)
    write_all(runs.cwd, files)
    for name, target in links.items():
        (runs.cwd / name).symlink_to(target)
    runs(*arguments)
    place.rename(kept)

    def again() -> Runs:
        if place.exists():
            shutil.rmtree(place)
        shutil.copytree(kept, place, symlinks=True)
        return Runs(place)

    return again


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    found = Runs(tmp_path.resolve())
    (found.cwd / "main.tf").write_text(GRANT)
    return found


# -- the same bytes ----------------------------------------------------------------------------------------------------


def edits(top: Path, choice: random.Random) -> Iterator[str]:
    """Change a folder, again and again; yields what was done."""
    while True:
        files = sorted(path for path in top.rglob("*") if path.is_file() and not path.is_symlink())
        if not files:
            (top / "main.tf").write_text(GRANT)
            continue
        path = choice.choice(files)
        content = path.read_bytes()
        match choice.randrange(8):
            case 0:
                path.write_bytes(content + b"\n# a comment\n")
            case 1:
                path.unlink()
            case 2:
                (path.parent / "added.tf").write_text(GRANT.replace("shop", f"shop-{choice.randrange(9)}"))
            case 3:
                path.rename(path.with_name(f"moved-{path.name}"))
            case 4:
                path.write_bytes(content[: choice.randrange(len(content) + 1)])
            case 5:
                lines = content.splitlines(keepends=True)
                choice.shuffle(lines)
                path.write_bytes(b"".join(lines))
            case 6:
                path.write_bytes(content.replace(b"roles/", b"roles/x", 1))
            case _:
                other = choice.choice(files)
                if other != path:
                    path.unlink()
                    path.symlink_to(other)
        yield path.name


CORPORA = ("screens", "plans", "estates", "modules", "console", "exports", "hiding", "readme", "story", "vocabulary")
"""The first three have most kinds of files, and are small."""


@pytest.mark.parametrize("corpus", CORPORA[: some(3, 10)])
def test_every_corpus_is_the_same_cold_warm_and_after_edits(runs: Runs, corpus: str) -> None:
    shutil.copytree(TESTDATA / corpus, runs.cwd, dirs_exist_ok=True)
    choice = random.Random(corpus)
    changes, form = edits(runs.cwd, choice), choice.choice(("text", "json", "sarif"))
    arguments = (".", "--show-unknown", "--format", form)
    assert told(runs(*arguments)) == told(runs.kept(*arguments))
    for _ in range(some(1, 5)):
        for _ in range(3):
            next(changes)
        runs.agree(*arguments)


def test_all_corpora_are_listed() -> None:
    assert sorted(CORPORA) == sorted(path.name for path in TESTDATA.iterdir() if path.is_dir())


@pytest.mark.parametrize(
    "arguments",
    [
        ("--format", "github"),
        ("--color", "always"),
        ("--quiet", "."),
        ("--statistics",),
        ("--exit-zero", "main.tf"),
        ("--hook", "main.tf"),
        ("--select", "nonsense"),
        ("--as-of", "2020-01-01"),
        ("missing.tf", "main.tf"),
        ("broken.tf",),
        ("--var-file", "values.tfvars"),
        ("--coverage", "--assertions", "assertions", "--format", "json"),
    ],
)
def test_options_and_errors_are_the_same(runs: Runs, arguments: tuple[str, ...]) -> None:
    (runs.cwd / "broken.tf").write_text('resource "google_project_iam_member" {')
    (runs.cwd / "values.tfvars").write_text('project = "shop"\n')
    (runs.cwd / "assertions").mkdir()
    runs.agree(*arguments)


def test_files_are_written_again(runs: Runs) -> None:
    arguments = (".", "--output", "json=../out.json", "--output", "sarif=../out.sarif")
    cold = runs("--no-cache", *arguments)
    outputs = [runs.cwd.parent / "out.json", runs.cwd.parent / "out.sarif"]
    contents = [path.read_bytes() for path in outputs]
    assert told(runs(*arguments)) == told(cold)
    for path in outputs:
        path.unlink()
    assert told(runs.kept(*arguments)) == told(cold)
    assert [path.read_bytes() for path in outputs] == contents


def test_a_file_that_cannot_be_written_is_an_error_again(runs: Runs) -> None:
    arguments = (".", "--output", "json=../out/report.json")
    (runs.cwd.parent / "out").mkdir()
    assert runs(*arguments).returncode == 1
    shutil.rmtree(runs.cwd.parent / "out")
    done = runs(*arguments)
    assert done.returncode == 2
    assert "the file cannot be written" in done.stderr
    assert not runs.is_kept(*arguments)


def test_an_input_is_not_replaced(runs: Runs) -> None:
    arguments = (".", "--output", "json=../report.json")
    assert runs(*arguments).returncode == 1
    (runs.cwd.parent / "report.json").unlink()
    (runs.cwd.parent / "report.json").symlink_to(runs.cwd / "main.tf")
    assert runs(*arguments).returncode == 2
    assert (runs.cwd / "main.tf").read_text() == GRANT


# -- only while nothing changed ----------------------------------------------------------------------------------------


def test_a_new_configuration_counts(runs: Runs) -> None:
    assert runs().returncode == 1
    (runs.cwd / ".iamlint.yaml").write_text("ignore: [broad-token-creator]\n")
    assert runs().returncode == 0
    (runs.cwd / ".iamlint.yaml").unlink()
    assert runs.kept().returncode == 1 if runs.is_kept() else runs().returncode == 1


def test_a_named_file_that_is_gone_is_an_error(runs: Runs) -> None:
    (runs.cwd / "values.tfvars").write_text("")
    (runs.cwd / "source").mkdir()
    arguments = ("main.tf", "--var-file", "values.tfvars", "--source-root", "source")
    assert runs(*arguments).returncode == 1
    assert runs.kept(*arguments).returncode == 1
    (runs.cwd / "source").rmdir()
    assert runs(*arguments).returncode == 2


@pytest.mark.parametrize(
    "environment",
    [{"TF_WORKSPACE": "prod"}, {"FORCE_COLOR": "1"}, {"NO_COLOR": "1"}, {"GITHUB_WORKSPACE": "/srv"}, {"TERM": "dumb"}],
)
def test_the_environment_counts(runs: Runs, environment: dict[str, str]) -> None:
    runs()
    assert runs.is_kept()
    assert not runs.is_kept(**environment)


def test_other_arguments_or_another_directory_are_another_run(runs: Runs) -> None:
    runs()
    assert not runs.is_kept(".")
    (runs.cwd / "below").mkdir()
    shutil.copy(runs.cwd / "main.tf", runs.cwd / "below")
    runs.cwd = runs.cwd / "below"
    assert not runs.is_kept()


def test_tomorrow_is_another_run(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    runs()
    monkeypatch.setattr(question, "day", lambda: "2999-01-01")
    assert not runs.is_kept()


@pytest.mark.parametrize(("of", "what"), [(question.Known, "hash_of"), (question, "_installed")])
def test_another_program_does_not_believe_it(
    runs: Runs, of: object, what: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs()
    monkeypatch.setattr(of, what, lambda *_: "another")
    assert not runs.is_kept()


def test_the_program_is_its_files(tmp_path: Path) -> None:
    (tmp_path / "rules").mkdir()
    (tmp_path / "rules" / "a.yaml").write_text("a")
    before = question.program.__wrapped__(str(tmp_path))
    (tmp_path / "rules" / "a.yaml").write_text("b")
    changed = question.program.__wrapped__(str(tmp_path))
    (tmp_path / "rules" / "a.yaml").rename(tmp_path / "rules" / "b.yaml")
    assert len({before, changed, question.program.__wrapped__(str(tmp_path))}) == 3


class Kept:
    """What remembers the hash of a program, and how often its files were read."""

    def __init__(self, top: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.read, self.data, self.top = 0, b"", top
        self.known = question.Known(lambda: self.data or None, self.write)

        def counted(folder: str) -> str:
            self.read += 1
            return original(folder)

        original = question.program.__wrapped__
        monkeypatch.setattr(question, "program", counted)

    def write(self, data: bytes) -> None:
        self.data = data

    def __call__(self) -> tuple[str, int]:
        return self.known.hash_of((str(self.top),)), self.read


@pytest.mark.skipif(os.name == "nt", reason="its files have another time there")
def test_a_program_is_read_again_if_a_file_has_another_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, kept = tmp_path / "a.py", Kept(tmp_path, monkeypatch)
    path.write_text("a")
    first, _ = kept()
    assert kept() == (first, 2)  # a file that is so new may change without another time
    monkeypatch.setattr(question, "_SETTLED", -1)
    assert [kept(), kept(), kept()] == [(first, 3)] * 3
    times = path.stat()
    time.sleep(0.05)
    path.write_text("b")
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
    second, number = kept()
    assert (number, first != second) == (4, True)
    path.rename(tmp_path / "b.py")
    third, number = kept()
    assert (number, third != second) == (5, True)
    path.write_text("b")
    assert kept()[1] == 6


def test_the_hash_of_the_program_is_of_this_user(runs: Runs) -> None:
    """It is not believed if it was damaged, or made for another folder."""
    runs()
    stored = runs.folder / "program"
    original = stored.read_bytes()
    for content in (original[:-1] + b"x", b"", b"x" * 9_000):
        stored.write_bytes(content)
        assert runs.is_kept()
        assert stored.read_bytes() == original


def test_only_known_variables_are_asked(runs: Runs) -> None:
    """A variable that changes the result must be one of those that a result is kept for."""
    asked = set()

    class Environment(dict[str, str]):
        def get(self, name: str, default: str | None = None) -> str | None:
            asked.add(name)
            return super().get(name, default)

        def __getitem__(self, name: str) -> str:
            asked.add(name)
            return super().__getitem__(name)

    environment = Environment({**os.environ, **runs.environment()})
    with mock.patch.object(os, "environ", environment):
        from iamlint.cli import main

        with pytest.raises(SystemExit):
            main(["check", str(runs.cwd), "--format", "json"])
    ours = {name for name in asked if not name.startswith(("PYTEST", "LC_", "LANG"))}
    completion = "_IAMLINT_COMPLETE"  # of shells, which run the program without arguments
    cache = {"IAMLINT_NO_CACHE", "XDG_CACHE_HOME", "HOME", "LOCALAPPDATA"}
    assert ours - {*question.VARIABLES, *cache, completion, "IAMLINT_TRACEBACK"} == set()
    assert "GITHUB_WORKSPACE" in ours


# -- what is not kept --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("--no-cache",),
        ("--diff",),
        ("--write-baseline", "../baseline.json"),
        ("--changed-since", "HEAD"),
        ("--changed-first", "HEAD"),
        ("--max-time", "0.0001"),
    ],
)
def test_what_depends_on_more_than_files_is_not_kept(runs: Runs, arguments: tuple[str, ...]) -> None:
    runs(*arguments)
    assert runs.entries == []


def test_a_variable_turns_it_off(runs: Runs) -> None:
    runs()
    assert not runs.is_kept(IAMLINT_NO_CACHE="1")


def test_other_commands_keep_nothing(runs: Runs) -> None:
    run("facts", ".", cwd=runs.cwd, environment=runs.environment())
    run("rules", cwd=runs.cwd, environment=runs.environment())
    assert list(runs.home.iterdir()) == []


def test_a_file_that_changes_during_the_run_is_not_kept(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    from iamlint.cli.commands import check as commands

    def changing(*asked: Any, **options: Any) -> object:
        (runs.cwd / "main.tf").write_text("")
        return original(*asked, **options)

    original = commands.bar_of
    monkeypatch.setattr(commands, "bar_of", changing)
    assert runs("main.tf").returncode == 1
    monkeypatch.undo()
    assert runs("main.tf").returncode == 0  # the file is empty now


def test_standard_input_is_not_kept(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    for text, code in ((GRANT, 1), ("", 2), (GRANT.replace("ana", "bob"), 1)):
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text.encode())))
        done = runs("-")
        assert done.returncode == code
    assert "bob" in done.stdout
    assert runs.entries == []


# -- its size ----------------------------------------------------------------------------------------------------------


def test_the_oldest_entries_go_first(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(store, "MOST_ENTRIES", 4)  # each run has two
    for number, form in enumerate(("text", "json", "sarif", "junit")):
        runs("--format", form)
        for path in runs.stored:
            if path.stat().st_mtime > 1_000_000:
                os.utime(path, (number, number))
    assert len(runs.entries) == 2
    assert runs.is_kept("--format", "junit")
    assert not runs.is_kept("--format", "text")


def test_an_entry_that_is_used_stays(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    runs("--format", "text")
    for path in runs.stored:
        os.utime(path, (1, 1))
    text = runs.entries[0]
    runs("--format", "json")
    other = next(path for path in runs.entries if path != text)
    os.utime(other, (2, 2))
    runs.kept("--format", "text")
    assert text.stat().st_mtime > 2
    monkeypatch.setattr(store, "MOST_ENTRIES", 4)
    runs("--format", "sarif")
    assert not other.exists()
    assert text.exists()


def test_all_entries_are_bounded_in_bytes(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    runs()
    size = sum(path.stat().st_size for path in runs.stored)
    monkeypatch.setattr(store, "MOST_BYTES", size * 5)
    for number in range(12):
        runs("--as-of", f"2024-01-{number + 1:02}")
    assert sum(path.stat().st_size for path in runs.stored) <= size * 5
    assert runs.is_kept("--as-of", "2024-01-12")


def test_a_large_result_is_not_kept(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    from iamlint.cache import entry

    monkeypatch.setattr(entry, "MOST", 100)
    assert runs().returncode == 1
    assert runs.entries == []


def test_files_that_were_never_finished_are_removed(runs: Runs) -> None:
    runs()
    for name in (".new-old", ".new-young"):
        (runs.folder / name).write_text("")
    os.utime(runs.folder / ".new-old", (1, 1))
    runs(".")
    assert not (runs.folder / ".new-old").exists()
    assert (runs.folder / ".new-young").exists()


def test_a_kept_result_needs_little_of_the_program(runs: Runs) -> None:
    code = "import sys; from iamlint.cache.recall import recalled; recalled(['check', '.'], print, print)"
    code += "; print(*sys.modules)"
    environment = {**os.environ, **runs.environment()}
    first = process([sys.executable, "-I", "-m", "iamlint", "check", "."], env=environment, cwd=runs.cwd)
    second = process([sys.executable, "-I", "-c", code], env=environment, cwd=runs.cwd)
    *report, modules = second.stdout.splitlines()
    assert report == first.stdout.splitlines()
    assert {"click", "pathlib", "dataclasses", "iamlint.sources"}.isdisjoint(modules.split())
