"""Findings: what a rule reports about a match, with every place that belongs to it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from operator import attrgetter

from iamlint.accepted.ignore import is_downloaded
from iamlint.basics.frozen import frozen
from iamlint.basics.lazy_regex import regex
from iamlint.estate import Estate
from iamlint.facts import (
    Boundary,
    CustomRole,
    Declaration,
    Denial,
    Fact,
    Grant,
    OrgPolicy,
    Provider,
    ServiceAccount,
    Written,
)
from iamlint.finding import IN_CALL, MOST_ENDS, SEVERITIES, Confidence, Finding, Flow, Related, Sentence, Severity
from iamlint.location import Location
from iamlint.patterns.fact_schema import KINDS, kind_of
from iamlint.patterns.match import Match
from iamlint.provenance import counts_for, directory, outside
from iamlint.queries import ends_and_flow
from iamlint.queries.shared_parts import SharedParts, shared_parts
from iamlint.rules.message import filled, partly_filled, sentence, words_in, words_of
from iamlint.rules.rule import Rule
from iamlint.sources.names import TERRAFORM
from iamlint.unknown import Unknown, shown

_NO_FORMER: Mapping[str, tuple[str, ...]] = {}
_MOST_KEPT = 2_000
"""Maximum number of remembered privileges of grants: those of one project are mostly asked for together."""
_OF_FINDING = frozenset({"principal", "role"})
"""The words of a fact that a finding has, whatever its message."""


def finding(rule: Rule, match: Match, estate: Estate, texts: Collection[str]) -> Finding:
    """Return the finding for a match. ``texts`` are the paths of the files read."""
    return Maker(estate, texts).finding(rule, match)


class Maker:
    """Makes the findings of an estate. ``texts`` are the paths of the files read.

    An export has thousands of matches that differ in the principal and the resource only, so what is empty or the same
    for most of them is found out first.
    """

    def __init__(self, estate: Estate, texts: Collection[str]) -> None:
        self._estate = estate
        self._texts = texts
        self._shared: SharedParts = shared_parts(estate)
        self._ends: dict[int, tuple[object, tuple[str, ...], tuple[Grant, ...]]] = {}
        self._forms: dict[tuple[object, ...], tuple[Rule, _Form | None]] = {}

    def finding(self, rule: Rule, match: Match) -> Finding:
        """Return the finding for a match."""
        grant = match.fact if isinstance(match.fact, Grant) and not match.words else None
        form = self._form(rule, match, grant) if grant else None
        return self._of_form(form, match, grant) if grant and form else self._whole(rule, match)

    def _form(self, rule: Rule, match: Match, grant: Grant) -> _Form | None:
        """Return what findings of alike grants have in common; None for a finding that has more of its own.

        It depends on the key alone: `_is_usual` leaves out what else a finding is made of.
        """
        if not _is_usual(match, grant):
            return None
        rest = [(word, _SHOWN[word](grant)) for word in _rest_of_words(rule.message)]
        key = (id(rule), grant.role, match.permissions, match.raised, match.confidence, grant.declared.at.path, *rest)
        try:
            return self._forms[key][1]  # the rule is stored, so that no other one gets its identity
        except KeyError:
            if len(self._forms) >= _MOST_KEPT:
                self._forms.clear()
            found = self._forms[key] = rule, self._new_form(rule, match, words_of(match, _wanted(rule.message)))
            return found[1]

    def _new_form(self, rule: Rule, match: Match, words: Mapping[str, str]) -> _Form | None:
        texts, named = partly_filled(rule.message, words, _VARYING)
        path = match.fact.declared.at.path
        whole = "".join(part for pair in zip(texts, (*(words[one] for one in named), ""), strict=True) for part in pair)
        if is_downloaded(path) or whole != filled(rule.message, words):
            return None
        permissions = self._shared.texts(tuple(sorted(match.permissions)))
        severity, confidence = severity_of(rule, match), _confidence(rule, match)
        said: Sentence = (texts, *map(attrgetter, named))
        root = root_of(match.fact.declared)
        return _Form(rule.slug, rule.family, severity, confidence, permissions, root, said)

    def _of_form(self, form: _Form, match: Match, grant: Grant) -> Finding:
        """Return the finding for a match of an alike grant: what it has in common, with its names and places."""
        place, other = place_of(match).at, grant.role_place.at
        other = grant.principal_place.at if place is other else other
        (ends, _), flow = self._ends_and_flow(match)
        related = self._related(match, place) if match.related or not self._estate.are_grants_alone else ()
        found = Finding(
            form.rule,
            form.family,
            form.severity,
            form.confidence,
            "",
            place,
            principal=grant.principal.text,
            role=shown(grant.role),
            permissions=form.permissions,
            resource=grant.resource,
            related=distinct_places(related, place),
            former=_NO_FORMER,
            ends=ends,
            flow=flow,
            root=form.root,
            parts=(place,) if other is place else (place, other),
        )
        found.say_later(form.sentence)
        return found

    def _whole(self, rule: Rule, match: Match) -> Finding:
        """Return the finding for any match."""
        fact, place, shared = match.fact, place_of(match), self._shared
        words = words_of(match, _wanted(rule.message))
        declared = fact.declared
        address, former = declared.address, declared.former
        (ends, grants), flow = self._ends_and_flow(match)
        resource, permissions = kind_of(fact).resource(fact), shared.texts(tuple(sorted(match.permissions)))
        found = Finding(
            rule=rule.slug,
            family=rule.family,
            severity=severity_of(rule, match),
            confidence=_confidence(rule, match),
            message=filled(rule.message, words),
            at=place.at,
            address=address,
            principal=words.get("principal"),
            role=words.get("role"),
            permissions=permissions,
            resource=resource,
            related=distinct_places(self._related(match, place), place.at),
            former={address: former} if address and former else _NO_FORMER,
            condition=_condition(fact),
            ends=ends,
            flow=flow,
            root=root_of(declared),
            parts=_parts(fact, place, grants),
            via=declared.via,
            origin=self._origin(match, place),
        )
        kept: dict[str, object] = {word: one for word, one in words.items() if word not in match.words}
        if resource:
            kept["resource"] = resource
        parts = sentence(rule.message, words, found.message, kept)
        if parts:
            found.say_later(parts)
        return found

    def _ends_and_flow(self, match: Match) -> tuple[tuple[tuple[str, ...], tuple[Grant, ...]], Flow | None]:
        """Return the privileges that a match leads to, as texts and as grants, and the path to the first one."""
        if match.ends is not None or not isinstance(match.fact, Grant) or not match.permissions:
            return self._named(match.ends) if match.ends else ((), ()), match.flow
        ends, flow = ends_and_flow(self._estate, match.fact, match.permissions)
        if not ends:
            return ((), ()), flow
        found = self._ends.get(id(ends))  # they are stored, so that no others get their identity
        if found is None:
            if len(self._ends) >= _MOST_KEPT:
                self._ends.clear()
            found = self._ends[id(ends)] = ends, *self._named([end.grant for end in ends])
        return found[1:], flow

    def _named(self, grants: Sequence[Grant]) -> tuple[tuple[str, ...], tuple[Grant, ...]]:
        ends = {self._shared.privilege(grant): grant for grant in grants}
        return self._shared.texts(tuple(ends)[:MOST_ENDS]), tuple(ends.values())[:MOST_ENDS]

    def _origin(self, match: Match, place: Written) -> Location | None:
        """Return the place where a reviewer looks rather than at the argument, if that is in a file that was read."""
        fact = match.fact
        written = isinstance(fact, Grant) and (fact.role_place.origin or fact.principal_place.origin)
        if not written and place.origin is None and not is_downloaded(place.at.path):
            return None
        texts = self._texts
        return next((at for at in _origins(match, place) if at.path in texts and not is_downloaded(at.path)), None)

    def _related(self, match: Match, place: Written) -> list[Related]:
        """Return the places related to a finding: origins of values, definitions, further facts, module calls."""
        kind = kind_of(match.fact)
        if kind.origins:
            found = list(kind.origins(match.fact, match.permissions, self._estate))
        else:
            found = [Related(at, "the value comes from here") for at in (place.origin, place.made) if at]
        for fact in match.related:
            if isinstance(fact, Grant):
                found.append(self._shared.related(fact))
                continue
            other = kind_of(fact)
            text = other.described(fact) + _outside_note(fact, match.fact)
            found.append(Related(other.place(fact, match.permissions).at, text))
        found += [Related(call, IN_CALL) for call in match.fact.declared.via]
        return found


@frozen
class _Form:
    """What the findings of alike grants have in common. The words of their ``sentence`` are attributes of a finding."""

    rule: str
    family: str
    severity: Severity
    confidence: Confidence
    permissions: tuple[str, ...]
    root: str
    sentence: Sentence


_VARYING = frozenset({"principal", "resource"})
"""The words that differ between the messages of similar grants."""
_SHOWN = KINDS["grant"].shown


@lru_cache(maxsize=1024)
def _rest_of_words(message: str) -> tuple[str, ...]:
    """Return the words of a grant in a message, without its role and the words that differ between similar grants."""
    return tuple(sorted(words_in(message) & _SHOWN.keys() - _VARYING - {"role"}))


def _is_usual(match: Match, grant: Grant) -> bool:
    """Whether a finding has no more of its own than names and places, as nearly all of an export.

    Nothing of it is unknown, without a condition, from elsewhere or made by a module, and no word of its message needs
    changes: what `filled` makes of blanks, question marks and references.
    """
    declared, principal, name = grant.declared, grant.principal, grant.resource.name
    return (
        declared.address is None
        and not declared.via
        and grant.condition is None
        and match.place is None
        and type(grant.role_place) is Location
        and type(grant.principal_place) is Location
        and grant.principal_place.path == declared.at.path == grant.role_place.path
        and principal.unknown is None
        and type(grant.role) is str
        and type(name) is str
        and _PLAIN_WORD.match(principal.text) is not None
        and _PLAIN_WORD.match(name) is not None
    )


_PLAIN_WORD = regex(r"[^\s$?]+\Z")


@lru_cache(maxsize=1024)
def _wanted(message: str) -> frozenset[str]:
    """Return the words of a fact that a finding with this message needs."""
    return _OF_FINDING | words_in(message)


def _condition(fact: Fact) -> str | None:
    """Return the condition of a grant, or the attribute condition of a provider, as shown; None if it has none."""
    if not isinstance(fact, Grant | Provider) or fact.condition is None:
        return None
    return shown(fact.condition if isinstance(fact.condition, Unknown) else fact.condition.expression)


def root_of(declared: Declaration) -> str:
    """Return the directory of the root module: the directory of the outermost call that leads to the block."""
    first = declared.via[0] if declared.via else declared.at
    return directory(first.path)


def severity_of(rule: Rule, match: Match) -> Severity:
    """Return the rule's severity, raised or lowered by as many steps as the match says."""
    if not match.raised:
        return rule.severity
    return SEVERITIES[min(max(0, SEVERITIES.index(rule.severity) - match.raised), len(SEVERITIES) - 1)]


def _confidence(rule: Rule, match: Match) -> Confidence:
    """Return the rule's confidence, unless the match is less sure; lower if the resource may have no instance."""
    if match.confidence:
        return match.confidence
    symbolic = "[*]" in (match.fact.declared.address or "")
    return "medium" if symbolic and rule.confidence == "high" else rule.confidence


# -- where ---------------------------------------------------------------------------------------------------------


def place_of(match: Match) -> Written:
    """Return the narrowest argument that causes a match."""
    return match.place or kind_of(match.fact).place(match.fact, match.permissions)


def _parts(fact: Fact, place: Written, ends: Iterable[Grant]) -> tuple[Location, ...]:
    """Return the places of what makes a finding about a fact what it is; nothing if that is the whole block.

    In Terraform the resource, and the privileges that a grant leads to, belong to it. The resource of an export is the
    whole document. They are not compared: a plan would have to find each of them.
    """
    parts: tuple[Written, ...] = ()
    if isinstance(fact, Grant):
        parts = (place, fact.role_place, fact.principal_place)
        if fact.declared.address:
            parts += (fact.resource_place, *(one for end in ends for one in (end.role_place, end.principal_place)))
    elif isinstance(fact, CustomRole):
        parts = (place,)
    found: dict[int, Location] = {}
    for part in parts:
        found[id(part.at)] = part.at
        for at in (part.origin, part.made):
            if at:
                found[id(at)] = at
    return tuple(found.values())


def _origins(match: Match, place: Written) -> Iterator[Location]:
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


def _outside_note(fact: Fact, of: Fact) -> str:
    """Return why a blocker does not block a grant, as the rest of a sentence; empty for any other fact."""
    closes = isinstance(fact, Denial | Boundary | OrgPolicy) or (
        isinstance(fact, ServiceAccount) and fact.disabled is not False
    )
    if not closes or counts_for(fact.declared, of.declared):
        return ""
    return f", {outside(fact.declared)}: it is not taken into account"


def distinct_places(related: Iterable[Related], at: Location) -> tuple[Related, ...]:
    """Return each place once, without the finding's own."""
    others = [one for one in related if one.at != at]
    if len(others) < 2:
        return tuple(others)
    places = {one.at: one for one in reversed(others)}
    return tuple(reversed(places.values()))
