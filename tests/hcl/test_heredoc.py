"""Offsets into a text, back to offsets into the file."""

from __future__ import annotations

import pytest

from iamlint.hcl.heredoc import locator
from iamlint.location import SourceText, Span


def found(file: str, literal: str, text: str, part: str) -> str | None:
    """What the file has at the place of a part of the text."""
    source, start = SourceText("main.tf", file), file.index(literal)
    span = Span(source, start, start + len(literal))
    at = locator(text, span, span)(text.index(part), text.index(part) + len(part))
    return at.text if at else None


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        ('"some words"', "some words"),
        ("<<EOT\nmore\nsome words\nEOT", "more\nsome words\n"),
        ("<<EOT\r\nmore\r\nsome words\r\nEOT", "more\nsome words\n"),
        ("<<-EOT\n    more\n    some words\n  EOT", "more\nsome words\n"),
        ("<<-EOT\n    more\n      some words\n    EOT\n", "more\n  some words\n"),
    ],
)
def test_exact(literal: str, text: str) -> None:
    assert found(f"x = {literal}\n", literal, text, "words") == "words"
    assert found(f"x = {literal}\n", literal, text, "some words") == "some words"


def test_a_line_with_an_interpolation_is_found_as_a_whole() -> None:
    literal = '<<EOT\n  one\n  two ${var.x} "words"\nEOT'
    assert found(f"x = {literal}\n", literal, '  one\n  two \ue000 "words"\n', "words") == 'two ${var.x} "words"'
    assert found(f"x = {literal}\n", literal, '  one\n  two \ue000 "words"\n', "one") == "one"


@pytest.mark.parametrize(
    ("literal", "text"),
    [
        (r'"some \"words\""', 'some "words"'),
        ("local.words", "some words"),
        ("<<EOT\nsome words\nEOT", "some words\nand more\n"),
        ("<<EOT", "some words"),
    ],
)
def test_nowhere(literal: str, text: str) -> None:
    assert found(f"x = {literal}\n", literal, text, "words") is None
