"""Grants to federated identities that no token can match: by their spelling, or by the providers of the pool."""

from __future__ import annotations

from collections import defaultdict

from iamlint.basics.lazy_regex import regex
from iamlint.budget import Budget, Exhausted
from iamlint.conditions.token_claims import Claim, How
from iamlint.estate import Estate, scope
from iamlint.facts import Grant, Pool, Provider, Text
from iamlint.federation.admission import admission, described
from iamlint.federation.names import identity_of, is_federated, misspelling, pool_name
from iamlint.unknown import Unknown, shown

MOST_PAIRS = 15_000
"""Pairs of an identity and a provider of its pool that are looked at in one run: seconds.

Google allows 200 providers in a pool (https://cloud.google.com/iam/quotas), and one of the first lets most of them in.
"""
_Providers = dict[tuple[str, str], list[Provider]]
_PROJECT = regex(r"(?:\A|/)projects/(?P<name>\$\{[^{}]*\}|[^/]+)/")
_OF_POOL = regex(r"google_iam_workload_identity_pool\.[^.\[]+(?:\[[^\]]*\])?\.project_number\}\Z")
"""A reference to the project of a pool that the configuration declares."""


def why_unmatched(grant: Grant, estate: Estate) -> str | Unknown | None:
    """Return why no token can match the identity of a grant; None if one may, or for another principal.

    A pool is the one that the configuration declares, or adds providers to, by this id.
    """
    return estate.made(_Answers).problem(grant) if is_federated(grant.principal) else None


def why_blocked(grant: Grant, estate: Estate) -> str | Unknown | None:
    """As `why_unmatched`, but unknown if the pool may have other providers, or be one of another project.

    Such a grant is not closed: a second provider or pool could otherwise hide what it opens.
    """
    problem = why_unmatched(grant, estate)
    if not isinstance(problem, str) or estate.made(_Answers).is_certain(grant):
        return problem
    return Unknown(f"the input does not show all providers of the pool that {grant.principal.text} names")


def is_unmatched(grant: Grant, estate: Estate) -> bool:
    """Whether no token can match the federated identity of a grant, so that it certainly gives nothing."""
    return isinstance(why_blocked(grant, estate), str)


def providers_by_pool(estate: Estate) -> _Providers:
    """Return the providers by configuration and name of their pool."""
    providers: _Providers = defaultdict(list)
    for provider in estate.of(Provider):
        providers[pool_of(provider)].append(provider)
    return providers


def pool_of(fact: Grant | Provider | Pool) -> tuple[str, str]:
    """Return the configuration and the id of a pool: that of a provider, or the one that a principal names."""
    match fact:
        case Grant():
            name = pool_name(fact.principal) or ""
        case Provider():
            name = _last(fact.pool)
        case Pool():
            name = _last(fact.name)
    return scope(fact.declared), name


def _last(pool: Text) -> str:
    return shown(pool).rpartition("/")[2]


class _Answers:
    """The reasons why no token can be an identity, each computed once; for a bounded number of pairs with providers."""

    def __init__(self, estate: Estate) -> None:
        self._hierarchy = estate.hierarchy
        self._providers = estate.made(providers_by_pool)
        self._everywhere: dict[str, list[Provider]] = defaultdict(list)
        for (_, name), some in self._providers.items():
            self._everywhere[name] += some
        self._pools: dict[tuple[str, str], list[Pool]] = defaultdict(list)
        for one in estate.of(Pool):
            self._pools[pool_of(one)].append(one)
        self._work = Budget(MOST_PAIRS)
        self._known: dict[tuple[str, str, str, Text], str | Unknown | None] = {}

    def problem(self, grant: Grant) -> str | Unknown | None:
        """Return why no token can be the identity that a grant is made to; None where one may be."""
        wrong = misspelling(grant.principal)
        identity = identity_of(grant.principal) if wrong is None else None
        if wrong or identity is None or identity.attribute is None:
            return wrong
        pool = pool_of(grant)
        key = (*pool, identity.attribute, identity.value)
        if key not in self._known:
            known = self._providers.get(pool, [])
            if known and "${" not in pool[1]:  # other configurations may add providers
                known = self._everywhere[pool[1]]
            try:
                self._known[key] = _shut_out(identity.attribute, identity.value, known, self._work) if known else None
            except Exhausted:
                why = "its pool has more providers and identities than iamlint holds against each other"
                self._known[key] = Unknown(why)
        return self._known[key]

    def is_certain(self, grant: Grant) -> bool:
        """Whether the input shows the pool of a grant for which there is a problem, and so all of its providers."""
        if misspelling(grant.principal) is not None:
            return True
        pool, project = pool_of(grant), _PROJECT.search(grant.principal.text)
        if any(one.declared.type == "provider" for one in self._providers.get(pool, ())):
            return True  # an export has them all
        pools = self._pools.get(pool, ())
        if project is None or _OF_POOL.search(project["name"]):
            return bool(pools)
        named = self._hierarchy.project_key(project["name"], grant.declared)
        for one in pools:
            own = _PROJECT.search(shown(one.name))
            key = self._hierarchy.project_key(own["name"], one.declared) if own else None
            if named is not None and named in (key, one.project_number):
                return True
        return False


def _shut_out(attribute: str, value: Text, providers: list[Provider], work: Budget) -> str | None:
    """Return why no provider of the pool makes an identity with this attribute; None if one may."""
    if not attribute.startswith(("google.", "attribute.")):
        return None
    if all(admission(one).source(attribute) == "missing" for one in providers):
        return f"no provider of the pool maps `{attribute}`"
    how: How = "has" if attribute == "google.groups" else "equals"
    problems: list[str] = []
    for provider in providers:
        work.spend()
        let_in = admission(provider)
        unconditional = let_in.taken((frozenset((Claim(attribute, how, (value,)),)),))
        found = unconditional if not unconditional[0] else let_in.ways(Claim(attribute, how, (value,)))
        if found is None or found[0]:
            return None
        if not unconditional[0]:
            problems += unconditional[1]
            continue
        alone = let_in.ways()
        if alone is None or not alone[0]:  # nobody gets in at all; the provider is reported
            return None
        problems.append(
            f"the condition of {shown(provider.name).rpartition('/')[2]} lets in {described(alone[0])} only"
        )
    return problems[0] if problems else None
