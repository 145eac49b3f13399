"""What Terraform only forgets stays in the cloud, and is an unread part; what it destroys is gone."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.facts import UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options

KEPT = "lifecycle {\n    destroy = false\n  }"


def told(tmp_path: Path, text: str, name: str = "main.tf") -> list[str]:
    (tmp_path / name).write_text(text)
    return [fact.reason for fact in read([tmp_path], Options()).facts if isinstance(fact, UnreadPart)]


@pytest.mark.parametrize(
    "address",
    [
        "google_project_iam_member.ci",
        "google_iam_deny_policy.d",
        "module.a.google_folder_iam_binding.b",
        "module.a.module.b",
    ],
)
def test_what_is_forgotten_is_told(tmp_path: Path, address: str) -> None:
    (reason,) = told(tmp_path, f"removed {{\n  from = {address}\n  {KEPT}\n}}\n")
    assert reason == f"{address} stays as it is: Terraform only forgets it"


def test_in_json_too(tmp_path: Path) -> None:
    text = '{"removed": [{"from": "google_project_iam_member.ci", "lifecycle": {"destroy": false}}]}'
    assert len(told(tmp_path, text, "main.tf.json")) == 1


@pytest.mark.parametrize(
    "block",
    [
        f"removed {{\n  from = google_storage_bucket.b\n  {KEPT}\n}}\n",
        "removed {\n  from = google_project_iam_member.ci\n  lifecycle {\n    destroy = true\n  }\n}\n",
        "removed {\n  from = google_project_iam_member.ci\n}\n",
        "moved {\n  from = google_project_iam_member.a\n  to = google_project_iam_member.b\n}\n",
    ],
)
def test_what_is_destroyed_or_grants_nothing_is_not(tmp_path: Path, block: str) -> None:
    assert told(tmp_path, block) == []
