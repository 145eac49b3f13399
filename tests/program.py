"""Runs commands in the test's own process: a process for each would take most of the suite's time.

Tests of process features (signals, closed streams, ``-I``, the hook, the wheel, the action) start one.
"""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from iamlint.cli import main


def run(
    *arguments: str, cwd: Path, environment: Mapping[str, str] | None = None, encoding: str = "utf-8"
) -> subprocess.CompletedProcess[str]:
    """Run a command in a directory, with these additional variables; returns its output, which is in an encoding."""
    out, err = _stream(encoding), _stream(encoding)
    with (
        contextlib.chdir(cwd),
        _variables({"NO_COLOR": None, "FORCE_COLOR": None, **(environment or {})}),
        contextlib.redirect_stdout(out),
        contextlib.redirect_stderr(err),
    ):
        code = _code(list(arguments))
    return subprocess.CompletedProcess(arguments, code, _text(out), _text(err))


@contextlib.contextmanager
def _variables(given: Mapping[str, str | None]) -> Iterator[None]:
    """Set these variables, or remove them; afterwards they are as they were.

    `mock.patch.dict` reads and writes every variable twice, which takes a tenth of a small check.
    """
    before = {name: os.environ.get(name) for name in given}
    try:
        _change(given)
        yield
    finally:
        _change(before)


def _change(given: Mapping[str, str | None]) -> None:
    for name, value in given.items():
        if value is not None:
            os.environ[name] = value
        else:
            os.environ.pop(name, None)


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


def _stream(encoding: str) -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding=encoding, newline="\n")


def _text(stream: io.TextIOWrapper) -> str:
    stream.flush()
    written = stream.buffer
    assert isinstance(written, io.BytesIO)
    return written.getvalue().decode(stream.encoding)
