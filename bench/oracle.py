"""Go's HCL parser as a reference: the npm package ``@cdktf/hcl2json`` is hashicorp/hcl compiled to WebAssembly.

It is installed once into ``~/.cache/iamlint-test`` (or ``XDG_CACHE_HOME``); without npm, or without a network the first
time, callers get the reason. `go_tree` compares its trees with ours.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

PACKAGE = "@cdktf/hcl2json@0.21.0"

_SCRIPT = """
const {parse, getExpressionAst} = require(process.argv[1]);
const lines = require('readline').createInterface({input: process.stdin});
const tried = async (what) => { try { return {value: await what()}; } catch (e) { return {error: String(e)}; } };
(async () => {
  for await (const line of lines) {
    const asked = JSON.parse(line);
    const answer = [];
    for (const text of asked.files || []) answer.push(await tried(() => parse('x.tf', text)));
    for (const text of asked.expressions || []) answer.push(await tried(() => getExpressionAst('x.tf', text)));
    process.stdout.write(JSON.stringify(answer) + '\\n');
  }
})();
"""


class UnavailableError(Exception):
    """Why the reference parser is not available."""


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
        """Return the document of a text, and the errors in it, of the parser or of the conversion to JSON."""
        (answer,) = self._ask({"files": [text]})
        return answer.get("value"), answer.get("error", "")

    def expressions(self, texts: list[str]) -> list[Any]:
        """The syntax tree of each expression, or what is wrong with it as a string."""
        answers = self._ask({"expressions": [text + "\n" for text in texts]}) if texts else []
        return [answer.get("error") or answer["value"] for answer in answers]

    def _ask(self, question: dict[str, list[str]]) -> list[dict[str, Any]]:
        if self._process.stdin is None or self._process.stdout is None:
            raise UnavailableError("the process has no pipes")
        self._process.stdin.write(json.dumps(question) + "\n")
        self._process.stdin.flush()
        answers: list[dict[str, Any]] = json.loads(self._process.stdout.readline())
        return answers

    def close(self) -> None:
        """End the process."""
        if self._process.stdin:
            self._process.stdin.close()
        if self._process.stdout:
            self._process.stdout.close()
        self._process.wait(timeout=30)


def _installed() -> Path:
    """The folder with the package; installed aside and then moved, since several test processes may come at once."""
    if not shutil.which("npm") or not shutil.which("node"):
        raise UnavailableError("npm and node are not installed")
    base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "iamlint-test"
    folder = base / PACKAGE.rpartition("/")[2]
    if not folder.is_dir():
        base.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=base) as made:
            command = ["npm", "install", "--no-audit", "--no-fund", "--no-save", "--prefix", made, PACKAGE]
            done = subprocess.run(command, capture_output=True, text=True, timeout=180, check=False)
            if done.returncode:
                raise UnavailableError(f"npm cannot install {PACKAGE}: {done.stderr.strip()[-200:]}")
            try:
                Path(made).rename(folder)
                Path(made).mkdir()  # for the clean-up, which wants to find it
            except OSError:
                if not folder.is_dir():
                    raise
    return folder


def is_syntax_error(errors: str) -> bool:
    """Whether the parser refused a text, rather than the converter that comes after it."""
    return errors.startswith("Error: parse config:")


def error_lines(errors: str) -> list[int]:
    """The lines of the errors that `GoParser.parse` gives, in ascending order."""
    return sorted(int(line) for line in re.findall(r"x\.tf:(\d+),[\d,\-]+: ", errors))
