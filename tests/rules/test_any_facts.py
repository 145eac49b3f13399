"""Every rule answers for any facts: no input makes one raise, and every finding can be reported."""

from __future__ import annotations

from datetime import date
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from many import some

from iamlint.estate import Estate
from iamlint.facts import (
    AuditConfig,
    Condition,
    CustomRole,
    Declaration,
    Fact,
    Folder,
    Grant,
    Impersonation,
    Place,
    Project,
    Provider,
    Resource,
    Service,
    ServiceAccount,
    Text,
    UnreadPart,
)
from iamlint.linter import finding, rule_matches, unknown_answers_of
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.results.fingerprint import fingerprints
from iamlint.roles import catalog
from iamlint.rules.catalog import load_rules
from iamlint.unknown import Truth, Unknown, UnknownPart

RULES = load_rules()[0]
ODD = [
    "",
    " ",
    "${",
    "${a.b}",
    "projects/",
    "folders/1",
    "organizations/2",
    "shop",
    "123456",
    "ä\n",
    "*",
    "a/b/c/d",
    "//x",
]
ACCOUNTS = [f"{name}@{project}.iam.gserviceaccount.com" for name in "abc" for project in ("shop", "seed")]
ACCOUNTS += ["123456-compute@developer.gserviceaccount.com", "${google_service_account.a.email}"]
ROLES = ["roles/owner", "roles/iam.serviceAccountTokenCreator", "roles/iam.serviceAccountUser", "roles/run.developer"]
ROLES += ["projects/shop/roles/r", "organizations/2/roles/r", "roles/nosuch", "roles/compute.serviceAgent"]
PERMISSIONS = [
    "iam.serviceAccounts.implicitDelegation",
    "iam.serviceAccounts.actAs",
    "run.services.create",
    "x.*",
    "a/b",
]
EXPRESSIONS = ["true", "request.time < timestamp('2020-01-01T00:00:00Z')", "(((", "resource.name == 'x'", "api.x"]

unknowns = st.builds(
    Unknown,
    st.sampled_from(["var.x has no default", "known after apply"]),
    st.lists(
        st.one_of(
            st.sampled_from(["serviceAccount:", "projects/", "@shop.iam.gserviceaccount.com"]),
            st.builds(UnknownPart, st.sampled_from(["var.x", "a.b"])),
        ),
        max_size=3,
    ).map(tuple),
)


def texts(*known: str) -> st.SearchStrategy[Text]:
    """Mostly known values, so that facts belong together; sometimes odd or unknown ones."""
    odd = st.one_of(st.sampled_from(ODD), unknowns)
    return st.integers(0, 9).flatmap(lambda number: odd if number == 9 else st.sampled_from(known))


locations = st.builds(Location, st.sampled_from(["a.tf", "b/c.tf", "plan.json"]), st.integers(1, 9))
places = st.builds(Place, locations, st.none() | locations)
declarations = st.builds(Declaration, locations, st.just("t"), st.sampled_from([None, "a.b", "module.m[0].a.b"]))
POOL = "projects/1/locations/global/workloadIdentityPools/p"
FEDERATED = [f"principalSet://iam.googleapis.com/{POOL}/{who}" for who in ("*", "attribute.ref/x", "attribute.x/y")]
members = texts(
    "allUsers", "user:ana@example.com", "domain:x", *(f"serviceAccount:{one}" for one in ACCOUNTS), *FEDERATED
)
containers = st.builds(
    Resource, st.sampled_from(["project", "folder", "organization"]), texts("shop", "1", "2", "folders/1")
)
accounts = st.builds(Resource, st.just("service_account"), texts(*ACCOUNTS))
conditions = st.sampled_from([True] * 8 + [False]).flatmap(
    lambda usual: st.none() if usual else unknowns | st.builds(Condition, texts(*EXPRESSIONS))
)
grants = st.builds(
    Grant,
    members.map(read_principal),
    texts(*ROLES),
    st.one_of(containers, accounts, st.just(Resource("storage_bucket", "b"))),
    st.sampled_from(["member", "binding", "policy", "export"]),
    declarations,
    places,
    places,
    places,
    conditions,
)
custom_roles = st.builds(
    CustomRole,
    texts("projects/shop/roles/r", "organizations/2/roles/r"),
    st.one_of(st.none(), unknowns, st.lists(st.tuples(texts(*PERMISSIONS), places), max_size=4).map(tuple)),
    declarations,
    deleted=st.booleans(),
)
impersonations = st.builds(
    Impersonation,
    texts(*ACCOUNTS),
    declarations,
    places,
    st.one_of(
        unknowns, st.lists(st.tuples(texts(*ACCOUNTS, "projects/x/serviceAccounts/y"), places), max_size=3).map(tuple)
    ),
    st.none() | texts(*ACCOUNTS),
    st.none() | texts("shop"),
)
ISSUERS = ["https://token.actions.githubusercontent.com", "https://gitlab.com/", "https://gitlab.example.com"]
DEMANDS = [
    "assertion.ref == 'x'",
    "assertion.sub.startsWith('repo:a/')",
    "(((",
    "",
    "true",
    "false",
    "'x' in assertion.y",
]
DEMANDS += ["attribute.x.matches('^a/b$')", "assertion.repository == 'a/b'", "['a'].exists(o, assertion.sub == o)"]
providers = st.builds(
    Provider,
    texts(POOL, "projects/shop/locations/global/workloadIdentityPools/p"),
    texts("provider"),
    declarations,
    places,
    st.sampled_from(["oidc", "aws", None]) | unknowns,
    st.none() | texts(*ISSUERS),
    condition=st.none() | unknowns | st.builds(Condition, texts(*DEMANDS)),
    mapping=st.one_of(
        unknowns,
        st.lists(
            st.tuples(
                st.sampled_from(["attribute.ref", "attribute.x"]),
                texts("assertion.ref", "assertion.sub", "'x'"),
                places,
            ),
            max_size=3,
        ).map(tuple),
    ),
    disabled=st.booleans() | unknowns,
)
audits = st.builds(
    AuditConfig,
    containers,
    texts("allServices", "storage.googleapis.com"),
    unknowns | st.lists(texts("DATA_READ", "ADMIN_READ", "DATA_WRITE"), max_size=3).map(tuple),
    declarations,
    places,
)
others = st.one_of(
    providers,
    audits,
    st.builds(ServiceAccount, texts(*ACCOUNTS), texts("shop"), declarations),
    st.builds(Project, texts("shop"), declarations, st.sampled_from([None, "123456"]), st.none() | texts("folders/1")),
    st.builds(Folder, texts("folders/1"), declarations, st.none() | texts("folders/1", "organizations/2")),
    st.builds(Service, texts("run.googleapis.com"), texts("shop"), declarations, places, st.booleans()),
    st.builds(UnreadPart, st.just("nothing is there"), declarations),
)


def test_a_grant_to_a_pool_that_has_ended_is_no_match() -> None:
    at = Location("a.tf", 1)
    declared, place = Declaration(at, "t", None), Place(at, None)
    pool = read_principal("principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/p/*")
    account, ended = (
        Resource("service_account", ACCOUNTS[0]),
        Condition("request.time < timestamp('2020-01-01T00:00:00Z')"),
    )
    grant = Grant(pool, "roles/iam.serviceAccountAdmin", account, "member", declared, place, place, place, ended)
    estate = Estate([grant], catalog(), date(2026, 1, 1))
    assert [rule.id for rule in RULES if list(rule_matches(rule, estate))] == ["conditions/expired-condition"]


@settings(max_examples=some(15, 300), deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.one_of(grants, grants, grants, custom_roles, impersonations, others), min_size=4, max_size=14))
def test_every_rule_answers(facts: list[Fact]) -> None:
    estate = Estate(facts, catalog(), date(2026, 1, 1))
    for rule in RULES:
        for match in rule_matches(rule, estate):
            assert match.truth is not Truth.FALSE
            if match.truth is Truth.UNKNOWN:
                assert list(unknown_answers_of(rule, match)), rule.id
                continue
            found: Any = finding(rule, match, estate, ())
            assert "\n" not in found.message
            assert all(one.v2 for one in fingerprints([found]))
            assert found.at.path
