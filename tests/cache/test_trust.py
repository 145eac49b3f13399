"""Nothing is believed that this user's iamlint did not write, and nothing is kept where others could read or write."""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Callable
from pathlib import Path

import pytest
from test_cache import GRANT, Runs, prepared, told

from iamlint.cache import entry, folder


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    found = Runs(tmp_path.resolve())
    (found.cwd / "main.tf").write_text(GRANT)
    return found


def forged(runs: Runs, key: bytes) -> bytes:
    """The entry of the run with another result, sealed with a key."""
    path = runs.entries[0]
    data = entry.opened(path.name, path.read_bytes(), (runs.folder / folder.KEY_FILE).read_bytes())
    assert data is not None
    asked, _ = entry.unpacked(data)
    answers = {(asked[at], asked[at + 1]): asked[at + 2] for at in range(0, len(asked), 3)}
    return entry.sealed(path.name, entry.packed(answers, entry.Result(0, [("text", b"no findings\n")])), key)


def test_an_entry_with_the_right_key_is_believed(runs: Runs) -> None:
    """The forger of these tests makes what would be believed, if it had the key."""
    runs()
    runs.entries[0].write_bytes(forged(runs, (runs.folder / folder.KEY_FILE).read_bytes()))
    assert told(runs()) == (0, "no findings\n", "")


DAMAGE: dict[str, Callable[[Runs], object]] = {
    "another key": lambda runs: runs.entries[0].write_bytes(forged(runs, b"x" * 32)),
    "empty": lambda runs: runs.entries[0].write_bytes(b""),
    "cut off": lambda runs: runs.entries[0].write_bytes(runs.entries[0].read_bytes()[:-1]),
    "longer": lambda runs: runs.entries[0].write_bytes(runs.entries[0].read_bytes() + b"\0"),
    "text": lambda runs: runs.entries[0].write_text("{}"),
    "a directory": lambda runs: (path := runs.entries[0], path.unlink(), path.mkdir()),
    "a pipe": lambda runs: (path := runs.entries[0], path.unlink(), os.mkfifo(path, 0o600)),
    "a link": lambda runs: (path := runs.entries[0], path.rename(runs.home / "it"), path.symlink_to(runs.home / "it")),
    "readable by others": lambda runs: runs.entries[0].chmod(0o644),
    "without its key": lambda runs: (runs.folder / folder.KEY_FILE).unlink(),
    "a key of nothing": lambda runs: (runs.folder / folder.KEY_FILE).write_bytes(b""),
    "a longer key": lambda runs: (runs.folder / folder.KEY_FILE).write_bytes(b"x" * 33),
    "a key that others may read": lambda runs: (runs.folder / folder.KEY_FILE).chmod(0o640),
    "a folder for others": lambda runs: runs.folder.chmod(0o755),
    "a folder that is a link": lambda runs: (
        path := runs.folder,
        path.rename(runs.home / "elsewhere"),
        path.symlink_to(runs.home / "elsewhere"),
    ),
}


@pytest.fixture(scope="module")
def again(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Runs]:
    return prepared(tmp_path_factory.mktemp("entry").resolve(), {"main.tf": GRANT})


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_or_foreign_entry_is_not_believed(again: Callable[[], Runs], damage: str) -> None:
    runs = again()
    before = told(runs.kept())
    DAMAGE[damage](runs)
    assert not runs.is_kept()
    assert told(runs()) == before
    assert told(runs()) == before


def test_each_byte_counts(runs: Runs) -> None:
    runs()
    path = runs.entries[0]
    stored, key = path.read_bytes(), (runs.folder / folder.KEY_FILE).read_bytes()
    assert entry.opened(path.name, stored, key)
    for at in range(len(stored)):
        changed = bytearray(stored)
        changed[at] ^= 1
        assert entry.opened(path.name, bytes(changed), key) is None


def test_an_entry_of_another_run_is_not_believed(runs: Runs) -> None:
    runs("--format", "text")
    text = runs.entries[0]
    runs("--format", "json")
    other = next(path for path in runs.entries if path != text)
    shutil.copy(other, text)
    assert not runs.is_kept("--format", "text")


def test_the_entry_of_another_user_is_not_believed(runs: Runs) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root can give a file away")
    runs()
    os.chown(runs.entries[0], 65534, -1)
    assert not runs.is_kept()
    os.chown(runs.folder, 65534, -1)
    assert runs().returncode == 1
    assert not runs.is_kept()


def test_only_the_user_can_read_it(runs: Runs) -> None:
    before = os.umask(0)
    try:
        runs()
    finally:
        os.umask(before)
    assert stat.S_IMODE(runs.folder.stat().st_mode) == 0o700
    files = [path for path in runs.folder.iterdir() if path.name != "CACHEDIR.TAG"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}
    assert len(files) == 4  # the key, the hash of the program, a result, and its parts


def test_names_cannot_be_predicted(runs: Runs) -> None:
    runs()
    name = runs.entries[0].name
    shutil.rmtree(runs.folder)
    runs()
    assert [path.name for path in runs.entries] != [name]


def test_it_is_safe_to_delete(runs: Runs) -> None:
    cold = runs()
    shutil.rmtree(runs.folder)
    assert told(runs()) == told(cold)
    assert runs.is_kept()


# -- never in what is checked ------------------------------------------------------------------------------------------


def nothing_is_kept(runs: Runs, *arguments: str, **environment: str) -> bool:
    before = {path for path in runs.cwd.parent.rglob("*") if ".git" not in path.parts}
    runs(*arguments, **environment)
    return {path for path in runs.cwd.parent.rglob("*") if ".git" not in path.parts} == before


def test_a_home_in_the_checkout_is_not_used(runs: Runs) -> None:
    (runs.cwd / "home").mkdir()
    assert nothing_is_kept(runs, HOME=str(runs.cwd / "home"))
    assert nothing_is_kept(runs, HOME=str(runs.cwd))
    assert nothing_is_kept(runs, XDG_CACHE_HOME=str(runs.cwd))


def test_a_cache_that_the_checkout_brings_is_not_believed(runs: Runs) -> None:
    """Even one that was made with its own key, for this directory."""
    runs()
    runs.entries[0].write_bytes(forged(runs, (runs.folder / folder.KEY_FILE).read_bytes()))
    assert runs().returncode == 0
    shutil.copytree(runs.home, runs.cwd / "home", symlinks=True)
    for path in (runs.cwd / "home").rglob("*"):
        path.chmod(0o700 if path.is_dir() else 0o600)
    assert runs(HOME=str(runs.cwd / "home"), LOCALAPPDATA=str(runs.cwd / "home")).returncode == 1


def test_a_home_in_a_repository_is_not_used(runs: Runs) -> None:
    (runs.home / ".git").mkdir()
    assert nothing_is_kept(runs)


def test_a_home_that_is_checked_is_not_used(runs: Runs) -> None:
    assert nothing_is_kept(runs, str(runs.home))
    assert nothing_is_kept(runs, "main.tf", f"--source-root={runs.home}")
    assert nothing_is_kept(runs, GITHUB_WORKSPACE=str(runs.home))
    link = runs.cwd / "link"
    link.symlink_to(runs.home)
    assert nothing_is_kept(runs, "link")


# -- without a place ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "environment",
    [
        {"HOME": ""},
        {"HOME": "home"},
        {"HOME": "/dev/null"},
        {"HOME": "/nonexistent"},
        {"XDG_CACHE_HOME": "/dev/null"},
        {"XDG_CACHE_HOME": "/proc"},
        {"XDG_CACHE_HOME": "/dev/null/x"},
    ],
)
def test_without_a_place_it_works_all_the_same(runs: Runs, environment: dict[str, str]) -> None:
    cold = runs("--no-cache")
    for _ in range(2):
        assert told(runs(**environment)) == told(cold)


def test_a_full_disk_is_no_error(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: str, data: bytes) -> None:
        Path(path).write_bytes(data[:10])
        raise OSError(28, "No space left on device")

    cold = runs("--no-cache")
    runs("--quiet")
    monkeypatch.setattr("iamlint.cache.store.write", full)
    assert told(runs()) == told(cold)
    assert len(runs.entries) == 1
    assert [path for path in runs.folder.iterdir() if path.name.startswith(".new-")] == []


def test_where_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    given = {"HOME": "/home/ana", "LOCALAPPDATA": "C:\\Users\\ana\\AppData\\Local"}
    monkeypatch.setattr("sys.platform", "linux")
    assert folder.location(given) == "/home/ana/.cache/iamlint"
    assert folder.location(given | {"XDG_CACHE_HOME": "/x"}) == "/x/iamlint"
    assert folder.location(given | {"XDG_CACHE_HOME": "x"}) == "/home/ana/.cache/iamlint"
    monkeypatch.setattr("sys.platform", "darwin")
    assert folder.location(given) == "/home/ana/Library/Caches/iamlint"
    assert folder.location({"HOME": ""}) is None
    monkeypatch.setattr("sys.platform", "win32")
    assert folder.location({}) is None
