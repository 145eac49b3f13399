"""Results of earlier runs, in the user's cache directory: used again while everything that a run read is the same."""

from __future__ import annotations


class SameReading(Exception):
    """Raised when all that a run read is what the earlier run read: its result is the same."""
