"""Exact decimal numbers of texts."""

from __future__ import annotations

from decimal import Decimal

MAX_DIGITS = 1000
"""Maximum number of digits of a number, and maximum exponent."""


def number(text: str) -> int | Decimal | None:
    """Return the exact value of a decimal number, an int if it is whole; None if it is out of range."""
    mantissa, _, exponent = text.lower().partition("e")
    if len(mantissa) > MAX_DIGITS or len(exponent) > len(str(MAX_DIGITS)) + 1 or abs(int(exponent or 0)) > MAX_DIGITS:
        return None
    if not exponent and "." not in mantissa:
        return int(mantissa)
    value = Decimal(text)
    return int(value) if value == value.to_integral_value() else value
