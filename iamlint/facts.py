"""The vocabulary: what iamlint knows of an estate, whatever file it was read from.

No fact knows Terraform or an export format; each says where its parts are written. All are frozen. A part that cannot
be known is an `Unknown` with its reason.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from iamlint.location import Location
from iamlint.unknown import Unknown

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
    "public",  # allUsers, allAuthenticatedUsers
    "convenience",  # projectOwner:, projectEditor:, projectViewer:
    "deleted",
    "malformed",
    "unknown",
]
"""The forms of a principal. Source: "Principal identifiers", https://cloud.google.com/iam/docs/principal-identifiers"""

Origin = Literal["member", "binding", "policy", "export"]
"""How a grant is written. In Terraform a member adds, a binding owns its role, a policy owns the whole resource."""


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
    the source beside it.
    """

    at: Location
    type: str | None = None
    address: str | None = None
    via: tuple[Location, ...] = ()
    planned: Location | None = field(default=None, compare=False)


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
        if self.unknown or self.kind in ("federated", "federated_set", "public", "malformed", "unknown"):
            return None
        return self.text.partition(":")[2] or None


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
        name = self.name if isinstance(self.name, str) else self.name.text
        return f"{self.kind.replace('_', ' ')} {name}"


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
class CustomRole:
    """A custom role's definition. ``name`` is ``projects/P/roles/R`` or ``organizations/N/roles/R``.

    ``permissions`` is None where the input does not list them (a roles *list*); each entry has its own place.
    """

    name: Text
    permissions: tuple[tuple[Text, Place], ...] | Unknown | None
    declared: Declaration
    title: Text | None = None
    stage: Text | None = None
    deleted: bool = False


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
    """A key of a service account that its owner manages."""

    account: Text
    declared: Declaration
    uploaded: bool = False


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
    billed to, where it is configured.
    """

    target: Text
    declared: Declaration
    place: Place
    delegates: tuple[tuple[Text, Place], ...] | Unknown = ()
    caller: Text | None = None
    quota_project: Text | None = None


@dataclass(frozen=True, slots=True)
class Project:
    """A project, with the number and parent that the input tells (``folders/N`` or ``organizations/N``)."""

    project_id: Text
    declared: Declaration
    number: str | None = None
    parent: Text | None = None


@dataclass(frozen=True, slots=True)
class Denial:
    """One rule of a deny policy.

    ``parent`` is the attachment point decoded:
    ``cloudresourcemanager.googleapis.com/projects/P``.
    Permissions have the deny form: ``iam.googleapis.com/serviceAccounts.getAccessToken``.
    """

    parent: Text
    declared: Declaration
    denied_principals: tuple[Text, ...] | Unknown
    denied_permissions: tuple[Text, ...] | Unknown
    exception_principals: tuple[Text, ...] | Unknown = ()
    exception_permissions: tuple[Text, ...] | Unknown = ()
    condition: Condition | Unknown | None = None


@dataclass(frozen=True, slots=True)
class Gap:
    """Something in the input that could not be followed: a module that is not there, a count that is not known."""

    reason: str
    declared: Declaration


Fact = Grant | CustomRole | ServiceAccount | ServiceAccountKey | Service | Impersonation | Project | Denial | Gap
