"""Where the outputs of a module are written, as its caller sees them."""

from __future__ import annotations

import posixpath
from dataclasses import replace

from iamlint.basics.frozen import mutable
from iamlint.documents.values import Data, Later, SetOf, Value, with_elements
from iamlint.location import Made, Span
from iamlint.sources.names import TERRAFORM

_MOST = 10_000
"""Maximum number of elements of an output that are looked at; a value that refers to itself many times has no end."""
_DEEPEST = 20


def as_output(value: Value, file: str) -> Value:
    """Return the value of an output that is declared in a file.

    What the module makes gets a `Made` place: a template, an attribute of a resource, the result of a function. A
    literal keeps its place, and so does what the module received, or read from a data file.
    """
    return _Output(posixpath.dirname(file)).value(value, 0)


@mutable
class _Output:
    """The walk over an output of a module in a directory. ``left`` is the number of elements that may still follow."""

    directory: str
    left: int = _MOST

    def value(self, value: Value, depth: int) -> Value:
        """Return a value with other places."""
        if isinstance(value.at, Later):  # of a data file, and read only when it is used
            return value
        data, at = value.data, self._place(value.at)
        if self._takes(data, depth):
            data = with_elements(data, lambda one: self.value(one, depth + 1))
        return value if data is value.data and at is value.at else Value(data, at, value.structure)

    def _takes(self, data: Data, depth: int) -> bool:
        elements = data.elements if isinstance(data, SetOf) else data
        if depth == _DEEPEST or not isinstance(elements, tuple | dict) or len(elements) > self.left:
            return False
        self.left -= len(elements)
        return True

    def _place(self, at: Span | None) -> Span | None:
        if isinstance(at, Made):
            taken = at.named is None or posixpath.dirname(at.named.source.path) == self.directory
            return replace(at, named=None) if taken else at
        if at is None or posixpath.dirname(at.source.path) != self.directory or not at.source.path.endswith(TERRAFORM):
            return at
        return at if _is_literal(at) else Made(at.source, at.start, at.end)


def _is_literal(at: Span) -> bool:
    """Whether a value is written as it is, without anything to fill in."""
    text = at.source.text
    filled = any(text.find(mark, at.start, at.end) >= 0 for mark in ("${", "%{"))
    return text.startswith(('"', "<<"), at.start) and not filled
