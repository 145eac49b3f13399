"""The result of a plan and the content of an export in one estate."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

TOKEN = "roles/iam.serviceAccountTokenCreator"
RULE = ("broad-token-creator",)


def entry(
    form: str, after: dict[str, Any] | None, before: dict[str, Any] | None = None, *actions: str
) -> dict[str, Any]:
    kind = f"google_project_iam_{form}"
    change = {"actions": actions or ["create"], "before": before, "after": after, "after_unknown": {}}
    return {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "change": change}


def plan(*entries: dict[str, Any]) -> str:
    return json.dumps({"format_version": "1.2", "resource_changes": entries})


def policy(*bindings: tuple[str, list[str]], condition: str | None = None) -> str:
    written: list[dict[str, Any]] = [{"role": role, "members": members} for role, members in bindings]
    if condition:
        for one in written:
            one["condition"] = {"title": "t", "expression": condition}
    return json.dumps({"bindings": written, "etag": "BwX", "version": 3}, indent=1)


def grant(member: str = "user:ana@example.com", role: str = TOKEN) -> dict[str, Any]:
    return {"project": "shop", "role": role, "member": member}


def principals(check: Check, planned: str, exported: str) -> list[str]:
    report = check({"plan.json": planned, "project-shop.json": exported}, select=RULE)
    assert report.errors == ()
    return sorted(finding.principal for finding in report.findings)


def test_a_member_joins_what_is_there(check: Check) -> None:
    assert principals(check, plan(entry("member", grant())), policy((TOKEN, ["user:bo@example.com"]))) == [
        "user:ana@example.com",
        "user:bo@example.com",
    ]


def test_the_same_grant_is_told_once(check: Check) -> None:
    exported = policy((TOKEN, ["user:ana@example.com"]))
    report = check({"plan.json": plan(entry("member", grant())), "project-shop.json": exported}, select=RULE)
    (finding,) = report.findings
    assert finding.at.path == "plan.json"
    assert [(one.at.path, one.message) for one in finding.related] == [("project-shop.json", "an export shows it, too")]
    assert report.unknown_answers == ()


def test_a_binding_replaces_its_role_only(check: Check) -> None:
    bound = entry("binding", {"project": "shop", "role": TOKEN, "members": ["user:ana@example.com"]})
    exported = policy((TOKEN, ["user:bo@example.com"]), ("roles/iam.workloadIdentityUser", ["user:cy@example.com"]))
    assert principals(check, plan(bound), exported) == ["user:ana@example.com", "user:cy@example.com"]


def test_a_binding_leaves_those_under_another_condition(check: Check) -> None:
    bound = entry("binding", {"project": "shop", "role": TOKEN, "members": ["user:ana@example.com"]})
    exported = policy((TOKEN, ["user:bo@example.com"]), condition="request.time < timestamp('2999-01-01T00:00:00Z')")
    report = check({"plan.json": plan(bound), "project-shop.json": exported}, select=RULE)
    assert {finding.principal for finding in report.findings} | {
        unknown_answer.at.path for unknown_answer in report.unknown_answers
    } >= {"user:ana@example.com"}
    assert any(found.at.path == "project-shop.json" for found in (*report.findings, *report.unknown_answers))


def test_a_policy_replaces_everything(check: Check) -> None:
    owned = entry("policy", {"project": "shop", "policy_data": policy((TOKEN, ["user:ana@example.com"]))})
    exported = policy((TOKEN, ["user:bo@example.com"]), ("roles/iam.workloadIdentityUser", ["user:cy@example.com"]))
    assert principals(check, plan(owned), exported) == ["user:ana@example.com"]


def test_what_is_replaced_is_said(check: Check) -> None:
    owned = entry("policy", {"project": "shop", "policy_data": policy((TOKEN, ["user:ana@example.com"]))})
    exported = policy((TOKEN, ["user:ana@example.com", "user:bo@example.com", "user:cy@example.com"]))
    report = check({"plan.json": plan(owned), "project-shop.json": exported}, select=RULE)
    (unknown_answer,) = report.unknown_answers
    assert unknown_answer.reason == (
        "2 grants that this export shows are replaced or removed when google_project_iam_policy.x is applied: "
        f"user:bo@example.com as {TOKEN}, user:cy@example.com as {TOKEN}"
    )
    assert unknown_answer.at.path == "project-shop.json"


def test_it_replaces_nothing_of_another_project(check: Check) -> None:
    owned = entry("policy", {"project": "seed", "policy_data": policy((TOKEN, ["user:ana@example.com"]))})
    assert principals(check, plan(owned), policy((TOKEN, ["user:bo@example.com"]))) == [
        "user:ana@example.com",
        "user:bo@example.com",
    ]


@pytest.mark.parametrize(
    ("change", "left"),
    [
        (entry("member", None, grant(), "delete"), []),
        (entry("member", grant("user:cy@example.com"), grant(), "delete", "create"), ["user:cy@example.com"]),
        (entry("member", None, grant(), "forget"), ["user:ana@example.com"]),
        (entry("member", grant(), grant(), "no-op"), ["user:ana@example.com"]),
        (
            entry(
                "binding",
                {"project": "shop", "role": TOKEN, "members": []},
                {"project": "shop", "role": TOKEN, "members": ["user:ana@example.com"]},
                "update",
            ),
            [],
        ),
    ],
    ids=["deleted", "replaced", "forgotten", "kept", "emptied"],
)
def test_what_a_plan_takes_away_is_gone(check: Check, change: dict[str, Any], left: list[str]) -> None:
    assert principals(check, plan(change), policy((TOKEN, ["user:ana@example.com"]))) == left


def test_project_numbers_are_their_projects(check: Check) -> None:
    described = json.dumps({"projectId": "shop", "projectNumber": "1234567", "lifecycleState": "ACTIVE", "name": "s"})
    bound = entry("binding", {"project": "1234567", "role": TOKEN, "members": ["user:ana@example.com"]})
    files = {
        "plan.json": plan(bound),
        "project-shop.json": policy((TOKEN, ["user:bo@example.com"])),
        "described.json": described,
    }
    report = check(files, select=RULE)
    assert [finding.principal for finding in report.findings] == ["user:ana@example.com"]


def test_one_grant_in_two_exports_is_told_once(check: Check) -> None:
    """An export of assets has the project's number where the policy of the project has its id."""
    name = "//cloudresourcemanager.googleapis.com/projects/1234567"
    data = {"projectId": "shop", "projectNumber": "1234567", "lifecycleState": "ACTIVE"}
    asset = {
        "name": name,
        "asset_type": "cloudresourcemanager.googleapis.com/Project",
        "iam_policy": {"bindings": [{"role": TOKEN, "members": ["user:ana@example.com"]}]},
        "resource": {"data": data},
        "ancestors": ["projects/1234567", "organizations/42"],
    }
    files = {"assets.json": json.dumps([asset]), "project-shop.json": policy((TOKEN, ["user:ana@example.com"]))}
    (finding,) = check(files, select=RULE).findings
    assert str(finding.resource) == "project shop"
    assert "project-shop.json" in {finding.at.path, *(related.at.path for related in finding.related)}


CI = "serviceAccount:ci@shop.iam.gserviceaccount.com"
CHAIN = ("privileged-account-impersonation",)


def test_a_plan_and_an_export_show_together_what_neither_shows_alone(check: Check) -> None:
    """The plan lets a person mint the tokens of an account, and the export says that it owns the project."""
    kind = "google_service_account_iam_member"
    account = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
    after = {"service_account_id": account, "role": TOKEN, "member": "user:ana@example.com"}
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
    planned = plan({"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "change": change})
    exported = policy(("roles/owner", [CI]))
    report = check({"plan.json": planned, "project-shop.json": exported}, select=CHAIN)
    (finding,) = report.findings
    assert finding.principal == "user:ana@example.com"
    assert {related.at.path for related in finding.related} == {"project-shop.json"}


def test_the_plan_alone_does_not(check: Check) -> None:
    kind = "google_service_account_iam_member"
    account = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
    after = {"service_account_id": account, "role": TOKEN, "member": "user:ana@example.com"}
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
    planned = plan({"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "change": change})
    assert check({"plan.json": planned}, select=CHAIN).findings == ()


def test_the_export_alone_does_not(check: Check) -> None:
    assert check({"project-shop.json": policy(("roles/owner", [CI]))}, select=CHAIN).findings == ()


# -- removals -------------------------------------------------------------------------------------------------------

BO = policy((TOKEN, ["user:bo@example.com"]), ("roles/iam.workloadIdentityUser", ["user:cy@example.com"]))
NOBODY = policy()


def binding(*lines: str, project: str = "shop", role: str = TOKEN) -> str:
    inner = "\n  ".join((f'project = "{project}"', f'role = "{role}"', *lines))
    return f'resource "google_project_iam_binding" "x" {{\n  {inner}\n}}\n'


def owned_policy(document: str) -> str:
    return f'resource "google_project_iam_policy" "x" {{\n  project = "shop"\n  policy_data = {document}\n}}\n'


NO_POLICY = 'data "google_iam_policy" "none" {}\n'
CONDITION = 'condition {\n    title = "t"\n    expression = "true"\n  }'


@pytest.mark.parametrize(
    ("source", "left"),
    [
        (binding("members = []"), 1),
        ("locals {\n  who = []\n}\n" + binding("members = [for one in local.who : one]"), 1),
        (binding("members = []", CONDITION), 2),
        (binding("members = []", project="seed"), 2),
        (binding("members = []", role="roles/viewer"), 2),
        (binding(), 2),
        ('variable "on" {}\n' + binding("count = var.on", "members = []"), 2),
        (NO_POLICY + owned_policy("data.google_iam_policy.none.policy_data"), 0),
        (owned_policy("jsonencode({ bindings = [] })"), 0),
    ],
    ids=[
        "a binding",
        "a computed binding",
        "another condition",
        "another project",
        "another role",
        "no members at all",
        "perhaps none",
        "a policy",
        "a text",
    ],
)
def test_what_has_nobody_takes_from_those_who_are_there(check: Check, source: str, left: int) -> None:
    report = check({"main.tf": source, "project-shop.json": BO}, select=RULE)
    assert report.errors == ()
    assert len(report.findings) == left
    told = [
        unknown_answer.reason
        for unknown_answer in report.unknown_answers
        if "replaced or removed when google_project_iam_" in unknown_answer.reason
    ]
    assert bool(told) is (left < 2)


def test_a_plan_may_empty_a_binding(check: Check) -> None:
    emptied = entry("binding", {"project": "shop", "role": TOKEN, "members": []})
    assert principals(check, plan(emptied), BO) == ["user:cy@example.com"]


COMPUTE = "serviceAccount:1234567-compute@developer.gserviceaccount.com"
ENGINE = "serviceAccount:shop@appspot.gserviceaccount.com"
SHOP = json.dumps([{"projectId": "shop", "projectNumber": "1234567", "lifecycleState": "ACTIVE"}])


def tamed(action: str, project: str = "shop") -> str:
    return (
        f'resource "google_project_default_service_accounts" "x" {{\n project = "{project}"\n action = "{action}"\n}}\n'
    )


@pytest.mark.parametrize(
    ("action", "project", "left"),
    [
        ("DEPRIVILEGE", "shop", ["folder"]),
        ("DISABLE", "shop", []),
        ("DELETE", "shop", []),
        ("DEPRIVILEGE", "seed", ["folder", "project", "project"]),
        ("${var.action}", "shop", ["folder", "project", "project"]),
    ],
)
def test_default_accounts_that_terraform_deprives(check: Check, action: str, project: str, left: list[str]) -> None:
    files = {
        "main.tf": 'variable "action" {}\n' + tamed(action, project),
        "projects.json": SHOP,
        "project-shop.json": policy(("roles/editor", [COMPUTE, ENGINE])),
        "folder-1.json": policy(("roles/editor", [COMPUTE])),
    }
    report = check(files, select=("privileged-default-account",))
    assert report.errors == ()
    assert sorted(finding.resource.kind for finding in report.findings if finding.resource) == left


def test_only_compute_engine_s_and_app_engine_s_accounts_are_meant(check: Check) -> None:
    others = ["serviceAccount:1234567@cloudbuild.gserviceaccount.com", "serviceAccount:ci@shop.iam.gserviceaccount.com"]
    files = {
        "main.tf": tamed("DISABLE"),
        "projects.json": SHOP,
        "project-shop.json": policy(("roles/editor", [COMPUTE, ENGINE, *others])),
    }
    (unknown_answer,) = [
        unknown_answer for unknown_answer in check(files, select=RULE).unknown_answers if unknown_answer.rule is None
    ]
    assert unknown_answer.reason.startswith("2 grants that this export shows are replaced or removed")


def test_what_was_done_to_default_accounts_before_does_not_take_away_what_is_there_now(check: Check) -> None:
    kind = "google_project_default_service_accounts"
    after = {"project": "shop", "action": "DEPRIVILEGE", "restore_policy": "REVERT"}
    found = []
    for known, unknown in (({}, {"service_accounts": True}), ({"service_accounts": {"1": "x@y.z"}}, {})):
        change = {"actions": ["create"], "before": None, "after": {**after, **known}, "after_unknown": unknown}
        one = {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "change": change}
        files = {"plan.json": plan(one), "project-shop.json": policy(("roles/editor", [ENGINE]))}
        found.append(len(check(files, select=("privileged-default-account",)).findings))
    assert found == [0, 1]


# -- access lists --------------------------------------------------------------------------------------------------


def bucket_entry(role: str) -> dict[str, Any]:
    return {"bucket": "reports", "entity": "allUsers", "role": role}


def test_an_entry_of_an_access_list_that_a_plan_takes_away_is_gone(check: Check) -> None:
    kind = "google_storage_bucket_access_control"
    change = {"actions": ["delete"], "before": bucket_entry("READER"), "after": None, "after_unknown": {}}
    removed = {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "change": change}
    exported = {
        "name": "//storage.googleapis.com/projects/_/buckets/reports",
        "assetType": "storage.googleapis.com/Bucket",
        "iamPolicy": {"bindings": [{"role": "roles/storage.legacyBucketReader", "members": ["allUsers"]}]},
        "ancestors": ["projects/1234567"],
    }
    files = {"plan.json": plan(), "assets.json": json.dumps([exported])}
    assert len(check(files, select=("public-grant",)).findings) == 1
    assert check({**files, "plan.json": plan(removed)}, select=("public-grant",)).findings == ()


def test_what_a_plan_and_an_asset_say_of_one_dataset_is_told_once(check: Check) -> None:
    kind = "google_bigquery_dataset_iam_member"
    after = {"project": "shop", "dataset_id": "sales", "role": "roles/bigquery.dataViewer", "member": "allUsers"}
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
    planned = {"address": f"{kind}.x", "mode": "managed", "type": kind, "name": "x", "change": change}
    exported = {
        "name": "//bigquery.googleapis.com/projects/shop/datasets/sales",
        "assetType": "bigquery.googleapis.com/Dataset",
        "iamPolicy": {"bindings": [{"role": "roles/bigquery.dataViewer", "members": ["allUsers"]}]},
        "ancestors": ["projects/1234567"],
    }
    files = {"plan.json": plan(planned), "assets.json": json.dumps([exported])}
    (finding,) = check(files, select=("public-grant",)).findings
    assert finding.at.path == "plan.json"


@pytest.mark.parametrize(
    ("number", "told", "more"),
    [
        (1, "1 grant that this export shows is replaced or removed", ""),
        (5, "5 grants that this export shows are replaced or removed", ""),
        (6, "6 grants that this export shows are replaced or removed", " and 1 more"),
        (8, "8 grants that this export shows are replaced or removed", " and 3 more"),
    ],
)
def test_only_some_of_many_replaced_grants_are_named(check: Check, number: int, told: str, more: str) -> None:
    owned = entry("policy", {"project": "shop", "policy_data": policy((TOKEN, ["user:ana@example.com"]))})
    exported = policy((TOKEN, [f"user:u{one}@example.com" for one in range(number)]))
    report = check({"plan.json": plan(owned), "project-shop.json": exported}, select=RULE)
    (unknown_answer,) = report.unknown_answers
    assert unknown_answer.reason.startswith(told)
    shown = ", ".join(f"user:u{one}@example.com as {TOKEN}" for one in range(min(number, 5)))
    assert unknown_answer.reason.endswith(f" is applied: {shown}{more}")


def test_two_owners_of_what_one_export_shows_are_counted(check: Check) -> None:
    bindings = [
        {**entry("binding", {"project": "shop", "role": role, "members": ["user:ana@example.com"]}), "address": address}
        for role, address in ((TOKEN, "google_project_iam_binding.a"), ("roles/editor", "google_project_iam_binding.b"))
    ]
    exported = policy((TOKEN, ["user:bo@example.com"]), ("roles/editor", ["user:bo@example.com"]))
    report = check({"plan.json": plan(*bindings), "project-shop.json": exported}, select=RULE)
    (unknown_answer,) = report.unknown_answers
    assert "when google_project_iam_binding.a and 1 more is applied" in unknown_answer.reason
