"""What the tests of Terraform's language share."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
from lark import Lark


@pytest.fixture(scope="session", autouse=True)
def grammar_once(pytestconfig: pytest.Config) -> Iterator[None]:
    """Keep the tables of the second parser in pytest's cache: to make them takes two seconds in each process."""
    cache: pytest.Cache | None = getattr(pytestconfig, "cache", None)
    with pytest.MonkeyPatch.context() as patch:
        if cache:
            patch.setattr(Lark, "open", partial(Lark.open, cache=str(cache.mkdir("grammars") / "hcl2")))
        yield
