"""Compares the native reader with Go's parser, which is Terraform's own, on the texts of the suite.

    .venv/bin/pytest -q bench/go_parser.py

It needs node and npm, and a network the first time (`oracle`); without them it is skipped. ``bench/parsing.py``
compares them on real files.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from go_tree import difference
from oracle import GoParser, UnavailableError, error_lines, is_syntax_error

from iamlint.hcl.reading import native
from iamlint.location import SourceText

sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "hcl"))
from samples import BROKEN, VALID, Broken
from test_judges import EXAMPLES, FILES, TESTDATA
from trees import read_valid


@pytest.fixture(scope="module")
def go() -> Iterator[GoParser]:
    try:
        parser = GoParser()
    except UnavailableError as error:
        pytest.skip(f"no Go parser to compare with: {error}")
    yield parser
    parser.close()


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_go_sees_the_same_tree(go: GoParser, text: str) -> None:
    assert difference(go, read_valid(text)) == ""


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_go_refuses_the_same_line(go: GoParser, broken: Broken) -> None:
    _, errors = go.parse(broken.text)
    assert is_syntax_error(errors)
    assert error_lines(errors)[0] == (broken.go_line or broken.at[0])


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTDATA)))
def test_go_sees_the_same_in_the_test_data(go: GoParser, path: Path) -> None:
    file = native.read(SourceText(str(path), path.read_text(encoding="utf-8")))
    _, errors = go.parse(file.source.text)
    if is_syntax_error(errors):
        assert file.errors
        assert file.errors[0].at.line == error_lines(errors)[0]
    else:
        assert file.errors == []
        assert difference(go, file) == ""


def test_go_sees_the_same_in_the_examples_of_the_rules(go: GoParser) -> None:
    found = {name: difference(go, read_valid(text)) for name, text in EXAMPLES.items()}
    assert found
    assert {name: said for name, said in found.items() if said} == {}


def test_the_comparison_with_go_sees_differences(go: GoParser) -> None:
    """Each text is compared with the tree of another one, which differs in one thing."""
    for text, other in [
        ('a = "x"', 'a = "y"'),
        ("a = 1", "b = 1"),
        ("a = b + c * d", "a = (b + c) * d"),
        ("a = b[*].c[0]", "a = b.*.c[0]"),
        ("a = f(b...)", "a = f(b)"),
        ("a = [for b in c : b]", "a = [for b in c : b if b]"),
        ('b "x" {}', 'b "y" {}'),
        ("a = <<E\n x\nE\n", "a = <<-E\n x\nE\n"),
    ]:
        file = read_valid(text + "\n")
        file.source = SourceText("main.tf", other + "\n")
        assert difference(go, file) != "", (text, other)
