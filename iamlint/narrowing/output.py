"""A narrowing as text for people, and as JSON for programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from iamlint import __version__
from iamlint.basics.words import counted, first_names
from iamlint.facts import Grant
from iamlint.location import Location, Unreadable
from iamlint.narrowing.model import Narrowing, Open, Proposal
from iamlint.reporters.parts.frame import Paint, place
from iamlint.reporters.parts.indented import json_text
from iamlint.reporters.parts.plain import neutral
from iamlint.unknown import shown

_MOST = 5
"""Maximum number of listed permissions, and of listed grants with the same reason."""


def narrowing_json(found: Narrowing, errors: Sequence[Unreadable]) -> str:
    """Return the answer as a JSON object, two spaces a level."""
    return json_text(_entry(found, errors))


def _entry(found: Narrowing, errors: Sequence[Unreadable]) -> dict[str, Any]:
    return {
        "version": __version__,
        "proposals": [_proposal(one) for one in found.proposals],
        "unknown": [{**_grant(one.grant), "reasons": list(one.reasons)} for one in found.unknown],
        "fitting": [_grant(grant) for grant in found.fitting],
        "errors": [
            {"path": one.at.path, "line": one.at.line, "reason": one.reason, "hint": one.hint or None} for one in errors
        ],
    }


def _proposal(one: Proposal) -> dict[str, Any]:
    return {
        **_grant(one.grant),
        "proposal": one.kind,
        "roles": list(one.roles),
        "custom_role": list(one.permissions),
        "used": list(one.used),
        "permissions_before": one.before,
        "permissions_after": one.after,
        "evidence": one.evidence,
        "uses_checked": one.checked,
        "closes": list(one.closes),
    }


def _grant(grant: Grant) -> dict[str, Any]:
    at = _place(grant)
    return {
        "principal": grant.principal.text,
        "role": shown(grant.role),
        "resource": str(grant.resource),
        "address": grant.declared.address,
        "path": at.path,
        "line": at.line,
    }


def _place(grant: Grant) -> Location:
    return grant.role_place.at if grant.origin == "member" else grant.principal_place.at


# -- for people ----------------------------------------------------------------------------------------------------


def narrowing_text(found: Narrowing, *, color: bool = False, every: bool = False) -> str:
    """Return the answer as a text; ``every`` lists each grant that cannot be judged."""
    return "".join(f"{line}\n" for line in _lines(found, Paint(on=color), every=every))


def _lines(found: Narrowing, paint: Paint, *, every: bool) -> Iterator[str]:
    for one in found.proposals:
        yield from _told(one, paint)
        yield ""
    yield from _unknown(found.unknown, paint, every=every)
    parts = [counted(len(found.proposals), "proposal"), f"{len(found.unknown)} unknown", f"{len(found.fitting)} fit"]
    yield "; ".join(parts)


def _told(one: Proposal, paint: Paint) -> Iterator[str]:
    grant = one.grant
    what = f"{grant.principal.text}: {shown(grant.role)} on {grant.resource}"
    if one.kind == "remove":
        yield f"{paint('1;33', 'remove')} {neutral(what)}"
    else:
        instead = " and ".join(one.roles) or f"a custom role with {counted(len(one.permissions), 'permission')}"
        yield f"{paint('1;33', 'narrow')} {neutral(what)} to {paint('1;32', neutral(instead))}"
    address = f"  {neutral(grant.declared.address)}" if grant.declared.address else ""
    yield f"  {paint('36', place(_place(grant)))}{address}"
    permissions = one.used if one.kind != "custom" else one.permissions
    most = _MOST if one.kind != "custom" else len(permissions)
    names = f": {neutral(first_names(permissions, most))}" if permissions else ""
    yield f"  used: {len(one.used)} of {one.before:,} permissions{names}"
    if one.kind != "remove":
        yield f"  left: {counted(one.after, 'permission')}"
    yield f"  evidence: {neutral(one.evidence)}"
    yield f"  proof: {_proof(one.checked)}"
    yield from (f"  closes: {neutral(text)}" for text in one.closes)


def _proof(checked: int) -> str:
    if not checked:
        return "no use of the principal is known that could break"
    if checked == 1:
        return "the known use of the principal still works"
    return f"all {checked} known uses of the principal still work"


def _unknown(unknown: Sequence[Open], paint: Paint, *, every: bool) -> Iterator[str]:
    groups: dict[tuple[str, ...], list[Grant]] = {}
    for one in unknown:
        groups.setdefault(one.reasons, []).append(one.grant)
    for reasons, grants in groups.items():
        number = "1 grant" if len(grants) == 1 else f"{len(grants)} grants"
        yield f"{paint('33', 'unknown')}: {number}: {neutral('; '.join(reasons))}"
        # A module that several root modules call makes the same grant in each.
        alike = Counter(
            (_place(one), f"{one.principal.text} has {shown(one.role)} on {one.resource}") for one in grants
        )
        listed = list(alike.items())[: None if every else _MOST]
        for (at, told), times in listed:
            yield f"  {paint('36', place(at))}  {neutral(told)}" + (f" ({times} times)" if times > 1 else "")
        left = len(grants) - sum(times for _, times in listed)
        if left:
            yield f"  ... and {left} more (--show-all lists them)"
    if groups:
        yield ""
