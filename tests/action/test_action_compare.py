"""The action's comparison: the base of a pull request with the checkout, onto the job's page."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from action_runner import BAD, Runner
from checkout import commit

GOOD = BAD.replace("iam.serviceAccountTokenCreator", "logging.viewer")


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(tmp_path)
    (made.workspace / "main.tf").write_text(GOOD)
    yield made
    assert not (made.workspace / "pwned").exists()


def test_what_opens_is_on_the_jobs_page(runner: Runner) -> None:
    base = commit(runner.workspace)
    (runner.workspace / "main.tf").write_text(BAD)
    tree = {"GITHUB_SERVER_URL": "https://github.com", "GITHUB_REPOSITORY": "o/r", "GITHUB_SHA": "b" * 40}
    runner.environment |= tree
    job = runner.run(compare="true", base=base, fail_on="never")
    assert (job.code, job.outputs["opens"]) == (0, "true")
    assert "iamlint compare:" in job.summary
    page = job.summary.partition("iamlint compare:")[2].partition("## iamlint:")[0]
    assert "serviceAccountTokenCreator" in page
    assert f"[main.tf:3](https://github.com/o/r/blob/{'b' * 40}/main.tf#L3)" in page


def test_nothing_opens(runner: Runner) -> None:
    job = runner.run(compare="true", base=commit(runner.workspace))
    assert (job.code, job.outputs["opens"]) == (0, "false")
    assert "nothing opens or closes" in job.summary


def test_without_a_base_nothing_is_compared(runner: Runner) -> None:
    job = runner.run(compare="true")
    assert (job.code, job.outputs["opens"]) == (0, "")


@pytest.mark.parametrize("base", ["0" * 40, "$(touch pwned)", "main; touch pwned", "HEAD"])
def test_a_base_that_is_no_commit_of_the_clone_fails(base: str, runner: Runner) -> None:
    commit(runner.workspace)
    job = runner.run(compare="true", base=base)
    assert job.code == 2
    assert "::error title=iamlint::" in job.log


def test_what_the_pull_request_changes_is_annotated_first(runner: Runner) -> None:
    """GitHub shows ten annotations of a kind: the old ones must not hide the new."""
    many = "".join(BAD.replace('"ci"', f'"ci{n}"').replace("ana@", f"u{n}@") for n in range(12))
    (runner.workspace / "main.tf").write_text(many)
    base = commit(runner.workspace)
    (runner.workspace / "zz.tf").write_text(BAD.replace('"ci"', '"new"'))
    first = next(line for line in runner.run(base=base).log.splitlines() if line.startswith("::error"))
    assert "file=zz.tf,line=3," in first
    job = runner.run(base="0" * 40)
    assert "note: changed lines do not come first" in job.log
    assert job.code == 1
