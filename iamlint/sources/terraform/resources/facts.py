"""Converts instances to facts: which types matter, and the facts of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from importlib import import_module
from itertools import chain

from iamlint.basics.lazy_regex import regex
from iamlint.facts import (
    AccessSetting,
    Bucket,
    Fact,
    KubernetesAccount,
    Perimeter,
    ProjectReference,
    TagBinding,
    TagKey,
    TagValue,
    UnreadPart,
)
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.ignored import CLOSING, ignored
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.attachments import attaches, attachments
from iamlint.sources.terraform.resources.families import family_of

State = Callable[[Instance], Iterator[Fact]]

_PROVIDERS = ("google", "google-beta")
_RESOURCES: dict[str, str] = {
    "google_service_account": "identities.accounts.service_account",
    "google_service_account_key": "identities.keys.service_account_key",
    "google_storage_hmac_key": "identities.keys.hmac_key",
    "google_apikeys_key": "identities.keys.api_key",
    "google_iam_workload_identity_pool": "identities.federation.workload_pool",
    "google_iam_workload_identity_pool_provider": "identities.federation.workload_provider",
    "google_iam_workforce_pool": "identities.federation.workforce_pool",
    "google_iam_workforce_pool_provider": "identities.federation.workforce_provider",
    "google_project_iam_custom_role": "policies.custom_roles.project_role",
    "google_organization_iam_custom_role": "policies.custom_roles.organization_role",
    "google_project": "projects.project",
    "google_folder": "projects.folder",
    "google_project_iam_member_remove": "policies.grants.member_removal",
    "google_project_service": "projects.project_service",
    "google_project_default_service_accounts": "projects.default_accounts",
    "google_project_iam_audit_config": "policies.audit.audit_config",
    "google_folder_iam_audit_config": "policies.audit.audit_config",
    "google_organization_iam_audit_config": "policies.audit.audit_config",
    "google_org_policy_policy": "policies.org_policies.org_policy",
    "google_project_organization_policy": "policies.org_policies.older_org_policy",
    "google_folder_organization_policy": "policies.org_policies.older_org_policy",
    "google_organization_policy": "policies.org_policies.older_org_policy",
    "google_bigquery_dataset": "policies.access_lists.dataset",
    "google_bigquery_dataset_access": "policies.access_lists.dataset_access",
    "google_bigquery_row_access_policy": "policies.grantees.row_access_policy",
    "google_bigquery_datapolicyv2_data_policy": "policies.grantees.data_policy",
    "google_dataplex_data_asset": "policies.grantees.data_asset",
    "google_dataplex_data_product_data_asset": "policies.grantees.data_asset",
    "google_storage_bucket_acl": "policies.access_lists.bucket_acl",
    "google_storage_bucket_access_control": "policies.access_lists.bucket_access_control",
    "google_storage_default_object_acl": "policies.access_lists.default_object_acl",
    "google_storage_default_object_access_control": "policies.access_lists.default_object_access_control",
    "google_storage_object_acl": "policies.access_lists.object_acl",
    "google_storage_object_access_control": "policies.access_lists.object_access_control",
    "kubernetes_manifest": "identities.manifests.manifest",
    "kubectl_manifest": "identities.manifests.manifest",
    "kubernetes_manifest_v1": "identities.manifests.manifest",
    "k8s_manifest": "identities.manifests.manifest",
    "kustomization_resource": "identities.manifests.manifest",
    "google_iam_deny_policy": "policies.denials.denials",
    "google_privileged_access_manager_entitlement": "policies.entitlements.entitlement",
    "google_iam_principal_access_boundary_policy": "policies.boundaries.boundary",
    "google_cloud_identity_group": "identities.groups.group",
    "google_cloud_identity_group_membership": "identities.groups.membership",
    "googleworkspace_group": "identities.groups.group",
    "googleworkspace_group_member": "identities.groups.workspace_member",
    "googleworkspace_group_members": "identities.groups.workspace_members",
    "google_iam_projects_policy_binding": "policies.boundaries.boundary_binding",
    "google_iam_folders_policy_binding": "policies.boundaries.boundary_binding",
    "google_iam_organizations_policy_binding": "policies.boundaries.boundary_binding",
    "google_access_context_manager_service_perimeter": "policies.perimeters.perimeter",
    "google_access_context_manager_service_perimeters": "policies.perimeters.perimeters",
    "google_access_context_manager_service_perimeter_resource": "policies.perimeters.perimeter_resource",
    "google_storage_bucket": "policies.settings.bucket",
    "google_tags_tag_key": "tags.tag_key",
    "google_tags_tag_value": "tags.tag_value",
    "google_tags_tag_binding": "tags.tag_binding",
    "google_tags_location_tag_binding": "tags.tag_binding",
    "kubernetes_service_account": "identities.kubernetes.kubernetes_account",
    "kubernetes_service_account_v1": "identities.kubernetes.kubernetes_account",
    "kubernetes_default_service_account": "identities.kubernetes.kubernetes_account",
    "kubernetes_default_service_account_v1": "identities.kubernetes.kubernetes_account",
    "kubernetes_annotations": "identities.kubernetes.kubernetes_annotations",
}
"""The function that yields the facts of a type of resource, by its module in this package."""
ACCESS_LISTS = frozenset(
    kind
    for kind, named in _RESOURCES.items()
    if named.startswith("policies.access_lists.") and kind != "google_bigquery_dataset"
)
"""Types of resources that are only access lists."""
_ALSO: dict[str, str] = {
    "google_cloud_run_v2_service": "policies.settings.run_service",
    "google_cloud_run_service": "policies.settings.older_run_service",
    "google_project": "tags.project_tags",
    "google_folder": "tags.folder_tags",
}
"""Further facts of types that have others, too."""
_DATA: dict[str, str] = {
    "google_service_account_access_token": "identities.tokens.token_impersonation",
    "google_service_account_id_token": "identities.tokens.token_impersonation",
    "google_service_account_jwt": "identities.tokens.token_impersonation",
    "terraform_remote_state": "identities.tokens.state_impersonation",
    "google_project": "projects.found_project",
    "google_bigquery_default_service_account": "projects.project_of_account",
    "google_compute_default_service_account": "projects.project_of_account",
    "google_storage_project_service_account": "projects.project_of_account",
    "google_storage_transfer_project_service_account": "projects.project_of_account",
    "google_folder": "projects.found_folder",
    "google_active_folder": "projects.found_folder",
    "google_organization": "projects.found_organization",
    "google_tags_tag_key": "tags.tag_key",
    "google_tags_tag_value": "tags.tag_value",
}


def is_wanted(mode: str, kind: str) -> bool:
    """Whether instances of a type have facts; ``mode`` is "managed", "data", "ephemeral", "provider" or "backend"."""
    return _state(mode, kind) is not None


@lru_cache(maxsize=4096)
def _state(mode: str, kind: str) -> State | None:
    match mode:
        case "managed":
            named = _RESOURCES.get(kind)
            first = _loaded(named) if named else _by_name(kind)
            also = _loaded(_ALSO[kind]) if kind in _ALSO else None
            return (lambda instance: chain(first(instance), also(instance))) if first and also else first
        case "provider":
            return _loaded("identities.tokens.provider_impersonation") if kind in _PROVIDERS else None
        case "backend":
            return _loaded("identities.tokens.backend_impersonation")
        case _:
            return _loaded(_DATA[kind]) if kind in _DATA else None


def _loaded(name: str) -> State:
    """Return a function by its name in this package; few modules have resources of more than a few kinds."""
    module, _, function = name.rpartition(".")
    found: State = getattr(import_module(f"{__package__}.{module}"), function)
    return found


def _by_name(kind: str) -> State | None:
    if attaches(kind):
        return attachments
    match family_of(kind):
        case None:
            return _unread if _OF_IAM.match(kind) and kind not in _WITHOUT_GRANTS else None
        case _, "policy":
            return _policy
        case _:
            return _loaded("policies.grants.grants")


_OF_IAM = regex(
    r"google_([a-z0-9_]+_)?iam_([a-z0-9_]+_)?(members?|bindings?|polic(?:y|ies)|grants?|access)(_[a-z0-9]+)*\Z"
    r"|google_iam_[a-z0-9_]+\Z",
    re.IGNORECASE,
)
"""The names of types that grant or remove access, or are IAM's own, including those of a newer provider."""
_WITHOUT_GRANTS = frozenset(
    f"google_iam_{name}"
    for name in (
        "access_boundary_policy",  # of credentials that are downscoped
        "oauth_client",
        "oauth_client_credential",
        "workforce_pool_provider_key",
        "workforce_pool_provider_scim_tenant",
        "workforce_pool_provider_scim_token",
        "workload_identity_pool_managed_identity",
        "workload_identity_pool_namespace",
    )
)
"""Types of IAM without access. Source: the resources of the providers google and google-beta 7.

https://registry.terraform.io/providers/hashicorp/google/latest/docs
"""


def _unread(instance: Instance) -> Iterator[Fact]:
    yield UnreadPart(f"iamlint does not read resources of the type {instance.type}", declaration(instance))


def _policy(instance: Instance) -> Iterator[Fact]:
    of_audit = _loaded("policies.audit.audit_configs_of_policy")
    return chain(_loaded("policies.grants.grants")(instance), of_audit(instance))


_LIMITS = (AccessSetting, Bucket, KubernetesAccount, Perimeter, ProjectReference, TagBinding, TagKey, TagValue)
"""Facts that only add to others: an unknown number of them is not reported separately."""


def _says(stated: list[Fact], reason: str) -> bool:
    """Whether nothing is read of an instance for this reason."""
    return all(isinstance(fact, UnreadPart) and fact.reason.endswith(reason) for fact in stated)


def facts_of(instance: Instance) -> Iterator[Fact]:
    """Yield the facts of an instance.

    An instance that represents an unknown number yields facts with an address that ends in ``[*]``, and an unread part
    that says why the number is unknown; an instance without facts yields no unread part.
    If an existing resource may differ in what decides about access, an unread part says so. A resource that closes
    grants has none: these grants say it.
    """
    state = _state(instance.mode, instance.type)
    stated = list(state(instance)) if state else []
    gives = any(not isinstance(fact, _LIMITS) for fact in stated)
    if gives and instance.symbolic and not _says(stated, instance.symbolic.reason):
        reason = f"how many instances of {instance.address} there are is not known: {instance.symbolic.reason}"
        yield UnreadPart(reason, declaration(instance), unread=False)
    if gives and instance.uncertain:
        yield UnreadPart(declaration(instance).uncertain, declaration(instance), unread=False)
    if stated and instance.type not in CLOSING and ignored(instance):
        declared = declaration(instance)
        yield UnreadPart(declared.loose, declared)
    yield from stated
