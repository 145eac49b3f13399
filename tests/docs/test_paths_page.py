"""The page about paths: its commands are run, and print what it shows."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
from click.testing import CliRunner

from iamlint.cli.program import program

PAGE = Path(__file__).parents[2] / "docs" / "paths.md"
EXAMPLES = re.findall(r"```console\n\$ iamlint ([^\n]*)\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)


def test_the_page_has_examples() -> None:
    assert len(EXAMPLES) == 4


@pytest.mark.parametrize(("command", "output"), EXAMPLES)
def test_a_command_of_the_page_prints_what_it_shows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str, output: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (source,) = re.findall(r"<!-- main.tf -->\n```hcl\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    Path("main.tf").write_text(source, encoding="utf-8")
    done = CliRunner().invoke(program, shlex.split(command))
    assert done.stderr == ""
    assert done.stdout == output
