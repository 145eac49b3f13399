"""Hostile inputs for the commands that people run by hand: explain, diagnose, paths, who, reach, compare, fix."""

from __future__ import annotations

import json
from pathlib import Path

from hostile_estates import OWNER, ROLE
from hostile_inputs import HONEST, TOKENS, account, grant_on, hostile, member, write

_EXPORTED = {"etag": "a", "version": 1}


def _chain(at: Path, links: int = 2_900) -> None:
    delegate = "organizations/1/roles/delegate"
    some = (grant_on(n, f"serviceAccount:{account(n + 1)}", delegate) for n in range(links))
    write(at / "main.tf", (HONEST, ROLE, OWNER.format("", account(0)), *some))


def _mesh(at: Path) -> None:
    """Every account of a layer may become every account of the next one."""
    holders = [", ".join(f'"serviceAccount:{account(10 * n + 10 + other)}"' for other in range(10)) for n in range(80)]
    some = (
        f'resource "google_service_account_iam_binding" "g{10 * n + one}" {{\n'
        f'service_account_id = "projects/p/serviceAccounts/{account(10 * n + one)}"\n'
        f'role = "{TOKENS}"\nmembers = [{listed}]\n}}\n'
        for n, listed in enumerate(holders)
        for one in range(10)
    )
    write(at / "main.tf", (HONEST, OWNER.format("", account(0)), *some))


def _many_grants(at: Path, number: int, letter: str = "a") -> None:
    who = (f'"serviceAccount:{letter}{n}@p.iam.gserviceaccount.com"' for n in range(number))
    write(at / "main.tf", (HONEST, *(member(f"x{n}", f'"{TOKENS}"', one) for n, one in enumerate(who))))


# -- explain -----------------------------------------------------------------------------------------------------------


@hostile
def explain_among_own_rules(at: Path) -> list[str]:
    text = (
        "title: Something is wrong\nseverity: low\nsince: 0.1.0\nwhen:\n  grant:\n    role: [{0}]\nmessage: x\nwhy: x\n"
        "fix: x\nreferences: [https://example.com/x]\nexamples:\n  flags:\n    - terraform: |\n        x {{}} # finding\n"
        "  passes:\n    - terraform: |\n        x {{}}\n"
    )
    roles = ", ".join(f"roles/r{n}" for n in range(60))
    for number in range(900):
        write(at / "rules" / "own" / f"r{number}.yaml", text.format(roles))
    write(at / ".iamlint.yaml", "rules: [rules]\n")
    write(at / "main.tf", HONEST)
    return ["explain", "own/r1"]


@hostile
def explain_a_long_page(at: Path) -> list[str]:
    flags = "".join(f"        x{n} {{}} # finding\n" for n in range(30_000))
    write(
        at / "rules" / "own" / "r.yaml",
        "title: Something is wrong\nseverity: low\nsince: 0.1.0\nwhen:\n  grant:\n    role: roles/x\nmessage: x\n"
        f"why: x\nfix: x\nreferences: [https://example.com/x]\nexamples:\n  flags:\n    - terraform: |\n{flags}"
        "  passes:\n    - terraform: |\n        x {}\n",
    )
    write(at / ".iamlint.yaml", "rules: [rules]\n")
    return ["explain", "own/r"]


# -- diagnose ----------------------------------------------------------------------------------------------------------

_DENIED = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."


@hostile
def diagnose_a_log_of_errors(at: Path) -> list[str]:
    write(at / "main.tf", HONEST)
    write(at / "log.txt", (f"Error 403: {_DENIED} for a{n}@p.iam.gserviceaccount.com\n" for n in range(9_000)))
    return ["diagnose", ".", "--error", "log.txt"]


@hostile
def diagnose_a_line_of_braces(at: Path) -> list[str]:
    write(at / "main.tf", HONEST)
    write(at / "log.txt", "{" * 300_000 + '"error":' * 60_000)
    return ["diagnose", ".", "--error", "log.txt"]


@hostile
def diagnose_a_chain(at: Path) -> list[str]:
    _chain(at)
    return ["diagnose", ".", "--caller", f"serviceAccount:{account(2900)}", "--target", account(0)]


@hostile
def diagnose_many_grants(at: Path) -> list[str]:
    _many_grants(at, 6000)
    return ["diagnose", ".", "--caller", "user:nobody@example.com", "--target", "x@p.iam.gserviceaccount.com"]


@hostile
def diagnose_many_workflows(at: Path) -> list[str]:
    step = (
        "      - uses: google-github-actions/auth@v2\n        with:\n          workload_identity_provider: "
        "projects/1/locations/global/workloadIdentityPools/p/providers/g{0}\n          service_account: {1}\n"
    )
    for number in range(600):
        steps = "".join(step.format(n, account(n)) for n in range(7))
        text = f"on: push\njobs:\n  a:\n    runs-on: x\n    permissions: {{id-token: write}}\n    steps:\n{steps}"
        write(at / ".github" / "workflows" / f"w{number}.yaml", text)
    write(at / "main.tf", HONEST)
    return ["diagnose", ".", "--target", account(1), "--caller", "user:eve@example.com"]


@hostile
def diagnose_a_workflow_of_aliases(at: Path) -> list[str]:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]\n"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 40)]
    jobs = "jobs:\n  a:\n    runs-on: x\n    steps: *a39\n"
    write(at / ".github" / "workflows" / "w.yaml", "on: push\n" + "".join(lines) + jobs)
    write(at / "main.tf", HONEST)
    return ["diagnose", ".", "--target", account(1), "--caller", "user:eve@example.com"]


@hostile
def diagnose_a_deep_workflow(at: Path) -> list[str]:
    write(at / ".github" / "workflows" / "w.yaml", "on: push\njobs: " + "{a: " * 100_000)
    write(at / "main.tf", HONEST)
    return ["diagnose", ".", "--target", account(1), "--caller", "user:eve@example.com"]


# -- paths, who, reach -------------------------------------------------------------------------------------------------


@hostile
def paths_through_a_chain(at: Path) -> list[str]:
    _chain(at)
    return ["paths", ".", "--from", f"serviceAccount:{account(2900)}", "--to", account(0)]


@hostile
def paths_through_a_mesh(at: Path) -> list[str]:
    _mesh(at)
    return ["paths", ".", "--from", f"serviceAccount:{account(800)}", "--to", account(0)]


@hostile
def who_of_a_mesh(at: Path) -> list[str]:
    _mesh(at)
    return ["who", account(0), "."]


@hostile
def reach_of_a_mesh(at: Path) -> list[str]:
    _mesh(at)
    return ["reach", f"serviceAccount:{account(800)}", "."]


# -- compare -----------------------------------------------------------------------------------------------------------


@hostile
def compare_many_grants(at: Path) -> list[str]:
    _many_grants(at / "old", 3000)
    _many_grants(at / "new", 3000, "b")
    return ["compare", "old", "new"]


@hostile
def compare_a_mesh(at: Path) -> list[str]:
    _mesh(at / "new")
    write(at / "old" / "main.tf", HONEST)
    return ["compare", "old", "new"]


@hostile
def compare_many_groups(at: Path) -> list[str]:
    write(at / "old" / "main.tf", HONEST)
    members = [f"group:g{n}@example.com" for n in range(9_000)]
    bindings = [{"role": TOKENS, "members": members}, {"role": "roles/owner", "members": members[:3_000]}]
    (at / "new").mkdir()
    write(at / "new" / "main.tf", HONEST)
    write(at / "new" / "project-p.json", json.dumps({**_EXPORTED, "bindings": bindings}))
    return ["compare", "old", "new"]


# -- fix ---------------------------------------------------------------------------------------------------------------


@hostile
def fixes_in_one_file(at: Path) -> list[str]:
    some = (member(f"x{n}", f'"{TOKENS}"', f'"user:a{n}@example.com"') for n in range(5000))
    write(at / "main.tf", (HONEST, *some, *(member(f"y{n}", '"roles/editr"', f'"user:b{n}@b.c"') for n in range(3000))))
    return ["check", ".", "--diff"]
