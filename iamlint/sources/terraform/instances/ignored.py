"""Attributes that decide about access and that ``ignore_changes`` leaves as they are, whatever is written.

Terraform writes such an attribute when it creates the resource and never again, so an existing resource may differ.
Source: https://developer.hashicorp.com/terraform/language/meta-arguments#ignore_changes
"""

from __future__ import annotations

from collections.abc import Mapping

from iamlint.basics.lazy_regex import regex
from iamlint.sources.terraform.instances.instance import Instance

_ALL = "all"
_OF_GRANTS = regex(r"google_\w+_iam_(member|binding|policy)\Z")
_OF_GRANT = frozenset({"role", "member", "members", "policy_data", "condition"})
_PROVIDER = frozenset({"attribute_condition", "attribute_mapping", "disabled", "oidc", "aws", "saml", "x509"})
_POLICY = frozenset({"boolean_policy", "list_policy", "restore_policy"})
_BINDING = frozenset({"policy", "target", "condition"})
CLOSING: Mapping[str, frozenset[str]] = {
    "google_iam_deny_policy": frozenset({"rules"}),
    "google_iam_principal_access_boundary_policy": frozenset({"details"}),
    "google_iam_projects_policy_binding": _BINDING,
    "google_iam_folders_policy_binding": _BINDING,
    "google_iam_organizations_policy_binding": _BINDING,
    "google_org_policy_policy": frozenset({"spec"}),
    "google_project_organization_policy": _POLICY,
    "google_folder_organization_policy": _POLICY,
    "google_organization_policy": _POLICY,
    "google_service_account": frozenset({"disabled"}),
    "google_storage_bucket": frozenset({"public_access_prevention", "uniform_bucket_level_access"}),
}
"""By type, the attributes that let a resource block grants of others."""
_OTHERS: Mapping[str, frozenset[str]] = {
    "google_project_iam_custom_role": frozenset({"permissions", "stage"}),
    "google_organization_iam_custom_role": frozenset({"permissions", "stage"}),
    "google_iam_workload_identity_pool": frozenset({"disabled"}),
    "google_iam_workload_identity_pool_provider": _PROVIDER,
    "google_iam_workforce_pool": frozenset({"disabled"}),
    "google_iam_workforce_pool_provider": _PROVIDER,
}


def ignored(instance: Instance) -> tuple[str, ...]:
    """Return the attributes of an instance that decide about access and whose changes Terraform ignores, sorted.

    Attributes that are not written are left out: nothing is stated about them. A plan shows the values in force.
    """
    left = instance.body.left
    if not left or instance.planned or instance.mode != "managed":
        return ()
    deciding = CLOSING.get(instance.type) or _OTHERS.get(instance.type)
    if deciding is None and _OF_GRANTS.match(instance.type):
        deciding = _OF_GRANT
    written = {*instance.body.arguments, *instance.body.blocks}
    return tuple(sorted(name for name in written & (deciding or frozenset()) if name in left or _ALL in left))
