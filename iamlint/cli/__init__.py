"""The command line: the only package that reads arguments, prints, and decides the exit code."""

from __future__ import annotations

import gc
import os
import sys
from contextlib import suppress
from typing import NoReturn

import click

from iamlint.cli.console import FAILED, INTERRUPTED, open_closed_streams, report_usage, say
from iamlint.cli.program import program

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
    try:
        code = program.main(args=arguments, prog_name="iamlint", standalone_mode=False)
    except SystemExit as done:
        code = done.code
    except click.ClickException as error:
        report_usage(sys.argv[1:] if arguments is None else arguments, error)
        code = FAILED
    except click.Abort:
        say("interrupted")
        code = INTERRUPTED
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        say(f"iamlint failed: {type(error).__name__}: {error} (please report this; {_TRACEBACK}=1 shows where it is)")
        code = FAILED
    if arguments is None and isinstance(code, int):
        _end(code)
    gc.enable()
    sys.exit(code)


def _end(code: int) -> NoReturn:
    """End the process at once: to take a large estate apart, one fact after another, takes seconds."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError, ValueError):  # write errors were reported before
            stream.flush()
    os._exit(code)
