"""An entry of ``terraform init``'s manifest counts only for the call that it was written for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from iamlint.facts import Grant, UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.sources.terraform.configuration.versions import fits

GRANT = (
    'resource "google_project_iam_member" "it" {\n  project = "shop"\n  role = "roles/owner"\n'
    '  member = "user:ana@example.com"\n}\n'
)


def result(root: Path, call: str, *entries: dict[str, str]) -> tuple[int, list[str]]:
    """Return the number of grants, and the reasons of missing modules."""
    (root / "main.tf").write_text(f'module "iam" {{\n{call}\n}}\n')
    manifest = root / ".terraform" / "modules" / "modules.json"
    for name in ("iam", "iam/modules/x"):
        (manifest.parent / name).mkdir(parents=True, exist_ok=True)
        (manifest.parent / name / "main.tf").write_text(GRANT)
    (root / "benign").mkdir(exist_ok=True)
    (root / "benign" / "main.tf").write_text("# nothing\n")
    manifest.write_text(json.dumps({"Modules": [{"Key": "", "Source": "", "Dir": "."}, *entries]}))
    found = read([root], Options())
    assert found.errors == []
    return (
        sum(isinstance(fact, Grant) for fact in found.facts),
        [fact.reason for fact in found.facts if isinstance(fact, UnreadPart)],
    )


def entry(
    source: str, version: str | None = None, folder: str = ".terraform/modules/iam", key: str = "iam"
) -> dict[str, str]:
    found = {"Key": key, "Source": source, "Dir": folder}
    return {**found, "Version": version} if version else found


SUBFOLDER = ".terraform/modules/iam/modules/x"
REGISTRY = "registry.terraform.io/acme/iam/google"
FITTING = [
    ('  source = "acme/iam/google"\n  version = "5.2.0"', entry(REGISTRY, "5.2.0")),
    ('  source = "acme/iam/google"\n  version = "~> 5.0"', entry(REGISTRY, "5.9.1")),
    ('  source = "acme/iam/google"', entry(REGISTRY, "5.2.0")),
    ('  source = "acme/iam/google"', entry("registry.opentofu.org/acme/iam/google", "5.2.0")),
    ('  source = "acme/iam/google"', entry("acme/iam/google", "5.2.0")),
    ('  source = "acme/iam/google//modules/x"', entry(f"{REGISTRY}//modules/x", "5.2.0", SUBFOLDER)),
    ('  source = "app.terraform.io/acme/iam/google"', entry("app.terraform.io/acme/iam/google", "5.2.0")),
    ('  source = "github.com/acme/iam"', entry("git::https://github.com/acme/iam.git")),
    ('  source = "github.com/acme/iam//modules/x?ref=v1"', entry("git::https://github.com/acme/iam.git//modules/x?ref=v1")),
    ('  source = "git@github.com:acme/iam.git?ref=v1"', entry("git::ssh://git@github.com/acme/iam.git?ref=v1")),
    ('  source = "git::https://example.com/iam.git?ref=v1&depth=1"', entry("git::https://example.com/iam.git?ref=v1&depth=1")),
    ('  source = "https://example.com/iam.zip"', entry("https://example.com/iam.zip")),
]  # fmt: skip


@pytest.mark.parametrize(("call", "one"), FITTING)
def test_a_module_that_was_installed_for_its_call_is_read(tmp_path: Path, call: str, one: dict[str, str]) -> None:
    assert result(tmp_path, call, one) == (1, [])


PLANTED = [
    ('  source = "acme/iam/google"\n  version = "5.2.0"', entry(REGISTRY, "1.0.0")),
    ('  source = "acme/iam/google"\n  version = ">= 5, < 6"', entry(REGISTRY, "6.0.0")),
    ('  source = "acme/iam/google"\n  version = "5.2.0"', entry(REGISTRY)),
    ('  source = "acme/iam/google"\n  version = "5.2.0"', entry(REGISTRY, "5.2.0-evil")),
    ('  source = "acme/iam/google"\n  version = "5.2.0"', entry("registry.terraform.io/evil/iam/google", "5.2.0")),
    ('  source = "acme/iam/google"\n  version = "5.2.0"', entry("evil.example.com/acme/iam/google", "5.2.0")),
    ('  source = "acme/iam/google//modules/x"', entry(REGISTRY, "5.2.0")),
    ('  source = "git::https://example.com/iam.git"', entry(REGISTRY, "1.0.0")),
    ('  source = "github.com/acme/iam?ref=v2"', entry("git::https://github.com/acme/iam.git?ref=v1")),
    ('  source = "github.com/acme/iam"', entry("git::https://github.com/evil/iam.git")),
    ('  source = "acme/iam/google"', entry(REGISTRY, "5.2.0", "benign")),
    ('  source = "acme/iam/google"', entry(REGISTRY, "5.2.0", ".terraform/modules/../../benign")),
    ('  source = "acme/iam/google"', entry(REGISTRY, "5.2.0", key="other")),
    ('  source = "acme/iam/google"', entry("", "5.2.0")),
]  # fmt: skip


@pytest.mark.parametrize(("call", "one"), PLANTED)
def test_an_entry_that_does_not_fit_the_call_is_not_followed(tmp_path: Path, call: str, one: dict[str, str]) -> None:
    count, (reason,) = result(tmp_path, call, one)
    assert count == 0
    assert reason.startswith("module.iam is not read: ")


def test_a_link_out_of_the_installed_modules_and_two_entries_of_one_call_are_not_followed(tmp_path: Path) -> None:
    call = '  source = "acme/iam/google"'
    (tmp_path / ".terraform" / "modules").mkdir(parents=True)
    (tmp_path / ".terraform" / "modules" / "link").symlink_to(tmp_path / "benign")
    assert len(result(tmp_path, call, entry(REGISTRY, "1.0.0", ".terraform/modules/link"))[1]) == 1
    assert len(result(tmp_path, call, entry(REGISTRY, "1.0.0"), entry(REGISTRY, "1.0.0"))[1]) == 1


@pytest.mark.parametrize(
    ("version", "constraint", "fitting"),
    [
        ("1.2.3", None, True),
        ("1.2.3", " ", True),
        ("1.2.3", "1.2.3", True),
        ("1.2", "= 1.2.0", True),
        ("v1.2.3", "1.2.3", True),
        ("1.2.3", "!= 1.2.3", False),
        ("1.9.0", "~> 1.2", True),
        ("2.0.0", "~> 1.2", False),
        ("1.1.9", "~> 1.2", False),
        ("1.2.9", "~> 1.2.3", True),
        ("1.3.0", "~> 1.2.3", False),
        ("5.1.0", ">= 4, < 6", True),
        ("6.0.0", ">= 4, < 6", False),
        ("6.0.0", "<= 6", True),
        ("6.0.1", "> 6", True),
        ("2.0.0-beta1", ">= 1", False),
        ("2.0.0-beta1", "2.0.0-beta1", True),
        ("2.0.0-beta10", "> 2.0.0-beta.2", True),
        ("x", "1", False),
        ("1.0.0", "nonsense ((", False),
        ("1" * 5000, "> 1", False),
    ],
)
def test_versions(version: str, constraint: str | None, *, fitting: bool) -> None:
    assert fits(version, constraint) is fitting
