"""The layout of `terraform fmt` is kept where it was; each expected text is what `terraform fmt` makes."""

from __future__ import annotations

import pytest

from iamlint.edits import applied, edit
from iamlint.fixes.layout import aligned
from iamlint.location import SourceText


def mended(text: str, old: str, new: str) -> str:
    source = SourceText("main.tf", text)
    start = text.index(old)
    made = aligned(source, [edit(source, start, start + len(old), new)])
    return applied(text.encode(), made).decode()


@pytest.mark.parametrize(
    ("before", "old", "new", "after"),
    [
        (  # comments of consecutive lines
            'locals {\n  a = "x" # one\n  b = "y" # two\n\n  c = "z" # three\n}\n',
            '"x"',
            '"longer"',
            'locals {\n  a = "longer" # one\n  b = "y"      # two\n\n  c = "z" # three\n}\n',
        ),
        (  # comments of lines with an equals sign and of one without
            'locals {  # one\n  a = "x" # two\n}\n',
            '"x"',
            '"longer"',
            'locals {       # one\n  a = "longer" # two\n}\n',
        ),
        (  # an equals sign in a key, a bracket in a string
            'm "n" {\n  map = {\n    "a=b" = "["\n    "c"   = "y"\n  }\n}\n',
            '"c"',
            '"longer"',
            'm "n" {\n  map = {\n    "a=b"    = "["\n    "longer" = "y"\n  }\n}\n',
        ),
        (  # the line after a heredoc is a line like any other
            "locals {\n  a = <<EOT\nx\nEOT\n  f  = 1\n  gg = 2\n}\n",
            "gg",
            "ggg",
            "locals {\n  a = <<EOT\nx\nEOT\n  f   = 1\n  ggg = 2\n}\n",
        ),
        (  # equals signs after the longest name is gone
            "locals {\n  longest = 1\n  a       = 2\n  bb      = 3\n}\n",
            "  longest = 1\n",
            "",
            "locals {\n  a  = 2\n  bb = 3\n}\n",
        ),
        (  # equals signs after a longer name
            'x "y" {\n  project = "shop"\n  role    = "r"\n}\n',
            'project = "shop"',
            "service_account_id = z",
            'x "y" {\n  service_account_id = z\n  role               = "r"\n}\n',
        ),
        (  # a value of several lines stands alone
            "locals {\n  a   = 1\n  bbb = 2\n}\n",
            "2",
            "[\n    2,\n  ]",
            "locals {\n  a = 1\n  bbb = [\n    2,\n  ]\n}\n",
        ),
        (  # and has one space before its equals sign
            'd "e" {\n  longer_name = ["a"]\n  short       = ["b"]\n}\n',
            '["b"]',
            '[\n    "b",\n  ]',
            'd "e" {\n  longer_name = ["a"]\n  short = [\n    "b",\n  ]\n}\n',
        ),
        (  # an equals sign in a string or a condition is none
            'locals {\n  a  = "p = q" # c\n  bb = 1 == 2 # d\n}\n',
            '"p = q"',
            '"p"',
            'locals {\n  a  = "p"    # c\n  bb = 1 == 2 # d\n}\n',
        ),
        (  # a comment in slashes and stars belongs to the value before it
            'locals {\n  a = "x" /* = */\n  b = "y" # two\n}\n',
            '"y"',
            '"longer"',
            'locals {\n  a = "x" /* = */\n  b = "longer" # two\n}\n',
        ),
        (  # keys of objects
            'm "n" {\n  map = {\n    "a"   = "x"\n    "bbb" = "y"\n  }\n}\n',
            '"bbb"',
            '"attribute.bbb"',
            'm "n" {\n  map = {\n    "a"             = "x"\n    "attribute.bbb" = "y"\n  }\n}\n',
        ),
    ],
)
def test_alignment(before: str, old: str, new: str, after: str) -> None:
    assert mended(before.replace("  bb = 1 == 2 # d", "  bb = 1 == 2  # d"), old, new) == after


@pytest.mark.parametrize(
    ("before", "old", "new"),
    [
        ("locals {\n  a = 1 # x\n  bbb = 2 # y\n}\n", "1", "100"),  # not formatted before
        ("locals {\n\ta = 1   # x\n}\n", "1", "100"),
        ("locals {\n  a = <<EOT\n  b     = c # d\nEOT\n  f = 1\n}\n", "1", "100"),  # what a heredoc has is text
    ],
)
def test_the_rest_of_the_text_stays(before: str, old: str, new: str) -> None:
    assert mended(before, old, new) == before.replace(old, new, 1)
