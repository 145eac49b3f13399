"""Incomplete plans: unchanged resources count, and missing parts are reported."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iamlint.documents import read_json
from iamlint.documents.values import Value
from iamlint.facts import Denial, Grant, OrgPolicy, Pool, RemovedGrant, UnreadPart
from iamlint.location import SourceText
from iamlint.sources.reading import Options, Reading
from iamlint.sources.terraform.plan.reading import read_plan
from iamlint.sources.workspace import Workspace


def read(tmp_path: Path, **parts: Any) -> Reading:
    source = SourceText(
        "plan.json", json.dumps({"format_version": "1.2", "planned_values": {"root_module": {}}} | parts)
    )
    value = read_json(source)
    assert isinstance(value, Value)
    reading = read_plan(source, value, Options(), Workspace([tmp_path], tmp_path))
    assert reading.errors == []
    return reading


def head(name: str, kind: str = "google_project_iam_member") -> dict[str, Any]:
    return {"address": f"{kind}.{name}", "mode": "managed", "type": kind, "name": name}


def values(who: str) -> dict[str, Any]:
    return {"project": "shop", "role": "roles/viewer", "member": f"user:{who}@example.com", "condition": []}


def change(name: str, actions: list[str], before: str = "", after: str = "", **more: Any) -> dict[str, Any]:
    made = {"before": values(before) if before else None, "after": values(after) if after else None}
    return {**head(name), "change": {"actions": actions, **made, "after_unknown": {}}, **more}


def state(*names: str, **more: Any) -> dict[str, Any]:
    resources = [{**head(name), "values": values(name), **more} for name in names]
    return {"format_version": "1.0", "values": {"root_module": {"resources": resources}}}


def configuration(*names: str) -> dict[str, Any]:
    return {"root_module": {"resources": [{**head(name), "expressions": {}} for name in names]}}


def who(reading: Reading) -> list[str]:
    texts = (fact.principal.text for fact in reading.facts if isinstance(fact, Grant))
    return sorted(text.removeprefix("user:").removesuffix("@example.com") for text in texts)


def unread_parts(reading: Reading) -> list[str]:
    return [fact.reason for fact in reading.facts if isinstance(fact, UnreadPart)]


# -- what the plan does not touch --------------------------------------------------------------------------------------


def test_what_a_targeted_plan_does_not_touch_stays(tmp_path: Path) -> None:
    changes = [change("ana", ["update"], "ana", "ben"), change("gone", ["delete"], "gone")]
    reading = read(tmp_path, resource_changes=changes, prior_state=state("ana", "gone", "old"), complete=False)
    assert who(reading) == ["ben", "old"]
    (unread_part,) = unread_parts(reading)
    assert unread_part.startswith("this plan is not complete (complete is false: it was made with -target")


def test_a_refresh_only_plan_has_the_state(tmp_path: Path) -> None:
    reading = read(tmp_path, prior_state=state("ana", "ben"), configuration=configuration("ana", "ben"), complete=True)
    assert who(reading) == ["ana", "ben"]
    assert unread_parts(reading) == [
        "this plan is not complete (made with -refresh-only: it has no changes, only the state)"
    ]


def test_an_object_that_an_earlier_apply_left_stays_until_it_is_deleted(tmp_path: Path) -> None:
    left = state("ana")
    left["values"]["root_module"]["resources"] += state("old", deposed_key="a1")["values"]["root_module"]["resources"]
    left["values"]["root_module"]["resources"][1]["address"] = "google_project_iam_member.ana"
    assert who(read(tmp_path, prior_state=left)) == ["ana", "old"]
    deleted = change("ana", ["delete"], "old", deposed="a1")
    assert who(read(tmp_path, prior_state=left, resource_changes=[deleted])) == ["ana"]


def test_what_only_the_planned_values_have_counts_too(tmp_path: Path) -> None:
    root = state("ben")["values"]
    reading = read(tmp_path, resource_changes=[change("ana", ["create"], "", "ana")], planned_values=root)
    assert who(reading) == ["ana", "ben"]


@pytest.mark.parametrize(
    ("changed", "planned", "disputed"),
    [
        (change("ana", ["create"], "", "ana"), state("ben"), False),
        (change("ana", ["create"], "", "ana"), state("ana"), False),
        (change("ana", ["no-op"], "ana", "ana"), state("ana", values=values("ben")), True),
        (change("ana", ["delete"], "ana"), state("ana"), True),
        (change("ana", ["forget"], "ana"), state("ana", values=None), False),
        (change("ana", ["delete"], "old", deposed="a1"), state("ana"), False),
        (change("bucket", ["create"], "", "a") | head("bucket", "google_storage_object"), state("bucket"), False),
    ],
)
def test_planned_values_that_contradict_a_change(
    tmp_path: Path, changed: dict[str, Any], planned: dict[str, Any], *, disputed: bool
) -> None:
    reading = read(tmp_path, resource_changes=[changed], planned_values=planned["values"])
    why = (
        "planned_values and resource_changes disagree about google_project_iam_member.ana, and only the latter is read"
    )
    assert unread_parts(reading) == ([why] if disputed else [])


@pytest.mark.parametrize(
    ("parts", "reasons"),
    [
        ({"action_invocations": []}, []),
        ({"action_invocations": None}, []),
        (
            {"action_invocations": [{}]},
            ["action_invocations: iamlint does not read what an action of a provider would do"],
        ),
        (
            {"deferred_action_invocations": [{"reason": "x"}, {}]},
            ["deferred_action_invocations: iamlint does not read what 2 actions of providers would do"],
        ),
    ],
)
def test_actions_of_providers(tmp_path: Path, parts: dict[str, Any], reasons: list[str]) -> None:
    assert unread_parts(read(tmp_path, **parts)) == reasons


ADD = "gcloud projects add-iam-policy-binding shop --member=user:eve@example.com --role=roles/owner"


@pytest.mark.parametrize(
    ("kind", "after", "said"),
    [
        ("google_compute_project_metadata", {"metadata": {"startup-script": ADD}}, True),
        ("google_compute_instance", {"metadata_startup_script": ADD}, True),
        ("google_cloud_run_v2_job", {"template": [{"template": [{"containers": [{"args": ["-c", ADD]}]}]}]}, True),
        ("google_workflows_workflow", {"source_contents": "call: googleapis.run.v1.services.setIamPolicy"}, True),
        ("google_compute_instance", {"metadata_startup_script": "gcloud storage ls"}, False),
        ("google_container_node_pool", {"name": ADD}, False),
        ("google_logging_metric", {"filter": ADD}, False),
    ],
)
def test_programs_that_change_iam(tmp_path: Path, kind: str, after: dict[str, Any], said: bool) -> None:
    made = {"actions": ["create"], "before": None, "after": after, "after_unknown": {}}
    changes = [{**head(name, kind), "change": made} for name in ("one", "two")]
    parts = unread_parts(read(tmp_path, resource_changes=changes, complete=True))
    assert [part.partition(" which is not read")[0] for part in parts] == (
        [f"{kind}.one contains a change of IAM,"] if said else []
    )


def test_commands_of_provisioners(tmp_path: Path) -> None:
    def block(name: str, command: dict[str, Any]) -> dict[str, Any]:
        provisioner = {"type": "local-exec", "expressions": {"command": command}}
        return {**head(name, "null_resource"), "provisioners": [provisioner]}

    called = {"m": {"module": {"resources": [block("two", {"constant_value": f"bash -c '{ADD}'"})]}}}
    blocks = [block("one", {"constant_value": ADD}), block("not", {"constant_value": "gcloud storage ls"})]
    external = {"address": "data.external.e", "mode": "data", "type": "external", "name": "e"}
    program = {"expressions": {"program": {"constant_value": ["gcloud", *ADD.split()[1:], "x"]}}}
    resources = [*blocks, block("open", {"references": ["var.x"]}), external | program]
    configured = {"root_module": {"resources": resources, "module_calls": called}}
    parts = unread_parts(read(tmp_path, configuration=configured, resource_changes=[], complete=True))
    said = [part.partition(" runs a command that changes IAM")[0] for part in parts if "changes IAM" in part]
    assert said == ["null_resource.one", "data.external.e", "module.m.null_resource.two"]


def test_a_whole_plan_says_so(tmp_path: Path) -> None:
    changes = [change("ana", ["no-op"], "ana", "ana"), change("ben", ["delete"], "ben")]
    parts = {"prior_state": state("ana", "ben"), "configuration": configuration("ana", "count_is_0")}
    whole = read(tmp_path, resource_changes=changes, complete=True, errored=False, **parts)
    older = read(tmp_path, resource_changes=changes, **parts)
    for reading in (whole, older):
        assert (who(reading), unread_parts(reading)) == (["ana"], [])


# -- what is missing ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("parts", "why"),
    [
        ({"errored": True, "complete": False}, "errored: Terraform stopped with an error"),
        ({"errored": True}, "errored: Terraform stopped with an error"),
        ({"complete": False, "errored": False}, "complete is false: it was made with -target, or needs another plan"),
        ({"complete": None}, "complete is false: it was made with -target, or needs another plan"),
    ],
)
def test_an_incomplete_plan_names_what_it_lacks(tmp_path: Path, parts: dict[str, Any], why: str) -> None:
    written = configuration("a", "b", "c", "d", "e")
    inner = configuration("in")["root_module"]
    written["root_module"]["module_calls"] = {"m": {"module": inner, "expressions": {}}}
    reading = read(tmp_path, resource_changes=[change("a", ["create"], "", "a")], configuration=written, **parts)
    names = ", ".join(f"google_project_iam_member.{name}" for name in "bcd")
    assert unread_parts(reading) == [
        f"this plan is not complete ({why}): it does not say what becomes of {names} and 2 more"
    ]
    reading = read(tmp_path, resource_changes=[change("a", ["create"], "", "a")], **parts)
    assert unread_parts(reading) == [f"this plan is not complete ({why})"]


@pytest.mark.parametrize("reason", ["instance_count_unknown", "resource_config_unknown", "deferred_prereq"])
def test_a_deferred_grant_counts_and_is_told(tmp_path: Path, reason: str) -> None:
    deferred = {"reason": reason, "resource_change": change("m", ["create"], "", "ana")}
    reading = read(tmp_path, deferred_changes=[deferred], complete=False)
    assert who(reading) == ["ana"]
    assert unread_parts(reading) == [
        "this plan is not complete (deferred_changes: the rest needs another plan)",
        f"google_project_iam_member.m is left to a later plan ({reason})",
    ]


def test_a_deferred_change_takes_nothing_away(tmp_path: Path) -> None:
    deletes = {"reason": "deferred_prereq", "resource_change": change("ana", ["delete"], "ana")}
    updates = {"reason": "deferred_prereq", "resource_change": change("ben", ["update"], "ben", "bob")}
    reading = read(tmp_path, deferred_changes=[deletes, updates], prior_state=state("ana", "ben"), complete=False)
    assert who(reading) == ["ana", "ben", "bob"]
    assert not [fact for fact in reading.facts if isinstance(fact, RemovedGrant)]


def test_a_deferred_denial_closes_nothing(tmp_path: Path) -> None:
    rule = {"deny_rule": [{"denied_principals": ["x"], "denied_permissions": ["iam.googleapis.com/roles.create"]}]}
    after = {"parent": "cloudresourcemanager.googleapis.com%2Fprojects%2Fshop", "name": "d", "rules": [rule]}
    denial = {**head("d", "google_iam_deny_policy"), "change": {"actions": ["create"], "after": after}}
    now = read(tmp_path, resource_changes=[denial])
    assert [fact for fact in now.facts if isinstance(fact, Denial | OrgPolicy)]
    later = read(tmp_path, deferred_changes=[{"reason": "deferred_prereq", "resource_change": denial}])
    assert not [fact for fact in later.facts if isinstance(fact, Denial | OrgPolicy)]
    assert "google_iam_deny_policy.d is left to a later plan (deferred_prereq)" in unread_parts(later)


# -- what Terraform forgets --------------------------------------------------------------------------------------------


def test_what_is_forgotten_stays_in_the_cloud(tmp_path: Path) -> None:
    planned = state("ana")["values"]  # as Terraform 1.11 has it
    reading = read(tmp_path, resource_changes=[change("ana", ["forget"], "ana")], planned_values=planned)
    assert (who(reading), unread_parts(reading)) == (["ana"], [])
    assert not [fact for fact in reading.facts if isinstance(fact, RemovedGrant)]


def test_what_is_forgotten_for_its_replacement_stays_too(tmp_path: Path) -> None:
    assert who(read(tmp_path, resource_changes=[change("x", ["create", "forget"], "ana", "ben")])) == ["ana", "ben"]


def test_a_forgotten_binding_owns_its_role_no_more(tmp_path: Path) -> None:
    before = {"project": "shop", "role": "roles/viewer", "members": ["user:ana@example.com"]}
    forgotten = {**head("x", "google_project_iam_binding"), "change": {"actions": ["forget"], "before": before}}
    (grant,) = (fact for fact in read(tmp_path, resource_changes=[forgotten]).facts if isinstance(fact, Grant))
    assert grant.origin == "member"


@pytest.mark.parametrize("actions", [["delete", "create"], ["create", "delete"]])
def test_a_replacement_counts_after(tmp_path: Path, actions: list[str]) -> None:
    assert who(read(tmp_path, resource_changes=[change("x", actions, "ana", "ben")])) == ["ben"]


@pytest.mark.parametrize(
    "deferred", [7, {}, [7], [{}], [{"reason": 1, "resource_change": {}}], [{"resource_change": []}]]
)
def test_deferred_changes_of_a_wrong_shape_are_errors(tmp_path: Path, deferred: Any) -> None:
    source = SourceText("plan.json", json.dumps({"format_version": "1.2", "deferred_changes": deferred}))
    value = read_json(source)
    assert isinstance(value, Value)
    reading = read_plan(source, value, Options(), Workspace([tmp_path], tmp_path))
    assert [error.reason.startswith("deferred_changes") for error in reading.errors] == [True]


def test_a_pool_that_a_plan_imports_existed_before(tmp_path: Path) -> None:
    kind = "google_iam_workload_identity_pool"
    after = {"project": "shop", "workload_identity_pool_id": "ci"}
    changes = [
        {**head(name, kind), "change": {"actions": actions, "before": None, "after": after, **more}}
        for name, actions, more in (("a", ["no-op"], {"importing": {"id": "ci"}}), ("b", ["create"], {}))
    ]
    reading = read(tmp_path, resource_changes=changes)
    assert [fact.imported for fact in reading.facts if isinstance(fact, Pool)] == [True, False]
