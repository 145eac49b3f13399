"""A session asks the rules again if anything changed that their results depend on, and reports the same either way."""

from __future__ import annotations

from pathlib import Path
from unittest import mock

import pytest
from folder import GRANT, written
from test_kept_calls import bare, fresh, told

from iamlint.cli import linting
from iamlint.server.session import Session

TYPO = GRANT.format(name="typo", project='"p"', role='"roles/ownr"', member='"user:a@example.com"')
"""The name is short: to look for a similar one takes a tenth of a check otherwise."""
OWNER = GRANT.format(name="owner", project='"p"', role='"roles/owner"', member='"allUsers"')
LISTED = """\
resource "google_project_iam_binding" "listed" {
  project = "p"
  role    = "roles/viewer"
  members = [
    "user:a@example.com",
    "user:a@example.com",
  ]
}
"""
IGNORED = OWNER.replace("{\n", "{\n  # iamlint: ignore[public-impersonation] it is a test\n", 1).replace(
    '"owner"', '"ignored"', 1
)
FILES = {
    "a/main.tf": OWNER,
    "a/typo.tf": TYPO,
    "a/listed.tf": LISTED,
    "a/ignored.tf": IGNORED,
    "a/variables.tf": 'variable "x" {}\n',
    "b/main.tf": OWNER.replace('"owner"', '"other"'),
    ".iamlint.yaml": "accept:\n- {rule: public-impersonation, address: '*.other', reason: a test}\n",
}
EDITS = {
    "a line below the facts": ("a/variables.tf", 'variable "x" {}\n', 'variable "x" {}\n# more\n', True),
    "a syntax error beside the facts": ("a/variables.tf", 'variable "x" {}\n', 'variable "x" {\n', True),
    "a comment after a value with a fix": ("a/typo.tf", 'roles/ownr"\n', 'roles/ownr" # why\n', False),
    "a comment in a list with a fix": (
        "a/listed.tf",
        '"user:a@example.com",\n  ]',
        '"user:a@example.com", # again\n  ]',
        False,
    ),
    "another sentence about a finding": ("a/ignored.tf", "it is a test", "it is another", False),
    "an ignore comment less": ("a/ignored.tf", "# iamlint: ignore", "# iamlinx: ignore", False),
    "an ignore comment more": (
        "a/main.tf",
        '  member  = "allUsers"\n}',
        '  member  = "allUsers"\n}\n# iamlint: ignore[public-impersonation] none',
        False,
    ),
    "an ignore comment at the end of a line": (
        "a/main.tf",
        '"allUsers"\n}',
        '"allUsers" # iamlint: ignore[public-impersonation] a test\n}',
        False,
    ),
    "another role": ("a/main.tf", "roles/owner", "roles/editor", False),
    "lines above the facts": ("a/main.tf", "resource", "\nresource", False),
    "the configuration": (".iamlint.yaml", "'*.other'", "'*.owner'", False),
    "the severities": (".iamlint.yaml", "accept:", "severity: {public-impersonation: low}\naccept:", False),
    "the selected rules": (".iamlint.yaml", "accept:", "select: [public-impersonation]\naccept:", False),
}


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all tests, so that equal files have equal reports."""
    return tmp_path_factory.mktemp("report").resolve()


@pytest.fixture
def top(place: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(fresh(place, FILES))
    return place


def test_the_folder_has_what_results_depend_on(top: Path) -> None:
    session = Session(top)
    session.check()
    report = session.run.report
    assert not session.notes
    assert report.accepted
    assert sum(one.fix is not None for one in report.findings) >= 2


def test_rules_are_asked_again_if_their_results_may_change(top: Path) -> None:
    session = Session(top)
    session.check()
    for edit, (name, before, after, is_kept) in EDITS.items():
        for text in (FILES[name].replace(before, after), FILES[name]):
            assert before in FILES[name]
            written(top, {name: text})
            with mock.patch.object(linting, "lint", wraps=linting.lint) as asked:
                session.check()
            assert told(session.run.report) == bare(top), edit
            assert session.run.report.texts[name].text == text, edit
            assert asked.call_count == (0 if is_kept else 1), edit


def test_new_and_removed_files_count(top: Path) -> None:
    session = Session(top)
    session.check()
    written(top, {"a/more.tf": "# nothing\n"})
    session.check()
    assert told(session.run.report) == bare(top)
    (top / "a/variables.tf").unlink()
    session.check()
    assert told(session.run.report) == bare(top)


def test_fixes_are_those_of_a_check_without_memory(top: Path) -> None:
    session = Session(top)
    session.check()
    fixes = session.run.fixes
    for number in range(3):
        written(top, {"a/variables.tf": f'variable "x{number}" {{}}\n'})
        session.check()
        assert session.run.fixes == fixes
