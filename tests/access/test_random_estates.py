"""Access in random estates: equal to plain sets if everything is known, and never guessed if not."""

from __future__ import annotations

from dataclasses import replace

from access_estates import ACCOUNT, CI, DAY, DEPLOY, FOLDER, HERE, NOT_KNOWN, PLACE, SHOP, TREE, account
from hypothesis import given as over
from hypothesis import settings
from hypothesis import strategies as st
from many import some

from iamlint.access.asking import access, access_of
from iamlint.access.decision import Decision, State
from iamlint.estate import Estate
from iamlint.facts import Condition, Denial, Fact, Grant, Resource
from iamlint.principals import read_principal
from iamlint.roles import catalog
from iamlint.unknown import Truth, Unknown

PERMISSIONS = tuple(
    f"iam.serviceAccounts.{verb}" for verb in ("getAccessToken", "signBlob", "signJwt", "actAs", "setIamPolicy")
)
ROLES = {role: catalog().permissions(role) for role in ("roles/owner", "roles/iam.serviceAccountTokenCreator")}
PRINCIPALS = {
    "user:ana@example.com": "principal://goog/subject/ana@example.com",
    f"serviceAccount:{CI}": f"principal://iam.googleapis.com/projects/-/serviceAccounts/{CI}",
}
EVERYBODY = "principalSet://goog/public:all"
ABOVE = {
    ACCOUNT: ("projects/shop", "folders/1", "organizations/2"),
    SHOP: ("projects/shop", "folders/1", "organizations/2"),
    FOLDER: ("folders/1", "organizations/2"),
    Resource("project", "seed"): ("projects/seed", "organizations/2"),
}
LASTING, OVER = "request.time < timestamp('2030-01-01T00:00:00Z')", "request.time < timestamp('2020-01-01T00:00:00Z')"
CONDITIONS = {None: True, LASTING: True, OVER: False, "resource.name == 'x'": False, "resource.type != 'x'": True}


def granted(principal: str, role: str, resource: Resource, under: str | Unknown | None) -> Grant:
    condition = Condition(under) if isinstance(under, str) else under
    return Grant(read_principal(principal), role, resource, "member", HERE, PLACE, PLACE, PLACE, condition)


def denial(place: str, who: list[str], what: list[str], spared: list[str]) -> Denial:
    forms = tuple(one.replace("iam.", "iam.googleapis.com/", 1) for one in what)
    return Denial(f"cloudresourcemanager.googleapis.com/{place}", HERE, tuple(who), forms, tuple(spared))


GRANTS = st.builds(
    granted,
    st.sampled_from([*PRINCIPALS]),
    st.sampled_from([*ROLES]),
    st.sampled_from([*ABOVE]),
    st.sampled_from([*CONDITIONS]),
)
SOME = st.lists(st.sampled_from(PERMISSIONS), min_size=1, max_size=3, unique=True)
DENIALS = st.builds(
    denial,
    st.sampled_from(["projects/shop", "projects/seed", "folders/1", "organizations/2", "organizations/9"]),
    st.lists(st.sampled_from([EVERYBODY, *PRINCIPALS.values()]), min_size=1, max_size=2),
    SOME,
    st.lists(st.sampled_from([*PRINCIPALS.values()]), max_size=1),
)
DISABLED = st.lists(st.sampled_from([CI, DEPLOY]), unique=True, max_size=1)
ESTATES = (GRANTS, st.lists(DENIALS, max_size=3), DISABLED)


def asked(grant: Grant, *facts: Fact, permissions: tuple[str, ...] = PERMISSIONS) -> Decision:
    estate = Estate([grant, *facts, *TREE], catalog(), DAY)
    found = access(estate, estate.of(Grant)[0], permissions)
    quick = access_of(estate).decide(estate.of(Grant)[0], permissions)
    assert (quick.truth, quick.permissions, quick.blocked) == (found.truth, found.permissions, found.blocked)
    return found


def expected(grant: Grant, denials: list[Denial], disabled: list[str], permission: str) -> bool:
    """The answer by plain sets."""
    under = grant.condition.expression if isinstance(grant.condition, Condition) else None
    mine = PRINCIPALS[grant.principal.text]
    held = ROLES[str(grant.role)]
    assert isinstance(held, frozenset)
    denied = any(
        str(one.parent).partition("/")[2] in ABOVE[grant.resource]
        and permission.replace("iam.", "iam.googleapis.com/", 1) in tuple(one.denied_permissions)
        and not {EVERYBODY, mine}.isdisjoint(tuple(one.denied_principals))
        and mine not in tuple(one.exception_principals)
        for one in denials
    )
    # A disabled account calls nothing; nobody gets anything from one, except principals that may enable it.
    off = f"serviceAccount:{disabled[0]}" == grant.principal.text if disabled else False
    target_off = disabled == [DEPLOY] and grant.resource == ACCOUNT and "iam.serviceAccounts.enable" not in held
    return permission in held and CONDITIONS[under] and not denied and not off and not target_off


@settings(max_examples=some(30, 500), deadline=None)
@over(*ESTATES)
def test_what_is_known_is_as_plain_sets_have_it(grant: Grant, denials: list[Denial], disabled: list[str]) -> None:
    found = asked(grant, *denials, *map(account, disabled))
    open_ = tuple(one for one in PERMISSIONS if expected(grant, denials, disabled, one))
    assert found.permissions == open_
    assert found.truth is Truth.of(bool(open_))
    assert [check.truth for check in found.checks] == [Truth.of(one in open_) for one in PERMISSIONS]


@settings(max_examples=some(25, 400), deadline=None)
@over(*ESTATES, DENIALS, st.sampled_from([CI, DEPLOY]))
def test_one_more_policy_or_disabled_account_opens_nothing(
    grant: Grant, denials: list[Denial], disabled: list[str], more: Denial, off: str
) -> None:
    before = asked(grant, *denials, *map(account, disabled))
    for facts in ((*denials, more), (*denials, account(off))):
        after = asked(grant, *facts, *map(account, disabled))
        assert set(after.permissions) <= set(before.permissions)


UNKNOWN_PARTS = st.sampled_from(["condition", "role", "denied principals", "denied permissions", "place", "disabled"])


@settings(max_examples=some(30, 500), deadline=None)
@over(*ESTATES, UNKNOWN_PARTS)
def test_what_is_not_known_makes_nothing_certain(
    grant: Grant, denials: list[Denial], disabled: list[str], part: str
) -> None:
    """If a part is unknown, a certain answer is correct whatever the part turns out to be."""
    known = asked(grant, *denials, *map(account, disabled))
    accounts = [account(one, NOT_KNOWN if part == "disabled" else True) for one in disabled]
    match part:
        case "condition":
            grant = replace(grant, condition=NOT_KNOWN)
        case "role":
            grant = replace(grant, role=NOT_KNOWN)
        case "denied principals":
            denials = [replace(one, denied_principals=NOT_KNOWN) for one in denials]
        case "denied permissions":
            denials = [replace(one, denied_permissions=NOT_KNOWN) for one in denials]
        case "place":
            denials = [replace(one, parent=NOT_KNOWN) for one in denials]
    found = asked(grant, *denials, *accounts)
    for one, other in zip(found.checks, known.checks, strict=True):
        assert one.truth in (Truth.UNKNOWN, other.truth)
        if one.truth is Truth.UNKNOWN:
            assert one.state is State.UNKNOWN_INFO
            assert one.reasons
