"""``--min-severity``: findings below a severity are counted, not reported, and never fail the run."""

from __future__ import annotations

import json
from pathlib import Path

import program
import pytest
from checkout import write

from iamlint.reporters import FORMATS

TWO = """\
resource "google_project_iam_member" "high" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
}
resource "google_project_iam_member" "low" {
  project = "shop"
  role    = "roles/editor"
  member  = "user:ana@example.com"
}
"""


@pytest.mark.parametrize(
    ("arguments", "code", "rules"),
    [
        ([], 1, ["broad-token-creator", "basic-role-impersonation"]),
        (["--min-severity", "low"], 1, ["broad-token-creator", "basic-role-impersonation"]),
        (["--min-severity", "high"], 1, ["broad-token-creator"]),
        (["--min-severity", "high", "--fail-on", "critical"], 0, ["broad-token-creator"]),
        (["--min-severity", "critical"], 0, []),
    ],
)
def test_findings_below_the_severity_are_counted(
    arguments: list[str], code: int, rules: list[str], tmp_path: Path
) -> None:
    write(tmp_path, {"main.tf": TWO})
    every = json.loads(program.run("check", "--format", "json", cwd=tmp_path).stdout)["findings"]
    done = program.run("check", "--format", "json", *arguments, cwd=tmp_path)
    report = json.loads(done.stdout)
    assert done.returncode == code
    assert report["findings"] == [one for one in every if one["rule"] in rules], "fingerprints do not change"
    severity = arguments[1] if arguments else None
    left_out = {"severity": severity, "findings_left_out": len(every) - len(rules)} if severity else None
    assert report["min_severity"] == left_out


@pytest.mark.parametrize("form", FORMATS)
def test_each_format_says_that_findings_were_left_out(form: str, tmp_path: Path) -> None:
    write(tmp_path, {"main.tf": TWO})
    done = program.run("check", "--format", form, "--min-severity", "critical", cwd=tmp_path)
    assert done.returncode == 0
    said = '"findings_left_out": 2' if form == "json" else "severity critical or higher: 2 findings below it left out"
    assert said in done.stdout
