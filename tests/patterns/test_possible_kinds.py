"""The kinds that a partly known principal may have."""

from __future__ import annotations

import pytest

from iamlint.patterns.predicates import possible_kinds
from iamlint.principals import read_principal
from iamlint.unknown import Unknown, UnknownPart

POOL, WHO = UnknownPart("google_iam_workload_identity_pool.github.name"), UnknownPart("var.who")
BEGINNING = "principalSet://iam.googleapis.com/"


@pytest.mark.parametrize(
    "parts",
    [
        (BEGINNING, POOL, "/attribute.repository/", WHO),
        (BEGINNING, POOL, "/attribute.", WHO),
        (BEGINNING, POOL, "/group/", WHO),
        (f"{BEGINNING}projects/1/locations/global/workloadIdentityPools/p/attribute.aws_role/arn:aws:sts::", WHO),
        (BEGINNING, POOL, "/attribute.aws_role/arn:aws:sts::", WHO, ":assumed-role/", WHO),
        (f"{BEGINNING}projects/1/locations/global/workloadIdentityPools/1.svc.id.goog/namespace/", WHO),
    ],
)
def test_a_value_that_is_not_known_is_not_the_whole_pool(parts: tuple[str | UnknownPart, ...]) -> None:
    assert possible_kinds(read_principal(Unknown("no value", parts))) == {"federated_set"}


@pytest.mark.parametrize("parts", [(BEGINNING, POOL, "/", WHO), (BEGINNING, WHO), (BEGINNING, POOL, WHO)])
def test_what_follows_the_pool_may_be_all_of_it(parts: tuple[str | UnknownPart, ...]) -> None:
    assert possible_kinds(read_principal(Unknown("no value", parts))) == {"federated_set", "federated_pool"}
