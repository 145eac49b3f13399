"""The facts that iamlint knows about an estate, independent of the file format they were read from.

No fact knows Terraform or an export format. Each fact records where its parts are written. All are frozen. A part with
an unknown value is an `Unknown` with its reason.
"""

from __future__ import annotations

from iamlint.facts.identities import (
    AWS_ROLE,
    ApiKey,
    Credential,
    Group,
    Impersonation,
    KubernetesAccount,
    Membership,
    Pool,
    Protocol,
    Provider,
    ServiceAccount,
    ServiceAccountKey,
)
from iamlint.facts.parts import (
    NOBODY,
    Condition,
    Declaration,
    Origin,
    Place,
    Principal,
    PrincipalKind,
    Resource,
    Text,
    Trust,
    Written,
    expression_of,
    short_name,
)
from iamlint.facts.policies import (
    AuditConfig,
    Boundary,
    BoundaryBinding,
    CustomRole,
    DefaultAccounts,
    Denial,
    EmptyBinding,
    ExportedPolicy,
    Grant,
    OrgPolicy,
    RemovedGrant,
)
from iamlint.facts.resources import (
    DEFAULT_ACCOUNTS,
    SERVICE_AGENTS,
    AccessSetting,
    Attachment,
    Bucket,
    DefaultAccount,
    Folder,
    Organization,
    Perimeter,
    Project,
    ProjectReference,
    Service,
    Setting,
    UnreadPart,
    default_account,
)
from iamlint.facts.tags import EffectiveTags, TagBinding, TagKey, TagValue

# fmt: off
Fact = (
    Grant | RemovedGrant | EmptyBinding | ExportedPolicy | DefaultAccounts | CustomRole | ServiceAccount
    | ServiceAccountKey | Credential | Service | Impersonation | Project | Folder | Organization | Denial
    | Boundary | BoundaryBinding | OrgPolicy | Pool | Provider | Attachment | AuditConfig | Group | Membership
    | UnreadPart
    | ApiKey | KubernetesAccount | AccessSetting | TagKey | TagValue | TagBinding | EffectiveTags
    | Perimeter | Bucket | ProjectReference
)
# fmt: on

__all__ = [
    "AWS_ROLE",
    "DEFAULT_ACCOUNTS",
    "NOBODY",
    "SERVICE_AGENTS",
    "AccessSetting",
    "ApiKey",
    "Attachment",
    "AuditConfig",
    "Boundary",
    "BoundaryBinding",
    "Bucket",
    "Condition",
    "Credential",
    "CustomRole",
    "Declaration",
    "DefaultAccount",
    "DefaultAccounts",
    "Denial",
    "EffectiveTags",
    "EmptyBinding",
    "ExportedPolicy",
    "Fact",
    "Folder",
    "Grant",
    "Group",
    "Impersonation",
    "KubernetesAccount",
    "Membership",
    "OrgPolicy",
    "Organization",
    "Origin",
    "Perimeter",
    "Place",
    "Pool",
    "Principal",
    "PrincipalKind",
    "Project",
    "ProjectReference",
    "Protocol",
    "Provider",
    "RemovedGrant",
    "Resource",
    "Service",
    "ServiceAccount",
    "ServiceAccountKey",
    "Setting",
    "TagBinding",
    "TagKey",
    "TagValue",
    "Text",
    "Trust",
    "UnreadPart",
    "Written",
    "default_account",
    "expression_of",
    "short_name",
]
