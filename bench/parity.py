"""Hold the facts of Terraform source against those of the plan that Terraform makes of it.

    python bench/parity.py ROOT PLAN [ROOT PLAN ...]
    python bench/parity.py --list FILE      # lines of "ROOT<tab>PLAN"

Facts are compared by kind and address. Of the facts that the plan knows it counts those that are equal, unknown in the
source, missing there, and contradicting; and those that only the source has. ``-v`` names every fact that is not equal.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from iamlint.reporters.facts import facts_json
from iamlint.sources import read
from iamlint.sources.reading import Options

COMPARED = {
    "grant": ("principal", "role", "resource", "condition"),
    "custom_role": ("name", "permissions"),
    "service_account": ("email", "project"),
    "service": ("name", "project"),
    "denial": ("parent", "denied_principals", "denied_permissions"),
}
CLASSES = ("equal", "unknown", "missing", "contradicting", "extra")

Entry = dict[str, Any]


def entries(path: Path, source_root: Path | None = None) -> dict[tuple[str, str], list[Entry]]:
    """The compared facts of an input, by kind and address."""
    found: dict[tuple[str, str], list[Entry]] = {}
    reading = read([path], Options(source_root=source_root))
    for line in facts_json(reading.facts).splitlines():
        entry = json.loads(line)
        if entry["kind"] in COMPARED and entry["address"] is not None:
            found.setdefault((entry["kind"], entry["address"]), []).append(entry)
    return found


def parts(entry: Entry) -> tuple[str, ...]:
    """What is compared of a fact; a part that is not known is a question mark."""
    unknown = entry.get("unknown") or {}

    def shown(name: str) -> str:
        value = entry.get(name)
        if name in unknown or (isinstance(value, dict) and value.get("name") is None and name == "resource"):
            return "?"
        if isinstance(value, list):
            return json.dumps(["?" if item is None else item for item in value])
        text = json.dumps(value, sort_keys=True)
        return "?" if "${" in text else text

    return tuple(shown(name) for name in COMPARED[entry["kind"]])


def fits(known: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether two facts could be the same: equal where both are known."""
    return all(a == b or "?" in (a, b) or '"?"' in a + b for a, b in zip(known, other, strict=True))


def compare(source: list[Entry], plan: list[Entry]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The class of each fact at one address."""
    left = [parts(entry) for entry in source]
    for known in sorted((parts(entry) for entry in plan), key=lambda p: p.count("?")):
        if known in left:
            left.remove(known)
            yield "equal", known
            continue
        candidates = [other for other in left if fits(known, other)]
        if candidates:
            left.remove(candidates[0])
            # What the plan does not know itself, the source need not know either.
            yield (
                ("unknown" if any(o == "?" != k for o, k in zip(candidates[0], known, strict=True)) else "equal"),
                known,
            )
        elif all(part == "?" for part in known[:2]):
            yield "equal", known
        else:
            yield ("contradicting" if left else "missing"), known
    yield from (("extra", other) for other in left)


def pairs(arguments: argparse.Namespace) -> Iterator[tuple[Path, Path]]:
    """The root modules and plans to compare."""
    if arguments.list:
        for line in arguments.list.read_text().splitlines():
            root, _, plan = line.partition("\t")
            yield Path(root), Path(plan)
    given = iter(arguments.paths)
    yield from zip(given, given, strict=True)


def main() -> None:
    """Print one line a pair and the totals; fails where anything contradicts."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("paths", nargs="*", type=Path)
    parser.add_argument("--list", type=Path)
    parser.add_argument("-v", "--verbose", action="store_true")
    arguments = parser.parse_args()
    totals: Counter[str] = Counter()
    number = 0
    for root, plan in pairs(arguments):
        number += 1
        source, planned = entries(root), entries(plan, source_root=plan.parent)
        count: Counter[str] = Counter()
        for key in sorted(source.keys() | planned.keys()):
            for kind, what in compare(source.get(key, []), planned.get(key, [])):
                count[kind] += 1
                if arguments.verbose and kind != "equal":
                    print(f"  {kind:<13} {key[0]} {key[1]} {what}")
        totals += count
        if arguments.verbose or count["contradicting"] or count["missing"]:
            print(f"{root}: " + ", ".join(f"{name} {count[name]}" for name in CLASSES))
    known = sum(totals[name] for name in CLASSES if name != "extra")
    share = 100 * totals["equal"] / known if known else 100.0
    print(
        f"{number} plans, {known} facts: " + ", ".join(f"{n} {totals[n]}" for n in CLASSES) + f" ({share:.2f} % equal)"
    )
    sys.exit(bool(totals["contradicting"]))


if __name__ == "__main__":
    main()
