"""The comments of a source text: what a Terraform or YAML parser skips, never a part of a string."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from typing import Any

from iamlint.basics.lazy_regex import regex
from iamlint.hcl import read_file
from iamlint.hcl.syntax import Template
from iamlint.hcl.walk import walk
from iamlint.location import SourceText

_HCL = (".tf", ".tofu", ".tfvars")
_YAML = (".yaml", ".yml")
_YAML_COMMENT = regex(r"#[^\n\r\x85\u2028\u2029]*+")
"""From ``#`` to the line's end, with YAML 1.1's line ends: https://yaml.org/spec/1.1/#b-break"""
_BLOCK_HEADER = regex(r"[|>][-+0-9]*[ \t]+(?=#)")
"""The text before a comment on the first line of a block scalar, which is one token with its text."""

Stretch = tuple[int, int]


def comments(source: SourceText) -> list[Stretch]:
    """Return the offsets of each comment, in order.

    The list is empty for JSON, which has no comments, for files of other kinds, and for a text with syntax errors.
    """
    if source.path.endswith(_HCL):
        return _of_hcl(source)
    return _of_yaml(source.text) if source.path.endswith(_YAML) else []


def _of_hcl(source: SourceText) -> list[Stretch]:
    """Return the comments outside templates: text in ``${…}`` of a string looks like the string's."""
    file = read_file(source)
    if file.errors:
        return []
    templates = sorted((node.start, node.end) for node in walk(file.body) if isinstance(node, Template))
    outermost: list[Stretch] = []
    for start, end in templates:
        if not outermost or start >= outermost[-1][1]:
            outermost.append((start, end))
    return [one for one in file.comments if not _within(one[0], outermost)]


def _within(offset: int, stretches: list[Stretch]) -> bool:
    before = bisect_right(stretches, (offset, len(stretches))) - 1
    return before >= 0 and stretches[before][0] <= offset < stretches[before][1]


def _of_yaml(text: str) -> list[Stretch]:
    """Return the comments between two tokens of YAML's scanner."""
    import yaml

    bom = text.startswith("\ufeff")  # PyYAML's positions do not count it
    try:
        return [(start + bom, end + bom) for start, end in _yaml_comments(text[bom:])]
    except (yaml.YAMLError, UnicodeEncodeError):
        return []


def _yaml_comments(text: str) -> Iterator[Stretch]:
    import yaml
    from yaml.tokens import ScalarToken, StreamEndToken, StreamStartToken

    loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    last = 0
    for token in yaml.scan(text, Loader=loader):
        if isinstance(token, StreamStartToken):
            continue
        start = len(text) if isinstance(token, StreamEndToken) else token.start_mark.index
        for found in _YAML_COMMENT.finditer(text, last, start):
            yield found.span()
        last = max(last, token.end_mark.index)
        header = _BLOCK_HEADER.match(text, start) if isinstance(token, ScalarToken) and not token.plain else None
        if header:
            comment = _YAML_COMMENT.match(text, header.end())
            if comment:
                yield comment.span()
