"""What a file says besides its comments: two files with the same have the same tree, with each thing at its place."""

from __future__ import annotations

from iamlint.hcl.syntax import Body, File

LARGEST = 100_000
"""Maximum number of characters of a file. A larger one has none: limits of size may concern it."""


def without_comments(file: File) -> str | None:
    """Return the text of a file without the comments at the ends of its lines, and without blanks at its end.

    None if that may not be all that it says: for a file with errors or comments to iamlint, and for JSON. Comments
    inside of an argument are kept, since the text of an expression may be shown, and so are those in ``/*``.
    """
    text = file.source.text
    if file.errors or file.source.is_marked or file.source.path.endswith(".json") or len(text) > LARGEST:
        return None
    pieces, at = [], 0
    for start, end in file.comments:
        if start < at:  # read twice
            return None
        if not text.startswith("/*", start) and not _is_in_argument(file.body, start):
            pieces.append(text[at:start].rstrip(" \t"))
            at = end
    return "".join((*pieces, text[at:])).rstrip()


def _is_in_argument(body: Body, offset: int) -> bool:
    """Whether an argument of a body, or of a block in it, begins before an offset and ends after it."""
    block = next((one for one in body.blocks if one.start <= offset < one.end), None)
    if block is not None:
        return offset < block.body.start or _is_in_argument(block.body, offset)
    return any(one.start <= offset < one.end for one in body.arguments.values())
