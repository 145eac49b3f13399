"""The functions of resource types are found by name."""

from __future__ import annotations

import pytest

from iamlint.sources.terraform.resources import facts
from iamlint.sources.terraform.resources.identities.manifests import ARGUMENTS
from iamlint.sources.terraform.resources.identities.tokens import TOKENS

NAMES = sorted({*facts._RESOURCES.values(), *facts._ALSO.values(), *facts._DATA.values()})


@pytest.mark.parametrize("name", NAMES)
def test_each_function_is_there(name: str) -> None:
    found = facts._loaded(name)
    assert found.__name__ == name.rpartition(".")[2]
    assert found.__module__.endswith(name.rpartition(".")[0])


def test_types_with_tables_of_their_own_are_all_listed() -> None:
    assert {kind for kind, name in facts._RESOURCES.items() if name.endswith(".manifest")} == ARGUMENTS.keys()
    assert {kind for kind, name in facts._DATA.items() if name.endswith(".token_impersonation")} == TOKENS.keys()


def test_providers_and_backends_impersonate() -> None:
    assert facts.is_wanted("provider", "google-beta")
    assert not facts.is_wanted("provider", "aws")
    assert facts.is_wanted("backend", "gcs")
