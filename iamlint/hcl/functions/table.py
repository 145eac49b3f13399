"""All of Terraform's functions by name; `iamlint.hcl.evaluation.evaluate` loads them at the first call of one."""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.hcl.functions import collections, dates, numbers, sets
from iamlint.hcl.functions.filesystem import files
from iamlint.hcl.functions.texts import encoding, formats, strings
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
"""Functions that read files: their first argument is the scope's `Files`."""
