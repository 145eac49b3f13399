"""The token exchange: providers, conditions, mappings, pools, and the members that grants name."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from diagnosis.small_inputs import (
    ACCOUNT,
    DENIED,
    GITHUB_CLAIMS,
    POOL,
    PROJECTS,
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


X = "principal://iam.googleapis.com/projects/2345678901/locations/global/workloadIdentityPools/gh/subject/x"
OFF = POOL.replace("  project ", "  disabled = true\n  project ")


def of_pool(pool: str, condition: str = "") -> dict[str, str]:
    """An estate where a federated identity of a pool may mint tokens."""
    return {
        "main.tf": ACCOUNT + pool + provider(condition) + grant(f'"{X}"', WORKLOAD),
        "projects.json": projects(*PROJECTS),
    }


def github(
    name: str,
    right: str,
    trusted: str = provider(),
    *,
    member: str = pool_member("attribute.repository/acme/app"),
    role: str = WORKLOAD,
    **more: Any,
) -> Case:
    """A case of a workflow of GitHub, with what differs from the usual provider, grant and claims."""
    return case(name, BASE + trusted + grant(member, role), G, right, **{"claims": CLAIMS, **more})


CASES = [
    case("principal of a pool", of_pool(POOL), X, "works"),
    case(
        "principal of a pool that another block disables", of_pool(POOL + OFF.replace('"gh" {', '"off" {')), X, "works"
    ),
    case("principal of a disabled pool", of_pool(OFF), X, "fails federation"),
    case(
        "principal of a pool, condition unknown",
        of_pool(POOL + 'variable "c" {}\n', "${var.c}"),
        X,
        "unknown missing-input",
    ),
    case("principal of a pool without tokens", of_pool(POOL, "assertion.repository == 'x'"), X, "fails federation"),
    github("gh ok", "works", provider("assertion.repository_owner=='acme'")),
    github("gh ok no claims", "works", provider("assertion.repository_owner=='acme'"), claims={}),
    github("gh ref cond no claims", "unknown missing-input", provider("assertion.ref=='refs/heads/main'"), claims={}),
    github("gh ref wrong", "fails federation", provider("assertion.ref=='refs/heads/prod'")),
    github("gh case repo", "fails member", member=pool_member("attribute.repository/Acme/App")),
    github("gh case cond", "fails federation", provider("assertion.repository_owner=='Acme'")),
    github("gh other repo", "fails", member=pool_member("attribute.repository/acme/site")),
    github("gh unmapped attr", "fails member", member=pool_member("attribute.repository_owner/acme")),
    github("gh subject ok", "works", member=pool_member("subject/repo:acme/app:ref:refs/heads/main", "principal")),
    github(
        "gh subject unknown",
        "unknown missing-input",
        member=pool_member("subject/repo:acme/app:ref:refs/heads/main", "principal"),
        claims={},
    ),
    github(
        "gh subject wrong branch",
        "fails member",
        member=pool_member("subject/repo:acme/app:ref:refs/heads/prod", "principal"),
    ),
    github("gh whole pool", "works", member=pool_member("*")),
    github(
        "gh pool project id member",
        "fails member",
        member='"principalSet://iam.googleapis.com/projects/tools/locations/global/workloadIdentityPools/gh/attribute.repository/acme/app"',
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
    github(
        "gh number no map",
        "unknown missing-input",
        member='"principalSet://iam.googleapis.com/projects/2345678901/locations/global/workloadIdentityPools/gh/attribute.repository/acme/app"',
    ),
    github("gh user instead of wiu", "fails grant", role=USER),
    case(
        "gh provider disabled",
        BASE
        + provider().replace(" oidc {", " disabled=true\n oidc {")
        + grant(pool_member("attribute.repository/acme/app"), WORKLOAD),
        G,
        "fails federation",
        claims=CLAIMS,
    ),
    github("gh wrong issuer", "fails federation", provider(issuer="https://gitlab.com")),
    github(
        "gh audience",
        "fails federation",
        provider(more='allowed_audiences=["https://x.example"]'),
        claims={
            **CLAIMS,
            "aud": "https://iam.googleapis.com/projects/2345678901/locations/global/workloadIdentityPools/gh/providers/p",
        },
    ),
    github(
        "gh audience ok",
        "works",
        provider(more='allowed_audiences=["https://x.example"]'),
        claims={**CLAIMS, "aud": "https://x.example"},
    ),
    github(
        "gh audience default ok",
        "works",
        claims={
            **CLAIMS,
            "aud": "https://iam.googleapis.com/projects/2345678901/locations/global/workloadIdentityPools/gh/providers/p",
        },
    ),
    github("gh attr in cond", "works", provider("attribute.repository in ['acme/app','acme/site']")),
    github("gh google.subject cond", "works", provider("google.subject.startsWith('repo:acme/')")),
    github(
        "gh extract",
        "works",
        provider(
            mapping='"google.subject"="assertion.sub"\n "attribute.repository"="assertion.sub.extract(\'repo:{x}:\')"'
        ),
    ),
    github(
        "gh extract without a part",
        "fails federation",
        provider(mapping='"google.subject"="assertion.sub.extract(\'repo\')"'),
    ),
    github(
        "gh attribute that is not mapped",
        "works",
        provider("!has(attribute.team) && assertion.repository.split('/').exists(part, part == 'acme')"),
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
    github(
        "provider named wrong",
        "fails federation",
        member=pool_member("*"),
        provider="projects/2345678901/locations/global/workloadIdentityPools/gh/providers/other",
    ),
    github(
        "provider is a pool",
        "fails federation",
        member=pool_member("*"),
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
    github(
        "sub too long in attribute",
        "fails federation",
        provider(mapping='"google.subject"="assertion.sub"\n "attribute.repository"="assertion.repository"'),
        claims={**CLAIMS, "sub": "repo:acme/app:" + "x" * 130},
    ),
    github(
        "mapping not string",
        "fails federation",
        provider(mapping='"google.subject"="assertion.sub==\'x\'"'),
        member=pool_member("*"),
    ),
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_question(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)
