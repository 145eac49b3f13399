"""Globs of paths, relative to a folder.

``*`` matches any text, ``?`` any one character, ``**/`` any folders or none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from dataclasses import field
from functools import lru_cache
from pathlib import Path, PurePath, PurePosixPath

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex

_TOKEN = regex(r"(?P<deep>(?:(?<=/)|(?<![^/]))\*\*/)|(?P<star>\*+)|(?P<any>\?)|(?P<text>[^*?]+)")


@frozen
class PathGlobs:
    """Globs of paths below ``home``, a resolved folder; without one, of paths below the working directory.

    A glob that matches a folder matches everything in it.
    """

    globs: tuple[str, ...] = ()
    home: Path | None = None
    _known: dict[str, bool] = field(default_factory=dict, compare=False, repr=False)

    def __bool__(self) -> bool:
        return bool(self.globs)

    def matches(self, path: str | PurePath) -> bool:
        """Whether a path, as shown (relative to the working directory, or absolute), or a folder above it matches."""
        if not self.globs:
            return False
        shown = path if isinstance(path, str) else path.as_posix()
        if shown not in self._known:
            inside = relative(shown, self.home)
            self._known[shown] = inside is not None and self._fits(inside)
        return self._known[shown]

    def matched(self) -> list[str]:
        """Return the paths that were asked about and match."""
        return [path for path, fits in self._known.items() if fits]

    def matches_itself(self, path: str | PurePath) -> bool:
        """Whether a path itself matches, whatever is above it."""
        inside = relative(path if isinstance(path, str) else path.as_posix(), self.home) if self.globs else None
        return inside is not None and any(compiled_path(glob).match(inside.as_posix()) for glob in self.globs)

    def _fits(self, inside: PurePosixPath) -> bool:
        names = [one.as_posix() for one in (inside, *inside.parents) if one.parts]
        return any(compiled_path(glob).match(name) for glob in self.globs for name in names)


def relative(shown: str, home: Path | None) -> PurePosixPath | None:
    """Return a shown path relative to a folder, the working directory by default; None outside of it."""
    here = Path(os.getcwd())
    home = home or here
    whole = Path(os.path.normpath(here / shown))
    return PurePosixPath(whole.relative_to(home).as_posix()) if whole.is_relative_to(home) else None


def globs_of(globs: Iterable[str], home: Path | None = None) -> PathGlobs:
    """Return path globs without what makes no difference: ``./`` before, ``/`` behind."""
    return PathGlobs(tuple(glob.removeprefix("./").rstrip("/") or "*" for glob in globs), home)


@lru_cache(maxsize=4096)
def compiled_path(glob: str) -> re.Pattern[str]:
    """Return a glob as a regular expression over a whole path.

    A star and the letters after it are an atomic group: the first place where they fit is as good as any later one, so
    nothing is tried twice.
    """
    found, wild, letters = [], "", ""
    for token in _TOKEN.finditer(glob):
        if token["deep"] or token["star"]:
            found.append(f"(?>{wild}{letters})" if wild else letters)
            wild, letters = ("(?:.*?/)??" if token["deep"] else ".*?"), ""
        else:
            letters += "." if token["any"] else re.escape(token["text"])
    last = f"{wild.replace('*?', '*').replace('??', '?')}{letters}"
    return re.compile(f"(?s:{''.join(found)}{last})\\Z")
