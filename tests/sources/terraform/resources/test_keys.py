"""Keys of accounts, HMAC keys, API keys that are bound to an account."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iamlint.facts import ApiKey, Credential, ServiceAccountKey
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]
EMAIL = "ci@shop.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("written", "account"),
    [
        (EMAIL, EMAIL),
        (f"projects/shop/serviceAccounts/{EMAIL}", EMAIL),
        (f"projects/-/serviceAccounts/{EMAIL}", EMAIL),
        (("google_service_account.ci.name",), "${google_service_account.ci.email}"),
        (("google_service_account.ci.email",), "${google_service_account.ci.email}"),
        (("projects/-/serviceAccounts/", "google_service_account.ci.email"), "${google_service_account.ci.email}"),
    ],
)
def test_a_key_belongs_to_the_account_however_it_is_named(
    build: Build, unknown_part: UnknownPartOf, written: Any, account: str
) -> None:
    value = written if isinstance(written, str) else unknown_part(*written)
    (key,) = facts_of(build("google_service_account_key.k", service_account_id=value))
    assert isinstance(key, ServiceAccountKey)
    assert (key.account, key.uploaded, key.created, key.expires) == (account, False, None, None)
    assert key.place.at.line == 2


def test_a_key_of_an_account_id_belongs_to_an_account_of_the_providers_project(build: Build) -> None:
    provider = build("provider.google", mode="provider", project="shop")
    accounts = []
    for written, of in (("ci", provider), ("ci", None), ("123456789012345678901", provider)):
        (key,) = facts_of(build("google_service_account_key.k", service_account_id=written, provider=of))
        assert isinstance(key, ServiceAccountKey)
        accounts.append(key.account)
    assert accounts == [EMAIL, "ci", "123456789012345678901"]


def test_a_key_whose_account_is_not_known(build: Build) -> None:
    why = Unknown("var.account has no default and is not set")
    (key,) = facts_of(build("google_service_account_key.k", service_account_id=why))
    assert isinstance(key, ServiceAccountKey)
    assert key.account == why
    (key,) = facts_of(build("google_service_account_key.k"))
    assert isinstance(key, ServiceAccountKey)
    assert isinstance(key.account, Unknown)
    assert key.place.at == key.declared.at


def test_an_uploaded_key_and_the_times_that_a_state_has(build: Build) -> None:
    times = {"valid_after": "2026-01-01T00:00:00Z", "valid_before": "9999-12-31T23:59:59Z"}
    (key,) = facts_of(build("google_service_account_key.k", service_account_id=EMAIL, public_key_data="x", **times))
    assert isinstance(key, ServiceAccountKey)
    assert (key.uploaded, key.created, key.expires) == (True, "2026-01-01T00:00:00Z", "9999-12-31T23:59:59Z")
    later = Unknown("known after apply")
    (key,) = facts_of(build("google_service_account_key.k", service_account_id=EMAIL, valid_after=later))
    assert isinstance(key, ServiceAccountKey)
    assert key.created is None


@pytest.mark.parametrize(
    ("state", "disabled"),
    [(None, False), ("ACTIVE", False), ("INACTIVE", True), (Unknown("var.state"), Unknown("var.state"))],
)
def test_hmac_keys(build: Build, unknown_part: UnknownPartOf, state: Any, disabled: Any) -> None:
    email = unknown_part("google_service_account.ci.email")
    (key,) = facts_of(build("google_storage_hmac_key.k", service_account_email=email, state=state))
    assert isinstance(key, Credential)
    assert (key.kind, key.account, key.disabled) == ("hmac_key", "${google_service_account.ci.email}", disabled)
    assert key.place.at.line == 2


def test_an_api_key_is_a_credential_only_of_the_account_that_it_is_bound_to(build: Build) -> None:
    credential, key = facts_of(build("google_apikeys_key.k", name="maps", service_account_email=EMAIL))
    assert isinstance(credential, Credential)
    assert (credential.kind, credential.account, credential.place.at.line) == ("api_key", EMAIL, 3)
    assert isinstance(key, ApiKey)
    for unbound in ({}, {"service_account_email": ""}):
        (key,) = facts_of(build("google_apikeys_key.k", name="maps", **unbound))
        assert isinstance(key, ApiKey)
        assert (key.name, key.clients, key.apis, key.created) == ("maps", (), (), None)


RESTRICTED = """
variable "host" {}

resource "google_apikeys_key" "maps" {
  name    = "maps"
  project = "shop"
  restrictions {
    api_targets { service = "maps.googleapis.com" }
    api_targets { service = "places.googleapis.com" }
    browser_key_restrictions { allowed_referrers = ["https://example.com/*", var.host] }
    android_key_restrictions {
      allowed_applications {
        package_name     = "com.example.shop"
        sha1_fingerprint = "00:11"
      }
    }
  }
}
"""


def test_what_an_api_key_is_restricted_to(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(RESTRICTED, encoding="utf-8")
    (key,) = read([tmp_path], Options()).facts
    assert isinstance(key, ApiKey)
    assert key.apis == ("maps.googleapis.com", "places.googleapis.com")
    assert isinstance(key.clients, tuple)
    first, second, third = key.clients
    assert (first, third) == ("https://example.com/*", "com.example.shop")
    assert isinstance(second, Unknown)
    assert (key.project, key.place.at.line) == ("shop", 7)


def test_the_place_of_an_account_is_the_reference(check: Callable[..., Any]) -> None:
    text = """
resource "google_service_account" "ci" {
  account_id = "ci-${var.stage}"
}

resource "google_service_account_key" "ci" {
  service_account_id = google_service_account.ci.account_id
}

variable "stage" {}
"""
    (found,) = check({"main.tf": text}, select=("user-managed-key",)).findings
    assert (found.at.line, found.origin) == (7, None)
