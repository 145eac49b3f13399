"""Edits as somebody types them."""

from __future__ import annotations

import random

PIECES = ['"', "}", "{\n", "# a comment\n", "roles/owner", "allUsers", "\n", "${", "var.who", "\U0001f642"]


def edited(text: str, seed: int) -> str:
    """Return the text with a piece put in, or a stretch or a line taken out."""
    draw = random.Random(seed)
    at = draw.randrange(len(text) + 1)
    match draw.randrange(3):
        case 0:
            return text[:at] + draw.choice(PIECES) + text[at:]
        case 1:
            return text[:at] + text[at + draw.randrange(1, 20) :]
        case _:
            lines = text.splitlines(keepends=True)
            if lines:
                del lines[draw.randrange(len(lines))]
            return "".join(lines)
