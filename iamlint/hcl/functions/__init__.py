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
DEEP = frozenset(
    {
        *("chunklist", "coalesce", "contains", "distinct", "flatten", "format", "formatlist", "index", "jsonencode"),
        *("matchkeys", "setintersection", "setproduct", "setsubtract", "setunion", "tolist", "tomap", "toset"),
        "yamlencode",
    }
)
"""Those that look at all that is in their arguments."""
READS_TEXT: Mapping[str, int] = {
    "yamldecode": 1,
    "csvdecode": 8,
    "jsondecode": 8,
    "regex": 20,
    "regexall": 20,
    "replace": 20,
    "split": 20,
    "templatestring": 20,
}
"""Those that read the characters of a text one by one, and how many characters they read in a step."""
READING = files.FUNCTIONS
"""Those that read files: their first argument is the scope's `Files`."""
