"""What runs as which account: the table of paths, and its reader."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iamlint.documents.values import Value
from iamlint.facts import Attachment
from iamlint.roles import catalog
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.attachments import TABLE, attaches, names_account
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown, UnknownPart

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]
EMAIL = "run@shop.iam.gserviceaccount.com"
DECLARED = "google_service_account.run"
TYPES: dict[str, Any] = json.loads(TABLE.read_text())["types"]
PATHS = [(kind, path) for kind, entry in TYPES.items() for path in entry["paths"]]
CLUSTER = "google_container_cluster.c"
VM = "google_compute_instance.vm"


def attached(instance: Instance) -> list[Attachment]:
    found = list(facts_of(instance))
    assert all(isinstance(fact, Attachment) for fact in found)
    return [fact for fact in found if isinstance(fact, Attachment)]


def nested(path: str, value: Any) -> dict[str, Any]:
    """The arguments that put a value at a path."""
    *blocks, argument = path.split(".")
    found = {argument: value}
    for block in reversed(blocks):
        found = {block: found}
    return found


# -- the table -----------------------------------------------------------------------------------------------------


def test_the_table_has_every_place_and_says_where_it_comes_from() -> None:
    assert (len(TYPES), len(PATHS)) == (69, 100), "no row is lost; with a new one, write the new numbers here"
    assert json.loads(TABLE.read_text())["sources"]
    assert len({(kind, path["path"]) for kind, path in PATHS}) == len(PATHS)


def test_the_table_names_permissions_that_exist() -> None:
    roles = catalog()
    owner = roles.permissions("roles/owner")
    assert not isinstance(owner, Unknown)
    named = {permission for _, path in PATHS for permission in path.get("permissions", ())}
    assert len(named) > 40
    assert sorted(named - owner) == []


def test_blocks_and_scopes_of_the_table_lie_on_the_path() -> None:
    for _, path in PATHS:
        blocks = path["path"].rpartition(".")[0]
        assert path.get("scopes", path["path"]).rpartition(".")[0] == blocks
        assert f"{blocks}.".startswith(f"{path.get('from', blocks)}.")


@pytest.mark.parametrize(("kind", "path"), PATHS, ids=[f"{kind} {path['path']}" for kind, path in PATHS])
def test_an_account_at_each_path_is_found(
    build: Build, unknown_part: UnknownPartOf, kind: str, path: dict[str, Any]
) -> None:
    email = unknown_part("google_service_account.run.email")
    value = Value({"ana@example.com": Value(email)}) if path.get("map") else email
    found = attached(build(f"{kind}.x", project="shop", name="x", **nested(path["path"], value)))
    (own,) = (one for one in found if one.account == "${google_service_account.run.email}")
    assert own.permissions == tuple(path.get("permissions", ()))
    assert own.resource.kind == kind.removeprefix("google_")
    assert own.default is None
    assert own.place.at.line == 4 + path["path"].count(".")


def test_credentials_are_no_attachments() -> None:
    assert attaches("google_compute_instance")
    assert not attaches("google_storage_hmac_key")
    assert not attaches("google_compute_firewall")
    assert names_account("service_account_email")
    assert not names_account("target_service_accounts")


# -- accounts ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "account", "default"),
    [
        (EMAIL, EMAIL, None),
        (f"projects/shop/serviceAccounts/{EMAIL}", EMAIL, None),
        (f"serviceAccount:{EMAIL}", EMAIL, None),
        ("123456-compute@developer.gserviceaccount.com", "123456-compute@developer.gserviceaccount.com", "compute"),
        ("shop@appspot.gserviceaccount.com", "shop@appspot.gserviceaccount.com", "app_engine"),
        ("123456@cloudbuild.gserviceaccount.com", "123456@cloudbuild.gserviceaccount.com", "cloud_build"),
        (Unknown("x", (UnknownPart(f"{DECLARED}.id"),)), "${google_service_account.run.email}", None),
        (
            Unknown("x", ("serviceAccount:", UnknownPart(f"{DECLARED}.email"))),
            "${google_service_account.run.email}",
            None,
        ),
        (None, None, "compute"),
        ("", None, "compute"),
        ("default", None, "compute"),
    ],
)
def test_an_account_however_it_is_named(build: Build, written: Any, account: Any, default: str | None) -> None:
    template = {"service_account": written} if written is not None else {"timeout": "1s"}
    (found,) = attached(build("google_cloud_run_v2_service.r", project="shop", name="r", template=template))
    assert (found.account, found.default) == (account, default)


def test_a_number_that_is_not_known_is_still_a_default_account(build: Build) -> None:
    email = Unknown(
        "the number", (UnknownPart("data.google_project.p.number"), "-compute@developer.gserviceaccount.com")
    )
    (found,) = attached(build(VM, name="vm", service_account={"email": email}))
    assert (found.account, found.default) == (email, "compute")


@pytest.mark.parametrize(
    ("parts", "default"),
    [
        ((UnknownPart("var.account"),), Unknown("not set")),
        (("ci@", UnknownPart("var.project")), Unknown("not set")),
        (("ci@", UnknownPart("var.project"), ".iam.gserviceaccount.com"), None),
        ((), Unknown("not set")),
    ],
)
def test_an_account_that_is_not_known_may_be_a_default_one(build: Build, parts: Any, default: Any) -> None:
    (found,) = attached(build(VM, name="vm", service_account={"email": Unknown("not set", parts)}))
    assert (found.account, found.default) == (Unknown("not set", parts), default)


def test_a_machine_without_the_block_runs_as_nobody(build: Build) -> None:
    (found,) = attached(build(VM, project="shop", zone="z", name="vm"))
    assert (found.account, found.default, found.scopes) == (None, None, None)
    assert found.place.at == found.declared.at
    assert (found.resource.kind, found.resource.name, found.project) == ("compute_instance", "shop/z/vm", "shop")


def test_a_machine_with_the_block_alone_runs_as_the_default_account(build: Build) -> None:
    (found,) = attached(build(VM, name="vm", service_account={"scopes": ["cloud-platform", "sql"]}))
    assert (found.account, found.default) == (None, "compute")
    assert isinstance(found.scopes, tuple)
    assert [scope for scope, _ in found.scopes] == ["cloud-platform", "sql"]
    assert [place.at.column for _, place in found.scopes] == [13, 31]


def test_a_block_that_may_be_there_is_not_known(build: Build) -> None:
    why = Unknown("var.account has no default and is not set")
    (found,) = attached(build(VM, name="vm", unknown_block_service_account=why))
    assert (found.account, found.default, found.scopes) == (why, why, None)
    scopes = Unknown("var.scopes has no default and is not set")
    (found,) = attached(build(VM, name="vm", service_account={"email": why, "scopes": scopes}))
    assert (found.account, found.scopes) == (why, scopes)


def test_what_runs_only_with_its_block_is_not_there_without(build: Build) -> None:
    assert attached(build("google_pubsub_subscription.s", name="s", push_config={"push_endpoint": "x"})) == []
    assert attached(build("google_cloud_scheduler_job.j", name="j")) == []
    (service,) = attached(build("google_cloud_run_v2_service.r", name="r"))
    assert (service.default, service.permissions) == ("compute", ("run.services.create", "run.services.update"))
    assert len(attached(build("google_cloud_run_v2_service.r", name="r", build_config={"image_uri": "x"}))) == 2


def test_every_block_of_several_is_read(build: Build) -> None:
    configs = ({"usages": ["RENDER"], "service_account": EMAIL}, {"usages": ["DEPLOY"]})
    found = attached(build("google_clouddeploy_target.t", name="t", location="l", execution_configs=configs))
    assert [(one.account, one.default) for one in found] == [(EMAIL, None), (None, "compute")]


def test_a_map_of_accounts_gives_each(build: Build, unknown_part: UnknownPartOf) -> None:
    def cluster(mapping: Any) -> list[Attachment]:
        config = {"security_config": {"identity_config": {"user_service_account_mapping": mapping}}}
        found = attached(build("google_dataproc_cluster.d", name="d", cluster_config=config))
        return [one for one in found if one.default != "compute"]

    email = unknown_part("google_service_account.run.email")
    found = cluster(Value({"ana@example.com": Value(EMAIL), "bob@example.com": Value(email)}))
    assert [one.account for one in found] == [EMAIL, "${google_service_account.run.email}"]
    why = Unknown("var.mapping has no default and is not set")
    assert [one.account for one in cluster(why)] == [why]


# -- where a default applies ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "defaults"),
    [
        ({}, 1),
        ({"remove_default_node_pool": True}, 0),
        ({"remove_default_node_pool": "false"}, 1),
        ({"node_pool": {"name": "a"}}, 1),  # the pool's own
        ({"node_pool": ({"name": "a"}, {"name": "b", "node_config": {"machine_type": "x"}})}, 2),
        ({"enable_autopilot": True}, 1),
        ({"remove_default_node_pool": True, "cluster_autoscaling": {"enabled": True}}, 1),
        ({"remove_default_node_pool": True, "cluster_autoscaling": {"enabled": False}}, 0),
    ],
)
def test_the_nodes_of_a_cluster(build: Build, arguments: dict[str, Any], defaults: int) -> None:
    found = attached(build(CLUSTER, name="c", location="l", **arguments))
    assert [(one.account, one.default) for one in found] == [(None, "compute")] * defaults


@pytest.mark.parametrize(
    ("arguments", "defaults"),
    [
        ({"remove_default_node_pool": True, "cluster_autoscaling": {"enabled": False}}, 0),
        ({"remove_default_node_pool": True, "cluster_autoscaling": {"enabled": True}}, 1),
        ({"enable_autopilot": True, "cluster_autoscaling": {}}, 1),
        ({"cluster_autoscaling": {"enabled": False}, "node_config": {"service_account": EMAIL}}, 0),
        ({"cluster_autoscaling": {"enabled": True}, "node_config": {"service_account": EMAIL}}, 1),
    ],
)
def test_the_default_by_its_word_runs_where_the_default_runs(
    build: Build, arguments: dict[str, Any], defaults: int
) -> None:
    """A plan has the word where the provider fills it in."""
    for scaling in (
        {},
        {"auto_provisioning_defaults": {}},
        {"auto_provisioning_defaults": {"service_account": "default"}},
    ):
        given = arguments | {"cluster_autoscaling": {**arguments["cluster_autoscaling"], **scaling}}
        found = attached(build(CLUSTER, name="c", location="l", **given))
        assert [one.default for one in found if one.account is None] == ["compute"] * defaults


def test_a_flag_that_is_not_known_leaves_the_default_open(build: Build) -> None:
    why = Unknown("var.autopilot has no default and is not set")
    found = attached(build(CLUSTER, name="c", enable_autopilot=why))
    assert len(found) == 2
    for one in found:
        assert isinstance(one.account, Unknown)
        assert one.account.reason.endswith(why.reason)
        assert one.default == one.account


def test_an_account_that_is_named_counts_whatever_the_flags(build: Build) -> None:
    config = {"service_account": EMAIL, "oauth_scopes": ["cloud-platform"]}
    (found,) = attached(build(CLUSTER, name="c", remove_default_node_pool=True, node_config=config))
    assert found.account == EMAIL
    assert found.scopes is not None


def test_workflow_templates_run_where_they_make_a_cluster(build: Build) -> None:
    kind = "google_dataproc_workflow_template.t"
    assert attached(build(kind, name="t", placement={"cluster_selector": {"zone": "z"}})) == []
    (found,) = attached(build(kind, name="t", placement={"managed_cluster": {"cluster_name": "c"}}))
    assert found.default == "compute"


def test_builds_may_run_as_either_account_of_the_project(build: Build) -> None:
    (found,) = attached(build("google_cloudbuild_trigger.t", name="t", location="global"))
    assert (found.account, found.default) == (None, "cloud_build")


# -- the resource --------------------------------------------------------------------------------------------------


def test_the_resource_is_named_as_grants_on_it_name_it(build: Build) -> None:
    (found,) = attached(
        build("google_eventarc_trigger.t", project="shop", location="l", name="t", service_account=EMAIL)
    )
    (grant,) = facts_of(
        build(
            "google_cloud_run_v2_service_iam_member.m",
            project="shop",
            location="l",
            name="t",
            role="r",
            member="allUsers",
        )
    )
    assert found.resource.name == grant.resource.name == "shop/l/t"


def test_a_resource_without_a_name_is_known_by_its_address(build: Build) -> None:
    (found,) = attached(build("google_compute_instance_template.t", project="shop", name_prefix="t-"))
    assert isinstance(found.resource.name, Unknown)
    assert found.resource.name.text == "shop/${google_compute_instance_template.t.name}"


def test_a_deployment_of_apigee_is_in_no_project(build: Build) -> None:
    (found,) = attached(build("google_apigee_api_deployment.d", proxy_id="p", service_account=EMAIL))
    assert (found.project, found.resource.name) == (None, "p")


def test_source_and_its_plan_tell_the_same(tmp_path: Path) -> None:
    """Every kind of fact of the vocabulary; the plan is Terraform's own."""
    from iamlint.reporters.listings.facts import entry
    from iamlint.sources import read
    from iamlint.sources.reading import Options

    case = Path(__file__).parents[4] / "testdata" / "vocabulary"
    for name in ("source/main.tf", "plan/main.tf", "plan/plan.json"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((case / Path(name).name).read_bytes())

    def told(path: Path) -> list[str]:
        reading = read([path], Options())
        assert reading.errors == []
        entries = [{**entry(fact), "path": None, "unknown": None} for fact in reading.facts]
        return sorted(json.dumps(one, sort_keys=True) for one in entries)

    source = told(tmp_path / "source")
    kinds = {json.loads(one)["kind"] for one in source}
    assert {"attachment", "audit_config", "boundary", "boundary_binding", "credential", "folder"} <= kinds
    assert {"impersonation", "org_policy", "pool", "provider", "service_account_key"} <= kinds
    assert source == told(tmp_path / "plan" / "plan.json")
