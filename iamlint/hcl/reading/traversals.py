"""Numbers, and what follows a term: attributes, indices and splats."""

from __future__ import annotations

from iamlint.basics.lazy_regex import regex
from iamlint.documents.numbers import number
from iamlint.hcl.reading.lexer import ParseError, shown
from iamlint.hcl.reading.templates import Templates
from iamlint.hcl.syntax import Attribute, Expression, Index, Item, Literal, Splat

_NUMBER = regex(r"[0-9](?:\.*+(?:[0-9]|[eE][+-]?[0-9]))*")
_DECIMAL = regex(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_NO_TRAVERSAL = frozenset(",)]}")


class Traversals(Templates):
    """The part of the parser that reads numbers and traversals.

    `longest` is the longest chain of operators or traversals since the last reset: such a chain makes the tree deep
    even if the text is not nested. `deepest` is the largest depth of an expression that is more than one term.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.longest = 0
        self.deepest = 0

    def number(self) -> Literal:
        """Return the number at the cursor."""
        match = _NUMBER.match(self.text, self.at)
        written = match.group() if match else ""
        value = number(written) if _DECIMAL.fullmatch(written) else None
        if value is None:
            raise ParseError(self.at, self.at + len(written), f"{shown(written)} is not a number, or out of range")
        node = Literal(self.at, self.at + len(written), value)
        self.at = node.end
        return node

    def traversals(self, node: Expression) -> Expression:
        """Return a term with everything that follows it: ``.name``, ``.0``, ``[key]`` and the splats."""
        character = self.text[self.at : self.at + 1]
        if character in _NO_TRAVERSAL or (character == "\n" and self.blank is self.line):
            self.next = character
            return node
        count = 0
        while True:
            character = self.peek()
            if character == "." and not self.text.startswith("...", self.at):
                node = self._dot(node)
            elif character == "[":
                node = self._bracket(node)
            else:
                self.next = character
                if count > self.longest:  # noqa: PLR1730  # faster than max()
                    self.longest = count
                return node
            count += 1

    def _dot(self, node: Expression) -> Expression:
        self.at += 1
        character = self.peek()
        if character == "*":
            return self._attribute_splat(node)
        return self._step(node, character)

    def _step(self, node: Expression, character: str) -> Expression:
        """Return the attribute, or the legacy index, after a dot."""
        if character.isdecimal() and character.isascii():
            key = self.number()
            written = self.text[key.start : key.end]
            if "." in written:
                fixed = "".join(f"[{part}]" for part in written.split("."))
                raise ParseError(key.start, key.end, f".{shown(written)} is not an index", f"write {shown(fixed)}")
            return Index(node.start, key.end, node, key)
        name = self.name("the name of an attribute after the dot")
        return Attribute(node.start, self.at, node, name)

    def _attribute_splat(self, source: Expression) -> Splat:
        """Return ``.*``, whose item takes the attributes that follow directly, and nothing else."""
        self.at += 1
        each: Expression = Item(self.at - 1, self.at)
        count = 0
        while self.peek() == "." and not self.text.startswith("...", self.at):
            self.at += 1
            each = self._step(each, self.peek())
            count += 1
        self.longest = max(self.longest, count)
        return Splat(source.start, each.end, source, each)

    def _bracket(self, node: Expression) -> Expression:
        opened = self.at
        self.at += 1
        if self.peek() == "*":
            self.at += 1
            character = self.peek()
            if character != "]":
                raise self.unclosed(character, opened, "]", '"]" after "[*"')
            self.at += 1
            self.enter()
            each = self.traversals(Item(opened, self.at))
            self.depth -= 1
            return Splat(node.start, each.end, node, each)
        blank, self.blank = self.blank, self.free
        key = self.expression()
        character = self.next
        if character != "]":
            raise self.unclosed(character, opened, "]", '"]" after the index')
        self.at += 1
        self.blank = blank
        return Index(node.start, self.at, node, key)
