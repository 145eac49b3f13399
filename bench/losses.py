"""Looks for input that is lost silently: damages files at random, and compares what is read.

    python bench/losses.py DIR... [--count 10000] [--seed 1] [--keep FOLDER]

DIR are checkouts and folders of exports, plans and states. A file that grants something, alone or with its module, is
damaged in one of the ways below and read. It is a loss if a grant is missing, there is no new error and no new unknown,
and the damaged text still contains the grant. Each loss is printed with its file and way; the exit code is 1 if there
are any.

Other, strict parsers decide what a text still contains: Terraform that they cannot parse contains everything, and so
does another text that they cannot parse if it names the role or the principal. A block of a resource type that no
provider has contains nothing: Terraform refuses it.
"""

from __future__ import annotations

import argparse
import gzip
import html
import json
import random
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import hcl2
import yaml

from iamlint.facts import Grant, UnreadPart
from iamlint.sources import read
from iamlint.sources.reading import Options
from iamlint.unknown import Unknown

LARGEST = 200_000
"""Bytes. Larger files are left out, since each is read once per mutation."""
SOURCE = (".tf", ".tf.json")
DOCUMENTS = (".json", ".ndjson", ".yaml", ".yml")
Damage = Callable[[bytes, random.Random], bytes]


@dataclass(frozen=True)
class Sample:
    """Files that are read together, by name; one of them is damaged."""

    name: str
    files: dict[str, bytes]
    damaged: str


@dataclass(frozen=True)
class Read:
    """The result of reading: grants as texts, their number by resource, errors by file, and unknown parts."""

    grants: Counter[tuple[str, str, str]]
    addresses: Counter[str]
    errors: frozenset[tuple[str, str]]
    unread_parts: int
    unknown: frozenset[tuple[str, str, str]]


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


def mark_inside(data: bytes, chance: random.Random) -> bytes:
    lines = data.splitlines(keepends=True)
    lines.insert(chance.randrange(len(lines) + 1), b"\xef\xbb\xbf")
    return b"".join(lines)


def tabs(data: bytes, _chance: random.Random) -> bytes:
    return re.sub(rb"^ +", lambda match: b"\t" * (len(match[0]) // 2), data, flags=re.MULTILINE)


def key_changed(data: bytes, chance: random.Random) -> bytes:
    """Rename a key of a document or an argument of a block: remove a letter, or insert one of another alphabet."""
    keys = list(re.finditer(rb'"([A-Za-z_]{3,})"\s*:|^\s*([a-z_]{3,})\s*[=:{]', data, re.MULTILINE))
    if not keys:
        return hole(data, chance)
    found = chance.choice(keys)
    at = chance.randrange(found.start(found.lastindex or 0), found.end(found.lastindex or 0))
    letter = chance.choice((b"", data[at : at + 1].upper(), b"\xe2\x80\x8b", b"_", b"-"))
    return data[:at] + letter + data[at + 1 :]


def unzipped_badly(data: bytes, chance: random.Random) -> bytes:
    packed = gzip.compress(data, mtime=0)
    return chance.choice((packed, packed + b"garbage", packed[:-12], packed[: len(packed) // 2]))


def entities(data: bytes, _chance: random.Random) -> bytes:
    return html.escape(data.decode("utf-8", "replace")).encode()


def smart_quotes(data: bytes, chance: random.Random) -> bytes:
    text = data.decode("utf-8", "replace")
    marks = [at for at, letter in enumerate(text) if letter == '"']
    if not marks or chance.random() < 0.3:
        return text.replace('"', "\u201d").encode()
    at = chance.choice(marks)
    return (text[:at] + "\u201c" + text[at + 1 :]).encode()


def conflict(data: bytes, chance: random.Random) -> bytes:
    """Leave an unfinished merge: both sides, one side, or only a marker."""
    lines = data.splitlines(keepends=True)
    at = chance.randrange(len(lines) + 1)
    head, tail = b"".join(lines[:at]), b"".join(lines[at:])
    ours, middle, theirs = b"<<<<<<< HEAD\n", b"=======\n", b">>>>>>> main\n"
    return chance.choice(
        (head + ours + tail, head + middle + tail, head + theirs + tail, ours + head + middle + theirs + tail)
    )


def pointer(data: bytes, _chance: random.Random) -> bytes:
    return b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize %d\n" % len(data)


def sealed(data: bytes, chance: random.Random) -> bytes:
    return chance.choice((b"\0GITCRYPT\0\xaa\xff", b"$ANSIBLE_VAULT;1.1;AES256\n6162\n")) + data[:0]


def quoted(data: bytes, chance: random.Random) -> bytes:
    """Add what mail, patches, terminals and web pages put before each line or around the text."""
    before = chance.choice((b"> ", b"+", b"\t", b"| "))
    if chance.random() < 0.5:
        return b"".join(before + line for line in data.splitlines(keepends=True))
    return chance.choice((b"```\n%s\n```\n", b"\x1b[0m%s\x1b[0m", b"HTTP/2 200\ncontent-type: text\n\n%s")) % data


def joined(data: bytes, chance: random.Random) -> bytes:
    """Lose the end of a line."""
    ends = [at for at, byte in enumerate(data) if byte == 10]
    at = chance.choice(ends) if ends else 0
    return data[:at] + data[at + 1 :]


def no_heredoc(data: bytes, _chance: random.Random) -> bytes:
    """Empty the first heredoc."""
    return re.sub(rb"(<<-?~?(\w+)\r?\n).*?^(\s*\2)", rb"\1\3", data, count=1, flags=re.MULTILINE | re.DOTALL)


def empty(_data: bytes, chance: random.Random) -> bytes:
    return chance.choice((b"", b"\n", b"null\n", b"{}", b"[]"))


def wrapped(data: bytes, chance: random.Random) -> bytes:
    return chance.choice((b'{"policy": %s}', b"[%s]", b'{"result": [%s]}', b'{"result": %s}', b'"%s"')) % data


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
    wrapped, swapped, other_case, mark_inside, tabs, key_changed, unzipped_badly, entities, smart_quotes, conflict,
    pointer, sealed, quoted, joined, no_heredoc,
)  # fmt: skip
OTHER_NAMES: tuple[Callable[[str], str], ...] = (
    str.upper,
    lambda name: name + ".txt",
    lambda name: name + ".gz",
    lambda name: Path(name).with_suffix("").as_posix(),
    lambda name: Path(name).with_suffix(Path(name).suffix.upper()).as_posix(),
)
"""New names for a document. Terraform's own files keep theirs: Terraform does not read ``main.TF``."""


# -- reading -----------------------------------------------------------------------------------------------------------


def samples(folders: list[Path]) -> Iterator[tuple[Sample, Read]]:
    """Yield the files that grant anything by themselves, with what is read from them or from their module."""
    whole: dict[Path, Read] = {}
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if not path.is_file() or path.is_symlink() or ".git" in path.parts or not 0 < path.stat().st_size < LARGEST:
                continue
            if path.name.endswith(SOURCE):
                beside = (one for one in path.parent.iterdir() if one.is_file() and one.stat().st_size < LARGEST)
                sample = Sample(str(path), {one.name: one.read_bytes() for one in beside}, path.name)
                if path.parent not in whole:
                    whole[path.parent] = reading(sample.files)
                found = whole[path.parent]
                others = {name: data for name, data in sample.files.items() if name != path.name}
                if found.grants and (len(others) == 0 or found.grants - reading(others).grants):
                    yield sample, found
            elif path.suffix in DOCUMENTS:
                name = "/".join(path.relative_to(folder).parts[-3:])
                sample = Sample(str(path), {name: path.read_bytes()}, name)
                found = reading(sample.files)
                if found.grants:
                    yield sample, found


def reading(files: dict[str, bytes]) -> Read:
    """Return what is read from these files, in a separate folder."""
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            path = Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
        found = read([Path(folder)], Options())
    grants = Counter(
        (fact.principal.text, str(fact.role), str(fact.resource)) for fact in found.facts if isinstance(fact, Grant)
    )
    addresses = Counter(str(fact.declared.address) for fact in found.facts if isinstance(fact, Grant))
    errors = frozenset((Path(error.at.path).name, f"{error.at.line} {error.reason}") for error in found.errors)
    unread_parts = sum(isinstance(fact, UnreadPart) for fact in found.facts)
    unknown = frozenset(
        (fact.principal.text, str(fact.role), str(fact.resource))
        for fact in found.facts
        if isinstance(fact, Grant) and _is_unknown(fact)
    )
    return Read(grants, addresses, errors, unread_parts, unknown)


def _is_unknown(grant: Grant) -> bool:
    return bool(grant.principal.unknown) or isinstance(grant.role, Unknown) or isinstance(grant.resource.name, Unknown)


def still_says(
    name: str, data: bytes, original: bytes, lost: Counter[tuple[str, str, str]], gone: frozenset[str]
) -> bool:
    """Whether another parser finds a principal with a lost role in the damaged text.

    ``gone`` are the addresses of resources that granted something: a complete block still does, whatever its arguments
    refer to. For a document, both must occur as often as in the ``original``.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        return b"roles/" in data or b"r\0o\0l\0e\0s\0/" in data or data.startswith(b"\x1f\x8b")
    try:
        tree: object = hcl2.loads(text) if name.endswith(".tf") else _documents(text)
    except Exception:  # any error of another parser: the text is damaged, and no error was reported
        said = any(role in text or principal.partition(":")[2] in text for principal, role, _ in lost)
        return name.endswith(".tf") or said
    if isinstance(tree, dict):
        if any(_is_whole(tree, address) for address in gone):
            return True
        return any(_says(tree, principal.partition(":")[2] or principal, role) for principal, role, _ in lost)
    try:
        before: object = _documents(original.decode("utf-8-sig"))
    except Exception:  # it contains something that only the product's own reader accepts
        before = []
    pairs = {(principal, role) for principal, role, _ in lost}
    return any(0 < _times(before, *pair) <= _times(tree, *pair) for pair in pairs)


def _documents(text: str) -> list[object]:
    """Return the documents of a text: JSON or YAML, or JSON lines, which are not YAML."""
    lines = text.split("\n")
    if len(lines) > 1 and all(line.startswith("{") and line.endswith("}") for line in lines if line.strip()):
        return [json.loads(line) for line in lines if line.strip()]
    return list(yaml.safe_load_all(text))


def _times(tree: object, principal: str, role: str) -> int:
    """Return how many of the smallest objects of a document have both texts."""
    inner = tree if isinstance(tree, list) else list(tree.values()) if isinstance(tree, dict) else []
    found = sum(_times(one, principal, role) for one in inner)
    if found or not isinstance(tree, dict):
        return found
    words = json.dumps(tree, default=str, ensure_ascii=False)
    return int(principal in words and role in words)


def _is_whole(tree: dict[str, object], address: str) -> bool:
    """Whether a configuration still has the block of a resource, with everything that makes it grant."""
    kind, _, name = address.partition("[")[0].partition(".")
    blocks = tree.get("resource", [])
    bodies = (
        body
        for block in (blocks if isinstance(blocks, list) else [])
        for found, named in block.items()
        if found.strip('"') == kind
        for other, body in named.items()
        if other.strip('"') == name
    )
    wanted = {"member": {"role", "member"}, "binding": {"role", "members"}, "policy": {"policy_data"}}
    return any(wanted.get(kind.rpartition("_")[2], {"?"}) <= set(body) for body in bodies)


def _says(tree: object, principal: str, role: str) -> bool:
    """Whether one object of a document, or one block that grants, has both texts."""
    if isinstance(tree, list):
        return any(_says(one, principal, role) for one in tree)
    if not isinstance(tree, dict):
        return False
    if any(_says(one, principal, role) for key, one in tree.items() if not _is_no_type(key, one)):
        return True
    words = json.dumps(tree, default=str)
    return principal in words and role in words and bool({"role", "policy_data", "bindings", "members"} & set(tree))


def _is_no_type(key: object, value: object) -> bool:
    """Whether this is a block of a resource type that no provider has: a damaged name."""
    name = str(key).strip('"')
    is_block = isinstance(value, dict) and all(isinstance(one, dict) for one in value.values())
    return is_block and re.match(r"g\w*_", name) is not None and GRANTING.search(name) is None


GRANTING = re.compile(
    r"^google_\w*iam_(?:member|binding|policy)$|^google_(?:bigquery_dataset|storage_\w*(?:acl|access_control))|^google_iam_policy$"
    r"|^kubernetes_manifest$"
)
"""Types of resources and data sources that grant."""


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("folders", nargs="+", type=Path)
    arguments.add_argument("--count", type=int, default=10_000)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--keep", type=Path, help="Keep the damaged files of losses here.")
    asked = arguments.parse_args()
    chance = random.Random(asked.seed)
    known = list(samples(asked.folders))
    print(f"{len(known)} files that grant")
    outcomes: Counter[str] = Counter()
    losses = 0
    for number in range(asked.count):
        sample, whole = chance.choice(known)
        way = chance.choice((*WAYS, renamed))
        if way is renamed:
            name, damaged = new_name(sample, chance), sample.files[sample.damaged]
        else:
            name, damaged = sample.damaged, way(sample.files[sample.damaged], chance)
        outcome, after = judged(sample, name, damaged, whole)
        outcomes[f"{way.__name__:10} {outcome}"] += 1
        if outcome == "LOSS":
            losses += 1
            print(f"LOSS {number}: {way.__name__} {sample.name}: {list((whole.grants - after.grants).items())[:2]}")
            if asked.keep:
                folder = asked.keep / f"{number}-{way.__name__}"
                for each, data in damaged_files(sample, name, damaged).items():
                    (folder / each).parent.mkdir(parents=True, exist_ok=True)
                    (folder / each).write_bytes(data)
    for outcome, count in sorted(outcomes.items()):
        print(f"{count:6} {outcome}")
    print(f"{losses} losses in {asked.count}")
    return 1 if losses else 0


def renamed(data: bytes, _chance: random.Random) -> bytes:
    """Represents another name of the file, which `new_name` chooses."""
    return data


def new_name(sample: Sample, chance: random.Random) -> str:
    name = sample.damaged
    return name if name.endswith(SOURCE) else chance.choice(OTHER_NAMES)(name)


def damaged_files(sample: Sample, name: str, data: bytes) -> dict[str, bytes]:
    """The files of a sample, with one under this name and with this content."""
    return {**{each: kept for each, kept in sample.files.items() if each != sample.damaged}, name: data}


def judged(sample: Sample, name: str, damaged: bytes, whole: Read) -> tuple[str, Read]:
    """Return what happened to the grants of a damaged file.

    An error in the damaged file reports the damage, even if it had an error before. If a resource makes as many grants
    as before, these are others: for another principal, or for an unknown one.
    """
    after = reading(damaged_files(sample, name, damaged))
    lost = whole.grants - after.grants
    if not lost:
        return "kept", after
    if after.errors - whole.errors or any(path == Path(name).name for path, _ in after.errors):
        return "error", after
    if after.unread_parts > whole.unread_parts or after.unknown - whole.unknown:
        return "unknown", after
    fewer = whole.addresses - after.addresses
    here = {(principal, role) for principal, role, _ in after.grants}
    gone = Counter({grant: count for grant, count in lost.items() if grant[:2] not in here})
    if not fewer:
        return "changed", after
    silent = frozenset(fewer.keys() - after.addresses.keys())
    lost = gone if sample.damaged.endswith(".tf") else lost
    original = sample.files[sample.damaged]
    return ("LOSS" if still_says(name, damaged, original, lost, silent) else "removed"), after


if __name__ == "__main__":
    sys.exit(main())
