"""The command line: the only package that reads arguments, prints, and decides the exit code."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

from iamlint.cli.streams import open_closed_streams

TYPE_CHECKING = False
if TYPE_CHECKING:
    from iamlint.cache.entry import Result
    from iamlint.cache.recall import Before
    from iamlint.location import SourceText

# The command line is imported where it is needed: a run whose result is in the cache needs none of it.

_TRACEBACK = "IAMLINT_TRACEBACK"


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; exits with 0 (no findings), 1 (findings), 2 (error) or 130 (interrupted).

    Any error is one line on standard error. With IAMLINT_TRACEBACK set, an internal error also prints its traceback.
    """
    # Nearly all objects of a run are frozen and in use until its end. Collecting cyclic garbage among them takes an
    # eighth of a large run, and frees a few megabytes at most.
    gc.disable()
    if arguments is None:
        open_closed_streams()
    words = sys.argv[1:] if arguments is None else arguments
    found = _recalled(words)
    code: int | str | None = found if isinstance(found, int) else _run(words, found)
    if arguments is None and isinstance(code, int):
        _end(code)
    gc.enable()
    sys.exit(code)


def _run(arguments: list[str], before: Before | None = None) -> int | str | None:
    """Run a command; returns its exit code, or what a command asked for instead of one.

    ``before`` is what was found out of an earlier run.
    """
    import click

    from iamlint.cli.console import FAILED, INTERRUPTED, report_usage, say
    from iamlint.cli.program import program

    code: int | str | None
    try:
        words = (tuple(arguments), before)
        code = program.main(args=list(arguments), prog_name="iamlint", standalone_mode=False, obj=words)
    except SystemExit as done:
        code = done.code
    except click.ClickException as error:
        report_usage(arguments, error)
        code = FAILED
    except click.Abort:
        say("interrupted")
        code = INTERRUPTED
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        say(f"iamlint failed: {type(error).__name__}: {error} (please report this; {_TRACEBACK}=1 shows where it is)")
        code = FAILED
    return code


def _recalled(arguments: list[str]) -> int | Before | None:
    """Give the result of an earlier check, if there is one; returns its exit code, or what was found out of it."""
    if arguments[:1] != ["check"]:
        return None
    from iamlint.cache.question import is_wanted

    if not is_wanted(arguments):
        return None
    from iamlint.cache.recall import recalled

    return recalled(arguments, _write_files, _said)


def _said(source: SourceText, unread: int) -> tuple[str, ...]:
    """Return what a file of Terraform says besides its comments, and arguments that nothing read.

    Nothing if that is not known.
    """
    from iamlint.hcl import read_file
    from iamlint.hcl.without_comments import without_comments

    try:
        return without_comments(read_file(source), unread)
    except RecursionError:  # a run allows more
        return ()


def _write_files(result: Result) -> bool:
    from iamlint.cli.remembering import write_files

    return write_files(result)


def _end(code: int) -> NoReturn:
    """End the process at once: to take a large estate apart, one fact after another, takes seconds."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # write errors were reported before
            stream.flush()
    os._exit(code)
