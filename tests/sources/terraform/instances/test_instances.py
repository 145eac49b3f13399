"""Facts of every type are read and shown, for any content of a block."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Generic, TypeVar

import pytest

from iamlint.documents.values import Lazy, SetOf, Value
from iamlint.location import SourceText, Span
from iamlint.reporters.listings.facts import facts_json, facts_text
from iamlint.sources.terraform.instances.instance import Argument, Body, Instance
from iamlint.sources.terraform.resources.attachments import TABLE, attaches
from iamlint.sources.terraform.resources.facts import facts_of, is_wanted
from iamlint.unknown import Unknown, UnknownPart

AT = Span(SourceText("main.tf", "a = 1\n"), 0, 5)
WHY = Unknown("var.x has no default and is not set", (UnknownPart("var.x"),))
ITEM = TypeVar("ITEM")

MANAGED = [
    "google_service_account",
    "google_service_account_key",
    "google_storage_hmac_key",
    "google_apikeys_key",
    "google_iam_workload_identity_pool",
    "google_iam_workload_identity_pool_provider",
    "google_iam_workforce_pool",
    "google_iam_workforce_pool_provider",
    "google_project_iam_custom_role",
    "google_organization_iam_custom_role",
    "google_project",
    "google_folder",
    "google_project_service",
    "google_project_iam_audit_config",
    "google_folder_iam_audit_config",
    "google_organization_iam_audit_config",
    "google_org_policy_policy",
    "google_project_organization_policy",
    "google_folder_organization_policy",
    "google_organization_policy",
    "google_iam_deny_policy",
    "google_iam_principal_access_boundary_policy",
    "google_iam_projects_policy_binding",
    "google_iam_folders_policy_binding",
    "google_iam_organizations_policy_binding",
    "google_project_iam_member",
    "google_storage_bucket_iam_binding",
    "google_folder_iam_policy",
    "google_compute_instance",
    "google_container_cluster",
    "google_dataproc_cluster",
    "google_cloud_run_v2_service",
]
DATA = [
    "google_service_account_access_token",
    "google_service_account_id_token",
    "google_service_account_jwt",
    "terraform_remote_state",
]
TYPES = [
    *(("managed", kind) for kind in MANAGED),
    *(("data", kind) for kind in DATA),
    ("provider", "google"),
    ("backend", "gcs"),
]

ODD = {
    "null": None,
    "empty": "",
    "text": "x",
    "slashes": "a/b//policies/",
    "number": Decimal("1.5"),
    "flag": True,
    "list": (Value("a"), Value(None), Value(WHY), Value((Value("b"),))),
    "set": SetOf((Value("a"), Value("b"))),
    "map": {"a": Value("b"), "c": Value(None), "d": Value(WHY), "": Value({})},
    "object": Lazy("local.x", Value, lambda: ["a"]),
    "unknown": Unknown("known after apply"),
    "reference": WHY,
    "prefixed": Unknown("known after apply", ("serviceAccount:", UnknownPart("google_service_account.x.email"))),
    "document": '{"bindings": 7, "auditConfigs": {"a": []}}',
    "xml": "<a entityID=''",
}


class Anything(Mapping[str, ITEM], Generic[ITEM]):
    """Has the same under every name."""

    def __init__(self, item: ITEM) -> None:
        self._item = item

    def __getitem__(self, name: str) -> ITEM:
        return self._item

    def __iter__(self) -> Iterator[str]:
        return iter(("name", "location"))

    def __len__(self) -> int:
        return 2


def bodies(data: Any) -> Iterator[Body]:
    """A value under every name, with no blocks, with blocks of the same in each other, with unknown ones."""
    arguments = Anything(Argument(Value(data, AT), AT))
    inner = Body(AT, arguments)
    yield inner
    for depth in range(8):
        inner = Body(AT, arguments, Anything((inner, inner) if depth < 2 else (inner,)))
    yield inner
    yield Body(AT, arguments, Anything(WHY))
    yield Body(AT, {}, Anything((Body(AT),)))


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(("mode", "kind"), TYPES)
def test_whatever_a_block_holds_is_read_and_shown(mode: Any, kind: str, odd: str) -> None:
    for body in bodies(ODD[odd]):
        facts = list(facts_of(Instance(mode, kind, "x", f"{kind}.x", body)))
        assert len(facts_json(facts).splitlines()) == len(facts_text(facts).splitlines()) == len(facts)


@pytest.mark.parametrize(("mode", "kind"), TYPES)
def test_every_type_that_is_read_here_is_wanted(mode: Any, kind: str) -> None:
    assert is_wanted(mode, kind)


def test_other_types_state_nothing() -> None:
    for mode, kind in [("managed", "google_compute_network"), ("data", "google_iam_policy"), ("provider", "aws")]:
        assert not is_wanted(mode, kind)
    assert attaches("google_compute_instance")
    assert TABLE.exists()


def test_an_unknown_number_of_instances_is_said() -> None:
    body = Body(AT, Anything(Argument(Value("x", AT), AT)))
    instance = Instance("managed", "google_folder", "f", "google_folder.f[*]", body, symbolic=WHY)
    unread_part, _ = facts_of(instance)
    assert WHY.reason in facts_json([unread_part])
