"""The resource types that grant roles, recognised by their names, and the resource that each grants on.

Every family of the provider has the same shape: ``google_F_iam_member`` (role, member, condition), ``_binding`` (role,
members, condition) and ``_policy`` (policy_data); the other arguments name the resource. Source: the provider's schema,
https://registry.terraform.io/providers/hashicorp/google/latest/docs
"""

from __future__ import annotations

from functools import lru_cache
from typing import Literal

from iamlint.basics.lazy_regex import regex
from iamlint.facts import Place, Resource, Text
from iamlint.sources.terraform.instances.arguments import Placed, named, placed_text, text_of
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.projects import default_project
from iamlint.unknown import Unknown, UnknownPart, join_texts, without_prefix

Form = Literal["member", "binding", "policy"]

_TYPE = regex(r"google_(?P<family>[a-z0-9_]+)_iam_(?P<form>member|binding|policy)\Z")
_FORMS: dict[str, Form] = {"member": "member", "binding": "binding", "policy": "policy"}

NOT_THE_TARGET = frozenset(
    {"role", "member", "members", "policy_data", "condition", "id", "etag", "timeouts", "deletion_policy"}
)
"""Arguments of a grant that do not name its resource."""

_WITHOUT_PROJECT = frozenset(
    [
        "access_context_manager_access_policy",
        "apigee_environment",
        "billing_account",
        "compute_firewall_policy",
        "data_catalog_policy_tag",
        "endpoints_service",
        "endpoints_service_consumers",
        "folder",
        "healthcare_consent_store",
        "healthcare_dataset",
        "healthcare_dicom_store",
        "healthcare_fhir_store",
        "healthcare_hl7_v2_store",
        "iam_workforce_pool",
        "kms_crypto_key",
        "kms_key_ring",
        "logging_log_view",
        "organization",
        "scc_source",
        "scc_v2_organization_source",
        "service_account",
        "service_directory_namespace",
        "service_directory_service",
        "storage_bucket",
        "storage_managed_folder",
        "tags_tag_key",
        "tags_tag_value",
        "vertex_ai_featurestore_entitytype",
    ]
)
"""The families without a ``project`` argument; in all others it is optional and defaults to the provider's."""

_PROVIDERS_OWN = {
    "region": frozenset(
        [
            "api_gateway_gateway",
            "cloudfunctions_function",
            "compute_region_backend_bucket",
            "compute_region_backend_service",
            "compute_region_disk",
            "compute_region_instant_snapshot",
            "compute_region_network_firewall_policy",
            "compute_subnetwork",
            "data_catalog_entry_group",
            "data_catalog_tag_template",
            "data_catalog_taxonomy",
            "data_fusion_instance",
            "dataform_repository",
            "dataproc_cluster",
            "dataproc_job",
            "iap_tunnel_dest_group",
            "iap_web_region_backend_service",
            "iap_web_region_forwarding_rule_service",
            "vertex_ai_feature_group",
            "vertex_ai_feature_online_store",
            "vertex_ai_feature_online_store_featureview",
            "vertex_ai_featurestore",
            "vertex_ai_reasoning_engine",
        ]
    ),
    "zone": frozenset(
        [
            "compute_disk",
            "compute_instance",
            "compute_instant_snapshot",
            "compute_storage_pool",
            "iap_tunnel_instance",
        ]
    ),
}
"""The families whose region or zone defaults to the provider's, as its schema has them as optional."""

_OUTER_FIRST = [
    "project",
    "org_id",
    "organization",
    "parent",
    "location",
    "region",
    "zone",
    "collection_id",
    "catalog",
    "namespace",
    "dataset",
    "dataset_id",
    "table_id",
    "data_exchange_id",
    "bucket",
    "lake",
    "dataplex_zone",
    "instance",
    "instance_name",
    "service_id",
    "database_id",
    "database",
    "api",
    "app_id",
    "service",
    "featurestore",
    "feature_online_store",
    "repository_group_id",
    "security_gateway_id",
    "security_gateways_id",
    "service_name",
    "workstation_cluster_id",
    "workstation_config_id",
]
"""Arguments that name a container of the resource, the outermost first; others come last."""
_RANK = {name: rank for rank, name in enumerate(_OUTER_FIRST)}

_SELF_LINK = tuple(
    f"https://{host}/compute/{of}/"
    for host in ("www.googleapis.com", "compute.googleapis.com")
    for of in ("v1", "beta")
)
"""How Compute Engine begins the link to a resource; what follows is its full name."""
_FULL_NAME = ("projects/", "organizations/", "folders/", "//")


@lru_cache(maxsize=4096)
def family_of(kind: str) -> tuple[str, Form] | None:
    """Return the family and form of a resource type; None if it does not grant roles.

    ``google_iam_projects_policy_binding`` and similar types end differently: they bind boundary policies.
    """
    match = _TYPE.match(kind)
    return (match["family"], _FORMS[match["form"]]) if match else None


def resource_of(instance: Instance, family: str) -> tuple[Resource, Place]:
    """Return the resource of an instance's grants, and where it is written."""
    from iamlint.sources.terraform.resources.identities.accounts import account_name

    match family:
        case "project":
            project, place = default_project(instance)
            return Resource("project", project), place
        case "folder":
            return _container(instance, "folder", "folder", "folders/")
        case "organization":
            return _container(instance, "organization", "org_id", "organizations/")
        case "service_account":
            name, place = _required(instance, "service_account_id")
            return Resource("service_account", account_name(name)), place
        case _:
            return _other(instance, family)


def _container(instance: Instance, kind: str, argument: str, prefix: str) -> tuple[Resource, Place]:
    name, place = _required(instance, argument)
    return Resource(kind, without_prefix(name, prefix)), place


def _required(instance: Instance, argument: str) -> Placed:
    found = placed_text(instance.body, argument)
    if found:
        text, place = found
        if isinstance(text, str) or text.parts:
            return text, place
        return Unknown(text.reason, (UnknownPart(f"{instance.address}.{argument}"),)), place
    return Unknown(f"{argument} is not set"), Place(instance.body.at.location)


def _other(instance: Instance, family: str) -> tuple[Resource, Place]:
    """Return the joined arguments that name the resource; only the last one if it is a full name."""
    parts: list[Placed] = []
    if family not in _WITHOUT_PROJECT or "project" in instance.body.arguments:
        parts.append(default_project(instance))
    named_by: dict[str, Placed] = {}
    for name in set(instance.body.arguments) - NOT_THE_TARGET - {"project"}:
        value = instance.body.value(name)
        if text_of(value) is not None and not isinstance(value.data, dict | tuple):
            text, at = _required(instance, name)
            named_by[name] = without_prefix(text, "b/") if name == "bucket" else text, at  # the provider's form of ids
    inherited = location_of_provider(instance, family)
    if inherited:
        named_by.setdefault(*inherited)
    parts += [named_by[name] for name in sorted(named_by, key=_rank)]
    if not parts:
        return Resource(family, Unknown("nothing here names the resource")), Place(instance.body.at.location)
    own, place = parts[-1]
    own = without_prefix(own, *_SELF_LINK)
    if (own if isinstance(own, str) else own.prefix).startswith(
        "v1/projects/"
    ):  # a state of google_cloud_run_service_iam
        own = without_prefix(own, "v1/")
    if _is_full(own):
        return Resource(family, own), place
    return Resource(family, join_texts(*[part for text, _ in parts for part in ("/", text)][1:])), place


def location_of_provider(instance: Instance, family: str) -> tuple[str, Placed] | None:
    """Return the argument that a resource takes from its provider if it has none, and its text: a region, or a zone.

    None if the provider has none either: it is that of the environment, for all providers.
    """
    argument = next((name for name, families in _PROVIDERS_OWN.items() if family in families), None)
    provider = instance.provider
    found = placed_text(provider.body, argument) if provider and argument else None
    if provider is None or found is None or found[0] == "":
        return None
    text = named(found[0], f"{provider.address}.{argument}", f"{argument} is not set")
    return str(argument), (text, Place(instance.body.at.location, found[1].at))


def _rank(name: str) -> tuple[int, str]:
    return _RANK.get(name, len(_RANK)), name


def _is_full(text: Text) -> bool:
    return (text if isinstance(text, str) else text.prefix).startswith(_FULL_NAME)
