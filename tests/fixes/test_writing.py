"""Items and blocks are removed and added in the layout of what is around them."""

from __future__ import annotations

import pytest

from iamlint.edits import applied
from iamlint.fixes.sources import Sources, Tree
from iamlint.fixes.writing import with_items, with_lines_in, without_block, without_item, without_items
from iamlint.hcl import read_file
from iamlint.hcl.syntax import Node, Template, Tuple
from iamlint.hcl.walk import walk
from iamlint.location import SourceText


def tree_of(text: str, path: str = "main.tf") -> Tree:
    tree = Sources({path: SourceText(path, text)}).tree(path)
    assert tree is not None
    return tree


def listed(tree: Tree) -> Tuple:
    return next(node for node in walk(tree.file.body) if isinstance(node, Tuple))


def item(tree: Tree, text: str) -> Node:
    return next(node for node in listed(tree).items if isinstance(node, Template) and node.literal == text)


@pytest.mark.parametrize(
    ("before", "removed", "after"),
    [
        ('a = ["x", "y", "z"]\n', "x", 'a = ["y", "z"]\n'),
        ('a = ["x", "y", "z"]\n', "y", 'a = ["x", "z"]\n'),
        ('a = ["x", "y", "z"]\n', "z", 'a = ["x", "y"]\n'),
        ('a = ["x", "z",]\n', "z", 'a = ["x",]\n'),
        ('a = ["x"]\n', "x", "a = []\n"),
        ('a = ["x", ]\n', "x", "a = [ ]\n"),
        ('a = ["x" /* why */, ]\n', "x", None),
        ('a = [\n  "x", # one\n  "y", # two\n]\n', "x", 'a = [\n  "y", # two\n]\n'),
        ('a = [\n  "x",\n  # about y\n  "y"\n]\n', "y", 'a = [\n  "x",\n  # about y\n]\n'),
        ('a = [\r\n  "x",\r\n  "y",\r\n]\r\n', "y", 'a = [\r\n  "x",\r\n]\r\n'),
        ('a = ["x", /* why */ "y"]\n', "x", None),  # the comment would be lost
        ('a = [\n  "x", "y",\n  "z",\n]\n', "x", 'a = [\n  "y",\n  "z",\n]\n'),
        ('a = ["x",\n  "y"]\n', "y", 'a = ["x"]\n'),
    ],
)
def test_an_item_is_removed(before: str, removed: str, after: str | None) -> None:
    tree = tree_of(before)
    edits = without_item(tree, listed(tree), item(tree, removed))
    made = applied(before.encode(), edits).decode() if edits else None
    assert made == after
    if made is not None:
        assert not read_file(SourceText("main.tf", made)).errors


@pytest.mark.parametrize(
    ("before", "removed", "after"),
    [
        ('a = ["x", "y", "z"]\n', "yz", 'a = ["x"]\n'),
        ('a = ["x", "y", "z"]\n', "xy", 'a = ["z"]\n'),
        ('a = ["x", "y", "z", "w"]\n', "xz", 'a = ["y", "w"]\n'),
        ('a = [\n  "x",\n  "y",\n  "z",\n]\n', "yz", 'a = [\n  "x",\n]\n'),
        ('a = [\n  "x", "y", # both\n  "z",\n]\n', "xy", 'a = [\n  "z",\n]\n'),
        ('a = ["x", /* why */ "y", "z"]\n', "yz", None),
    ],
)
def test_several_items_are_removed(before: str, removed: str, after: str | None) -> None:
    tree = tree_of(before)
    edits = without_items(tree, listed(tree), [item(tree, one) for one in removed])
    assert (applied(before.encode(), edits).decode() if edits else None) == after


def test_an_item_of_json_is_removed_with_its_comma() -> None:
    text = '{"locals": {"a": [\n  "x",\n  "y"\n]}}\n'
    tree = tree_of(text, "main.tf.json")
    edits = without_item(tree, listed(tree), item(tree, "y"))
    assert edits is not None
    assert applied(text.encode(), edits).decode() == '{"locals": {"a": [\n  "x"\n]}}\n'


@pytest.mark.parametrize(
    ("before", "added", "after"),
    [
        ('a = ["x"]\n', ['"y"'], 'a = ["x", "y"]\n'),
        ('a = ["x",]\n', ['"y"'], 'a = ["x", "y"]\n'),
        ("a = []\n", ['"y"', '"z"'], 'a = ["y", "z"]\n'),
        ('a = ["x"]\n', ['"y"', '"z"'], 'a = [\n  "x",\n  "y",\n  "z",\n]\n'),
        ('a = [\n  "x",\n]\n', ['"y"'], 'a = [\n  "x",\n  "y",\n]\n'),
        ('a = [\n  "x" # why\n]\n', ['"y"'], 'a = [\n  "x", # why\n  "y",\n]\n'),
        ('a = [\r\n  "x",\r\n]\r\n', ['"y"'], 'a = [\r\n  "x",\r\n  "y",\r\n]\r\n'),
        ('a = ["x" /* why */]\n', ['"y"'], None),
        ('a = ["x" /* why */,]\n', ['"y"'], None),
        ('a = ["x" /* why */, "y"]\n', ['"z"', '"w"'], 'a = ["x" /* why */, "y", "z", "w"]\n'),
    ],
)
def test_items_are_added(before: str, added: list[str], after: str | None) -> None:
    tree = tree_of(before)
    edits = with_items(tree, listed(tree), added)
    assert (applied(before.encode(), edits).decode() if edits else None) == after


BLOCKS = """# A heading that stays.

# About one.
resource "a" "one" {
}

# ------------
resource "a" "two" {
}
"""


@pytest.mark.parametrize(
    ("name", "after"),
    [
        ("one", '# A heading that stays.\n\n# ------------\nresource "a" "two" {\n}\n'),
        ("two", '# A heading that stays.\n\n# About one.\nresource "a" "one" {\n}\n\n# ------------\n'),
    ],
)
def test_a_block_goes_with_the_comment_about_it(name: str, after: str) -> None:
    tree = tree_of(BLOCKS)
    block = next(one for one in tree.file.body.blocks if one.label(1) == name)
    assert applied(BLOCKS.encode(), without_block(tree, block)).decode() == after


def test_lines_are_added_with_the_tabs_of_the_file() -> None:
    text = 'data "google_iam_policy" "a" {\n\tbinding {\n\t\trole = "x"\n\t}\n}\n'
    tree = tree_of(text)
    (made,) = with_lines_in(tree, tree.file.body.blocks[0].body, 'b {\n  c = "d"\n}') or ()
    assert made.replacement == '\tb {\n\t\tc = "d"\n\t}\n'


def test_a_block_is_added_below_the_last_one_like_it() -> None:
    text = 'resource "x" "a" {\n  log {\n    t = "A"\n  }\n\n  depends_on = [y.z]\n}\n'
    tree = tree_of(text)
    made = with_lines_in(tree, tree.file.body.blocks[0].body, 'log {\n  t = "B"\n}') or ()
    after = text.replace("  }\n\n", '  }\n  log {\n    t = "B"\n  }\n\n')
    assert applied(text.encode(), made).decode() == after


@pytest.mark.parametrize(
    ("path", "text", "number"),
    [
        ("main.tf", "locals {\n  a = local.role\n  b = local.roles\n  c = var.role\n}\n", 1),
        ("main.tf", "a = local . role\n", 1),
        ("main.tf", "a = (local\n.role)\n", 1),
        ("main.tf", 'a = local /* of */ ["role"]\nb = local["roles"]\n', 1),
        ("main.tf", "a = local[var.name]\n", 1),
        ("main.tf", 'a = local["r\\u006fle"]\n', 1),
        ("main.tf", 'a = <<E\n${local.role}\nE\nb = "${local.role}"\nc = "local.role"\n', 2),
        ("main.tf.json", '{"locals": {"a": "${local.r\\u006fle}"}}\n', 1),
    ],
)
def test_each_use_of_a_name_is_found(path: str, text: str, number: int) -> None:
    sources = Sources({path: SourceText(path, text), "also.tf": SourceText("also.tf", "d = local.role\n")})
    assert len(sources.uses(path, "local", "none") or ()) == ("[var" in text)
    assert len(sources.uses(path, "local", "role") or ()) == number + 1
