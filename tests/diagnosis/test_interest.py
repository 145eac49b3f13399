"""Large exports: what is left out decides nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from diagnosis.small_inputs import ANA, CI, CREATOR, DAY, PROJECTS, TARGET, USER, WORKLOAD, projects

from iamlint.diagnosis.asked.identity_files import Input, read_input
from iamlint.diagnosis.asking import Asked, answered
from iamlint.diagnosis.interest import relevance
from iamlint.facts import ExportedPolicy, Grant
from iamlint.roles import catalog
from iamlint.sources.gcloud import stream
from iamlint.sources.reading import Options

POOL = "principalSet://iam.googleapis.com/projects/2345678901/locations/global/workloadIdentityPools/gh"
ABOVE = ["projects/1234567890", "organizations/7"]
ACCOUNT = f"//iam.googleapis.com/projects/shop/serviceAccounts/{TARGET}"
PROJECT = "//cloudresourcemanager.googleapis.com/projects/1234567890"
ORGANIZATION = "//cloudresourcemanager.googleapis.com/organizations/7"


def asset(name: str, kind: str, **roles: list[str]) -> str:
    """A line of an export: a policy that grants roles to members."""
    bindings = [{"role": f"roles/{role.replace('__', '.')}", "members": members} for role, members in roles.items()]
    policy = {"etag": "BwX=", "bindings": bindings}
    return json.dumps({"name": name, "asset_type": kind, "iam_policy": policy, "ancestors": ABOVE})


EXPORT = "\n".join(
    [
        asset(
            PROJECT,
            "cloudresourcemanager.googleapis.com/Project",
            viewer=["group:all@example.com", ANA],
            editor=["serviceAccount:1234567890-compute@developer.gserviceaccount.com", "group:devs@example.com"],
            iam__serviceAccountUser=["group:devs@example.com"],
            storage__objectViewer=[f"{POOL}/attribute.repository/acme/other", "allUsers"],
        ),
        asset(
            ACCOUNT,
            "iam.googleapis.com/ServiceAccount",
            iam__serviceAccountTokenCreator=["user:bo@example.com", "group:minters@example.com"],
            iam__workloadIdentityUser=["serviceAccount:shop.svc.id.goog[web/app]"],
        ),
        asset(ORGANIZATION, "cloudresourcemanager.googleapis.com/Organization", browser=["domain:example.com"]),
        asset("//storage.googleapis.com/b", "storage.googleapis.com/Bucket", storage__admin=["group:g@example.com"]),
    ]
)


@pytest.fixture(autouse=True)
def each_export_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stream, "SMALL", 1)


def read(folder: Path, asked: Asked, *, whole: bool) -> Input:
    """The input of a question: everything of the export, or what the question needs."""
    (folder / "assets.json").write_text(EXPORT, encoding="utf-8")
    (folder / "projects.json").write_text(projects(*PROJECTS), encoding="utf-8")
    relevant = None if whole else relevance(asked, catalog())
    return read_input([folder], Options(folders_are_named=True, relevant=relevant))


@pytest.mark.parametrize("caller", [ANA, "user:bo@example.com", "group:minters@example.com", "ksa:shop/web/app"])
@pytest.mark.parametrize("method", ["generateAccessToken", "signBlob", "actAs"])
def test_the_answer_is_that_from_the_whole_export(tmp_path: Path, caller: str, method: str) -> None:
    asked = Asked(as_of=DAY, caller=caller, target=TARGET, method=method)
    whole, part = (read(tmp_path, asked, whole=one) for one in (True, False))
    expected, found = (answered(asked, one, catalog()) for one in (whole, part))
    assert (found.verdict, found.step, found.headline) == (expected.verdict, expected.step, expected.headline)
    assert found.not_in_input == expected.not_in_input
    assert len(part.reading.facts) < len(whole.reading.facts)


def test_only_what_may_decide_is_kept(tmp_path: Path) -> None:
    asked = Asked(as_of=DAY, caller=ANA, target=TARGET)
    facts = read(tmp_path, asked, whole=False).reading.facts
    kept = {(one.role, one.principal.text) for one in facts if isinstance(one, Grant)}
    assert ("roles/viewer", ANA) in kept
    assert ("roles/viewer", "group:all@example.com") not in kept
    assert ("roles/storage.objectViewer", f"{POOL}/attribute.repository/acme/other") in kept
    assert {CREATOR, WORKLOAD} <= {role for role, _ in kept}
    assert len([one for one in facts if isinstance(one, ExportedPolicy)]) == 4


@pytest.mark.parametrize(
    ("asked", "filters"),
    [
        (Asked(as_of=DAY), False),
        (Asked(as_of=DAY, caller=ANA), False),
        (Asked(as_of=DAY, target=TARGET), False),
        (Asked(as_of=DAY, caller=ANA, target="100000000000000000001"), False),
        (Asked(as_of=DAY, caller="vm:worker", target=TARGET), False),
        (Asked(as_of=DAY, caller=CI, permission="storage.objects.get", on="b"), True),
        (Asked(as_of=DAY, caller="github:acme/app", target=TARGET), True),
        (Asked(as_of=DAY, caller=f"serviceAccount:{CI}", target=TARGET, delegates=("101",)), False),
    ],
)
def test_a_question_without_names_needs_everything(asked: Asked, filters: bool) -> None:
    assert (relevance(asked, catalog()) is not None) is filters


@pytest.mark.parametrize("role", [CREATOR, USER, "roles/serviceusage.serviceUsageConsumer", "projects/shop/roles/own"])
def test_a_role_is_kept_that_may_give_what_a_step_asks_for(role: str) -> None:
    kept = relevance(Asked(as_of=DAY, caller=ANA, target=TARGET), catalog())
    assert kept
    assert kept.role(role)
    assert not kept.role("roles/browser")


@pytest.mark.parametrize(
    "asked",
    [
        Asked(as_of=DAY, caller=ANA, target=TARGET, permission="storage.objects.get", on="b"),
        Asked(as_of=DAY, caller=ANA, target=TARGET, method="storage.objects.get"),
        Asked(as_of=DAY, caller=ANA, target=TARGET, error="Permission 'storage.objects.get' denied on resource b"),
    ],
)
def test_a_role_with_the_permission_of_the_question_is_kept(asked: Asked) -> None:
    kept = relevance(asked, catalog())
    assert kept
    assert kept.role("roles/storage.objectViewer")
