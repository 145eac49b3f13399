"""Refusals that list several permissions: which are there, and the fewest roles for the others."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from diagnosis.small_inputs import ANA, ask, outcome, project_grant

from iamlint.diagnosis.fixes.fix_text import Member
from iamlint.diagnosis.fixes.several import RoleChoice, grants_of
from iamlint.diagnosis.recognition.said import read_error

WHO = "reader@shop.iam.gserviceaccount.com"
OBJECTS = f'Service account `{WHO}` does not have `[{{}}]` IAM permission(s) to the bucket "runs".'
INSTANCE = """ERROR: (gcloud.compute.instances.create) Could not fetch resource:
 - Required 'compute.instances.create' permission for 'projects/shop/zones/europe-west1-b/instances/vm'
 - Required 'compute.disks.create' permission for 'projects/shop/zones/europe-west1-b/disks/vm'
 - Required 'compute.subnetworks.use' permission for 'projects/net/regions/europe-west1/subnetworks/main'
"""
VM, DISK = "projects/shop/zones/europe-west1-b/instances/vm", "projects/shop/zones/europe-west1-b/disks/vm"
AUDIT = {
    "protoPayload": {
        "@type": "type.googleapis.com/google.cloud.audit.AuditLog",
        "status": {"code": 7, "message": "PERMISSION_DENIED"},
        "authenticationInfo": {"principalEmail": WHO},
        "serviceName": "storage.googleapis.com",
        "methodName": "storage.objects.create",
        "authorizationInfo": [
            {"resource": "projects/_/buckets/runs", "permission": "storage.buckets.get", "granted": True},
            {"resource": "projects/_/buckets/runs", "permission": "storage.objects.create"},
            {"resource": "projects/_/buckets/runs", "permission": "storage.objects.delete"},
        ],
    }
}


def on_bucket(role: str) -> str:
    return f"""
resource "google_storage_bucket_iam_member" "r" {{
  bucket = "runs"
  role   = "{role}"
  member = "serviceAccount:{WHO}"
}}
"""


@pytest.mark.parametrize(
    ("text", "needs"),
    [
        (OBJECTS.format("storage.objects.get, storage.objects.create"), "storage.objects.get storage.objects.create"),
        (OBJECTS.format("storage.objects.get and storage.objects.list"), "storage.objects.get storage.objects.list"),
        (
            "Permission 'run.services.get' denied. Missing permissions:\n- run.services.get\n- run.services.create",
            "run.services.get run.services.create",
        ),
        ("403: requires one of ['container.pods.get', 'container.pods.list'] permission", "container.pods.get"),
        ("Permission storage.objects.get or storage.objects.list is required to perform this operation on x", ""),
        (
            "Permission 'storage.objects.get' denied on resource\n\tat com.google.api.Client.run(Client.java)",
            "storage.objects.get",
        ),
        (json.dumps(AUDIT, indent=2), "storage.objects.create storage.objects.delete"),
    ],
)
def test_what_the_text_lists_is_needed(text: str, needs: str) -> None:
    """Alternatives do not count as a list, nor does a frame of a stack."""
    said = read_error(text)
    names = [name for name, _ in said.needs]
    assert names == (needs.split() or [said.permission])


@pytest.mark.parametrize(
    ("granted", "expected", "roles"),
    [
        ("", ("fails", "target-rights"), ["roles/storage.objectUser"]),
        (on_bucket("roles/storage.objectViewer"), ("fails", "target-rights"), ["roles/storage.objectCreator"]),
        (on_bucket("roles/storage.objectCreator"), ("fails", "target-rights"), ["roles/storage.objectViewer"]),
        (on_bucket("roles/storage.objectUser"), ("unknown", "missing-input"), []),
    ],
)
def test_each_permission_is_looked_up(
    tmp_path: Path, granted: str, expected: tuple[str, str], roles: list[str]
) -> None:
    text = OBJECTS.format("storage.objects.get, storage.objects.create")
    answer = ask(tmp_path, granted or 'resource "google_storage_bucket" "runs" {}', None, None, error=text)
    assert outcome(answer) == expected
    assert [line.split("--role=")[1] for line in answer.fix.gcloud.split("\n") if line] == roles
    assert "storage.objects.get, storage.objects.create on runs" in answer.asked
    if granted:
        held = [text for text in (*answer.also, *(one.message for one in answer.evidence)) if " by roles/" in text]
        assert held or expected[0] == "unknown"


def test_each_resource_gets_its_grant(tmp_path: Path) -> None:
    """What one role gives in one project is one grant; the subnetwork has a policy of its own."""
    answer = ask(tmp_path, project_grant('"user:ana@example.com"', "roles/viewer"), ANA, None, error=INSTANCE)
    assert outcome(answer) == ("fails", "target-rights")
    first, second = answer.fix.gcloud.split("\n")
    assert first.startswith("gcloud projects add-iam-policy-binding shop --member=user:ana@example.com")
    assert first.endswith("--role=roles/compute.instanceAdmin")
    assert second.startswith("gcloud compute networks subnets add-iam-policy-binding main --region=europe-west1")
    assert answer.fix.terraform.count('resource "') == 2
    assert f"compute.instances.create on {VM}; compute.disks.create on {DISK}" in answer.asked


def test_many_blocks_of_one_role_have_names_of_their_own() -> None:
    needs = tuple(("storage.objects.get", f"runs-{number}") for number in range(120))
    fix = grants_of(needs, RoleChoice("", "", "shop"), Member("user:ana@example.com", '"user:ana@example.com"'))
    names = re.findall(r'_iam_member" "(\w+)"', fix.terraform)
    assert names[:2] == ["object_viewer", "object_viewer_2"]
    assert len(set(names)) == 120
