"""Whether principals or resources in a policy cover a principal or resource: certainly, perhaps, or not wholly.

Source: https://cloud.google.com/iam/docs/principal-identifiers
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.estate.deny_forms import ACCOUNT, CUSTOMER, EVERYBODY, GROUP, denied_principal, is_denied_form
from iamlint.estate.groups import Groups
from iamlint.estate.hierarchy import CONTAINERS, Hierarchy, Node
from iamlint.estate.names import identity, scope
from iamlint.facts import Declaration, Grant, PrincipalKind, Resource, Text
from iamlint.logic.globs import text_is
from iamlint.logic.verdict import FALSE, TRUE, Verdict
from iamlint.pools import pool_in
from iamlint.unknown import Truth, Unknown

_ACCOUNTS: frozenset[PrincipalKind] = frozenset({"service_account", "default_service_account"})
_IN_GROUPS: frozenset[PrincipalKind] = frozenset(
    {"user", "group", "service_account", "default_service_account", "service_agent"}
)
_OF_GOOGLE, _ACCOUNTS_OF = ("principal://goog/", "principalSet://goog/"), "principalSet://cloudresourcemanager."
_PARTS: Mapping[PrincipalKind, tuple[str, ...]] = {
    "group": (*_OF_GOOGLE, ACCOUNT, _ACCOUNTS_OF),
    "domain": _OF_GOOGLE,
    "convenience": (*_OF_GOOGLE, ACCOUNT, _ACCOUNTS_OF),
    "public": ("principal",),
    "federated_set": ("principal",),
    "federated_pool": ("principal",),
}
"""The kinds of principals that are sets, with the beginnings of what may be in them; of pools, what is in the pool."""
_CONTAINER = regex(
    r"principalSet://cloudresourcemanager\.googleapis\.com/(?P<kind>project|folder|organization)s/(?P<name>[^/]+)"
    r"(?:/type/(?P<type>ServiceAccount|ServiceAgent))?\Z"
)

_CREATED = regex(r"\$\{(?P<resource>(?:module\.[^.*]+\.)*google_(?:folder|project)\.[^.*]+)\.[a-z_]+\}")
"""A reference to one folder or project that Terraform creates: no data source, not all instances of a block."""

# -- where ---------------------------------------------------------------------------------------------------------


def within(chain: tuple[Node, ...], outer: Node | None) -> Truth:
    """Whether the first node of ``chain`` is in ``outer``; unknown if the input does not show what contains what."""
    if outer is None or not chain:
        return Truth.UNKNOWN
    if outer in chain:
        return Truth.TRUE
    if outer[0] == "project":
        project = next((name for kind, name in chain if kind == "project"), None)
        if project is None:
            return Truth.FALSE if chain[0][0] in CONTAINERS else Truth.UNKNOWN
        return Truth.UNKNOWN if _may_be_one(project, outer[1]) else Truth.FALSE
    top, name = chain[-1]
    if top != "organization":
        return Truth.UNKNOWN
    if "${" in outer[1] and any(kind == outer[0] and _may_be_one(one, outer[1]) for kind, one in chain):
        return Truth.UNKNOWN
    return Truth.UNKNOWN if outer[0] == top and _may_be_one(name, outer[1]) else Truth.FALSE


def only_scope(node: Node | None, declared: Declaration) -> str:
    """Return the only configuration where a policy on ``node`` counts, if that place is unknown; "" for everywhere.

    Nothing shows that an unknown place of one configuration is a place in another configuration, a plan or an export.
    Comparing the policy with their grants would hide all of these grants. Its own configuration is about one place, or
    about places that it can distinguish. An export is different: it shows a policy that exists, and those that a user
    names are exported together.
    """
    if declared.address is None and declared.trust == "named":
        return ""
    return scope(declared) if node is None or "${" in node[1] else ""


def _may_be_one(name: str, other: str) -> bool:
    """Whether two names may mean one thing: if one is unknown, or one is a number and the other an id.

    Two resources that Terraform creates are two things, whatever their names turn out to be.
    """
    created, another = _CREATED.match(name), _CREATED.match(other)
    if created and another:
        return created["resource"] == another["resource"]
    return "${" in name or "${" in other or name.isdecimal() != other.isdecimal()


def node_of(name: Text, declared: Declaration, hierarchy: Hierarchy) -> Node | None:
    """Return the node of ``cloudresourcemanager.googleapis.com/folders/1``, with or without ``//``; None if unknown."""
    parts = (name,) if isinstance(name, str) else name.parts
    first = parts[0] if parts and isinstance(parts[0], str) else ""
    host, _, rest = first.removeprefix("//").partition("/")
    collection, _, start = rest.partition("/")
    kind = collection.removesuffix("s")
    if host != "cloudresourcemanager.googleapis.com" or kind not in CONTAINERS:
        return None
    if isinstance(name, str):
        return hierarchy.node(Resource(kind, start), declared) if start else None
    left = ((start,) if start else ()) + name.parts[1:]
    return hierarchy.node(Resource(kind, Unknown(name.reason, left)), declared)


def chain_of_principal(grant: Grant, hierarchy: Hierarchy) -> tuple[Node, ...]:
    """Return the containers of a grant's holder: the project of an account, or that of a federated identity's pool."""
    principal = grant.principal
    if principal.email and principal.kind != "gke_workload" and principal.text.startswith("serviceAccount:"):
        return hierarchy.around(principal.email, grant.declared, certain=True)
    pool = pool_in(principal.text)
    if pool is None or pool.project is None:
        return ()
    node = hierarchy.node(Resource("project", pool.project), grant.declared)
    return tuple(hierarchy.containers(node, grant.declared, certain=True)) if node else ()


def of_pool(name: str, declared: Declaration, grant: Grant, hierarchy: Hierarchy) -> Truth:
    """Whether the holder of a grant is of the pool that a name contains. A project has an id and a number."""
    mine, other = pool_in(grant.principal.text), pool_in(name)
    if mine is None or other is None or mine.id != other.id or mine.workforce is not other.workforce:
        return Truth.FALSE
    if mine.project is None or other.project is None or mine.project == other.project:
        return Truth.TRUE
    if mine.project.isdecimal() and other.project.isdecimal():
        return Truth.FALSE
    own, its = hierarchy.project_key(mine.project, grant.declared), hierarchy.project_key(other.project, declared)
    if own is None or its is None:
        return Truth.UNKNOWN
    return Truth.TRUE if own == its else Truth.UNKNOWN if _may_be_one(own, its) else Truth.FALSE


# -- who -----------------------------------------------------------------------------------------------------------


@frozen
class Named:
    """The principals that a list of a deny policy names.

    ``plain`` are single known principals, found by one lookup; ``others`` are sets and unknown principals. ``unknown``
    says why the whole list is not known. ``groups`` are the known members of groups.
    """

    plain: frozenset[str]
    others: tuple[Text, ...]
    declared: Declaration
    unknown: str = ""
    groups: Groups | None = None


def named(principals: Iterable[Text] | Unknown, declared: Declaration, groups: Groups | None = None) -> Named:
    """Return a list of principals, indexed.

    Principals in the form of allow policies (``user:…``) name nobody: the API refuses them.
    """
    if isinstance(principals, Unknown):
        return Named(frozenset(), (), declared, f"the principals that it names are not known: {principals.reason}")
    texts = [one for one in principals if isinstance(one, Unknown) or is_denied_form(one)]
    plain = frozenset(one for one in texts if isinstance(one, str) and _is_plain(one))
    return Named(plain, tuple(one for one in texts if one not in plain), declared, groups=groups)


def _is_plain(principal: str) -> bool:
    unique_id = principal.startswith(ACCOUNT) and principal.removeprefix(ACCOUNT).isdecimal()
    return principal.startswith("principal://") and "${" not in principal and not unique_id


def decided_by_lookup(form: Text | None) -> bool:
    """Whether a holder of this form is certainly equal, or certainly not equal, to each plain principal of a list."""
    return form is None or (isinstance(form, str) and "${" not in form)


def covered(by: Named, grant: Grant, hierarchy: Hierarchy) -> Verdict:
    """Whether one of these principals is the holder of a grant, or contains all of it."""
    if by.unknown:
        return Verdict.of(Truth.UNKNOWN, by.unknown)
    mine = denied_form(grant)
    verdict = FALSE
    if not decided_by_lookup(mine):
        for one in sorted(by.plain):
            verdict |= _is(one, mine, grant)
    elif mine in by.plain:
        return TRUE
    for other in by.others:
        verdict |= _covers(other, mine, by, grant, hierarchy)
        if verdict.truth is Truth.TRUE:
            break
    return verdict


def spared(by: Named, grant: Grant, hierarchy: Hierarchy) -> Verdict:
    """Whether one of these principals is the holder of a grant, or contains it; unknown if it may be a part of it.

    A deny rule with an exception for one user does not deny the whole of a group that the user may be in.
    """
    verdict = covered(by, grant, hierarchy)
    if verdict.truth is not Truth.FALSE or grant.principal.kind not in _PARTS:
        return verdict
    pool = pool_in(grant.principal.text)
    among = frozenset(one for one in by.others if isinstance(one, str)) | by.plain if by.others else by.plain
    part = _part_of(among, f"/{pool.name}/" if pool else "", _PARTS[grant.principal.kind])
    reason = f"{part}, which it excepts, may be a part of {grant.principal.text}"
    return Verdict.of(Truth.UNKNOWN, reason) if part else verdict


@lru_cache(maxsize=4096)
def _part_of(among: frozenset[str], pool: str, beginnings: tuple[str, ...]) -> str | None:
    """Return the first of these principals that may be in a set: in this pool, or with one of these beginnings.

    Cached, since many grants are to a group or to the identities of a pool.
    """
    return min((one for one in among if (pool in one if pool else one.startswith(beginnings))), default=None)


def _covers(denied: Text, mine: Text | None, by: Named, grant: Grant, hierarchy: Hierarchy) -> Verdict:
    declared = by.declared
    if mine is not None and (name := identity(mine, grant.declared)) and name == identity(denied, declared):
        return TRUE
    if denied == EVERYBODY:
        return TRUE
    if isinstance(denied, Unknown):
        reason = f"one of the principals that it names is not known: {denied.reason}"
        known = isinstance(mine, str) and "${" not in mine and denied.prefix.startswith("principal://")
        return _perhaps(text_is((mine,), denied) if known and isinstance(mine, str) else Truth.UNKNOWN, reason)
    container = _CONTAINER.match(denied)
    if container:
        return _in_container(container, declared, grant, hierarchy)
    if denied.startswith((GROUP, CUSTOMER)):
        return _in_group(denied, grant, by.groups)
    if denied.startswith("principalSet:"):
        return _in_pool(denied, declared, grant, hierarchy)
    return _is(denied, mine, grant)


def denied_form(grant: Grant) -> Text | None:
    """Return the holder of a grant in the form of deny policies, as far as known; None if they cannot name it."""
    unknown = grant.principal.unknown
    if unknown is None:
        return denied_principal(grant.principal.text)
    prefix, colon, name = unknown.prefix.partition(":")
    form = denied_principal(f"{prefix}:{name or '-'}") if colon else None
    if form is None:
        return unknown
    return Unknown(unknown.reason, (form if name else form.removesuffix("-"), *unknown.parts[1:]))


def _in_container(container: re.Match[str], declared: Declaration, grant: Grant, hierarchy: Hierarchy) -> Verdict:
    """Whether an account is in "all accounts" or "all agents" of a project, folder or organization."""
    principal, wanted = grant.principal, container["type"]
    if principal.kind == "unknown":
        return _perhaps(Truth.UNKNOWN, _why_unknown(grant))
    meant = (principal.kind in _ACCOUNTS and wanted != "ServiceAgent") or (
        principal.kind == "service_agent" and wanted != "ServiceAccount"
    )
    if not meant:
        return FALSE
    outer = hierarchy.node(Resource(container["kind"], container["name"]), declared)
    reason = f"the input does not show whether {principal.text} is in {container['kind']} {container['name']}"
    return _perhaps(within(chain_of_principal(grant, hierarchy), outer), reason)


def _in_group(denied: str, grant: Grant, groups: Groups | None) -> Verdict:
    principal, what = grant.principal, denied.rpartition("/")[2]
    if principal.kind == "unknown":
        return _perhaps(Truth.UNKNOWN, _why_unknown(grant))
    inside = principal.kind in _IN_GROUPS or (principal.kind == "domain" and denied.startswith(CUSTOMER))
    if inside and groups and principal.email and denied.startswith(GROUP) and groups.has(what, principal.email):
        return TRUE
    reason = f"the input does not show whether {principal.text} belongs to {what}"
    return _perhaps(Truth.UNKNOWN, reason) if inside else FALSE


def _in_pool(denied: str, declared: Declaration, grant: Grant, hierarchy: Hierarchy) -> Verdict:
    """Whether a set of federated identities contains all of the holder."""
    principal = grant.principal
    reason = f"the input does not show whether {principal.text} is in {denied}"
    if principal.kind == "unknown":
        return _perhaps(Truth.UNKNOWN, _why_unknown(grant))
    same = of_pool(denied, declared, grant, hierarchy)
    if same is Truth.FALSE:
        return FALSE
    wanted = _selector(denied)
    if wanted == "*" and principal.kind != "gke_workload":
        return _perhaps(same, reason)
    if principal.kind == "federated_set" and wanted == _selector(principal.text) != "group":
        return FALSE  # an identity has one value of an attribute, and may be in several groups
    return FALSE if principal.kind == "federated_pool" else _perhaps(Truth.UNKNOWN, reason)


def _selector(text: str) -> str:
    """Return what selects identities of a pool in a principal: ``subject``, ``group``, ``attribute.NAME`` or ``*``."""
    pool = pool_in(text)
    return pool.selector.partition("/")[0] if pool else ""


def _is(denied: str, mine: Text | None, grant: Grant) -> Verdict:
    """Whether one principal is the holder, if the names alone do not decide it."""
    if mine is None:
        return FALSE
    unique_id = denied.removeprefix(ACCOUNT)
    if unique_id.isdecimal() and grant.principal.kind in _ACCOUNTS:
        reason = f"the input does not show whether {grant.principal.text} is the account {unique_id}"
        return _perhaps(Truth.UNKNOWN, reason)
    if "${" in denied:
        same = text_is((mine,), denied) if isinstance(mine, str) and "${" not in mine else Truth.UNKNOWN
    else:
        same = text_is((denied,), mine)
    return _perhaps(same, _why_unknown(grant) if grant.principal.unknown else f"{denied} may be {grant.principal.text}")


def _why_unknown(grant: Grant) -> str:
    unknown = grant.principal.unknown
    return f"the principal is not known: {unknown.reason}" if unknown else f"who {grant.principal.text} is"


def _perhaps(truth: Truth, reason: str) -> Verdict:
    return TRUE if truth is Truth.TRUE else Verdict.of(truth, reason)
