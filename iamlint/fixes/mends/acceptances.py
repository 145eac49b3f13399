"""Fixes of acceptance that is stale: comments, entries of the configuration and of a baseline."""

from __future__ import annotations

import re

from iamlint.basics.lazy_regex import regex
from iamlint.documents import read_yaml
from iamlint.documents.parts import array, get
from iamlint.documents.values import Value
from iamlint.edits import Edit, edit
from iamlint.fixes.problem import Change, Problem, change
from iamlint.fixes.sources import Tree
from iamlint.fixes.writing import line_end, line_start, without_item
from iamlint.hcl.reading.json_syntax import read_variables
from iamlint.hcl.syntax import Tuple
from iamlint.location import SourceText, Unreadable

_NAMES = regex(r"\[(?P<names>[^\]]*)\]")


def remove_comment(problem: Problem) -> Change | None:
    """Removes an ignore comment that accepts nothing, or its names of rules that report nothing there."""
    tree, idle = problem.sources.tree(problem.finding.at.path), _idle(problem)
    if tree is None or not idle:
        return None
    source = tree.source
    at, _ = source.offsets(problem.finding.at)
    found = next(((start, end) for start, end in tree.file.comments if start <= at < end), None)
    named = _NAMES.search(source.text, at) if found else None
    if found is None or named is None or named.end() > found[1]:
        return None
    names = [one.strip() for one in named["names"].split(",")]
    left = [one for one in names if one not in idle]
    if left:
        edits = (edit(source, named.start("names"), named.end("names"), ", ".join(left)),)
        return change(f"remove {', '.join(one for one in names if one in idle)} from the comment", edits)
    return change("remove the comment", _without_comment(source, *found))


def _idle(problem: Problem) -> set[str]:
    """Return the names of rules that report nothing, from the finding."""
    what, _, _ = problem.finding.subject.partition("\x1f")
    return {one.strip() for one in what.split(",") if one.strip()}


def _without_comment(source: SourceText, start: int, end: int) -> tuple[Edit, ...]:
    text = source.text
    first, last = line_start(text, start), line_end(text, start)
    if not text[first:start].strip() and not text[end:last].strip():
        return (edit(source, first, max(last, end), ""),)
    before = len(text[:start].rstrip(" \t"))
    return (edit(source, before, len(text[:end].rstrip("\r\n")), ""),)


def remove_entry(problem: Problem) -> Change | None:
    """Removes an entry of the configuration or of a baseline that accepts no finding."""
    source = problem.sources.texts.get(problem.finding.at.path)
    if source is None:
        return None
    if source.path.endswith(".json"):
        return change("remove the entry of the baseline", _of_baseline(source, *source.offsets(problem.finding.at)))
    if source.path.endswith((".yaml", ".yml")):
        return change("remove the entry", _of_settings(source, source.offsets(problem.finding.at)[0]))
    return None


def _of_baseline(source: SourceText, start: int, end: int) -> tuple[Edit, ...] | None:
    """Return the edit that removes an entry of the list of findings."""
    file = read_variables(source)
    found = file.body.arguments.get("findings")
    if file.errors or found is None or not isinstance(found.expression, Tuple):
        return None
    entry = next((one for one in found.expression.items if one.start <= start < one.end), None)
    return without_item(Tree(file), found.expression, entry) if entry and end >= start else None


def _of_settings(source: SourceText, start: int) -> tuple[Edit, ...] | None:
    """Return the edit that removes an entry of ``accept``, with the last one the key. The list must be in lines."""
    documents = read_yaml(source)
    if isinstance(documents, Unreadable) or len(documents) != 1:
        return None
    items = array(get(documents[0], "accept"))
    text = source.text
    starts = [_dash(text, one) for one in items]
    number = next((n for n, one in enumerate(items) if one.at and one.at.start <= start < one.at.end), None)
    if number is None or None in starts:
        return None
    first = _with_comments(text, starts[number] or 0)
    after = starts[number + 1] if number + 1 < len(starts) else None
    after = _end_of(text, starts[number] or 0) if after is None else _with_comments(text, after)
    if len(items) == 1:
        key = re.search(r"^accept[ \t]*:[ \t]*(?:#[^\n]*)?\r?\n", text[:first], re.MULTILINE)
        if key is None or text[key.end() : first].strip():
            return None
        first = key.start()
    return (edit(source, first, after, ""),)


def _with_comments(text: str, start: int) -> int:
    """Return the start of the indented comment lines directly above a line."""
    while start:
        above = line_start(text, start - 1)
        if not re.match(r"[ \t]+#", text[above:start]):
            break
        start = above
    return start


def _dash(text: str, item: Value) -> int | None:
    """Return the start of the line of an item that begins with a dash; None for one in brackets."""
    if item.at is None:
        return None
    line = line_start(text, item.at.start)
    return line if re.fullmatch(r"[ \t]*-[ \t]+", text[line : item.at.start]) else None


def _end_of(text: str, start: int) -> int:
    """Return the end of an item: the start of the first line after it that is not indented deeper than its dash."""
    indent = len(text[start:]) - len(text[start:].lstrip(" "))
    at = line_end(text, start)
    end = at
    while at < len(text):
        line = text[at : line_end(text, at)]
        if line.strip() and len(line) - len(line.lstrip(" ")) <= indent:
            break
        at = line_end(text, at)
        end = at if line.strip() else end
    return end
