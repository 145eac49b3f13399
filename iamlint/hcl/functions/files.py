"""Functions that read files: only below the allowed roots, only regular ones, only small ones."""

from __future__ import annotations

import base64
import hashlib
import os
import posixpath
import re
from collections.abc import Iterator
from pathlib import Path

from iamlint.hcl.functions.patterns import compiled
from iamlint.hcl.functions.types import MOST_ELEMENTS, Function, Refused, Unclear, set_of, text
from iamlint.hcl.scope import Files
from iamlint.hcl.syntax import normalized
from iamlint.location import SourceText, Span
from iamlint.unknown import Unknown
from iamlint.values import Data, Value

LARGEST = 1_000_000
"""Bytes of a file that an expression reads."""
DEEPEST = 40
"""Levels of directories that ``fileset()`` goes down."""


def _path(files: Files, name: str) -> Path:
    if "\0" in name or name.startswith("~"):
        raise Unclear(Unknown("a path that iamlint does not follow"))
    resolved = Path(os.path.realpath(files.base / name))
    if not any(resolved.is_relative_to(root) for root in files.roots):
        raise Unclear(Unknown(f"the file {name} lies outside of what iamlint was given to read"))
    return resolved


def read_bytes(files: Files, name: str) -> bytes:
    """The content of a file that an expression names."""
    path = _path(files, name)
    try:
        if not path.is_file():
            raise Refused(f"there is no file {name}")
        if path.stat().st_size > LARGEST:
            raise Unclear(Unknown(f"the file {name} is larger than the {LARGEST} bytes that an expression may read"))
        return path.read_bytes()
    except OSError as error:
        raise Unclear(Unknown(f"the file {name} cannot be read: {error.strerror}")) from error


def read_text(files: Files, name: str) -> str:
    """The text of a file that an expression names."""
    try:
        return normalized(read_bytes(files, name).decode())
    except UnicodeDecodeError as error:
        raise Refused(f"the file {name} is not text in UTF-8") from error


def _file(files: Files, path: Value) -> Value:
    """The text of a file; where places can point into the file, that is where it is written."""
    name = text(path)
    content = read_text(files, name)
    source = files.load(_path(files, name)) if files.load else None
    if isinstance(source, SourceText) and source.text == content:
        return Value(content, Span(source, 0, len(content)))
    return Value(content)


def _fileset(files: Files, directory: Value, pattern: Value) -> Data:
    top, wanted = _path(files, text(directory)), text(pattern)
    if ".." in wanted.split("/") or wanted.startswith("/"):
        raise Unclear(Unknown("a pattern that leads out of its directory"))
    matching = compiled(_as_pattern(wanted.removesuffix("/")))
    found = []
    for path in _below(top, len(wanted.split("/")) if "**" not in wanted else DEEPEST):
        name = path.relative_to(top).as_posix()
        inside = any(Path(os.path.realpath(path)).is_relative_to(root) for root in files.roots)
        if inside and matching.search(name) and path.is_file():
            found.append(Value(normalized(name)))
    return set_of(found)


def _below(top: Path, levels: int) -> Iterator[Path]:
    """The files below a directory, down to so many levels, without following links to directories."""
    visited = 0
    for folder, folders, names in os.walk(top):
        folders.sort()
        if len(Path(folder).relative_to(top).parts) + 1 >= levels:
            folders.clear()
        for name in sorted(names):
            visited += 1
            if visited > MOST_ELEMENTS:
                raise Unclear(Unknown("more files than iamlint lists"))
            yield Path(folder, name)


_GLOB = re.compile(r"\*\*/|\*\*$|\*|\?|\[\^?\]?[^]]*\]|\\.|[{},]|.", re.DOTALL)


def _as_pattern(wanted: str) -> str:
    """A pattern of https://github.com/bmatcuk/doublestar as a regular expression."""
    found, choices = [], 0
    for part in _GLOB.findall(wanted):
        choices += (part == "{") - (part == "}")
        match part:
            case "**/":
                found.append("(?:.*/)?")
            case "**":
                found.append(".*")
            case "*":
                found.append("[^/]*")
            case "?":
                found.append("[^/]")
            case "{":
                found.append("(?:")
            case "}":
                found.append(")")
            case "," if choices:
                found.append("|")
            case "[" | "\\":
                raise Refused("this is no pattern for files")
            case _ if part[0] in "[\\":
                found.append(part.replace("[!", "[^"))
            case _:
                found.append(re.escape(part) if part.isascii() else part)
    return "(?s)\\A(?:" + "".join(found) + ")\\z"


def _hashed(name: str, *, in_base64: bool = False) -> Function:
    def function(files: Files, path: Value) -> Data:
        digest = hashlib.new(name, read_bytes(files, text(path)), usedforsecurity=False)
        return base64.b64encode(digest.digest()).decode() if in_base64 else digest.hexdigest()

    return function


def _exists(files: Files, path: Value) -> Data:
    found = _path(files, text(path))
    if found.is_dir():
        raise Refused("this is a directory")
    return found.is_file()


def _basename(_files: Files, path: Value) -> Data:
    given = text(path)
    return posixpath.basename(given.rstrip("/")) or ("/" if given else ".")


def _dirname(_files: Files, path: Value) -> Data:
    folder = posixpath.dirname(text(path))
    return posixpath.normpath(folder).replace("//", "/") if folder else "."


def _pathexpand(_files: Files, path: Value) -> Data:
    """A path is itself, unless it begins in the home of whoever runs Terraform."""
    if text(path).startswith("~"):
        raise Unclear(Unknown("a path below the home directory depends on where Terraform runs"))
    return text(path)


def _abspath(_files: Files, path: Value) -> Data:
    text(path)
    raise Unclear(Unknown("an absolute path depends on where Terraform runs"))


FUNCTIONS: dict[str, Function] = {
    "file": _file,
    "filebase64": lambda files, path: base64.b64encode(read_bytes(files, text(path))).decode(),
    "filebase64sha256": _hashed("sha256", in_base64=True),
    "filebase64sha512": _hashed("sha512", in_base64=True),
    "fileexists": _exists,
    "filemd5": _hashed("md5"),
    "filesha1": _hashed("sha1"),
    "filesha256": _hashed("sha256"),
    "filesha512": _hashed("sha512"),
    "fileset": _fileset,
    "abspath": _abspath,
    "basename": _basename,
    "dirname": _dirname,
    "pathexpand": _pathexpand,
}
"""The first argument of each is the `Files` of the scope."""
