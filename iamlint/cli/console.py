"""What a person or a program sees: standard output, standard error, colour, progress."""

from __future__ import annotations

import errno
import os
import shutil
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import islice, pairwise
from pathlib import Path
from typing import IO, TextIO

import click

from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.reporters import FORMATS
from iamlint.reporters.parts.frame import Paint
from iamlint.reporters.parts.plain import neutral
from iamlint.reporters.parts.presentation import Presentation
from iamlint.reporters.text import error_line

OK, FINDINGS, FAILED, INTERRUPTED = 0, 1, 2, 130


def open_closed_streams() -> None:
    """Open the standard streams that the caller has closed (``>&-``).

    Else the next file that is opened gets the number of one, and what is meant for it. Standard output is opened so
    that writing to it fails: a report that nobody gets is an error.
    """
    for number, mode in ((0, os.O_RDONLY), (1, os.O_RDONLY), (2, os.O_WRONLY)):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, mode)  # the lowest number that is free
    sys.stdout = sys.stdout or _stream(1)
    sys.stderr = sys.stderr or _stream(2)


def _stream(number: int) -> TextIO:
    return open(number, "w", encoding="utf-8", closefd=False)


def emit(text: str | Iterable[str], *, for_programs: bool = False) -> None:
    """Write a text, or its parts, to standard output: for programs as UTF-8, for people in what their terminal takes.

    A reader that has gone (``| head``) is no error. Raises ClickException where the output cannot be written.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        for block in _blocks(text):
            if for_programs:
                click.echo(block.encode("utf-8", "backslashreplace"), nl=False)
            else:
                click.echo(block.encode(encoding, "backslashreplace").decode(encoding), nl=False, color=True)
        sys.stdout.flush()
    except BrokenPipeError:
        # Python flushes once more when it ends, and would complain.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except OSError as error:
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror
        raise click.ClickException(f"standard output cannot be written: {reason}") from error


def _blocks(text: str | Iterable[str]) -> Iterator[str]:
    """The parts of a text, many at a time: each block that is written costs."""
    parts = iter((text,) if isinstance(text, str) else text)
    while block := list(islice(parts, _AT_ONCE)):
        yield "".join(block)


_AT_ONCE = 1_000
"""Parts of a text."""


def tell(line: str, *, end: str = "\n") -> None:
    """Write to standard error; one that cannot be written (closed, full, nobody reads it) changes no exit code."""
    with suppress(OSError, ValueError):
        click.echo(f"{line}{end}", nl=False, err=True, color=True)


def say(message: str) -> None:
    """One line about what went wrong, on standard error."""
    tell(f"{_paint()('1;31', 'error')}: {neutral(message)}")


def say_errors(errors: Iterable[Unreadable]) -> None:
    """What could not be read or done, a line each, on standard error."""
    paint = _paint()
    for error in errors:
        tell(error_line(error, paint))


def _paint() -> Paint:
    return Paint(on=colored(sys.stderr))


def colored(stream: IO[str]) -> bool:
    """Whether to colour: NO_COLOR forbids it (https://no-color.org), FORCE_COLOR demands it, else on a terminal."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or stream.isatty()


def repository(directory: Path) -> Path:
    """The top of the repository that holds a directory, GitHub's workspace, or the directory itself."""
    workspace = os.environ.get("GITHUB_WORKSPACE")
    top = Path(workspace).resolve() if workspace else None
    for path in (directory, *directory.parents):
        if path == top or (path / ".git").exists():
            return path
    return directory


# -- progress ------------------------------------------------------------------------------------------------------


class Progress:
    """A line on the terminal that is written over, once a run takes long; nothing elsewhere."""

    PATIENCE = 0.4
    """Seconds before the first, and between two."""

    def __init__(self, *, on: bool) -> None:
        self._on = on
        self._last = time.monotonic()
        self._shown = False

    def __call__(self, message: str) -> None:
        """Tell what is being done."""
        now = time.monotonic()
        if self._on and now - self._last >= self.PATIENCE:
            self._last, self._shown = now, True
            width = shutil.get_terminal_size().columns
            tell(f"\r\x1b[K{neutral(message)[: width - 1]}", end="")

    def end(self) -> None:
        """Take the line away."""
        if self._shown:
            tell("\r\x1b[K", end="")
            self._shown = False


# -- wrong usage ---------------------------------------------------------------------------------------------------


def report_usage(arguments: Sequence[str], error: click.ClickException) -> None:
    """Tell what is wrong with how the program was called; also in the format that `check` was asked for."""
    context = getattr(error, "ctx", None)
    hint = f"{context.command_path} --help lists the options" if context else ""
    found = Unreadable(Location(COMMAND_LINE), " ".join(error.format_message().split()).rstrip("."), hint)
    say_errors([found])
    form = _format(arguments)
    if form and isinstance(error, click.UsageError):
        from iamlint.report import failure
        from iamlint.reporters import render

        emit(render(form, failure([found]), Presentation()), for_programs=True)


def _format(arguments: Sequence[str]) -> str | None:
    """The format for programs that `check` was asked for, as far as wrong arguments tell."""
    words = [word for argument in arguments for word in argument.split("=", 1)]
    asked = [after for word, after in pairwise(words) if word == "--format"]
    wanted = asked[-1] if asked and "check" in words else None
    return wanted if wanted in FORMATS and wanted != "text" else None
