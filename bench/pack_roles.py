"""Packs a table of roles into the built-in catalogue, after showing what would change.

    python bench/pack_roles.py ROLES.json[.gz] --date YYYY-MM-DD           # shows the difference, writes nothing
    python bench/pack_roles.py ROLES.json[.gz] --date YYYY-MM-DD --write   # writes the catalogue

A table maps each role to {"title", "stage", "listed", "permissions"}; permissions are null if no public list has them,
and "listed" is false for a role that Google has retired. What gcloud prints is taken, too: a list of roles with
"includedPermissions" (`gcloud iam roles list`, each then described). A role of the list without them keeps those that
the catalogue has; a role that the list lacks is retired, not removed. The same table gives the same bytes.
"""

from __future__ import annotations

import argparse
import gzip
import json
from collections.abc import Iterator, Mapping
from itertools import accumulate
from pathlib import Path
from typing import Any

from iamlint.catalog_file import CATALOG
from iamlint.roles.lines import BLOCK

Table = dict[str, dict[str, Any]]
MOST_SHOWN = 12
"""Maximum number of permissions shown of a role; the rest is counted."""


def pack(roles: Table, date: str) -> bytes:
    """The catalogue's file: permissions once, in order, and each role's as the gaps between their numbers.

    It is JSON with a line for each role and for each `BLOCK` permissions, so that a run decodes the few that it needs.
    """
    permissions = sorted({p for role in roles.values() for p in role["permissions"] or ()})
    number = {permission: index for index, permission in enumerate(permissions)}
    lines = []
    for name in sorted(roles):
        role = roles[name]
        held = None if role["permissions"] is None else sorted(number[p] for p in set(role["permissions"]))
        gaps = None if held is None else " ".join(str(b - a) for a, b in zip([0, *held], held, strict=False))
        lines.append(f"{_json(name)}:{_json([role['title'], role['stage'], int(role['listed']), gaps])}")
    rows = ",\n".join(lines)
    blocks = (" ".join(permissions[at : at + BLOCK]) for at in range(0, len(permissions), BLOCK))
    listed = ",\n".join(map(_json, blocks))
    return f'{{"date":{_json(date)},\n"permissions":[\n{listed}\n],\n"roles":{{\n{rows}\n}}}}\n'.encode()


def _json(value: Any) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)


def unpacked(packed: bytes) -> Table:
    """Return the table in a catalogue's file."""
    document: dict[str, Any] = json.loads(packed)
    permissions = " ".join(document["permissions"]).split()
    table: Table = {}
    for name, (title, stage, listed, gaps) in document["roles"].items():
        held = None if gaps is None else [permissions[number] for number in accumulate(map(int, gaps.split()))]
        table[name] = {"title": title, "stage": stage, "listed": bool(listed), "permissions": held}
    return table


def table_of(data: bytes, before: Table) -> Table:
    """Return the table in a file: as described above, or made from a list of gcloud and the present catalogue."""
    if data.startswith(b"\x1f\x8b"):
        data = gzip.decompress(data)
    given = json.loads(data)
    if isinstance(given, dict):
        return given
    table: Table = {name: {**role, "listed": False} for name, role in before.items()}
    for role in given:
        known = before.get(role["name"], {})
        table[role["name"]] = {
            "title": role.get("title", known.get("title", "")),
            "stage": role.get("stage", known.get("stage", "GA")),
            "listed": True,
            "permissions": role.get("includedPermissions", known.get("permissions")),
        }
    return table


def difference(before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]) -> Iterator[str]:
    """Yield what a reviewer should see, a line each: roles that come and go, permissions that roles gain and lose."""
    for name in sorted(before.keys() | after.keys()):
        old, new = before.get(name), after.get(name)
        if old is None or new is None:
            there = new or old or {}
            held = there["permissions"]
            count = "permissions unknown" if held is None else f"{len(held)} permissions"
            yield f"{'+' if new else '-'} {name} ({there['title']}; {count})"
            continue
        parts = list(_changed(old, new))
        if parts:
            yield f"  {name}: {'; '.join(parts)}"


def _changed(old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[str]:
    if old["listed"] != new["listed"]:
        yield "listed again" if new["listed"] else "retired"
    for key in ("stage", "title"):
        if old[key] != new[key]:
            yield f"{key} {old[key]!r} → {new[key]!r}"
    was, now = old["permissions"], new["permissions"]
    if (was is None) != (now is None):
        yield "permissions are known now" if was is None else "permissions are no longer known"
    gained, lost = sorted({*(now or ())} - {*(was or ())}), sorted({*(was or ())} - {*(now or ())})
    if was is not None and now is not None:
        yield from (_listed(sign, names) for sign, names in (("+", gained), ("-", lost)) if names)


def _listed(sign: str, names: list[str]) -> str:
    more = f" and {len(names) - MOST_SHOWN} more" if len(names) > MOST_SHOWN else ""
    return ", ".join(f"{sign}{name}" for name in names[:MOST_SHOWN]) + more


def main(arguments: list[str] | None = None, catalog: Path = CATALOG) -> None:
    """Read the table, show the difference, write the catalogue if that is wanted."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--date", required=True)
    parser.add_argument("--write", action="store_true")
    asked = parser.parse_args(arguments)
    before = unpacked(catalog.read_bytes())
    table = table_of(asked.table.read_bytes(), before)
    lines = list(difference(before, table))
    print("\n".join(lines))
    print(f"{len(lines)} of {len(before.keys() | table.keys())} roles differ")
    packed = pack(table, asked.date)
    if asked.write:
        catalog.write_bytes(packed)
        print(f"{catalog.name}: {len(packed)} bytes")


if __name__ == "__main__":
    main()
