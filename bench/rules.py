"""Measures the cost of the rules, apart from reading the source, in seconds of CPU time.

    python bench/rules.py DIR...        # of real configurations
    python bench/rules.py --grants 100000   # of an estate with that many grants

Fails if the rules cost more than the reading.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TypeVar

from iamlint.estate import Estate
from iamlint.facts import Declaration, Fact, Grant, Place, Resource
from iamlint.graph.edges import graph_of
from iamlint.linter import finding, lint, rule_matches
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.rules.catalog import load_rules
from iamlint.rules.rule import Rule
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.unknown import Truth

Result = TypeVar("Result")
DAY = date(2026, 1, 1)


@dataclass(frozen=True)
class Cost:
    """Seconds: of the estate's indexes, of the graph, and of each rule."""

    estate: float
    graph: float
    rules: dict[str, float]

    @property
    def total(self) -> float:
        return self.estate + self.graph + sum(self.rules.values())


def timed(work: Callable[[], Result]) -> tuple[Result, float]:
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


def cost_of(facts: Iterable[Fact], rules: Iterable[Rule]) -> Cost:
    estate, indexing = timed(lambda: Estate(facts, catalog(), DAY))
    _, graph = timed(lambda: graph_of(estate))
    return Cost(indexing, graph, {rule.id: timed(lambda rule=rule: asked(rule, estate))[1] for rule in rules})


def asked(rule: Rule, estate: Estate) -> int:
    """The findings of a rule, made as the linter makes them."""
    return len([finding(rule, match, estate) for match in rule_matches(rule, estate) if match.truth is Truth.TRUE])


def shown(cost: Cost) -> None:
    rules = sum(cost.rules.values())
    print(f"  estate {cost.estate:8.3f} s\n  graph  {cost.graph:8.3f} s\n  rules  {rules:8.3f} s, of them")
    for rule, seconds in sorted(cost.rules.items(), key=lambda one: -one[1])[:8]:
        print(f"         {seconds:8.3f} s  {rule}")


def of_directory(directory: Path, rules: tuple[Rule, ...]) -> bool:
    """Whether the rules cost less than the reading."""
    reading, seconds = timed(lambda: read([directory], Options()))
    cost = cost_of(reading.facts, rules)
    _, linting = timed(lambda: lint(reading, rules, DAY))
    print(f"{directory}: {len(reading.facts)} facts\n  read   {seconds:8.3f} s")
    shown(cost)
    print(f"  lint   {linting:8.3f} s, {linting / seconds:.0%} of the reading")
    return linting < seconds


def grants(number: int) -> list[Fact]:
    """Grants of eleven roles to 5,000 accounts, users and groups, on 1,000 projects and their accounts."""
    place = Place(Location("made.tf"))
    roles = ["viewer", "editor", "owner", "storage.admin", "logging.viewer", "run.developer", "compute.networkUser"]
    roles += ["iam.serviceAccountUser", "iam.serviceAccountTokenCreator", "run.invoker", "iam.workloadIdentityUser"]
    principals = ["serviceAccount:a{0}@p{1}.iam.gserviceaccount.com", "user:u{0}@example.com", "group:g{0}@example.com"]
    made: list[Fact] = []
    for n in range(number):
        project = f"p{n % 1000}"
        on_account = Resource("service_account", f"a{n % 3000}@{project}.iam.gserviceaccount.com")
        made.append(
            Grant(
                read_principal(principals[n % 3].format(n % 5000, n % 700)),
                f"roles/{roles[n % len(roles)]}",
                on_account if n % 5 == 0 else Resource("project", project),
                "member",
                Declaration(
                    Location("made.tf", n + 1), "google_project_iam_member", f"google_project_iam_member.g[{n}]"
                ),
                place,
                place,
                place,
            )
        )
    return made


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directories", nargs="*", type=Path)
    parser.add_argument("--grants", type=int, default=0)
    asked_for = parser.parse_args()
    rules, errors = load_rules()
    if errors:
        sys.exit(f"{errors[0].at.path}: {errors[0].reason}")
    catalog()
    good = [of_directory(directory, rules) for directory in asked_for.directories]
    if asked_for.grants:
        facts = grants(asked_for.grants)
        print(f"{asked_for.grants} grants")
        shown(cost_of(facts, rules))
    return 0 if all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
