"""Terraform's language, independent of IAM: syntax, readers, evaluation."""

from __future__ import annotations

from iamlint.hcl.reading import native
from iamlint.hcl.syntax import File
from iamlint.location import SourceText, Unreadable


def read_file(source: SourceText) -> File:
    """Return the syntax tree of a file of Terraform or OpenTofu, by the reader for its extension."""
    if not source.path.endswith(".json"):
        return native.read(source)
    from iamlint.hcl.reading import json_syntax

    return (json_syntax.read_variables if source.path.endswith(".tfvars.json") else json_syntax.read)(source)


def second_opinion(file: File) -> list[Unreadable]:
    """Return differences between python-hcl2 and a tree that was read without errors, or why it cannot be compared.

    Empty for JSON, which has no second syntax, and for a file that already has errors.
    """
    if file.errors or file.source.path.endswith(".json"):
        return []
    from iamlint.hcl.second_reader import outline, python_hcl2

    second = python_hcl2.read(file.source)
    return second.errors or outline.differences(file, second, ("iamlint", "python-hcl2"))
