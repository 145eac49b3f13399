"""The token exchange: providers, conditions, mappings, pools, and the members that grants name."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import (
    ACCOUNT,
    DENIED,
    GITHUB_CLAIMS,
    POOL,
    USER,
    WORKLOAD,
    Case,
    case,
    check,
    grant,
    pool_member,
    project_grant,
    projects,
    provider,
)

G = "github:acme/app"
CLAIMS = {"repository": "acme/app", "repository_owner": "acme", **GITHUB_CLAIMS}
BASE = ACCOUNT + POOL


CASES = [
    case(
        "gh ok",
        BASE
        + provider("assertion.repository_owner=='acme'")
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "works",
        claims=CLAIMS,
    ),
    case(
        "gh ok no claims",
        BASE
        + provider("assertion.repository_owner=='acme'")
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "works",
    ),
    case(
        "gh ref cond no claims",
        BASE
        + provider("assertion.ref=='refs/heads/main'")
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "unknown missing-input",
    ),
    case(
        "gh ref wrong",
        BASE
        + provider("assertion.ref=='refs/heads/prod'")
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "fails federation",
        claims=CLAIMS,
    ),
    case(
        "gh case repo",
        BASE + provider() + grant(pool_member("attribute.repository/Acme/App"), WORKLOAD),
        G,
        "fails member",
        claims=CLAIMS,
    ),
    case(
        "gh case cond",
        BASE
        + provider("assertion.repository_owner=='Acme'")
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "fails federation",
        claims=CLAIMS,
    ),
    case(
        "gh other repo",
        BASE + provider() + grant(pool_member("attribute.repository/acme/site"), WORKLOAD),
        G,
        "fails",
        claims=CLAIMS,
    ),
    case(
        "gh unmapped attr",
        BASE + provider() + grant(pool_member("attribute.repository_owner/acme"), WORKLOAD),
        G,
        "fails member",
        claims=CLAIMS,
    ),
    case(
        "gh subject ok",
        BASE + provider() + grant(pool_member("subject/repo:acme/app:ref:refs/heads/main", "principal"), WORKLOAD),
        G,
        "works",
        claims=CLAIMS,
    ),
    case(
        "gh subject unknown",
        BASE + provider() + grant(pool_member("subject/repo:acme/app:ref:refs/heads/main", "principal"), WORKLOAD),
        G,
        "unknown missing-input",
    ),
    case(
        "gh subject wrong branch",
        BASE + provider() + grant(pool_member("subject/repo:acme/app:ref:refs/heads/prod", "principal"), WORKLOAD),
        G,
        "fails member",
        claims=CLAIMS,
    ),
    case("gh whole pool", BASE + provider() + grant(pool_member("*"), WORKLOAD), G, "works", claims=CLAIMS),
    case(
        "gh pool project id member",
        BASE
        + provider()
        + grant(
            '"principalSet://iam.googleapis.com/projects/tools/locations/global/workloadIdentityPools/gh/attribute.repository/acme/app"',
            WORKLOAD,
        ),
        G,
        "fails member",
        claims=CLAIMS,
    ),
    case(
        "gh other project number",
        {
            "main.tf": BASE
            + provider()
            + grant(
                '"principalSet://iam.googleapis.com/projects/999999999999/locations/global/workloadIdentityPools/gh/attribute.repository/acme/app"',
                WORKLOAD,
            ),
            "projects.json": projects(("shop", "1234567890"), ("tools", "2345678901")),
        },
        G,
        "fails member",
        claims=CLAIMS,
    ),
    case(
        "gh right number",
        {
            "main.tf": BASE
            + provider()
            + grant(
                '"principalSet://iam.googleapis.com/projects/2345678901/locations/global/workloadIdentityPools/gh/attribute.repository/acme/app"',
                WORKLOAD,
            ),
            "projects.json": projects(("shop", "1234567890"), ("tools", "2345678901")),
        },
        G,
        "works",
        claims=CLAIMS,
    ),
    case(
        "gh number no map",
        BASE
        + provider()
        + grant(
            '"principalSet://iam.googleapis.com/projects/2345678901/locations/global/workloadIdentityPools/gh/attribute.repository/acme/app"',
            WORKLOAD,
        ),
        G,
        "unknown missing-input",
        claims=CLAIMS,
    ),
    case(
        "gh user instead of wiu",
        BASE + provider() + grant(pool_member("attribute.repository/acme/app"), USER),
        G,
        "fails grant",
        claims=CLAIMS,
    ),
    case(
        "gh provider disabled",
        BASE
        + provider().replace(" oidc {", " disabled=true\n oidc {")
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "fails federation",
        claims=CLAIMS,
    ),
    case(
        "gh wrong issuer",
        BASE + provider(issuer="https://gitlab.com") + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "fails federation",
        claims=CLAIMS,
    ),
    case(
        "gh audience",
        BASE
        + provider(more='allowed_audiences=["https://x.example"]')
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "fails federation",
        claims={
            **CLAIMS,
            "aud": "https://iam.googleapis.com/projects/2345678901/locations/global/workloadIdentityPools/gh/providers/p",
        },
    ),
    case(
        "gh audience ok",
        BASE
        + provider(more='allowed_audiences=["https://x.example"]')
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "works",
        claims={**CLAIMS, "aud": "https://x.example"},
    ),
    case(
        "gh audience default ok",
        BASE + provider() + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "works",
        claims={
            **CLAIMS,
            "aud": "https://iam.googleapis.com/projects/2345678901/locations/global/workloadIdentityPools/gh/providers/p",
        },
    ),
    case(
        "gh attr in cond",
        BASE
        + provider("attribute.repository in ['acme/app','acme/site']")
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "works",
        claims=CLAIMS,
    ),
    case(
        "gh google.subject cond",
        BASE
        + provider("google.subject.startsWith('repo:acme/')")
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "works",
        claims=CLAIMS,
    ),
    case(
        "gh extract",
        BASE
        + provider(
            mapping='"google.subject"="assertion.sub"\n "attribute.repository"="assertion.sub.extract(\'repo:{x}:\')"'
        )
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "works",
        claims=CLAIMS,
    ),
    case(
        "gh extract without a part",
        BASE
        + provider(mapping='"google.subject"="assertion.sub.extract(\'repo\')"')
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "fails federation",
        claims=CLAIMS,
    ),
    case(
        "gh attribute that is not mapped",
        BASE
        + provider("!has(attribute.team) && assertion.repository.split('/').exists(part, part == 'acme')")
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "works",
        claims=CLAIMS,
    ),
    case(
        "gh var cond",
        'variable "c" {}\n'
        + BASE
        + provider("X").replace('"X"', "var.c")
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "unknown missing-input",
        claims=CLAIMS,
    ),
    case(
        "gh no pool in input",
        ACCOUNT
        + grant(
            '"principalSet://iam.googleapis.com/projects/2345678901/locations/global/workloadIdentityPools/gh/attribute.repository/acme/app"',
            WORKLOAD,
        ),
        G,
        "unknown missing-input",
        claims=CLAIMS,
    ),
    case(
        "gitlab",
        BASE
        + provider(
            "assertion.namespace_path=='acme'",
            mapping='"google.subject"="assertion.sub"\n "attribute.project_path"="assertion.project_path"',
            issuer="https://gitlab.com",
        )
        + grant(pool_member("attribute.project_path/acme/app"), WORKLOAD),
        "gitlab:acme/app",
        "works",
    ),
    case(
        "gitlab subgroup",
        BASE
        + provider(
            "assertion.namespace_path=='acme'",
            mapping='"google.subject"="assertion.sub"\n "attribute.project_path"="assertion.project_path"',
            issuer="https://gitlab.com",
        )
        + grant(pool_member("attribute.project_path/acme/sub/app"), WORKLOAD),
        "gitlab:acme/sub/app",
        "fails federation",
    ),
    case(
        "gitlab self-hosted",
        BASE
        + provider(
            mapping='"google.subject"="assertion.sub"\n "attribute.project_path"="assertion.project_path"',
            issuer="https://gitlab.acme.example",
        )
        + grant(pool_member("attribute.project_path/acme/app"), WORKLOAD),
        "gitlab:acme/app",
        "works",
        claims={"iss": "https://gitlab.acme.example"},
    ),
    case(
        "oidc",
        BASE
        + provider(mapping='"google.subject"="assertion.sub"', issuer="https://idp.acme.example")
        + grant(pool_member("subject/svc-1", "principal"), WORKLOAD),
        "oidc:svc-1",
        "works",
        claims={"iss": "https://idp.acme.example"},
    ),
    case(
        "oidc no iss",
        BASE
        + provider(mapping='"google.subject"="assertion.sub"', issuer="https://idp.acme.example")
        + grant(pool_member("subject/svc-1", "principal"), WORKLOAD),
        "oidc:svc-1",
        "works",
    ),
    case(
        "oidc groups",
        BASE
        + provider(
            mapping='"google.subject"="assertion.sub"\n "google.groups"="assertion.groups"',
            issuer="https://idp.acme.example",
        )
        + grant(pool_member("group/admins"), WORKLOAD),
        "oidc:svc-1",
        "unknown",
        claims={"iss": "https://idp.acme.example"},
    ),
    case(
        "principal literal",
        BASE + provider() + grant(pool_member("subject/x", "principal"), WORKLOAD),
        "principal://iam.googleapis.com/projects/2345678901/locations/global/workloadIdentityPools/gh/subject/x",
        "works",
    ),
    case(
        "provider named wrong",
        BASE + provider() + grant(pool_member("*"), WORKLOAD),
        G,
        "fails federation",
        claims=CLAIMS,
        provider="projects/2345678901/locations/global/workloadIdentityPools/gh/providers/other",
    ),
    case(
        "provider is a pool",
        BASE + provider() + grant(pool_member("*"), WORKLOAD),
        G,
        "fails federation",
        claims=CLAIMS,
        provider="projects/2345678901/locations/global/workloadIdentityPools/gh",
    ),
    case(
        "direct",
        BASE + provider() + project_grant(pool_member("attribute.repository/acme/app"), "roles/storage.admin"),
        G,
        "fails wrong-mode",
        claims=CLAIMS,
        error=DENIED,
    ),
    case(
        "sub too long in attribute",
        BASE
        + provider(mapping='"google.subject"="assertion.sub"\n "attribute.repository"="assertion.repository"')
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "fails federation",
        claims={**CLAIMS, "sub": "repo:acme/app:" + "x" * 130},
    ),
    case(
        "mapping not string",
        BASE + provider(mapping='"google.subject"="assertion.sub==\'x\'"') + grant(pool_member("*"), WORKLOAD),
        G,
        "fails federation",
        claims=CLAIMS,
    ),
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_question(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)
