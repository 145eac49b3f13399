"""What may open or close and cannot be decided: unread parts of the head, changed providers, changed unknown values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from typing import Any

from iamlint.basics.lazy_regex import regex
from iamlint.comparison.cone import Changed
from iamlint.comparison.identities import Identities
from iamlint.comparison.keys import COMPARED, IGNORED, WRITTEN
from iamlint.comparison.lines import line_of
from iamlint.comparison.model import Privilege, UnknownChange
from iamlint.comparison.sides import Side
from iamlint.facts import Condition, Declaration, Fact, Grant, Provider, UnreadPart
from iamlint.federation.unmatched import pool_of
from iamlint.location import Location
from iamlint.pools import is_federated
from iamlint.unknown import Unknown, UnknownPart, shown

_NUMBERS = regex(r"[0-9]+")
_LONGEST_CALL = 500
"""Maximum number of lines of a block that are compared."""
_ORDER = regex(r"depends_on ?= ?\[[\w.,\[\]\" *-]*")
_ORDERED = regex(r"[\w.\[\]\"*-]+,?|\]")
"""The first line of a list of what a block depends on, and the following ones."""
_ANY = UnknownPart("?")


def unread(base: Side, head: Side) -> Iterator[UnknownChange]:
    """Yield what of the head could not be followed and is not as in the base.

    The same reason may stand for another command or another call of a module, so that the lines are compared, too.
    Whether a fact is there is compared with the facts.
    """
    before = Counter(_unread_key(one, base) for one in base.estate.of(UnreadPart))
    calls = {_call(one, base) for one in base.estate.of(UnreadPart)}
    compared = {_written(one.declared) for kind in COMPARED for one in head.estate.of(kind)}
    for one in head.estate.of(UnreadPart):
        key = _unread_key(one, head)
        before[key] -= 1
        if before[key] >= 0 or (not one.unread and _written(one.declared) in compared):
            continue
        called = one.declared.type == "module" and _call(one, head) in calls
        reason = f"the call of {one.declared.address} has changed: {one.reason}" if called else one.reason
        yield UnknownChange(reason, line_of(one.declared.at, head))


def _call(part: UnreadPart, side: Side) -> tuple[str, str]:
    """Return why a part is not read, without numbers (how many more there are may change), and its file."""
    return _NUMBERS.sub("", part.reason), side.relative(part.declared.at.path)


def _written(declared: Declaration) -> tuple[str | None, str]:
    return declared.address, declared.at.path


def _unread_key(part: UnreadPart, side: Side) -> tuple[object, ...]:
    """Return what an unread part says and where, without numbers and places."""
    return _NUMBERS.sub("", part.reason), part.unread, _block(part.declared.at, side)


def changed_providers(head: Changed) -> Iterator[UnknownChange]:
    """Yield the changed providers of pools whose principals had grants before: other tokens may match them now."""
    estate = head.names.side.estate
    known = {pool_of(one)[1] for one in estate.of(Grant) if is_federated(one.principal) and not head.has(one)}
    for one in head.facts:  # the grants may be in other configurations
        if isinstance(one, Provider) and pool_of(one)[1] in known and one.disabled is not True:
            pool = shown(one.pool).rpartition("/")[2]
            reason = f"other tokens may match principals of the pool {pool}, since its provider has changed"
            yield UnknownChange(reason, line_of(one.place.at, head.names.side))


# -- unknown values ----------------------------------------------------------------------------------------------------


def rewritten(base: Identities, head: Changed) -> Iterator[UnknownChange]:
    """Yield the facts of which an unknown value is written otherwise than before: they say the same only by name.

    A value of which nothing is known is named by its argument, or not at all, and so has the same name on both sides.
    """
    opaque = [(one, found) for one in head.names.side.facts if not head.has(one) and (found := list(_opaque(one)))]
    if not opaque:
        return
    wanted = {hash(head.names.key(one)) for one, _ in opaque}
    before: dict[int, set[object]] = defaultdict(set)
    for one in base.side.facts:
        key = hash(base.key(one))
        if key in wanted:
            before[key].add(_texts(one, base.side))
    for fact, values in opaque:
        known = before[hash(head.names.key(fact))]
        if known and _texts(fact, head.names.side) not in known:
            yield _rewritten(fact, values[0], head.names.side)


def _rewritten(fact: Fact, value: Unknown, side: Side) -> UnknownChange:
    declared = fact.declared
    reason = f"a value of {declared.address or 'the document'} is written otherwise than before: {value.reason}"
    if not isinstance(fact, Grant):
        return UnknownChange(reason, line_of(declared.at, side))
    at = line_of(next((at for at, one in _parts(fact) if one is not None), declared.at), side)
    held = Privilege(fact.principal.text, shown(fact.role), fact.resource, (), at, at=at)
    return UnknownChange(reason, at, "opened", privilege=held)


def _opaque(fact: Fact) -> Iterator[Unknown]:
    """Yield the compared values of a fact of which nothing is known but the argument that they are written in."""
    if isinstance(fact, Grant):
        yield from (one for _, one in _parts(fact) if one is not None)
        return
    own = f"{fact.declared.address}."
    for one in fields(fact):
        if one.name not in IGNORED:
            yield from _opaque_in(getattr(fact, one.name), own)


def _opaque_in(value: Any, own: str) -> Iterator[Unknown]:
    match value:
        case Unknown():
            if _is_opaque(value, own):
                yield value
        case tuple():
            yield from (found for one in value for found in _opaque_in(one, own))
        case _ if is_dataclass(value) and not isinstance(value, WRITTEN):
            yield from (found for one in fields(value) for found in _opaque_in(getattr(value, one.name), own))


def _is_opaque(value: object, own: str) -> bool:
    if not isinstance(value, Unknown):
        return False
    parts = [part for part in value.parts if isinstance(part, UnknownPart)]
    return not value.parts or any(part == _ANY or part.reference.startswith(own) for part in parts)


def _parts(grant: Grant) -> Iterator[tuple[Location, Unknown | None]]:
    """Yield where the parts of a grant are written, each with its value if nothing is known of it."""
    own = f"{grant.declared.address}."
    condition = grant.condition
    written = (
        (grant.principal_place.at, grant.principal.unknown),
        (grant.role_place.at, grant.role),
        (grant.resource_place.at, grant.resource.name),
        (
            (condition.at if isinstance(condition, Condition) else None) or grant.declared.at,
            condition.expression if isinstance(condition, Condition) else condition,
        ),
    )
    for at, value in written:
        yield at, value if isinstance(value, Unknown) and _is_opaque(value, own) else None


def _texts(fact: Fact, side: Side) -> object:
    """Return how the unknown values of a fact are written, without white space; of other facts the whole block."""
    if not isinstance(fact, Grant):
        return _block(fact.declared.at, side)
    return tuple(_text(at, side) for at, value in _parts(fact) if value is not None)


def _text(at: Location, side: Side) -> str:
    source = side.texts.get(at.path)
    if source is None:
        return ""
    start, end = source.offsets(at)
    return "".join(source.text[start:end].split())


def _block(at: Location, side: Side) -> tuple[str, ...]:
    """Return the lines of the block that begins at a place, up to its last brace.

    Comments, blanks and the order of the apply (``depends_on``) are left out.
    """
    text = side.texts.get(at.path)
    lines = (text.line(number) for number in range(at.line, at.line + _LONGEST_CALL)) if text else iter(())
    found: list[str] = []
    in_order = False
    for line in lines:
        words = " ".join(line.split())
        is_order = _ORDER.fullmatch(words) or (in_order and _ORDERED.fullmatch(words))  # a command may look like one
        in_order = is_order is not None and not words.endswith("]")
        found += [words] if words and not is_order and not words.startswith(("#", "//")) else []
        if line.startswith("}"):
            break
    return tuple(found)
