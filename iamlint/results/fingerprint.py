"""The identity of a finding across runs, in two versions: baselines and code scanning services compare it.

Version 2 is made of the rule, the principal, the role, the resource and the address below the root module. It contains
no path, line or working directory, and nothing from Google's role catalogue, so a moved file or a newer catalogue does
not make a finding new. Version 1 also had the directory and the permissions; old baselines have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

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
    """Yield the fingerprints of each finding, in their order."""
    seen: dict[int, int] = {}

    def numbered(name: str) -> str:
        key = int(name, 16)  # it takes half the memory of the text
        seen[key] = number = seen.get(key, 0) + 1
        return name if number == 1 else f"{name}-{number}"

    for finding in findings:
        own = identity(finding, finding.address)
        others = tuple(identity(finding, address) for address in finding.others)
        yield Fingerprints(numbered(version_1(finding, finding.address)), numbered(own.name), own, others)


def identity(finding: Finding, address: str | None) -> Identity:
    """Return the names of version 2 of a finding at one of its addresses.

    The fingerprint is that of the oldest address that ``moved`` blocks state, so that it stays when a block is renamed.
    """
    addresses = [*reversed(finding.former.get(address, ())), address] if address else [finding.subject]
    kind, name = (finding.resource.kind, shown(finding.resource.name)) if finding.resource else ("", "")
    texts = (finding.principal or "", finding.role or "", name)
    if address is None and not any(["${" in text for text in texts]):  # noqa: C419  # as of all findings in an export
        return Identity(_hashed(finding.rule, finding.subject, kind, *texts))

    def named(home: str, stated: Iterable[str]) -> str:
        return _hashed(finding.rule, home, kind, *stated)

    first = [_without_own(text, addresses) for text in texts]
    names = [named(home, first) for home in addresses]
    if any("${" in text and _HOLE.search(text) for text in texts):
        vague = [_ANY if _HOLE.search(text) else text for text in texts]
        names += [named(home, vague) for home in addresses]
    name, *further = dict.fromkeys(names)
    return Identity(name, tuple(further))


def _without_own(text: str, addresses: list[str]) -> str:
    """Return a placeholder for a text that contains an address of the finding itself, else the text."""
    return _ANY if "${" in text and any(one and f"${{{one}." in text for one in addresses) else text


def version_1(finding: Finding, address: str | None) -> str:
    """Return the fingerprint of version 1: rule, facts, permissions, address and the directory of the file."""
    path = directory(finding.at.path) if address else finding.at.path
    who = (finding.rule, address or "", finding.principal or "", finding.role or "", str(finding.resource or ""))
    return _hashed(*who, *finding.permissions, path)


def _hashed(*parts: str) -> str:
    digest: str = sha256("\x1f".join(parts).encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return digest
