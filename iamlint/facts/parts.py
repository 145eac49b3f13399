"""What facts are made of: texts, places, declarations, principals, resources, conditions."""

from __future__ import annotations

from dataclasses import field
from sys import intern
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
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

NOBODY: frozenset[PrincipalKind] = frozenset({"malformed", "deleted"})
"""Principals that get nothing, whether or not the condition of a grant holds."""


Origin = Literal["member", "binding", "policy", "export"]
"""How a grant is written. In Terraform a member adds a grant, a binding owns its role, a policy owns the resource."""


Trust = Literal["named", "owner", "own"]
"""How far a fact counts outside its own configuration: see `iamlint.provenance`."""


@frozen
class Place:
    """Where a part is written: the narrowest argument, and the origin of its value if that is elsewhere.

    ``made`` is where a called module makes it; ``at`` or ``origin`` is then the expression that names its output.
    """

    at: Location
    origin: Location | None = None
    made: Location | None = None


_KEYS = regex(r"\[[^\]]*\]")
Written = Place | Location
"""Where a part is written: a location, if its value is written there, too. An export has a million of them."""


@frozen
class Declaration:
    """The part of the input that states a fact.

    ``address`` is Terraform's, instance keys included; None for exports. ``type`` is the Terraform type, or the kind of
    export. ``at`` is the header of the block, or the start of the document or entry. ``via`` are the module calls that
    lead to it, outermost first. ``planned`` is the entry of the plan or state that states it, if ``at`` is in the
    Terraform source. ``uncertain`` says why the existence of the resource is not certain; empty if it is. ``trust``
    says how far the fact counts outside its own configuration. ``former`` are earlier addresses, the oldest last.
    ``ignored`` are the attributes that decide about access and that an existing resource may have with other values.
    """

    at: Location
    type: str | None = None
    address: str | None = None
    via: tuple[Location, ...] = ()
    planned: Location | None = field(default=None, compare=False)
    uncertain: str = ""
    trust: Trust = field(default="named", compare=False)
    former: tuple[str, ...] = field(default=(), compare=False)
    ignored: tuple[str, ...] = field(default=(), compare=False)

    @property
    def loose(self) -> str:
        """Why an existing resource may differ from what is written; empty if it may not."""
        names = " and ".join(self.ignored)
        return f"Terraform ignores changes of {names}, so an existing resource may differ" if names else ""

    @property
    def block(self) -> str:
        """The address without the keys of instances; empty for exports."""
        return _KEYS.sub("", self.address or "")


_WITHOUT_EMAIL = frozenset({"federated", "federated_set", "federated_pool", "public", "malformed", "unknown"})


class _FoundOnce:
    """A slot for the e-mail of a `Principal`, which is asked for again and again."""

    __slots__ = ("_email",)
    _email: str | None


@frozen
class Principal(_FoundOnce):
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
        try:
            return self._email
        except AttributeError:
            is_without = self.unknown or self.kind in _WITHOUT_EMAIL
            # Each index of an estate has it as a key: they share one text, whose hash is known.
            self._email = found = None if is_without else intern(self.text.partition(":")[2]) or None
            return found

    @property
    def account(self) -> str | None:
        """The e-mail of an account; also of a default account with a reference to its project's number.

        ``${google_project.shop.number}-compute@developer.gserviceaccount.com`` is one account, whatever the number.
        """
        known = self.email
        if known or self.kind != "default_service_account":
            return known
        email = self.text.partition(":")[2]
        return email if _BY_NUMBER.match(email) else None


_BY_NUMBER = regex(
    r"\$\{[^{}]+\.(?:project_)?number\}(?:-compute@developer|@cloudbuild|@cloudservices)\.gserviceaccount\.com\Z"
)


_OF_PROVIDER = regex(r"^\$\{provider\.[^{}]*\}/")
"""The beginning of a name that depends on the provider's configuration only; it means nothing to a reader."""


@frozen
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
        name = self.name if type(self.name) is str else shown(self.name)
        return f"{self.kind.replace('_', ' ')} {_OF_PROVIDER.sub('', name) if name[:1] == '$' else name}"


_COLLECTIONS = ("projects", "folders", "organizations")


def short_name(name: str) -> str:
    """Return ``P/L/T`` for ``projects/P/locations/L/topics/T``: Terraform uses the short form, exports the long one.

    Names of the Identity-Aware Proxy have the region in ``compute-R``:
    https://registry.terraform.io/providers/hashicorp/google/latest/docs/resources/iap_web_region_backend_service_iam
    """
    parts = name.split("/")
    if parts[0] not in _COLLECTIONS or "${" in name:
        return name
    match parts[2:3]:
        case ["iap_web"]:
            parts = [parts[1], *filter(None, ["".join(parts[3:4]).partition("-")[2]]), *parts[5::2]]
        case ["iap_tunnel"]:
            parts = [parts[1], *parts[4::2]]
        case ["global"] if len(parts) % 2:  # projects/P/global/images/I
            parts = [parts[1], *parts[4::2]]
        case _ if len(parts) % 2 == 0:
            parts = parts[1::2]
    return "/".join(parts)


@frozen
class Condition:
    """An IAM condition: a CEL expression that must hold for the grant to count.

    ``at`` is its argument, ``origin`` where its value is written if that is elsewhere. ``joined`` says that references
    make a part of it, which may be empty.
    """

    expression: Text
    title: Text | None = None
    at: Location | None = None
    joined: bool = False
    origin: Location | None = None

    @property
    def place(self) -> Place | None:
        """Where it is written, if the input shows that."""
        return Place(self.at, self.origin) if self.at else None


def expression_of(condition: Condition | Unknown | None) -> Text | None:
    """Return the expression of a condition, which is unknown if the condition is; None without one."""
    return condition.expression if isinstance(condition, Condition) else condition
