"""Pools and providers of workload and workforce identity."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iamlint.documents.values import Value
from iamlint.facts import Condition, Grant, Pool, Provider
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]
POOL = "google_iam_workload_identity_pool.gh"
PROVIDER = "google_iam_workload_identity_pool_provider.gh"
NAME = "projects/shop/locations/global/workloadIdentityPools/gh"
ISSUER = "https://token.actions.githubusercontent.com"
IDS = {"project": "shop", "workload_identity_pool_id": "gh", "workload_identity_pool_provider_id": "main"}


def one(instance: Instance) -> Provider:
    (found,) = facts_of(instance)
    assert isinstance(found, Provider)
    return found


def pool(instance: Instance) -> Pool:
    (found,) = facts_of(instance)
    assert isinstance(found, Pool)
    return found


def test_a_workload_pool(build: Build, unknown_part: UnknownPartOf) -> None:
    found = pool(build(POOL, project="shop", workload_identity_pool_id="gh"))
    assert (found.name, found.disabled, found.project_number) == (NAME, False, None)
    found = pool(build(POOL, workload_identity_pool_id=unknown_part("random_id.x.hex"), disabled=True))
    assert isinstance(found.name, Unknown)
    assert found.name.text == (
        "projects/${provider.google.project}/locations/global/workloadIdentityPools/${random_id.x.hex}"
    )
    assert found.disabled is True


def test_a_pool_in_a_state_tells_its_projects_number(build: Build) -> None:
    number = "projects/123456/locations/global/workloadIdentityPools/gh"
    found = pool(build(POOL, project="shop", workload_identity_pool_id="gh", name=number))
    assert (found.name, found.project_number) == (NAME, "123456")


def test_a_workforce_pool(build: Build) -> None:
    found = pool(build("google_iam_workforce_pool.w", location="global", workforce_pool_id="staff"))
    assert found.name == "locations/global/workforcePools/staff"


def test_an_oidc_provider(build: Build) -> None:
    oidc = {"issuer_uri": ISSUER, "allowed_audiences": ["https://example.com"]}
    found = one(build(PROVIDER, **IDS, attribute_condition="assertion.repository_owner_id == '1'", oidc=oidc))
    assert (found.pool, found.name) == (NAME, f"{NAME}/providers/main")
    assert (found.protocol, found.issuer, found.audiences) == ("oidc", ISSUER, ("https://example.com",))
    assert isinstance(found.condition, Condition)
    assert found.condition.expression == "assertion.repository_owner_id == '1'"
    assert found.condition.at is not None
    assert (found.condition.at.line, found.place.at.line) == (5, 7)
    assert (found.mapping, found.disabled) == ((), False)


def test_a_pool_that_is_named_in_full_is_the_same(build: Build) -> None:
    found = one(build(PROVIDER, **{**IDS, "workload_identity_pool_id": NAME}, oidc={"issuer_uri": ISSUER}))
    assert found.pool == NAME


def test_an_aws_provider_has_googles_mapping_unless_it_has_one(build: Build) -> None:
    aws = {"account_id": "123456789012"}
    found = one(build(PROVIDER, **IDS, aws=aws))
    assert (found.protocol, found.issuer) == ("aws", "123456789012")
    assert isinstance(found.mapping, tuple)
    assert [name for name, _, _ in found.mapping] == ["google.subject", "attribute.aws_role"]
    own = Value({"google.subject": Value("assertion.arn")})
    found = one(build(PROVIDER, **IDS, attribute_mapping=own, aws=aws))
    assert isinstance(found.mapping, tuple)
    assert [(name, text) for name, text, _ in found.mapping] == [("google.subject", "assertion.arn")]


@pytest.mark.parametrize(
    ("metadata", "issuer"),
    [
        ('<EntityDescriptor xmlns="x" entityID="https://idp.example.com">', "https://idp.example.com"),
        ("<EntityDescriptor entityID = 'https://idp.example.com'/>", "https://idp.example.com"),
        ("<EntityDescriptor/>", Unknown("the SAML metadata name no entityID")),
        (Unknown("var.metadata"), Unknown("var.metadata")),
    ],
)
def test_a_saml_provider(build: Build, metadata: Any, issuer: Any) -> None:
    found = one(build(PROVIDER, **IDS, saml={"idp_metadata_xml": metadata}))
    assert (found.protocol, found.issuer, found.place.at.line) == ("saml", issuer, 6)


def test_an_x509_provider_has_no_issuer(build: Build) -> None:
    found = one(build(PROVIDER, **IDS, x509={"trust_store": {"trust_anchors": {"pem_certificate": "x"}}}))
    assert (found.protocol, found.issuer, found.place.at.line) == ("x509", None, 5)


def test_a_provider_that_nothing_is_said_of(build: Build) -> None:
    found = one(build(PROVIDER, **IDS, attribute_condition=""))
    assert (found.protocol, found.issuer, found.condition) == (None, None, None)
    assert found.place.at == found.declared.at


def test_what_is_not_known_of_a_provider_stays_unknown(build: Build) -> None:
    why = Unknown("var.oidc has no default and is not set")
    found = one(build(PROVIDER, **IDS, unknown_block_oidc=why))
    assert (found.protocol, found.issuer, found.audiences, found.mapping) == (why, why, why, why)
    mapping = Unknown("var.mapping has no default and is not set")
    found = one(build(PROVIDER, **IDS, attribute_mapping=mapping, disabled=mapping, oidc={"issuer_uri": why}))
    assert (found.protocol, found.issuer, found.mapping, found.disabled) == ("oidc", why, mapping, mapping)
    found = one(build(PROVIDER, **IDS, attribute_mapping="x", oidc={"issuer_uri": ISSUER}))
    assert isinstance(found.mapping, Unknown)
    condition = Unknown("var.condition")
    found = one(build(PROVIDER, **IDS, attribute_condition=condition, oidc={"issuer_uri": ISSUER}))
    assert isinstance(found.condition, Condition)
    assert found.condition.expression == condition


def test_a_workforce_provider(build: Build) -> None:
    arguments = {"location": "global", "workforce_pool_id": "staff", "provider_id": "okta", "disabled": True}
    found = one(build("google_iam_workforce_pool_provider.w", **arguments, oidc={"issuer_uri": "https://okta"}))
    assert (found.pool, found.disabled) == ("locations/global/workforcePools/staff", True)
    assert found.name == "locations/global/workforcePools/staff/providers/okta"


SOURCE = """
provider "google" { project = "shop" }
resource "google_iam_workload_identity_pool" "gh" { workload_identity_pool_id = "gh" }
resource "google_iam_workload_identity_pool_provider" "gh" {
  workload_identity_pool_id          = google_iam_workload_identity_pool.gh.workload_identity_pool_id
  workload_identity_pool_provider_id = "main"
  attribute_mapping = {
    "google.subject"       = "assertion.sub"
    "attribute.repository" = local.repository
  }
  oidc { issuer_uri = "https://token.actions.githubusercontent.com" }
}
locals { repository = "assertion.repository" }
resource "google_service_account_iam_member" "gh" {
  service_account_id = "projects/shop/serviceAccounts/ci@shop.iam.gserviceaccount.com"
  role               = "roles/iam.workloadIdentityUser"
  member             = "principalSet://iam.googleapis.com/${google_iam_workload_identity_pool.gh.name}/*"
}
"""


def test_pool_provider_and_grant_belong_together(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SOURCE)
    facts = read([tmp_path], Options()).facts
    (named,) = (fact for fact in facts if isinstance(fact, Pool))
    (provider,) = (fact for fact in facts if isinstance(fact, Provider))
    (grant,) = (fact for fact in facts if isinstance(fact, Grant))
    assert named.name == provider.pool == NAME
    assert grant.principal.kind == "federated_pool"
    number = "${google_iam_workload_identity_pool.gh.project_number}"
    pools = f"//iam.googleapis.com/projects/{number}/locations/global/workloadIdentityPools"
    assert grant.principal.text == f"principalSet:{pools}/gh/*"


def test_each_entry_of_a_mapping_has_its_place(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(SOURCE)
    (provider,) = (fact for fact in read([tmp_path], Options()).facts if isinstance(fact, Provider))
    assert isinstance(provider.mapping, tuple)
    places = {name: place for name, _, place in provider.mapping}
    assert places["google.subject"].at.line == 8
    origin = places["attribute.repository"].origin
    assert origin is not None
    assert origin.line == 13
