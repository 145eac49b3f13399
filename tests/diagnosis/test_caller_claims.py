"""The claims that a workflow of the input adds to those that the question gives."""

from __future__ import annotations

import pytest

from iamlint.diagnosis.asked.clients import Client
from iamlint.diagnosis.stages.client_stage import claims_of
from iamlint.location import Location

OF = {"repository": "acme/app"}
IN_PROD = {"environment": "prod", "sub": "repo:acme/app:environment:prod"}


@pytest.mark.parametrize(
    ("environment", "given", "added"),
    [("prod", OF, IN_PROD), (None, OF, {}), ("prod", {}, {}), ("prod", {**OF, "sub": "x"}, {"environment": "prod"})],
)
def test_an_environment_is_a_claim_of_a_repository(
    environment: str | None, given: dict[str, str], added: dict[str, str]
) -> None:
    client = Client("github-actions", Location("d.yml"), environment=environment)
    assert claims_of((client,), given) == {**added, **given}
