"""The command group loads a command when it is run, and what it shows without loading it is correct."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import click
import pytest
from test_streams import PROGRAM

from iamlint.cli.program import program
from iamlint.documents.compiled import compiled_text
from iamlint.methods.documents import heads
from iamlint.rules.catalog import shipped_folder
from iamlint.rules.record import compiled_rules

LOADED = "import sys; from iamlint.cli import main\ntry: main({0!r})\nexcept SystemExit: pass\nprint(*sys.modules)"


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], []])
def test_help_and_version_load_no_command(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", LOADED.format(arguments)], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {name for name in done.stdout.splitlines()[-1].split() if name.startswith("iamlint")}
    assert loaded <= {
        *("iamlint", "iamlint.cli", "iamlint.cli.program", "iamlint.cli.console", "iamlint.cli.streams"),
        *("iamlint.location", "iamlint.basics", "iamlint.basics.frozen", "iamlint.catalog_file"),
    }


GRANT = """
resource "google_project_iam_member" "m" {
  project = "shop"
  role    = "roles/owner"
  member  = "user:ana@example.com"
}
"""
NOT_FOR_A_SMALL_CHECK = {
    *("yaml", "tomllib", "subprocess", "lark", "celpy", "re2", "jsonschema", "pygls", "sarif_om", "attr", "difflib"),
    "hashlib",
    *("iamlint.sources.gcloud.export", "iamlint.sources.gcloud.stream", "iamlint.sources.terraform.plan.reading"),
    *(
        "iamlint.hcl.functions.table",
        "iamlint.hcl.reading.json_syntax",
        "iamlint.documents.json_text",
        "iamlint.server",
    ),
    *("iamlint.diagnosis", "iamlint.comparison", "iamlint.narrowing", "iamlint.accepted.changed", "iamlint.files.git"),
    "iamlint.sources.terraform.resources.policies.access_lists",
    # nothing here has a condition, blocks a grant, or is done by an account
    *("iamlint.conditions", "iamlint.estate.blockers", "iamlint.access.allow", "iamlint.access.blocking"),
    *("iamlint.graph.edges", "iamlint.graph.ways", "iamlint.paths", "iamlint.methods.index"),
    *("iamlint.queries.federation", "iamlint.queries.keys", "iamlint.queries.services", "iamlint.queries.tokens"),
    *("iamlint.queries.escalation.deployments", "iamlint.queries.policies.conditions"),
    # the file has no functions, references or types
    *("iamlint.hcl.evaluation.constraints", "iamlint.hcl.evaluation.operators", "iamlint.hcl.functions.unification"),
    *("iamlint.sources.terraform.instances.computed", "iamlint.sources.terraform.instances.policies"),
    # nothing is remembered, and no finding has a fix
    *("iamlint.cache.memory", "iamlint.cache.entry", "iamlint.sources.terraform.remembered"),
    *("iamlint.fixes.writing", "iamlint.fixes.layout", "iamlint.fixes.moves"),
}


@pytest.mark.parametrize(
    ("arguments", "most"),
    [(["check", "--no-cache", "--format", "json", "."], 218), (["explain", "alternate-credential"], 80)],
)
def test_a_command_loads_what_it_needs(arguments: list[str], most: int, tmp_path: Path) -> None:
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "main.tf").write_text(GRANT, encoding="utf-8")
    rules, methods = tmp_path / "rules.json", tmp_path / "methods.json"
    rules.write_text(compiled_rules(shipped_folder(), None), encoding="utf-8")
    methods.write_text(compiled_text(heads(), None), encoding="utf-8")
    prepared = (
        "from pathlib import Path; import iamlint.rules.catalog as c, iamlint.methods.documents as d; "
        f"c.COMPILED, d.COMPILED = Path({str(rules)!r}), Path({str(methods)!r}); "
    )
    done = subprocess.run(
        [sys.executable, "-I", "-c", prepared + LOADED.format(arguments)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
        cwd=folder,
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    assert NOT_FOR_A_SMALL_CHECK & loaded == set()
    assert len([name for name in loaded if name.partition(".")[0] == "iamlint"]) <= most


@pytest.mark.parametrize("name", program.list_commands(click.Context(program)))
def test_a_command_is_called_as_the_list_says(name: str) -> None:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    assert command.name == name
    help_text = command.get_short_help_str(limit=200)
    assert program_line(name) == help_text.removesuffix(".") + "."


def program_line(name: str) -> str:
    """Return the description of a command in ``--help``."""
    lines = program.get_help(click.Context(program, info_name="iamlint", max_content_width=200, terminal_width=200))
    return next(line.split(maxsplit=1)[1] for line in lines.splitlines() if line.startswith(f"  {name} "))


def test_the_nearest_name_is_proposed() -> None:
    done = subprocess.run([*PROGRAM, "ckeck"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (
        2,
        "error: command line: No such command 'ckeck'. Did you mean 'check'? (iamlint --help lists the commands)\n",
    )
