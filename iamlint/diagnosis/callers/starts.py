"""Where the paths of a caller start: the principals that its token, workload or machine is, or may be."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from iamlint.basics.lazy_regex import regex
from iamlint.diagnosis.answer import Stage
from iamlint.diagnosis.asked.caller import Caller, read_caller
from iamlint.diagnosis.asked.case import Case
from iamlint.diagnosis.asked.question import Question
from iamlint.diagnosis.asked.scopes import scopes_of
from iamlint.diagnosis.callers.holder import Holder
from iamlint.diagnosis.callers.identity import Identity, identify
from iamlint.diagnosis.recognition.said import Said
from iamlint.estate import Estate, identity, principal_node
from iamlint.facts import Grant
from iamlint.federation.names import identity_of
from iamlint.paths.answers import Start
from iamlint.paths.hops import MEMBER, Hop, Hops, State
from iamlint.unknown import Truth, shown

FORMS = ("github", "gitlab", "oidc", "ksa", "vm", "nodepool", "template")
"""The prefixes of callers that are not principals."""
_FULL = ("principal", "principalSet")
_IN_POOL = regex(r"//iam\.googleapis\.com/[^*?]+Pools/[^/*?]+/(?:\*|[^*?]+)\Z")
_STATES: Mapping[Truth, State] = {Truth.TRUE: "open", Truth.UNKNOWN: "conditional", Truth.FALSE: "closed"}
_SETS = frozenset({"federated", "federated_set", "federated_pool", "gke_workload", "unknown", "public"})


def is_caller(text: str) -> bool:
    """Whether a text has the form of a caller that may be other principals than it says.

    That is ``github:OWNER/REPO`` and the like, and the full name of a federated identity or set, but no glob of them.
    """
    prefix, _, rest = text.strip().partition(":")
    return prefix.lower() in FORMS or (prefix in _FULL and _IN_POOL.match(rest) is not None)


def starts_of_caller(
    hops: Hops, text: str, claims: Mapping[str, str]
) -> tuple[list[Start], tuple[str, ...], tuple[str, ...]]:
    """Return where the paths of a caller start, what is not known, and what else a reader needs.

    Raises `BadCallerError` if the text does not name a caller.
    """
    estate = hops.estate
    caller = read_caller(text, claims)
    case = Case(Question(caller, None, "generateAccessToken", estate.as_of), estate, Said())
    found = identify(case)
    last = found.stages[-1] if found.stages else None
    if found.machine is not None:
        return list(_machine(hops, text, found)), _unknown(last), _broken(last)
    unknown_steps = _unknown(last)
    starts = {start.name: start for holder in found.holders for start in _named(case, holder, text, unknown_steps)}
    if not found.holders and unknown_steps:
        starts = {start.name: start for start in _alike(estate, caller, unknown_steps)}
    return list(starts.values()), () if starts else unknown_steps, _broken(last)


def _unknown(stage: Stage | None) -> tuple[str, ...]:
    return (stage.message,) if stage and stage.state == "unknown" else ()


def _broken(stage: Stage | None) -> tuple[str, ...]:
    return (stage.message,) if stage and stage.state == "broken" else ()


def _principals(estate: Estate) -> Iterator[tuple[str, Grant]]:
    """Yield the names of the principals that a workload or token may be, each with a grant that names it."""
    found: dict[str, Grant] = {}
    for grant in estate.of(Grant):
        name = principal_node(grant) if grant.principal.kind in _SETS else None
        if name is not None:
            found.setdefault(name, grant)
    yield from found.items()


def _named(case: Case, holder: Holder, text: str, unknown_steps: tuple[str, ...]) -> Iterator[Start]:
    for name, grant in _principals(case.estate):
        member = holder.named_by(grant, case.estate, case.groups)
        if member.truth is Truth.TRUE:
            yield Start(name, text, unknown_steps)
        elif member.truth is Truth.UNKNOWN:
            yield Start(name, text, (*unknown_steps, member.reason) if member.reason else unknown_steps)


def _alike(estate: Estate, caller: Caller, unknown_steps: tuple[str, ...]) -> Iterator[Start]:
    """Yield the federated principals that name a claim of a token, where no provider says what becomes of it."""
    values = set(caller.claims.values())
    for name, grant in _principals(estate):
        who = identity_of(grant.principal)
        if who is not None and who.attribute and shown(who.value) in values:
            yield Start(name, caller.text, unknown_steps)


def _machine(hops: Hops, text: str, found: Identity) -> Iterator[Start]:
    machine = found.machine
    told = scopes_of(machine, text) if machine else None
    scopes: tuple[State, str] = (_STATES[told.truth], told.reason) if told else ("open", "")
    for holder in found.holders:
        email = holder.principal.email
        name = identity(email, holder.declared) if email else None
        if name and machine:
            name = hops.names.add_account(hops.estate, email or "", holder.declared) or name
            unknown_steps = _unknown(found.stages[-1] if found.stages else None)
            yield Start(name, text, unknown_steps, Hop(text, name, None, MEMBER, member=machine), scopes)
