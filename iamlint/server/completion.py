"""Completion: proposes roles, permissions, principals and rules at a position."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Literal

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.facts import Grant
from iamlint.location import SourceText
from iamlint.roles import Catalog, catalog
from iamlint.server.session import Session
from iamlint.unknown import Unknown, shown

Kind = Literal["role", "permission", "principal", "rule"]

MOST = 200
"""Maximum number of proposals; more typed characters narrow them down."""
_LOOKED_BACK = 200
"""Number of lines above that are searched for the beginning of a block or list."""
_LONGEST = 300
"""Number of characters of a line that are searched: some of the patterns take quadratic time."""
_PREFIXES = ("user:", "group:", "serviceAccount:", "domain:", "principal://", "principalSet://")
_ROLE = regex(r'\brole"?\s*[=:]\s*"([\w./-]*)$')
_MEMBER = regex(r'\bmember"?\s*[=:]\s*"([^"$]*)$')
_ITEM = regex(r'(?:^|[\[,\s])"([^"$]*)$')
_LIST = regex(r"\b(members|permissions|included_permissions|roles)\s*=\s*(?:toset\()?\[[^\]]*$")
_IGNORE = regex(r"iamlint:[ \t]*ignore\[(?:[\w-]+,[ \t]*)*([\w-]*)$")
_RESOURCE = regex(r'^[ \t]*resource[ \t]+"(\w+)"', re.MULTILINE)
_LISTED: dict[str, Kind] = {
    "members": "principal",
    "permissions": "permission",
    "included_permissions": "permission",
    "roles": "role",
}
_EVERYWHERE = ("google_project_iam", "google_folder_iam", "google_organization_iam")
_SERVICES = {
    "google_service_account_iam": "iam.serviceAccounts.",
    "google_storage_bucket_iam": "storage.",
    "google_storage_managed_folder_iam": "storage.",
    "google_pubsub_": "pubsub.",
    "google_secret_manager_": "secretmanager.",
    "google_kms_": "cloudkms.",
    "google_cloud_run_": "run.",
    "google_cloudfunctions": "cloudfunctions.",
    "google_artifact_registry_": "artifactregistry.",
    "google_bigquery_": "bigquery.",
    "google_spanner_": "spanner.",
    "google_bigtable_": "bigtable.",
    "google_dataproc_": "dataproc.",
    "google_compute_": "compute.",
    "google_iap_": "iap.",
    "google_sourcerepo_": "source.",
    "google_dns_": "dns.",
}
"""Prefixes of grant types, each with the prefix of the permissions that a role for such a resource has."""


@frozen
class Wanted:
    """The word being typed: its kind, its text so far, and the type of the resource around it, "" without one."""

    kind: Kind
    typed: str
    resource: str = ""


def wanted_at(text: SourceText, offset: int) -> Wanted | None:
    """Return the proposals at an offset; None without any."""
    number, column = text.position(offset)
    line = text.line(number)[: column - 1][-_LONGEST:]
    if found := _IGNORE.search(line):
        return Wanted("rule", found.group(1))
    above = (text.line(one)[:_LONGEST] for one in range(max(1, number - _LOOKED_BACK), number))
    around = "\n".join(above)
    types = _RESOURCE.findall(around)
    resource = types[-1] if types else ""
    if found := _ROLE.search(line):
        return Wanted("role", found.group(1), resource)
    if found := _MEMBER.search(line):
        return Wanted("principal", found.group(1), resource)
    item, listed = _ITEM.search(line), _LIST.search(f"{around}\n{line}")
    return Wanted(_LISTED[listed.group(1)], item.group(1), resource) if item and listed else None


def proposals(session: Session, wanted: Wanted) -> list[tuple[str, str]]:
    """Return the proposals that contain the typed text, each with a description; first those that begin with it."""
    typed = wanted.typed.lower()
    found = [one for one in _all(session, wanted) if typed in one[0].lower()]
    found.sort(key=lambda one: (not one[0].lower().startswith(typed), one[0]))
    return found[:MOST]


def _all(session: Session, wanted: Wanted) -> Iterator[tuple[str, str]]:
    match wanted.kind:
        case "rule":
            yield from ((slug, rule.title) for slug, rule in session.rules.items())
        case "permission":
            yield from ((name, "") for name in _permissions(catalog()))
        case "principal":
            yield from ((prefix, "") for prefix in _PREFIXES)
            estate = session.run.estate
            names = {shown(one.principal.text) for one in estate.of(Grant)} if estate else set[str]()
            yield from ((name, "in these files") for name in names if "${" not in name)
        case "role":
            estate = session.run.estate
            roles = estate.roles.catalog if estate else catalog()
            yield from ((role, roles.title(role)) for role in roles.roles if _fits(roles, role, wanted.resource))
            if estate:
                yield from ((name, "custom role in these files") for name in estate.roles.custom if "${" not in name)


def _permissions(roles: Catalog) -> Iterator[str]:
    seen = set[str]()
    for role in roles.roles:
        held = roles.permissions(role)
        if not isinstance(held, Unknown):
            seen |= held
    return iter(sorted(seen))


def _fits(roles: Catalog, role: str, resource: str) -> bool:
    """Whether a role can make sense on a type of resource: it has a permission of the service. Agents' roles do not."""
    if roles.is_service_agent_role(role):
        return False
    beginning = next((begin for kind, begin in _SERVICES.items() if resource.startswith(kind)), "")
    if not beginning or resource.startswith(_EVERYWHERE):
        return True
    held = roles.permissions(role)
    return not isinstance(held, Unknown) and any(one.startswith(beginning) for one in held)
