"""Tags in Terraform: what a binding is attached to, whatever is known of its parent."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from iamlint.facts import Resource, TagBinding, TagKey, TagValue
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown, shown

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]
MANAGER = "//cloudresourcemanager.googleapis.com/"


@pytest.mark.parametrize(
    ("parent", "resource"),
    [
        (f"{MANAGER}projects/123456", "project 123456"),
        (f"{MANAGER}folders/42", "folder 42"),
        (f"{MANAGER}organizations/7", "organization 7"),
        ((f"{MANAGER}projects/", "google_project.shop.number"), "project ${google_project.shop.number}"),
        (
            "//iam.googleapis.com/projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com",
            "service account ci@shop.iam.gserviceaccount.com",
        ),
        (
            ("//iam.googleapis.com/projects/shop/serviceAccounts/", "google_service_account.ci.email"),
            "service account ${google_service_account.ci.email}",
        ),
        (
            "//run.googleapis.com/projects/shop/locations/l/services/web",
            "cloud run v2 service projects/shop/locations/l/services/web",
        ),
    ],
)
def test_what_a_tag_is_attached_to(build: Build, unknown_part: UnknownPartOf, parent: Any, resource: str) -> None:
    written = parent if isinstance(parent, str) else unknown_part(*parent)
    (binding,) = facts_of(build("google_tags_tag_binding.b", parent=written, tag_value="tagValues/1"))
    assert isinstance(binding, TagBinding)
    assert isinstance(binding.resource, Resource)
    assert (str(binding.resource), binding.value, binding.place.at.line) == (resource, "tagValues/1", 3)


def test_a_parent_of_an_unknown_kind_states_nothing(build: Build) -> None:
    why = Unknown("known after apply")
    assert list(facts_of(build("google_tags_tag_binding.b", parent=why, tag_value="tagValues/1"))) == []


@pytest.mark.parametrize(("parent", "name"), [("organizations/7", "7/env"), ("projects/shop", "shop/env")])
def test_a_key_has_its_namespaced_name(build: Build, parent: str, name: str) -> None:
    (key,) = facts_of(build("google_tags_tag_key.env", parent=parent, short_name="env"))
    assert isinstance(key, TagKey)
    assert (key.name, key.id) == (name, None)


def test_a_value_refers_to_its_key(build: Build, unknown_part: UnknownPartOf) -> None:
    parent = unknown_part("google_tags_tag_key.env.id")
    (value,) = facts_of(build("google_tags_tag_value.prod", parent=parent, short_name="prod", id="tagValues/2"))
    assert isinstance(value, TagValue)
    assert (shown(value.key), value.short_name, value.id) == ("${google_tags_tag_key.env.id}", "prod", "tagValues/2")
