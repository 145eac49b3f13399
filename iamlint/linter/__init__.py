"""The linter: evaluates every rule on the estate and returns a report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence, Set
from dataclasses import field, replace
from datetime import UTC, date, datetime

from iamlint import __version__
from iamlint.accepted.configuration.config import Acceptance
from iamlint.accepted.ignore import Comment, Comments
from iamlint.accepted.uses import Uses
from iamlint.basics.frozen import frozen, mutable
from iamlint.basics.hashes import sha256
from iamlint.budget import Allowance, TimeUp
from iamlint.edits import Fix
from iamlint.estate import Estate
from iamlint.facts import (
    Fact,
    Grant,
    UnreadPart,
)
from iamlint.finding import (
    ASSERTIONS,
    Accepted,
    Finding,
    Severity,
    UnknownAnswer,
)
from iamlint.linter.findings import Maker, finding, place_of, root_of, severity_of
from iamlint.linter.once import once
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.patterns.fact_schema import KINDS, kind_of
from iamlint.patterns.match import Match, Severities, matches
from iamlint.queries import matches_of
from iamlint.results.report import Report
from iamlint.roles import Catalog, catalog
from iamlint.rules.catalog import named_by
from iamlint.rules.message import brief
from iamlint.rules.rule import Rule
from iamlint.rules.workload import too_large
from iamlint.sources.reading import Reading
from iamlint.unknown import Truth, shortened

__all__ = ["finding", "lint", "place_of", "rule_matches", "unaccepted", "unknown_answers_of"]

Mender = Callable[[Rule, Finding, Match, Estate], Fix | None]
"""Returns the fix of a finding that a match was made to."""


def lint(
    reading: Reading,
    rules: Iterable[Rule],
    as_of: date | None = None,
    accept: Iterable[Acceptance] = (),
    roles: Catalog | None = None,
    allowance: Allowance | None = None,
    also: Callable[[Estate], tuple[Iterable[Finding], Iterable[UnknownAnswer]]] | None = None,
    mend: Mender | None = None,
    uses: Uses | None = None,
) -> Report:
    """Return what these rules find in the input within the time limit; what takes longer is an error.

    Conditions are evaluated as of a day, today (UTC) by default; roles by a catalogue, by default the built-in one.
    ``also`` is asked after the rules, for further findings and unknown answers about the estate. ``mend`` returns the
    fix of a finding that nobody accepts. ``uses`` receives what accepts anything.
    """
    rules, accept = tuple(sorted(rules, key=lambda rule: rule.id)), tuple(accept)
    estate = Estate(reading.facts, roles or catalog(), as_of or datetime.now(tz=UTC).date())
    allowance, uses = allowance or Allowance(), uses or Uses()
    found = _Found([_unknown_answer_of_unread_part(unread_part) for unread_part in estate.unread_parts])
    judging = _Judging(Comments(reading.texts, uses.comments), accept, reading.texts, mend, uses)
    errors = [*reading.errors, *_asked(rules, estate, judging, Maker(estate, reading.texts), found, allowance)]
    if also:
        try:
            with allowance.interrupting():
                _add(*also(estate), judging, found, estate.as_of)
        except TimeUp:
            errors.append(_not_asked((), allowance))
    errors += estate.unfinished
    return Report(
        version=__version__,
        catalog_date=estate.roles.catalog.date,
        role_catalogs=estate.roles.catalog.origins,
        findings=once(found.findings),
        accepted=tuple(sorted(found.ignored, key=lambda one: (one.at, one.finding.order))),
        unknown_answers=tuple(
            sorted(_distinct(found.unknown_answers), key=lambda unknown_answer: unknown_answer.order)
        ),
        errors=tuple(sorted(dict.fromkeys(errors), key=lambda error: (error.at, error.reason))),
        rules=rules,
        files=reading.files,
        unwalked=tuple(reading.unwalked),
        var_files=tuple(reading.var_files),
        texts=reading.texts,
        as_of=estate.as_of if _has_dates(reading.facts, accept) else None,
    )


def _asked(
    rules: tuple[Rule, ...], estate: Estate, judging: _Judging, maker: Maker, found: _Found, allowance: Allowance
) -> list[Unreadable]:
    """Add to ``found`` what the rules find; returns an error for those that are too large, or too late."""
    left_out = too_large(rules, lambda kind: len(estate.of(KINDS[kind].type)))
    wanted = [rule for rule in rules if not any(rule is one for one in left_out)] if left_out else rules
    errors, done = [*map(_too_large, left_out)], 0
    try:
        with allowance.interrupting():
            for rule in wanted:
                allowance.check()
                _ask(rule, estate, judging, maker, found)
                done += 1
    except TimeUp:
        errors += [_not_asked(wanted[done:], allowance)] if done < len(wanted) else []
    return errors


@mutable
class _Found:
    """The findings and unknown answers of the rules so far."""

    unknown_answers: list[UnknownAnswer]
    findings: list[Finding] = field(default_factory=list)
    ignored: list[Accepted] = field(default_factory=list)


@frozen
class _Judging:
    """How matches are judged. ``texts`` are the paths of the files read."""

    comments: Comments
    accept: tuple[Acceptance, ...]
    texts: Collection[str]
    mend: Mender | None
    uses: Uses

    def accepting(self, one: Finding, names: Set[str], entries: list[Acceptance], as_of: date) -> Acceptance | None:
        """Return the first of the entries that accepts a finding, and note all that do."""
        covering = [entry for entry in entries if entry.covers(one, names, as_of)]
        self.uses.entries.update(entry.at for entry in covering)
        return covering[0] if covering else None

    def accepting_other(self, one: Finding, as_of: date) -> Acceptance | None:
        """Return the entry that accepts a finding that no rule makes."""
        names = {one.rule, f"{one.family}/{one.rule}", one.family}
        entries = [entry for entry in self.accept if named_by(entry.rule, names)]
        return self.accepting(one, names, entries, as_of)


def _ask(rule: Rule, estate: Estate, judging: _Judging, maker: Maker, found: _Found) -> None:
    """Add what a rule finds, one match after another."""
    names, mend = rule.names, judging.mend
    wide = {*names, rule.family}
    entries = [entry for entry in judging.accept if named_by(entry.rule, wide)]
    for match in rule_matches(rule, estate):
        comment = judging.comments.accepting(names, _where_accepted(match))
        if match.truth is not Truth.TRUE and not entries:
            found.unknown_answers += unknown_answers_of(rule, match, comment)
            continue
        one = maker.finding(rule, match)
        entry = judging.accepting(one, wide, entries, estate.as_of) if entries else None
        accepting = comment or entry
        if match.truth is not Truth.TRUE:
            found.unknown_answers += unknown_answers_of(rule, match, accepting)
        elif accepting:
            out_of_view = comment is not None and comment.out_of_view
            found.ignored.append(Accepted(one, accepting.reason, accepting.at, out_of_view))
        else:
            fix = mend(rule, one, match, estate) if mend and rule.mends else None
            found.findings.append(replace(one, fix=fix) if fix else one)


def _add(
    findings: Iterable[Finding], unknown_answers: Iterable[UnknownAnswer], judging: _Judging, found: _Found, as_of: date
) -> None:
    """Add findings and unknown answers that no rule makes; the configuration may accept them, comments may not."""
    for one in findings:
        entry = judging.accepting_other(one, as_of)
        if entry:
            found.ignored.append(Accepted(one, entry.reason, entry.at))
        else:
            found.findings.append(one)
    for unknown_answer in unknown_answers:
        possible = Finding(
            unknown_answer.rule or "",
            ASSERTIONS,
            unknown_answer.severity or "info",
            "low",
            unknown_answer.reason,
            unknown_answer.at,
        )
        entry = judging.accepting_other(replace(possible, address=unknown_answer.address), as_of)
        found.unknown_answers.append(replace(unknown_answer, accepted_at=entry.at) if entry else unknown_answer)


def _not_asked(rules: Sequence[Rule], allowance: Allowance) -> Unreadable:
    """Return an error for the rules, or the assertions, that the time limit leaves out."""
    named = ", ".join(rule.slug for rule in rules) or "assertions"
    reason = f"the {allowance.seconds:g} seconds of the run are over; these rules were not checked to the end: {named}"
    return Unreadable(Location(COMMAND_LINE), reason, "give it more with --max-time, or check less at once")


def _too_large(rule: Rule) -> Unreadable:
    """Return an error for a rule that makes too much work."""
    reason = f"{rule.slug} was not checked: it is one of the largest of more rules than can be put to so many facts"
    return Unreadable(rule.at, reason, "use fewer or shorter patterns, or check less at once")


def _has_dates(facts: Iterable[Fact], accept: Iterable[Acceptance]) -> bool:
    """Whether any result may depend on the day."""
    conditions = (isinstance(fact, Grant) and fact.condition is not None for fact in facts)
    return any(conditions) or any(entry.until for entry in accept)


def unaccepted(report: Report) -> Report:
    """Return the report as if nobody had accepted anything."""
    every = (*report.findings, *(one.finding for one in report.accepted))
    unknown_answers = dict.fromkeys(
        replace(unknown_answer, accepted_at=None) for unknown_answer in report.unknown_answers
    )
    return replace(report, findings=once(every), accepted=(), unknown_answers=tuple(unknown_answers))


def rule_matches(rule: Rule, estate: Estate) -> Iterator[Match]:
    """Return what a rule's pattern or query finds, true or unknown."""
    if rule.acceptance:  # asked in `iamlint.accepted.stale`, when it is known what accepts anything
        return iter(())
    found = matches(rule.when, estate) if rule.when is not None else matches_of(rule.query or "", estate)
    certain = map(_of_uncertain, found)
    if not rule.worse and not rule.milder:
        return certain
    return map(Severities(rule.worse, rule.milder, estate).of, certain)


def _of_uncertain(match: Match) -> Match:
    """Return the match; unknown if its fact may not exist."""
    uncertain = match.fact.declared.uncertain
    if not uncertain or match.truth is not Truth.TRUE:
        return match
    return replace(match, truth=Truth.UNKNOWN, reasons=(*match.reasons, uncertain))


def unknown_answers_of(
    rule: Rule, match: Match, accepting: Comment | Acceptance | None = None
) -> Iterator[UnknownAnswer]:
    """Yield an unknown answer for each reason of an undecided match."""
    severity, accepted_at = None if match.closed else severity_of(rule, match), accepting.at if accepting else None
    declared, about = match.fact.declared, (_identity(kind_of(match.fact).described(match.fact)),)
    for reason in match.reasons:
        yield UnknownAnswer(
            *(reason, place_of(match).at, rule.slug, declared.address, severity, accepted_at, root_of(declared)),
            about=about,
        )


def _identity(described: str) -> str:
    """Return the description of a fact, which identifies it; of a long one a part and a digest.

    A name of the input may have any length, and each rule asks about each fact.
    """
    short = shortened(described)
    return short if short is described else f"{short} {sha256(described.encode('utf-8', 'surrogatepass')).hexdigest()}"


def _distinct(unknown_answers: Iterable[UnknownAnswer]) -> list[UnknownAnswer]:
    """Return each unknown answer once, about all the facts of those that are equal."""
    about: dict[UnknownAnswer, set[str]] = {}
    for one in unknown_answers:
        about.setdefault(one, set()).update(one.about)
    return [one if len(facts) < 2 else replace(one, about=tuple(sorted(facts))) for one, facts in about.items()]


def _unknown_answer_of_unread_part(unread_part: UnreadPart) -> UnknownAnswer:
    """A part of the input that could not be read may contain any grant."""
    severity: Severity | None = "high" if unread_part.unread else None
    return UnknownAnswer(
        brief(unread_part.reason),
        unread_part.declared.at,
        None,
        unread_part.declared.address,
        severity,
        root=root_of(unread_part.declared),
    )


def _where_accepted(match: Match) -> Iterator[Location]:
    """Yield the places where a comment accepts a match: its own, the origins of its values, the head of its block.

    Also the head of each module call that leads to it: another call of the same module is another match.
    """
    fact, place = match.fact, place_of(match)
    parts = (fact.role_place, fact.principal_place) if isinstance(fact, Grant) else ()
    yield place.at
    yield fact.declared.at
    yield from (at for part in (place, *parts) for at in (part.origin, part.made) if at)
    yield from fact.declared.via
