"""Terraform's numbers: 512-bit binary floats, shown as the shortest decimal that means the same one.

A number is stored as that decimal, an int if it is whole. Source: https://pkg.go.dev/math/big#Float.Text and
https://developer.hashicorp.com/terraform/language/expressions/types
"""

from __future__ import annotations

from decimal import MAX_EMAX, MIN_EMIN, Context, Decimal
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
