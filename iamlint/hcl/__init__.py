"""Terraform's language, without any idea of IAM: syntax, readers, evaluation."""

from __future__ import annotations

from iamlint.hcl import native
from iamlint.hcl.syntax import File
from iamlint.location import SourceText


def read_file(source: SourceText) -> File:
    """The syntax tree of a file."""
    return native.read(source)
