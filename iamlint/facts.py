"""The facts that iamlint knows about an estate, independent of the file format they were read from.

No fact knows Terraform or an export format. Each fact records where its parts are written. All are frozen. A part with
an unknown value is an `Unknown` with its reason.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal

from iamlint.location import Location
from iamlint.unknown import Unknown, shown

Text = str | Unknown

PrincipalKind = Literal[
    "user",
    "group",
    "domain",
    "service_account",  # user-managed
    "default_service_account",  # Compute Engine's, App Engine's, and Cloud Build's legacy account
    "service_agent",  # managed by Google for one of its services
    "gke_workload",  # serviceAccount:PROJECT.svc.id.goog[NAMESPACE/NAME]
    "federated",  # principal://…
    "federated_set",  # principalSet://…
    "federated_pool",  # principalSet://…/*: every identity of a pool
    "public",  # allUsers, allAuthenticatedUsers
    "convenience",  # projectOwner:, projectEditor:, projectViewer:
    "deleted",
    "malformed",
    "unknown",
]
"""The forms of a principal. Source: "Principal identifiers", https://cloud.google.com/iam/docs/principal-identifiers"""

Origin = Literal["member", "binding", "policy", "export"]
"""How a grant is written. In Terraform a member adds a grant, a binding owns its role, a policy owns the resource."""

Trust = Literal["named", "owner", "own"]
"""How far a fact counts outside its own configuration: see `iamlint.provenance`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part is written: the narrowest argument, and the origin of its value if that is elsewhere."""

    at: Location
    origin: Location | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """The part of the input that states a fact.

    ``address`` is Terraform's, instance keys included; None for exports. ``type`` is the Terraform type, or the kind of
    export. ``at`` is the header of the block, or the start of the document or entry. ``via`` are the module calls that
    lead to it, outermost first. ``planned`` is the entry of the plan or state that states it, if ``at`` is in the
    Terraform source. ``uncertain`` says why the existence of the resource is not certain; empty if it is. ``trust``
    says how far the fact counts outside its own configuration. ``former`` are earlier addresses, the oldest last.
    """

    at: Location
    type: str | None = None
    address: str | None = None
    via: tuple[Location, ...] = ()
    planned: Location | None = field(default=None, compare=False)
    uncertain: str = ""
    trust: Trust = field(default="named", compare=False)
    former: tuple[str, ...] = field(default=(), compare=False)


_WITHOUT_EMAIL = frozenset({"federated", "federated_set", "federated_pool", "public", "malformed", "unknown"})


@dataclass(frozen=True, slots=True)
class Principal:
    """A principal, as policies spell it.

    ``text`` is the spelling; for an unknown principal it contains the known parts. ``unknown`` says why the principal
    is not fully known. An account that the input declares is an identity even if its e-mail is not a literal: then
    ``text`` is ``serviceAccount:${ADDRESS.email}`` and ``unknown`` is None.
    """

    text: str
    kind: PrincipalKind
    unknown: Unknown | None = None

    @property
    def email(self) -> str | None:
        """The e-mail, if this form has one and it is known (``${ADDRESS.email}`` counts as known)."""
        if self.unknown or self.kind in _WITHOUT_EMAIL:
            return None
        return self.text.partition(":")[2] or None


_OF_PROVIDER = re.compile(r"^\$\{provider\.[^{}]*\}/")
"""The beginning of a name that depends on the provider's configuration only; it means nothing to a reader."""


@dataclass(frozen=True, slots=True)
class Resource:
    """The resource of a grant.

    ``kind`` is "project", "folder", "organization", "service_account", or the Terraform family without "google_"
    (``storage_bucket``). ``name`` is the project id, the number of a folder or organization, the e-mail of a service
    account, or else the full name as written.
    """

    kind: str
    name: Text

    @property
    def is_container(self) -> bool:
        """Whether the service accounts below it inherit its grants."""
        return self.kind in ("project", "folder", "organization")

    def __str__(self) -> str:
        name = shown(self.name)
        return f"{self.kind.replace('_', ' ')} {_OF_PROVIDER.sub('', name) if name.startswith('$') else name}"


@dataclass(frozen=True, slots=True)
class Condition:
    """An IAM condition: a CEL expression that must hold for the grant to count."""

    expression: Text
    title: Text | None = None
    at: Location | None = None


@dataclass(frozen=True, slots=True)
class Grant:
    """A grant of one role to one principal on one resource, with its condition and the place of each part."""

    principal: Principal
    role: Text
    resource: Resource
    origin: Origin
    declared: Declaration
    principal_place: Place
    role_place: Place
    resource_place: Place
    condition: Condition | Unknown | None = None


@dataclass(frozen=True, slots=True)
class Removed:
    """A grant that a plan removes. An export from before the apply still shows it."""

    grant: Grant
    declared: Declaration


@dataclass(frozen=True, slots=True)
class Emptied:
    """A binding without members, or, if ``role`` is None, a policy without bindings: an apply removes its grants."""

    resource: Resource
    declared: Declaration
    role: Text | None = None
    condition: Condition | Unknown | None = None


@dataclass(frozen=True, slots=True)
class ExportedPolicy:
    """Says that an export shows the whole allow policy of a resource, with its number of bindings and version."""

    resource: Resource
    declared: Declaration
    place: Place
    bindings: int
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DefaultAccounts:
    """What an apply does, once, to a project's default accounts of Compute Engine and App Engine.

    ``action`` is DEPRIVILEGE (they lose their roles on the project), DISABLE or DELETE. Source:
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_default_service_accounts
    """

    project: Text
    action: Text
    declared: Declaration


@dataclass(frozen=True, slots=True)
class CustomRole:
    """The definition of a custom role. ``name`` is ``projects/P/roles/R`` or ``organizations/N/roles/R``.

    ``permissions`` is None if the input does not list them (a roles *list*); each entry has its own place. ``accepted``
    says that the definition was read from IAM, so IAM knew each permission when the role was set.
    """

    name: Text
    permissions: tuple[tuple[Text, Place], ...] | Unknown | None
    declared: Declaration
    title: Text | None = None
    stage: Text | None = None
    deleted: bool = False
    accepted: bool = False


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """A service account. If its id or project is unknown, ``email`` is the text ``${ADDRESS.email}``."""

    email: Text
    project: Text
    declared: Declaration
    disabled: bool | Unknown = False
    unique_id: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceAccountKey:
    """A user-managed key of a service account.

    ``place`` is the argument that names the account. ``created`` and ``expires`` are RFC 3339 times, if the input has
    them; a key that never expires has the year 9999.
    """

    account: Text
    declared: Declaration
    place: Place
    uploaded: bool = False
    disabled: bool = False
    created: str | None = None
    expires: str | None = None


@dataclass(frozen=True, slots=True)
class Credential:
    """Another credential of a service account: an HMAC key, or an API key bound to it."""

    kind: Literal["hmac_key", "api_key"]
    account: Text
    declared: Declaration
    place: Place
    disabled: bool | Unknown = False


@dataclass(frozen=True, slots=True)
class Service:
    """An API that is enabled on a project, such as ``iamcredentials.googleapis.com``.

    ``complete`` says that the input lists every enabled service of the project (an export does, Terraform does not).
    """

    name: Text
    project: Text
    declared: Declaration
    place: Place
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Impersonation:
    """A place that requests an account's token: a provider block, a token data source, a backend.

    ``caller`` is the account that makes the request, if the input names it. ``quota_project`` is the project billed for
    the call, if configured. ``method`` is the permission that the target must grant. ``lifetime`` is the token's, as
    written (``"7200s"``), with its place.
    """

    target: Text
    declared: Declaration
    place: Place
    delegates: tuple[tuple[Text, Place], ...] | Unknown = ()
    caller: Text | None = None
    quota_project: Text | None = None
    method: str = "iam.serviceAccounts.getAccessToken"
    lifetime: tuple[Text, Place] | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A project, with its number and parent (``folders/N`` or ``organizations/N``), if the input has them."""

    project_id: Text
    declared: Declaration
    number: str | None = None
    parent: Text | None = None
    display_name: Text | None = None


@dataclass(frozen=True, slots=True)
class Folder:
    """A folder: ``name`` is ``folders/N``, ``parent`` is ``folders/N`` or ``organizations/N``."""

    name: Text
    declared: Declaration
    parent: Text | None = None
    display_name: Text | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """An organization. ``name`` is ``organizations/N``; ``domain`` is its primary domain, which is its display name.

    ``customer_id`` is the id of its Workspace or Cloud Identity account: ``C0…``.
    """

    name: str
    declared: Declaration
    domain: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Denial:
    """One rule of a deny policy.

    ``parent`` is the decoded attachment point: ``cloudresourcemanager.googleapis.com/projects/P``. Permissions have the
    deny form: ``iam.googleapis.com/serviceAccounts.getAccessToken``. ``place`` is the rule's list of permissions, or
    the rule.
    """

    parent: Text
    declared: Declaration
    denied_principals: tuple[Text, ...] | Unknown
    denied_permissions: tuple[Text, ...] | Unknown
    exception_principals: tuple[Text, ...] | Unknown = ()
    exception_permissions: tuple[Text, ...] | Unknown = ()
    condition: Condition | Unknown | None = None
    place: Place | None = None


@dataclass(frozen=True, slots=True)
class Boundary:
    """A principal access boundary policy: the only resources that the bound principals may access.

    ``name`` is ``organizations/N/locations/global/principalAccessBoundaryPolicies/ID``; ``resources`` are
    ``//cloudresourcemanager.googleapis.com/projects/P`` and the like. Service accounts and their keys are covered from
    ``enforcement_version`` 3 on. Source: https://cloud.google.com/iam/docs/principal-access-boundary-policies
    """

    name: Text
    declared: Declaration
    place: Place
    resources: tuple[Text, ...] | Unknown
    enforcement_version: Text | None = None


@dataclass(frozen=True, slots=True)
class BoundaryBinding:
    """A binding of a boundary policy to the principals of an organization, folder, project, pool or domain."""

    policy: Text
    principal_set: Text
    declared: Declaration
    condition: Condition | Unknown | None = None


@dataclass(frozen=True, slots=True)
class OrgPolicy:
    """A constraint that an organization policy sets on a project, folder or organization.

    ``constraint`` has no prefix: ``iam.disableServiceAccountKeyCreation``. ``enforced`` is for boolean constraints,
    ``allowed`` and ``denied`` are for lists (``*`` means all values); a rule with a condition makes them unknown.
    ``reset`` is true if the policy only restores Google's default. A dry-run policy sets nothing, so it is not a fact.
    Source: https://cloud.google.com/resource-manager/docs/organization-policy/org-policy-constraints
    """

    constraint: Text
    resource: Resource
    declared: Declaration
    place: Place
    enforced: bool | Unknown | None = None
    allowed: tuple[Text, ...] | Unknown = ()
    denied: tuple[Text, ...] | Unknown = ()
    reset: bool = False


@dataclass(frozen=True, slots=True)
class Pool:
    """A pool of federated identities.

    ``name`` is ``projects/P/locations/global/workloadIdentityPools/ID`` (P an id or a number) or
    ``locations/global/workforcePools/ID``. ``project_number`` is the number of P, if P is an id and the input has the
    number; principals contain the number.
    """

    name: Text
    declared: Declaration
    disabled: bool | Unknown = False
    project_number: str | None = None


Protocol = Literal["oidc", "aws", "saml", "x509"]


@dataclass(frozen=True, slots=True)
class Provider:
    """A provider of a pool: which issuer it trusts, and how it maps token claims to attributes.

    ``pool`` is the pool's name as in `Pool`. ``condition`` is the attribute condition (CEL over ``assertion`` and
    ``attribute``). ``mapping`` holds (attribute, expression, place): ``("google.subject", "assertion.sub", …)``. AWS
    providers without a mapping have Google's default. ``protocol`` is None if the input does not say which issuer it
    trusts. ``issuer`` is the URI of an OIDC issuer, the number of an AWS account, or the entity id of a SAML provider;
    x509 trusts certificates, so it has none. ``audiences`` are the allowed audiences of OIDC tokens; empty means the
    provider's own name. ``place`` is the narrowest argument that says who is trusted: the issuer, the AWS account, or
    else the block. Source: https://cloud.google.com/iam/docs/workload-identity-federation
    """

    pool: Text
    name: Text
    declared: Declaration
    place: Place
    protocol: Protocol | Unknown | None
    issuer: Text | None = None
    audiences: tuple[Text, ...] | Unknown = ()
    condition: Condition | Unknown | None = None
    mapping: tuple[tuple[str, Text, Place], ...] | Unknown = ()
    disabled: bool | Unknown = False


DefaultAccount = Literal["compute", "app_engine", "cloud_build"]
"""Google's default accounts. ``cloud_build`` is the account of builds that name none.

That is Cloud Build's legacy account if the project first built before mid 2024, else Compute Engine's. Source:
https://cloud.google.com/build/docs/cloud-build-service-account-updates
"""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A resource that runs code as a service account: an instance, a function, a job.

    ``account`` is the account's e-mail; None if the resource names none. ``default`` says which default account it runs
    as, named or implied; it is unknown if the account may be a default one. If both are None it runs without an
    account. A resource that runs as a service agent or as the caller is not an attachment. ``place`` is the argument
    that names the account, or the block. ``scopes`` are the access scopes, if the resource has any (``cloud-platform``
    is short for ``https://www.googleapis.com/auth/cloud-platform``). ``permissions`` are those needed to deploy it.
    Source: https://cloud.google.com/iam/docs/attach-service-accounts
    """

    account: Text | None
    default: DefaultAccount | Unknown | None
    resource: Resource
    project: Text | None
    declared: Declaration
    place: Place
    scopes: tuple[tuple[Text, Place], ...] | Unknown | None = None
    permissions: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AuditConfig:
    """The accesses that are logged for a service (``allServices`` for all) on a resource.

    ``log_types`` are ADMIN_READ, DATA_READ, DATA_WRITE. ``exempted`` holds pairs (log type, principal) that are not
    logged. Source: https://cloud.google.com/logging/docs/audit/configure-data-access
    """

    resource: Resource
    service: Text
    log_types: tuple[Text, ...] | Unknown
    declared: Declaration
    place: Place
    exempted: tuple[tuple[Text, Text], ...] | Unknown = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A group that the input declares. ``name`` is ``groups/ID`` if the input has it."""

    email: Text
    declared: Declaration
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """One member of a group; there may be others. ``group`` is an e-mail, ``groups/ID`` or a reference to a Group."""

    group: Text
    member: Text
    declared: Declaration
    place: Place


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the input that was not read. ``unread`` says that it may contain grants that no other fact mentions."""

    reason: str
    declared: Declaration
    unread: bool = True


# fmt: off
Fact = (
    Grant | Removed | Emptied | ExportedPolicy | DefaultAccounts | CustomRole | ServiceAccount
    | ServiceAccountKey | Credential | Service | Impersonation | Project | Folder | Organization | Denial
    | Boundary | BoundaryBinding | OrgPolicy | Pool | Provider | Attachment | AuditConfig | Group | Membership | Gap
)
# fmt: on
