"""Grants to federated identities that no token can match: by their spelling, or by the providers of the pool."""

from __future__ import annotations

from collections import defaultdict

from iamlint.budget import Budget, Exhausted
from iamlint.conditions.token_claims import Claim, How
from iamlint.estate import Estate, scope
from iamlint.facts import Grant, Provider, Text
from iamlint.federation.admission import admission, described
from iamlint.federation.names import identity_of, is_federated, misspelling, pool_name
from iamlint.unknown import Unknown, shown

MOST_PAIRS = 15_000
"""Pairs of an identity and a provider of its pool that are looked at in one run: seconds.

Google allows 200 providers in a pool (https://cloud.google.com/iam/quotas), and one of the first lets most of them in.
"""
_Providers = dict[tuple[str, str], list[Provider]]


def why_unmatched(grant: Grant, estate: Estate) -> str | Unknown | None:
    """Return why no token can ever match the identity of a grant; None if one may, or for another principal."""
    return estate.made(_Answers).problem(grant) if is_federated(grant.principal) else None


def is_unmatched(grant: Grant, estate: Estate) -> bool:
    """Whether no token can ever match the federated identity of a grant."""
    return isinstance(why_unmatched(grant, estate), str)


def providers_by_pool(estate: Estate) -> _Providers:
    """Return the providers by configuration and name of their pool."""
    providers: _Providers = defaultdict(list)
    for provider in estate.of(Provider):
        providers[pool_of(provider)].append(provider)
    return providers


def pool_of(fact: Grant | Provider) -> tuple[str, str]:
    """Return the configuration and the name of the pool that a provider is in, or that a grant's principal names."""
    name = _last(fact.pool) if isinstance(fact, Provider) else pool_name(fact.principal) or ""
    return scope(fact.declared), name


def _last(pool: Text) -> str:
    return shown(pool).rpartition("/")[2]


class _Answers:
    """The reasons why no token can be an identity, each computed once; for a bounded number of pairs with providers."""

    def __init__(self, estate: Estate) -> None:
        self._providers = estate.made(providers_by_pool)
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
            try:
                self._known[key] = _shut_out(identity.attribute, identity.value, known, self._work) if known else None
            except Exhausted:
                why = "its pool has more providers and identities than iamlint holds against each other"
                self._known[key] = Unknown(why)
        return self._known[key]


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
