"""How a report is shown, beside its format."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Presentation:
    """``category`` is SARIF's automation id, which tells several analyses of one commit apart on GitHub."""

    color: bool = False
    show_unknown: bool = False
    quiet: bool = False
    category: str | None = None
