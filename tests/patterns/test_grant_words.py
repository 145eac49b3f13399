"""The words of patterns over grants, and over accounts that are only partly known."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any, get_args

import pytest

from iamlint.estate import Estate
from iamlint.facts import (
    Condition,
    CustomRole,
    Declaration,
    Fact,
    Grant,
    Place,
    PrincipalKind,
    Project,
    Resource,
    ServiceAccountKey,
    Text,
)
from iamlint.location import Location
from iamlint.logic.verdict import FALSE, TRUE
from iamlint.patterns import evaluation
from iamlint.patterns.evaluation import finished, judge, narrowed
from iamlint.patterns.fact_schema import KINDS
from iamlint.patterns.match import matches
from iamlint.patterns.predicates import Word, any_glob, flag, glob, kind, one_of, permission, possible_kinds
from iamlint.principals import read_principal
from iamlint.roles import RoleKind, catalog
from iamlint.unknown import Truth, Unknown, UnknownPart

HERE, PLACE = Declaration(Location("main.tf")), Place(Location("main.tf"))
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
NOT_KNOWN = Unknown("var.x has no default", (UnknownPart("var.x"),))
NOTHING = Unknown("var.x has no default")
SHOP = Resource("project", "shop")
CREATOR = "roles/iam.serviceAccountTokenCreator"


def partly(*parts: str | UnknownPart) -> Unknown:
    return Unknown("var.x has no default", parts)


X = UnknownPart("var.x")
ACCOUNTS = frozenset({"service_account", "default_service_account", "service_agent", "gke_workload"})


def grant(
    who: Text = "user:ana@example.com", role: Text = CREATOR, on: Resource = SHOP, under: str | None = None
) -> Grant:
    condition = Condition(under) if under else None
    return Grant(read_principal(who), role, on, "member", HERE, PLACE, PLACE, PLACE, condition=condition)


def estate(*facts: Fact) -> Estate:
    return Estate(facts, catalog(), date(2026, 1, 1))


def answer(word: str, wanted: tuple[Any, ...], fact: Fact, *others: Fact, of: str = "grant") -> Truth:
    return KINDS[of].words[word](wanted, fact, estate(fact, *others)).truth


# -- which kinds a principal may have ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "kinds"),
    [
        ("user:ana@example.com", {"user"}),
        ("allUsers", {"public"}),
        (NOT_KNOWN, set(get_args(PrincipalKind)) - {"unknown"}),
        (NOTHING, set(get_args(PrincipalKind)) - {"unknown"}),
        (partly("user:", X), {"user"}),
        (partly("group:", X, "@example.com"), {"group"}),
        (partly("serviceAccount:", X), ACCOUNTS),
        (partly("serviceAccount:", X, ".iam.gserviceaccount.com"), ACCOUNTS),
        (partly("serviceAccount:ci@", X, ".iam.gserviceaccount.com"), {"service_account"}),
        (partly("serviceAccount:ci-1@", X, ".iam.gserviceaccount.com"), {"service_account"}),
        (partly("serviceAccount:ci@", X), ACCOUNTS),
        (partly("serviceAccount:ci-", X, ".iam.gserviceaccount.com"), ACCOUNTS),
        (partly("serviceAccount:service-1@", X, ".iam.gserviceaccount.com"), ACCOUNTS),
        (partly("serviceAccount:1@", X, ".iam.gserviceaccount.com"), ACCOUNTS),
        (
            partly("principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/", X),
            {"federated_set", "federated_pool"},
        ),
        (
            partly(
                "principalSet://iam.googleapis.com/projects/",
                X,
                "/locations/global/workloadIdentityPools/p/attribute.a/b",
            ),
            {"federated_set"},
        ),
    ],
)
def test_the_kinds_that_a_principal_may_have(who: Text, kinds: set[str]) -> None:
    principal = read_principal(who)
    assert possible_kinds(principal) == kinds
    for one in get_args(PrincipalKind):
        certain = T if kinds == {one} else U if one in kinds else F
        assert answer("principal_kind", (one,), grant(who)) is certain
    assert answer("principal_kind", tuple(kinds), grant(who)) is T


@pytest.mark.parametrize(
    ("account", "kinds"),
    [
        ("ci@shop.iam.gserviceaccount.com", {"service_account"}),
        ("1-compute@developer.gserviceaccount.com", {"default_service_account"}),
        ("service-1@compute-system.iam.gserviceaccount.com", {"service_agent"}),
        (NOT_KNOWN, ACCOUNTS),
        (NOTHING, ACCOUNTS),
        (partly("ci@", X, ".iam.gserviceaccount.com"), {"service_account"}),
    ],
)
def test_the_kinds_that_an_account_may_have(account: Text, kinds: set[str]) -> None:
    key = ServiceAccountKey(account, HERE, PLACE)
    for one in ACCOUNTS:
        certain = T if kinds == {one} else U if one in kinds else F
        assert answer("account_kind", (one,), key, of="service_account_key") is certain
    assert answer("account_kind", tuple(kinds), key, of="service_account_key") is T


# -- the role ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("role", "kinds"),
    [
        ("roles/owner", {"basic"}),
        ("roles/viewer", {"basic"}),
        (CREATOR, {"predefined"}),
        ("roles/compute.serviceAgent", {"service_agent"}),
        ("projects/shop/roles/r", {"custom"}),
        (NOT_KNOWN, set(get_args(RoleKind))),
    ],
)
def test_the_kinds_that_a_role_may_have(role: Text, kinds: set[str]) -> None:
    for one in get_args(RoleKind):
        certain = T if kinds == {one} else U if one in kinds else F
        assert answer("role_kind", (one,), grant(role=role)) is certain
    defined = CustomRole("roles/owner", (), HERE)
    assert answer("role_kind", ("custom",), grant(role="roles/owner"), defined) is T


def role(*permissions: Text) -> CustomRole:
    return CustomRole("projects/shop/roles/r", tuple((one, PLACE) for one in permissions), HERE)


@pytest.mark.parametrize(
    ("permissions", "writing"),
    [
        (("storage.objects.create",), T),
        (("storage.objects.get",), F),
        (("pubsub.topics.publish",), T),
        (("bigquery.tables.updateData",), T),
        (("cloudbuild.builds.create",), T),
        (("x.y.modifyAcl",), T),
        (("x.y.uploadFile",), T),
        (("x.y.setIamPolicy",), T),
        (("x.y.settle",), F),
        (("x.y.createTagBinding",), F),
        (("monitoring.timeSeries.create",), F),  # readers of a database have it, too
        (("monitoring.timeSeries.create", "storage.objects.create"), T),
        ((NOT_KNOWN,), U),
        ((NOT_KNOWN, "storage.objects.create"), T),
        ((), F),
    ],
)
def test_whether_a_role_writes(permissions: tuple[Text, ...], writing: Truth) -> None:
    fact, defined = grant(role="projects/shop/roles/r"), role(*permissions)
    assert answer("writes", (True,), fact, defined) is writing
    assert answer("writes", (False,), fact, defined) is ~writing
    assert answer("writes", (True, False), fact, defined) is (writing if writing is U else T)


def test_what_viewer_may_do_too_is_not_writing() -> None:
    held, _ = estate().permissions("roles/viewer", HERE)
    also = next(one for one in sorted(held) if one.endswith(".create"))
    assert answer("writes", (True,), grant(role="projects/shop/roles/r"), role(also)) is F


# -- the condition -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("under", "ends"),
    [
        (None, False),
        ("request.time < timestamp('2027-12-31T00:00:00Z')", True),
        ("request.time < timestamp('2028-01-01T00:00:00Z')", True),  # it has ended two years later
        ("request.time < timestamp('2028-01-02T00:00:00Z')", False),
        ("request.time < timestamp('2020-01-01T00:00:00Z')", True),
        ("request.time > timestamp('2020-01-01T00:00:00Z')", False),
        ("true", False),
        ("false", True),
        ("resource.matchTag('2/env', 'prod')", False),
        ("resource.matchTag('2/env', 'prod') && request.time < timestamp('2027-01-01T00:00:00Z')", True),
        (
            "request.time < timestamp('2027-01-01T00:00:00Z') || request.time >= timestamp('9998-01-01T00:00:00Z')",
            False,
        ),
    ],
)
def test_whether_a_grant_ends_by_itself(under: str | None, ends: bool) -> None:
    assert answer("temporary", (True,), grant(under=under)) is (T if ends else F)
    assert answer("temporary", (False,), grant(under=under)) is (F if ends else T)


def test_a_day_near_the_end_of_the_calendar() -> None:
    late = Estate([], catalog(), date(9999, 6, 1))
    assert KINDS["grant"].words["temporary"]((True,), grant(under="true"), late) is FALSE


def only(*roles: str) -> str:
    listed = ", ".join(map(repr, roles))
    return f"api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{listed}])"


@pytest.mark.parametrize(
    ("under", "truth"),
    [
        (None, F),
        ("true", F),
        (only("roles/logging.viewer"), T),
        (only(), T),
        (only("roles/logging.viewer", "roles/owner"), F),
        (only("roles/iam.serviceAccountUser"), F),
        (only("projects/shop/roles/r"), U),
        (only("projects/shop/roles/r", "roles/owner"), F),
        (only("projects/shop/roles/r", "roles/logging.viewer"), U),
    ],
)
def test_whether_a_condition_allows_harmless_roles_only(under: str | None, truth: Truth) -> None:
    assert answer("limited", (True,), grant(under=under)) is truth
    assert answer("limited", (False,), grant(under=under)) is ~truth
    unknown = replace(grant(), condition=NOT_KNOWN)
    assert answer("limited", (True,), unknown) is F
    assert answer("limited", (False,), unknown) is T


# -- a privileged account below ----------------------------------------------------------------------------------------

ADMIN = "serviceAccount:admin@shop.iam.gserviceaccount.com"
OWNER = grant(ADMIN, "roles/owner")
BUILDS = "serviceAccount:730000000011@cloudbuild.gserviceaccount.com"
SHOP = Project("shop", HERE, "730000000011")


@pytest.mark.parametrize(
    ("who", "others", "truth"),
    [
        ("user:ana@example.com", (OWNER,), T),
        ("user:ana@example.com", (), F),
        (ADMIN, (OWNER,), F),
        # -- Cloud Build's own account has no tokens or keys for users
        ("user:ana@example.com", (grant(BUILDS, "roles/owner"), SHOP), F),
        ("user:ana@example.com", (grant(BUILDS.replace("@cloudbuild", "-compute@developer"), "roles/owner"), SHOP), T),
        # -- one that is partly known may be one of those that have grants
        (partly("user:", X), (OWNER,), T),
        (partly("user:", X), (OWNER, grant("user:bo@example.com", "roles/owner")), U),
        (partly("user:", X), (OWNER, grant("user:bo@example.com", "roles/iam.serviceAccountKeyAdmin")), T),
        (partly("user:", X, "@example.org"), (OWNER, grant("user:bo@example.com", "roles/owner")), T),
        (partly("user:", X), (OWNER, grant("group:ops@example.com", "roles/owner")), T),
        (partly("user:", X), (OWNER, grant(partly("user:", X), "roles/owner")), F),  # it is an owner itself
        (partly("user:", X), (OWNER, grant(partly("user:a-", X), "roles/owner")), U),
        (NOT_KNOWN, (OWNER,), U),
        (partly("serviceAccount:", X), (OWNER,), U),
        (partly("serviceAccount:ci@", X, ".iam.gserviceaccount.com"), (OWNER,), T),
        (partly("serviceAccount:admin@", X, ".iam.gserviceaccount.com"), (OWNER,), U),
    ],
)
def test_whether_a_grant_reaches_a_privileged_account(who: Text, others: tuple[Any, ...], truth: Truth) -> None:
    fact = grant(who, "roles/iam.serviceAccountUser")
    assert answer("reaches_privileged", (True,), fact, *others) is truth
    nowhere = replace(fact, resource=Resource("project", NOTHING))
    assert answer("reaches_privileged", (True,), nowhere, *others) is F
    assert answer("reaches_privileged", (False,), nowhere, *others) is T


# -- words in general --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("possible", "truth"), [({"a"}, T), ({"a", "b"}, T), ({"a", "c"}, U), ({"c"}, F), ({"c", "d"}, F)]
)
def test_one_of_several_values(possible: set[str], truth: Truth) -> None:
    found = one_of(("a", "b"), frozenset(possible), "why")
    assert (found.truth, found.reasons) == (truth, ("why",) if truth is U else ())


@pytest.mark.parametrize(
    ("globs", "unknown", "truth", "permissions"),
    [
        (("a.b.get",), None, T, ("a.b.get",)),
        (("a.b.*",), None, T, ("a.b.get", "a.b.set")),
        (("a.b.set", "a.b.*"), None, T, ("a.b.set", "a.b.get")),
        (("x.y.z",), None, F, ()),
        (("x.*",), None, F, ()),
        (("x.y.z",), NOT_KNOWN, U, ()),
        (("a.b.get",), NOT_KNOWN, T, ("a.b.get",)),
        ((), None, F, ()),
    ],
)
def test_permissions_that_match(
    globs: tuple[str, ...], unknown: Unknown | None, truth: Truth, permissions: tuple[str, ...]
) -> None:
    found = permission(globs, frozenset({"a.b.set", "a.b.get"}), unknown)
    assert (found.truth, found.permissions) == (truth, permissions)
    assert found.reasons == (("var.x has no default",) if truth is U else ())


def test_a_word_about_a_text() -> None:
    ask: Word[Any] = glob("name", lambda text: text)
    assert ask(("a*",), "ab", estate()) is TRUE
    assert ask(("a*",), "b", estate()) is FALSE
    assert ask(("a*",), None, estate()) is FALSE
    found = ask(("a*",), NOT_KNOWN, estate())
    assert (found.truth, found.reasons) == (U, ("the name is not known: var.x has no default",))
    reference = ask(("a*",), "${google_service_account.ci.email}", estate())
    assert (reference.truth, reference.reasons) == (
        U,
        ("the e-mail of ${google_service_account.ci.email} is not known",),
    )
    assert ask.__doc__ == "Whether the name matches one of these globs."


def test_a_word_about_several_texts() -> None:
    ask: Word[Any] = any_glob("name", lambda texts: texts)
    assert ask(("a*",), ("b", "ab"), estate()).truth is T
    assert ask(("a*",), ("b",), estate()).truth is F
    assert ask(("a*",), (), estate()) is FALSE
    assert ask(("a*",), None, estate()) is FALSE
    assert ask(("a*",), ("b", NOT_KNOWN), estate()).truth is U
    assert ask(("a*",), (NOT_KNOWN, "ab"), estate()).truth is T
    assert ask(("a*",), NOT_KNOWN, estate()).reasons == ("the name is not known: var.x has no default",)
    assert ask.__doc__ == "Whether at least one name matches one of these globs."


def test_a_word_about_a_flag_and_about_a_kind() -> None:
    ask: Word[Any] = flag("whether it is so", lambda value: value)
    assert [ask((True,), value, estate()) for value in (True, False, None)] == [TRUE, FALSE, FALSE]
    assert [ask((False,), value, estate()) for value in (True, False, None)] == [FALSE, TRUE, FALSE]
    assert ask((True,), NOT_KNOWN, estate()).reasons == ("it is not known whether it is so: var.x has no default",)
    assert ask.__doc__ == "Whether it is so."
    asked: Word[Any] = kind("kind of thing", lambda value: value)
    assert [asked(("a", "b"), value, estate()) for value in ("a", "c", None)] == [TRUE, FALSE, FALSE]
    assert asked(("a",), NOT_KNOWN, estate()).reasons == ("the kind is not known: var.x has no default",)
    assert asked.__doc__ == "Whether the kind of thing is one of these."


# -- patterns in parts -------------------------------------------------------------------------------------------------


def part(name: str) -> Word[Any]:
    return glob(name, lambda fact: fact[name])


WORDS = {"one": part("one"), "two": part("two")}


@pytest.mark.parametrize(
    ("pattern", "truth"),
    [
        ({}, T),
        ({"one": "a"}, T),
        ({"one": "b"}, F),
        ({"one": ["b", "a"]}, T),
        ({"one": "a", "two": "x"}, U),
        ({"one": "b", "two": "x"}, F),
        ({"two": "x"}, U),
        ({"unless": {"one": "a"}}, F),
        ({"unless": {"one": "b"}}, T),
        ({"unless": {"two": "x"}}, U),
        ({"unless": [{"one": "b"}, {"two": "x"}]}, U),
        ({"unless": [{"two": "x"}, {"one": "a"}]}, F),
        ({"unless": {"one": "a", "two": "x"}}, U),
        ({"unless": {"one": "b", "two": "x"}}, T),
        ({"unless": {"one": "a", "unless": {"one": "a"}}}, T),
        ({"unless": {"one": "a", "unless": {"two": "x"}}}, U),
        ({"unless": {"two": "x", "unless": {"one": "a"}}}, T),
        ({"one": "a", "unless": []}, T),
    ],
)
@pytest.mark.parametrize("first", [(), ("one",), ("two",), ("one", "two")])
def test_a_pattern_has_one_answer_whichever_words_come_first(
    pattern: dict[str, Any], truth: Truth, first: tuple[str, ...]
) -> None:
    fact: Any = {"one": "a", "two": NOT_KNOWN}
    assert judge(pattern, fact, estate(), WORDS).truth is truth
    rest = narrowed(pattern, fact, estate(), WORDS, frozenset(first))
    found = FALSE if rest is None else finished(rest, fact, estate())
    assert found.truth is truth
    assert bool(found.reasons) is (truth is U)


def test_prepared_patterns_are_kept_up_to_a_number(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(evaluation, "_PREPARED", {})
    monkeypatch.setattr(evaluation, "_MOST_PREPARED", 2)
    patterns, sizes = [{"one": "a"}, {"one": "b"}, {"one": "c"}], []
    fact: Any = {"one": "a", "two": "x"}
    for pattern in (*patterns, patterns[2]):
        judge(pattern, fact, estate(), WORDS)
        sizes.append(len(evaluation._PREPARED))
    assert sizes == [1, 2, 1, 1]


@pytest.mark.parametrize(
    ("principal", "found"),
    [
        ("user:ana@*", ["user:ana@example.com"]),
        ("u*", ["user:ana@example.com"]),
        ("*", ["user:ana@example.com", "group:ops@example.com", "allUsers"]),
        ("?ser:*", ["user:ana@example.com"]),
        ("group:*", ["group:ops@example.com"]),
        ("allUsers", ["allUsers"]),
        (["allUsers", "group:*"], ["group:ops@example.com", "allUsers"]),
        ("nobody:*", []),
    ],
)
def test_grants_are_matched_by_the_beginning_of_their_principal(principal: str | list[str], found: list[str]) -> None:
    facts = [grant(who) for who in ("user:ana@example.com", "group:ops@example.com", "allUsers")]
    matched = matches({"grant": {"principal": principal}}, estate(*facts))
    assert [one.fact.principal.text for one in matched if isinstance(one.fact, Grant)] == found
