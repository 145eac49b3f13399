"""Terraform's built-in functions that follow from their arguments alone.

Each takes values and gives data or a value; it raises `Refused` for what Terraform would refuse, and `Unclear` where
the result depends on what is not known.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from iamlint.hcl.functions import collections, dates, encoding, files, formats, numbers, sets, strings
from iamlint.hcl.functions.types import MOST_ELEMENTS, Function
from iamlint.values import Value

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
    "csvdecode": 3,
    "jsondecode": 3,
    "regex": 20,
    "regexall": 20,
    "replace": 20,
    "split": 20,
    "templatestring": 20,
}
"""Those that read the characters of a text one by one, and how many characters they read in a step."""


def made(name: str, arguments: Sequence[Value]) -> int:
    """How many elements a function makes that makes many out of few; 0 for the others."""
    match name:
        case "range":
            numbers = [abs(one.data) for one in arguments if isinstance(one.data, int)]
            return min(sum(numbers), collections.MOST_IN_RANGE)
        case "setproduct":
            sizes = (len(one.data) for one in arguments if isinstance(one.data, tuple))
            return min(math.prod(sizes), MOST_ELEMENTS)
        case _:
            return 0


READING = files.FUNCTIONS
"""Those that read files: their first argument is the scope's `Files`."""
