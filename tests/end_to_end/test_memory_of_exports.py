"""The memory that a finding of a large export takes, with all that is known of its project meanwhile."""

from __future__ import annotations

import gc
import gzip
import json
import tracemalloc
from collections.abc import Iterator
from pathlib import Path

from iamlint.linter import lint
from iamlint.roles import catalog
from iamlint.rules.catalog import load_rules
from iamlint.rules.interest import export_filter
from iamlint.sources import read
from iamlint.sources.reading import Options

MOST = 3_000
"""Bytes for each finding at most: it takes 2,760, and one more table with a tuple for each account about 250."""


def export(projects: int) -> Iterator[str]:
    """Yield the policies of projects, each with two default accounts, an owner, and an account of its own."""
    for number in range(100_000, 100_000 + projects):
        project, ancestors = f"project-{number}", [f"projects/{number}", f"folders/{number % 7}", "organizations/7"]
        home = f"//cloudresourcemanager.googleapis.com/projects/{project}"
        ci = f"ci@{project}.iam.gserviceaccount.com"
        editors = [f"{number}@cloudservices", f"{number}-compute@developer"]
        bindings = {
            "roles/editor": [f"serviceAccount:{one}.gserviceaccount.com" for one in editors],
            "roles/owner": [f"user:person.{number}@example.com"],
            "roles/iam.serviceAccountTokenCreator": [f"serviceAccount:{ci}"],
        }
        own = {"roles/iam.serviceAccountUser": [f"group:team.{number}@example.com"]}
        yield asset("cloudresourcemanager.googleapis.com/Project", home, bindings, ancestors)
        account = f"//iam.googleapis.com/projects/{project}/serviceAccounts/{ci}"
        yield asset("iam.googleapis.com/ServiceAccount", account, own, ancestors)


def asset(kind: str, name: str, bindings: dict[str, list[str]], ancestors: list[str]) -> str:
    policy = {"bindings": [{"role": role, "members": members} for role, members in bindings.items()]}
    return json.dumps({"name": name, "asset_type": kind, "iam_policy": policy, "ancestors": ancestors})


def memory(path: Path, projects: int) -> tuple[int, int]:
    """Return the number of findings in an export of projects, and the most bytes that its check takes."""
    with gzip.open(path, "wt") as file:  # a compressed export is read line by line, whatever its size
        file.write("\n".join(export(projects)))
    rules = load_rules()[0]
    gc.collect()
    tracemalloc.start(1)
    report = lint(read([path], Options(relevant=export_filter(rules, catalog()))), rules)
    most = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return len(report.findings), most


def test_a_finding_takes_few_kilobytes(tmp_path: Path) -> None:
    path = tmp_path / "export.json.gz"
    memory(path, 30)  # what is loaded or compiled once
    (few, less), (many, more) = (memory(path, projects) for projects in (6, 30))
    assert many == few * 5
    assert (more - less) / (many - few) < MOST
