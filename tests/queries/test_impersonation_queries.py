"""Privileged accounts: who gains by becoming one, what is unknown about it, and what else is shown."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

ADMIN = "admin@shop.iam.gserviceaccount.com"
BOTH = ("privileged-account-impersonation", "deploy-as-privileged-account")


def role(name: str, member: str, project: str = "shop", label: str = "r") -> str:
    return f"""
resource "google_project_iam_member" "{label}" {{
  project = "{project}"
  role    = "{name}"
  member  = "{member}"
}}
"""


def on_admin(name: str, member: str, label: str = "on") -> str:
    return f"""
resource "google_service_account_iam_member" "{label}" {{
  service_account_id = "projects/shop/serviceAccounts/{ADMIN}"
  role               = "{name}"
  member             = "{member}"
}}
"""


def found(check: Check, *parts: str) -> list[str]:
    report = check({"main.tf": "".join(parts)}, select=BOTH)
    return [f"{finding.rule} {finding.address}" for finding in report.findings]


OWNER = role("roles/owner", f"serviceAccount:{ADMIN}", label="owner")
ANA = "user:ana@example.com"
IMPERSONATION = ["privileged-account-impersonation google_service_account_iam_member.on"]


@pytest.mark.parametrize(
    ("granted", "flagged"),
    [
        ("roles/iam.serviceAccountTokenCreator", True),
        ("roles/iam.workloadIdentityUser", True),
        ("roles/iam.serviceAccountKeyAdmin", True),
        ("roles/iam.serviceAccountAdmin", True),
        # These give no identity, or only together with another permission.
        ("roles/iam.serviceAccountOpenIdTokenCreator", False),
        ("roles/iam.serviceAccountUser", False),
        ("roles/iam.serviceAccountViewer", False),
    ],
)
def test_what_gives_the_identity(check: Check, granted: str, flagged: bool) -> None:
    assert found(check, OWNER, on_admin(granted, ANA)) == (IMPERSONATION if flagged else [])


DECLARED = """
resource "google_service_account" "admin" {
  account_id = "admin"
  project    = "shop"
}
data "google_compute_default_service_account" "default" {
  project = "shop"
}
"""
DEFAULT = "data.google_compute_default_service_account.default"


@pytest.mark.parametrize(
    ("holder", "account"),
    [
        (f"serviceAccount:{ADMIN}", "projects/-/serviceAccounts/${google_service_account.admin.unique_id}"),
        ("${google_service_account.admin.member}", "projects/shop/serviceAccounts/ADMIN@shop.iam.gserviceaccount.com"),
        (f"${{{DEFAULT}.member}}", f"${{{DEFAULT}.name}}"),
        (f"serviceAccount:${{{DEFAULT}.email}}", f"projects/-/serviceAccounts/${{{DEFAULT}.email}}"),
    ],
)
def test_an_account_by_another_of_its_names(check: Check, holder: str, account: str) -> None:
    grant = on_admin("roles/iam.serviceAccountTokenCreator", ANA)
    written = grant.replace(f"projects/shop/serviceAccounts/{ADMIN}", account)
    assert found(check, DECLARED, role("roles/owner", holder), written) == IMPERSONATION


@pytest.mark.parametrize(
    "member",
    [
        "allUsers",
        "domain:example.com",
        "serviceAccount:123456-compute@developer.gserviceaccount.com",
        "serviceAccount:service-123456@gcp-sa-cloudbuild.iam.gserviceaccount.com",
        "principalSet://iam.googleapis.com/projects/1/locations/global/workloadIdentityPools/ci/*",
        f"serviceAccount:{ADMIN}",
        "deleted:user:ana@example.com?uid=1",
    ],
)
def test_of_these_other_rules_speak(check: Check, member: str) -> None:
    assert found(check, OWNER, on_admin("roles/iam.serviceAccountTokenCreator", member)) == []


def test_who_has_as_much_gains_nothing(check: Check) -> None:
    token = on_admin("roles/iam.serviceAccountTokenCreator", ANA)
    assert found(check, OWNER, token, role("roles/owner", ANA)) == []
    assert found(check, OWNER, token, role("roles/editor", ANA)) == IMPERSONATION
    assert found(check, OWNER, token, role("roles/owner", ANA, project="other")) == IMPERSONATION


def test_what_is_shown(check: Check) -> None:
    report = check({"main.tf": OWNER + on_admin("roles/iam.serviceAccountTokenCreator", ANA)}, select=BOTH)
    (finding,) = report.findings
    assert finding.message == (
        f"{ANA} can act as serviceAccount:{ADMIN} (roles/iam.serviceAccountTokenCreator on it has "
        "iam.serviceAccounts.getAccessToken), and so gains roles/owner on project shop."
    )
    assert [related.message for related in finding.related] == [
        f"serviceAccount:{ADMIN} has roles/owner on project shop"
    ]


def test_one_grant_is_one_finding_however_many_privileges_it_reaches(check: Check) -> None:
    more = role("roles/editor", f"serviceAccount:{ADMIN}", label="editor")
    assert found(check, OWNER, more, on_admin("roles/iam.serviceAccountTokenCreator", ANA)) == IMPERSONATION


def test_a_role_that_is_not_known_is_a_unknown_answer(check: Check) -> None:
    text = 'variable "role" {}\n' + OWNER + on_admin("${var.role}", ANA)
    report = check({"main.tf": text}, select=BOTH)
    assert report.findings == ()
    reasons = {unknown_answer.reason for unknown_answer in report.unknown_answers}
    assert reasons == {"the role is not known: var.role has no default and is not set"}


DEPLOY = ["deploy-as-privileged-account google_service_account_iam_member.on"]


@pytest.mark.parametrize(
    ("deploys", "project", "flagged"),
    [
        ("roles/run.developer", "shop", True),
        ("roles/cloudbuild.builds.editor", "shop", True),
        ("roles/run.developer", "other", False),
        ("roles/run.viewer", "shop", False),
        ("roles/batch.jobsEditor", "shop", True),
        ("roles/batch.jobsViewer", "shop", False),
        ("roles/cloudtasks.queueAdmin", "shop", True),
        ("roles/cloudtasks.taskRunner", "shop", False),
        ("roles/clouddeploy.operator", "shop", True),
        ("roles/dataform.admin", "shop", True),
        ("roles/dataform.viewer", "shop", False),
        ("roles/eventarc.eventReceiver", "shop", False),
        ("roles/integrations.integrationAdmin", "shop", True),
        ("roles/notebooks.viewer", "shop", False),
        ("roles/tpu.admin", "shop", True),
        ("roles/workflows.invoker", "shop", False),
        ("roles/bigquery.user", "shop", False),
        ("roles/pubsub.publisher", "shop", False),
    ],
)
def test_attaching_takes_deploying(check: Check, deploys: str, project: str, flagged: bool) -> None:
    parts = (OWNER, on_admin("roles/iam.serviceAccountUser", ANA), role(deploys, ANA, project))
    assert found(check, *parts) == (DEPLOY if flagged else [])


@pytest.mark.parametrize(
    ("deploys", "expected"),
    [
        (["roles/batch.jobsEditor"], "high run code as"),
        (["roles/cloudtasks.enqueuer"], "high make calls as"),
        (["roles/pubsub.editor"], "medium send ID tokens of"),
        (["roles/pubsub.editor", "roles/run.developer"], "high run code as"),
    ],
)
def test_the_message_says_what_deploying_gives(check: Check, deploys: list[str], expected: str) -> None:
    granted = [role(name, ANA, label=f"r{at}") for at, name in enumerate(deploys)]
    parts = (OWNER, on_admin("roles/iam.serviceAccountUser", ANA), *granted)
    (finding,) = check({"main.tf": "".join(parts)}, select=BOTH).findings
    assert f"{finding.severity} {finding.message.removeprefix('user:ana@example.com can ')}".startswith(expected)


def test_who_can_become_it_anyway_is_told_once(check: Check) -> None:
    custom = """
resource "google_project_iam_custom_role" "both" {
  project     = "shop"
  role_id     = "both"
  title       = "Both"
  permissions = ["iam.serviceAccounts.actAs", "iam.serviceAccounts.getAccessToken"]
}
"""
    parts = (OWNER, custom, on_admin("projects/shop/roles/both", ANA), role("roles/run.developer", ANA))
    assert found(check, *parts) == IMPERSONATION


def test_by_delegation(check: Check) -> None:
    middle = """
resource "google_service_account_iam_member" "middle" {
  service_account_id = "projects/shop/serviceAccounts/middle@shop.iam.gserviceaccount.com"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "user:ana@example.com"
}
"""
    token = on_admin("roles/iam.workloadIdentityUser", "serviceAccount:middle@shop.iam.gserviceaccount.com")
    report = check({"main.tf": OWNER + token + middle}, select=BOTH)
    by_address = {finding.address: finding.message for finding in report.findings}
    assert set(by_address) == {
        "google_service_account_iam_member.on",
        "google_service_account_iam_member.middle",
    }
    assert by_address["google_service_account_iam_member.middle"] == (
        f"user:ana@example.com can act as serviceAccount:{ADMIN} (roles/iam.serviceAccountTokenCreator has "
        "iam.serviceAccounts.implicitDelegation on service account middle@shop.iam.gserviceaccount.com, which may mint "
        "its tokens), and so gains roles/owner on project shop."
    )


POOL = "iam.googleapis.com/projects/${var.x}/locations/global/workloadIdentityPools/ci"


def test_who_nobody_can_be_gains_nothing(check: Check) -> None:
    pool = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.ci.name}"
    grants = [
        on_admin("roles/iam.workloadIdentityUser", f"{pool}/attribute.{name}/example/x", name)
        for name in ("repository", "r")
    ]
    assert found(check, OWNER, DECLARED_POOL, PROVIDER, *grants) == [
        "privileged-account-impersonation google_service_account_iam_member.repository"
    ]


DECLARED_POOL = """
resource "google_iam_workload_identity_pool" "ci" {
  project                   = "shop"
  workload_identity_pool_id = "ci"
}
"""
PROVIDER = """
resource "google_iam_workload_identity_pool_provider" "ci" {
  project                            = "shop"
  workload_identity_pool_id          = "ci"
  workload_identity_pool_provider_id = "github"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = "assertion.repository"
  }
  attribute_condition                = "assertion.repository_owner_id == '1' && assertion.repository == 'example/x'"
  oidc { issuer_uri = "https://token.actions.githubusercontent.com" }
}
"""


@pytest.mark.parametrize(("most", "closed"), [(1, True), (0, False)])
def test_a_provider_of_a_pool_with_another_beginning(
    check: Check, monkeypatch: pytest.MonkeyPatch, most: int, closed: bool
) -> None:
    monkeypatch.setattr("iamlint.federation.unmatched.MOST_COMPARED", most)
    other = PROVIDER_111.replace('"ci" {', '"b" {').replace('"ci"\n', '"other-${var.n}"\n')
    pool = "principalSet://iam.googleapis.com/projects/111/locations/global/workloadIdentityPools/ci"
    granted = on_admin("roles/iam.workloadIdentityUser", f"{pool}/attribute.repository/example/y")
    report = check({"main.tf": PROVIDER_111 + POOL_111 + other + OWNER + granted + UNSET}, select=BOTH)
    assert report.findings == ()
    assert (not report.unknown_answers) is closed


POOL_111, PROVIDER_111 = (text.replace('"shop"', '"111"') for text in (DECLARED_POOL, PROVIDER))
UNSET = 'variable "n" {}'
_POOL = "google_iam_workload_identity_pool.ci"
IMPORT = f'\nimport {{\n  id = "x"\n  to = {_POOL}\n}}\n'
IMPORT_OF_EACH = f"\nimport {{\n  for_each = var.n\n  id = each.key\n  to = {_POOL}[each.key]\n}}\n"
IMPORT_OF_MODULE = IMPORT.replace(_POOL, f"module.m.{_POOL}")
IN_JSON = json.dumps({"import": [{"id": "x", "to": _POOL}]})


@pytest.mark.parametrize(
    ("form", "value", "mapping", "closed"),
    [
        ("principalSet", "attribute.all/*", "'*'", False),
        ("principalSet", "attribute.all/replace-me", "assertion.repository_owner", False),
        ("principalSet", "attribute.all/*", "assertion.repository_owner", True),
        ("principal", "subject/<x>", "assertion.sub", True),
        ("principalSet", "attributes.all/x", "assertion.sub", True),
    ],
)
def test_a_value_that_looks_wrong_but_that_a_token_may_have(
    check: Check, form: str, value: str, mapping: str, closed: bool
) -> None:
    """An organization may be called `replace-me`, and a mapping may make a star of every token."""
    pool = f"{form}://iam.googleapis.com/projects/111/locations/global/workloadIdentityPools/ci"
    provider = PROVIDER_111.replace('"attribute.repository" = "assertion.repository"', f'"attribute.all" = "{mapping}"')
    provider = provider.replace("attribute_condition ", "# ")
    files = {"main.tf": POOL_111 + provider + OWNER + on_admin("roles/iam.workloadIdentityUser", f"{pool}/{value}")}
    report = check(files, select=(*BOTH, "unmatched-federated-principal"))
    assert [(one.rule, one.confidence) for one in report.findings] == [("unmatched-federated-principal", "high")]
    assert (not report.unknown_answers) is closed


OF_X = "principalSet://iam.googleapis.com/projects/111/locations/global/workloadIdentityPools/ci/attribute.repository/example/x"


@pytest.mark.parametrize(
    ("part", "state", "expected"),
    [
        ("pool", "false", (1, 0)),
        ("pool", "true", (0, 1)),
        ("pool", "var.n", (0, 1)),
        ("provider", "true", (0, 1)),
    ],
)
def test_a_disabled_pool_lets_nobody_in(check: Check, part: str, state: str, expected: tuple[int, int]) -> None:
    pool, provider = POOL_111, PROVIDER_111
    line = f"\n  disabled = {state}\n  project "
    pool, provider = (
        text.replace("\n  project ", line, 1) if part == name else text
        for name, text in (("pool", pool), ("provider", provider))
    )
    files = {"main.tf": UNSET + pool + provider + OWNER + on_admin("roles/iam.workloadIdentityUser", OF_X)}
    report = check(files, select=BOTH)
    assert (len(report.findings), len(report.unknown_answers)) == expected


STAFF = """
resource "google_iam_workforce_pool_provider" "staff" {
  workforce_pool_id = "staff"
  location          = "global"
  provider_id       = "entra"
  attribute_mapping = { "google.subject" = "assertion.sub" }
  oidc { issuer_uri = "https://login.example.com" }
  # here
}
"""
CLIENT = """extended_attributes_oauth2_client {
  client_id = "x"
}"""


@pytest.mark.parametrize(
    ("more", "matched"), [("", False), ('scim_usage = "ENABLED_FOR_GROUPS"', True), (CLIENT, True)]
)
def test_groups_that_no_mapping_makes(check: Check, more: str, matched: bool) -> None:
    group = "principalSet://iam.googleapis.com/locations/global/workforcePools/staff/group/admins"
    files = {"main.tf": STAFF.replace("# here", more) + OWNER + on_admin("roles/iam.workloadIdentityUser", group)}
    report = check(files, select=("unmatched-federated-principal",))
    assert (report.findings == ()) is matched


@pytest.mark.parametrize(
    "files",
    [
        {"main.tf": PROVIDER},
        {"main.tf": PROVIDER + DECLARED_POOL},
        {"main.tf": PROVIDER + DECLARED_POOL.replace('"shop"', '"222"')},
        {"main.tf": PROVIDER + DECLARED_POOL.replace('"shop"', '"111"')},
        {"main.tf": PROVIDER_111 + POOL_111.replace("project ", "count = var.n ? 1 : 0\nproject ")},
        {"main.tf": PROVIDER_111.replace("project ", "count = var.n ? 1 : 0\nproject ") + POOL_111},
        {"main.tf": PROVIDER_111 + POOL_111 + PROVIDER_111.replace('"ci" {', '"b" {').replace('"ci"\n', "var.n\n")},
        {"main.tf": PROVIDER_111 + POOL_111.replace("workload_identity", "workforce")},
        {"main.tf": PROVIDER_111 + POOL_111 + IMPORT},
        {"main.tf": PROVIDER_111 + POOL_111.replace("project ", "for_each = toset([0])\nproject ") + IMPORT_OF_EACH},
        {"main.tf": 'module "m" { source = "./m" }' + IMPORT_OF_MODULE, "m/main.tf": PROVIDER_111 + POOL_111},
        {"main.tf.json": IN_JSON, "pool.tf": PROVIDER_111 + POOL_111},
    ],
)
def test_a_pool_that_may_have_other_providers(check: Check, files: dict[str, str]) -> None:
    """A pool of another project may have the same id, and a configuration may show only some of a pool's providers."""
    pool = "principalSet://iam.googleapis.com/projects/111/locations/global/workloadIdentityPools/ci"
    granted = on_admin("roles/iam.workloadIdentityUser", f"{pool}/attribute.repository/example/y") + UNSET
    report = check(files | {"grant.tf": OWNER + granted}, select=(*BOTH, "unmatched-federated-principal"))
    assert [(one.rule, one.confidence) for one in report.findings] == [("unmatched-federated-principal", "medium")]
    assert any("does not show all providers of the pool" in one.reason for one in report.unknown_answers)


def test_a_provider_of_another_configuration_counts(check: Check) -> None:
    pool = "principalSet://iam.googleapis.com/projects/111/locations/global/workloadIdentityPools/ci"
    granted = on_admin("roles/iam.workloadIdentityUser", f"{pool}/attribute.repository/example/y")
    other = PROVIDER.replace(" && assertion.repository == 'example/x'", "")
    report = check({"a/main.tf": OWNER + granted + PROVIDER, "b/main.tf": DECLARED_POOL + other}, select=BOTH)
    assert [one.rule for one in report.findings] == ["privileged-account-impersonation"]


LISTED = """---
name: projects/111/locations/global/workloadIdentityPools/ci/providers/github
attributeCondition: assertion.repository == 'example/x'
attributeMapping: {google.subject: assertion.sub, attribute.repository: assertion.repository}
oidc: {issuerUri: https://token.actions.githubusercontent.com}
state: ACTIVE
"""
EXPORTED = {
    "admin@shop.iam.gserviceaccount.com.yaml": """
bindings:
- role: roles/iam.workloadIdentityUser
  members:
  - principalSet://iam.googleapis.com/projects/111/locations/global/workloadIdentityPools/ci/attribute.repository/example/y
""",
    "project-shop.yaml": """
bindings:
- role: roles/owner
  members: ["serviceAccount:admin@shop.iam.gserviceaccount.com"]
""",
}


@pytest.mark.parametrize(
    ("providers", "rule", "closed"),
    [
        (LISTED, "unmatched-federated-principal", True),
        ("# of the pool ci\n" + LISTED, "unmatched-federated-principal", True),
        (LISTED.removeprefix("---\n"), "unmatched-federated-principal", False),  # one that was described
        (LISTED.replace("/111/", "/222/"), "privileged-account-impersonation", True),
        (re.sub(r"attribute.*\n", "", LISTED), "privileged-account-impersonation", True),  # a selection of fields
    ],
)
def test_providers_of_exports(check: Check, providers: str, rule: str, closed: bool) -> None:
    """Only a list shows all providers of a pool, and pools of other projects may have the same id."""
    report = check(EXPORTED | {"providers.yaml": providers}, select=(*BOTH, "unmatched-federated-principal"))
    assert [one.rule for one in report.findings] == [rule]
    assert (not report.unknown_answers) is closed


def unknown_answers(check: Check, text: str, *rules: str) -> list[str]:
    report = check({"main.tf": text}, select=rules)
    assert report.findings == ()
    return sorted({unknown_answer.reason for unknown_answer in report.unknown_answers})


@pytest.mark.parametrize("member", ["user:${var.x}", "serviceAccount:${var.x}", "${var.x}"])
def test_a_principal_that_is_not_known_may_have_as_much_itself(check: Check, member: str) -> None:
    other = role("roles/owner", "user:bob@example.com")
    text = 'variable "x" {}\n' + OWNER + other + on_admin("roles/iam.serviceAccountTokenCreator", member)
    assert unknown_answers(check, text, *BOTH) == ["the principal is not known: var.x has no default and is not set"]


@pytest.mark.parametrize(
    ("member", "others", "flagged"),
    [
        (f"principalSet://{POOL}/attribute.repository/acme/app", "user:bob@example.com", True),
        (f"principalSet://{POOL}/group/a", f"principalSet://{POOL}/group/a".replace("${var.x}", "1"), False),
        (f"principal://{POOL}/subject/it", f"principal://{POOL}/subject/no".replace("${var.x}", "1"), True),
        (f"principal://{POOL}/subject/it", f"principal://{POOL}/subject/it".replace("${var.x}", "1"), False),
        ("user:${var.x}", "group:bob@example.com", True),
        ("user:${var.x}@example.com", "user:bob@example.org", True),
        ("group:${var.x}", "group:${var.y}", False),
    ],
)
def test_one_that_nobody_privileged_can_be_gains_whatever_its_name(
    check: Check, member: str, others: str, flagged: bool
) -> None:
    text = 'variable "x" {}\nvariable "y" {}\n' + OWNER + role("roles/owner", others)
    text += on_admin("roles/iam.workloadIdentityUser", member)
    report = check({"main.tf": text}, select=BOTH)
    assert bool(report.findings) == flagged


@pytest.mark.parametrize(
    ("given", "rules"),
    [
        ("roles/iam.serviceAccountTokenCreator", BOTH),
        ("roles/iam.serviceAccountUser", ("act-as-privileged-account", "deploy-as-privileged-account")),
    ],
)
def test_an_account_that_is_not_known_may_be_privileged(check: Check, given: str, rules: tuple[str, ...]) -> None:
    text = 'variable "x" {}\n' + on_admin(given, ANA).replace(ADMIN, "${var.x}")
    assert unknown_answers(check, text, *rules) == []  # there is no privileged account that it could be
    assert unknown_answers(check, OWNER + text, *rules) == [
        "the account is not known: var.x has no default and is not set"
    ]
    other = text.replace("${var.x}", "${var.x}@other.iam.gserviceaccount.com")
    assert unknown_answers(check, OWNER + other, *rules) == []


def test_an_account_that_is_not_known_may_be_the_holder(check: Check) -> None:
    text = 'variable "x" {}\n' + on_admin("roles/iam.serviceAccountTokenCreator", "serviceAccount:${var.x}")
    assert unknown_answers(check, text, "self-impersonation") == [
        "the principal is not known: var.x has no default and is not set"
    ]
    same = on_admin("roles/iam.serviceAccountTokenCreator", "serviceAccount:${var.x}").replace(ADMIN, "${var.x}")
    report = check({"main.tf": 'variable "x" {}\n' + same}, select=("self-impersonation",))
    assert len(report.findings) == 1
    assert unknown_answers(check, text.replace("serviceAccount:${var.x}", "user:${var.x}"), "self-impersonation") == []


def test_a_chain_that_is_certain_is_told_rather_than_a_nearer_one_that_is_not(check: Check) -> None:
    """The middle account may have the token of a privileged account, and certainly leads to that of another."""

    def on(account: str, member: str, label: str, more: str = "") -> str:
        return f"""
resource "google_service_account_iam_member" "{label}" {{
  service_account_id = "projects/shop/serviceAccounts/{account}@shop.iam.gserviceaccount.com"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "{member}"
  {more}
}}
"""

    middle, last = (
        "serviceAccount:middle@shop.iam.gserviceaccount.com",
        "serviceAccount:last@shop.iam.gserviceaccount.com",
    )
    perhaps = 'condition {\n    title      = "x"\n    expression = var.when\n  }'
    parts = (
        'variable "when" {}\n',
        OWNER,
        role("roles/owner", "serviceAccount:other@shop.iam.gserviceaccount.com", label="other"),
        on("admin", middle, "perhaps", perhaps),
        on("last", middle, "further"),
        on("other", last, "certain"),
        on("middle", ANA, "first"),
    )
    assert "privileged-account-impersonation google_service_account_iam_member.first" in found(check, *parts)


def limited(*roles: str, label: str = "limited") -> str:
    listed = ", ".join(f"'{one}'" for one in roles)
    return f"""
resource "google_project_iam_member" "{label}" {{
  project = "shop"
  role    = "roles/resourcemanager.projectIamAdmin"
  member  = "serviceAccount:{ADMIN}"
  condition {{
    title      = "limited"
    expression = "api.getAttribute('iam.googleapis.com/modifiedGrantsByRole', []).hasOnly([{listed}])"
  }}
}}
"""


def test_an_account_that_may_make_itself_owner_is_privileged(check: Check) -> None:
    assert found(check, limited("roles/owner"), on_admin("roles/iam.serviceAccountTokenCreator", ANA)) == IMPERSONATION
    # What it may grant gives no power over accounts: nothing is certain.
    for harmless in ("roles/viewer", "roles/storage.admin", "roles/iam.serviceAccountOpenIdTokenCreator"):
        assert found(check, limited(harmless), on_admin("roles/iam.serviceAccountTokenCreator", ANA)) == []


def test_a_grant_on_the_own_account_leads_nowhere(check: Check) -> None:
    text = """
resource "google_service_account" "ci" {
  account_id = "ci"
  project    = "shop"
}

resource "google_service_account_iam_member" "self" {
  service_account_id = google_service_account.ci.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.ci.member
}

resource "google_service_account_iam_member" "admin" {
  service_account_id = "projects/shop/serviceAccounts/admin@shop.iam.gserviceaccount.com"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = google_service_account.ci.member
}

resource "google_project_iam_member" "admin" {
  project = "shop"
  role    = "roles/owner"
  member  = "serviceAccount:admin@shop.iam.gserviceaccount.com"
}
"""
    (found,) = check({"main.tf": text}, select=("self-impersonation",)).findings
    assert (found.ends, found.flow) == ((), None)


@pytest.mark.parametrize("name", ["editor", "role/owner", "Owner"])
def test_what_is_no_role_grants_nothing(check: Check, name: str) -> None:
    text = f"""
resource "google_project_iam_member" "ci" {{
  project = "shop"
  role    = "{name}"
  member  = "serviceAccount:ci@shop.iam.gserviceaccount.com"
}}
"""
    report = check({"main.tf": text}, select=("unknown-role", "broad-token-creator", "service-account-policy-admin"))
    assert [finding.rule for finding in report.findings] == ["unknown-role"]
    assert report.unknown_answers == ()


@pytest.mark.parametrize(
    ("member", "severity"), [(ANA, "high"), ("serviceAccount:shop.svc.id.goog[web/site]", "medium")]
)
def test_a_workload_of_gke_that_an_account_is_bound_to_is_less_severe(check: Check, member: str, severity: str) -> None:
    parts = (OWNER, on_admin("roles/iam.workloadIdentityUser", member))
    (finding,) = check({"main.tf": "".join(parts)}, select=BOTH).findings
    assert finding.severity == severity


@pytest.mark.parametrize(("lifetime", "severity"), [("43200s", "medium"), ("43201s", "high")])
def test_a_token_that_no_policy_can_allow_is_more_severe(check: Check, lifetime: str, severity: str) -> None:
    text = f"""
data "google_service_account_access_token" "asked" {{
  target_service_account = "{ADMIN}"
  scopes                 = ["cloud-platform"]
  lifetime               = "{lifetime}"
}}
"""
    (finding,) = check({"main.tf": text}, select=("token-lifetime-too-long",)).findings
    assert finding.severity == severity
    report = check({"main.tf": text.replace(f'"{lifetime}"', "var.no")}, select=("token-lifetime-too-long",))
    assert [one.reason for one in report.unknown_answers] == ["the lifetime is not known: var.no is not declared"]


OWNED = """
resource "google_project_iam_member" "ci" {
  project = "shop"
  role    = "roles/owner"
  member  = "serviceAccount:ci@shop.iam.gserviceaccount.com"
}

resource "google_service_account_iam_member" "eve" {
  service_account_id = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "user:eve@example.com"
}
"""
OWN = """
resource "google_project_iam_member" "eve" {
  project = "shop"
  role    = "roles/owner"
  member  = "user:eve@example.com"
  MORE
}
"""
OWN_POLICY = '{"bindings": [{"role": "roles/owner", "members": ["user:eve@example.com"]}], "etag": "x", "version": 1}'


@pytest.mark.parametrize(
    ("files", "findings"),
    [
        ({}, 1),
        ({"own.tf": OWN.replace("MORE", "")}, 0),
        ({"own.tf": OWN.replace("MORE", "count = 0")}, 1),
        ({"own.tf": OWN.replace("MORE", "count = var.x") + 'variable "x" {}\n'}, 1),
        ({"own.tf": OWN.replace("MORE", "for_each = var.x") + 'variable "x" {}\n'}, 1),
        ({"example/main.tf": OWN.replace("MORE", "")}, 1),
        ({"projects/shop/iam.json": OWN_POLICY}, 1),
    ],
)
def test_what_a_principal_may_have_itself_hides_nothing(check: Check, files: dict[str, str], findings: int) -> None:
    report = check({"main.tf": OWNED, **files}, select=("privileged-account-impersonation",))
    assert len(report.findings) == findings


OTHER = "user:ben@example.com"
MINT = "roles/iam.serviceAccountTokenCreator"


def one_of(first: str, second: str) -> str:
    return f'${{var.on ? "{first}" : "{second}"}}'


PERHAPS = role("roles/owner", one_of(f"serviceAccount:{ADMIN}", OTHER))


@pytest.mark.parametrize(
    ("parts", "count"),
    [
        ((PERHAPS, on_admin(MINT, ANA)), 1),
        ((role("roles/owner", one_of(OTHER, f"serviceAccount:{ADMIN}")), on_admin(MINT, ANA)), 1),
        ((role("roles/viewer", one_of(f"serviceAccount:{ADMIN}", OTHER)), on_admin(MINT, ANA)), 0),
        ((role("roles/owner", one_of(ANA, OTHER)), on_admin(MINT, ANA)), 0),
        ((PERHAPS, on_admin("roles/iam.serviceAccountViewer", ANA)), 0),
        ((PERHAPS, on_admin(MINT, f"serviceAccount:{ADMIN}")), 0),
        ((PERHAPS, role("roles/owner", ANA, label="own"), on_admin(MINT, ANA)), 0),
        ((PERHAPS, on_admin(MINT, "allUsers")), 0),  # another rule
    ],
)
def test_an_account_that_may_be_one_of_several_principals(check: Check, parts: tuple[str, ...], count: int) -> None:
    report = check({"main.tf": 'variable "on" {}\n' + "".join(parts)}, select=BOTH)
    assert not report.errors
    assert not report.findings
    assert [one.rule for one in report.unknown_answers] == [BOTH[0]] * count


def test_a_certain_privilege_is_told_rather_than_a_possible_one(check: Check) -> None:
    text = 'variable "on" {}\n' + OWNER + PERHAPS + on_admin(MINT, ANA)
    report = check({"main.tf": text}, select=BOTH)
    assert [one.rule for one in report.findings] == [BOTH[0]]
    assert not report.unknown_answers
