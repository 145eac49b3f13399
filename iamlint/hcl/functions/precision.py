"""Terraform's numbers: 512-bit binary floats, shown as the shortest decimal that means the same one.

A number is stored as that decimal, an int if it is whole. Source: https://pkg.go.dev/math/big#Float.Text and
https://developer.hashicorp.com/terraform/language/expressions/types
"""

from __future__ import annotations

import re
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_EVEN, Context, Decimal
from fractions import Fraction

BITS = 512
_DIGITS = 156
"""Decimal digits that distinguish any two 512-bit numbers."""
_SMALL = 1 << BITS

Number = int | Decimal


def exact(number: Number) -> Fraction:
    """Return the binary float that a decimal means."""
    if isinstance(number, int) and -_SMALL < number < _SMALL:
        return Fraction(number)
    return _rounded(Fraction(number))


def shortest(value: Fraction) -> Number:
    """Return the number nearest to a fraction, as the shortest decimal that means it."""
    if value.denominator == 1 and -_SMALL < value.numerator < _SMALL:
        return value.numerator
    nearest = _rounded(value)
    low, high = 1, _DIGITS
    while low < high:
        middle = (low + high) // 2
        if _rounded(Fraction(_decimal(nearest, middle))) == nearest:
            high = middle
        else:
            low = middle + 1
    found = _decimal(nearest, low)
    return int(found) if nearest.denominator == 1 else found.normalize(Context(prec=_DIGITS))


def general(found: Decimal, precision: int | None) -> str:
    """Return a number as Go formats it with ``%g``: at most this number of digits, the shortest without one."""
    if precision is not None:
        found = Context(prec=max(1, precision), rounding=ROUND_HALF_EVEN).create_decimal(found)
    digits = found.normalize(Context(prec=1_000)).as_tuple().digits
    power = found.adjusted() if found else 0
    if -4 <= power < _limit(precision, digits, power):
        return format(found.normalize(Context(prec=1_000)), "f")
    return exponent(f"{found:.{len(digits) - 1}e}")


def exponent(shown: str) -> str:
    """Go writes at least two digits of an exponent."""
    return re.sub(r"e([+-])(\d)$", r"e\g<1>0\2", shown)


def _limit(precision: int | None, digits: tuple[int, ...], power: int) -> int:
    if precision is None:
        return 6
    precision = max(1, precision)
    return len(digits) if precision > len(digits) >= power + 1 else precision


def _decimal(value: Fraction, digits: int) -> Decimal:
    context = Context(prec=digits, Emax=MAX_EMAX, Emin=MIN_EMIN)
    return context.divide(Decimal(value.numerator), Decimal(value.denominator))


def _rounded(value: Fraction) -> Fraction:
    """Round to the nearest float, ties to even."""
    above, below = abs(value.numerator), value.denominator
    if not above:
        return value
    shift = BITS - (above.bit_length() - below.bit_length())
    if (above << max(0, shift)) // (below << max(0, -shift)) >= _SMALL:
        shift -= 1
    scaled, divisor = above << max(0, shift), below << max(0, -shift)
    quotient, rest = divmod(scaled, divisor)
    if 2 * rest > divisor or (2 * rest == divisor and quotient & 1):
        quotient += 1
    found = Fraction(quotient << max(0, -shift), 1 << max(0, shift))
    return found if value > 0 else -found
