"""Stale acceptance: comments and entries that accept nothing, and entries after their last day.

An entry without a finding can hide the next finding that matches, without a review. It is reported only if that is
certain: its rule ran, every file that it may concern was checked, and no unknown answer may concern it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Set
from dataclasses import field, replace
from datetime import date

from iamlint.accepted.baseline import Baseline, Entry
from iamlint.accepted.configuration.config import Acceptance
from iamlint.accepted.ignore import Comments
from iamlint.accepted.uses import Uses
from iamlint.basics.frozen import frozen
from iamlint.finding import Finding, UnknownAnswer
from iamlint.location import Location, SourceText
from iamlint.logic.globs import compiled
from iamlint.results.report import Report
from iamlint.rules.catalog import named_by
from iamlint.rules.message import filled
from iamlint.rules.rule import Rule


@frozen
class Acceptances:
    """The acceptance of a run, and what the run covered.

    ``known`` are the entries of the baseline with a finding. ``every`` are all rules, ``ran`` the rules that
    ran. ``is_checked`` says whether everything at a path, as shown, and below it was checked, ``is_entry_checked``
    whether the run would have reported an entry's finding, and ``is_all_checked`` whether everything below the
    configuration was checked. ``settings`` is the text of the configuration. ``resolved`` returns the path of a file
    without symbolic links.
    """

    as_of: date
    every: tuple[Rule, ...]
    ran: tuple[Rule, ...]
    is_checked: Callable[[str], bool]
    is_entry_checked: Callable[[Entry], bool]
    is_all_checked: bool = True
    accept: tuple[Acceptance, ...] = ()
    baseline: Baseline = field(default_factory=Baseline)
    known: Set[Entry] = frozenset()
    uses: Uses = field(default_factory=Uses)
    settings: SourceText | None = None
    resolved: Callable[[str], str] = str

    def has_run(self, name: str) -> bool:
        """Whether every rule of a name ran; of a family or a glob, its rules that are on by default.

        False if no rule has the name.
        """
        named = [rule for rule in self.every if name in rule.names]
        if not named:
            wide = [rule for rule in self.every if named_by(name, {*rule.names, rule.family})]
            named = [rule for rule in wide if not rule.pedantic]
        return bool(named) and all(any(rule.slug == one.slug for one in self.ran) for rule in named)


def with_stale(report: Report, given: Acceptances) -> Report:
    """Return the report with the findings of the rules about acceptance that ran."""
    look = _Look(report, given)
    asked = [(rule, look.questions[rule.acceptance]) for rule in given.ran if rule.acceptance]
    found = [_finding(rule, one) for rule, question in asked for one in question()]
    sources = [source for source in (given.baseline.source, given.settings) if source]
    if not found and not sources:
        return report
    return replace(
        report,
        findings=tuple(sorted((*report.findings, *found), key=lambda one: one.order)),
        texts={**{source.path: source for source in sources}, **report.texts},
    )


@frozen
class _Stale:
    """An acceptance that is no longer needed, with the words of the rule's message."""

    at: Location
    what: str
    reason: str
    until: date | None = None

    @property
    def words(self) -> dict[str, str]:
        until = self.until.isoformat() if self.until else ""
        return {"what": self.what, "reason": self.reason or "no reason is given", "until": until}


def _finding(rule: Rule, one: _Stale) -> Finding:
    words = one.words
    return Finding(
        rule=rule.slug,
        family=rule.family,
        severity=rule.severity,
        confidence=rule.confidence,
        message=filled(rule.message, words),
        at=one.at,
        subject="\x1f".join(words.values()),
    )


class _Look:
    """Finds stale acceptance in a run."""

    def __init__(self, report: Report, given: Acceptances) -> None:
        self._report, self._given = report, given
        self.questions: Mapping[str, Callable[[], Iterator[_Stale]]] = {
            "expired": self._expired,
            "unused_comment": self._comments,
            "unused_entry": self._entries,
            "unused_baseline_entry": self._baseline_entries,
        }

    def _expired(self) -> Iterator[_Stale]:
        for one in self._given.accept:
            if one.until and self._given.as_of > one.until:
                yield _Stale(one.at, _what(one), one.reason, one.until)
        for entry in self._given.baseline.all:
            if entry.is_over(self._given.as_of):
                yield _Stale(entry.at, _described(entry), entry.reason, entry.until)

    def _comments(self) -> Iterator[_Stale]:
        if self._report.errors:
            return
        written = self._written  # a file may be read by the paths of several links: its comments are written once
        used = {(written(at), name) for at, name in self._given.uses.comments}
        told: set[Location] = set()
        parts = {
            (unknown_answer.at.path, unknown_answer.at.line)
            for unknown_answer in self._report.unknown_answers
            if unknown_answer.rule is None
        }
        for comment, lines in Comments(self._report.texts).all():
            if not self._given.is_checked(comment.at.path) or any((comment.at.path, line) in parts for line in lines):
                continue
            at = written(comment.at)
            idle = [name for name in sorted(comment.names) if (at, name) not in used]
            if idle and at not in told and all(map(self._given.has_run, idle)):
                told.add(at)
                yield _Stale(comment.at, ", ".join(idle), comment.reason)

    def _written(self, at: Location) -> Location:
        return replace(at, path=self._given.resolved(at.path))

    def _entries(self) -> Iterator[_Stale]:
        if self._report.errors:
            return
        for one in self._given.accept:
            over = one.until and self._given.as_of > one.until
            if over or one.at in self._given.uses.entries or not self._given.has_run(one.rule):
                continue
            unknown_answers = (
                unknown_answer
                for unknown_answer in self._report.unknown_answers
                if unknown_answer.rule is None or self._is_of(unknown_answer.rule, one.rule)
            )
            if self._given.is_all_checked and not any(
                _may_accept(one, unknown_answer) for unknown_answer in unknown_answers
            ):
                yield _Stale(one.at, _what(one), one.reason)

    def _is_of(self, slug: str, name: str) -> bool:
        """Whether a name of an entry means a rule."""
        rule = next((rule for rule in self._given.every if rule.slug == slug), None)
        return rule is None or named_by(name, {*rule.names, rule.family})

    def _baseline_entries(self) -> Iterator[_Stale]:
        if self._report.errors:
            return
        for entry in self._given.baseline.all:
            if entry in self._given.known or entry.is_over(self._given.as_of):
                continue
            doubtful = any(_may_be(entry, unknown_answer) for unknown_answer in self._report.unknown_answers)
            if self._given.is_entry_checked(entry) and not doubtful:
                yield _Stale(entry.at, _described(entry), entry.reason)


def _what(one: Acceptance) -> str:
    """Return an entry of the configuration in words: its rule and globs."""
    paths = f"path {', '.join(one.paths.globs)}" if one.paths else ""
    return " ".join([one.rule, *(f"{part} {glob}" for part, glob in one.globs.items()), paths]).rstrip()


def _described(entry: Entry) -> str:
    """Return an entry of a baseline in words: its rule, its address or file, principal, role and resource."""
    resource = entry.written.get("resource")
    if isinstance(resource, Mapping):  # of a report
        resource = f"{str(resource.get('kind')).replace('_', ' ')} {resource.get('name')}"
    where = entry.written.get("address") or entry.written.get("path")
    parts = [str(part) for part in (entry.written.get("principal"), entry.written.get("role"), resource) if part]
    whose = f" ({', '.join(parts)})" if parts else ""
    return f"{entry.rule or 'the finding'} at {where or entry.fingerprint}{whose}"


def _may_accept(one: Acceptance, unknown_answer: UnknownAnswer) -> bool:
    """Whether an unknown answer, or a part that was not read, may hide a finding that an entry accepts."""
    if unknown_answer.rule is None:
        return unknown_answer.severity is not None
    address = one.globs.get("address")
    if address and unknown_answer.address and not compiled(address).match(unknown_answer.address):
        return False
    return not one.paths or one.paths.matches(unknown_answer.at.path)


def _may_be(entry: Entry, unknown_answer: UnknownAnswer) -> bool:
    """Whether an unknown answer, or a part that was not read, may be the finding of an entry of a baseline."""
    address = entry.written.get("address")
    if unknown_answer.rule is not None:
        return unknown_answer.rule == entry.rule and (
            not address or not unknown_answer.address or _is_same(unknown_answer.address, str(address))
        )
    if unknown_answer.address and address:  # a module that is not installed, or a block that is not read
        return str(address).startswith(unknown_answer.address)
    return unknown_answer.severity is not None


def _is_same(one: str, other: str) -> bool:
    """Whether two addresses may mean one instance: an unknown key is any key."""
    return one == other or one.partition("[")[0] == other.partition("[")[0]
