"""Fixes of federated principals that no token can match."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from iamlint.basics.lazy_regex import regex
from iamlint.edits import Safety, edit
from iamlint.estate import Estate, account_node, scope
from iamlint.facts import Grant, KubernetesAccount, Pool, Provider, expression_of
from iamlint.federation.names import Identity, identity_of, misspelling, placeholder
from iamlint.federation.unmatched import providers_by_pool, why_unmatched
from iamlint.fixes.mends.names import one_near
from iamlint.fixes.mends.projects import address, by_literals, number_of
from iamlint.fixes.problem import Change, Problem, Withheld, change
from iamlint.fixes.sources import named_argument
from iamlint.fixes.writing import reworded
from iamlint.hcl.syntax import Template
from iamlint.pools import pool_in
from iamlint.principals import read_principal
from iamlint.unknown import Unknown, UnknownPart, shown

SEVERAL_ANNOTATED = Withheld("several accounts of Kubernetes are annotated with the account")
NOT_MAPPED = Withheld("no provider of the pool maps the attribute, or another one with a similar name")
EITHER_WRONG = Withheld("the condition of the pool's provider admits others only: either it or the grant is wrong")
NO_IDENTITY = Withheld("the principal names no identity: a part is missing or unknown, a placeholder, or a star")


def identity_form(problem: Problem) -> Change | Withheld | None:
    """Writes a federated principal in the form of its pool: scheme, host, place, attribute, number, or account."""
    grant = problem.grant
    if grant is None:
        return None
    of_workload = next((one for one in problem.match.related if isinstance(one, KubernetesAccount)), None)
    if of_workload:
        return _annotated(problem, grant, of_workload)
    for old, new, safety in _forms(grant, problem.estate):
        other = _with(grant, old, new)
        if other is None or isinstance(why_unmatched(other, problem.estate), str):
            continue
        edits = reworded(problem.sources, grant.principal_place, old, new)
        if edits:
            return change(f"replace `{old}` by `{new}`", edits, safety)
    return _with_number(problem, grant) or _undetermined(grant, problem.estate)


def _undetermined(grant: Grant, estate: Estate) -> Withheld | None:
    """Return why the intended identity cannot be known."""
    if misspelling(grant.principal) is None:
        identity = identity_of(grant.principal)
        if identity is None:
            return None
        return EITHER_WRONG if identity.attribute in _mapped(grant, identity, estate) else NOT_MAPPED
    who = re.search(r"Pools/[^/]+/?(?P<head>[^/]*)(?P<value>.*)\Z", grant.principal.text)
    if who is None:
        return None
    if who["head"] + who["value"] == "*":
        return None
    known = who["head"] in ("subject", "group", "namespace") or who["head"].startswith(("attribute", "kubernetes."))
    value = who["value"].removeprefix("/")
    return NO_IDENTITY if not known or not value or "*" in value or placeholder(value) else None


def _annotated(problem: Problem, grant: Grant, account: KubernetesAccount) -> Change | Withheld | None:
    """Return the change to the account of Kubernetes that is annotated with the account, if it is the only one."""
    node = account_node(account.account, account.declared)
    same = [one for one in problem.estate.of(KubernetesAccount) if account_node(one.account, one.declared) == node]
    inside = re.search(r"\[([^\]]*)\]\Z", grant.principal.text)
    if inside is None or not isinstance(account.namespace, str) or not isinstance(account.name, str):
        return None
    if len(same) != 1:
        return SEVERAL_ANNOTATED
    new = f"[{account.namespace}/{account.name}]"
    edits = reworded(problem.sources, grant.principal_place, inside[0], new)
    return change(f"replace `{inside[0]}` by `{new}`", edits, "unsafe")


def _with_number(problem: Problem, grant: Grant) -> Change | None:
    """Return the change of a project's id to a reference to its pool, or to its number."""
    found = problem.sources.find(grant.principal_place.at)
    if found is None or grant.principal.unknown or found[0].is_json:
        return None
    tree, node = found
    named = _BY_ID.search(grant.principal.text)
    block, written = tree.block(node), named_argument(tree, node)
    if named is None or block is None or not isinstance(node, Template) or node.heredoc or written is None:
        return None
    if written.name not in ("member", "members") or tree.text(node).count(named[0]) != 1:
        return None
    start = node.start + tree.text(node).index(named[0])
    pools = by_literals(problem.sources, tree.source.path, *_POOL_NAMES)
    pool, whole = pools.get((named[1], named[2])), f"{named[0]}{named[2]}"
    if pool and tree.source.text[start : start + len(whole)] == whole:
        new = f"/${{{address(pool)}.name}}"
        return change(f"write `{new[1:]}`", (edit(tree.source, start, start + len(whole), new),))
    number, added = number_of(problem.sources, tree, block, named[1])
    new = f"/projects/${{{number}}}/locations/global/workloadIdentityPools/"
    made = edit(tree.source, start, start + len(named[0]), new)
    return change(f"write the number of {named[1]}, `{number}`", (made, *added), "unsafe" if added else None)


_POOL_NAMES = ("google_iam_workload_identity_pool", "project", "workload_identity_pool_id")
_BY_ID = regex(r"/projects/([a-z][a-z0-9-]*)/locations/global/workloadIdentityPools/(?=([^/]+)/)")


def _with(grant: Grant, old: str, new: str) -> Grant | None:
    """Return the grant with a part of its principal replaced, which it must have once."""
    unknown = grant.principal.unknown
    if unknown is None:
        text = grant.principal.text
        written = text.replace(old, new)
        return replace(grant, principal=read_principal(written, written)) if text.count(old) == 1 else None
    parts: list[str | UnknownPart] = [
        part.replace(old, new) if isinstance(part, str) else part for part in unknown.parts
    ]
    number = sum(part.count(old) for part in unknown.parts if isinstance(part, str))
    return replace(grant, principal=read_principal(Unknown(unknown.reason, tuple(parts)))) if number == 1 else None


_Form = tuple[str, str, Safety | None]


def _forms(grant: Grant, estate: Estate) -> Iterator[_Form]:
    """Yield parts of a principal that may be wrong, each with its correction."""
    text = grant.principal.text
    host = re.match(r"principal(?:Set)?://([^/]+)/", text)
    if host and host[1] != "iam.googleapis.com" and host[1].endswith("googleapis.com"):
        yield f"//{host[1]}/", "//iam.googleapis.com/", None
    for head in ("attribute.", "subject/", "group/"):
        yield f"//{head}", f"/{head}", None
    yield "principalSet://", "principal://", None
    yield "principal://", "principalSet://", None
    if "/locations/" not in text:
        yield "/workloadIdentityPools/", "/locations/global/workloadIdentityPools/", None
        yield "/workforcePools/", "/locations/global/workforcePools/", None
    yield "/attributes.", "/attribute.", None
    place = re.search(r"/locations/([^/]+)/workloadIdentityPools/", text)
    if place and place[1] != "global":
        yield f"/locations/{place[1]}/", "/locations/global/", None
    number = _number(grant, estate)
    if number:
        yield number
    yield from _attributes(grant, estate)
    yield from _repository(grant, estate)
    blank = re.search(r"\[[^\]]*\]", text)
    if blank and re.search(r"\s", blank[0]):
        yield blank[0], re.sub(r"\s", "", blank[0]), None
    if text != text.strip():
        yield text, text.strip(), None


def _number(grant: Grant, estate: Estate) -> _Form | None:
    """Return the number of a project that is named by its id, if the input has it."""
    found = re.search(r"//iam\.googleapis\.com/projects/([a-z][^/]*)/", grant.principal.text)
    if found is None:
        return None
    pool = pool_in(grant.principal.text)
    numbers = estate.made(_numbers_by_pool).get(pool.id, ()) if pool else ()
    return (f"/projects/{found[1]}/", f"/projects/{min(numbers)}/", None) if len(numbers) == 1 else None


def _numbers_by_pool(estate: Estate) -> Mapping[str, set[str]]:
    """Return the numbers of the projects of pools, by the id of the pool."""
    found: dict[str, set[str]] = {}
    for pool in estate.of(Pool):
        named = pool_in(shown(pool.name))
        if named and pool.project_number:
            found.setdefault(named.id, set()).add(pool.project_number)
    return found


def _attributes(grant: Grant, estate: Estate) -> Iterator[_Form]:
    """Yield the mapped attributes of the pool's providers that a principal may mean."""
    identity = identity_of(grant.principal)
    if identity is None or identity.attribute is None or not identity.attribute.startswith("attribute."):
        return
    known = sorted(key for key in _mapped(grant, identity, estate) if key.startswith("attribute."))
    if len(known) > _MOST_ATTRIBUTES:
        return
    name = identity.attribute
    lower = f"attribute.{name.removeprefix('attribute.').lower()}"
    near = lower if lower in known and lower != name else one_near(name, known)
    longer = [one for one in known if one.startswith(name) or name.startswith(one)]
    if near:
        yield f"/{name}/", f"/{near}/", None
    elif len(longer) == 1:
        yield f"/{name}/", f"/{longer[0]}/", "unsafe"


_MOST_ATTRIBUTES = 100
"""Maximum number of attributes of a pool; of more, none is proposed. A provider maps at most 50: https://cloud.google.com/iam/quotas"""


def _mapped(grant: Grant, identity: Identity, estate: Estate) -> frozenset[str]:
    """Return the attributes that the providers of an identity's pool map."""
    key = scope(grant.declared), identity.pool or ""
    return estate.made(_attributes_by_pool).get(key, frozenset())


def _attributes_by_pool(estate: Estate) -> Mapping[tuple[str, str], frozenset[str]]:
    """Return the mapped attributes by configuration and name of the pool."""
    return {
        pool: frozenset(key for one in some for key, _, _ in one.mapped)
        for pool, some in estate.made(providers_by_pool).items()
    }


def _providers(grant: Grant, identity: Identity, estate: Estate) -> Sequence[Provider]:
    """Return the providers of an identity's pool."""
    return estate.made(providers_by_pool).get((scope(grant.declared), identity.pool or ""), ())


_ADDRESS = regex(r"(?:https?://|git@)?github\.com[/:](?P<name>[\w.-]+(?:/[\w.-]+?)?)(?:\.git)?/?")
_OWNER = regex(
    r"\bassertion\.(?:repository_owner\s*==\s*(['\"])(?P<owner>[\w.-]+)\1"
    r"|repository\s*==\s*(['\"])(?P<of>[\w.-]+)/[\w.-]+\3)"
)


def _repository(grant: Grant, estate: Estate) -> Iterator[_Form]:
    """Yield the name of a repository without its address, or with the owner that the provider's condition requires."""
    identity = identity_of(grant.principal)
    value = identity.value if identity else None
    if identity is None or identity.attribute is None or not isinstance(value, str):
        return
    found = _ADDRESS.fullmatch(value)
    whole = {"attribute.repository": True, "attribute.repository_owner": False}.get(identity.attribute)
    if found and whole == ("/" in found["name"]):
        yield f"/{identity.attribute}/{value}", f"/{identity.attribute}/{found['name']}", None
    if "/" in value:
        return
    owners = set[str]()
    for provider in _providers(grant, identity, estate):
        condition = expression_of(provider.condition)
        if provider.source_of(identity.attribute) != "assertion.repository" or not isinstance(condition, str):
            return
        owners |= {one["owner"] or one["of"] for one in _OWNER.finditer(condition)}
    if len(owners) == 1:
        yield f"/{identity.attribute}/{value}", f"/{identity.attribute}/{owners.pop()}/{value}", "unsafe"
