"""The documentation shows real output."""

from __future__ import annotations

import re
from pathlib import Path

import click
from click.testing import CliRunner
from pages import main as pages

from iamlint.accepted.configuration.config import Config, read_config
from iamlint.cli.program import program
from iamlint.roles import catalog

ROOT = Path(__file__).parents[2]


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


def test_the_readme_names_commands_and_options_that_are_there() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    context = click.Context(program)
    commands = {name: program.get_command(context, name) for name in program.list_commands(context)}
    for name in set(re.findall(r"`iamlint (\w+)", text)):
        assert name in commands, name
    options = {option for one in commands.values() if one for param in one.params for option in param.opts}
    prose = re.sub(r"```(?:sh|text).*?```", "", text, flags=re.DOTALL)
    for option in set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", prose)):
        assert option in options, option


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
