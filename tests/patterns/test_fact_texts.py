"""What a reader is shown of each kind of fact, and the resource that it is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from every_fact import HERE, NOT_KNOWN, PLACE, SHOP

from iamlint.estate import Estate
from iamlint.facts import (
    AccessSetting,
    ApiKey,
    Attachment,
    AuditConfig,
    Boundary,
    Condition,
    Credential,
    CustomRole,
    Denial,
    Fact,
    Grant,
    Impersonation,
    OrgPolicy,
    Place,
    Pool,
    Project,
    Provider,
    Resource,
    Service,
    ServiceAccount,
    ServiceAccountKey,
)
from iamlint.location import Location
from iamlint.patterns.fact_schema import KINDS, kind_of
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.unknown import Truth, Unknown, UnknownPart

CI = "ci@shop.iam.gserviceaccount.com"
ACCOUNT, JOB = Resource("service_account", CI), Resource("cloud_run_v2_job", "shop/l/job")
POOL = "projects/1/locations/global/workloadIdentityPools/ci"
PROVIDER = Provider(POOL, "p", HERE, PLACE, "oidc", "https://x", condition=Condition("a == b"))


def grant(who: str | Unknown = "user:ana@example.com", role: str = "roles/viewer", on: Resource = SHOP) -> Grant:
    return Grant(read_principal(who), role, on, "member", HERE, PLACE, PLACE, PLACE)


def runs(account: str | None, default: Any) -> Attachment:
    return Attachment(account, default, JOB, "shop", HERE, PLACE)


TABLE: list[tuple[Fact, str, dict[str, str], Resource | None]] = [
    (
        grant(),
        "user:ana@example.com has roles/viewer on project shop",
        {"principal": "user:ana@example.com", "role": "roles/viewer", "placeholder": "", "because": ""},
        SHOP,
    ),
    (
        grant("user:<your-name>@example.com"),
        "user:<your-name>@example.com has roles/viewer on project shop",
        {"placeholder": "<your-name>"},
        SHOP,
    ),
    (
        grant("serviceAccount:1@cloudbuild.gserviceaccount.com"),
        "serviceAccount:1@cloudbuild.gserviceaccount.com has roles/viewer on project shop",
        {"default_users": "every build without an account of its own"},
        SHOP,
    ),
    (
        grant("serviceAccount:1-compute@developer.gserviceaccount.com"),
        "serviceAccount:1-compute@developer.gserviceaccount.com has roles/viewer on project shop",
        {"default_users": "everything that runs without an account of its own"},
        SHOP,
    ),
    (
        CustomRole("projects/shop/roles/r", (), HERE),
        "the custom role projects/shop/roles/r is defined here",
        {"role": "projects/shop/roles/r"},
        SHOP,
    ),
    (
        CustomRole("organizations/2/roles/r", (), HERE),
        "the custom role organizations/2/roles/r is defined here",
        {},
        Resource("organization", "2"),
    ),
    (CustomRole(NOT_KNOWN, (), HERE), "the custom role ${var.x} is defined here", {"role": "${var.x}"}, None),
    (
        ServiceAccount(CI, "shop", HERE),
        f"the account {CI} is declared here",
        {"account": CI, "project": "shop"},
        ACCOUNT,
    ),
    (ServiceAccount(CI, "shop", HERE, disabled=True), f"the account {CI} is disabled here", {}, ACCOUNT),
    (ServiceAccount(CI, "shop", HERE, disabled=NOT_KNOWN), f"the account {CI} is declared here", {}, ACCOUNT),
    (ServiceAccountKey(CI, HERE, PLACE), f"a key of {CI}", {"account": CI}, ACCOUNT),
    (Credential("hmac_key", CI, HERE, PLACE), f"a credential of {CI}", {"account": CI, "kind": "HMAC key"}, ACCOUNT),
    (Credential("api_key", CI, HERE, PLACE), f"a credential of {CI}", {"kind": "API key"}, ACCOUNT),
    (Impersonation(CI, HERE, PLACE), f"{CI} is impersonated here", {"account": CI, "target": CI}, ACCOUNT),
    (runs(CI, None), f"cloud run v2 job shop/l/job runs as {CI}", {"account": CI, "runs": "runs"}, JOB),
    (
        runs(None, "compute"),
        "cloud run v2 job shop/l/job runs as the Compute Engine default service account",
        {"account": "the Compute Engine default service account", "runs": "runs"},
        JOB,
    ),
    (
        runs(None, "cloud_build"),
        "cloud run v2 job shop/l/job runs as the default service account of Cloud Build",
        {"runs": "builds"},
        JOB,
    ),
    (Pool(POOL, HERE), f"the pool {POOL} is declared here", {"pool": POOL}, None),
    (
        PROVIDER,
        "the provider p is declared here",
        {"provider": "p", "pool": POOL, "issuer": "https://x", "condition": "a == b"},
        None,
    ),
    (
        Service("run.googleapis.com", "shop", HERE, PLACE),
        "the project's services are enabled here",
        {"service": "run.googleapis.com", "project": "shop"},
        None,
    ),
    (
        AuditConfig(SHOP, "allServices", ("DATA_READ",), HERE, PLACE, ()),
        "the accesses to project shop are logged here",
        {"service": "allServices", "resource": "project shop"},
        SHOP,
    ),
    (OrgPolicy("iam.x", SHOP, HERE, PLACE), "iam.x is set on project shop here", {"constraint": "iam.x"}, SHOP),
    (
        Denial("cloudresourcemanager.googleapis.com/projects/shop", HERE, (), ()),
        "a deny policy is here",
        {"resource": "projects/shop"},
        None,
    ),
    (
        Boundary("b", HERE, PLACE, (), "3"),
        "the boundary b is defined here",
        {"boundary": "b", "enforcement_version": "3"},
        None,
    ),
    (
        ApiKey("k", "shop", HERE, PLACE, (), ()),
        "the API key k is declared here",
        {"key": "k", "open": "from anywhere and for every API that its project enables"},
        None,
    ),
    (
        AccessSetting("no_invoker_check", JOB, HERE, PLACE),
        "the check of the caller is switched off here",
        {"resource": "cloud run v2 job shop/l/job"},
        JOB,
    ),
    (AccessSetting("uniform_access", SHOP, HERE, PLACE), "uniform bucket-level access is set here", {}, SHOP),
    (Project("shop", replace(HERE, address="google_project.a")), "google_project.a is declared here", {}, None),
    (Project("shop", replace(HERE, type="project export")), "project export is declared here", {}, None),
]


@pytest.mark.parametrize(("fact", "described", "shown", "resource"), TABLE)
def test_what_is_shown_of_a_fact(fact: Fact, described: str, shown: dict[str, str], resource: Resource | None) -> None:
    kind = kind_of(fact)
    assert kind.described(fact) == described
    assert {name: kind.shown[name](fact) for name in shown} == shown
    assert kind.resource(fact) == resource


def test_every_kind_with_patterns_is_in_the_table() -> None:
    assert {kind_of(fact).name for fact, *_ in TABLE} >= set(KINDS)


# -- an account's grants on itself -------------------------------------------------------------------------------------

DECLARED = UnknownPart("google_service_account.ci.email")
REFERENCE = Unknown("known after apply", (DECLARED,))
OTHER = Unknown("known after apply", (UnknownPart("google_service_account.other.email"),))


def account_of(*parts: str | UnknownPart) -> Unknown:
    return Unknown("known after apply", ("serviceAccount:", *parts))


@pytest.mark.parametrize(
    ("who", "name", "expected"),
    [
        (f"serviceAccount:{CI}", CI, Truth.TRUE),
        (f"serviceAccount:{CI}", "other@shop.iam.gserviceaccount.com", Truth.FALSE),
        ("user:ana@example.com", CI, Truth.FALSE),
        (account_of(DECLARED), REFERENCE, Truth.TRUE),
        (account_of(DECLARED), OTHER, Truth.UNKNOWN),
        (
            Unknown("not known", ("serviceAccount:ci@", UnknownPart("var.project"), ".iam.gserviceaccount.com")),
            Unknown("known after apply", ("ci@", UnknownPart("var.project"), ".iam.gserviceaccount.com")),
            Truth.TRUE,
        ),
        (account_of(DECLARED, ".com"), Unknown("set", ("ci@", DECLARED)), Truth.UNKNOWN),
        (account_of(DECLARED, ".com"), Unknown("set", ("ci@", DECLARED, ".org")), Truth.FALSE),
        (account_of(DECLARED), Unknown("nothing is known"), Truth.UNKNOWN),
        (account_of(), Unknown("nothing is known"), Truth.UNKNOWN),
        (account_of(DECLARED), CI, Truth.UNKNOWN),
        (account_of("web@", UnknownPart("var.domain")), CI, Truth.FALSE),
        (account_of("ci@", UnknownPart("var.domain")), CI, Truth.UNKNOWN),
        (f"serviceAccount:{CI}", REFERENCE, Truth.UNKNOWN),
        (f"serviceAccount:{CI}", Unknown("known after apply", ("web@", DECLARED)), Truth.FALSE),
        (Unknown("known after apply", ("group:", DECLARED)), REFERENCE, Truth.FALSE),
        (Unknown("nothing is known"), CI, Truth.UNKNOWN),
        ("user:ana@example.com", REFERENCE, Truth.FALSE),
    ],
)
def test_whether_an_account_holds_a_grant_on_itself(who: str | Unknown, name: str | Unknown, expected: Truth) -> None:
    on_itself, estate = KINDS["grant"].words["own_account"], Estate([], catalog(), date(2026, 1, 1))
    fact = grant(who, on=Resource("service_account", name))
    verdict = on_itself((True,), fact, estate)
    assert verdict.truth is expected
    assert on_itself((False,), fact, estate).truth is ~expected
    assert bool(verdict.reasons) is (expected is Truth.UNKNOWN)


def test_a_grant_on_a_project_is_on_no_account_itself() -> None:
    on_itself, estate = KINDS["grant"].words["own_account"], Estate([], catalog(), date(2026, 1, 1))
    held = grant(f"serviceAccount:{CI}")
    assert on_itself((True,), held, estate).truth is Truth.FALSE
    assert on_itself((False,), held, estate).truth is Truth.TRUE


@pytest.mark.parametrize(
    ("kind", "found"), [("project", True), ("folder", False), ("own_account", False), ("service_account", False)]
)
def test_where_a_custom_role_is_granted(kind: str, found: bool) -> None:
    role = CustomRole("projects/shop/roles/r", (), HERE)
    fact = grant(role=str(role.name))
    estate = Estate([role, fact, grant()], catalog(), date(2026, 1, 1))
    verdict = KINDS["custom_role"].words["granted_on"]((kind,), role, estate)
    assert (verdict.truth is Truth.TRUE, verdict.facts) == (found, (fact,) if found else ())


@pytest.mark.parametrize(("kind", "found"), [("own_account", True), ("service_account", False), ("project", False)])
def test_where_a_custom_role_is_granted_to_an_account_on_itself(kind: str, found: bool) -> None:
    role = CustomRole("projects/shop/roles/r", (), HERE)
    fact = grant(f"serviceAccount:{CI}", str(role.name), ACCOUNT)
    estate = Estate([role, fact], catalog(), date(2026, 1, 1))
    assert (KINDS["custom_role"].words["granted_on"]((kind,), role, estate).truth is Truth.TRUE) is found


# -- places that belong to a finding -----------------------------------------------------------------------------------

ORIGIN, MADE = Location("vars.tf", 7), Location("modules/m/main.tf", 3)


def related(fact: Fact, permissions: tuple[str, ...], *others: Fact) -> list[tuple[str, str]]:
    origins = kind_of(fact).origins
    assert origins is not None
    found = origins(fact, permissions, Estate([fact, *others], catalog(), date(2026, 1, 1)))
    return [(f"{one.at.path}:{one.at.line}", one.message) for one in found]


@pytest.mark.parametrize(
    ("place", "expected"),
    [
        (Place(HERE.at), []),
        (Place(HERE.at, ORIGIN), [("vars.tf:7", "comes from here")]),
        (Place(HERE.at, None, MADE), [("modules/m/main.tf:3", "a called module makes")]),
        (Place(HERE.at, ORIGIN, MADE), [("vars.tf:7", "comes from here"), ("modules/m/main.tf:3", "a called module")]),
    ],
)
def test_where_the_parts_of_a_grant_come_from(place: Place, expected: list[tuple[str, str]]) -> None:
    for part, name in (("role_place", "role"), ("principal_place", "principal")):
        found = related(replace(grant(), **{part: place}), ())
        assert [at for at, _ in found] == [at for at, _ in expected]
        for (_, text), (_, wanted) in zip(found, expected, strict=True):
            assert wanted in text
            assert f"the {name}" in text


def test_what_belongs_to_a_grant_of_a_custom_role() -> None:
    one, two = Place(Location("roles.tf", 4), ORIGIN), Place(Location("roles.tf", 5), None, MADE)
    role = CustomRole("projects/shop/roles/r", (("a.b.get", one), ("a.b.set", two)), HERE)
    fact = grant(role=str(role.name))
    assert related(fact, ("a.b.set",), role) == [("roles.tf:5", "the custom role has a.b.set")]
    assert related(fact, ("a.b.list",), role) == []
    assert related(fact, ("a.b.set",)) == []
    assert related(role, ("a.b.get", "a.b.set")) == [
        ("roles.tf:4", "a.b.get is here"),
        ("vars.tf:7", "a.b.get comes from here"),
        ("roles.tf:5", "a.b.set is here"),
        ("modules/m/main.tf:3", "a called module makes a.b.set here"),
    ]
    assert kind_of(role).place(role, ("a.b.set",)) == two
    assert kind_of(role).place(role, ("a.b.set", "a.b.get")) == one
    assert kind_of(role).place(role, ()) == Place(HERE.at)


def test_an_export_that_shows_a_grant_belongs_to_it() -> None:
    export = replace(HERE, at=Location("audit.json", 9))
    shown = replace(grant(), origin="export", declared=export, principal_place=Place(export.at))
    assert related(grant(), (), shown) == [("audit.json:9", "an export shows it, too")]
    owner = replace(grant(role="roles/owner"), origin="policy", declared=replace(HERE, trust="own", address="a.b"))
    assert related(shown, (), owner) == [(f"main.tf:{HERE.at.line}", "a.b replaces or removes it, if it is applied")]


@pytest.mark.parametrize(("origin", "on_role"), [("member", True), ("binding", False), ("policy", False)])
def test_where_a_grant_is_reported(origin: Any, on_role: bool) -> None:
    role, who = Place(Location("main.tf", 2)), Place(Location("main.tf", 3))
    fact = replace(grant(), origin=origin, role_place=role, principal_place=who)
    assert kind_of(fact).place(fact, ()) == (role if on_role else who)


def test_what_has_no_argument_is_reported_at_its_declaration() -> None:
    denial = Denial("cloudresourcemanager.googleapis.com/projects/shop", HERE, (), ())
    assert kind_of(denial).place(denial, ()) == Place(HERE.at)
    assert kind_of(denial).place(replace(denial, place=Place(ORIGIN)), ()) == Place(ORIGIN)
    account = ServiceAccount(CI, "shop", HERE)
    assert kind_of(account).place(account, ()) == Place(HERE.at)


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("projects/1/locations/global/workloadIdentityPools/ci", "workload"),
        ("locations/global/workforcePools/staff", "workforce"),
        ("something", None),
        (Unknown("known after apply", (UnknownPart("var.pool"),)), "unknown"),
    ],
)
def test_the_kind_of_a_pool(name: str | Unknown, kind: str | None) -> None:
    estate = Estate([], catalog(), date(2026, 1, 1))
    for one in ("workload", "workforce"):
        expected = Truth.UNKNOWN if kind == "unknown" else Truth.TRUE if kind == one else Truth.FALSE
        assert KINDS["pool"].words["pool_kind"]((one,), Pool(name, HERE), estate).truth is expected
