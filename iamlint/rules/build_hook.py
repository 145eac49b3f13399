"""Compiles the documents of rules, methods, errors and stubs of modules when the package is built.

    python iamlint/rules/build_hook.py

does the same for a checkout.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

ROOT = Path(__file__).parents[2]


def compiled(*, checkout: bool) -> Iterator[tuple[Path, str]]:
    """Yield each compiled file, with its text. In a checkout its sources may change."""
    sys.path.insert(0, str(ROOT))
    from iamlint.diagnosis.recognition import error_kinds
    from iamlint.documents.compiled import compiled_text
    from iamlint.methods import documents as methods
    from iamlint.rules.record import compiled_rules
    from iamlint.sources.terraform.configuration import module_stubs as stubs

    rules = ROOT / "rules"
    yield ROOT / "iamlint" / "rules" / "compiled.json", compiled_rules(rules, rules if checkout else None)
    yield methods.COMPILED, compiled_text(methods.heads(), methods.FOLDER if checkout else None)
    yield stubs.COMPILED, compiled_text(stubs.documents(), stubs.FOLDER if checkout else None)
    yield error_kinds.COMPILED, error_kinds.compiled_kinds(checkout=checkout)


def write() -> None:
    """Compile the documents of this checkout."""
    for path, text in compiled(checkout=True):
        path.write_text(text, encoding="utf-8")


class CompiledDocuments(BuildHookInterface[Any]):
    """Adds the compiled documents to a wheel; an editable install gets them in the checkout."""

    PLUGIN_NAME = "custom"

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Compile the documents; hatchling calls this before it builds."""
        if sys.version_info < (3, 11):  # noqa: UP036  # pip builds a checkout before it reads requires-python
            sys.exit("iamlint needs Python 3.11 or newer; this is Python " + sys.version.split()[0])
        if version == "editable":
            write()
            return
        self.folder = Path(mkdtemp())
        for path, text in compiled(checkout=False):
            file = self.folder / path.parent.name
            file.write_text(text, encoding="utf-8")
            build_data["force_include"][str(file)] = path.relative_to(ROOT).as_posix()

    def finalize(self, version: str, build_data: dict[str, Any], artifact_path: str) -> None:  # noqa: ARG002  # the interface has them
        """Remove the temporary files; hatchling calls this after it has built."""
        if version != "editable":
            rmtree(self.folder)


if __name__ == "__main__":
    write()
