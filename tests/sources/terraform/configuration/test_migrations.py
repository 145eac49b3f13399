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
        "google_service_account_key.k",
        "google_storage_bucket_acl.b",
        "google_bigquery_dataset_access.d",
        "google_cloud_identity_group_membership.m",
    ],
)
def test_what_is_forgotten_is_told(tmp_path: Path, address: str) -> None:
    (reason,) = told(tmp_path, f"removed {{\n  from = {address}\n  {KEPT}\n}}\n")
    assert reason == f"{address} stays as it is: Terraform only forgets it"


@pytest.mark.parametrize("value", ['"false"', "!true", "(false)"])
def test_a_value_that_may_be_false(tmp_path: Path, value: str) -> None:
    assert (
        len(
            told(tmp_path, f"removed {{\n  from = google_project_iam_member.ci\n  {KEPT.replace('false', value)}\n}}\n")
        )
        == 1
    )


RUN = 'provisioner "local-exec" {\n    when    = destroy\n    command = "./grant.sh"\n  }'


def test_a_command_that_runs_when_it_is_removed(tmp_path: Path) -> None:
    (tmp_path / "grant.sh").write_text("gcloud projects add-iam-policy-binding prod --member=user:eve@example.com\n")
    (reason,) = told(tmp_path, f"removed {{\n  from = null_resource.x\n  {RUN}\n}}\n")
    assert reason.startswith("null_resource.x runs a command that changes IAM")
    assert told(tmp_path, f"removed {{\n  from = null_resource.x\n  {RUN.replace('grant', 'none')}\n}}\n") == []


def test_in_json_too(tmp_path: Path) -> None:
    text = '{"removed": [{"from": "google_project_iam_member.ci", "lifecycle": {"destroy": false}}]}'
    assert len(told(tmp_path, text, "main.tf.json")) == 1


@pytest.mark.parametrize(
    "block",
    [
        f"removed {{\n  from = google_storage_bucket.b\n  {KEPT}\n}}\n",
        f"removed {{\n  from = google_kms_crypto_key.k\n  {KEPT}\n}}\n",
        "removed {\n  from = google_project_iam_member.ci\n  lifecycle {\n    destroy = true\n  }\n}\n",
        "removed {\n  from = google_project_iam_member.ci\n}\n",
        "moved {\n  from = google_project_iam_member.a\n  to = google_project_iam_member.b\n}\n",
    ],
)
def test_what_is_destroyed_or_grants_nothing_is_not(tmp_path: Path, block: str) -> None:
    assert told(tmp_path, block) == []
