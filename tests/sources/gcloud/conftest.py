"""Exports written into a folder of their own, and read as a user would have them read."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iamlint.sources import read
from iamlint.sources.reading import Options, Reading

Export = Callable[..., Reading]


@pytest.fixture
def export(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Export:
    """``export(name, content, …)`` writes a file (JSON with an indent of two, text, or bytes) and reads it by name."""
    monkeypatch.chdir(tmp_path)

    def written(name: str, content: Any, **options: Any) -> Reading:
        path = Path(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        text = content if isinstance(content, str | bytes) else json.dumps(content, indent=2)
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return read([path], Options(**options))

    return written
