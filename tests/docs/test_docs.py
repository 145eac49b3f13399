"""The documentation shows real output."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import click
import pytest
import yaml
from checkout import write
from click.testing import CliRunner
from pages import main as pages
from program import run

from iamlint import testing
from iamlint.accepted.configuration.config import Config
from iamlint.accepted.configuration.reading import read_config
from iamlint.budget import Allowance
from iamlint.cli.program import program
from iamlint.location import Unreadable
from iamlint.reporters import FORMATS
from iamlint.roles import catalog
from iamlint.rules.rule import Rule

ROOT = Path(__file__).parents[2]
TOPS = ("iamlint", "tests", "bench", "docs", "rules", ".github")


def test_the_generated_pages_are_current() -> None:
    assert pages(["--check"]) == 0, "run `python bench/pages.py`"


def test_the_rule_of_the_tutorial_runs(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "writing-rules.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- rule: begin -->\n```yaml\n(.*?)```", text, re.DOTALL)
    assert found
    document = tmp_path / "house" / "broad-storage-admin.yaml"
    document.parent.mkdir()
    document.write_text(found[1], encoding="utf-8")
    done = CliRunner().invoke(program, ["test", str(tmp_path)])
    assert done.exit_code == 0, done.output
    assert "1 passed, 0 failed" in done.output


def test_the_rule_of_the_tutorial_is_known_by_the_configuration_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = (ROOT / "docs" / "writing-rules.md").read_text(encoding="utf-8")
    (rule,) = re.findall(r"<!-- rule: begin -->\n```yaml\n(.*?)```", text, re.DOTALL)
    (settings,) = re.findall(r"```yaml\n(rules: .*?)```", text, re.DOTALL)
    write(tmp_path, {"security/house/broad-storage-admin.yaml": rule, ".iamlint.yaml": settings})
    assert run("explain", "broad-storage-admin", cwd=tmp_path).stdout.startswith("# broad-storage-admin\n")
    assert "house/broad-storage-admin " in run("rules", cwd=tmp_path).stdout
    run_examples = testing.run_examples

    def of_the_house(rule: Rule, *rest: Allowance) -> list[Unreadable]:
        """Run its examples; those of built-in rules are run by their own tests."""
        return run_examples(rule, *rest) if rule.family == "house" else []

    monkeypatch.setattr(testing, "run_examples", of_the_house)
    assert "ok      house/broad-storage-admin  (3 examples)\n" in run("test", cwd=tmp_path).stdout
    write(tmp_path, {"main.tf": "locals {}\n"})
    twice = run("check", "--rules", "security", cwd=tmp_path)
    assert (twice.returncode, twice.stderr) == (0, "")


def test_the_readme_names_commands_and_options_that_are_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    context = click.Context(program)
    commands = {name: program.get_command(context, name) for name in program.list_commands(context)}
    for name in set(re.findall(r"`iamlint (\w+)", text)):
        assert name in commands, name
    options = {option for one in commands.values() if one for param in one.params for option in param.opts}
    prose = re.sub(r"```(?:sh|text).*?```|`[^`\n]*pytest[^`\n]*`", "", text, flags=re.DOTALL)
    for option in set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", prose)):
        assert option in options, option


def test_every_option_and_format_is_documented() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]
    text = "\n".join(page.read_text(encoding="utf-8") for page in pages)
    known, context = set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)), click.Context(program)
    for name in program.list_commands(context):
        command = program.get_command(context, name)
        options = [
            one for one in (command.params if command else ()) if isinstance(one, click.Option) and not one.hidden
        ]
        assert [option for one in options for option in one.opts if option[:2] == "--" and option not in known] == [], (
            name
        )
    formats = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8")
    assert [name for name in FORMATS if f"\n| `{name}` | " not in formats] == []


def test_the_roles_that_the_tutorial_names_have_the_permission() -> None:
    text = " ".join((ROOT / "docs" / "writing-rules.md").read_text(encoding="utf-8").split())
    found = re.search(r"the permission is in (.*?) and in custom roles, and not in (`roles/\w+`)\.", text)
    assert found
    for names, holds in ((found[1], True), (found[2], False)):
        for role in re.findall(r"roles/[\w.]+", names):
            assert ("storage.buckets.setIamPolicy" in catalog().permissions(role)) == holds, role


def test_the_configurations_on_the_page_of_its_keys_are_valid(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    blocks = re.findall(r"```(yaml|toml)\n(.*?)```", text, re.DOTALL)
    assert len(blocks) > 12
    for kind, shown in blocks:
        path = tmp_path / ("pyproject.toml" if kind == "toml" else ".iamlint.yaml")
        path.write_text(shown, encoding="utf-8")
        found = read_config(path, path.name)
        assert isinstance(found, Config), (shown, found)
        assert found.written


def test_the_house_in_contributing_has_the_rooms_of_the_contract() -> None:
    """Each module of the layers has a row, and each row names modules that exist."""
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    layers = {name for layer in contracts[0]["layers"] for name in layer.split(" | ")}
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| ((?:`[\w/]+`(?:, )?)+) \|", text.partition("## Where does it go?")[0], re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`([\w/]+)`", row)}
    assert {name for name in named if "/" not in name} == layers - {"__main__"}
    assert all((ROOT / "iamlint" / name).is_dir() for name in named if "/" in name)


def test_files_that_contributing_names_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    every = [f"/{path.relative_to(ROOT).as_posix()}" for top in TOPS for path in (ROOT / top).rglob("*")]
    names = re.findall(r"`((?:[\w.-]+/)*[\w-]+\.(?:py|md|json|yaml|yml|txt|toml|in))`", text)
    assert len(names) > 20
    for name in names:
        assert (ROOT / name).is_file() or any(path.endswith(f"/{name}") for path in every), name


def test_the_inputs_of_the_action_are_named_in_the_page() -> None:
    page = (ROOT / "docs" / "in-ci.md").read_text(encoding="utf-8")
    table = page.partition("| input | what it does |")[2].partition("\n\n")[0]
    inputs = yaml.safe_load((ROOT / "action.yml").read_text(encoding="utf-8"))["inputs"]
    for name in re.findall(r"`([a-z-]+)`", re.sub(r"\|[^|]*\|$", "", table, flags=re.MULTILINE)):
        assert name in inputs, name
