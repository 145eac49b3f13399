"""The page about narrower rights: its commands are run, and print what it shows."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from pathlib import Path

from program import run

PAGE = Path(__file__).parents[2] / "docs" / "narrow.md"


def test_the_commands_of_the_page_print_what_it_shows(tmp_path: Path, expected: Callable[[Path, str], None]) -> None:
    page = PAGE.read_text(encoding="utf-8")
    for name, text in re.findall(r"<!-- ([\w.]+) -->\n```\w+\n(.*?)```", page, re.DOTALL):
        (tmp_path / name).write_text(text, encoding="utf-8")
    shown = []

    def printed(found: re.Match[str]) -> str:
        done = run(*shlex.split(found[1]), cwd=tmp_path)
        assert (done.returncode, done.stderr) == (0, "")
        shown.append(done.stdout)
        return f"```console\n$ iamlint {found[1]}\n{done.stdout}```"

    again = re.sub(r"```console\n\$ iamlint ([^\n]*)\n.*?```", printed, page, flags=re.DOTALL)
    assert len(shown) == 2
    assert "narrow serviceAccount:ci@" in shown[0]
    assert "unknown" in shown[1]
    expected(PAGE, again)
