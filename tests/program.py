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
from typing import Any

import click

from iamlint.cli import main


def _keep_what_is_not_given() -> None:
    """Keep click's parser of each command, and the value of each option that is not given, for the next run.

    A command has forty options, and click asks each of them in each run: that is a fifth of a small check. A value that
    depends on more than its option is found anew.
    """
    parsers: dict[click.Command, Any] = {}
    values: dict[click.Option, tuple[Any, Any]] = {}
    make_parser, handle = click.Command.make_parser, click.Option.handle_parse_result

    def made(command: click.Command, ctx: click.Context) -> Any:
        if ctx.resilient_parsing:
            return make_parser(command, ctx)
        parser = parsers.get(command)
        if parser is None:
            parser = parsers[command] = make_parser(command, ctx)
        parser.ctx = ctx
        return parser

    def handled(option: click.Option, ctx: click.Context, given: Mapping[str, Any], rest: list[str]) -> Any:
        name = str(option.name)
        on_more = (
            option.callback or option.envvar or option.required or not option.expose_value or callable(option.default)
        )
        if on_more or name in given or name in ctx.params or ctx.resilient_parsing or ctx.default_map:
            return handle(option, ctx, given, rest)
        if option in values:
            ctx.params[name], source = values[option]
            ctx.set_parameter_source(name, source)
        else:
            handle(option, ctx, given, rest)
            values[option] = ctx.params[name], ctx.get_parameter_source(name)
        return ctx.params[name], rest

    click.Command.make_parser, click.Option.handle_parse_result = made, handled


_keep_what_is_not_given()


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
