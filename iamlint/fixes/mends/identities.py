"""Fixes of federated principals that no token can match."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from iamlint.edits import Safety
from iamlint.estate import Estate, scope
from iamlint.facts import Grant, Pool, Provider
from iamlint.fixes.mends.names import one_near
from iamlint.fixes.problem import Change, Problem, change
from iamlint.fixes.writing import reworded
from iamlint.principals import read_principal
from iamlint.queries.federation.grants import is_nobody
from iamlint.queries.federation.names import identity_of, pool_name
from iamlint.unknown import Unknown, UnknownPart, shown


def identity_form(problem: Problem) -> Change | None:
    """Writes a federated principal in the form of its pool: scheme, host, place, attribute, or number."""
    grant = problem.grant
    if grant is None:
        return None
    for old, new, safety in _forms(grant, problem.estate):
        other = _with(grant, old, new)
        if other is None or is_nobody(other, problem.estate):
            continue
        edits = reworded(problem.sources, grant.principal_place, old, new)
        if edits:
            return change(f"replace `{old}` by `{new}`", edits, safety)
    return None


def _with(grant: Grant, old: str, new: str) -> Grant | None:
    """Return the grant with a part of its principal replaced, which it must have once."""
    unknown = grant.principal.unknown
    if unknown is None:
        text = grant.principal.text
        return replace(grant, principal=read_principal(text.replace(old, new))) if text.count(old) == 1 else None
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
    yield "principalSet://", "principal://", None
    yield "principal://", "principalSet://", None
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
    name = f"/workloadIdentityPools/{pool_name(grant.principal)}"
    pools = (pool for pool in estate.of(Pool) if shown(pool.name).endswith(name))
    numbers = {pool.project_number for pool in pools if pool.project_number}
    return (f"/projects/{found[1]}/", f"/projects/{numbers.pop()}/", None) if len(numbers) == 1 else None


def _attributes(grant: Grant, estate: Estate) -> Iterator[_Form]:
    """Yield the mapped attributes of the pool's providers that a principal may mean."""
    identity = identity_of(grant.principal)
    if identity is None or identity.attribute is None or not identity.attribute.startswith("attribute."):
        return
    pool = identity.pool or ""
    providers = (
        provider
        for provider in estate.of(Provider)
        if scope(provider.declared) == scope(grant.declared) and shown(provider.pool).rpartition("/")[2] == pool
    )
    mapped = {key for one in providers if isinstance(one.mapping, tuple) for key, _, _ in one.mapping}
    known = sorted(key for key in mapped if key.startswith("attribute."))
    name = identity.attribute
    lower = f"attribute.{name.removeprefix('attribute.').lower()}"
    near = lower if lower in known and lower != name else one_near(name, known)
    longer = [one for one in known if one.startswith(name) or name.startswith(one)]
    if near:
        yield f"/{name}/", f"/{near}/", None
    elif len(longer) == 1:
        yield f"/{name}/", f"/{longer[0]}/", "unsafe"
