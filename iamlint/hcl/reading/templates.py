"""Templates: quoted strings and heredocs, their escapes, ``${…}``, ``%{…}`` and the strip markers ``~``.

HCL cuts a template into literals and sequences, applies strip markers to the adjacent literal (in a heredoc a literal
ends with its line), removes the indentation of ``<<-`` from the literals that start a line, and only then nests the
directives (hclsyntax/parser_template.go). The same is done here, in the same order. A `Text` is one range with the same
characters in the source and the value, or one escape sequence.
"""

from __future__ import annotations

import re
from abc import abstractmethod

from iamlint.basics.frozen import mutable
from iamlint.basics.lazy_regex import regex
from iamlint.hcl.reading.lexer import MAX_DEPTH, NAME, Lexer, ParseError, shown
from iamlint.hcl.syntax import Expression, ForDirective, IfDirective, Interpolation, Template, TemplatePart, Text

SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
"""The space characters for strip markers and heredoc indentation: Go's ``unicode.IsSpace``."""

_PLAIN_STRING = regex(r'"([^"\\$%\r\n]*+)"')
_PLAIN_PIECE = regex(rf'([^"\\$%\r\n]*+)(?:\$\{{[ \t\n]*+({NAME}(?:\.{NAME})*+)[ \t\n]*+\}}|")')
_QUOTED_TEXT = regex(r'[^"\\$%\r\n]++')
_LINE_TEXT = regex(r"[^$%\r\n]*+(?:\r?\n)?")
_MARKS = regex(r"\$++|%++")
_ESCAPE = regex(r'\\(?:([nrt"\\])|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))')
_ESCAPES = {"n": "\n", "r": "\r", "t": "\t"}
_HEREDOC = regex(rf"<<(-?)({NAME})\r?\n")


@mutable
class Directive:
    """``%{…}`` before nesting; ``names`` are the variables of a ``for``."""

    start: int
    end: int
    keyword: str
    expression: Expression | None = None
    names: tuple[str | None, str] = (None, "")


Part = Text | Interpolation | Directive


class Templates(Lexer):
    """The part of the parser that reads templates."""

    @abstractmethod
    def expression(self) -> Expression:
        """Return the expression at the cursor."""

    @abstractmethod
    def reference(self, start: int, path: str) -> Expression:
        """Return a root name and the attributes after it."""

    def quoted(self) -> Template:
        """Return the quoted string at the cursor."""
        start = self.at
        plain = _PLAIN_STRING.match(self.text, start)
        if plain:
            end = self.at = plain.end()
            value = plain.group(1)
            return Template(start, end, (Text(start + 1, end - 1, value),) if value else ())
        self.at += 1
        pieces = Pieces(by_line=False)
        parts = self._plain_pieces(pieces)
        if parts is not None:
            return Template(start, self.at, parts)
        while not self.text.startswith('"', self.at):
            self._quoted_piece(start, pieces)
        self.at += 1
        return Template(start, self.at, nested(pieces.finished(), self.depth))

    def _plain_pieces(self, pieces: Pieces) -> tuple[TemplatePart, ...] | None:
        """Read texts and references; return all parts if nothing else comes before the quote, else add them."""
        text, at = self.text, self.at
        parts: list[Text | Interpolation] = []
        while (match := _PLAIN_PIECE.match(text, at)) is not None:
            start, end = match.span(1)
            if start < end:
                parts.append(Text(start, end, match[1]))
            at = self.at = match.end()
            path = match[2]
            if path is None:
                return tuple(parts)
            parts.append(Interpolation(end, at, self.reference(match.start(2), path)))
        pieces.parts.extend(parts)
        return None

    def _quoted_piece(self, start: int, pieces: Pieces) -> None:
        text, at = self.text, self.at
        match = _QUOTED_TEXT.match(text, at)
        if match:
            self.at = match.end()
            pieces.text(at, self.at, match.group())
        elif text.startswith("\\", at):
            pieces.text(at, at + len(self._escape()), self._escape_value())
        elif text.startswith(("$", "%"), at):
            self._marks(pieces)
        else:
            hint = r"close it with a double quote; for several lines write \n or a heredoc (<<EOT)"
            raise ParseError(start, at, "this string is not closed on its line", hint)

    def _escape(self) -> str:
        match = _ESCAPE.match(self.text, self.at)
        if match is None:
            found = self.text[self.at : self.at + 2].strip("\r\n")
            hint = r"known are \n \r \t \" \\ \uXXXX and \UXXXXXXXX; a backslash itself is written \\"
            raise ParseError(self.at, self.at + len(found), f"{shown(found)} is not an escape sequence", hint)
        return match.group()

    def _escape_value(self) -> str:
        """Return the character of the escape at the cursor, and step over it."""
        written = self._escape()
        self.at += len(written)
        if len(written) == 2:
            return _ESCAPES.get(written[1], written[1])
        code = int(written[2:], 16)
        if code > 0x10FFFF or 0xD800 <= code < 0xE000:
            raise ParseError(self.at - len(written), self.at, f"{written} is not a character")
        return chr(code)

    def _marks(self, pieces: Pieces) -> None:
        """Read a run of ``$`` or ``%``: the start of a sequence, an escaped one, or nothing special."""
        start = self.at
        match = _MARKS.match(self.text, start)
        end = match.end() if match else start
        run = self.text[start:end]
        if not self.text.startswith("{", end):
            pieces.text(start, end, run)
            self.at = end
        elif len(run) == 1:
            self._sequence(pieces, run)
        else:
            if len(run) > 2:
                pieces.text(start, end - 2, run[2:])
            pieces.text(end - 2, end + 1, run[0] + "{")
            self.at = end + 1

    def _sequence(self, pieces: Pieces, mark: str) -> None:
        """Read ``${…}`` or ``%{…}``; its strip markers apply to the adjacent literals."""
        start = self.at
        self.at += 2
        if self.text.startswith("~", self.at):
            self.at += 1
            pieces.strip_end()
        blank, self.blank = self.blank, self.free
        if not self.peek():
            raise self._open_sequence(start)
        if mark == "$":
            expression = self.expression()
            strip = self._close(start)
            pieces.add(Interpolation(start, self.at, expression), strip)
        else:
            directive = self._directive(start)
            strip = self._close(start)
            directive.end = self.at
            pieces.add(directive, strip)
        self.blank = blank

    def _open_sequence(self, start: int) -> ParseError:
        return ParseError(start, start + 2, f"this {self.text[start : start + 2]} is never closed", 'close it with "}"')

    def _close(self, start: int) -> bool:
        """Step over ``}`` or ``~}``; return whether it strips."""
        character = self.peek()
        strip = self.text.startswith("~}", self.at)
        if not strip and character != "}":
            if not character:
                raise self._open_sequence(start)
            mark = self.text[start]
            raise self.unexpected(
                f'the "}}" that ends {mark}{{', f"If {mark}{{ belongs to another language, write {mark}{mark}{{."
            )
        self.at += 1 + strip
        return strip

    def _directive(self, start: int) -> Directive:
        self.peek()
        at = self.at
        keyword = self.name('"if", "else", "endif", "for" or "endfor"')
        directive = Directive(start, start, keyword)
        if keyword == "if":
            directive.expression = self.expression()
        elif keyword == "for":
            directive.names = self.for_names()
            directive.expression = self.expression()
        elif keyword not in ("else", "endif", "endfor"):
            hint = "a directive is if, else, endif, for or endfor; a literal %{ is written %%{"
            raise ParseError(at, self.at, f'"{shown(keyword)}" is not a template directive', hint)
        return directive

    def for_names(self) -> tuple[str | None, str]:
        """Return the names in ``key, value in`` of a ``for``; with one name the key is None."""
        first, second = None, self.name("the name of a variable")
        if self.peek() == ",":
            self.at += 1
            first, second = second, self.name("the name of the second variable")
        if not self.keyword("in"):
            raise self.unexpected('"in"')
        return first, second

    def heredoc(self) -> Template:
        """Return the heredoc at the cursor; it ends before the newline after its closing marker."""
        start = self.at
        opening = _HEREDOC.match(self.text, start)
        if opening is None:
            raise self.unexpected("an expression", "a heredoc starts with << and its marker, at the end of a line")
        marker = opening.group(2)
        if not marker.isascii():
            self.check_name(marker, opening.start(2))
        self.at = opening.end()
        pieces = Pieces(by_line=True)
        self._lines(marker, pieces, opening)
        if opening.group(1):
            pieces.take_off_indentation()
        return Template(start, self.at, nested(pieces.finished(), self.depth), heredoc=True)

    def _end_marker(self, marker: str, at: int) -> int:
        """Return the end of the marker in the line at an offset, if that line closes the heredoc; else -1."""
        end = self.text.find("\n", at)
        if end < 0:
            return -1
        end -= self.text.startswith("\r", end - 1)
        line = self.text[at:end]
        return end if line.strip(SPACE) == marker and "\r" not in line else -1

    def _lines(self, marker: str | None, pieces: Pieces, opening: re.Match[str] | None = None) -> None:
        """Read literals and sequences up to the closing marker, or to the end of the text without one."""
        text, fresh = self.text, True
        while True:
            start = self.at
            end = self._end_marker(marker, start) if fresh and marker is not None else -1
            if end >= 0:
                self.at = end
                return
            match = _LINE_TEXT.match(text, start)
            self.at = match.end() if match else start
            if self.at > start:
                pieces.text(start, self.at, text[start : self.at])
                fresh = text.startswith("\n", self.at - 1)
            elif text.startswith(("$", "%"), start):
                self._marks(pieces)
                fresh = False
            elif marker is None and start >= len(text):
                return
            elif start < len(text) and marker is not None:
                raise ParseError(start, start + 1, "a carriage return that does not end a line", "remove it")
            elif opening:
                hint = f"close it with {shown(opening.group(2))} on a line of its own, followed by a newline"
                raise ParseError(opening.start(), opening.end(2), "this heredoc is never closed", hint)
            else:
                pieces.text(start, start + 1, text[start])
                self.at += 1

    def bare_template(self, *, flush: bool = False) -> Template:
        """Return the whole text as a template without quotes: a JSON string, or the lines of a heredoc."""
        self.at = 0
        pieces = Pieces(by_line=True)
        self._lines(None, pieces)
        if flush:
            pieces.take_off_indentation()
        return Template(0, len(self.text), nested(pieces.finished(), self.depth))


def nested(parts: list[Part], depth: int) -> tuple[TemplatePart, ...]:
    """Return the parts of a template at this depth, with their directives nested."""
    nesting = _Nesting(depth)
    for part in parts:
        if isinstance(part, Directive):
            nesting.directive(part)
        else:
            nesting.parts.append(part)
    return nesting.finished()


class Pieces:
    """The parts of one template while it is read, with literals stripped by markers."""

    def __init__(self, *, by_line: bool) -> None:
        self.parts: list[Part] = []
        self._by_line = by_line
        self._strip = False

    def text(self, start: int, end: int, value: str) -> None:
        """Add a literal, in a heredoc at most a line, or an escape."""
        if self._strip:
            rest = value.lstrip(SPACE)
            start += min(len(value) - len(rest), end - start)
            self._strip = not rest and not self._by_line
            value = rest
        self.parts.append(Text(start, end, value))

    def add(self, part: Interpolation | Directive, strip: bool) -> None:
        """Add a sequence; ``strip`` says that it strips the literal after it."""
        self.parts.append(part)
        self._strip = strip

    def strip_end(self) -> None:
        """Strip the end of the literal before, which in a heredoc starts with its line."""
        for part in reversed(self.parts):
            if not isinstance(part, Text) or (
                part is not self.parts[-1] and self._by_line and part.value.endswith("\n")
            ):
                return
            rest = part.value.rstrip(SPACE)
            part.end = max(part.start, part.end - (len(part.value) - len(rest)))
            part.value = rest
            if rest:
                return

    def take_off_indentation(self) -> None:
        """Remove from the lines of ``<<-`` the common indentation of all lines that are not blank."""
        least, indented, fresh = None, list[Text](), True
        for part in self.parts:
            if fresh:
                fresh, spaces = False, 0
                if isinstance(part, Text):
                    rest = part.value.lstrip(SPACE)
                    if not rest and part.value.endswith("\n"):
                        fresh = True
                        continue
                    spaces = len(part.value) - len(rest)
                    indented.append(part)
                least = spaces if least is None else min(least, spaces)
            if isinstance(part, Text) and part.value.endswith("\n"):
                fresh = True
        for line in indented:
            line.start += least or 0
            line.value = line.value[least or 0 :]

    def finished(self) -> list[Part]:
        """Return the parts without empty literals and with adjacent parts of the source joined."""
        kept: list[Part] = []
        run: list[Text] = []
        for part in self.parts:
            if isinstance(part, Text):
                if not part.value:
                    continue
                if _exact(part) and (not run or run[-1].end == part.start):
                    run.append(part)
                    continue
            _flush(run, kept)
            if isinstance(part, Text) and _exact(part):
                run.append(part)
            else:
                kept.append(part)
        _flush(run, kept)
        if len(kept) == 1 and len(self.parts) > 1 and isinstance(kept[0], Interpolation):
            kept.append(Text(kept[0].end, kept[0].end, ""))  # a stripped value is still a text
        return kept


def _flush(run: list[Text], kept: list[Part]) -> None:
    """Join a run of adjacent literals and add it to the kept parts."""
    if run:
        kept.append(run[0] if len(run) == 1 else Text(run[0].start, run[-1].end, "".join(text.value for text in run)))
        run.clear()


def _exact(text: Text) -> bool:
    return text.end - text.start == len(text.value)


@mutable
class _Open:
    """A directive that waits for its end, and the parts read before it."""

    directive: Directive
    outside: list[TemplatePart]
    then: list[TemplatePart] | None = None


class _Nesting:
    """Builds the tree of directives; ``parts`` takes the next part of the innermost one."""

    def __init__(self, depth: int) -> None:
        self.parts: list[TemplatePart] = []
        self._open: list[_Open] = []
        self._depth = depth

    def directive(self, part: Directive) -> None:
        """Open or close one."""
        if part.keyword in ("if", "for"):
            if self._depth + len(self._open) >= MAX_DEPTH:
                raise ParseError(part.start, part.end, f"nested deeper than {MAX_DEPTH} levels")
            self._open.append(_Open(part, self.parts))
            self.parts = []
            return
        wanted = "for" if part.keyword == "endfor" else "if"
        if not self._open or self._open[-1].directive.keyword != wanted:
            hint = f"there is no open %{{ {wanted} }} for it"
            raise ParseError(part.start, part.end, f"%{{ {part.keyword} }} is not expected here", hint)
        top = self._open[-1]
        if part.keyword == "else":
            if top.then is not None:
                raise ParseError(part.start, part.end, "this %{ if } has an %{ else } already")
            top.then, self.parts = self.parts, []
            return
        self._open.pop()
        node = _closed(top, part, self.parts)
        self.parts = top.outside
        self.parts.append(node)

    def finished(self) -> tuple[TemplatePart, ...]:
        """Return all parts, if every directive has ended."""
        if self._open:
            left = self._open[-1].directive
            hint = f"close it with %{{ end{left.keyword} }}"
            raise ParseError(left.start, left.end, f"this %{{ {left.keyword} }} is never closed", hint)
        return tuple(self.parts)


def _closed(top: _Open, end: Directive, parts: list[TemplatePart]) -> IfDirective | ForDirective:
    directive = top.directive
    if directive.expression is None:
        raise TypeError("if and for always have an expression")
    if directive.keyword == "for":
        key, value = directive.names
        return ForDirective(directive.start, end.end, key, value, directive.expression, tuple(parts))
    then, otherwise = (parts, []) if top.then is None else (top.then, parts)
    return IfDirective(directive.start, end.end, directive.expression, tuple(then), tuple(otherwise))
