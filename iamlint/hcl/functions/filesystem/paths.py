"""Paths in expressions: the file of a text, also if the text depends on where Terraform runs.

``abspath()`` and ``path.cwd`` depend on where Terraform runs, so their texts are unknown. But the file is known:
unknown parts of the forms below mean a path relative to the root module, and functions that read files resolve them.
"""

from __future__ import annotations

import json
import posixpath
import re
from pathlib import Path

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Data, Value
from iamlint.hcl.functions.types import Function, UnknownResult, text
from iamlint.hcl.scope import Files
from iamlint.hcl.syntax import normalized
from iamlint.unknown import Unknown, UnknownPart

CWD = "path.cwd"
"""Terraform's working directory: the root module, unless ``-chdir`` is given."""
LONGEST_PATH = 4096
"""Maximum number of characters of a path, as in Linux: to resolve a longer one takes long."""
_WHERE = "an absolute path depends on where Terraform runs"
_HOLE = regex(r'(?P<of>abspath|basename)\((?P<path>".*")\)\Z', re.DOTALL)


def named(files: Files, value: Value) -> str:
    """Return the path in a text: relative to the root module, or absolute on this machine."""
    found = _followed(files, value.data)
    return text(value) if found is None else found


def located(files: Files, name: str) -> Path:
    """Return the file or directory of a path without symbolic links; raises `UnknownResult` outside the roots."""
    if "\0" in name or name.startswith("~") or len(name) > LONGEST_PATH:
        raise UnknownResult(Unknown("a path that iamlint does not follow"))
    resolved = files.tree.resolved(files.base / name)
    if not is_inside(files, resolved):
        raise UnknownResult(Unknown(f"the file {shown(files, name)} is outside of what iamlint was given to read"))
    files.looked_at.add(resolved)
    return resolved


def is_inside(files: Files, resolved: Path) -> bool:
    """Whether a path without symbolic links is below a root."""
    return any(resolved.is_relative_to(root) for root in files.roots)


def shown(files: Files, name: str) -> str:
    """Return a path for messages: an absolute one below the root module becomes relative to it."""
    whole = files.base / name
    return _relative(files, whole.as_posix()) if is_absolute(files, name) and is_inside(files, whole) else name


def is_absolute(files: Files, name: str) -> bool:
    """Whether a path is absolute where iamlint runs: on Windows it begins with a drive, too."""
    return name.startswith("/") or bool((":" in name or "\\" in name) and type(files.base)(name).drive)


def whole(files: Files, name: str) -> str:
    """Return a path from the root module as an absolute one, with ``/`` on every system."""
    return name if is_absolute(files, name) else posixpath.join(files.base.as_posix(), name)


def absent(name: str) -> Unknown:
    """Return the unknown value for a file that does not exist."""
    return Unknown(f"the file {name} is not there, and may be when Terraform runs")


def is_placeholder(files: Files, name: str) -> bool:
    """Whether a path has a name without any letter or digit, like ``-``, which modules write for "no directory"."""
    names = (one for one in _relative(files, whole(files, name)).split("/") if one.strip("."))
    return any(not any(map(str.isalnum, one)) for one in names)


def changes(files: Files, name: str) -> bool:
    """Whether Terraform or git itself creates or changes the file of a path.

    Files that ``terraform init`` installs of a module belong to the module. Source:
    https://developer.hashicorp.com/terraform/cli/init
    """
    parts = tuple(part.casefold() for part in _relative(files, whole(files, name)).split("/"))
    if ".terraform" in parts:
        below = parts[parts.index(".terraform") + 1 :]
        return below[:1] != ("modules",) or len(below) < 3
    return ".git" in parts or "terraform.tfstate.d" in parts or bool(_MADE.fullmatch(parts[-1]))


_MADE = regex(r"\.terraform\.lock\.hcl|\.?terraform\.tfstate(\..*)?|errored\.tfstate|crash(\..*)?\.log")


def _relative(files: Files, name: str) -> str:
    return posixpath.relpath(name, files.base.as_posix())


def _followed(files: Files, data: Data) -> str | None:
    """Return the text of an unknown path whose unknown parts are resolved; None if one cannot be."""
    if not isinstance(data, Unknown) or not data.parts:
        return None
    found: list[str] = []
    for part in data.parts:
        piece = part if isinstance(part, str) else _of_unknown_part(files, part)
        if piece is None:
            return None
        found.append(piece)
    return "".join(found)


def _of_unknown_part(files: Files, unknown_part: UnknownPart) -> str | None:
    if unknown_part.reference == CWD:
        return files.base.as_posix()
    match = _HOLE.fullmatch(unknown_part.reference)
    if match is None:
        return None
    path = posixpath.normpath(whole(files, json.loads(match["path"])))
    return path if match["of"] == "abspath" else posixpath.basename(path)


def _unknown_part(files: Files, of: str, name: str) -> Unknown:
    path = json.dumps(_relative(files, whole(files, name)), ensure_ascii=False)
    return Unknown(_WHERE, (UnknownPart(f"{of}({path})"),))


def _abspath(files: Files, path: Value) -> Data:
    name = named(files, path)
    known = is_absolute(files, name) and path.unknown is None
    return posixpath.normpath(name) if known else _unknown_part(files, "abspath", name)


def _basename(files: Files, path: Value) -> Data:
    followed = _followed(files, path.data)
    if followed is None:
        return _plain_basename(text(path))
    relative = _relative(files, whole(files, followed))
    last = posixpath.basename(relative)
    return _unknown_part(files, "basename", followed) if last in ("", ".", "..") else normalized(last)


def _plain_basename(given: str) -> str:
    return posixpath.basename(given.rstrip("/")) or ("/" if given else ".")


def _dirname(files: Files, path: Value) -> Data:
    followed = _followed(files, path.data)
    if followed is None:
        folder = posixpath.dirname(text(path))
        return posixpath.normpath(folder).replace("//", "/") if folder else "."
    folder = posixpath.dirname(followed)
    return (
        _unknown_part(files, "abspath", folder) if is_absolute(files, followed) else posixpath.normpath(folder or ".")
    )


def _pathexpand(files: Files, path: Value) -> Data:
    """A path stays unchanged, unless it begins with a home directory, which depends on the user."""
    if _followed(files, path.data) is not None:
        return path.data
    if text(path).startswith("~"):
        raise UnknownResult(Unknown("a path below the home directory depends on where Terraform runs"))
    return text(path)


FUNCTIONS: dict[str, Function] = {
    "abspath": _abspath,
    "basename": _basename,
    "dirname": _dirname,
    "pathexpand": _pathexpand,
}
"""The first argument of each is the `Files` of the scope."""
