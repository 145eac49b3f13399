"""What blocks accounts and their keys: disabled accounts, organization policies about keys, bound boundaries."""

from __future__ import annotations

from dataclasses import replace

import pytest
from access.access_estates import (
    ACCOUNT,
    CI,
    DAY,
    DEPLOY,
    FOLDER,
    HERE,
    KEY,
    NOT_KNOWN,
    OWNER,
    SET_PROJECT,
    SHOP,
    TOKEN,
    account,
    bounded,
    given,
    granted,
    keyless,
)

from iamlint.facts import Declaration, Fact, OrgPolicy, Place, Resource, ServiceAccount, Text
from iamlint.location import Location
from iamlint.provenance import configuration
from iamlint.unknown import Truth, Unknown

SEED = Resource("project", "seed")
HOLDER = f"serviceAccount:{CI}"


def policy(constraint: str, on: Resource = SHOP, line: int = 40, **stated: object) -> OrgPolicy:
    return OrgPolicy(constraint, on, HERE, Place(Location("main.tf", line)), **stated)


# -- disabled accounts -------------------------------------------------------------------------------------------------

OWN, OTHER = replace(HERE, trust="own"), Declaration(Location("other/main.tf"), trust="own")
NAMED_ELSEWHERE = Declaration(Location("other/main.tf"))
REVIVER, MAY_REVIVE = "roles/iam.serviceAccountAdmin", "projects/shop/roles/not.there"


def state(email: str, disabled: bool | Unknown, by: Declaration) -> ServiceAccount:
    return replace(account(email, disabled), declared=replace(by, at=replace(by.at, line=70)))


@pytest.mark.parametrize(
    ("facts", "truth", "told"),
    [
        ((state(CI, True, HERE),), Truth.TRUE, ""),
        ((state(CI, False, HERE),), None, ""),
        ((state(DEPLOY, True, HERE),), None, ""),
        ((state(CI, NOT_KNOWN, HERE),), Truth.UNKNOWN, f"it is not known whether it is disabled: {NOT_KNOWN.reason}"),
        # -- what its own configuration says elsewhere makes it uncertain; what another one says does not
        ((state(CI, True, HERE), state(CI, False, HERE)), Truth.UNKNOWN, "main.tf:70 enables it"),
        ((state(CI, True, HERE), state(CI, False, NAMED_ELSEWHERE)), Truth.TRUE, ""),
        ((state(CI, True, HERE), state(DEPLOY, False, HERE)), Truth.TRUE, ""),
        # -- a state that another configuration has does not count, unless the user named it
        ((state(CI, True, OTHER),), None, ""),
        ((state(CI, True, NAMED_ELSEWHERE),), Truth.TRUE, ""),
        ((state(CI, True, OTHER), state(CI, True, HERE)), Truth.TRUE, ""),
        ((state(CI, True, OWN),), Truth.TRUE, ""),
    ],
)
def test_whether_a_holder_is_disabled(facts: tuple[Fact, ...], truth: Truth | None, told: str) -> None:
    estate, asked = given(granted(who=HOLDER), *facts)
    only = configuration(asked.declared)
    found = list(estate.blockers.against(asked, SET_PROJECT, only, DAY))
    assert [(one.kind, one.verdict.truth) for one in found] == ([("disabled", truth)] if truth is not None else [])
    assert [one.verdict.reasons for one in found] == ([(told,) if told else ()] if truth is not None else [])
    one = estate.blockers.disabled(asked)
    assert (None if one is None else one.verdict.truth) is truth
    for blocker in found:
        assert blocker.by == f"the account {CI}, which is disabled"
        assert blocker.fact in facts


@pytest.mark.parametrize(
    ("role", "permission", "truth"),
    [
        ("roles/iam.serviceAccountTokenCreator", TOKEN, Truth.TRUE),
        ("roles/iam.serviceAccountTokenCreator", KEY, Truth.TRUE),
        ("roles/iam.serviceAccountTokenCreator", "iam.roles.get", None),
        (REVIVER, TOKEN, None),  # it may enable the account
        (MAY_REVIVE, TOKEN, Truth.UNKNOWN),
        (NOT_KNOWN, TOKEN, Truth.UNKNOWN),
    ],
)
def test_a_disabled_target_is_closed_to_those_who_cannot_enable_it(
    role: Text, permission: str, truth: Truth | None
) -> None:
    estate, asked = given(granted(role, ACCOUNT), account(DEPLOY))
    found = list(estate.blockers.against(asked, permission, None, DAY))
    assert [one.verdict.truth for one in found] == ([truth] if truth is not None else [])
    if truth is Truth.UNKNOWN:
        (reason,) = found[0].verdict.reasons
        assert reason.startswith("whether the role has iam.serviceAccounts.enable is not known: ")
    assert list(given(granted(role, SHOP), account(DEPLOY))[0].blockers.against(asked, "x.y.z", None, DAY)) == []


# -- keys --------------------------------------------------------------------------------------------------------------

CREATION, UPLOAD = "iam.disableServiceAccountKeyCreation", "iam.disableServiceAccountKeyUpload"
MANAGED = "iam.managed.disableServiceAccountKeyCreation"
NO_UPLOAD = policy(UPLOAD, enforced=True)
NUMBERED = Resource("project", "987")


@pytest.mark.parametrize(
    ("facts", "truth", "told"),
    [
        ((NO_UPLOAD, policy(CREATION, enforced=True)), Truth.TRUE, ""),
        ((NO_UPLOAD, policy(MANAGED, enforced=True)), Truth.TRUE, ""),
        ((NO_UPLOAD, policy(CREATION, enforced=False), policy(MANAGED, enforced=True)), Truth.TRUE, ""),
        ((NO_UPLOAD,), Truth.FALSE, ""),
        ((policy(CREATION, enforced=True), policy(MANAGED, enforced=True)), Truth.FALSE, ""),
        ((NO_UPLOAD, policy(CREATION, enforced=False)), Truth.FALSE, ""),
        ((NO_UPLOAD, policy(CREATION, enforced=None)), Truth.FALSE, ""),
        ((NO_UPLOAD, policy(CREATION, enforced=True, reset=True)), Truth.FALSE, ""),
        (
            (NO_UPLOAD, policy(CREATION, enforced=NOT_KNOWN)),
            Truth.UNKNOWN,
            f"it is not known whether it is enforced: {NOT_KNOWN.reason}",
        ),
        # -- the nearest place decides, as far as its policies agree
        ((NO_UPLOAD, policy(CREATION, FOLDER, enforced=True)), Truth.TRUE, ""),
        ((NO_UPLOAD, policy(CREATION, FOLDER, enforced=True), policy(CREATION, enforced=False)), Truth.FALSE, ""),
        ((NO_UPLOAD, policy(CREATION, FOLDER, enforced=False), policy(CREATION, enforced=True)), Truth.TRUE, ""),
        ((NO_UPLOAD, policy(CREATION, FOLDER, enforced=True), policy(CREATION, reset=True)), Truth.TRUE, ""),
        ((NO_UPLOAD, policy(CREATION, SEED, enforced=True)), Truth.FALSE, ""),
        (
            (NO_UPLOAD, policy(CREATION, enforced=True), policy(CREATION, line=41, enforced=False)),
            Truth.UNKNOWN,
            "main.tf:41 says otherwise",
        ),
        (
            (NO_UPLOAD, policy(CREATION, enforced=True), policy(CREATION, line=41, reset=True)),
            Truth.UNKNOWN,
            "main.tf:41 says otherwise",
        ),
        # -- where it is not known what contains the project
        (
            (NO_UPLOAD, policy(CREATION, NUMBERED, enforced=True)),
            Truth.UNKNOWN,
            "the input does not show whether the grant's resource is in project 987",
        ),
        ((NO_UPLOAD, policy(CREATION, NUMBERED, enforced=False)), Truth.FALSE, ""),
        ((NO_UPLOAD, policy(CREATION, NUMBERED, reset=True)), Truth.FALSE, ""),
        ((NO_UPLOAD, policy(CREATION, NUMBERED, enforced=True), policy(CREATION, enforced=True)), Truth.TRUE, ""),
    ],
)
def test_whether_no_keys_can_be_made_or_uploaded(facts: tuple[Fact, ...], truth: Truth, told: str) -> None:
    estate, asked = given(granted(OWNER), *facts)
    (found,) = estate.blockers.against(asked, KEY, None, DAY)
    assert (found.kind, found.verdict.truth, found.verdict.reasons) == ("org_policy", truth, (told,) if told else ())
    assert list(estate.blockers.against(asked, TOKEN, None, DAY)) == []
    assert found.fact in facts
    assert found.at == found.fact.place.at


@pytest.mark.parametrize(
    ("facts", "truth"),
    [
        ((), Truth.TRUE),
        ((replace(policy(CREATION, enforced=False), declared=OTHER),), Truth.UNKNOWN),
        ((replace(policy(CREATION, enforced=True), declared=OTHER),), Truth.TRUE),
        ((replace(policy(CREATION, SEED, enforced=False), declared=OTHER),), Truth.TRUE),
    ],
)
def test_a_policy_that_does_not_count_may_cancel_what_others_enforce(facts: tuple[Fact, ...], truth: Truth) -> None:
    estate, asked = given(granted(OWNER), NO_UPLOAD, policy(CREATION, enforced=True), *facts)
    (found,) = estate.blockers.against(asked, KEY, configuration(asked.declared), DAY)
    assert found.verdict.truth is truth


def test_a_policy_that_does_not_count_prevents_nothing() -> None:
    apart = replace(policy(CREATION, enforced=True), declared=OTHER)
    estate, asked = given(granted(OWNER), replace(NO_UPLOAD, declared=OTHER), apart)
    (found,) = estate.blockers.against(asked, KEY, configuration(asked.declared), DAY)
    assert (found.verdict.truth, found.fact, found.at) == (Truth.FALSE, None, None)
    (found,) = estate.blockers.against(asked, KEY, None, DAY)
    assert found.verdict.truth is Truth.TRUE


def test_keys_of_an_account_are_those_of_its_project() -> None:
    estate, asked = given(granted("roles/iam.serviceAccountKeyAdmin", ACCOUNT), *keyless())
    (found,) = estate.blockers.against(asked, KEY, None, DAY)
    assert found.verdict.truth is Truth.TRUE


# -- boundaries without their policy -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("policy_by", "told"),
    [
        (None, "the input does not have the policy"),
        (OTHER, "main.tf:30 is in another root module"),
        (NAMED_ELSEWHERE, ""),
    ],
)
def test_a_binding_without_a_policy_that_counts_may_block(policy_by: Declaration | None, told: str) -> None:
    boundary, binding = bounded("seed")
    facts = (binding,) if policy_by is None else (binding, replace(boundary, declared=policy_by))
    estate, asked = given(granted(who=HOLDER), *facts)
    (found,) = estate.blockers.against(asked, TOKEN, None, DAY)
    assert found.verdict.truth is (Truth.UNKNOWN if told else Truth.TRUE)
    assert told in "; ".join(found.verdict.reasons)
    assert bool(found.verdict.reasons) is bool(told)
