"""Principals that a resource of BigQuery or Dataplex names itself, without a resource of IAM.

Sources: https://cloud.google.com/bigquery/docs/managing-row-level-security#the_bigqueryfiltereddataviewer_role,
https://cloud.google.com/bigquery/docs/reference/bigquerydatapolicy/rest/v2/projects.locations.dataPolicies,
https://cloud.google.com/dataplex/docs/reference/rest/v1/projects.locations.dataProducts.dataAssets
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iamlint.facts import Grant, Text, UnreadPart
from iamlint.sources.terraform.instances.arguments import elements_of, placed_members
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.instance import Body, Instance
from iamlint.sources.terraform.resources.families import resource_of
from iamlint.sources.terraform.resources.identities.accounts import principal_of
from iamlint.unknown import Unknown

_NAMED_BY = ("project", "location", "dataset_id", "table_id", "policy_id", "data_policy_id")


def row_access_policy(instance: Instance) -> Iterator[Grant]:
    """Yield a grant for each grantee of a row access policy: BigQuery gives them a role on it."""
    yield from _grants(instance, "bigquery_row_access_policy", "roles/bigquery.filteredDataViewer")


def data_policy(instance: Instance) -> Iterator[Grant]:
    """Yield a grant for each grantee of a data policy; which role BigQuery gives them is not documented."""
    role = Unknown("no public list has the role that BigQuery gives a grantee of a data policy")
    yield from _grants(instance, "bigquery_datapolicyv2_data_policy", role)


def data_asset(instance: Instance) -> Iterator[UnreadPart]:
    """Yield an unread part for an asset with roles for the access groups of its data product."""
    blocks = instance.body.blocks_of("access_group_configs")
    if isinstance(blocks, Unknown) or any(_has_roles(block) for block in blocks):
        reason = f"{instance.address} grants roles to access groups of a data product, which iamlint does not follow"
        yield UnreadPart(reason, declaration(instance))


def _has_roles(block: Body) -> bool:
    roles = elements_of(block.value("iam_roles"))
    return isinstance(roles, Unknown) or bool(roles)


def _grants(instance: Instance, family: str, role: Text) -> Iterator[Grant]:
    body = instance.body
    if "grantees" not in body.arguments:
        return
    named = {name: body.arguments[name] for name in _NAMED_BY if name in body.arguments}
    resource, place = resource_of(replace(instance, body=Body(body.at, named)), family)
    declared = declaration(instance)
    for (text, at), span, doubt in placed_members(body, "grantees"):
        yield Grant(
            principal=principal_of(text, span),
            role=role,
            resource=resource,
            origin="member",
            declared=replace(declared, uncertain=doubt) if doubt else declared,
            principal_place=at,
            role_place=at,
            resource_place=place,
            condition=None,
        )
