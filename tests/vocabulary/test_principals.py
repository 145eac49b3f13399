"""The spelling of principals in policies, and what it shows."""

from __future__ import annotations

import pytest

from iamlint.principals import (
    account_kind,
    home_of,
    placeholder_of,
    project_number_of,
    project_of,
    read_principal,
    why_malformed,
)
from iamlint.unknown import Unknown, UnknownPart

POOL = "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/gh"
GKE = "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/shop.svc.id.goog"
WORKFORCE = "//iam.googleapis.com/locations/global/workforcePools/staff"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("user:ana@example.com", "user"),
        ("group:admins@example.com", "group"),
        ("domain:example.com", "domain"),
        ("allUsers", "public"),
        ("allAuthenticatedUsers", "public"),
        ("serviceAccount:ci@shop.iam.gserviceaccount.com", "service_account"),
        ("serviceAccount:ci@shop.example.com.iam.gserviceaccount.com", "service_account"),
        ("serviceAccount:1234567890-compute@developer.gserviceaccount.com", "default_service_account"),
        ("serviceAccount:1234567890-k3s7cf0ab9d2e4f6@developer.gserviceaccount.com", "service_account"),
        ("serviceAccount:shop@appspot.gserviceaccount.com", "default_service_account"),
        ("serviceAccount:shop.example.com@appspot.gserviceaccount.com", "default_service_account"),
        ("serviceAccount:1234567890@cloudbuild.gserviceaccount.com", "default_service_account"),
        ("serviceAccount:1234567890@cloudservices.gserviceaccount.com", "service_agent"),
        ("serviceAccount:service-1234567890@gcp-sa-pubsub.iam.gserviceaccount.com", "service_agent"),
        ("serviceAccount:service-1234567890@cloud-ml.google.com.iam.gserviceaccount.com", "service_agent"),
        ("serviceAccount:service-1234567890@shop.example.com.iam.gserviceaccount.com", "service_account"),
        ("serviceAccount:service-org-1234567890@gcp-sa-cloudasset.iam.gserviceaccount.com", "service_agent"),
        ("serviceAccount:service-folder-1234567890@security-center-api.iam.gserviceaccount.com", "service_agent"),
        ("serviceAccount:service-1234567890@compute-system.iam.gserviceaccount.com", "service_agent"),
        ("serviceAccount:service-1@gae-api-prod.google.com.iam.gserviceaccount.com", "service_agent"),
        ("serviceAccount:shop.svc.id.goog[web/front]", "gke_workload"),
        ("serviceAccount:example.com:shop.svc.id.goog[web/front]", "gke_workload"),
        (f"principal:{POOL}/subject/repo:o/r:ref:refs/heads/main", "federated"),
        (f"principal:{GKE}/subject/ns/web/sa/front", "federated"),
        (f"principal:{WORKFORCE}/subject/ana@example.com", "federated"),
        ("principal://agents.global.org-1234567890.system.id.goog/resources/agent", "federated"),
        (f"principalSet:{POOL}/group/admins", "federated_set"),
        (f"principalSet:{POOL}/attribute.repository/o/r", "federated_set"),
        (f"principalSet:{GKE}/namespace/web", "federated_set"),
        (
            "principalSet://cloudresourcemanager.googleapis.com/projects/1234567890/type/ServiceAccount",
            "federated_set",
        ),
        ("deleted:user:ana@example.com?uid=123", "deleted"),
        ("deleted:serviceAccount:ci@shop.iam.gserviceaccount.com?uid=123", "deleted"),
        ("deleted:group:admins@example.com?uid=123", "deleted"),
        (f"deleted:principal:{POOL}/subject/x", "deleted"),
        ("projectOwner:shop", "convenience"),
        ("projectEditor:shop", "convenience"),
        ("projectViewer:shop", "convenience"),
    ],
)
def test_each_form_has_its_kind_and_stays_as_it_is(text: str, kind: str) -> None:
    principal = read_principal(text)
    assert (principal.kind, principal.text, principal.unknown) == (kind, text, None)


def test_a_whole_pool_is_no_single_set() -> None:
    assert read_principal(f"principalSet:{POOL}/*").kind == "federated_pool"


@pytest.mark.parametrize(
    "text",
    [
        "ana@example.com",
        "user: ana@example.com",
        "user:ana@example.com ",
        "user:ana",
        "user:ana@bob@example.com",
        "group:admins",
        "domain:ana@example.com",
        "serviceAccount:ana@example.com",
        "principal:iam.googleapis.com/x",
        "principalSet:x",
        "deleted:ana@example.com",
        "deleted:user:",
        "deleted:domain:example.com",
        "robot:ana@example.com",
        "user:ci@shop.iam.gserviceaccount.com",
        "group:123-compute@developer.gserviceaccount.com",
        "serviceAccount:ci",
        "serviceAccount:shop.svc.id.goog",
        "serviceAccount:serviceAccount:ci@shop.iam.gserviceaccount.com",
        "user:Group:ops@example.com",
        "domain:domain:example.com",
        "serviceAccount:projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com",
        "principal://projects/123/locations/global/workloadIdentityPools/ci/subject/x",
        "principalSet://",
        "principalSet://goog/group/admins@example.com",  # of deny policies
        "principalSet://cloudresourcemanager.googleapis.com/projects/123/type/User",
        "principal://cloudresourcemanager.googleapis.com/projects/123/type/ServiceAccount",
        "user:ana maria@example.com",
        "group:*@example.com",
        "group:all@*",
        "group:ana@example.com,group:bob@example.com",
        "user:ana@ex_ample.com",
        "domain:*.example.com",
        "domain:https://example.com",
        "serviceAccount:ci@{project}.iam.gserviceaccount.com",
        "serviceAccount:ci@my_shop.iam.gserviceaccount.com",
        "serviceAccount:ci@shop.gserviceaccount.com",
        "serviceAccount:123456789012@appspot.gserviceaccount.com",
        "serviceAccount:ci@iam.gserviceaccount.com",
        "serviceAccount:ci@123456789012.iam.gserviceaccount.com",
        "serviceAccount:ci@shop.iamgserviceaccount.com",
        "serviceAccount:ci@shop.iam.gserviceaccount.com@shop.iam.gserviceaccount.com",
        "serviceAccount:ci@shop.iam.gserviceaccount.com.iam.gserviceaccount.com",
        "serviceAccount:123-compute@developer.gserviceaccount.com.iam.gserviceaccount.com",
    ],
)
def test_what_no_policy_would_take_is_malformed(text: str) -> None:
    assert read_principal(text).kind == "malformed"


@pytest.mark.parametrize(
    ("text", "written", "kind"),
    [
        ("user:", "user:", "malformed"),
        ("user:@example.com", "user:@example.com", "malformed"),
        ("group:ops@", "group:ops@", "malformed"),
        ("serviceAccount:@shop.iam.gserviceaccount.com", "serviceAccount:@shop.iam.gserviceaccount.com", "malformed"),
        ("serviceAccount:ci@", "serviceAccount:ci@", "malformed"),
        ("group:ops@", '["group:ops@", "group:all@example.com"]', "malformed"),
        ("group:ops@", '"group:ops@${var.domain}"', "group"),
        ("user:@example.com", '"user:${var.name}@example.com"', "user"),
        ("user:", "var.who", "user"),
    ],
)
def test_an_empty_part_that_the_input_has_counts_as_it_is(text: str, written: str, kind: str) -> None:
    found = read_principal(text, written)
    assert (found.kind, found.unknown is None) == (kind, kind == "malformed")


@pytest.mark.parametrize(
    ("text", "kind", "shown"),
    [
        ("", "unknown", "${?}"),
        ("serviceAccount:.svc.id.goog[web/web]", "gke_workload", "serviceAccount:${?}.svc.id.goog[web/web]"),
        (
            "serviceAccount:ci@.iam.gserviceaccount.com",
            "service_account",
            "serviceAccount:ci@${?}.iam.gserviceaccount.com",
        ),
        (
            "serviceAccount:@.iam.gserviceaccount.com",
            "service_account",
            "serviceAccount:${?}@${?}.iam.gserviceaccount.com",
        ),
        ("serviceAccount:", "service_account", "serviceAccount:${?}"),
        ("user:", "user", "user:${?}"),
        ("user:@example.com", "user", "user:${?}@example.com"),
        ("group:ops@", "group", "group:ops@${?}"),
        ("domain:", "domain", "domain:${?}"),
        (
            "serviceAccount:-compute@developer.gserviceaccount.com",
            "default_service_account",
            "serviceAccount:${?}-compute@developer.gserviceaccount.com",
        ),
        (
            "serviceAccount:service-@gcp-sa-pubsub.iam.gserviceaccount.com",
            "service_agent",
            "serviceAccount:service-${?}@gcp-sa-pubsub.iam.gserviceaccount.com",
        ),
        ("serviceAccount:shop.svc.id.goog[/]", "gke_workload", "serviceAccount:shop.svc.id.goog[${?}/${?}]"),
        (
            "principalSet://iam.googleapis.com/projects//locations/global/workloadIdentityPools/ci/*",
            "federated_pool",
            "principalSet://iam.googleapis.com/projects/${?}/locations/global/workloadIdentityPools/ci/*",
        ),
        (
            "principalSet://iam.googleapis.com/locations/global/workforcePools/ci/attribute.repository//",
            "federated_set",
            "principalSet://iam.googleapis.com/locations/global/workforcePools/ci/attribute.repository/${?}/${?}",
        ),
        (
            "principalSet://iam.googleapis.com/locations/global/workforcePools/ci/attribute.repository/example/",
            "federated_set",
            "principalSet://iam.googleapis.com/locations/global/workforcePools/ci/attribute.repository/example/${?}",
        ),
    ],
)
def test_an_empty_part_is_set_elsewhere(text: str, kind: str, shown: str) -> None:
    found = read_principal(text)
    assert (found.kind, found.text) == (kind, shown)
    assert found.unknown is not None
    assert "is set elsewhere" in found.unknown.reason


def test_an_empty_part_beside_an_unknown_one_is_set_elsewhere() -> None:
    pool, end = UnknownPart("google_iam_workload_identity_pool.ci.name"), "/attribute.repository//"
    known = ("principalSet://iam.googleapis.com/", pool, end)
    found = read_principal(Unknown("it is known after apply", known))
    assert found.text == f"principalSet://iam.googleapis.com/{pool}/attribute.repository/${{?}}/${{?}}"
    whole = Unknown("it is known after apply", ("principal://iam.googleapis.com/", pool, "/subject/https://", pool))
    assert read_principal(whole).unknown == whole


@pytest.mark.parametrize(
    ("text", "normal"),
    [
        ("user:Ana@Example.com", "user:ana@example.com"),
        ("serviceaccount:CI@shop.iam.gserviceaccount.com", "serviceAccount:ci@shop.iam.gserviceaccount.com"),
        ("deleted:user:Ana@example.com?uid=1", "deleted:user:ana@example.com?uid=1"),
        ("AllUsers", "allUsers"),
        (f"principal:{POOL}/subject/Ana", f"principal:{POOL}/subject/Ana"),
        (f"deleted:principal:{POOL}/subject/Ana", f"deleted:principal:{POOL}/subject/Ana"),
        ("serviceAccount:Shop.svc.id.goog[web/Front]", "serviceAccount:Shop.svc.id.goog[web/Front]"),
    ],
)
def test_letters_are_small_where_case_does_not_matter(text: str, normal: str) -> None:
    assert read_principal(text).text == normal


@pytest.mark.parametrize(
    ("parts", "kind"),
    [
        (("serviceAccount:", UnknownPart("google_service_account.ci.email")), "service_account"),
        (("serviceAccount:", UnknownPart("google_project_service_identity.pubsub.email")), "service_agent"),
        ((UnknownPart("google_project_service_identity.pubsub.member"),), "service_agent"),
        (("serviceAccount:", UnknownPart("n"), "-compute@developer.gserviceaccount.com"), "default_service_account"),
        (("serviceAccount:service-", UnknownPart("n"), "@gcp-sa-pubsub.iam.gserviceaccount.com"), "service_agent"),
        (("serviceAccount:service-org-", UnknownPart("n"), "@gcp-sa-logging.iam.gserviceaccount.com"), "service_agent"),
        (("serviceAccount:", UnknownPart("p"), ".svc.id.goog[web/front]"), "gke_workload"),
        (("user:", UnknownPart("var.user")), "user"),
        (
            ("principalSet://iam.googleapis.com/", UnknownPart("pool.name"), "/attribute.repository/o/r"),
            "federated_set",
        ),
        ((UnknownPart("var.member"),), "unknown"),
        ((), "unknown"),
    ],
)
def test_a_principal_that_is_not_known_in_full_may_have_a_kind(parts: tuple[str | UnknownPart, ...], kind: str) -> None:
    why = Unknown("known after apply", parts)
    principal = read_principal(why)
    assert (principal.kind, principal.unknown) == (kind, why)


@pytest.mark.parametrize(
    ("parts", "kind", "text"),
    [
        ((UnknownPart("google_service_account.ci.email"),), "malformed", "google_service_account.ci.email"),
        ((UnknownPart('module.a["b"].google_service_account.ci[0].name'),), "malformed", None),
        ((UnknownPart("google_service_account.ci.member"),), "unknown", None),
        (
            ("serviceAccount:", UnknownPart("google_service_account.ci.name")),
            "malformed",
            "serviceAccount:google_service_account.ci.name",
        ),
        (("serviceAccount:projects/", UnknownPart("var.project"), "/serviceAccounts/ci@x"), "malformed", None),
        (("serviceAccount:serviceAccount:ci@", UnknownPart("var.project")), "malformed", None),
        (("user:group:", UnknownPart("var.who")), "malformed", None),
        (("projects/", UnknownPart("var.project")), "malformed", None),
        (("principalSet://projects/", UnknownPart("var.number"), "/locations/global/x"), "malformed", None),
        (("robot:", UnknownPart("var.who")), "malformed", None),
        (
            ("serviceAccount:", UnknownPart("google_service_account.ci.email"), ".iam.gserviceaccount.com"),
            "malformed",
            None,
        ),
        (
            ("serviceAccount:", UnknownPart("module.a.google_service_account.ci[0].email"), "@shop"),
            "malformed",
            None,
        ),
        (
            ("serviceAccount:ci@", UnknownPart("data.google_project.p.number"), ".iam.gserviceaccount.com"),
            "malformed",
            None,
        ),
        (
            ("serviceAccount:", UnknownPart("data.google_project.p.number"), "@appspot.gserviceaccount.com"),
            "malformed",
            None,
        ),
        (
            ("serviceAccount:ci@", UnknownPart("google_project.p.project_id"), ".iam.gserviceaccount.com"),
            "service_account",
            None,
        ),
        (("all", UnknownPart("var.who")), "unknown", None),
        (("serviceacc", UnknownPart("var.who")), "unknown", None),
    ],
)
def test_what_can_be_no_principal_whatever_is_not_known(
    parts: tuple[str | UnknownPart, ...], kind: str, text: str | None
) -> None:
    principal = read_principal(Unknown("known after apply", parts))
    assert principal.kind == kind
    assert text is None or (principal.text, principal.unknown) == (text, None)


@pytest.mark.parametrize(
    ("email", "project"),
    [
        ("ci@shop.iam.gserviceaccount.com", "shop"),
        ("ci@shop.example.com.iam.gserviceaccount.com", "example.com:shop"),
        ("shop@appspot.gserviceaccount.com", "shop"),
        ("shop.example.com@appspot.gserviceaccount.com", "example.com:shop"),
        ("service-1234567890@gcp-sa-pubsub.iam.gserviceaccount.com", None),
        ("1234567890-compute@developer.gserviceaccount.com", None),
        ("ana@example.com", None),
    ],
)
def test_the_project_that_an_account_is_of(email: str, project: str | None) -> None:
    assert project_of(email) == project


AGENT = "@gcp-sa-x.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("email", "home"),
    [
        *((local + AGENT, ("project", "1234567890")) for local in (
            "service-1234567890",
            "service-p1234567890",
            "project-1234567890",
            "bq-1234567890",
            "bqcx-1234567890-ab12",
            "blirc-1234567890-ab12",
            "connection-1234567890-ab12",
            "vault-1234567890-ab12",
            "c-1234567890-7",
            "p-1234567890-7",
            "p1234567890-7",
            "b1234567890-7",
            "1234567890",
        )),
        *((local + AGENT, ("folder", "1234567890")) for local in (
            "service-folder-1234567890",
            "service-f1234567890",
            "f1234567890-7",
        )),
        *((local + AGENT, ("organization", "1234567890")) for local in (
            "service-org-1234567890",
            "service-o1234567890",
            "organizations-1234567890",
            "o1234567890-7",
        )),
        ("1234567890-compute@developer.gserviceaccount.com", ("project", "1234567890")),
        ("1234567890@cloudbuild.gserviceaccount.com", ("project", "1234567890")),
        ("1234567890@cloudservices.gserviceaccount.com", ("project", "1234567890")),
        ("shop@appspot.gserviceaccount.com", None),
        ("service-agent-manager" + AGENT, None),
        ("service-1234567890@shop.iam.gserviceaccount.com", None),
    ],
)  # fmt: skip
def test_what_an_agent_belongs_to(email: str, home: tuple[str, str] | None) -> None:
    assert home_of(email) == home
    assert project_number_of(email) == (home[1] if home and home[0] == "project" else None)


DOMAINS = [
    "bigquery-encryption",
    "cloud-filer",
    "cloud-memcache-sa",
    "cloud-ml",
    "cloud-redis",
    "cloud-tpu",
    "cloudcomposer-accounts",
    "compute-system",
    "container-analysis",
    "container-engine-robot",
    "containerregistry",
    "dataflow-service-producer-prod",
    "dataproc-accounts",
    "dlp-api",
    "firebase-rules",
    "gae-api-prod.google.com",
    "gae-api-prod",
    "gcf-admin-robot",
    "gcp-gae-service",
    "gs-project-accounts",
    "remotebuildexecution",
    "security-center-api",
    "serverless-robot-prod",
    "service-consumer-management",
    "service-networking",
    "storage-transfer-service",
    "gcp-sa-aiplatform-re",
    "gcp-ri-identitypool",
    "gcp-sa-v1-remediator",
]


@pytest.mark.parametrize("domain", DOMAINS)
def test_every_domain_of_google_holds_agents(domain: str) -> None:
    assert account_kind(f"service-1234567890@{domain}.iam.gserviceaccount.com") == "service_agent"


@pytest.mark.parametrize(
    "email", ["x@gcp-sa-pubsub.shop.iam.gserviceaccount.com", "x@my-compute-system.iam.gserviceaccount.com"]
)
def test_a_project_that_is_called_like_an_agent_is_none(email: str) -> None:
    assert account_kind(email) == "service_account"


@pytest.mark.parametrize(
    "member",
    [
        "service-shop@gcp-sa-pubsub.iam.gserviceaccount.com",
        "service-shop-prod-1@compute-system.iam.gserviceaccount.com",
        "shop@cloudservices.gserviceaccount.com",
        "shop@cloudbuild.gserviceaccount.com",
        "shop-compute@developer.gserviceaccount.com",
        "bq-shop@bigquery-encryption.iam.gserviceaccount.com",
        "service-@gcp-sa-pubsub.iam.gserviceaccount.com",
    ],
)
def test_no_agent_has_the_id_of_its_project_in_its_e_mail(member: str) -> None:
    text = f"serviceAccount:{member}"
    assert read_principal(text, text).kind == "malformed"


@pytest.mark.parametrize(
    "member",
    [
        "service-123@gcp-sa-pubsub.iam.gserviceaccount.com",
        "service-org-123@gcp-sa-logging.iam.gserviceaccount.com",
        "service-folder-123@gcp-sa-logging.iam.gserviceaccount.com",
        "service-p123@gcp-sa-cloud-sql.iam.gserviceaccount.com",
        "p123-456@gcp-sa-cloud-sql.iam.gserviceaccount.com",
        "bqcx-123-ab1c@gcp-sa-bigquery-condel.iam.gserviceaccount.com",
        "service-agent-manager@system.gserviceaccount.com",
        "cloud-logs@system.gserviceaccount.com",
        "123@cloudservices.gserviceaccount.com",
        "123-compute@developer.gserviceaccount.com",
        "shop@appspot.gserviceaccount.com",
        "123@project.gserviceaccount.com",
        "ci@$PROJECT.iam.gserviceaccount.com",
        "service-shop@shop.iam.gserviceaccount.com",
        "service-${google_project.p.number}@gcp-sa-pubsub.iam.gserviceaccount.com",
    ],
)
def test_agents_and_accounts_that_are_named_right(member: str) -> None:
    assert read_principal(f"serviceAccount:{member}").kind != "malformed"


@pytest.mark.parametrize("attribute", ["project_id", "id"])
def test_an_agent_is_not_made_of_a_reference_to_the_id(attribute: str) -> None:
    agent = "@gcp-sa-pubsub.iam.gserviceaccount.com"
    unknown_part = UnknownPart(f"module.a.data.google_project.p.{attribute}")
    assert read_principal(Unknown("later", ("serviceAccount:service-", unknown_part, agent))).kind == "malformed"
    number = UnknownPart("data.google_project.p.number")
    assert read_principal(Unknown("later", ("serviceAccount:service-", number, agent))).kind == "service_agent"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("user:REPLACE_ME", "REPLACE_ME"),
        ("user:changeme@example.com", "changeme"),
        ("group:<GROUP>@example.com", "<GROUP>"),
        ("group:{{.group}}@example.com", None),  # a template: what renders it puts the name in
        ("serviceAccount:ci@your_project.iam.gserviceaccount.com", "your_project"),
        ("serviceAccount:project_number@cloudservices.gserviceaccount.com", "project_number"),
        (f"principalSet:{POOL}/attribute.repository/SUBJECT_ATTRIBUTE_VALUE", "SUBJECT_ATTRIBUTE_VALUE"),
        ("user:your-email@example.com", "your-email"),
        ("user:xxxx@example.com", "xxxx"),
        ("domain:your_iap_user_domain", "your_iap_user_domain"),
        ("group:ops@your_company.com", "your_company"),
        ("user:your_friend@example.com", None),
        ("user:ana@example.com", None),
        ("group:replacements@example.com", None),
        ("group:yourteam@example.com", None),
        ("user:user_name@example.com", None),
        ("serviceAccount:${var.PROJECT_ID}@cloudservices.gserviceaccount.com", None),
        ("serviceAccount:shop.svc.id.goog[web/front]", None),
        (f"principalSet:{POOL}/attribute.repository/acme/MY_REPO", None),
    ],
)
def test_what_was_to_be_replaced(text: str, found: str | None) -> None:
    assert placeholder_of(text) == found


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("serviceAccount:shop-prod@cloudservices.gserviceaccount.com", "has the number of the project"),
        ("principal://goog/subject/ana@example.com", "deny policies"),
        ("domain:*.example.com", "no domain has `*`"),
        ("user:ana maria@example.com", "no e-mail has a space"),
        ("serviceAccount:ci@shop@shop.iam.gserviceaccount.com", "two `@`"),
        ("serviceAccount:ci@123.iam.gserviceaccount.com", "the id of its project, not the number"),
        ("serviceAccount:ci@shop.gserviceaccount.com", "ends with `@PROJECT.iam.gserviceaccount.com`"),
        ("principalSet://projects/123/locations/global/workloadIdentityPools/ci/*", "the host is missing"),
    ],
)
def test_what_is_wrong_with_it(text: str, why: str) -> None:
    assert why in why_malformed(text)
    assert why_malformed("robot:ana@example.com") == ""
