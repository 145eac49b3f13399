"""Resources that undo each other: who owns what, however its resource is named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Check = Callable[..., Any]

NOBODY = """
data "google_iam_policy" "nobody" {}

resource "google_pubsub_topic_iam_policy" "all" {
  project     = "shop"
  topic       = "orders"
  policy_data = data.google_iam_policy.nobody.policy_data
}
"""


def member(topic: str, project: str = "shop") -> str:
    return f"""
resource "google_pubsub_topic_iam_member" "one" {{
  project = "{project}"
  topic   = "{topic}"
  role    = "roles/pubsub.publisher"
  member  = "user:ana@example.com"
}}
"""


@pytest.mark.parametrize(
    ("other", "fights"),
    [
        (member("orders"), True),
        (member("projects/shop/topics/orders"), True),
        (member("returns"), False),
        (member("orders", "seed"), False),
        (NOBODY.replace('"all"', '"again"').partition("\n\n")[2], False),
    ],
    ids=["the same", "by its full name", "another topic", "another project", "nobody as well"],
)
def test_a_policy_that_has_nobody_fights_with_who_grants(check: Check, other: str, fights: bool) -> None:
    found = check({"main.tf": NOBODY + other}, select=("conflicting-bindings",)).findings
    assert [finding.address for finding in found] == (["google_pubsub_topic_iam_member.one"] if fights else [])
