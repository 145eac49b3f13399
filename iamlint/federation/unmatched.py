"""Grants to federated identities that no token can match: by their spelling, or by the providers of the pool."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import TypeVar

from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.budget import Budget, Exhausted
from iamlint.conditions.token_claims import Claim, How
from iamlint.estate import Estate, scope
from iamlint.estate.names import in_force
from iamlint.facts import Declaration, Grant, Pool, Provider, Text, expression_of
from iamlint.federation.admission import admission, described
from iamlint.federation.names import identity_of, misspelling
from iamlint.pools import is_federated, pool_in
from iamlint.unknown import Unknown, shown

MOST_PAIRS = 15_000
"""Pairs of an identity and a provider of its pool that are looked at in one run: seconds.

Google allows 200 providers in a pool (https://cloud.google.com/iam/quotas), and one of the first lets most of them in.
"""
_MOST_MAPPED = 100
"""Mapped attributes of a provider that one step looks at; Google allows 50 custom ones."""
MOST_COMPARED = 200
"""Maximum number of a configuration's pools with partly unknown ids to which an id is compared."""
_Providers = dict[tuple[str, str], list[Provider]]
Of = TypeVar("Of", Provider, Pool)
LISTED = "provider"
"""The type of a declaration in a list of the providers of a pool; one that is described alone has another type."""
_OF_POOL = regex(r"google_iam_workload_identity_pool\.[^.\[]+(?:\[[^\]]*\])?\.project_number\}\Z")
"""A reference to the project of a pool that the configuration declares."""


def why_unmatched(grant: Grant, estate: Estate) -> str | Unknown | None:
    """Return why no token can match the identity of a grant; None if one may, or for another principal.

    A pool is the one that the configuration declares, or adds providers to, by this id.
    """
    return estate.made(_Answers).problem(grant) if is_federated(grant.principal) else None


def why_blocked(grant: Grant, estate: Estate) -> str | Unknown | None:
    """As `why_unmatched`, but unknown if the pool may have other providers, or be one of another project.

    Such a grant is not closed: a second provider or pool could otherwise hide what it opens. Neither is one whose value
    only looks wrong, unless the providers of the pool refuse it, too.
    """
    problem = why_unmatched(grant, estate)
    if not isinstance(problem, str):
        off = why_nobody(grant, estate)
        return off if isinstance(off, str) else problem or off
    if estate.made(_Answers).is_certain(grant):
        return problem
    if misspelling(grant.principal):
        return Unknown(f"{problem}; the input does not show that no provider of the pool admits it")
    return Unknown(not_shown(grant))


def not_shown(grant: Grant) -> str:
    """Return the reason why the pool that a grant names may let in others than its known providers do."""
    return f"the input does not show all providers of the pool that {grant.principal.text} names"


def shows_pool(grant: Grant, estate: Estate) -> bool:
    """Whether the input shows the pool that a grant names, and so all of its providers.

    If the project in the principal is a reference, it is that of the configuration's own pool with this id.
    """
    return estate.made(_Answers).shows(grant, by_reference=True)


def providers_of(grant: Grant, estate: Estate) -> list[Provider]:
    """Return the providers in the configuration of a grant that may be of the pool that it names."""
    return estate.made(_Answers).own_providers(grant)


def why_nobody(grant: Grant, estate: Estate, *, doubtful: bool = False) -> str | Unknown | None:
    """Return that no identity of a grant's pool has access: the pool or each provider is disabled, or lets nobody in.

    A provider that has an unknown value lets in somebody; with ``doubtful`` it may let in nobody.

    Source: ``disabled`` in
    https://cloud.google.com/iam/docs/reference/rest/v1/projects.locations.workloadIdentityPools
    """
    return estate.made(_Answers).nobody(grant, doubtful) if is_federated(grant.principal) else None


def is_unmatched(grant: Grant, estate: Estate) -> bool:
    """Whether no token can match the federated identity of a grant, so that it certainly gives nothing."""
    return isinstance(why_unmatched(grant, estate), str) and isinstance(why_blocked(grant, estate), str)


def providers_by_pool(estate: Estate) -> _Providers:
    """Return the providers by configuration and name of their pool."""
    providers: _Providers = defaultdict(list)
    for provider in estate.of(Provider):
        providers[pool_of(provider)].append(provider)
    return providers


def pool_of(fact: Grant | Provider | Pool) -> tuple[str, str]:
    """Return the configuration and the id of a pool: that of a provider, or the one that a principal names.

    A reference to the whole name of a provider's pool counts as its id.
    """
    named = pool_in(_text(fact))
    reference = "" if isinstance(fact, Grant) else _text(fact).rpartition("/")[2]
    return scope(fact.declared), named.id if named else reference


def _text(fact: Grant | Provider | Pool) -> str:
    """Return the text in which a fact names its pool."""
    match fact:
        case Grant():
            return fact.principal.text
        case Provider():
            return shown(fact.pool)
        case Pool():
            return shown(fact.name)


@frozen
class _Home:
    """Where a pool is that a fact names: the project as the estate names it, None if that is not known."""

    project: str | None
    workforce: bool

    def may_be(self, other: _Home) -> bool:
        """Whether two pools with one id may be the same; their projects must be known by id, or both by number."""
        return self.workforce is other.workforce and not _differ(self.project, other.project)


def _exists(declared: Declaration) -> bool:
    """Whether a pool or provider is there for certain, and not only for some values of a variable."""
    return not declared.uncertain and "[*]" not in (declared.address or "")


def _differ(project: str | None, other: str | None) -> bool:
    """Whether two projects certainly differ: both are known by their ids, or both by their numbers."""
    if project is None or other is None or "${" in project + other:
        return False
    return project != other and project.isdecimal() is other.isdecimal()


def _may_be(pool: str, other: str) -> bool:
    """Whether two ids of pools may be the same; a part of an id may be a reference."""
    known = [one.partition("${")[0] for one in (pool, other)]
    return pool == other or ("${" in pool + other and (known[0].startswith(known[1]) or known[1].startswith(known[0])))


class _Answers:
    """The reasons why no token can be an identity, each computed once; for a bounded number of pairs with providers."""

    def __init__(self, estate: Estate) -> None:
        self._hierarchy = estate.hierarchy
        self._providers = estate.made(providers_by_pool)
        self._everywhere: dict[str, list[Provider]] = defaultdict(list)
        for (_, name), some in self._providers.items():
            self._everywhere[name] += some
        self._ids: dict[str, list[str]] = defaultdict(list)
        self._partial_ids: dict[str, list[str]] = defaultdict(list)
        for configuration, name in self._providers:
            self._ids[configuration].append(name)
            if "${" in name:
                self._partial_ids[configuration].append(name)
        self._pools: dict[tuple[str, str], list[Pool]] = defaultdict(list)
        for one in estate.of(Pool):
            self._pools[pool_of(one)].append(one)
        self._named: dict[str, list[Pool]] = defaultdict(list)
        for (_, name), pools in self._pools.items():
            self._named[name] += pools
        self._homes: dict[int, _Home] = {}
        self._empty: dict[tuple[str, str, _Home, str, bool], str | Unknown | None] = {}
        self._work = Budget(MOST_PAIRS)
        self._known: dict[tuple[str, str, _Home, str, Text], str | Unknown | None] = {}
        self._of_pools: dict[tuple[str, str, _Home], tuple[list[Provider], frozenset[str] | None]] = {}

    def problem(self, grant: Grant) -> str | Unknown | None:
        """Return why no token can be the identity that a grant is made to; None where one may be."""
        return misspelling(grant.principal) or self._by_providers(grant)

    def _by_providers(self, grant: Grant) -> str | Unknown | None:
        """Return why the providers of the pool admit no token with the identity of a grant."""
        identity = identity_of(grant.principal)
        if identity is None or identity.attribute is None:
            return None
        pool, home = pool_of(grant), self._home_of(grant)
        key = (*pool, home, identity.attribute, identity.value)
        if key not in self._known:
            known, mapped = self._of_pool(pool, home)
            try:
                self._known[key] = (
                    _shut_out(identity.attribute, identity.value, known, mapped, self._work) if known else None
                )
            except Exhausted:
                why = "its pool has more providers and identities than iamlint holds against each other"
                self._known[key] = Unknown(why)
        return self._known[key]

    def _of_pool(self, pool: tuple[str, str], home: _Home) -> tuple[list[Provider], frozenset[str] | None]:
        """Return the providers that a pool may have, and what they map."""
        key = (*pool, home)
        if key not in self._of_pools:
            known = self._there(self._providers.get(pool, ()), home)
            if known and "${" not in pool[1]:  # other configurations may add providers
                known = self._there(self._everywhere[pool[1]], home)
            self._of_pools[key] = known, _mapped(known)
        return self._of_pools[key]

    def own_providers(self, grant: Grant) -> list[Provider]:
        """Return the providers in the configuration of a grant that may be of the pool that it names."""
        return self._there(self._providers.get(pool_of(grant), ()), self._home_of(grant))

    def _there(self, facts: Iterable[Of], home: _Home) -> list[Of]:
        """Return those of pools with one id, or of their providers, that may be of the pool there."""
        return [one for one in facts if self._home_of(one).may_be(home)]

    def is_certain(self, grant: Grant) -> bool:
        """Whether the problem of a grant is certain: by its form, or as the input shows all providers of its pool."""
        if misspelling(grant.principal, by_form=True) is not None:
            return True
        return isinstance(self._by_providers(grant), str) and self.shows(grant)

    def nobody(self, grant: Grant, doubtful: bool) -> str | Unknown | None:
        """Return that the pool of a grant is disabled, or lets nobody in; unknown if that may be so."""
        key = (*pool_of(grant), self._home_of(grant), grant.principal.text.partition("Pools/")[0], doubtful)
        if key not in self._empty:
            self._empty[key] = self._off(grant, doubtful)
        return self._empty[key]

    def _off(self, grant: Grant, doubtful: bool) -> str | Unknown | None:
        key, home = pool_of(grant), self._home_of(grant)
        if not any(self._shown(grant, by_reference=False)) or len(self._named[key[1]]) > MOST_COMPARED:
            return None
        # A further block of the same pool, which Terraform cannot create, closes nothing; nor does one elsewhere.
        states = [_together(_state(one, "its pool") for one in self._there(self._named[key[1]], home))]
        if self.shows(grant):
            of_providers = [
                _state(one, "each provider of its pool") or (_doubt(one) if doubtful else None)
                for one in self._of_pool(key, home)[0]
            ]
            states.append(_together(of_providers))
        certain = [one for one in states if isinstance(one, str)]
        return certain[0] if certain else next((one for one in states if one is not None), None)

    def shows(self, grant: Grant, *, by_reference: bool = False) -> bool:
        """Whether the input shows the pool that a grant names, and so all of its providers."""
        key, home, providers = pool_of(grant), self._home_of(grant), self.own_providers(grant)
        if any(one.declared.type == LISTED and self._home_of(one).project == home.project for one in providers):
            return True  # a list has all providers of a pool
        others = (self._ids if "${" in key[1] else self._partial_ids)[key[0]]
        if len(others) > MOST_COMPARED or any(_may_be(key[1], name) for name in others if name != key[1]):
            return False
        return any(
            self._is_of(one, pool)
            for pool in self._shown(grant, by_reference)
            for one in providers
            if _exists(one.declared)
        )

    def _shown(self, grant: Grant, by_reference: bool) -> Iterator[Pool]:
        """Yield the pools that the configuration certainly declares and that a principal may name."""
        named, home = pool_in(grant.principal.text), self._home_of(grant)
        project = named.project if named else None
        of_reference = project is None or _OF_POOL.search(project) is not None or (by_reference and "${" in project)
        for one in self._pools.get(pool_of(grant), ()):
            its = self._home_of(one)
            same = home.project is not None and home.project in (its.project, one.project_number)
            if (
                (of_reference or same)
                and its.workforce is home.workforce
                and _exists(one.declared)
                and not one.imported
            ):
                yield one

    def _is_of(self, provider: Provider, pool: Pool) -> bool:
        """Whether a provider certainly is one of this pool, and not of one in another project with the same id."""
        own, other = self._home_of(provider).project, self._home_of(pool).project
        return shown(provider.pool) == shown(pool.name) or (own is not None and own == other)

    def _home_of(self, fact: Grant | Provider | Pool) -> _Home:
        """Return where the pool is that a fact names; of providers and pools, which are asked for often, it is kept."""
        if isinstance(fact, Grant):
            return self._found_home(fact)
        if id(fact) not in self._homes:
            self._homes[id(fact)] = self._found_home(fact)
        return self._homes[id(fact)]

    def _found_home(self, fact: Grant | Provider | Pool) -> _Home:
        named = pool_in(_text(fact))
        told = named.project if named and not named.id.endswith(".svc.id.goog") else None  # that id has the project
        project = self._hierarchy.project_key(told, fact.declared) if told else None
        return _Home(project, named is not None and named.workforce)


def _state(fact: Pool | Provider, what: str) -> str | Unknown | None:
    """Return that a pool or provider is disabled, or lets nobody in; unknown if it may be so; else None."""
    if isinstance(fact.disabled, Unknown):
        return Unknown(f"it is not known whether {what} is disabled: {fact.disabled.reason}")
    there = in_force(fact.declared)
    unsure = f", but {there.reasons[0]}" if there.reasons else ""
    if fact.disabled:
        why = f"{what} is disabled{unsure}"
    elif isinstance(fact, Provider) and (let_in := admission(fact).ways()) and not let_in[0]:
        why = f"{what} admits no token{unsure}"
    else:
        return None
    return Unknown(why) if unsure else why


def _together(states: Iterable[str | Unknown | None]) -> str | Unknown | None:
    """Return why all of some pools or providers are off; unknown if one may not be, and None if one is not."""
    found = list(states)
    if not found or None in found:
        return None
    return next((one for one in found if isinstance(one, Unknown)), found[0])


def _doubt(provider: Provider) -> Unknown | None:
    """Return that it is not known whether a provider lets anybody in: what its condition is about is unknown."""
    if provider.condition is None:
        return None
    mapped = (expression for _, expression, _ in provider.mapped)
    values = (expression_of(provider.condition), provider.protocol, provider.issuer, provider.mapping, *mapped)
    unknown = next((value for value in values if isinstance(value, Unknown)), None)
    return Unknown(f"it is not known whom a provider of its pool lets in: {unknown.reason}") if unknown else None


def _mapped(providers: list[Provider]) -> frozenset[str] | None:
    """Return the attributes that providers map; None if one of them may map any."""
    if any(admission(one).source("attribute.") != "missing" for one in providers):
        return None
    return frozenset(name for one in providers for name, _, _ in one.mapped)


def _shut_out(
    attribute: str, value: Text, providers: list[Provider], mapped: frozenset[str] | None, work: Budget
) -> str | None:
    """Return why no provider of the pool makes an identity with this attribute; None if one may."""
    if not attribute.startswith(("google.", "attribute.")):
        return None
    if mapped is not None and attribute not in mapped:
        return f"no provider of the pool maps `{attribute}`"
    how: How = "has" if attribute == "google.groups" else "equals"
    problems: list[str] = []
    for provider in providers:
        work.spend(1 + len(provider.mapped) // _MOST_MAPPED)
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
