"""Checks files that a test writes into a folder of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from iamlint.linter import lint
from iamlint.results.report import Report
from iamlint.rules.catalog import load_rules, select_rules
from iamlint.rules.rule import Rule
from iamlint.sources import read
from iamlint.sources.reading import Options

Check = Callable[..., Report]


@cache
def _selected(select: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the selected rules; their places are the same in every folder of a test."""
    rules, errors = select_rules(load_rules()[0], select)
    assert errors == []
    return rules


def checker(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Check:
    """Return ``check({"main.tf": …}, select=["broad-token-creator"])`` in a folder, which becomes the current one."""
    monkeypatch.chdir(folder)

    def run(
        files: Mapping[str, str], *, select: tuple[str, ...] = (), options: Options | None = None, **asked: Any
    ) -> Report:
        for name, text in files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8", newline="\n")
        return lint(read([Path()], options or Options()), _selected(tuple(select)), **asked)

    return run
