"""Queries about federated principals: those that no token can match, and those that too many tokens match."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from iamlint.basics.lazy_regex import regex
from iamlint.budget import Budget, Exhausted
from iamlint.conditions.token_claims import Claim, How
from iamlint.estate import Estate, scope
from iamlint.facts import Grant, Provider, Text
from iamlint.patterns.match import Match, grant_verdict
from iamlint.queries.federation.admission import admission, described
from iamlint.queries.federation.names import identity_of, is_federated, misspelling
from iamlint.queries.federation.provider_conditions import admits, mapped_claims
from iamlint.queries.federation.workloads import Workloads
from iamlint.unknown import Truth, Unknown, shown

MOST_PAIRS = 15_000
"""Pairs of an identity and a provider of its pool that are looked at in one run: seconds.

Google allows 200 providers in a pool (https://cloud.google.com/iam/quotas), and one of the first lets most of them in.
"""
_Providers = dict[tuple[str, str], list[Provider]]


def unmatched_federated_principals(estate: Estate) -> Iterator[Match]:
    """Grants to federated identities that no token can ever match."""
    answers, workloads = estate.made(_Answers), estate.made(Workloads)
    for grant in estate.of(Grant):
        missed = workloads.mismatch(grant) if grant.principal.kind == "gke_workload" else None
        problem = answers.problem(grant) if is_federated(grant.principal) else None
        if isinstance(problem, Unknown):
            yield Match(grant, Truth.UNKNOWN, reasons=(problem.reason,), place=grant.principal_place)
        elif problem:
            yield Match(grant, Truth.TRUE, words={"problem": problem}, place=grant.principal_place)
        elif missed:
            words, place = {"problem": missed[0]}, grant.principal_place
            yield Match(grant, Truth.TRUE, related=(missed[1],), words=words, place=place, confidence="medium")


def is_nobody(grant: Grant, estate: Estate) -> bool:
    """Whether no token can ever match the federated identity of a grant."""
    return is_federated(grant.principal) and isinstance(estate.made(_Answers).problem(grant), str)


def _by_pool(estate: Estate) -> _Providers:
    """Return the providers by configuration and name of their pool."""
    providers: _Providers = defaultdict(list)
    for provider in estate.of(Provider):
        providers[scope(provider.declared), _last(provider.pool)].append(provider)
    return providers


def _last(pool: Text) -> str:
    return shown(pool).rpartition("/")[2]


class _Answers:
    """The reasons why no token can be an identity, each computed once; for a bounded number of pairs with providers."""

    def __init__(self, estate: Estate) -> None:
        self._providers = estate.made(_by_pool)
        self._work = Budget(MOST_PAIRS)
        self._known: dict[tuple[str, str, str, Text], str | Unknown | None] = {}

    def problem(self, grant: Grant) -> str | Unknown | None:
        """Return why no token can be the identity that a grant is made to; None where one may be."""
        wrong = misspelling(grant.principal)
        identity = identity_of(grant.principal) if wrong is None else None
        if wrong or identity is None or identity.attribute is None:
            return wrong
        pool = scope(grant.declared), identity.pool or ""
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


# -- principals that anybody can match -----------------------------------------------------------------------------

_ATTRIBUTE = regex(r".*/workloadIdentityPools/(?P<pool>[^/]+)/(?P<attribute>attribute\.[^/]+|subject)/.", re.DOTALL)
NEEDED = {
    "forgeable_attributes": ({"principal": ["principalSet:*/attribute.*", "principal:*/subject/*"]},),
    "unmatched_federated_principals": (
        {"principal": ["principal:*", "principalSet:*", "serviceAccount:*.svc.id.goog[*"]},
    ),
}
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
        "iss",
        "terraform_run_phase",
    }
)
"""Claims that every repository or workspace can have, or that the user who starts a run chooses.

Every token for a provider has the same ``iss``, and all of them may have the same ``aud``.
"""


def forgeable_attributes(estate: Estate) -> Iterator[Match]:
    """Grants to an attribute or subject that every workload admitted by the pool's providers can have."""
    providers = estate.made(_by_pool)
    asked: dict[tuple[str, str, str], tuple[list[Provider], list[Provider]]] = {}
    for grant in estate.of(Grant):
        named = grant.principal.kind in ("federated", "federated_set")
        found = _ATTRIBUTE.match(grant.principal.text) if named else None
        if not found:
            continue
        attribute = "google.subject" if found["attribute"] == "subject" else found["attribute"]
        key = scope(grant.declared), found["pool"], attribute
        if key not in asked:
            known = [one for one in providers.get(key[:2], []) if one.disabled is not True]
            asked[key] = known, [one for one in known if _is_chosen(one, attribute)]
        known, through = asked[key]
        if through and is_nobody(grant, estate):
            continue
        if not known and attribute.removeprefix("attribute.") in _CHOSEN:
            yield Match(grant, Truth.TRUE, confidence="medium")
        open_to = [admits(one) for one in through]
        unknown = next((one for one in open_to if isinstance(one, Unknown)), None)
        if "anybody" in open_to or "tenant" in open_to:
            yield Match(grant, Truth.TRUE, related=tuple(through), raised=0 if "anybody" in open_to else -1)
        elif unknown:
            yield Match(grant, Truth.UNKNOWN, reasons=(f"it depends on the provider's condition: {unknown.reason}",))


def _is_chosen(provider: Provider, attribute: str) -> bool:
    """Whether an attribute is a constant, or made only of claims that anybody can choose."""
    if admission(provider).source(attribute)[0] == "constant":
        return True
    claims = mapped_claims(provider, attribute)
    if claims is None:
        return attribute.removeprefix("attribute.") in _CHOSEN
    return bool(claims) and _CHOSEN.issuperset(claims)


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
"""On a project, folder or organization, the rules of the impersonation family report it."""
_WHOLE = regex(r".*Pools/(?P<pool>[^/]+)/\*\Z", re.DOTALL)


def _reaches_privileged(grant: Grant, estate: Estate) -> bool:
    """Whether a grant on an account leads to a privileged one, so that even one workload is too many."""
    return grant_verdict({"reaches_privileged": True}, grant, estate).truth is Truth.TRUE


def whole_pool_impersonations(estate: Estate) -> Iterator[Match]:
    """Grants on accounts to everybody in a pool, unless its providers admit only one workload each.

    Such a grant is still reported on an account that is or reaches a privileged one, as a grant to that workload is. If
    one of the providers admits anybody, so does the grant.
    """
    providers = estate.made(_by_pool)
    for grant in estate.of(Grant):
        found = grant_verdict(_BECOMES, grant, estate)
        if found.truth is Truth.FALSE or is_nobody(grant, estate):
            continue
        whole = _WHOLE.match(grant.principal.text)
        known = providers.get((scope(grant.declared), whole["pool"]), []) if whole else []
        open_to = {one: admits(one) for one in known if one.disabled is not True}
        if open_to and all(how == "nobody" for how in open_to.values()):  # the providers are reported
            continue
        few = open_to and all(how in ("workload", "nobody") for how in open_to.values())
        if few and not _reaches_privileged(grant, estate):
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
