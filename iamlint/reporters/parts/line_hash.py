"""GitHub's fingerprint of a line: a rolling hash of the following text, as computed by github/codeql-action.

GitHub's upload fills it in if it is missing, and warns about any other value. Source:
https://github.com/github/codeql-action/blob/main/src/fingerprints.ts
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import accumulate

_BLOCK, _MODULUS, _MASK, _END = 100, 37, (1 << 64) - 1, 65535
_FIRST = pow(_MODULUS, _BLOCK, 1 << 64)


def line_hashes(text: str) -> list[str]:
    """Return the ``primaryLocationLineHash`` of each line; equal lines get a number."""
    units, starts = _units(text)
    units += [0] * _BLOCK
    sums, last = [0], 0
    for unit in units:
        last = (last * _MODULUS + unit) & _MASK
        sums.append(last)
    seen: dict[str, int] = {}
    found = []
    for start in starts:
        digest = format((sums[start + _BLOCK] - sums[start] * _FIRST) & _MASK, "x")
        seen[digest] = seen.get(digest, 0) + 1
        found.append(f"{digest}:{seen[digest]}")
    return found


def _units(text: str) -> tuple[list[int], list[int]]:
    """Return UTF-16 code units without blanks and tabs, line ends as one LF; and the index of each line's start."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").translate(_BLANKS).split("\n")
    units = [*_utf16("\n".join(lines)), _END]
    # A line has as many units as characters, but for those beyond the Basic Multilingual Plane.
    lengths = [len(line) + (0 if line.isascii() else sum(one > "\uffff" for one in line)) + 1 for line in lines]
    return units, [0, *accumulate(lengths[:-1])]


_BLANKS = {0x20: None, 0x09: None}


def _utf16(text: str) -> Iterable[int]:
    if text.isascii():
        return text.encode("ascii")
    raw = text.encode("utf-16-le", "surrogatepass")
    return (raw[at] | raw[at + 1] << 8 for at in range(0, len(raw), 2))
