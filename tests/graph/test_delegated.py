"""Delegation chains: delegations first, the token last."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from iamlint.budget import Budget
from iamlint.facts import Condition, Declaration, Denial, Grant
from iamlint.graph.delegation import MOST_HOPS, MOST_REASONS, Chain, delegated, next_hops_of, shortest
from iamlint.graph.edges import Graph
from iamlint.location import Location
from iamlint.logic.verdict import Verdict
from iamlint.unknown import Truth

HERE = Declaration(Location("main.tf"))
Given = Callable[..., Graph]


def chains(graph: Graph) -> list[str]:
    """Return who reaches the token of the account "target", and through which accounts."""
    around = graph.hierarchy.around("target@shop.iam.gserviceaccount.com", HERE)
    found = [chain for edge in graph.delegations for chain in delegated(graph, edge) if chain.hops[-1].onto in around]
    return [" ".join(edge.source.partition("@")[0] for edge in chain.hops) for chain in found]


WORKLOAD = "roles/iam.workloadIdentityUser"


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([("middle", WORKLOAD, "target"), ("ci", "delegator", "middle")], ["ci middle"]),
        ([("middle", "token", "target"), ("ci", "token", "middle")], ["ci middle"]),
        # Without a token at the end, or without a delegation before it, there is no chain.
        ([("middle", "delegator", "target"), ("ci", "delegator", "middle")], []),
        ([("middle", "token", "target"), ("ci", WORKLOAD, "middle")], []),
        # Other access of the middle account does not help: a key is not a token requested with delegates.
        ([("middle", "roles/iam.serviceAccountKeyAdmin", "target"), ("ci", "delegator", "middle")], []),
        (
            [("c", "token", "target"), ("b", "delegator", "c"), ("a", "delegator", "b")],
            ["b c", "a b c"],
        ),
        # Inherited hops: any account of the project may be the next, and the token may be that of any.
        ([("middle", "token", "projects/shop"), ("ci", "delegator", "middle")], ["ci middle"]),
        ([("c", "token", "target"), ("b", "delegator", "folders/1"), ("a", "delegator", "b")], ["a b c"]),
        ([("c@seed", "token", "target"), ("b", "delegator", "folders/1"), ("a", "delegator", "b")], []),
        # In a cycle every account is listed once, including the account itself, which reaches its own token this way.
        (
            [("a", "token", "target"), ("b", "token", "a"), ("a", "token", "b"), ("target", "token", "b")],
            ["b a", "target b a"],
        ),
    ],
)
def test_chains(given: Given, grants: list[tuple[str, str, str]], expected: list[str]) -> None:
    assert chains(given(*grants)) == expected


def test_who_has_the_token_directly_needs_no_chain(given: Given) -> None:
    graph = given(("middle", "token", "target"), ("ci", "token", "middle"), ("ci", "token", "target"))
    assert chains(graph) == []


def test_people_are_no_delegates(given: Given) -> None:
    graph = given(("user:ana@example.com", "token", "target"), ("ci", "delegator", "projects/shop"))
    assert chains(graph) == []


def test_a_chain_knows_all_its_hops(given: Given) -> None:
    graph = given(("c", "token", "target"), ("b", "delegator", "c"), ("a", "delegator", "b"))
    last = next(chain for edge in graph.delegations for chain in delegated(graph, edge) if len(chain.hops) == 3)
    assert last.source == "a@shop.iam.gserviceaccount.com"
    assert [hop.kind for hop in last.hops] == ["delegate", "delegate", "token"]
    assert [hop.onto[1].partition("@")[0] for hop in last.hops] == ["b", "c", "target"]


@pytest.mark.parametrize(
    ("grants", "expected"),
    [
        ([("middle", "token", "target"), ("ci", "delegator", "middle")], "ci middle"),
        ([("middle", "token", "projects/shop"), ("ci", "delegator", "middle")], "ci middle"),
        ([("middle", "token", "other"), ("ci", "delegator", "middle")], ""),
        ([("c", "token", "target"), ("b", "delegator", "folders/1"), ("a@seed", "delegator", "b")], "a@seed b c"),
        ([("user:ana@example.com", "token", "target"), ("ci", "delegator", "projects/shop")], "user:ana"),
    ],
)
def test_who_leads_to_a_privileged_account(given: Given, grants: list[tuple[str, str, str]], expected: str) -> None:
    found = next_hops_of(given(("target", "owner", "projects/seed"), *grants))
    shown = {one.removesuffix(".iam.gserviceaccount.com").removesuffix("@shop") for one in found}
    assert {one.removesuffix("@example.com") for one in shown} == set(expected.split())


# -- blocked hops ----------------------------------------------------------------------------------------------------


def denied(*accounts: str, verb: str = "getAccessToken") -> Denial:
    """Return a deny policy that denies a permission to these accounts."""
    return Denial(
        parent="cloudresourcemanager.googleapis.com/organizations/2",
        declared=HERE,
        denied_principals=tuple(
            f"principal://iam.googleapis.com/projects/-/serviceAccounts/{one}@shop.iam.gserviceaccount.com"
            for one in accounts
        ),
        denied_permissions=(f"iam.googleapis.com/serviceAccounts.{verb}",),
    )


LINE = [("c", "token", "target"), ("b", "delegator", "c"), ("a", "delegator", "b")]


@pytest.mark.parametrize(
    ("closed", "open_"),
    [
        (denied("c"), []),
        (denied("b", verb="implicitDelegation"), []),
        (denied("a", verb="implicitDelegation"), ["b c"]),
        (denied("somebody"), ["b c", "a b c"]),
    ],
    ids=["the token", "the middle hop", "the first hop", "somebody else's"],
)
def test_a_chain_with_a_closed_hop_is_told_with_what_closes_it(given: Given, closed: Denial, open_: list[str]) -> None:
    graph = given(closed, *LINE)
    around = graph.hierarchy.around("target@shop.iam.gserviceaccount.com", HERE)
    found = [chain for edge in graph.delegations for chain in delegated(graph, edge) if chain.hops[-1].onto in around]
    names = {" ".join(edge.source.partition("@")[0] for edge in chain.hops): chain.verdict for chain in found}
    assert set(names) == {"b c", "a b c"}
    assert sorted(name for name, verdict in names.items() if verdict.truth is Truth.TRUE) == sorted(open_)
    reasons = {verdict.reasons for verdict in names.values() if verdict.truth is not Truth.TRUE}
    assert reasons <= {("blocked by the deny policy at main.tf:1",)}


def test_an_open_way_is_told_rather_than_a_shorter_closed_one(given: Given) -> None:
    grants = [("admin", "owner", "projects/seed"), ("ci", "delegator", "b"), ("b", "token", "admin")]
    way_round = [("b", "delegator", "c"), ("c", "token", "admin")]
    graph = given(denied("b"), *grants, *way_round)
    leads = next_hops_of(graph)
    (first,) = [edge for edge in graph.delegations if edge.source.startswith("ci@")]
    chain = shortest(first, leads)
    assert [hop.source.partition("@")[0] for hop in chain.hops] == ["ci", "b", "c"]
    assert chain.verdict.truth is Truth.TRUE


def test_what_is_open_is_followed_before_what_is_closed(given: Given) -> None:
    """From b there is a blocked way to c, and a longer open one."""
    closed = Denial(
        parent="cloudresourcemanager.googleapis.com/projects/seed",
        declared=HERE,
        denied_principals=("principal://iam.googleapis.com/projects/-/serviceAccounts/b@shop.iam.gserviceaccount.com",),
        denied_permissions=("iam.googleapis.com/serviceAccounts.implicitDelegation",),
    )
    ways = [("b", "delegator", "c@seed"), ("b", "delegator", "d"), ("d", "delegator", "c@seed")]
    graph = given(closed, ("ci", "delegator", "b"), *ways, ("c@seed", "token", "target"))
    (first,) = [edge for edge in graph.delegations if edge.source.startswith("ci@")]
    (chain,) = delegated(graph, first)
    assert [hop.source.partition("@")[0] for hop in chain.hops] == ["ci", "b", "d", "c"]
    assert chain.verdict.truth is Truth.TRUE


def test_who_leads_only_by_what_is_closed_leads_all_the_same(given: Given) -> None:
    graph = given(denied("b"), ("admin", "owner", "projects/seed"), ("ci", "delegator", "b"), ("b", "token", "admin"))
    (first,) = [edge for edge in graph.delegations if edge.source.startswith("ci@")]
    chain = shortest(first, next_hops_of(graph))
    assert chain.verdict.truth is Truth.UNKNOWN
    assert chain.verdict.reasons == ("blocked by the deny policy at main.tf:1",)


def test_a_dense_estate_has_one_shortest_chain_for_each_delegation(given: Given) -> None:
    """Two hundred accounts; each may delegate through twenty-five others, and a few lead to a privileged one."""
    grants = [(f"a{n}", "token", f"a{(n * 31 + k * 17) % 200}") for n in range(200) for k in range(25)]
    graph = given(*grants, ("admin", "owner", "projects/seed"), ("a7", "token", "admin"))
    leads = next_hops_of(graph)
    chains = [shortest(edge, leads) for edge in graph.delegations if edge.onto[1] in leads]
    assert len(chains) == 25 * 200
    assert {chain.hops[-1].onto[1] for chain in chains} == {"admin@shop.iam.gserviceaccount.com"}


@pytest.mark.parametrize(("reasons", "facts"), [(9, 0), (0, 9), (9, 9), (MOST_REASONS, MOST_REASONS), (1, 2)])
def test_a_longer_chain_keeps_its_first_reasons_and_hops(given: Given, reasons: int, facts: int) -> None:
    hop, *_ = given(("ci", "token", "target")).on(("service_account", "target@shop.iam.gserviceaccount.com"))
    told = tuple(f"reason {number}" for number in range(reasons))
    denials = tuple(Denial(f"{number}", HERE, (), ()) for number in range(facts))
    chain = Chain((), Verdict(Truth.UNKNOWN, told, facts=denials))
    for length in range(1, MOST_HOPS + 3):
        chain = chain.longer(hop)
        assert (len(chain.hops), chain.left_out) == (min(length, MOST_HOPS), max(0, length - MOST_HOPS))
    assert chain.verdict.truth is Truth.UNKNOWN
    assert (chain.verdict.reasons, chain.verdict.facts) == (told[:MOST_REASONS], denials[:MOST_REASONS])


TAGGED = Condition("resource.matchTag('2/env', 'prod')")


@pytest.mark.parametrize("perhaps", range(3))
def test_a_chain_is_as_certain_as_its_least_certain_hop(given: Given, perhaps: int) -> None:
    hops = list(given(*LINE).estate.of(Grant))
    hops[perhaps] = replace(hops[perhaps], condition=TAGGED)
    found = next_hops_of(given(("target", "owner", "projects/seed"), *hops))
    accounts = [f"{name}@shop.iam.gserviceaccount.com" for name in ("c", "b", "a")]
    uncertain = [found[account].verdict.truth is Truth.UNKNOWN for account in accounts]
    assert uncertain == [perhaps <= at for at in range(3)]
    assert [found[account].length for account in accounts] == [1, 2, 3]
    assert [found[account].closed for account in accounts] == [False] * 3
    first = next(edge for edge in given(*hops).delegations if edge.source == accounts[2])
    chain = shortest(first, found)
    assert (chain.verdict.truth, len(chain.hops), chain.left_out) == (Truth.UNKNOWN, 3, 0)


def test_accounts_of_a_chain_can_be_limited(given: Given) -> None:
    graph = given(*LINE)
    first = next(edge for edge in graph.delegations if edge.source.startswith("a@"))
    b, c, target = (f"{name}@shop.iam.gserviceaccount.com" for name in ("b", "c", "target"))
    for among, hops in (({b, c}, [3]), ({b}, []), ({c}, []), (set(), []), (None, [3])):
        assert [len(chain.hops) for chain in delegated(graph, first, among)] == hops
    node = ("service_account", target)
    assert [len(chain.hops) for chain in delegated(graph, first, ends={node})] == [3]
    assert list(delegated(graph, first, ends={("service_account", c)})) == []
    assert list(delegated(graph, first, work=Budget(1))) == []


def test_whether_a_chain_passes_an_account(given: Given) -> None:
    found = next_hops_of(given(("target", "owner", "projects/seed"), *LINE, ("d", "delegator", "c")))
    a, b, c, d = (f"{name}@shop.iam.gserviceaccount.com" for name in "abcd")
    assert [found.passes(start, b) for start in (a, b, c, d)] == [True, True, False, False]
    assert [found.passes(start, c) for start in (a, b, c, d)] == [True, True, True, True]
    assert [found.passes(start, a) for start in (a, b, c, d)] == [True, False, False, False]
    assert [found.passes(start, "x@shop.iam.gserviceaccount.com") for start in (a, b, c, d)] == [False] * 4
