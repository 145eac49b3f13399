"""Queries about federated principals: those that no token can match, and those that too many tokens match."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from iamlint.estate import Estate, principal_node, scope
from iamlint.facts import Grant, Provider
from iamlint.federation.admission import admission
from iamlint.federation.names import identity_of, misspelling
from iamlint.federation.unmatched import (
    is_unmatched,
    not_shown,
    providers_of,
    shows_pool,
    why_nobody,
    why_unmatched,
)
from iamlint.finding import Confidence
from iamlint.graph.edges import graph_of
from iamlint.logic.verdict import TRUE, Verdict
from iamlint.patterns.match import Match, grant_verdict, grant_verdicts
from iamlint.pools import is_federated, pool_in
from iamlint.principals import read_principal
from iamlint.queries.federation.provider_conditions import admits, mapped_claims
from iamlint.queries.federation.workloads import Workloads
from iamlint.unknown import Truth, Unknown


def unmatched_federated_principals(estate: Estate) -> Iterator[Match]:
    """Grants to federated identities that no token can ever match."""
    for grant in estate.of(Grant):
        unknown = grant.principal.unknown
        found = _any_option(grant, unknown, estate) if unknown and unknown.options else _unmatched(grant, estate)
        if found:
            yield found


def _any_option(grant: Grant, unknown: Unknown, estate: Estate) -> Match | None:
    """Return the match of a grant to one of several principals: true if it holds for each of them."""
    found = [_unmatched(replace(grant, principal=read_principal(one)), estate) for one in unknown.options]
    matched = [one for one in found if one]
    if not matched or all(one and one.truth is Truth.TRUE for one in found):
        return replace(matched[0], fact=grant) if matched else None
    return Match(grant, Truth.UNKNOWN, reasons=(unknown.reason,), place=grant.principal_place)


def _unmatched(grant: Grant, estate: Estate) -> Match | None:
    of_cluster = grant.principal.kind == "gke_workload"
    if not of_cluster and not is_federated(grant.principal):
        return None
    missed = estate.made(Workloads).mismatch(grant) if of_cluster else None
    problem = why_unmatched(grant, estate)
    if isinstance(problem, Unknown):
        return Match(grant, Truth.UNKNOWN, reasons=(problem.reason,), place=grant.principal_place)
    if problem:
        certain = misspelling(grant.principal) or is_unmatched(grant, estate)
        sure: Confidence | None = None if certain else "medium"
        return Match(grant, Truth.TRUE, words={"problem": problem}, place=grant.principal_place, confidence=sure)
    if missed:
        words, place = {"problem": missed[0]}, grant.principal_place
        return Match(grant, Truth.TRUE, related=(missed[1],), words=words, place=place, confidence="medium")
    return None


# -- principals that anybody can match -----------------------------------------------------------------------------

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


_MADE_OF_CLAIMS = ("google.subject", "attribute.")
MOST_RELATED = 100
"""Providers of a pool that a finding lists; each that admits anybody has a finding of its own."""


def forgeable_attributes(estate: Estate) -> Iterator[Match]:
    """Grants to an attribute or subject that every workload admitted by the pool's providers can have."""
    asked: dict[tuple[str, str, str], tuple[list[Provider], list[Provider]]] = {}
    mapped: dict[tuple[str, str], dict[str, list[tuple[Provider, Provider]]]] = {}
    for grant in estate.of(Grant):
        named = grant.principal.kind in ("federated", "federated_set")
        pool, identity = (pool_in(grant.principal.text), identity_of(grant.principal)) if named else (None, None)
        attribute = identity.attribute if identity else None
        if pool is None or pool.workforce or attribute is None or not attribute.startswith(_MADE_OF_CLAIMS):
            continue
        key = scope(grant.declared), pool.name, attribute
        if key not in asked:
            known = [one for one in providers_of(grant, estate) if one.disabled is not True]
            if key[:2] not in mapped:
                mapped[key[:2]] = _by_attribute(known)
            may_be = mapped[key[:2]].get(attribute, [])
            if attribute.removeprefix("attribute.") in _CHOSEN:
                may_be = [(one, one) for one in known]
            asked[key] = known, [one for one, small in may_be if _is_chosen(small, attribute)]
        known, through = asked[key]
        unmapped = [(one, why) for one in known if (why := _unknown_source(one, attribute))]
        if through and isinstance(why_unmatched(grant, estate), str):
            through = []
        chosen = attribute.removeprefix("attribute.") in _CHOSEN
        if not known and chosen:
            yield Match(grant, Truth.TRUE, confidence="medium")
        open_to = [admits(one, estate) for one in through]
        unknown = next((one for one in open_to if isinstance(one, Unknown)), None)
        if "anybody" in open_to or "tenant" in open_to:
            yield Match(
                grant, Truth.TRUE, related=tuple(through[:MOST_RELATED]), raised=0 if "anybody" in open_to else -1
            )
        elif unknown:
            yield Match(grant, Truth.UNKNOWN, reasons=(f"it depends on the provider's condition: {unknown.reason}",))
        elif not through and (why := next((why for one, why in unmapped if admits(one, estate) != "nobody"), "")):
            if not is_unmatched(grant, estate):
                yield Match(grant, Truth.UNKNOWN, reasons=(why,))
        elif known and chosen and not (shows_pool(grant, estate) or is_unmatched(grant, estate)):
            # Another provider of the pool may let anybody in.
            yield Match(grant, Truth.UNKNOWN, reasons=(not_shown(grant),))


def _by_attribute(providers: list[Provider]) -> dict[str, list[tuple[Provider, Provider]]]:
    """Return which providers map an attribute, each also with this mapping alone: a pool may have a thousand."""
    found: dict[str, list[tuple[Provider, Provider]]] = {}
    for one in providers:
        for name, entry in {entry[0]: entry for entry in reversed(one.mapped)}.items():
            found.setdefault(name, []).append((one, replace(one, mapping=(entry,))))
    return found


def _unknown_source(provider: Provider, attribute: str) -> str:
    """Return why it is not known what an attribute is mapped from; "" if it is known, or not mapped."""
    if isinstance(provider.mapping, Unknown):
        return f"the mapping of attributes is not known: {provider.mapping.reason}"
    source = provider.source_of(attribute)
    return f"the mapping of {attribute} is not known: {source.reason}" if isinstance(source, Unknown) else ""


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


def _leads(grant: Grant, estate: Estate) -> Verdict:
    """Whether a grant on an account leads to a privileged one; unknown if the account's own privilege is."""
    found = grant_verdict({"reaches_privileged": True}, grant, estate)
    node = estate.hierarchy.node(grant.resource, grant.declared)
    gained = graph_of(estate).gained(node[1], principal_node(grant) or "") if node else None
    return gained[1] if gained and found.truth is Truth.FALSE else found


def whole_pool_impersonations(estate: Estate) -> Iterator[Match]:
    """Grants on accounts to everybody in a pool, unless its providers admit only one workload each.

    Such a grant is still reported on an account that is or reaches a privileged one, as a grant to that workload is. If
    one of the providers admits anybody, so does the grant.
    """
    for grant, found in grant_verdicts(_BECOMES, estate):
        if is_unmatched(grant, estate):
            continue
        off = why_nobody(grant, estate)
        if isinstance(off, str):
            yield Match(grant, Truth.UNKNOWN, found.permissions, (f"no identity has access: {off}",), closed=True)
            continue
        known = (one for one in providers_of(grant, estate) if one.disabled is not True)
        open_to = {one: admits(one, estate) for one in known}
        nobody = bool(open_to) and all(how == "nobody" for how in open_to.values())  # the providers are reported
        few = bool(open_to) and all(how in ("workload", "nobody") for how in open_to.values())
        leads = _leads(grant, estate) if few else TRUE
        if nobody or leads.truth is Truth.FALSE:
            if shows_pool(grant, estate):
                continue
            leads = Verdict(Truth.UNKNOWN, (not_shown(grant),))
        related = tuple(one for one, how in open_to.items() if how == "anybody")
        yield Match(
            grant,
            found.truth & leads.truth,
            found.permissions,
            (found & leads).reasons,
            related=(*found.facts, *related[:MOST_RELATED]),
            raised=1 if related else 0,
            closed=found.closed,
        )
