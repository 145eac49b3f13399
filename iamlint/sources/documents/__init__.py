"""Reads documents: plans, states, exports."""

from __future__ import annotations

from pathlib import Path

from iamlint.sources.reading import Reading

Document = tuple[Path, bool, Reading]
"""A document, whether the user gave it, and what it states."""
