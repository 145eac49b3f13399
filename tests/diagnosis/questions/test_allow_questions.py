"""Grants, near misses, conditions, custom roles, deny policies and conflicts, in Terraform and in exports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from diagnosis.small_inputs import (
    ACCOUNT,
    ANA,
    ANA_TF,
    CI,
    CREATOR,
    DENIED,
    TARGET,
    WORKLOAD,
    Case,
    binding,
    case,
    check,
    deny,
    exports,
    grant,
    policy,
    project_grant,
    under,
)

CUSTOM = """
resource "google_project_iam_custom_role" "r" {
  project     = "shop"
  role_id     = "minter"
  title       = "m"
  permissions = [%s]
  %s
}
"""
CR = CUSTOM


CASES = [
    case(
        "deleted member",
        exports(policy((CREATOR, "deleted:serviceAccount:ci@tools.iam.gserviceaccount.com?uid=123"))),
        CI,
        "fails member",
        error=DENIED,
    ),
    case("deleted user", exports(policy((CREATOR, "deleted:user:ana@example.com?uid=123"))), ANA, "fails member"),
    case(
        "group as user", exports(policy((CREATOR, "user:crew@example.com"))), "group:crew@example.com", "fails member"
    ),
    case("user written as group", exports(policy((CREATOR, "group:ana@example.com"))), ANA, "fails member"),
    case(
        "ksa ns",
        ACCOUNT + grant('"serviceAccount:shop.svc.id.goog[web/app]"', WORKLOAD),
        "ksa:shop/api/app",
        "fails member",
    ),
    case(
        "ksa name",
        ACCOUNT + grant('"serviceAccount:shop.svc.id.goog[web/app]"', WORKLOAD),
        "ksa:shop/web/app2",
        "fails member",
    ),
    case(
        "ksa project",
        exports(policy((WORKLOAD, "serviceAccount:tools.svc.id.goog[web/app]"))),
        "ksa:shop/web/app",
        "fails member",
    ),
    case(
        "ksa ok", exports(policy((WORKLOAD, "serviceAccount:shop.svc.id.goog[web/app]"))), "ksa:shop/web/app", "works"
    ),
    case(
        "ksa direct principal ok",
        exports(
            policy(
                (
                    WORKLOAD,
                    "principal://iam.googleapis.com/projects/1234567890/locations/global/workloadIdentityPools/shop.svc.id.goog/subject/ns/web/sa/app",
                )
            )
        ),
        "ksa:shop/web/app",
        "works",
    ),
    case(
        "ksa namespace set ok",
        exports(
            policy(
                (
                    WORKLOAD,
                    "principalSet://iam.googleapis.com/projects/1234567890/locations/global/workloadIdentityPools/shop.svc.id.goog/namespace/web",
                )
            )
        ),
        "ksa:shop/web/app",
        "works",
    ),
    case(
        "ksa project number in legacy",
        exports(policy((WORKLOAD, "serviceAccount:1234567890.svc.id.goog[web/app]"))),
        "ksa:shop/web/app",
        "fails member",
    ),
    case(
        "ksa signBlob",
        exports(policy((WORKLOAD, "serviceAccount:shop.svc.id.goog[web/app]"))),
        "ksa:shop/web/app",
        "fails grant",
        method="signBlob",
    ),
    case("upper case email", exports(policy((CREATOR, "user:Ana@Example.com"))), ANA, "works"),
    case("caller upper", exports(policy((CREATOR, ANA))), "user:Ana@Example.com", "works"),
    case("target upper", exports(policy((CREATOR, ANA))), ANA, "works", target="Batch@Shop.iam.gserviceaccount.com"),
    case("bare email caller", exports(policy((CREATOR, "serviceAccount:" + CI))), CI, "works"),
    case("owner", exports(policy(), policy(("roles/owner", ANA))), ANA, "fails grant", error=DENIED),
    case("editor actAs", exports(policy(), policy(("roles/editor", ANA))), ANA, "works", method="actAs"),
    case("viewer on project", exports(policy(), policy(("roles/viewer", ANA))), ANA, "fails grant"),
    case("project level", exports(policy(), policy((CREATOR, ANA))), ANA, "works"),
    case("folder grant missing policy", exports(policy(), policy(), parent="111"), ANA, "unknown missing-input"),
    case("no project policy", exports(policy(), None), ANA, "unknown missing-input", error=DENIED),
    case("no account policy", exports(None, policy()), ANA, "unknown missing-input", error=DENIED),
    case("only own policy, no projects", {f"service-accounts/{TARGET}.json": policy()}, ANA, "unknown missing-input"),
    case(
        "reversed",
        {**exports(policy()), f"service-accounts/{CI}.json": policy((CREATOR, "serviceAccount:" + TARGET))},
        CI,
        "fails grant",
    ),
    case(
        "callers project",
        {**exports(policy()), "project-tools.json": policy((CREATOR, "serviceAccount:" + CI))},
        CI,
        "fails grant",
    ),
    case("group", exports(policy((CREATOR, "group:crew@example.com"))), ANA, "unknown group-membership"),
    case("group terraform", ACCOUNT + grant('"group:crew@example.com"'), ANA, "unknown group-membership", error=DENIED),
    case("domain", exports(policy((CREATOR, "domain:example.com"))), ANA, "works"),
    case("domain other", exports(policy((CREATOR, "domain:example.org"))), ANA, "fails"),
    case(
        "cond expired",
        ACCOUNT + grant(ANA_TF, more=under('request.time < timestamp("2022-01-01T00:00:00Z")')),
        ANA,
        "fails condition",
    ),
    case(
        "cond later",
        ACCOUNT + grant(ANA_TF, more=under('request.time < timestamp("2098-01-01T00:00:00Z")')),
        ANA,
        "works",
    ),
    case(
        "cond not yet",
        ACCOUNT + grant(ANA_TF, more=under('request.time > timestamp("2097-01-01T00:00:00Z")')),
        ANA,
        "fails condition",
    ),
    case(
        "cond type",
        ACCOUNT + project_grant(ANA_TF, CREATOR, more=under('resource.type == "iam.googleapis.com/ServiceAccount"')),
        ANA,
        "fails condition",
    ),
    case(
        "cond type neg",
        ACCOUNT + project_grant(ANA_TF, CREATOR, more=under('resource.type != "storage.googleapis.com/Bucket"')),
        ANA,
        "works",
    ),
    case(
        "cond tag", ACCOUNT + grant(ANA_TF, more=under('resource.matchTag("123/env", "dev")')), ANA, "unknown condition"
    ),
    case(
        "cond tag given",
        ACCOUNT + grant(ANA_TF, more=under('resource.matchTag("123/env", "dev")')),
        ANA,
        "works",
        tags={"123/env": "dev"},
    ),
    case(
        "cond tag given other",
        ACCOUNT + grant(ANA_TF, more=under('resource.matchTag("123/env", "dev")')),
        ANA,
        "fails condition",
        tags={"123/env": "prod"},
    ),
    case("cond refused", ACCOUNT + grant(ANA_TF, more=under("foo == 1")), ANA, "fails condition"),
    case("cond no CEL", ACCOUNT + grant(ANA_TF, more=under("request.time <")), ANA, "fails condition"),
    case(
        "withcond",
        exports(policy(("roles/iam.serviceAccountTokenCreator_withcond_0123456789abcdef0123", ANA))),
        ANA,
        "unknown missing-input",
    ),
    case(
        "cond var",
        'variable "e" {}\n' + ACCOUNT + grant(ANA_TF, more='condition {\n title="x"\n expression=var.e\n }'),
        ANA,
        "unknown missing-input",
    ),
    case(
        "role var",
        'variable "r" {}\n' + ACCOUNT + grant(ANA_TF).replace('"roles/iam.serviceAccountTokenCreator"', "var.r"),
        ANA,
        "unknown missing-input",
    ),
    case(
        "account var",
        'variable "r" {}\n' + ACCOUNT + grant(ANA_TF).replace("google_service_account.batch.name", "var.r"),
        ANA,
        "unknown missing-input",
    ),
    case(
        "project var",
        'variable "p" {}\n' + ACCOUNT.replace('"shop"', "var.p") + grant(ANA_TF),
        ANA,
        "unknown missing-input",
    ),
    case(
        "custom ok",
        ACCOUNT
        + CR % ('"iam.serviceAccounts.getAccessToken"', "")
        + grant(ANA_TF).replace('"roles/iam.serviceAccountTokenCreator"', "google_project_iam_custom_role.r.id"),
        ANA,
        "works",
    ),
    case(
        "custom lacks",
        ACCOUNT
        + CR % ('"iam.serviceAccounts.signJwt"', "")
        + grant(ANA_TF).replace('"roles/iam.serviceAccountTokenCreator"', "google_project_iam_custom_role.r.id"),
        ANA,
        "fails custom-role",
    ),
    case(
        "custom disabled",
        ACCOUNT
        + CR % ('"iam.serviceAccounts.getAccessToken"', 'stage="DISABLED"')
        + grant(ANA_TF).replace('"roles/iam.serviceAccountTokenCreator"', "google_project_iam_custom_role.r.id"),
        ANA,
        "fails custom-role",
    ),
    case("custom undefined export", exports(policy(("projects/shop/roles/minter", ANA))), ANA, "unknown missing-input"),
    case(
        "custom deleted export",
        {
            **exports(policy(("projects/shop/roles/minter", ANA))),
            "role.json": json.dumps(
                {
                    "name": "projects/shop/roles/minter",
                    "title": "m",
                    "stage": "GA",
                    "deleted": True,
                    "includedPermissions": ["iam.serviceAccounts.getAccessToken"],
                    "etag": "x",
                }
            ),
        },
        ANA,
        "fails custom-role",
    ),
    case("deny user", ACCOUNT + grant(ANA_TF) + deny('"principal://goog/subject/ana@example.com"'), ANA, "fails deny"),
    case("deny other user", ACCOUNT + grant(ANA_TF) + deny('"principal://goog/subject/bob@example.com"'), ANA, "works"),
    case(
        "deny other method",
        ACCOUNT
        + grant(ANA_TF)
        + deny('"principalSet://goog/public:all"', '"iam.googleapis.com/serviceAccounts.signBlob"'),
        ANA,
        "works",
    ),
    case(
        "deny group",
        ACCOUNT + grant(ANA_TF) + deny('"principalSet://goog/group/crew@example.com"'),
        ANA,
        "unknown group-membership",
    ),
    case(
        "deny sa",
        ACCOUNT
        + grant('"serviceAccount:' + CI + '"')
        + deny('"principal://iam.googleapis.com/projects/-/serviceAccounts/' + CI + '"'),
        CI,
        "fails deny",
    ),
    case(
        "deny tag",
        ACCOUNT
        + grant(ANA_TF)
        + deny(
            '"principalSet://goog/public:all"',
            more='denial_condition {\n title="x"\n expression="resource.matchTag(\\"1/env\\",\\"prod\\")"\n}',
        ),
        ANA,
        "unknown",
    ),
    case("deny no grant", ACCOUNT + deny('"principalSet://goog/public:all"'), ANA, "fails deny"),
    case(
        "deny other project",
        ACCOUNT + grant(ANA_TF) + deny('"principalSet://goog/public:all"', parent="projects/other"),
        ANA,
        "works",
    ),
    case(
        "deny org unknown hierarchy",
        ACCOUNT + grant(ANA_TF) + deny('"principalSet://goog/public:all"', parent="organizations/99"),
        ANA,
        "unknown missing-input",
    ),
    case(
        "grant to group, deny user",
        ACCOUNT
        + 'resource "google_cloud_identity_group" "g" {\n parent="customers/C1"\n group_key {\n id="crew@example.com"\n }\n}\nresource "google_cloud_identity_group_membership" "m" {\n group=google_cloud_identity_group.g.id\n preferred_member_key {\n id="ana@example.com"\n }\n}\n'
        + grant('"group:crew@example.com"')
        + deny('"principal://goog/subject/ana@example.com"'),
        ANA,
        "fails deny",
    ),
    case("binding has both", ACCOUNT + binding(CREATOR, '"user:ana@example.com"') + grant(ANA_TF), ANA, "works"),
    case(
        "two bindings",
        ACCOUNT + binding(CREATOR, '"user:ana@example.com"') + binding(CREATOR, '"user:bob@example.com"', name="c"),
        ANA,
        "unknown conflict",
    ),
    case(
        "policy and member",
        ACCOUNT
        + grant(ANA_TF)
        + 'data "google_iam_policy" "p" {\n binding {\n role="roles/iam.serviceAccountUser"\n members=["user:bob@example.com"]\n}\n}\nresource "google_service_account_iam_policy" "p" {\n service_account_id=google_service_account.batch.name\n policy_data=data.google_iam_policy.p.policy_data\n}\n',
        ANA,
        "unknown conflict",
    ),
    case(
        "member plus project grant unconflicted",
        ACCOUNT + binding(CREATOR, '"user:bob@example.com"') + grant(ANA_TF) + project_grant(ANA_TF, CREATOR),
        ANA,
        "works",
    ),
    case(
        "replaced export",
        {**exports(policy((CREATOR, ANA))), "main.tf": ACCOUNT + binding(CREATOR, '"user:bob@example.com"')},
        ANA,
        "fails conflict",
    ),
    case(
        "member remove",
        ACCOUNT
        + project_grant(ANA_TF, CREATOR)
        + 'resource "google_project_iam_member_remove" "x" {\n project="shop"\n role="'
        + CREATOR
        + '"\n member="user:ana@example.com"\n}\n',
        ANA,
        "unknown conflict",
    ),
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_question(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)
