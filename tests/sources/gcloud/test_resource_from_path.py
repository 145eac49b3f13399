"""File names that name the resource of a policy, that claim to be one, and that say nothing."""

from __future__ import annotations

import pytest

from iamlint.sources.gcloud.recognition.resource_from_path import by_path, claim

MEANT = [
    ("project-shop.json", "the policy of project shop", "likely"),
    ("export/project-shop-iam-policy.yaml", "the policy of project shop", "likely"),
    ("project-shop-services.txt", "the services of project shop", "likely"),
    ("project_shop_iam.json", "the policy of project shop", "likely"),
    ("projects/shop.json", "the policy of project shop", "possible"),
    ("projects/project-shop.json", "the policy of project shop", "likely"),
    ("data/projects/project.yaml", "the policy of project project", "possible"),
    ("data/projects/project2.yaml", "the policy of project project2", "possible"),
    ("projects/shop/iam.json", "the policy of project shop", "certain"),
    ("export/projects/shop/get-iam-policy.yml", "the policy of project shop", "certain"),
    ("projects/shop/iam.json.gz", "the policy of project shop", "certain"),
    ("projects/shop/services.json", "the services of project shop", "possible"),
    ("projects/shop/description.json", "the description of project shop", "possible"),
    ("folder-42.yaml", "the policy of folder 42", "certain"),
    ("folders/42/iam.json", "the policy of folder 42", "certain"),
    ("organization-7.json", "the policy of organization 7", "certain"),
    ("org_example.com.json", "the policy of organization example.com", "certain"),
    (
        "ci@shop.iam.gserviceaccount.com.json",
        "the policy of service account ci@shop.iam.gserviceaccount.com",
        "certain",
    ),
    (
        "projects/shop/service-accounts/ci@shop.iam.gserviceaccount.com/iam.json",
        "the policy of service account ci@shop.iam.gserviceaccount.com",
        "certain",
    ),
    ("projects/shop/buckets/b/iam.json", "the policy of storage bucket b", "certain"),
    ("projects/shop/buckets/b/policy.json", "the policy of storage bucket b", "possible"),
]
INNOCENT = [
    "projects-get-iam-policy/x.json",
    "project-get-iam-policy.json",
    "project.json",
    "project-iam-policy.json",
    "project-factory.yaml",
    "project-example.yaml",
    "project_created.json",
    "project_rules.yaml",
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
    "projects/shop/secrets/token/description.json",
    "projects/shop/buckets/b/describe.yaml",
]


@pytest.mark.parametrize(("path", "what", "strength"), MEANT)
def test_a_name_that_says_what_the_file_is(path: str, what: str, strength: str) -> None:
    found = claim(path)
    assert found is not None
    assert (found.what, found.strength) == (what, strength)


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
