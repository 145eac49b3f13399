"""Runs commands in the test's own process: a process for each would take most of the suite's time.

Tests of process features (signals, closed streams, ``-I``, the hook, the wheel, the action) start one.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from unittest import mock

from iamlint.cli import main


def run(*arguments: str, cwd: Path, environment: Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    """Run a command in a directory, with these additional variables; returns its output."""
    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    out, err = _stream(), _stream()
    with (
        contextlib.chdir(cwd),
        mock.patch.dict(os.environ, {**kept, **(environment or {})}, clear=True),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = _code(list(arguments))
    return subprocess.CompletedProcess(arguments, code, _text(out), _text(err))


def run_forms(
    *arguments: str, forms: Iterable[str], cwd: Path, into: Path
) -> tuple[subprocess.CompletedProcess[str], dict[str, str]]:
    """Run a command once for its text and for other formats, which it writes below a folder; returns all of them."""
    files = {form: into / f"report.{form}" for form in forms}
    options = [part for form, path in files.items() for part in ("--output", f"{form}={path}")]
    done = run(*arguments, *options, cwd=cwd)
    return done, {form: path.read_text(encoding="utf-8") for form, path in files.items()} | {"text": done.stdout}


def _code(arguments: list[str]) -> int:
    try:
        main(arguments)
    except SystemExit as done:
        return done.code if isinstance(done.code, int) else int(done.code is not None)
    raise AssertionError("the command line always exits")


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8", newline="\n")


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    written = stream.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode("utf-8")
