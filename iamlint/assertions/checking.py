"""Checks assertions on an estate: findings for violations, unknown answers for unknown results."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import field

from iamlint.assertions.documents import WHOLE, Assertion
from iamlint.assertions.required import Required
from iamlint.basics.frozen import mutable
from iamlint.budget import Budget
from iamlint.diagnosis.callers.starts import is_caller
from iamlint.estate import Estate
from iamlint.facts import Resource
from iamlint.finding import ASSERTIONS, Finding, Related, UnknownAnswer
from iamlint.graph.ways import Way, Ways
from iamlint.location import Location
from iamlint.logic.globs import is_glob
from iamlint.methods.index import is_reported, methods
from iamlint.methods.model import Method
from iamlint.paths.asked import meant_by
from iamlint.paths.hops import Hop, Hops, hops_of
from iamlint.paths.search import Path, Paths
from iamlint.rules.rule import Page, Rule
from iamlint.unknown import shown

FAMILY = ASSERTIONS
MOST_FOUND = 200
"""Maximum number of reported violations of one assertion."""
MOST_PAIRS = 500_000
"""Maximum number of pairs of principals and accounts that one assertion checks."""
_MOST_STEPS = 2_000_000
_FIX_REQUIRED = (
    "Grant what is missing: `iamlint diagnose --caller PRINCIPAL --target ACCOUNT` shows the smallest change. "
    "Or change the assertion."
)
_MOST_HOPS = 20


@mutable
class Verdicts:
    """The results of assertions: violations, and unknown results."""

    findings: list[Finding] = field(default_factory=list)
    unknown_answers: list[UnknownAnswer] = field(default_factory=list)


def check_assertions(assertions: Iterable[Assertion], estate: Estate) -> Verdicts:
    """Return the violations of assertions in an estate, and the unknown results."""
    found = Verdicts()
    for one in assertions:
        _Check(one, estate, found).run()
    return found


def rule_of(one: Assertion) -> Rule:
    """Return an assertion as the rule that a report lists."""
    owner = f" Owner: {one.owner}." if one.owner else ""
    page = Page(
        why=f"{one.reason or 'An assertion of this repository.'}{owner}",
        fix=_FIX_REQUIRED
        if one.kind == "require"
        else "Remove the grant that opens the path, or change the assertion.",
    )
    return Rule(
        slug=one.id,
        family=FAMILY,
        title=_title(one),
        severity=one.severity,
        message="",
        at=one.at,
        read_page=lambda: page,
    )


def _title(one: Assertion) -> str:
    sources, targets = ", ".join(one.sources), ", ".join(one.targets)
    match one.kind:
        case "forbid":
            return f"{sources} must not become {targets}"
        case "allow-only":
            return f"Only {sources} may become {targets}"
        case "require":
            return f"{sources} must be able to become {targets}"


class _Check:
    """The check of one assertion on an estate."""

    def __init__(self, assertion: Assertion, estate: Estate, into: Verdicts) -> None:
        self._one, self._into = assertion, into
        self._hops: Hops = hops_of(estate)
        self._names = self._hops.names
        self._estate = estate
        self._required = Required(self._hops, assertion.by)
        self._left = MOST_FOUND
        self._work = Budget(_MOST_STEPS)
        self._ways = None if assertion.by == (WHOLE,) else Ways(estate, _methods(assertion.by))

    def run(self) -> None:
        """Add the results of the assertion."""
        one = self._one
        targets = [name for name in self._matching(one.targets) if name in self._names.accounts]
        if not targets:
            self._unknown_answer(self._unmatched("service account", one.targets, self._names.accounts), one.at)
            return
        unless = set(self._matching(one.unless))
        sources = [name for name in self._matching(one.sources) if name not in unless]
        if one.kind == "require":
            sources = sources or [name for name in one.sources if "*" not in name and "?" not in name]
        if not sources and one.kind != "allow-only":
            reason = self._unmatched("principal", one.sources, self._names.principals)
            self._into.unknown_answers.append(
                UnknownAnswer(reason, one.at, one.id)
            )  # nobody has a path, unless the name is wrong
            return
        if len(sources) * len(targets) > MOST_PAIRS:
            self._unknown_answer(
                f"{len(sources):,} principals and {len(targets):,} accounts are too many to look at", one.at
            )
            return
        for target in targets:
            self._target(target, sources, unless)
        if self._left < 0:
            self._unknown_answer(f"{-self._left:,} more violations are not listed", one.at)

    def _unmatched(self, what: str, patterns: Iterable[str], names: Iterable[str]) -> str:
        """Return that nothing matches, with what may be meant."""
        patterns = tuple(patterns)
        told = f"no {what} of the input matches {', '.join(patterns)}"
        if any(map(is_caller, patterns)):
            return f"{told}: forbid and allow-only take principals as policies write them"
        hints = (meant_by(one, names, self._hops) for one in patterns if not is_glob(one))
        hint = next(filter(None, hints), "")
        return f"{told}: {hint}" if hint else told

    def _matching(self, patterns: Iterable[str]) -> list[str]:
        return list(dict.fromkeys(name for pattern in patterns for name in self._names.matching(pattern)))

    def _target(self, target: str, sources: list[str], unless: set[str]) -> None:
        ways = _Onto(self._hops, target, self._ways, self._work)
        match self._one.kind:
            case "forbid":
                for source in sources:
                    self._forbidden(ways.path(source), source, target)
            case "allow-only":
                allowed = {*sources, *unless, target}
                for source in ways.everybody():
                    if source not in allowed:
                        self._forbidden(ways.path(source), source, target)
            case "require":
                for source in sources:
                    self._must(ways, source, target)
        if ways.cut:
            self._unknown_answer("the search for paths ended before everything was looked at", self._one.at)

    def _forbidden(self, path: Path | None, source: str, target: str) -> None:
        if path is None or path.state == "closed":
            return
        at, who = _place(path, self._one.at), f"{self._names.label(source)} can become {self._email(target)}"
        why = f": {self._one.reason}" if self._one.reason else ""
        if path.state == "open":
            allowed = "is not among those that may" if self._one.kind == "allow-only" else "must not"
            over = f" over {len(path.hops)} hops" if len(path.hops) > 1 else ""
            self._violation(f"{who}{over}, and {allowed}{why}", at, source, target, path)
        else:
            reasons = (why for hop in path.hops if hop.way for why in hop.way.verdict.reasons)
            self._unknown_answer(f"whether {who}: {'; '.join(dict.fromkeys(reasons)) or 'a hop is not certain'}", at)

    def _must(self, ways: _Onto, source: str, target: str) -> None:
        """Add the result for a principal that must be able to become an account."""
        found = self._required.outcome(source, target, ways.path)
        who = f"{self._names.label(source)} can{'' if found.state == 'unknown' else 'not'} become {self._email(target)}"
        if found.state == "unknown":
            self._unknown_answer(f"whether {who}: {found.reason}", self._one.at)
        elif found.state == "violated":
            told = f"{who}, and must be able to{f' ({found.reason})' if found.reason else ''}"
            why = f": {self._one.reason}" if self._one.reason else ""
            shown = tuple(Related(one.at, one.message) for one in found.evidence[:_MOST_HOPS])
            self._violation(f"{told}{why}", self._one.at, source, target, None, shown)

    def _email(self, target: str) -> str:
        return self._names.accounts[target].email

    def _violation(
        self,
        message: str,
        at: Location,
        source: str,
        target: str,
        path: Path | None,
        shown_by: tuple[Related, ...] = (),
    ) -> None:
        self._left -= 1
        if self._left < 0:
            return
        grant = next((hop.grants[0] for hop in path.hops if hop.grants), None) if path else None
        hops = [_related(hop, self._hops) for hop in path.hops[:_MOST_HOPS]] if path else []
        self._into.findings.append(
            Finding(
                rule=self._one.id,
                family=FAMILY,
                severity=self._one.severity,
                confidence="high",
                message=message,
                at=at,
                address=grant.declared.address if grant else None,
                principal=self._names.label(source),
                role=shown(grant.role) if grant else None,
                resource=Resource("service_account", self._email(target)),
                related=(*(one for one in hops if one), *shown_by, Related(self._one.at, "the assertion")),
            )
        )

    def _unknown_answer(self, reason: str, at: Location) -> None:
        self._into.unknown_answers.append(UnknownAnswer(reason, at, self._one.id, severity=self._one.severity))


class _Onto:
    """The principals that become one account by some methods; by any if ``ways`` is None."""

    def __init__(self, hops: Hops, target: str, ways: Ways | None, work: Budget) -> None:
        self._hops, self._target = hops, target
        self._whole = Paths(hops, target, work, perhaps=True) if ways is None else None
        self._last: dict[str, tuple[Hop, Paths]] = {}
        self.cut = bool(self._whole and self._whole.cut)
        for hop in self._last_hops(ways) if ways else ():
            if hop.source not in self._last and not hop.source.startswith("nobody known"):
                self._last[hop.source] = hop, Paths(hops, hop.source, work, perhaps=True)
                self.cut |= self._last[hop.source][1].cut

    def _last_hops(self, ways: Ways) -> Iterator[Hop]:
        """Yield the hops onto the account, the certain ones first; then those by grants that may be above it."""
        found = (self._hops.hop(way, self._target) for way in self._last_ways(ways))
        yield from (hop for hop in found if hop)
        for node in ways.above_projects:
            if self._hops.may_contain(node, self._target):
                yield from (self._hops.perhaps(way, self._target) for way in ways.onto_node(node))

    def _last_ways(self, ways: Ways) -> Iterator[Way]:
        account = self._hops.names.accounts[self._target]
        found = [way for way in ways.onto(account.email, account.declared) if way.method.group != "delegate"]
        yield from sorted(found, key=lambda way: (way.closed, way.verdict.truth.value != "true"))

    def everybody(self) -> Iterator[str]:
        """Yield all principals that have a path."""
        every = dict.fromkeys(self._whole or ())
        for source, (_, before) in self._last.items():
            every |= dict.fromkeys((source, *before))
        yield from (name for name in every if not name.startswith("nobody known") and name != self._target)

    def path(self, source: str) -> Path | None:
        """Return the best path of a principal; None without one."""
        if self._whole:
            return self._whole.of(source)
        found = []
        for last, (hop, before) in self._last.items():
            if last == source:
                found.append(Path((hop,)))
                continue
            path = before.of(source)
            if path is None:
                member = next((one for one in self._hops.sets_of(source) if one.target == last), None)
                path = Path((member,)) if member else None
            if path:
                found.append(Path((*path.hops, hop)))
        order = ("open", "conditional", "closed")
        return min(found, key=lambda one: (order.index(one.state), one.cost), default=None)


def _methods(by: Iterable[str]) -> list[Method]:
    wanted = set(by)
    whole = ("identity", "code", "calls") if WHOLE in wanted else ()
    return [
        one
        for one in methods()
        if (one.group in wanted or one.id in wanted or one.yields in wanted or one.yields in whole)
        and (is_reported(one) or one.id in wanted)
    ]


def _place(path: Path, other: Location) -> Location:
    for hop in path.hops:
        if hop.grants:
            return hop.grants[0].principal_place.at
        if hop.member:
            return hop.member.declared.at
    return other


def _related(hop: Hop, hops: Hops) -> Related | None:
    source, target = hops.names.label(hop.source), hops.names.label(hop.target)
    if hop.grants:
        grant = hop.grants[0]
        by = f"{hop.method}, {shown(grant.role)} on {grant.resource}"
        return Related(grant.principal_place.at, f"{source} becomes {target} by {by}")
    if hop.member:
        return Related(hop.member.declared.at, f"{source} is a member of {target}")
    return None
