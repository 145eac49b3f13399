"""The comparison with other linters: what it makes and counts, and the page that it wrote."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

import pytest
from costs import Cost, cost
from growth import FORMATS, GRANT, GROWING, made, module
from plans import plan_of
from program import run
from side_by_side import Given, Task, Tools, in_order, inputs, row, told
from speed_tables import PAGE, TABLES, cells, rows_of, with_rows


def test_the_plan_has_as_many_grants_in_each_of_its_parts(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(plan_of(3), encoding="utf-8")
    done = run("facts", "--format", "json", "plan.json", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    facts = [json.loads(line) for line in done.stdout.splitlines()]
    named = [one["principal"] for one in facts if one["kind"] == "grant"]
    assert named == [f"user:ana{number}@example.com" for number in range(3)]


@pytest.mark.skipif(os.name == "nt", reason="Windows does not count what a process and its children used")
def test_the_cost_is_that_of_the_process(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    assert 0.2 <= cost([sys.executable, "-c", busy], 1, tmp_path).seconds < 5
    idle = cost([sys.executable, "-S", "-c", "import time; time.sleep(0.3); print('x' * 99)"], 1, tmp_path)
    assert idle.seconds < 0.2
    assert idle.written == 100
    large = cost([sys.executable, "-S", "-c", "x = b'1' * 100_000_000"], 1, tmp_path)
    assert 90 < large.megabytes - idle.megabytes < 120


@pytest.mark.skipif(os.name == "nt", reason="Windows does not count what a process and its children used")
def test_the_cost_includes_processes_that_it_starts(tmp_path: Path) -> None:
    busy = "import time\nwhile time.process_time() < 0.2: pass"
    outer = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {busy!r}])"
    assert cost([sys.executable, "-c", outer], 1, tmp_path).seconds >= 0.2


def test_a_row_has_the_ratios_of_what_was_measured() -> None:
    def of(seconds: float) -> Cost:
        return Cost(seconds, 80.4, 0)

    taken = {"iamlint": of(2.0), "trivy": of(3.0)}
    assert row("a plan", taken, of(0.5)) == "| a plan | 2.00 | 3.00 |  | 1.5 |  | 4.0 | 80 |"
    taken = {"iamlint": of(2.0), "checkov": of(20.0)}
    assert row("b", taken, None) == "| b | 2.00 |  | 20.00 |  | 10.0 |  | 80 |"


def test_a_tool_is_skipped_for_the_tasks_that_a_glob_names() -> None:
    given = Given(1, ("checkov:a *", "*:an export"))
    asked = [("checkov", "a plan"), ("trivy", "an export"), ("trivy", "a plan"), ("checkov", "one file")]
    assert [given.skips(*one) for one in asked] == [True, True, False, False]


def test_the_measured_lines_are_named_with_or_without_their_table() -> None:
    given = Given(1, (), ("growth: *", "one file", "formats: sarif"))
    asked = [("growth", "plan"), ("peers", "one file"), ("formats", "sarif"), ("formats", "json"), ("peers", "plan")]
    assert [given.measures(*one) for one in asked] == [True, True, True, False, False]


def test_the_commands_use_neither_network_nor_cache(tmp_path: Path) -> None:
    (tmp_path / "peers" / "bin").mkdir(parents=True)
    (tmp_path / "peers" / "bin" / "trivy").touch()
    tools, task = Tools(tmp_path), Task("one", tmp_path, options=("--hook",))
    assert {"--no-cache", "--hook", str(tmp_path)} <= set(tools.check("iamlint", task))
    assert {"--skip-check-update", str(tmp_path)} <= set(tools.check("trivy", task))
    assert {"--skip-download", "-d", str(tmp_path)} <= set(tools.check("checkov", task))


def test_the_inputs_of_growth_have_the_size_that_they_are_named_for(tmp_path: Path) -> None:
    for one in GROWING:
        sizes = []
        for size in (40, 80):
            path = made(tmp_path, one, size * (1_000 if one.unit == "bytes" else 1))
            sizes.append(sum(len(file.read_bytes()) for file in (path.rglob("*.tf") if path.is_dir() else [path])))
            if one.unit != "bytes":
                done = run("facts", "--format", "json", str(path), cwd=tmp_path)
                assert done.stdout.count('"kind": "grant"') == size
        assert 1.8 < sizes[1] / sizes[0] < 2.2


def test_the_module_of_the_formats_has_a_finding_for_each_grant(tmp_path: Path) -> None:
    module(GRANT, tmp_path / "module", 7)
    done = run("check", "--format", "json", "--exit-zero", "module", cwd=tmp_path)
    assert len(json.loads(done.stdout)["findings"]) == 7


def test_the_page_has_the_tables_that_the_bench_writes(tmp_path: Path) -> None:
    text = PAGE.read_text(encoding="utf-8")
    rows = rows_of(text)
    corpora = ("cloud-foundation-fabric", "terraform-example-foundation", "terraform-docs-samples", "data-infra")
    tasks = inputs(tmp_path, (tmp_path / name for name in corpora), grants=1, size=1)
    known = {"peers": ["the version", *(task.name for task in tasks), "an export of 1 GB"]}
    known |= {"growth": [one.name for one in GROWING], "formats": list(FORMATS)}
    for table in TABLES:
        assert list(rows[table.name]) == [name for name in known[table.name] if name in rows[table.name]]
        assert all(len(cells(line)) == len(table.columns) for line in rows[table.name].values())
    assert len(rows["peers"]) > 4
    again = with_rows(text, rows, told(3))
    assert rows_of(again) == rows
    assert all(table.head in again for table in TABLES)


def test_lines_have_the_order_in_which_they_are_measured() -> None:
    rows = dict.fromkeys(["a", "other", "c", "b"], "")
    assert list(in_order(rows, ["a", "b", "c", "d"])) == ["a", "other", "b", "c"]
