"""Functions over given timestamps; functions that read the clock are unknown."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from iamlint.basics.lazy_regex import regex
from iamlint.documents.values import Data, Value
from iamlint.hcl.functions.types import EvaluationError, Function, UnknownResult, text
from iamlint.unknown import Unknown

_TIMESTAMP = regex(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})")
_DURATION = regex(r"([+-]?)((?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:ns|us|µs|μs|ms|s|m|h))+|0)")
_PART = regex(r"([0-9]+\.?[0-9]*|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)")
_NANOSECONDS = {"ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000}
_NANOSECONDS |= {"s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000}
_LONGEST = 1 << 63
"""The longest duration in Go, in nanoseconds."""
_FORMAT = regex(r"'((?:[^']|'')*)'|(Y+|M+|D+|E+|A+|a+|h+|H+|m+|s+|Z+)|([A-Za-z])|([^A-Za-z']+)")


def _moment(value: Value) -> datetime:
    given = text(value)
    match = _TIMESTAMP.fullmatch(given)
    if match is None:
        raise EvaluationError("this is not a timestamp of RFC 3339")
    if len(match[1] or "") > 7:
        raise UnknownResult(Unknown("a timestamp finer than iamlint evaluates"))
    try:
        return datetime.fromisoformat(given)
    except ValueError as error:
        raise EvaluationError("this is not a timestamp of RFC 3339") from error


def _duration(value: Value) -> timedelta:
    given = text(value)
    match = _DURATION.fullmatch(given) if len(given) < 200 else None
    if match is None:
        raise EvaluationError("this is not a duration")
    total = sum(Fraction(Decimal(amount)) * _NANOSECONDS[unit] for amount, unit in _PART.findall(match[2]))
    if total >= _LONGEST:
        raise EvaluationError("a duration longer than 292 years")
    nanoseconds = -int(total) if match[1] == "-" else int(total)
    return timedelta(microseconds=nanoseconds // 1_000)


def _timeadd(moment: Value, duration: Value) -> Data:
    try:
        found = _moment(moment) + _duration(duration)
    except OverflowError as error:
        raise UnknownResult(Unknown("a time beyond the year 9999")) from error
    shown = found.replace(microsecond=0).isoformat()
    return shown.replace("+00:00", "Z")


def _timecmp(a: Value, b: Value) -> Data:
    first, second = _moment(a), _moment(b)
    return (first > second) - (first < second)


def _formatdate(spec: Value, moment: Value) -> Data:
    at, pieces = _moment(moment), []
    given, end = text(spec), 0
    for match in _FORMAT.finditer(given):
        if match.start() != end:
            break
        end = match.end()
        if match.group(1) is not None:
            pieces.append(match.group(1).replace("''", "'"))
        elif match.group(2):
            pieces.append(_field(match.group(2), at))
        elif match.group(3):
            raise EvaluationError(f"the format has no field {match.group(3)}")
        else:
            pieces.append(match.group(4))
    if end != len(given):
        raise EvaluationError("a quote in the format is not closed")
    return "".join(pieces)


_FIELDS: dict[str, Callable[[datetime], str]] = {
    "YYYY": lambda at: f"{at.year:04}",
    "YY": lambda at: f"{at.year % 100:02}",
    "MMMM": lambda at: f"{at:%B}",
    "MMM": lambda at: f"{at:%b}",
    "MM": lambda at: f"{at.month:02}",
    "M": lambda at: f"{at.month}",
    "DD": lambda at: f"{at.day:02}",
    "D": lambda at: f"{at.day}",
    "EEEE": lambda at: f"{at:%A}",
    "EEE": lambda at: f"{at:%a}",
    "hh": lambda at: f"{at.hour:02}",
    "h": lambda at: f"{at.hour}",
    "HH": lambda at: f"{(at.hour - 1) % 12 + 1:02}",
    "H": lambda at: f"{(at.hour - 1) % 12 + 1}",
    "AA": lambda at: "AM" if at.hour < 12 else "PM",
    "aa": lambda at: "am" if at.hour < 12 else "pm",
    "mm": lambda at: f"{at.minute:02}",
    "m": lambda at: f"{at.minute}",
    "ss": lambda at: f"{at.second:02}",
    "s": lambda at: f"{at.second}",
    "ZZZZZ": lambda at: f"{at:%z}"[:3] + ":" + f"{at:%z}"[3:5],
    "ZZZZ": lambda at: f"{at:%z}",
    "ZZZ": lambda at: "UTC" if at.utcoffset() == UTC.utcoffset(at) else f"{at:%z}",
    "Z": lambda at: "Z" if at.utcoffset() == UTC.utcoffset(at) else f"{at:%z}"[:3] + ":" + f"{at:%z}"[3:5],
}


def _field(name: str, at: datetime) -> str:
    field = _FIELDS.get(name)
    if field is None:
        raise EvaluationError(f"the format has no field {name}")
    return field(at)


def _impure(name: str) -> Callable[..., Data]:
    def function(*_values: Value) -> Data:
        raise UnknownResult(Unknown(f"{name}() gives another value at each run"))

    return function


FUNCTIONS: dict[str, Function] = {
    "formatdate": _formatdate,
    "timeadd": _timeadd,
    "timecmp": _timecmp,
    **{name: _impure(name) for name in ("timestamp", "plantimestamp", "uuid", "bcrypt")},
}
