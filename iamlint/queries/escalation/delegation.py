"""Queries about chains of delegation, as provider blocks and token data sources request them."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from iamlint.access.asking import access_of
from iamlint.access.decision import Decision
from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.estate import Estate, Node, account_node, identity, scope
from iamlint.facts import Declaration, Grant, Impersonation, Place, Resource, Text
from iamlint.finding import Confidence, Flow, Step
from iamlint.graph.edge_index import Edge
from iamlint.graph.edge_permissions import EDGE_PERMISSIONS
from iamlint.graph.edges import Graph, graph_of
from iamlint.location import Location
from iamlint.logic.verdict import FALSE, Verdict, distinct
from iamlint.paths.onward import MOST_SHOWN
from iamlint.patterns.match import Match
from iamlint.unknown import Truth, Unknown, shown

_DELEGATION = "iam.serviceAccounts.implicitDelegation"
_MOST_REASONS = 10
"""Maximum number of listed reasons why a grant may exist after all."""
_Others = Callable[[Node, str], list[tuple[str, str]]]


@frozen
class _Hop:
    """A required permission of one account on another; ``place`` is where the configuration names the target."""

    holder: Text
    permission: str
    onto: Text
    place: Place


def broken_delegation_chain(estate: Estate) -> Iterator[Match]:
    """Chains with a hop that has no grant: each account delegates to the next, and the last one mints the token.

    The identity that runs Terraform is unknown, so the first hop counts only if a provider's account makes the call.
    Source: https://cloud.google.com/iam/docs/create-short-lived-credentials-delegated
    """
    graph = graph_of(estate)
    others = _perhaps_on(graph)
    for asked in estate.of(Impersonation):
        for hop in _hops(asked):
            verdict = _lacks(graph, hop, asked.declared, others)
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
                    flow=_flow(asked, hop),
                )
                break


def _flow(asked: Impersonation, broken: _Hop) -> Flow:
    """Return the chain up to its broken hop: each hop at the place where the configuration names its target."""
    steps: list[Step] = []
    for hop in _hops(asked):
        missing = hop.place is broken.place
        steps.append(Step(shown(hop.holder), shown(hop.onto), hop.place.at, permission=hop.permission, missing=missing))
        if missing:
            break
    return Flow(
        (*steps[: MOST_SHOWN - 1], steps[-1]) if len(steps) > MOST_SHOWN else tuple(steps),
        max(0, len(steps) - MOST_SHOWN),
    )


def _hops(asked: Impersonation) -> Iterator[_Hop]:
    if isinstance(asked.delegates, Unknown):
        return
    stops = [*asked.delegates, (asked.target, asked.place)]
    holders = [asked.caller, *(text for text, _ in asked.delegates)]
    for holder, (onto, place) in zip(holders, stops, strict=True):
        last = place is asked.place
        if holder is not None:
            yield _Hop(holder, asked.method if last else _DELEGATION, onto, place)


def _lacks(graph: Graph, hop: _Hop, declared: Declaration, others: _Others) -> Verdict:
    """Whether the input is complete and has nothing that allows a hop; with what blocks a grant that would allow it."""
    holder, onto = identity(hop.holder, declared), identity(hop.onto, declared)
    if holder is None or onto is None or "/" in onto.partition(" in ")[0]:
        return FALSE
    around = graph.hierarchy.around(hop.onto, declared)
    found = [_given(graph, grant, hop, declared) for node in around for grant in _held_on(graph, node, holder, hop)]
    if any(one.truth is Truth.TRUE for one in found):
        return FALSE
    reasons = ["; ".join(one.reasons) for one in found if one.truth is Truth.UNKNOWN]
    reasons += (reason for node in around for source, reason in others(node, hop.permission) if source != holder)
    reasons = [reason for reason in reasons if reason]
    reasons += _not_seen(graph, hop, declared)
    closed = [one for one in found if one.blocked]
    facts = tuple(dict.fromkeys(fact for one in closed for fact in one.facts))
    if reasons:
        told = (reason for one in closed for reason in one.reasons)
        return Verdict(Truth.UNKNOWN, distinct((*told, *reasons))[:_MOST_REASONS], facts=facts)
    return Verdict(Truth.TRUE, facts=facts)


def _held_on(graph: Graph, node: Node, holder: str, hop: _Hop) -> Iterator[Grant]:
    """Yield the holder's grants on a node that may have the permission of a hop, open or not."""
    edges = (*graph.sources_on(node).get(holder, ()), *graph.closed_on(node))
    yield from (edge.grant for edge in edges if edge.source == holder and hop.permission in EDGE_PERMISSIONS[edge.kind])


def _given(graph: Graph, grant: Grant, hop: _Hop, declared: Declaration) -> Decision:
    """Return whether a grant on an account, or above it, allows a hop; blockers of the account itself count, too."""
    account = Resource("service_account", hop.onto)
    return access_of(graph.estate).decide(grant, (hop.permission,), account, declared=declared)


def _counts(edge: Edge, hop: _Hop) -> bool:
    """Whether an edge is of the kind that a hop needs, and may have its permission."""
    of_kind = hop.permission != _DELEGATION or edge.kind == "delegate"
    return of_kind and (not edge.permissions or hop.permission in edge.permissions)


def _perhaps_on(graph: Graph) -> _Others:
    """Return the grants on a node to partly known principals, each with its holder and the reason; computed once."""
    known: dict[tuple[Node, str], list[tuple[str, str]]] = {}

    def others(node: Node, permission: str) -> list[tuple[str, str]]:
        if (node, permission) not in known:
            hop = _Hop("", permission, "", Place(Location("")))
            counting = (edge for edge in graph.on(node) if _counts(edge, hop))
            told = {(edge.source, _may_let_through(edge.grant)): None for edge in counting}
            known[node, permission] = [one for one in told if one[1]][:_MOST_REASONS]
        return known[node, permission]

    return others


def _may_let_through(grant: Grant) -> str:
    """Return why a grant to another principal may be one to the holder after all."""
    principal = grant.principal
    if principal.unknown:
        return f"a principal is not known: {principal.unknown.reason}"
    if principal.kind in ("group", "domain", "public"):
        return f"{principal.text} may include it"
    return ""


def _not_seen(graph: Graph, hop: _Hop, declared: Declaration) -> Iterator[str]:
    """Yield why the grant may exist outside the input."""
    around = graph.hierarchy.around(hop.onto, declared)
    if not _is_declared(graph, hop.onto, declared) and not _has_policy(graph, hop.onto, declared):
        yield f"the policy of {shown(hop.onto)} is not in the input"
    elif not any(map(graph.is_granted_on, around[1:])) and not _is_slip(graph, hop, declared):
        yield f"no grant on the project of {shown(hop.onto)} is in the input, where it may be"
    yield from graph.estate.unread_parts_in(scope(declared))[:_MOST_REASONS]


def _is_slip(graph: Graph, hop: _Hop, declared: Declaration) -> bool:
    """Whether a grant was meant for the hop: one of another role, or one in the opposite direction."""
    holder, onto = account_node(hop.holder, declared), account_node(hop.onto, declared)
    if holder is None or onto is None:
        return False
    return holder[1] in graph.sources_on(onto) or onto[1] in graph.sources_on(holder)


def _is_declared(graph: Graph, account: Text, declared: Declaration) -> bool:
    """Whether the same configuration declares the account, and so would grant on it."""
    found = graph.accounts.get(identity(account, declared) or "")
    return found is not None and found.declared.type != "account" and scope(found.declared) == scope(declared)


def _has_policy(graph: Graph, account: Text, declared: Declaration) -> bool:
    """Whether the input has the whole policies of the account and of its project."""
    around = graph.hierarchy.around(account, declared)[:2]
    return len(around) == 2 and all(graph.has_policy(node) for node in around)


def _confidence(graph: Graph, hop: _Hop, declared: Declaration) -> Confidence | None:
    """Lower confidence: folders, organizations and other configurations may grant it."""
    return None if _has_policy(graph, hop.onto, declared) else "medium"


# -- spelling of delegates ------------------------------------------------------------------------------------------


def malformed_delegate(estate: Estate) -> Iterator[Match]:
    """Targets and delegates that the API refuses, or that have no effect."""
    for asked in estate.of(Impersonation):
        delegates = () if isinstance(asked.delegates, Unknown) else asked.delegates
        target = identity(asked.target, asked.declared)
        caller = identity(asked.caller, asked.declared) if asked.caller is not None else None
        seen: set[str] = set()
        if wrong := _wrong_form(asked.target):
            yield _wrong(asked, asked.target, asked.place, wrong)
        for text, place in delegates:
            name = identity(text, asked.declared)
            reason = _reason(text, name, target, caller, seen)
            if reason:
                yield _wrong(asked, text, place, reason)
            if name:
                seen.add(name)


def _reason(text: Text, name: str | None, target: str | None, caller: str | None, seen: set[str]) -> str:
    if wrong := _wrong_form(text):
        return wrong
    if name is None:
        return ""
    if name == target:
        return "it is the target, which is always last"
    if name == caller:
        return "it is the caller, which is always first"
    return "it is named twice" if name in seen else ""


_NAME = regex(r"(?:projects/-/serviceAccounts/)?(?:[^/@\s]+@[^/@\s]+|[0-9]+)\Z")


def _wrong_form(text: Text) -> str:
    """Return why the API refuses an account in this form; "" if it accepts the form, or if the text is not known.

    Source: https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts/generateAccessToken
    """
    written = shown(text)
    if written.startswith("projects/") and not written.startswith("projects/-/") and "/serviceAccounts/" in written:
        return "its project must be `-`"
    if written.startswith("serviceAccount:"):
        return "the prefix `serviceAccount:` belongs to principals of policies only"
    if not written or isinstance(text, Unknown) or "${" in written or _NAME.match(written):
        return ""
    return "it is neither an e-mail nor `projects/-/serviceAccounts/EMAIL`"


def _wrong(asked: Impersonation, text: Text, place: Place, reason: str) -> Match:
    words = {"delegate": shown(text), "principal": shown(text), "reason": reason}
    return Match(asked, Truth.TRUE, words=words, place=place)
