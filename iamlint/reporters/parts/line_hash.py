"""GitHub's fingerprint of a line: a rolling hash of the following text, as computed by github/codeql-action.

GitHub's upload fills it in if it is missing, and warns about any other value. Source:
https://github.com/github/codeql-action/blob/main/src/fingerprints.ts
"""

from __future__ import annotations

from collections.abc import Iterator

_BLOCK, _MODULUS, _MASK, _END = 100, 37, (1 << 64) - 1, 65535
_FIRST = pow(_MODULUS, _BLOCK, 1 << 64)


def line_hashes(text: str) -> list[str]:
    """Return the ``primaryLocationLineHash`` of each line; equal lines get a number."""
    units, starts = _units(text)
    units += [0] * _BLOCK
    sums = [0]
    for unit in units:
        sums.append((sums[-1] * _MODULUS + unit) & _MASK)
    seen: dict[str, int] = {}
    found = []
    for start in starts:
        digest = format((sums[start + _BLOCK] - sums[start] * _FIRST) & _MASK, "x")
        seen[digest] = seen.get(digest, 0) + 1
        found.append(f"{digest}:{seen[digest]}")
    return found


def _units(text: str) -> tuple[list[int], list[int]]:
    """Return UTF-16 code units without blanks and tabs, line ends as one LF; and the index of each line's start."""
    units: list[int] = []
    starts: list[int] = []
    at_start, after_return = True, False
    for unit in [*_utf16(text), _END]:
        if unit in (0x20, 0x09) or (after_return and unit == 0x0A):
            after_return = False
            continue
        after_return = unit == 0x0D
        if at_start:
            at_start = False
            starts.append(len(units))
        kept = 0x0A if after_return else unit
        at_start = kept == 0x0A
        units.append(kept)
    return units, starts


def _utf16(text: str) -> Iterator[int]:
    raw = text.encode("utf-16-le", "surrogatepass")
    return (raw[at] | raw[at + 1] << 8 for at in range(0, len(raw), 2))
