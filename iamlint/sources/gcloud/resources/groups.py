"""Groups and their members, as ``gcloud identity groups`` prints them, and as plain lists.

Source: https://cloud.google.com/identity/docs/reference/rest/v1/groups.memberships
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import PurePosixPath

from iamlint.basics.lazy_regex import regex
from iamlint.documents.parts import first, get, text
from iamlint.documents.values import Value
from iamlint.facts import Declaration, Fact, Group, Membership, Place
from iamlint.location import SourceText, Unreadable
from iamlint.sources.reading import Reading

_EMAIL = regex(r"[A-Za-z0-9._%+'-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+\Z")
_SUFFIXES = (".txt", ".csv", ".members")
_MEMBERS = regex(r"[-_.](?:members|memberships)\Z")
_OF_MACHINES = ".gserviceaccount.com"
_GROUP, _MEMBER = regex(r"group ?e?-?mail\b.*", re.IGNORECASE), regex(r"member ?e?-?mail\b.*", re.IGNORECASE)


def groups(found: Sequence[Value]) -> Iterator[Group]:
    """Yield groups, with e-mail and name."""
    for group in found:
        email = text(get(group, "groupKey", "id"))
        if email:
            yield Group(email, Declaration(group.location, "group"), text(get(group, "name")))


def memberships(found: Sequence[Value], path: str) -> Iterator[Membership]:
    """Yield memberships. A list names its group by id only, so the file's name may have the e-mail."""
    email = group_by_path(path)
    for one in found:
        member = get(first(one, "preferredMemberKey", "memberKey"), "id")
        name = (text(get(one, "name")) or "").partition("/memberships/")[0]
        if text(member):
            declared = Declaration(one.location, "membership")
            yield Membership(email or name, text(member) or "", declared, Place(member.location))


def group_by_path(path: str) -> str | None:
    """Return the e-mail of the group in a file's name: ``developers@example.com.json``, ``…-members.txt``."""
    stem = _MEMBERS.sub("", PurePosixPath(path).stem)
    return stem if _EMAIL.match(stem) and not stem.endswith(_OF_MACHINES) else None


def is_member_list(source: SourceText) -> bool:
    """Whether a text is a plain list of a group's members, or the table that the Admin console exports."""
    if not source.path.lower().endswith(_SUFFIXES):
        return False
    if _columns(source.text.partition("\n")[0]):
        return True
    lines = [line for _, line in _entries(source.text)]
    return group_by_path(source.path) is not None and all(_EMAIL.match(line) for line in lines)


def read_member_list(source: SourceText) -> Reading:
    """Return the members of a list: one e-mail a line below the group's name, or the columns of a table."""
    header, _, rest = source.text.partition("\n")
    columns = _columns(header)
    group = group_by_path(source.path) or ""
    found: list[Fact] = []
    errors: list[Unreadable] = []
    start = len(header) + 1 if columns else 0
    for at, line in _entries(rest if columns else source.text):
        of, member = group, line
        if columns:
            row = _cells(line)
            if row is None:
                where = source.location(start + at, start + at + len(line))
                errors.append(Unreadable(where, "a line of the table of members cannot be read", "export it again"))
            if row is None or len(row) <= max(columns):
                continue
            of, member = row[columns[0]].strip(), row[columns[1]].strip()
        if member and of:
            where = source.location(start + at, start + at + len(line))
            found.append(Membership(of, member, Declaration(where, "membership"), Place(where)))
    return Reading(facts=found, errors=errors)


def _columns(header: str) -> tuple[int, int] | None:
    """Return the columns of group and member; None if the line is not such a header."""
    names = _cells(header.strip()) or []
    group = next((number for number, name in enumerate(names) if _GROUP.match(name.strip())), None)
    member = next((number for number, name in enumerate(names) if _MEMBER.match(name.strip())), None)
    return None if group is None or member is None else (group, member)


def _cells(line: str) -> list[str] | None:
    """Return the cells of a line; None for one that Python's reader refuses, such as one with a cell of 200 KB."""
    import csv

    try:
        return next(csv.reader([line]), [])
    except csv.Error:
        return None


def _entries(text: str) -> Iterator[tuple[int, str]]:
    """Yield each line that is not empty and not a comment, with its offset."""
    at = 0
    for raw in text.split("\n"):
        line = raw.strip()
        if line and not line.startswith("#"):
            yield at + raw.index(line), line
        at += len(raw) + 1
