"""The context of a condition: the day, the requested permission, and the caller."""

from __future__ import annotations

from dataclasses import field
from datetime import date

from iamlint.basics.frozen import frozen, mutable
from iamlint.facts import Principal
from iamlint.unknown import Truth


@frozen
class Tag:
    """A tag of a resource: the spellings of its key and of its value, by name and by id.

    ``own`` says that the resource can have no other value of that key.
    """

    keys: frozenset[str]
    values: frozenset[str]
    own: bool


@mutable(eq=False)
class TagState:
    """The tags that a resource certainly has; ``complete`` says that it has no others.

    It is compared by identity, since it is a part of the key of each kept outcome, and it may have many tags.
    """

    tags: tuple[Tag, ...]
    complete: bool = False
    _of_value: dict[str, list[Tag]] = field(default_factory=dict, init=False)
    _keys: set[str] = field(default_factory=set, init=False)
    _own_keys: set[str] = field(default_factory=set, init=False)

    def __post_init__(self) -> None:
        for tag in self.tags:
            for value in tag.values:
                self._of_value.setdefault(value, []).append(tag)
            self._keys |= tag.keys
            if tag.own:
                self._own_keys |= tag.keys

    def matches(self, key: str, value: str) -> Truth:
        """Whether the resource has this value of a key; a value by its id is that of one key only."""
        if any(key in tag.keys or not tag.keys for tag in self._of_value.get(value, ())):
            return Truth.TRUE
        return Truth.FALSE if self.complete or key in self._own_keys else Truth.UNKNOWN

    def has(self, key: str) -> Truth:
        """Whether the resource has a value of a key."""
        if key in self._keys:
            return Truth.TRUE
        return Truth.FALSE if self.complete else Truth.UNKNOWN


@frozen
class Context:
    """The circumstances of a request.

    ``as_of`` is the day (UTC) of the request; its time of day is open. ``permission`` is the requested one
    (``iam.serviceAccounts.getAccessToken``); it determines the resource that the condition sees. ``principal`` is the
    caller. ``modified`` are the roles whose grants the request changes, if it sets an allow policy. ``tags`` are those
    of the resource. None means open. With ``later`` the request is on this day or on any day after it. ``bucket`` has
    the resource in it, or is the resource.
    """

    as_of: date
    permission: str | None = None
    principal: Principal | None = None
    modified: tuple[str, ...] | None = None
    tags: TagState | None = None
    later: bool = False
    bucket: str | None = None


PROVIDERS: dict[str, str] = {
    service.partition(".")[0]: service
    for service in (
        "apigee.googleapis.com",
        "apihub.googleapis.com",
        "backupdr.googleapis.com",
        "bigquery.googleapis.com",
        "bigqueryreservation.googleapis.com",
        "binaryauthorization.googleapis.com",
        "ces.googleapis.com",
        "clouddeploy.googleapis.com",
        "cloudkms.googleapis.com",
        "compute.googleapis.com",
        "connectors.googleapis.com",
        "container.googleapis.com",
        "dataform.googleapis.com",
        "dns.googleapis.com",
        "firestore.googleapis.com",
        "iap.googleapis.com",
        "integrations.googleapis.com",
        "logging.googleapis.com",
        "managedkafka.googleapis.com",
        "networksecurity.googleapis.com",
        "parametermanager.googleapis.com",
        "pubsublite.googleapis.com",
        "secretmanager.googleapis.com",
        "spanner.googleapis.com",
        "storage.googleapis.com",
    )
} | {
    "agentregistry": "agentregistry.googleapis.com",
    "bigtable": "bigtableadmin.googleapis.com",
    "cloudsql": "sqladmin.googleapis.com",
    "datastore": "firestore.googleapis.com",
    "resourcemanager": "cloudresourcemanager.googleapis.com",
}
"""The services whose resources provide resource.service, resource.type and resource.name, by the prefix of their
permissions. iam.googleapis.com is not among them.
Source: https://cloud.google.com/iam/docs/conditions-resource-attributes"""


def resources_of(permission: str) -> str:
    """Return the resources that a permission is about, for a reader: "service accounts", "resources of run"."""
    service, _, rest = permission.partition(".")
    if service == "iam" and rest.startswith("serviceAccount"):
        return "service accounts"
    return f"resources of {service}"
