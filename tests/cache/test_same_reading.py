"""Rules and reports are asked again after an edit only if it may change what they say."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from cached_estate import added, grant, replaced, write_all
from test_cache import Runs, told

from iamlint import budget
from iamlint.cache import store
from iamlint.cli import linting
from iamlint.files import texts
from iamlint.sources import stand_ins, workspace
from iamlint.sources.documents import document
from iamlint.sources.terraform import source

ESTATE = {
    "found/main.tf": grant("ana"),
    "quiet/main.tf": 'locals {\n  name = "quiet"\n}\n\nresource "local_file" "it" {\n  content = local.name\n}\n',
    "quiet/notes.auto.tfvars.example": "",
    "values/main.tf": 'variable "who" {\n  default = "bob"\n}\n' + grant("${var.who}"),
    "some.json": '{"nothing": "here"}',
    ".iamlint.yaml": "fail-on: high\n",
}


@pytest.fixture
def runs(tmp_path: Path) -> Runs:
    found = Runs(tmp_path.resolve())
    write_all(found.cwd, ESTATE)
    return found


def judged(runs: Runs, *arguments: str) -> bool:
    """Whether a run asked the rules; what it prints is what a run without a cache prints."""
    report = linting.Judging.report
    with mock.patch.object(linting.Judging, "report", autospec=True, side_effect=report) as asked:
        done = runs(*arguments)
    assert told(done) == told(runs("--no-cache", *arguments))
    return asked.called


SAME: dict[str, Callable[[Path], object]] = {
    "a comment": added("quiet/main.tf", "# a comment\n"),
    "a comment above": replaced("quiet/main.tf", "resource", "# a comment\nresource"),
    "a value": replaced("quiet/main.tf", '"quiet"', '"loud"'),
    "a document": replaced("some.json", "here", "there"),
}
OTHERS: dict[str, Callable[[Path], object]] = {
    "a grant": added("quiet/main.tf", grant("eve")),
    "a line above a grant": replaced("found/main.tf", "resource", "\nresource"),
    "a comment to iamlint": added("quiet/main.tf", "# iamlint: ignore[broad-token-creator]\n"),
    "a wrong block": added("quiet/main.tf", "resource {"),
    "another default": replaced("values/main.tf", "bob", "eve"),
    "a new file": lambda top: (top / "quiet/more.tf").write_text(""),
    "a variable file": lambda top: (top / "values/prod.tfvars").write_text('who = "eve"\n'),
    "a file that is gone": lambda top: (top / "found/main.tf").unlink(),
    "the configuration": added(".iamlint.yaml", "severity: {broad-token-creator: low}\n"),
}


def test_rules_are_asked_again_if_their_answers_may_change(runs: Runs) -> None:
    """The edits follow each other: each run but the first has parts of the one before."""
    runs("--format", "json")
    again = {}
    for edits in (SAME, OTHERS):
        for name, edit in edits.items():
            edit(runs.cwd)
            again[name] = judged(runs, "--format", "json")
            runs.kept("--format", "json")
    assert again == dict.fromkeys(SAME, False) | dict.fromkeys(OTHERS, True)


def test_a_large_document_without_facts_does_not_count(runs: Runs, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run forgets its text, whether it was read now or in the earlier run."""
    monkeypatch.setattr(document, "_SMALL", 10)
    runs("--format", "json")
    SAME["a value"](runs.cwd)
    assert not judged(runs, "--format", "json")


def test_a_text_that_a_report_shows_counts(runs: Runs) -> None:
    runs("--format", "text")
    added("found/main.tf", "# a comment\n")(runs.cwd)
    assert judged(runs, "--format", "text")
    added("quiet/main.tf", "# a comment\n")(runs.cwd)
    assert not judged(runs, "--format", "text")


def test_a_file_beside_that_is_written_again_is_judged(runs: Runs) -> None:
    arguments = ("--format", "json", "--output", "sarif=../out.sarif")
    runs(*arguments)
    (runs.cwd.parent / "out.sarif").write_text("")
    SAME["a comment"](runs.cwd)
    assert judged(runs, *arguments)
    assert json.loads((runs.cwd.parent / "out.sarif").read_text())["runs"]


@pytest.mark.parametrize("loss", ["damaged", "missing", "of another run"])
def test_a_result_that_cannot_be_used_is_made_again(runs: Runs, loss: str) -> None:
    runs("--format", "json")
    result = next(path for path in runs.entries)
    if loss == "damaged":
        result.write_bytes(result.read_bytes()[:-1])
    elif loss == "missing":
        result.unlink()
    else:
        parts = result.with_suffix(store.PARTS).read_bytes()
        OTHERS["a grant"](runs.cwd)
        runs("--format", "json")
        result.with_suffix(store.PARTS).write_bytes(parts)
        replaced("quiet/main.tf", grant("eve"), "")(runs.cwd)
    SAME["a comment"](runs.cwd)
    assert judged(runs, "--format", "json")


def test_only_texts_that_are_looked_into_are_loaded(runs: Runs) -> None:
    runs("--format", "json")
    SAME["a value"](runs.cwd)
    with (
        mock.patch.object(texts, "load", wraps=texts.load) as first,
        mock.patch.object(workspace, "load", first),
        mock.patch.object(stand_ins, "load", first),
    ):
        runs("--format", "json")
    assert {call.args[1] for call in first.call_args_list} == {"quiet/main.tf"}


def test_a_folder_is_listed_once_before_and_in_a_run(runs: Runs) -> None:
    runs("--format", "json")
    OTHERS["a grant"](runs.cwd)
    with mock.patch.object(os, "scandir", wraps=os.scandir) as listed:
        runs("--format", "json")
    own = sorted(one for one in (str(call.args[0]) for call in listed.call_args_list) if one.startswith(str(runs.cwd)))
    assert own == [str(runs.cwd / name) for name in ("found", "quiet", "values")]


def test_a_text_that_changes_under_the_run_is_not_kept(runs: Runs) -> None:
    """What was asked just before the run is not what a text has when it is loaded."""
    runs("--format", "text")
    OTHERS["a grant"](runs.cwd)
    original = linting.Judging.report

    def changing(*arguments: Any) -> Any:
        added("found/main.tf", "# a comment")(runs.cwd)
        return original(*arguments)

    with mock.patch.object(linting.Judging, "report", changing):
        runs("--format", "text")
    assert not runs.is_kept("--format", "text")
    assert judged(runs, "--format", "text")


def test_a_run_that_has_no_more_time_has_the_facts_of_the_earlier_one(
    runs: Runs, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs("--format", "json")
    added("values/main.tf", "# a comment\n")(runs.cwd)

    def late(*_: object) -> Any:
        raise budget.TimeUp

    monkeypatch.setattr(source._Roots, "facts", late)
    done = json.loads(runs("--format", "json").stdout)
    assert {one["path"] for one in done["findings"]} == {"found/main.tf"}
    assert any("share of the" in one["reason"] for one in done["errors"])
