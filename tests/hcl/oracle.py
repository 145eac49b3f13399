"""Go's HCL parser as a judge: the npm package ``@cdktf/hcl2json`` is hashicorp/hcl compiled to WebAssembly.

It is installed once into ``~/.cache/iamlint-test`` (or ``XDG_CACHE_HOME``); without npm, or without a network the
first time, those who ask for it get the reason.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from decimal import Decimal
from pathlib import Path
from typing import Any

from iamlint.hcl import syntax
from iamlint.hcl.syntax import Body, Expression, File, TemplatePart

PACKAGE = "@cdktf/hcl2json@0.21.0"

_SCRIPT = """
const {parse} = require(process.argv[1]);
const lines = require('readline').createInterface({input: process.stdin});
(async () => {
  for await (const line of lines) {
    let answer;
    try { answer = {value: await parse('x.tf', JSON.parse(line))}; } catch (e) { answer = {error: String(e)}; }
    process.stdout.write(JSON.stringify(answer) + '\\n');
  }
})();
"""


class Unavailable(Exception):
    """Why there is no judge here."""


class GoParser:
    """One node process that parses text after text."""

    def __init__(self) -> None:
        package = _installed() / "node_modules" / "@cdktf" / "hcl2json"
        self._process = subprocess.Popen(
            ["node", "-e", _SCRIPT, str(package)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def parse(self, text: str) -> tuple[Any, str]:
        """The document that the text is, and the errors in it."""
        if self._process.stdin is None or self._process.stdout is None:
            raise Unavailable("the process has no pipes")
        self._process.stdin.write(json.dumps(text) + "\n")
        self._process.stdin.flush()
        answer = json.loads(self._process.stdout.readline())
        return answer.get("value"), answer.get("error", "")

    def close(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        if self._process.stdout:
            self._process.stdout.close()
        self._process.wait(timeout=30)


def _installed() -> Path:
    if not shutil.which("npm") or not shutil.which("node"):
        raise Unavailable("npm and node are not installed")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = base / "iamlint-test" / "hcl2json"
    if not (folder / "node_modules" / "@cdktf" / "hcl2json").is_dir():
        folder.mkdir(parents=True, exist_ok=True)
        command = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", str(folder), PACKAGE]
        done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
        if done.returncode:
            raise Unavailable(f"npm cannot install {PACKAGE}: {done.stderr.strip()[-200:]}")
    return folder


def first_error_line(errors: str) -> int:
    """The line of the first of the errors that `GoParser.parse` gives."""
    found = re.search(r"x\.tf:(\d+),", errors)
    return int(found.group(1)) if found else 0


def as_document(file: File) -> Any:
    """A tree of ours in the form that hcl2json gives."""
    return _Writer(file.source.text).body(file.body)


class _Writer:
    def __init__(self, text: str) -> None:
        self.text = text

    def body(self, body: Body) -> dict[str, Any]:
        """Arguments by name, blocks as lists below their labels."""
        document: dict[str, Any] = {name: self.value(a.expression) for name, a in body.arguments.items()}
        for block in body.blocks:
            names = [block.type, *(label.text for label in block.labels)]
            level = document
            for name in names[:-1]:
                level = level.setdefault(name, {})
            level.setdefault(names[-1], []).append(self.body(block.body))
        return document

    def value(self, node: Expression) -> Any:
        """Constants as they are, everything else as the source text of the expression."""
        match node:
            case syntax.Literal(value=value):
                return float(value) if isinstance(value, Decimal) else value
            case syntax.Unary(operator="-", operand=syntax.Literal(value=value)) if isinstance(value, (int, Decimal)):
                return float(-value) if isinstance(value, Decimal) else -value
            case syntax.Template(parts=(syntax.Interpolation(expression=only),)):
                return self.value(only)
            case syntax.Template(parts=parts):
                return "".join(map(self.part, parts))
            case syntax.Tuple(items=items):
                return [self.value(item) for item in items]
            case syntax.Object(items=items):
                return {self.key(key): self.value(value) for key, value in items}
            case _:
                return "${" + self.text[node.start : node.end] + "}"

    def key(self, node: Expression) -> str:
        """The key of an item of an object."""
        if isinstance(node, (syntax.Attribute, syntax.Index)):
            return self.text[node.start : node.end]
        value = self.value(node)
        return value if isinstance(value, str) else json.dumps(value)

    def part(self, part: TemplatePart) -> str:
        """A part of a template, with sequences as hcl2json spells them."""
        match part:
            case syntax.Text(value=value):
                return value.replace("${", "$${").replace("%{", "%%{")
            case syntax.Interpolation(expression=syntax.Template() as inner):
                return "".join(map(self.part, inner.parts))
            case syntax.Interpolation(expression=syntax.Literal(value=value)):
                return json.dumps(float(value) if isinstance(value, Decimal) else value)
            case syntax.Interpolation(expression=expression):
                return "${" + self.text[expression.start : expression.end] + "}"
            case syntax.IfDirective(condition=condition, then=then, otherwise=otherwise):
                head = "%{if " + self.text[condition.start : condition.end] + "}"
                last = "%{else}" + "".join(map(self.part, otherwise)) if otherwise else ""
                return head + "".join(map(self.part, then)) + last + "%{endif}"
            case syntax.ForDirective(key=key, value=value, collection=collection, body=body):
                names = value if key is None else f"{key}, {value}"
                head = f"%{{for {names} in {self.text[collection.start : collection.end]}}}"
                return head + "".join(map(self.part, body)) + "%{endfor}"
