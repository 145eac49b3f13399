"""Everything is read through `iamlint.files`: no other module reads the disk."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).resolve().parents[2] / "iamlint"
READS = {
    "read_text",
    "read_bytes",
    "iterdir",
    "scandir",
    "listdir",
    "walk",
    "glob",
    "rglob",
    "open",
    "readlink",
    "stat",
}
ASKS = {"is_file", "is_dir", "exists", "isfile", "isdir", "is_symlink", "islink", "lstat"}
PACKAGED = {
    "cli/commands/showing.py",
    "diagnosis/recognition/error_kinds.py",
    "documents/compiled.py",
    "documents/validation.py",
    "hcl/second_reader/python_hcl2.py",
    "methods/documents.py",
    "catalog_file.py",
    "reporters/paths/html.py",
    "roles/lines.py",
    "rules/record.py",
    "sources/gcloud/recognition/shapes.py",
    "sources/terraform/configuration/module_stubs.py",
    "sources/terraform/resources/attachments/__init__.py",
}
"""These read data that ships within the package, and nothing else."""
WRITERS = {
    "cache/folder.py",
    "cache/question.py",
    "cache/store.py",
    "cli/commands/starting.py",
    "cli/console.py",
    "cli/fixing.py",
    "cli/options.py",
    "cli/output.py",
    "cli/streams.py",
    "github_action/comment.py",
    "github_action/event.py",
    "github_action/github_api.py",
    "github_action/inputs.py",
    "github_action/outputs.py",
    "github_action/run.py",
    "testing.py",
}
"""These write reports, fixes, first files or the cache, look where they may be written, or read what a run wrote."""


NAMED = re.compile(rf"\b(?:{'|'.join(sorted(READS | ASKS))})\s*\(")
"""A text without it has none of these calls, and need not be parsed."""


def of_the_port(receiver: ast.expr) -> bool:
    """Whether a method is a tree's: of ``tree``, ``self.tree`` and the like, or of the disk; or a class's own."""
    match receiver:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name in ("tree", "DISK", "self", "_before")
        case ast.Call(func=ast.Name(id="super") | ast.Attribute(value=ast.Name(id="self"), attr="_of")):
            return True  # ``self._of(path)`` is one of the trees that a tree is made of
        case _:
            return False


def reads(source: str) -> Iterator[str]:
    if not NAMED.search(source):
        return
    for node in ast.walk(ast.parse(source)):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        if isinstance(called, ast.Name) and called.id == "open":
            yield f"line {node.lineno}: open"
        elif isinstance(called, ast.Attribute) and called.attr in READS | ASKS and not of_the_port(called.value):
            yield f"line {node.lineno}: .{called.attr}"


MODULES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def test_only_the_port_reads() -> None:
    found = {
        name: list(reads((PACKAGE / name).read_text(encoding="utf-8")))
        for name in MODULES
        if not name.startswith("files/") and name not in PACKAGED | WRITERS
    }
    assert {name: lines for name, lines in found.items() if lines} == {}


@pytest.mark.parametrize("name", sorted(PACKAGED | WRITERS))
def test_an_exception_is_one(name: str) -> None:
    assert list(reads((PACKAGE / name).read_text(encoding="utf-8")))


@pytest.mark.parametrize(
    "source",
    ["open('x')", "Path('x').read_text()", "os.listdir('x')", "path.is_file()", "self.path.exists()", "os.walk('x')"],
)
def test_what_reads_is_seen(source: str) -> None:
    assert list(reads(source))


@pytest.mark.parametrize(
    "source", ["tree.open(path)", "self.files.tree.is_file(x)", "DISK.exists(x)", "estate.opened(x)"]
)
def test_the_port_may_be_asked(source: str) -> None:
    assert not list(reads(source))
