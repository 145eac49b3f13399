"""The words of ``when:`` over one fact, three-valued: true, false, or unknown with the reasons.

Keys are *and*, lists are *or*, ``unless`` is *not*, strings are globs in which ``*`` stands for any text and ``?`` for
any one character; nothing else.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, get_args

from iamlint.estate import Estate, condition_truth, permissions_of
from iamlint.facts import CustomRole, Fact, Grant, Place, Principal, PrincipalKind, Text
from iamlint.finding import Confidence
from iamlint.roles import RoleKind
from iamlint.unknown import Hole, Truth, Unknown


@dataclass(frozen=True, slots=True)
class Match:
    """What a pattern or a query says of a fact.

    ``permissions`` are those that made it match, in the order of the rule. ``reasons`` say why the truth is unknown.
    ``related`` are other facts that belong to it; ``words`` are further texts for the rule's message. ``place`` is the
    part of the fact that is wrong, and ``confidence`` how sure that is, where they are not as usual. ``raised`` says
    that it is one step more severe than the rule: a privileged account can be reached.
    """

    fact: Fact
    truth: Truth
    permissions: tuple[str, ...] = ()
    reasons: tuple[str, ...] = ()
    related: tuple[Fact, ...] = ()
    words: Mapping[str, str] = field(default_factory=dict)
    place: Place | None = None
    confidence: Confidence | None = None
    raised: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """The truth of one word, with the permissions that it found, or the reasons why it is unknown."""

    truth: Truth
    reasons: tuple[str, ...] = ()
    permissions: tuple[str, ...] = ()

    def __and__(self, other: Verdict) -> Verdict:
        truth = self.truth & other.truth
        return Verdict(
            truth,
            _distinct(self.reasons + other.reasons) if truth is Truth.UNKNOWN else (),
            _distinct(self.permissions + other.permissions) if truth is not Truth.FALSE else (),
        )

    def __or__(self, other: Verdict) -> Verdict:
        truth = self.truth | other.truth
        return Verdict(
            truth,
            _distinct(self.reasons + other.reasons) if truth is Truth.UNKNOWN else (),
            _distinct(self.permissions + other.permissions),
        )

    def __invert__(self) -> Verdict:
        return Verdict(~self.truth, self.reasons)


TRUE, FALSE = Verdict(Truth.TRUE), Verdict(Truth.FALSE)

Word = Callable[[tuple[str, ...], Any, Estate], Verdict]
Pattern = Mapping[str, Any]


def matches(when: Mapping[str, Pattern], estate: Estate) -> Iterator[Match]:
    """What a rule's ``when`` says of every fact of its kind, those left out that it certainly does not mean."""
    for kind, pattern in when.items():
        type_, judge = KINDS[kind]
        for fact in estate.of(type_):
            verdict = judge(pattern, fact, estate)
            if verdict.truth is not Truth.FALSE:
                yield Match(fact, verdict.truth, verdict.permissions, verdict.reasons)


def grant_verdict(pattern: Pattern, grant: Grant, estate: Estate) -> Verdict:
    """What a pattern says of a grant. One whose condition never holds grants nothing."""
    verdict = _judge(pattern, grant, estate, GRANT_WORDS)
    if verdict.truth is Truth.FALSE or grant.condition is None:
        return verdict
    truth, reason = condition_truth(grant, estate.as_of)
    return verdict & Verdict(truth, (reason,) if reason else ())


def custom_role_verdict(pattern: Pattern, role: CustomRole, estate: Estate) -> Verdict:
    """What a pattern says of a custom role. One that is deleted gives nothing to anybody."""
    return FALSE if role.deleted else _judge(pattern, role, estate, CUSTOM_ROLE_WORDS)


def _judge(pattern: Pattern, fact: Fact, estate: Estate, words: Mapping[str, Word]) -> Verdict:
    """All words of a pattern, the cheap ones first."""
    verdict = TRUE
    for word, judge in words.items():
        if word in pattern:
            verdict &= judge(_listed(pattern[word]), fact, estate)
            if verdict.truth is Truth.FALSE:
                return FALSE
    for exception in _listed(pattern.get("unless", ())):
        verdict &= ~_judge(exception, fact, estate, words)
        if verdict.truth is Truth.FALSE:
            return FALSE
    return verdict


def _listed(value: Any) -> tuple[Any, ...]:
    return tuple(value) if isinstance(value, list | tuple) else (value,)


def _distinct(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(items))


# -- words ---------------------------------------------------------------------------------------------------------


def _resource_kind(globs: tuple[str, ...], grant: Grant, _estate: Estate) -> Verdict:
    return Verdict(text_is(globs, grant.resource.kind))


def _principal_kind(kinds: tuple[str, ...], grant: Grant, _estate: Estate) -> Verdict:
    return _one_of(kinds, possible_kinds(grant.principal), _not_known("principal", grant.principal.unknown))


def _principal(globs: tuple[str, ...], grant: Grant, _estate: Estate) -> Verdict:
    principal = grant.principal
    truth = text_is(globs, principal.unknown or principal.text)
    reason = _not_known("principal", principal.unknown) or f"the e-mail of {principal.text} is not known"
    return Verdict(truth, (reason,) if truth is Truth.UNKNOWN else ())


def _role_kind(kinds: tuple[str, ...], grant: Grant, estate: Estate) -> Verdict:
    custom = estate.custom_role(grant.role, grant.declared)
    kind = "custom" if custom else estate.roles.kind(grant.role)
    possible = frozenset({kind}) if kind else frozenset(get_args(RoleKind))
    return _one_of(kinds, possible, _not_known("role", grant.role))


def _role(globs: tuple[str, ...], fact: Grant | CustomRole, _estate: Estate) -> Verdict:
    role = fact.role if isinstance(fact, Grant) else fact.name
    truth = text_is(globs, role)
    return Verdict(truth, (_not_known("role", role),) if truth is Truth.UNKNOWN else ())


def _granted_permission(globs: tuple[str, ...], grant: Grant, estate: Estate) -> Verdict:
    return _permission(globs, *estate.permissions(grant.role, grant.declared))


def _defined_permission(globs: tuple[str, ...], role: CustomRole, _estate: Estate) -> Verdict:
    return _permission(globs, *permissions_of(role))


def _permission(globs: tuple[str, ...], known: frozenset[str], unknown: Unknown | None) -> Verdict:
    held = _distinct(permission for one in globs for permission in _matching(one, known))
    if held:
        return Verdict(Truth.TRUE, (), held)
    return Verdict(Truth.UNKNOWN, (unknown.reason,)) if unknown else FALSE


@lru_cache(maxsize=4096)
def _matching(glob: str, known: frozenset[str]) -> tuple[str, ...]:
    if not _is_glob(glob):
        return (glob,) if glob in known else ()
    pattern = _compiled(glob)
    return tuple(sorted(filter(pattern.match, known)))


GRANT_WORDS: Mapping[str, Word] = {
    "resource_kind": _resource_kind,
    "permission": _granted_permission,
    "role_kind": _role_kind,
    "principal_kind": _principal_kind,
    "role": _role,
    "principal": _principal,
}
CUSTOM_ROLE_WORDS: Mapping[str, Word] = {"permission": _defined_permission, "role": _role}
KINDS: Mapping[str, tuple[type[Grant | CustomRole], Callable[[Pattern, Any, Estate], Verdict]]] = {
    "grant": (Grant, grant_verdict),
    "custom_role": (CustomRole, custom_role_verdict),
}


def _not_known(what: str, text: Text | None) -> str:
    return f"the {what} is not known: {text.reason}" if isinstance(text, Unknown) else ""


def _one_of(wanted: tuple[str, ...], possible: frozenset[str], reason: str) -> Verdict:
    if possible <= frozenset(wanted):
        return TRUE
    return Verdict(Truth.UNKNOWN, (reason,)) if possible & frozenset(wanted) else FALSE


_ACCOUNTS: frozenset[PrincipalKind] = frozenset(
    {"service_account", "default_service_account", "service_agent", "gke_workload"}
)
_USER_MANAGED = re.compile(r"serviceAccount:[a-z][a-z0-9-]*@")
_OF_AGENTS = re.compile(r"serviceAccount:service-")


def possible_kinds(principal: Principal) -> frozenset[str]:
    """The kinds that a principal may turn out to be, once all of it is known.

    ``serviceAccount:${…}`` may be anybody's account, but ``serviceAccount:ci@${…}.iam.gserviceaccount.com`` is
    user-managed: the accounts of Google's services begin with ``service-`` or a number.
    """
    unknown = principal.unknown
    if unknown is None:
        return frozenset({principal.kind})
    if principal.kind == "unknown":
        return frozenset(get_args(PrincipalKind)) - {"unknown"}
    if principal.kind != "service_account":
        return frozenset({principal.kind})
    named = _USER_MANAGED.match(unknown.prefix) and not _OF_AGENTS.match(unknown.prefix)
    if named and unknown.suffix.endswith(".iam.gserviceaccount.com"):
        return frozenset({"service_account"})
    return _ACCOUNTS


# -- globs ---------------------------------------------------------------------------------------------------------

_LONGEST = 4096
"""Characters of a partly known text beyond which what it may become is not worked out."""
_EMBEDDED = re.compile(r"(\$\{[^{}]*\})")


def text_is(globs: Iterable[str], text: Text) -> Truth:
    """Whether a text matches one of these globs; unknown where that depends on what is not known of it."""
    parts = _parts(text)
    truth = Truth.FALSE
    for glob in globs:
        truth |= _glob(glob, parts)
    return truth


def _parts(text: Text) -> tuple[str | Hole, ...]:
    """The known stretches and the holes of a text; an account that is known by its address has a hole, too."""
    if isinstance(text, Unknown):
        return text.parts or (Hole("?"),)
    if "${" not in text:
        return (text,)
    pieces = (piece for piece in _EMBEDDED.split(text) if piece)
    return tuple(Hole(piece[2:-1]) if _EMBEDDED.fullmatch(piece) else piece for piece in pieces)


def _glob(glob: str, parts: tuple[str | Hole, ...]) -> Truth:
    if not any(isinstance(part, Hole) for part in parts):
        return Truth.of(bool(_compiled(glob).match("".join(map(str, parts)))))
    if all(
        _compiled(glob).match("".join(part if isinstance(part, str) else fill for part in parts)) for fill in _FILLS
    ):
        return Truth.TRUE
    return Truth.UNKNOWN if _may_match(glob, parts) else Truth.FALSE


_FILLS = ("", "\0", "\0\0\0")
"""What stands in for a hole to see whether a glob matches whatever it becomes: no letter of a glob equals it."""


def _is_glob(text: str) -> bool:
    return "*" in text or "?" in text


@lru_cache(maxsize=4096)
def _compiled(glob: str) -> re.Pattern[str]:
    # Brackets are plain letters here: they occur in principals and addresses. What fnmatch makes of the stars are
    # atomic groups, which do not backtrack.
    return re.compile(fnmatch.translate(glob.replace("[", "[[]")))


def _may_match(glob: str, parts: tuple[str | Hole, ...]) -> bool:
    """Whether the holes can be filled so that the glob matches; all positions in the glob are followed at once."""
    if sum(len(part) for part in parts if isinstance(part, str)) > _LONGEST:
        return True
    states = _rest(glob, {0})
    for part in parts:
        if isinstance(part, Hole):
            states = set(range(min(states), len(glob) + 1))
            continue
        for letter in part:
            states = _rest(glob, {after for state in states for after in _step(glob, state, letter)})
            if not states:
                return False
    return len(glob) in states


def _step(glob: str, state: int, letter: str) -> Iterator[int]:
    wanted = glob[state : state + 1]
    if wanted == "*":
        yield state
    elif wanted in ("?", letter) and wanted:
        yield state + 1


def _rest(glob: str, states: set[int]) -> set[int]:
    """These positions, and those after stars, which may stand for nothing."""
    found = set(states)
    for state in states:
        at = state
        while glob[at : at + 1] == "*":
            at += 1
            found.add(at)
    return found
