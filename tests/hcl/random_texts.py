"""Random texts in Terraform's language, nearly all of them broken."""

from __future__ import annotations

from every_character import CHARACTERS
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


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Tokens in a row, or samples with an insertion, a deletion, or a moved part."""
    if draw(st.booleans()):
        return "".join(draw(st.lists(st.one_of(st.sampled_from(TOKENS), st.text(CHARACTERS, max_size=3)), max_size=30)))
    text = "".join(draw(st.lists(st.sampled_from(SAMPLES), min_size=1, max_size=3)))
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, len(text)))
        end = draw(st.integers(start, min(len(text), start + 6)))
        text = text[:start] + draw(st.sampled_from(["", *TOKENS])) + text[end:]
    return text
