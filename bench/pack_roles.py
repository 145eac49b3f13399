"""Packs a table of roles into the built-in catalogue.

    python bench/pack_roles.py ROLES.json[.gz] --date YYYY-MM-DD

The table maps each role to {"title", "stage", "listed", "permissions"}; permissions are null if no public list has
them, and "listed" is false for a role that Google has retired. The same table gives the same bytes.
"""

from __future__ import annotations

import argparse
import json
import lzma
from pathlib import Path
from typing import Any

from iamlint.packed import CATALOG


def pack(roles: dict[str, Any], date: str) -> bytes:
    """The catalogue's file: permissions once, in order, and each role's as the gaps between their numbers."""
    permissions = sorted({p for role in roles.values() for p in role["permissions"] or ()})
    number = {permission: index for index, permission in enumerate(permissions)}
    table = {}
    for name in sorted(roles):
        role = roles[name]
        held = None if role["permissions"] is None else sorted(number[p] for p in set(role["permissions"]))
        gaps = None if held is None else [b - a for a, b in zip([0, *held], held, strict=False)]
        table[name] = [role["title"], role["stage"], int(role["listed"]), gaps]
    document = {"date": date, "permissions": _front_coded(permissions), "roles": table}
    text = json.dumps(document, separators=(",", ":"), ensure_ascii=False)
    return lzma.compress(text.encode(), format=lzma.FORMAT_XZ, preset=9 | lzma.PRESET_EXTREME)


def _front_coded(texts: list[str]) -> list[str]:
    """Return each text without the prefix that it shares with the one before; a character gives its length."""
    found, before = [], ""
    for text in texts:
        shared = 0
        while shared < min(len(text), len(before), 90) and text[shared] == before[shared]:
            shared += 1
        found.append(chr(shared + 32) + text[shared:])
        before = text
    return found


def main() -> None:
    """Read the table, write the catalogue."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("table", type=Path)
    parser.add_argument("--date", required=True)
    arguments = parser.parse_args()
    data = arguments.table.read_bytes()
    if data.startswith(b"\x1f\x8b"):
        import gzip

        data = gzip.decompress(data)
    packed = pack(json.loads(data), arguments.date)
    CATALOG.write_bytes(packed)
    print(f"{CATALOG.name}: {len(packed)} bytes")


if __name__ == "__main__":
    main()
