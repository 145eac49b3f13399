"""Functions that read files: only below the allowed roots, only regular ones, only small ones."""

from __future__ import annotations

import base64
import hashlib
import os
import posixpath
import re
from pathlib import Path

from iamlint.hcl.functions.types import MOST_ELEMENTS, Function, Refused, Unclear, set_of, text
from iamlint.hcl.scope import Files
from iamlint.unknown import Unknown
from iamlint.values import Data, Value

LARGEST = 1_000_000
"""Bytes of a file that an expression reads."""


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
        return read_bytes(files, name).decode()
    except UnicodeDecodeError as error:
        raise Refused(f"the file {name} is not text in UTF-8") from error


def _fileset(files: Files, directory: Value, pattern: Value) -> Data:
    top, wanted = _path(files, text(directory)), text(pattern)
    if ".." in wanted.split("/") or wanted.startswith("/"):
        raise Unclear(Unknown("a pattern that leads out of its directory"))
    found = []
    for path in _glob(top, wanted):
        if path.is_file() and any(Path(os.path.realpath(path)).is_relative_to(root) for root in files.roots):
            found.append(Value(path.relative_to(top).as_posix()))
            if len(found) > MOST_ELEMENTS:
                raise Unclear(Unknown("more files than iamlint lists"))
    return set_of(found)


def _glob(top: Path, wanted: str) -> list[Path]:
    choice = re.search(r"\{([^{}]*)\}", wanted)
    if choice:
        options = choice.group(1).split(",")[:50]
        return [path for one in options for path in _glob(top, wanted[: choice.start()] + one + wanted[choice.end() :])]
    try:
        return list(top.glob(wanted)) if wanted else []
    except (ValueError, OSError) as error:
        raise Refused("this is no pattern for files") from error


def _hashed(name: str, *, in_base64: bool = False) -> Function:
    def function(files: Files, path: Value) -> Data:
        digest = hashlib.new(name, read_bytes(files, text(path)), usedforsecurity=False)
        return base64.b64encode(digest.digest()).decode() if in_base64 else digest.hexdigest()

    return function


def _exists(files: Files, path: Value) -> Data:
    return _path(files, text(path)).is_file()


def _pathexpand(_files: Files, path: Value) -> Data:
    """A path is itself, unless it begins in the home of whoever runs Terraform."""
    if text(path).startswith("~"):
        raise Unclear(Unknown("a path below the home directory depends on where Terraform runs"))
    return text(path)


FUNCTIONS: dict[str, Function] = {
    "file": lambda files, path: read_text(files, text(path)),
    "filebase64": lambda files, path: base64.b64encode(read_bytes(files, text(path))).decode(),
    "filebase64sha256": _hashed("sha256", in_base64=True),
    "filebase64sha512": _hashed("sha512", in_base64=True),
    "fileexists": _exists,
    "filemd5": _hashed("md5"),
    "filesha1": _hashed("sha1"),
    "filesha256": _hashed("sha256"),
    "filesha512": _hashed("sha512"),
    "fileset": _fileset,
    "basename": lambda _files, path: posixpath.basename(text(path).rstrip("/")) or ".",
    "dirname": lambda _files, path: posixpath.dirname(text(path)) or ".",
    "pathexpand": _pathexpand,
}
"""The first argument of each is the `Files` of the scope."""
