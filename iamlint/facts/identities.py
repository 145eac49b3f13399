"""Facts about who there is: accounts, their credentials, groups, pools and providers."""

from __future__ import annotations

from dataclasses import field
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.facts.parts import Condition, Declaration, Place, Text
from iamlint.unknown import Unknown


@frozen
class ServiceAccount:
    """A service account. If ``account_id`` or project is unknown, ``email`` is the text ``${ADDRESS.email}``.

    ``account_id`` is the part of the e-mail before the ``@``, if the input states it on its own.
    """

    email: Text
    project: Text
    declared: Declaration
    disabled: bool | Unknown = False
    unique_id: str | None = None
    account_id: Text | None = field(default=None, compare=False)


@frozen
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


@frozen
class Credential:
    """Another credential of a service account: an HMAC key, or an API key bound to it."""

    kind: Literal["hmac_key", "api_key"]
    account: Text
    declared: Declaration
    place: Place
    disabled: bool | Unknown = False


@frozen
class ApiKey:
    """An API key of a project, which names no caller.

    ``clients`` are the referrers, addresses and apps that may use it, ``apis`` the services that it may call; both are
    empty if it is not restricted. ``created`` is an RFC 3339 time, if the input has it. ``place`` is the block with the
    restrictions, or else the declaration. Source: https://cloud.google.com/docs/authentication/api-keys
    """

    name: Text
    project: Text
    declared: Declaration
    place: Place
    clients: tuple[Text, ...] | Unknown = ()
    apis: tuple[Text, ...] | Unknown = ()
    created: str | None = None


@frozen
class KubernetesAccount:
    """A service account of Kubernetes whose annotation names the service account of Google that its workloads become.

    ``place`` is the annotation. Source: https://cloud.google.com/kubernetes-engine/docs/how-to/workload-identity
    """

    namespace: Text
    name: Text
    account: Text
    declared: Declaration
    place: Place


@frozen
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


@frozen
class Pool:
    """A pool of federated identities.

    ``name`` is ``projects/P/locations/global/workloadIdentityPools/ID`` (P an id or a number) or
    ``locations/global/workforcePools/ID``. ``project_number`` is the number of P, if P is an id and the input has the
    number; principals contain the number. ``imported`` says that it existed before: it may have providers that the
    input does not show.
    """

    name: Text
    declared: Declaration
    disabled: bool | Unknown = False
    project_number: str | None = None
    imported: bool = False


AWS_ROLE = (
    "assertion.arn.contains('assumed-role')"
    " ? assertion.arn.extract('{account_arn}assumed-role/')"
    " + 'assumed-role/' + assertion.arn.extract('assumed-role/{role_name}/')"
    " : assertion.arn"
)
"""The ARN without the name of the session: ``attribute.aws_role`` of AWS providers that set no mapping.

Source: ``attributeMapping`` in
https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools.providers
"""
Protocol = Literal["oidc", "aws", "saml", "x509"]


@frozen
class Provider:
    """A provider of a pool: which issuer it trusts, and how it maps token claims to attributes.

    ``pool`` is the pool's name as in `Pool`. ``condition`` is the attribute condition (CEL over ``assertion`` and
    ``attribute``). ``mapping`` holds (attribute, expression, place): ``("google.subject", "assertion.sub", …)``. AWS
    providers without a mapping have Google's default. ``protocol`` is None if the input does not say which issuer it
    trusts. ``keys`` is the uploaded key set of an OIDC issuer (JSON); None if Google fetches the keys from the issuer.
    ``issuer`` is the URI of an OIDC issuer, the number of an AWS account, or the entity id of a SAML provider;
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
    keys: Text | None = None

    @property
    def mapped(self) -> tuple[tuple[str, Text, Place], ...]:
        """The entries of the mapping; empty if it is unknown."""
        return self.mapping if isinstance(self.mapping, tuple) else ()

    def source_of(self, attribute: str) -> Text | None:
        """Return the expression that an attribute is mapped from; None if the input does not show it."""
        return next((of for name, of, _ in self.mapped if name == attribute), None)


@frozen
class Group:
    """A group that the input declares. ``name`` is ``groups/ID`` if the input has it."""

    email: Text
    declared: Declaration
    name: str | None = None


@frozen
class Membership:
    """One member of a group; there may be others. ``group`` is an e-mail, ``groups/ID`` or a reference to a Group."""

    group: Text
    member: Text
    declared: Declaration
    place: Place
