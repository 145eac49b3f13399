"""Access: a table of the result of each step for a grant, and the combination of the steps."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from access_estates import (
    ACCOUNT,
    ADMIN,
    ANA,
    CI,
    CREATOR,
    DEPLOY,
    ELSEWHERE,
    FOLDER,
    HERE,
    KEY,
    NOT_KNOWN,
    OWNER,
    PLACE,
    SET_PROJECT,
    SHOP,
    TAG,
    TOKEN,
    account,
    bounded,
    denied,
    given,
    granted,
    keyless,
)

from iamlint.access.asking import access, access_of
from iamlint.access.blocking import MOST_REASONS
from iamlint.access.decision import Decision, State, StepName
from iamlint.estate import blockers
from iamlint.estate.blockers import TOO_MANY
from iamlint.facts import AccessSetting, CustomRole, Declaration, Fact, Grant, Place, Resource
from iamlint.location import Location
from iamlint.unknown import Truth, Unknown

CAN, CANNOT = State.CAN_ACCESS, State.CANNOT_ACCESS
INFO, CONDITIONAL = State.UNKNOWN_INFO, State.UNKNOWN_CONDITIONAL
EXPIRED = "request.time < timestamp('2020-01-01T00:00:00Z')"
LASTING = "request.time < timestamp('2030-01-01T00:00:00Z')"
ENDED = "it ended on 2020-01-01T00:00:00Z"
LIMIT = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly(['{}'])"
CUSTOM = "projects/shop/roles/c"
HOLDER = f"serviceAccount:{CI}"
Row = tuple[Grant, tuple[Fact, ...], str, State, StepName | None, str]


def custom(*permissions: str | Unknown, **more: Any) -> CustomRole:
    return CustomRole(CUSTOM, tuple((one, PLACE) for one in permissions), HERE, **more)


TABLE: list[Row] = [
    (granted(), (), TOKEN, CAN, None, ""),
    # -- the role
    (granted("roles/viewer"), (), TOKEN, CANNOT, "role", f"roles/viewer does not have {TOKEN}"),
    (granted(OWNER), (), TOKEN, CANNOT, "role", f"roles/owner does not have {TOKEN}"),
    (granted(NOT_KNOWN), (), TOKEN, INFO, "role", "the role is not known: var.x has no default"),
    (granted(CUSTOM), (), TOKEN, INFO, "role", f"the definition of {CUSTOM} is not in the input"),
    (granted(CUSTOM), (custom(TOKEN),), TOKEN, CAN, None, ""),
    (granted(CUSTOM), (custom(TOKEN, stage="DISABLED"),), TOKEN, CANNOT, "role", f"{CUSTOM} does not have {TOKEN}"),
    (granted(CUSTOM), (custom(TOKEN, deleted=True),), TOKEN, CANNOT, "role", f"{CUSTOM} does not have {TOKEN}"),
    (
        granted(CUSTOM),
        (custom(KEY, NOT_KNOWN),),
        TOKEN,
        INFO,
        "role",
        "one of the custom role's permissions is not known: var.x has no default",
    ),
    (granted(CUSTOM), (custom("iam.workloadIdentityPools.get"),), "iam.workloadIdentityPools.get", CAN, None, ""),
    (granted("roles/iam.workloadIdentityPoolAdmin"), (), "iam.workloadIdentityPools.get", CAN, None, ""),
    (
        granted(CUSTOM),
        (custom("resourcemanager.folders.setIamPolicy"),),
        "resourcemanager.folders.setIamPolicy",
        CANNOT,
        "role",
        "resourcemanager.folders.setIamPolicy has no effect on project shop",
    ),
    (
        granted(OWNER, ACCOUNT),
        (),
        SET_PROJECT,
        CANNOT,
        "role",
        f"{SET_PROJECT} has no effect on service account {DEPLOY}",
    ),
    # -- the condition
    (granted(under=LASTING), (), TOKEN, CAN, None, ""),
    (granted(under=EXPIRED), (), TOKEN, CANNOT, "condition", ENDED),
    (granted(under=NOT_KNOWN), (), TOKEN, INFO, "condition", "its condition is not known: var.x has no default"),
    (granted(under="this is no"), (), TOKEN, INFO, "condition", "its condition is not a CEL expression"),
    (granted(under=TAG), (), TOKEN, CONDITIONAL, "condition", "the input does not show the tags of the resource"),
    (granted(under="resource.name == 'x'"), (), TOKEN, CANNOT, "condition", "service accounts do not provide"),
    (granted(under=LASTING), (), "compute.instances.get", CANNOT, "role", CREATOR),
    (granted(ADMIN, under=LIMIT.format("roles/viewer")), (), SET_PROJECT, CONDITIONAL, "condition", "roles/viewer"),
    # -- what blocks it
    (granted(), (denied(),), TOKEN, CANNOT, "deny", "blocked by the deny policy at main.tf:20"),
    (granted(), (denied("organizations/2"),), TOKEN, CANNOT, "deny", "blocked by the deny policy at main.tf:20"),
    (granted(), (denied("organizations/3"),), TOKEN, CAN, None, ""),
    (granted(), (denied(permission="serviceAccounts.actAs"),), TOKEN, CAN, None, ""),
    (granted(), (denied(under=TAG),), TOKEN, CONDITIONAL, "deny", "the deny policy at main.tf:20 may block it"),
    (granted(), (denied("projects/987"),), TOKEN, INFO, "deny", "whether project shop is in projects/987"),
    (granted(), (denied("projects/987", under=TAG),), TOKEN, INFO, "deny", "whether project shop is in projects/987"),
    (granted(), (replace(denied(), condition=NOT_KNOWN),), TOKEN, INFO, "deny", "its condition is not known"),
    (
        granted(),
        (replace(denied(under=TAG), denied_principals=("principalSet://goog/group/ops@example.com",)),),
        TOKEN,
        INFO,
        "deny",
        "whether user:ana@example.com belongs to ops@example.com",
    ),
    (granted(who=HOLDER), bounded("seed"), TOKEN, CANNOT, "boundary", "blocked by the boundary policy at main.tf:30"),
    (granted(who=HOLDER), bounded("shop"), TOKEN, CAN, None, ""),
    (granted(who=HOLDER), (account(CI),), TOKEN, CANNOT, "disabled", f"blocked by the account {CI}, which is disabled"),
    (granted(who=HOLDER), (account(CI, NOT_KNOWN),), TOKEN, INFO, "disabled", "it is not known whether it is disabled"),
    (granted(who=HOLDER), (account(CI, False),), TOKEN, CAN, None, ""),
    (granted(on=ACCOUNT), (account(DEPLOY),), TOKEN, CANNOT, "disabled", f"the account {DEPLOY}, which is disabled"),
    (granted(on=SHOP), (account(DEPLOY),), TOKEN, CAN, None, ""),
    (granted(OWNER), keyless(), KEY, CANNOT, "org_policy", "blocked by the organization policy at main.tf:40"),
    (granted(), keyless(), TOKEN, CAN, None, ""),
]


@pytest.mark.parametrize(("grant", "facts", "permission", "state", "step", "reason"), TABLE)
def test_the_table(
    grant: Grant, facts: tuple[Fact, ...], permission: str, state: State, step: StepName | None, reason: str
) -> None:
    estate, grant = given(grant, *facts)
    found = access(estate, grant, (permission,))
    assert (found.state, [one.name for one in found.check.stopping]) == (state, [step] if step else [])
    assert reason in "; ".join(found.reasons)
    assert [one.name for one in found.steps if one.truth is Truth.TRUE or one.name == step] == [
        one.name for one in found.steps
    ]
    # The fast question has the same answer, with fewer steps.
    quick = access_of(estate).decide(grant, (permission,))
    assert (quick.state, quick.reasons, quick.permissions) == (found.state, found.reasons, found.permissions)


def test_the_steps_are_in_google_s_order() -> None:
    estate, grant = given(granted(on=FOLDER))
    names = ["boundary", "deny", "role", "condition", "disabled", "org_policy"]
    assert [step.name for step in access(estate, grant, (TOKEN,)).steps] == names
    names.insert(3, "resource")
    assert [step.name for step in access(estate, grant, (TOKEN,), ACCOUNT).steps] == names


def test_every_step_that_fails_is_there_with_its_place_and_evidence() -> None:
    grant = granted(on=ACCOUNT, who=HOLDER, under=EXPIRED)
    estate, grant = given(grant, denied(), *bounded("seed"), account(CI))
    steps = {step.name: step for step in access(estate, grant, (TOKEN,)).steps}
    assert {name: step.at.line for name, step in steps.items() if step.truth is Truth.FALSE and step.at} == {
        "boundary": 30,
        "deny": 20,
        "condition": 9,
        "disabled": 50,
    }
    assert [type(steps[name].facts[0]).__name__ for name in ("boundary", "deny", "disabled")] == [
        "Boundary",
        "Denial",
        "ServiceAccount",
    ]


def test_a_role_that_lacks_it_is_told_where_it_is_granted_and_defined() -> None:
    role = custom(KEY)
    estate, grant = given(granted(CUSTOM), role)
    (step,) = access(estate, grant, (TOKEN,)).check.stopping
    assert (step.at, step.facts) == (Location("main.tf", 2), (role,))


# -- several permissions -------------------------------------------------------------------------------------------


def decided(grant: Grant, *facts: Fact, permissions: tuple[str, ...] = (TOKEN, KEY)) -> Decision:
    estate, grant = given(grant, *facts)
    return access(estate, grant, permissions)


BOTH = custom(TOKEN, KEY)


def test_one_permission_that_is_open_is_enough() -> None:
    assert decided(granted(CUSTOM), BOTH).permissions == (TOKEN, KEY)
    found = decided(granted(CUSTOM), BOTH, *keyless())
    assert (found.truth, found.permissions, found.reasons) == (Truth.TRUE, (TOKEN,), ())
    assert found.steps == found.checks[0].steps


def test_of_what_may_be_open_the_closed_is_left_out() -> None:
    found = decided(granted(CUSTOM, under=TAG), BOTH, *keyless())
    assert (found.state, found.permissions) == (CONDITIONAL, (TOKEN,))


def test_all_that_are_blocked_are_blocked_together() -> None:
    found = decided(granted(CUSTOM), BOTH, denied(permission="serviceAccounts.getAccessToken"), *keyless())
    assert (found.truth, found.permissions, found.blocked) == (Truth.FALSE, (), True)
    assert found.reasons == (
        "blocked by the deny policy at main.tf:20",
        "blocked by the organization policy at main.tf:40",
    )


def test_a_condition_that_holds_for_one_and_a_denial_of_the_other_leave_nothing() -> None:
    """The condition holds for tokens only, which are denied; keys are allowed for those who meet the condition."""
    permissions = ("compute.instances.get", TOKEN)
    under = "resource.type == 'compute.googleapis.com/Instance'"
    found = decided(granted(CUSTOM, under=under), custom(*permissions), permissions=permissions)
    assert (found.state, found.permissions) == (CONDITIONAL, ("compute.instances.get",))
    denial = denied(permission="serviceAccounts.getAccessToken")
    not_of_compute = "resource.service != 'compute.googleapis.com'"
    found = decided(granted(CUSTOM, under=not_of_compute), custom(*permissions), denial, permissions=permissions)
    assert (found.truth, found.blocked) == (Truth.FALSE, True)


def test_what_gives_nothing_anyway_is_not_called_blocked() -> None:
    found = decided(granted(under=EXPIRED), denied(), permissions=(TOKEN,))
    assert (found.truth, found.blocked) == (Truth.FALSE, False)
    assert found.reasons == (ENDED,)
    assert decided(granted(under=TAG), denied(), permissions=(TOKEN,)).blocked


def test_what_may_block_it_is_told_after_the_condition_with_its_policy() -> None:
    denial = denied(under=TAG)
    found = decided(granted(under=TAG), denial, permissions=(TOKEN,))
    shown = "the input does not show the tags of the resource (matchTag(2/env, prod))"
    assert found.reasons == (shown, f"the deny policy at main.tf:20 may block it: {shown}")
    assert found.facts == (denial,)


def test_of_what_is_blocked_nothing_else_is_told() -> None:
    denial = denied()
    found = decided(granted(), denial)  # the role has no permission for keys
    assert (found.reasons, found.facts) == (("blocked by the deny policy at main.tf:20",), (denial,))
    assert found.verdict.closed


def test_what_would_block_it_if_it_counted_is_told_beside() -> None:
    apart = replace(denied(), declared=ELSEWHERE)
    found = decided(granted(), apart, permissions=(TOKEN,))
    assert (found.truth, found.facts) == (Truth.TRUE, (apart,))
    found = decided(granted(CUSTOM), BOTH, apart, permissions=(TOKEN, "iam.serviceAccounts.actAs"))
    assert (found.truth, found.facts) == (Truth.TRUE, (apart,))
    only_keys = replace(apart, denied_permissions=("iam.googleapis.com/serviceAccountKeys.create",))
    assert decided(granted(CUSTOM), BOTH, only_keys).facts == (), "a token is open whatever counts"
    assert decided(granted(under=TAG), apart, permissions=(TOKEN,)).facts == (apart,)
    assert decided(granted(under=EXPIRED), apart, permissions=(TOKEN,)).facts == ()


def test_many_that_may_block_it_are_cut() -> None:
    many = [replace(denied(under=TAG), place=Place(Location("main.tf", 100 + n))) for n in range(MOST_REASONS + 5)]
    found = decided(granted(), *many, permissions=(TOKEN,))
    assert len(found.reasons) == MOST_REASONS + 1
    assert found.reasons[-1] == "further deny policies may block it, too"
    certain = decided(granted(), *many[:3], denied(), permissions=(TOKEN,))
    assert certain.reasons == ("blocked by the deny policy at main.tf:20",)


def test_without_permissions_the_condition_alone_is_judged() -> None:
    assert decided(granted(), denied(), permissions=()).truth is Truth.TRUE
    assert decided(granted(under=EXPIRED), permissions=()).truth is Truth.FALSE
    assert decided(granted(under=TAG), permissions=()).permissions == ()


@pytest.mark.parametrize(
    ("settings", "truth", "reason"),
    [
        ((True,), Truth.FALSE, "blocked by public access prevention at main.tf:60"),
        ((NOT_KNOWN,), Truth.UNKNOWN, "public access prevention at main.tf:60 may block it"),
        ((NOT_KNOWN, True), Truth.FALSE, "blocked by public access prevention at main.tf:61"),
        ((), Truth.TRUE, ""),
    ],
)
def test_what_blocks_a_grant_whatever_its_role(settings: tuple[bool | Unknown, ...], truth: Truth, reason: str) -> None:
    bucket = Resource("storage_bucket", "b")
    prevented = [
        AccessSetting("public_access_prevention", bucket, HERE, Place(Location("main.tf", 60 + number)), enabled)
        for number, enabled in enumerate(settings)
    ]
    found = decided(granted("roles/storage.objectViewer", bucket, "allUsers"), *prevented, permissions=())
    assert (found.truth, found.blocked) == (truth, truth is Truth.FALSE)
    assert reason in "; ".join(found.reasons)
    assert bool(found.reasons) is bool(reason)
    named = decided(granted("roles/storage.objectViewer", bucket, ANA), *prevented, permissions=())
    assert named.truth is Truth.TRUE


def test_an_open_check_names_no_policies() -> None:
    estate, grant = given(granted(), denied(permission="serviceAccounts.actAs"))
    assert access(estate, grant, (TOKEN,)).check.facts == ()


# -- the day -------------------------------------------------------------------------------------------------------


def test_the_day_can_be_another_one() -> None:
    estate, grant = given(granted(under=EXPIRED))
    assert access(estate, grant, (TOKEN,)).state is CANNOT
    assert access(estate, grant, (TOKEN,), as_of=date(2019, 1, 1)).state is CAN


@pytest.mark.parametrize(
    ("under", "later", "reason"),
    [
        (EXPIRED, False, ENDED),
        ("request.time > timestamp('2099-01-01T00:00:00Z')", True, "it does not begin before 2099-01-01T00:00:00Z"),
        (
            "request.time.getDayOfWeek('UTC') == 6",
            True,
            "its condition does not hold on 2026-01-01, but may on a later day",
        ),
        ("request.time.getHours('UTC') > 25", False, "its condition does not hold"),
    ],
)
def test_what_may_begin_later_is_told_apart_from_what_ended(under: str, later: bool, reason: str) -> None:
    estate, grant = given(granted(under=under))
    (step,) = (one for one in access(estate, grant, (TOKEN,)).steps if one.name == "condition")
    assert (step.truth, step.later, step.reasons) == (Truth.FALSE, later, (reason,))


# -- a resource below ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "resource", "state"),
    [
        (ACCOUNT, ACCOUNT, CAN),
        (SHOP, ACCOUNT, CAN),
        (FOLDER, ACCOUNT, CAN),
        (Resource("organization", "2"), ACCOUNT, CAN),
        (Resource("project", "123"), SHOP, CAN),
        (Resource("project", "seed"), ACCOUNT, CANNOT),
        (Resource("folder", "folders/9"), ACCOUNT, CANNOT),
        (Resource("service_account", CI), ACCOUNT, CANNOT),
        (ACCOUNT, SHOP, CANNOT),
        (FOLDER, Resource("service_account", "x@lone.iam.gserviceaccount.com"), INFO),
    ],
)
def test_where_a_grant_reaches(on: Resource, resource: Resource, state: State) -> None:
    estate, grant = given(granted(on=on))
    found = access(estate, grant, (TOKEN,), resource)
    assert found.state is state
    assert [step.name for step in found.check.stopping] == ([] if state is CAN else ["resource"])
    told = {
        CAN: (),
        CANNOT: (f"{resource} is not in {on}, where it is granted",),
        INFO: (f"the input does not show whether {resource} is in {on}",),
    }
    assert found.reasons == told[state]
    assert {step.name: step.at for step in found.steps}["resource"] == Location("main.tf", 3)


def test_what_blocks_a_resource_below_counts_there() -> None:
    estate, grant = given(granted(on=FOLDER), denied("projects/shop"))
    assert access(estate, grant, (TOKEN,)).state is CAN
    assert access(estate, grant, (TOKEN,), ACCOUNT).state is CANNOT
    in_seed = Resource("service_account", "x@seed.iam.gserviceaccount.com")
    estate, grant = given(granted(on=Resource("organization", "2")), denied("projects/shop"), account(DEPLOY))
    assert access(estate, grant, (TOKEN,), in_seed).state is CAN


def test_a_known_name_is_read_wherever_it_is_declared() -> None:
    for declared in (HERE, Declaration(Location("other/main.tf"))):
        estate, grant = given(granted(on=FOLDER), denied("projects/shop"))
        assert access(estate, grant, (TOKEN,), ACCOUNT, declared=declared).blocked
        name = "${google_service_account.deploy.email}"
        estate, grant = given(granted(on=FOLDER), account(name, False), denied("projects/shop"))
        found = access(estate, grant, (TOKEN,), Resource("service_account", name), declared=declared)
        assert found.blocked is (declared == HERE)


def test_a_disabled_target_is_closed_to_a_grant_from_above() -> None:
    estate, grant = given(granted(on=SHOP), account(DEPLOY))
    (step,) = access(estate, grant, (TOKEN,), ACCOUNT).check.stopping
    assert step.name == "disabled"
    estate, grant = given(granted("roles/iam.serviceAccountAdmin", SHOP), account(DEPLOY))
    assert access(estate, grant, ("iam.serviceAccounts.setIamPolicy",), ACCOUNT).state is CAN, "it may enable it"


def test_a_name_that_only_another_configuration_knows_is_not_read_in_the_grant_s() -> None:
    name = "${google_service_account.deploy.email}"
    estate, grant = given(granted(on=SHOP), denied("projects/shop"))
    other = Declaration(Location("other/main.tf"))
    found = access(estate, grant, (TOKEN,), Resource("service_account", name), declared=other)
    # It is not known whether it is in the project; in the project itself it is denied.
    assert {step.name: step.truth for step in found.steps}["resource"] is Truth.UNKNOWN
    assert found.blocked


# -- principals that can act at all -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("disabled", "truth", "reason"),
    [
        (False, Truth.TRUE, ""),
        (True, Truth.FALSE, f"blocked by the account {CI}, which is disabled"),
        (NOT_KNOWN, Truth.UNKNOWN, "it is not known whether the account is disabled: var.x has no default"),
    ],
)
def test_whether_a_holder_is_enabled(disabled: bool | Unknown, truth: Truth, reason: str) -> None:
    estate, grant = given(granted(who=HOLDER), account(CI, disabled))
    step = access_of(estate).enabled(grant)
    assert (step.truth, step.reasons) == (truth, (reason,) if reason else ())
    assert [type(fact).__name__ for fact in step.facts] == (["ServiceAccount"] if reason else [])
    assert step.at == (Location("main.tf", 50) if reason else None)
    other, grant = given(granted(who=ANA), account(CI, disabled))
    assert access_of(other).enabled(grant).truth is Truth.TRUE


# -- the quick questions --------------------------------------------------------------------------------------------

SEED = Resource("project", "seed")
THERE = Declaration(Location("other/main.tf"))


@pytest.mark.parametrize(
    ("grant", "facts", "resource", "expected"),
    [
        (granted(), (), None, True),
        (granted(under=LASTING), (), None, False),
        (granted(), (denied(),), None, False),
        (granted(), (denied("projects/seed"),), None, True),
        (granted(), (denied(permission="serviceAccounts.actAs"),), None, True),
        # -- on a resource below: it must be below, and nothing may block it there
        (granted(), (), ACCOUNT, True),
        (granted(), (denied("projects/seed"),), ACCOUNT, True),
        (granted(), (denied(),), ACCOUNT, False),
        (granted(on=FOLDER), (denied(),), ACCOUNT, False),
        (granted(on=FOLDER), (denied(),), None, True),
        (granted(), (account(DEPLOY),), ACCOUNT, False),
        (granted(), (account(DEPLOY),), None, True),
        (granted(on=SEED), (denied("projects/seed"),), ACCOUNT, False),
        (granted(on=SEED), (denied("organizations/3"),), ACCOUNT, False),
        (granted(), (denied("projects/seed"),), Resource("service_account", NOT_KNOWN), False),
        (granted(under=LASTING), (denied("projects/seed"),), ACCOUNT, False),
    ],
)
def test_whether_a_grant_certainly_gives_its_permissions(
    grant: Grant, facts: tuple[Fact, ...], resource: Resource | None, expected: bool
) -> None:
    estate, grant = given(grant, *facts)
    asked = access_of(estate)
    assert asked.is_plain(grant, TOKEN, resource) is expected
    assert not expected or asked.decide(grant, (TOKEN,), resource).truth is Truth.TRUE
    assert asked.is_plain(grant, TOKEN, resource, grant.declared) is expected


def test_a_name_that_only_another_configuration_knows_is_not_certainly_below() -> None:
    estate, grant = given(granted(), denied("projects/seed"))
    named = Resource("service_account", "${google_service_account.deploy.email}")
    assert not access_of(estate).is_plain(grant, TOKEN, named, THERE)


@pytest.mark.parametrize(
    ("grant", "facts", "expected"),
    [
        (granted(on=FOLDER), (), True),
        (granted(on=FOLDER, under=LASTING), (), False),
        (granted(on=FOLDER, under=LASTING), (denied("folders/1"),), False),
        (granted(on=FOLDER), (denied("folders/1"),), True),
        (granted(on=FOLDER), (denied(),), False),
    ],
)
def test_whether_the_answer_is_the_same_for_each_account_below(
    grant: Grant, facts: tuple[Fact, ...], expected: bool
) -> None:
    estate, grant = given(grant, *facts)
    assert access_of(estate).is_alike_below(grant, TOKEN) is expected


# -- more policies than are compared --------------------------------------------------------------------------------


def test_what_is_not_compared_may_block_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blockers, "STEPS", 0)
    monkeypatch.setattr(blockers, "STEPS_A_GRANT", 0)
    estate, grant = given(granted(), denied("organizations/2"), *bounded("seed"))
    found = access(estate, grant, (TOKEN,))
    (step,) = found.check.stopping
    assert (step.name, step.truth, step.reasons) == ("deny", Truth.UNKNOWN, (TOO_MANY,))
    assert (found.state, found.reasons) == (INFO, (TOO_MANY,))
    # Also if nothing is left for the policies that do not count.
    apart = replace(denied(), declared=ELSEWHERE)
    estate, grant = given(granted(), apart)
    assert access(estate, grant, (TOKEN,)).facts == ()
