"""A hash of all that a run read: two runs with the same one have the same to report."""

from __future__ import annotations

import json
from collections.abc import Mapping

from iamlint.basics.hashes import hash_of
from iamlint.cache.units import Units, hash_of_text
from iamlint.location import SourceText
from iamlint.sources.fact_data import NotData, data_of, located_in
from iamlint.sources.reading import Reading

MOST = 5_000
"""Maximum number of facts in a reading that are hashed, besides those of Terraform source."""


def hash_of_reading(reading: Reading, marked: Mapping[str, SourceText], units: Units, other: str) -> str | None:
    """Return the hash of a reading with the texts that may have comments to iamlint; None for one without.

    ``other`` is a hash of what is not in the reading; ``units`` receive the paths of the places in it. Of the other
    texts only the paths count: who uses the hash has to compare those that rules and reports look into. A large export
    has none: to hash it takes long, and an edit of it changes what it states.
    """
    if len(reading.facts) > MOST:
        return None
    try:
        stated = data_of((tuple(reading.facts), tuple(reading.errors)))
    except NotData:
        return None
    parts = (
        *(
            (units.beginning, other),
            stated,
            reading.files,
            reading.excluded,
            reading.unwalked,
            reading.empty,
            reading.undeclared,
        ),
        *(reading.foreign, [[one.path, sorted(one.names), sorted(one.roots)] for one in reading.var_files]),
        *(sorted(reading.texts), [[path, hash_of_text(text)] for path, text in sorted(marked.items())]),
    )
    data = json.dumps(parts, separators=(",", ":"))
    units.locates(located_in(data))
    return hash_of(data)
