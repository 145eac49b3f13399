"""Times and durations: how they are written, moved and compared, and their parts in each time zone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from iamlint.conditions.abstract_values import Anything, Between, Malformed, Possible, Some, known
from iamlint.conditions.outcome import Reason
from iamlint.conditions.timestamps import compared, day_of_request, duration, moved, part_of, timestamp

DAY = day_of_request(date(2026, 11, 24))
WHY = (Reason("request", "it depends on the request"),)
START = datetime(2026, 11, 24, tzinfo=UTC)
HOUR = timedelta(hours=1)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("2026-01-02T03:04:05Z", at("2026-01-02T03:04:05")),
        ("2026-01-02t03:04:05z", at("2026-01-02T03:04:05")),
        ("2026-01-02T03:04:05+02:00", at("2026-01-02T01:04:05")),
        ("2026-01-02T03:04:05-02:00", at("2026-01-02T05:04:05")),
        ("2026-01-02T03:04:05.5Z", at("2026-01-02T03:04:05.500000")),
        ("2026-01-02T03:04:05.05Z", at("2026-01-02T03:04:05.050000")),
        ("2026-01-02T03:04:05.123456Z", at("2026-01-02T03:04:05.123456")),
        ("2026-01-02T03:04:05.123456789Z", at("2026-01-02T03:04:05.123456")),
        ("0001-01-01T00:00:00Z", at("0001-01-01T00:00:00")),
    ],
)
def test_a_time_as_it_is_written(text: str, time: datetime) -> None:
    assert timestamp(text) == time
    assert timestamp(time) is time


@pytest.mark.parametrize(
    "text",
    [
        "2026-01-02",
        "2026-01-02T03:04:05",
        "2026-01-02 03:04:05Z",
        "2026-01-02T03:04Z",
        "2026-02-30T00:00:00Z",
        "2026-01-02T25:00:00Z",
        "2026-01-02T03:04:05.Z",
        "2026-01-02T03:04:05.1234567890Z",
        "0001-01-01T00:00:00+02:00",
        "\uff12026-01-02T03:04:05Z",
        "2026-01-02T03:04:05Z ",
        17,
        timedelta(1),
        None,
    ],
)
def test_what_is_no_time(text: object) -> None:
    with pytest.raises(Malformed, match="is not a time: the form is"):
        timestamp(text)


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("3600s", HOUR),
        ("1h", HOUR),
        ("1h30m", timedelta(minutes=90)),
        ("1.5h", timedelta(minutes=90)),
        ("90m", timedelta(minutes=90)),
        ("1500ms", timedelta(milliseconds=1500)),
        ("2us", timedelta(microseconds=2)),
        ("2000ns", timedelta(microseconds=2)),
        ("-1h", -HOUR),
        ("+1h", HOUR),
        ("1.s", timedelta(seconds=1)),
        ("0s", timedelta(0)),
    ],
)
def test_a_duration_as_it_is_written(text: str, length: timedelta) -> None:
    assert duration(text) == length
    assert duration(length) is length


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("1d", "is not a duration"),
        ("3600", "is not a duration"),
        ("", "is not a duration"),
        ("s", "is not a duration"),
        ("1h ", "is not a duration"),
        (3600, "is not a duration"),
        ("999999999999h", "is too long"),
    ],
)
def test_what_is_no_duration(text: object, reason: str) -> None:
    with pytest.raises(Malformed, match=reason):
        duration(text)


# -- moved and compared ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("operator", "left", "right", "start"),
    [
        ("+", DAY, known(HOUR), START + HOUR),
        ("+", known(HOUR), DAY, START + HOUR),
        ("-", DAY, known(HOUR), START - HOUR),
        ("-", DAY, known(START), timedelta(0)),
        ("-", known(START + timedelta(days=1)), DAY, timedelta(0)),
    ],
)
def test_a_range_is_moved(operator: str, left: Possible, right: Possible, start: datetime | timedelta) -> None:
    found = moved(operator, left, right)
    assert isinstance(found, Between)
    assert (found.start, found.reasons) == (start, DAY.reasons)
    length = timedelta(days=1) + (timedelta.resolution if isinstance(left, Some) and operator == "-" else timedelta(0))
    assert found.end - found.start == length


@pytest.mark.parametrize(
    ("operator", "left", "right"),
    [
        ("-", known(HOUR), DAY),
        ("*", DAY, known(HOUR)),
        ("+", DAY, known(START)),
        ("+", DAY, Some((HOUR, HOUR * 2))),
        ("+", DAY, Some((HOUR,), fails=True)),
        ("+", Anything(WHY), known(HOUR)),
        ("-", DAY, DAY),
        ("+", known(1), known(2)),
    ],
)
def test_what_cannot_be_moved(operator: str, left: Possible, right: Possible) -> None:
    assert moved(operator, left, right) is None


def test_a_range_beyond_the_supported_years() -> None:
    found = moved("+", DAY, known(timedelta(days=3_000_000)))
    assert isinstance(found, Some)
    assert (found.values, found.fails) == ((), True)
    assert found.reasons[0].text == "a time outside the supported years"


@pytest.mark.parametrize(
    ("operator", "moment", "values"),
    [
        ("<", START, (False,)),
        ("<", START + HOUR, (True, False)),
        ("<", START + timedelta(days=1), (True,)),
        ("<=", START - HOUR, (False,)),
        ("<=", START, (True, False)),
        ("<=", START + timedelta(days=1), (True,)),
        (">", START - HOUR, (True,)),
        (">", START, (True, False)),
        (">", START + timedelta(days=1), (False,)),
        (">=", START, (True,)),
        (">=", START + HOUR, (True, False)),
        (">=", START + timedelta(days=1), (False,)),
        ("==", START, (True, False)),
        ("==", START - HOUR, (False,)),
        ("==", START + timedelta(days=1), (False,)),
        ("!=", START, (True, False)),
        ("!=", START - HOUR, (True,)),
        ("!=", START + timedelta(days=1), (True,)),
    ],
)
def test_a_range_against_a_time(operator: str, moment: datetime, values: tuple[bool, ...]) -> None:
    found = compared(operator, DAY, known(moment))
    assert isinstance(found, Some)
    assert (found.values, found.fails, bool(found.reasons)) == (values, False, values != (True,))
    flipped = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "==": "==", "!=": "!="}[operator]
    assert compared(flipped, known(moment), DAY) == found


def test_a_range_against_other_values() -> None:
    both = compared("<", DAY, DAY)
    assert isinstance(both, Anything)
    assert both.reasons == DAY.reasons * 2
    for left, right in ((DAY, known("2026")), (known("2026"), DAY), (DAY, known(HOUR)), (known(HOUR), DAY)):
        found = compared("<", left, right)
        assert isinstance(found, Some)
        assert (found.values, found.fails) == ((), True)
    for left, right in ((known(1), known(2)), (DAY, Anything(WHY)), (DAY, Some((START, START + HOUR)))):
        assert compared("<", left, right) is None


# -- parts -------------------------------------------------------------------------------------------------------------

MOMENT = known(at("2026-03-01T23:30:05.678901"))  # a Sunday


@pytest.mark.parametrize(
    ("getter", "zone", "part"),
    [
        ("getFullYear", "UTC", 2026),
        ("getMonth", "UTC", 2),
        ("getDate", "UTC", 1),
        ("getDayOfMonth", "UTC", 0),
        ("getDayOfWeek", "UTC", 0),
        ("getDayOfYear", "UTC", 59),
        ("getHours", "UTC", 23),
        ("getMinutes", "UTC", 30),
        ("getSeconds", "UTC", 5),
        ("getMilliseconds", "UTC", 678),
        ("getHours", "Europe/Berlin", 0),
        ("getDayOfWeek", "Europe/Berlin", 1),
        ("getDate", "Europe/Berlin", 2),
        ("getHours", "+05:30", 5),
        ("getMinutes", "+05:30", 0),
        ("getHours", "05:30", 5),
        ("getHours", "-05:30", 18),
        ("getMinutes", "-05:45", 45),
        ("getHours", "+23:59", 23),
    ],
)
def test_a_part_of_a_time(getter: str, zone: str, part: int) -> None:
    assert part_of(getter, MOMENT, zone) == known(part)


@pytest.mark.parametrize("zone", ["+24:00", "Nowhere/City", "../etc/passwd", "", "+1:00"])
def test_what_is_no_time_zone(zone: str) -> None:
    with pytest.raises(Malformed, match="is not a time zone"):
        part_of("getHours", MOMENT, zone)


@pytest.mark.parametrize(
    ("getter", "length", "part"),
    [
        ("getHours", "3661.5s", 1),
        ("getMinutes", "3661.5s", 61),
        ("getSeconds", "3661.5s", 3661),
        ("getMilliseconds", "3661.5s", 3_661_500),
        ("getHours", "-3661s", -1),
    ],
)
def test_a_part_of_a_duration(getter: str, length: str, part: int) -> None:
    assert part_of(getter, known(duration(length)), "UTC") == known(part)


def test_a_part_of_what_is_no_time_and_of_the_last_hour_of_all() -> None:
    with pytest.raises(Malformed, match="getFullYear of a value that is not a time"):
        part_of("getFullYear", known(HOUR), "UTC")
    with pytest.raises(Malformed, match="a time outside the supported years"):
        part_of("getHours", known(at("9999-12-31T23:59:59")), "+05:00")


def test_the_parts_of_a_range_are_all_that_it_has() -> None:
    hours = part_of("getHours", DAY, "UTC")
    assert isinstance(hours, Some)
    assert (hours.values, hours.reasons) == (tuple(range(24)), DAY.reasons)
    assert part_of("getDate", DAY, "UTC") == known(24)
    days = part_of("getDate", DAY, "+00:15")
    assert isinstance(days, Some)
    assert days.values == (24, 25)  # the last quarter of an hour is in the next day
    assert days.reasons == DAY.reasons
    assert part_of("getDate", DAY, "-00:15").values == (23, 24)
    assert part_of("getMinutes", DAY, "UTC") == Anything(DAY.reasons)
    since = Between(timedelta(0), timedelta(days=1), WHY)
    assert part_of("getHours", since, "UTC") == Anything(WHY)
    assert part_of("getHours", Anything(WHY), "UTC") == Anything(WHY)
    two = Some((START, START + HOUR), True, WHY)
    assert part_of("getHours", two, "UTC") == Some((0, 1), True, WHY)
