"""Outputs read from another root module's state are known if both name the same place."""

from __future__ import annotations

from pathlib import Path

import pytest

from iamlint.facts import Grant
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.unknown import Unknown

GCS = 'terraform {\n  backend "gcs" {\n    bucket = "states"\n    prefix = "net"\n  }\n}\n'
OUTPUT = 'output "who" {\n  value = "user:ana@example.com"\n}\n'


def remote(config: str, backend: str = "gcs", more: str = "") -> str:
    inner = f'  backend = "{backend}"\n  config = {{\n{config}}}\n{more}'
    return f'data "terraform_remote_state" "net" {{\n{inner}}}\n'


SAME = remote('    bucket = "states"\n    prefix = "net"\n')


def grant(value: str = "data.terraform_remote_state.net.outputs.who") -> str:
    return (
        'resource "google_project_iam_member" "m" {\n  project = "shop"\n  role = "roles/viewer"\n'
        f"  member = {value}\n}}\n"
    )


def principals(root: Path, files: dict[str, str], **options: object) -> dict[str, str | Unknown]:
    """The member that each folder's root module grants to."""
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    found = read([root], Options(**options))
    assert found.errors == []
    return {
        Path(fact.declared.at.path).parent.name: fact.principal.unknown or fact.principal.text
        for fact in found.facts
        if isinstance(fact, Grant)
    }


def reason(found: str | Unknown) -> str:
    assert isinstance(found, Unknown)
    before = "data.terraform_remote_state.net.outputs is in another state, which is not read: "
    assert found.reason.startswith(before)
    return found.reason.removeprefix(before)


LOCAL = 'terraform {\n  backend "local" {\n    path = "state/net.tfstate"\n  }\n}\n'
S3 = 'terraform {\n  backend "s3" {\n    bucket = "b"\n    key = "net"\n    region = "x"\n  }\n}\n'
EQUAL = [
    (GCS, SAME),
    (GCS, remote('    bucket = "states"\n    prefix = "/net/"\n')),
    (GCS, remote('    bucket = "states"\n    prefix = "net"\n', more='  workspace = "default"\n')),
    (GCS.replace('    prefix = "net"\n', ""), remote('    bucket = "states"\n')),
    (LOCAL, remote('    path = "${path.module}/../net/state/net.tfstate"\n', "local")),
    ("", remote('    path = "../net/terraform.tfstate"\n', "local")),
    (S3, remote('    bucket = "b"\n    key = "net"\n    region = "y"\n', "s3")),
]


@pytest.mark.parametrize(("backend", "data"), EQUAL)
def test_the_outputs_of_the_root_module_that_keeps_its_state_there(tmp_path: Path, backend: str, data: str) -> None:
    files = {"net/main.tf": backend + OUTPUT, "app/main.tf": data + grant()}
    assert principals(tmp_path, files) == {"app": "user:ana@example.com"}


NONE = "no root module here keeps its state there"
UNEQUAL = [
    (GCS, remote('    bucket = "states"\n    prefix = "other"\n'), NONE),
    (GCS, remote('    bucket = "states"\n'), NONE),
    (GCS.replace('    bucket = "states"\n', ""), SAME, NONE),
    (
        GCS,
        'variable "b" {}\n' + remote('    bucket = var.b\n    prefix = "net"\n'),
        "where it is kept is not known: var.b has no default and is not set",
    ),
    (
        GCS,
        remote('    prefix = "net"\n'),
        "where it is kept is not known: the configuration of its backend has no bucket",
    ),
    ("terraform {\n  cloud {}\n}\n", remote('    path = "../net/terraform.tfstate"\n', "local"), NONE),
    ("", remote('    path = "x"\n', "pg"), "the backend 'pg' is not compared"),
]


@pytest.mark.parametrize(("backend", "data", "why"), UNEQUAL)
def test_another_place_or_one_that_is_not_known(tmp_path: Path, backend: str, data: str, why: str) -> None:
    files = {"net/main.tf": backend + OUTPUT, "app/main.tf": data + grant()}
    assert reason(principals(tmp_path, files)["app"]) == why


def test_a_place_that_several_root_modules_name(tmp_path: Path) -> None:
    files = {"net/main.tf": GCS + OUTPUT, "copy/main.tf": GCS + OUTPUT, "app/main.tf": SAME + grant()}
    assert reason(principals(tmp_path, files)["app"]) == "more than one root module here keeps its state there"


def test_each_workspace_has_a_state_of_its_own(tmp_path: Path) -> None:
    def reader(workspace: str) -> str:
        return remote('    bucket = "states"\n    prefix = "net"\n', more=f"  workspace = {workspace}\n") + grant()

    files = {
        "net/main.tf": GCS + 'output "who" {\n  value = "user:${terraform.workspace}@example.com"\n}\n',
        "app/main.tf": reader('"prod"'),
        "web/main.tf": SAME + grant(),
    }
    assert principals(tmp_path, files) == {"app": "user:prod@example.com", "web": "user:default@example.com"}
    (tmp_path / "web" / "main.tf").write_text(reader("var.env"))
    found = principals(tmp_path, {})["web"]
    assert reason(found).startswith("where it is kept is not known: ")
    (tmp_path / "web" / "main.tf").write_text(reader("terraform.workspace"))
    assert principals(tmp_path, {}, workspace="test")["web"] == "user:test@example.com"
    found = principals(tmp_path, {})["web"]
    assert isinstance(found, Unknown)
    assert found.prefix == "user:"


def test_settings_of_each_root_module_are_its_own(tmp_path: Path) -> None:
    files = {
        "net/main.tf": GCS + 'variable "who" {}\noutput "who" {\n  value = var.who\n}\n',
        "net/terraform.tfvars": 'who = "user:ana@example.com"\n',
        "app/main.tf": 'variable "who" {}\n' + SAME + grant(),
        "app/terraform.tfvars": 'who = "user:bob@example.com"\n',
    }
    assert principals(tmp_path, files) == {"app": "user:ana@example.com"}


def test_what_is_known_after_apply_there_is_no_reference_here(tmp_path: Path) -> None:
    account = 'resource "google_service_account" "ci" {\n  account_id = "ci"\n}\n'
    files = {
        "net/main.tf": GCS + account + 'output "ci" {\n  value = { all = [google_service_account.ci] }\n}\n',
        "app/main.tf": SAME + account + grant("data.terraform_remote_state.net.outputs.ci.all[0].member"),
    }
    found = principals(tmp_path, files)["app"]
    assert isinstance(found, Unknown)
    assert found.text == ("serviceAccount:${data.terraform_remote_state.net.outputs/google_service_account.ci.email}")
    assert found.reason == "the project is set neither here nor in the provider block"


def test_an_output_that_is_not_there_may_still_be_in_the_state(tmp_path: Path) -> None:
    files = {
        "net/main.tf": GCS + OUTPUT,
        "app/main.tf": SAME + grant('try(data.terraform_remote_state.net.outputs.gone, "user:bob@example.com")'),
    }
    found = principals(tmp_path, files)["app"]
    assert isinstance(found, Unknown)
    assert found.reason == "the root module whose state it is has no output 'gone'"


def test_states_that_read_each_other_end(tmp_path: Path) -> None:
    def half(own: str, other: str) -> str:
        data = remote(f'    bucket = "states"\n    prefix = "{other}"\n')
        output = 'output "who" {\n  value = data.terraform_remote_state.net.outputs.who\n}\n'
        return GCS.replace('"net"', f'"{own}"') + data + output + grant()

    found = principals(tmp_path, {"a/main.tf": half("a", "b"), "b/main.tf": half("b", "a")})
    assert [isinstance(one, Unknown) and "refers to itself" in one.reason for one in found.values()] == [True, True]


def test_a_root_module_does_not_read_its_own_state(tmp_path: Path) -> None:
    found = principals(tmp_path, {"net/main.tf": GCS + OUTPUT + SAME + grant()})["net"]
    assert reason(found) == "it is the state of the root module that reads it"


def test_an_output_of_hostile_size_is_not_copied(tmp_path: Path) -> None:
    doubled = "".join(f"  l{n} = [local.l{n - 1}, local.l{n - 1}]\n" for n in range(1, 60))
    huge = f'locals {{\n  l0 = ["x"]\n{doubled}}}\noutput "who" {{\n  value = local.l59\n}}\n'
    found = principals(tmp_path, {"net/main.tf": GCS + huge, "app/main.tf": SAME + grant()})["app"]
    assert isinstance(found, Unknown)
    assert "larger than iamlint evaluates" in found.reason


def test_what_cannot_be_followed_is_said_once(tmp_path: Path) -> None:
    missing = 'module "gone" {\n  source = "example.com/gone"\n}\n'
    for name, text in {"net": GCS + missing + OUTPUT, "app": SAME + grant(), "web": SAME + grant()}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text(text)
    facts = read([tmp_path], Options()).facts
    assert len([fact for fact in facts if fact.declared.type == "module"]) == 1
