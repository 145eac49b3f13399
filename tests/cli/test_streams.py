"""Every run ends with a documented code: interrupted, with closed streams, with pipes instead of files."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from iamlint.cli import main

GOOD = 'resource "google_service_account" "a" {\n  account_id = "another"\n}\n'
BAD = """\
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
"""
PROGRAM = [sys.executable, "-I", "-m", "iamlint"]


def shell(directory: Path, arguments: str) -> subprocess.CompletedProcess[str]:
    command = f"{' '.join(PROGRAM)} {arguments}"
    return subprocess.run(
        ["bash", "-c", command], cwd=directory, capture_output=True, text=True, check=False, timeout=60
    )


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "main.tf").write_text(BAD)
    monkeypatch.chdir(tmp_path)
    return tmp_path


# -- interrupts ----------------------------------------------------------------------------------------------------

ASKED = "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n"
"""A shell starts what runs in the background without interrupts, and its processes inherit that."""
SLOW = """
import builtins, os, signal, sys, time
arrived, real = {where!r}, builtins.__import__
def stopped(name, *rest, **named):
    if name == arrived:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(0.01)
    return real(name, *rest, **named)
builtins.__import__ = stopped
from iamlint.__main__ import start
sys.argv = ["iamlint", "check", "--output", "json=report.json"]
start()
"""


@pytest.mark.parametrize(
    "where",
    ["click", "iamlint.cli.commands.check", "iamlint.sources", "iamlint.linter", "iamlint.reporters.json_report"],
)
def test_an_interrupt_is_one_line_whenever_it_comes(directory: Path, where: str) -> None:
    """Sent when a module is imported: during the start, while the input is read, while reports are written."""
    (directory / "report.json").write_text("before")
    command = [sys.executable, "-c", ASKED + SLOW.format(where=where)]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr, done.stdout) == (130, "error: interrupted\n", "")
    assert sorted(path.name for path in directory.iterdir()) == ["main.tf", "report.json"]
    assert (directory / "report.json").read_text() == "before"


def test_an_interrupt_in_a_long_run_ends_it(directory: Path) -> None:
    (directory / "main.tf").write_text("".join(BAD.replace('"ci"', f'"ci{number}"') for number in range(20000)))
    started = ASKED + "from iamlint.__main__ import start\nprint('started', flush=True)\nstart()"
    command = [sys.executable, "-I", "-c", started, "check"]
    process = subprocess.Popen(command, cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert process.stdout
    assert process.stdout.readline() == "started\n"  # before, an interrupt ends Python itself
    time.sleep(0.3)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert (process.returncode, errors) == (130, "error: interrupted\n")


def test_what_ignores_interrupts_goes_on(directory: Path) -> None:
    """``nohup`` and shells that start it in the background do this."""
    done = shell(directory, f"--version & wait; trap '' INT; kill -INT $$; {' '.join(PROGRAM)} check -q")
    assert done.returncode == 1


# -- closed streams ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("check >&-", 2, "error: command line: standard output cannot be written: it is closed\n"),
        ("check --format json >&-", 2, "error: command line: standard output cannot be written: it is closed\n"),
        ("check --format json --output json=a.json >&-", 2, "error: command line: standard output cannot"),
        ("check > /dev/full", 2, "error: command line: standard output cannot be written: No space left on device\n"),
        ("check 2>&- >/dev/null", 1, ""),
        ("check nowhere 2>&- >/dev/null", 2, ""),
        ("check nowhere 2> /dev/full >/dev/null", 2, ""),
        ("check nowhere <&- >&- 2>&-", 2, ""),
        ("check --wrong 2>&-", 2, ""),
        ("check nowhere 2> >(exit) >/dev/null", 2, ""),
        ("check <&- >/dev/null", 1, ""),
        ("rules >&-", 2, "error: command line: standard output cannot be written: it is closed\n"),
        ("--version >&-", 2, "error: command line: standard output cannot be written: it is closed\n"),
    ],
)
def test_a_stream_that_is_closed_or_full(directory: Path, arguments: str, code: int, said: str) -> None:
    done = shell(directory, arguments)
    assert done.returncode == code, done.stdout + done.stderr
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == bool(said)


def test_a_file_does_not_get_what_was_meant_for_a_closed_stream(directory: Path) -> None:
    done = shell(directory, "check nowhere main.tf --output json=a.json >&- 2>&-")
    assert done.returncode == 2
    assert (directory / "a.json").read_text().startswith("{\n")
    assert (directory / "a.json").read_text().endswith("\n}\n")


# -- pipes ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "arguments",
    [
        ("check", "pipe"),
        ("check", "."),
        ("check", "main.tf", "--config", "pipe"),
        ("check", "main.tf", "--baseline", "pipe"),
        ("check", "main.tf", "--rules", "pipe"),
        ("check", "main.tf", "--var-file", "pipe"),
        ("check", "main.tf", "--role-catalog", "pipe"),
        ("check", "main.tf", "--source-root", "pipe"),
        ("check", "--hook", "pipe"),
        ("check", "tree"),
        ("facts", "pipe"),
        ("roles", "--role-catalog", "pipe"),
        ("test", "pipe"),
    ],
)
def test_a_pipe_is_no_input(directory: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    os.mkfifo("pipe")
    os.mkfifo(".iamlint.yaml")
    (directory / "tree").mkdir()
    names = "a.tf b.json.gz c.ndjson d.zst e.yaml plan.json x.tfplan tfplan plan.txt terraform.tfstate terraform.tfvars"
    for name in (*names.split(), "project-shop.json", "services.txt", "terragrunt.hcl", ".terraform.lock.hcl"):
        os.mkfifo(directory / "tree" / name)
    signal.alarm(30)
    try:
        with pytest.raises(SystemExit) as left_with:
            main(list(arguments))
    finally:
        signal.alarm(0)
    if arguments == ("check", "--hook", "pipe"):
        assert left_with.value.code in (0, 2)
    else:
        assert left_with.value.code == 2
        assert capsys.readouterr().err


def test_standard_input_is_a_file_or_an_error(directory: Path) -> None:
    done = shell(directory, "check /dev/stdin < <(cat main.tf)")
    assert done.returncode == 2
    assert "this is not a regular file (give a file or a directory; - reads standard input)" in done.stderr


@pytest.mark.parametrize("target", ["/etc/hostname", "nowhere", ".iamlint.yaml", "/dev/stdin", "../other.yaml"])
def test_a_configuration_that_is_a_link_is_not_passed_over(
    directory: Path, capsys: pytest.CaptureFixture[str], target: str
) -> None:
    (directory / ".iamlint.yaml").symlink_to(target)
    with pytest.raises(SystemExit) as left_with:
        main(["check", "main.tf"])
    assert left_with.value.code == 2
    assert ".iamlint.yaml" in capsys.readouterr().err
