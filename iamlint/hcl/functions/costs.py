"""What functions cost, in steps of evaluation: told before they are called, by their arguments."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from iamlint.documents.values import Value
from iamlint.hcl.functions.collections import MOST_IN_RANGE
from iamlint.hcl.functions.types import MOST_ELEMENTS, size, weight

LOOKS = 8
"""Values that are made, or whose type is looked at, for one step."""
DEEP = frozenset(
    {
        *("chunklist", "coalesce", "contains", "distinct", "flatten", "format", "formatlist", "index", "jsonencode"),
        *("matchkeys", "setintersection", "setproduct", "setsubtract", "setunion", "tolist", "tomap", "toset"),
        "yamlencode",
    }
)
"""Those that look at all that is in their arguments."""
AT_ONCE = frozenset({"length", "lookup"})
"""Those that take as long for a large collection as for a small one."""
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


def costs(name: str, arguments: Sequence[Value]) -> Iterator[int]:
    """Steps that a function takes for these arguments, for one after another: to count all may be too much itself."""
    yield _made(name, arguments) // LOOKS
    for argument in arguments:
        yield _of_argument(name, argument)


def _of_argument(name: str, argument: Value) -> int:
    """Steps that a function takes for an argument: for all that it looks at, or for the characters that it reads."""
    if name in DEEP:
        return size(argument) // LOOKS
    if name in AT_ONCE or (name == "yamldecode" and is_file(argument)):
        return 1
    if isinstance(argument.data, str) and name in READS_TEXT:
        return len(argument.data) // READS_TEXT[name]
    return weight(argument)


def cost_of_result(result: Value) -> int:
    """Steps that it took to make what a function has made."""
    return weight(result) // 10 if is_file(result) else weight(result)


def is_file(value: Value) -> bool:
    """Whether a text is all of a file, which is read and decoded once."""
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
