"""Compares the native reader with python-hcl2. ``bench/go_parser.py`` compares it with Go's parser, Terraform's own."""

from __future__ import annotations

from pathlib import Path

import pytest
from many import some
from samples import VALID
from trees import read, read_valid

from iamlint.hcl import second_opinion
from iamlint.hcl.reading import native
from iamlint.hcl.second_reader import python_hcl2
from iamlint.location import SourceText
from iamlint.rules.catalog import load_rules

TESTDATA = Path(__file__).parents[2] / "testdata"
FILES = sorted(path for suffix in ("tf", "tofu", "tfvars") for path in TESTDATA.rglob(f"*.{suffix}"))

EXAMPLES = {
    f"{rule.slug}-{kind}-{number}-{name}": text
    for rule in load_rules()[0]
    for kind, examples in (("flags", rule.page.flags), ("passes", rule.page.passes))
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
    """In the suite about every third example."""
    names = list(EXAMPLES)[:: some(3, 1)]
    found = {name: second_opinion(read_valid(EXAMPLES[name])) for name in names}
    assert found
    assert {name: said for name, said in found.items() if said} == {}


def test_there_is_no_second_opinion_about_what_is_refused_already() -> None:
    assert second_opinion(read("a = 1 b = 2\n")) == []
