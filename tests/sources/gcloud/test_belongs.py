"""Which names of files say whose policy it is, which say that it must be one, and which say nothing."""

from __future__ import annotations

import pytest

from iamlint.sources.gcloud.belongs import by_path, claim

MEANT = [
    ("project-shop.json", "the policy of project shop", False),
    ("export/project-shop-iam-policy.yaml", "the policy of project shop", False),
    ("project-shop-services.txt", "the services of project shop", False),
    ("projects/shop.json", "the policy of project shop", False),
    ("projects/shop/iam.json", "the policy of project shop", True),
    ("export/projects/shop/get-iam-policy.yml", "the policy of project shop", True),
    ("projects/shop/iam.json.gz", "the policy of project shop", True),
    ("projects/shop/services.json", "the services of project shop", False),
    ("projects/shop/description.json", "the description of project shop", False),
    ("folder-42.yaml", "the policy of folder 42", True),
    ("folders/42/iam.json", "the policy of folder 42", True),
    ("organization-7.json", "the policy of organization 7", True),
    ("org_example.com.json", "the policy of organization example.com", True),
    ("ci@shop.iam.gserviceaccount.com.json", "the policy of service account ci@shop.iam.gserviceaccount.com", True),
    (
        "projects/shop/service-accounts/ci@shop.iam.gserviceaccount.com/iam.json",
        "the policy of service account ci@shop.iam.gserviceaccount.com",
        True,
    ),
    ("projects/shop/buckets/b/iam.json", "the policy of storage bucket b", True),
]
INNOCENT = [
    "projects-get-iam-policy/x.json",
    "project-get-iam-policy.json",
    "project.json",
    "project-iam-policy.json",
    "project-factory.yaml",
    "project-template/iam.json",
    "project.schema.json",
    "org-policies.schema.json",
    "org-chart.json",
    "folder-shop.json",
    "folders/team-a.yaml",
    "organization-chart/iam.json",
    "iam.json",
    "policies/iam.json",
    "projects/shop/package.json",
    "projects/shop/tsconfig.app.json",
    "projects/shop/src/iam/data.json",
    "datasets/train.json",
    "functions/index.json",
    "projects-shop/x.json",
]


@pytest.mark.parametrize(("path", "what", "certain"), MEANT)
def test_a_name_that_says_what_the_file_is(path: str, what: str, certain: bool) -> None:
    found = claim(path)
    assert found is not None
    assert (found.what, found.certain) == (what, certain)


@pytest.mark.parametrize("path", INNOCENT)
def test_a_name_that_claims_nothing(path: str) -> None:
    assert claim(path) is None


@pytest.mark.parametrize(
    "path",
    [
        "projects-get-iam-policy/x.json",
        "project-get-iam-policy/x.json",
        "organizations-get-iam-policy/7.json",
        "project-factory/policy.json",
        "project-config.yaml",
        "org-policies.schema.json",
    ],
)
def test_the_words_of_a_command_or_a_description_name_no_resource(path: str) -> None:
    assert by_path(path) is None
