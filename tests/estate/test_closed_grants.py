"""Blocked grants: not a finding, but reported with what blocks them."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from iamlint.sources.reading import Options

Check = Callable[..., Any]

RULE = ("broad-token-creator",)
PROJECT = """
resource "google_project" "shop" {
  project_id = "shop"
  name       = "shop"
  org_id     = "42"
}
"""


def grant(member: str = "user:ana@example.com") -> str:
    return f"""
resource "google_project_iam_member" "x" {{
  project = "shop"
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "{member}"
}}
"""


TOKENS = tuple(
    f"iam.googleapis.com/serviceAccounts.{verb}"
    for verb in ("getAccessToken", "getOpenIdToken", "implicitDelegation", "signBlob", "signJwt")
)


def deny(
    *who: str,
    parent: str = "cloudresourcemanager.googleapis.com/projects/shop",
    permissions: tuple[str, ...] = TOKENS,
    more: str = "",
) -> str:
    return f"""
resource "google_iam_deny_policy" "d" {{
  parent = urlencode("{parent}")
  name   = "no-tokens"
  rules {{
    deny_rule {{
      denied_principals  = {json.dumps(who)}
      denied_permissions = {json.dumps(permissions)}
      {more}
    }}
  }}
}}
"""


def told(check: Check, *parts: str) -> tuple[int, str]:
    """Return the number of findings, and the reasons of the rule's unknown answers."""
    report = check({"main.tf": "".join(parts)}, select=RULE)
    assert report.errors == ()
    return len(report.findings), "; ".join(
        unknown_answer.reason for unknown_answer in report.unknown_answers if unknown_answer.rule
    )


EVERYBODY = "principalSet://goog/public:all"
ANA = "principal://goog/subject/ana@example.com"
ORGANIZATION = "cloudresourcemanager.googleapis.com/organizations/42"


@pytest.mark.parametrize(
    "denial",
    [
        deny(EVERYBODY),
        deny(ANA),
        deny(EVERYBODY, parent=ORGANIZATION),
        deny(EVERYBODY, permissions=("iam.googleapis.com/serviceAccounts.*",)),
        deny(EVERYBODY, permissions=("iam.googleapis.com/*.*",)),
        deny(EVERYBODY, more='exception_principals = ["principal://goog/subject/bo@example.com"]'),
    ],
    ids=["everybody", "by name", "from above", "a group of permissions", "all permissions", "another is excepted"],
)
def test_what_a_deny_policy_closes_is_no_finding_and_told(check: Check, denial: str) -> None:
    findings, reasons = told(check, PROJECT, grant(), denial)
    assert findings == 0
    assert "blocked by the deny policy at main.tf:" in reasons


@pytest.mark.parametrize(
    "denial",
    [
        deny("principal://goog/subject/bo@example.com"),
        deny("user:ana@example.com"),
        deny(EVERYBODY, parent="cloudresourcemanager.googleapis.com/projects/other"),
        deny(EVERYBODY, parent="cloudresourcemanager.googleapis.com/organizations/43"),
        deny(EVERYBODY, permissions=("iam.googleapis.com/serviceAccounts.delete",)),
        deny(EVERYBODY, permissions=("iam.serviceAccounts.getAccessToken",)),
        deny(EVERYBODY, permissions=("iam.googleapis.com/serviceAccounts.getAccessToken",)),
        deny(EVERYBODY, more=f'exception_principals = ["{ANA}"]'),
        deny(EVERYBODY, more='exception_permissions = ["iam.googleapis.com/serviceAccounts.signBlob"]'),
    ],
    ids=[
        "another principal",
        "a principal that is refused",
        "another project",
        "another organization",
        "another permission",
        "a permission that is refused",
        "some of the permissions",
        "she is excepted",
        "a permission is excepted",
    ],
)
def test_what_it_does_not_close_is_a_finding(check: Check, denial: str) -> None:
    assert told(check, PROJECT, grant(), denial) == (1, "")


@pytest.mark.parametrize(
    "denial",
    [
        deny("principalSet://goog/group/people@example.com"),
        deny("principalSet://goog/cloudIdentityCustomerId/C01234567"),
        deny(EVERYBODY, parent="cloudresourcemanager.googleapis.com/projects/123456789"),
        'variable "who" {}\n' + deny("${var.who}"),
        'variable "where" {}\n' + deny(EVERYBODY, parent="cloudresourcemanager.googleapis.com/projects/${var.where}"),
        deny(EVERYBODY, more="denial_condition {\n expression = \"resource.matchTag('42/env', 'prod')\"\n }"),
        deny(EVERYBODY, more="denial_condition {\n expression = \"resource.name == 'x'\"\n }"),
    ],
    ids=[
        "a group",
        "a customer",
        "a number",
        "an unknown principal",
        "an unknown project",
        "a tag",
        "a condition that Google does not support",
    ],
)
def test_what_it_may_close_is_not_known(check: Check, denial: str) -> None:
    findings, reasons = told(check, PROJECT, grant(), denial)
    assert findings == 0
    assert "may block it" in reasons


CI = "ci@shop.iam.gserviceaccount.com"


def test_accounts_of_a_project_are_a_set(check: Check) -> None:
    denial = deny("principalSet://cloudresourcemanager.googleapis.com/projects/shop/type/ServiceAccount")
    assert told(check, PROJECT, grant(f"serviceAccount:{CI}"), denial)[0] == 0
    assert told(check, PROJECT, grant(), denial)[0] == 1


def test_an_account_that_only_an_apply_names_is_the_same_in_both_forms(check: Check) -> None:
    account = 'variable "p" {}\nresource "google_service_account" "ci" {\n account_id = "ci"\n project = var.p\n}\n'
    denial = deny("principal://iam.googleapis.com/projects/-/serviceAccounts/${google_service_account.ci.email}")
    held = grant("serviceAccount:${google_service_account.ci.email}")
    findings, reasons = told(check, account, held, denial)
    assert findings == 0
    assert "blocked by the deny policy" in reasons


def account(disabled: str) -> str:
    return f"""
resource "google_service_account" "ci" {{
  account_id = "ci"
  project    = "shop"
  disabled   = {disabled}
}}
"""


def test_who_is_disabled_can_use_nothing(check: Check) -> None:
    held = grant(f"serviceAccount:{CI}")
    findings, reasons = told(check, account("true"), held)
    assert findings == 0
    assert "blocked by" in reasons
    assert told(check, account("false"), held) == (1, "")
    findings, reasons = told(check, 'variable "off" {}\n', account("var.off"), held)
    assert findings == 0
    assert "var.off" in reasons


@pytest.mark.parametrize(("enable", "findings"), [(False, 0), (True, 1)])
def test_who_may_enable_an_account_again_is_kept_out_by_nothing(check: Check, enable: bool, findings: int) -> None:
    """A disabled account has no tokens, except for principals that can enable it first."""
    permissions = ["iam.serviceAccounts.getAccessToken", *(["iam.serviceAccounts.enable"] if enable else [])]
    role = f"""
resource "google_project_iam_custom_role" "r" {{
  project     = "shop"
  role_id     = "r"
  title       = "r"
  permissions = {json.dumps(permissions)}
}}
"""
    held = on_account("projects/shop/roles/r").replace("user:ana@example.com", "allAuthenticatedUsers")
    report = check({"main.tf": account("true") + role + held}, select=("public-impersonation",))
    assert len(report.findings) == findings
    assert (
        bool(
            [
                unknown_answer
                for unknown_answer in report.unknown_answers
                if "which is disabled" in unknown_answer.reason
            ]
        )
        is not enable
    )


def boundary(version: str, *resources: str, bound: str = "projects/shop") -> str:
    return f"""
resource "google_iam_principal_access_boundary_policy" "b" {{
  organization                        = "42"
  location                            = "global"
  principal_access_boundary_policy_id = "b"
  details {{
    enforcement_version = "{version}"
    rules {{
      effect    = "ALLOW"
      resources = {json.dumps([f"//cloudresourcemanager.googleapis.com/{one}" for one in resources])}
    }}
  }}
}}

resource "google_iam_projects_policy_binding" "b" {{
  project           = "shop"
  location          = "global"
  policy_binding_id = "b"
  policy_kind       = "PRINCIPAL_ACCESS_BOUNDARY"
  policy            = google_iam_principal_access_boundary_policy.b.name
  target {{
    principal_set = "//cloudresourcemanager.googleapis.com/{bound}"
  }}
}}
"""


def test_a_boundary_closes_what_it_does_not_allow(check: Check) -> None:
    held = grant(f"serviceAccount:{CI}")
    findings, reasons = told(check, PROJECT, held, boundary("3", "projects/elsewhere"))
    assert findings == 0
    assert "blocked by the" in reasons
    assert "boundary" in reasons


@pytest.mark.parametrize(
    "limit",
    [
        boundary("3", "projects/shop"),
        boundary("3", "organizations/42"),
        boundary("2", "projects/elsewhere"),
        boundary("3", "projects/elsewhere", bound="projects/other"),
    ],
    ids=["allowed", "allowed above", "an older version", "bound to others"],
)
def test_a_boundary_leaves_the_rest(check: Check, limit: str) -> None:
    assert told(check, PROJECT, grant(f"serviceAccount:{CI}"), limit) == (1, "")


def keys(*constraints: str) -> str:
    one = """
resource "google_org_policy_policy" "k{n}" {{
  name   = "organizations/42/policies/{constraint}"
  parent = "organizations/42"
  spec {{
    rules {{
      enforce = "TRUE"
    }}
  }}
}}
"""
    return "".join(one.format(n=n, constraint=constraint) for n, constraint in enumerate(constraints))


def test_keys_are_closed_where_they_can_neither_be_made_nor_uploaded(check: Check) -> None:
    held = grant().replace("TokenCreator", "KeyAdmin")
    made, uploaded = "iam.disableServiceAccountKeyCreation", "iam.managed.disableServiceAccountKeyUpload"

    def found(*constraints: str) -> int:
        return len(check({"main.tf": PROJECT + held + keys(*constraints)}, select=("broad-key-creator",)).findings)

    assert found() == 1
    assert found(made) == 1
    assert found(made, uploaded) == 0


OWNER = f"""
resource "google_project_iam_member" "owner" {{
  project = "shop"
  role    = "roles/owner"
  member  = "serviceAccount:{CI}"
}}
"""


def on_account(role: str) -> str:
    return f"""
resource "google_service_account_iam_member" "x" {{
  service_account_id = "projects/shop/serviceAccounts/{CI}"
  role               = "{role}"
  member             = "user:ana@example.com"
}}
"""


@pytest.mark.parametrize(
    ("role", "denied", "findings"),
    [
        ("roles/iam.serviceAccountTokenCreator", TOKENS, 0),
        ("roles/iam.serviceAccountTokenCreator", TOKENS[:1], 1),
        ("roles/iam.serviceAccountOpenIdTokenCreator", TOKENS, 0),
    ],
    ids=["all ways", "one of the ways", "nothing of use"],
)
def test_the_way_to_a_privileged_account_is_told_though_it_is_closed(
    check: Check, role: str, denied: tuple[str, ...], findings: int
) -> None:
    denial = deny(ANA, permissions=denied)
    text = PROJECT + OWNER + on_account(role) + denial
    report = check({"main.tf": text}, select=("privileged-account-impersonation",))
    assert len(report.findings) == findings
    told = [
        unknown_answer.reason
        for unknown_answer in report.unknown_answers
        if "blocked by the deny policy at main.tf:" in unknown_answer.reason
    ]
    assert len(told) == (1 if findings == 0 and "OpenId" not in role else 0)


MIDDLE = f"""
resource "google_service_account_iam_member" "middle" {{
  service_account_id = "projects/shop/serviceAccounts/{CI}"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "serviceAccount:middle@shop.iam.gserviceaccount.com"
}}

resource "google_service_account_iam_member" "first" {{
  service_account_id = "projects/shop/serviceAccounts/middle@shop.iam.gserviceaccount.com"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "user:ana@example.com"
}}
"""
OF_MIDDLE = "principal://iam.googleapis.com/projects/-/serviceAccounts/middle@shop.iam.gserviceaccount.com"


def about(check: Check, rule: str, *parts: str) -> tuple[list[str], str]:
    """Return the addresses of a rule's findings, and the reasons of its unknown answers."""
    report = check({"main.tf": "".join(parts)}, select=(rule,))
    assert report.errors == ()
    unknown_answers = (
        f"{unknown_answer.address}: {unknown_answer.reason}"
        for unknown_answer in report.unknown_answers
        if unknown_answer.rule
    )
    return [str(finding.address) for finding in report.findings], "; ".join(unknown_answers)


def test_a_chain_whose_last_hop_is_closed_is_told(check: Check) -> None:
    rule = "privileged-account-impersonation"
    both = ["google_service_account_iam_member.middle", "google_service_account_iam_member.first"]
    assert about(check, rule, PROJECT, OWNER, MIDDLE) == (both, "")
    findings, unknown_answers = about(check, rule, PROJECT, OWNER, MIDDLE, deny(OF_MIDDLE))
    assert findings == []
    for one in both:
        assert f"{one}: blocked by the deny policy at main.tf:" in unknown_answers


def test_a_chain_that_somebody_uses_and_a_policy_closes_is_broken(check: Check) -> None:
    provider = f"""
resource "google_service_account" "ci" {{
  account_id = "ci"
  project    = "shop"
}}

provider "google" {{
  impersonate_service_account           = "{CI}"
  impersonate_service_account_delegates = ["middle@shop.iam.gserviceaccount.com"]
}}
"""
    rule = ("broken-delegation-chain",)
    assert check({"main.tf": PROJECT + OWNER + MIDDLE + provider}, select=rule).findings == ()
    (broken,) = check({"main.tf": PROJECT + OWNER + MIDDLE + provider + deny(OF_MIDDLE)}, select=rule).findings
    assert "a deny policy is here" in [one.message for one in broken.related]


DEPLOYER = """
resource "google_project_iam_member" "deploy" {
  project = "shop"
  role    = "roles/run.developer"
  member  = "user:ana@example.com"
}
"""


@pytest.mark.parametrize(
    "permission", ["iam.googleapis.com/serviceAccounts.actAs", "run.googleapis.com/*.*"], ids=["attach", "deploy"]
)
def test_deploying_as_a_privileged_account_may_be_closed(check: Check, permission: str) -> None:
    rule = "deploy-as-privileged-account"
    parts = (PROJECT, OWNER, DEPLOYER, on_account("roles/iam.serviceAccountUser"))
    assert about(check, rule, *parts) == (["google_service_account_iam_member.x"], "")
    findings, unknown_answers = about(check, rule, *parts, deny(ANA, permissions=(permission,)))
    assert findings == []
    assert "blocked by the deny policy at main.tf:" in unknown_answers


def test_what_is_open_to_attach_is_told_though_the_token_is_closed(check: Check) -> None:
    parts = (PROJECT, OWNER, DEPLOYER, on_account("projects/shop/roles/both"))
    role = """
resource "google_project_iam_custom_role" "both" {
  project     = "shop"
  role_id     = "both"
  title       = "both"
  permissions = ["iam.serviceAccounts.actAs", "iam.serviceAccounts.getAccessToken"]
}
"""
    findings, _ = about(check, "deploy-as-privileged-account", *parts, role, deny(ANA))
    assert findings == ["google_service_account_iam_member.x"]


# -- policies with an unknown place ---------------------------------------------------------------------------------

SOMEWHERE = 'variable "where" {}\n'
NOWHERE = "cloudresourcemanager.googleapis.com/folders/${var.where}"


def named() -> Options:
    """Return options that count given folders as named; new for each run, since each has its own time."""
    return Options(folders_are_named=True)


def elsewhere(check: Check, policy: str, rule: str, held: str, other: str) -> tuple[int, int]:
    """Return how many grants are findings with the policy in their configuration, and with it in another one."""
    beside = check({"main.tf": held + policy}, select=(rule,), options=named())
    apart = check({"policies/main.tf": policy, other: held}, select=(rule,), options=named())
    assert (beside.errors, apart.errors) == ((), ())
    return len(beside.findings), len(apart.findings)


@pytest.mark.parametrize(
    ("policy", "rule", "role"),
    [
        (SOMEWHERE + deny(EVERYBODY, parent=NOWHERE), "broad-token-creator", "TokenCreator"),
        (
            SOMEWHERE
            + keys("iam.disableServiceAccountKeyCreation", "iam.disableServiceAccountKeyUpload").replace(
                "organizations/42", "folders/${var.where}"
            ),
            "broad-key-creator",
            "KeyAdmin",
        ),
        (
            SOMEWHERE + boundary("3", "projects/elsewhere", bound="projects/${var.where}"),
            "broad-token-creator",
            "TokenCreator",
        ),
    ],
    ids=["deny", "organization policy", "boundary"],
)
def test_a_policy_of_unknown_place_counts_in_its_configuration_only(
    check: Check, policy: str, rule: str, role: str
) -> None:
    held = grant(f"serviceAccount:{CI}").replace("TokenCreator", role)
    assert elsewhere(check, policy, rule, held, "shop/main.tf") == (0, 1)


def test_a_policy_of_unknown_place_closes_nothing_that_an_export_shows(check: Check) -> None:
    bindings = [{"role": "roles/iam.serviceAccountTokenCreator", "members": ["user:ana@example.com"]}]
    exported = json.dumps({"bindings": bindings, "etag": "BwX", "version": 3})
    files = {"main.tf": SOMEWHERE + deny(EVERYBODY, parent=NOWHERE), "project-shop.json": exported}
    assert len(check(files, select=RULE, options=named()).findings) == 1
    known = check({**files, "main.tf": deny(EVERYBODY)}, select=RULE, options=named())
    assert known.findings == ()


def test_a_policy_of_known_place_counts_everywhere_in_what_is_named(check: Check) -> None:
    held = grant(f"serviceAccount:{CI}")
    assert elsewhere(check, PROJECT + deny(EVERYBODY), "broad-token-creator", held, "shop/main.tf") == (0, 0)
    both = SOMEWHERE + deny(EVERYBODY, parent=NOWHERE) + deny(EVERYBODY).replace('"d"', '"known"')
    assert elsewhere(check, PROJECT + both, "broad-token-creator", held, "shop/main.tf") == (0, 0)


# -- accounts by unique id -----------------------------------------------------------------------------------------

UNIQUE = "principal://iam.googleapis.com/projects/-/serviceAccounts/123456789012345678901"


@pytest.mark.parametrize(
    ("denial", "listed", "findings"),
    [
        (deny(UNIQUE), CI, 0),
        (deny(UNIQUE), "other@shop.iam.gserviceaccount.com", 1),
        (deny(EVERYBODY, more=f'exception_principals = ["{UNIQUE}"]'), CI, 1),
        (deny(EVERYBODY, more=f'exception_principals = ["{UNIQUE}"]'), "other@shop.iam.gserviceaccount.com", 0),
    ],
    ids=["denied", "another is denied", "excepted", "another is excepted"],
)
def test_a_deny_policy_may_name_an_account_by_its_unique_id(
    check: Check, denial: str, listed: str, findings: int
) -> None:
    accounts = json.dumps([{"email": listed, "uniqueId": UNIQUE.rpartition("/")[2], "projectId": "shop"}])
    text = PROJECT + grant(f"serviceAccount:{CI}") + denial
    report = check({"main.tf": text, "accounts.json": accounts}, select=RULE)
    assert report.errors == ()
    assert len(report.findings) == findings
    closed = [
        unknown_answer.reason
        for unknown_answer in report.unknown_answers
        if "blocked by the deny policy" in unknown_answer.reason
    ]
    assert len(closed) == 1 - findings


def test_an_account_whose_unique_id_the_input_does_not_tell_may_be_meant(check: Check) -> None:
    findings, reasons = told(check, PROJECT, grant(f"serviceAccount:{CI}"), deny(UNIQUE))
    assert findings == 0
    assert "the input does not show whether" in reasons


@pytest.mark.parametrize(
    "count",
    ['count = terraform.workspace == "prod" ? 1 : 0', "count = var.n", "for_each = toset(var.names)"],
)
@pytest.mark.parametrize(
    "closing",
    [
        deny(EVERYBODY),
        'resource "google_service_account" "x" {\n  account_id = "x"\n  project = "shop"\n  disabled = true\n}\n',
    ],
)
def test_what_may_have_no_instance_closes_nothing_for_certain(check: Check, closing: str, count: str) -> None:
    variables = 'variable "n" {}\nvariable "names" {}\n'
    holder = grant("serviceAccount:x@shop.iam.gserviceaccount.com")
    assert told(check, variables, holder, closing)[1].startswith("blocked by ")
    found, reasons = told(check, variables, holder, closing.replace("{\n", "{\n  " + count + "\n", 1))
    assert found == 0
    assert "may block it" in reasons
    assert "there are is not known" in reasons
