"""What differs on Windows, tried on any system: paths with drives and backslashes, line ends, encodings, streams."""

from __future__ import annotations

import errno
import io
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import IO, Any

import program
import pytest
import yaml

from iamlint.budget import Allowance, TimeUp
from iamlint.cli import console, output
from iamlint.documents.values import SetOf, Value
from iamlint.files.revision import leads_out
from iamlint.files.tree import Entry, Status, Tree
from iamlint.hcl.functions.filesystem.filesets import fileset
from iamlint.hcl.functions.filesystem.paths import is_absolute, shown, whole
from iamlint.hcl.scope import Files
from tests.conftest import needs_posix

MAIN = """\
variable "who" {}
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = var.who
}
"""


class WindowsTree(Tree):
    """Files by their paths on drive C."""

    def __init__(self, *files: str) -> None:
        self._files = {PureWindowsPath(one) for one in files}

    def status(self, path: Path) -> Status:
        if path in self._files:
            return Status("file", 1)
        if any(one.is_relative_to(path) for one in self._files):
            return Status("directory", 0)
        raise FileNotFoundError(path)

    def resolved(self, path: Path) -> Path:
        return path

    def is_link(self, path: Path) -> bool:
        return False

    def open(self, path: Path) -> IO[bytes]:
        return io.BytesIO(b"x")

    def entries(self, path: Path) -> Iterator[Entry]:
        inside = {one.relative_to(path).parts[0] for one in self._files if one.is_relative_to(path) and one != path}
        for name in inside:
            yield Entry(name, "file" if path / name in self._files else "directory")


def files() -> Files:
    top: Any = PureWindowsPath("C:\\repo")
    tree = WindowsTree("C:\\repo\\app\\main.tf", "C:\\repo\\app\\people\\a.json", "C:\\repo\\app\\people\\b\\c.json")
    return Files((top,), top / "app", tree=tree)


@pytest.mark.parametrize(
    ("folder", "pattern", "found"),
    [
        ("people", "*.json", ["a.json"]),
        ("people", "**", ["a.json", "b/c.json"]),
        ("C:/repo/app/people", "*.json", ["a.json"]),
        (".", "people/b/*.json", ["people/b/c.json"]),
    ],
)
def test_filesets_have_slashes(folder: str, pattern: str, found: list[str]) -> None:
    data = fileset(files(), Value(folder), Value(pattern))
    assert isinstance(data, SetOf)
    assert [one.data for one in data.elements] == found


def test_paths_with_a_drive_are_absolute() -> None:
    assert is_absolute(files(), "C:/repo")
    assert not is_absolute(files(), "repo/C:")
    assert whole(files(), "x/y") == "C:/repo/app/x/y"
    assert whole(files(), "C:/repo/z") == "C:/repo/z"
    assert shown(files(), "C:/repo/app/x.json") == "x.json"


@pytest.mark.parametrize("path", ["a\\..\\..\\x", "C:x", "C:/x", "..\\x", "\\x"])
def test_a_path_of_a_commit_leads_out_by_backslash_or_drive(path: str) -> None:
    assert leads_out(path, windows=True)
    assert not leads_out(path, windows=False)
    assert not leads_out("a/b.tf", windows=True)


def test_a_closed_pipe_is_an_invalid_argument() -> None:
    gone = OSError(errno.EINVAL, "Invalid argument")
    assert console.is_closed_pipe(gone, windows=True)
    assert not console.is_closed_pipe(gone, windows=False)
    assert console.is_closed_pipe(BrokenPipeError(), windows=False)


def test_without_an_alarm_the_time_is_still_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(signal, "setitimer", raising=False)
    now = [0.0]
    allowance = Allowance(10, lambda: now[0])
    with allowance.interrupting():
        now[0] = 11
    with pytest.raises(TimeUp):
        allowance.check()


def test_a_report_is_written_without_the_flags_of_posix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "O_NONBLOCK", raising=False)
    monkeypatch.delattr(os, "set_blocking", raising=False)
    target = tmp_path / "report.txt"
    assert output.write(target, ["a\n", "é\n"]) is None
    assert target.read_bytes() == "a\né\n".encode()  # no carriage returns, UTF-8


def test_letters_that_the_terminal_does_not_have_are_escaped(monkeypatch: pytest.MonkeyPatch) -> None:
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, encoding="cp1252", newline=""))
    console.emit("é ✓ Ω\n")  # what our own texts have is written in ASCII
    console.emit("é ✓ Ω\n", for_programs=True)
    sys.stdout.flush()
    assert written.getvalue() == b"\xe9 + \\u03a9\n" + "é ✓ Ω\n".encode()


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_line_ends_of_windows_change_nothing(newline: str, tmp_path: Path) -> None:
    for name, text in {
        "main.tf": MAIN,
        "p.tfvars": 'who = "user:a@example.com"\n',
        ".iamlint.yaml": "fail-on: critical\nvar-file: [p.tfvars]\nexclude:\n  - old/*\n",
    }.items():
        (tmp_path / name).write_bytes(("\ufeff" + text).replace("\n", newline).encode())
    done = program.run("check", "-q", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert "p.tfvars:1:7" in done.stdout
    assert "\r" not in done.stdout


CI = Path(__file__).parents[2] / ".github" / "workflows" / "ci.yml"


def test_ci_runs_on_every_system_with_every_python() -> None:
    jobs = yaml.safe_load(CI.read_text(encoding="utf-8"))["jobs"]
    wanted = ["3.11", "3.12", "3.13", "3.14"]
    assert all(job["strategy"]["matrix"]["python"] == wanted for job in jobs.values())
    systems = [*jobs["test"]["strategy"]["matrix"]["system"], jobs["windows"]["runs-on"]]
    assert [system.partition("-")[0] for system in systems] == ["ubuntu", "macos", "windows"]


@pytest.mark.parametrize(
    ("text", "posix"), [("os.mkfifo(path)", True), ("path.symlink_to('x')", True), ("assert 1 + 1 == 2", False)]
)
def test_which_tests_windows_skips(text: str, posix: bool) -> None:
    assert needs_posix(text) is posix
