"""The reasons for a time that does not fit, and the times of a request that a condition computes."""

from __future__ import annotations

from datetime import date

import pytest

from iamlint.conditions import timestamps
from iamlint.conditions.context import Context
from iamlint.conditions.evaluation import evaluate, may_begin
from iamlint.conditions.outcome import Reason
from iamlint.unknown import Truth

TUESDAY = date(2026, 11, 24)
PAST, FUTURE = 'timestamp("2025-01-02T03:04:05Z")', 'timestamp("2030-01-02T03:04:05Z")'
MIDNIGHT, NEXT = 'timestamp("2026-11-24T00:00:00Z")', 'timestamp("2026-11-25T00:00:00Z")'
TOKEN = "iam.serviceAccounts.getAccessToken"
SINCE = 'request.time - timestamp("2026-11-01T00:00:00Z")'
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def outcome(expression: str) -> tuple[Truth, tuple[Reason, ...]]:
    found = evaluate(expression, Context(TUESDAY, TOKEN))
    return found.truth, found.reasons


@pytest.mark.parametrize(
    ("expression", "kind", "text"),
    [
        (f"request.time < {PAST}", "expired", "it ended on 2025-01-02T03:04:05Z"),
        (f"request.time <= {PAST}", "expired", "it ended on 2025-01-02T03:04:05Z"),
        (f"{PAST} > request.time", "expired", "it ended on 2025-01-02T03:04:05Z"),
        (f"{PAST} >= request.time", "expired", "it ended on 2025-01-02T03:04:05Z"),
        (f"request.time > {FUTURE}", "not_yet", "it does not begin before 2030-01-02T03:04:05Z"),
        (f"request.time >= {FUTURE}", "not_yet", "it does not begin before 2030-01-02T03:04:05Z"),
        (f"{FUTURE} < request.time", "not_yet", "it does not begin before 2030-01-02T03:04:05Z"),
        (f"{FUTURE} <= request.time", "not_yet", "it does not begin before 2030-01-02T03:04:05Z"),
        (f"request.time == {FUTURE}", "false", "it holds at 2030-01-02T03:04:05Z only"),
        (f"request.time == {PAST}", "false", "it holds at 2025-01-02T03:04:05Z only"),
        ('request.time < timestamp("0999-12-31T00:00:00Z")', "expired", "it ended on 0999-12-31T00:00:00+00:00"),
        ('request.time < timestamp("1000-01-01T00:00:00Z")', "expired", "it ended on 1000-01-01T00:00:00Z"),
        (f'{SINCE} < duration("24h")', "false", "the time is not within 1 day, 0:00:00"),
    ],
)
def test_why_a_time_does_not_fit(expression: str, kind: str, text: str) -> None:
    truth, (reason,) = outcome(expression)
    assert (truth, reason.kind, reason.text) == (F, kind, text)


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        # -- the whole day counts, from midnight (UTC) to before the next one
        (f"request.time >= {MIDNIGHT}", T),
        (f"request.time > {MIDNIGHT}", U),
        (f"request.time < {MIDNIGHT}", F),
        (f"request.time <= {MIDNIGHT}", U),
        (f"request.time < {NEXT}", T),
        (f"request.time <= {NEXT}", T),
        (f"request.time > {NEXT}", F),
        (f"request.time >= {NEXT}", F),
        (f"request.time == {MIDNIGHT}", U),
        (f"request.time == {NEXT}", F),
        (f"request.time != {NEXT}", T),
        (f"request.time != {MIDNIGHT}", U),
        # -- durations from and to the day
        (f'{SINCE} >= duration("552h")', T),
        (f'{SINCE} < duration("576h")', T),
        (f'{SINCE} >= duration("576h")', F),
        (f'{SINCE} < duration("552h")', F),
        (f'{SINCE} < duration("560h")', U),
        (f'{NEXT} - request.time >= duration("0s")', T),
        (f'{NEXT} - request.time < duration("24h1s")', T),
        (f'{NEXT} - request.time >= duration("24h1s")', F),
        (f'{NEXT} - request.time < duration("24h")', U),
        (f'{NEXT} - request.time < duration("12h")', U),
        (f'request.time + duration("24h") >= {NEXT}', T),
        (f'duration("24h") + request.time >= {NEXT}', T),
        (f'duration("23h") + request.time >= {NEXT}', U),
        (f'request.time - duration("24h") < {MIDNIGHT}', T),
        (f'request.time - duration("24h") >= {MIDNIGHT}', F),
        # -- a time minus itself is not computed
        ('request.time - request.time < duration("1h")', U),
    ],
)
def test_a_request_is_at_some_time_of_the_day(expression: str, expected: Truth) -> None:
    assert outcome(expression)[0] is expected


@pytest.mark.parametrize(
    ("expression", "text"),
    [
        (f"{SINCE} < {PAST}", "a time is compared with a duration"),
        ('request.time + duration("87600000h") > ' + PAST, "a time outside the supported years"),
        ('request.time < "2030-01-01"', 'a time is compared with the text "2030-01-01": it takes timestamp'),
        ('"2030-01-01" < request.time', 'a time is compared with the text "2030-01-01": it takes timestamp'),
    ],
)
def test_what_google_cannot_evaluate_never_grants(expression: str, text: str) -> None:
    truth, (reason,) = outcome(expression)
    assert (truth, reason.kind) == (F, "malformed")
    assert reason.text.startswith(text)


@pytest.mark.parametrize(
    ("expression", "later"),
    [
        (f"request.time >= {NEXT}", True),
        (f"request.time == {FUTURE}", True),
        (f"request.time < {PAST} || request.time > {FUTURE}", True),
        (f"request.time > {NEXT} && request.time < {FUTURE}", True),
        (f'request.time + duration("48h") > {FUTURE}', True),
        (f'request.time - {FUTURE} > duration("1h")', True),
        ("request.time.getFullYear() > 2026", True),
        ('request.time.getMonth("Europe/Berlin") == 0', True),
        ("request.time.getDate() == 1", True),
        ("request.time.getDayOfMonth() == 0", True),
        ("request.time.getDayOfWeek() == 6", True),
        ("request.time.getDayOfYear() == 365", True),
        ("request . time.getFullYear() == 2030", True),
        (f"request.time < {PAST}", False),
        (f"request.time > {PAST} && request.time < {PAST}", False),
        ("request.time.getFullYear() < 2026", False),
        ("request.time.getMonth() == 12", False),
        ("request.time.getHours() > 23", False),
        (f'request.time > {FUTURE} && resource.name == "x"', False),
        ("false", False),
    ],
)
def test_a_condition_that_does_not_hold_today_may_later(expression: str, later: bool) -> None:
    context = Context(TUESDAY, TOKEN)
    assert outcome(expression)[0] is F
    assert may_begin(expression, context) is later


def test_the_last_day_of_the_calendar_has_no_later_one() -> None:
    assert not may_begin(f"request.time > {FUTURE} && false", Context(date(9999, 1, 1), TOKEN))


def test_the_parts_of_a_day_are_computed_once(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []
    known = timestamps._part
    timestamps._parts_within.cache_clear()
    monkeypatch.setattr(timestamps, "_part", lambda *of: asked.append(of[0]) or known(*of))
    assert [outcome(f"request.time.getHours() == {hour}")[0] for hour in (101, 102, 103)] == [F, F, F]
    assert len(asked) == 24 * 4
