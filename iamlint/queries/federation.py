"""Questions about federated principals and what their pools' providers demand."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from iamlint.conditions import Claim, Unparsable, claims_compared
from iamlint.estate import Estate, scope
from iamlint.facts import Condition, Grant, Provider, Text
from iamlint.globs import text_is
from iamlint.match import Match
from iamlint.unknown import Truth, Unknown

# -- conditions that name nobody -----------------------------------------------------------------------------------

TENANTS = {
    "https://token.actions.githubusercontent.com*": (
        "repository_owner",
        "repository_owner_id",
        "repository",
        "repository_id",
        "enterprise",
        "enterprise_id",
        "job_workflow_ref",
        "sub",
    ),
    "https://gitlab.com*": ("namespace_id", "namespace_path", "project_id", "project_path", "ci_config_ref_uri", "sub"),
    "https://app.terraform.io*": (
        "terraform_organization_id",
        "terraform_organization_name",
        "terraform_workspace_id",
        "terraform_project_id",
        "sub",
    ),
    "https://oidc.circleci.com/*": ("oidc.circleci.com/project-id", "oidc.circleci.com/org-id", "sub", "aud"),
    "https://api.bitbucket.org/2.0/workspaces/*": ("workspaceUuid", "repositoryUuid", "sub"),
    "https://agent.buildkite.com*": ("organization_id", "organization_slug", "pipeline_id", "sub"),
    "https://accounts.google.com*": ("hd", "email", "sub"),
}
"""The claims of issuers that many tenants share which only one tenant's tokens have with a given value. Sources:
https://cloud.google.com/iam/docs/workload-identity-federation-with-deployment-pipelines and the issuers' own pages on
the claims of their tokens."""

_NARROWING = frozenset({"equals", "prefix", "has", "matches"})


def weak_provider_conditions(estate: Estate) -> Iterator[Match]:
    """Providers of shared issuers whose condition lets tokens of any tenant pass."""
    for provider in estate.of(Provider):
        tenants = next((claims for glob, claims in TENANTS.items() if _is(glob, provider.issuer)), None)
        condition = provider.condition
        if tenants is None or condition is None or provider.disabled is True:
            continue
        expression = condition.expression if isinstance(condition, Condition) else condition
        if expression != "":
            yield from _weak(provider, expression, tenants)


def _is(glob: str, issuer: Text | None) -> bool:
    return issuer is not None and text_is((glob,), issuer) is Truth.TRUE


def _weak(provider: Provider, expression: Text, tenants: tuple[str, ...]) -> Iterator[Match]:
    match claims_compared(expression):
        case Unknown(reason):
            yield Match(provider, Truth.UNKNOWN, reasons=(f"the attribute condition is not known: {reason}",))
        case Unparsable() as error:
            yield Match(
                provider, Truth.UNKNOWN, reasons=(f"the attribute condition is not understood: {error.reason}",)
            )
        case ways:
            names = _names(provider, tenants)
            if any(not _names_tenant(way, names) for way in ways):
                yield Match(
                    provider, Truth.TRUE, words={"claims": ", ".join(f"assertion.{name}" for name in tenants[:2])}
                )


def _names(provider: Provider, tenants: tuple[str, ...]) -> frozenset[str]:
    """The claims of the tenant, and the attributes that are mapped from them."""
    claims = {f"assertion.{name}" for name in tenants}
    mapping = provider.mapping if isinstance(provider.mapping, tuple) else ()
    mapped = {name for name, of, _ in mapping if isinstance(of, str) and any(claim in of for claim in claims)}
    return frozenset(claims | mapped)


def _names_tenant(way: frozenset[Claim], names: frozenset[str]) -> bool:
    """Whether one way to fulfil a condition holds for one tenant's tokens only."""
    return any(
        claim.name in names
        and claim.how in _NARROWING
        and any(_says_something(claim.how, value) for value in claim.values)
        for claim in way
    )


def _says_something(how: str, value: Text) -> bool:
    """A value that is not known may be anything; of a prefix or pattern, more than a word of every token."""
    if isinstance(value, Unknown):
        return True
    bare = value.removeprefix("^").removeprefix("repo:").removeprefix("project_path:").removeprefix("organization:")
    return bool(bare.strip("./*+$")) if how in ("prefix", "matches") else bool(value)


# -- principals that nobody can be ---------------------------------------------------------------------------------

_FEDERATED = re.compile(r"(?P<scheme>principal|principalSet)://iam\.googleapis\.com/(?P<rest>.*)\Z", re.DOTALL)
_POOL = re.compile(
    r"projects/(?P<project>[^/]+)(?P<location>/locations/global)?/workloadIdentityPools/(?P<pool>[^/]+)/(?P<who>.+)\Z",
    re.DOTALL,
)
_GKE = re.compile(r"serviceAccount:(?P<project>[^\[]+)\.svc\.id\.goog\[")
_HOLE = re.compile(r"\$\{[^{}]*\}")


def unmatched_federated_principals(estate: Estate) -> Iterator[Match]:
    """Grants to federated identities that no token can ever present."""
    providers: dict[tuple[str, str], list[Provider]] = defaultdict(list)
    for provider in estate.of(Provider):
        providers[scope(provider.declared), _last(provider.pool)].append(provider)
    for grant in estate.of(Grant):
        problem = _problem(grant, providers)
        if problem:
            yield Match(grant, Truth.TRUE, words={"problem": problem}, place=grant.principal_place)


def _last(pool: Text) -> str:
    text = pool if isinstance(pool, str) else pool.text
    return text.rpartition("/")[2]


def _problem(grant: Grant, providers: dict[tuple[str, str], list[Provider]]) -> str | None:
    text = grant.principal.text
    gke = _GKE.match(text)
    if gke:
        number = gke["project"].isdecimal()
        return "it names the project by its number, where the project's id belongs" if number else None
    federated = _FEDERATED.match(text)
    found = _POOL.match(federated["rest"]) if federated else None
    if federated is None or found is None:
        return None
    if not found["location"]:
        return "`/locations/global` is missing before `/workloadIdentityPools`"
    if not found["project"].isdecimal() and not _HOLE.search(found["project"]):
        return f"`{found['project']}` stands where the project's number belongs, not its id"
    return _wrong_scheme(federated["scheme"], found["who"]) or _unmapped(
        found["who"], providers.get((scope(grant.declared), found["pool"]), [])
    )


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
