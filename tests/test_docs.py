"""What the documentation shows is what happens."""

from __future__ import annotations

import re
from pathlib import Path

from click.testing import CliRunner

from iamlint.cli.commands import program
from iamlint.pages import main as pages

ROOT = Path(__file__).parents[1]


def test_the_generated_pages_are_current() -> None:
    assert pages(["--check"]) == 0, "run `python -m iamlint.pages`"


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
    for name in set(re.findall(r"`iamlint (\w+)", text)):
        assert name in program.commands, name
    options = {option for one in program.commands.values() for param in one.params for option in param.opts}
    for option in set(re.findall(r"(?<![\w-])(--[a-z][a-z-]+)", re.sub(r"```sh.*?```", "", text, flags=re.DOTALL))):
        assert option in options, option
