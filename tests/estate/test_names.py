"""Names of principals and things, which identify equal facts of one estate."""

from __future__ import annotations

from dataclasses import replace

import pytest

from iamlint.estate import principal_node
from iamlint.estate.names import agreed, condition_key, identity, in_force, is_there, scope, with_canonical_names
from iamlint.facts import (
    Attachment,
    Condition,
    Credential,
    Declaration,
    Denial,
    EffectiveTags,
    EmptyBinding,
    ExportedPolicy,
    Fact,
    Grant,
    Impersonation,
    Place,
    Project,
    RemovedGrant,
    Resource,
    ServiceAccount,
    ServiceAccountKey,
    TagBinding,
    Text,
    UnreadPart,
)
from iamlint.location import Location
from iamlint.principals import read_principal
from iamlint.unknown import Truth, Unknown, UnknownPart

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
        ("serviceAccount:${google_service_account.ci.email}", "${google_service_account.ci.email} in a"),
        (partly("serviceAccount:", UnknownPart("var.x")), "${var.x} in a"),
        (partly("serviceAccount:ci@", UnknownPart("var.x")), "ci@${var.x} in a"),
        (partly("serviceAccount:"), None),
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
        on, bucket = Resource("service_account", name), Resource("storage_bucket", number)
        about = [
            made
            for one in (on, bucket)
            for made in (
                ExportedPolicy(one, HERE, PLACE, 1),
                EmptyBinding(one, HERE, "roles/viewer"),
                TagBinding(one, "1/env/prod", HERE, PLACE),
                EffectiveTags(one, (("1/env", "1/env/prod"),), HERE, PLACE),
            )
        ]
        removed = RemovedGrant(replace(held_by("user:ana@example.com"), resource=on), HERE)
        key = ServiceAccountKey(name, HERE, PLACE)
        return [account, asked, replace(asked, delegates=NOTHING, caller=None), key, *about, removed]

    assert with_canonical_names(facts(number)) == facts(email)


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
    assert with_canonical_names([account, denial, excepting])[1:] == [
        replace(denial, denied_principals=named),
        replace(excepting, exception_principals=named),
    ]


# -- what documents agree about ------------------------------------------------------------------------------------

NAMED = Declaration(Location("named.json"))
FOUND, FURTHER = Declaration(Location("found.json"), trust="own"), Declaration(Location("further.json"), trust="own")
Told = list[tuple[str, str, Declaration]]


@pytest.mark.parametrize(
    ("told", "meaning", "disputed"),
    [
        ([], {}, []),
        ([("1", "shop", NAMED)], {"1": "shop"}, []),
        ([("1", "shop", FOUND)], {"1": "shop"}, []),
        ([("1", "shop", FOUND), ("1", "shop", FURTHER)], {"1": "shop"}, []),
        ([("1", "shop", FOUND), ("2", "seed", FURTHER)], {"1": "shop", "2": "seed"}, []),
        # -- those that the user did not name may contradict each other: then neither is used
        ([("1", "shop", FOUND), ("1", "seed", FURTHER)], {}, [FURTHER]),
        ([("1", "shop", FOUND), ("1", "seed", FURTHER), ("1", "shop", FOUND)], {}, [FURTHER]),
        ([("1", "shop", FOUND), ("1", "seed", FURTHER), ("2", "seed", FOUND)], {"2": "seed"}, [FURTHER]),
        # -- what the user named is believed, before the others or after them
        ([("1", "shop", NAMED), ("1", "seed", FOUND)], {"1": "shop"}, []),
        ([("1", "seed", FOUND), ("1", "shop", NAMED)], {"1": "shop"}, []),
        ([("1", "seed", FOUND), ("1", "lone", FURTHER), ("1", "shop", NAMED)], {"1": "shop"}, []),
        ([("1", "seed", FOUND), ("1", "shop", NAMED), ("1", "lone", FURTHER)], {"1": "shop"}, []),
        # -- of several named ones that differ, the first
        ([("1", "shop", NAMED), ("1", "seed", NAMED)], {"1": "shop"}, []),
    ],
)
def test_what_documents_say_about_a_name(told: Told, meaning: dict[str, str], disputed: list[Declaration]) -> None:
    found, parts = agreed(told)
    assert found == meaning
    assert [part.declared for part in parts] == disputed
    for part in parts:
        assert part.reason == "found.json:1 says something else about 1, so neither is used"
        assert part.unread is False


def on(kind: str, name: Text) -> Grant:
    return replace(held_by("user:ana@example.com"), resource=Resource(kind, name))


@pytest.mark.parametrize(
    ("grant", "named"),
    [
        (on("service_account", NUMBER), on("service_account", "ci@shop.iam.gserviceaccount.com")),
        (on("project", "123"), on("project", "shop")),
        (on("project", "456"), on("project", "456")),
        (on("project", NUMBER), on("project", NUMBER)),
        (on("service_account", "123"), on("service_account", "123")),
        (on("folder", "123"), on("folder", "123")),
        (on("project", NOTHING), on("project", NOTHING)),
    ],
)
def test_a_grant_is_on_a_project_by_id_and_on_an_account_by_its_email(grant: Grant, named: Grant) -> None:
    account = ServiceAccount("ci@shop.iam.gserviceaccount.com", "shop", HERE, unique_id=NUMBER)
    facts = [account, Project("shop", HERE, "123"), Project("789", HERE, "789"), Project(NOTHING, HERE, "456")]
    assert with_canonical_names([*facts, grant]) == [*facts, named]
    assert with_canonical_names([grant]) == [grant]


def test_only_what_names_an_account_is_renamed() -> None:
    email = "ci@shop.iam.gserviceaccount.com"
    account = ServiceAccount(email, "shop", HERE, unique_id=NUMBER)
    others = [Credential("hmac_key", "9", HERE, PLACE), Attachment(None, None, Resource("x", "y"), NUMBER, HERE, PLACE)]
    by_number = [Credential("hmac_key", NUMBER, HERE, PLACE)]
    assert with_canonical_names([account, *others, *by_number]) == [
        account,
        *others,
        Credential("hmac_key", email, HERE, PLACE),
    ]


def test_a_reference_to_an_account_is_its_email_in_the_same_configuration() -> None:
    email, name = "ci@shop.iam.gserviceaccount.com", "${google_service_account.ci.email}"
    account = ServiceAccount(email, "shop", replace(HERE, address="google_service_account.ci"))
    facts = [ServiceAccountKey(name, declared, PLACE) for declared in (HERE, THERE)]
    assert with_canonical_names([account, *facts])[1:] == [ServiceAccountKey(email, HERE, PLACE), facts[1]]


DOMAIN = ".iam.gserviceaccount.com"
PROJECT = partly(UnknownPart("var.project"))


@pytest.mark.parametrize(
    ("account_id", "address", "declared", "named"),
    [
        ("ci", "google_service_account.ci", HERE, True),
        (partly(UnknownPart("var.name")), "google_service_account.ci", HERE, False),
        ("cd", "google_service_account.ci", HERE, False),
        ("ci", "google_service_account.ci[*]", HERE, False),
        ("ci", "google_service_account.ci", THERE, False),
        (None, "google_service_account.ci", HERE, False),
    ],
    ids=["it", "perhaps", "another id", "any of several", "another configuration", "no id"],
)
def test_an_email_with_references_is_the_account_that_it_comes_from(
    account_id: Text | None, address: str, declared: Declaration, named: bool
) -> None:
    name, written = "${google_service_account.ci.email}", partly("ci@", UnknownPart("var.project"), DOMAIN)
    account = ServiceAccount(name, PROJECT, replace(HERE, address=address), account_id=account_id)
    grant = replace(held_by(partly("serviceAccount:ci@", UnknownPart("var.project"), DOMAIN)), declared=declared)
    on_it = replace(grant, principal=read_principal("allUsers"), resource=Resource("service_account", written))
    found = with_canonical_names([account, grant, on_it, ServiceAccountKey(written, declared, PLACE)])[1:]
    key = ServiceAccountKey(name if named else written, declared, PLACE)
    on_named = replace(on_it, resource=Resource("service_account", name)) if named else on_it
    by_named = replace(grant, principal=read_principal(f"serviceAccount:{name}")) if named else grant
    assert found == [by_named, on_named, key]


def test_names_that_documents_dispute_are_reported() -> None:
    one = ServiceAccount("ci@shop.iam.gserviceaccount.com", "shop", FOUND, unique_id=NUMBER)
    other = replace(one, email="cd@shop.iam.gserviceaccount.com", declared=FURTHER)
    key = ServiceAccountKey(NUMBER, HERE, PLACE)
    projects = [Project("shop", FOUND, "1"), Project("seed", FURTHER, "1")]
    found = with_canonical_names([one, other, key, *projects])
    assert found[:5] == [one, other, key, *projects]
    assert [(type(fact), fact.declared) for fact in found[5:]] == [(UnreadPart, FURTHER), (UnreadPart, FURTHER)]


@pytest.mark.parametrize(
    ("declared", "where"),
    [
        (Declaration(Location("a/main.tf")), "a"),
        (Declaration(Location("main.tf.json")), "."),
        (Declaration(Location("modules/m/main.tf"), via=(Location("root/main.tf"), Location("x/main.tf"))), "root"),
        (Declaration(Location("modules/m/main.tf"), planned=Location("out/plan.json")), "out/plan.json"),
        (Declaration(Location("a/audit.json")), "a/audit.json"),
        (Declaration(Location("a/cc.yaml")), "a/*"),  # documents of a folder, not the root module there
    ],
)
def test_where_references_have_their_meaning(declared: Declaration, where: str) -> None:
    assert scope(declared) == where


@pytest.mark.parametrize(
    ("declared", "there", "certain"),
    [
        (HERE, True, True),
        (replace(HERE, address="a.b[0]"), True, True),
        (replace(HERE, address="a.b[*]"), False, False),
        (replace(HERE, address="module.m[*].a.b"), False, False),
        (replace(HERE, uncertain="count is not known"), True, False),
        (replace(HERE, ignored=("members",)), True, False),
    ],
)
def test_what_is_certainly_there_and_as_written(declared: Declaration, there: bool, certain: bool) -> None:
    assert (is_there(declared).truth is Truth.TRUE) is there
    found = in_force(declared)
    assert found.truth is (Truth.TRUE if certain else Truth.UNKNOWN)
    reasons = (
        (declared.uncertain, declared.loose)
        if there
        else (f"how many instances of {declared.address} there are is not known",)
    )
    assert found.reasons == tuple(filter(None, reasons))
