"""Times and durations of conditions: parsing, comparison, parts.

Source: https://github.com/google/cel-spec/blob/master/doc/langdef.md#datetime-functions
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta, timezone, tzinfo
from functools import lru_cache
from typing import Any, cast

from iamlint.basics.lazy_regex import regex
from iamlint.conditions.abstract_values import Anything, Between, Malformed, Possible, Some, distinct, known
from iamlint.conditions.outcome import Reason
from iamlint.conditions.syntax import Operator

_TIMESTAMP = regex(
    r"(?P<day>\d{4}-\d{2}-\d{2})[Tt](?P<time>\d{2}:\d{2}:\d{2})(?:\.(?P<fraction>\d{1,9}))?"
    r"(?P<zone>[Zz]|[+-]\d{2}:\d{2})\Z",
    re.ASCII,
)
_DURATION = regex(r"(?P<sign>[+-]?)(?P<parts>(?:\d{1,12}(?:\.\d{0,9})?(?:h|ms|m|s|us|ns))+)\Z", re.ASCII)
_PART = regex(r"(?P<number>\d+(?:\.\d*)?)(?P<unit>h|ms|m|s|us|ns)", re.ASCII)
_SECONDS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
_OFFSET = regex(r"(?P<sign>[+-]?)(?P<hours>\d{2}):(?P<minutes>\d{2})\Z", re.ASCII)
_STEP = timedelta(minutes=15)
"""The granularity of the world's time zones: within it only minutes and seconds change."""
_END_OF_TIME = datetime(9999, 12, 30, tzinfo=UTC)
_CENTURIES = timedelta(days=73_000)
_LONG = timedelta(days=400)
"""A time within so many days has every month, day and hour."""


def timestamp(value: Any) -> datetime:
    """Parse ``timestamp("2030-01-01T00:00:00Z")``, RFC 3339; an invalid time never allows anything."""
    match value:
        case datetime():
            return value
        case str():
            found = _TIMESTAMP.match(value)
        case _:
            found = None
    wrong = f"timestamp({value!r}) is not a time: the form is 2030-01-31T23:59:59Z".replace("'", '"')
    if found is None:
        raise Malformed(wrong)
    try:
        fraction = (found["fraction"] or "0")[:6].ljust(6, "0")
        zone = "+00:00" if found["zone"] in "Zz" else found["zone"]
        return datetime.fromisoformat(f"{found['day']}T{found['time']}.{fraction}{zone}").astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Malformed(wrong) from error


def duration(value: Any) -> timedelta:
    """Parse ``duration("3600s")``, or with the units h, m, s, ms, us, ns."""
    if isinstance(value, timedelta):
        return value
    found = _DURATION.match(value) if isinstance(value, str) else None
    if found is None:
        raise Malformed(f'duration("{value}") is not a duration: the form is 3600s or 1h30m')
    seconds = sum(float(part["number"]) * _SECONDS[part["unit"]] for part in _PART.finditer(found["parts"]))
    try:
        return timedelta(seconds=-seconds if found["sign"] == "-" else seconds)
    except OverflowError as error:
        raise Malformed(f'duration("{value}") is too long') from error


def day_of_request(day: date, *, later: bool = False) -> Between:
    """Return ``request.time`` of a request at some time of this day (UTC), or in the two centuries from it."""
    start = datetime.combine(day, time(), UTC)
    end = start + timedelta(days=1)
    if later:
        end = _END_OF_TIME if _END_OF_TIME - start < _CENTURIES else start + _CENTURIES
    return Between(start, end, (Reason("time", f"it depends on the time of day on {day}"),))


# -- comparisons ---------------------------------------------------------------------------------------------------

_FLIPPED: dict[Operator, Operator] = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}


def compared(operator: Operator, left: Possible, right: Possible) -> Possible | None:
    """Compare a range of time with one time, as far as that decides; None for other operands."""
    match left, right:
        case Between(), Some(values=(datetime() | timedelta() as moment,), fails=False):
            return _against(operator, left, moment)
        case Some(values=(datetime() | timedelta() as moment,), fails=False), Between():
            return _against(_FLIPPED[operator], right, moment)
        case Between(), Between():
            return Anything((*left.reasons, *right.reasons))
        case (Between(), Some(values=(str() as text, *_))) | (Some(values=(str() as text, *_)), Between()):
            wrong = f'a time is compared with the text "{text[:40]}": it takes timestamp("2030-01-31T23:59:59Z")'
            return Some((), True, (Reason("malformed", wrong),))
        case _:
            return None


def _against(operator: Operator, stretch: Between, at: datetime | timedelta) -> Possible:
    # Both are times or both are durations, which the types do not show.
    start, end, moment = cast("tuple[Any, Any, Any]", (stretch.start, stretch.end, at))
    if type(start) is not type(moment):
        return Some((), True, (Reason("malformed", "a time is compared with a duration"),))
    match operator:
        case "<":
            always, never = end <= moment, start >= moment
        case "<=":
            always, never = end <= moment, start > moment
        case ">":
            always, never = start > moment, end <= moment
        case ">=":
            always, never = start >= moment, end <= moment
        case _:
            apart = moment < start or moment >= end
            always, never = (apart, False) if operator == "!=" else (False, apart)
    if always:
        return known(True)
    if never:
        return Some((False,), reasons=(_missed(operator, moment),))
    return Some((True, False), reasons=stretch.reasons)


def _missed(operator: Operator, moment: datetime | timedelta) -> Reason:
    if isinstance(moment, timedelta):
        return Reason("false", f"the time is not within {moment}")
    shown = moment.strftime("%Y-%m-%dT%H:%M:%SZ") if moment.year >= 1000 else moment.isoformat()
    if operator in ("<", "<="):
        return Reason("expired", f"it ended on {shown}")
    if operator in (">", ">="):
        return Reason("not_yet", f"it does not begin before {shown}")
    return Reason("false", f"it holds at {shown} only")


def moved(operator: Operator, left: Possible, right: Possible) -> Possible | None:
    """Return a range of time plus or minus a duration or a time; None for other operands."""
    try:
        match operator, left, right:
            case "+" | "-", Between(start, end, reasons), Some(values=(timedelta() as by,), fails=False):
                by = by if operator == "+" else -by
                return Between(start + by, end + by, reasons)
            case "+", Some(values=(timedelta() as by,), fails=False), Between(start, end, reasons):
                return Between(start + by, end + by, reasons)
            case "-", Between(datetime() as start, datetime() as end, reasons), Some(values=(datetime() as at,)):
                return Between(start - at, end - at, reasons)
            case "-", Some(values=(datetime() as at,)), Between(datetime() as start, datetime() as end, reasons):
                return Between(at - end, at - start + timedelta.resolution, reasons)
            case _:
                return None
    except OverflowError:
        return Some((), True, (Reason("malformed", "a time outside the supported years"),))


# -- parts ---------------------------------------------------------------------------------------------------------

_GETTERS: dict[str, Callable[[datetime], int]] = {
    "getFullYear": lambda moment: moment.year,
    "getMonth": lambda moment: moment.month - 1,
    "getDate": lambda moment: moment.day,
    "getDayOfMonth": lambda moment: moment.day - 1,
    "getDayOfWeek": lambda moment: moment.isoweekday() % 7,
    "getDayOfYear": lambda moment: moment.timetuple().tm_yday - 1,
    "getHours": lambda moment: moment.hour,
}
_VALUES: dict[str, range] = {
    "getMonth": range(12),
    "getDate": range(1, 32),
    "getDayOfMonth": range(31),
    "getDayOfWeek": range(7),
    "getDayOfYear": range(366),
    "getHours": range(24),
}
_SMALL: dict[str, tuple[int, Callable[[datetime], int]]] = {
    "getMinutes": (60, lambda moment: moment.minute),
    "getSeconds": (60, lambda moment: moment.second),
    "getMilliseconds": (1000, lambda moment: moment.microsecond // 1000),
}
_OF_DURATION: dict[str, float] = {"getHours": 3600, "getMinutes": 60, "getSeconds": 1, "getMilliseconds": 1e-3}
GETTERS = frozenset((*_GETTERS, *_SMALL))


def part_of(getter: str, of: Possible, zone: str) -> Possible:
    """Return ``request.time.getHours("Europe/Berlin")``: every value that it has in the range."""
    match of:
        case Between(datetime() as start, datetime() as end, reasons):
            if getter in _SMALL:
                return Anything(reasons)
            if end - start > _LONG:
                return _part_of_years(getter, start, zone, reasons)
            values = _parts_within(getter, start, end, zone)
            return Some(values, reasons=reasons if len(values) > 1 else ())
        case Between(_, _, reasons) | Anything(reasons):
            return Anything(reasons)
        case Some(values, fails, reasons):
            return Some(distinct(_part(getter, value, zone) for value in values), fails, reasons)


@lru_cache(maxsize=1024)
def _parts_within(getter: str, start: datetime, end: datetime, zone: str) -> tuple[int, ...]:
    """Return every value that a part of a time has in a range; conditions ask for the same few again and again."""
    within = range(int((end - start) / _STEP) + 1)
    moments = (start + _STEP * step for step in within)
    return tuple(dict.fromkeys(_part(getter, moment, zone) for moment in moments if moment < end))


def _part_of_years(getter: str, start: datetime, zone: str, reasons: tuple[Reason, ...]) -> Possible:
    """Return every value of a part of a time that is open for years."""
    first = _part(getter, start, zone)
    values = range(first, first + _CENTURIES.days // 365) if getter == "getFullYear" else _VALUES[getter]
    return Some(tuple(values), reasons=reasons)


def _part(getter: str, value: Any, zone: str) -> int:
    match value:
        case datetime():
            small = _SMALL.get(getter)
            try:
                moment = value.astimezone(_zone(zone))
            except OverflowError as error:
                raise Malformed("a time outside the supported years") from error
            return small[1](moment) if small else _GETTERS[getter](moment)
        case timedelta() if getter in _OF_DURATION:
            return int(value.total_seconds() / _OF_DURATION[getter])
        case _:
            raise Malformed(f"{getter} of a value that is not a time")


@lru_cache(maxsize=256)
def _zone(name: str) -> tzinfo:
    """Return a time zone by its name in the IANA database, or by its offset: ``+01:00``."""
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

    found = _OFFSET.match(name)
    if found:
        by = timedelta(hours=int(found["hours"]), minutes=int(found["minutes"]))
        if by < timedelta(days=1):
            return timezone(-by if found["sign"] == "-" else by)
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise Malformed(f'"{name}" is not a time zone') from error
