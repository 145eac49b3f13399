"""Where a custom role lists the permissions that a pattern matched."""

from __future__ import annotations

from dataclasses import replace

import pytest
from every_fact import HERE, NOT_KNOWN, PLACE

from iamlint.facts import CustomRole
from iamlint.patterns import permission_places
from iamlint.patterns.permission_places import permission_places as places

GET, LIST = "run.services.get", "run.services.list"
ONE, TWO, THREE = (replace(PLACE, at=replace(PLACE.at, line=line)) for line in (1, 2, 3))
ROLE = CustomRole("projects/shop/roles/r", ((LIST, ONE), (NOT_KNOWN, TWO), (GET, THREE)), HERE)


@pytest.mark.parametrize(
    ("role", "permissions", "expected"),
    [
        (ROLE, (GET,), [(THREE, GET)]),
        (ROLE, (GET, LIST), [(ONE, LIST), (THREE, GET)]),
        (ROLE, ("run.services.create",), []),
        (replace(ROLE, permissions=((GET, ONE), (GET, TWO))), (GET,), [(ONE, GET), (TWO, GET)]),
        (replace(ROLE, permissions=NOT_KNOWN), (GET,), []),
        (replace(ROLE, permissions=None), (GET,), []),
    ],
)
def test_permissions_are_listed_in_the_order_of_the_role(
    role: CustomRole, permissions: tuple[str, ...], expected: list[object]
) -> None:
    assert places(role, permissions) == expected
    assert places(role, permissions) == expected  # from the index


def test_the_index_is_bounded_and_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(permission_places, "_INDEXED", {})
    monkeypatch.setattr(permission_places, "_MOST_INDEXED", 2)
    roles = [replace(ROLE, name=f"projects/shop/roles/r{number}") for number in range(3)]
    sizes = []
    for role in roles:
        assert places(role, (GET,)) == [(THREE, GET)]
        sizes.append(len(permission_places._INDEXED))
    assert sizes == [1, 2, 1]
