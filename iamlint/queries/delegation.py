"""Questions about chains of delegation, as provider blocks and token data sources ask for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from iamlint.estate import Estate, account_node, identity, scope
from iamlint.facts import Declaration, Grant, Impersonation, Place, Text
from iamlint.finding import Confidence
from iamlint.graph import Edge, Graph, graph_of
from iamlint.match import Match
from iamlint.unknown import Truth, Unknown, shown
from iamlint.verdict import FALSE, Verdict, distinct

_DELEGATION = "iam.serviceAccounts.implicitDelegation"


@dataclass(frozen=True, slots=True)
class _Hop:
    """Who must have which permission on whom; ``place`` is where the configuration names the latter."""

    holder: Text
    permission: str
    onto: Text
    place: Place


def broken_delegation_chain(estate: Estate) -> Iterator[Match]:
    """Chains of which a hop has no grant: each account delegates to the next, and the last mints the token.

    Whoever runs Terraform is not known, so that the first hop counts only where a provider's account calls.
    Source: https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated
    """
    graph = graph_of(estate)
    for asked in estate.of(Impersonation):
        for hop in _hops(asked):
            verdict = _lacks(graph, hop, asked.declared)
            if verdict.truth is not Truth.FALSE:
                yield Match(
                    asked,
                    verdict.truth,
                    (hop.permission,),
                    verdict.reasons,
                    verdict.facts,
                    words={"holder": shown(hop.holder), "onto": shown(hop.onto)},
                    place=hop.place,
                    confidence=_confidence(graph, hop, asked.declared),
                )
                break


def _hops(asked: Impersonation) -> Iterator[_Hop]:
    if isinstance(asked.delegates, Unknown):
        return
    stops = [*asked.delegates, (asked.target, asked.place)]
    holders = [asked.caller, *(text for text, _ in asked.delegates)]
    for holder, (onto, place) in zip(holders, stops, strict=True):
        last = place is asked.place
        if holder is not None:
            yield _Hop(holder, asked.method if last else _DELEGATION, onto, place)


def _lacks(graph: Graph, hop: _Hop, declared: Declaration) -> Verdict:
    """Whether the input has all that could let a hop through, and nothing does; with what closes a grant that would."""
    holder, onto = identity(hop.holder, declared), identity(hop.onto, declared)
    if holder is None or onto is None or "/" in onto.partition(" in ")[0]:
        return FALSE
    kind = "delegate" if hop.permission == _DELEGATION else None
    reasons: list[str] = []
    for edge in graph.onto(hop.onto, declared):
        if (kind and edge.kind != kind) or (edge.permissions and hop.permission not in edge.permissions):
            continue
        if edge.source == holder and edge.verdict.truth is Truth.TRUE and edge.permissions:
            return FALSE
        reason = _may_let_through(edge.grant, edge.source == holder, edge.verdict)
        reasons += [reason] if reason else []
    reasons += _not_seen(graph, hop, declared)
    closed = [edge.verdict for edge in graph.closed_onto(hop.onto, declared) if _lets(edge, holder, hop.permission)]
    facts = tuple(dict.fromkeys(fact for verdict in closed for fact in verdict.facts))
    if reasons:
        told = (reason for verdict in closed for reason in verdict.reasons)
        return Verdict(Truth.UNKNOWN, distinct((*told, *reasons)), facts=facts)
    return Verdict(Truth.TRUE, facts=facts)


def _lets(edge: Edge, holder: str, permission: str) -> bool:
    return edge.source == holder and permission in edge.permissions


def _may_let_through(grant: Grant, same: bool, verdict: Verdict) -> str:
    """Why a grant to somebody else may be one to the holder after all."""
    principal = grant.principal
    if same:
        return "; ".join(verdict.reasons)
    if principal.unknown:
        return f"a principal is not known: {principal.unknown.reason}"
    if principal.kind in ("group", "domain", "public"):
        return f"{principal.text} may include it"
    return ""


def _not_seen(graph: Graph, hop: _Hop, declared: Declaration) -> Iterator[str]:
    """Why the grant may be where the input does not show it."""
    around = graph.hierarchy.around(hop.onto, declared)
    if not _is_declared(graph, hop.onto, declared) and not _has_policy(graph, hop.onto, declared):
        yield f"the policy of {shown(hop.onto)} is not in the input"
    elif not any(map(graph.is_granted_on, around[1:])) and not _is_slip(graph, hop, declared):
        yield f"no grant on the project of {shown(hop.onto)} is in the input, where it may be"
    for gap in graph.estate.gaps:
        if scope(gap.declared) == scope(declared):
            yield gap.reason


def _is_slip(graph: Graph, hop: _Hop, declared: Declaration) -> bool:
    """Whether a grant was meant for the hop: one of another role, or one in the other direction."""
    holder, onto = account_node(hop.holder, declared), account_node(hop.onto, declared)
    if holder is None or onto is None:
        return False
    meant = [edge for edge in graph.on(onto) if edge.source == holder[1]]
    return bool(meant) or any(edge.source == onto[1] for edge in graph.on(holder))


def _is_declared(graph: Graph, account: Text, declared: Declaration) -> bool:
    """Whether the same configuration declares the account, and so would grant on it."""
    found = graph.accounts.get(identity(account, declared) or "")
    return found is not None and found.declared.type != "account" and scope(found.declared) == scope(declared)


def _has_policy(graph: Graph, account: Text, declared: Declaration) -> bool:
    """Whether the input has the whole policy of the account and that of its project."""
    around = graph.hierarchy.around(account, declared)[:2]
    return len(around) == 2 and all(graph.has_policy(node) for node in around)


def _confidence(graph: Graph, hop: _Hop, declared: Declaration) -> Confidence | None:
    """Folders and organizations may grant it, and so may another configuration."""
    return None if _has_policy(graph, hop.onto, declared) else "medium"


# -- how delegates are written -------------------------------------------------------------------------------------


def malformed_delegate(estate: Estate) -> Iterator[Match]:
    """Targets and delegates that the API refuses, or that have no use where they stand."""
    for asked in estate.of(Impersonation):
        delegates = () if isinstance(asked.delegates, Unknown) else asked.delegates
        target = identity(asked.target, asked.declared)
        caller = identity(asked.caller, asked.declared) if asked.caller is not None else None
        seen: set[str] = set()
        if _names_a_project(asked.target):
            yield _wrong(asked, asked.target, asked.place, "its project must be `-`")
        for text, place in delegates:
            name = identity(text, asked.declared)
            reason = _reason(text, name, target, caller, seen)
            if reason:
                yield _wrong(asked, text, place, reason)
            if name:
                seen.add(name)


def _reason(text: Text, name: str | None, target: str | None, caller: str | None, seen: set[str]) -> str:
    if _names_a_project(text):
        return "its project must be `-`"
    if name is None:
        return ""
    if name == target:
        return "it is the target, which comes last by itself"
    if name == caller:
        return "it is the caller, which comes first by itself"
    return "it is named twice" if name in seen else ""


def _names_a_project(text: Text) -> bool:
    """Whether an account is named as ``projects/P/serviceAccounts/E``."""
    written = shown(text)
    return written.startswith("projects/") and not written.startswith("projects/-/") and "/serviceAccounts/" in written


def _wrong(asked: Impersonation, text: Text, place: Place, reason: str) -> Match:
    words = {"delegate": shown(text), "principal": shown(text), "reason": reason}
    return Match(asked, Truth.TRUE, words=words, place=place)
