"""Names of principals and things, which identify equal facts of one estate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iamlint.estate import principal_node
from iamlint.estate.names import condition_key, identity, one_name
from iamlint.facts import (
    Condition,
    Declaration,
    Denial,
    Fact,
    Grant,
    Impersonation,
    Place,
    Resource,
    ServiceAccount,
    ServiceAccountKey,
    Text,
)
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.unknown import Unknown, UnknownPart

HERE, THERE = Declaration(Location("a/main.tf")), Declaration(Location("b/main.tf"))
PLACE = Place(Location("a/main.tf"))
NOTHING = Unknown("it is not known")


def partly(*parts: str | UnknownPart) -> Unknown:
    return Unknown("var.x has no default", parts)


def held_by(who: Text) -> Grant:
    return Grant(read_principal(who), "roles/owner", Resource("project", "shop"), "member", HERE, PLACE, PLACE, PLACE)


@pytest.mark.parametrize(
    ("who", "node"),
    [
        ("user:ana@example.com", "user:ana@example.com"),
        ("serviceAccount:ci@shop.iam.gserviceaccount.com", "ci@shop.iam.gserviceaccount.com"),
        (partly("serviceAccount:", UnknownPart("var.x")), "${var.x} in a"),
        (partly("group:", UnknownPart("var.x"), "@example.com"), "group:${var.x}@example.com in a"),
        (NOTHING, None),
    ],
)
def test_who_holds_a_grant_has_one_name(who: Text, node: str | None) -> None:
    assert principal_node(held_by(who)) == node


def test_a_reference_is_another_thing_in_the_next_configuration() -> None:
    named = partly("projects/", UnknownPart("var.x"))
    assert (identity(named, HERE), identity(named, THERE)) == ("projects/${var.x} in a", "projects/${var.x} in b")
    assert identity("shop", HERE) == identity("shop", THERE) == "shop"
    assert identity(NOTHING, HERE) is None
    planned = replace(HERE, planned=Location("out/plan.json"))
    assert identity(named, planned) == "projects/${var.x} in out/plan.json"


def test_bindings_are_the_same_only_under_the_same_known_condition() -> None:
    one, other = Condition("a == b", "t"), Condition("a == b", "u")
    assert condition_key(None) == ""
    assert condition_key(NOTHING) is None
    assert condition_key(Condition(NOTHING, "t")) is None
    assert condition_key(one) == condition_key(replace(one)) != condition_key(other)


def test_accounts_that_are_named_by_unique_id_are_named_by_their_email() -> None:
    email, number = "ci@shop.iam.gserviceaccount.com", "123456789012345678901"
    account = ServiceAccount(email, "shop", HERE, unique_id=number)

    def facts(name: str) -> list[Fact]:
        asked = Impersonation(name, HERE, PLACE, ((name, PLACE), (NOTHING, PLACE)), caller=name)
        return [account, asked, replace(asked, delegates=NOTHING, caller=None), ServiceAccountKey(name, HERE, PLACE)]

    assert one_name(facts(number)) == facts(email)


NUMBER = "123456789012345678901"
ACCOUNTS = "principal://iam.googleapis.com/projects/-/serviceAccounts/"
EVERYBODY = "principalSet://goog/public:all"


@pytest.mark.parametrize(
    ("stated", "named"),
    [
        ((f"{ACCOUNTS}{NUMBER}",), (f"{ACCOUNTS}ci@shop.iam.gserviceaccount.com",)),
        ((EVERYBODY, f"{ACCOUNTS}{NUMBER}"), (EVERYBODY, f"{ACCOUNTS}ci@shop.iam.gserviceaccount.com")),
        ((f"{ACCOUNTS}9",), (f"{ACCOUNTS}9",)),
        ((partly(ACCOUNTS, UnknownPart("var.x")),), (partly(ACCOUNTS, UnknownPart("var.x")),)),
        (NOTHING, NOTHING),
        ((), ()),
    ],
)
def test_a_deny_policy_names_accounts_by_their_email(
    stated: tuple[Text, ...] | Unknown, named: tuple[Text, ...] | Unknown
) -> None:
    account = ServiceAccount("ci@shop.iam.gserviceaccount.com", "shop", HERE, unique_id=NUMBER)
    denial = Denial("cloudresourcemanager.googleapis.com/projects/shop", HERE, stated, ())
    excepting = replace(denial, denied_principals=(EVERYBODY,), exception_principals=stated)
    assert one_name([account, denial, excepting])[1:] == [
        replace(denial, denied_principals=named),
        replace(excepting, exception_principals=named),
    ]
