"""The GitHub Action: its steps run as a runner runs them, and nothing that a pull request brings becomes a command."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from action_runner import ACTION, BAD, ROOT, Runner, commands
from checkout import commit
from many import some
from vendor_schemas import assert_valid


@pytest.fixture
def runner(tmp_path: Path) -> Iterator[Runner]:
    made = Runner(tmp_path)
    (made.workspace / "main.tf").write_text(BAD)
    yield made
    assert not (made.workspace / "pwned").exists()


def test_no_expression_stands_in_a_script() -> None:
    for step in ACTION["runs"]["steps"]:
        assert "${{" not in step.get("run", "")
        if "uses" in step:
            assert re.fullmatch(r"[\w./-]+@[0-9a-f]{40}", step["uses"]), "pinned by its commit"


def test_findings_fail_the_job_and_are_annotated(runner: Runner) -> None:
    job = runner.run()
    assert job.code == 1
    assert "::error file=main.tf,line=3," in job.log
    assert job.outputs["exit-code"] == "1"
    assert job.outputs["findings"] == "1"
    assert job.outputs["highest-severity"] == "high"
    assert "broad-token-creator" in job.summary
    assert [used["uses"].partition("@")[0] for used in job.used] == ["actions/cache"]


def test_a_clean_job(runner: Runner) -> None:
    (runner.workspace / "main.tf").write_text(BAD.replace("iam.serviceAccountTokenCreator", "logging.viewer"))
    job = runner.run()
    assert (job.code, job.outputs["findings"], job.outputs["highest-severity"]) == (0, "0", "")
    assert job.log.startswith("iamlint: no findings; 1 file read, "), "the log says that it ran"


def test_the_upload_runs_after_a_failure_and_finds_the_file(runner: Runner) -> None:
    job = runner.run(upload_sarif="true", category="dev")
    assert job.code == 1
    _, upload = job.used
    assert upload["category"] == "dev"
    assert Path(upload["sarif_file"]).is_file()


def test_inputs_choose(runner: Runner) -> None:
    (runner.workspace / "other").mkdir()
    (runner.workspace / "other" / "main.tf").write_text(BAD)
    assert runner.run(fail_on="critical").code == 0
    (runner.workspace / ".iamlint.yaml").write_text("fail-on: critical\n")
    assert runner.run().code == 0, "an empty fail-on leaves it to the configuration"
    assert runner.run(fail_on="high").code == 1
    assert runner.run(min_severity="critical").outputs["findings"] == "0"
    (runner.workspace / ".iamlint.yaml").unlink()
    assert runner.run(ignore="impersonation").code == 0
    unknown = BAD.replace('"user:ana@example.com"', "var.who") + 'variable "who" {}\n'
    (runner.workspace / "unknown").mkdir()
    (runner.workspace / "unknown" / "main.tf").write_text(unknown)
    assert runner.run(paths="unknown").code == 0
    assert runner.run(paths="unknown", fail_on_unknown="true").code == 1
    assert "var.who has no default" not in runner.run(paths="unknown").summary
    assert "var.who has no default" in runner.run(paths="unknown", show_unknown="true").summary
    (runner.workspace / "a b.tfvars").write_text('who = "user:ana@example.com"\n')
    assert runner.run(paths="unknown", var_file="a b.tfvars").outputs["findings"] == "1"
    assert runner.run(paths="other\nmain.tf").outputs["findings"] == "2"
    assert runner.run(working_directory="other").outputs["findings"] == "1"
    assert runner.run(summary="false").summary == ""
    (runner.workspace / "known.json").write_text(runner.run(format="json").log)
    assert runner.run(baseline="known.json").outputs["findings"] == "0"
    assert '"version": "2.1.0"' in runner.run(format="sarif").log
    assert runner.run(sarif_file="out.sarif").outputs["sarif-file"] == str(runner.workspace / "out.sarif")


def test_only_findings_on_changed_lines(runner: Runner) -> None:
    base = commit(runner.workspace)
    other = BAD.replace("ana@", "bo@").replace('"ci"', '"bo"')
    (runner.workspace / "other.tf").write_text(other)
    job = runner.run(changed_since=base)
    assert (job.code, job.outputs["findings"]) == (1, "1")
    assert "::error file=other.tf,line=3," in job.log
    assert "main.tf" not in job.log
    commit(runner.workspace)
    assert runner.run(changed_since="HEAD~1").outputs["findings"] == "1"
    assert runner.run(changed_since="HEAD").code == 0
    assert runner.run(changed_since="").outputs["findings"] == "2"
    missing = runner.run(changed_since="0" * 40)
    assert missing.code == 2
    assert "fetch-depth: 0" in missing.log


def test_the_summary_begins_with_counts_on_request(runner: Runner) -> None:
    (runner.workspace / "a_b").mkdir()
    (runner.workspace / "a_b" / "main.tf").write_text(BAD.replace("serviceAccountTokenCreator", "serviceAccountUser"))
    assert "| folder |" not in runner.run().summary
    job = runner.run(statistics="true")
    rules, folders = job.summary.index("| findings | rule |"), job.summary.index("| findings | folder |")
    assert rules < folders < job.summary.index("| severity | rule | where | what |")
    assert re.search(r"\| 1 \| \[broad-token-creator\]\(https://\S+\) \| high \|", job.summary)
    assert "| 1 | a&#95;b | 1 medium |" in job.summary
    assert "::error file=main.tf" in job.log, "annotations do not change"


HOSTILE = ('$(touch pwned)"; touch pwned; #', "`touch pwned`", "--exit-zero\n; touch pwned")
NAMES = (
    "paths", "select", "ignore", "source_root", "sarif_file", "working_directory", "fail_on", "var_file", "resource",
    "role_catalog", "config", "changed_since", "min_severity", "format", "comment_from", "rules", "baseline", "base",
)  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_hostile_inputs_are_no_commands(runner: Runner, name: str) -> None:
    for hostile in HOSTILE:
        job = runner.run(**{name: hostile})
        assert job.code in (1, 2), job.log


@pytest.mark.parametrize("first", range(some(1, 3)))
def test_nor_are_they_to_the_shell(tmp_path: Path, first: int) -> None:
    """All at once, in the shells and processes of a runner; each has one of the texts, by turns."""
    hostile = HOSTILE[first]
    texts = (HOSTILE * 9)[first:]
    runner = Runner(tmp_path, processes=True)
    names = (*NAMES[:-4], "category", "token", "index_url", "no_ignore")
    job = runner.run(**dict(zip(names, texts, strict=False)))
    assert job.code == 2
    assert not (runner.workspace / "pwned").exists()
    for name in ("version", "python"):
        setup = Runner(tmp_path / name, installed=False)
        assert setup.run(**{name: hostile}).code == 2
        assert not (setup.workspace / "pwned").exists()


@pytest.mark.parametrize(
    ("inputs", "said"),
    [
        ({"no_ignore": "yes"}, "no-ignore is true or false, not 'yes'"),
        ({"statistics": "all"}, "statistics is true or false, not 'all'"),
        ({"summary": "no"}, "summary is true or false, not 'no'"),
        ({"comment": "perhaps"}, "comment is true, false or data, not 'perhaps'"),
        ({"compare": "true", "base": "main"}, "base is not the full id of a commit: 'main'"),
        ({"changed_since": "--output=x"}, "changed-since may not begin with a dash"),
        ({"changed_since": "main\nnext"}, "changed-since is one line, not 2"),
        ({"config_from_base": "1"}, "config-from-base is true or false"),
        ({"config": "a.yaml", "no_config": "true"}, "config and no-config exclude each other"),
        ({"config": "a.yaml\nb.yaml"}, "config is one line, not 2"),
        ({"working_directory": "-"}, "working-directory may not begin with a dash"),
        ({"working_directory": "nowhere"}, "working-directory is not a directory"),
        ({"working_directory": "out"}, "leads out of the checkout through a symbolic link"),
        ({"working_directory": "out/below"}, "leads out of the checkout through a symbolic link"),
    ],
)
def test_an_input_that_could_be_misread_is_an_error(runner: Runner, inputs: dict[str, str], said: str) -> None:
    (runner.temp / "below").mkdir()
    (runner.workspace / "out").symlink_to(runner.temp)
    job = runner.run(**inputs)
    assert job.code == 2
    assert said in job.log
    assert job.log.startswith("::error title=iamlint::")
    assert job.outputs == {"exit-code": "2", "findings": "0", "highest-severity": "", "sarif-file": ""}


def test_a_directory_elsewhere_is_the_workflows_word(runner: Runner) -> None:
    (runner.temp / "exports").mkdir()
    (runner.temp / "exports" / "main.tf").write_text(BAD)
    assert runner.run(working_directory=str(runner.temp / "exports")).outputs["findings"] == "1"


def test_configuration_and_comments_are_the_workflows_to_choose(runner: Runner) -> None:
    (runner.workspace / ".iamlint.yaml").write_text("ignore: [impersonation]\n")
    (runner.workspace / "other.yaml").write_text("severity: {broad-token-creator: low}\n")
    assert runner.run().outputs["findings"] == "0"
    assert runner.run(no_config="true").outputs["findings"] == "1"
    assert runner.run(config="other.yaml").outputs["highest-severity"] == "low"
    (runner.workspace / "main.tf").write_text("# iamlint: ignore[broad-token-creator] mine\n" + BAD)
    assert runner.run(config="other.yaml").outputs["findings"] == "0"
    assert runner.run(config="other.yaml", no_ignore="true").outputs["findings"] == "1"


def test_a_report_that_the_checkout_brings_is_not_uploaded(runner: Runner) -> None:
    (runner.workspace / "iamlint.sarif").write_text("{}")
    job = runner.run(sarif_file="iamlint.sarif", upload_sarif="true", select="nothing", format="wrong", cache="false")
    assert (job.code, job.outputs["sarif-file"], job.used) == (2, "", [])


@pytest.mark.parametrize("form", ["github", "text", "json"])
def test_names_in_the_checkout_are_no_commands(runner: Runner, form: str) -> None:
    """Nor outputs: a file may be called anything that has no slash in it."""
    bad = BAD.replace("ana@example.com", "##[add-matcher]m.json")
    for number, name in enumerate(("::add-mask::a", "a\n::add-matcher::b", "##[add-matcher]c", "d\nexit-code=0", "x")):
        (runner.workspace / name).mkdir()
        (runner.workspace / name / "main.tf").write_text(bad if number % 2 else BAD)
        (runner.workspace / name / "::error::broken.tf").write_text("x {" if number else "")
    job = runner.run(format=form)
    assert job.code == 2
    assert set(commands(job.log)) == ({"error", "warning"} if form == "github" else set())
    assert job.outputs["exit-code"] == "2"
    assert set(job.outputs) == {"comment-data", "exit-code", "findings", "highest-severity", "opens", "sarif-file"}
    assert "##[" not in job.summary


def test_input_that_cannot_be_read_is_two(runner: Runner) -> None:
    job = runner.run(paths="nowhere.tf")
    assert job.code == 2
    assert job.outputs["exit-code"] == "2"


@pytest.mark.parametrize(
    ("schema", "path"),
    [
        ("github-actions", "action.yml"),
        ("github-workflows", ".github/workflows/ci.yml"),
        ("github-workflows", ".github/workflows/release.yml"),
    ],
)
def test_github_would_take_it(schema: str, path: str) -> None:
    assert_valid(ROOT / path, schema)


def test_the_recipes_use_inputs_that_there_are() -> None:
    text = (ROOT / "docs" / "security.md").read_text(encoding="utf-8")
    steps = [
        step
        for block in re.findall(r"```yaml\n(.*?)```", text, re.DOTALL)
        for step in re.findall(r"uses: iamlint/iamlint@REVISION\n\s*with:\n((?:\s{10}.*\n)+)", block)
    ]
    named = {line.split(":")[0].strip() for step in steps for line in step.splitlines()}
    assert len(steps) == 2
    assert {"config-from-base", "no-ignore", "config", "baseline"} <= named <= ACTION["inputs"].keys()


def test_zizmor_finds_nothing() -> None:
    command = [str(Path(sys.executable).with_name("zizmor")), "--offline", "--no-progress", "--persona", "pedantic"]
    done = subprocess.run([*command, "action.yml", ".github"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
