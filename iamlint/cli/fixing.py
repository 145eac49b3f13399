"""The options that fix: applies proved fixes to the files, or prints them as a diff."""

from __future__ import annotations

import difflib
import gc
import os
import re
import stat
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from iamlint.basics.lazy_regex import regex
from iamlint.basics.words import counted
from iamlint.cli.console import Failed, tell
from iamlint.cli.output import replacing
from iamlint.edits import Safety
from iamlint.fixes.collecting import Run
from iamlint.fixes.proof import Outcome, fixed
from iamlint.fixes.proposals import within
from iamlint.location import Location, Unreadable
from iamlint.reporters.parts.frame import place
from iamlint.reporters.parts.plain import neutral

if TYPE_CHECKING:
    from iamlint.cli.options import Request

_MUCH = 200_000
"""Number of objects since the last collection that are worth one: a small check makes fewer in all its passes."""
_MOST = 20
"""Maximum number of fixes that are listed as not applied."""


def outcome_of(request: Request, check: Callable[[Mapping[str, bytes]], Run], *, unsafe: bool) -> Outcome:
    """Return the result of fixing the input, without writing. ``check`` runs a check with some files replaced."""
    levels: frozenset[Safety] = frozenset({"safe", "unsafe"} if unsafe else {"safe"})

    def forbidden(path: str) -> str | None:
        if not within(path, request.paths):
            return f"{path} is outside of the given paths, or a link leads to it"
        return None if os.access(path, os.R_OK | os.W_OK) else f"{path} cannot be written"

    def check_once(contents: Mapping[str, bytes]) -> Run:
        if gc.get_count()[0] > _MUCH:  # the command line collects nothing by itself, and each check makes an estate
            gc.collect()
        return check(contents)

    return fixed(check_once, lambda path: Path(path).read_bytes(), levels, forbidden)


def written(outcome: Outcome) -> list[Unreadable]:
    """Write the changed files, or none if one of them cannot be written; return the errors.

    The fixes are proved together, and one may move access from a file to another. Each file is written to a temporary
    file next to it, and all are renamed at the end.
    """
    errors: list[Unreadable] = []
    try:
        with ExitStack() as stack:
            for path, content in sorted(outcome.contents.items()):
                try:
                    _write(stack, Path(path), outcome.originals[path], content)
                except OSError as error:
                    errors.append(_unwritten(path, "no fix was written", error))
            if errors:
                raise Failed(errors)
    except Failed as failed:
        return list(failed.errors)
    except OSError as error:  # of a rename: there is no way to rename several files at once
        return [_unwritten(str(error.filename2 or error.filename), "the fixes of this file were not written", error)]
    return []


def _unwritten(path: str, what: str, error: OSError) -> Unreadable:
    return Unreadable(Location(path), f"{what}: {error.strerror or error}", "run it again")


def _write(stack: ExitStack, path: Path, before: bytes, content: bytes) -> None:
    """Write the new content of a file, which replaces it when the stack ends. Raises OSError."""
    status = os.lstat(path)
    if not stat.S_ISREG(status.st_mode) or path.read_bytes() != before:
        raise OSError("the file has changed since it was read")
    with open(stack.enter_context(replacing(path, status)), "wb") as file:
        file.write(content)


_LINE = regex(r"[^\n]*\n|[^\n]+")
_OBEYED = regex(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]|\r(?!\n)"
    r"|##\w*\[|^[-+ ]?\s*::",
    re.MULTILINE,
)
"""What a terminal or a CI system may obey. A diff has lines of the input as they are, so it cannot escape them."""


def diff(outcome: Outcome) -> Iterator[str]:
    """Yield the changes as a unified diff, by path; what may not be printed is named on standard error."""
    for path, content in sorted(outcome.contents.items()):
        before, after = (_LINE.findall(text.decode("utf-8")) for text in (outcome.originals[path], content))
        name = path.lstrip("/")
        lines = difflib.unified_diff(before, after, f"a/{name}", f"b/{name}")
        text = "".join(line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n" for line in lines)
        if _OBEYED.search(text) or neutral(name) != name:
            why = "control characters or a CI system's commands"
            tell(f"note: {neutral(path)}: its changes are not shown, since their lines have {why}; --fix makes them")
        else:
            yield text


def say_outcome(outcome: Outcome, *, would: bool, quiet: bool, left: str = "") -> None:
    """Print the applied fixes, and the refused ones with the reason, on standard error; ``left`` ends the last line."""
    if not quiet:
        verb = "would be fixed" if would else "fixed"
        for finding, fix in outcome.applied:
            tell(f"{verb}: {place(finding.at)}: {finding.rule}: {neutral(fix.title)}")
    for one in outcome.refused[:_MOST]:
        tell(f"not fixed: {place(one.finding.at)}: {one.finding.rule}: {neutral(one.fix.title)}: {neutral(one.reason)}")
    if len(outcome.refused) > _MOST:
        tell(f"not fixed: {len(outcome.refused) - _MOST} more")
    if not outcome.complete:
        more = "give fewer files" if would or not outcome.applied else "run it again"
        tell(f"note: not every fix was tried: there are too many; {more}")
    if not quiet:
        number = counted(len(outcome.applied), "finding")
        tell(f"{number} {verb} in {counted(len(outcome.contents), 'file')}{left}")


def by_hand(outcome: Outcome, *, unsafe: bool) -> str:
    """Return what is there for the other findings, as the end of a sentence."""
    fixes = [one.fix.safety if one.fix else None for one in outcome.run.report.findings]
    unsafe_ones = 0 if unsafe else fixes.count("unsafe")
    rest = fixes.count(None) + fixes.count("suggestion")
    parts = [f"{unsafe_ones} more with --unsafe-fixes"] if unsafe_ones else []
    if rest:
        parts.append(f"{rest} to fix by hand (iamlint explain RULE)")
    return "".join(f"; {part}" for part in parts)
