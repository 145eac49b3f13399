"""A session's diagnostics are those of a new one with the same buffers, whatever was typed before."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from folder import FILES, change, shown, written
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamlint.server.session import Session


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seeds=st.lists(st.integers(0, 1 << 30), min_size=1, max_size=8))
def test_a_session_is_as_a_new_one(seeds: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    with tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        written(top, FILES)
        monkeypatch.chdir(top)
        session = Session(top)
        session.check()
        assert any(session.problems.values())
        made = []
        for seed in seeds:
            made.append(change(session, top, seed))
            session.check()
            cold = Session(top, buffers=dict(session.buffers))
            cold.check()
            assert (session.notes, shown(session)) == (cold.notes, shown(cold)), made
        monkeypatch.undo()
