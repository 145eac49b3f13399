"""Queries about combinations of permissions in a custom role."""

from __future__ import annotations

from collections.abc import Iterator, Set
from dataclasses import replace

from iamlint.basics.lazy_regex import regex
from iamlint.basics.words import counted
from iamlint.estate import Estate, permissions_of
from iamlint.facts import CustomRole, Place, Text
from iamlint.graph.edge_permissions import EDGE_PERMISSIONS
from iamlint.graph.edges import graph_of
from iamlint.methods.index import deployments
from iamlint.patterns.match import Match
from iamlint.queries.escalation.deployments import USES, raised_by
from iamlint.roles import Catalog, spellings
from iamlint.unknown import Truth

_CREDENTIALS = (
    *EDGE_PERMISSIONS["token"],
    *EDGE_PERMISSIONS["delegate"],
    *EDGE_PERMISSIONS["key"],
    "iam.serviceAccountApiKeyBindings.create",
    "storage.hmacKeys.create",
)
_OF_THEIR_KIND = regex(r"iam\.|storage\.hmacKeys\.|apikeys\.|resourcemanager\.[a-z]+\.(get|list)$|serviceusage\.")
"""Permissions that fit those to make credentials: others on accounts, and those to list them in a project."""
_FEDERATION = ("workloadIdentityPools.", "workloadIdentityPoolProviders.", "workforcePool", "oauthClient")
"""The prefixes of permissions that have the host iam.googleapis.com in allow policies, too."""
_WHOLE = ("iam.serviceAccounts.", "iam.serviceAccountKeys.", "iam.roles.", "resourcemanager.")
"""The prefixes of permissions that are complete in the predefined roles, taken together."""
_FORM = regex(r"[a-zA-Z0-9.-]+\.[a-zA-Z0-9-]+\.[a-zA-Z0-9]+\Z")


def token_permission_in_custom_role(estate: Estate) -> Iterator[Match]:
    """Custom roles that make credentials of accounts, and also have permissions of another kind."""
    for role in estate.of(CustomRole):
        known, _ = permissions_of(role)
        held = tuple(one for one in _CREDENTIALS if one in known)
        others = sorted(one for one in known if not _OF_THEIR_KIND.match(one))
        if held and others:
            count = counted(len(others), "permission")
            yield Match(role, Truth.TRUE, held, words={"other": others[0], "others": count})


def act_as_and_deploy_in_custom_role(estate: Estate) -> Iterator[Match]:
    """Custom roles that both attach an account and deploy the resource it is attached to.

    If the input grants such a role on accounts only, the deployment permissions have no effect.
    """
    for role in estate.of(CustomRole):
        known, _ = permissions_of(role)
        method = next(iter(deployments(known)), None)
        if method is None or EDGE_PERMISSIONS["attach"][0] not in known:
            continue
        grants = graph_of(estate).grants_of(role)
        broad = [grant for grant in grants if grant.resource.is_container]
        if broad or not grants:
            yield Match(
                role,
                Truth.TRUE,
                EDGE_PERMISSIONS["attach"],
                related=tuple(broad[:1]),
                words={"deploy": method.needs[0].permission, "use": USES[method.yields]},
                raised=raised_by(method) + (1 if broad else 0),
            )


def unknown_permission(estate: Estate) -> Iterator[Match]:
    """Permissions of custom roles that no role of the catalogue has: globs, deny forms, and typing errors.

    A permission that no predefined role has, and that is not a typing error, may be new, or deliberately in no role.
    """
    catalog = estate.roles.catalog
    for role in estate.of(CustomRole):
        listed = role.permissions if isinstance(role.permissions, tuple) and not role.deleted else ()
        names = {name for name, _ in listed}
        doubtful: list[tuple[str, Place]] = []
        for permission, place in listed:
            if not isinstance(permission, str) or "${" in permission:
                continue
            if any(map(catalog.is_permission, spellings(permission))):
                continue
            wrong = _wrong(permission)
            slip = None if wrong or role.accepted else _slip(permission, names, catalog)
            if wrong or slip:
                words = {"reason": f"which IAM does not accept: {wrong}" if wrong else slip or ""}
                found = Match(role, Truth.TRUE, (permission,), words=words, place=place)
                yield found if wrong else replace(found, confidence="medium")
            else:
                doubtful.append((permission, place))
        if doubtful:  # an old role lists many that Google has retired since: one message is enough
            permission, place = doubtful[0]
            rest = len(doubtful) - 1
            more = f", nor {'is' if rest == 1 else 'are'} {rest} more of the role" if rest else ""
            reason = f"{permission} is in no role of the catalogue of {catalog.date}{more}: newer, or a typing error"
            yield Match(role, Truth.UNKNOWN, (permission,), (reason,), words={"reason": reason}, place=place)


def _wrong(permission: str) -> str | None:
    """Return what is certainly wrong with a permission, as a clause."""
    if "*" in permission:
        return "custom roles take no wildcards"
    if permission.startswith("roles/"):
        return "it is a role"
    host, slash, name = permission.partition("/")
    if slash:
        service = {"cloudresourcemanager": "resourcemanager"}.get(host.partition(".")[0], host.partition(".")[0])
        federation = host == "iam.googleapis.com" and name.startswith(_FEDERATION)
        return None if federation else f"that is how deny policies spell {service}.{name}"
    if not _FORM.match(permission):
        return "a permission is SERVICE.RESOURCE.VERB"
    return None


def _slip(permission: str, listed: Set[Text], catalog: Catalog) -> str | None:
    """Return why a permission that no role has is certainly invalid, as a clause.

    IAM has had some with two spellings of capitals; a role that lists both was copied from IAM.
    """
    meant = catalog.slip(permission)
    if meant and meant in listed and meant.lower() == permission.lower():
        return None
    if meant:
        return f"which is in no role of the catalogue of {catalog.date}; did you mean {meant}?"
    if permission.startswith(_WHOLE):
        return f"which is in no role of the catalogue of {catalog.date}, and that has all of their kind"
    service = permission.partition(".")[0]
    if "/" in permission or service in catalog.services:
        return None
    return f"which is in no role of the catalogue of {catalog.date}, nor is anything of `{service}`"
