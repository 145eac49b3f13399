"""The page on comparisons shows what is really printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from iamlint.cli import main

PAGE = Path(__file__).parents[2] / "docs" / "compare.md"


def part(text: str, name: str) -> str:
    found = re.search(rf"<!-- {name}: begin -->\n```\w+\n(.*?)```\n<!-- {name}: end -->", text, re.DOTALL)
    assert found
    return found[1]


def test_the_example_prints_what_the_page_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = PAGE.read_text(encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    base = part(text, "base")
    for name, files in (("base", base), ("head", f"{base}\n{part(text, 'head')}")):
        Path(name).mkdir()
        Path(name, "main.tf").write_text(files, encoding="utf-8")
    with pytest.raises(SystemExit) as done:
        main(["compare", "base", "head"])
    assert done.value.code == 1
    assert capsys.readouterr().out.strip() == part(text, "output").strip()
