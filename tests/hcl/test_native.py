"""Files, bodies and blocks of the native syntax: spans, comments, errors, and what is read after an error."""

from __future__ import annotations

import pytest
from samples import BROKEN, VALID, Broken
from trees import check, read, read_valid

from iamlint.hcl.reading import native
from iamlint.hcl.reading.lexer import MAX_DEPTH
from iamlint.hcl.reading.native import MAX_ERRORS, MAX_HEIGHT
from iamlint.hcl.syntax import Template
from iamlint.location import Location, SourceText, Unreadable


@pytest.mark.parametrize("text", VALID.values(), ids=VALID)
def test_valid_texts_are_read(text: str) -> None:
    file = read_valid(text)
    check(file)
    assert file.body.arguments or file.body.blocks or not text


@pytest.mark.parametrize("broken", BROKEN.values(), ids=BROKEN)
def test_broken_texts_are_refused_at_their_place(broken: Broken) -> None:
    file = read(broken.text)
    check(file)
    error = file.errors[0]
    assert (error.at.line, error.at.column) == broken.at
    assert broken.says in error.reason


@pytest.mark.parametrize("broken", [each for each in BROKEN.values() if not each.text.endswith("EOT")])
def test_what_follows_a_broken_text_is_read(broken: Broken) -> None:
    """Also after an error in a string, a heredoc or a comment that has swallowed the rest of the file."""
    file = read('first "x" {\n}\n' + broken.text + '\nlast "y" {\n  z = 1\n}\n')
    assert file.body.blocks[0].type == "first"
    assert file.body.blocks[-1].label(0) == "y"
    assert "z" in file.body.blocks[-1].body.arguments
    assert broken.at[0] + 2 <= file.errors[0].at.line <= broken.text.count("\n") + 4


# -- spans -------------------------------------------------------------------------------------------------------------


def test_spans_of_a_block() -> None:
    text = '# 😀\nresource "a" b { # why\n  c = 1\n\n  d {\n  }\n} # end\n'
    file = read_valid(text)
    (block,) = file.body.blocks
    assert text[block.start : block.end] == text[text.index("resource") : text.index(" # end")]
    assert text[block.start : block.header_end] == 'resource "a" b'
    assert [(label.text, text[label.start : label.end]) for label in block.labels] == [("a", '"a"'), ("b", "b")]
    assert text[block.body.start : block.body.end] == " # why\n  c = 1\n\n  d {\n  }\n"
    argument = block.body.arguments["c"]
    assert text[argument.start : argument.end] == "c = 1"
    assert file.source.location(argument.expression.start, argument.expression.end) == Location("main.tf", 3, 7, 3, 8)
    (inner,) = block.body.blocks
    assert file.source.location(inner.start, inner.end) == Location("main.tf", 5, 3, 6, 4)
    assert [text[start:end] for start, end in file.comments] == ["# 😀", "# why", "# end"]
    assert [each.label(0) for each in file.body.blocks_of("resource")] == ["a"]
    assert block.label(2) == ""


def test_columns_count_characters() -> None:
    file = read_valid('a = ["😀é", b]\n')
    last = list(file.body.arguments["a"].expression.items)[-1]
    assert file.source.position(last.start) == (1, 12)


def test_a_byte_order_mark_counts_as_a_character() -> None:
    file = read_valid("\ufeffa = 1\n")
    assert file.body.arguments["a"].start == 1


def test_carriage_returns_belong_to_the_line_end() -> None:
    text = "a = b # c\r\nd = <<E\r\nx\r\nE\r\n"
    file = read_valid(text)
    assert [text[start:end] for start, end in file.comments] == ["# c"]
    assert text[file.body.arguments["a"].expression.end] == " "
    heredoc = file.body.arguments["d"].expression
    assert text[heredoc.start : heredoc.end] == "<<E\r\nx\r\nE"
    assert isinstance(heredoc, Template)
    assert heredoc.literal == "x\r\n"


def test_every_comment_is_kept_once() -> None:
    text = 'a = [ /* 1 */ b /* 2 */, # 3\n// 4\n]\nc = "${d /* 5 */}" /* 6 */\nf = g(\n# 7\n'
    file = read(text)
    assert ["".join(filter(str.isdigit, text[start:end])) for start, end in file.comments] == list("1234567")


# -- names and labels --------------------------------------------------------------------------------------------------


def test_labels_are_unescaped_but_not_normalized() -> None:
    (block,) = read_valid('a "x\\n\\"" "$${b}" "e\\u0301" {\n}\n').body.blocks
    assert [label.text for label in block.labels] == ['x\n"', "${b}", "e\u0301"]


def test_texts_are_normalized() -> None:
    expression = read_valid('a = "e\\u0301"\n').body.arguments["a"].expression
    assert isinstance(expression, Template)
    assert expression.literal == "\u00e9"
    assert expression.written == "e\u0301"


# -- errors ------------------------------------------------------------------------------------------------------------


def test_an_error_says_what_to_do() -> None:
    (error,) = read("a = 'b'\n").errors
    assert error == Unreadable(
        Location("main.tf", 1, 5, 1, 6),
        '"\'" where an expression is expected',
        'Strings are written in double quotes (").',
    )


def test_a_quoted_name_is_of_terraform_0_11() -> None:
    (error,) = read('labels {\n  "a" = "b"\n}\n').errors
    assert "since Terraform 0.12" in error.hint


def test_an_argument_that_is_set_twice_keeps_its_first_value() -> None:
    file = read("a {\n  b = 1\n  b = 2\n  c = 3\n}\n")
    (block,) = file.body.blocks
    assert list(block.body.arguments) == ["b", "c"]
    assert block.body.arguments["b"].start == 6
    assert [error.at.line for error in file.errors] == [3]


def test_an_error_in_a_block_leaves_only_that_block_out() -> None:
    file = read('a "1" {\n  b = \n}\na "2" {\n}\nc = 1\na "3" {\n  d = ]\n}\na "4" {\n}\n')
    assert [block.label(0) for block in file.body.blocks] == ["2", "4"]
    assert list(file.body.arguments) == ["c"]
    assert [(error.at.line, error.at.column) for error in file.errors] == [(2, 7), (8, 7)]


def test_a_block_that_is_not_closed_does_not_hide_the_next() -> None:
    file = read('a "1" {\n  b = [\n\nc "2" {\n  d = 1\n}\n')
    assert [block.label(0) for block in file.body.blocks] == ["2"]
    assert len(file.errors) == 1


def test_reading_resumes_only_in_the_first_column() -> None:
    """An indented block is a part of what is broken; to take it for a top-level one would invent resources."""
    file = read('a "1" {\n  = \n  b "2" {\n  }\n}\n')
    assert file.body.blocks == []


def test_after_many_errors_the_rest_is_left_unread() -> None:
    file = read("a {\n = \n}\n" * (MAX_ERRORS + 5) + "b {\n}\n")
    assert file.body.blocks == []
    assert len(file.errors) == MAX_ERRORS + 1
    assert "more than 20 syntax errors" in file.errors[-1].reason


def test_many_arguments_set_twice_are_not_many_errors() -> None:
    file = read("a = 1\n" * 100 + "b {\n}\n")
    assert len(file.errors) == MAX_ERRORS
    assert len(file.body.blocks) == 1


# -- depth -------------------------------------------------------------------------------------------------------------

NESTED = {
    "lists": ("a = ", "[", "]", "\n"),
    "parentheses": ("a = ", "(", ")", "\n"),
    "calls": ("a = ", "f(", ")", "\n"),
    "objects": ("a = ", "{b = ", "}", "\n"),
    "indices": ("a = ", "b[", "]", "\n"),
    "strings": ("a = ", '"${', '}"', "\n"),
    "directives": ('a = "', "%{ if b }", "%{ endif }", '"\n'),
    "conditionals": ("a = ", "b ? c : ", "", "d\n"),
    "for expressions": ("a = ", "[for b in c : ", "]", "\n"),
    "blocks": ("", " a {\n", "}\n", ""),
    "splats": ("a = b", "[*]", "", "\n"),
}
CHAINS = {
    "operators": ("a = b", " + b", "\n"),
    "attributes": ("a = b", ".c", "\n"),
    "spaced attributes": ("a = b", " .c", "\n"),
    "constant indices": ("a = b", "[0]", "\n"),
    "attribute splats": ("a = b.*", ".c", "\n"),
    "negations": ("a = ", "!", "b\n"),
}


def _nested(kind: str, levels: int) -> str:
    before, opening, closing, after = NESTED[kind]
    filling = "" if kind in ("blocks", "splats", "conditionals") else "1"
    return before + opening * levels + filling + closing * levels + after


@pytest.mark.parametrize("kind", NESTED)
@pytest.mark.parametrize("levels", [MAX_DEPTH + 1, 20_000])
def test_deep_nesting_is_refused_and_the_rest_is_read(kind: str, levels: int) -> None:
    file = read(_nested(kind, levels) + "z {\n}\n")
    assert "levels" in file.errors[0].reason
    assert [block.type for block in file.body.blocks][-1:] == ["z"]


@pytest.mark.parametrize("kind", NESTED)
def test_nesting_that_people_write_is_read(kind: str) -> None:
    check(read_valid(_nested(kind, 30)))


@pytest.mark.parametrize("kind", CHAINS)
@pytest.mark.parametrize("links", [MAX_HEIGHT + 1, 20_000])
def test_long_chains_are_refused_and_the_rest_is_read(kind: str, links: int) -> None:
    before, link, after = CHAINS[kind]
    file = read(before + link * links + after + "z {\n}\n")
    assert "levels" in file.errors[0].reason
    assert [block.type for block in file.body.blocks] == ["z"]


@pytest.mark.parametrize("kind", CHAINS)
def test_chains_that_people_write_are_read(kind: str) -> None:
    before, link, after = CHAINS[kind]
    read_valid(before + link * 100 + after)


# -- one expression ----------------------------------------------------------------------------------------------------


def test_an_expression_alone() -> None:
    found = native.read_expression(SourceText("--var x", " [\n1,\n2 ] "))
    assert not isinstance(found, Unreadable)
    assert (found.start, found.end) == (1, 9)


@pytest.mark.parametrize("text", ["", "1 2", "[1", "a = 1", '"', "\0"])
def test_an_expression_alone_that_is_none(text: str) -> None:
    found = native.read_expression(SourceText("--var x", text))
    assert isinstance(found, Unreadable)
    assert found.at.path == "--var x"


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{{ if .on }}\na = 1\n", "template"),
        ("{%- if on %}\n", "template"),
        ("<% if on %>\n", "template"),
        ("a = <PROJECT_ID>\n", "placeholder"),
        ("a = <the project's id>\n", "placeholder"),
        ("a = <<EOT b\n", "heredoc"),
        ("a = { {b = 1} }\n", ""),
    ],
)
def test_what_nothing_filled_in_is_named(text: str, hint: str) -> None:
    first = read(text).errors[0]
    assert hint in first.hint
    assert hint or not first.hint
