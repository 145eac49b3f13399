"""A comparison ends: what is beyond its bounds is counted."""

from __future__ import annotations

import pytest

from iamlint.comparison import Comparison, privileges
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
