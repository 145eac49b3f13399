"""What docs/old-repositories.md says is so: its commands, its configuration, its entry."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

from checkout import commit, git
from program import run

from iamlint.accepted.baseline import Baseline, baseline_of
from iamlint.accepted.configuration.config import Config
from iamlint.accepted.configuration.reading import read_config
from iamlint.location import SourceText
from iamlint.rules.catalog import load_rules

PAGE = (Path(__file__).parents[2] / "docs" / "old-repositories.md").read_text(encoding="utf-8")
GRANT = """resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "group:ci@example.com"
}
"""


def shown(name: str, kind: str) -> str:
    (text,) = re.findall(rf"<!-- {name}: begin -->\n```{kind}\n(.*?)```", PAGE, re.DOTALL)
    return str(text)


def commands() -> list[list[str]]:
    found = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)
    return [shlex.split(line) for text in found for line in text.splitlines()]


def test_the_walk_of_the_page(tmp_path: Path) -> None:
    """From the first run to a pull request that passes, with the page's own commands and files."""
    (tmp_path / "main.tf").write_text(GRANT, encoding="utf-8")
    git(tmp_path, "init", "-q")
    write, since, since_base, _ = commands()
    assert run("check", ".", cwd=tmp_path).returncode == 1
    assert run(*write[1:], cwd=tmp_path).returncode == 0
    (tmp_path / ".iamlint.yaml").write_text(shown("configuration", "yaml"), encoding="utf-8")
    assert run("check", ".", cwd=tmp_path).returncode == 0
    commit(tmp_path)
    git(tmp_path, "update-ref", "refs/remotes/origin/main", "HEAD")
    base = git(tmp_path, "merge-base", "origin/main", "HEAD")
    assert since_base[-1] == "$(git merge-base origin/main HEAD)"
    for command in (since, [*since_base[:-1], base]):
        assert run(*command[1:], "--no-config", cwd=tmp_path).returncode == 0
    (tmp_path / "new.tf").write_text(GRANT.replace('"ci"', '"new"'), encoding="utf-8")
    for command in (["iamlint", "check", "."], since, [*since_base[:-1], base]):
        done = run(*command[1:], cwd=tmp_path)
        assert (done.returncode, done.stdout.count("-->")) == (1, 1)
        assert "new.tf:3:13" in done.stdout


def test_the_command_for_a_plan(tmp_path: Path) -> None:
    empty = {"root_module": {"resources": []}}
    values = {"project": "shop", "role": "roles/owner", "member": "group:ci@example.com"}
    named = {
        "mode": "managed",
        "type": "google_project_iam_member",
        "name": "ci",
        "address": "google_project_iam_member.ci",
    }
    change = {**named, "change": {"actions": ["create"], "before": None, "after": values, "after_unknown": {}}}
    plan = {
        "format_version": "1.2",
        "resource_changes": [change],
        "prior_state": {"format_version": "1.0", "values": empty},
    }
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    done = run(*commands()[-1][1:], cwd=tmp_path)
    assert done.returncode == 1
    assert done.stdout.endswith("only what is new in the plan: nothing is left out\n")


def test_the_configuration_and_the_entry_can_be_read(tmp_path: Path) -> None:
    (tmp_path / ".iamlint.yaml").write_text(shown("configuration", "yaml"), encoding="utf-8")
    assert isinstance(read_config(tmp_path / ".iamlint.yaml", ".iamlint.yaml"), Config)
    entry = shown("entry", "json").strip()
    assert set(json.loads(entry)) >= {"reason", "until"}
    found = baseline_of(SourceText("b.json", f'{{"iamlint_baseline": 2, "findings": [\n{entry}\n]}}\n'))
    assert isinstance(found, Baseline)
    assert (found.all[0].reason, str(found.all[0].until)) == ("moves to one account for each service", "2027-06-30")


def test_the_rules_of_the_page_are_all_about_acceptance() -> None:
    rules = {rule.slug for rule in load_rules()[0] if rule.family == "acceptance"}
    assert set(re.findall(r"^\| \[`([a-z-]+)`\]", PAGE, re.MULTILINE)) == rules


def test_files_that_the_page_links_to_are_there() -> None:
    for target in re.findall(r"\]\(([^)#:]+)\)", PAGE):
        assert (Path(__file__).parents[2] / "docs" / target).exists(), target
