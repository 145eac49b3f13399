"""Gives the result of an earlier run, if everything that it read is unchanged."""

from __future__ import annotations

import sys
from typing import NamedTuple

from iamlint.basics.hashes import blake2b
from iamlint.cache.store import PARTS, store_for
from iamlint.files.looks import CONTENT, STATUS, Looks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from typing import Any

    from iamlint.cache.entry import Result
    from iamlint.cache.store import Store
    from iamlint.cache.without_effect import Said

ANSWER = 16
"""Size of the hash of an answer in bytes; it is keyed, so nobody can look for two files with one hash."""
_EDITED = (".tf", ".tofu", ".tfvars")
_MOST_EDITED = 40
"""Maximum number of answers that may be others: to parse more files takes as long as the run itself."""


class Before(NamedTuple):
    """What was found out just before a run: its entry, the parts of the earlier run, and what the disk answered."""

    store: Store
    parts: dict[str, Any] | None
    looks: Looks


def recalled(arguments: Sequence[str], written: Callable[[Result], bool], said: Said) -> int | Before | None:
    """Print what an earlier run with these arguments printed, and return its exit code.

    Returns what was found out if something changed, for the run to come; None without an earlier run. ``written``
    writes the files of a result and returns whether that worked. ``said`` returns what a file says besides its
    comments and unread arguments.
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
    changed = _changed(asked, looks)
    if changed != {}:
        from iamlint.cache.units import parts_of

        parts = parts_of(store.read(PARTS))
        if changed is None or not _has_no_effect(store, data, parts, result, changed, looks, said):
            return Before(store, parts, looks)
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


def _changed(asked: Sequence[str], looks: Looks) -> dict[tuple[str, str], str] | None:
    """Return the questions that have another answer now, each with the earlier one.

    None as soon as there is one that is not about the content of a file of Terraform.
    """
    changed = {}
    for question, path, answer in zip(asked[0::3], asked[1::3], asked[2::3], strict=True):
        if looks.answer(question, path) != answer:
            if question not in (STATUS, CONTENT) or not path.endswith(_EDITED):
                return None
            changed[question, path] = answer
    return changed


def _has_no_effect(
    store: Store,
    data: bytes,
    parts: dict[str, Any] | None,
    result: Result,
    changed: dict[tuple[str, str], str],
    looks: Looks,
    said: Said,
) -> bool:
    """Whether a run of now has the same result, by what the files say; if so, the entry is brought up to date."""
    if parts is None or result.files or len(changed) > _MOST_EDITED:
        return False
    from iamlint.cache.entry import packed, unpacked
    from iamlint.cache.units import with_entry
    from iamlint.cache.without_effect import with_new_texts

    found = with_new_texts(parts, data, changed, looks, said)
    if found is None:
        return False
    asked = unpacked(data)[0]
    now = packed({one: looks.answer(*one) for one in zip(asked[0::3], asked[1::3], strict=True)}, result)
    store.write(with_entry(found, now), PARTS)
    store.write(now)
    return True


def _print(name: str, content: bytes) -> None:
    """Print to a stream: bytes as they are, a text in the stream's encoding."""
    stream = sys.stderr if name == "err" else sys.stdout
    if name == "out":
        stream.flush()
        stream.buffer.write(content)
    else:
        stream.write(content.decode("utf-8", "surrogatepass"))
    stream.flush()
