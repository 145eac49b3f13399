"""Parses expressions: recursive descent, but loops for operators and traversals; only nesting uses the stack."""

from __future__ import annotations

import re
from functools import cached_property

from iamlint.basics.lazy_regex import regex
from iamlint.hcl.reading.lexer import MAX_DEPTH, NOT_IN_NAME
from iamlint.hcl.reading.starts import (
    AFTER_DIGITS,
    AFTER_PATH,
    BRACKET,
    CALL,
    CLOSING,
    COMPLETE,
    DIGITS,
    EXPRESSION,
    EXPRESSION_IN_BRACKETS,
    ITEM,
    KEY,
    PATH,
    STRING,
    Start,
)
from iamlint.hcl.reading.traversals import Traversals
from iamlint.hcl.syntax import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    ForObject,
    ForTuple,
    Literal,
    Object,
    Parentheses,
    Template,
    Tuple,
    Unary,
    Variable,
    key_node,
    string_node,
)

_FOR = regex(rf"for(?![^{NOT_IN_NAME}])")
_BLANKS, _ASCII_NAME = r"[ \t\n]", r"([A-Za-z_][A-Za-z0-9_\-]*+)"
_FOR_HEAD = regex(
    rf"for{_BLANKS}++{_ASCII_NAME}{_BLANKS}*+(?:,{_BLANKS}*+{_ASCII_NAME}{_BLANKS}*+)?in(?![^{NOT_IN_NAME}])"
)
"""The names of a ``for`` as they are nearly always written."""
_new = object.__new__
"""Makes a node without its ``__init__``, as in `syntax`."""
_OPERATOR = regex(r"\|\||&&|[=!<>]=|[<>+\-*/%]")
_OPERATOR_START = frozenset("|&=!<>+-*/%")
_ENDS = frozenset("\n,)]}")
"""What ends an expression, too, after a complete term."""
_PRECEDENCE = {
    operator: level
    for level, operators in enumerate(("||", "&&", "== !=", "< <= > >=", "+ -", "* / %"))
    for operator in operators.split()
}
_KEYWORDS: dict[str, bool | None] = {"true": True, "false": False, "null": None}


class Expressions(Traversals):
    """The part of the parser that reads expressions."""

    @cached_property
    def in_line(self) -> Start:
        """The start of an expression that ends with its line. A pattern is compiled when a text needs it."""
        return EXPRESSION.match

    @cached_property
    def in_brackets(self) -> Start:
        """The start of an expression between brackets, where a newline is a blank."""
        return EXPRESSION_IN_BRACKETS.match

    @cached_property
    def item(self) -> Start:
        """The start of an item of an object."""
        return ITEM.match

    def expression(self, match: re.Match[str] | None = None) -> Expression:
        """Return the expression at the cursor, and move to the next significant character.

        ``match`` is how it starts, if that is known: the cursor may be anywhere before it, but if nothing is known of
        the expression, the cursor is at its start.
        """
        if match is None:
            match = (self.in_line if self.blank is self.line else self.in_brackets)(self.text, self.at)
        if match is not None:
            which = match.lastindex
            if which in COMPLETE and (character := match[which]) in _ENDS:  # most expressions are one such term
                self.at = match.end()
                self.next = character
                if which == AFTER_PATH:
                    return self.reference(match.start(PATH), match[PATH])
                return self.complete(match, which)
        depth = self.depth = self.depth + 1
        if depth > self.deepest:
            self.deepest = depth
            if depth > MAX_DEPTH:
                if match is not None and match[KEY].strip():  # the error is directly after the sign
                    self.at = self.line(self.text, match.end(KEY)).end() + 1
                raise self.too_deep()
        left = self._term(match) if match is not None else self._other_operand()
        if self.next in _ENDS:
            self.depth = depth - 1
            return left
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

    def complete(self, match: re.Match[str], which: int) -> Expression:
        """Return the term of a match whose last group is one of `COMPLETE`."""
        if which == AFTER_PATH:
            return self.reference(match.start(PATH), match[PATH])
        start, end = match.span(STRING)
        return string_node(start, end, match[STRING])

    def _term(self, match: re.Match[str]) -> Expression:
        """Return the term that starts with a match, with its traversals."""
        which = match.lastindex
        if which in COMPLETE:
            self.at = match.end()
            self.next = match[which]
            if which != AFTER_PATH:
                return self.complete(match, which)
            if self.next == ":" and self.text.startswith("::", self.at):
                return self._named(match.start(PATH), match[PATH])
            return self.reference(match.start(PATH), match[PATH])
        if which == CALL:
            start, path = match.start(PATH), match[PATH]
            if "." in path or not path.isascii():
                return self._named(start, path)
            self.at = match.start(CALL)
            return self.traversals(self._called(start, path))
        if which == BRACKET:
            self.at = match.start(BRACKET)
            character = match[BRACKET]
            read = self._tuple if character == "[" else self._object if character == "{" else self._parentheses
            return self.traversals(read())
        if which == STRING:
            start, end = match.span(STRING)
            self.at = end + 1
            return self.traversals(string_node(start, end, match[STRING]))
        if which == AFTER_DIGITS:
            self.at = match.end()
            self.next = match[AFTER_DIGITS]
            node = _new(Literal)
            node.start, node.end = match.span(DIGITS)
            node.value = int(match[DIGITS])
            return node
        if which == PATH:
            return self._named(match.start(PATH), match[PATH])
        return self._other_operand()

    def _named(self, start: int, path: str) -> Expression:
        """Return the reference or call that starts with names joined by dots, with its traversals."""
        self.at = start + len(path)
        if "." in path:
            return self.traversals(self.reference(start, path))
        character = self.peek()
        if character == "(" or (character == ":" and self.text.startswith("::", self.at)):
            if not path.isascii():
                self.check_name(path, start)
            return self.traversals(self._call(start, path))
        return self.traversals(self.reference(start, path))

    def _operation(self, first: Expression) -> Expression:
        """Return a chain of binary operators by precedence, all left-associative."""
        match = _OPERATOR.match(self.text, self.at)
        if match is None:
            return first
        self.at = match.end()
        second = self._operand()
        if self.next not in _OPERATOR_START:  # most often there is one operator
            self.longest = max(self.longest, 1)
            return Binary(first.start, second.end, match.group(), first, second)
        operands, pending, count = [first, second], [match.group()], 1
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
        match = (self.in_line if self.blank is self.line else self.in_brackets)(self.text, self.at)
        return self._term(match) if match is not None else self._other_operand()

    def _other_operand(self) -> Expression:
        """Do the same where no plain string or name comes directly, but perhaps after a comment."""
        at = self.at
        character = self.peek()
        if self.at > at:
            match = (self.in_line if self.blank is self.line else self.in_brackets)(self.text, self.at)
            if match is not None and match.lastindex != CLOSING:
                return self._term(match)
        if character == '"':
            return self.traversals(self.quoted())
        if character == "[":
            return self.traversals(self._tuple())
        if character == "{":
            return self.traversals(self._object())
        if character == "(":
            return self.traversals(self._parentheses())
        if character == "<":
            return self.traversals(self.heredoc())
        if character in ("-", "!"):
            return self._unary()
        if character.isdecimal() and character.isascii():
            return self.traversals(self.number())
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
        root, dot, rest = path.partition(".")
        node: Expression
        if root in _KEYWORDS:
            node = _new(Literal)
            node.value = _KEYWORDS[root]
        else:
            node = _new(Variable)
            node.name = root
        node.start = start
        node.end = end = start + len(root)
        if dot:
            names = rest.split(".")
            for name in names:
                inner, node = node, _new(Attribute)
                node.start = start
                node.end = end = end + 1 + len(name)
                node.object, node.name = inner, name
            if len(names) > 4:
                self.longest = max(self.longest, len(names))
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
        opened, blank, text = self.at, self.blank, self.text
        self.blank = self.free
        self.at += 1
        arguments: list[Expression] = []
        expand = False
        while True:
            match = self.in_brackets(text, self.at)
            if match is None:
                if (character := self.peek()) in ("", ")"):
                    if character:
                        break
                    raise self.unclosed(character, opened, ")", "")
            elif match.lastindex == CLOSING and match[CLOSING] == ")":
                self.at = match.start(CLOSING)
                break
            arguments.append(self.expression(match))
            character = self.next
            if character == ",":
                self.at += 1
                continue
            if character == ")":
                break
            if text.startswith("...", self.at):
                expand = True
                self.at += 3
                character = self.peek()
            if character != ")":
                raise self.unclosed(character, opened, ")", '")"' if expand else '"," or ")" after an argument')
        node = _new(Call)
        node.start = start
        self.at = node.end = self.at + 1
        node.name, node.arguments, node.expand = name, tuple(arguments), expand
        self.blank = blank
        return node

    def _parentheses(self) -> Parentheses:
        start, blank = self.at, self.blank
        self.blank = self.free
        self.at += 1
        inner = self.expression()
        character = self.next
        if character != ")":
            raise self.unclosed(character, start, ")", '")"')
        self.at += 1
        self.blank = blank
        return Parentheses(start, self.at, inner)

    def _tuple(self) -> Tuple | ForTuple:
        start, blank, text = self.at, self.blank, self.text
        self.blank = self.free
        self.at += 1
        items: list[Expression] = []
        match = self.in_brackets(text, self.at)
        if (
            (match is None or (match[PATH] or "").startswith("for"))
            and self.peek() == "f"
            and _FOR.match(text, self.at)
        ):
            result = self._for_tuple(start)
            self.blank = blank
            return result
        if match is not None:
            self.at = match.end(KEY)
        while True:
            if match is None:
                if (character := self.peek()) in ("", "]"):
                    if character:
                        break
                    raise self.unclosed(character, start, "]", "")
            elif match.lastindex == CLOSING and match[CLOSING] == "]":
                self.at = match.start(CLOSING)
                break
            items.append(self.expression(match))
            character = self.next
            if character == "]":
                break
            if character != ",":
                raise self.unclosed(character, start, "]", '"," or "]" after an item of the list')
            self.at += 1
            match = self.in_brackets(text, self.at)
        node = _new(Tuple)
        node.start = start
        self.at = node.end = self.at + 1
        node.items = tuple(items)
        self.blank = blank
        return node

    def _object(self) -> Object | ForObject:
        start, blank = self.at, self.blank
        self.at += 1
        node: Object | ForObject
        match = self.item(self.text, self.at)
        if (match is None or match[KEY] == "for") and (
            self.peek_over_newlines() == "f" and _FOR.match(self.text, self.at)
        ):
            self.blank = self.free
            node = self._for_object(start)
        else:
            self.blank = self.line
            node = self._items(start, match)
        self.blank = blank
        return node

    def _items(self, start: int, match: re.Match[str] | None) -> Object:
        """Return an object whose first item, or end, is a match of `ITEM` if it is one."""
        items: list[tuple[Expression, Expression]] = []
        key: Expression
        while True:
            if match is None and self.peek_over_newlines() == "}":
                break
            match = match or self.item(self.text, self.at)  # after a comment
            if match is None:
                key = self._key(start)
                items.append((key, self.expression()))
            elif match.lastindex == CLOSING:
                self.at = match.start(CLOSING)
                break
            else:
                name, (at, end) = match[KEY], match.span(KEY)
                key = self._quoted_key(at, end, name) if name[0] == '"' else key_node(at, end, name)
                if not name.isascii() and name[0] != '"':
                    self.check_name(name, at)
                self.at = match.end()
                items.append((key, self.expression(match)))
            character = self.next
            if character == ",":
                self.at += 1
            elif character == "}":
                break
            elif character != "\n":
                raise self.unclosed(character, start, "}", 'a newline, "," or "}" after an item of the object')
            match = self.item(self.text, self.at)
        node = _new(Object)
        node.start = start
        self.at = node.end = self.at + 1
        node.items = tuple(items)
        return node

    def _quoted_key(self, start: int, end: int, written: str) -> Template:
        """Return a plain string as key, which counts as a level."""
        if self.depth >= MAX_DEPTH:
            self.at = start
            raise self.too_deep()
        return string_node(start + 1, end - 1, written[1:-1])

    def _key(self, start: int) -> Expression:
        """Return the key of an item that is not a name, after reading its ``=`` or ``:``."""
        if self.at >= len(self.text):
            raise self.unclosed("", start, "}", "")
        key = self.expression()
        character = self.next
        if character not in ("=", ":") or self.text.startswith(("==", "=>", "::"), self.at):
            raise self.unclosed(character, start, "}", '"=" after the key of an item')
        self.at += 1
        bare = isinstance(key, Variable) or (isinstance(key, Literal) and self.text[key.start : key.end] in _KEYWORDS)
        if bare:
            return key_node(key.start, key.end, self.text[key.start : key.end])
        return key

    def _for_head(self) -> tuple[str | None, str, Expression]:
        plain = _FOR_HEAD.match(self.text, self.at)
        if plain is not None:
            self.at = plain.end()
            first, second = plain.groups()
            key, value = (None, first) if second is None else (first, second)
        else:
            self.at += len("for")
            key, value = self.for_names()
        collection = self.expression()
        if self.next != ":":
            raise self.unexpected('the ":" after the collection of the for expression')
        self.at += 1
        return key, value, collection

    def _for_condition(self) -> Expression | None:
        return self.expression() if self.next not in _ENDS and self.keyword("if") else None

    def _for_tuple(self, start: int) -> ForTuple:
        key, value, collection = self._for_head()
        result = self.expression()
        condition = self._for_condition()
        character = self.next
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
