"""Keeps the result of a check in the cache: what it read, what it printed, and the files that it wrote."""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from iamlint.basics.hashes import blake2b
from iamlint.cache.question import is_wanted
from iamlint.cli.console import listening
from iamlint.cli.options import Request, apart
from iamlint.files.disk import DISK
from iamlint.files.reads import Reads

if TYPE_CHECKING:
    from iamlint.cache.entry import Result
    from iamlint.cache.recall import Before
    from iamlint.cache.store import Store
    from iamlint.cache.units import Units

_SHARE_OF_TIME = 0.5
"""Share of the time limit within which nothing has stopped early: reading stops after a larger one."""


class Kept:
    """A result that is not complete yet. Without a ``store`` it is not saved."""

    def __init__(self, store: Store | None = None, seconds: float = 0, before: Before | None = None) -> None:
        self._store = store
        self._end = time.monotonic() + seconds * _SHARE_OF_TIME
        self._said: list[tuple[str, bytes]] = []
        self._files: list[tuple[str, bytes]] = []
        self._size = 0
        self._whole = store is not None
        self.reads = Reads(blake2b())
        self.units: Units | None = None
        if store:
            self._begin(store, before)

    def _begin(self, store: Store, before: Before | None) -> None:
        from iamlint.cache.recall import ANSWER
        from iamlint.cache.store import PARTS
        from iamlint.cache.units import Units, parts_of

        start = blake2b(digest_size=ANSWER, key=store.key)
        self.reads = Reads(start, before.looks if before else None)
        self.units = Units(self.reads, before.parts if before else parts_of(store.read(PARTS)))

    def hear(self, how: str | None, data: bytes) -> None:
        """Add a piece that was printed."""
        if self._takes(len(data)) and how is not None:
            self._said.append((how, data))
        else:
            self._whole = False

    def written(self, path: Path, parts: Iterable[str]) -> Iterator[str]:
        """Yield the parts of a file while it is written, and add its content."""
        if not self._whole:
            yield from parts
            return
        content = []
        for part in parts:
            data = part.encode("utf-8", "surrogatepass")
            self._whole = self._takes(len(data))
            content += [data] if self._whole else []
            yield part
        self._files.append((str(path), b"".join(content)))

    def _takes(self, size: int) -> bool:
        from iamlint.cache.entry import MOST

        self._size += size
        return self._whole and self._size < MOST // 2

    def keep(self, code: int, inputs: Iterable[Path]) -> None:
        """Store the result of a run that ended by itself, and read each thing once or always alike."""
        if self._store is None or not self._whole or not self.reads.steady or time.monotonic() > self._end:
            return
        from iamlint.cache.entry import Result, packed
        from iamlint.cache.question import is_own
        from iamlint.cache.store import PARTS

        result = Result(code, self._said, self._files, map(str, inputs))
        answers = {key: answer for key, answer in self.reads.answers.items() if not is_own(key[1])}
        data = packed(answers, result)
        if self.units:
            self.units.judged_as(_hash_of(result))
            self._store.write(self.units.packed(data), PARTS)
        self._store.write(data)

    def repeated(self) -> int | None:
        """Print what the earlier run printed, whose reading was the same, and keep it as the result of this one.

        Returns the exit code; None if the result is not there any more, or something was printed before.
        """
        from iamlint.cache.entry import unpacked
        from iamlint.cache.recall import printed

        judged = self.units.judged if self.units else None
        data = self._store.read() if self._store and not self._said and judged else None
        try:
            result = unpacked(data)[1] if data else None
        except ValueError:
            return None
        is_it = result is not None and judged is not None and _hash_of(result) == judged.result
        if result is None or not is_it or result.files or not printed(result):
            return None
        self._said = list(result.said)
        self.keep(result.code, map(Path, result.inputs))
        return result.code


def _hash_of(result: Result) -> str:
    from iamlint.cache.entry import packed

    return blake2b(packed({}, result), digest_size=16).hexdigest()


@contextmanager
def keeping(asked: Request, *, usable: bool) -> Iterator[Kept]:
    """Give what keeps the result of a check, where the cache is ``usable``.

    A run that reads standard input or a revision of git depends on more than files, and its result is not kept.
    """
    from iamlint.cli.standard_input import DASH

    given: tuple[Sequence[str], Before | None] | None = click.get_current_context().find_root().obj
    arguments, before = given or (None, None)
    beyond = (
        asked.write_baseline or asked.changed_since or asked.changed_first or asked.new_in_plan or DASH in asked.paths
    )
    store = None
    if usable and not beyond and arguments is not None and is_wanted(arguments):
        from iamlint.cache.store import store_for

        store = before.store if before else store_for(arguments, new=True)
    if store is None:
        yield Kept()
        return
    kept = Kept(store, asked.max_time, before)
    with DISK.recording(kept.reads), listening(kept.hear):
        named = (
            asked.config,
            asked.config_home,
            asked.source_root,
            asked.baseline,
            *asked.var_file,
            *asked.role_catalog,
        )
        for path in filter(None, named):
            DISK.kind(path)  # the command line is refused without it
        yield kept


def write_files(result: Result) -> bool:
    """Write the files of an earlier run; returns whether that worked."""
    from iamlint.cli.output import write

    paths, inputs = [Path(name) for name, _ in result.files], set(map(Path, result.inputs))
    try:
        apart(paths)
    except click.BadParameter:
        return False
    parts = ([content.decode("utf-8", "surrogatepass")] for _, content in result.files)
    return not any(write(path, part, inputs) for path, part in zip(paths, parts, strict=True))
