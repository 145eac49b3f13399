"""Queries about policies with nonexistent roles, or with too many duties for one principal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Literal

from iamlint.basics.lazy_regex import regex
from iamlint.estate import Estate, Node, principal_node
from iamlint.facts import Declaration, Grant, Resource, Written
from iamlint.patterns.match import Match
from iamlint.unknown import Truth, shown

# -- roles that do not exist --------------------------------------------------------------------------------------


def unknown_roles(estate: Estate) -> Iterator[Match]:
    """Roles that Google does not list: misspelt, retired, or newer than the catalogue."""
    seen: set[tuple[Declaration, str]] = set()
    problems: dict[str, str | None] = {}
    for grant in estate.of(Grant):
        if not isinstance(grant.role, str):
            continue
        if grant.role not in problems:
            problems[grant.role] = _problem_of(grant.role, estate)
        problem = problems[grant.role]
        if problem and (grant.declared, grant.role) not in seen:
            seen.add((grant.declared, grant.role))
            words = {"problem": problem} if grant.role else {"problem": problem, "role": '""'}
            yield Match(grant, Truth.TRUE, words=words, place=grant.role_place)


_CUSTOM_NAME = regex(r"(?:projects|organizations)/[^/]+/roles/[^/]+\Z")


def _problem_of(role: str, estate: Estate) -> str | None:
    catalog = estate.roles.catalog
    if role.startswith("roles/"):
        if role not in catalog:
            nearest = catalog.nearest(role)
            return f"Google lists no such role (catalogue of {catalog.date})" + (
                f"; did you mean {nearest}?" if nearest else ""
            )
        return None if catalog.is_listed(role) else f"Google no longer lists the role (catalogue of {catalog.date})"
    if _CUSTOM_NAME.match(role):
        return None
    meant = f"roles/{role}"
    return "a role begins with `roles/`, `projects/` or `organizations/`" + (
        f"; did you mean {meant}?" if meant in catalog else ""
    )


# -- members that are named twice ----------------------------------------------------------------------------------


def repeated_members(estate: Estate) -> Iterator[Match]:
    """Members that one list names twice, each mention after the first.

    Only what is written in the list itself: values that come from elsewhere may be equal by chance.
    """
    seen: dict[tuple[object, ...], Grant] = {}
    for grant in estate.of(Grant):
        known = grant.principal.unknown is None and grant.principal.kind != "malformed"
        if grant.origin != "binding" or not known or _is_elsewhere(grant.principal_place):
            continue
        first = seen.setdefault((grant.declared, grant.role, grant.resource, grant.principal.text), grant)
        first = first if first.role_place == grant.role_place else grant
        for place in grant.repeated:
            if not _is_elsewhere(place):
                yield Match(grant, Truth.TRUE, related=(first,), place=place)
        if first is not grant:
            yield Match(grant, Truth.TRUE, related=(first,), place=grant.principal_place)


def _is_elsewhere(place: Written) -> bool:
    """Whether the list only refers to a value."""
    return place.origin is not None or place.made is not None


_FOLDERS = frozenset({"folder", "organization"})
_PROJECTS = frozenset({"project", "folder", "organization"})
_BILLING = frozenset({"billing_account", "organization"})
_LOWEST: Mapping[str, frozenset[str]] = {
    "roles/billing.admin": _BILLING,
    "roles/billing.creator": frozenset({"organization"}),
    "roles/billing.user": _BILLING,
    "roles/iam.organizationRoleAdmin": frozenset({"organization"}),
    "roles/orgpolicy.policyAdmin": frozenset({"organization"}),
    "roles/resourcemanager.folderAdmin": _FOLDERS,
    "roles/resourcemanager.folderCreator": _FOLDERS,
    "roles/resourcemanager.folderEditor": _FOLDERS,
    "roles/resourcemanager.folderIamAdmin": _FOLDERS,
    "roles/resourcemanager.folderMover": _FOLDERS,
    "roles/resourcemanager.folderViewer": _FOLDERS,
    "roles/resourcemanager.organizationViewer": frozenset({"organization"}),
    "roles/resourcemanager.projectCreator": _FOLDERS,
    "roles/resourcemanager.lienModifier": _PROJECTS,
    "roles/resourcemanager.organizationAdmin": _PROJECTS,
    "roles/resourcemanager.projectDeleter": _PROJECTS,
    "roles/resourcemanager.projectIamAdmin": _PROJECTS,
    "roles/resourcemanager.projectMover": _PROJECTS,
}
"""Roles with a documented lowest resource that they can be granted on, with the kinds from there up.

Sources, "Lowest-level resources where you can grant this role" in the pages of April 2026:
https://docs.cloud.google.com/iam/docs/roles-permissions/resourcemanager (also resource-manager/docs/access-control-org,
-folders and -proj), https://docs.cloud.google.com/iam/docs/roles-permissions/billing (also
billing/docs/how-to/billing-access) and
https://docs.cloud.google.com/iam/docs/roles-permissions/orgpolicy; of organizationRoleAdmin
https://docs.cloud.google.com/iam/docs/creating-custom-roles#required-roles
"""


_OWN: Mapping[str, str] = {
    **dict.fromkeys(("cloud_run_service", "cloud_run_v2_service", "cloud_run_v2_job"), "run."),
    **dict.fromkeys(("cloudfunctions_function", "cloudfunctions2_function"), "cloudfunctions."),
    **dict.fromkeys(("bigquery_dataset", "bigquery_table"), "bigquery."),
    **dict.fromkeys(("compute_subnetwork", "compute_instance"), "compute."),
    **dict.fromkeys(("spanner_instance", "spanner_database"), "spanner."),
    **dict.fromkeys(("iap_web_backend_service", "iap_tunnel_instance"), "iap."),
    "artifact_registry_repository": "artifactregistry.",
    "privateca_ca_pool": "privateca.",
    "service_account": "iam.serviceAccount",
    "storage_bucket": "storage.",
    "pubsub_topic": "pubsub.",
    "pubsub_subscription": "pubsub.",
    "secret_manager_secret": "secretmanager.",
    "kms_crypto_key": "cloudkms.",
    "kms_key_ring": "cloudkms.",
}
"""How the permissions on a kind of resource begin: a role without any of them cannot be granted there.

Source: https://cloud.google.com/iam/docs/viewing-grantable-roles; of the functions also
https://github.com/hashicorp/terraform-provider-google/issues/12562
"""


_CUSTOM = regex(r"(?P<kind>projects|organizations)/(?P<name>[^/$]+)/roles/")


def ungrantable_roles(estate: Estate) -> Iterator[Match]:
    """Roles granted on a resource that does not allow them, once for each declaration."""
    seen: set[tuple[Declaration, str]] = set()
    for grant in estate.of(Grant):
        kinds = None if is_accepted(grant) else _grantable_on(grant, estate)
        if kinds is None:
            continue
        key = (grant.declared, shown(grant.role))
        if key not in seen:
            seen.add(key)
            yield Match(grant, Truth.TRUE, words={"kinds": kinds}, place=grant.role_place)


def _grantable_on(grant: Grant, estate: Estate) -> str | None:
    """Return what the role of a grant can be granted on, if its resource is of another kind."""
    role, kind = grant.role, grant.resource.kind
    if not isinstance(role, str):
        return None
    lowest = _LOWEST.get(role)
    if lowest is not None:
        return " or ".join(sorted(f"{one.replace('_', ' ')}s" for one in lowest)) if kind not in lowest else None
    if not role.startswith("roles/"):
        return _home_elsewhere(role, grant, estate)
    begins = _OWN.get(kind)
    if begins is None:
        return None
    held, unknown = estate.permissions(role, grant.declared)
    mine = unknown is not None or not held or any(one.startswith(begins) for one in held)
    return None if mine else "what it has permissions on, and above"


def _home_elsewhere(role: str, grant: Grant, estate: Estate) -> str | None:
    """Return where a custom role can be granted, if its project or organization is certainly another one.

    Source: https://cloud.google.com/iam/docs/roles-overview#custom
    """
    found = _CUSTOM.match(role)
    if found is None:
        return None
    kind: Literal["project", "organization"] = "project" if found["kind"] == "projects" else "organization"
    home = estate.hierarchy.node(Resource(kind, found["name"]), grant.declared)
    above = estate.hierarchy.above(grant.resource, grant.declared)
    there = next((node for node in above if node[0] == kind), None)
    is_above = kind == "project" and grant.resource.kind in _FOLDERS
    if is_above or (home and there and home != there and _is_name(home) and _is_name(there)):
        return f"{kind} {found['name']} and what it contains"
    return None


def _is_name(node: Node) -> bool:
    """Whether a resource is known by the name that others have, too: of a project that is its id."""
    return "${" not in node[1] and (node[0] != "project" or not node[1].isdecimal())


def is_accepted(grant: Grant) -> bool:
    """Whether IAM itself shows the grant; IAM has not seen what Config Connector will set."""
    return grant.origin == "export" and not (grant.declared.type or "").startswith("IAM")


# -- separation of duties -----------------------------------------------------------------------------------------

DUTIES = (
    (
        "administers keys and uses them",
        "cloudkms.cryptoKeys.setIamPolicy",
        ("cloudkms.cryptoKeyVersions.useToDecrypt", "cloudkms.cryptoKeyVersions.useToEncrypt"),
    ),
    (
        "administers service accounts and acts as them",
        "iam.serviceAccounts.create",
        ("iam.serviceAccounts.actAs",),
    ),
)
"""Pairs of duties that one principal should not have.

Sources: https://cloud.google.com/kms/docs/separation-of-duties and CIS Google Cloud Platform Foundation Benchmark 1.8
and 1.11.
"""
NEEDED = {"joined_duties": ({"permission": [one for duty in DUTIES for one in (duty[1], *duty[2])]},)}


def joined_duties(estate: Estate) -> Iterator[Match]:
    """Principals with two roles that give both halves of a separated duty, on one resource or above it.

    The second half is expected on a single key or account below a project.
    """
    for what, administers, uses in DUTIES:
        admins, users = _halves(estate, administers, uses)
        for who in (one for one in users if one in admins):
            for node, used in users[who].items():
                admin = _around(node, admins[who], used, estate)
                if admin:
                    yield _joined(used, admin, what, uses, estate)
            for node, admin in admins[who].items():
                used_above = None if node in users[who] else _around(node, users[who], admin, estate)
                if used_above:
                    yield _joined(admin, used_above, what, (administers,), estate)


_Held = dict[str, dict[Node, Grant]]
"""By principal, the first grant on each resource."""


def _halves(estate: Estate, administers: str, uses: tuple[str, ...]) -> tuple[_Held, _Held]:
    """Return who administers without using, and who uses without administering, without a condition."""
    admins: _Held = defaultdict(dict)
    users: _Held = defaultdict(dict)
    for grant in estate.of(Grant):
        if grant.condition is not None or grant.principal.unknown or grant.principal.kind in _NOBODY:
            continue
        held, _ = estate.permissions(grant.role, grant.declared)
        is_admin, is_user = administers in held, not held.isdisjoint(uses)
        if is_admin is is_user:
            continue
        who, node = principal_node(grant), estate.hierarchy.node(grant.resource, grant.declared)
        if who and node:
            (admins if is_admin else users)[who].setdefault(node, grant)
    return admins, users


_NOBODY = frozenset({"service_agent", "convenience", "deleted", "malformed"})
"""Principals whose duties cannot be separated."""


def _around(node: Node, held: dict[Node, Grant], grant: Grant, estate: Estate) -> Grant | None:
    """Return the grant on a resource, or, if that is a project or folder, on its containers."""
    above = estate.hierarchy.above(grant.resource, grant.declared) if grant.resource.is_container else (node,)
    return next((held[one] for one in above if one in held), None)


def _joined(grant: Grant, other: Grant, what: str, permissions: tuple[str, ...], estate: Estate) -> Match:
    """Return one finding at the lower of the two grants."""
    held, _ = estate.permissions(grant.role, grant.declared)
    named = tuple(one for one in permissions if one in held)
    return Match(grant, Truth.TRUE, named, related=(other,), words={"what": what, "other": shown(other.role)})
