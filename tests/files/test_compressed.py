"""Exports compressed with zstd, and the error if no library can read them."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iamlint.facts import Grant
from iamlint.files import compressed
from iamlint.sources import read
from iamlint.sources.gcloud import stream
from iamlint.sources.reading import Options

NAME = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
zstd: Any = pytest.importorskip(NAME, reason="exports in zstd need a library, which the group test has")


def text(count: int = 2) -> bytes:
    """Return the lines of an export, one grant each."""
    asset = {
        "name": "//cloudresourcemanager.googleapis.com/projects/shop",
        "asset_type": "cloudresourcemanager.googleapis.com/Project",
        "ancestors": ["projects/123456789012"],
    }
    policies = ({"bindings": [{"role": "roles/owner", "members": [f"user:u{n}@example.com"]}]} for n in range(count))
    return b"".join(json.dumps({**asset, "iam_policy": policy}).encode() + b"\n" for policy in policies)


def principals(path: Path) -> tuple[list[str], list[str]]:
    reading = read([path], Options())
    found = [fact.principal.text for fact in reading.facts if isinstance(fact, Grant)]
    return found, [error.reason for error in reading.errors]


@pytest.mark.parametrize("name", ["a.ndjson.zst", "a.json.zst", "a.jsonl.zst"])
def test_an_export_in_zstd_is_read_as_it_is_without(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(zstd.compress(text()))
    expected: tuple[list[str], list[str]] = (["user:u0@example.com", "user:u1@example.com"], [])
    assert principals(tmp_path / name) == expected
    assert principals(tmp_path) == expected


def test_frames_one_after_another_are_one_text(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.zst"
    whole = text()
    middle = len(whole) // 2
    path.write_bytes(zstd.compress(whole[:middle]) + zstd.compress(whole[middle:]))
    assert principals(path)[0] == ["user:u0@example.com", "user:u1@example.com"]


@pytest.mark.parametrize(
    "broken",
    [lambda data: data[:-1000], lambda data: data[:-1000] + b"x" * 1000],
    ids=["it breaks off", "it is spoilt"],
)
def test_a_file_that_cannot_be_read_on_is_told(tmp_path: Path, broken: Callable[[bytes], bytes]) -> None:
    path = tmp_path / "a.ndjson.zst"
    path.write_bytes(broken(zstd.compress(text(5_000))))
    found, (reason,) = principals(path)
    assert reason.startswith("the rest of the file cannot be read: ")
    assert 0 < len(found) < 5_000


def test_little_that_is_made_of_much_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "LARGEST", 100_000)
    path = tmp_path / "a.ndjson.zst"
    path.write_bytes(zstd.compress(text(10_000)))
    found, reasons = principals(path)
    assert reasons == ["there are more than 100000 bytes"]
    assert 0 < len(found) < 1000


def test_a_frame_that_asks_for_much_memory_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson.zst"
    wide = {zstd.CompressionParameter.window_log: 28}
    with zstd.open(path, "wb", options=wide) as file:  # in a stream the size is unknown, and the window stays wide
        file.write(text(1000))
    with pytest.raises(OSError, match="memory"), compressed.opened(path) as file:
        file.read1(100)
    assert principals(path)[1] != []


def test_what_to_install_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.ndjson.zst"
    path.write_bytes(zstd.compress(text()))

    def absent(name: str) -> Any:
        raise ModuleNotFoundError(name)

    monkeypatch.setattr(importlib, "import_module", absent)
    (error,) = read([path], Options()).errors
    assert error.reason == "the file is compressed by zstd, for which a library is not installed"
    assert 'pip install "iamlint[zstd]"' in error.hint
    (error,) = read([tmp_path], Options()).errors
    assert "zstd" in error.reason
