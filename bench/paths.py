"""How long the search for paths takes, and what memory, beyond what was read: at three sizes, and for a long chain.

    python bench/paths.py [BINDINGS…]      1,000,000 with 100,000 accounts and 50,000 projects by default

Facts are made up in memory: folders under one organization, projects in them with two accounts each, bindings on
projects and accounts; most accounts can become each other over some hops, so that a search meets nearly all of them.
"""

from __future__ import annotations

import gc
import random
import resource
import sys
import time
from collections.abc import Iterator
from datetime import date

from iamlint.estate import Estate
from iamlint.facts import Declaration, Fact, Folder, Grant, Place, Project, Resource, ServiceAccount
from iamlint.location import Location
from iamlint.paths.answers import Asking
from iamlint.paths.hops import hops_of
from iamlint.principals import read_principal
from iamlint.roles import catalog

DAY = date(2026, 11, 28)
ROLES = ("roles/viewer", "roles/logging.viewer", "roles/storage.objectViewer", "roles/bigquery.dataViewer")
PRIVILEGED = ("roles/editor", "roles/run.developer", "roles/iam.serviceAccountUser", "roles/compute.instanceAdmin.v1")
MINTS = "roles/iam.serviceAccountTokenCreator"
ON_ACCOUNTS = (MINTS, MINTS, MINTS, "roles/iam.serviceAccountUser")
SIZES = (62_500, 250_000, 1_000_000)


def at(line: int) -> Declaration:
    return Declaration(Location("estate.json", line, 1, line, 2), "export")


def account(number: int, projects: int) -> str:
    return f"sa{number // projects}@p{number % projects}.iam.gserviceaccount.com"


def estate(bindings: int) -> Iterator[Fact]:
    """A made-up estate with so many bindings, a tenth as many accounts, and half of that projects."""
    accounts, projects = bindings // 10, bindings // 20
    chance = random.Random(7)
    folders = max(1, projects // 100)
    for number in range(folders):
        yield Folder(f"folders/{number + 1}", at(number + 1), "organizations/1")
    for number in range(projects):
        declared = at(number + 1)
        yield Project(f"p{number}", declared, str(10_000_000 + number), f"folders/{number % folders + 1}")
    for number in range(accounts):
        yield ServiceAccount(account(number, projects), f"p{number % projects}", at(number + 1))
    for number in range(bindings):
        declared, place = at(number + 1), Place(Location("estate.json", number + 1, 1, number + 1, 2))
        kind = chance.random()
        by_account = chance.random() < (0.7 if kind >= 0.75 else 0.1)
        if by_account:
            who = f"serviceAccount:{account(chance.randrange(accounts), projects)}"
        else:
            who = f"user:u{chance.randrange(bindings // 5)}@example.com"
        if kind < 0.75:
            role = chance.choice(ROLES) if kind < 0.6 else chance.choice(PRIVILEGED)
            on = Resource("project", f"p{chance.randrange(projects)}")
        else:
            role = chance.choice(ON_ACCOUNTS)
            on = Resource("service_account", account(chance.randrange(accounts), projects))
        yield Grant(read_principal(who), role, on, "export", declared, place, place, place)
    owner = Place(Location("estate.json", 1, 1, 1, 2))
    for number in range(folders):
        group = read_principal(f"group:admins{number}@example.com")
        on = Resource("folder", f"folders/{number + 1}")
        yield Grant(group, MINTS, on, "export", at(1), owner, owner, owner)
    for _ in range(50):
        who = read_principal(f"serviceAccount:{account(chance.randrange(accounts), projects)}")
        on = Resource("service_account", account(0, projects))
        yield Grant(who, MINTS, on, "export", at(1), owner, owner, owner)
    boss = read_principal(f"serviceAccount:{account(0, projects)}")
    yield Grant(boss, "roles/owner", Resource("organization", "1"), "export", at(1), owner, owner, owner)


def chain(length: int) -> Iterator[Fact]:
    """A chain of accounts: each may mint tokens of the next."""
    place = Place(Location("chain.json", 1, 1, 1, 2))
    for number in range(length):
        yield ServiceAccount(f"c{number}@p.iam.gserviceaccount.com", "p", at(1))
        who = read_principal(f"serviceAccount:c{number - 1}@p.iam.gserviceaccount.com" if number else "user:a@x.org")
        on = Resource("service_account", f"c{number}@p.iam.gserviceaccount.com")
        yield Grant(who, MINTS, on, "export", at(number + 1), place, place, place)


def memory() -> float:
    """Megabytes that the process has had at most."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure(name: str, facts: Iterator[Fact], target: str) -> None:
    gc.disable()
    begin, before = time.process_time(), memory()
    found = Estate(facts, catalog(), DAY)
    read, read_memory = time.process_time() - begin, memory()
    begin = time.process_time()
    hops = hops_of(found)
    index = time.process_time() - begin
    answer = Asking(hops).onto([target])
    search = time.process_time() - begin - index
    total, more = len(answer.paths) + answer.left_out, memory() - read_memory
    print(
        f"{name}: facts {read:.1f} CPU s, {read_memory - before:.0f} MB; index {index:.1f} and "
        f"search {search:.1f} CPU s, {more:.0f} MB more; {total:,} paths, {len(answer.paths):,} listed",
        flush=True,
    )


def main(arguments: list[str]) -> int:
    sizes = [int(one) for one in arguments] or SIZES
    measure("chain of 2,000", chain(2_000), "c1999@p.iam.gserviceaccount.com")
    for size in sizes:
        measure(f"{size:,} bindings", estate(size), account(0, size // 20))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
