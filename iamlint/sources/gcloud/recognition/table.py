"""The table that ``gcloud services list`` prints: NAME and TITLE."""

from __future__ import annotations

import re

from iamlint.basics.lazy_regex import regex
from iamlint.facts import Declaration, Fact, Place, Service, UnreadPart
from iamlint.location import Location, SourceText, Unreadable
from iamlint.sources.gcloud.recognition.resource_from_path import project_by_path
from iamlint.sources.reading import Reading

TABLES = ("enabled.txt", "services.txt")
"""File name endings of such tables."""
TEXTS = (".txt", ".csv", ".log")
"""File extensions of texts for people; a policy's may be a printed table, which cannot be read."""
_HEADER = regex(r"NAME +TITLE[ \r]*$", re.MULTILINE)


def is_table(source: SourceText) -> bool:
    """Whether the text is such a table."""
    return _HEADER.match(source.text) is not None


def read_table(source: SourceText, *, named: bool) -> Reading:
    """Return the enabled services of the project in the file's name; without one, an error if the user named it."""
    project = project_by_path(source.path)
    if project is None:
        hint = "name the file project-ID-services.txt, or put it in a folder projects/ID, or export it as JSON"
        reason, file = "the file does not say in which project these services are enabled", Location(source.path)
        if named:
            return Reading(errors=[Unreadable(file, reason, hint)])
        return Reading(facts=[UnreadPart(f"{reason}: {hint}", Declaration(file, "export"))])
    facts: list[Fact] = []
    at = len(source.text.split("\n", 1)[0]) + 1
    for line in source.text[at:].split("\n"):
        name = line.split(" ", 1)[0].rstrip("\r")
        if name:
            where = source.location(at, at + len(name))
            facts.append(Service(name, project, Declaration(where, "service"), Place(where), complete=True))
        at += len(line) + 1
    return Reading(facts=facts)
