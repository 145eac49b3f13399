"""What is in the given paths: found now, or in an earlier check or run with the same names on the disk."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from iamlint.basics.hashes import hash_of
from iamlint.files.disk import DISK
from iamlint.sources.reading import Options
from iamlint.sources.workspace import Found, Workspace, discover


def discovered(paths: Iterable[Path], workspace: Workspace, options: Options) -> Found:
    """Return the content of the given paths: of memory, of an earlier run, or of a walk."""
    paths = list(paths)

    def work() -> Found:
        return discover(paths, workspace, options.exclude)

    if options.memory:
        name = ("found", *paths, options.memory.token("exclude", options.exclude))
        return workspace.recall(name, work)
    if options.units is None or options.tree is not DISK:
        return work()
    known = hash_of("found", str(options.context), *workspace.followed(), "paths", *map(str, paths))
    return _found(options.units.recall(known, lambda: _data(work())))


def _data(found: Found) -> Any:
    from iamlint.sources.fact_data import data_of

    return [
        *([str(path) for path in each] for each in (found.directories, found.var_files, found.empty)),
        *(sorted(map(str, each)) for each in (found.exports, found.given)),
        [[str(path), given] for path, given in found.documents],
        data_of(tuple(found.errors)),
        [[str(path), why] for path, why in found.unread.items()],
        [[str(one.path), one.reason, str(one.top)] for one in found.unwalked],
        found.excluded,
    ]


def _found(data: Any) -> Found:
    from iamlint.sources.fact_data import value_of
    from iamlint.sources.unwalked import Unwalked

    directories, var_files, empty, exports, given, documents, errors, unread, unwalked, excluded = data
    return Found(
        directories=[Path(path) for path in directories],
        documents=[(Path(path), given_itself) for path, given_itself in documents],
        exports={Path(path) for path in exports},
        given={Path(path) for path in given},
        errors=list(value_of(errors)),
        unread={Path(path): why for path, why in unread},
        unwalked=[Unwalked(Path(path), reason, Path(top)) for path, reason, top in unwalked],
        var_files=[Path(path) for path in var_files],
        excluded=excluded,
        empty=[Path(path) for path in empty],
    )
