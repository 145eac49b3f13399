"""The command line: the only room that reads arguments, prints, and decides the exit code."""

from __future__ import annotations

import gc
import os
import sys

import click

from iamlint.cli.commands import program
from iamlint.cli.console import FAILED, report_usage, say

_TRACEBACK = "IAMLINT_TRACEBACK"
_COLLECTED = (200_000, 20, 100)
"""How rarely Python looks for garbage that refers to itself: nearly all that a run makes is in use until its end."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line; leaves with 0 (clean), 1 (findings) or 2 (the work could not be done).

    Whatever goes wrong is one line on standard error. With IAMLINT_TRACEBACK set, a mistake of iamlint's own shows
    where it happened.
    """
    gc.set_threshold(*_COLLECTED)
    try:
        code = program.main(args=arguments, prog_name="iamlint", standalone_mode=False)
    except click.ClickException as error:
        report_usage(sys.argv[1:] if arguments is None else arguments, error)
        code = FAILED
    except click.Abort:
        say("interrupted")
        code = FAILED
    except Exception as error:
        if os.environ.get(_TRACEBACK):
            raise
        say(f"iamlint failed: {type(error).__name__}: {error} (please report this; {_TRACEBACK}=1 shows where it is)")
        code = FAILED
    sys.exit(code)
