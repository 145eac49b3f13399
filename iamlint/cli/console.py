"""Output for people and programs: standard output, standard error, colour, progress."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from itertools import islice, pairwise
from pathlib import Path
from typing import IO, TYPE_CHECKING, Literal

import click

from iamlint.location import COMMAND_LINE, Location, Unreadable

if TYPE_CHECKING:
    from iamlint.reporters.parts.frame import Paint

# The reporters are imported by the functions that need them: `--help` and `--version` do not.

OK, FINDINGS, FAILED, INTERRUPTED = 0, 1, 2, 130


class Failed(Exception):
    """Raised if a command cannot answer: a name, a rule or the configuration is wrong. ``errors`` say what."""

    def __init__(self, errors: Iterable[Unreadable]) -> None:
        super().__init__()
        self.errors = tuple(errors)


def emit(text: str | Iterable[str], *, for_programs: bool = False) -> None:
    """Write a text, or its parts, to standard output: UTF-8 for programs, the terminal's encoding for people.

    A closed reader (``| head``) is not an error. Raises ClickException if the output cannot be written.
    """
    encoding = sys.stdout.encoding or "utf-8"
    try:
        for block in _blocks(text):
            if for_programs:
                data = block.encode("utf-8", "backslashreplace")
                _heard("out", data)
                click.echo(data, nl=False)
            else:
                shown = _for_people(block, encoding)
                _heard("text", shown.encode())
                click.echo(shown, nl=False, color=True)
        sys.stdout.flush()
    except OSError as error:
        _heard(None, b"")
        if is_closed_pipe(error):
            # Python flushes once more when it ends, and would complain.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            return
        reason = "it is closed" if error.errno == errno.EBADF else error.strerror
        raise click.ClickException(f"standard output cannot be written: {reason}") from error


_PLAIN = str.maketrans({"→": "->", "←": "<-", "✓": "+", "✗": "x", "…": "..."})
"""Characters of our own texts, for encodings without them: Windows writes cp1252 to a file, and some systems ASCII."""


def _for_people(text: str, encoding: str) -> str:
    """Return a text that an encoding can write: our signs become ASCII, other characters become escapes."""
    try:
        text.encode(encoding)
    except UnicodeEncodeError:
        return text.translate(_PLAIN).encode(encoding, "backslashreplace").decode(encoding)
    return text


_WINDOWS = os.name == "nt"


def is_closed_pipe(error: OSError, *, windows: bool = _WINDOWS) -> bool:
    """Whether the reader has closed the stream; Windows reports EINVAL for this. Source: https://github.com/python/cpython/issues/79935"""
    return isinstance(error, BrokenPipeError) or (windows and error.errno == errno.EINVAL)


def _blocks(text: str | Iterable[str]) -> Iterator[str]:
    """Yield the parts of a text in large blocks, since each write is expensive."""
    parts = iter((text,) if isinstance(text, str) else text)
    while block := list(islice(parts, _AT_ONCE)):
        yield "".join(block)


_AT_ONCE = 1_000
"""Number of parts per block."""


Listener = Callable[[Literal["out", "text", "err"] | None, bytes], None]
"""Is called with each piece that is printed: how, and its bytes. None as how says that something was not printed.

"out" are bytes on standard output, "text" is a text there, in UTF-8, and "err" one on standard error.
"""
_LISTENER: ContextVar[Listener | None] = ContextVar("listener", default=None)


@contextmanager
def listening(listener: Listener) -> Iterator[None]:
    """Call a function with each piece that is printed inside the block, except progress."""
    before = _LISTENER.set(listener)
    try:
        yield
    finally:
        _LISTENER.reset(before)


def _heard(how: Literal["out", "text", "err"] | None, data: bytes) -> None:
    listener = _LISTENER.get()
    if listener:
        listener(how, data)


def tell(line: str) -> None:
    """Write to standard error; a write error (closed, full, no reader) changes no exit code."""
    _heard("err", f"{line}\n".encode("utf-8", "surrogatepass"))
    _tell(f"{line}\n")


def _tell(text: str) -> None:
    with suppress(OSError, ValueError):
        click.echo(text, nl=False, err=True, color=True)


def say(message: str) -> None:
    """Print one line about an error on standard error."""
    from iamlint.reporters.parts.plain import neutral

    tell(f"{_paint()('1;31', 'error')}: {neutral(message)}")


def say_errors(errors: Iterable[Unreadable]) -> None:
    """Print errors, a line for each, on standard error; of many alike ones a few and their number."""
    errors = tuple(errors)
    if not errors:
        return
    from iamlint.reporters.parts.folding import Fold
    from iamlint.reporters.text import error_lines

    paint = _paint()
    for line in Fold(width(sys.stderr)).all(error_lines(errors, paint)):
        tell(line)


def _paint() -> Paint:
    from iamlint.reporters.parts.frame import Paint

    return Paint(on=colored(sys.stderr))


def colored(stream: IO[str]) -> bool:
    """Whether to colour: ``--color`` decides, else NO_COLOR forbids it and FORCE_COLOR demands it.

    Otherwise it is for terminals that are not dumb. Source: https://no-color.org
    """
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (stream.isatty() and not _is_dumb())


def _is_dumb() -> bool:
    """Whether the terminal only prints: it can neither colour nor move. Source: terminfo(5), the entry ``dumb``."""
    return os.environ.get("TERM") == "dumb"


def emit_folded(text: str) -> None:
    """Write a text for people, its lines folded to the terminal's width, below their own indent."""
    from iamlint.reporters.parts.folding import Fold

    fold = Fold(width(sys.stdout))
    emit(f"{part}\n" for line in text.splitlines() for part in fold(line, len(line) - len(line.lstrip()) + 4))


def width(stream: IO[str]) -> int | None:
    """Return the columns of the terminal that a stream writes to; None for a file or a pipe."""
    return _columns() if stream.isatty() else None


def _columns() -> int:
    import shutil

    return shutil.get_terminal_size().columns


def repository(directory: Path) -> Path:
    """Return the top of the repository that contains a directory, GitHub's workspace, or the directory itself."""
    return _top(directory) or directory


def _top(directory: Path) -> Path | None:
    from iamlint.files.disk import DISK

    workspace = os.environ.get("GITHUB_WORKSPACE")
    top = DISK.resolved(Path(workspace)) if workspace else None
    return next((path for path in (directory, *directory.parents) if path == top or DISK.exists(path / ".git")), None)


def repository_of(paths: Iterable[Path], directory: Path) -> Path:
    """Return the top of the repository that contains a directory, else of the one that contains all of the paths."""
    from iamlint.files.disk import DISK

    top = _top(directory)
    if top:
        return top
    given = map(DISK.resolved, paths)
    folders = {path if DISK.is_directory(path) else path.parent for path in given}
    tops = {_top(folder) if folder != directory else None for folder in folders}
    return (tops.pop() if len(tops) == 1 else None) or directory


# -- progress ------------------------------------------------------------------------------------------------------


class Progress:
    """A line on the terminal that is overwritten, once a run takes long; nothing elsewhere."""

    PATIENCE = 0.4
    """Seconds before the first line, and between two."""

    def __init__(self, *, on: bool) -> None:
        self._on = on and not _is_dumb()
        self._last = time.monotonic()
        self._shown = False

    def __call__(self, message: str) -> None:
        """Show what is being done."""
        now = time.monotonic()
        if self._on and now - self._last >= self.PATIENCE:
            from iamlint.reporters.parts.plain import neutral

            self._last, self._shown = now, True
            width = _columns()
            _tell(f"\r\x1b[K{neutral(message)[: width - 1]}")

    def end(self) -> None:
        """Remove the line."""
        if self._shown:
            _tell("\r\x1b[K")
            self._shown = False


# -- wrong usage ---------------------------------------------------------------------------------------------------


def report_usage(arguments: Sequence[str], error: click.ClickException) -> None:
    """Report a usage error; also in the format given to `check`."""
    context = getattr(error, "ctx", None)
    listed = "commands" if context and isinstance(context.command, click.Group) else "options"
    hint = f"{context.command_path} --help lists the {listed}" if context else ""
    error = _with_ours(error)
    found = Unreadable(Location(COMMAND_LINE), " ".join(error.format_message().split()).rstrip("."), hint)
    say_errors([found])
    form = _format(arguments)
    if form and isinstance(error, click.UsageError):
        from iamlint.reporters import render
        from iamlint.reporters.parts.presentation import Presentation
        from iamlint.results.report import failure

        emit(render(form, failure([found]), Presentation()), for_programs=True)


_MEANT = {
    "--severity": "--min-severity",
    "--minimum-failure-severity": "--fail-on",
    "--soft-fail": "--exit-zero",
    "--check": "--select",
    "--skip-check": "--ignore",
    "--tf-vars": "--var-file",
    "-f": "--format",
    "-o": "--output",
    "-V": "--version",
    "-v": "--version",
}
"""Options of other scanners, and ours for the same."""


def _with_ours(error: click.ClickException) -> click.ClickException:
    """Return the error; for an option of another scanner with ours, and for ``--json`` with ``--format json``."""
    from iamlint.reporters import FORMATS

    name, context = getattr(error, "option_name", ""), getattr(error, "ctx", None)
    if not isinstance(error, click.NoSuchOption) or context is None:
        return error
    form = name.lstrip("-")
    ours = f"--format {form}" if form in FORMATS else _MEANT.get(name, "")
    if not any(ours.split()[:1] == [opt] for one in context.command.params for opt in one.opts):
        return error
    return click.NoSuchOption(name, f"No such option '{name}'. Did you mean '{ours}'?", ctx=context)


def _format(arguments: Sequence[str]) -> str | None:
    """Return the program format given to `check`, as far as the wrong arguments show it."""
    from iamlint.reporters import FORMATS

    words = [word for argument in arguments for word in argument.split("=", 1)]
    asked = [after for word, after in pairwise(words) if word == "--format"]
    wanted = asked[-1] if asked and "check" in words else None
    return wanted if wanted in FORMATS and wanted != "text" else None
