"""Questions about the permissions that a custom role puts together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Set
from dataclasses import replace

from iamlint.estate import Estate, permissions_of
from iamlint.facts import CustomRole, Place, Text
from iamlint.graph import POWERS, graph_of
from iamlint.methods import deployments
from iamlint.patterns.match import Match
from iamlint.roles import Catalog, spellings
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
_WHOLE = ("iam.serviceAccounts.", "iam.serviceAccountKeys.", "iam.roles.", "resourcemanager.")
"""What the permissions begin with that predefined roles have all of, between them."""
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
        method = next(iter(deployments(known)), None)
        if method is None or POWERS["attach"][0] not in known:
            continue
        grants = graph_of(estate).grants_of(role)
        broad = [grant for grant in grants if grant.resource.is_container]
        if broad or not grants:
            yield Match(
                role,
                Truth.TRUE,
                POWERS["attach"],
                related=tuple(broad[:1]),
                words={"deploy": method.needs[0].permission},
                raised=1 if broad else 0,
            )


def unknown_permission(estate: Estate) -> Iterator[Match]:
    """The permissions of custom roles that are in no role of the catalogue: globs, deny policies' names, and slips.

    What is in no predefined role, and no slip either, may be newer than the catalogue, or in none on purpose.
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
        if doubtful:  # an old role lists many that Google has retired since: one says so for all
            permission, place = doubtful[0]
            rest = len(doubtful) - 1
            more = f", nor {'is' if rest == 1 else 'are'} {rest} more of the role" if rest else ""
            reason = f"{permission} is in no role of the catalogue of {catalog.date}{more}: newer than that, or a slip"
            yield Match(role, Truth.UNKNOWN, (permission,), (reason,), words={"reason": reason}, place=place)


def _wrong(permission: str) -> str | None:
    """What is certainly wrong with a permission, as a clause."""
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
    """Why a permission that is in no role is surely none, as a clause.

    IAM has had some in two ways of writing capitals; who lists both copied them from there.
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
