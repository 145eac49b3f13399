"""Queries about deny policies and boundaries: those that deny nothing, and those that can be bypassed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import field

from iamlint.basics.frozen import mutable
from iamlint.estate import Estate, Node, identity
from iamlint.estate.deny_forms import EVERYBODY, allowed_permission, denied_permission, denied_principal, is_denied_form
from iamlint.estate.membership import node_of
from iamlint.facts import Boundary, Condition, Declaration, Denial, Place, Text
from iamlint.logic.globs import compiled, is_glob, text_is
from iamlint.patterns.match import Match
from iamlint.provenance import at, configuration, counts_for, outside
from iamlint.roles import Catalog
from iamlint.unknown import Truth, Unknown, shown

Texts = tuple[Text, ...] | Unknown

# -- rules that deny nothing ---------------------------------------------------------------------------------------


def ineffective_denials(estate: Estate) -> Iterator[Match]:
    """Deny rules that Google refuses, or that except everybody they deny."""
    catalog = estate.roles.catalog
    for denial in estate.of(Denial):
        problems = [
            *((one, _of_permission(one, catalog)) for one in _known(*_permissions(denial))),
            *((one, _of_principal(one)) for one in _known(denial.denied_principals, denial.exception_principals)),
            ("", all_excepted(denial)),
        ]
        told = [(text, problem) for text, problem in problems if problem]
        if told:
            first, problem = told[0]
            rest = len(told) - 1
            more = f" (and {rest} more of the kind)" if rest else ""
            yield Match(denial, Truth.TRUE, words={"problem": problem + more}, place=_place(first, denial))
            continue
        unknown_answers = [one for one in _known(denial.denied_permissions) if _is_in_no_role(one, catalog)]
        if unknown_answers:
            first = unknown_answers[0]
            reason = f"{first} is in no role of the catalogue of {catalog.date}: newer, or a typing error"
            yield Match(denial, Truth.UNKNOWN, (), (reason,), words={"problem": reason}, place=_place(first, denial))


def _permissions(denial: Denial) -> tuple[Texts, Texts]:
    return denial.denied_permissions, denial.exception_permissions


def _place(text: str, denial: Denial) -> Place | None:
    """Return the place of a permission or principal of a rule; that of its list if it is written there."""
    is_principal = text in _known(denial.denied_principals) and text not in _known(*_permissions(denial))
    listed = denial.principals_place if is_principal else None
    return dict(denial.places).get(text) or listed or denial.place


def _known(*several: Texts) -> Iterator[str]:
    """Yield the fully known texts."""
    for texts in several:
        for text in texts if isinstance(texts, tuple) else ():
            if isinstance(text, str) and "${" not in text:
                yield text


def _of_permission(permission: str, catalog: Catalog) -> str | None:
    meant = meant_permission(permission, catalog)
    if allowed_permission(permission) is None:
        hint = f"; it is spelt `{meant}` here" if meant else "; the form is `SERVICE.googleapis.com/RESOURCE.VERB`"
        return f"`{permission}` is not a permission of deny policies{hint}"
    hint = f"did you mean `{meant}`?" if meant else ""
    return f"`{permission}` is in no role of the catalogue of {catalog.date}; {hint}" if hint else None


def meant_permission(permission: str, catalog: Catalog) -> str | None:
    """Return the permission that a wrong one of a deny policy certainly means, in the form of deny policies."""
    as_granted = allowed_permission(permission)
    if as_granted is None:
        return denied_permission(permission.removeprefix("resourcemanager.googleapis.com/")) or _host(permission)
    meant = catalog.slip(as_granted) if _is_in_no_role(permission, catalog) else None
    return denied_permission(meant) if meant else None


def _is_in_no_role(permission: str, catalog: Catalog) -> bool:
    as_granted = allowed_permission(permission) or "*"
    return not (is_glob(as_granted) or catalog.is_permission(as_granted) or catalog.is_permission(permission))


def _host(permission: str) -> str | None:
    """Return a permission with its correct host, if it is written with another one."""
    host, slash, rest = permission.partition("/")
    return denied_permission(f"{host.partition('.')[0]}.{rest}") if slash else None


def _of_principal(principal: str) -> str | None:
    if is_denied_form(principal):
        return None
    meant = meant_principal(principal)
    hint = f"; it is spelt `{meant}` here" if meant else ""
    return f"`{principal}` is not a principal of deny policies{hint}"


def meant_principal(principal: str) -> str | None:
    """Return the form that a principal has in deny policies; None if it is in that form, or in none that has one."""
    return None if is_denied_form(principal) else denied_principal(principal)


def all_excepted(denial: Denial) -> str | None:
    """Return why a deny rule denies nothing, if its exceptions include all that it denies."""
    for what, denied, excepted in (
        ("principal", denial.denied_principals, denial.exception_principals),
        ("permission", denial.denied_permissions, denial.exception_permissions),
    ):
        if isinstance(denied, tuple) and isinstance(excepted, tuple) and denied:
            globs = tuple(one if one != EVERYBODY else "*" for one in _known(excepted))
            if all(one in excepted or text_is(globs, one) is Truth.TRUE for one in denied):
                return f"every {what} that it denies is also an exception"
    return None


# -- bypasses ------------------------------------------------------------------------------------------------------

MINTING = "iam.googleapis.com/serviceAccounts.getAccessToken"
WAYS = (
    "iam.googleapis.com/serviceAccounts.signBlob",
    "iam.googleapis.com/serviceAccounts.signJwt",
    "iam.googleapis.com/serviceAccounts.implicitDelegation",
    "iam.googleapis.com/serviceAccounts.actAs",
    "iam.googleapis.com/serviceAccounts.setIamPolicy",
    "iam.googleapis.com/serviceAccountKeys.create",
)
"""Permissions that give as much access to an account as its access token.

Source: https://cloud.google.com/iam/docs/service-account-permissions
"""
UNCOVERED = frozenset({"1", "2"})
"""The enforcement versions of boundaries that do not cover service accounts. Source:
https://cloud.google.com/iam/docs/principal-access-boundary-policies-permissions"""


def incomplete_denials(estate: Estate) -> Iterator[Match]:
    """Deny rules that block one way to accounts and leave others open, and boundaries that do not cover accounts."""
    together = _Together(estate)
    for denial in estate.of(Denial):
        if _takes(denial, MINTING):
            yield from _open_ways(denial, *together.with_(denial))
    for boundary in estate.of(Boundary):
        if boundary.enforcement_version in UNCOVERED:
            name = shown(boundary.name)
            what = f"{name.rpartition('/')[2]} (enforcement version {boundary.enforcement_version})"
            words = {"what": what, "open": "everything about service accounts, which versions from 3 on cover"}
            yield Match(boundary, Truth.TRUE, words=words)


_Open = tuple[tuple[str, ...], Declaration | None, Unknown | None]
"""The open permissions, a declaration elsewhere that would close them all, and why there may be fewer."""


@mutable
class _Group:
    """The rules of one configuration at one place that deny the same principals under one condition.

    ``taken`` are the permissions that they deny, each with the number and the declaration of the first rule.
    """

    names: frozenset[str]
    spares: frozenset[str]
    condition: Condition | Unknown | None
    declared: Declaration
    taken: dict[str, tuple[int, Declaration]] = field(default_factory=dict)
    unknown: Unknown | None = None

    def add(self, number: int, denial: Denial) -> None:
        """Add a rule to the group."""
        for way in WAYS:
            if way not in self.taken and _takes(denial, way):
                self.taken[way] = number, denial.declared
        self.unknown = self.unknown or _unknown(denial.denied_permissions)

    def goes_as_far(self, other: _Group) -> bool:
        """Whether it denies all principals that another group denies, without a further condition or exception."""
        wider = other.names <= self.names or EVERYBODY in self.names
        return wider and self.spares <= other.spares and self.condition in (None, other.condition)


class _Together:
    """Deny rules by place and denied principals, so that each is compared with few others."""

    def __init__(self, estate: Estate) -> None:
        self._hierarchy = estate.hierarchy
        self._groups: dict[tuple[object, ...], _Group] = {}
        self._naming: dict[tuple[Node, str], dict[int, _Group]] = defaultdict(dict)
        self._found: dict[int, _Open] = {}
        for number, denial in enumerate(estate.of(Denial)):
            placed = self._group(denial)
            if placed:
                node, group = placed
                group.add(number, denial)
                for name in group.names:
                    self._naming[node, name][id(group)] = group

    def _group(self, denial: Denial) -> tuple[Node, _Group] | None:
        """Return the place and the group of a rule; None if one of them is unknown."""
        node = node_of(denial.parent, denial.declared, self._hierarchy)
        names, spares = _names(denial.denied_principals, denial), _names(denial.exception_principals, denial)
        if node is None or names is None or spares is None:
            return None
        whose = denial.declared.trust == "named", configuration(denial.declared)
        group = _Group(names, spares, denial.condition, denial.declared)
        return node, self._groups.setdefault((node, names, spares, denial.condition, whose), group)

    def with_(self, denial: Denial) -> _Open:
        """Return what a rule leaves open, together with all rules that cover its principals."""
        placed = self._group(denial)
        if placed is None:
            own = tuple(way for way in WAYS if not _takes(denial, way))
            return own, None, _unknown(denial.denied_permissions)
        node, group = placed
        if id(group) not in self._found:
            self._found[id(group)] = _left_open(
                group, [one for one in self._wider(node, group) if one.goes_as_far(group)]
            )
        return self._found[id(group)]

    def _wider(self, node: Node, group: _Group) -> Iterator[_Group]:
        """Yield the groups there and above that may deny all principals of a group: those that deny one of them."""
        for above in self._hierarchy.containers(node):
            if not group.names:
                yield from (one for (place, *_), one in self._groups.items() if place == above)
                continue
            rarest = min(group.names, key=lambda name: (len(self._naming.get((above, name), ())), name))
            found = self._naming.get((above, rarest), {}) | self._naming.get((above, EVERYBODY), {})
            yield from found.values()


def _left_open(group: _Group, others: list[_Group]) -> _Open:
    """Return what a group leaves open, together with these groups, which cover its principals."""
    counting = [one for one in others if counts_for(one.declared, group.declared)]
    open_ = tuple(way for way in WAYS if not any(way in one.taken for one in counting))
    elsewhere = [min((one.taken[way] for one in others if way in one.taken), default=None, key=_first) for way in open_]
    told = [found for found in elsewhere if found]
    first = min(told, key=_first)[1] if told and len(told) == len(open_) else None
    return open_, first, next((one.unknown for one in counting if one.unknown), None)


def _first(taken: tuple[int, Declaration]) -> int:
    return taken[0]


def _names(texts: Texts, denial: Denial) -> frozenset[str] | None:
    """Return the canonical names of the principals in a list; None if nothing is known about one."""
    names = {identity(text, denial.declared) for text in texts} if isinstance(texts, tuple) else {None}
    known = frozenset(name for name in names if name is not None)
    return known if len(known) == len(names) else None


def _open_ways(
    denial: Denial, open_: tuple[str, ...], elsewhere: Declaration | None, unknown: Unknown | None
) -> Iterator[Match]:
    if elsewhere:
        reason = f"the deny policy at {at(elsewhere)} denies what this one leaves open, but is {outside(elsewhere)}"
        yield Match(denial, Truth.UNKNOWN, reasons=(reason,), place=denial.place)
    elif open_ and unknown:
        reason = f"which permissions the deny policy denies is not known: {unknown.reason}"
        yield Match(denial, Truth.UNKNOWN, reasons=(reason,), place=denial.place)
    elif open_:
        ways = ", ".join(way.rpartition("/")[2] for way in open_)
        what = f"the deny rule on {shown(denial.parent).rpartition('googleapis.com/')[2]}"
        yield Match(denial, Truth.TRUE, words={"what": what, "open": ways}, place=denial.place)


def open_permissions(match: Match) -> tuple[str, ...]:
    """Return the permissions that a match of `incomplete_denials` says are open; none for one of a boundary."""
    named = match.words.get("open", "").split(", ")
    return tuple(way for way in WAYS if way.rpartition("/")[2] in named)


def _unknown(texts: Texts) -> Unknown | None:
    if isinstance(texts, Unknown):
        return texts
    return next((text for text in texts if isinstance(text, Unknown)), None)


def _takes(denial: Denial, permission: str) -> bool:
    """Whether a rule certainly denies a permission and does not except it."""
    return _lists(denial.denied_permissions, permission) and not _lists(denial.exception_permissions, permission)


def _lists(texts: Texts, permission: str) -> bool:
    known = (text for text in texts if isinstance(text, str)) if isinstance(texts, tuple) else ()
    return any(compiled(text).match(permission) for text in known)
