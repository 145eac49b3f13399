"""Standard input as a file: ``-`` among the paths."""

from __future__ import annotations

import io
import json
import sys
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import BinaryIO

from iamlint.basics.lazy_regex import regex
from iamlint.files.texts import LARGEST
from iamlint.files.tree import Tree

DASH = Path("-")
FOLDER = "<stdin>"
"""The folder that reports show for unnamed standard input; iamlint reads no file there."""
_YAML = regex(r"\s*(?:---|- |[\w.\"'-]+:(?:\s|\Z))")
_BLOCKS = frozenset({"resource", "module", "variable", "locals", "provider", "data", "output", "moved", "import"})
"""Top-level keys of Terraform's JSON syntax that no plan and no export has."""


class TooLarge(Exception):
    """Standard input is larger than what iamlint reads of one file."""


def with_standard_input(paths: Iterable[Path], name: Path | None, tree: Tree) -> tuple[tuple[Path, ...], Tree]:
    """Return the paths with standard input's name for ``-``, and the files with its content; unchanged without one.

    Raises TooLarge.
    """
    paths = tuple(paths)
    if DASH not in paths:
        return paths, tree
    from iamlint.files.overlay import Overlay

    data = _whole(sys.stdin.buffer)
    path = name or Path(FOLDER, usual_name(data))
    return tuple(dict.fromkeys(path if one == DASH else one for one in paths)), Overlay(tree, {path.absolute(): data})


@lru_cache(maxsize=1)
def _whole(stream: BinaryIO | io.BufferedIOBase) -> bytes:
    """Return the whole content of a stream, which is read once: each environment and each fix reads the input again."""
    data = stream.read(LARGEST + 1)
    if len(data) > LARGEST:
        raise TooLarge(f"it is larger than the {LARGEST // 1024**2} MB that iamlint reads")
    return data


def usual_name(data: bytes) -> str:
    """Return a file name whose kind fits a content: Terraform, Terraform's JSON, a document in JSON or YAML."""
    from iamlint.files.compressed import packed

    compression = packed(data)
    if compression:
        return f"input.json{compression}"
    if not data.strip():
        return "input.json"  # nothing came, as of a command that failed: an empty file of Terraform is no error
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "input.json"
    text = data.removeprefix(b"\xef\xbb\xbf").decode("utf-8", "replace")
    if text.lstrip()[:1] in ("{", "["):
        return "main.tf.json" if _is_configuration(text) else "input.json"
    first = next((line for line in text.splitlines() if line.strip() and not line.lstrip().startswith("#")), "")
    return "input.yaml" if _YAML.match(first) else "main.tf"


def _is_configuration(text: str) -> bool:
    """Whether a JSON text is Terraform configuration: objects of blocks, and neither a plan nor a state."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return False
    if not isinstance(found, dict) or "format_version" in found or "lineage" in found:
        return False
    return any(isinstance(found.get(key), dict | list) for key in _BLOCKS) and found.keys() <= _BLOCKS | {
        "terraform",
        "//",
    }
