"""Converts instances to facts: which types matter, and the facts of each."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import chain

from iamlint.facts import AccessSetting, Fact, KubernetesAccount, Perimeter, TagBinding, TagKey, TagValue, UnreadPart
from iamlint.lazy_regex import regex
from iamlint.sources.terraform.instances.declarations import declaration
from iamlint.sources.terraform.instances.ignored import CLOSING, ignored
from iamlint.sources.terraform.instances.instance import Instance
from iamlint.sources.terraform.resources.attachments import attaches, attachments
from iamlint.sources.terraform.resources.families import family_of
from iamlint.sources.terraform.resources.identities.accounts import service_account
from iamlint.sources.terraform.resources.identities.federation import (
    workforce_pool,
    workforce_provider,
    workload_pool,
    workload_provider,
)
from iamlint.sources.terraform.resources.identities.groups import group, membership, workspace_member, workspace_members
from iamlint.sources.terraform.resources.identities.keys import api_key, hmac_key, service_account_key
from iamlint.sources.terraform.resources.identities.kubernetes import kubernetes_account, kubernetes_annotations
from iamlint.sources.terraform.resources.identities.manifests import ARGUMENTS as MANIFESTS
from iamlint.sources.terraform.resources.identities.manifests import manifest
from iamlint.sources.terraform.resources.identities.tokens import (
    PROVIDERS,
    TOKENS,
    backend_impersonation,
    provider_impersonation,
    state_impersonation,
    token_impersonation,
)
from iamlint.sources.terraform.resources.policies import access_lists, settings
from iamlint.sources.terraform.resources.policies.audit import audit_config, audit_configs_of_policy
from iamlint.sources.terraform.resources.policies.boundaries import boundary, boundary_binding
from iamlint.sources.terraform.resources.policies.custom_roles import organization_role, project_role
from iamlint.sources.terraform.resources.policies.denials import denials
from iamlint.sources.terraform.resources.policies.entitlements import entitlement
from iamlint.sources.terraform.resources.policies.grants import grants, member_removal
from iamlint.sources.terraform.resources.policies.org_policies import older_org_policy, org_policy
from iamlint.sources.terraform.resources.policies.perimeters import perimeter, perimeter_resource, perimeters
from iamlint.sources.terraform.resources.projects import (
    default_accounts,
    folder,
    found_folder,
    found_organization,
    found_project,
    project,
    project_service,
)
from iamlint.sources.terraform.resources.tags import folder_tags, project_tags, tag_binding, tag_key, tag_value

State = Callable[[Instance], Iterator[Fact]]

_RESOURCES: dict[str, State] = {
    "google_service_account": service_account,
    "google_service_account_key": service_account_key,
    "google_storage_hmac_key": hmac_key,
    "google_apikeys_key": api_key,
    "google_iam_workload_identity_pool": workload_pool,
    "google_iam_workload_identity_pool_provider": workload_provider,
    "google_iam_workforce_pool": workforce_pool,
    "google_iam_workforce_pool_provider": workforce_provider,
    "google_project_iam_custom_role": project_role,
    "google_organization_iam_custom_role": organization_role,
    "google_project": project,
    "google_folder": folder,
    "google_project_iam_member_remove": member_removal,
    "google_project_service": project_service,
    "google_project_default_service_accounts": default_accounts,
    "google_project_iam_audit_config": audit_config,
    "google_folder_iam_audit_config": audit_config,
    "google_organization_iam_audit_config": audit_config,
    "google_org_policy_policy": org_policy,
    "google_project_organization_policy": older_org_policy,
    "google_folder_organization_policy": older_org_policy,
    "google_organization_policy": older_org_policy,
    "google_bigquery_dataset": access_lists.dataset,
    "google_bigquery_dataset_access": access_lists.dataset_access,
    "google_storage_bucket_acl": access_lists.bucket_acl,
    "google_storage_bucket_access_control": access_lists.bucket_access_control,
    "google_storage_default_object_acl": access_lists.default_object_acl,
    "google_storage_default_object_access_control": access_lists.default_object_access_control,
    "google_storage_object_acl": access_lists.object_acl,
    "google_storage_object_access_control": access_lists.object_access_control,
    **dict.fromkeys(MANIFESTS, manifest),
    "google_iam_deny_policy": denials,
    "google_privileged_access_manager_entitlement": entitlement,
    "google_iam_principal_access_boundary_policy": boundary,
    "google_cloud_identity_group": group,
    "google_cloud_identity_group_membership": membership,
    "googleworkspace_group": group,
    "googleworkspace_group_member": workspace_member,
    "googleworkspace_group_members": workspace_members,
    "google_iam_projects_policy_binding": boundary_binding,
    "google_iam_folders_policy_binding": boundary_binding,
    "google_iam_organizations_policy_binding": boundary_binding,
    "google_access_context_manager_service_perimeter": perimeter,
    "google_access_context_manager_service_perimeters": perimeters,
    "google_access_context_manager_service_perimeter_resource": perimeter_resource,
    "google_storage_bucket": settings.bucket,
    "google_tags_tag_key": tag_key,
    "google_tags_tag_value": tag_value,
    "google_tags_tag_binding": tag_binding,
    "google_tags_location_tag_binding": tag_binding,
    "kubernetes_service_account": kubernetes_account,
    "kubernetes_service_account_v1": kubernetes_account,
    "kubernetes_default_service_account": kubernetes_account,
    "kubernetes_default_service_account_v1": kubernetes_account,
    "kubernetes_annotations": kubernetes_annotations,
}
_ALSO: dict[str, State] = {
    "google_cloud_run_v2_service": settings.run_service,
    "google_cloud_run_service": settings.older_run_service,
    "google_project": project_tags,
    "google_folder": folder_tags,
}
"""Further facts of types that have others, too."""
_DATA: dict[str, State] = {
    **dict.fromkeys(TOKENS, token_impersonation),
    "terraform_remote_state": state_impersonation,
    "google_project": found_project,
    "google_folder": found_folder,
    "google_active_folder": found_folder,
    "google_organization": found_organization,
    "google_tags_tag_key": tag_key,
    "google_tags_tag_value": tag_value,
}


def is_wanted(mode: str, kind: str) -> bool:
    """Whether instances of a type have facts; ``mode`` is "managed", "data", "ephemeral", "provider" or "backend"."""
    return _state(mode, kind) is not None


@lru_cache(maxsize=4096)
def _state(mode: str, kind: str) -> State | None:
    match mode:
        case "managed":
            first, also = _RESOURCES.get(kind) or _by_name(kind), _ALSO.get(kind)
            return (lambda instance: chain(first(instance), also(instance))) if first and also else first
        case "provider":
            return provider_impersonation if kind in PROVIDERS else None
        case "backend":
            return backend_impersonation
        case _:
            return _DATA.get(kind)


def _by_name(kind: str) -> State | None:
    if attaches(kind):
        return attachments
    match family_of(kind):
        case None:
            return _unread if _OF_IAM.match(kind) else None
        case _, "policy":
            return _policy
        case _:
            return grants


_OF_IAM = regex(r"google_([a-z0-9_]+_)?iam_([a-z0-9_]+_)?(member|binding|policy)(_[a-z0-9]+)*\Z", re.IGNORECASE)
"""The names of types that grant or remove access, including those of a newer provider."""


def _unread(instance: Instance) -> Iterator[Fact]:
    yield UnreadPart(f"iamlint does not read resources of the type {instance.type}", declaration(instance))


def _policy(instance: Instance) -> Iterator[Fact]:
    return chain(grants(instance), audit_configs_of_policy(instance))


_LIMITS = (AccessSetting, KubernetesAccount, Perimeter, TagBinding, TagKey, TagValue)
"""Facts that only say more about others: how many of them there are is no question of its own."""


def facts_of(instance: Instance) -> Iterator[Fact]:
    """Yield the facts of an instance.

    An instance that stands for an unknown number yields facts with an address that ends in ``[*]``, and an unread part
    that says why the number is unknown; an instance without facts yields no unread part.
    If an existing resource may differ in what decides about access, an unread part says so. A resource that closes
    grants has none: these grants say it.
    """
    state = _state(instance.mode, instance.type)
    stated = list(state(instance)) if state else []
    gives = any(not isinstance(fact, _LIMITS) for fact in stated)
    if gives and instance.symbolic:
        reason = f"how many instances of {instance.address} there are is not known: {instance.symbolic.reason}"
        yield UnreadPart(reason, declaration(instance), unread=False)
    if gives and instance.uncertain:
        yield UnreadPart(declaration(instance).uncertain, declaration(instance), unread=False)
    if stated and instance.type not in CLOSING and ignored(instance):
        declared = declaration(instance)
        yield UnreadPart(declared.loose, declared)
    yield from stated
