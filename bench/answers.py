"""Makes, for each plan, the exports that a user of its source would have: input for `bench/parity.py`.

    python bench/answers.py DIRECTORY < PAIRS > TRIPLES

PAIRS has lines of "ROOT<tab>PLAN". The prior state of a plan contains what Terraform asked Google while planning. Only
this is used: projects, as ``gcloud projects list --format=json`` prints them, that a ``google_project`` looked up, or
whose number is part of a default account or service agent that was looked up; and organizations, as ``gcloud
organizations list --format=json`` prints them. TRIPLES are the same lines with the file in DIRECTORY; lines of plans
without such lookups stay unchanged.
"""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NUMBERED = re.compile(r"(?:service-|bq-|project-)?(?P<number>\d{6,})[-@]")
"""The beginning of the e-mail of an account that Google names after the number of a project."""


def looked_up(plan: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield type and values of every data source that was read during planning."""
    waiting = [plan.get("prior_state", {}).get("values", {}).get("root_module", {})]
    while waiting:
        module = waiting.pop()
        waiting += module.get("child_modules", ())
        for resource in module.get("resources", ()):
            if resource["mode"] == "data":
                yield resource["type"], resource["values"]


def organizations(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The organizations, each once, by name."""
    found = {
        values["name"]: {
            "displayName": values["domain"],
            "name": values["name"],
            "owner": {"directoryCustomerId": values["directory_customer_id"]},
        }
        for kind, values in looked_up(plan)
        if kind == "google_organization"
    }
    return [found[name] for name in sorted(found)]


def projects(plan: dict[str, Any]) -> list[dict[str, Any]]:
    """The projects, each once, by id."""
    found: dict[str, dict[str, Any]] = {}
    for kind, values in looked_up(plan):
        if kind == "google_project":
            parent = {"type": "folder", "id": values["folder_id"]}
            if not values["folder_id"]:
                parent = {"type": "organization", "id": values["org_id"]}
            found[values["project_id"]] = {
                "name": values["name"],
                "parent": parent,
                "projectId": values["project_id"],
                "projectNumber": values["number"],
            }
        email = values.get("email") or values.get("email_address") or ""
        if kind.startswith("google_") and values.get("project") and (match := NUMBERED.match(email)):
            project = {"projectId": values["project"], "projectNumber": match["number"]}
            found.setdefault(values["project"], project)
    return [found[name] for name in sorted(found)]


def main() -> None:
    """Write an export for each plan that needs one, and print the lines with them."""
    directory = Path(sys.argv[1])
    directory.mkdir(parents=True, exist_ok=True)
    for number, line in enumerate(sys.stdin.read().splitlines()):
        plan = json.loads(Path(line.split("\t")[1]).read_text())
        path = directory / f"answers-{number}.json"
        exports = [found for found in (projects(plan), organizations(plan)) if found]
        if exports:
            path.write_text("\n".join(json.dumps(found, indent=2) for found in exports))
        print(f"{line}\t{path}" if exports else line)


if __name__ == "__main__":
    main()
