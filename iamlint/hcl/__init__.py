"""Terraform's language, without any idea of IAM: syntax, readers, evaluation."""

from __future__ import annotations

from iamlint.hcl import json_syntax, native
from iamlint.hcl.syntax import File
from iamlint.location import SourceText


def read_file(source: SourceText) -> File:
    """The syntax tree of a file of Terraform's or OpenTofu's, by the reader that its suffix asks for."""
    if source.path.endswith(".tfvars.json"):
        return json_syntax.read_variables(source)
    if source.path.endswith(".json"):
        return json_syntax.read(source)
    return native.read(source)
