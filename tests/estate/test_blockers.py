"""Which policies, settings and accounts are candidates for blocking a grant, before their verdicts are put together."""

from __future__ import annotations

from dataclasses import replace

import pytest
from access.access_estates import (
    ACCOUNT,
    ANA,
    CI,
    DAY,
    DEPLOY,
    FOLDER,
    HERE,
    KEY,
    NOT_KNOWN,
    SET_PROJECT,
    SHOP,
    TOKEN,
    TREE,
    account,
    bounded,
    denied,
    given,
    granted,
    keyless,
)

from iamlint.estate import Estate, blockers
from iamlint.facts import AccessSetting, Declaration, Fact, Grant, OrgPolicy, Place, Project, Resource, Setting, Text
from iamlint.location import Location
from iamlint.roles import catalog
from iamlint.unknown import Truth, Unknown, UnknownPart

ORGANIZATION, SEED = Resource("organization", "organizations/2"), Resource("project", "seed")
HOLDER = f"serviceAccount:{CI}"
NOBODY_ELSE = replace(denied(), denied_principals=("principal://goog/subject/bob@example.com",))
_MOVED = replace(account(DEPLOY, disabled=False), project="seed")
"""An account that is declared in another project than its e-mail names."""
_PREVENTED = OrgPolicy("storage.publicAccessPrevention", SEED, HERE, Place(Location("main.tf", 42)), enforced=True)
TAGGED = "resource.matchTag('2/env', 'prod')"


@pytest.mark.parametrize(
    ("grant", "facts", "permission", "expected"),
    [
        (granted(), (), TOKEN, False),
        (granted(), (denied(),), TOKEN, True),
        (granted(), (denied(),), None, True),
        (granted(), (denied(),), SET_PROJECT, False),
        (granted(), (denied("folders/1"),), TOKEN, True),
        (granted(), (denied("projects/seed"),), TOKEN, False),
        (granted(), (denied("projects/seed"),), None, False),
        (granted(), (NOBODY_ELSE,), TOKEN, False),
        (granted(), (NOBODY_ELSE,), None, False),
        (granted(who="user:bob@example.com"), (NOBODY_ELSE,), TOKEN, True),
        (granted(), bounded("seed"), TOKEN, True),
        (granted(who=HOLDER), (account(CI),), SET_PROJECT, True),
        (granted(who=HOLDER), (account(CI, NOT_KNOWN),), SET_PROJECT, True),
        (granted(who=HOLDER), (account(CI, disabled=False),), SET_PROJECT, False),
        (granted(who=HOLDER), (account(DEPLOY),), TOKEN, False),
        (granted(on=ACCOUNT), (account(DEPLOY),), TOKEN, True),
        (granted(on=ACCOUNT), (account(DEPLOY),), None, True),
        (granted(on=ACCOUNT), (account(DEPLOY),), "iam.roles.get", False),
        (granted(on=ACCOUNT), (account(CI),), TOKEN, False),
        (granted(), keyless(), KEY, True),
        (granted(), keyless(), None, True),
        (granted(), keyless(), TOKEN, False),
        (granted(on=SEED), keyless(), KEY, False),
        # -- the public, and buckets
        (granted(who="allUsers"), (), TOKEN, False),
        (granted(who="allUsers"), (_PREVENTED,), TOKEN, True),
        (granted(who="allAuthenticatedUsers"), (_PREVENTED,), TOKEN, True),
        (granted(), (_PREVENTED,), TOKEN, False),
        (granted(on=Resource("storage_bucket", "b")), (_PREVENTED,), TOKEN, True),
        (granted(on=Resource("storage_object", "b/o")), (_PREVENTED,), TOKEN, True),
        (granted(on=Resource("pubsub_topic", "shop/t")), (_PREVENTED,), TOKEN, False),
        (granted(on=Resource("storage_bucket", "b")), (denied("projects/seed"),), TOKEN, True),  # it may be in "seed"
    ],
)
def test_what_may_concern_a_grant(
    grant: Grant, facts: tuple[Fact, ...], permission: str | None, expected: bool
) -> None:
    estate, asked = given(grant, *facts)
    assert estate.blockers.may_concern(asked, permission) is expected
    found = estate.blockers.against(asked, permission or TOKEN, None, DAY)
    assert expected or all(one.verdict.truth is Truth.FALSE for one in found)


@pytest.mark.parametrize(
    ("grant", "facts", "permission", "expected"),
    [
        (granted(on=FOLDER), (), TOKEN, False),
        # -- a deny policy is the same for all accounts below it
        (granted(on=FOLDER), (denied("organizations/2"),), TOKEN, False),
        (granted(on=FOLDER), (denied("folders/1"),), TOKEN, False),
        (granted(on=FOLDER), (denied(),), TOKEN, True),
        (granted(on=FOLDER), (denied(),), SET_PROJECT, False),
        (granted(on=FOLDER), (NOBODY_ELSE,), TOKEN, False),
        (granted(on=FOLDER), (denied("folders/1", under=TAGGED),), TOKEN, True),
        (granted(on=ORGANIZATION), (denied("folders/1"),), TOKEN, True),
        (granted(), (denied("folders/1"),), TOKEN, False),
        (granted(), (denied(under=TAGGED),), TOKEN, True),
        (granted(), (denied(under=TAGGED),), SET_PROJECT, False),
        (granted(on=SEED), (denied(under=TAGGED),), TOKEN, False),
        (granted(on=ACCOUNT), (denied(under=TAGGED),), TOKEN, False),
        # -- accounts that are disabled
        (granted(on=FOLDER), (account(DEPLOY),), TOKEN, True),
        (granted(), (account(DEPLOY),), TOKEN, True),
        (granted(), (account(DEPLOY, disabled=False), denied("projects/seed")), TOKEN, False),
        (granted(on=SEED), (account(DEPLOY),), TOKEN, False),
        (granted(), (_MOVED, denied("projects/seed")), TOKEN, True),
        (granted(), (replace(account("${x.email}"), project=NOT_KNOWN),), TOKEN, False),
        (granted(), (account("${x.email}", disabled=False), denied("projects/seed")), TOKEN, True),
        # -- the public
        (granted(on=FOLDER, who="allUsers"), (_PREVENTED,), TOKEN, True),
        (granted(who="allUsers"), (_PREVENTED,), TOKEN, True),
        (granted(on=FOLDER), (_PREVENTED,), TOKEN, False),
        # -- new keys
        (granted(on=FOLDER), keyless(), KEY, True),
        (granted(on=FOLDER), keyless(), TOKEN, False),
        # -- boundaries
        (granted(on=FOLDER, who=HOLDER), bounded("shop"), TOKEN, True),
        (granted(on=FOLDER, who=HOLDER), bounded("seed"), TOKEN, False),
        (granted(on=FOLDER, who=HOLDER), bounded("shop"), "run.jobs.run", True),
        (granted(on=FOLDER, who="serviceAccount:x@seed.iam.gserviceaccount.com"), bounded("shop"), TOKEN, False),
    ],
)
def test_what_differs_between_the_accounts_below(
    grant: Grant, facts: tuple[Fact, ...], permission: str, expected: bool
) -> None:
    estate, asked = given(grant, *facts)
    assert estate.blockers.varies_below(asked, permission, DAY) is expected


def _allowing(*resources: str, version: str = "3") -> tuple[Fact, ...]:
    policy, binding = bounded("shop")
    allowed = tuple(f"//cloudresourcemanager.googleapis.com/{one}" for one in resources)
    return replace(policy, resources=allowed, enforcement_version=version), binding


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        (_allowing("folders/1"), False),
        (_allowing("organizations/2"), False),
        (_allowing("projects/shop", "folders/1"), False),
        (_allowing("projects/shop", "projects/seed"), True),
        (_allowing("projects/shop", version="1"), False),
        (_allowing(), False),
    ],
    ids=["it", "above it", "it, and a project in it", "a project in it", "an old version", "nothing"],
)
def test_a_boundary_that_allows_a_part_of_a_folder_differs_there(facts: tuple[Fact, ...], expected: bool) -> None:
    estate, asked = given(granted(on=FOLDER, who=HOLDER), *facts)
    assert estate.blockers.varies_below(asked, TOKEN, DAY) is expected


def test_a_boundary_that_is_not_known_may_differ() -> None:
    policy, binding = bounded("shop")
    estate, asked = given(granted(on=FOLDER, who=HOLDER), replace(policy, resources=NOT_KNOWN), binding)
    assert estate.blockers.varies_below(asked, TOKEN, DAY) is True


@pytest.mark.parametrize(
    ("on", "facts", "line"),
    [
        (SHOP, tuple(denied(permission=f"roles.p{number}") for number in range(8)), 20),
        (FOLDER, _allowing("folders/1"), 30),
        (SEED, keyless()[:1], 40),
    ],
    ids=["denials", "boundaries", "organization policies"],
)
def test_what_was_not_compared_may_concern_and_differ(
    monkeypatch: pytest.MonkeyPatch, on: Resource, facts: tuple[Fact, ...], line: int
) -> None:
    monkeypatch.setattr(blockers, "STEPS", 0)
    monkeypatch.setattr(blockers, "STEPS_A_GRANT", 0)
    estate, asked = given(granted(on=on, who=HOLDER), *facts)
    assert estate.blockers.may_concern(asked, KEY) is True
    assert estate.blockers.varies_below(asked, TOKEN, DAY) is (on is not SEED)  # there are no denials to compare
    (error,) = estate.blockers.unfinished
    assert (error.at.line, error.reason) == (line, blockers.TOO_MANY)


# -- the public --------------------------------------------------------------------------------------------------------

PAP: Setting = "public_access_prevention"
UNIFORM: Setting = "uniform_access"
ENV = UnknownPart("var.env")
PARTLY = Unknown("var.env has no default", ("shop-", ENV))


def parts(*of: str | UnknownPart) -> Unknown:
    return replace(PARTLY, parts=of)


def setting(
    bucket: Text, enabled: bool | Unknown = True, kind: str = "storage_bucket", what: Setting = PAP
) -> AccessSetting:
    return AccessSetting(what, Resource(kind, bucket), HERE, Place(Location("main.tf", 60)), enabled)


def public(name: Text, kind: str = "storage_object", who: str = "allUsers") -> Grant:
    return granted("roles/storage.objectViewer", Resource(kind, name), who)


def against(grant: Grant, *facts: Fact, permission: str = "storage.objects.get") -> list[tuple[Truth, str]]:
    """What may keep the public out: whether it does, and the reason that is reported."""
    estate, asked = given(grant, *facts)
    found = estate.blockers.against(asked, permission, None, DAY)
    return [(one.verdict.truth, "; ".join((one.by, *one.verdict.reasons))) for one in found]


@pytest.mark.parametrize(
    ("name", "bucket"),
    [
        ("site", "site"),
        ("b/site", "site"),
        ("site/a/b.html", "site"),
        ("b/site/o/a.html", "site"),
        (PARTLY, PARTLY),
        (parts("shop-", ENV, "/a/b.html"), PARTLY),
        (parts("shop-", ENV, "-eu/a.html"), parts("shop-", ENV, "-eu")),
        (parts("site/", ENV), "site"),
        (parts(ENV, "/", UnknownPart("var.file")), parts(ENV)),
    ],
)
def test_an_object_is_in_its_bucket(name: Text, bucket: Text) -> None:
    told = (Truth.TRUE, "public access prevention at main.tf:60")
    assert against(public(name), setting(bucket)) == [told]
    assert against(public(name), setting("another")) == []
    assert against(public(name), setting(bucket, kind="pubsub_topic")) == []


def test_an_object_of_which_nothing_is_known_is_in_no_bucket() -> None:
    for name in (Unknown("var.env has no default"), parts("/", ENV)):
        assert against(public(name), setting("site"), setting("")) == []


def test_a_setting_keeps_out_what_it_is_about() -> None:
    entry = public("site/a.html", who=ANA)
    access_list = replace(entry, declared=replace(HERE, type="google_storage_object_access_control"))
    uniform = setting("site", what=UNIFORM)
    assert against(entry, setting("site")) == against(entry, uniform) == []
    ((truth, told),) = against(access_list, uniform)
    assert (truth, "access lists have no effect" in told) == (Truth.TRUE, True)
    assert against(access_list, setting("site")) == []
    ((truth, told),) = against(public("site"), setting("site", NOT_KNOWN))
    assert (truth, NOT_KNOWN.reason in told) == (Truth.UNKNOWN, True)


PREVENTION, DOMAINS = "storage.publicAccessPrevention", "iam.allowedPolicyMemberDomains"
MEMBERS = "iam.managed.allowedPolicyMembers"
NOT_SURE = "it is not known whether"
LATER = "it refuses new grants to the public, but leaves those that exist"


def policy(constraint: str, on: Resource = SHOP, line: int = 40, **stated: object) -> OrgPolicy:
    return OrgPolicy(constraint, on, HERE, Place(Location("main.tf", line)), **stated)


def in_shop(who: str = "allUsers") -> Grant:
    return granted("roles/storage.objectViewer", SHOP, who)


@pytest.mark.parametrize(
    ("constraint", "stated", "truth", "told"),
    [
        (PREVENTION, {"enforced": True}, Truth.TRUE, ""),
        (PREVENTION, {"enforced": False}, None, ""),
        (PREVENTION, {}, None, ""),
        (
            PREVENTION,
            {"enforced": NOT_KNOWN},
            Truth.UNKNOWN,
            f"it is not known whether it is enforced: {NOT_KNOWN.reason}",
        ),
        (PREVENTION, {"enforced": True, "reset": True}, None, ""),
        (DOMAINS, {"allowed": ("C0abc",)}, Truth.UNKNOWN, LATER),
        (DOMAINS, {"allowed": ("*",)}, None, ""),
        (DOMAINS, {"allowed": ("allUsers",)}, None, ""),
        (DOMAINS, {"allowed": NOT_KNOWN}, Truth.UNKNOWN, f"it is not known whom it allows: {NOT_KNOWN.reason}"),
        (DOMAINS, {}, None, ""),
        (DOMAINS, {"denied": ("*",)}, Truth.UNKNOWN, LATER),
        (MEMBERS, {"enforced": True}, Truth.UNKNOWN, LATER),
        (MEMBERS, {"enforced": False, "allowed": ("C0abc",)}, None, ""),
        ("iam.disableServiceAccountKeyCreation", {"enforced": True}, None, ""),
    ],
)
def test_what_an_organization_policy_says_of_the_public(
    constraint: str, stated: dict[str, object], truth: Truth | None, told: str
) -> None:
    by = f"the organization policy {constraint} at main.tf:40"
    found = against(in_shop(), policy(constraint, **stated))
    assert found == ([] if truth is None else [(truth, f"{by}; {told}" if told else by)])
    assert against(in_shop(ANA), policy(constraint, **stated)) == []


def test_the_nearest_policy_decides_about_the_public() -> None:
    above = policy(PREVENTION, FOLDER, 41, enforced=True)
    assert [truth for truth, _ in against(in_shop(), above)] == [Truth.TRUE]
    assert against(in_shop(), above, policy(PREVENTION, enforced=False)) == []
    assert len(against(in_shop(), above, policy(PREVENTION, reset=True))) == 1
    assert against(in_shop(), policy(PREVENTION, SEED, enforced=True)) == []


def test_policies_of_one_place_that_disagree_about_the_public_leave_it_open() -> None:
    first, second = policy(PREVENTION, enforced=True), policy(PREVENTION, line=41, enforced=False)
    ((truth, told),) = against(in_shop(), first, second)
    assert (truth, told.endswith("main.tf:41 says otherwise")) == (Truth.UNKNOWN, True)
    assert [one for one, _ in against(in_shop(), first, replace(first, place=second.place))] == [Truth.TRUE]


def test_prevention_is_about_storage_and_domains_about_what_is_granted_from_now_on() -> None:
    assert against(in_shop(), policy(PREVENTION, enforced=True), permission="run.routes.invoke") == []
    shown = replace(in_shop(), origin="export")
    assert against(shown, policy(DOMAINS, allowed=("C0abc",))) == []
    assert len(against(shown, policy(PREVENTION, enforced=True))) == 1


def test_an_answer_is_kept_for_each_place() -> None:
    """Two projects in one folder, and buckets in them: each has its own policies."""
    first, other = Project("first", HERE, None, "folders/1"), Project("other", HERE, None, "folders/1")
    prevented = policy(PREVENTION, Resource("project", "first"), enforced=True)
    names = [Resource("pubsub_topic", f"projects/{name}/topics/t") for name in ("first", "other")]
    projects = [Resource("project", name) for name in ("first", "other")]
    grants = [granted("roles/storage.objectViewer", on, "allUsers") for on in (*names, *projects)]
    estate = Estate([*grants, first, other, prevented, *TREE], catalog(), DAY)
    found = {}
    for grant in estate.of(Grant):
        truths = [one.verdict.truth for one in estate.blockers.against(grant, "storage.objects.get", None, DAY)]
        found[str(grant.resource)] = truths
    assert list(found.values()) == [[Truth.TRUE], [], [Truth.TRUE], []]


def test_a_public_grant_on_a_resource_of_which_nothing_is_known() -> None:
    nowhere = granted("roles/storage.objectViewer", Resource("project", Unknown("var.p has no default")), "allUsers")
    ((truth, told),) = against(nowhere, policy(PREVENTION, enforced=True))
    assert (truth, "the input does not show whether" in told) == (Truth.UNKNOWN, True)


def test_a_place_that_only_another_configuration_shows_is_not_certain() -> None:
    apart = Declaration(Location("other/main.tf"), trust="own")
    web, above = Project("web", apart, None, "folders/1"), policy(PREVENTION, FOLDER, enforced=True)
    grant = granted("roles/storage.objectViewer", Resource("project", "web"), "allUsers")
    assert [truth for truth, _ in against(grant, replace(web, declared=HERE), above)] == [Truth.TRUE]
    assert [truth for truth, _ in against(grant, web, above)] == [Truth.UNKNOWN]
