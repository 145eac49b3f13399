"""The documents of the kinds of errors: each is valid, and texts that look alike are of other kinds."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import get_args

import pytest

from iamlint.diagnosis.recognition.error_document import kind_of, read_record
from iamlint.diagnosis.recognition.error_kind import ErrorKind, Stage, Step
from iamlint.diagnosis.recognition.error_kinds import FOLDER, error_kinds
from iamlint.diagnosis.recognition.fragments import squeezed
from iamlint.diagnosis.recognition.recognise import recognise
from iamlint.documents import read_yaml
from iamlint.documents.validation import against_schema
from iamlint.location import SourceText, Unreadable

SCHEMA = FOLDER.with_name("error.schema.json")
KINDS = {kind.id: kind for kind in error_kinds()}
LOOK_ALIKES = [(kind.id, index) for kind in KINDS.values() for index in range(len(kind.look_alikes))]

MINIMAL = """\
seen: Something went wrong here
title: Something is wrong
stage: api
recognise: [{recognise}]
meaning: It means that something is wrong.
causes: [{{cause: Something else}}]
references: [https://example.com]
examples: [{{text: one}}, {{text: two}}]
look-alikes: [{{text: three}}]
"""


def read(text: str) -> ErrorKind | list[Unreadable]:
    source = SourceText("errors/x.yaml", text)
    documents = read_yaml(source)
    assert not isinstance(documents, Unreadable)
    if errors := [error for one in documents for error in against_schema(one, source, SCHEMA)]:
        return errors
    record, errors = read_record(source, "x")
    return errors or kind_of(record)


def reasons(text: str) -> list[tuple[int, str]]:
    found = read(text)
    assert isinstance(found, list)
    return [(error.at.line, error.reason) for error in found]


@pytest.mark.parametrize("name", KINDS)
def test_every_document_is_as_the_schema_has_it(name: str) -> None:
    assert isinstance(read((FOLDER / f"{name}.yaml").read_text(encoding="utf-8")), ErrorKind)


def test_every_kind_and_stage_that_a_document_names_exists() -> None:
    stages = {kind.stage for kind in KINDS.values()}
    for kind in KINDS.values():
        assert kind.absorbs <= KINDS.keys()
        assert kind.explains <= KINDS.keys() | stages
        assert {other.kind for other in kind.look_alikes} <= KINDS.keys() - {kind.id} | {""}
    assert len(KINDS) >= 58


@pytest.mark.parametrize(("name", "index"), LOOK_ALIKES)
def test_a_look_alike_is_of_another_kind(name: str, index: int) -> None:
    other = KINDS[name].look_alikes[index]
    (found,) = recognise(other.text)
    assert (found.kind.id if found.kind else "") == other.kind


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
def test_the_heading_of_the_page_is_what_people_see(kind: ErrorKind) -> None:
    """Its longest stretch without a name in capitals or an ellipsis is in one of the examples."""
    stretches = map(squeezed, re.split(r"\b[A-Z]{4,}\b|…|\$[A-Z_]+", kind.seen))
    longest = max(stretches, key=len).strip(".,/:")
    assert any(longest in squeezed(example.text) for example in kind.examples), longest


def test_stages_and_steps_of_the_schema_are_those_of_the_program() -> None:
    properties = json.loads(SCHEMA.read_text(encoding="utf-8"))["properties"]
    assert tuple(properties["stage"]["enum"]) == get_args(Stage)
    assert tuple(properties["causes"]["items"]["properties"]["steps"]["items"]["enum"]) == get_args(Step)


def test_a_minimal_document_is_read() -> None:
    found = read(MINIMAL.format(recognise="'something went {any} wrong'"))
    assert isinstance(found, ErrorKind)
    assert (found.id, found.rank, found.wrapper, found.certainty) == ("x", "specific", False, "seen")


@pytest.mark.parametrize(
    ("recognise", "line", "reason"),
    [
        ("'something of {nobody} else'", 4, "{nobody}, which is no field"),
        ("'short {any} it'", 4, "has no piece of 12 letters"),
        ("[abcde, fghij]", 4, "has no piece of 12 letters"),
        ("{reason: X}", 4, "has no piece of 12 letters"),
        ("{because: SERVICE_DISABLED}", 4, "recognise[0]"),
        ("", 4, "must not be empty"),
    ],
)
def test_a_mistake_is_told_at_its_place(recognise: str, line: int, reason: str) -> None:
    (found,) = reasons(MINIMAL.format(recognise=recognise))
    assert found[0] == line
    assert reason in found[1]


def test_an_unknown_key_is_told_with_the_nearest() -> None:
    found = read(MINIMAL.format(recognise="something went wrong") + "explain: [x]\n")
    assert isinstance(found, list)
    assert [(error.at.line, error.hint) for error in found] == [(10, "did you mean `explains`?")]


def test_a_check_reads_none_of_it(tmp_path: Path) -> None:
    """The documents are slow to read, and only a diagnosis needs them."""
    (tmp_path / "main.tf").write_text("", encoding="utf-8")
    program = (
        "import sys\nfrom click.testing import CliRunner\nfrom iamlint.cli.program import program\n"
        f"assert CliRunner().invoke(program, ['check', {str(tmp_path)!r}]).exit_code == 0\n"
        "print([name for name in sys.modules if name.startswith('iamlint.diagnosis')])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout.strip().endswith("[]")
