"""Questions about federated principals: those that no token can be, and those that too many can."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from functools import lru_cache

from iamlint.estate import Estate, scope
from iamlint.facts import Grant, Provider, Text
from iamlint.match import Match, grant_verdict
from iamlint.queries.provider_conditions import lets_in, mapped_claims
from iamlint.unknown import Truth, Unknown, shown

_FEDERATED = re.compile(r"(?P<scheme>principal|principalSet)://(?P<host>[^/]+)/(?P<rest>.*)\Z", re.DOTALL)
_HOSTS = ("iam.googleapis.com", "cloudresourcemanager.googleapis.com")
_POOL = re.compile(
    r"projects/(?P<project>[^/]+)(?P<location>/locations/global)?/workloadIdentityPools/(?P<pool>[^/]+)/(?P<who>.+)\Z",
    re.DOTALL,
)
_WORKFORCE = re.compile(r"(?:locations/global/)?workforcePools/[^/]+/(?P<who>.+)\Z", re.DOTALL)
_GKE = re.compile(r"serviceAccount:(?P<project>[^\[]+)\.svc\.id\.goog\[")
_HOLE = re.compile(r"\$\{[^{}]*\}")


_Providers = dict[tuple[str, str], list[Provider]]


def unmatched_federated_principals(estate: Estate) -> Iterator[Match]:
    """Grants to federated identities that no token can ever present."""
    providers = _by_pool(estate)
    for grant in estate.of(Grant):
        problem = _problem(grant, providers) if _is_from_outside(grant) else None
        if problem:
            yield Match(grant, Truth.TRUE, words={"problem": problem}, place=grant.principal_place)


def is_nobody(grant: Grant, estate: Estate) -> bool:
    """Whether no token can ever present the federated identity that a grant is made to."""
    return _is_from_outside(grant) and _problem(grant, _by_pool(estate)) is not None


def _is_from_outside(grant: Grant) -> bool:
    return "//" in grant.principal.text or ".svc.id.goog[" in grant.principal.text


@lru_cache(maxsize=1)
def _by_pool(estate: Estate) -> _Providers:
    """The providers by the configuration and the name of their pool."""
    providers: _Providers = defaultdict(list)
    for provider in estate.of(Provider):
        providers[scope(provider.declared), _last(provider.pool)].append(provider)
    return providers


def _last(pool: Text) -> str:
    return shown(pool).rpartition("/")[2]


def _problem(grant: Grant, providers: _Providers) -> str | None:
    text = grant.principal.text
    gke = _GKE.match(text)
    if gke:
        number = gke["project"].isdecimal()
        return "it names the project by its number, where the project's id belongs" if number else None
    federated = _FEDERATED.match(text)
    if federated is None:
        return None
    scheme, host, rest = federated["scheme"], federated["host"], federated["rest"]
    if host.endswith("googleapis.com") and host not in _HOSTS:
        return f"`{host}` stands where `{_HOSTS[0]}` belongs"
    if workforce := _WORKFORCE.match(rest):
        missing = "`locations/global/` is missing before `workforcePools`"
        return _wrong_scheme(scheme, workforce["who"]) if rest.startswith("locations/") else missing
    found = _POOL.match(rest)
    if host != _HOSTS[0] or found is None:
        return None
    if not found["location"]:
        return "`/locations/global` is missing before `/workloadIdentityPools`"
    if not found["project"].isdecimal() and not _HOLE.search(found["project"]):
        return f"`{found['project']}` stands where the project's number belongs, not its id"
    unmapped = _unmapped(found["who"], providers.get((scope(grant.declared), found["pool"]), []))
    return _wrong_scheme(scheme, found["who"]) or unmapped


def _wrong_scheme(scheme: str, who: str) -> str | None:
    if scheme == "principal" and (who.startswith(("attribute.", "group/")) or who == "*"):
        return "an attribute, a group or a whole pool is a `principalSet://`, not a `principal://`"
    if scheme == "principalSet" and who.startswith("subject/"):
        return "a subject is a `principal://`, not a `principalSet://`"
    return None


def _unmapped(who: str, providers: list[Provider]) -> str | None:
    """Whether the principal hangs on an attribute that no provider of its pool maps; silent without the providers."""
    attribute = who.partition("/")[0]
    wanted = "google.groups" if attribute == "group" else attribute
    if not (wanted == "google.groups" or wanted.startswith("attribute.")) or not providers:
        return None
    mapped: set[str] = set()
    for provider in providers:
        if isinstance(provider.mapping, Unknown) or provider.protocol == "aws":  # AWS has a mapping by default
            return None
        mapped |= {name for name, _, _ in provider.mapping}
    return None if wanted in mapped else f"no provider of the pool maps `{wanted}`"


# -- principals that anybody can be --------------------------------------------------------------------------------

_ATTRIBUTE = re.compile(r".*/workloadIdentityPools/(?P<pool>[^/]+)/(?P<attribute>attribute\.[^/]+)/.", re.DOTALL)
_CHOSEN = frozenset(
    {
        "actor",
        "actor_id",
        "ref",
        "ref_type",
        "ref_protected",
        "branch",
        "head_ref",
        "base_ref",
        "event_name",
        "workflow",
        "environment",
        "runner_environment",
        "repository_visibility",
        "user_login",
        "user_email",
        "aud",
        "terraform_run_phase",
    }
)
"""What every repository or workspace can have, or whoever starts a run there."""


def forgeable_attributes(estate: Estate) -> Iterator[Match]:
    """Grants to an attribute that every workload can have which the pool's providers let in."""
    providers = _by_pool(estate)
    for grant in estate.of(Grant):
        found = _ATTRIBUTE.match(grant.principal.text) if grant.principal.kind == "federated_set" else None
        if not found:
            continue
        known = [one for one in providers.get((scope(grant.declared), found["pool"]), []) if one.disabled is not True]
        named = found["attribute"].removeprefix("attribute.")
        if not known and named in _CHOSEN:
            yield Match(grant, Truth.TRUE, confidence="medium")
        through = [one for one in known if _is_chosen(mapped_claims(one, found["attribute"]), named)]
        open_to = [lets_in(one) for one in through]
        unknown = next((one for one in open_to if isinstance(one, Unknown)), None)
        if "anybody" in open_to or "tenant" in open_to:
            yield Match(grant, Truth.TRUE, related=tuple(through), raised=0 if "anybody" in open_to else -1)
        elif unknown:
            yield Match(grant, Truth.UNKNOWN, reasons=(f"it depends on the provider's condition: {unknown.reason}",))


def _is_chosen(claims: tuple[str, ...] | None, named: str) -> bool:
    """Whether an attribute is made of nothing but what anybody can choose."""
    return named in _CHOSEN if claims is None else bool(claims) and _CHOSEN.issuperset(claims)


# -- whole pools ---------------------------------------------------------------------------------------------------

_BECOMES = {
    "principal_kind": ["federated_pool"],
    "resource_kind": ["service_account"],
    "permission": [
        "iam.serviceAccounts.getAccessToken",
        "iam.serviceAccounts.getOpenIdToken",
        "iam.serviceAccounts.signBlob",
        "iam.serviceAccounts.signJwt",
        "iam.serviceAccounts.actAs",
        "iam.serviceAccountKeys.create",
        "iam.serviceAccounts.setIamPolicy",
    ],
}
"""On a project, folder or organization the rules of the family impersonation speak."""
_WHOLE = re.compile(r".*Pools/(?P<pool>[^/]+)/\*\Z", re.DOTALL)


def whole_pool_impersonations(estate: Estate) -> Iterator[Match]:
    """Grants on accounts to everybody in a pool, but where its providers let in no more than one workload each.

    Where one of them lets anybody in, so does the grant.
    """
    providers = _by_pool(estate)
    for grant in estate.of(Grant):
        found = grant_verdict(_BECOMES, grant, estate)
        if found.truth is Truth.FALSE:
            continue
        whole = _WHOLE.match(grant.principal.text)
        known = providers.get((scope(grant.declared), whole["pool"]), []) if whole else []
        open_to = {one: lets_in(one) for one in known if one.disabled is not True}
        if open_to and all(how == "workload" for how in open_to.values()):
            continue
        related = tuple(one for one, how in open_to.items() if how == "anybody")
        yield Match(
            grant,
            found.truth,
            found.permissions,
            found.reasons,
            related=(*found.facts, *related),
            raised=1 if related else 0,
        )
