"""How many random examples a test compares: few in the suite, many with ``pytest --many``.

``--many`` runs only the files that ask here. ``.ci/run`` does so after the suite.
"""

from __future__ import annotations

import pytest

_ASKED: list[bool] = []


def option(parser: pytest.Parser) -> None:
    parser.addoption("--many", action="store_true", help="run random comparisons at length, and nothing else")


def configure(config: pytest.Config) -> None:
    """Note what was asked for, before any test module is imported."""
    _ASKED[:] = [config.getoption("--many")]


def some(few: int, many: int) -> int:
    """Return ``few`` in the suite, ``many`` with ``--many``."""
    return many if any(_ASKED) else few


def deselected(config: pytest.Config, items: list[pytest.Item]) -> list[pytest.Item]:
    """Return the tests that ``--many`` leaves out: those of files that do not ask for it."""
    if not config.getoption("--many"):
        return []
    return [item for item in items if vars(item.getparent(pytest.Module).obj).get("some") is not some]
