"""Makes edits: rewords a text where it is written, removes list items and blocks, adds lines."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterable, Sequence

from iamlint.basics.lazy_regex import regex
from iamlint.edits import Edit, edit
from iamlint.facts import Written
from iamlint.fixes.sources import Sources, Tree, named_argument
from iamlint.hcl.syntax import Attribute, Block, Body, Node, Object, Template, Tuple, Variable
from iamlint.hcl.walk import walk
from iamlint.location import SourceText

_DEEPEST = 5
"""Maximum number of names that a value is followed through."""


# -- texts ---------------------------------------------------------------------------------------------------------


def reworded(sources: Sources, place: Written, old: str, new: str) -> tuple[Edit, ...] | None:
    """Return the edit that replaces a part of a text where it is written.

    If the place only names the value, its origin is edited, provided that nothing else uses it. None if neither place
    has the text exactly once.
    """
    found = sources.find(place.at)
    if found is None:
        return None
    direct, elsewhere = _within_lines(*found, old, new), place.made or place.origin
    if direct or elsewhere is None or elsewhere == place.at:
        return direct
    origin = sources.find(elsewhere)
    if origin is None or not _only_for(sources, origin, found, 0):
        return None
    return _within_lines(*origin, old, new)


def _within_lines(tree: Tree, node: Node, old: str, new: str) -> tuple[Edit, ...] | None:
    """Return the edits of a text in a node; of one with several lines, the lines that differ."""
    before, after = old.split("\n"), new.split("\n")
    if len(before) == 1 or len(before) != len(after):
        return _within(tree, node, old, new)
    pairs = [(one.strip(), other.strip()) for one, other in zip(before, after, strict=True) if one != other]
    found = [_within(tree, node, one, other) for one, other in pairs]
    return tuple(one for edits in found for one in edits or ()) if found and all(found) else None


def with_literal(tree: Tree, node: Node, old: str, new: str) -> tuple[Edit, ...] | None:
    """Return the edit of the only string below a node that equals a text."""
    found = [one for one in walk(node) if isinstance(one, Template) and one.literal == old and not one.heredoc]
    return _within(tree, found[0], old, new) if len(found) == 1 else None


def _within(tree: Tree, node: Node, old: str, new: str) -> tuple[Edit, ...] | None:
    """Return the edit of a text in a node, which contains it exactly once, as written or with quotes escaped."""
    if "${" in new or "%{" in new or "\n" in new or old == new:
        return None
    if isinstance(node, Template) and node.heredoc and node.literal == old and "\n" in old:
        return replaced(tree, node, quoted(new))  # a heredoc always ends a line
    written = tree.text(node)
    for encode in (_as_is, _escaped):
        one, other = encode(old), encode(new)
        if one and written.count(one) == 1 and (encode is _escaped or '"' not in other or _is_heredoc(node)):
            start = node.start + written.index(one)
            return (edit(tree.source, start, start + len(one), other),)
    return None


def _as_is(text: str) -> str:
    return text


def _escaped(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)[1:-1]


def _is_heredoc(node: Node) -> bool:
    return isinstance(node, Template) and node.heredoc


def _only_for(
    sources: Sources,
    origin: tuple[Tree, Node],
    user: tuple[Tree, Node],
    depth: int,
    part: str = "",
    attribute: str = "",
) -> bool:
    """Whether a value is used by one expression only.

    ``part`` says whether it is a "key" or a "value" of a map, ``attribute`` which attribute of an object in the map.
    """
    tree, node = origin
    if tree is user[0] and user[1].start <= node.start and node.end <= user[1].end:
        return True
    if depth > _DEEPEST:
        return False
    part, attribute = part or _part_of_map(tree, node), attribute or _attribute_of_item(tree, node)
    uses = _uses_of(sources, (tree, node), user, part, attribute)
    if uses is None or len(uses) != 1:
        return False
    return _only_for(sources, uses[0], user, depth + 1, part, attribute)


def _part_of_map(tree: Tree, node: Node) -> str:
    """Return "key" or "value", as a node is in a key or a value of the outermost map around it; "" without a map."""
    found, inner = "", node
    for outer in tree.around(node):
        if isinstance(outer, Object):
            found = "key" if any(key is inner for key, _ in outer.items) else "value"
        inner = outer
    return found


def _uses_of(
    sources: Sources, of: tuple[Tree, Node], user: tuple[Tree, Node], part: str, attribute: str
) -> list[tuple[Tree, Node]] | None:
    """Return the uses of the value that a node is part of; None if they cannot be listed."""
    tree, node = of
    argument, block = named_argument(tree, node), tree.block(node)
    if argument is None:
        return None
    path = tree.source.path
    if block is None:  # a variable file, in the root module or elsewhere
        if "tfvars" not in path:
            return None
        return sources.uses(path, "var", argument.name) or sources.uses(user[0].source.path, "var", argument.name)
    if tree.parent(argument) is not block.body or argument.expression.start > node.start:
        return None
    if block.type == "locals":
        return sources.uses(path, "local", argument.name)
    if block.type == "variable" and argument.name == "default":
        return sources.uses(path, "var", block.label(0))
    if argument.name == "for_each":
        names = {"key": ("key",), "value": ("value",)}.get(part, ("key", "value"))
        uses = [one for one in walk(block.body) if isinstance(one, Attribute) and _is_each(one, names)]
        direct = attribute and (argument.expression is node or isinstance(argument.expression, Object))
        return [(tree, one) for one in uses if not direct or _may_read(tree, one, attribute)]
    called = _called(tree, block) if block.type == "module" else None
    return sources.uses(called, "var", argument.name) if called else None


def _may_read(tree: Tree, value: Node, attribute: str) -> bool:
    """Whether a use of an object may read this attribute: not if it reads another one by name."""
    outer = tree.parent(value)
    return not isinstance(outer, Attribute) or outer.name == attribute


def _attribute_of_item(tree: Tree, node: Node) -> str:
    """Return the name of the attribute that a node is the value of, in an object that is an item of a map; "" else."""
    names, inner = [], node
    for outer in tree.around(node):
        if isinstance(outer, Object):
            names += [key.literal for key, value in outer.items if value is inner]
        elif isinstance(outer, Tuple):
            return ""
        inner = outer
    return names[0] or "" if len(names) == 2 else ""


def _called(tree: Tree, block: Block) -> str | None:
    """Return a path in the directory of a local module that a block calls."""
    source = block.body.arguments.get("source")
    literal = source.expression.literal if source else None
    if literal is None or not literal.startswith(("./", "../")):
        return None
    return posixpath.normpath(posixpath.join(posixpath.dirname(tree.source.path), literal, "main.tf"))


def _is_each(node: Attribute, names: tuple[str, ...]) -> bool:
    return isinstance(node.object, Variable) and node.object.name == "each" and node.name in names


# -- removal -------------------------------------------------------------------------------------------------------


def without_item(tree: Tree, listed: Tuple, item: Node) -> tuple[Edit, ...] | None:
    """Return the edit that removes an item of a list, with its line if the item is alone on it."""
    return without_items(tree, listed, [item])


def without_items(tree: Tree, listed: Tuple, removed: Sequence[Node]) -> tuple[Edit, ...] | None:
    """Return the edits that remove items of a list; neighbours on one line are one edit. None if one is not in it."""
    runs: list[tuple[int, int]] = []
    for number, item in enumerate(listed.items):
        if not any(item is one for one in removed):
            continue
        if runs and runs[-1][1] == number - 1 and _is_beside(tree, listed.items[number - 1].end, item.start):
            runs[-1] = runs[-1][0], number
        else:
            runs.append((number, number))
    found = [_without_run(tree, listed, *run) for run in runs]
    return tuple(one for edits in found for one in edits or ()) if found and all(found) else None


def _is_beside(tree: Tree, start: int, end: int) -> bool:
    return "\n" not in tree.source.text[start:end] and _plain(tree, start, end)


def _without_run(tree: Tree, listed: Tuple, first: int, last: int) -> tuple[Edit, ...] | None:
    """Return the edit that removes the items of a list from one number to another."""
    text, items = tree.source.text, listed.items
    start, stop = items[first].start, items[last].end
    before = items[first - 1].end if first else listed.start + 1
    after = items[last + 1].start if last + 1 < len(items) else listed.end - 1
    comma = _comma(tree, stop, after)
    line, end = line_start(text, start), line_end(text, comma or stop)
    if line >= before and not text[line:start].strip() and _ends_line(tree, comma or stop, end, listed):
        if tree.is_json and last + 1 == len(items) and first:  # JSON has no comma at the end
            return (edit(tree.source, before, end - _newline_length(text, end), ""),)
        return (edit(tree.source, line, end, ""),)
    if last + 1 < len(items):
        return (edit(tree.source, start, items[last + 1].start, ""),) if _plain(tree, stop, after) else None
    if first and _plain(tree, before, start):
        return (edit(tree.source, before, stop, ""),)
    end = comma or stop
    return (edit(tree.source, start, end, ""),) if not first and _plain(tree, stop, end) else None


def _plain(tree: Tree, start: int, end: int) -> bool:
    """Whether only a comma and space are between two items."""
    return not tree.source.text[start:end].replace(",", " ").strip()


def _comma(tree: Tree, start: int, limit: int) -> int | None:
    """Return the offset after the comma that follows an item."""
    text = _without_comments(tree, start, limit)
    found = text.find(",")
    return start + found + 1 if found >= 0 else None


def _without_comments(tree: Tree, start: int, end: int) -> str:
    text = tree.source.text[start:end]
    for first, last in tree.file.comments:
        if start <= first < end:
            width = min(last, end) - first
            text = text[: first - start] + " " * width + text[first - start + width :]
    return text


def _ends_line(tree: Tree, start: int, end: int, listed: Node) -> bool:
    """Whether only a comment follows on the line, and the line ends within the list."""
    return end <= listed.end and not _without_comments(tree, start, end).strip()


def without_block(tree: Tree, block: Block) -> tuple[Edit, ...]:
    """Return the edit that removes a block, the comments directly above it, and the blank line that separates it."""
    return without_blocks(tree, [block])


def without_blocks(tree: Tree, blocks: Iterable[Block]) -> tuple[Edit, ...]:
    """Return the edits that remove blocks, as `without_block` removes one; those of neighbours are one edit."""
    text = tree.source.text
    ranges: list[tuple[int, int]] = []
    for block in sorted(blocks, key=lambda one: one.start):
        start, end = _with_comments(tree, line_start(text, block.start)), line_end(text, block.end)
        if ranges and not text[ranges[-1][1] : start].strip():
            start = ranges.pop()[0]
        ranges.append((start, end))
    return tuple(edit(tree.source, *_with_blank_line(text, *one), "") for one in ranges)


def _with_blank_line(text: str, start: int, end: int) -> tuple[int, int]:
    """Return the range of removed lines with the blank line below it, or, of the last ones of a body, above it."""
    after = line_end(text, end)
    if end < len(text) and not text[end:after].strip():
        return start, after
    above = line_start(text, start - 1) if start else 0
    return (above if start and not text[above:start].strip() else start), end


def _with_comments(tree: Tree, start: int) -> int:
    """Return the start of the comment lines that end directly above a line."""
    text = tree.source.text
    ends = {line_end(text, end - 1 if text[end - 1 : end] == "\n" else end): begin for begin, end in tree.file.comments}
    while start in ends:
        begin = ends[start]
        line = line_start(text, begin)
        if text[line:begin].strip() or _is_heading(text[begin:start]):
            break
        start = line
    return start


def _is_heading(comment: str) -> bool:
    """Whether a comment is about more than the next block: a line or heading of a section, a licence."""
    return re.search(r"[-=*#~]{4,}|(?i:copyright|licen[cs]e)", comment) is not None


def line_start(text: str, offset: int) -> int:
    """Return the offset of the beginning of the line of an offset."""
    return text.rfind("\n", 0, offset) + 1


def line_end(text: str, offset: int) -> int:
    """Return the offset after the line of an offset, its line end included."""
    found = text.find("\n", offset)
    return len(text) if found < 0 else found + 1


def _newline_length(text: str, end: int) -> int:
    return 2 if text[end - 2 : end] == "\r\n" else 1 if text[end - 1 : end] == "\n" else 0


# -- additions -----------------------------------------------------------------------------------------------------


def newline(source: SourceText) -> str:
    """Return the line end that a file uses."""
    return "\r\n" if "\r\n" in source.text else "\n"


def with_item(tree: Tree, listed: Tuple, written: str) -> tuple[Edit, ...] | None:
    """Return the edit that adds an item, as it is written, at the end of a list, in the list's own layout."""
    return with_items(tree, listed, [written])


def with_items(tree: Tree, listed: Tuple, written: Sequence[str]) -> tuple[Edit, ...] | None:
    """Return the edits that add items at the end of a list; several items of a list on one line get lines each."""
    text, source = tree.source.text, tree.source
    if not listed.items:
        inside = text[listed.start + 1 : listed.end - 1]
        plain = not inside.strip()
        return (edit(source, listed.start + 1, listed.end - 1, ", ".join(written)),) if plain else None
    last = listed.items[-1]
    comma = _comma(tree, last.end, listed.end - 1)
    if "\n" not in text[listed.start : listed.end]:
        after = text[comma or last.end : listed.end - 1]
        if after.strip() or not _plain(tree, last.end, comma or last.end):
            return None
        commented = any(listed.start <= start < listed.end for start, _ in tree.file.comments)
        if len(written) > 1 and not tree.is_json and not commented:
            return _on_lines(tree, listed, written)
        return (edit(source, last.end, comma or last.end, "".join(f", {one}" for one in written)),)
    line = line_start(text, last.start)
    indent = re.match(r"[ \t]*", text[line:])
    if indent is None or text[line : last.start].strip() or "\n" not in text[last.end : listed.end]:
        return None
    end = line_end(text, comma or last.end)
    comma_at_end = "" if tree.is_json else ","
    lines = (f"{indent[0]}{one}{comma_at_end if one is written[-1] else ','}{newline(source)}" for one in written)
    added = "".join(lines)
    if comma:
        return (edit(source, end, end, added),)
    return edit(source, last.end, last.end, ","), edit(source, end, end, added)


def _on_lines(tree: Tree, listed: Tuple, written: Sequence[str]) -> tuple[Edit, ...]:
    """Return the edit that writes a list of one line with a line for each item, and further ones."""
    text, end = tree.source.text, newline(tree.source)
    line = line_start(text, listed.start)
    indent = text[line : len(text) - len(text[line:].lstrip(" \t"))]
    items = [*(tree.text(one) for one in listed.items), *written]
    lines = "".join(f"{indent}{indent_step(text)}{one},{end}" for one in items)
    return (edit(tree.source, listed.start, listed.end, f"[{end}{lines}{indent}]"),)


def with_lines_after(tree: Tree, block: Block, lines: str) -> tuple[Edit, ...]:
    """Return the edit that adds a block of lines, after a blank line, below another top-level block."""
    text, end = tree.source.text, newline(tree.source)
    at = line_end(text, block.end)
    written = _indented(lines, "", indent_step(text)).replace("\n", end)
    before = end if text[at - 1 : at] != "\n" else ""
    return (edit(tree.source, at, at, f"{before}{end}{written}{end}"),)


def with_lines_in(tree: Tree, body: Body, lines: str) -> tuple[Edit, ...] | None:
    """Return the edit that adds lines in a block's body: below the last nested block like theirs, else at its end.

    They are indented like that block, or as the closing brace plus two.
    """
    text, end = tree.source.text, newline(tree.source)
    line = line_start(text, body.end)
    if tree.is_json or text[line : body.end].strip():
        return None
    step, at = indent_step(text), line
    indent = text[line : body.end] + step
    alike = [one for one in body.blocks if one.type == lines.split(maxsplit=1)[0]]
    if alike and not text[line_start(text, alike[-1].start) : alike[-1].start].strip():
        at = line_end(text, alike[-1].end)
        indent = text[line_start(text, alike[-1].start) : alike[-1].start]
    written = _indented(lines, indent, step).replace("\n", end)
    return (edit(tree.source, at, at, f"{written}{end}"),)


def indent_step(text: str) -> str:
    """Return what a file indents by: a tab if its first indented line has one, else two spaces."""
    found = _INDENT.search(text)
    return "\t" if found and found[1] == "\t" else "  "


_INDENT = regex(r"^([ \t])[ \t]*[^ \t\r\n]", re.MULTILINE)


def _indented(lines: str, indent: str, step: str) -> str:
    """Return lines that are indented by two spaces a level with another indentation."""
    made = []
    for one in lines.strip("\n").split("\n"):
        bare = one.lstrip(" ")
        made.append(f"{indent}{step * ((len(one) - len(bare)) // 2)}{bare}" if bare else "")
    return "\n".join(made)


def with_argument(tree: Tree, body: Body, after: str, name: str, written: str) -> tuple[Edit, ...] | None:
    """Return the edit that adds ``name = written`` on a line of its own after another argument of a body."""
    argument = body.arguments.get(after)
    if argument is None or tree.is_json:
        return None
    text, end = tree.source.text, newline(tree.source)
    line = line_start(text, argument.start)
    if text[line : argument.start].strip():
        return None
    at = line_end(text, argument.end)
    return (edit(tree.source, at, at, f"{text[line : argument.start]}{name} = {written}{end}"),)


def quoted(text: str) -> str:
    """Return a text as a quoted string of Terraform; of JSON, too, unless it has template sequences."""
    return json.dumps(text, ensure_ascii=False).replace("${", "$${").replace("%{", "%%{")


def replaced(tree: Tree, node: Node, written: str) -> tuple[Edit, ...]:
    """Return the edit that replaces a node."""
    return (edit(tree.source, node.start, node.end, written),)
