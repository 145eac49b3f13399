"""Version constraints, as in Terraform.

Source: https://developer.hashicorp.com/terraform/language/expressions/version-constraints
"""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex

_VERSION = regex(r"v?([0-9]{1,18}(?:\.[0-9]{1,18}){0,9})(?:-([0-9A-Za-z.~-]{1,99}))?(?:\+[0-9A-Za-z.~-]+)?\Z")
_CONSTRAINT = regex(r"\s*(=|!=|>=|<=|>|<|~>)?\s*(\S+)\s*\Z")
_Release = tuple[int, ...]


def fits(version: str, constraint: str | None) -> bool:
    """Whether a version matches a constraint (``>= 1.2, < 2``); no constraint allows every version.

    False if one of the two cannot be parsed.
    """
    found = _parsed(version)
    if found is None:
        return False
    if not constraint or not constraint.strip():
        return True
    return all(_fits(found, part) for part in constraint.split(","))


def _parsed(text: str) -> tuple[_Release, str, int] | None:
    """Return numbers (at least three), the prerelease name, and how many numbers are written."""
    match = _VERSION.match(text.strip())
    if match is None:
        return None
    numbers = tuple(int(part) for part in match[1].split("."))
    return numbers + (0,) * (3 - len(numbers)), match[2] or "", len(numbers)


def _fits(version: tuple[_Release, str, int], constraint: str) -> bool:
    match = _CONSTRAINT.match(constraint)
    wanted = _parsed(match[2]) if match else None
    if match is None or wanted is None:
        return False
    (have, named, _), (bound, prerelease, written) = version, wanted
    operator = match[1] or "="
    if operator in ("=", "!="):
        return ((have, named) == (bound, prerelease)) == (operator == "=")
    if named and (not prerelease or have != bound):
        return False  # a prerelease only matches a constraint on its own release
    order = _order(have, named), _order(bound, prerelease)
    match operator:
        case ">":
            return order[0] > order[1]
        case "<":
            return order[0] < order[1]
        case ">=":
            return order[0] >= order[1]
        case "<=":
            return order[0] <= order[1]
        case _:
            return order[0] >= order[1] and have[: max(1, written - 1)] == bound[: max(1, written - 1)]


def _order(release: _Release, prerelease: str) -> tuple[object, ...]:
    """Return the sort key: prereleases come before their release; their numeric parts are compared as numbers."""
    parts = tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in prerelease.split("."))
    return release, not prerelease, parts
