"""One rule of a deny policy against one grant: the permissions, place, principals and condition."""

from __future__ import annotations

from dataclasses import replace

import pytest
from access.access_estates import (
    ACCOUNT,
    ANA,
    CI,
    DAY,
    FOLDER,
    HERE,
    NOT_KNOWN,
    SHOP,
    TAG,
    TOKEN,
    TREE,
    denied,
    granted,
)

from iamlint.estate import Estate
from iamlint.estate.deny_policy import CHARACTERS, denies, lists, rule
from iamlint.facts import Condition, Declaration, Denial, Grant, Place, Resource, TagBinding, Text
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.unknown import Truth, Unknown, UnknownPart

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
GET, SIGN = "iam.googleapis.com/serviceAccounts.getAccessToken", "iam.googleapis.com/serviceAccounts.signBlob"
EVERYBODY = "principalSet://goog/public:all"
BY_NAME = "principal://goog/subject/ana@example.com"
GROUP = "principalSet://goog/group/ops@example.com"
WHY = NOT_KNOWN.reason


@pytest.mark.parametrize(
    ("listed", "truth", "reason"),
    [
        ((), F, ""),
        ((GET,), T, ""),
        ((SIGN,), F, ""),
        ((SIGN, GET), T, ""),
        (("iam.googleapis.com/serviceAccounts.*",), T, ""),
        (("iam.googleapis.com/*.*",), T, ""),
        (("iam.googleapis.com/roles.*",), F, ""),
        ((TOKEN,), F, ""),  # the form of allow policies
        ((NOT_KNOWN,), U, f"one of the permissions that it names is not known: {WHY}"),
        ((NOT_KNOWN, GET), T, ""),
        ((GET, NOT_KNOWN), T, ""),
        ((SIGN, NOT_KNOWN), U, f"one of the permissions that it names is not known: {WHY}"),
        (NOT_KNOWN, U, f"the permissions that it names are not known: {WHY}"),
    ],
)
def test_which_permissions_it_lists(listed: tuple[Text, ...] | Unknown, truth: Truth, reason: str) -> None:
    found = lists(listed, TOKEN)
    assert (found.truth, found.reasons) == (truth, (reason,) if reason else ())


def against(denial: Denial, grant: Grant, *facts: TagBinding) -> tuple[Truth, tuple[str, ...]]:
    estate = Estate([grant, denial, *TREE, *facts], catalog(), DAY)
    (asked,) = estate.of(Grant)
    made = rule(denial, estate.hierarchy)
    found = denies(made, asked, TOKEN, estate.hierarchy, estate.tags, DAY)
    return found.truth, found.reasons


DENIAL = replace(denied(), denied_permissions=(GET,))


@pytest.mark.parametrize(
    ("changed", "truth"),
    [
        ({}, T),
        ({"denied_permissions": (SIGN,)}, F),
        ({"denied_permissions": NOT_KNOWN}, U),
        ({"exception_permissions": (GET,)}, F),
        ({"exception_permissions": (SIGN,)}, T),
        ({"exception_permissions": NOT_KNOWN}, U),
        ({"denied_principals": (BY_NAME,)}, T),
        ({"denied_principals": (GROUP,)}, U),
        ({"denied_principals": NOT_KNOWN}, U),
        ({"denied_principals": ()}, F),
        ({"exception_principals": (BY_NAME,)}, F),
        ({"exception_principals": (GROUP,)}, U),
        ({"exception_principals": NOT_KNOWN}, U),
        ({"exception_principals": ("principal://goog/subject/bo@example.com",)}, T),
        ({"condition": NOT_KNOWN}, U),
        ({"condition": Condition("false")}, F),
        ({"condition": Condition("true")}, T),
        ({"condition": Condition(TAG)}, U),
        ({"condition": Condition("resource.name == 'x'")}, U),  # Google supports conditions about tags only
        ({"condition": Condition("request.time > timestamp('2020-01-01T00:00:00Z')")}, U),
        ({"condition": Condition("request.time < timestamp('2020-01-01T00:00:00Z')")}, F),
        # -- one part that certainly does not fit is enough, whatever the others are
        ({"denied_permissions": (SIGN,), "denied_principals": NOT_KNOWN, "condition": NOT_KNOWN}, F),
        ({"denied_permissions": NOT_KNOWN, "denied_principals": (), "condition": NOT_KNOWN}, F),
        ({"denied_principals": NOT_KNOWN, "exception_principals": (BY_NAME,)}, F),
        ({"denied_principals": NOT_KNOWN, "condition": Condition("false")}, F),
        ({"denied_permissions": NOT_KNOWN, "exception_permissions": (GET,)}, F),
    ],
)
def test_every_part_of_a_rule_counts(changed: dict[str, object], truth: Truth) -> None:
    found, reasons = against(replace(DENIAL, **changed), granted())
    assert found is truth
    assert bool(reasons) is (truth is U)


BO, CI_BY_NAME = (
    "principal://goog/subject/bo@example.com",
    "principal://iam.googleapis.com/projects/-/serviceAccounts/x",
)
POOL_OF = "iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/{}".format


@pytest.mark.parametrize(
    ("who", "excepted", "truth"),
    [
        ("group:ops@example.com", BO, U),
        ("group:ops@example.com", CI_BY_NAME, U),
        ("group:ops@example.com", GROUP, F),
        ("group:ops@example.com", f"principal://{POOL_OF('p')}/subject/x", T),
        ("domain:example.com", BO, U),
        ("domain:example.com", GROUP, U),
        ("domain:example.com", CI_BY_NAME, T),
        ("allUsers", BO, U),
        ("allAuthenticatedUsers", CI_BY_NAME, U),
        ("projectOwner:shop", BO, U),
        (f"principalSet://{POOL_OF('p')}/*", f"principal://{POOL_OF('p')}/subject/x", U),
        (f"principalSet://{POOL_OF('p')}/attribute.a/b", f"principal://{POOL_OF('q')}/subject/x", T),
        ("user:ana@example.com", BO, T),
    ],
)
def test_an_exception_for_a_part_of_a_set_leaves_it_open(who: str, excepted: str, truth: Truth) -> None:
    rule = replace(DENIAL, denied_principals=(EVERYBODY,), exception_principals=(excepted,))
    found, reasons = against(rule, replace(granted(), principal=read_principal(who)))
    assert (found, bool(reasons)) == (truth, truth is U)


def parent(name: str) -> str:
    return f"cloudresourcemanager.googleapis.com/{name}"


@pytest.mark.parametrize(
    ("on", "place", "truth", "reason"),
    [
        (SHOP, parent("projects/shop"), T, ""),
        (SHOP, parent("folders/1"), T, ""),
        (ACCOUNT, parent("projects/shop"), T, ""),
        (FOLDER, parent("projects/shop"), F, ""),  # the rest of the folder stays open
        (SHOP, parent("projects/seed"), F, ""),
        (SHOP, parent("projects/987"), U, "the input does not show whether project shop is in projects/987"),
        (SHOP, NOT_KNOWN, U, "the input does not show whether project shop is in ${var.x}"),
        (SHOP, Unknown(WHY), U, WHY),
    ],
)
def test_it_holds_at_its_place_and_below(on: Resource, place: Text, truth: Truth, reason: str) -> None:
    assert against(replace(DENIAL, parent=place), granted(on=on)) == (truth, (reason,) if reason else ())


@pytest.mark.parametrize(("on", "truth"), [(ACCOUNT, T), (SHOP, U), (FOLDER, U)])
def test_tags_of_a_container_do_not_decide_about_what_is_below(on: Resource, truth: Truth) -> None:
    """A resource in the container may have another value of the key."""
    tagged = TagBinding(on, "2/env/prod", HERE, Place(Location("main.tf")))
    denial = replace(DENIAL, parent=parent("organizations/2"), condition=Condition(TAG))
    assert against(denial, granted(on=on), tagged)[0] is truth
    assert against(denial, granted(on=on))[0] is U


NUMBER = "principal://iam.googleapis.com/projects/-/serviceAccounts/100000000000000000001"


@pytest.mark.parametrize(
    ("principals", "exceptions", "condition", "at_once", "one_by_one"),
    [
        ((), (), None, 0, 0),
        ((BY_NAME,), (), None, 0, 1),
        ((BY_NAME,), (BY_NAME, f"{BY_NAME}.net"), None, 0, 3),
        ((EVERYBODY, GROUP, NUMBER), (), None, 3, 3),
        ((EVERYBODY, BY_NAME), (GROUP, BY_NAME), None, 2, 4),
        ((EVERYBODY,), (), TAG, 1, 1),
        ((EVERYBODY,), (), "principal.subject == '" + "x" * CHARACTERS * 4 + "'", 5, 5),
    ],
)
def test_what_it_costs_to_compare_it(
    principals: tuple[str, ...], exceptions: tuple[str, ...], condition: str | None, at_once: int, one_by_one: int
) -> None:
    """The condition of the last row is as long as four principals, and it is asked of each."""
    under = Condition(condition) if condition else None
    denial = replace(DENIAL, denied_principals=principals, exception_principals=exceptions, condition=under)
    made = rule(denial, Estate([], catalog(), DAY).hierarchy)
    assert made.cost(decided_by_lookup=True) == at_once
    assert made.cost(decided_by_lookup=False) == one_by_one


def test_a_rule_at_an_unknown_place_is_of_its_configuration() -> None:
    hierarchy = Estate([], catalog(), DAY).hierarchy
    block = Declaration(Location("a/main.tf"), address="google_iam_deny_policy.d")
    unknown = Unknown(WHY, (parent("projects/"), UnknownPart("var.p")))
    assert rule(replace(DENIAL, declared=block, parent=unknown), hierarchy).only_in == "a"
    assert rule(replace(DENIAL, declared=block), hierarchy).only_in == ""


def test_a_permission_is_compared_once() -> None:
    made = rule(replace(DENIAL, exception_permissions=(SIGN,)), Estate([], catalog(), DAY).hierarchy)
    assert made.names(TOKEN) is made.names(TOKEN)
    assert [made.takes(one).truth for one in (TOKEN, "iam.serviceAccounts.signBlob")] == [T, F]
    assert made.names("iam.serviceAccounts.signBlob").truth is F
    two = replace(DENIAL, denied_permissions=(GET, SIGN), exception_permissions=(SIGN,))
    both = rule(two, Estate([], catalog(), DAY).hierarchy)
    assert both.names("iam.serviceAccounts.signBlob").truth is T
    assert both.takes("iam.serviceAccounts.signBlob").truth is F
    assert both.takes(TOKEN).truth is T


def test_the_holder_of_a_grant_is_asked_for() -> None:
    by_account = replace(DENIAL, denied_principals=(f"principal://iam.googleapis.com/projects/-/serviceAccounts/{CI}",))
    assert against(by_account, granted(who=f"serviceAccount:{CI}"))[0] is T
    assert against(by_account, granted(who=ANA))[0] is F


@pytest.mark.parametrize(
    ("listed", "truth"),
    [
        ("iam.googleapis.com/workloadIdentityPoolProviders.update", T),
        ("iam.googleapis.com/workloadIdentityPoolProviders.*", T),
        ("iam.googleapis.com/*.*", T),
        ("iam.googleapis.com/workloadIdentityPoolProviders.create", F),
        ("iam.googleapis.com/workloadIdentityPools.*", F),
    ],
)
def test_roles_name_some_permissions_with_their_host(listed: str, truth: Truth) -> None:
    assert lists((listed,), "iam.googleapis.com/workloadIdentityPoolProviders.update").truth is truth
