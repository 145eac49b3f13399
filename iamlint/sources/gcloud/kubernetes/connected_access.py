"""Access lists in Config Connector's documents: BigQuery's datasets, and entries of Cloud Storage's ACLs.

Source: https://cloud.google.com/config-connector/docs/reference/overview
"""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.documents.parts import first, get, has, items, text
from iamlint.documents.values import Value
from iamlint.facts import Declaration, Grant, Place, Resource, Text
from iamlint.principals import read_principal
from iamlint.sources.access_entries import (
    NAMED_BY,
    NO_PRINCIPAL,
    OF_BUCKET,
    OF_DATASET,
    OF_OBJECT,
    principal_named_by,
    principal_of_entity,
)
from iamlint.sources.gcloud.resources.policies import condition_of
from iamlint.unknown import Unknown

_PARTS = {"".join(word.title() if n else word for n, word in enumerate(one.split("_"))): one for one in NAMED_BY}
"""Config Connector's field names (``userByEmail``) and Terraform's names for the same."""
_CONTROLS = {
    "StorageBucketAccessControl": ("storage_bucket", OF_BUCKET),
    "StorageDefaultObjectAccessControl": ("storage_default_object", OF_OBJECT),
}


def dataset_access(spec: Value, dataset: str, declared: Declaration) -> Iterator[Grant]:
    """Yield the ``access`` of a BigQueryDataset. Views, routines and datasets are not principals."""
    for entry in items(get(spec, "access")):
        part = next((name for name in _PARTS if text(get(entry, name))), None)
        if part is None and any(has(entry, name) for name in NO_PRINCIPAL):
            continue
        named = get(entry, part) if part else entry
        principal: Text = Unknown("the entry names no principal")
        if part:
            principal = principal_named_by(_PARTS[part], text(named) or "")
        written = get(entry, "role")
        role = text(written)
        yield Grant(
            principal=read_principal(principal),
            role=OF_DATASET.get(role, role) if role else Unknown("the entry has no role"),
            resource=Resource("bigquery_dataset", dataset),
            origin="export",
            declared=declared,
            principal_place=Place(named.location),
            role_place=Place((written if written.at else entry).location),
            resource_place=Place(declared.at),
            condition=condition_of(get(entry, "condition")),
        )


def access_control(kind: str, spec: Value, declared: Declaration) -> Iterator[Grant]:
    """Yield the ACL entry of a document of one of these kinds; nothing for other kinds."""
    if kind not in _CONTROLS:
        return
    family, roles = _CONTROLS[kind]
    bucket, entity, written = get(spec, "bucketRef"), get(spec, "entity"), get(spec, "role")
    name, role = text(first(bucket, "external", "name")), text(written)
    yield Grant(
        principal=read_principal(principal_of_entity(text(entity) or Unknown("the entry names nobody"))),
        role=roles.get(role, role) if role else Unknown("the entry has no role"),
        resource=Resource(family, name or Unknown("the entry names no bucket")),
        origin="export",
        declared=declared,
        principal_place=Place((entity if entity.at else spec).location),
        role_place=Place((written if written.at else spec).location),
        resource_place=Place((bucket if bucket.at else spec).location),
    )
