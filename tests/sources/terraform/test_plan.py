"""Plans and states on their own: resources, unknown values, references, errors."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iamlint.documents import read_json
from iamlint.documents.values import Value
from iamlint.facts import Condition, Grant, Impersonation, Service, ServiceAccount
from iamlint.location import Location, SourceText
from iamlint.sources.reading import Options, Reading
from iamlint.sources.terraform.plan.reading import read_plan
from iamlint.sources.terraform.plan.recognition import is_plan
from iamlint.sources.workspace import Workspace
from iamlint.unknown import Unknown

CI = "serviceAccount:ci@shop.iam.gserviceaccount.com"


def read(document: Any, tmp_path: Path, *, indent: int | None = None) -> Reading:
    source = SourceText("plan.json", json.dumps(document, indent=indent))
    value = read_json(source)
    assert isinstance(value, Value)
    return read_plan(source, value, Options(), Workspace([tmp_path], tmp_path))


def change(
    address: str,
    after: Any,
    unknown: Any = None,
    actions: Any = ("create",),
    module: str | None = None,
    **more: Any,
) -> dict[str, Any]:
    own = address.removeprefix(f"{module}." if module else "").split("[", maxsplit=1)[0]
    kind, name = own.removeprefix("data.").split(".")
    mode = "data" if own.startswith("data.") else "managed"
    entry = {"address": address, "mode": mode, "type": kind, "name": name}
    if module:
        entry["module_address"] = module
    planned = {"actions": list(actions), "before": None, "after": after, "after_unknown": unknown or {}}
    return {**entry, "change": planned, **more}


def plan(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "resource_changes": list(changes), **more}


def configuration(resources: dict[str, dict[str, list[str]]], **more: Any) -> dict[str, Any]:
    return {"provider_config": {}, "root_module": module(resources, **more)}


def module(resources: dict[str, dict[str, list[str]]], **more: Any) -> dict[str, Any]:
    blocks = [
        {"address": address, "provider_config_key": "google", "expressions": expressions(arguments)}
        for address, arguments in resources.items()
    ]
    return {"resources": blocks, **more}


def expressions(arguments: dict[str, Any]) -> dict[str, Any]:
    return {
        name: {"references": listed(value)} if isinstance(value, list) else value for name, value in arguments.items()
    }


def listed(references: list[str]) -> list[str]:
    """Return references as Terraform lists them: each, followed by the resource of its attribute."""
    return [form for name in references for form in (name, name.rpartition(".")[0]) if "." in form]


def grants(reading: Reading) -> list[Grant]:
    assert reading.errors == []
    return [fact for fact in reading.facts if isinstance(fact, Grant)]


def member(address: str = "google_project_iam_member.x", **more: Any) -> dict[str, Any]:
    after = {"project": "shop", "role": "roles/viewer", "member": "user:ana@example.com", "condition": []}
    return change(address, after, **more)


# -- what is there -----------------------------------------------------------------------------------------------------


def test_what_a_plan_is() -> None:
    def document(text: str) -> Value:
        value = read_json(SourceText("x.json", text))
        assert isinstance(value, Value)
        return value

    assert is_plan(document('{"format_version": "1.2", "resource_changes": []}'))
    assert is_plan(document('{"format_version": "1.2", "planned_values": {}}'))
    assert is_plan(document('{"format_version": "1.0", "values": {}}'))
    assert not is_plan(document('{"format_version": "1.0"}'))
    assert not is_plan(document('{"resource_changes": []}'))
    assert not is_plan(document("[]"))


def test_a_grant_is_placed_on_its_value(tmp_path: Path) -> None:
    reading = read(plan(member()), tmp_path, indent=1)
    (grant,) = grants(reading)
    lines = reading.texts["plan.json"].text.splitlines()

    def at(place: Location) -> str:
        assert place.line == place.end_line
        return lines[place.line - 1][place.column - 1 : place.end_column - 1]

    assert at(grant.principal_place.at) == '"user:ana@example.com"'
    assert at(grant.role_place.at) == '"roles/viewer"'
    assert at(grant.resource_place.at) == '"shop"'
    assert at(grant.declared.at) == '"google_project_iam_member.x"'
    assert grant.principal_place.origin is None
    assert grant.declared.planned is None


@pytest.mark.parametrize(
    ("actions", "there"),
    [
        (("create",), True),
        (("update",), True),
        (("no-op",), True),
        (("read",), True),
        (("delete", "create"), True),
        (("create", "delete"), True),
        (("forget",), True),
        (("delete",), False),
    ],
)
def test_what_is_taken_away_states_nothing(tmp_path: Path, actions: tuple[str, ...], there: bool) -> None:
    entry = member(actions=actions)
    if actions in (("delete",), ("forget",)):
        entry["change"] = {**entry["change"], "before": entry["change"]["after"], "after": None}
    assert bool(grants(read(plan(entry), tmp_path))) is there


def test_a_deposed_object_states_nothing(tmp_path: Path) -> None:
    assert grants(read(plan(member(actions=("delete",), deposed="a1b2")), tmp_path)) == []


def test_keys_and_modules_are_in_the_address(tmp_path: Path) -> None:
    address = 'module.a["x.y"].google_project_iam_member.b["user:\\"q\\""]'
    (grant,) = grants(read(plan(member(address, module='module.a["x.y"]')), tmp_path))
    assert grant.declared.address == address


def test_planned_values_stand_in_for_missing_changes(tmp_path: Path) -> None:
    values = {"project": "shop", "role": "roles/viewer", "members": ["user:ana@example.com", "user:ben@example.com"]}
    address = "module.m[0].google_project_iam_binding.x"
    resource = {"address": address, "mode": "managed", "type": "google_project_iam_binding", "name": "x"}
    child = {"address": "module.m[0]", "resources": [{**resource, "values": values}]}
    root = {"resources": [], "child_modules": [child]}
    found = grants(read({"format_version": "1.2", "planned_values": {"root_module": root}}, tmp_path))
    assert [(g.principal.text, g.declared.address) for g in found] == [
        ("user:ana@example.com", address),
        ("user:ben@example.com", address),
    ]
    both = plan(
        member("google_project_iam_member.x"),
        planned_values={"root_module": {**root, "resources": [_resource(member("google_project_iam_member.x"))]}},
    )
    assert len(grants(read(both, tmp_path))) == 3


def _resource(entry: dict[str, Any]) -> dict[str, Any]:
    return {**{key: entry[key] for key in ("address", "mode", "type", "name")}, "values": entry["change"]["after"]}


def prior_state(*entries: dict[str, Any]) -> dict[str, Any]:
    return {"format_version": "1.0", "values": {"root_module": {"resources": [_resource(entry) for entry in entries]}}}


def test_a_state(tmp_path: Path) -> None:
    account = change(
        "google_service_account.ci",
        {"account_id": "ci", "project": "shop", "email": "ci@shop.iam.gserviceaccount.com", "unique_id": "1234"},
    )
    bucket = change(
        "google_storage_bucket_iam_member.x",
        {"bucket": "b/logs", "role": "roles/storage.admin", "member": CI, "id": "b/logs/…", "etag": "CAE="},
    )
    state = {"format_version": "1.0", "values": {"root_module": {"resources": [_resource(account), _resource(bucket)]}}}
    reading = read(state, tmp_path)
    (grant,) = grants(reading)
    assert str(grant.resource) == "storage bucket logs"
    (found,) = [fact for fact in reading.facts if isinstance(fact, ServiceAccount)]
    assert (found.email, found.unique_id) == ("ci@shop.iam.gserviceaccount.com", "1234")


def test_data_sources_that_were_read_while_planning(tmp_path: Path) -> None:
    token = change("data.google_service_account_access_token.t", {"target_service_account": "t@shop.iam"})
    reading = read(plan(member(), prior_state=prior_state(token)), tmp_path)
    assert len(grants(reading)) == 1
    (asked,) = (fact for fact in reading.facts if isinstance(fact, Impersonation))
    assert asked.target == "t@shop.iam"


def test_a_policy_inside(tmp_path: Path) -> None:
    policy = {"bindings": [{"role": "roles/owner", "members": ["user:ana@example.com"]}]}
    entry = change("google_folder_iam_policy.x", {"folder": "folders/1", "policy_data": json.dumps(policy)})
    (grant,) = grants(read(plan(entry), tmp_path))
    assert (grant.principal.text, grant.role, str(grant.resource)) == (
        "user:ana@example.com",
        "roles/owner",
        "folder 1",
    )


def test_a_condition(tmp_path: Path) -> None:
    after = member()["change"]["after"] | {"condition": [{"title": "t", "expression": "request.time < x"}]}
    (grant,) = grants(read(plan(change("google_project_iam_member.x", after)), tmp_path))
    assert grant.condition is not None
    after["condition"] = [{"title": "t"}]
    unknown = {"condition": [{"expression": True}]}
    (grant,) = grants(read(plan(change("google_project_iam_member.x", after, unknown)), tmp_path))
    assert not isinstance(grant.condition, Unknown | None)
    assert isinstance(grant.condition.expression, Unknown)
    assert grant.condition.expression.reason == "known after apply"


# -- what is not known yet ---------------------------------------------------------------------------------------------


def unknown_member(references: list[str], **more: Any) -> dict[str, Any]:
    entry = change("google_project_iam_member.x", {"project": "shop", "role": "r"}, {"member": True, "id": True})
    account = change("google_service_account.ci", {"account_id": "ci"}, {"email": True, "project": True})
    resources = {
        "google_project_iam_member.x": {"member": references, "role": [], "project": []},
        "google_service_account.ci": {"account_id": {"constant_value": "ci"}},
    }
    return plan(entry, account, configuration=configuration(resources), **more)


@pytest.mark.parametrize(
    "references",
    [
        ["google_service_account.ci.email"],
        ["google_service_account.ci.member"],
        ["google_service_account.ci", "each.key"],
        ["google_service_account.ci", "count.index"],
        ["google_service_account.ci.email", "var.x"],
        ["google_project.p.number"],
        ["module.accounts.member"],
        ["var.in_the_root"],
        [],
    ],
)
def test_references_do_not_tell_an_unknown_member(tmp_path: Path, references: list[str]) -> None:
    """They are the same for ``a.email`` and for ``length(a.email) > 0 ? "allUsers" : a.email``."""
    (grant,) = grants(read(unknown_member(references), tmp_path))
    assert grant.principal.unknown is not None
    assert grant.principal.unknown.reason == "known after apply"
    assert grant.principal.text == "${google_project_iam_member.x.member}"


@pytest.mark.parametrize(
    ("kind", "argument", "other"),
    [
        ("google_service_account_iam_member", "service_account_id", "google_service_account.ci.name"),
        ("google_project_iam_member", "project", "google_project.p.project_id"),
        ("google_folder_iam_member", "folder", "google_folder.f.name"),
    ],
)
def test_references_do_not_tell_an_unknown_resource(tmp_path: Path, kind: str, argument: str, other: str) -> None:
    entry = change(f"{kind}.x", {"role": "r", "member": CI}, {argument: True})
    account = change("google_service_account.ci", {"account_id": "ci", "project": "shop"}, {"name": True})
    names = {f"{kind}.x": {argument: [other]}, "google_service_account.ci": {}}
    (grant,) = grants(read(plan(entry, account, configuration=configuration(names)), tmp_path))
    assert isinstance(grant.resource.name, Unknown)
    assert f"{kind}.x.{argument}" in grant.resource.name.text


def test_an_unknown_argument_of_a_nested_block_is_named_by_its_place(tmp_path: Path) -> None:
    after = member()["change"]["after"] | {"condition": [{"title": "t"}]}
    entry = change("google_project_iam_member.x", after, {"condition": [{"expression": True}]})
    (grant,) = grants(read(plan(entry), tmp_path))
    assert isinstance(grant.condition, Condition)
    assert isinstance(grant.condition.expression, Unknown)
    assert grant.condition.expression.text == "${google_project_iam_member.x.condition[0].expression}"


def test_unknown_parts_of_lists(tmp_path: Path) -> None:
    after = {"project": "shop", "role": "r", "members": ["user:a@b.c", None]}
    entry = change("google_project_iam_binding.x", after, {"members": [False, True]})
    found = grants(read(plan(entry), tmp_path))
    assert [grant.principal.unknown is None for grant in found] == [True, False]
    whole = change("google_project_iam_binding.x", {"project": "shop", "role": "r"}, {"members": True})
    (grant,) = grants(read(plan(whole), tmp_path))
    assert grant.principal.unknown is not None
    assert grant.principal.unknown.reason == "known after apply"


def test_a_policy_that_is_read_during_the_apply_is_unknown(tmp_path: Path) -> None:
    binding = {"role": "roles/owner", "members": ["user:a@b.c", None], "condition": []}
    data = change(
        "data.google_iam_policy.p",
        {"binding": [binding]},
        {"policy_data": True, "binding": [{"members": [False, True]}]},
        actions=("read",),
    )
    entry = change("google_project_iam_policy.x", {"project": "shop"}, {"policy_data": True})
    refers = {"google_project_iam_policy.x": {"policy_data": ["data.google_iam_policy.p.policy_data"], "project": []}}
    (grant,) = grants(read(plan(data, entry, configuration=configuration(refers)), tmp_path))
    assert isinstance(grant.role, Unknown)
    assert grant.declared.address == "google_project_iam_policy.x"


# -- providers ---------------------------------------------------------------------------------------------------------


def with_provider(arguments: dict[str, Any], *changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    block = {"name": "google", "full_name": "registry.terraform.io/hashicorp/google"}
    refers = {entry["address"].split("[", maxsplit=1)[0]: {} for entry in changes}
    config = configuration(refers)
    config["provider_config"] = {"google": {**block, "expressions": expressions(arguments)}}
    return plan(*changes, configuration=config, **more)


def test_providers_impersonate(tmp_path: Path) -> None:
    arguments = {
        "impersonate_service_account": {"constant_value": "deployer@shop.iam"},
        "impersonate_service_account_delegates": {"constant_value": ["projects/-/serviceAccounts/hop@shop.iam"]},
        "user_project_override": {"constant_value": True},
        "billing_project": {"constant_value": "billing"},
    }
    token = change("data.google_service_account_jwt.t", {"target_service_account": "t@shop.iam"}, actions=("read",))
    asked, jwt = read(with_provider(arguments, token), tmp_path).facts
    assert isinstance(asked, Impersonation)
    assert (asked.target, asked.quota_project) == ("deployer@shop.iam", "billing")
    assert isinstance(asked.delegates, tuple)
    assert [name for name, _ in asked.delegates] == ["hop@shop.iam"]
    assert asked.declared.address == "provider.google"
    assert isinstance(jwt, Impersonation)
    assert (jwt.target, jwt.caller, jwt.quota_project) == ("t@shop.iam", "deployer@shop.iam", "billing")


@pytest.mark.parametrize("value", ["deployer", "deployer@shop.iam.gserviceaccount.com"])
def test_a_variable_may_be_only_a_part_of_the_account(tmp_path: Path, value: str) -> None:
    arguments = {"impersonate_service_account": ["var.name"]}
    (asked,) = read(with_provider(arguments, variables={"name": {"value": value}}), tmp_path).facts
    assert isinstance(asked, Impersonation)
    assert isinstance(asked.target, Unknown)
    assert asked.target.text == "${provider.google.impersonate_service_account}"
    assert asked.target.reason == "the plan names var.name here, not its value"


def test_a_project_that_only_the_provider_has(tmp_path: Path) -> None:
    service = change("google_project_service.s", {"service": "x.googleapis.com"}, {"project": True})
    (found,) = read(with_provider({"project": {"constant_value": "shop"}}, service), tmp_path).facts
    assert isinstance(found, Service)
    assert found.project == "shop"
    (found,) = read(with_provider({}, service), tmp_path).facts
    assert isinstance(found, Service)
    assert isinstance(found.project, Unknown)
    assert found.project.text == "${provider.google.project}"


def test_what_the_provider_fills_in_does_not_name_the_target(tmp_path: Path) -> None:
    after = {"project": "shop", "service": "s", "location": "europe-west1", "role": "r", "member": "user:a@b.c"}
    entry = change("google_cloud_run_service_iam_member.x", after)
    refers = configuration({"google_cloud_run_service_iam_member.x": {"service": [], "role": [], "member": []}})
    (grant,) = grants(read(plan(entry, configuration=refers), tmp_path))
    assert str(grant.resource) == "cloud run service shop/s"
    (grant,) = grants(read(plan(entry), tmp_path))
    assert str(grant.resource) == "cloud run service shop/europe-west1/s"


# -- bad input ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("document", "path"),
    [
        (plan() | {"resource_changes": {}}, "resource_changes: expected an array, found an object"),
        (plan() | {"resource_changes": [7]}, "resource_changes[0]: expected an object, found a number"),
        (plan({"address": "x"}), 'resource_changes[0]: expected an object with "change", found one without it'),
        (plan(member() | {"address": 1}), "resource_changes[0].address: expected a string, found a number"),
        (plan(member() | {"type": None}), "resource_changes[0].type: expected a string, found null"),
        (plan(member() | {"change": []}), "resource_changes[0].change: expected an object, found an array"),
        (plan(change("a.b", 7)), "resource_changes[0].change.after: expected an object, found a number"),
        (plan(member(actions=[{}])), "resource_changes[0].change.actions[0]: expected a string, found an object"),
        (plan(member(actions=("delete",)) | {"x": 1}, planned_values=3), "planned_values: expected an object"),
        (plan(planned_values={"root_module": []}), "planned_values.root_module: expected an object"),
        (
            plan(planned_values={"root_module": {"child_modules": [{"resources": [{}]}]}}),
            'planned_values.root_module.child_modules[0]: expected an object with "address"',
        ),
        (plan(prior_state="x"), "prior_state: expected an object, found a string"),
        (plan(configuration=[]), "configuration: expected an object, found an array"),
        (
            plan(configuration={"root_module": {"resources": 1}}),
            "configuration.root_module.resources: expected an array",
        ),
        *(
            (
                plan(configuration={"root_module": {"resources": [{"address": "a.b", "mode": "managed"} | {key: 7}]}}),
                f"configuration.root_module.resources[0].{key}: expected a string, found a number",
            )
            for key in ("address", "mode", "type", "provider_config_key")
        ),
        (plan(configuration={"provider_config": {"g": None}}), "configuration.provider_config.g: expected an object"),
        (plan(configuration={"provider_config": {"g": 1}}), "configuration.provider_config.g: expected an object"),
        (plan(variables={"v": 1}), "variables.v: expected an object, found a number"),
        ({"format_version": "1.0", "values": True}, "values: expected an object, found a boolean"),
    ],
)
def test_a_wrong_shape_is_named_by_its_path(tmp_path: Path, document: dict[str, Any], path: str) -> None:
    errors = read(document, tmp_path).errors
    assert errors
    assert errors[0].reason.startswith(path)
    assert errors[0].at.path == "plan.json"
    assert errors[0].at.end_column > errors[0].at.column


def test_one_wrong_entry_leaves_the_others(tmp_path: Path) -> None:
    reading = read(plan(member("google_project_iam_member.a"), {"change": {}}, member()), tmp_path)
    assert len(reading.errors) == 1
    assert len([fact for fact in reading.facts if isinstance(fact, Grant)]) == 2


@pytest.mark.parametrize("members", [5, "user:a@b.c", {"a": 1}, [[]], [{}], [None], [1, True]])
def test_members_of_a_wrong_kind_are_unknown(tmp_path: Path, members: Any) -> None:
    after = {"project": "p", "role": ["x"], "members": members}
    for grant in grants(read(plan(change("google_project_iam_binding.x", after)), tmp_path)):
        assert isinstance(grant.role, Unknown)
        assert grant.principal.unknown is not None or grant.principal.kind == "malformed"


@pytest.mark.parametrize("unknown", [True, [], [True], {"member": {"a": True}}, {"condition": True, "role": [True]}, 7])
def test_after_unknown_of_a_wrong_kind(tmp_path: Path, unknown: Any) -> None:
    entry = member()
    entry["change"]["after_unknown"] = unknown
    reading = read(plan(entry), tmp_path)
    assert len(reading.facts) + len(reading.errors) == 1


@pytest.mark.parametrize(
    "references",
    [7, None, [7], ["." * 100], ["[" * 5000], ['google_service_account.ci["' + "\\" * 5000], ["module." * 1000]],
)
def test_references_of_a_wrong_kind(tmp_path: Path, references: Any) -> None:
    document = unknown_member([])
    document["configuration"]["root_module"]["resources"][0]["expressions"]["member"] = {"references": references}
    (grant,) = grants(read(document, tmp_path))
    assert grant.principal.unknown is not None


def test_addresses_of_a_wrong_kind(tmp_path: Path) -> None:
    for address in ("", "module.", 'module.a["', "[" * 3000, 'google_x["' + '\\"' * 3000, "module.a." * 2000):
        entry = member() | {"address": address, "module_address": address}
        assert len(grants(read(plan(entry), tmp_path))) == 1
