"""Policy administrators under a limit: they hold what they may grant to themselves."""

from __future__ import annotations

import pytest
from access_estates import ADMIN, DAY, HERE, NOT_KNOWN, PLACE, SET_PROJECT, TAG, TOKEN, denied, given, granted

from iamlint.access.asking import access, access_of
from iamlint.access.decision import State
from iamlint.access.limits import MOST_ROLES, may_grant
from iamlint.conditions.context import Context
from iamlint.facts import Condition, CustomRole
from iamlint.unknown import Truth, Unknown, UnknownPart

WANTED = frozenset({"iam.serviceAccountKeys.create", TOKEN})
MODIFIED = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', [])"
CUSTOM = "projects/shop/roles/c"
T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


def only(*roles: str) -> str:
    return f"{MODIFIED}.hasOnly([{', '.join(map(repr, roles))}])"


@pytest.mark.parametrize(
    ("condition", "truth"),
    [
        (only("roles/owner"), T),
        (only("roles/viewer"), F),
        (only("roles/viewer", "roles/editor"), T),
        (only(), F),
        (only(CUSTOM), T),
        (only("projects/shop/roles/not.there"), U),
        (only("roles/nobody.knows"), U),
        (f"{only('roles/owner')} && request.time < timestamp('2030-01-01T00:00:00Z')", T),
        (f"{only('roles/owner')} && request.time < timestamp('2020-01-01T00:00:00Z')", F),
        (f"{only('roles/owner')} && {only('roles/viewer')}", F),
        (f"{only('roles/owner')} && {only('roles/owner', 'roles/viewer')}", T),
        (f"{only('roles/viewer')} || {only('roles/owner')}", T),
        (f"{only('roles/owner')} || {TAG}", T),
        (f"{only('roles/owner')} && {TAG}", U),
        (f"{only('roles/viewer')} || {TAG}", U),
        (f"!{only('roles/viewer')}", T),
        (f"!{only('roles/owner')}", T),
        (f"{TAG} ? {only('roles/owner')} : {only('roles/editor')}", U),
        ("true", T),
        (TAG, U),
        # A role that is put together, or a list that is, hides nothing: its condition stays unknown.
        (f"{MODIFIED}.hasOnly(['roles/' + 'owner'])", U),
        (f"{MODIFIED}.hasOnly(['roles/viewer'] + ['roles/owner'])", U),
        (f"{MODIFIED}.hasOnly('roles/owner,roles/viewer'.split(','))", U),
        (f"{MODIFIED}.exists(x, x.startsWith('roles/ow'))", U),
        (f"{MODIFIED}.hasOnly(['\\u0072oles/owner'])", T),
    ],
)
def test_what_a_limited_administrator_counts_for(condition: str, truth: Truth) -> None:
    role = CustomRole(CUSTOM, ((TOKEN, PLACE),), HERE)
    estate, grant = given(granted(ADMIN, under=condition), role)
    found = access_of(estate).decide(grant, (SET_PROJECT,), to_grant=WANTED)
    assert found.truth is truth
    if truth is Truth.UNKNOWN:
        assert found.reasons


def test_the_call_itself_depends_on_the_request() -> None:
    estate, grant = given(granted(ADMIN, under=only("roles/owner")))
    assert access(estate, grant, (SET_PROJECT,)).state is State.UNKNOWN_CONDITIONAL


def test_what_no_policy_sets_is_not_limited() -> None:
    estate, grant = given(granted("roles/owner", under=only("roles/viewer")))
    found = access_of(estate).decide(grant, (SET_PROJECT, "iam.serviceAccounts.actAs"), to_grant=WANTED)
    assert (found.truth, found.permissions) == (Truth.TRUE, ("iam.serviceAccounts.actAs",))


def test_a_limit_does_not_open_what_a_deny_policy_closes() -> None:
    denial = denied(permission="*.*")
    host = "cloudresourcemanager.googleapis.com/projects.setIamPolicy"
    closed = type(denial)(denial.parent, HERE, denial.denied_principals, (host,), place=denial.place)
    estate, grant = given(granted(ADMIN, under=only("roles/owner")), closed)
    assert access_of(estate).decide(grant, (SET_PROJECT,), to_grant=WANTED).blocked


def test_a_list_with_a_role_that_is_not_known() -> None:
    text = Unknown("var.x has no default", (f"{MODIFIED}.hasOnly(['roles/viewer', '", UnknownPart("var.x"), "'])"))
    grant = granted(ADMIN)
    estate, grant = given(type(grant)(*_parts(grant), condition=Condition(text, "t")))
    found = access_of(estate).decide(grant, (SET_PROJECT,), to_grant=WANTED)
    assert (found.truth, found.state) == (Truth.UNKNOWN, State.UNKNOWN_CONDITIONAL)
    context = Context(DAY, SET_PROJECT, grant.principal)
    assert may_grant("this is no", context, WANTED, lambda _role: (WANTED, None)) is Truth.UNKNOWN


def _parts(grant: object) -> tuple[object, ...]:
    names = ("principal", "role", "resource", "origin", "declared", "principal_place", "role_place", "resource_place")
    return tuple(getattr(grant, name) for name in names)


def test_only_so_many_roles_are_tried() -> None:
    harmless = [f"projects/p/roles/r{number}" for number in range(MOST_ROLES)]
    estate, grant = given(granted(ADMIN, under=only(*harmless, "roles/editor")))
    assert access_of(estate).decide(grant, (SET_PROJECT,), to_grant=WANTED).truth is Truth.UNKNOWN
    estate, grant = given(granted(ADMIN, under=only("roles/editor", *harmless)))
    assert access_of(estate).decide(grant, (SET_PROJECT,), to_grant=WANTED).truth is Truth.TRUE


def test_a_condition_that_is_not_known_stays_so() -> None:
    estate, grant = given(granted(ADMIN, under=NOT_KNOWN))
    assert access_of(estate).decide(grant, (SET_PROJECT,), to_grant=WANTED).truth is Truth.UNKNOWN


NAMED = ("roles/owner", "roles/editor", "roles/iam.serviceAccountTokenCreator", "roles/iam.securityAdmin")
OTHERS = tuple(f"roles/r{number}" for number in range(MOST_ROLES))
WHY = Unknown("var.x has no default")


@pytest.mark.parametrize(
    ("condition", "gives", "truth"),
    [
        (only("roles/a"), {"roles/a"}, T),
        (only("roles/a"), {"roles/b"}, F),
        (only("roles/a"), {"roles/owner"}, F),
        (f"!{only('roles/a')}", {"roles/owner"}, T),  # Owner represents the roles that it does not name
        (f"!{only('roles/a', 'roles/owner')}", {"roles/editor"}, T),
        (f"!{only('roles/a')}", {"roles/iam.securityAdmin"}, T),
        (f"!{only('roles/a')}", {"roles/a"}, F),
        (f"!{only('roles/a', *NAMED)}", {"roles/a"}, U),  # none is left to represent the others
        (only(*OTHERS), set(), F),
        (only(*OTHERS), {OTHERS[-1]}, T),
        (only(*OTHERS, "roles/a"), set(), U),
        (only(*OTHERS, "roles/a"), {"roles/a"}, U),
        (only(*OTHERS, "roles/a"), {OTHERS[-1]}, T),
    ],
)
def test_which_role_a_holder_may_grant_itself(condition: str, gives: set[str], truth: Truth) -> None:
    def held(role: str) -> tuple[frozenset[str], Unknown | None]:
        return (WANTED if role in gives else frozenset()), None

    assert may_grant(condition, Context(DAY, SET_PROJECT), WANTED, held) is truth


@pytest.mark.parametrize(
    ("permissions", "unknown", "truth"),
    [
        (frozenset({TOKEN}), None, T),
        (frozenset({TOKEN}), WHY, T),
        (frozenset({"x.y.z"}), WHY, U),
        (frozenset({"x.y.z"}), None, F),
        (frozenset(), WHY, U),
    ],
)
def test_a_role_whose_permissions_are_not_all_known(
    permissions: frozenset[str], unknown: Unknown | None, truth: Truth
) -> None:
    nothing: tuple[frozenset[str], None] = frozenset(), None
    context = Context(DAY, SET_PROJECT)
    found = may_grant(
        only("roles/a"), context, WANTED, lambda role: (permissions, unknown) if role == "roles/a" else nothing
    )
    assert found is truth
