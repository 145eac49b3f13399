"""Makes a synthetic asset export, and measures reading it.

    python bench/assets.py make FILE --size 1G      # the same bytes for the same size
    python bench/assets.py run FILE                 # CPU seconds and memory, and those of reading the lines alone

The mix follows the Kubernetes project's published audit of 243 projects: Google's agents with their own roles, Editor
for Google's default accounts, a few people; and, in addition to each project's policy, those of its resources.
"""

from __future__ import annotations

import argparse
import json
import random
import resource
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

UNITS = {"K": 1_000, "M": 1_000_000, "G": 1_000_000_000}
PLAIN = [
    *("roles/viewer", "roles/logging.viewer", "roles/monitoring.viewer", "roles/storage.objectViewer", "roles/browser"),
    *("roles/pubsub.subscriber", "roles/bigquery.dataViewer", "roles/bigquery.jobUser", "roles/run.invoker"),
    *("roles/cloudsql.client", "roles/secretmanager.secretAccessor", "roles/artifactregistry.reader"),
    *("roles/container.viewer", "roles/compute.viewer"),
]
POWERFUL = [
    *("roles/editor", "roles/owner", "roles/iam.serviceAccountUser", "roles/iam.serviceAccountTokenCreator"),
    *("roles/iam.workloadIdentityUser", "roles/compute.admin", "roles/iam.serviceAccountAdmin"),
]
AGENTS = [
    ("compute-system", "roles/compute.serviceAgent"),
    ("container-engine-robot", "roles/container.serviceAgent"),
    ("gcp-sa-pubsub", "roles/pubsub.serviceAgent"),
    ("gcp-sa-cloudbuild", "roles/cloudbuild.serviceAgent"),
]
OTHERS = [
    ("storage.googleapis.com/Bucket", "//storage.googleapis.com/{project}-{number}"),
    ("pubsub.googleapis.com/Topic", "//pubsub.googleapis.com/projects/{project}/topics/t-{number}"),
    ("pubsub.googleapis.com/Subscription", "//pubsub.googleapis.com/projects/{project}/subscriptions/s-{number}"),
    ("bigquery.googleapis.com/Dataset", "//bigquery.googleapis.com/projects/{project}/datasets/d_{number}"),
    ("secretmanager.googleapis.com/Secret", "//secretmanager.googleapis.com/projects/{project}/secrets/s-{number}"),
]
Binding = dict[str, object]


def assets() -> Iterator[str]:
    """Yield lines of an export, endlessly: for each project its policy, that of an account, and sixteen others."""
    chance = random.Random(20260822)
    project_number = 100_000_000_000
    while True:
        project_number += 1
        project = f"project-{project_number % 1_000_000:06}"
        ancestors = [f"projects/{project_number}", f"folders/{project_number % 977}", "organizations/7"]
        home = f"//cloudresourcemanager.googleapis.com/projects/{project}"
        yield asset(
            "cloudresourcemanager.googleapis.com/Project", home, of_project(chance, project, project_number), ancestors
        )
        account = f"//iam.googleapis.com/projects/{project}/serviceAccounts/ci@{project}.iam.gserviceaccount.com"
        yield asset("iam.googleapis.com/ServiceAccount", account, of_account(chance, project), ancestors)
        for number in range(16):
            kind, name = chance.choice(OTHERS)
            bindings = [of_other(chance, project, project_number) for _ in range(chance.randint(1, 5))]
            yield asset(kind, name.format(project=project, number=number), bindings, ancestors)


def asset(kind: str, name: str, bindings: list[Binding], ancestors: list[str]) -> str:
    policy = {"etag": "BwXabcdefgh=", "bindings": bindings}
    return json.dumps(
        {
            "name": name,
            "asset_type": kind,
            "iam_policy": policy,
            "ancestors": ancestors,
            "update_time": "2026-08-01T10:00:00Z",
        },
        separators=(",", ":"),
    )


def of_project(chance: random.Random, project: str, number: int) -> list[Binding]:
    """Return agents with their roles, Editor for the two default accounts, a few people and groups."""
    bindings: list[Binding] = [
        {"role": role, "members": [f"serviceAccount:service-{number}@{domain}.iam.gserviceaccount.com"]}
        for domain, role in AGENTS[: chance.randint(1, 4)]
    ]
    editors = [f"serviceAccount:{number}@cloudservices.gserviceaccount.com"]
    editors += [f"serviceAccount:{number}-compute@developer.gserviceaccount.com"] if chance.random() < 0.75 else []
    bindings.append({"role": "roles/editor", "members": editors})
    bindings.append({"role": "roles/owner", "members": [f"user:person.{chance.randrange(3_000)}@example.com"]})
    bindings += [
        {"role": role, "members": [f"group:team-{chance.randrange(3_000)}@example.com"]}
        for role in chance.sample(PLAIN, 3)
    ]
    if chance.random() < 0.3:
        member = f"serviceAccount:ci@{project}.iam.gserviceaccount.com"
        bindings.append({"role": chance.choice(POWERFUL), "members": [member]})
    return bindings


def of_account(chance: random.Random, project: str) -> list[Binding]:
    if chance.random() < 0.5:
        member = f"serviceAccount:{project}.svc.id.goog[web/web]"
        return [{"role": "roles/iam.workloadIdentityUser", "members": [member]}]
    member = f"group:team-{chance.randrange(3_000)}@example.com"
    return [{"role": "roles/iam.serviceAccountUser", "members": [member]}]


def of_other(chance: random.Random, project: str, number: int) -> Binding:
    members = [
        f"serviceAccount:sa-{chance.randrange(40)}@{project}.iam.gserviceaccount.com",
        f"serviceAccount:service-{number}@gcp-sa-pubsub.iam.gserviceaccount.com",
        f"user:person.{chance.randrange(30_000)}@example.com",
        f"group:team-{chance.randrange(3_000)}@example.com",
    ]
    if chance.random() < 0.0005:
        members.append("allUsers")
    return {"role": chance.choice(PLAIN), "members": members[chance.randrange(3) :]}


def make(path: Path, size: int) -> None:
    """Write lines until the file has that many bytes."""
    written = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for line in assets():
            file.write(line + "\n")
            written += len(line) + 1
            if written >= size:
                break


def run(path: Path) -> None:
    """Measure the lines alone, and a whole check, each in a separate process."""
    lines = "import sys\nwith open(sys.argv[1], 'rb') as file:\n    print(sum(1 for _ in file))\n"
    check = [sys.executable, "-m", "iamlint", "check", str(path), "--format", "json", "--exit-zero", "--no-config"]
    for name, command in (("lines alone", [sys.executable, "-c", lines, str(path)]), ("check", check)):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        told = done.stdout.strip() if name == "lines alone" else json.dumps(json.loads(done.stdout)["summary"])
        print(
            f"{name}: {cpu:.1f} CPU s, {time.monotonic() - start:.1f} s, {after.ru_maxrss // 1024} MB at most: {told}"
        )
        print(done.stderr, end="")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("action", choices=["make", "run"])
    parser.add_argument("file", type=Path)
    parser.add_argument("--size", default="100M")
    arguments = parser.parse_args()
    if arguments.action == "make":
        make(arguments.file, int(float(arguments.size[:-1]) * UNITS[arguments.size[-1]]))
    else:
        run(arguments.file)


if __name__ == "__main__":
    main()
