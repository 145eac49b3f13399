"""What tests of the whole line share: a folder of files, checked."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from iamlint.linter import lint
from iamlint.report import Report
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.sources import read
from iamlint.sources.reading import Options

Check = Callable[..., Report]


@pytest.fixture
def check(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """``check({"main.tf": …}, select=["broad-token-creator"])`` in a directory of its own."""
    monkeypatch.chdir(tmp_path)

    def run(
        files: Mapping[str, str], *, select: tuple[str, ...] = (), options: Options | None = None, **asked: Any
    ) -> Report:
        for name, text in files.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        rules, errors = select_rules(load_rules()[0], select)
        assert errors == []
        return lint(read([Path()], options or Options()), rules, **asked)

    return run
