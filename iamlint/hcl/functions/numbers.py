"""Numeric and network functions. Source: https://developer.hashicorp.com/terraform/language/functions"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Callable
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from iamlint.documents.values import Data, List, Value
from iamlint.hcl.functions.types import (
    EvaluationError,
    Function,
    UnknownResult,
    bounded,
    integer,
    known,
    number,
    text,
    whole,
)
from iamlint.unknown import Unknown

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _rounded(rounding: str) -> Function:
    return lambda value: int(Decimal(number(value)).to_integral_value(rounding=rounding))


def _abs(value: Value) -> Data:
    return whole(Decimal(number(value)).copy_abs())


def _log(value: Value, base: Value) -> Data:
    """Divide as Go does: a quotient of two floats of 64 bits."""
    return _float(lambda: _logarithm(_float64(value)) / _logarithm(_float64(base)))


def _logarithm(found: float) -> float:
    return -math.inf if found == 0 else math.log(found)


def _pow(value: Value, power: Value) -> Data:
    return _float(lambda: math.pow(_float64(value), _float64(power)))


def _float64(value: Value) -> float:
    found = number(value)
    if isinstance(found, Decimal) or -_WHOLE_FLOATS < found < _WHOLE_FLOATS:
        return float(found)
    raise UnknownResult(Unknown("a number too large for this function"))


_WHOLE_FLOATS = 1 << 1000


def _float(compute: Callable[[], float]) -> Data:
    try:
        found = compute()
    except (ValueError, OverflowError, ZeroDivisionError) as error:
        raise UnknownResult(Unknown("an infinite number, or none at all")) from error
    if not math.isfinite(found):
        raise UnknownResult(Unknown("an infinite number, or none at all"))
    return whole(Decimal(repr(found)))


def _signum(value: Value) -> Data:
    found = integer(value)
    return (found > 0) - (found < 0)


_DIGITS = {character: at for at, character in enumerate("0123456789abcdefghijklmnopqrstuvwxyz")}
_CAPITALS = {character: at for at, character in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ", 10)}


def _parseint(value: Value, base: Value) -> Data:
    radix, digits = integer(base), known(value)
    if not 2 <= radix <= 62:
        raise EvaluationError("the base must be between 2 and 62")
    if not isinstance(digits, str):
        raise EvaluationError("the first argument must be a string")
    if len(digits) > 1000:
        raise UnknownResult(Unknown("a number longer than iamlint evaluates"))
    capitals = _CAPITALS if radix <= 36 else {character: at + 26 for character, at in _CAPITALS.items()}
    found, places = 0, digits[1:] if digits[:1] in ("+", "-") else digits
    for character in places:
        at = _DIGITS.get(character, capitals.get(character, radix))
        if at >= radix:
            raise EvaluationError("this is not a number of that base")
        found = found * radix + at
    if not places:
        raise EvaluationError("this is not a number of that base")
    return -found if digits.startswith("-") else found


def _max(*values: Value) -> Data:
    return max(number(value) for value in _some(values))


def _min(*values: Value) -> Data:
    return min(number(value) for value in _some(values))


def _some(values: tuple[Value, ...]) -> tuple[Value, ...]:
    if not values:
        raise EvaluationError("at least one number is required")
    return values


def _network(value: Value) -> Network:
    given = text(value)
    address, slash, length = given.partition("/")
    if not slash or not length.isascii() or not length.isdigit() or "%" in given or len(length) > 3:
        raise EvaluationError("this is not an address range")
    if "." not in address and ":" not in address:
        raise EvaluationError("this is not an address range")
    if ":" in address and "." in address:
        raise UnknownResult(Unknown("an IPv4 address within an IPv6 one, which iamlint does not evaluate"))
    if ":" not in address:  # Terraform still takes octets with leading zeros as decimal
        address = ".".join(octet.lstrip("0") or octet[:1] for octet in address.split("."))
    try:
        return ipaddress.ip_network(f"{address}/{int(length)}", strict=False)
    except ValueError as error:
        raise EvaluationError("this is not an address range") from error


def _cidrcontains(prefix: Value, inner: Value) -> Data:
    """Whether a range contains an address or a range. Source: https://opentofu.org/docs/language/functions/cidrcontains/"""
    outer, given = _network(prefix), text(inner)
    whole_range = _network(inner if "/" in given else Value(f"{given}/{128 if ':' in given else 32}"))
    for one in (outer, whole_range):
        _shown(one.network_address)
    if outer.version != whole_range.version:
        raise EvaluationError("an IPv4 and an IPv6 range")
    return outer.prefixlen <= whole_range.prefixlen and whole_range.network_address in outer


def _cidrhost(prefix: Value, host: Value) -> Data:
    network, at = _network(prefix), integer(host)
    at = network.num_addresses + at if at < 0 else at
    if not 0 <= at < network.num_addresses:
        raise EvaluationError("the range has no such host")
    return _shown(network[at])


def _shown(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> str:
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        raise UnknownResult(Unknown("an IPv4 address within an IPv6 one, which iamlint does not evaluate"))
    return str(address)


def _cidrnetmask(prefix: Value) -> Data:
    network = _network(prefix)
    if network.version != 4:
        raise EvaluationError("only IPv4 ranges have a netmask")
    return str(network.netmask)


def _subnet(network: Network, bits: int, at: int) -> Network:
    length = network.prefixlen + bits
    if bits < 0 or at < 0:
        raise UnknownResult(Unknown("a negative number of bits or of a network, which iamlint does not evaluate"))
    if length > network.max_prefixlen or at >= 2**bits:
        raise EvaluationError("the range has no such subnet")
    address = int(network.network_address) + (at << (network.max_prefixlen - length))
    return ipaddress.ip_network((address, length))


def _cidrsubnet(prefix: Value, bits: Value, at: Value) -> Data:
    return str(_subnet(_network(prefix), integer(bits), integer(at)))


def _cidrsubnets(prefix: Value, *sizes: Value) -> Data:
    network, found = _network(prefix), list[Value]()
    at = int(network.network_address)
    bounded(len(sizes))
    for size in sizes:
        length = network.prefixlen + integer(size)
        if integer(size) < 1 or length > network.max_prefixlen:
            raise EvaluationError("the range has no such subnet")
        step = 1 << (network.max_prefixlen - length)
        at = -(-at // step) * step
        if at + step > int(network.network_address) + network.num_addresses:
            raise EvaluationError("the range is too small for these subnets")
        found.append(Value(str(ipaddress.ip_network((at, length)))))
        at += step
    return List(found)


FUNCTIONS: dict[str, Function] = {
    "abs": _abs,
    "ceil": _rounded(ROUND_CEILING),
    "cidrcontains": _cidrcontains,
    "cidrhost": _cidrhost,
    "cidrnetmask": _cidrnetmask,
    "cidrsubnet": _cidrsubnet,
    "cidrsubnets": _cidrsubnets,
    "floor": _rounded(ROUND_FLOOR),
    "log": _log,
    "max": _max,
    "min": _min,
    "parseint": _parseint,
    "pow": _pow,
    "signum": _signum,
}
