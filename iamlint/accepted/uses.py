"""The comments and entries that accepted something in a run; all others are stale."""

from __future__ import annotations

from dataclasses import field

from iamlint.basics.frozen import mutable
from iamlint.location import Location


@mutable
class Uses:
    """Filled while findings and unknown answers are judged.

    ``comments`` are the places of ignore comments, each with the name of a rule that it accepted. ``entries`` are the
    places of the entries of the configuration that matched.
    """

    comments: set[tuple[Location, str]] = field(default_factory=set)
    entries: set[Location] = field(default_factory=set)
