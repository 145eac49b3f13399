"""What functions cost, in steps of evaluation: told before they are called, by their arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from iamlint.hcl.functions.collections import MOST_IN_RANGE
from iamlint.hcl.functions.types import MOST_ELEMENTS, size, weight
from iamlint.values import Value

LOOKS = 8
"""Values that are looked at, but not evaluated, for one step."""
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


def cost(name: str, arguments: Sequence[Value]) -> int:
    """Steps that a function takes for these arguments."""
    return sum(_of_argument(name, argument) for argument in arguments) + _made(name, arguments) // LOOKS


def _of_argument(name: str, argument: Value) -> int:
    """Steps that a function takes for an argument: for all that it looks at, or for the characters that it reads."""
    if name in DEEP:
        return size(argument) // LOOKS
    if isinstance(argument.data, str) and name in READS_TEXT and not (name == "yamldecode" and _is_file(argument)):
        return len(argument.data) // READS_TEXT[name]
    return weight(argument)


def _is_file(value: Value) -> bool:
    """Whether a text is all of a file, which is decoded once."""
    return value.at is not None and isinstance(value.data, str) and value.at.end - value.at.start == len(value.data)


def _made(name: str, arguments: Sequence[Value]) -> int:
    """How many elements a function makes that makes many out of few; 0 for the others."""
    match name:
        case "range":
            numbers = [abs(one.data) for one in arguments if isinstance(one.data, int)]
            return min(sum(numbers), MOST_IN_RANGE)
        case "setproduct":
            sizes = (len(one.data) for one in arguments if isinstance(one.data, tuple))
            return min(math.prod(sizes), MOST_ELEMENTS)
        case _:
            return 0
