"""The linter: evaluates every rule on the estate and returns a report."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence, Set
from dataclasses import field, replace
from datetime import UTC, date, datetime

from iamlint import __version__
from iamlint.accepted.configuration.config import Acceptance
from iamlint.accepted.ignore import Comment, Comments, is_downloaded
from iamlint.accepted.uses import Uses
from iamlint.basics.frozen import frozen, mutable
from iamlint.budget import Allowance, TimeUp
from iamlint.edits import Fix
from iamlint.estate import Estate
from iamlint.facts import (
    Boundary,
    CustomRole,
    Declaration,
    Denial,
    Fact,
    Grant,
    OrgPolicy,
    Place,
    ServiceAccount,
    UnreadPart,
)
from iamlint.finding import (
    ASSERTIONS,
    IN_CALL,
    MOST_ENDS,
    SEVERITIES,
    Accepted,
    Confidence,
    Finding,
    Flow,
    Related,
    Severity,
    UnknownAnswer,
)
from iamlint.location import COMMAND_LINE, Location, Unreadable
from iamlint.patterns.fact_schema import KINDS, kind_of
from iamlint.patterns.match import Match, matches, with_severity
from iamlint.provenance import counts_for, directory, outside
from iamlint.queries import ends_and_flow, matches_of
from iamlint.queries.shared_parts import shared_parts
from iamlint.results.report import Report
from iamlint.roles import Catalog, catalog
from iamlint.rules.catalog import named_by
from iamlint.rules.message import brief, filled, words_in, words_of
from iamlint.rules.rule import Rule
from iamlint.rules.workload import too_large
from iamlint.sources.names import TERRAFORM
from iamlint.sources.reading import Reading
from iamlint.unknown import Truth, Unknown, shown

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
    left_out = too_large(rules, lambda kind: len(estate.of(KINDS[kind].type)))
    asked = [rule for rule in rules if not any(rule is one for one in left_out)]
    errors = [*reading.errors, *map(_too_large, left_out)]
    try:
        with allowance.interrupting():
            while asked:
                allowance.check()
                _ask(asked[0], estate, judging, found)
                asked = asked[1:]
    except TimeUp:
        errors += [_not_asked(asked, allowance)] if asked else []
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
            sorted(dict.fromkeys(found.unknown_answers), key=lambda unknown_answer: unknown_answer.order)
        ),
        errors=tuple(sorted(dict.fromkeys(errors), key=lambda error: (error.at, error.reason))),
        rules=rules,
        files=reading.files,
        unwalked=tuple(reading.unwalked),
        var_files=tuple(reading.var_files),
        texts=reading.texts,
        as_of=estate.as_of if _has_dates(reading.facts, accept) else None,
    )


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


def _ask(rule: Rule, estate: Estate, judging: _Judging, found: _Found) -> None:
    """Add what a rule finds, one match after another."""
    names, mend = rule.names, judging.mend
    wide = {*names, rule.family}
    entries = [entry for entry in judging.accept if named_by(entry.rule, wide)]
    for match in rule_matches(rule, estate):
        comment = judging.comments.accepting(names, _where_accepted(match))
        if match.truth is not Truth.TRUE and not entries:
            found.unknown_answers += unknown_answers_of(rule, match, comment)
            continue
        one = finding(rule, match, estate, judging.texts)
        entry = judging.accepting(one, wide, entries, estate.as_of)
        accepting = comment or entry
        if match.truth is not Truth.TRUE:
            found.unknown_answers += unknown_answers_of(rule, match, accepting)
        elif accepting:
            out_of_view = comment is not None and comment.out_of_view
            found.ignored.append(Accepted(one, accepting.reason, accepting.at, out_of_view))
        else:
            found.findings.append(replace(one, fix=mend(rule, one, match, estate)) if mend and rule.mends else one)


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
    """An error for a rule that makes too much work."""
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
    return (with_severity(match, rule.worse, rule.milder, estate) for match in certain)


def _of_uncertain(match: Match) -> Match:
    """Return the match; unknown if its fact may not exist."""
    uncertain = match.fact.declared.uncertain
    if not uncertain or match.truth is not Truth.TRUE:
        return match
    return replace(match, truth=Truth.UNKNOWN, reasons=(*match.reasons, uncertain))


_NO_FORMER: Mapping[str, tuple[str, ...]] = {}
_OF_FINDING = frozenset({"principal", "role"})
"""The words of a fact that a finding has, whatever its message."""


def finding(rule: Rule, match: Match, estate: Estate, texts: Collection[str]) -> Finding:
    """Return the finding for a match. ``texts`` are the paths of the files read."""
    fact, place = match.fact, place_of(match)
    words = words_of(match, _OF_FINDING | words_in(rule.message))
    address, former = fact.declared.address, fact.declared.former
    (grants, flow), shared = _ends_and_flow(match, estate), shared_parts(estate)
    ends = {shared.privilege(end): end for end in grants}
    return Finding(
        rule=rule.slug,
        family=rule.family,
        severity=_severity(rule, match),
        confidence=_confidence(rule, match),
        message=filled(rule.message, words),
        at=place.at,
        address=address,
        principal=words.get("principal"),
        role=words.get("role"),
        permissions=shared.texts(tuple(sorted(match.permissions))),
        resource=kind_of(fact).resource(fact),
        related=_distinct(_related(match, place, estate), place.at),
        former={address: former} if address and former else _NO_FORMER,
        condition=_condition(fact),
        ends=shared.texts(tuple(ends)[:MOST_ENDS]),
        flow=flow,
        root=_root(fact.declared),
        parts=tuple({id(at): at for at in _parts(fact, place, list(ends.values())[:MOST_ENDS])}.values()),
        via=fact.declared.via,
        origin=next((at for at in _origins(match, place) if at.path in texts and not is_downloaded(at.path)), None),
    )


def _condition(fact: Fact) -> str | None:
    """The condition of a grant as shown; None if it has none."""
    if not isinstance(fact, Grant) or fact.condition is None:
        return None
    return shown(fact.condition if isinstance(fact.condition, Unknown) else fact.condition.expression)


def _ends_and_flow(match: Match, estate: Estate) -> tuple[Iterable[Grant], Flow | None]:
    """The privileges that a match leads to, and the path to the first one."""
    if match.ends is not None or not isinstance(match.fact, Grant) or not match.permissions:
        return match.ends or (), match.flow
    ends, flow = ends_and_flow(estate, match.fact, match.permissions)
    return [end.grant for end in ends], flow


def unknown_answers_of(
    rule: Rule, match: Match, accepting: Comment | Acceptance | None = None
) -> Iterator[UnknownAnswer]:
    """Yield an unknown answer for each reason of an undecided match."""
    severity, accepted_at = None if match.closed else _severity(rule, match), accepting.at if accepting else None
    for reason in match.reasons:
        declared = match.fact.declared
        yield UnknownAnswer(
            reason, place_of(match).at, rule.slug, declared.address, severity, accepted_at, _root(declared)
        )


def _unknown_answer_of_unread_part(unread_part: UnreadPart) -> UnknownAnswer:
    """A part of the input that could not be read may contain any grant."""
    severity: Severity | None = "high" if unread_part.unread else None
    return UnknownAnswer(
        brief(unread_part.reason),
        unread_part.declared.at,
        None,
        unread_part.declared.address,
        severity,
        root=_root(unread_part.declared),
    )


def _root(declared: Declaration) -> str:
    """The directory of the root module: the directory of the outermost call that leads to the block."""
    first = declared.via[0] if declared.via else declared.at
    return directory(first.path)


def _severity(rule: Rule, match: Match) -> Severity:
    """The rule's severity, raised or lowered by as many steps as the match says."""
    return SEVERITIES[min(max(0, SEVERITIES.index(rule.severity) - match.raised), len(SEVERITIES) - 1)]


def _confidence(rule: Rule, match: Match) -> Confidence:
    """The rule's confidence, unless the match is less sure; lower if the resource may have no instance."""
    if match.confidence:
        return match.confidence
    symbolic = "[*]" in (match.fact.declared.address or "")
    return "medium" if symbolic and rule.confidence == "high" else rule.confidence


# -- where ---------------------------------------------------------------------------------------------------------


def place_of(match: Match) -> Place:
    """The narrowest argument that causes a match."""
    return match.place or kind_of(match.fact).place(match.fact, match.permissions)


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


def _parts(fact: Fact, place: Place, ends: Iterable[Grant]) -> Iterator[Location]:
    """Yield the places of what makes a finding about a fact what it is; nothing if that is the whole block.

    In Terraform the resource, and the privileges that a grant leads to, belong to it. The resource of an export is the
    whole document. They are not compared: a plan would have to find each of them.
    """
    parts: tuple[Place, ...] = ()
    if isinstance(fact, Grant):
        parts = (place, fact.role_place, fact.principal_place)
    elif isinstance(fact, CustomRole):
        parts = (place,)
    if isinstance(fact, Grant) and fact.declared.address:
        parts += (fact.resource_place,)
        parts += tuple(at for end in ends for at in (end.role_place, end.principal_place))
    for part in parts:
        yield from (at for at in (part.at, part.origin, part.made) if at)


def _origins(match: Match, place: Place) -> Iterator[Location]:
    """Yield the places where a reviewer looks rather than at the argument, the best first.

    That is where the argument's value is written. Of a grant, role and principal count: what a call, a variable file or
    a data file gives is better than what the module has in common for all calls. If a called module makes the
    principal, a data file with the role is better than the expression that names the module's output. A downloaded
    module is not in the reviewer's files, so its findings are at the call.
    """
    fact = match.fact
    if isinstance(fact, Grant) and place in (fact.role_place, fact.principal_place):
        other = fact.principal_place if place == fact.role_place else fact.role_place
        if other.origin and _is_outside(other.origin.path, place.at.path):
            own = place.origin is not None and _is_outside(place.origin.path, place.at.path)
            if not own or (place.made and not other.made and not other.origin.path.endswith(TERRAFORM)):
                yield other.origin
    if place.origin:
        yield place.origin
    if is_downloaded(place.at.path):
        yield from reversed(fact.declared.via)


def _is_outside(path: str, module_file: str) -> bool:
    """Whether a file gives values to the module of another file: one of a calling module, or a data file."""
    return not path.endswith(TERRAFORM) or directory(path) != directory(module_file)


def _related(match: Match, place: Place, estate: Estate) -> Iterator[Related]:
    """Yield the places related to a finding: origins of values, definitions, further facts, module calls."""
    kind = kind_of(match.fact)
    if kind.origins:
        yield from kind.origins(match.fact, match.permissions, estate)
    else:
        yield from (Related(at, "the value comes from here") for at in (place.origin, place.made) if at)
    for fact in match.related:
        if isinstance(fact, Grant):
            yield shared_parts(estate).related(fact)
            continue
        other = kind_of(fact)
        yield Related(other.place(fact, match.permissions).at, other.described(fact) + _outside_note(fact, match.fact))
    for call in match.fact.declared.via:
        yield Related(call, IN_CALL)


def _outside_note(fact: Fact, of: Fact) -> str:
    """Return why a blocker does not block a grant, as the rest of a sentence; empty for any other fact."""
    closes = isinstance(fact, Denial | Boundary | OrgPolicy) or (
        isinstance(fact, ServiceAccount) and fact.disabled is not False
    )
    if not closes or counts_for(fact.declared, of.declared):
        return ""
    return f", {outside(fact.declared)}: it is not taken into account"


def _distinct(related: Iterable[Related], at: Location) -> tuple[Related, ...]:
    """Each place once, without the finding's own."""
    others = [one for one in related if one.at != at]
    if len(others) < 2:
        return tuple(others)
    places = {one.at: one for one in reversed(others)}
    return tuple(reversed(places.values()))


# -- once ----------------------------------------------------------------------------------------------------------


def once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings in order; duplicates become one, which keeps the places and addresses of the others.

    Findings are duplicates if one rule has the same sentence about the same principal, role and resource: at one
    address of one folder, or at one place, through any root modules and calls. Exports have no addresses; the same
    finding in several exports is one.
    """
    ordered = sorted(findings, key=lambda finding: finding.order)
    merged = _grouped(ordered, lambda one: (one.rule, one.message), _address)
    return tuple(_grouped(merged, lambda one: one.at, lambda one: (one.at, one.severity, one.confidence)))


def _address(one: Finding) -> tuple[object, ...]:
    return one.address, directory(one.at.path) if one.address else ""


def _grouped(
    findings: list[Finding], hint: Callable[[Finding], object], where: Callable[[Finding], tuple[object, ...]]
) -> list[Finding]:
    """Merge findings about the same thing, at the place of the first.

    Findings with different hints are different; the hint is cheap to compute.
    """
    seen: set[int] = set()
    again: set[int] = set()
    for one in findings:
        (again if hash(hint(one)) in seen else seen).add(hash(hint(one)))
    groups: dict[tuple[object, ...], list[Finding]] = {}
    found: list[Finding | list[Finding]] = []
    for one in findings:
        if hash(hint(one)) not in again:
            found.append(one)
            continue
        what = (one.rule, one.message, one.principal, one.role, str(one.resource or ""), one.permissions)
        group = groups.setdefault((*what, *where(one)), [])
        if not group:
            found.append(group)
        group.append(one)
    return [_merged(one) if isinstance(one, list) else one for one in found]


def _merged(group: list[Finding]) -> Finding:
    first = group[0]
    if len(group) == 1:
        return first
    again = [Related(one.at, "the same is here") for one in group[1:]]
    related = [related for one in group[1:] for related in one.related]
    addresses = dict.fromkeys(address for one in group for address in (one.address, *one.others) if address)
    return replace(
        first,
        related=_distinct((*first.related, *again, *related), first.at),
        others=tuple(address for address in addresses if address != first.address),
        former={address: former for one in group for address, former in one.former.items()},
        parts=tuple(dict.fromkeys(at for one in group for at in one.parts)),
        via=tuple(dict.fromkeys(at for one in group for at in one.via)),
        ends=tuple(dict.fromkeys(end for one in group for end in one.ends))[:MOST_ENDS],
    )
