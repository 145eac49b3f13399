"""Parses expressions: recursive descent, but loops for operators and traversals; only nesting uses the stack."""

from __future__ import annotations

import re

from iamlint.basics.lazy_regex import regex
from iamlint.documents.numbers import number
from iamlint.hcl.lexer import MAX_DEPTH, NAME, NOT_IN_NAME, ParseError, shown
from iamlint.hcl.syntax import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    ForObject,
    ForTuple,
    Index,
    Item,
    Literal,
    Object,
    Parentheses,
    Splat,
    Template,
    Text,
    Tuple,
    Unary,
    Variable,
)
from iamlint.hcl.templates import Templates

SIMPLE = rf'[ \t]*+(?:"([^"\\$%\r\n]*+)"|({NAME}(?:\.{NAME})*+))[ \t]*+'
"""One plain string or one reference, the most frequent expressions; what follows decides whether that is all."""
_START_IN_LINE = regex(
    rf'[ \t]*+(?:"([^"\\$%\r\n]*+)"(?:[ \t]*+(?=([\n,)\]}}])))?'
    rf"|({NAME}(?:\.{NAME})*+)(?:(\()|[ \t]*+(?=([\n,)\]}}])))?)"
)
"""The start of nearly every expression: a plain string, a reference or a call, and what ends it there."""
_START = regex(
    rf'[ \t\n]*+(?:"([^"\\$%\r\n]*+)"(?:[ \t\n]*+(?=([,)\]}}])))?'
    rf"|({NAME}(?:\.{NAME})*+)(?:(\()|[ \t\n]*+(?=([,)\]}}])))?)"
)
"""The same inside of brackets, where a newline is a blank."""
_STRING, _WHOLE_STRING, _CALL, _WHOLE_REFERENCE = 1, 2, 4, 5
"""The last group of a match of these: what it is, and whether that is all of the expression."""
_FOR = regex(rf"for(?![^{NOT_IN_NAME}])")
_ITEM = regex(rf"[ \t\n]*+({NAME})[ \t]*+(?:=(?![=>])|:(?!:))(?:{SIMPLE}(?=[\n,}}]))?")
"""The key of an item of an object and, if that is all, its value."""
_NUMBER = regex(r"[0-9](?:\.*+(?:[0-9]|[eE][+-]?[0-9]))*")
_DECIMAL = regex(r"[0-9]+(?:\.[0-9]*)?(?:[eE][+-]?[0-9]+)?")
_OPERATOR = regex(r"\|\||&&|[=!<>]=|[<>+\-*/%]")
_OPERATOR_START = frozenset("|&=!<>+-*/%")
_NO_TRAVERSAL = frozenset(",)]}")
_PRECEDENCE = {
    operator: level
    for level, operators in enumerate(("||", "&&", "== !=", "< <= > >=", "+ -", "* / %"))
    for operator in operators.split()
}
_KEYWORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class Expressions(Templates):
    """The part of the parser that reads expressions.

    `longest` is the longest chain of operators or traversals since the last reset: such a chain makes the tree deep
    even if the text is not nested.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self.longest = 0
        self.deepest = 0

    def expression(self, match: re.Match[str] | None = None) -> Expression:
        """Return the expression at the cursor, and move to the next significant character.

        ``match`` is how it starts, if that is known.
        """
        match = match or (_START_IN_LINE if self.blank is self.line else _START).match(self.text, self.at)
        if match is not None:  # most expressions are one plain string or one reference, and nothing can follow
            which = match.lastindex
            if which == _WHOLE_REFERENCE:
                self.at = match.end()
                self.next = match[_WHOLE_REFERENCE]
                return self.reference(match.start(3), match[3])
            if which == _WHOLE_STRING:
                self.at = match.end()
                self.next = match[_WHOLE_STRING]
                return self.plain_string(match, 1)
        depth = self.depth = self.depth + 1
        if depth > self.deepest:
            self.deepest = depth
            if depth > MAX_DEPTH:
                raise self.too_deep()
        left = self._term(match) if match is not None else self._other_operand()
        if self.next in _OPERATOR_START:
            left = self._operation(left)
        if self.next == "?":
            self.at += 1
            then = self.expression()
            if self.next != ":":
                raise self.unexpected('the ":" of the conditional')
            self.at += 1
            otherwise = self.expression()
            left = Conditional(left.start, otherwise.end, left, then, otherwise)
        self.depth -= 1
        return left

    def _term(self, match: re.Match[str]) -> Expression:
        """Return the term that starts with a match, with its traversals."""
        which = match.lastindex
        if which == _WHOLE_REFERENCE:
            self.at = match.end()
            self.next = match[_WHOLE_REFERENCE]
            return self.reference(match.start(3), match[3])
        if which in (_STRING, _WHOLE_STRING):
            self.at = match.end(1) + 1
            return self._traversals(self.plain_string(match, 1))
        start, path = match.start(3), match[3]
        self.at = start + len(path)
        if "." in path:
            return self._traversals(self.reference(start, path))
        if which == _CALL:
            if not path.isascii():
                self.check_name(path, start)
            return self._traversals(self._called(start, path))
        character = self.peek()
        if character == "(" or (character == ":" and self.text.startswith("::", self.at)):
            if not path.isascii():
                self.check_name(path, start)
            return self._traversals(self._call(start, path))
        return self._traversals(self.reference(start, path))

    def plain_string(self, match: re.Match[str], group: int) -> Template:
        """Return the string whose content is a group of a match."""
        start, end = match.span(group)
        return Template(start - 1, end + 1, (Text(start, end, match[group]),) if start < end else ())

    def _operation(self, first: Expression) -> Expression:
        """Return a chain of binary operators by precedence, all left-associative."""
        operands: list[Expression] = [first]
        pending: list[str] = []
        count = 0
        while True:
            match = _OPERATOR.match(self.text, self.at)
            level = _PRECEDENCE[match.group()] if match else -1
            while pending and _PRECEDENCE[pending[-1]] >= level:
                right, left = operands.pop(), operands.pop()
                operands.append(Binary(left.start, right.end, pending.pop(), left, right))
            if match is None:
                self.longest = max(self.longest, count)
                return operands[0]
            count += 1
            pending.append(match.group())
            self.at = match.end()
            operands.append(self._operand())

    def _operand(self) -> Expression:
        """Return a term with its traversals, or a negation of one."""
        match = (_START_IN_LINE if self.blank is self.line else _START).match(self.text, self.at)
        return self._term(match) if match is not None else self._other_operand()

    def _other_operand(self) -> Expression:
        """Do the same where no plain string or name comes directly, but perhaps after a comment."""
        at = self.at
        character = self.peek()
        if self.at > at:
            match = (_START_IN_LINE if self.blank is self.line else _START).match(self.text, self.at)
            if match is not None:
                return self._term(match)
        if character == '"':
            return self._traversals(self.quoted())
        if character == "[":
            return self._traversals(self._tuple())
        if character == "{":
            return self._traversals(self._object())
        if character == "(":
            return self._traversals(self._parentheses())
        if character == "<":
            return self._traversals(self.heredoc())
        if character in ("-", "!"):
            return self._unary()
        if character.isdecimal() and character.isascii():
            return self._traversals(self._number())
        raise self.unexpected("an expression")

    def _unary(self) -> Expression:
        signs: list[int] = []
        while self.peek() in ("-", "!"):
            signs.append(self.at)
            self.at += 1
        self.longest = max(self.longest, len(signs))
        operand = self._operand()
        for at in reversed(signs):
            operand = Unary(at, operand.end, self.text[at], operand)
        return operand

    def reference(self, start: int, path: str) -> Expression:
        """Return a root name and the attributes after it, or a keyword."""
        dot = path.find(".")
        first = path if dot < 0 else path[:dot]
        end = start + len(first)
        node: Expression
        node = Literal(start, end, _KEYWORDS[first]) if first in _KEYWORDS else Variable(start, end, first)
        if dot >= 0:
            rest = path[dot + 1 :].split(".")
            for name in rest:
                end += 1 + len(name)
                node = Attribute(start, end, node, name)
            if len(rest) > 4:
                self.longest = max(self.longest, len(rest))
        if not path.isascii():
            for name in path.split("."):
                self.check_name(name, start)
                start += len(name) + 1
        return node

    def _call(self, start: int, name: str) -> Call:
        while self.text.startswith("::", self.at):
            self.at += 2
            name += "::" + self.name("the name of a function")
            self.peek()
        if self.text[self.at : self.at + 1] != "(":
            raise self.unexpected('the "(" of the call')
        return self._called(start, name)

    def _called(self, start: int, name: str) -> Call:
        """Return a call whose parenthesis is at the cursor."""
        opened = self.at
        match = _START.match(self.text, opened + 1)
        if match is not None and match.lastindex == _WHOLE_REFERENCE and match[_WHOLE_REFERENCE] == ")":
            self.at = match.end() + 1
            return Call(start, self.at, name, (self.reference(match.start(3), match[3]),))
        blank, self.blank = self.blank, self.free
        self.at += 1
        arguments: list[Expression] = []
        expand = False
        while True:
            match = _START.match(self.text, self.at)
            if match is None and (character := self.peek()) in ("", ")"):
                if character:
                    break
                raise self.unclosed(character, opened, ")", "")
            arguments.append(self.expression(match))
            character = self.next
            if character == ",":
                self.at += 1
                continue
            if self.text.startswith("...", self.at):
                expand = True
                self.at += 3
                character = self.peek()
            if character != ")":
                raise self.unclosed(character, opened, ")", '")"' if expand else '"," or ")" after an argument')
        self.at += 1
        self.blank = blank
        return Call(start, self.at, name, tuple(arguments), expand)

    def _number(self) -> Literal:
        match = _NUMBER.match(self.text, self.at)
        written = match.group() if match else ""
        value = number(written) if _DECIMAL.fullmatch(written) else None
        if value is None:
            raise ParseError(self.at, self.at + len(written), f"{shown(written)} is not a number, or out of range")
        node = Literal(self.at, self.at + len(written), value)
        self.at = node.end
        return node

    def _parentheses(self) -> Parentheses:
        start, blank = self.at, self.blank
        self.blank = self.free
        self.at += 1
        inner = self.expression()
        character = self.peek()
        if character != ")":
            raise self.unclosed(character, start, ")", '")"')
        self.at += 1
        self.blank = blank
        return Parentheses(start, self.at, inner)

    def _tuple(self) -> Tuple | ForTuple:
        start, blank = self.at, self.blank
        self.blank = self.free
        self.at += 1
        node: Tuple | ForTuple
        if self.peek() == "f" and _FOR.match(self.text, self.at):
            node = self._for_tuple(start)
        else:
            items: list[Expression] = []
            while True:
                match = _START.match(self.text, self.at)
                if match is None and (character := self.peek()) in ("", "]"):
                    if character:
                        break
                    raise self.unclosed(character, start, "]", "")
                items.append(self.expression(match))
                character = self.next
                if character == ",":
                    self.at += 1
                elif character != "]":
                    raise self.unclosed(character, start, "]", '"," or "]" after an item of the list')
            self.at += 1
            node = Tuple(start, self.at, tuple(items))
        self.blank = blank
        return node

    def _object(self) -> Object | ForObject:
        start, blank = self.at, self.blank
        self.at += 1
        node: Object | ForObject
        if self.peek_over_newlines() == "f" and _FOR.match(self.text, self.at):
            self.blank = self.free
            node = self._for_object(start)
        else:
            self.blank = self.line
            node = self._items(start)
        self.blank = blank
        return node

    def _items(self, start: int) -> Object:
        items: list[tuple[Expression, Expression]] = []
        text = self.text
        while True:
            match = _ITEM.match(text, self.at)
            if match is None:
                if self.peek_over_newlines() == "}":
                    break
                match = _ITEM.match(text, self.at)  # after a comment
            if match is None:
                key = self._key(start)
                items.append((key, self.expression()))
                character = self.next
            else:
                name, at, self.at = match[1], match.start(1), match.end()
                if not name.isascii():
                    self.check_name(name, at)
                key = Template(at, at + len(name), (Text(at, at + len(name), name),))
                which = match.lastindex
                if which == 1:
                    items.append((key, self.expression()))
                    character = self.next
                else:
                    value = self.plain_string(match, 2) if which == 2 else self.reference(match.start(3), match[3])
                    items.append((key, value))
                    character = text[self.at]
            if character == ",":
                self.at += 1
            elif character not in ("\n", "}"):
                raise self.unclosed(character, start, "}", 'a newline, "," or "}" after an item of the object')
        self.at += 1
        return Object(start, self.at, tuple(items))

    def _key(self, start: int) -> Expression:
        """Return the key of an item that is no name, after reading its ``=`` or ``:``."""
        if self.at >= len(self.text):
            raise self.unclosed("", start, "}", "")
        key = self.expression()
        character = self.next
        if character not in ("=", ":") or self.text.startswith(("==", "=>", "::"), self.at):
            raise self.unclosed(character, start, "}", '"=" after the key of an item')
        self.at += 1
        bare = isinstance(key, Variable) or (isinstance(key, Literal) and self.text[key.start : key.end] in _KEYWORDS)
        if bare:
            name = self.text[key.start : key.end]
            return Template(key.start, key.end, (Text(key.start, key.end, name),))
        return key

    def _for_head(self) -> tuple[str | None, str, Expression]:
        self.at += len("for")
        key, value = self.for_names()
        collection = self.expression()
        if self.peek() != ":":
            raise self.unexpected('the ":" after the collection of the for expression')
        self.at += 1
        return key, value, collection

    def _for_condition(self) -> Expression | None:
        return self.expression() if self.keyword("if") else None

    def _for_tuple(self, start: int) -> ForTuple:
        key, value, collection = self._for_head()
        result = self.expression()
        condition = self._for_condition()
        character = self.peek()
        if character != "]":
            raise self.unclosed(character, start, "]", '"]" or "if" after the result of the for expression')
        self.at += 1
        return ForTuple(start, self.at, key, value, collection, result, condition)

    def _for_object(self, start: int) -> ForObject:
        key, value, collection = self._for_head()
        result_key = self.expression()
        self.peek()
        if not self.text.startswith("=>", self.at):
            raise self.unexpected('"=>" after the key of the for expression')
        self.at += 2
        result = self.expression()
        self.peek()
        grouped = self.text.startswith("...", self.at)
        self.at += 3 * grouped
        condition = self._for_condition()
        character = self.peek()
        if character != "}":
            raise self.unclosed(character, start, "}", '"}" or "if" after the result of the for expression')
        self.at += 1
        return ForObject(start, self.at, key, value, collection, result_key, result, condition, grouped)

    def _traversals(self, node: Expression) -> Expression:
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
                if count > self.longest:  # noqa: PLR1730
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
            key = self._number()
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
            each = self._traversals(Item(opened, self.at))
            self.depth -= 1
            return Splat(node.start, each.end, node, each)
        blank, self.blank = self.blank, self.free
        key = self.expression()
        character = self.peek()
        if character != "]":
            raise self.unclosed(character, opened, "]", '"]" after the index')
        self.at += 1
        self.blank = blank
        return Index(node.start, self.at, node, key)
