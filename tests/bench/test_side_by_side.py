"""The comparison with other linters: what it makes and counts, and the page that it wrote."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from program import run
from side_by_side import PAGE, Given, Task, Tools, inputs, page, plan_of, row, seconds, written


def test_the_plan_has_as_many_grants_in_each_of_its_parts(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan_of(3), encoding="utf-8")
    done = run("facts", "--format", "json", "plan.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    facts = [json.loads(line) for line in done.stdout.splitlines()]
    named = [one["principal"] for one in facts if one["kind"] == "grant"]
    assert named == [f"user:ana{number}@example.com" for number in range(3)]


def test_the_seconds_are_those_of_the_process(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.3: pass"
    assert 0.3 <= seconds([sys.executable, "-c", busy], 1, tmp_path) < 5
    assert seconds([sys.executable, "-S", "-c", "import time; time.sleep(0.5)"], 1, tmp_path) < 0.3


def test_a_row_has_the_ratios_of_what_was_measured() -> None:
    assert row("a plan", {"iamlint": 2.0, "trivy": 3.0}, 0.5) == "| a plan | 2.00 | 3.00 |  | 1.5 |  | 4.0 |"
    assert row("b", {"iamlint": 2.0, "checkov": 20.0}, None) == "| b | 2.00 |  | 20.00 |  | 10.0 |  |"


def test_a_tool_is_skipped_for_the_tasks_that_a_glob_names() -> None:
    given = Given(1, ("checkov:a *", "*:an export"))
    asked = [("checkov", "a plan"), ("trivy", "an export"), ("trivy", "a plan"), ("checkov", "one file")]
    assert [given.skips(*one) for one in asked] == [True, True, False, False]


def test_the_commands_use_neither_network_nor_cache(tmp_path: Path) -> None:
    (tmp_path / "peers" / "bin").mkdir(parents=True)
    (tmp_path / "peers" / "bin" / "trivy").touch()
    tools, task = Tools(tmp_path), Task("one", tmp_path, options=("--hook",))
    assert {"--no-cache", "--hook", str(tmp_path)} <= set(tools.check("iamlint", task))
    assert {"--skip-check-update", str(tmp_path)} <= set(tools.check("trivy", task))
    assert {"--skip-download", "-d", str(tmp_path)} <= set(tools.check("checkov", task))


def test_the_page_is_one_that_the_bench_writes(tmp_path: Path) -> None:
    table = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    made = [line for line in page([], 3).splitlines() if line.startswith("|")]
    assert table[: len(made)] == made
    corpora = ("cloud-foundation-fabric", "terraform-example-foundation", "terraform-docs-samples")
    tasks = inputs(tmp_path, (tmp_path / name for name in corpora), grants=1, size=1)
    assert list(written()) == [line.split("|")[1].strip() for line in table[len(made) :]]
    names = [line.split("|")[1].strip() for line in table[len(made) :]]
    assert names == ["the version", *(task.name for task in tasks)][: len(names)]
    assert len(names) > 4
