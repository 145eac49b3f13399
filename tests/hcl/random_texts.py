"""Random texts in Terraform's language, nearly all of them broken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

from every_character import characters
from hypothesis import strategies as st
from samples import BROKEN, VALID

TOKENS = [
    *(
        '"',
        "${",
        "%{",
        "~",
        "}",
        "{",
        "<<E\n",
        "<<-E\n",
        "\nE\n",
        "E",
        "\n",
        "\r\n",
        "\r",
        "\t",
        " ",
        "\ufeff",
        "#",
        "//",
    ),
    *(
        "/*",
        "*/",
        ".",
        "..",
        "...",
        "[",
        "]",
        "(",
        ")",
        ",",
        "=",
        "==",
        "=>",
        ":",
        "::",
        "?",
        "!",
        "-",
        "&&",
        "||",
        "&",
    ),
    *("<", ">=", "+", "*", "/", "%", "$", "1", "0.5", "1e5", "1.", "a", "b.c", "d[0]", "[*]", ".*", "for", "in", "if"),
    *(
        "else",
        "endif",
        "endfor",
        "null",
        "true",
        "\\",
        "\\n",
        "\\u00e9",
        "\\q",
        "$${",
        "%%{",
        "\0",
        "\u00a0",
        "😀",
        "é",
    ),
    *("e\u0301", "f(", "x = 1\n", 'b "l" {\n', "}\n", "[for k, v in x : ", "%{ if a }", "%{ endfor }", "${~ a ~}", "'"),
]
SAMPLES = [*VALID.values(), *(broken.text for broken in BROKEN.values())]


def text_of(chance: Random) -> str:
    """Tokens in a row, or samples with an insertion, a deletion, or a moved part."""
    if chance.random() < 0.5:
        return joined(TOKENS, chance)
    return edited("".join(chance.choices(SAMPLES, k=chance.randint(1, 3))), TOKENS, chance)


def joined(tokens: Sequence[str], chance: Random) -> str:
    """Return a few tokens, or up to thirty, with other characters between them."""
    number = chance.randint(0, chance.choice((4, 12, 30)))
    return "".join(chance.choice(tokens) if chance.random() < 0.6 else characters(chance, 3) for _ in range(number))


def edited(text: str, tokens: Sequence[str], chance: Random) -> str:
    """Return a text with one to four parts replaced by nothing or by a token."""
    for _ in range(chance.randint(1, 4)):
        start = chance.randint(0, len(text))
        end = chance.randint(start, min(len(text), start + 6))
        text = text[:start] + chance.choice(["", *tokens]) + text[end:]
    return text


def random_texts(made: Callable[[Random], str] = text_of) -> st.SearchStrategy[str]:
    """Texts made by a function from random numbers.

    Hypothesis draws a seed for each: to draw every token takes ten times as long as to read the text.
    """
    return st.integers(0, 2**64).map(lambda seed: made(Random(seed)))
