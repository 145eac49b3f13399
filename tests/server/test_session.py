"""A session's diagnostics are those of a new one with the same buffers, whatever was typed before."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from folder import FILES, change, shown, written
from hypothesis import given, settings
from hypothesis import strategies as st
from many import some

from iamlint.server import session as sessions
from iamlint.server.diagnostics import diagnostics
from iamlint.server.session import Session
from iamlint.sources.terraform.sharing import Share


def cold(session: Session) -> Session:
    """Return a new session with the same buffers, after its check."""
    new = Session(session.root, buffers=dict(session.buffers))
    new.check()
    return new


@settings(max_examples=some(1, 20), deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 1 << 30), st.sampled_from(["whole", "first", "given up"])), min_size=1, max_size=8
    )
)
def test_a_session_is_as_a_new_one(steps: list[tuple[int, str]]) -> None:
    with pytest.MonkeyPatch.context() as patch, tempfile.TemporaryDirectory() as name:
        top = Path(name).resolve()
        written(top, FILES)
        patch.chdir(top)
        patch.setattr(sessions, "PATIENCE", -1.0)  # each first answer postpones what it can
        session = Session(top)
        session.check()
        assert any(session.problems.values())
        made = []
        for number, (seed, kind) in enumerate(steps):
            made.append((kind, change(session, top, seed)))
            if kind != "whole":
                session.check(first=True)
            if kind == "given up":
                session.check(is_wanted=iter([True, True, *[False] * 99]).__next__)
            if kind == "whole" or number == len(steps) - 1:
                session.check()
                new = cold(session)
                assert session.notes == new.notes, made
                if not new.notes:  # with a wrong configuration, the results of the last good one stay
                    assert shown(session) == shown(new), made


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    written(tmp_path, FILES)
    monkeypatch.chdir(tmp_path)
    return tmp_path.resolve()


@pytest.fixture
def evaluated(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return a list of the names of the folders of the root modules that are evaluated."""
    found: list[str] = []
    facts_of = Share.facts_of

    def noted(share: Share, top: object) -> object:
        name = top.module.directory.name
        if name not in ("one", "two"):  # they read each other, so they are evaluated in each check
            found.append(name)
        return facts_of(share, top)

    monkeypatch.setattr(Share, "facts_of", noted)
    return found


def test_what_is_wrong_with_the_configuration_is_noted_until_it_is_right(folder: Path) -> None:
    session, path = Session(folder), folder / ".iamlint.yaml"
    session.take(path, "select: [no-such-rule]\n")
    session.check()
    assert ["no-such-rule" in note.reason for note in session.notes] == [True]
    assert session.is_whole, "there is nothing to wait for"
    session.close(path)
    session.check()
    assert session.notes == ()
    assert shown(session) == shown(cold(session))


READERS = {
    "alone/main.tf": {"alone"},
    "net/terraform.tfvars": {"net", "app"},  # app reads the state of net
    "app/people.json": {"app"},
    "app/more/one.yaml": {"app"},
    "modules/shared/main.tf": {"net", "app", "shared"},
    "values.yaml": set[str](),
    ".iamlint.yaml": set[str](),
}


def test_only_what_reads_a_changed_file_is_evaluated(folder: Path, evaluated: list[str]) -> None:
    session = Session(folder)
    session.check()
    for name, expected in READERS.items():
        evaluated.clear()
        session.take(folder / name, f"{FILES[name]}\n")
        session.check()
        assert set(evaluated) == expected, name
        evaluated.clear()
        session.check()
        assert not evaluated, name
        assert shown(session) == shown(cold(session)), name


def test_a_first_answer_comes_before_evaluations_that_take_long(
    folder: Path, evaluated: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "PATIENCE", -1.0)
    session, path = Session(folder), folder / "modules/shared/main.tf"
    session.check()
    before = diagnostics(session, path)
    evaluated.clear()
    for text in (
        "# a comment\n" + FILES["modules/shared/main.tf"],
        f"# a comment\n{FILES['modules/shared/main.tf']}x {{",
    ):
        session.take(path, text)
        session.check(first=True)
        assert not session.is_whole
        assert not evaluated
        now = [one for one in diagnostics(session, path) if one.code != "unreadable"]
        assert [one.range.start.line - 1 for one in now] == [one.range.start.line for one in before]
    assert len(now) < len(diagnostics(session, path)), "a syntax error is shown at once"
    session.check()
    assert session.is_whole
    assert set(evaluated) == {"net", "app", "shared"}
    assert shown(session) == shown(cold(session))


def test_a_whole_answer_that_nobody_wants_any_more_is_given_up(
    folder: Path, evaluated: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions, "PATIENCE", -1.0)
    session, path = Session(folder), folder / "modules/shared/main.tf"
    session.check()
    session.take(path, FILES["modules/shared/main.tf"].replace("serviceAccountTokenCreator", "serviceAccountUser"))
    session.check(first=True)
    first, evaluated[:] = shown(session), []
    session.check(is_wanted=iter([True, False, False, False]).__next__)
    assert set(evaluated) == {"app"}
    assert not session.is_whole
    assert shown(session) == first
    evaluated.clear()
    session.check()
    assert set(evaluated) == {"net", "shared"}, "what was evaluated before it was given up is not evaluated again"
    assert shown(session) == shown(cold(session)) != first


def test_a_session_keeps_nothing_of_what_was_typed_before(folder: Path) -> None:
    session, path = Session(folder), folder / "net/main.tf"
    session.check()
    session.check()
    parts = len(session._memory._parts)
    for number in range(5):
        session.take(path, FILES["net/main.tf"].replace("user:second", f"user:u{number}"))
        session.check()
    assert len(session._memory._parts) <= parts + 2
