"""Chains of delegates: every hop, its order, and the delegate that a call does not name."""

from __future__ import annotations

from pathlib import Path

import pytest
from diagnosis.small_inputs import (
    ACCOUNT,
    ANA,
    ANA_TF,
    CREATOR,
    TARGET,
    USER,
    WORKLOAD,
    Case,
    account,
    case,
    check,
    exports,
    grant,
    member_of,
    policy,
    under,
)

R, S = "relay@shop.iam.gserviceaccount.com", "second@shop.iam.gserviceaccount.com"
chain = (
    ACCOUNT
    + account("relay")
    + account("second")
    + grant(ANA_TF, on="relay", name="a")
    + grant(member_of("relay"), on="second", name="b")
    + grant(member_of("second"), name="c")
)


CASES = [
    case("chain 3", chain, ANA, "works", delegates=(R, S)),
    case("chain order", chain, ANA, "fails delegation", delegates=(S, R)),
    case("chain missing 1", chain, ANA, "fails delegation", delegates=(R,)),
    case("chain none given", chain, ANA, "fails delegation"),
    case(
        "chain first hop user role",
        ACCOUNT + account("relay") + grant(ANA_TF, USER, on="relay", name="a") + grant(member_of("relay"), name="b"),
        ANA,
        "fails delegation",
        delegates=(R,),
    ),
    case(
        "chain wiu first hop",
        ACCOUNT
        + account("relay")
        + grant(ANA_TF, WORKLOAD, on="relay", name="a")
        + grant(member_of("relay"), name="b"),
        ANA,
        "fails delegation",
        delegates=(R,),
    ),
    case(
        "chain delegate disabled",
        ACCOUNT
        + account("relay", more="disabled=true")
        + grant(ANA_TF, on="relay", name="a")
        + grant(member_of("relay"), name="b"),
        ANA,
        "fails disabled",
        delegates=(R,),
    ),
    case(
        "chain full names",
        chain,
        ANA,
        "works",
        delegates=("projects/-/serviceAccounts/" + R, "projects/-/serviceAccounts/" + S),
    ),
    case(
        "chain cond",
        ACCOUNT
        + account("relay")
        + grant(ANA_TF, on="relay", name="a")
        + grant(member_of("relay"), name="b", more=under('request.time < timestamp("2021-01-01T00:00:00Z")')),
        ANA,
        "fails condition",
        delegates=(R,),
    ),
    case(
        "chain exports",
        {**exports(policy((CREATOR, "serviceAccount:" + R))), f"service-accounts/{R}.json": policy((CREATOR, ANA))},
        ANA,
        "works",
        delegates=(R,),
    ),
    case(
        "chain exports missing delegate policy",
        exports(policy((CREATOR, "serviceAccount:" + R))),
        ANA,
        "unknown missing-input",
        delegates=(R,),
    ),
    case(
        "provider block chain",
        chain
        + 'provider "google" {\n impersonate_service_account="'
        + TARGET
        + '"\n impersonate_service_account_delegates=["'
        + R
        + '","'
        + S
        + '"]\n}\n',
        ANA,
        "works",
        target=None,
    ),
]


@pytest.mark.parametrize("one", CASES, ids=[one.name for one in CASES])
def test_a_question(one: Case, tmp_path: Path) -> None:
    check(one, tmp_path)
