"""The vocabulary: what iamlint knows of an estate, whatever file it was read from.

No fact knows Terraform or an export format; each says where its parts are written. All are frozen. A part that cannot
be known is an `Unknown` with its reason.
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
    "federated_pool",  # principalSet://…/*, every identity of a pool
    "public",  # allUsers, allAuthenticatedUsers
    "convenience",  # projectOwner:, projectEditor:, projectViewer:
    "deleted",
    "malformed",
    "unknown",
]
"""The forms of a principal. Source: "Principal identifiers", https://cloud.google.com/iam/docs/principal-identifiers"""

Origin = Literal["member", "binding", "policy", "export"]
"""How a grant is written. In Terraform a member adds, a binding owns its role, a policy owns the whole resource."""

Trust = Literal["named", "owner", "own"]
"""How far a fact counts beyond its own configuration: see `iamlint.provenance`."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a part is written: the narrowest argument, and where its value came from when that is elsewhere."""

    at: Location
    origin: Location | None = None


@dataclass(frozen=True, slots=True)
class Declaration:
    """What in the input states a fact.

    ``address`` is Terraform's, instance keys included; None for exports. ``type`` is the Terraform type, or the kind
    of export. ``at`` is the header of the block, or the start of the document or entry. ``via`` are the module calls
    that lead to it, outermost first. ``planned`` is the entry of the plan or state that states it, where ``at`` is in
    the source beside it. ``uncertain`` says why it is not known whether it exists; empty where it is known. ``trust``
    says how far it counts beyond its own configuration. ``former`` are earlier addresses, the oldest last.
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
    """Who: a principal as policies spell it.

    ``text`` is the spelling, with the known parts of an unknown one; ``unknown`` says why it is not known in full.
    An account that the input declares is an identity even where its e-mail is not a literal: then ``text`` is
    ``serviceAccount:${ADDRESS.email}`` and ``unknown`` is None.
    """

    text: str
    kind: PrincipalKind
    unknown: Unknown | None = None

    @property
    def email(self) -> str | None:
        """The e-mail, for the forms that have one and where it is known (``${ADDRESS.email}`` is one here)."""
        if self.unknown or self.kind in _WITHOUT_EMAIL:
            return None
        return self.text.partition(":")[2] or None


_OF_PROVIDER = re.compile(r"^\$\{provider\.[^{}]*\}/")
"""The beginning of a name that only the provider's configuration tells, and that says nothing to a reader."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What a grant is on.

    ``kind`` is "project", "folder", "organization", "service_account", or the Terraform family without "google_"
    (``storage_bucket``). ``name`` is the project id, the number of a folder or organization, the e-mail of a service
    account, else the full name as written.
    """

    kind: str
    name: Text

    @property
    def is_container(self) -> bool:
        """Whether grants on it are inherited by the service accounts below it."""
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
    """One principal, one role, one resource, with its condition and the place of each of its parts."""

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
    """A grant that a plan takes away: an export of before the apply still shows it."""

    grant: Grant
    declared: Declaration


@dataclass(frozen=True, slots=True)
class Emptied:
    """A binding of a role, or with ``role`` None a whole policy, that has nobody: nobody is left there by an apply."""

    resource: Resource
    declared: Declaration
    role: Text | None = None
    condition: Condition | Unknown | None = None


@dataclass(frozen=True, slots=True)
class ExportedPolicy:
    """An export shows the whole allow policy of a resource: so many bindings, maybe none, and its version."""

    resource: Resource
    declared: Declaration
    place: Place
    bindings: int
    version: int | None = None


@dataclass(frozen=True, slots=True)
class DefaultAccounts:
    """What is done to Compute Engine's and App Engine's default accounts of a project, once, when it is applied.

    ``action`` is DEPRIVILEGE (they lose their roles on the project), DISABLE or DELETE. Source:
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_default_service_accounts
    """

    project: Text
    action: Text
    declared: Declaration


@dataclass(frozen=True, slots=True)
class CustomRole:
    """A custom role's definition. ``name`` is ``projects/P/roles/R`` or ``organizations/N/roles/R``.

    ``permissions`` is None where the input does not list them (a roles *list*); each entry has its own place.
    ``accepted`` says that IAM itself answered with the definition, so that it knew each permission when it was set.
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
    """A service account. ``email`` is ``${ADDRESS.email}`` as text where account id or project are not known."""

    email: Text
    project: Text
    declared: Declaration
    disabled: bool | Unknown = False
    unique_id: str | None = None


@dataclass(frozen=True, slots=True)
class ServiceAccountKey:
    """A key of a service account that its owner manages.

    ``place`` is what names the account. ``created`` and ``expires`` are RFC 3339 times where the input tells them; a
    key that never expires has the year 9999.
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
    """A credential of a service account that is no key of its own: an HMAC key, or an API key bound to it."""

    kind: Literal["hmac_key", "api_key"]
    account: Text
    declared: Declaration
    place: Place
    disabled: bool | Unknown = False


@dataclass(frozen=True, slots=True)
class Service:
    """An API that is enabled on a project: ``iamcredentials.googleapis.com``.

    ``complete`` says that the input lists every enabled service of the project (an export does, Terraform does not).
    """

    name: Text
    project: Text
    declared: Declaration
    place: Place
    complete: bool = False


@dataclass(frozen=True, slots=True)
class Impersonation:
    """A place that asks for an account's token: a provider block, a token data source, a backend.

    ``caller`` is the account that asks, where the input tells; ``quota_project`` is the project that the call is
    billed to, where it is configured. ``method`` is the permission that the target must grant; ``lifetime`` is the
    token's, as written (``"7200s"``), with its place.
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
    """A project, with the number and parent that the input tells (``folders/N`` or ``organizations/N``)."""

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
    """An organization: ``name`` is ``organizations/N``, ``domain`` its primary domain, which is its display name.

    ``customer_id`` is that of its Workspace or Cloud Identity account: ``C0…``.
    """

    name: str
    declared: Declaration
    domain: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True, slots=True)
class Denial:
    """One rule of a deny policy.

    ``parent`` is the attachment point decoded:
    ``cloudresourcemanager.googleapis.com/projects/P``.
    Permissions have the deny form: ``iam.googleapis.com/serviceAccounts.getAccessToken``. ``place`` is the rule's
    list of permissions, or the rule.
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
    """A principal access boundary policy: the only resources that the principals bound to it may use.

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
    """What binds a boundary policy to the principals of an organization, folder, project, pool or domain."""

    policy: Text
    principal_set: Text
    declared: Declaration
    condition: Condition | Unknown | None = None


@dataclass(frozen=True, slots=True)
class OrgPolicy:
    """A constraint that an organization policy sets on a project, folder or organization.

    ``constraint`` is without its prefix: ``iam.disableServiceAccountKeyCreation``. ``enforced`` is for boolean
    constraints, ``allowed`` and ``denied`` for lists (``*`` stands for all values); a rule under a condition makes them
    unknown. ``reset`` is true where the policy only restores Google's default. A policy that is only tried out (a dry
    run) sets nothing, and is no fact.
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
    ``locations/global/workforcePools/ID``. ``project_number`` is the number of P, which principals have in its place,
    where the input tells it beside an id.
    """

    name: Text
    declared: Declaration
    disabled: bool | Unknown = False
    project_number: str | None = None


Protocol = Literal["oidc", "aws", "saml", "x509"]


@dataclass(frozen=True, slots=True)
class Provider:
    """Who a pool trusts, and how the claims of its tokens become attributes.

    ``pool`` is the pool's name as in `Pool`. ``condition`` is the attribute condition (CEL over ``assertion`` and
    ``attribute``). ``mapping`` holds (attribute, expression, place): ``("google.subject", "assertion.sub", …)``.
    AWS providers without one have Google's default. ``protocol`` is None where nothing says whom it trusts.
    ``issuer`` is the URI of an OIDC issuer, the number of an AWS account, or the entity id of a SAML one; x509 trusts
    certificates, so it has none. ``audiences`` are those that OIDC tokens must name, empty for the provider's own name.
    ``place`` is the narrowest argument that says who is trusted: the issuer, the AWS account, else the block.
    Source: https://cloud.google.com/iam/docs/workload-identity-federation
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
"""Google's default accounts. ``cloud_build`` is the one that builds of the project run as where they name none: the
legacy account of Cloud Build where the project first built before mid 2024, else Compute Engine's. Source:
https://cloud.google.com/build/docs/cloud-build-service-account-updates"""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A resource that runs code as a service account: an instance, a function, a job.

    ``account`` is the account's e-mail, None where the resource names none. ``default`` says which default account it
    runs as, by name or for want of one, and is unknown where the account may be one; where both are None it runs as
    nobody. What runs as an agent of Google's or as the caller is no attachment. ``place`` is the argument that names
    the account, or the block. ``scopes`` are the access scopes of what has them (``cloud-platform`` is short for
    ``https://www.googleapis.com/auth/cloud-platform``). ``permissions`` are those that deploying it takes.
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
    """Which accesses are logged for a service (``allServices`` for all) on a resource.

    ``log_types`` are ADMIN_READ, DATA_READ, DATA_WRITE. ``exempted`` holds (log type, principal) that are not logged.
    Source: https://cloud.google.com/logging/docs/audit/configure-data-access
    """

    resource: Resource
    service: Text
    log_types: tuple[Text, ...] | Unknown
    declared: Declaration
    place: Place
    exempted: tuple[tuple[Text, Text], ...] | Unknown = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A group that the input declares. ``name`` is ``groups/ID`` where the input has it."""

    email: Text
    declared: Declaration
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Membership:
    """One member of one group, there may be others. ``group`` is an e-mail, ``groups/ID`` or a reference to a Group."""

    group: Text
    member: Text
    declared: Declaration
    place: Place


@dataclass(frozen=True, slots=True)
class Gap:
    """A part of the input that is not followed. ``unread`` says that it may hold grants no other fact mentions."""

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
