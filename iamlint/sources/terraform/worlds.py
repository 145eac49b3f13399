"""Merges the facts of one configuration read in several ways that may all be applied.

Two programs may read a directory differently, a root module has several workspaces, and a called module may also be
applied by itself. A grant of any reading counts; a restriction of only one reading does not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import fields, is_dataclass, replace

from iamlint.basics.words import first_names
from iamlint.facts import (
    AccessSetting,
    Boundary,
    BoundaryBinding,
    CustomRole,
    Declaration,
    DefaultAccounts,
    Denial,
    EmptyBinding,
    Fact,
    Folder,
    Grant,
    Organization,
    OrgPolicy,
    Pool,
    Project,
    Provider,
    RemovedGrant,
    Service,
    ServiceAccount,
    UnreadPart,
)
from iamlint.location import Location
from iamlint.sources.terraform.configuration.variables import NOT_SET
from iamlint.unknown import SET_ELSEWHERE, Unknown, UnknownPart, shown

_CLOSING = (Denial, Boundary, BoundaryBinding, RemovedGrant, EmptyBinding, DefaultAccounts)
_BLOCKING = (Denial, Boundary, BoundaryBinding, OrgPolicy)
"""Facts that may block a grant of the same configuration."""
_NAMED = (ServiceAccount, Pool, Project, Folder, Organization, Service)
"""Facts that grant nothing by themselves, and are needed to understand grants."""
_DEFINING = (*_NAMED, CustomRole, Provider)
_DIFFERENT = "Terraform and OpenTofu read different configurations here"
_MOST_NAMES = 3


def either(terraform: list[Fact], opentofu: list[Fact]) -> list[Fact]:
    """Return the facts of one root module as Terraform and as OpenTofu read it, and a note if they differ."""
    ours, theirs = {_plain(fact) for fact in terraform}, {_plain(fact) for fact in opentofu}
    mine = [fact for fact in terraform if _plain(fact) not in theirs]
    others = [fact for fact in opentofu if _plain(fact) not in ours]
    different = [fact for fact in (*others, *mine) if not isinstance(fact, UnreadPart)]
    kept = [fact for fact in terraform if _plain(fact) in theirs]
    found = [*kept, *_one_sided(mine, others), *_one_sided(others, mine)]
    return [*found, _note(different)] if different else found


def _one_sided(facts: Iterable[Fact], others: Iterable[Fact]) -> Iterator[Fact]:
    """Yield the facts that only one program reads, without restrictions; ``others`` are those of the other program."""
    there = {(type(fact), fact.declared.address): fact for fact in others}
    for fact in facts:
        other = there.get((type(fact), fact.declared.address))
        match fact:
            case Denial() | Boundary() | BoundaryBinding() | RemovedGrant() | EmptyBinding() | DefaultAccounts():
                pass
            case OrgPolicy():
                yield replace(fact, enforced=Unknown(_DIFFERENT))
            case AccessSetting(setting="public_access_prevention" | "uniform_access"):
                pass
            case ServiceAccount() | Pool() | Provider() if other and fact.disabled is not False:
                pass
            case CustomRole():
                yield _widest(fact, other) if isinstance(other, CustomRole) else fact
            case _:
                yield fact


def _widest(role: CustomRole, other: CustomRole) -> CustomRole:
    """Return a custom role with the permissions of both definitions."""
    one, two = role.permissions, other.permissions
    both = (*one, *two) if isinstance(one, tuple) and isinstance(two, tuple) else one if isinstance(two, tuple) else two
    stage = role.stage if role.stage != "DISABLED" else other.stage
    return replace(role, permissions=both, stage=stage, deleted=role.deleted and other.deleted)


def _note(different: Sequence[Fact]) -> UnreadPart:
    addresses = list(dict.fromkeys(fact.declared.address or "" for fact in different))
    first = different[0].declared
    names = first_names(addresses, _MOST_NAMES)
    reason = f"{_DIFFERENT}: both are checked, and what they say of IAM differs at {names}"
    return UnreadPart(reason, Declaration(first.at, first.type, first.address, first.via))


class Stated:
    """The facts so far, and the keys that distinguish them.

    ``blocked`` are the keys of grants of called modules that only examples state which may block them.
    """

    def __init__(self, facts: Iterable[Fact] = ()) -> None:
        self.facts: list[Fact] = []
        self.blocked: dict[tuple[object, ...], Fact] = {}
        self.known: set[tuple[object, ...]] = set()
        self.blocks: set[tuple[object, ...]] = set()
        self.add(facts)

    def add(self, facts: Iterable[Fact]) -> None:
        """Add facts."""
        for fact in facts:
            what = _what(fact)
            self.facts.append(fact)
            self.known.add(what)
            self.blocked.pop(what, None)
            self.blocks.add(_block(fact))

    def add_example(self, facts: Iterable[Fact]) -> None:
        """Add the facts of a root module that may be an example: what blocks grants there may be missing elsewhere."""
        facts = list(facts)
        blocking = next((fact for fact in facts if isinstance(fact, _BLOCKING) and not fact.declared.via), None)
        called = {_what(fact) for fact in facts if isinstance(fact, Grant) and fact.declared.via} if blocking else ()
        new = {what: blocking for what in called if blocking and (what in self.blocked or what not in self.known)}
        self.add(facts)
        self.blocked |= new


def blocked_by_example(facts: Iterable[Fact], stated: Stated) -> Iterator[UnreadPart]:
    """Yield one unread part for the grants by default of a called module whose only callers may block them."""
    grants = [fact for fact in facts if isinstance(fact, Grant) and _what(fact) in stated.blocked]
    if grants:
        first, more = grants[0].declared, len(grants) - 1
        at = stated.blocked[_what(grants[0])].declared.at
        named = f"{first.address} and {more} more" if more else first.address
        reason = f"{named} may be blocked by {at.path}:{at.line} in the only call that is known, and not in other calls"
        yield UnreadPart(reason, first)


def further(facts: Iterable[Fact], stated: Stated) -> list[Fact]:
    """Return what another reading grants beyond the facts so far, with the facts needed to understand it.

    A grant of the same role by the same block to the same kind of principal is not new: it is one grant, listed once,
    even if the other reading gives it another resource or name.
    """
    known = stated.known
    facts = [fact for fact in facts if not isinstance(fact, (*_CLOSING, OrgPolicy, UnreadPart))]
    new = [fact for fact in facts if not isinstance(fact, _NAMED) and _what(fact) not in known]
    if not new:
        return []
    defining = (fact for fact in facts if isinstance(fact, _DEFINING) and _block(fact) not in stated.blocks)
    return [*defining, *new]


def once_more(facts: Iterable[Fact], stated: Stated) -> list[Fact]:
    """Return the facts of a called root module in addition to those of its calls.

    Its facts count fully when it is applied, but facts that depend on an unset variable are listed once.
    """
    known = stated.known
    kept: list[Fact] = []
    again: set[str | None] = set()
    for fact in facts:
        if _what(fact) in known and not isinstance(fact, _NAMED) and (isinstance(fact, UnreadPart) or _waits(fact)):
            again.add(fact.declared.address)
        else:
            kept.append(fact)
    return [fact for fact in kept if not (isinstance(fact, UnreadPart) and fact.declared.address in again)]


def definite(facts: Iterable[Fact]) -> list[Fact]:
    """Return the facts of a module applied by itself that follow from its own defaults, whatever the variables."""
    return [fact for fact in facts if "[*]" not in (fact.declared.address or "") and not _waits(fact)]


def waiting(facts: Iterable[Fact], sure: Iterable[Fact]) -> Iterator[UnreadPart]:
    """Yield one note about the grants of a module that no call creates, and that need values to be checked."""
    known = set(map(id, sure))
    grants = [fact for fact in facts if isinstance(fact, Grant) and id(fact) not in known]
    if grants:
        first, more = grants[0].declared, len({fact.declared.at for fact in grants}) - 1
        named = f"{first.address} and {more} more" if more else first.address
        reason = f"no known call creates this module (count = 0), and what it grants needs values: {named}"
        yield UnreadPart(reason, first, unread=False)


def by_outputs(stated: Iterable[Fact], certain: Iterable[Fact], by: str) -> Iterator[UnreadPart]:
    """Yield the blocks whose grants depend on what the outputs of another root module contain."""
    said, sure = _granted(stated), _granted(certain)
    for block, (grants, declared) in sure.items():
        if said.get(block, (None, declared))[0] != grants:
            reason = f"what {block} grants is only known by the outputs of {by}, which is another root module"
            yield UnreadPart(reason, declared)


def _granted(facts: Iterable[Fact]) -> dict[str, tuple[set[tuple[str, ...]], Declaration]]:
    """Return the grants of each block, and the declaration of the first of them."""
    from iamlint.sources.terraform.plan.addresses import without_keys

    found: dict[str, tuple[set[tuple[str, ...]], Declaration]] = {}
    for fact in facts:
        if isinstance(fact, Grant) and fact.declared.address:
            grants, _ = found.setdefault(without_keys(fact.declared.address), (set(), fact.declared))
            parts = (fact.principal.text, shown(fact.role), str(fact.resource), str(fact.condition))
            grants.add(parts)
    return found


def _what(fact: Fact) -> tuple[object, ...]:
    if isinstance(fact, Grant):
        return Grant, fact.declared.at, shown(fact.role), fact.principal.kind, fact.resource.kind
    return type(fact), fact.declared.at


def _block(fact: Fact) -> tuple[object, ...]:
    return type(fact), fact.declared.at, fact.declared.address


def _waits(value: object) -> bool:
    """Whether a part of a fact depends on a variable of the root module that has no value, or an empty one."""
    match value:
        case Unknown():
            unknown_parts = (part.reference for part in value.parts if isinstance(part, UnknownPart))
            waits = NOT_SET in value.reason or value.reason.endswith(SET_ELSEWHERE)
            return waits or any(reference.startswith("var.") for reference in unknown_parts)
        case tuple():
            return any(map(_waits, value))
        case Location():
            return False
        case _ if is_dataclass(value):
            return any(_waits(getattr(value, field.name)) for field in fields(value))
        case _:
            return False


def _plain(value: object) -> object:
    """Return a fact without its places."""
    match value:
        case Location():
            return None
        case tuple():
            return tuple(map(_plain, value))
        case _ if is_dataclass(value):
            return type(value), *(_plain(getattr(value, field.name)) for field in fields(value))
        case _:
            return value
