"""What tests of the whole line share."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def outside(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for reports: in the repository, they would be changes, too."""
    return tmp_path_factory.mktemp("reports")
