"""The roles to propose for permissions: few, and with few other permissions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from iamlint.basics.lazy_regex import regex
from iamlint.roles import Catalog, catalog, spellings

_USUAL: Mapping[str, str] = {
    "storage.objects.get": "roles/storage.objectViewer",
    "storage.objects.list": "roles/storage.objectViewer",
    "storage.objects.create": "roles/storage.objectCreator",
    "storage.objects.delete": "roles/storage.objectUser",
    "storage.buckets.get": "roles/storage.bucketViewer",
    "bigquery.jobs.create": "roles/bigquery.jobUser",
    "bigquery.datasets.get": "roles/bigquery.metadataViewer",
    "bigquery.tables.create": "roles/bigquery.dataEditor",
    "bigquery.tables.get": "roles/bigquery.metadataViewer",
    "bigquery.tables.getData": "roles/bigquery.dataViewer",
    "bigquery.tables.updateData": "roles/bigquery.dataEditor",
    "cloudkms.cryptoKeyVersions.useToDecrypt": "roles/cloudkms.cryptoKeyDecrypter",
    "cloudkms.cryptoKeyVersions.useToEncrypt": "roles/cloudkms.cryptoKeyEncrypter",
    "cloudtasks.tasks.create": "roles/cloudtasks.enqueuer",
    "compute.networks.addPeering": "roles/compute.networkAdmin",
    "compute.subnetworks.use": "roles/compute.networkUser",
    "secretmanager.versions.access": "roles/secretmanager.secretAccessor",
    "pubsub.topics.publish": "roles/pubsub.publisher",
    "pubsub.subscriptions.consume": "roles/pubsub.subscriber",
    "run.routes.invoke": "roles/run.invoker",
    "artifactregistry.repositories.downloadArtifacts": "roles/artifactregistry.reader",
    "artifactregistry.repositories.uploadArtifacts": "roles/artifactregistry.writer",
    "logging.logEntries.create": "roles/logging.logWriter",
}
"""The role that Google's documentation names for a permission. Each contains it by the role catalogue."""


def smallest_role(permission: str, of_document: str = "") -> str | None:
    """Return the usual role for a permission, else the one with it that changes least; None if no role has it.

    The role that the error's document proposes is the usual one if it has the permission.
    """
    if permission in _USUAL:
        return _USUAL[permission]

    roles = catalog()
    permission = _in_catalogue(permission)
    held = roles.permissions(of_document) if of_document else None
    if isinstance(held, frozenset) and permission in held:
        return of_document
    service = permission.partition(".")[0]
    own = _smallest(permission, f"roles/{service}.", roles)
    reads_policy = permission.endswith(_READS_POLICY)
    if own and not (reads_policy and _has_powers(_given(own, "roles/", roles), (permission,))):
        return own
    return _smallest(permission, "roles/", roles)  # who may read a policy is not given a role that sets it


def _in_catalogue(permission: str) -> str:
    """Return a permission as the catalogue spells it."""
    return next(filter(catalog().is_permission, spellings(permission)), permission)


def smallest_roles(permissions: Iterable[str], of_document: str = "") -> dict[str, tuple[str, ...]] | None:
    """Return the roles that have all permissions, each with those that it is for; None if a permission is in no role.

    That is one role if one has all, unless several change far less.
    """
    given = {_in_catalogue(one): one for one in permissions}
    wanted = tuple(given)
    alone = {one: role for one in wanted if (role := smallest_role(one, of_document))}
    if len(alone) < len(wanted):
        return None
    together = {one: alone[one] for one in wanted[:_MOST_TOGETHER]}
    roles = _cheapest(_candidates(tuple(together), together), tuple(together)) or together.values()
    left, made = set(wanted), dict[str, tuple[str, ...]]()
    for role in dict.fromkeys((*roles, *alone.values())):
        held = catalog().permissions(role)
        its = tuple(one for one in wanted if one in left and isinstance(held, frozenset) and one in held)
        made |= {role: tuple(given[one] for one in its)} if its else {}
        left.difference_update(its)
    return made


_READS_POLICY = ".getIamPolicy"
_MOST_TOGETHER = 10
"""Maximum number of permissions whose roles are chosen together; each further one gets its own, if none has it."""
_POWERS = regex(r"\.(?:setIamPolicy|actAs|getAccessToken|getOpenIdToken|signBlob|signJwt|implicitDelegation)\Z")
_OF_A_ROLE, _OF_POWERS, _OF_A_PREVIEW = 40, 100, 10
"""What counts against a role, in permissions that do more than read: each role more, one that also sets policies or
becomes accounts, one that is not generally available."""


def _candidates(wanted: tuple[str, ...], alone: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return the cheapest role for each part of the permissions, among the roles of their services."""
    roles = catalog()
    usual = frozenset(alone.values())
    prefixes = tuple(f"roles/{one.partition('.')[0]}." for one in wanted)
    best: dict[frozenset[str], tuple[int, int, str]] = {}
    for role in roles.roles:
        held = _given(role, ("roles/",) if role in usual else prefixes, roles)
        part = held.intersection(wanted)
        if not part or (len(part) == 1 and role not in usual):
            continue
        cost = -1 if role in usual else 0, _cost(role, held, wanted), role
        best[part] = min(cost, best.get(part, cost))
    return {role: part for part, (_, _, role) in best.items()}


def _cost(role: str, held: frozenset[str], wanted: tuple[str, ...]) -> int:
    is_preview = catalog().stage(role) != "GA"
    return _changes(held) + _OF_A_ROLE + _OF_POWERS * _has_powers(held, wanted) + _OF_A_PREVIEW * is_preview


def _has_powers(held: frozenset[str], wanted: tuple[str, ...]) -> bool:
    """Whether a role also sets policies or becomes accounts, which is not what is wanted."""
    return any(_POWERS.search(one) for one in held.difference(wanted))


def _cheapest(candidates: Mapping[str, frozenset[str]], wanted: tuple[str, ...]) -> tuple[str, ...]:
    """Return the roles that together have all permissions at the lowest cost; empty if they do not have all."""
    roles = catalog()
    bits = {one: 1 << index for index, one in enumerate(wanted)}
    all_of_them = (1 << len(wanted)) - 1
    best: dict[int, tuple[int, tuple[str, ...]]] = {0: (0, ())}
    for role, part in candidates.items():
        mask = sum(bits[one] for one in part)
        cost = _cost(role, _given(role, "roles/", roles), wanted)
        for had, (price, chosen) in tuple(best.items()):
            found = price + cost, (*chosen, role)
            best[had | mask] = min(found, best.get(had | mask, found))
    return best.get(all_of_them, best[0])[1]


def _smallest(permission: str, prefix: str, roles: Catalog) -> str | None:
    """Return the role with a permission that changes least, among those that begin with a prefix."""
    holding = [(role, held) for role in roles.roles if (held := _given(role, prefix, roles)) and permission in held]
    reads_policy = permission.endswith(_READS_POLICY)

    def size(one: tuple[str, frozenset[str]]) -> tuple[bool, int, int]:
        return reads_policy and _has_powers(one[1], (permission,)), _changes(one[1]), len(one[1])

    return min(holding, key=size)[0] if holding else None


_NOT_FOR_PEOPLE = regex(
    r"(?i)serviceAgent(?!User)|legacy|\.express[A-Z]|\Aroles/(?:owner|editor|viewer|writer|reader)\Z"
)
"""Roles of service agents, of ACLs, of Google's express mode, and basic roles."""


def _given(role: str, prefix: str | tuple[str, ...], roles: Catalog) -> frozenset[str]:
    """Return the permissions of a role that a person can be given; empty for another role."""
    if not role.startswith(prefix) or _NOT_FOR_PEOPLE.search(role) or not roles.is_listed(role):
        return frozenset()
    held = roles.permissions(role)
    return held if isinstance(held, frozenset) else frozenset()


_READS = regex(r"\.(?:get|list|search|query|check|fetch|lookup)(?!AccessToken|OpenIdToken)[A-Za-z]*\Z")


def _changes(permissions: frozenset[str]) -> int:
    """How many of the permissions do more than read: a role with fewer of them is the smaller gift."""
    return sum(_READS.search(one) is None for one in permissions)
