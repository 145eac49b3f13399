"""The second reader: its trees, its refusals, and the place of its grammar."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from samples import VALID
from trees import nodes, read_valid

from iamlint.cli import main
from iamlint.hcl import second_opinion
from iamlint.hcl.second_reader import python_hcl2
from iamlint.hcl.second_reader.python_hcl2 import MAX_BLANKS, MAX_LENGTH
from iamlint.location import SourceText

HIDDEN = """\
resource "google_project_iam_policy" "one" {
  policy_data = <<EOT
{}
EOT\x20
}

resource "google_project_iam_member" "hidden" {
  project = "shop"
  role    = "roles/owner"
  member  = "user:eve@example.com"
}

locals {
  text = <<EOT
EOT
}
"""
"""Python-hcl2 does not accept the first marker, since a blank follows, and reads on to the second."""


def source(text: str) -> SourceText:
    return SourceText("main.tf", text)


# -- trees -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    [
        "block",
        "nested blocks",
        "strings",
        "escapes",
        "lists",
        "objects",
        "calls",
        "conditionals",
        "heredoc",
        "for lists",
    ],
)
def test_its_nodes_stand_where_ours_stand(name: str) -> None:
    ours, theirs = read_valid(VALID[name]), python_hcl2.read(source(VALID[name]))
    assert theirs.errors == []
    for one, other in zip(ours.body.arguments.values(), theirs.body.arguments.values(), strict=True):
        assert nodes(one.expression, VALID[name]) == nodes(other.expression, VALID[name])
    assert [(b.start, b.header_end) for b in ours.body.blocks] == [(b.start, b.header_end) for b in theirs.body.blocks]


def test_its_comments() -> None:
    text = "# one\na = 1 # two\n// three\nb {\n  /* four */\n}\n"
    file = python_hcl2.read(source(text))
    assert [text[start:end] for start, end in file.comments] == ["# one", "# two", "// three", "/* four */"]


def test_a_name_that_is_set_twice_keeps_its_first_value() -> None:
    file = python_hcl2.read(source("a = 1\na = 2\n"))
    assert file.body.arguments["a"].start == 0


# -- the opinion -------------------------------------------------------------------------------------------------------


def test_a_block_that_is_hidden_from_one_parser_is_reported() -> None:
    file = read_valid(HIDDEN)
    assert [block.label(1) for block in file.body.blocks] == ["one", "hidden", ""]
    found = second_opinion(file)
    assert any(
        'iamlint sees the block resource "google_project_iam_member" "hidden", python-hcl2 does not' in each.reason
        and (each.at.line, each.at.column, each.at.end_line, each.at.end_column) == (7, 1, 7, 46)
        for each in found
    )
    assert all("rewrite it" in each.hint for each in found)


@pytest.mark.parametrize("form", ["text", "json", "sarif", "github"])
def test_a_disagreement_fails_the_run(
    form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("main.tf").write_text(HIDDEN)
    with pytest.raises(SystemExit) as left:
        main(["check", "--second-parser", "--exit-zero", "--format", form, "."])
    assert left.value.code == 2
    shown = capsys.readouterr()
    assert "python-hcl2 does not" in shown.out + shown.err
    if form == "text":
        assert "main.tf:7:1" in shown.out + shown.err
    with pytest.raises(SystemExit) as left:
        main(["check", "--exit-zero", "--format", form, "."])
    assert left.value.code == 0


def test_what_it_cannot_read_is_reported_with_its_line() -> None:
    (error,) = second_opinion(read_valid("a = 1\nb = core :: f(1)\n"))
    assert (error.at.line, error.at.column) == (2, 14)
    assert error.reason.startswith("python-hcl2 cannot read this file: unexpected")
    assert error.hint


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("# " + "x" * MAX_LENGTH + "\n", "longer than"),
        ("a = 1" + " " * (MAX_BLANKS + 1) + "\n", "blanks in a row"),
    ],
)
def test_what_would_take_it_too_long_is_not_given_to_it(text: str, says: str) -> None:
    (error,) = second_opinion(read_valid(text))
    assert says in error.reason


def test_nesting_that_is_too_deep_for_it() -> None:
    text = "a = " + "(" * 95 + "1" + ")" * 95 + "\n"
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(len_of_stack() + 100)
    try:
        (error,) = python_hcl2.read(source(text)).errors
    finally:
        sys.setrecursionlimit(limit)
    assert "nested too deeply" in error.reason


def len_of_stack() -> int:
    """How many frames are below."""
    frame, depth = sys._getframe(), 0
    while frame.f_back is not None:
        frame, depth = frame.f_back, depth + 1
    return depth
