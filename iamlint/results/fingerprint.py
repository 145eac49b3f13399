"""The identity of a finding across runs, in two versions: baselines and code scanning services compare it.

Version 2 is made of the rule, the principal, the role, the resource and the address below the root module. It contains
no path, line or working directory, and nothing from Google's role catalogue, so a moved file or a newer catalogue does
not make a finding new. Version 1 also had the directory and the permissions; old baselines have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set

from iamlint.basics.frozen import frozen
from iamlint.basics.hashes import sha256
from iamlint.basics.lazy_regex import regex
from iamlint.finding import Finding
from iamlint.provenance import directory
from iamlint.unknown import shown

V1, V2 = "iamlintGrant/v1", "iamlintGrant/v2"
"""The keys of the versions in reports: SARIF's ``partialFingerprints``, and JSON's ``fingerprints``."""
_ANY = "${?}"
"""Replaces a text that is not fully known."""
_HOLE = regex(r"\$\{[^{}]*\}")
_SIZE = 16
"""Bytes of a digest, which is a name as bytes."""
_MOST_MARKS = 1 << 22
"""Maximum number of marks of digests, a byte each: with more digests some are counted that occur only once."""


@frozen
class Identity:
    """The names of one finding at one of its addresses, each of 32 hexadecimal digits.

    ``name`` is the fingerprint. ``further`` are the names of the same finding in other runs: at its other addresses
    from ``moved`` blocks, and in a plan without its source, which does not show what the source refers to.
    """

    name: str
    further: tuple[str, ...] = ()


@frozen
class Fingerprints:
    """The fingerprints of one finding in a report.

    ``v1`` and ``v2`` belong to one finding only: if several findings would share one, the later ones get a number.
    ``own`` is its identity at its own address, without a number; ``others`` those at its other addresses.
    """

    v1: str
    v2: str
    own: Identity
    others: tuple[Identity, ...] = ()

    @property
    def by_key(self) -> dict[str, str]:
        """The fingerprints by their keys in reports."""
        return {V1: self.v1, V2: self.v2}


def fingerprints(findings: Iterable[Finding]) -> Iterator[Fingerprints]:
    """Yield the fingerprints of each finding, in their order.

    Only equal ones get numbers, so those that may have an equal one are found first: to count all of them takes six
    times the memory of their digests.
    """
    digests, special = bytearray(), dict[int, tuple[Identity, tuple[Identity, ...]]]()
    for place, finding in enumerate(findings):
        own = _plain_name(finding, finding.address) if not finding.others else None
        if own is None:
            named = identity(finding, finding.address)
            special[place] = named, tuple(identity(finding, address) for address in finding.others)
            own = bytes.fromhex(named.name)
        digests += _version_1(finding, finding.address)
        digests += own
    seen = dict[bytes, int]()

    def numbered(digest: bytes) -> str:
        seen[digest] = number = seen.get(digest, 0) + 1
        return digest.hex() if number == 1 else f"{digest.hex()}-{number}"

    again = _may_repeat(digests)
    for place in range(len(digests) // (2 * _SIZE)):
        start = 2 * _SIZE * place
        v1, v2 = digests[start : start + _SIZE], digests[start + _SIZE : start + 2 * _SIZE]
        name = v2.hex()
        own_name, others = special[place] if place in special else (Identity(name), ())
        yield Fingerprints(
            numbered(bytes(v1)) if 2 * place in again else v1.hex(),
            numbered(bytes(v2)) if 2 * place + 1 in again else name,
            own_name,
            others,
        )


def _may_repeat(digests: bytearray) -> Set[int]:
    """Return the numbers of those that may occur more than once among the digests that follow each other.

    Any other one occurs once: no other one has its first bits.
    """
    mask = min(_MOST_MARKS, 1 << (len(digests) // 2).bit_length()) - 1
    words = memoryview(digests).cast("I")
    firsts = words[:: _SIZE // words.itemsize]
    marks, repeated = bytearray(mask + 1), set[int]()
    for number in firsts:
        mark = number & mask
        if marks[mark]:
            repeated.add(mark)
        marks[mark] = 1
    return {place for place, number in enumerate(firsts) if number & mask in repeated} if repeated else frozenset()


def identity(finding: Finding, address: str | None) -> Identity:
    """Return the names of version 2 of a finding at one of its addresses.

    The fingerprint is that of the oldest address that ``moved`` blocks state, so that it stays when a block is renamed.
    """
    plain = _plain_name(finding, address)
    if plain:
        return Identity(plain.hex())
    addresses = [*reversed(finding.former.get(address, ())), address] if address else [finding.subject]
    kind, name = (finding.resource.kind, shown(finding.resource.name)) if finding.resource else ("", "")
    texts = (finding.principal or "", finding.role or "", name)

    def named(home: str, stated: Iterable[str]) -> str:
        return _hashed(finding.rule, home, kind, *stated)

    first = [_without_own(text, addresses) for text in texts]
    names = [named(home, first) for home in addresses]
    if any("${" in text and _HOLE.search(text) for text in texts):
        vague = [_ANY if _HOLE.search(text) else text for text in texts]
        names += [named(home, vague) for home in addresses]
    name, *further = dict.fromkeys(names)
    return Identity(name, tuple(further))


def _plain_name(finding: Finding, address: str | None) -> bytes | None:
    """Return the digest of a finding without an address and with known texts only, as exports have; None for others."""
    resource = finding.resource
    if address is not None or (resource and type(resource.name) is not str):
        return None
    kind, name = (resource.kind, str(resource.name)) if resource else ("", "")
    text = "\x1f".join((finding.rule, finding.subject, kind, finding.principal or "", finding.role or "", name))
    return None if "${" in text else _digest(text)


def _without_own(text: str, addresses: list[str]) -> str:
    """Return a placeholder for a text that contains an address of the finding itself, else the text."""
    return _ANY if "${" in text and any(one and f"${{{one}." in text for one in addresses) else text


def version_1(finding: Finding, address: str | None) -> str:
    """Return the fingerprint of version 1: rule, facts, permissions, address and the directory of the file."""
    return _version_1(finding, address).hex()


def _version_1(finding: Finding, address: str | None) -> bytes:
    path = directory(finding.at.path) if address else finding.at.path
    who = (finding.rule, address or "", finding.principal or "", finding.role or "", str(finding.resource or ""))
    return _digest("\x1f".join((*who, *finding.permissions, path)))


def _hashed(*parts: str) -> str:
    return _digest("\x1f".join(parts)).hex()


def _digest(text: str) -> bytes:
    digest: bytes = sha256(text.encode("utf-8", "surrogatepass")).digest()[:_SIZE]
    return digest
