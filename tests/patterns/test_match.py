"""Patterns over one fact: keys are and, lists are or, unless is not; three-valued, with the reasons."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from iamlint.estate import Estate
from iamlint.facts import (
    Attachment,
    AuditConfig,
    Condition,
    CustomRole,
    Declaration,
    Denial,
    Fact,
    Grant,
    OrgPolicy,
    Place,
    Provider,
    Resource,
    ServiceAccountKey,
)
from iamlint.location import Location
from iamlint.patterns.fact_schema import KINDS
from iamlint.patterns.match import Match, Severities, grant_verdict, matches, verdict
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.unknown import Truth, Unknown, UnknownPart

AT = Location("main.tf")
HERE, PLACE = Declaration(AT), Place(AT)
TRUE, FALSE, UNKNOWN = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
NOT_KNOWN = Unknown("var.x has no default", (UnknownPart("var.x"),))


def grant(
    principal: str | Unknown = "user:ana@example.com",
    role: str | Unknown = "roles/iam.serviceAccountTokenCreator",
    kind: str = "project",
    name: str | Unknown = "shop",
) -> Grant:
    return Grant(read_principal(principal), role, Resource(kind, name), "member", HERE, PLACE, PLACE, PLACE)


def custom_role(*permissions: str | Unknown, name: str = "projects/shop/roles/r", deleted: bool = False) -> CustomRole:
    return CustomRole(name, tuple((one, PLACE) for one in permissions), HERE, deleted=deleted)


def estate(*facts: Fact) -> Estate:
    return Estate(facts, catalog(), date(2026, 1, 1))


def truth(pattern: dict[str, Any], fact: Fact, *others: Fact) -> Truth:
    return verdict(pattern, fact, estate(fact, *others)).truth


TOKEN, SIGN = "iam.serviceAccounts.getAccessToken", "iam.serviceAccounts.signBlob"


@pytest.mark.parametrize(
    ("pattern", "fact", "expected"),
    [
        ({"permission": TOKEN}, grant(), TRUE),
        ({"permission": [SIGN, "nothing.at.all"]}, grant(), TRUE),
        ({"permission": "nothing.at.all"}, grant(), FALSE),
        ({"permission": "iam.serviceAccounts.get*"}, grant(), TRUE),
        ({"permission": TOKEN, "resource_kind": ["folder", "organization"]}, grant(), FALSE),
        ({"permission": TOKEN, "resource_kind": "proj*"}, grant(), TRUE),
        ({"permission": TOKEN}, grant(role=NOT_KNOWN), UNKNOWN),
        ({"permission": TOKEN, "resource_kind": "folder"}, grant(role=NOT_KNOWN), FALSE),
        ({"permission": TOKEN}, grant(role="projects/shop/roles/elsewhere"), UNKNOWN),
        ({"permission": TOKEN, "unless": {"principal_kind": "user"}}, grant(), FALSE),
        ({"permission": TOKEN, "unless": {"principal_kind": "group"}}, grant(), TRUE),
        ({"permission": TOKEN, "unless": {"principal_kind": "group"}}, grant(NOT_KNOWN), UNKNOWN),
        ({"permission": TOKEN, "unless": [{"role_kind": "basic"}, {"principal": "user:ana@*"}]}, grant(), FALSE),
        ({"unless": {"principal_kind": "user", "unless": {"role_kind": "predefined"}}}, grant(), TRUE),
        ({"principal_kind": ["user", "group"]}, grant(), TRUE),
        ({"principal_kind": "service_account"}, grant("serviceAccount:a@shop.iam.gserviceaccount.com"), TRUE),
        ({"principal_kind": "service_agent"}, grant("serviceAccount:${google_service_account.a.email}"), FALSE),
        ({"role_kind": "basic"}, grant(role="roles/owner"), TRUE),
        ({"role_kind": "service_agent"}, grant(role="roles/compute.serviceAgent"), TRUE),
        ({"role_kind": "custom"}, grant(role="projects/shop/roles/r"), TRUE),
        ({"role_kind": "custom"}, grant(role=NOT_KNOWN), UNKNOWN),
        ({"role": "roles/iam.*"}, grant(), TRUE),
        ({"resource": "sh*"}, grant(), TRUE),
        ({"resource": "sh*"}, grant(name=NOT_KNOWN), UNKNOWN),
        ({"has_condition": False}, grant(), TRUE),
        ({"temporary": True}, grant(), FALSE),
        ({"writes": True}, grant(role="roles/editor"), TRUE),
        ({"writes": False}, grant(role="roles/editor"), FALSE),
        ({"writes": True}, grant(role="roles/viewer"), FALSE),
        ({"writes": False}, grant(role="roles/viewer"), TRUE),
        ({"writes": True}, grant(role="roles/pubsub.publisher"), TRUE),
        ({"writes": True}, grant(role=NOT_KNOWN), UNKNOWN),
        ({"writes": False}, grant(role=NOT_KNOWN), UNKNOWN),
        ({"placeholder": True}, grant("user:<your-name>@example.com"), TRUE),
        ({"placeholder": False}, grant("user:<your-name>@example.com"), FALSE),
        ({"placeholder": False}, grant(), TRUE),
        ({"limited": False}, grant(), TRUE),
        ({"own_account": True}, grant(), FALSE),
        ({"own_account": True}, grant("serviceAccount:a@shop.iam.gserviceaccount.com", kind="service_account"), FALSE),
        (
            {"own_account": True},
            grant(
                "serviceAccount:a@shop.iam.gserviceaccount.com",
                kind="service_account",
                name="a@shop.iam.gserviceaccount.com",
            ),
            TRUE,
        ),
    ],
)
def test_grants(pattern: dict[str, Any], fact: Grant, expected: Truth) -> None:
    assert truth(pattern, fact) is expected


@pytest.mark.parametrize(
    ("pattern", "fact", "expected"),
    [
        ({"uploaded": True}, ServiceAccountKey("a@b", HERE, PLACE, uploaded=True), TRUE),
        ({"uploaded": False}, ServiceAccountKey("a@b", HERE, PLACE, uploaded=True), FALSE),
        (
            {"account_kind": "default_service_account"},
            ServiceAccountKey("1-compute@developer.gserviceaccount.com", HERE, PLACE),
            TRUE,
        ),
        ({"account_kind": "default_service_account"}, ServiceAccountKey(NOT_KNOWN, HERE, PLACE), UNKNOWN),
        (
            {"protocol": "oidc", "has_condition": False},
            Provider("pool", "provider", HERE, PLACE, "oidc", "https://token.actions.githubusercontent.com"),
            TRUE,
        ),
        ({"issuer": "*github*"}, Provider("pool", "provider", HERE, PLACE, "oidc", NOT_KNOWN), UNKNOWN),
        ({"issuer": "*github*"}, Provider("pool", "provider", HERE, PLACE, "aws"), FALSE),
        ({"disabled": True}, Provider("pool", "provider", HERE, PLACE, "aws", disabled=NOT_KNOWN), UNKNOWN),
        (
            {"pool_kind": "workload"},
            Provider("projects/1/locations/global/workloadIdentityPools/ci", "p", HERE, PLACE, "oidc"),
            TRUE,
        ),
        (
            {"default": "compute", "has_account": False},
            Attachment(None, "compute", Resource("compute_instance", "vm"), "shop", HERE, PLACE),
            TRUE,
        ),
        (
            {"scope": "cloud-platform"},
            Attachment(None, "compute", Resource("x", "y"), "shop", HERE, PLACE, scopes=(("cloud-platform", PLACE),)),
            TRUE,
        ),
        (
            {"scope": "cloud-platform"},
            Attachment(None, "compute", Resource("x", "y"), "shop", HERE, PLACE, scopes=NOT_KNOWN),
            UNKNOWN,
        ),
        (
            {"service": "allServices", "log_type": "DATA_READ"},
            AuditConfig(Resource("project", "shop"), "allServices", ("ADMIN_READ",), HERE, PLACE),
            FALSE,
        ),
        (
            {"constraint": "iam.*", "enforced": False},
            OrgPolicy("iam.disableServiceAccountKeyCreation", Resource("project", "shop"), HERE, PLACE, enforced=False),
            TRUE,
        ),
    ],
)
def test_other_kinds(pattern: dict[str, Any], fact: Fact, expected: Truth) -> None:
    assert truth(pattern, fact) is expected


def test_permissions_are_in_the_order_of_the_rule() -> None:
    found = verdict({"permission": [SIGN, TOKEN]}, grant(), estate())
    assert found.permissions == (SIGN, TOKEN)


def test_an_unknown_says_why() -> None:
    found = verdict({"permission": TOKEN}, grant(role=NOT_KNOWN), estate())
    assert found.reasons == ("the role is not known: var.x has no default",)
    found = verdict({"principal": "user:a@*"}, grant(NOT_KNOWN), estate())
    assert found.reasons == ("the principal is not known: var.x has no default",)


def test_a_permission_counts_only_where_it_is_of_use() -> None:
    pattern = {"permission": ["resourcemanager.folders.setIamPolicy", "resourcemanager.projects.setIamPolicy"]}
    folders = custom_role("resourcemanager.folders.setIamPolicy")
    both = custom_role("resourcemanager.folders.setIamPolicy", "resourcemanager.projects.setIamPolicy")
    on_project, on_folder = grant(role="projects/shop/roles/r"), grant(role="projects/shop/roles/r", kind="folder")
    assert truth(pattern, on_project, folders) is FALSE
    assert truth(pattern, on_folder, folders) is TRUE
    found = verdict(pattern, on_project, estate(on_project, both))
    assert found.permissions == ("resourcemanager.projects.setIamPolicy",)


def test_a_deleted_role_gives_nothing() -> None:
    assert truth({"permission": TOKEN}, custom_role(TOKEN)) is TRUE
    assert truth({"permission": TOKEN}, custom_role(TOKEN, deleted=True)) is FALSE


def test_a_custom_role_with_a_permission_that_is_not_known() -> None:
    assert truth({"permission": TOKEN}, custom_role("storage.objects.get", NOT_KNOWN)) is UNKNOWN
    assert truth({"permission": TOKEN}, custom_role(TOKEN, NOT_KNOWN)) is TRUE


def test_where_a_custom_role_is_granted() -> None:
    role = custom_role(TOKEN)
    account = "web@shop.iam.gserviceaccount.com"
    own = grant(f"serviceAccount:{account}", "projects/shop/roles/r", "service_account", account)
    other = grant("user:ana@example.com", "projects/shop/roles/r", "service_account", account)
    assert truth({"granted_on": "own_account"}, role, own) is TRUE
    assert truth({"granted_on": "service_account"}, role, own) is FALSE
    assert truth({"granted_on": "service_account"}, role, own, other) is TRUE
    assert truth({"granted_on": ["project", "folder"]}, role) is FALSE


def test_every_fact_that_is_not_certainly_another_is_told() -> None:
    sure, perhaps, other = grant(), grant(role=NOT_KNOWN), grant(role="roles/viewer")
    found = list(matches({"grant": {"permission": TOKEN}}, estate(sure, perhaps, other)))
    assert [(one.fact, one.truth) for one in found] == [(sure, TRUE), (perhaps, UNKNOWN)]


@pytest.mark.parametrize(
    ("worse", "milder", "raised"),
    [
        ({}, {}, 0),
        ({"grant": {"principal_kind": "user"}}, {}, 1),
        ({}, {"grant": {"principal_kind": "user"}}, -1),
        ({"grant": {"principal_kind": "user"}}, {"grant": {"role": "roles/iam.*"}}, 0),
        ({"grant": {"principal_kind": "group"}}, {}, 0),
        ({"custom_role": {"permission": TOKEN}}, {}, 0),
    ],
)
def test_what_is_worse_or_milder(worse: dict[str, Any], milder: dict[str, Any], raised: int) -> None:
    fact = grant()
    assert Severities(worse, milder, estate(fact)).of(Match(fact, TRUE)).raised == raised


def test_only_what_is_certain_makes_worse() -> None:
    fact = grant(NOT_KNOWN)
    assert Severities({"grant": {"principal_kind": "user"}}, {}, estate(fact)).of(Match(fact, TRUE)).raised == 0


def test_a_privileged_account_below_makes_worse_and_is_shown() -> None:
    owner = grant("serviceAccount:admin@shop.iam.gserviceaccount.com", "roles/owner")
    fact = grant()
    found = Severities({"grant": {"reaches_privileged": True}}, {}, estate(fact, owner)).of(Match(fact, TRUE))
    assert (found.raised, found.related) == (1, (owner,))


@pytest.mark.parametrize(
    ("worse", "raised"),
    [
        ({"reaches_privileged": True}, [1, 1, 1, 1, 1, 1, 0, 0]),  # the last two are owners themselves
        ({"principal": "user:ana@*"}, [0, 1, 0, 0, 0, 0, 0, 0]),
        ({"temporary": True}, [0, 0, 1, 0, 0, 0, 0, 0]),
        ({"principal_kind": "user", "unless": {"principal": "user:b*"}}, [0, 1, 1, 1, 0, 1, 1, 0]),
    ],
)
def test_each_member_of_a_binding_has_its_own_severity(worse: dict[str, Any], raised: list[int]) -> None:
    bob, ana, cat, dan, fay, eve = (f"user:{name}@example.com" for name in ("bob", "ana", "cat", "dan", "fay", "eve"))
    ci, admin = (f"serviceAccount:{name}@shop.iam.gserviceaccount.com" for name in ("ci", "admin"))
    project, soon = grant().resource, Condition('request.time < timestamp("2027-01-01T00:00:00Z")')
    binding = [replace(grant(member), resource=project) for member in (bob, ana, cat, dan, ci, fay, eve, admin)]
    binding[2] = replace(binding[2], condition=soon)
    owners = grant(eve, "roles/owner"), grant(admin, "roles/owner")
    severities = Severities({"grant": worse}, {}, estate(*binding, *owners))
    assert [severities.of(Match(one, TRUE)).raised for one in binding] == raised
    people = Severities({"grant": worse}, {}, estate(*binding[:4]))
    expected = [0] * 4 if "reaches_privileged" in worse else raised[:4]
    assert [people.of(Match(one, TRUE)).raised for one in binding[:4]] == expected


def elsewhere(fact: Grant) -> Grant:
    return grant("serviceAccount:admin@other.iam.gserviceaccount.com", "roles/owner", name="other")


def as_much_itself(fact: Grant) -> Grant:
    return grant(fact.principal.text, "roles/owner")


@pytest.mark.parametrize("other", [elsewhere, as_much_itself])
def test_no_privileged_account_below(other: Callable[[Grant], Grant]) -> None:
    fact = grant()
    worse = {"grant": {"reaches_privileged": True}}
    assert Severities(worse, {}, estate(fact, other(fact))).of(Match(fact, TRUE)).raised == 0


def under(expression: str, role: str = "roles/iam.serviceAccountTokenCreator") -> Grant:
    return replace(grant(role=role), condition=Condition(expression))


HARMLESS = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['roles/logging.viewer'])"
TOKENS = HARMLESS.replace("roles/logging.viewer", "roles/iam.serviceAccountTokenCreator")
UNREADABLE = HARMLESS.replace("roles/logging.viewer", "projects/shop/roles/elsewhere")


@pytest.mark.parametrize(
    ("pattern", "fact", "expected"),
    [
        ({"permission": TOKEN}, under("request.time < timestamp('2025-01-01T00:00:00Z')"), FALSE),
        ({"permission": TOKEN}, under("request.time < timestamp('2027-01-01T00:00:00Z')"), TRUE),
        ({"permission": TOKEN}, under("request.time <"), UNKNOWN),
        ({"temporary": True}, under("request.time < timestamp('2027-01-01T00:00:00Z')"), TRUE),
        ({"temporary": True}, under("request.time > timestamp('2025-01-01T00:00:00Z')"), FALSE),
        ({"temporary": True}, under("request.time < timestamp('2031-01-01T00:00:00Z')"), FALSE),
        ({"temporary": True}, under("request.time < timestamp('2099-01-01T00:00:00Z')"), FALSE),
        (
            {"temporary": True},
            under(
                "request.time < timestamp('2027-01-01T00:00:00Z') || request.time > timestamp('2040-01-01T00:00:00Z')"
            ),
            FALSE,
        ),
        ({"has_condition": True, "temporary": False}, under("request.time.getHours('UTC') >= 0"), TRUE),
        ({"limited": True}, under(HARMLESS), TRUE),
        ({"limited": True}, under(TOKENS), FALSE),
        ({"limited": True}, under(UNREADABLE), UNKNOWN),
        ({"limited": True}, under("request.time < timestamp('2027-01-01T00:00:00Z')"), FALSE),
        ({"limited": False}, under(TOKENS), TRUE),
    ],
)
def test_grants_under_a_condition(pattern: dict[str, Any], fact: Grant, expected: Truth) -> None:
    assert matched(pattern, fact) is expected


OF_INSTANCES = "resource.type == 'compute.googleapis.com/Instance'"
OF_PROJECTS = "resource.type == 'cloudresourcemanager.googleapis.com/Project'"


@pytest.mark.parametrize(
    ("asked", "expression", "expected"),
    [
        (TOKEN, OF_INSTANCES, FALSE),  # accounts do not provide their type, whatever the role has
        (TOKEN, f"{OF_INSTANCES} || resource.name.endsWith('-aas')", FALSE),
        (TOKEN, "resource.type != 'compute.googleapis.com/Instance'", UNKNOWN),
        ([TOKEN, "resourcemanager.projects.setIamPolicy"], OF_PROJECTS, UNKNOWN),
        ([TOKEN, "resourcemanager.projects.setIamPolicy"], OF_INSTANCES, FALSE),
        ([TOKEN, "resourcemanager.folders.setIamPolicy"], OF_INSTANCES, FALSE),  # no effect on a project
        ("iam.serviceAccounts.*", OF_INSTANCES, UNKNOWN),
    ],
)
def test_a_role_that_is_not_known_under_a_condition(asked: Any, expression: str, expected: Truth) -> None:
    fact = under(expression, "projects/shop/roles/elsewhere")
    assert matched({"permission": asked}, fact) is expected


ADMIN = {"permission": "resourcemanager.projects.setIamPolicy"}


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        (TOKENS, TRUE),  # its holder grants itself Token Creator whenever it likes
        (HARMLESS, FALSE),
        (UNREADABLE, UNKNOWN),
        (f"{TOKENS} && request.time < timestamp('2025-01-01T00:00:00Z')", FALSE),
        (f"{TOKENS} && resource.matchTag('456/env', 'dev')", UNKNOWN),
    ],
)
def test_what_the_holder_of_a_limited_role_may_do(expression: str, expected: Truth) -> None:
    fact = under(expression, "roles/resourcemanager.projectIamAdmin")
    assert grant_verdict(ADMIN, fact, estate(fact)).truth is expected


def matched(pattern: dict[str, Any], fact: Grant) -> Truth:
    """The words alone where the pattern asks about the condition, else with the condition."""
    words = KINDS["grant"].words
    asked = [word for word in pattern if word != "permission"]
    if not asked:
        return truth(pattern, fact)
    found = TRUE
    for word in asked:
        found &= words[word]((pattern[word],), fact, estate(fact)).truth
    return found


@pytest.mark.parametrize(
    ("holder", "raised"),
    [("user:ana@example.com", 0), ("group:admins@example.com", 1)],
)
def test_who_is_not_known_may_have_as_much_itself(holder: str, raised: int) -> None:
    """Only if it may be one of those that have grants in the input."""
    owner = grant("serviceAccount:admin@shop.iam.gserviceaccount.com", "roles/owner")
    other = grant(holder, "roles/owner")
    fact = grant(Unknown("var.x has no default", ("user:", UnknownPart("var.x"))))
    worse = {"grant": {"reaches_privileged": True}}
    assert Severities(worse, {}, estate(fact, owner, other)).of(Match(fact, TRUE)).raised == raised


@pytest.mark.parametrize(
    ("role", "account", "privileged"),
    [
        ("roles/owner", "ci@shop.iam.gserviceaccount.com", True),
        ("roles/viewer", "ci@shop.iam.gserviceaccount.com", False),
        ("roles/owner", "other@shop.iam.gserviceaccount.com", False),
        ("roles/owner", NOT_KNOWN, False),
    ],
)
def test_the_key_of_a_privileged_account(role: str, account: str | Unknown, privileged: bool) -> None:
    holder = grant("serviceAccount:ci@shop.iam.gserviceaccount.com", role)
    key = ServiceAccountKey(account, HERE, PLACE)
    found = verdict({"privileged": True}, key, estate(holder, key))
    assert (found.truth is TRUE, found.facts) == (privileged, (holder,) if privileged else ())


def test_a_grant_that_is_blocked_is_no_match_but_listed_with_what_blocks_it() -> None:
    fact = grant()
    parent = "cloudresourcemanager.googleapis.com/projects/shop"
    denial = Denial(parent, HERE, ("principalSet://goog/public:all",), ("iam.googleapis.com/serviceAccounts.*",))
    found = grant_verdict({"permission": TOKEN}, fact, estate(fact, denial))
    assert (found.truth, found.closed, found.facts) == (UNKNOWN, True, (denial,))
    assert found.permissions == (TOKEN,)
    open_ = grant_verdict({"permission": TOKEN}, fact, estate(fact))
    assert (open_.truth, open_.closed, open_.facts) == (TRUE, False, ())


@pytest.mark.parametrize("principal", ["deleted:user:ana@example.com?uid=1", "ana@example.com"])
def test_a_principal_that_gets_nothing_is_reported_whatever_the_condition(principal: str) -> None:
    over = Condition("request.time < timestamp('2020-01-01T00:00:00Z')")
    fact = replace(grant(principal), condition=over)
    assert grant_verdict({"permission": TOKEN}, fact, estate(fact)).truth is TRUE
    assert grant_verdict({"permission": TOKEN}, replace(grant(), condition=over), estate(fact)).truth is FALSE
