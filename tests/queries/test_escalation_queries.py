"""Paths over several accounts: which principals, ends and hops are reported, and what must not be."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest

from iamlint.finding import Finding
from iamlint.reporters import render
from iamlint.reporters.parts.presentation import Presentation

Check = Callable[..., Any]

MINTS = "roles/iam.workloadIdentityUser"
"""Tokens, and no delegation: each hop is one of its own."""
TOKENS = "roles/iam.serviceAccountTokenCreator"
KEYS = "roles/iam.serviceAccountKeyAdmin"
ID_TOKENS = "roles/iam.serviceAccountOpenIdTokenCreator"
X = "group:x@example.com"


def email(name: str) -> str:
    """``a`` is in the development project, ``z`` and what follows ``z`` in production."""
    return f"{name}@{'prod-1' if name.startswith('z') else 'dev'}.iam.gserviceaccount.com"


def member(name: str) -> str:
    return name if ":" in name else f"serviceAccount:{email(name)}"


def on(account: str, role: str, who: str, label: str = "", condition: str = "") -> str:
    label = label or f"{who.partition(':')[2].partition('@')[0] or who}_{account}"
    return f"""
resource "google_service_account_iam_member" "{label}" {{
  service_account_id = "projects/-/serviceAccounts/{email(account)}"
  role               = "{role}"
  member             = "{member(who)}"
  {condition}
}}
"""


def has(role: str, who: str, project: str, condition: str = "") -> str:
    label = f"{role.rpartition('/')[2]}_{who.partition('@')[0]}_{project}".replace(".", "_").replace(":", "_")
    return f"""
resource "google_project_iam_member" "{label}" {{
  project = "{project}"
  role    = "{role}"
  member  = "{member(who)}"
  {condition}
}}
"""


def condition(expression: str) -> str:
    return f'condition {{\n  title = "t"\n  expression = "{expression}"\n}}'


OWNER = has("roles/owner", "z", "prod-1")
RULES = ("escalation-path", "privileged-account-impersonation", "deploy-as-privileged-account")


def found(check: Check, *parts: str, select: tuple[str, ...] = RULES) -> dict[str, Finding]:
    report = check({"main.tf": "".join(parts)}, select=select)
    assert not report.errors
    return {f"{one.rule} {(one.address or '').partition('.')[2]}": one for one in report.findings}


def hops(finding: Finding) -> list[str]:
    assert finding.flow
    steps = finding.flow.steps
    return [
        one.removeprefix("serviceAccount:").partition("@")[0] for one in (steps[0].source, *(s.target for s in steps))
    ]


@pytest.mark.parametrize("between", [["a"], ["a", "b"], ["a", "b", "c"]])
@pytest.mark.parametrize("role", [MINTS, KEYS, "roles/iam.serviceAccountAdmin"])
def test_a_chain_is_told_at_its_first_grant(check: Check, between: list[str], role: str) -> None:
    chain = [X, *between, "z"]
    grants = [on(to, role, who) for who, to in itertools.pairwise(chain)]
    told = found(check, OWNER, *grants)
    first = told["escalation-path x_a"]
    assert first.ends == ("roles/owner on project prod-1",)
    assert hops(first) == ["group:x", *between, "z"]
    assert f"becomes serviceAccount:{email('z')} in {len(between) + 1} hops" in first.message
    assert first.flow
    assert first.flow.end
    assert first.flow.end.message.endswith("has roles/owner on project prod-1")
    assert f"privileged-account-impersonation {between[-1]}_z" in told


def test_hops_may_be_of_any_method(check: Check) -> None:
    told = found(
        check,
        OWNER,
        on("a", KEYS, X),
        on("b", "roles/iam.serviceAccountUser", "a"),
        has("roles/run.developer", "a", "dev"),
        on("z", MINTS, "b"),
    )
    first = told["escalation-path x_a"]
    assert hops(first) == ["group:x", "a", "b", "z"]
    assert first.flow
    assert [step.method for step in first.flow.steps][::2] == ["sa-create-key", "sa-mint-access-token"]
    assert told["escalation-path a_b"].flow


def test_a_group_is_a_hop(check: Check) -> None:
    membership = f"""
resource "google_cloud_identity_group_membership" "a" {{
  group = "groups/deployers@example.com"
  preferred_member_key {{
    id = "{email("a")}"
  }}
  roles {{
    name = "MEMBER"
  }}
}}
resource "google_cloud_identity_group" "g" {{
  parent = "customers/C1"
  group_key {{
    id = "deployers@example.com"
  }}
  labels = {{}}
}}
""".replace('"groups/deployers@example.com"', "google_cloud_identity_group.g.id")
    told = found(check, OWNER, membership, on("a", MINTS, X), on("z", MINTS, "group:deployers@example.com"))
    assert hops(told["escalation-path x_a"]) == ["group:x", "a", "group:deployers", "z"]
    own = has("roles/owner", "group:deployers@example.com", "prod-2")
    told = found(check, own, membership, on("a", MINTS, X))
    assert told["escalation-path x_a"].ends == ("roles/owner on project prod-2",)


def test_the_worst_end_comes_first_and_the_others_are_counted(check: Check) -> None:
    further = [on(f"z{number}", MINTS, "a") + has("roles/editor", f"z{number}", f"p{number}") for number in range(5)]
    told = found(check, OWNER, on("a", MINTS, X), on("z", MINTS, "a"), *further)
    first = told["escalation-path x_a"]
    assert first.ends[0] == "roles/owner on project prod-1"
    assert len(first.ends) == 6
    assert first.message.endswith("and 3 more.")


def test_a_privileged_first_account_does_not_hide_the_further_end(check: Check) -> None:
    own = has("roles/resourcemanager.projectIamAdmin", "a", "dev")
    told = found(check, OWNER, own, on("a", TOKENS, X), on("b", TOKENS, "a"), on("z", TOKENS, "b"))
    first = told["privileged-account-impersonation x_a"]
    assert first.ends == ("roles/owner on project prod-1", "roles/resourcemanager.projectIamAdmin on project dev")
    assert hops(first) == ["group:x", "a", "b", "z"]
    assert "prod-1" in first.message


def test_whoever_deploys_as_the_first_account_is_told_of_the_end(check: Check) -> None:
    attach = on("a", "roles/iam.serviceAccountUser", X) + has("roles/run.developer", X, "dev")
    assert found(check, OWNER, attach, on("z", MINTS, "a"))["escalation-path x_a"].ends == (
        "roles/owner on project prod-1",
    )
    own = has("roles/editor", "a", "dev")
    told = found(check, OWNER, own, attach, on("z", MINTS, "a"))["deploy-as-privileged-account x_a"]
    assert told.ends[0] == "roles/owner on project prod-1"
    assert "prod-1" in told.message


def test_a_grant_on_the_project_leads_as_far(check: Check) -> None:
    told = found(check, OWNER, has(TOKENS, X, "dev"), on("z", MINTS, "a"), select=("broad-token-creator",))
    (one,) = told.values()
    assert one.ends == ("roles/owner on project prod-1",)
    assert hops(one) == ["group:x", "a", "z"]


QUIET = {
    "a hop of ID tokens": [on("a", MINTS, X), on("z", ID_TOKENS, "a")],
    "a hop that delegates only": [on("a", MINTS, X), on("b", ID_TOKENS, "a"), on("z", MINTS, "b")],
    "the other direction": [on("a", MINTS, X), on("a", MINTS, "z")],
    "an end that the group has itself": [on("a", MINTS, X), on("z", MINTS, "a"), has("roles/owner", X, "prod-1")],
    "attaching without deploying": [on("a", MINTS, X), on("z", "roles/iam.serviceAccountUser", "a")],
    "deploying in another project": [
        on("a", MINTS, X),
        on("z", "roles/iam.serviceAccountUser", "a"),
        has("roles/run.developer", "a", "dev"),
    ],
    "an expired hop": [
        on("a", MINTS, X),
        on("z", MINTS, "a", "", condition("request.time < timestamp('2001-01-01T00:00:00Z')")),
    ],
    "a direct way that is reported": [on("a", MINTS, X), on("z", MINTS, "a"), on("z", MINTS, X, "direct")],
}


@pytest.mark.parametrize("parts", QUIET.values(), ids=QUIET)
def test_what_leads_nowhere_is_quiet(check: Check, parts: list[str]) -> None:
    assert "escalation-path x_a" not in found(check, OWNER, *parts)


def test_an_end_without_power_is_quiet(check: Check) -> None:
    viewer = has("roles/storage.objectViewer", "z", "prod-1")
    assert found(check, viewer, on("a", MINTS, X), on("z", MINTS, "a")) == {}


def test_an_uncertain_hop_or_end_is_unknown_with_its_reason(check: Check) -> None:
    perhaps = condition("request.auth.access_levels.hasOnly(['x'])")
    for parts in (
        [OWNER, on("z", MINTS, "a", "", perhaps)],
        [has("roles/owner", "z", "prod-1", perhaps), on("z", MINTS, "a")],
    ):
        report = check({"main.tf": "".join([*parts, on("a", MINTS, X)])}, select=("escalation-path",))
        assert report.findings == ()
        (unknown_answer,) = report.unknown_answers
        assert unknown_answer.address == "google_service_account_iam_member.x_a"
        assert unknown_answer.severity == "high"
        assert "request.auth.access_levels" in unknown_answer.reason


def test_a_cycle_ends(check: Check) -> None:
    ring = [on(to, MINTS, who) for who, to in zip("abcd", "bcda", strict=True)]
    told = found(check, OWNER, *ring, on("z", MINTS, "c"), on("a", MINTS, X))
    assert hops(told["escalation-path x_a"]) == ["group:x", "a", "b", "c", "z"]


def test_a_long_chain_lists_few_hops(check: Check) -> None:
    names = [f"a{number}" for number in range(30)]
    grants = [on(to, MINTS, who) for who, to in itertools.pairwise(names)]
    told = found(check, OWNER, *grants, on("z", MINTS, "a29"), on("a0", MINTS, X))
    first = told["escalation-path x_a0"]
    assert "in 31 hops" in first.message
    assert first.flow
    assert (len(first.flow.steps), first.flow.left_out) == (9, 22)
    assert first.flow.steps[-1].target == member("z")


def test_reports_list_the_hops(check: Check) -> None:
    report = check({"main.tf": OWNER + on("a", MINTS, X) + on("z", KEYS, "a")}, select=("escalation-path",))
    (result,) = json.loads(render("sarif", report, Presentation()))["runs"][0]["results"]
    (flow,) = result["codeFlows"]
    (thread,) = flow["threadFlows"]
    places = [one["location"] for one in thread["locations"]]
    lines = [place["physicalLocation"]["region"]["startLine"] for place in places]
    assert lines == [report.findings[0].at.line, 18, 4]
    assert places[1]["message"]["text"].endswith("by roles/iam.serviceAccountKeyAdmin (iam.serviceAccountKeys.create).")
    (one,) = json.loads(render("json", report, Presentation()))["findings"]
    assert [(hop["from"], hop["to"], hop["method"], hop["line"]) for hop in one["hops"]] == [
        (X, member("a"), "sa-mint-access-token", lines[0]),
        (member("a"), member("z"), "sa-create-key", 18),
    ]
    text = render("text", report, Presentation())
    assert "hop 2: " in text
    assert "main.tf:18:" in text


def test_a_broken_chain_lists_its_hops_up_to_the_missing_one(check: Check) -> None:
    asked = f"""
resource "google_service_account" "z" {{
  project    = "prod-1"
  account_id = "z"
}}
resource "google_service_account" "a" {{
  project    = "dev"
  account_id = "a"
}}
data "google_service_account_access_token" "z" {{
  target_service_account = google_service_account.z.email
  scopes                 = ["cloud-platform"]
  delegates              = [google_service_account.a.email]
}}
{on("a", TOKENS, "z")}
{on("z", MINTS, "b")}
"""
    (one,) = found(check, asked, select=("broken-delegation-chain",)).values()
    assert one.flow
    assert [step.missing for step in one.flow.steps] == [True]
    assert "has no iam.serviceAccounts.getAccessToken on" in str(one.flow.steps[0])


@pytest.mark.parametrize(
    ("role", "project", "told_of"),
    [
        ("roles/aiplatform.user", "dev", True),
        ("roles/aiplatform.viewer", "dev", False),
        ("roles/aiplatform.user", "elsewhere", False),
    ],
)
def test_who_mints_as_an_agent_of_google_is_told_what_the_accounts_lead_to(
    check: Check, role: str, project: str, *, told_of: bool
) -> None:
    label = f"{role.rpartition('/')[2]}_group_x_{project}".replace(".", "_")
    told = found(check, OWNER, on("z", MINTS, "a"), has(role, X, project))
    assert (f"escalation-path {label}" in told) is told_of
    if told_of:
        first = told[f"escalation-path {label}"]
        assert hops(first) == ["group:x", "a", "z"]
        assert first.confidence == "medium"
        assert "mints tokens of every account there" in first.message


def test_who_mints_as_an_agent_for_a_privileged_account_is_told_once(check: Check) -> None:
    told = found(check, OWNER, on("z", MINTS, "zb"), has("roles/aiplatform.user", X, "prod-1"))
    of_x = [name for name in told if "aiplatform" in name]
    assert [name.partition(" ")[0] for name in of_x] == ["deploy-as-privileged-account"]


def test_a_second_way_onto_an_account_that_is_reported_is_not_repeated(check: Check) -> None:
    runs_as = f"""
resource "google_composer_environment" "e" {{
  project = "prod-1"
  name    = "e"
  region  = "europe-west1"
  config {{
    node_config {{
      service_account = "{email("z")}"
    }}
  }}
}}
"""
    deploys = has("roles/composer.admin", X, "prod-1")
    alone = found(check, OWNER, runs_as, deploys)
    both = found(check, OWNER, runs_as, deploys, on("z", "roles/iam.serviceAccountUser", X))
    assert [*alone] == ["deploy-as-privileged-account composer_admin_group_x_prod-1"]
    assert [*both] == ["deploy-as-privileged-account x_z"]
