"""State files as Terraform keeps them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from iamlint.facts import Grant, Resource, ServiceAccount
from iamlint.sources import read
from iamlint.sources.reading import Options, Reading

MEMBER = "google_project_iam_member"


def instance(who: str = "user:ana@example.com", **more: Any) -> dict[str, Any]:
    attributes = {"project": "shop", "role": "roles/viewer", "member": who, "condition": []}
    return {"schema_version": 0, "attributes": attributes, "sensitive_attributes": [], **more}


def resource(*instances: Any, kind: str = MEMBER, **more: Any) -> dict[str, Any]:
    return {"mode": "managed", "type": kind, "name": "m", "provider": "p", "instances": list(instances), **more}


def state(*resources: Any, **more: Any) -> dict[str, Any]:
    return {
        "version": 4,
        "terraform_version": "1.11.4",
        "serial": 3,
        "lineage": "8fa1e93a",
        "outputs": {},
        "resources": list(resources),
        "check_results": None,
    } | more


def reading(tmp_path: Path, document: Any, name: str = "terraform.tfstate") -> Reading:
    (tmp_path / name).write_text(json.dumps(document, indent=2))
    return read([tmp_path], Options())


def grants(found: Reading) -> dict[str | None, str]:
    assert found.errors == []
    return {fact.declared.address: fact.principal.text for fact in found.facts if isinstance(fact, Grant)}


@pytest.mark.parametrize("name", ["terraform.tfstate", "prod.tfstate", "state.json"])
def test_a_state_is_read_where_it_lies(tmp_path: Path, name: str) -> None:
    whole = state(resource(instance()))
    for document in (whole, {key: whole[key] for key in ("version", "resources")}):  # Terraform reads both
        assert grants(reading(tmp_path, document, name)) == {f"{MEMBER}.m": "user:ana@example.com"}


@pytest.mark.parametrize(
    ("more", "key", "address"),
    [
        ({}, {"index_key": 0}, f"{MEMBER}.m[0]"),
        ({}, {"index_key": "a.b"}, f'{MEMBER}.m["a.b"]'),
        ({}, {"index_key": 'q"\\'}, f'{MEMBER}.m["q\\"\\\\"]'),
        ({"module": "module.a"}, {}, f"module.a.{MEMBER}.m"),
        ({"module": 'module.a["x"].module.b[1]'}, {"index_key": 2}, f'module.a["x"].module.b[1].{MEMBER}.m[2]'),
    ],
)
def test_addresses_are_those_of_terraform(
    tmp_path: Path, more: dict[str, Any], key: dict[str, Any], address: str
) -> None:
    assert list(grants(reading(tmp_path, state(resource(instance(**key), **more))))) == [address]


def test_tainted_and_left_objects_are_in_the_cloud(tmp_path: Path) -> None:
    objects = resource(instance(status="tainted"), instance("user:old@example.com", deposed="8a1b2c3d"))
    found = reading(tmp_path, state(objects))
    principals = [fact.principal.text for fact in found.facts if isinstance(fact, Grant)]
    assert principals == ["user:ana@example.com", "user:old@example.com"]


def test_a_grant_is_placed_on_its_value(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    found = reading(tmp_path, state(resource(instance(index_key="a"))))
    (grant,) = (fact for fact in found.facts if isinstance(fact, Grant))
    text = found.texts["terraform.tfstate"]
    assert '"member": "user:ana@example.com"' in text.line(grant.principal_place.at.line)
    assert '"index_key": "a"' in text.line(grant.declared.at.line)


def test_a_grant_lies_in_the_source_beside_it(tmp_path: Path) -> None:
    arguments = ('project = "shop"', 'role = "roles/viewer"', 'member = "user:ana@example.com"')
    (tmp_path / "main.tf").write_text("\n".join((f'resource "{MEMBER}" "m" {{', *arguments, "}")) + "\n")
    (tmp_path / "terraform.tfstate").write_text(json.dumps(state(resource(instance()))))
    found = read([tmp_path / "terraform.tfstate"], Options())
    (grant,) = (fact for fact in found.facts if isinstance(fact, Grant))
    assert (Path(grant.principal_place.at.path).name, grant.principal_place.at.line) == ("main.tf", 4)
    found = read([tmp_path], Options())
    assert len([fact for fact in found.facts if isinstance(fact, Grant)]) == 1


@pytest.mark.parametrize(
    ("family", "argument", "full"),
    [
        ("cloud_run_v2_service", "name", "projects/shop/locations/eu/services/web"),
        ("cloud_run_service", "service", "v1/projects/shop/locations/eu/services/web"),
        ("cloud_run_service", "service", "projects/shop/locations/eu/services/web"),
    ],
)
def test_the_full_name_of_a_resource_makes_no_second_grant(
    tmp_path: Path, family: str, argument: str, full: str
) -> None:
    kind = f"google_{family}_iam_member"
    values = {"project": "shop", "location": "eu", argument: "web", "role": "roles/run.invoker", "member": "allUsers"}
    body = "".join(f'  {name} = "{value}"\n' for name, value in values.items())
    (tmp_path / "main.tf").write_text(f'resource "{kind}" "m" {{\n{body}}}\n')
    found = reading(tmp_path, state(resource({"attributes": values | {argument: full, "condition": []}}, kind=kind)))
    (grant,) = (fact for fact in found.facts if isinstance(fact, Grant))
    assert grant.resource == Resource(family, "shop/eu/web")
    assert Path(grant.declared.at.path).name == "main.tf"


def test_data_sources_have_their_prefix(tmp_path: Path) -> None:
    account = resource(
        {"attributes": {"email": "ci@shop.iam.gserviceaccount.com", "account_id": "ci", "project": "shop"}},
        kind="google_service_account",
    )
    asked = resource({"attributes": {"project_id": "shop", "number": "1"}}, kind="google_project", mode="data")
    found = reading(tmp_path, state(account, asked))
    assert found.errors == []
    assert {fact.declared.address for fact in found.facts} == {"google_service_account.m", "data.google_project.m"}
    assert isinstance(found.facts[0], ServiceAccount)


def test_an_empty_state_is_fine(tmp_path: Path) -> None:
    found = reading(tmp_path, state())
    assert (found.facts, found.errors, found.files) == ([], [], 1)


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        (state(version=3, modules=[{"path": ["root"]}]), "this state has version 3; iamlint reads version 4"),
        (state(version=5), "this state has version 5; iamlint reads version 4"),
        (state(version="4"), 'this state has version "4"; iamlint reads version 4'),
        (state(version=None), "this state has no version; iamlint reads version 4"),
        (state(version=[4]), 'this state has version ["..."]; iamlint reads version 4'),
        (
            {"serial": 1, "lineage": "a", "meta": {}, "encrypted_data": "x", "encryption_version": "v0"},
            "this state is encrypted",
        ),
        ({"version": 3, "serial": 1, "lineage": "a", "backend": {}}, "this file names a backend; it is not a state"),
        (state(7), "resources[0]: expected an object, found a number"),
        (state(resource(7)), "resources[0].instances[0]: expected an object, found a number"),
        (state(resource(instance(index_key=[]))), "resources[0].instances[0].index_key: expected a number or a string"),
        (state(resource({"attributes_flat": {}})), 'resources[0].instances[0]: expected an object with "attributes"'),
        (state(resources={}), "resources: expected an array, found an object"),
    ],
)
def test_what_cannot_be_read_is_an_error(tmp_path: Path, document: Any, reason: str) -> None:
    found = reading(tmp_path, document)
    assert found.errors
    assert found.errors[0].reason.startswith(reason)
    assert found.errors[0].hint
    assert found.errors[0].at.path.endswith("terraform.tfstate")


def test_a_wrong_instance_leaves_the_others(tmp_path: Path) -> None:
    several = resource(instance(index_key=0), {"attributes": 1}, instance(index_key=2))
    found = reading(tmp_path, state(several, {"mode": "managed"}, resource(instance(), name="n")))
    assert [error.reason for error in found.errors] == [
        "resources[0].instances[1].attributes: expected an object, found a number",
        'resources[1]: expected an object with "type", found one without it',
    ]
    assert [fact.declared.address for fact in found.facts] == [f"{MEMBER}.m[0]", f"{MEMBER}.m[2]", f"{MEMBER}.n"]
