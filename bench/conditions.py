"""Holds the evaluation of conditions against a second implementation, the evaluator of cel-python.

    python bench/conditions.py [--number 6000] [--seed 1] [-v]

Two languages are tried. IAM Conditions (`iamlint.conditions`) know only the day and the permission of a request, so
iamlint evaluates each generated condition once, and cel-python at several concrete requests of that day. Every result
there must be among those that iamlint says are possible; where iamlint is certain it must be the only one. Attribute
conditions (`iamlint.diagnosis.callers.token_values`) have all claims, so both must give the same value; with some
claims not given, iamlint's value is open or the same.

Cel-python is given what Google adds to CEL: the function ``extract``, and that ``!=`` holds for a type or service that
a request does not provide (https://cloud.google.com/iam/docs/conditions-resource-attributes). Differences that are
known and none of iamlint's are counted apart (`_explained`); any other difference fails the run.
"""

from __future__ import annotations

import argparse
import json
import random
import re
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import celpy
from celpy import celtypes
from celpy.evaluation import CELEvalError

from iamlint.conditions.context import PROVIDERS, Context
from iamlint.conditions.evaluation import evaluate
from iamlint.conditions.functions import extract
from iamlint.diagnosis.callers.token_values import Claims, Failed, Open, value_of

ERROR = "error"
Result = bool | str
"""A value of a condition, or `ERROR`."""
REQUESTS = 6
"""Concrete requests that each IAM condition is tried with."""
_NOT_PROVIDED = re.compile(r'resource\.(?:type|service) != "[^"]*"')


@dataclass(frozen=True, slots=True)
class Request:
    """One concrete request. ``resource`` is None where the service provides no attributes of it."""

    permission: str
    at: datetime
    resource: Mapping[str, str] | None


class Second:
    """The second implementation."""

    def __init__(self) -> None:
        self._environment = celpy.Environment()
        self._programs: dict[str, Any] = {}

    def run(self, expression: str, values: Mapping[str, Any]) -> Result:
        """The result of an expression."""
        if expression not in self._programs:
            try:
                tree = self._environment.compile(expression)
                self._programs[expression] = self._environment.program(tree, functions={"extract": _extract})
            except celpy.CELParseError:
                self._programs[expression] = None
        program = self._programs[expression]
        if program is None:
            return ERROR
        try:
            found = program.evaluate(values)
        except (CELEvalError, ValueError, TypeError, KeyError, OverflowError):
            return ERROR
        if isinstance(found, celtypes.BoolType | bool):
            return bool(found)
        return str(found) if isinstance(found, str) else ERROR


def _extract(text: Any, template: Any) -> Any:
    return celtypes.StringType(extract(str(text), str(template)))


# -- generating ----------------------------------------------------------------------------------------------------

_DAYS = ("2026-11-27", "2026-11-28", "2026-11-29", "2025-01-01", "2031-06-30")
_CLOCKS = ("00:00:00Z", "12:30:00Z", "23:59:59Z", "09:00:00+02:00", "18:45:10.5-08:00")
_ZONES = ("", '"UTC"', '"Europe/Berlin"', '"America/Los_Angeles"', '"+05:30"', '"-08:00"')
_PARTS = (
    ("getFullYear", (2025, 2026, 2027)),
    ("getMonth", (0, 9, 10, 11)),
    ("getDate", (1, 27, 28, 29)),
    ("getDayOfMonth", (0, 26, 27, 28)),
    ("getDayOfWeek", (0, 5, 6)),
    ("getDayOfYear", (0, 330, 331, 332)),
    ("getHours", (0, 8, 9, 17, 23)),
    ("getMinutes", (0, 30, 59)),
    ("getSeconds", (0, 59)),
)
_NAMES = (
    "projects/_/buckets/logs",
    "projects/_/buckets/logs/objects/a/b.txt",
    "projects/shop",
    "projects/1/secrets/db",
)
_TYPES = ("storage.googleapis.com/Bucket", "storage.googleapis.com/Object", "compute.googleapis.com/Instance")
_SERVICES = ("storage.googleapis.com", "compute.googleapis.com", "secretmanager.googleapis.com")
_PERMISSIONS = (
    "storage.objects.get",
    "compute.instances.start",
    "secretmanager.versions.access",
    "iam.serviceAccounts.getAccessToken",
    "pubsub.topics.publish",
)


class Generator:
    """Makes conditions and contexts from one seed."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def condition(self, atom: Callable[[], str], depth: int = 3) -> str:
        """A condition of atoms."""
        chance = self.random.random()
        if depth == 0 or chance < 0.35:
            return atom()
        one, two = self.condition(atom, depth - 1), self.condition(atom, depth - 1)
        if chance < 0.55:
            return f"{one} && {two}" if self.random.random() < 0.5 else f"({one}) && ({two})"
        if chance < 0.75:
            return f"({one} || {two})"
        if chance < 0.9:
            return f"!({one})"
        return f"({one} ? {two} : {self.condition(atom, depth - 1)})"

    def of_request(self) -> str:
        """An atom over a request."""
        pick = self.random.choice
        match pick(
            ("time", "time", "part", "part", "span", "name", "name", "type", "service", "extract", "list", "odd")
        ):
            case "time":
                return f'request.time {pick(("<", "<=", ">", ">="))} timestamp("{pick(_DAYS)}T{pick(_CLOCKS)}")'
            case "part":
                part, values = pick(_PARTS)
                return f"request.time.{part}({pick(_ZONES)}) {pick(('==', '!=', '<', '>='))} {pick(values)}"
            case "span":
                span = f'{pick("+-")} duration("{pick(("3600s", "24h", "90m"))}")'
                return f'request.time {pick("<>")} timestamp("{pick(_DAYS)}T{pick(_CLOCKS)}") {span}'
            case "name":
                return f'resource.name.{pick(("startsWith", "endsWith", "contains"))}("{self.piece(pick(_NAMES))}")'
            case "type":
                return f'resource.type {pick(("==", "!="))} "{pick(_TYPES)}"'
            case "service":
                return f'resource.service {pick(("==", "!="))} "{pick(_SERVICES)}"'
            case "extract":
                return f'resource.name.extract("/objects/{{rest}}") {pick(("==", "!="))} "{pick(("a/b.txt", ""))}"'
            case "list":
                listed = ", ".join(f'"{one}"' for one in self.random.sample(_TYPES, 2))
                return f"resource.type in [{listed}]"
            case _:
                return pick(
                    ("true", "false", "1 < 2", '"a" == "b"', "1 / 0 == 1", "size(resource.name) > 15", "2 in [1, 2]")
                )

    def piece(self, text: str) -> str:
        """A stretch of a text, or a text that is none of it."""
        start = self.random.randrange(len(text))
        return self.random.choice((text[:start], text[start:], text, text + "x"))

    def request(self, permission: str, day: date) -> Request:
        """A concrete request of a day."""
        at = datetime.combine(day, time(), UTC) + timedelta(seconds=self.random.randrange(86_400))
        service = PROVIDERS.get(permission.partition(".")[0])
        if service is None:
            return Request(permission, at, None)
        kinds = [one for one in _TYPES if one.startswith(service)] or [f"{service}/Other"]
        resource = {"name": self.random.choice(_NAMES), "type": self.random.choice(kinds), "service": service}
        return Request(permission, at, resource)

    def of_claims(self) -> str:
        """An atom over the claims of a token."""
        pick = self.random.choice
        claim = pick(("sub", "repository", "repository_owner", "ref", "absent"))
        value = pick(("acme", "acme/app", "refs/heads/main", "repo:acme/app:ref:refs/heads/main", "main", ""))
        match pick(("equal", "equal", "text", "text", "matches", "list", "split", "has", "index", "odd")):
            case "equal":
                return f'assertion.{claim} {pick(("==", "!="))} "{value}"'
            case "text":
                return f'assertion.{claim}.{pick(("startsWith", "endsWith", "contains"))}("{self.piece(value or "x")}")'
            case "matches":
                return f'assertion.{claim}.matches("{pick(("^acme/", "app$", "^refs/(heads|tags)/.+", "a.p"))}")'
            case "list":
                return f'assertion.{claim} in ["{value}", "acme/other"]'
            case "split":
                return f"size(assertion.{claim}) {pick(('<', '>', '=='))} {pick((0, 4, 8))}"
            case "has":
                return f"has(assertion.{claim})"
            case "index":
                return f"assertion['{claim}'] == \"{value}\""
            case _:
                return pick(
                    (
                        "true",
                        "false",
                        '"a" + "b" == "ab"',
                        f'assertion.{claim} + "x" == "acmex"',
                        "3 % 2 == 1",
                        "-1 < 0",
                    )
                )


# -- comparing -----------------------------------------------------------------------------------------------------


def requests_of(made: Generator, number: int, second: Second) -> Iterator[tuple[str, str]]:
    """The verdict on each IAM condition: "equal", "open" or a difference, and what was compared."""
    day = date(2026, 11, 28)
    for _ in range(number):
        expression, permission = made.condition(made.of_request), made.random.choice(_PERMISSIONS)
        outcome = evaluate(expression, Context(day, permission))
        requests = [made.request(permission, day) for _ in range(REQUESTS)]
        theirs = expression if requests[0].resource else _NOT_PROVIDED.sub("true", expression)
        results = {second.run(theirs, _values(request)) for request in requests}
        possible: set[Result] = {*outcome.values, *((ERROR,) if outcome.fails else ())}
        both = f"iamlint {sorted(map(str, possible))}, cel-python {sorted(map(str, results))}"
        told = f"{permission}: {expression}\n    {both}"
        if not results <= possible:
            yield _explained(expression, requests[0]), told
        else:
            yield ("equal" if len(possible) == 1 else "open"), told


def _values(request: Request) -> dict[str, Any]:
    time_of = celtypes.MapType({celtypes.StringType("time"): celtypes.TimestampType(request.at)})
    values: dict[str, Any] = {"request": time_of}
    if request.resource is not None:
        values["resource"] = celpy.json_to_cel(dict(request.resource))
    return values


def _explained(expression: str, request: Request) -> str:
    """Why a difference is none of iamlint's: "different" where nothing explains it.

    How Google evaluates the negation of a comparison with an attribute that a service does not provide is not
    documented. Iamlint evaluates ``!(resource.type == "x")`` as ``resource.type != "x"``, which is.
    """
    negates = request.resource is None and re.search(r"!\(.*resource\.(?:type|service) [!=]=", expression)
    return "explained: a negated comparison with what is not provided" if negates else "different"


CLAIMS = {
    "sub": "repo:acme/app:ref:refs/heads/main",
    "repository": "acme/app",
    "repository_owner": "acme",
    "ref": "refs/heads/main",
}


def claims_of(made: Generator, number: int, second: Second) -> Iterator[tuple[str, str]]:
    """The verdict on each attribute condition, with all claims given, and with some of them open."""
    for _ in range(number):
        expression = made.condition(made.of_claims)
        theirs = second.run(expression, {"assertion": celpy.json_to_cel(CLAIMS)})
        whole = _plain(value_of(expression, {"assertion": CLAIMS}))
        partly = value_of(expression, {"assertion": Claims({key: CLAIMS[key] for key in ("sub", "repository")})})
        told = f"{expression}\n    iamlint {whole}, with open claims {partly}, cel-python {theirs}"
        if whole != theirs or (not isinstance(partly, Open) and _plain(partly) != theirs):
            yield "different", told
        else:
            yield ("open" if isinstance(partly, Open) else "equal"), told


def _plain(value: Any) -> Result:
    if isinstance(value, Failed) or not isinstance(value, bool | str):
        return ERROR
    return value


def main() -> None:
    """Run the comparison."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--number", type=int, default=6000, help="conditions in all [6000]")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-v", action="store_true", help="print every difference, not the first ten")
    asked = parser.parse_args()
    counts: dict[str, Counter[str]] = {}
    shown: list[str] = []
    second = Second()
    for name, runs in (("IAM conditions", requests_of), ("attribute conditions", claims_of)):
        found = counts.setdefault(name, Counter())
        for verdict, told in runs(Generator(asked.seed), asked.number // 2, second):
            found[verdict] += 1
            if verdict == "different":
                shown.append(f"{name}: {told}")
    print("\n".join(shown if asked.v else shown[:10]))
    print(json.dumps(counts, indent=2))
    sys.exit(1 if shown else 0)


if __name__ == "__main__":
    main()
