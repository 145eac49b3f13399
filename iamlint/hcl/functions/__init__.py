"""Terraform's built-in functions that follow from their arguments alone.

Each takes values and gives data or a value; it raises `Refused` for what Terraform would refuse, and `Unclear` where
the result depends on what is not known.
"""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.hcl.functions import collections, dates, encoding, files, formats, numbers, sets, strings
from iamlint.hcl.functions.types import Function

PURE: Mapping[str, Function] = {
    **collections.FUNCTIONS,
    **dates.FUNCTIONS,
    **encoding.FUNCTIONS,
    **formats.FUNCTIONS,
    **numbers.FUNCTIONS,
    **sets.FUNCTIONS,
    **strings.FUNCTIONS,
}
READING = files.FUNCTIONS
"""Those that read files: their first argument is the scope's `Files`."""
