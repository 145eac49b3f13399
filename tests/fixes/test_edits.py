"""Edits are byte-exact."""

from __future__ import annotations

import pytest

from iamlint.edits import Edit, applied, by_path, conflict, consistent, edit
from iamlint.location import SourceText

TEXT = 'é = "a"\nb = 1\n'


def test_offsets_are_bytes_after_the_mark() -> None:
    source = SourceText("a.tf", TEXT)
    one = edit(source, 5, 6, "ü")
    assert (one.start, one.end) == (6, 7)
    content = b"\xef\xbb\xbf" + TEXT.encode()
    assert applied(content, [one]).decode() == '\ufeffé = "ü"\nb = 1\n'
    assert (one.location(source).line, one.location(source).column) == (1, 6)


def test_several_edits_keep_the_rest() -> None:
    edits = [Edit("a.tf", 4, 5, "Z"), Edit("a.tf", 0, 0, "# \n"), Edit("a.tf", 6, 6, "!")]
    assert applied(b"abcdefgh", edits) == b"# \nabcdZf!gh"


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        (Edit("a", 0, 2, "x"), Edit("a", 2, 4, "y"), False),
        (Edit("a", 0, 3, "x"), Edit("a", 2, 4, "y"), True),
        (Edit("a", 0, 3, "x"), Edit("b", 2, 4, "y"), False),
        (Edit("a", 1, 3, "x"), Edit("a", 1, 3, "x"), False),
        (Edit("a", 1, 1, "x"), Edit("a", 1, 1, "y"), True),
        (Edit("a", 1, 1, "x"), Edit("a", 1, 3, "y"), True),
        (Edit("a", 3, 3, "x"), Edit("a", 4, 6, "y"), False),
    ],
)
def test_conflicts(one: Edit, other: Edit, expected: bool) -> None:
    assert conflict([one], [other]) is expected
    assert conflict([other], [one]) is expected
    assert consistent([one, other]) is not expected


def test_edits_by_path() -> None:
    one, other = Edit("b", 0, 1, ""), Edit("a", 0, 1, "")
    assert by_path([one, other, one]) == {"a": [other], "b": [one]}
