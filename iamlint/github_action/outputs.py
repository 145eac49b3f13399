"""What the action writes for the workflow: outputs, and the job's page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path


def write_outputs(environment: Mapping[str, str], outputs: Mapping[str, object]) -> None:
    """Write one line per output: a value of several lines could set others."""
    path = environment.get("GITHUB_OUTPUT")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.writelines(f"{name}={' '.join(str(value).splitlines())}\n" for name, value in outputs.items())


def write_summary(environment: Mapping[str, str], *parts: Path) -> None:
    """Add the files that exist to the job's page, in this order."""
    path = environment.get("GITHUB_STEP_SUMMARY")
    found = [part.read_text(encoding="utf-8") for part in parts if part.exists()]
    if path and found:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write("\n".join(found))
