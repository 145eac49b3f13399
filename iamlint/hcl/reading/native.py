"""HCL's native syntax: bodies of arguments and blocks, and recovery after a syntax error."""

from __future__ import annotations

import re

from iamlint.basics.lazy_regex import regex
from iamlint.hcl.reading.expressions import Expressions
from iamlint.hcl.reading.lexer import NAME, ParseError, shown
from iamlint.hcl.reading.starts import COMPLETE, END, ENTRY, FIRST_LABEL, KEY, OPENING, SECOND_LABEL, Start
from iamlint.hcl.syntax import Argument, Block, Body, Expression, File, Label, Text
from iamlint.hcl.walk import height
from iamlint.location import SourceText, Unreadable

MAX_HEIGHT = 150
"""Maximum depth of one expression's tree; chains of operators and attributes count each link."""

MAX_ERRORS = 20
"""Maximum number of syntax errors; the rest of the file is not read."""

_LONGEST_SIMPLE = 200
"""Maximum length of an argument, in characters, whose tree is certainly not too deep if it is one term."""
_QUOTED_NAME = 'names have no quotes here since Terraform 0.12; a map has "=" before its brace'
_new = object.__new__
"""Makes a node without its ``__init__``, as in `syntax`."""
_TOP_LEVEL = regex(rf'^{NAME}(?:[ \t]++(?:"[^"\n]*+"|{NAME}))*+[ \t]*+\{{', re.MULTILINE)


def read(source: SourceText) -> File:
    """Return the tree of a ``.tf``, ``.tofu`` or ``.tfvars`` file, with its syntax errors.

    The top-level item that contains an error is not read; reading continues at the next block that starts in column 1.
    """
    return _Reader(source).file()


def read_expression(source: SourceText) -> Expression | Unreadable:
    """Return the one expression in a text, as in a value given to a variable on the command line."""
    reader = _Reader(source)
    reader.blank = reader.free
    try:
        expression = reader.checked_expression()
        if reader.peek():
            raise reader.unexpected("the end of the expression")
    except ParseError as error:
        return error.unreadable(source)
    return expression


class _Reader(Expressions):
    """Reads bodies; `top` is the start of the current top-level item."""

    def __init__(self, source: SourceText) -> None:
        super().__init__(source.text)
        self.source = source
        self.errors: list[Unreadable] = []
        self.entry: Start = ENTRY.match
        self.top = 0

    def file(self) -> File:
        """Return all top-level items that can be read."""
        body = Body(0, len(self.text))
        while True:
            try:
                self._file_items(body)
                break
            except ParseError as error:
                self.errors.append(error.unreadable(self.source))
                if not self._resume(error):
                    break
        return File(self.source, body, self.comments, self.errors)

    def _file_items(self, body: Body) -> None:
        while self.peek_over_newlines():
            self.top = self.at
            if self.text.startswith("}", self.at):
                raise ParseError(
                    self.at, self.at + 1, 'this "}" closes nothing', "remove it, or add the block it belongs to"
                )
            match = self.entry(self.text, self.at)
            if match is None:
                self._body_item(body)
            elif match.lastindex == OPENING:
                self._plain_block(body, match)
            else:
                self._argument(body, match)

    def _resume(self, error: ParseError) -> bool:
        """Go to the next block in column 1 after an error, or after an unclosed block; False at the end."""
        line = self.text.rfind("\n", 0, error.start) + 1
        match = _TOP_LEVEL.search(self.text, line if line > self.top else max(error.start, self.top) + 1)
        if match is None:
            return False
        if len(self.errors) >= MAX_ERRORS:
            reason = f"more than {MAX_ERRORS} syntax errors: the rest of the file is not read"
            self.errors.append(ParseError(match.start(), match.end(), reason).unreadable(self.source))
            return False
        self.at, self.depth, self.blank = match.start(), 0, self.line
        return True

    def checked_expression(self, match: re.Match[str] | None = None) -> Expression:
        """Return an expression whose tree is not too deep for recursion; ``match`` is how it starts, if it is known."""
        self.deepest = self.longest = 0
        expression = self.expression(match)
        if (self.deepest + 1) * (self.longest + 8) > MAX_HEIGHT and height(expression, MAX_HEIGHT) > MAX_HEIGHT:
            reason = f"this expression is deeper than {MAX_HEIGHT} levels, operators and attributes in a row included"
            raise ParseError(expression.start, expression.end, reason, "move parts of it into local values")
        return expression

    def _argument(self, body: Body, match: re.Match[str]) -> None:
        """Read an argument that starts with a match of `ENTRY`, up to the end of its line."""
        name = match[KEY]
        if name in body.arguments:
            self._body_item(body)
            return
        self.at = match.end()
        expression = self.checked_expression(match)
        argument = body.arguments[name] = _new(Argument)
        argument.start, argument.name = match.start(KEY), name
        argument.end, argument.written, argument.is_read = expression.end, expression, False
        if self.next != "\n":
            self._end_of_line(self.next, "", "the end of the line")

    def _body_item(self, body: Body, *, alone: bool = False) -> None:
        """Read one argument or block, up to the end of its line; ``alone`` in a block of one line."""
        character = self.peek_over_newlines()
        start = self.at
        if character == '"':
            raise self.unexpected("an argument or a block", _QUOTED_NAME)
        name = self.name("an argument or a block")
        character = self.peek()
        if character == "=" and not self.text.startswith(("==", "=>"), self.at):
            self.at += 1
            expression = self.checked_expression()
            argument = Argument(start, expression.end, name, expression)
            if name in body.arguments:
                line, _column = self.source.position(body.arguments[name].start)
                reason = f'"{shown(name)}" is set twice: already in line {line}'
                error = ParseError(start, start + len(name), reason, "remove one of the two")
                if len(self.errors) < MAX_ERRORS:
                    self.errors.append(error.unreadable(self.source))
            else:
                body.arguments[name] = argument
            what = 'the "}" of the block' if alone else "the end of the line"
            self._end_of_line(self.next, "}" if alone else "", what)
        elif alone:
            hint = "a block of one line holds one argument; put nested blocks on lines of their own"
            raise self.unexpected('"="', hint)
        elif character and (character in '"{' or character.isidentifier() or not character.isascii()):
            body.blocks.append(self._block(start, name))
            self._end_of_line(self.peek(), "", "the end of the line")
        else:
            raise self.unexpected(f'"=" or a block after "{shown(name)}"')

    def _end_of_line(self, character: str, allowed: str, expected: str) -> None:
        if character == "\n" and not allowed:
            return
        if allowed:
            if character != allowed:
                raise self.unexpected(expected, "a block of one line holds one argument")
        elif character and character != "\n":
            hint = "arguments and blocks end at the end of their line"
            raise self.unexpected(expected, f"{hint}, without a comma" if character == "," else hint)

    def _block(self, start: int, kind: str) -> Block:
        labels: list[Label] = []
        while (character := self.peek()) != "{":
            at = self.at
            if character == '"':
                labels.append(self._quoted_label())
            else:
                hint = "a block starts on one line: its type, its labels and an opening brace"
                if character in ("", "\n", "="):
                    raise self.unexpected('a label or "{"', hint)
                labels.append(Label(at, at + len(text := self.name('a label or "{"')), text))
        header_end = labels[-1].end if labels else start + len(kind)
        brace = self.at
        self.at += 1
        self.enter()
        body = Body(brace + 1, brace + 1)
        if self.peek() in ("", "\n", "}"):
            self._items_of(body, start)
        else:
            self._body_item(body, alone=True)
        body.end = self.at
        self.at += 1
        self.depth -= 1
        return Block(start, self.at, kind, tuple(labels), body, header_end)

    def _plain_block(self, into: Body, match: re.Match[str]) -> None:
        """Read a block whose beginning is a match of `ENTRY`, up to the end of its line."""
        block, body = _new(Block), _new(Body)
        block.start, block.header_end = start, _ = match.span(KEY)
        block.type, block.body, block.labels = match[KEY], body, ()
        if match[FIRST_LABEL] is not None:
            first = _label(match, FIRST_LABEL)
            block.labels, block.header_end = (first,), first.end
            if match[SECOND_LABEL] is not None:
                second = _label(match, SECOND_LABEL)
                block.labels, block.header_end = (first, second), second.end
        self.at = body.start = match.end(OPENING)
        self.enter()
        body.arguments, body.blocks = {}, []
        self.at = match.end()
        self._items_of(body, start)
        body.end = self.at
        self.at = block.end = end = body.end + 1
        self.depth -= 1
        into.blocks.append(block)
        if self.text[end : end + 1] != "\n":
            self._end_of_line(self.peek(), "", "the end of the line")

    def _items_of(self, body: Body, start: int) -> None:
        """Read what is in a block of several lines, whose type is at ``start``, up to its brace."""
        text, entry, arguments = self.text, self.entry, body.arguments
        while True:
            at = self.at
            match = entry(text, at)
            if match is not None:
                which = match.lastindex
                if which in COMPLETE:
                    end, name = match.end(), match[KEY]
                    if match[which] == "\n" and end - at < _LONGEST_SIMPLE and name not in arguments:
                        self.at = end
                        expression = self.complete(match, which)
                        argument = arguments[name] = _new(Argument)
                        argument.start, argument.name = match.start(KEY), name
                        argument.end, argument.written, argument.is_read = expression.end, expression, False
                        continue
                elif which == OPENING:
                    self._plain_block(body, match)
                    continue
                elif which == END:
                    self.at = match.start(END)
                    return
                self._argument(body, match)
                continue
            character = self.peek_over_newlines()
            if character == "}":
                return
            if not character:
                raise ParseError(start, body.start, "this block is never closed", 'close it with "}"')
            if self.at == at:  # nothing was skipped, such as a comment
                self._body_item(body)

    def _quoted_label(self) -> Label:
        template = self.quoted()
        text = template.written
        if text is None:
            part = next(part for part in template.parts if not isinstance(part, Text))
            hint = "a label is a plain string; a literal ${ is written $${"
            raise ParseError(part.start, part.end, "a template sequence in the label of a block", hint)
        return Label(template.start, template.end, text)


def _label(match: re.Match[str], group: int) -> Label:
    label = _new(Label)
    label.start, label.end = match.span(group)
    label.text = match[group][1:-1]
    return label
