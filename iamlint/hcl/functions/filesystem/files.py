"""Functions that read files: only below the allowed roots, only regular ones, only small ones.

A missing file may exist when Terraform runs: it is unknown, and neither absent nor an error.
"""

from __future__ import annotations

import base64

from iamlint.documents.values import Data, Value
from iamlint.hcl.functions.filesystem import paths
from iamlint.hcl.functions.filesystem.filesets import fileset
from iamlint.hcl.functions.filesystem.paths import absent, changes, located, named, shown
from iamlint.hcl.functions.types import EvaluationError, Function, UnknownResult
from iamlint.hcl.scope import Files
from iamlint.hcl.syntax import normalized
from iamlint.location import SourceText, Span
from iamlint.unknown import Unknown

LARGEST = 1_000_000
"""Maximum size of a file that an expression reads, in bytes."""


def read_bytes(files: Files, name: str) -> bytes:
    """Return the content of a file that an expression names."""
    path = located(files, name)
    name = shown(files, name)
    if changes(files, name):
        raise UnknownResult(Unknown(f"Terraform or git itself changes the file {name}"))
    try:
        kind = files.tree.kind(path)
        if kind == "directory":
            raise EvaluationError(f"{name} is a directory")
        if kind is None:
            raise UnknownResult(absent(name))
        if kind != "file":
            raise EvaluationError(f"{name} is not a regular file")
        if files.tree.status(path).size > LARGEST:
            raise UnknownResult(
                Unknown(f"the file {name} is larger than the {LARGEST} bytes that an expression may read")
            )
        return files.tree.read(path)
    except OSError as error:
        raise UnknownResult(Unknown(f"the file {name} cannot be read: {error.strerror}")) from error


def read_text(files: Files, name: str) -> str:
    """Return the text of a file that an expression names."""
    try:
        return normalized(read_bytes(files, name).decode())
    except UnicodeDecodeError as error:
        raise EvaluationError(f"the file {name} is not text in UTF-8") from error


def _file(files: Files, path: Value) -> Value:
    """Return the text of a file, placed in the file if places can point into it."""
    name = named(files, path)
    content = read_text(files, name)
    source = files.load(located(files, name)) if files.load else None
    if isinstance(source, SourceText) and source.text == content:
        return Value(content, Span(source, 0, len(content)))
    return Value(content)


def _hashed(name: str, *, in_base64: bool = False) -> Function:
    def function(files: Files, path: Value) -> Data:
        import hashlib  # it loads OpenSSL

        digest = hashlib.new(name, read_bytes(files, named(files, path)), usedforsecurity=False)
        return base64.b64encode(digest.digest()).decode() if in_base64 else digest.hexdigest()

    return function


def _exists(files: Files, path: Value) -> Data:
    name = named(files, path)
    found = located(files, name)
    name = shown(files, name)
    if files.tree.is_directory(found):
        raise EvaluationError(f"{name} is a directory")
    if files.tree.is_file(found) and (not changes(files, name) or found.name == _LOCK):
        return True
    raise UnknownResult(absent(name))


_LOCK = ".terraform.lock.hcl"
"""A file that ``terraform init`` changes and never removes."""

FUNCTIONS: dict[str, Function] = {
    "file": _file,
    "filebase64": lambda files, path: base64.b64encode(read_bytes(files, named(files, path))).decode(),
    "filebase64sha256": _hashed("sha256", in_base64=True),
    "filebase64sha512": _hashed("sha512", in_base64=True),
    "fileexists": _exists,
    "filemd5": _hashed("md5"),
    "filesha1": _hashed("sha1"),
    "filesha256": _hashed("sha256"),
    "filesha512": _hashed("sha512"),
    "fileset": fileset,
    **paths.FUNCTIONS,
}
"""The first argument of each is the `Files` of the scope."""
