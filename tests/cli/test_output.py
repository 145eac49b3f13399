"""Output files: whole or not at all, not through a link that leads out, not over an input."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from iamlint.cli import main
from iamlint.cli.output import write

BAD = """\
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""


@pytest.fixture
def top(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The top of a repository, which is the working directory; ``outside`` and ``home`` are next to it."""
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    for name in ("work/.git/hooks", "work/sub", "outside"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "home").write_text("mine")
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path / "work"


def left(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir() if path.name != ".git")


@pytest.mark.parametrize("name", ["a.json", "sub/a.json", "sub/../a.json", "../outside/a.json", "absolute"])
def test_a_file_is_written_whole(top: Path, name: str) -> None:
    path = top / "a.json" if name == "absolute" else Path(name)
    os.umask(before := os.umask(0o027))
    assert write(path, ["é", "\udc80"]) is None
    assert path.read_bytes() == "é\\udc80".encode()
    assert stat.S_IMODE(path.stat().st_mode) == 0o666 & ~before
    path.chmod(0o600)
    assert write(path, ["b"]) is None
    assert (path.read_text(), stat.S_IMODE(path.stat().st_mode)) == ("b", 0o600)


@pytest.mark.parametrize("wrong", [ValueError, KeyboardInterrupt, OSError])
def test_what_breaks_off_leaves_the_file_as_it_was(top: Path, wrong: type[BaseException]) -> None:
    def parts() -> Iterator[str]:
        yield "half"
        raise wrong("no more")

    (top / "a.json").write_text("before")
    if wrong is OSError:
        found = write(Path("a.json"), parts())
        assert found is not None
        assert found.reason == "the file cannot be written: no more"
    else:
        with pytest.raises(wrong):
            write(Path("a.json"), parts())
    assert (top / "a.json").read_text() == "before"
    assert left(top) == ["a.json", "sub"]


@pytest.mark.parametrize(
    ("link", "target", "name"),
    [
        ("a.json", "../home", "a.json"),
        ("a.json", "../outside/new", "a.json"),
        ("out", "../outside", "out/a.json"),
        ("sub/out", "/tmp", "sub/out/a.json"),
        ("a.json", ".git/config", "a.json"),
        ("out", ".git/hooks", "out/pre-commit"),
        ("a.json", "/dev/full", "a.json"),
    ],
)
def test_a_link_does_not_lead_out(top: Path, link: str, target: str, name: str) -> None:
    (top / link).symlink_to(target)
    found = write(Path(name), ["x"])
    assert found is not None
    assert "a symbolic link leads out of the repository" in found.reason
    assert (top.parent / "home").read_text() == "mine"
    assert left(top.parent / "outside") == left(top / ".git" / "hooks") == []


def test_another_name_of_the_repository_is_no_way_out(top: Path) -> None:
    (top.parent / "alias").symlink_to("work")
    (top / "out").symlink_to("../outside")
    assert write(top.parent / "alias" / "out" / "a.json", ["x"]) is not None
    assert write(top.parent / "alias" / "a.json", ["x"]) is None
    assert (top / "a.json").read_text() == "x"


def test_a_link_inside_and_links_elsewhere_are_followed(top: Path) -> None:
    (top / "reports").symlink_to("sub")
    assert write(Path("reports/a.json"), ["x"]) is None
    assert (top / "sub" / "a.json").read_text() == "x"
    (top.parent / "own").symlink_to("home")
    assert write(Path("../own"), ["x"]) is None
    assert (top.parent / "own").is_symlink()
    assert (top.parent / "home").read_text() == "x"


def test_what_is_no_regular_file_is_written_to(top: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1"):
        assert write(Path(name), ["x"]) is None
    assert write(Path("/dev/stderr"), ["y"]) is None
    assert write(Path("/dev/null"), ["z"]) is None
    assert capfd.readouterr() == ("xxx", "y")
    assert Path("/dev/null").is_char_device()


def test_a_pipe_that_nobody_reads_is_an_error(top: Path) -> None:
    os.mkfifo("pipe")
    found = write(Path("pipe"), ["x"])
    assert found is not None
    reader = os.open("pipe", os.O_RDONLY | os.O_NONBLOCK)
    assert write(Path("pipe"), ["x"]) is None
    assert os.read(reader, 10) == b"x"
    os.close(reader)


@pytest.mark.parametrize("name", ["", "none/a.json", "sub", "a.json/b", "/dev/fd/999"])
def test_what_cannot_be_written_is_told(top: Path, name: str) -> None:
    (top / "a.json").write_text("x")
    found = write(Path(name), ["x"])
    assert found is not None
    assert "cannot be written" in found.reason
    assert left(top) == ["a.json", "sub"]


# -- through the command line --------------------------------------------------------------------------------------


def check(*arguments: str) -> object:
    with pytest.raises(SystemExit) as left_with:
        main(["check", *arguments])
    return left_with.value.code


@pytest.mark.parametrize(
    "name", ["main.tf", "sub/../main.tf", "terraform.tfvars", "variables.tf", ".iamlint.yaml", "known.json", "own.yaml",
             "plan.json", "projects/shop.json", "linked"]
)  # fmt: skip
def test_no_report_replaces_an_input(top: Path, capsys: pytest.CaptureFixture[str], name: str) -> None:
    files = {
        "main.tf": BAD,
        "terraform.tfvars": "",
        "variables.tf": 'variable "x" {}\n',
        ".iamlint.yaml": "{}\n",
        "known.json": '{"findings": []}',
        "own.yaml": "{}\n",
        "plan.json": '{"format_version": "1.2", "terraform_version": "1.9.0", "resource_changes": []}',
        "projects/shop.json": '{"bindings": [{"role": "roles/viewer", "members": ["user:a@x.org"]}], "etag": "x"}',
    }
    for path, text in files.items():
        (top / path).parent.mkdir(exist_ok=True)
        (top / path).write_text(text)
    (top / "linked").symlink_to("main.tf")
    before = {path: (top / path).read_text() for path in files}
    given = ["--config", "own.yaml"] if name == "own.yaml" else []
    code = check(".", "plan.json", "--baseline", "known.json", *given, "--output", f"json={name}")
    assert code == 2
    assert "the file is an input of this run" in capsys.readouterr().err
    assert {path: (top / path).read_text() for path in files} == before


def test_an_earlier_report_is_replaced(top: Path) -> None:
    (top / "main.tf").write_text(BAD)
    for _ in range(2):
        assert check(".", "--output", "json=report.json", "--output", "sarif=report.sarif") == 1


def test_two_formats_in_one_file_are_wrong_usage(top: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (top / "main.tf").write_text(BAD)
    assert check(".", "--output", "json=a", "--output", "sarif=sub/../a") == 2
    assert "two formats are written to" in capsys.readouterr().err
    assert check(".", "--output", "json=/dev/null", "--output", "sarif=/dev/null") == 1


def test_a_format_can_go_into_another_program(top: Path) -> None:
    (top / "main.tf").write_text(BAD)
    command = f"{sys.executable} -m iamlint check -q --output json=>(head -c 1 > first) > text; sleep 1; cat first"
    done = subprocess.run(["bash", "-c", command], cwd=top, capture_output=True, text=True, check=False, timeout=60)
    assert done.stdout == "{"
