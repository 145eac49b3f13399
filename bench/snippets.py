"""The code blocks of the documents: read by the suite, which runs them, and by the benches."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
GENERATED = frozenset({"403.md", "methods.md", "rule-language.md", "controls.md", "peers.md", "configuration.md"})
"""Pages made by `pages.py`, whose blocks have tests of their own."""
REVISION, VERSION = "a" * 40, "0.1.0"
"""The values of the recipes' placeholders while they are checked."""
_FENCE = re.compile(r"^(?P<margin> *)```(?P<language>\w+)\n(?P<text>.*?)^(?P=margin)```$", re.MULTILINE | re.DOTALL)
_NAME = re.compile(r"(?:#|//) (?P<name>\.?[\w./-]+)\n")


@dataclass(frozen=True)
class Snippet:
    """A code block: its page and line, its language, and the file that its first line names, if any."""

    page: str
    line: int
    language: str
    text: str

    @property
    def file(self) -> str | None:
        found = _NAME.match(self.text)
        return found["name"] if found else None

    @property
    def content(self) -> str:
        """The text without its first line, with values for the placeholders."""
        text = self.text.partition("\n")[2] if self.file else self.text
        text = re.sub(r"(?<=iamlint==)VERSION\b", VERSION, text)
        return re.sub(r"(?<=@)REVISION\b|(?<=rev: )REVISION\b", REVISION, text)

    def __str__(self) -> str:
        return f"{self.page}:{self.line}"


def pages() -> list[Path]:
    """Return the written pages: the README and those of the site."""
    return [ROOT / "README.md", *(path for path in sorted((ROOT / "docs").glob("*.md")) if path.name not in GENERATED)]


def snippets(*languages: str) -> Iterator[Snippet]:
    """Yield the blocks in these languages."""
    for path in pages():
        text = path.read_text(encoding="utf-8")
        for found in _FENCE.finditer(text):
            if found["language"] in languages:
                margin = len(found["margin"])
                block = "".join(line[margin:] or "\n" for line in found["text"].splitlines(keepends=True))
                line = text.count("\n", 0, found.start()) + 1
                yield Snippet(path.relative_to(ROOT).as_posix(), line, found["language"], block)


def files_of(page: str) -> dict[str, str]:
    """Return the blocks of a page that are files which its commands read: a comment before each has its name."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = re.findall(r"^<!-- ([\w./-]+\.\w+) -->\n```\w+\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)
    return dict(found)


def recipes() -> dict[str, Snippet]:
    """Return the blocks that are files, by the page and the file's name."""
    return {f"{one.page}: {one.file}": one for one in snippets("yaml", "groovy", "toml") if one.file}


def write_workflows(directory: Path) -> list[Path]:
    """Write the GitHub workflows of all pages into a directory; returns their paths."""
    found = []
    for name, one in recipes().items():
        if one.file and one.file.startswith(".github/workflows/"):
            page = Path(name.partition(":")[0]).stem
            path = directory / ".github" / "workflows" / f"{page}-{Path(one.file).name}"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(one.content, encoding="utf-8")
            found.append(path)
    return found
