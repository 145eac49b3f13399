"""``iamlint methods``: the list, one method's page, and the same as JSON."""

from __future__ import annotations

import json

from click.testing import CliRunner, Result

from iamlint.cli.program import program
from iamlint.methods.index import methods
from iamlint.methods.model import GROUPS


def run(*arguments: str) -> Result:
    return CliRunner().invoke(program, ["methods", *arguments])


def test_it_lists_every_method() -> None:
    done = run()
    assert done.exit_code == 0
    assert listed(done.output) == [one.id for one in methods()]
    groups = [line.partition(":")[0] for line in done.output.splitlines() if line and not line.startswith(" ")]
    assert groups == list(GROUPS)


def test_it_lists_a_group_and_the_methods_of_a_permission() -> None:
    assert run("id-token").output.startswith("id-token: Request an ID token\n  sa-mint-id-token  certain  ")
    assert listed(run("run.jobs.runWithOverrides").output) == ["run-job-run-with-overrides"]


def listed(text: str) -> list[str]:
    """Return the ids in a list, whose lines are indented."""
    return [line.split()[0] for line in text.splitlines() if line.startswith("  ")]


def test_it_explains_one() -> None:
    page = run("vertex-custom-job-as-agent").output
    assert page.startswith("# vertex-custom-job-as-agent\n")
    assert "`aiplatform.customJobs.create` on the project of the resource, or above it" in page
    assert "roles/aiplatform.customCodeServiceAgent" in page
    assert "## Near miss" in page


def test_it_says_why_there_is_no_example() -> None:
    assert "None can be run. Group settings are not in IAM." in run("group-open-join").output


def test_json_has_everything() -> None:
    (found,) = json.loads(run("run-service-create", "--format", "json").output)
    assert found["needs"] == [{"permission": "run.services.create", "on": "project"}]
    assert found["act_as"] == "named"
    assert found["yields"] == "code"
    assert found["examples"]["opens"].startswith("resource ")
    assert len(json.loads(run("--format", "json").output)) == len(methods())


def test_an_unknown_name_is_an_error() -> None:
    done = run("run-job-creates")
    assert done.exit_code == 2
    assert "no method, group or permission is called `run-job-creates`" in done.output
    assert "run-job-create" in done.output
