"""Which tags a resource certainly has, by each spelling of a key and of a value."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from iamlint.conditions.context import TagState
from iamlint.estate import Estate
from iamlint.facts import (
    Declaration,
    EffectiveTags,
    Fact,
    Folder,
    Place,
    Project,
    Resource,
    ServiceAccount,
    TagBinding,
    TagKey,
    TagValue,
    Text,
)
from iamlint.location import Location
from iamlint.roles import catalog
from iamlint.unknown import Truth, Unknown, UnknownPart

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))
OWN = replace(HERE, trust="own")
THERE = Declaration(Location("other/main.tf"), trust="own")
ENV, PROD = replace(HERE, address="google_tags_tag_key.env"), replace(HERE, address="google_tags_tag_value.prod")
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
SHOP, FOLDER = Resource("project", "shop"), Resource("folder", "1")
CI = Resource("service_account", "ci@shop.iam.gserviceaccount.com")
TREE = (
    Project("shop", HERE, "123", "folders/1"),
    Folder("folders/1", HERE, "organizations/7"),
    ServiceAccount("ci@shop.iam.gserviceaccount.com", "shop", HERE),
)
KEY = TagKey("7/env", ENV, "tagKeys/1")
VALUE = TagValue("tagKeys/1", "prod", PROD, "tagValues/2")


def reference(text: str) -> Unknown:
    return Unknown("known after apply", (UnknownPart(text),))


def bound(value: Text = "7/env/prod", on: Resource = CI, by: Declaration = HERE) -> TagBinding:
    return TagBinding(on, value, by, PLACE)


def state(*facts: Fact, of: Resource = CI, by: Declaration = HERE) -> TagState:
    return Estate([*TREE, *facts], catalog(), date(2026, 1, 1)).tags.state(of, by)


KEY_NAMES = ("7/env", "tagKeys/1", "${google_tags_tag_key.env.id}", "${google_tags_tag_key.env.namespaced_name}")
VALUE_NAMES = ("prod", "7/env/prod", "tagValues/2", "${google_tags_tag_value.prod.id}")


@pytest.mark.parametrize(
    "value",
    [
        "7/env/prod",
        "tagValues/2",
        reference("google_tags_tag_value.prod.id"),
        reference("google_tags_tag_value.prod.namespaced_name"),
        Unknown("known after apply", ("tagValues/", UnknownPart("google_tags_tag_value.prod.name"))),
    ],
)
@pytest.mark.parametrize(
    "key",
    [
        "tagKeys/1",
        "7/env",
        reference("google_tags_tag_key.env.id"),
        reference("google_tags_tag_key.env.namespaced_name"),
        Unknown("known after apply", ("tagKeys/", UnknownPart("google_tags_tag_key.env.name"))),
    ],
)
def test_a_key_and_a_value_have_several_names(key: Text, value: Text) -> None:
    found = state(KEY, replace(VALUE, key=key), bound(value))
    assert {found.matches(one, other) for one in KEY_NAMES for other in VALUE_NAMES} == {T}
    assert [found.has(one) for one in (*KEY_NAMES, "7/team")] == [T, T, T, T, U]
    # The resource has no other value of this key.
    assert [found.matches(one, "dev") for one in (*KEY_NAMES, "7/team")] == [F, F, F, F, U]


def test_a_value_without_its_key_is_known_by_its_own_names() -> None:
    found = state(VALUE, bound("tagValues/2"))
    assert found.matches("tagKeys/1", "prod") is T
    assert found.matches("7/env", "prod") is U
    by_reference = state(replace(VALUE, key=reference("google_tags_tag_key.env.id")), bound("tagValues/2"))
    assert by_reference.matches("${google_tags_tag_key.env.id}", "prod") is T
    assert by_reference.matches("tagKeys/1", "prod") is U
    nothing = state(replace(VALUE, key=Unknown("var.key has no default")), bound("tagValues/2"))
    assert (nothing.matches("7/env", "prod"), nothing.has("7/env")) == (T, U)  # the key may be any


def test_a_value_without_a_name_is_known_by_its_id() -> None:
    found = state(KEY, replace(VALUE, short_name=Unknown("var.name has no default")), bound("tagValues/2"))
    assert found.matches("7/env", "tagValues/2") is T
    assert found.matches("7/env", "prod") is F


@pytest.mark.parametrize(
    ("value", "key", "short", "truth"),
    [
        ("7/env/prod", "7/env", "prod", T),
        ("7/env/prod", "7/env", "7/env/prod", T),
        ("7/env/prod", "7/env", "dev", F),
        ("7/env/prod", "7/team", "prod", U),
        ("tagValues/9", "tagKeys/8", "tagValues/9", T),  # nothing says which key it belongs to
        ("tagValues/9", "tagKeys/8", "tagValues/7", U),
        (reference("var.value"), "7/env", "prod", U),
        (Unknown("var.value has no default"), "7/env", "prod", U),
        (Unknown("known after apply", ("7/env/", UnknownPart("var.value"))), "7/env", "prod", U),
    ],
)
def test_a_value_that_the_input_does_not_declare(value: Text, key: str, short: str, truth: Truth) -> None:
    assert state(bound(value)).matches(key, short) is truth


# -- inheritance -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bindings", "prod", "dev"),
    [
        ([], U, U),
        ([bound()], T, F),
        ([bound(on=SHOP)], T, U),  # the account may have a value of its own
        ([bound(on=FOLDER)], T, U),
        ([bound(on=Resource("organization", "7"))], T, U),
        ([bound(on=Resource("project", "seed"))], U, U),
        # -- the nearer value replaces the inherited one
        ([bound("7/env/dev"), bound(on=SHOP)], F, T),
        ([bound("7/env/dev", SHOP), bound(on=FOLDER)], U, T),
        ([bound("7/env/dev", FOLDER), bound(on=SHOP)], T, U),
        ([bound("7/team/x"), bound(on=SHOP)], T, U),
        # -- what one place states twice is not replaced
        ([bound("7/env/dev"), bound()], T, T),
        # -- what may not exist, or does not count, decides nothing
        ([bound(by=replace(HERE, uncertain="count is not known"))], U, U),
        ([bound(by=THERE)], U, U),
        ([bound("7/env/dev", by=THERE), bound(on=SHOP)], T, U),
        ([bound(by=OWN)], T, F),
    ],
)
def test_the_nearest_value_of_a_key_counts(bindings: list[TagBinding], prod: Truth, dev: Truth) -> None:
    found = state(*bindings)
    assert (found.matches("7/env", "prod"), found.matches("7/env", "dev")) == (prod, dev)


def test_a_container_that_only_another_configuration_shows_gives_no_tags() -> None:
    web, on_folder = Project("web", THERE, None, "folders/1"), bound(on=FOLDER)
    account = Resource("service_account", "ci@web.iam.gserviceaccount.com")
    assert state(web, on_folder, of=account).matches("7/env", "prod") is U
    assert state(replace(web, declared=HERE), on_folder, of=account).matches("7/env", "prod") is T


@pytest.mark.parametrize("of", [SHOP, FOLDER])
def test_what_is_below_a_container_may_have_other_values(of: Resource) -> None:
    found = state(bound(on=FOLDER), of=of)
    assert (found.matches("7/env", "prod"), found.matches("7/env", "dev")) == (T, U)
    assert not found.complete


# -- all tags of a resource --------------------------------------------------------------------------------------------


def effective(*tags: tuple[str, str], on: Resource = CI, by: Declaration = HERE) -> EffectiveTags:
    return EffectiveTags(on, tags, by, PLACE)


@pytest.mark.parametrize(
    ("facts", "prod", "dev", "team"),
    [
        ([effective(("7/env", "7/env/prod"))], T, F, F),
        ([effective(("tagKeys/1", "tagValues/2"))], F, F, F),
        ([effective()], F, F, F),
        ([effective(("7/env", "7/env/prod")), bound("7/env/dev", SHOP)], T, F, F),
        ([effective(("7/env", "7/env/prod"), by=THERE)], U, U, U),
        ([effective(("7/env", "7/env/prod"), on=SHOP)], U, U, U),
        ([effective(("7/env", "7/env/prod")), effective(("7/env", "7/env/dev"))], T, F, F),
        ([effective(("7/env", "7/env/dev"), by=THERE), effective(("7/env", "7/env/prod"))], T, F, F),
    ],
)
def test_a_list_of_all_tags_decides(facts: list[Fact], prod: Truth, dev: Truth, team: Truth) -> None:
    found = state(*facts)
    assert (found.matches("7/env", "prod"), found.matches("7/env", "dev"), found.has("7/team")) == (prod, dev, team)
    assert found.complete is (team is F)


def test_all_tags_of_a_project_are_not_those_of_what_is_in_it() -> None:
    found = state(effective(("7/env", "7/env/prod"), on=SHOP), of=SHOP)
    assert (found.matches("7/env", "prod"), found.matches("7/env", "dev"), found.has("7/team")) == (T, U, U)


# -- references --------------------------------------------------------------------------------------------------------


def test_a_reference_means_a_tag_in_its_own_configuration_only() -> None:
    elsewhere = Declaration(Location("other/main.tf"))
    facts = (KEY, VALUE, bound("tagValues/2"))
    for key, value in ((KEY_NAMES[2], "prod"), ("7/env", VALUE_NAMES[3])):
        assert state(*facts).matches(key, value) is T
        assert state(*facts, by=elsewhere).matches(key, value) is not T
    assert state(*facts, by=elsewhere).matches("7/env", "prod") is T


def test_a_key_that_is_stated_twice_has_the_names_of_both() -> None:
    found = state(TagKey("7/env", HERE, "tagKeys/1"), TagKey("7/env", ENV), bound())
    assert {found.has(name) for name in KEY_NAMES} == {T}


def test_the_state_of_a_resource_is_kept_for_each_configuration() -> None:
    estate = Estate([*TREE, bound(by=OWN)], catalog(), date(2026, 1, 1))
    assert estate.tags.state(CI, HERE) is estate.tags.state(CI, OWN)
    assert estate.tags.state(CI, HERE).has("7/env") is T
    assert estate.tags.state(CI, THERE).has("7/env") is U


def test_without_tags_of_resources_there_are_none() -> None:
    for facts, some in (((KEY, VALUE), False), ((bound(),), True), ((effective(),), True)):
        assert bool(Estate([*TREE, *facts], catalog(), date(2026, 1, 1)).tags) is some
