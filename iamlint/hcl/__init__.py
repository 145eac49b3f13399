"""Terraform's language, without any idea of IAM: syntax, readers, evaluation."""

from __future__ import annotations

from iamlint.hcl import json_syntax, native
from iamlint.hcl.syntax import File
from iamlint.location import SourceText, Unreadable


def read_file(source: SourceText) -> File:
    """The syntax tree of a file of Terraform's or OpenTofu's, by the reader that its suffix asks for."""
    if source.path.endswith(".tfvars.json"):
        return json_syntax.read_variables(source)
    if source.path.endswith(".json"):
        return json_syntax.read(source)
    return native.read(source)


def second_opinion(file: File) -> list[Unreadable]:
    """Where python-hcl2 disagrees with a tree that was read without errors, or why it cannot say.

    Nothing for JSON, which has no second syntax to hide in, and nothing for a file that has errors already.
    """
    if file.errors or file.source.path.endswith(".json"):
        return []
    from iamlint.hcl import outline, python_hcl2

    second = python_hcl2.read(file.source)
    return second.errors or outline.differences(file, second, ("iamlint", "python-hcl2"))
