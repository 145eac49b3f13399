"""A table of expressions with their outcomes and reasons. Most are the examples of Google's documentation.

Sources: https://cloud.google.com/iam/docs/conditions-attribute-reference, …/conditions-overview,
…/configuring-temporary-access, …/configuring-resource-based-access, …/setting-limits-on-granting-roles,
…/deny-overview, and the provider's documentation for Terraform.
"""

from datetime import date

import pytest

from iamlint.conditions.context import Context
from iamlint.conditions.evaluation import evaluate
from iamlint.conditions.outcome import ReasonKind
from iamlint.unknown import Truth

TUESDAY = date(2026, 11, 24)
TOKEN = "iam.serviceAccounts.getAccessToken"
SET_PROJECT = "resourcemanager.projects.setIamPolicy"
INSTANCE = "compute.instances.setMetadata"
ROLES = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', [])"

Row = tuple[str, str, Truth, ReasonKind | None]
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN

TIMES: list[Row] = [
    ('request.time < timestamp("2030-01-01T00:00:00Z")', TOKEN, T, None),
    ('request.time < timestamp("2025-01-01T00:00:00Z")', TOKEN, F, "expired"),
    ('request.time <= timestamp("2025-01-01T00:00:00.5+01:00")', TOKEN, F, "expired"),
    ('request.time > timestamp("2030-01-01T00:00:00Z")', TOKEN, F, "not_yet"),
    ('request.time >= timestamp("2020-10-01T00:00:00.000Z")', TOKEN, T, None),
    ('!(request.time < timestamp("2025-01-01T00:00:00Z"))', TOKEN, T, None),
    ('timestamp("2025-01-01T00:00:00Z") > request.time', TOKEN, F, "expired"),
    ('request.time < timestamp("2026-11-24T00:00:00Z")', TOKEN, F, "expired"),
    ('request.time < timestamp("2026-11-25T00:00:00Z")', TOKEN, T, None),
    ('request.time < timestamp("2026-11-24T12:00:00Z")', TOKEN, U, "time"),
    ('request.time == timestamp("2026-11-24T12:00:00Z")', TOKEN, U, "time"),
    ('request.time != timestamp("2027-11-24T12:00:00Z")', TOKEN, T, None),
    (
        'request.time > timestamp("2026-01-01T00:00:00Z") && request.time < timestamp("2027-01-01T00:00:00Z")',
        TOKEN,
        T,
        None,
    ),
    ('request.time < timestamp("2020-01-01")', TOKEN, F, "malformed"),
    ('request.time < timestamp("2026-02-30T00:00:00Z")', TOKEN, F, "malformed"),
    ('request.time < "2030-01-01T00:00:00Z"', TOKEN, F, "malformed"),
    ("'2030-01-01' > request.time", TOKEN, F, "malformed"),
    ('request.time < timestamp("tomorrow") || true', TOKEN, T, None),
    ('request.time - timestamp("2026-11-01T00:00:00Z") < duration("720h")', TOKEN, T, None),
    ('request.time < timestamp("2026-11-20T00:00:00Z") + duration("240h")', TOKEN, T, None),
    ('request.time + duration("86400s") < timestamp("2026-11-24T00:00:00Z")', TOKEN, F, "expired"),
    ('request.time - duration("soon") < timestamp("2026-11-24T00:00:00Z")', TOKEN, F, "malformed"),
    ("request.time.getFullYear() == 2026", TOKEN, T, None),
    ('request.time.getFullYear("Europe/Berlin") < 2020', TOKEN, F, "false"),
    ("request.time.getMonth() == 10", TOKEN, T, None),
    ("request.time.getDate() == 24", TOKEN, T, None),
    ("request.time.getDayOfMonth() == 23", TOKEN, T, None),
    ("request.time.getDayOfWeek() == 2", TOKEN, T, None),
    ("request.time.getDayOfWeek() == 0 || request.time.getDayOfWeek() == 6", TOKEN, F, "false"),
    (
        'request.time.getDayOfWeek("Europe/Berlin") >= 1 && request.time.getDayOfWeek("Europe/Berlin") <= 5',
        TOKEN,
        T,
        None,
    ),
    ('request.time.getDayOfWeek("Asia/Tokyo") == 2', TOKEN, U, "time"),
    ("request.time.getDayOfYear() > 365", TOKEN, F, "false"),
    ('request.time.getHours("Europe/Berlin") >= 9 && request.time.getHours("Europe/Berlin") <= 17', TOKEN, U, "time"),
    ('request.time.getHours("-08:00") < 24', TOKEN, T, None),
    ('request.time.getHours("UTC") > 24', TOKEN, F, "false"),
    ('request.time.getHours("Mars/Phobos") > 8', TOKEN, F, "malformed"),
    ("request.time.getMinutes() < 30", TOKEN, U, "time"),
    (
        """request.time.getHours("America/Toronto") >= 9 &&
           // 0 = Sunday
           request.time.getDayOfWeek("America/Toronto") >= 1 && request.time.getDayOfWeek("America/Toronto") <= 5""",
        TOKEN,
        U,
        "time",
    ),
]

RESOURCES: list[Row] = [
    ('resource.name.startsWith("projects/-/serviceAccounts/ci@")', TOKEN, F, "unavailable"),
    ('resource.name == "projects/-/serviceAccounts/ci@shop.iam.gserviceaccount.com"', TOKEN, F, "unavailable"),
    ('resource.name != "x"', TOKEN, F, "unavailable"),
    ('resource.type == "iam.googleapis.com/ServiceAccount"', TOKEN, F, "unavailable"),
    ('resource.service == "iam.googleapis.com"', TOKEN, F, "unavailable"),
    ('resource.type != "compute.googleapis.com/Disk"', TOKEN, T, None),
    ('!(resource.type == "compute.googleapis.com/Disk")', TOKEN, T, None),
    ('resource.service != "storage.googleapis.com"', TOKEN, T, None),
    ('!resource.name.startsWith("projects/x")', TOKEN, F, "unavailable"),
    ('resource.type in ["x"]', TOKEN, F, "unavailable"),
    ('resource.type.startsWith("x")', TOKEN, F, "unavailable"),
    ('!(resource.type in ["x"])', TOKEN, U, "unavailable"),
    ('!resource.type.startsWith("x")', TOKEN, U, "unavailable"),
    ('resource.service.matches("x") == false', TOKEN, U, "unavailable"),
    ('resource.type == "x" ? false : true', TOKEN, U, "unavailable"),
    ('!(resource.type.extract("{x}/") == "x")', TOKEN, F, "unavailable"),
    (
        'resource.type != "storage.googleapis.com/Object" || resource.name.startsWith("projects/_/buckets/a/objects")',
        TOKEN,
        T,
        None,
    ),
    ('resource.type == "x" || request.time < timestamp("2030-01-01T00:00:00Z")', TOKEN, T, None),
    ('resource.type == "x" && request.time < timestamp("2030-01-01T00:00:00Z")', TOKEN, F, "unavailable"),
    ('resource.name.extract("/zones/{zone}/") == "europe-west1-b"', TOKEN, F, "unavailable"),
    ('resource.name.endsWith("/a") || resource.name.endsWith("/b")', "cloudbuild.builds.create", F, "unavailable"),
    ('resource.service == "compute.googleapis.com"', INSTANCE, T, None),
    ('resource.service == "storage.googleapis.com"', INSTANCE, F, "false"),
    (
        'resource.type == "compute.googleapis.com/Instance" && resource.name.startsWith("projects/a")',
        INSTANCE,
        U,
        "resource",
    ),
    ('resource.name.extract("/instances/{name}").startsWith("gke-")', INSTANCE, U, "resource"),
    ('resource.type == "cloudresourcemanager.googleapis.com/Project"', SET_PROJECT, T, None),
    ('resource.type == "compute.googleapis.com/Image"', SET_PROJECT, F, "false"),
    ("resource.matchTag('123456789012/env', 'prod')", TOKEN, U, "tag"),
    ("!resource.matchTag('123456789012/env', 'prod')", TOKEN, U, "tag"),
    ("resource.matchTagId('tagKeys/1234', 'tagValues/5678')", TOKEN, U, "tag"),
    ("resource.hasTagKey('123456789012/env')", TOKEN, U, "tag"),
    ("resource.hasTagKeyId('tagKeys/1234') && resource.matchTagId('tagKeys/1', 'tagValues/2')", TOKEN, U, "tag"),
    ("resource.matchTag('1/env', 'prod') && request.time < timestamp('2020-01-01T00:00:00Z')", TOKEN, F, "expired"),
    ("resource.matchTag('1/env', 'prod') && resource.type == 'x'", TOKEN, F, "unavailable"),
    ("resource.matchTag('1/env', 'prod') || resource.type != 'x'", TOKEN, T, None),
]

REQUESTS: list[Row] = [
    (f"{ROLES}.hasOnly(['roles/viewer'])", TOKEN, T, None),
    (f"{ROLES}.hasOnly(['roles/viewer',\n 'roles/browser',\n])", "resourcemanager.projects.get", T, None),
    (f"{ROLES}.hasOnly(['roles/viewer'])", SET_PROJECT, U, "limit"),
    (f"{ROLES}.hasOnly(['a']) || {ROLES}.hasOnly(['b'])", SET_PROJECT, U, "limit"),
    (f"{ROLES}.hasOnly(['a']) && request.time < timestamp('2020-01-01T00:00:00Z')", SET_PROJECT, F, "expired"),
    ("api.getAttribute('storage.googleapis.com/objectListPrefix', '').startsWith('a')", TOKEN, U, "request"),
    ('"accessPolicies/1/accessLevels/corp" in request.auth.access_levels', TOKEN, U, "request"),
    ('!("accessPolicies/1/accessLevels/corp" in request.auth.access_levels)', TOKEN, U, "request"),
    ('request.path == "/admin" || request.path.startsWith("/admin/")', TOKEN, U, "request"),
    ('request.host == "hr.example.com"', TOKEN, U, "request"),
    ('destination.ip == "10.0.0.1" && destination.port == 22', TOKEN, U, "request"),
    ('principal.type == "iam.googleapis.com/ServiceAccount"', TOKEN, U, "principal"),
    ('principal.subject == "ana@example.com"', TOKEN, U, "principal"),
    ("request.auth.access_levels.exists(x, x == 'a')", TOKEN, U, "foreign"),
    ("inIpRange(origin.ip, '10.0.0.0/8')", TOKEN, U, "foreign"),
    ("resource.rotationPeriod > duration('2592000s')", TOKEN, U, "resource"),
    ("nonsense", TOKEN, U, "foreign"),
]

LOGIC: list[Row] = [
    ("true", TOKEN, T, None),
    ("false", TOKEN, F, "false"),
    ("!false", TOKEN, T, None),
    ("!!true", TOKEN, T, None),
    ("1 == 1", TOKEN, T, None),
    ("1 == true", TOKEN, F, "false"),
    ("1 + 2 * 3 == 7 && 7 / 2 == 3 && -7 % 3 == -1", TOKEN, T, None),
    ("1 / 0 == 1", TOKEN, F, "malformed"),
    ("'a' + 'b' == \"ab\"", TOKEN, T, None),
    ("'a' < 1", TOKEN, F, "malformed"),
    ("'a' in ['a', 'b',]", TOKEN, T, None),
    ("'c' in ['a', 'b']", TOKEN, F, "false"),
    ("'a' in {'a': 1}", TOKEN, T, None),
    ("{'a': [1, 2]}['a'][1] == 2", TOKEN, T, None),
    ("[1][3] == 1", TOKEN, F, "malformed"),
    ("'abc'.startsWith('a') && 'abc'.endsWith('c') && 'abc'.contains('b')", TOKEN, T, None),
    ("'order-17'.matches('^order-[0-9]+$')", TOKEN, T, None),
    ("'x'.matches('(')", TOKEN, F, "malformed"),
    ("'projects/_/buckets/a/objects/b/c'.extract('objects/{x}/') == 'b'", TOKEN, T, None),
    (
        "'abc'.extract('b{rest}') == 'c' && 'abc'.extract('{start}c') == 'ab' && 'abc'.extract('x{y}') == ''",
        TOKEN,
        T,
        None,
    ),
    ("size('abc') == 3 && 'AbC'.lowerAscii() == 'abc' && 'a:b'.split(':')[1] == 'b'", TOKEN, T, None),
    ("true ? false : true", TOKEN, F, "false"),
    ("resource.matchTag('1/a', 'b') ? true : true", TOKEN, T, None),
    ("resource.matchTag('1/a', 'b') ? true : false", TOKEN, U, "tag"),
    ("'a'", TOKEN, F, "malformed"),
    ("request.time", TOKEN, F, "malformed"),
    ("'a' && true", TOKEN, F, "malformed"),
    ("r'\\d' == '\\\\d' && '\\u0041' == 'A' && '\\x41' == 'A' && \"\"\"a\nb\"\"\" == 'a\\nb'", TOKEN, T, None),
    ("{'a': 1, 'b': 2}['b'] == 2 && {'a': 1, 'b': 2, 'c': 3}['a'] == 1", TOKEN, T, None),
    ("{'a': 1, 'b': 2}['c'] == 2", TOKEN, F, "malformed"),
    ("has(resource.name)", TOKEN, F, "unavailable"),
    ("has(request.time)", TOKEN, U, "time"),
    ("has(1)", TOKEN, T, None),
    ("'a'.startsWith('b', 'c')", TOKEN, F, "malformed"),
    ("size('a', 'b') == 1", TOKEN, F, "malformed"),
    ("'a'.startsWith(1)", TOKEN, F, "malformed"),
    ("duration('3661s').getHours() == 1 && duration('3661s').getMinutes() == 61", TOKEN, T, None),
    ("duration('3661.5s').getSeconds() == 3661 && duration('1.5s').getMilliseconds() == 1500", TOKEN, T, None),
    ("duration('1s').getFullYear() == 1", TOKEN, F, "malformed"),
    ("'a'.getHours() == 1", TOKEN, F, "malformed"),
    ("timestamp('2026-01-02T03:04:05.678Z').getMinutes() == 4", TOKEN, T, None),
    ("timestamp('2026-01-02T03:04:05.678Z').getSeconds() == 5", TOKEN, T, None),
    ("timestamp('2026-01-02T03:04:05.678Z').getMilliseconds() == 678", TOKEN, T, None),
    ("-7 + 2 == -5 && 7 - 2 == 5 && -7 / 2 == -3 && 7 / -2 == -3 && -7 / -2 == 3 && 7 % -2 == 1", TOKEN, T, None),
    ("-'a' == 'a'", TOKEN, F, "malformed"),
    ("true + 1 == 2", TOKEN, F, "malformed"),
    ("1 + false == 1", TOKEN, F, "malformed"),
    ("{'a': 1} + {'b': 2} == {}", TOKEN, F, "malformed"),
    ("'a' * 2 == 'aa'", TOKEN, F, "malformed"),
    ("1.5 % 1 == 0.5", TOKEN, F, "malformed"),
    ("9223372036854775807 * 9223372036854775807 > 1", TOKEN, F, "malformed"),
    ("", TOKEN, U, "unparsable"),
    ("request.time <", TOKEN, U, "unparsable"),
    ("resource.name = 'x'", TOKEN, U, "unparsable"),
]
TABLE = TIMES + RESOURCES + REQUESTS + LOGIC


@pytest.mark.parametrize(("expression", "permission", "truth", "kind"), TABLE)
def test_an_expression(expression: str, permission: str, truth: Truth, kind: ReasonKind | None) -> None:
    outcome = evaluate(expression, Context(TUESDAY, permission))
    assert outcome.truth is truth, outcome
    if kind is None:
        assert not outcome.reasons
    else:
        assert outcome.has(kind), outcome


@pytest.mark.parametrize(
    ("expression", "modified", "truth"),
    [
        (f"{ROLES}.hasOnly(['a', 'b'])", ("a",), T),
        (f"{ROLES}.hasOnly(['a', 'b'])", ("a", "b"), T),
        (f"{ROLES}.hasOnly(['a'])", ("a", "c"), F),
        (f"{ROLES}.hasOnly([])", ("a",), F),
        (f"{ROLES}.hasOnly([])", (), T),
        (f"!{ROLES}.hasOnly(['a'])", ("b",), T),
        (f"{ROLES}.hasOnly([resource.name])", ("a",), U),
        (f"{ROLES}.hasOnly(['a', resource.name])", ("a",), T),
    ],
)
def test_a_request_that_modifies_these_roles(expression: str, modified: tuple[str, ...], truth: Truth) -> None:
    assert evaluate(expression, Context(TUESDAY, SET_PROJECT, modified=modified)).truth is truth
    assert (
        evaluate(expression, Context(TUESDAY, TOKEN, modified=modified)).truth
        is evaluate(expression, Context(TUESDAY, TOKEN)).truth
    )


def test_the_table_is_as_long_as_it_is_meant_to_be() -> None:
    assert len({row[0] for row in TABLE}) >= 80
