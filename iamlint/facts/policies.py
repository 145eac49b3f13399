"""Facts about access: grants and roles, and what removes or blocks access."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.facts.parts import Condition, Declaration, Origin, Place, Principal, Resource, Text, Written
from iamlint.unknown import Unknown

Latent = Literal["on request", "on approval"]
"""The approval that a grant of an entitlement waits for. Source: https://cloud.google.com/iam/docs/pam-overview"""


@frozen
class Grant:
    """A grant of one role to one principal on one resource, with its condition and the place of each part.

    ``repeated`` are further places in the same list of members that name the principal.
    A ``latent`` grant counts only once its principal requests it from Privileged Access Manager, and once somebody
    approves, if the entitlement demands that; its condition is unknown.
    """

    principal: Principal
    role: Text
    resource: Resource
    origin: Origin
    declared: Declaration
    principal_place: Written
    role_place: Written
    resource_place: Written
    condition: Condition | Unknown | None = None
    repeated: tuple[Place, ...] = field(default=(), compare=False)
    latent: Latent | None = None


@frozen
class RemovedGrant:
    """A grant that a plan removes. An export from before the apply still shows it."""

    grant: Grant
    declared: Declaration


@frozen
class EmptyBinding:
    """A binding without members, or, if ``role`` is None, a policy without bindings: an apply removes its grants."""

    resource: Resource
    declared: Declaration
    role: Text | None = None
    condition: Condition | Unknown | None = None


@frozen
class ExportedPolicy:
    """Says that an export shows the whole allow policy of a resource, with its number of bindings and version."""

    resource: Resource
    declared: Declaration
    place: Place
    bindings: int
    version: int | None = None


@frozen
class DefaultAccounts:
    """What an apply does, once, to a project's default accounts of Compute Engine and App Engine.

    ``action`` is DEPRIVILEGE (they lose their roles on the project), DISABLE or DELETE. Source:
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/google_project_default_service_accounts
    """

    project: Text
    action: Text
    declared: Declaration


@frozen
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


@frozen
class Denial:
    """One rule of a deny policy.

    ``parent`` is the decoded attachment point: ``cloudresourcemanager.googleapis.com/projects/P``. Permissions have the
    deny form: ``iam.googleapis.com/serviceAccounts.getAccessToken``. ``place`` is the rule's list of permissions, or
    the rule; ``principals_place`` its list of denied principals. ``places`` has the permissions and principals that are
    written elsewhere than in the rule, such as in a variable. ``name`` is the policy's, if Terraform declares it.
    """

    parent: Text
    declared: Declaration
    denied_principals: tuple[Text, ...] | Unknown
    denied_permissions: tuple[Text, ...] | Unknown
    exception_principals: tuple[Text, ...] | Unknown = ()
    exception_permissions: tuple[Text, ...] | Unknown = ()
    condition: Condition | Unknown | None = None
    place: Place | None = None
    principals_place: Place | None = None
    places: tuple[tuple[str, Place], ...] = ()
    name: Text | None = None


@frozen
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


@frozen
class BoundaryBinding:
    """A binding of a boundary policy to the principals of an organization, folder, project, pool or domain."""

    policy: Text
    principal_set: Text
    declared: Declaration
    condition: Condition | Unknown | None = None


@frozen
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


@frozen
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
