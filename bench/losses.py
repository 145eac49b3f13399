"""Looks for input that is lost in silence: files are damaged at random, and what is read of them is compared.

    python bench/losses.py DIR... [--count 10000] [--seed 1] [--keep FOLDER]

DIR are checkouts and folders of exports, plans and states. A file, or a module with one of its files, is damaged in one
of the ways below and read. A run that reads fewer grants than before, has no new error and no new unknown, and whose
damaged text still says what was lost, is a loss. Each loss is printed with its file and way; exit code 1 where there is
one.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hcl2
import yaml

from iamlint.facts import Gap, Grant
from iamlint.sources import read
from iamlint.sources.reading import Options

LARGEST = 200_000
"""Bytes. Larger files are left out, since each is read once a mutation."""
SOURCE = (".tf", ".tf.json")
DOCUMENTS = (".json", ".ndjson", ".yaml", ".yml")
Damage = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Sample:
    """What is read together: files by name, of which one is damaged."""

    name: str
    files: dict[str, bytes]
    damaged: str


@dataclass(frozen=True)
class Read:
    """What was read: grants as texts, and how many errors and unread parts there are."""

    grants: Counter[tuple[str, str, str]]
    errors: int
    gaps: int


# -- ways to damage a file ---------------------------------------------------------------------------------------------


def cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randrange(len(data))]


def cut_line(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    return b"".join(lines[: chance.randrange(len(lines))])


def hole(data: bytes, chance: random.Random) -> bytes:
    start = chance.randrange(len(data))
    return data[:start] + data[start + chance.randint(1, 40) :]


def flip(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return data[:at] + bytes([data[at] ^ (1 << chance.randrange(7))]) + data[at + 1 :]


def insert(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data))
    return (
        data[:at] + chance.choice((b"\0", b"\xff", b"}", b"{", b'"', b"\n", b"\\", b"#", b"\xe2\x80\xa8")) + data[at:]
    )


def mark(data: bytes, _chance: random.Random) -> bytes:
    return b"\xef\xbb\xbf" + data


def windows(data: bytes, _chance: random.Random) -> bytes:
    return data.replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")


def old_mac(data: bytes, _chance: random.Random) -> bytes:
    return data.replace(b"\n", b"\r")


def utf_16(data: bytes, chance: random.Random) -> bytes:
    return data.decode("utf-8", "replace").encode(chance.choice(("utf-16", "utf-16-le", "utf-32")))


def latin_1(data: bytes, _chance: random.Random) -> bytes:
    return data.replace(b"@example", b"\xe4@example", 1) if b"@example" in data else data + b"\n# \xe4"


def log_before(data: bytes, chance: random.Random) -> bytes:
    return chance.choice((b"[command]terraform show -json\n", b"time=1 level=info\n", b"Updated property.\n")) + data


def log_after(data: bytes, chance: random.Random) -> bytes:
    return data + chance.choice((b"\n::debug::done\n", b"\nERROR: (gcloud) x\n", b"\ntrailing"))


def twice(data: bytes, _chance: random.Random) -> bytes:
    return data + data


def empty(_data: bytes, chance: random.Random) -> bytes:
    return chance.choice((b"", b"\n", b"null\n", b"{}", b"[]"))


def wrapped(data: bytes, chance: random.Random) -> bytes:
    return chance.choice((b'{"policy": %s}', b"[%s]", b'{"result": [%s]}')) % data


def swapped(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    chance.shuffle(lines) if len(lines) < 4 else lines.insert(0, lines.pop(chance.randrange(len(lines))))
    return b"".join(lines)


def other_case(data: bytes, chance: random.Random) -> bytes:
    words = [
        word for word in (b"bindings", b"members", b"role", b"member", b"policy_data", b"resource") if word in data
    ]
    word = chance.choice(words) if words else b"e"
    return data.replace(word, chance.choice((word.upper(), word.title())), 1)


WAYS: tuple[Damage, ...] = (
    cut, cut_line, hole, flip, insert, mark, windows, old_mac, utf_16, latin_1, log_before, log_after, twice, empty,
    wrapped, swapped, other_case,
)  # fmt: skip


# -- reading -----------------------------------------------------------------------------------------------------------


def samples(folders: list[Path]) -> Iterator[Sample]:
    """The files of these folders that grant anything."""
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or path.is_symlink() or ".git" in path.parts or not 0 < path.stat().st_size < LARGEST:
                continue
            if path.name.endswith(SOURCE):
                beside = (one for one in path.parent.iterdir() if one.is_file() and one.stat().st_size < LARGEST)
                yield Sample(str(path), {one.name: one.read_bytes() for one in beside}, path.name)
            elif path.suffix in DOCUMENTS:
                name = "/".join(path.relative_to(folder).parts[-3:])
                yield Sample(str(path), {name: path.read_bytes()}, name)


def reading(files: dict[str, bytes]) -> Read:
    """What these files say, read in a folder of their own."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        found = read([Path(folder)], Options())
    grants = Counter(
        (fact.principal.text, str(fact.role), str(fact.resource)) for fact in found.facts if isinstance(fact, Grant)
    )
    return Read(grants, len(found.errors), sum(isinstance(fact, Gap) for fact in found.facts))


def still_says(name: str, data: bytes, lost: Counter[tuple[str, str, str]]) -> bool:
    """Whether another parser finds a principal and role that were lost in the damaged text."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return True  # it says it in another encoding
    try:
        tree: object = hcl2.loads(text) if name.endswith(".tf") else list(yaml.safe_load_all(text))
    except Exception:  # whatever another parser stumbles over: the text is damaged, and was not told
        return True
    return any(_says(tree, principal.partition(":")[2], role) for principal, role, _ in lost)


def _says(tree: object, principal: str, role: str) -> bool:
    """Whether one object of a document, or one block that grants, has both texts."""
    if isinstance(tree, list):
        return any(_says(one, principal, role) for one in tree)
    if not isinstance(tree, dict):
        return False
    if any(_says(one, principal, role) for one in tree.values()):
        return True
    words = json.dumps(tree, default=str)
    return principal in words and role in words and {"role", "policy_data", "bindings"} & set(tree) != set()


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", nargs="+", type=Path)
    arguments.add_argument("--count", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--keep", type=Path, help="Keep the damaged files of losses here.")
    asked = arguments.parse_args()
    chance = random.Random(asked.seed)
    known = [(one, whole) for one in samples(asked.folders) if (whole := reading(one.files)).grants]
    print(f"{len(known)} files that grant")
    outcomes: Counter[str] = Counter()
    losses = 0
    for number in range(asked.count):
        sample, whole = chance.choice(known)
        way = chance.choice(WAYS)
        damaged = way(sample.files[sample.damaged], chance)
        outcome, after = judged(sample, damaged, whole)
        outcomes[f"{way.__name__:10} {outcome}"] += 1
        if outcome == "LOSS":
            losses += 1
            print(f"LOSS {number}: {way.__name__} {sample.name}: {list((whole.grants - after.grants).items())[:2]}")
            if asked.keep:
                path = asked.keep / f"{number}-{way.__name__}" / sample.damaged
                for name, data in {**sample.files, sample.damaged: damaged}.items():
                    (path.parent / Path(name).name).parent.mkdir(parents=True, exist_ok=True)
                    (path.parent / Path(name).name).write_bytes(data)
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:6} {outcome}")
    print(f"{losses} losses in {asked.count}")
    return 1 if losses else 0


def judged(sample: Sample, damaged: bytes, whole: Read) -> tuple[str, Read]:
    """What became of the grants of a damaged file."""
    after = reading({**sample.files, sample.damaged: damaged})
    lost = whole.grants - after.grants
    if not lost:
        return "kept", after
    if after.errors > whole.errors:
        return "error", after
    if after.gaps > whole.gaps:
        return "unknown", after
    if after.grants.total() >= whole.grants.total():
        return "changed", after
    return ("LOSS" if still_says(sample.damaged, damaged, lost) else "removed"), after


if __name__ == "__main__":
    sys.exit(main())
