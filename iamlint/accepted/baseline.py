"""Baselines: the findings that a repository had at the start, from a file of their own or an earlier JSON report.

An entry accepts the finding with its fingerprint until a day, unless the finding is worse than before: more severe,
with more permissions, or with a further end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import field, replace
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from iamlint.basics.frozen import frozen, mutable
from iamlint.basics.lazy_regex import regex
from iamlint.documents import find, plain, read_json
from iamlint.documents.parts import get, members
from iamlint.documents.values import Value
from iamlint.estate import CONTAINERS
from iamlint.files.disk import DISK
from iamlint.files.texts import load
from iamlint.files.tree import Tree
from iamlint.finding import SEVERITIES, Accepted, Finding, Related
from iamlint.location import Location, SourceText, Unreadable
from iamlint.results.report import Report

if TYPE_CHECKING:
    from iamlint.results.fingerprint import Fingerprints, Identity

FORMAT = "iamlint_baseline"
"""The key that marks a baseline file; its value is the version of the fingerprints."""
_HINT = "make one with `iamlint check --write-baseline FILE`"
_NUMBER = regex(r"-\d+\Z")


@mutable(eq=False)
class Entry:
    """A finding of the baseline, written at ``at``.

    ``version`` is that of its fingerprint. ``further`` are the other names of the finding. ``written`` are the keys of
    the entry; a missing key says nothing. ``until`` is the last day that it counts.
    """

    fingerprint: str
    version: int
    further: frozenset[str]
    at: Location
    written: Mapping[str, Any] = field(default_factory=dict)
    until: date | None = None

    @property
    def reason(self) -> str:
        """Why the finding is accepted; empty if the baseline does not say."""
        return str(self.written.get("reason") or "")

    @property
    def rule(self) -> str:
        """The rule of the finding; empty if the baseline does not say."""
        return str(self.written.get("rule") or "")

    def is_over(self, as_of: date) -> bool:
        """Whether its last day is past."""
        return self.until is not None and as_of > self.until


class Baseline:
    """The entries of a baseline by the names of their findings. Empty without a baseline.

    ``source`` is the file. ``all`` are the entries, in its order.
    """

    def __init__(self, entries: Iterable[Entry] = (), source: SourceText | None = None) -> None:
        self.source = source
        self.all = tuple(entries)
        self._version_1: dict[str, Entry] = {}
        self._by_name: dict[str, list[Entry]] = defaultdict(list)
        self._by_further: dict[str, list[Entry]] = defaultdict(list)
        for entry in self.all:
            if entry.version == 1:
                self._version_1[entry.fingerprint] = entry
                continue
            self._by_name[_NUMBER.sub("", entry.fingerprint)].append(entry)
            for name in entry.further:
                self._by_further[name].append(entry)

    def __bool__(self) -> bool:
        return bool(self._version_1 or self._by_name)

    def version_1(self, finding: Finding, names: Fingerprints) -> Entry | None:
        """Return the entry of version 1 for a finding, by one of its addresses."""
        from iamlint.results.fingerprint import version_1

        others = (version_1(finding, address) for address in finding.others)
        return next((self._version_1[name] for name in (names.v1, *others) if name in self._version_1), None)

    def entries(self, identity: Identity) -> list[Entry]:
        """Return the entries of version 2 for a finding at one of its addresses.

        A further name of the finding counts only if it is the entry's own: equal further names may be those of
        different findings.
        """
        found = [entry for name in (identity.name, *identity.further) for entry in self._by_name.get(name, ())]
        found += self._by_further.get(identity.name, ())
        return list(dict.fromkeys(found))


def read_baseline(path: Path, tree: Tree = DISK) -> Baseline | Unreadable:
    """Return the findings in a file of ``check --write-baseline``, or in a report of ``check --format json``."""
    source = load(path, path.as_posix(), tree)
    return source if isinstance(source, Unreadable) else baseline_of(source)


def baseline_of(source: SourceText) -> Baseline | Unreadable:
    """Return the findings in the text of a baseline."""
    document = read_json(source)
    if isinstance(document, Unreadable):
        return Unreadable(document.at, f"this is not a baseline: {document.reason}", _HINT)
    listed, own = get(document, "findings"), members(document).get(FORMAT)
    if not isinstance(listed.data, tuple):
        return Unreadable(Location(source.path), "this is not a baseline", _HINT)
    if own is not None and own.data != 2:
        is_newer = isinstance(own.data, int) and own.data > 2
        hint = "use a newer iamlint" if is_newer else "write it again with `iamlint check --write-baseline FILE`"
        return Unreadable(
            own.location, f"this is a baseline of version {own.data}, which this iamlint does not read", hint
        )
    entries: list[Entry] = []
    for value in listed.data:
        entry = _entry(value, own=own is not None)
        if isinstance(entry, Unreadable):
            return entry
        entries.append(entry)
    return Baseline(entries, source)


def _entry(value: Value, *, own: bool) -> Entry | Unreadable:
    """Return an entry; in a report it has version 1 if it has a fingerprint without its version."""
    from iamlint.results.fingerprint import V2

    written: Any = plain(value) if isinstance(value.data, dict) else {}
    fingerprint, named, further = (written.get(key) for key in ("fingerprint", "fingerprints", "further_fingerprints"))
    if isinstance(named, dict) and V2 in named:
        fingerprint = named[V2]
    if not isinstance(fingerprint, str):
        return Unreadable(value.location, "a finding of the baseline has no fingerprint", _HINT)
    until = written.get("until")
    try:
        day = date.fromisoformat(until) if until is not None else None
    except (TypeError, ValueError):
        return Unreadable(find(value, ["until"]).location, f"`until` is not a date: {until!r}", "write YYYY-MM-DD")
    version = 2 if own or (isinstance(named, dict) and V2 in named) else 1
    at = find(value, ["rule" if own and "rule" in written else "fingerprint"]).location
    return Entry(fingerprint, version, frozenset(_texts(further)), at, written, day)


def _texts(listed: object) -> tuple[str, ...]:
    """Return the strings in a list; empty for any other value."""
    return tuple(one for one in listed if isinstance(one, str)) if isinstance(listed, list | tuple) else ()


@frozen
class Beyond:
    """A report with the findings of a baseline among the accepted ones, and the entries by the numbers of findings.

    The numbers are those of the report before. An entry is known even if it does not accept its finding any more: the
    finding is worse, or the day is over.
    """

    report: Report
    known: Mapping[int, Entry] = field(default_factory=dict)


def beyond(report: Report, baseline: Baseline, as_of: date, in_repository: Callable[[str], str] = str) -> Beyond:
    """Return the report with baseline findings among the accepted, and worse ones among the findings.

    ``in_repository`` returns a path relative to the top of the repository.
    """
    if not baseline:
        return Beyond(report)
    new, old, known = [], list(report.accepted), dict[int, Entry]()
    for number, (finding, entry, worse) in enumerate(_compared(report, baseline, in_repository)):
        if entry:
            known[number] = entry
        if entry is None or entry.is_over(as_of):
            new.append(finding)
        elif worse:
            new.append(_told(finding, entry, worse))
        else:
            old.append(Accepted(finding, entry.reason or "it is in the baseline", entry.at))
    return Beyond(replace(report, findings=tuple(new), accepted=tuple(old)), known)


def news(report: Report, baseline: Baseline, in_repository: Callable[[str], str]) -> list[Finding]:
    """Return the findings that a baseline does not have, or has with a lower severity, also in expired entries."""
    return [finding for finding, entry, worse in _compared(report, baseline, in_repository) if worse or not entry]


def _compared(
    report: Report, baseline: Baseline, in_repository: Callable[[str], str]
) -> Iterator[tuple[Finding, Entry | None, list[str]]]:
    """Yield each finding with its entry, and the ways that it is worse than that."""
    named = list(zip(report.findings, report.fingerprints, strict=True))
    known = _known(named, baseline, in_repository)
    for number, (finding, names) in enumerate(named):
        entry = known.get(number)
        worse = [*_worse(finding, entry), *_elsewhere(finding, names, entry, baseline)] if entry else []
        yield finding, entry, worse


def _known(
    named: list[tuple[Finding, Fingerprints]], baseline: Baseline, in_repository: Callable[[str], str]
) -> dict[int, Entry]:
    """Map the number of each finding in the baseline to its entry.

    An entry accepts one finding only, but at all its addresses. Of several similar findings, those in the file of an
    entry choose first.
    """
    found: dict[int, Entry] = {}
    used: set[Entry] = set()
    for same_file in (True, False):
        for number, (finding, names) in enumerate(named):
            if number in found:
                continue
            entries = (one for one in _entries(finding, names, baseline) if one not in used or _is_at(finding, one))
            files = (finding.at.path, in_repository(finding.at.path))
            fitting = [one for one in entries if not same_file or one.written.get("path") in files]
            if fitting:
                found[number] = min(fitting, key=lambda entry: any(_worse(finding, entry)))
                if found[number].version == 2 and not _is_at(finding, found[number]):
                    used.add(found[number])
    return found


def _entries(finding: Finding, names: Fingerprints, baseline: Baseline) -> list[Entry]:
    """Return the entries for a finding: at its own address, else at another one."""
    first = baseline.version_1(finding, names)
    if first:
        return [first]
    own = baseline.entries(names.own)
    return own or [entry for other in names.others for entry in baseline.entries(other)]


def _is_at(finding: Finding, entry: Entry) -> bool:
    """Whether an entry has the address of a finding among its further ones."""
    return finding.address in _texts(entry.written.get("other_addresses"))


def _told(finding: Finding, entry: Entry, worse: list[str]) -> Finding:
    message = f"{finding.message} It is worse than what the baseline accepts: {'; '.join(worse)}."
    return replace(finding, message=message, related=(*finding.related, Related(entry.at, "the baseline has it here")))


# -- worse -------------------------------------------------------------------------------------------------------------


def _worse(finding: Finding, entry: Entry) -> Iterator[str]:
    """Yield each way that a finding is worse than an entry."""
    was = entry.written.get("severity")
    if was in SEVERITIES and SEVERITIES.index(finding.severity) < SEVERITIES.index(was):
        yield f"it was of {was} severity"
    ends = list(_ends_of_version_1(finding, entry) if entry.version == 1 else _further_ends(finding, entry))
    if ends:
        yield f"it now leads to {', '.join(ends)}"
    if entry.version == 1:
        return
    known = set(_texts(entry.written.get("permissions")))
    more = [one for one in finding.permissions if one not in known]
    if more and "permissions" in entry.written and not (finding.role or "").startswith("roles/"):
        yield f"it now has {', '.join(more)}"  # of Google's own roles only a newer catalogue has them
    condition = entry.written.get("condition")
    if isinstance(condition, str) and condition != finding.condition:
        yield f"its condition was {condition}"


def _further_ends(finding: Finding, entry: Entry) -> Iterator[str]:
    if "ends" in entry.written:
        known = set(_texts(entry.written["ends"]))
        yield from (end for end in finding.ends if end not in known)


def _ends_of_version_1(finding: Finding, entry: Entry) -> Iterator[str]:
    """Yield the ends of a finding that an entry of version 1 certainly did not include.

    Such an entry names the strongest end only, in its sentences. Another end may have existed, unless its resource is
    wider than all named ones (an organization or folder versus a project), or it is Owner and no named one is.
    """
    related = entry.written.get("related")
    places = related if isinstance(related, list | tuple) else ()
    told = [str(one.get("message")) for one in places if isinstance(one, dict)]
    said = " ".join([str(entry.written.get("message")), *told])
    shown = next((end for end in finding.ends if end in finding.message), None)
    if shown is None or "message" not in entry.written:
        return
    named = [end for end in finding.ends if end in said]
    widest, owner = max(map(_width, named), default=-1), any(map(_is_owner, named))
    for end in finding.ends:
        wider = end == shown or _width(end) > widest or (_is_owner(end) and not owner)
        if wider and end not in said:
            yield end


def _width(end: str) -> int:
    """Return how wide the resource of an end is among containers."""
    kind = end.partition(" on ")[2].partition(" ")[0]
    return CONTAINERS.index(kind) if kind in CONTAINERS else -1


def _is_owner(end: str) -> bool:
    return end.startswith("roles/owner on ")


def _elsewhere(finding: Finding, names: Fingerprints, entry: Entry, baseline: Baseline) -> Iterator[str]:
    """Yield the addresses of a finding that the baseline does not have.

    They matter only if the principal or the resource is partly unknown, and so may be another one there.
    """
    unsure = any("${" in text for text in (finding.principal or "", str(finding.resource or "")))
    if entry.version == 2 and unsure:
        identities = (names.own, *names.others)
        for address, identity in zip((finding.address, *finding.others), identities, strict=True):
            if not baseline.entries(identity):
                yield f"it is now at {address}, too"
