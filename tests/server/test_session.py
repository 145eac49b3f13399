"""A session's diagnostics are those of a new one with the same buffers, whatever was typed before."""

from __future__ import annotations

from pathlib import Path

import pytest
from edits import edited
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from iamlint.server.diagnostics import diagnostics
from iamlint.server.session import Session

FILES = {
    "main.tf": 'module "a" {\n  source = "./a"\n  who    = var.who\n}\nvariable "who" {\n  default = "allUsers"\n}\n',
    "a/main.tf": (
        'variable "who" {}\nresource "google_project_iam_member" "m" {\n  project = "p"\n'
        '  role    = "roles/iam.serviceAccountTokenCreator"\n  member  = var.who\n}\n'
    ),
    "b/main.tf": (
        'resource "google_project_iam_member" "m" {\n  project = "p"\n'
        '  role    = "roles/iam.serviceAccountTokenCreator"\n  member  = "user:ana@example.com"\n}\n'
    ),
    "terraform.tfvars": 'who = "user:ana@example.com"\n',
}


def shown(session: Session) -> dict[str, list[str]]:
    return {str(path): [f"{one}" for one in diagnostics(session, path)] for path in sorted(session.problems)}


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seeds=st.lists(st.tuples(st.sampled_from(sorted(FILES)), st.integers(0, 10_000)), min_size=1, max_size=4))
def test_a_session_is_as_a_new_one(
    seeds: list[tuple[str, int]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("iamlint.server.session.WHOLE", 3600.0)
    session = Session(tmp_path)
    session.check()
    assert any(session.problems.values())
    for name, seed in seeds:
        path = tmp_path / name
        session.take(path, edited(session.buffers.get(path, FILES[name]), seed))
        session.check(path)
    cold = Session(tmp_path, buffers=dict(session.buffers))
    cold.check()
    assert shown(session) == shown(cold)


def test_in_a_large_folder_only_the_modules_of_the_change_are_checked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("iamlint.server.session.WHOLE", 0.0)
    session = Session(tmp_path)
    session.check()
    before = shown(session)
    path = tmp_path / "a/main.tf"
    session.take(path, FILES["a/main.tf"].replace("iam.serviceAccountTokenCreator", "logging.viewer"))
    session.check(path)
    assert str(tmp_path / "b/main.tf") not in {str(one) for one in session.run.report.texts}
    cold = Session(tmp_path, buffers=dict(session.buffers))
    cold.check()
    assert shown(session) == shown(cold) != before
