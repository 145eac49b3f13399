"""A folder with all that root modules depend on, and changes of it, for tests of what a session remembers."""

from __future__ import annotations

import os
import random
from collections.abc import Mapping
from dataclasses import fields
from pathlib import Path

from edits import edited

from iamlint.results.report import Report
from iamlint.server.diagnostics import diagnostics
from iamlint.server.session import Session

GRANT = """\
resource "google_project_iam_member" "{name}" {{
  project = {project}
  role    = {role}
  member  = {member}
}}
"""
MAIN = """\
terraform {
  backend "gcs" {
    bucket = "states"
    prefix = "net"
  }
}
module "shared" {
  source = "../modules/shared"
  who    = var.who
}
module "second" {
  source = "../modules/shared"
  who    = "user:second@example.com"
}
variable "who" {
  default = "allUsers"
}
output "who" {
  value = var.who
}
output "role" {
  value = module.shared.role
}
"""
APP = """\
data "terraform_remote_state" "net" {
  backend = "gcs"
  config  = { bucket = "states", prefix = "net" }
}
locals {
  people = jsondecode(file("${path.module}/people.json"))
  more   = [for one in fileset(path.module, "more/*.yaml") : yamldecode(file("${path.module}/${one}")).who]
}
resource "google_project_iam_member" "state" {
  project = "p"
  role    = data.terraform_remote_state.net.outputs.role
  member  = data.terraform_remote_state.net.outputs.who
}
resource "google_project_iam_member" "people" {
  for_each = toset(concat(local.people, local.more))
  project  = "p"
  role     = "roles/iam.serviceAccountTokenCreator"
  member   = "user:${each.key}"
}
"""
SHARED = 'variable "who" {}\noutput "role" {\n  value = "roles/iam.serviceAccountTokenCreator"\n}\n' + GRANT.format(
    name="m", project='"p"', role='"roles/iam.serviceAccountTokenCreator"', member="var.who"
)
POLICY = """\
bindings:
- members: [user:export@example.com]
  role: roles/iam.serviceAccountTokenCreator
etag: BwXhqDVP
version: 1
"""
RULE = """\
description: A grant to ana.
severity: high
confidence: high
why: It is only for tests.
fix: Remove it.
when: {member: "user:ana@example.com"}
message: "`{principal}` has `{role}` on `{resource}`"
"""
CIRCLE = """\
terraform {{
  backend "gcs" {{
    bucket = "states"
    prefix = "{own}"
  }}
}}
data "terraform_remote_state" "other" {{
  backend = "gcs"
  config  = {{ bucket = "states", prefix = "{other}" }}
}}
output "role" {{
  value = coalesce(data.terraform_remote_state.other.outputs.role, "roles/iam.serviceAccountTokenCreator")
}}
output "plain" {{
  value = "roles/iam.serviceAccountTokenCreator"
}}
resource "google_project_iam_member" "{own}" {{
  project = "p"
  role    = data.terraform_remote_state.other.outputs.role
  member  = "user:ana@example.com"
}}
resource "google_project_iam_member" "plain_{own}" {{
  project = "p"
  role    = data.terraform_remote_state.other.outputs.plain
  member  = "user:ana@example.com"
}}
"""
"""One of two root modules that read each other's state, with an output that depends on itself."""
FILES = {
    "net/main.tf": MAIN,
    "net/terraform.tfvars": 'who = "user:ana@example.com"\n',
    "app/main.tf": APP,
    "app/people.json": '["ana@example.com", "bob@example.com"]\n',
    "app/more/one.yaml": "who: more@example.com\n",
    "app/.terraformignore": "more/\n",
    "alone/main.tf": GRANT.format(
        name="alone", project='"p"', role='"roles/iam.serviceAccountTokenCreator"', member='"user:ana@example.com"'
    ),
    "modules/shared/main.tf": SHARED,
    "exports/projects/shop/iam-policy.yaml": POLICY,
    ".iamlint.yaml": "exclude: [old/*]\n",
    "old/main.tf": GRANT.format(name="old", project='"p"', role='"roles/owner"', member='"allUsers"'),
    "values.yaml": "a: 1\n",
    "one/main.tf": CIRCLE.format(own="one", other="two"),
    "two/main.tf": CIRCLE.format(own="two", other="one"),
}
"""The files of the folder."""
SWAPS = (
    ("roles/iam.serviceAccountTokenCreator", "roles/logging.viewer"),
    ("roles/logging.viewer", "roles/owner"),
    ("roles/owner", "roles/iam.serviceAccountTokenCreator"),
    ("ana@example.com", "eve@example.com"),
    ("eve@example.com", "ana@example.com"),
    ('prefix = "net"', 'prefix = "net2"'),
    ('prefix = "net2"', 'prefix = "net"'),
    ('"../modules/shared"', '"../modules/other"'),
    ('"../modules/other"', '"../modules/shared"'),
    ("exclude: [old/*]", "exclude: [alone/*]"),
    ("exclude: [alone/*]", "rules: [policies]"),
    ("rules: [policies]", "select: [all]"),
    ("select: [all]", "exclude: [old/*]"),
    ("more/", "*.json"),
)
"""Texts, each with one that makes a difference in its place."""
NEW = {
    "modules/other/main.tf": SHARED.replace('"m"', '"other"'),
    "net2/main.tf": MAIN.replace("allUsers", "allAuthenticatedUsers"),
    "net/more.auto.tfvars": 'who = "allAuthenticatedUsers"\n',
    "app/more/two.yaml": "who: ana@example.com\n",
    "app/x_override.tf": 'variable "x" {}\n',
    "alone/main.tofu": GRANT.format(name="tofu", project='"p"', role='"roles/owner"', member='"allUsers"'),
    "policies/own/for-ana.yaml": RULE,
    "app/.terraform/modules/modules.json": '{"Modules": []}\n',
    "exports/org/iam-policy.json": '{"bindings": [{"role": "roles/owner", "members": ["allUsers"]}]}\n',
}
"""Files that may appear."""


def written(top: Path, files: Mapping[str, str]) -> None:
    """Write files, with the folders above them."""
    for name, text in files.items():
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        if (top / name).is_symlink():
            (top / name).unlink()
        (top / name).write_text(text, encoding="utf-8")


def change(session: Session, top: Path, seed: int) -> str:
    """Make a random change in a buffer or on the disk; return what it was."""
    draw = random.Random(seed)
    name = draw.choice(sorted({*FILES, *NEW}))
    path = top / name
    known = session.buffers.get(path)
    text = known if known is not None else path.read_text(encoding="utf-8") if path.is_file() else NEW.get(name, "")
    kind = draw.choice(["swap"] * 4 + ["typed", "closed", "written", "saved", "gone", "made", "link"])
    match kind:
        case "swap":
            found = [swap for swap in SWAPS if swap[0] in text]
            session.take(path, text.replace(*draw.choice(found)) if found else f"\n{text}")
        case "typed":
            session.take(path, edited(text, draw.randrange(1 << 30)))
        case "closed":
            session.close(path)
        case "saved" | "written":
            found = [swap for swap in SWAPS if swap[0] in text]
            written(top, {name: text.replace(*draw.choice(found)) if found and kind == "written" else text})
        case "gone":
            path.unlink(missing_ok=True)
            session.close(path)
        case "made":
            name = draw.choice(sorted(NEW))
            written(top, {name: NEW[name]})
        case "link":
            other = top / draw.choice(["modules/linked", "app/people.json"])
            if other.is_symlink() or other.is_file():
                other.unlink()
            os.symlink(top / draw.choice(["modules/shared", "app/more/one.yaml", ".."]), other)
    return f"{kind} {name}"


def shown(session: Session) -> dict[str, object]:
    """Return all results of a session: its diagnostics, and their report."""
    report = {one.name: getattr(session.run.report, one.name) for one in fields(Report) if one.name != "texts"}
    told = {str(path): [f"{one}" for one in diagnostics(session, path)] for path in sorted(session.problems)}
    return {**report, "told": told, "texts": {path: text.text for path, text in session.run.report.texts.items()}}
