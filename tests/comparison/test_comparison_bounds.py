"""A comparison ends: what is beyond its bounds is counted."""

from __future__ import annotations

import pytest

from iamlint.comparison import Comparison, cone, privileges
from tests.comparison.conftest import TOKEN, Compare, account, in_project, on_account

LEFT_OUT = "roles of accounts that were not looked at"
BASE = account("ledger") + on_account("ana", "ledger", "user:ana@x.example", TOKEN)
LEDGER = "serviceAccount:ledger@shop.iam.gserviceaccount.com"
HEAD = BASE + in_project("store", LEDGER, "roles/storage.admin") + in_project("query", LEDGER, "roles/bigquery.admin")


def _who_gained(found: Comparison) -> set[tuple[str, str]]:
    return {(one.principal, one.role) for one in found.gained}


def test_the_search_for_who_has_a_role_as_an_account_is_bounded(
    compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    roles = ("roles/storage.admin", "roles/bigquery.admin")
    own = {(LEDGER, role) for role in roles}
    whole = compare(BASE, HEAD)
    assert _who_gained(whole) == own | {("user:ana@x.example", role) for role in roles}
    assert LEFT_OUT not in whole.left_out
    monkeypatch.setattr(privileges, "MOST_STEPS", 3)
    found = compare(BASE, HEAD)
    assert _who_gained(found) == own
    assert found.left_out[LEFT_OUT] == 2


def test_a_search_for_what_a_change_affects_that_ends_early_says_so(
    compare: Compare, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not compare(BASE, HEAD).left_out
    monkeypatch.setattr(cone, "MOST_STEPS", 0)
    assert compare(account("ledger"), BASE).left_out == {
        "accounts that the change can reach, since the search ended": 1
    }


def test_who_can_become_an_account_gains_its_roles(compare: Compare) -> None:
    """Those that it has in the project, and not those that it has on other accounts: they are pairs."""
    other = account("other") + on_account("l", "other", LEDGER)
    store = account("ledger") + other + in_project("store", LEDGER, "roles/storage.admin")
    found = compare(store, store + on_account("ana", "ledger", "user:ana@x.example"))
    assert _who_gained(found) == {("user:ana@x.example", "roles/storage.admin")}
