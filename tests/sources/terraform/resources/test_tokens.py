"""Token requests apart from provider blocks: token data sources, backends, remote states."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from iamlint.documents.values import Value
from iamlint.facts import Impersonation
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.facts import facts_of
from iamlint.unknown import Unknown

Build = Callable[..., Instance]
UnknownPartOf = Callable[..., Unknown]
EMAIL = "tf@shop.iam.gserviceaccount.com"
HOP = "hop@shop.iam.gserviceaccount.com"


@pytest.mark.parametrize(
    ("kind", "method"),
    [
        ("access_token", "iam.serviceAccounts.getAccessToken"),
        ("id_token", "iam.serviceAccounts.getOpenIdToken"),
        ("jwt", "iam.serviceAccounts.signJwt"),
    ],
)
def test_each_kind_of_token_needs_its_permission(build: Build, kind: str, method: str) -> None:
    address = f"data.google_service_account_{kind}.t"
    (asked,) = facts_of(build(address, mode="data", target_service_account=EMAIL))
    assert isinstance(asked, Impersonation)
    assert (asked.target, asked.method, asked.lifetime) == (EMAIL, method, None)


@pytest.mark.parametrize("lifetime", ["7200s", Unknown("var.lifetime has no default and is not set")])
def test_the_lifetime_of_a_token(build: Build, lifetime: Any) -> None:
    address = "data.google_service_account_access_token.t"
    (asked,) = facts_of(build(address, mode="data", target_service_account=EMAIL, lifetime=lifetime))
    assert isinstance(asked, Impersonation)
    assert asked.lifetime is not None
    assert (asked.lifetime[0], asked.lifetime[1].at.line) == (lifetime, 3)


def remote(build: Build, backend: Any, config: Any) -> list[Any]:
    return list(facts_of(build("data.terraform_remote_state.s", mode="data", backend=backend, config=config)))


def test_a_remote_state(build: Build, unknown_part: UnknownPartOf) -> None:
    delegates = Value((Value(HOP),))
    account = Value(unknown_part("google_service_account.tf.email"))
    config = {"impersonate_service_account": account, "impersonate_service_account_delegates": delegates}
    (asked,) = remote(build, "gcs", Value(config))
    assert isinstance(asked, Impersonation)
    assert asked.target == "${google_service_account.tf.email}"
    assert isinstance(asked.delegates, tuple)
    assert [name for name, _ in asked.delegates] == [HOP]
    assert (asked.declared.type, asked.place.at.line) == ("terraform_remote_state", 3)


def test_a_remote_state_that_impersonates_nobody(build: Build) -> None:
    impersonating = Value({"impersonate_service_account": Value(EMAIL)})
    assert remote(build, "s3", impersonating) == []
    assert remote(build, "gcs", Value({"bucket": Value("b")})) == []
    assert remote(build, "gcs", Value({"impersonate_service_account": Value("")})) == []
    assert remote(build, "gcs", Unknown("var.config")) == []
    assert remote(build, Unknown("var.backend"), impersonating) == []


BACKEND = """terraform {
  backend "gcs" {
    bucket                      = "state"
    impersonate_service_account = "tf@shop.iam.gserviceaccount.com"
    impersonate_service_account_delegates = [
      "hop@shop.iam.gserviceaccount.com",
    ]
  }
}
"""


def asked_by(directory: Path) -> list[Impersonation]:
    return [fact for fact in read([directory], Options()).facts if isinstance(fact, Impersonation)]


def test_a_backend(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(BACKEND)
    (asked,) = asked_by(tmp_path)
    assert (asked.target, asked.caller, asked.place.at.line) == (EMAIL, None, 4)
    assert isinstance(asked.delegates, tuple)
    ((name, place),) = asked.delegates
    assert (name, place.at.line) == (HOP, 6)


def test_a_backend_of_another_kind_or_of_a_called_module_asks_for_nothing(tmp_path: Path) -> None:
    (tmp_path / "called").mkdir()
    (tmp_path / "called" / "main.tf").write_text(BACKEND)
    root = tmp_path / "root"
    root.mkdir()
    (tmp_path / ".git").mkdir()
    (root / "main.tf").write_text('module "called" { source = "../called" }\n' + BACKEND.replace("gcs", "s3"))
    assert asked_by(root) == []


def test_an_override_replaces_the_backend(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(BACKEND)
    (tmp_path / "override.tf").write_text('terraform {\n  backend "local" {}\n}\n')
    assert asked_by(tmp_path) == []
