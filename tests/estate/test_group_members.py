"""Members of groups: by e-mail and by reference, directly and through groups in groups."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iamlint.estate.groups import Groups
from iamlint.facts import Declaration, Group, Membership, Place, Text
from iamlint.location import Location
from iamlint.unknown import Unknown, UnknownPart

PLACE = Place(Location("a/main.tf"))
HERE, THERE = Declaration(Location("a/main.tf")), Declaration(Location("b/main.tf"))
ADDRESS = "google_cloud_identity_group.ops"
BLOCK = replace(HERE, address=ADDRESS)
OPS, DEV, ALL = "ops@example.com", "dev@example.com", "all@example.com"
ANA = "ana@example.com"


def reference(attribute: str) -> Unknown:
    return Unknown("known after apply", (UnknownPart(f"{ADDRESS}.{attribute}"),))


def member(group: Text, who: Text = ANA, by: Declaration = HERE) -> Membership:
    return Membership(group, who, by, PLACE)


@pytest.mark.parametrize(
    ("group", "by", "known"),
    [
        (OPS, HERE, True),
        (OPS, THERE, True),
        ("OPS@example.com", HERE, True),
        ("groups/0123", HERE, True),
        (reference("id"), HERE, True),
        (reference("name"), HERE, True),
        (reference("group_id"), HERE, True),
        (reference("id"), THERE, False),  # a reference means another group in another configuration
        (reference("display_name"), HERE, False),
        ("groups/4567", HERE, False),
        (Unknown("var.group has no default", (UnknownPart("var.group"),)), HERE, False),
    ],
)
def test_a_membership_names_its_group_in_many_ways(group: Text, by: Declaration, known: bool) -> None:
    one = member(group, by=by)
    groups = Groups([Group("Ops@example.com", BLOCK, "groups/0123")], [one])
    assert groups.emails == {OPS}
    assert list(groups) == ([(OPS, one)] if known else [])
    assert groups.has(OPS, ANA) is known
    assert groups.has("OPS@Example.com", "Ana@Example.com") is known


def test_a_group_without_a_block_is_known_by_its_e_mail_only() -> None:
    groups = Groups([], [member(OPS), member("groups/0123"), member(DEV, who=Unknown("known after apply"))])
    assert groups.emails == set()
    assert [email for email, _ in groups] == [OPS, DEV]
    assert (groups.has(OPS, ANA), groups.has(DEV, ANA)) == (True, False)


def test_a_group_whose_name_is_not_stated_has_none() -> None:
    groups = Groups([Group(OPS, HERE)], [member(reference("id")), member("")])
    assert list(groups) == []


@pytest.mark.parametrize(
    ("chain", "group", "expected"),
    [
        ([(OPS, ANA)], OPS, True),
        ([(OPS, ANA)], DEV, False),
        ([(OPS, ANA), (ALL, OPS)], ALL, True),
        ([(ALL, OPS), (OPS, DEV), (DEV, ANA)], ALL, True),
        ([(ALL, OPS)], ALL, False),
        ([(ANA, OPS)], OPS, False),  # the other way round
        ([(OPS, ANA), (OPS, DEV), (DEV, OPS)], ALL, False),  # two groups that contain each other
        ([(OPS, ANA), (DEV, ANA), (ALL, DEV)], ALL, True),
    ],
)
def test_a_member_of_a_group_is_a_member_of_the_groups_around_it(
    chain: list[tuple[str, str]], group: str, expected: bool
) -> None:
    assert Groups([], [member(outer, inner) for outer, inner in chain]).has(group, ANA) is expected
