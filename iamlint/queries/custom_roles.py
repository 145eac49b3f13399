"""Questions about the permissions that a custom role puts together."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from iamlint.estate import Estate, permissions_of
from iamlint.facts import CustomRole, Place
from iamlint.graph import DEPLOY, POWERS, graph_of
from iamlint.match import Match
from iamlint.roles import Catalog
from iamlint.unknown import Truth

_CREDENTIALS = (
    *POWERS["token"],
    *POWERS["delegate"],
    *POWERS["key"],
    "iam.serviceAccountApiKeyBindings.create",
    "storage.hmacKeys.create",
)
_OF_THEIR_KIND = re.compile(r"iam\.|storage\.hmacKeys\.|apikeys\.|resourcemanager\.[a-z]+\.(get|list)$|serviceusage\.")
"""What goes with permissions to make credentials: other permissions on accounts, and to find them in a project."""
_FEDERATION = ("workloadIdentityPools.", "workloadIdentityPoolProviders.", "workforcePool", "oauthClient")
"""What the permissions begin with that carry the host iam.googleapis.com in allow policies, too."""
_FORM = re.compile(r"[a-zA-Z0-9.-]+\.[a-zA-Z0-9-]+\.[a-zA-Z0-9]+\Z")


def token_permission_in_custom_role(estate: Estate) -> Iterator[Match]:
    """Custom roles that make credentials of accounts, among permissions of another kind."""
    for role in estate.of(CustomRole):
        known, _ = permissions_of(role)
        held = tuple(one for one in _CREDENTIALS if one in known)
        others = sorted(one for one in known if not _OF_THEIR_KIND.match(one))
        if held and others:
            yield Match(role, Truth.TRUE, held, words={"other": others[0], "others": str(len(others))})


def act_as_and_deploy_in_custom_role(estate: Estate) -> Iterator[Match]:
    """Custom roles that both attach an account and deploy what it is attached to.

    Where the input grants such a role on accounts only, the half that deploys has no effect.
    """
    for role in estate.of(CustomRole):
        known, _ = permissions_of(role)
        deploy = next((one for one in DEPLOY if one in known), None)
        if deploy is None or POWERS["attach"][0] not in known:
            continue
        grants = graph_of(estate).grants_of(role)
        broad = [grant for grant in grants if grant.resource.is_container]
        if broad or not grants:
            yield Match(
                role,
                Truth.TRUE,
                POWERS["attach"],
                related=tuple(broad[:1]),
                words={"deploy": deploy},
                raised=1 if broad else 0,
            )


def unknown_permission(estate: Estate) -> Iterator[Match]:
    """The permissions of custom roles that IAM does not know: globs, deny policies' names, and slips."""
    catalog = estate.roles.catalog
    for role in estate.of(CustomRole):
        listed = role.permissions if isinstance(role.permissions, tuple) and not role.deleted else ()
        missing = [
            (permission, place, *_reason(permission, catalog))
            for permission, place in listed
            if isinstance(permission, str) and "${" not in permission and not catalog.is_permission(permission)
        ]
        doubtful = [one for one in missing if not one[3]]
        yield from (_not_there(role, *one) for one in missing if one[3])
        if doubtful and role.accepted:
            more = f" (nor are {len(doubtful) - 1} more of the role)" if len(doubtful) > 1 else ""
            permission = doubtful[0][0]
            reason = f"{permission} is in no role of the catalogue of {catalog.date}{more}, though IAM accepted it once"
            yield Match(role, Truth.UNKNOWN, (permission,), (reason,), words={"reason": reason}, place=doubtful[0][1])
        elif doubtful:  # an old role lists many that Google has retired since: one finding says so
            permission, place, reason, _ = doubtful[0]
            rest = len(doubtful) - 1
            more = f"; so {'is' if rest == 1 else 'are'} {rest} more that the role lists" if rest else ""
            yield _not_there(role, permission, place, reason + more, False)


def _not_there(role: CustomRole, permission: str, place: Place, reason: str, sure: bool) -> Match:
    found = Match(role, Truth.TRUE, (permission,), words={"reason": reason}, place=place)
    return found if sure else replace(found, confidence="medium")


def _reason(permission: str, catalog: Catalog) -> tuple[str, bool]:
    """What is wrong with a permission, as a clause, and whether that is certain."""
    if "*" in permission:
        return "custom roles take no wildcards", True
    if permission.startswith("roles/"):
        return "it is a role", True
    host, slash, name = permission.partition("/")
    if slash:
        service = {"cloudresourcemanager": "resourcemanager"}.get(host.partition(".")[0], host.partition(".")[0])
        if host == "iam.googleapis.com" and name.startswith(_FEDERATION):
            return f"it is in no role of the catalogue of {catalog.date}", False
        return f"that is how deny policies spell {service}.{name}", True
    if not _FORM.match(permission):
        return "a permission is SERVICE.RESOURCE.VERB", True
    if catalog.is_permission(f"iam.googleapis.com/{permission.removeprefix('iam.')}"):
        return f"it is spelt iam.googleapis.com/{permission.removeprefix('iam.')}", True
    nearest = catalog.nearest_permission(permission)
    hint = f"; the nearest is {nearest}" if nearest else ""
    return f"it is in no role of the catalogue of {catalog.date}{hint}", False
