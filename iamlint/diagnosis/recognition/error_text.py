"""The text of an error as people paste it, made readable: without colours, prefixes of logs, boxes, escapes and wraps.

Lines are kept: a position in the readable text has the same line in the given text. Every pattern here
is possessive or bounded, so that each pass is linear in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections import Counter
from functools import cached_property
from itertools import pairwise

from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.recognition.fragments import DROPPED

LARGEST = 1_000_000
"""Characters. Of a longer text the first and the last half of so many are read."""
WRAPPED = "\u2060"
"""Marks a line break by a terminal within a word: not a space, but a line's end."""
MESSAGE_END = "\x1e"
"""Marks the start or end of one of Terraform's boxes."""

_ANSI = regex(
    r"\x1b(?:\[[0-?]*+[ -/]*+[@-~]|\][^\x07\x1b\n]*+(?:\x07|\x1b\\)?|[@-Z\\^_])"
    r"|(?:\^\[|(?<!\\)\\++(?:u001[bB]|x1[bB]|033|e))\[[0-9;]*+m"  # as a terminal shows it, as JSON and Python write it
)
_PREFIX = regex(
    r"""(?mx)^(?:[ \t]*+(?:
      \[?\d{4}[-/]\d\d[-/]\d\d[T\ ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[ ]?[+-]\d\d:?\d\d|[ ]UTC)?\]?  # a date
      | \[?\d\d:\d\d:\d\d(?:[.,]\d{1,9})?\]?(?=[ \t])                # a time alone
      | (?:INFO|WARN|WARNING|DEBUG|TRACE|STDOUT|STDERR|ERROR(?=[ \t]{1,4}\[\w))(?=[ \t])  # a level
      | \[[\w./-]{1,60}\](?=[ \t])(?:[ \t](?:terraform|tofu):)?        # a thread; Terragrunt: the unit and the program
      | \d\d[OE](?=[ +])\+?                                           # GitLab: the stream of a line
      | [IWEF]\d{4}[ ]\d\d:\d\d:\d\d\.\d{1,9}[ ]+\d{1,9}[ ][\w./-]{1,80}:\d{1,7}\]   # Kubernetes' log
      | [^\t\n]{1,100}\t[^\t\n]{1,100}\t(?=\ufeff?\d{4}-)             # gh run view --log: job and step
      | Step[ ]\#\d{1,4}(?:[ ]-[ ]"[^"\n]{1,100}")?:                  # Cloud Build
      | [\w.-]{1,60}[ \t]{1,40}\|(?=[ \t])                            # Docker Compose
      | npm[ ](?:ERR!|error)(?=[ \t])
      | \ufeff | >(?=[ ]) | [│┃║|](?=[ \t\n]|$)              # marks of quotes and boxes
      | \xe2\u201d\u201a                                               # a box, read as Windows-1252
    ))++[ \t]?"""
)
_BRACKETED = regex(r"\[[\w./-]{1,60}\][ \t]?")
"""A prefix that may be a part of a sentence, too: "instance [shop-prod] (or it may not exist)"."""
_GOES_ON = regex(r"[\w,'\"-][ \t]{0,4}\Z")
_SHORTEST_WRAPPED = 40
"""Minimum length of a line that is taken for one that was wrapped before a name in brackets."""
_BOX_ENDS = regex("[╷╵]|\xe2\u2022[\xb7\xb5]")
_ESCAPES = regex(
    r"\\++(?:u([0-9a-fA-F]{4})|([nrt]))?"
    r"|%([2-7][0-9A-Fa-f]|0[9AaDd])"
    r"|&(?:amp;){0,3}(?:\#(x?)([0-9a-fA-F]{1,6})|(quot|apos|amp|lt|gt|nbsp));"
)
_ENTITIES = {"quot": '"', "apos": "'", "amp": "&", "lt": "<", "gt": ">", "nbsp": " "}
_TYPOGRAPHY = str.maketrans(
    {
        **dict.fromkeys("\u2018\u2019\u201a\u201b\u2032\u00b4", "'"),
        **dict.fromkeys("\u201c\u201d\u201e\u201f\u2033\u00ab\u00bb", '"'),
        **dict.fromkeys("\u2010\u2011\u2013\u2014\u2212", "-"),
        **dict.fromkeys("\u00a0\u2007\u202f│┃║─━═\x85\u2028\u2029", " "),
        **dict.fromkeys("\u200b\u200c\u200d\u00ad", ""),
    }
)
_STARTS = regex(
    r"(?m)(?<![:,]\n)(?<![:,][ ]\n)^[ \t]{0,8}"
    r"(?:\#\#\[error\]|::error\b|Error:|Error[ ]\d|ERROR\b|FATAL\b|fatal:|panic:|googleapi:"
    r"|Traceback \(most|Unhandled|Exception in thread)|(?<=\})[ \t]*\n[ \t]*(?=\{)|" + MESSAGE_END
)
_WORD = regex(r"[\w.@/:=%-]")
_OWN_LINE = regex(r"Error\b|ERROR\b|\d{4}-\d\d-\d\d|\d\d:\d\d:\d\d")
_PAYLOAD = regex(
    r"[ \t{}\[\]()\"',-]|Caused by: |(?:GET|POST|PUT|PATCH|DELETE) https?://"
    r"|(?:metadata|details|error|reason|domain|service|permission|resource)[ ]?[:={]",
    re.I,
)
_OPEN_END = regex(r"(?:[:,({\[='\"`]|\b(?:on|for|the|to|of|have|account|permission|resource|project|member))$", re.I)
_WRAPPED_END = regex(r"(?<![.,)\]}] )\b[\w@/-]+$")
_MOST_LINES = 40
_WRAP_READ = 20_000
_SPACES = f"[ {WRAPPED}]"
_NARROWEST, _WIDEST = 60, 140
"""Widths of lines, in characters, that e-mails, chats and documents break between words."""
_WIDTHS = frozenset((80, 90, 96, 100, 110, 120, 128, 130, 132, 140, 150, 160, 180, 200))


class ErrorText:
    """A text that may hold errors.

    ``plain``: readable, as long as the text may be; ``squeezed``: the same without whitespace, quotes, brackets and
    what is not ASCII, in lower case; ``unread``: characters of the text that were left out, beyond `LARGEST`.
    """

    def __init__(self, text: str) -> None:
        self.unread = max(0, len(text) - LARGEST)
        self._cut_lines = 0
        if self.unread:
            half = LARGEST // 2
            self._cut_lines = text.count("\n", half, len(text) - half)
            text = text[:half] + text[-half:]
        self.plain = _plain(text)
        self.squeezed = self.plain.encode("ascii", "ignore").translate(None, DROPPED.encode()).lower()

    @cached_property
    def _kept(self) -> list[int]:
        dropped = frozenset(DROPPED)
        return [at for at, letter in enumerate(self.plain) if letter < "\x80" and letter not in dropped]

    def offset(self, at: int) -> int:
        """Return the offset in ``plain`` of an offset in ``squeezed``."""
        return self._kept[at] if at < len(self._kept) else len(self.plain)

    @cached_property
    def _line_ends(self) -> list[int]:
        return [found.start() for found in re.finditer(f"[\n{WRAPPED}]", self.plain)]

    def line(self, offset: int) -> int:
        """Return the line, from 1, of the given text that an offset in ``plain`` is on."""
        row = bisect_right(self._line_ends, offset - 1)
        return row + 1 + (self._cut_lines if self.unread and offset > len(self.plain) // 2 else 0)

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(found.end() for found in re.finditer("\n", self.plain))]

    def line_start(self, offset: int) -> int:
        """Return the offset of the line of an offset; a line that a terminal broke is one line."""
        return self._line_starts[bisect_right(self._line_starts, offset) - 1]

    def passage(self, first: int, last: int, low: int, high: int) -> tuple[int, int]:
        """Return the lines that belong to those from ``first`` to ``last``, offsets in ``plain``, within two bounds.

        What another line of a log names has nothing to do with an error. So only these lines count: those of the same
        payload, which are indented or start with a bracket, and those that the sentence goes on in.
        """
        starts = self._line_starts
        top = bisect_right(starts, first) - 1
        bottom = bisect_right(starts, max(first, last - 1)) - 1
        for _ in range(_MOST_LINES):
            if top == 0 or starts[top] <= low or not self._follows(top):
                break
            top -= 1
        for _ in range(_MOST_LINES):
            if bottom + 1 == len(starts) or starts[bottom + 1] >= high or not self._follows(bottom + 1):
                break
            bottom += 1
        end = starts[bottom + 1] if bottom + 1 < len(starts) else len(self.plain)
        return max(low, starts[top]), min(high, end)

    def _follows(self, row: int) -> bool:
        """Whether a line, counted from 0, goes on with what the line before it began."""
        starts = self._line_starts
        begin = starts[row]
        before, line = self.plain[starts[row - 1] : begin], self.plain[begin : begin + 200]
        if not before.strip() or not line.strip():
            return False
        if _PAYLOAD.match(line):
            return True
        before = before.rstrip()
        if _OPEN_END.search(before[-40:]) or row in self._word_wraps:
            return True
        return len(before) >= 60 and not line[0].isupper() and bool(_WRAPPED_END.search(before[-40:]))

    @cached_property
    def _word_wraps(self) -> frozenset[int]:
        """The lines, counted from 0, that an e-mail or a chat began because the next word had no room.

        The first word of such a line would make the line before it longer than any other. Two of them show it.
        """
        lines = [line.rstrip() for line in self.plain[:_WRAP_READ].split("\n")]
        width = max(len(piece) for line in lines for piece in line.split(WRAPPED))
        if not _NARROWEST <= width <= _WIDEST:
            return frozenset()
        found = frozenset(
            row
            for row, (line, after) in enumerate(pairwise(lines), 1)
            if line
            and after
            and not after[0].isspace()
            and not _OWN_LINE.match(after)
            and len(line.rpartition(WRAPPED)[2]) + 1 + len(re.split(_SPACES, after, maxsplit=1)[0]) > width
        )
        return found if len(found) >= 2 else frozenset()

    @cached_property
    def starts(self) -> list[int]:
        """Return the offsets in ``plain`` of new messages, by their appearance; the first is 0."""
        return [
            0,
            *(found.end() if found[0] == MESSAGE_END else found.start() for found in _STARTS.finditer(self.plain)),
        ]

    def message_of(self, offset: int) -> tuple[int, int]:
        """Return the start and the end of the message that an offset is in."""
        index = bisect_right(self.starts, offset)
        return self.starts[index - 1], self.starts[index] if index < len(self.starts) else len(self.plain)


def _plain(text: str) -> str:
    text = _ANSI.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    text = _without_wraps(text)
    text = _BOX_ENDS.sub(MESSAGE_END, text)
    text = _PREFIX.sub(_prefix, text)
    return _ESCAPES.sub(_unescaped, text).translate(_TYPOGRAPHY)


def _prefix(found: re.Match[str]) -> str:
    """Return what replaces a prefix: nothing, or itself if it is a name in brackets that continues a sentence."""
    if not _BRACKETED.fullmatch(found[0]):
        return ""
    text, end = found.string, found.start() - 1
    before = text[text.rfind("\n", 0, max(0, end)) + 1 : max(0, end)]
    goes_on = len(before) >= _SHORTEST_WRAPPED and _GOES_ON.search(before) and not _PREFIX.match(before)
    return found[0] if goes_on else ""


def _unescaped(found: re.Match[str]) -> str:
    code, blank, percent, hexadecimal, number, name = found.groups()
    if name:
        return _ENTITIES[name]
    if number:
        try:
            value = int(number, 16 if hexadecimal else 10)
        except ValueError:
            return found[0]
        return _character(value) or found[0]
    if percent:
        return _character(int(percent, 16))
    return _character(int(code, 16)) if code else " " if blank else ""


def _character(value: int) -> str:
    """Return a character by its number; a space for what would end a line, nothing for half of a surrogate pair."""
    if value < 0x20:
        return " "
    return chr(value) if value < 0xD800 or 0xE000 <= value <= 0x10FFFF else ""


def _without_wraps(text: str) -> str:
    """Lines that a terminal broke within a word, joined: they are as long as the widest, and the word goes on.

    A word that ends by chance where the widest line does would be joined to the next one. So the width must be a usual
    one, or occur twice, and the next line must not look like a line or a sentence of its own.
    """
    lines = text.split("\n")
    lengths = Counter(map(len, lines))
    width = max(lengths)
    if not 40 <= width <= 400 or (lengths[width] < 2 and width not in _WIDTHS):
        return text
    pieces: list[str] = []
    for line, after in zip(lines, [*lines[1:], ""], strict=True):
        pieces.append(line + (WRAPPED if len(line) == width and _goes_on(line, after) else "\n"))
    return "".join(pieces)[:-1]


def _goes_on(line: str, after: str) -> bool:
    """Whether a line that is as long as the terminal is wide can go on in the next one."""
    prefix = _PREFIX.match(after)
    if prefix and prefix[0].strip():  # a log's own line
        return False
    if (line[-1] == " " and _WORD.match(after)) or (_WORD.match(line[-1]) and re.match(r" \S", after)):
        return not _OWN_LINE.match(after)
    if not _WORD.match(line[-1]) or not _WORD.match(after) or _OWN_LINE.match(after):
        return False
    return not (line[-1] in ".:" and after[0].isupper())
