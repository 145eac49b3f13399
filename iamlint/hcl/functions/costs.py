"""The cost of functions in evaluation steps, computed from their arguments before the call."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from iamlint.documents.values import Value
from iamlint.hcl.functions.types import MOST_ELEMENTS, MOST_IN_RANGE, size, weight
from iamlint.unknown import Unknown

LOOKS = 8
"""Number of values that are made, or whose type is read, per step."""
DEEP = frozenset(
    {
        *("chunklist", "coalesce", "contains", "distinct", "flatten", "format", "formatlist", "index", "jsonencode"),
        *("matchkeys", "setintersection", "setproduct", "setsubtract", "setunion", "tolist", "tomap", "toset"),
        "yamlencode",
    }
)
"""Functions that visit everything in their arguments."""
AT_ONCE = frozenset({"length", "lookup"})
"""Functions that take the same time for large and small collections."""
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
"""Functions that read a text character by character, and how many characters they read per step."""


def costs(name: str, arguments: Sequence[Value]) -> Iterator[int]:
    """Yield the steps for each argument in turn: counting all of them may already cost too much."""
    yield _made(name, arguments) // LOOKS
    for argument in arguments:
        if steps := _of_argument(name, argument):
            yield steps


def _of_argument(name: str, argument: Value) -> int:
    """Return the steps for an argument: for the values that the function visits, or the characters that it reads."""
    if name in DEEP:
        return size(argument) // LOOKS
    if name in AT_ONCE or (name == "yamldecode" and is_file(argument)):
        return 1
    if isinstance(argument.data, str) and name in READS_TEXT:
        return len(argument.data) // READS_TEXT[name]
    if isinstance(argument.data, Unknown) and name in READS_TEXT:
        known = sum(len(part) for part in argument.data.parts if isinstance(part, str))
        return known // READS_TEXT[name]
    return weight(argument)


def cost_of_result(result: Value) -> int:
    """Return the steps for a function's result."""
    return weight(result) // 10 if is_file(result) else weight(result)


def is_file(value: Value) -> bool:
    """Whether a text is a whole file, which is read and decoded once."""
    return value.at is not None and isinstance(value.data, str) and value.at.end - value.at.start == len(value.data)


def _made(name: str, arguments: Sequence[Value]) -> int:
    """Return the number of elements of a result that is larger than its arguments; 0 for other functions."""
    match name:
        case "range":
            numbers = [abs(one.data) for one in arguments if isinstance(one.data, int)]
            return min(sum(numbers), MOST_IN_RANGE)
        case "setproduct":
            sizes = (len(one.data) for one in arguments if isinstance(one.data, tuple))
            return min(math.prod(sizes), MOST_ELEMENTS)
        case _:
            return 0
