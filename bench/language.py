"""Counts quaint and inverted turns per 1,000 words, by folder and by file; CONTRIBUTING has the field's words.

    python bench/language.py [PATH...] [--lines]

Reads docstrings, comments and texts of Python, prose of Markdown (without code), and messages of rule documents.
``--lines`` prints each line that has one. The goal is at most 3 in 1,000 words.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
ROOMS = ("iamlint", "rules", "docs", "README.md", "CONTRIBUTING.md", "bench", "tests")
TURNS = (
    r"(is|are|was|were|be|been) (told|led|put to|said)\b",
    r"\b(tells|told)\b",
    r"\bheld against\b",
    r"\bsays? of (what|a|an|the|it|its|each|every|these|those)\b",
    r"\b(sorted|worked) out\b",
    r"\bfor want of\b",
    r"\bmilder\b",
    r"\bis no (?!longer|more)[a-z]+\b",
    r"\bin the (place|stead) of\b",
    r"\b(stands?|lies?|lay|lying) (in|at|on|by|below|above|beside|beneath|where|there|for|within)\b",
    r"\bbeside\b",
    r"\b(of|for|to|by|from|with|in|at|on|than|among) (which|whom)\b",
    r"\bwhom\b",
    r"\bwho(so)?ever\b",
    r"\bnobody who\b",
    r"\bspeaks? of\b",
    r"\bhas it that\b",
    r"\bcomes? to\b(?! an end)",
    r"\b(takes?|taken) away\b",
    r"\bnames so\b",
    r"\bso called\b",
    r"\b(is|are|was|were) no(?= [a-z]+)(?! longer| more)",
    r"\bthere (is|are) none\b",
    r"\bas (it|they) (is|are) told\b",
    r"\bcan so\b",
    r"\bthereof|therein|whereby|wherein|hitherto|henceforth|thereby\b",
    r"\bmildest\b",
    r"\bleaves? with\b",
    r"\bhas to tell\b",
    r"\bhowever many\b",
    r"\b(nothing|none|nobody) (is|are) (left|lost|kept|read|found|made|said)\b",
    r"\bwhat (is|are) (left|said|read|made|lost) of\b",
    r"\b(be|is|are) it (that|a|the)\b",
    r"\bone's own\b",
    r"\bas [a-z` ]{2,30} (has|have) it\b",
    r"\bwhat (it|they|one|this) lets?\b",
    r"\bthose (that|which|who) (are|do|is|have) (no|not)\b",
    r"\bnothing is due\b",
    r"^What (gives|stops|accepted|leaves|closes|opens|``\w+`` leaves)\b",
    r"^(Of|By|With|From|To|For) (what|which|whom|each|these|those|a|an|the) [^.,;:]{3,60} (is|are) [a-z]+(ed|wn|ld)\b",
)
QUAINT = re.compile("|".join(f"(?:{turn})" for turn in TURNS), re.IGNORECASE | re.MULTILINE)
WORD = re.compile(r"[A-Za-z][A-Za-z'-]*")


def prose_of_python(text: str) -> Iterator[tuple[int, str]]:
    """Docstrings and comments of a module, each with its line."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.lineno, node.value.value
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            yield token.start[0], token.string.lstrip("#: ")


def prose_of_markdown(text: str) -> Iterator[tuple[int, str]]:
    """Lines outside of code blocks, without code and addresses."""
    fenced = False
    for number, line in enumerate(text.splitlines(), 1):
        if line.lstrip().startswith(("```", "~~~")):
            fenced = not fenced
        elif not fenced and not line.startswith("    "):
            yield number, re.sub(r"`[^`]*`|\]\([^)]*\)|https?://\S+", " ", line)


def prose_of_rule(text: str) -> Iterator[tuple[int, str]]:
    """Lines of a rule document before its examples."""
    for number, line in enumerate(text.split("\nexamples:", maxsplit=1)[0].splitlines(), 1):
        yield number, re.sub(r"`[^`]*`|https?://\S+", " ", line)


READERS = {".py": prose_of_python, ".md": prose_of_markdown, ".yaml": prose_of_rule}


def files(paths: list[Path]) -> Iterator[Path]:
    """The files of the paths that have prose, in order."""
    for path in paths:
        yield from [path] if path.is_file() else sorted(p for p in path.rglob("*") if p.suffix in READERS)


def main() -> None:
    """Print the counts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path, default=[ROOT / room for room in ROOMS])
    parser.add_argument("--lines", action="store_true", help="print each line that has a turn")
    arguments = parser.parse_args()
    words: Counter[str] = Counter()
    turns: Counter[str] = Counter()
    for path in files(arguments.paths):
        shown = path.resolve().relative_to(ROOT)
        folder = "/".join(shown.parts[:2]) if shown.parts[0] == "iamlint" else shown.parts[0]
        for number, prose in READERS[path.suffix](path.read_text(encoding="utf-8")):
            words[folder] += len(WORD.findall(prose))
            for found in QUAINT.finditer(prose):
                turns[folder] += 1
                if arguments.lines:
                    line = prose.count("\n", 0, found.start())
                    print(f"{shown}:{number + line}: {prose.splitlines()[line].strip() if prose else ''}")
    for folder in sorted(words):
        print_row(folder, words[folder], turns[folder])
    print_row("all", sum(words.values()), sum(turns.values()))


def print_row(name: str, words: int, turns: int) -> None:
    """One line of the table."""
    print(f"{name:40} {words:7} words {turns:5} turns {1000 * turns / max(words, 1):6.1f}")


if __name__ == "__main__":
    main()
