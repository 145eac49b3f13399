"""The kind of an export, by its content. Shapes are tested in order: each excludes the later ones."""

from __future__ import annotations

import re
from typing import Literal, get_args

from iamlint.basics.lazy_regex import regex
from iamlint.documents.parts import get, text
from iamlint.documents.values import Value
from iamlint.sources.gcloud.kubernetes.workloads import is_annotated
from iamlint.sources.gcloud.recognition.strays import are_of_a_policy

Kind = Literal[
    "config_connector",
    "deny_policy",
    "boundary_policy",
    "policy_binding",
    "analysis",
    "asset",
    "search",
    "ancestors",
    "role",
    "service_account",
    "key",
    "service",
    "project",
    "folder",
    "organization",
    "provider",
    "pool",
    "org_policy",
    "api_key",
    "bucket",
    "tag_key",
    "tag_value",
    "tag_binding",
    "group",
    "membership",
    "entitlement",
    "access_policy",
    "policy",
]
KINDS: tuple[Kind, ...] = get_args(Kind)

_ROLE = regex(r"(?:^|/)roles/[^/]+$")
_KEY = regex(r"/serviceAccounts/[^/]+/keys/[^/]+$")
_SERVICE = regex(r"^projects/[^/]+/services/[^/]+$")
_POOL = regex(r"/(?:workloadIdentityPools|workforcePools)/[^/]+(?P<provider>/providers/[^/]+)?$")
_ORG_POLICY = regex(r"^(?:projects|folders|organizations)/[^/]+/policies/[^/]+$")
_FOLDER = regex(r"^folders/[0-9]+$")
_ORGANIZATION = regex(r"^organizations/[0-9]+$")
_NAMES: tuple[tuple[Kind, re.Pattern[str], frozenset[str]], ...] = (
    (
        "api_key",
        regex(r"^projects/[^/]+/locations/[^/]+/keys/[^/]+$"),
        frozenset({"uid", "restrictions", "createTime", "displayName"}),
    ),
    ("tag_key", regex(r"^tagKeys/[^/]+$"), frozenset({"shortName", "namespacedName", "parent"})),
    ("tag_value", regex(r"^tagValues/[^/]+$"), frozenset({"shortName", "namespacedName", "parent"})),
    ("tag_binding", regex(r"^tagBindings/.+$"), frozenset({"tagValue", "tagValueNamespacedName"})),
    ("group", regex(r"^groups/[^/]+$"), frozenset({"groupKey"})),
    (
        "membership",
        regex(r"^groups/[^/]+/memberships/[^/]+$"),
        frozenset({"preferredMemberKey", "memberKey"}),
    ),
    ("access_policy", regex(r"/locations/[^/]+/accessPolicies/[^/]+$"), frozenset({"details"})),
    ("entitlement", regex(r"/entitlements/[^/]+$"), frozenset({"eligibleUsers", "privilegedAccess"})),
)
"""Kinds by the form of their names; a document of the kind has one of these keys, too."""
_POLICY_PARTS = frozenset({"etag", "version", "auditConfigs"})


def kind_of(document: Value) -> Kind | None:
    """Return the kind of a document; None if unknown. A list has the kind of its first item with a known kind.

    ``gcloud asset analyze-iam-policy`` prints texts between its results, so the first item need not be an object.
    """
    match document.data:
        case dict() as entries:
            return _kind(document, entries)
        case tuple() as items:
            kinds = (_kind(item, item.data) for item in items if isinstance(item.data, dict))
            return next((kind for kind in kinds if kind), None)
        case _:
            return None


def _kind(value: Value, entries: dict[str, Value]) -> Kind | None:
    name, keys = text(get(value, "name")) or "", frozenset(entries)
    if ".cnrm.cloud.google.com/" in (text(get(value, "apiVersion")) or "") and "kind" in keys:
        return "config_connector"
    if is_annotated(value):
        return "config_connector"
    return _of_assets(keys) or _of_policies(value, keys, name) or _of_inventory(keys, name) or _last(value, keys, name)


def _of_policies(value: Value, keys: frozenset[str], name: str) -> Kind | None:
    if text(get(value, "kind")) == "DenyPolicy" or "/denypolicies/" in name or _has_deny_rules(value):
        return "deny_policy"
    if "/principalAccessBoundaryPolicies/" in name:
        return "boundary_policy"
    if "/policyBindings/" in name or "policyKind" in keys:
        return "policy_binding"
    return None


def _has_deny_rules(value: Value) -> bool:
    """Whether a document is input for ``gcloud iam policies create --policy-file``, which has no name yet."""
    rules = get(value, "rules").data
    return isinstance(rules, tuple) and bool(rules) and isinstance(rules[0].data, dict) and "denyRule" in rules[0].data


def _of_assets(keys: frozenset[str]) -> Kind | None:
    if keys & {"mainAnalysis", "analysisResults"} or keys >= {"ACLs", "policy"}:
        return "analysis"
    if "name" in keys and keys & {"asset_type", "assetType"}:
        return "asset"
    if keys >= {"resource", "assetType", "policy"}:
        return "search"
    return "ancestors" if keys >= {"id", "policy", "type"} else None


def _of_inventory(keys: frozenset[str], name: str) -> Kind | None:
    lists = "includedPermissions" in keys  # files of other tools that make roles have it too, with names of their own
    if (_ROLE.search(name) and (lists or keys & {"stage", "title"})) or (lists and keys & {"stage", "etag"}):
        return "role"
    if keys >= {"uniqueId", "email"}:
        return "service_account"
    if keys >= {"keyType", "validAfterTime"} or _KEY.search(name):
        return "key"
    if _SERVICE.match(name) and keys & {"config", "state", "parent"}:
        return "service"
    if keys >= {"projectId", "projectNumber"}:
        return "project"
    return None


def _last(value: Value, keys: frozenset[str], name: str) -> Kind | None:
    pool = _POOL.search(name)
    if pool and keys & {"state", "displayName", "oidc", "aws", "saml", "x509"}:
        return "provider" if pool["provider"] else "pool"
    if (_ORG_POLICY.match(name) and "spec" in keys) or (
        "constraint" in keys and keys & {"booleanPolicy", "listPolicy", "restoreDefault"}
    ):
        return "org_policy"
    for kind, form, some in _NAMES:
        if form.search(name) and keys & some:
            return kind
    if keys >= {"storage_url", "name"} or (keys >= {"iamConfiguration", "name", "id"}):
        return "bucket"
    if _FOLDER.match(name) and "parent" in keys:
        return "folder"
    if _ORGANIZATION.match(name) and keys & {"owner", "directoryCustomerId"}:
        return "organization"
    if "bindings" in keys:
        return "policy" if keys & _POLICY_PARTS or are_of_a_policy(get(value, "bindings")) else None
    return "policy" if keys and keys <= _POLICY_PARTS else None
