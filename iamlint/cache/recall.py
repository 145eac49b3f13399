"""Gives the result of an earlier run, if everything that it read is unchanged."""

from __future__ import annotations

import sys

from iamlint.basics.hashes import blake2b
from iamlint.cache.store import store_for
from iamlint.files.looks import Looks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from iamlint.cache.entry import Result

ANSWER = 16
"""Size of the hash of an answer in bytes; it is keyed, so nobody can look for two files with one hash."""


def recalled(arguments: Sequence[str], written: Callable[[Result], bool]) -> int | Looks | None:
    """Print what an earlier run with these arguments printed, and return its exit code.

    Returns what the disk answered if something changed, for the run to come; None without an earlier run. ``written``
    writes the files of a result and returns whether that worked.
    """
    store = store_for(arguments, new=False)
    data = store.read() if store else None
    if store is None or data is None:
        return None
    from iamlint.cache.entry import unpacked

    try:
        asked, result = unpacked(data)
    except ValueError:
        return None
    looks = Looks(blake2b(digest_size=ANSWER, key=store.key))
    if not _is_unchanged(asked, looks):
        return looks
    if result.files and not written(result):
        return None
    return result.code if printed(result) else None


def printed(result: Result) -> bool:
    """Print what a run printed; returns whether that worked: the run itself says what is wrong with the output."""
    try:
        for stream, content in result.said:
            _print(stream, content)
    except (OSError, ValueError):
        return False
    return True


def _is_unchanged(asked: Sequence[str], looks: Looks) -> bool:
    found = zip(asked[0::3], asked[1::3], asked[2::3], strict=True)
    return all(looks.answer(question, path) == answer for question, path, answer in found)


def _print(name: str, content: bytes) -> None:
    """Print to a stream: bytes as they are, a text in the stream's encoding."""
    stream = sys.stderr if name == "err" else sys.stdout
    if name == "out":
        stream.flush()
        stream.buffer.write(content)
    else:
        stream.write(content.decode("utf-8", "surrogatepass"))
    stream.flush()
