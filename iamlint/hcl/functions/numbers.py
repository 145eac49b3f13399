"""Numeric and network functions. Source: https://developer.hashicorp.com/terraform/language/functions"""

from __future__ import annotations

import ipaddress
import math
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal, InvalidOperation

from iamlint.hcl.functions.types import NUMBERS, Function, Refused, Unclear, bounded, integer, number, text, whole
from iamlint.unknown import Unknown
from iamlint.values import Data, Value

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def _rounded(rounding: str) -> Function:
    return lambda value: int(Decimal(number(value)).to_integral_value(rounding=rounding))


def _abs(value: Value) -> Data:
    found = number(value)
    return -found if found < 0 else found


def _log(value: Value, base: Value) -> Data:
    try:
        found = math.log(float(number(value))) / math.log(float(number(base)))
    except (ValueError, ZeroDivisionError, OverflowError) as error:
        raise Refused("there is no such logarithm") from error
    return whole(Decimal(repr(found)))


def _pow(value: Value, power: Value) -> Data:
    exponent = number(power)
    if not -1000 <= exponent <= 1000:
        raise Unclear(Unknown("a power that iamlint does not evaluate"))
    try:
        return whole(NUMBERS.power(Decimal(number(value)), Decimal(exponent)))
    except InvalidOperation as error:
        raise Refused("there is no such power") from error


def _signum(value: Value) -> Data:
    found = number(value)
    return (found > 0) - (found < 0)


def _parseint(value: Value, base: Value) -> Data:
    radix = integer(base)
    if not 2 <= radix <= 36:
        raise Unclear(Unknown("a base that iamlint does not evaluate"))
    digits = text(value)
    try:
        if "_" in digits or digits != digits.strip() or len(digits) > 1000:
            raise ValueError(digits)
        return int(digits, radix)
    except ValueError as error:
        raise Refused("this is no number of that base") from error


def _max(*values: Value) -> Data:
    return max(number(value) for value in _some(values))


def _min(*values: Value) -> Data:
    return min(number(value) for value in _some(values))


def _some(values: tuple[Value, ...]) -> tuple[Value, ...]:
    if not values:
        raise Refused("at least one number is required")
    return values


def _network(value: Value) -> Network:
    try:
        return ipaddress.ip_network(text(value), strict=False)
    except ValueError as error:
        raise Refused("this is no address range") from error


def _cidrhost(prefix: Value, host: Value) -> Data:
    network, at = _network(prefix), integer(host)
    at = network.num_addresses + at if at < 0 else at
    if not 0 <= at < network.num_addresses:
        raise Refused("the range has no such host")
    return str(network[at])


def _cidrnetmask(prefix: Value) -> Data:
    network = _network(prefix)
    if network.version != 4:
        raise Refused("only IPv4 ranges have a netmask")
    return str(network.netmask)


def _subnet(network: Network, bits: int, at: int) -> Network:
    length = network.prefixlen + bits
    if bits < 0 or length > network.max_prefixlen or not 0 <= at < 2**bits:
        raise Refused("the range has no such subnet")
    address = int(network.network_address) + (at << (network.max_prefixlen - length))
    return ipaddress.ip_network((address, length))


def _cidrsubnet(prefix: Value, bits: Value, at: Value) -> Data:
    return str(_subnet(_network(prefix), integer(bits), integer(at)))


def _cidrsubnets(prefix: Value, *sizes: Value) -> Data:
    network, found = _network(prefix), []
    at = int(network.network_address)
    bounded(len(sizes))
    for size in sizes:
        length = network.prefixlen + integer(size)
        if integer(size) < 1 or length > network.max_prefixlen:
            raise Refused("the range has no such subnet")
        step = 1 << (network.max_prefixlen - length)
        at = -(-at // step) * step
        if at + step > int(network.network_address) + network.num_addresses:
            raise Refused("the range is too small for these subnets")
        found.append(Value(str(ipaddress.ip_network((at, length)))))
        at += step
    return tuple(found)


FUNCTIONS: dict[str, Function] = {
    "abs": _abs,
    "ceil": _rounded(ROUND_CEILING),
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
