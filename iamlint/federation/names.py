"""The grammar of federated principals: finds spellings that IAM accepts but no identity ever has.

Sources: https://cloud.google.com/iam/docs/principal-identifiers,
https://cloud.google.com/iam/docs/workload-identity-federation#mapping and, for names in Kubernetes,
https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
"""

from __future__ import annotations

import re

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.facts import Principal, Text
from iamlint.pools import pool_in
from iamlint.unknown import HOLE, Unknown, UnknownPart

_EMBEDDED = regex(r"\$\{([^{}]*)\}")
_HOSTS = ("iam.googleapis.com", "cloudresourcemanager.googleapis.com")
_FEDERATED = regex(r"(?P<scheme>principal|principalSet)://(?P<host>[^/]+)/(?P<rest>.*)\Z", re.DOTALL)
_PROJECT, _LOCATION = r"projects/(?P<project>[^/]+)", r"(?P<location>/locations/[^/]+)?"
_POOL = regex(rf"{_PROJECT}{_LOCATION}/workloadIdentityPools/(?P<pool>[^/]+)(?:/(?P<who>.*))?\Z", re.DOTALL)
_WORKFORCE = regex(r"(?P<location>locations/[^/]+/)?workforcePools/(?P<pool>[^/]+)(?:/(?P<who>.*))?\Z", re.DOTALL)
_NAMED = regex(rf"{HOLE}/(?P<who>.*)\Z", re.DOTALL)
_OF_POOL = regex(r"(?:^|\.)google_iam_(?:workload_identity|workforce)_pool\.[^.\[]+(?:\[[^\]]*\])?\.(?:name|id)\Z")
"""Return the references whose value is the full name of a pool."""
_GKE = regex(r"serviceAccount:(?P<project>[^\[]+)\.svc\.id\.goog\[(?P<inside>.*)\]\Z", re.DOTALL)
_LIKE_POOLS = regex(r"(?:workload[-_]?identity|workforce|identity)[-_]?pools?/", re.IGNORECASE)
"""What people write for `workloadIdentityPools` and `workforcePools`."""
_POOL_ID = regex(r"[a-z0-9.:-]+")
"""The id of a pool; those that Google makes for GKE and fleets have dots: ``PROJECT.svc.id.goog``.

Source: https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools/create
"""
_FIRST = ("projects", "folders", "organizations", "locations")
"""How a principal of IAM's host begins; a pool's id alone names nobody."""
_LABEL = regex(r"[a-z0-9](?:[-a-z0-9]{0,61}[a-z0-9])?")
_SUBDOMAIN = regex(r"(?=.{1,253}\Z)[a-z0-9](?:[-a-z0-9.]*[a-z0-9])?")
_HEADS = {
    "subject": "principal",
    "kubernetes.serviceaccount.uid": "principal",
    "group": "principalSet",
    "namespace": "principalSet",
    "kubernetes.cluster": "principalSet",
}
"""The selectors allowed after the pool, with the scheme of each."""
_WORDS = (
    "SUBJECT_ATTRIBUTE_VALUE|SUBJECT_VALUE|SUBJECT_ID|SUBJECT|ATTRIBUTE_VALUE|ATTRIBUTE_NAME|GROUP_ID|GROUP_NAME|POOL_ID"
    "|POOL_NAME|WORKLOAD_POOL_ID|WORKFORCE_POOL_ID|PROJECT_NUMBER|NAMESPACE|KUBERNETES_SERVICE_ACCOUNT|KSA_NAME"
    "|ORG_NAME|ORGANIZATION_NAME|GITHUB_ORG|GITHUB_REPO|OWNER/REPO|ORG/REPO|REPO_NAME|REPOSITORY_NAME"
    "|YOUR[-_][A-Z_-]+|MY_[A-Z_]+|your[-_](?:org|organi[sz]ation|repo|repository|project|pool|username|name)[a-z_-]*"
    "|(?:REPLACE|CHANGE)[-_ ]?(?:ME|THIS|WITH[A-Z_-]*)|(?:replace|change)[-_]?me|TODO|FIXME|XXX+"
)
_PLACEHOLDER = regex(rf"(?:^|(?<=[/:@\[]))(?P<word>{_WORDS})(?=[/:@\]]|\Z)|(?P<bracket><[^<>]+>|\{{\{{[^{{}}]+\}}\}})")
"""Placeholders from documentation, and markers that people leave to replace later."""
LONGEST_SUBJECT = 127
"""Maximum length of google.subject in bytes."""


@frozen
class Identity:
    """A parsed federated principal: its pool's id (None if unknown), and its identity in the pool.

    ``attribute`` is ``google.subject``, ``google.groups`` or ``attribute.NAME``, and None for the whole pool.
    """

    pool: str | None
    attribute: str | None
    value: Text = ""


def identity_of(principal: Principal) -> Identity | None:
    """Return the identity in a workload or workforce pool; None for another principal, or if unknown."""
    found = _FEDERATED.match(_spelt(principal))
    place = (
        _POOL.match(found["rest"]) or _WORKFORCE.match(found["rest"]) or _NAMED.match(found["rest"]) if found else None
    )
    who = place["who"] if place else None
    if place is None or not who:
        return None
    named = pool_in(principal.text)
    pool = named.id if named else None
    head, _, value = who.partition("/")
    if who == "*":
        return Identity(pool, None)
    attribute = {"subject": "google.subject", "group": "google.groups"}.get(head, head)
    return Identity(pool, attribute, _text(value)) if HOLE not in head and value else None


def misspelling(principal: Principal, *, by_form: bool = False) -> str | None:
    """Return why a federated principal can never match, by its spelling alone; None if it may.

    ``by_form`` leaves out what is wrong with its value only: a name that looks like a placeholder may be somebody's,
    and a provider may make any text of its tokens.
    """
    text = _spelt(principal)
    if gke := _GKE.match(text):
        return _gke(gke)
    found = _FEDERATED.match(text)
    if found is None or HOLE in found["host"]:
        return None
    scheme, host, rest = found["scheme"], found["host"], found["rest"]
    if host.endswith("googleapis.com") and host not in _HOSTS:
        return f"`{host}` should be `{_HOSTS[0]}`"
    if host != _HOSTS[0]:
        return None
    if workforce := _WORKFORCE.match(rest):
        if not workforce["location"]:
            return "`locations/global/` is missing before `workforcePools`"
        return _of_pool(scheme, workforce["pool"], workforce["who"], certain=True, by_form=by_form)
    if pool := _POOL.match(rest):
        certain = _is_segment(principal, text[: found.start("rest") + pool.start("pool")], pool["pool"])
        return _path(pool) or _of_pool(scheme, pool["pool"], pool["who"], certain=certain, by_form=by_form)
    if named := _NAMED.match(rest):
        certain = any(_OF_POOL.search(unknown_part) for unknown_part in _unknown_parts(principal)[:1])
        return _of_pool(scheme, "", named["who"], certain=certain, by_form=by_form)
    first = rest.partition("/")[0]
    known = HOLE not in rest and _LIKE_POOLS.search(rest)
    if known or not (HOLE in first or first in _FIRST):
        form = "projects/NUMBER/locations/global/workloadIdentityPools/POOL"
        return f"its path is neither `{form}` nor `locations/global/workforcePools/POOL`"
    return None


def _path(pool: re.Match[str]) -> str | None:
    if not pool["location"]:
        return "`/locations/global` is missing before `/workloadIdentityPools`"
    location = pool["location"].removeprefix("/")
    if location != "locations/global" and HOLE not in location:
        return f"`{location}` should be `locations/global`"
    if not pool["project"].isdecimal() and HOLE not in pool["project"]:
        return f"`{pool['project']}` should be the project's number, not its id"
    return None


def _of_pool(scheme: str, pool: str, who: str | None, *, certain: bool, by_form: bool) -> str | None:
    """Return what is wrong after the pool. ``certain`` says that the pool's name ends where it seems to."""
    if "*" in pool:
        return f"`{pool}` is not the id of a pool: a set is one pool, `POOL/*`"
    if HOLE not in pool and pool and not _POOL_ID.fullmatch(pool):
        return f"`{pool}` is not the id of a pool: it has lower-case letters, digits and hyphens"
    if who is None or who == "":
        return (
            "nothing follows the pool: a subject, a group, an attribute, or `*` for the whole pool" if certain else None
        )
    if who == "*":
        return None if scheme == "principalSet" else _SET
    head, slash, value = who.partition("/")
    if HOLE in head:
        return None
    if head not in _HEADS and not head.startswith("attribute."):
        return _head(head) if certain else None
    wanted = _HEADS.get(head, "principalSet")
    if scheme != wanted:
        return _SET if wanted == "principalSet" else "a subject is a `principal://`, not a `principalSet://`"
    if head.startswith("attribute.") and not re.fullmatch(r"[a-z0-9_]+", head.removeprefix("attribute.")):
        return f"`{head}` is not an attribute: a name has lower-case letters, digits and underscores only"
    if not slash or not value:
        return f"no value follows `{head}`"
    if head == "subject" and len(value.replace(HOLE, "").encode()) > LONGEST_SUBJECT:
        return f"a subject has {LONGEST_SUBJECT} bytes at most, and this one is longer"
    if pool.endswith(".svc.id.goog"):
        return _value(head, value) or _of_gke(head, value)
    return None if by_form else _value(head, value)


_SET = "an attribute, a group or a whole pool is a `principalSet://`, not a `principal://`"


def _head(head: str) -> str:
    match head:
        case "*":
            return "the whole pool is `POOL/*`, with nothing after the star"
        case "providers":
            return "a principal names the pool, never a provider in it"
        case _:
            meant = "; did you mean `attribute.`?" if head.startswith(("attributes", "attribute")) else ""
            return f"after the pool comes `subject/`, `group/`, `attribute.NAME/` or `*`, not `{head}`{meant}"


def _value(head: str, value: str) -> str | None:
    if "*" in value:
        return f"a `*` is a literal here, and no {head} contains one; only `POOL/*` is a set"
    if found := placeholder(value):
        return f"`{found}` is a placeholder that has not been filled in"
    if value != value.strip():
        return f"`{value.replace(HOLE, '…')}` has a blank at its end"
    if re.match(r"attribute\.repository(?:_owner)?\Z", head) and re.match(r"(?:https?://|git@|github\.com/)", value):
        return f"`{value.replace(HOLE, '…')}` is an address, where the claim has `owner/name`"
    return None


def placeholder(text: str) -> str | None:
    """Return the placeholder in a text that somebody should have replaced."""
    found = _PLACEHOLDER.search(text)
    return found[0] if found else None


def _gke(found: re.Match[str]) -> str | None:
    if found["project"].isdecimal():
        return "it names the project by its number instead of its id"
    namespace, slash, name = found["inside"].partition("/")
    if not slash:
        return None if HOLE in namespace else "`[NAMESPACE/NAME]` is missing the slash"
    if placeholder(namespace) or placeholder(name):
        return None  # what renders a template puts the name in
    return _kubernetes(f"ns/{namespace}/sa/{name}")


def _of_gke(head: str, value: str) -> str | None:
    """Return why the pool that Google makes for GKE has no such identity.

    Source: https://cloud.google.com/kubernetes-engine/docs/concepts/workload-identity#principal-id-examples
    """
    if head == "subject":
        return _kubernetes(value)
    if head == "group" or head.startswith("attribute."):
        return f"a pool of GKE has workloads, namespaces and clusters, and no `{head}`"
    is_namespace = head != "namespace" or _LABEL.fullmatch(value.replace(HOLE, "a"))
    return None if is_namespace else f"`{value.replace(HOLE, '…')}` is not the name of a namespace"


def _kubernetes(value: str) -> str | None:
    """Return why no GKE workload has this subject."""
    found = re.fullmatch(r"ns/([^/]*)/sa/([^/]*)", value, re.DOTALL)
    if found is None:
        form = "ns/NAMESPACE/sa/NAME"
        return None if HOLE in value else f"GKE's subjects are like `{form}`, not `{value}`"
    for text, pattern in ((found[1], _LABEL), (found[2], _SUBDOMAIN)):
        if not pattern.fullmatch(text.replace(HOLE, "a")):
            shown = text.replace(HOLE, "…")
            return f"`{shown}` is not a valid Kubernetes name: names have lower-case letters, digits and `-`"
    return None


def _spelt(principal: Principal) -> str:
    """Return the text with a mark for each unknown part."""
    if principal.unknown and principal.unknown.parts:
        return principal.unknown.masked()
    return _EMBEDDED.sub(HOLE, principal.text)


def _is_segment(principal: Principal, before: str, masked: str) -> bool:
    """Whether a masked part of a principal, and what is before it, certainly ends at the next slash."""
    parts = principal.unknown.parts if principal.unknown else ()
    unknown = [part for part in parts if isinstance(part, UnknownPart)][before.count(HOLE) :]
    count = masked.count(HOLE)
    return len(unknown) >= count and all(part.is_segment for part in unknown[:count])


def _unknown_parts(principal: Principal) -> list[str]:
    if principal.unknown and principal.unknown.parts:
        return [part.reference for part in principal.unknown.parts if isinstance(part, UnknownPart)]
    return _EMBEDDED.findall(principal.text)


def _text(masked: str) -> Text:
    """Return a value; with an unknown part, an `Unknown` with its known prefix."""
    if HOLE not in masked:
        return masked
    parts = [one for one in re.split(f"({HOLE})", masked) if one]
    return Unknown(
        "a part of the principal is not known", tuple(UnknownPart("?") if one == HOLE else one for one in parts)
    )
