"""Writes a baseline: one line for each finding, sorted, with nothing that changes from day to day.

Lines, columns and messages are left out: a baseline is compared by fingerprints and read in reviews. Entries that
the run does not cover are kept: of rules that did not run, and of files that were not checked.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from iamlint.accepted.baseline import FORMAT, Baseline, Entry
from iamlint.basics.frozen import frozen
from iamlint.finding import Finding
from iamlint.provenance import directory
from iamlint.results.fingerprint import Fingerprints
from iamlint.results.report import Report

_ORDER = ("rule", "path", "address", "principal", "role", "resource", "fingerprint")
"""The keys that lines are sorted by."""
_AGAIN = "the same is here"


@frozen
class Written:
    """The text of a baseline, and the numbers of new, kept and removed findings."""

    text: str
    added: int
    kept: int
    gone: int


def written(
    report: Report,
    before: Baseline,
    known: Mapping[int, Entry],
    *,
    is_checked: Callable[[Entry], bool],
    in_repository: Callable[[str], str],
) -> Written:
    """Return the baseline of a report's findings.

    ``before`` is the baseline so far, ``known`` its entries by the numbers of the findings: reasons and days are
    theirs. ``is_checked`` says whether the run would have reported an entry's finding. ``in_repository`` returns a path
    relative to the top of the repository.
    """
    lines: list[dict[str, Any]] = []
    for number, (finding, names) in enumerate(zip(report.findings, report.fingerprints, strict=True)):
        lines.append(_entry(finding, names, known.get(number), in_repository))
    used = set(known.values())
    others = [entry for entry in before.all if entry not in used]
    kept = [entry for entry in others if not is_checked(entry)]
    lines += (_kept(entry) for entry in kept)
    lines.sort(key=lambda line: [str(line.get(key, "")) for key in _ORDER])
    return Written(_text(lines), len(report.findings) - len(known), len(known) + len(kept), len(others) - len(kept))


def _text(lines: Iterable[Mapping[str, Any]]) -> str:
    """Return JSON with one line for each finding, so that versions of it can be compared and merged."""
    body = ",\n".join(json.dumps(line, ensure_ascii=False) for line in lines)
    return f'{{"{FORMAT}": 2, "findings": [\n' + body + ("\n" if body else "") + "]}\n"


def _entry(
    finding: Finding, names: Fingerprints, before: Entry | None, in_repository: Callable[[str], str]
) -> dict[str, Any]:
    """Return the keys of a finding without empty ones. Of several addresses the first in the alphabet is its own."""
    addresses = (finding.address or "", *finding.others)
    (address, own), *others = sorted(zip(addresses, (names.own, *names.others), strict=True), key=lambda one: one[0])
    further = (*own.further, *(name for _, one in others for name in (one.name, *one.further)))
    root = in_repository(finding.root or ".")
    places = (finding.at, *(one.at for one in finding.related if one.message == _AGAIN))
    path = min(in_repository(at.path) for at in places)
    # A newer catalogue has further permissions of Google's roles: no finding is worse by them.
    permissions = () if (finding.role or "").startswith("roles/") else finding.permissions
    return _filled(
        {
            "rule": finding.rule,
            "severity": finding.severity,
            "path": path,
            "root": root if root != directory(path) else "",
            "address": address,
            "other_addresses": [one for one, _ in others],
            "principal": finding.principal,
            "role": finding.role,
            "resource": str(finding.resource or ""),
            "condition": finding.condition,
            "permissions": list(permissions),
            "ends": list(finding.ends),
            "reason": before.reason if before else "",
            "until": before.until.isoformat() if before and before.until else None,
            "fingerprint": own.name,
            "further_fingerprints": list(dict.fromkeys(further)),
        },
        always=("ends",),
    )


def _kept(entry: Entry) -> dict[str, Any]:
    """Return an entry as it was; one of a report without what a baseline leaves out."""
    keys = dict(entry.written)
    resource = keys.get("resource")
    if isinstance(resource, Mapping):
        keys["resource"] = f"{str(resource.get('kind')).replace('_', ' ')} {resource.get('name')}"
    keys["fingerprint"] = entry.fingerprint
    return _filled({key: keys.get(key) for key in _KEYS}, always=("ends",))


_KEYS = (
    *("rule", "severity", "path", "root", "address", "other_addresses", "principal", "role", "resource", "condition"),
    *("permissions", "ends", "reason", "until", "fingerprint", "further_fingerprints"),
)


def _filled(keys: Mapping[str, Any], always: Iterable[str]) -> dict[str, Any]:
    return {key: value for key, value in keys.items() if value or (key in always and value is not None)}
