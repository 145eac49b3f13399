"""Words under a cursor, and what is typed: also on lines that somebody made long on purpose."""

from __future__ import annotations

import pytest

from iamlint.location import SourceText
from iamlint.server.completion import Wanted, wanted_at
from iamlint.server.words import word_at


@pytest.mark.parametrize(
    ("line", "at", "kind", "text"),
    [
        ('  role = "roles/viewer"', 15, "role", "roles/viewer"),
        ('  role = "projects/p/roles/x"', 15, "role", "projects/p/roles/x"),
        ('  member = "user:ana@example.com"', 20, "principal", "user:ana@example.com"),
        ("  member = var.who", 13, "reference", "var.who"),
        ('  permissions = ["iam.serviceAccounts.actAs"]', 25, "permission", "iam.serviceAccounts.actAs"),
        ("# iamlint: ignore[broad-token-creator] why", 22, "rule", "broad-token-creator"),
    ],
)
def test_a_word_is_found(line: str, at: int, kind: str, text: str) -> None:
    source = SourceText("main.tf", f"first\n{line}\n")
    word = word_at(source, 6 + at)
    assert word is not None
    assert (word.kind, word.text, source.text[word.start : word.end]) == (kind, text, text)


@pytest.mark.parametrize("piece", ["a", "a.", "user:", "roles/", "a@b.", "members = [", '"', " "])
def test_a_long_line_takes_no_time(piece: str) -> None:
    """A megabyte takes minutes where a pattern takes quadratic time on all of it."""
    source = SourceText("main.tf", piece * (1_000_000 // len(piece)))
    for at in (0, len(source.text) // 2, len(source.text)):
        word_at(source, at)
        wanted_at(source, at)


def test_what_is_typed_at_the_end_of_a_long_line_is_seen() -> None:
    text = " " * 100_000 + 'role = "roles/vie'
    assert wanted_at(SourceText("main.tf", text), len(text)) == Wanted("role", "roles/vie")
