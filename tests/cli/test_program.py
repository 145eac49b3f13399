"""The command group loads a command when it is run, and what it says of a command without loading it is true."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from test_streams import PROGRAM

from iamlint.cli.program import program

LOADED = "import sys; from iamlint.cli import main\ntry: main({0!r})\nexcept SystemExit: pass\nprint(*sys.modules)"


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], []])
def test_help_and_version_load_no_command(arguments: list[str]) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c", LOADED.format(arguments)], capture_output=True, text=True, check=True, timeout=60
    )
    loaded = {name for name in done.stdout.splitlines()[-1].split() if name.startswith("iamlint")}
    assert loaded <= {
        *("iamlint", "iamlint.cli", "iamlint.cli.program", "iamlint.cli.console", "iamlint.cli.streams"),
        *("iamlint.location", "iamlint.frozen", "iamlint.packed"),
    }


@pytest.mark.parametrize("name", program.list_commands(click.Context(program)))
def test_a_command_is_called_as_the_list_says(name: str) -> None:
    command = program.get_command(click.Context(program), name)
    assert command is not None
    assert command.name == name
    help_text = command.get_short_help_str(limit=200)
    assert program_line(name) == help_text.removesuffix(".") + "."


def program_line(name: str) -> str:
    """Return what ``--help`` says of a command."""
    lines = program.get_help(click.Context(program, info_name="iamlint", max_content_width=200, terminal_width=200))
    return next(line.split(maxsplit=1)[1] for line in lines.splitlines() if line.startswith(f"  {name} "))


def test_the_nearest_name_is_proposed() -> None:
    done = subprocess.run([*PROGRAM, "ckeck"], capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stderr) == (
        2,
        "error: command line: No such command 'ckeck'. Did you mean 'check'? (iamlint --help lists the options)\n",
    )
