"""Compares the native reader with Go's parser, which is Terraform's own, and with python-hcl2."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from go_tree import difference
from oracle import GoParser, UnavailableError, error_lines, is_syntax_error
from samples import BROKEN, VALID, Broken
from trees import read, read_valid

from iamlint.hcl import native, python_hcl2, second_opinion
from iamlint.location import SourceText
from iamlint.rules.catalog import load_rules

TESTDATA = Path(__file__).parents[2] / "testdata"
FILES = sorted(path for suffix in ("tf", "tofu", "tfvars") for path in TESTDATA.rglob(f"*.{suffix}"))

EXAMPLES = {
    f"{rule.slug}-{kind}-{number}-{name}": text
    for rule in load_rules()[0]
    for kind, examples in (("flags", rule.flags), ("passes", rule.passes))
    for number, example in enumerate(examples)
    for name, text in example.files.items()
    if example.kind == "terraform" and name.endswith((".tf", ".tofu", ".tfvars"))
}

PYTHON_HCL2_REFUSES = {
    "comments of three kinds",
    "comment closed at once",
    "comment in a header",
    "names beyond ASCII",
    "negative",
    "interpolation over lines",
    "comment in an interpolation",
    "strip markers",
    "marker before blanks",
    "marker beyond ASCII",
    "marker of a heredoc in an interpolation",
    "traversals with blanks",
    "namespaced calls",
}
"""Valid texts that python-hcl2 cannot read; a disagreement about another one is an error of the mapping."""

BEYOND_PYTHON_HCL2 = {"screens/odd-letters/main.tf"}
"""Test data with names beyond ASCII, for the same reason."""


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


@pytest.mark.parametrize("name", VALID)
def test_python_hcl2_agrees_or_refuses(name: str) -> None:
    file = read_valid(VALID[name])
    refused = python_hcl2.read(file.source).errors
    assert bool(refused) == (name in PYTHON_HCL2_REFUSES)
    assert second_opinion(file) == refused


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(TESTDATA)))
def test_python_hcl2_agrees_about_the_test_data(path: Path) -> None:
    file = native.read(SourceText(str(path), path.read_text(encoding="utf-8")))
    limits = [one.reason for one in second_opinion(file)]
    assert bool(limits) == (str(path.relative_to(TESTDATA)) in BEYOND_PYTHON_HCL2), limits


def test_python_hcl2_agrees_about_the_examples_of_the_rules() -> None:
    found = {name: second_opinion(read_valid(text)) for name, text in EXAMPLES.items()}
    assert found
    assert {name: said for name, said in found.items() if said} == {}


def test_there_is_no_second_opinion_about_what_is_refused_already() -> None:
    assert second_opinion(read("a = 1 b = 2\n")) == []
