"""Tags of resources decide conditions: bound, inherited, replaced, or listed in full."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from iamlint.cli.program import program

KEY = """
resource "google_tags_tag_key" "env" {
  parent     = "organizations/7"
  short_name = "env"
}

resource "google_tags_tag_value" "prod" {
  parent     = google_tags_tag_key.env.id
  short_name = "prod"
}

resource "google_project" "shop" {
  project_id = "shop"
  name       = "shop"
  org_id     = "7"
}

resource "google_service_account" "ci" {
  project    = google_project.shop.project_id
  account_id = "ci"
}
"""
ON_PROJECT = """
resource "google_tags_tag_binding" "shop" {
  parent    = "//cloudresourcemanager.googleapis.com/projects/${google_project.shop.number}"
  tag_value = google_tags_tag_value.prod.id
}
"""
ON_ACCOUNT = """
resource "google_tags_tag_binding" "ci" {
  parent    = "//iam.googleapis.com/${google_service_account.ci.name}"
  tag_value = "7/env/VALUE"
}
"""
OF_PROJECT = """
resource "google_project_iam_member" "ana" {
  project = google_project.shop.project_id
  role    = "roles/iam.serviceAccountTokenCreator"
  member  = "user:ana@example.com"
  condition {
    title      = "tagged"
    expression = "EXPRESSION"
  }
}
"""
OF_ACCOUNT = """
resource "google_service_account_iam_member" "ana" {
  service_account_id = google_service_account.ci.name
  role               = "roles/iam.serviceAccountTokenCreator"
  member             = "allUsers"
  condition {
    title      = "tagged"
    expression = "EXPRESSION"
  }
}
"""
BY_NAME = "resource.matchTag('7/env', 'prod')"
BY_ID = "resource.matchTagId('${google_tags_tag_key.env.id}', '${google_tags_tag_value.prod.id}')"
BY_REFERENCE = "resource.matchTag(google_tags_tag_key.env.namespaced_name, 'prod')".replace(
    "google_tags_tag_key.env.namespaced_name", "'${google_tags_tag_key.env.namespaced_name}'"
)
OTHER = "resource.matchTag('7/env', 'dev')"


def answer(directory: Path, text: str, rule: str = "broad-token-creator", **exports: str) -> str:
    """The answer to a rule: finding, unknown, or nothing."""
    (directory / "main.tf").write_text(text, encoding="utf-8")
    paths = [str(directory / "main.tf")]
    for name, content in exports.items():
        path = directory / f"{name}.json"
        path.write_text(content, encoding="utf-8")
        paths.append(str(path))
    done = CliRunner().invoke(program, ["check", *paths, "--format", "json", "--select", rule])
    found = json.loads(done.stdout)
    assert found["errors"] == [], found["errors"]
    if found["findings"]:
        return "finding"
    return "unknown" if found["unknowns"] else "nothing"


@pytest.mark.parametrize("expression", [BY_NAME, BY_ID, BY_REFERENCE, "resource.hasTagKey('7/env')"])
def test_a_tag_of_the_project_opens_a_grant_on_it(tmp_path: Path, expression: str) -> None:
    assert answer(tmp_path, KEY + ON_PROJECT + OF_PROJECT.replace("EXPRESSION", expression)) == "finding"


@pytest.mark.parametrize("expression", [OTHER, "resource.hasTagKey('7/team')", "!" + BY_NAME + " && " + OTHER])
def test_what_a_project_does_not_show_may_be_below_it(tmp_path: Path, expression: str) -> None:
    found = answer(tmp_path, KEY + ON_PROJECT + OF_PROJECT.replace("EXPRESSION", expression))
    assert found == ("nothing" if expression.startswith("!") else "unknown")


def test_without_a_binding_nothing_is_known(tmp_path: Path) -> None:
    assert answer(tmp_path, KEY + OF_PROJECT.replace("EXPRESSION", BY_NAME)) == "unknown"


def test_an_account_inherits_the_tag_of_its_project(tmp_path: Path) -> None:
    text = KEY + ON_PROJECT + OF_ACCOUNT.replace("EXPRESSION", BY_NAME)
    assert answer(tmp_path, text, "public-impersonation") == "finding"


def test_the_own_value_replaces_the_inherited_one(tmp_path: Path) -> None:
    own = ON_ACCOUNT.replace("VALUE", "dev")
    text = KEY + ON_PROJECT + own + OF_ACCOUNT
    assert answer(tmp_path, text.replace("EXPRESSION", BY_NAME), "public-impersonation") == "nothing"
    assert answer(tmp_path, text.replace("EXPRESSION", OTHER), "public-impersonation") == "finding"


def test_a_binding_that_may_not_exist_decides_nothing(tmp_path: Path) -> None:
    text = 'variable "n" {}\n' + KEY + ON_PROJECT.replace("parent ", "count = var.n\n  parent ")
    assert answer(tmp_path, text + OF_PROJECT.replace("EXPRESSION", BY_NAME)) == "unknown"


EFFECTIVE = json.dumps(
    [
        {
            "name": "//iam.googleapis.com/projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com",
            "assetType": "iam.googleapis.com/ServiceAccount",
            "effectiveTags": [
                {
                    "attachedResource": "//cloudresourcemanager.googleapis.com/projects/123456789012",
                    "effectiveTags": [
                        {
                            "tagKey": "7/env",
                            "tagKeyId": "tagKeys/1",
                            "tagValue": "7/env/prod",
                            "tagValueId": "tagValues/2",
                        }
                    ],
                }
            ],
        }
    ]
)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        (BY_NAME, "finding"),
        ("resource.matchTagId('tagKeys/1', 'tagValues/2')", "finding"),
        ("resource.hasTagKeyId('tagKeys/1')", "finding"),
        (OTHER, "nothing"),
        ("resource.hasTagKey('7/team')", "nothing"),
    ],
)
def test_effective_tags_are_all_tags(tmp_path: Path, expression: str, wanted: str) -> None:
    text = KEY + OF_ACCOUNT.replace("EXPRESSION", expression)
    assert answer(tmp_path, text, "public-impersonation", tags=EFFECTIVE) == wanted


def test_bindings_of_exports_count(tmp_path: Path) -> None:
    keys = '[{"name": "tagKeys/1", "namespacedName": "7/env", "parent": "organizations/7", "shortName": "env"}]'
    values = '[{"name": "tagValues/2", "parent": "tagKeys/1", "shortName": "prod", "namespacedName": "7/env/prod"}]'
    bindings = json.dumps(
        [
            {
                "name": "tagBindings/x/tagValues/2",
                "parent": "//cloudresourcemanager.googleapis.com/projects/123456789012",
                "tagValue": "tagValues/2",
            }
        ]
    )
    project = '[{"projectId": "shop", "projectNumber": "123456789012", "lifecycleState": "ACTIVE", "name": "shop"}]'
    exports = {"keys": keys, "values": values, "bindings": bindings, "projects": project}
    text = KEY + OF_PROJECT.replace("EXPRESSION", BY_NAME)
    assert answer(tmp_path, text, **exports) == "finding"
