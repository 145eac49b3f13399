"""Organization policies, in the newer and the older form."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iamlint.facts import OrgPolicy, Resource
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]
POLICY = "google_org_policy_policy.p"
KEYS = "iam.disableServiceAccountKeyCreation"
WHY = Unknown("var.rules has no default and is not set")
CONDITIONAL = Unknown("the rule holds only under a condition")
CONDITION = {"expression": "resource.matchTag('1/env', 'test')"}


def only(instance: Instance) -> OrgPolicy:
    (found,) = facts_of(instance)
    assert isinstance(found, OrgPolicy)
    return found


def policy(build: Build, spec: dict[str, Any], **arguments: Any) -> OrgPolicy:
    given = {"name": f"projects/shop/policies/{KEYS}", "parent": "projects/shop"} | arguments
    return only(build(POLICY, **given, spec=spec))


@pytest.mark.parametrize(
    ("parent", "resource"),
    [
        ("projects/shop", Resource("project", "shop")),
        ("projects/123456", Resource("project", "123456")),
        ("folders/12", Resource("folder", "12")),
        ("organizations/34", Resource("organization", "34")),
    ],
)
def test_where_a_policy_is_set(build: Build, parent: str, resource: Resource) -> None:
    found = policy(build, {"rules": {"enforce": "TRUE"}}, name=f"{parent}/policies/{KEYS}", parent=parent)
    assert (found.constraint, found.resource, found.enforced) == (KEYS, resource, True)
    assert (found.allowed, found.denied, found.reset) == ((), (), False)
    assert found.place.at.line == 2


def test_a_parent_that_only_an_apply_tells(build: Build, unknown_part: UnknownPartOf) -> None:
    folder = unknown_part("folders/", "google_folder.f.folder_id")
    name = unknown_part("folders/", "google_folder.f.folder_id")
    name = Unknown(name.reason, (*name.parts, f"/policies/{KEYS}"))
    found = policy(build, {"rules": {"enforce": "TRUE"}}, name=name, parent=folder)
    assert found.constraint == KEYS
    assert found.resource.kind == "folder"
    assert isinstance(found.resource.name, Unknown)
    assert found.resource.name.text == "${google_folder.f.folder_id}"
    whole = unknown_part("google_project.p.parent_name")
    assert policy(build, {}, parent=whole).resource == Resource("project", whole)
    assert policy(build, {}, parent=Unknown("var.parent")).resource.kind == "unknown"
    constraint = policy(build, {}, name=unknown_part("projects/shop/policies/", "each.key")).constraint
    assert constraint == unknown_part("each.key")


@pytest.mark.parametrize(
    ("rules", "enforced"),
    [
        ({"enforce": "TRUE"}, True),
        ({"enforce": "true"}, True),
        ({"enforce": True}, True),
        ({"enforce": "FALSE"}, False),
        ({"enforce": ""}, None),
        ({}, None),
        ({"enforce": WHY}, WHY),
        ({"enforce": "TRUE", "condition": CONDITION}, CONDITIONAL),
        (({"enforce": "FALSE", "condition": CONDITION}, {"enforce": "TRUE"}), CONDITIONAL),
        (({"enforce": "FALSE"}, {"enforce": "TRUE"}), Unknown("its rules disagree")),
    ],
)
def test_boolean_constraints(build: Build, rules: Any, enforced: Any) -> None:
    assert policy(build, {"rules": rules}).enforced == enforced


@pytest.mark.parametrize(
    ("rules", "allowed", "denied"),
    [
        ({"values": {"allowed_values": ["a", "b"]}}, ("a", "b"), ()),
        ({"values": {"allowed_values": ["a"], "denied_values": ["b"]}}, ("a",), ("b",)),
        ({"allow_all": "TRUE"}, ("*",), ()),
        ({"deny_all": "TRUE"}, (), ("*",)),
        ({"deny_all": "FALSE"}, (), ()),
        ({"deny_all": WHY}, (), WHY),
        (({"values": {"allowed_values": ["a"]}}, {"values": {"allowed_values": ["a", "b"]}}), ("a", "b"), ()),
        ({"values": {"allowed_values": WHY}}, WHY, ()),
        (
            ({"values": {"allowed_values": ["a"]}, "condition": CONDITION}, {"deny_all": "TRUE"}),
            CONDITIONAL,
            ("*",),
        ),
    ],
)
def test_list_constraints(build: Build, rules: Any, allowed: Any, denied: Any) -> None:
    found = policy(build, {"rules": rules})
    assert (found.enforced, found.allowed, found.denied) == (None, allowed, denied)


def test_blocks_that_are_not_known(build: Build) -> None:
    name = {"name": f"projects/shop/policies/{KEYS}", "parent": "projects/shop"}
    for instance in (
        build(POLICY, **name, unknown_block_spec=WHY),
        build(POLICY, **name, spec={"unknown_block_rules": WHY}),
        build(POLICY, **name, spec={"reset": WHY}),
    ):
        found = only(instance)
        assert (found.enforced, found.allowed, found.denied) == (WHY, WHY, WHY)
    found = policy(build, {"rules": {"unknown_block_values": WHY}})
    assert (found.enforced, found.allowed, found.denied) == (None, WHY, WHY)
    found = policy(build, {"rules": {"enforce": "TRUE", "unknown_block_condition": WHY}})
    assert (found.enforced, found.allowed) == (WHY, ())


def test_an_account_in_a_list_is_the_one_that_is_declared(build: Build, unknown_part: UnknownPartOf) -> None:
    email, other = unknown_part('module.m["a"].google_service_account.ci.email'), unknown_part("var.account")
    found = policy(build, {"rules": {"values": {"allowed_values": [email, other]}}})
    assert found.allowed == ('${module.m["a"].google_service_account.ci.email}', other)


def test_a_reset_and_a_dry_run(build: Build) -> None:
    found = policy(build, {"reset": True})
    assert (found.reset, found.enforced) == (True, None)
    dry = {"rules": {"enforce": "TRUE"}}
    assert (
        list(facts_of(build(POLICY, name="projects/shop/policies/x", parent="projects/shop", dry_run_spec=dry))) == []
    )


@pytest.mark.parametrize(
    ("kind", "target", "resource"),
    [
        ("google_project_organization_policy", {"project": "shop"}, Resource("project", "shop")),
        ("google_folder_organization_policy", {"folder": "folders/12"}, Resource("folder", "12")),
        ("google_organization_policy", {"org_id": "34"}, Resource("organization", "34")),
    ],
)
def test_the_older_form(build: Build, kind: str, target: dict[str, str], resource: Resource) -> None:
    def read(**blocks: Any) -> OrgPolicy:
        return only(build(f"{kind}.p", **target, constraint=f"constraints/{KEYS}", **blocks))

    found = read(boolean_policy={"enforced": True})
    assert (found.constraint, found.resource, found.enforced, found.place.at.line) == (KEYS, resource, True, 3)
    assert read(boolean_policy={"enforced": False}).enforced is False
    assert read(list_policy={"allow": {"values": ["a"]}}).allowed == ("a",)
    assert read(list_policy={"deny": {"all": True}}).denied == ("*",)
    assert read(restore_policy={"default": True}).reset is True
    assert (read().enforced, read().allowed, read().denied) == (None, (), ())


def test_what_is_not_known_of_the_older_form(build: Build) -> None:
    def read(**blocks: Any) -> OrgPolicy:
        return only(build("google_organization_policy.p", org_id="34", constraint=KEYS, **blocks))

    assert read(unknown_block_boolean_policy=WHY).enforced == WHY
    assert read(boolean_policy={"enforced": WHY}).enforced == WHY
    assert read(list_policy={"unknown_block_allow": WHY}).allowed == WHY
    assert read(list_policy={"deny": {"values": WHY}}).denied == WHY
    assert read(restore_policy={"default": WHY}).enforced == WHY
