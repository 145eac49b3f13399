"""Questions about deny policies and boundaries: those that deny nothing, and those that leave a way round."""

from __future__ import annotations

from collections.abc import Iterator

from iamlint.estate import Estate, identity
from iamlint.estate.covering import node_of
from iamlint.estate.deny_forms import EVERYBODY, allowed_permission, denied_permission, denied_principal, is_denied_form
from iamlint.facts import Boundary, Denial, Text
from iamlint.globs import compiled, is_glob, text_is
from iamlint.match import Match
from iamlint.provenance import at, counts_for, outside
from iamlint.roles import Catalog
from iamlint.unknown import Truth, Unknown, shown

Texts = tuple[Text, ...] | Unknown

# -- rules that deny nothing ---------------------------------------------------------------------------------------


def ineffective_denials(estate: Estate) -> Iterator[Match]:
    """Deny rules that Google refuses, or that except everybody whom they deny."""
    catalog = estate.roles.catalog
    for denial in estate.of(Denial):
        problems = [
            *(_of_permission(one, catalog) for one in _known(denial.denied_permissions, denial.exception_permissions)),
            *(_of_principal(one) for one in _known(denial.denied_principals, denial.exception_principals)),
            _excepted(denial),
        ]
        told = [problem for problem in problems if problem]
        if told:
            rest = len(told) - 1
            more = f" (and {rest} more of the kind)" if rest else ""
            yield Match(denial, Truth.TRUE, words={"problem": told[0] + more}, place=denial.place)
            continue
        doubts = [one for one in _known(denial.denied_permissions) if _is_in_no_role(one, catalog)]
        if doubts:
            reason = f"{doubts[0]} is in no role of the catalogue of {catalog.date}: newer than that, or a slip"
            yield Match(denial, Truth.UNKNOWN, (), (reason,), words={"problem": reason}, place=denial.place)


def _known(*several: Texts) -> Iterator[str]:
    """The texts that are known in full."""
    for texts in several:
        for text in texts if isinstance(texts, tuple) else ():
            if isinstance(text, str) and "${" not in text:
                yield text


def _of_permission(permission: str, catalog: Catalog) -> str | None:
    as_granted = allowed_permission(permission)
    if as_granted is None:
        meant = denied_permission(permission.removeprefix("resourcemanager.googleapis.com/")) or _host(permission)
        hint = f"; it is spelt `{meant}` here" if meant else "; the form is `SERVICE.googleapis.com/RESOURCE.VERB`"
        return f"`{permission}` is no permission of deny policies{hint}"
    meant = catalog.slip(as_granted) if _is_in_no_role(permission, catalog) else None
    hint = f"did you mean `{denied_permission(meant)}`?" if meant else ""
    return f"`{permission}` is in no role of the catalogue of {catalog.date}; {hint}" if hint else None


def _is_in_no_role(permission: str, catalog: Catalog) -> bool:
    as_granted = allowed_permission(permission) or "*"
    return not (is_glob(as_granted) or catalog.is_permission(as_granted) or catalog.is_permission(permission))


def _host(permission: str) -> str | None:
    """The permission under the host that it has, where it is written under another one."""
    host, slash, rest = permission.partition("/")
    return denied_permission(f"{host.partition('.')[0]}.{rest}") if slash else None


def _of_principal(principal: str) -> str | None:
    if is_denied_form(principal):
        return None
    meant = denied_principal(principal)
    hint = f"; it is spelt `{meant}` here" if meant else ""
    return f"`{principal}` is no principal of deny policies{hint}"


def _excepted(denial: Denial) -> str | None:
    for what, denied, excepted in (
        ("principal", denial.denied_principals, denial.exception_principals),
        ("permission", denial.denied_permissions, denial.exception_permissions),
    ):
        if isinstance(denied, tuple) and isinstance(excepted, tuple) and denied:
            globs = tuple(one if one != EVERYBODY else "*" for one in _known(excepted))
            if all(one in excepted or text_is(globs, one) is Truth.TRUE for one in denied):
                return f"every {what} that it denies is excepted again"
    return None


# -- ways round ----------------------------------------------------------------------------------------------------

MINTING = "iam.googleapis.com/serviceAccounts.getAccessToken"
WAYS = (
    "iam.googleapis.com/serviceAccounts.signBlob",
    "iam.googleapis.com/serviceAccounts.signJwt",
    "iam.googleapis.com/serviceAccounts.implicitDelegation",
    "iam.googleapis.com/serviceAccounts.actAs",
    "iam.googleapis.com/serviceAccounts.setIamPolicy",
    "iam.googleapis.com/serviceAccountKeys.create",
)
"""What leads to an account as well as its access token does. Source:
https://cloud.google.com/iam/docs/service-account-permissions"""
UNCOVERED = frozenset({"1", "2"})
"""The enforcement versions of boundaries that do not cover service accounts. Source:
https://cloud.google.com/iam/docs/principal-access-boundary-policies-permissions"""


def incomplete_denials(estate: Estate) -> Iterator[Match]:
    """Deny rules that close the front door to accounts and leave others open, and boundaries that do not cover them."""
    denials = estate.of(Denial)
    for denial in denials:
        if _takes(denial, MINTING):
            yield from _open_ways(
                denial, [one for one in denials if one is denial or _goes_as_far(one, denial, estate)]
            )
    for boundary in estate.of(Boundary):
        if boundary.enforcement_version in UNCOVERED:
            name = shown(boundary.name)
            what = f"{name.rpartition('/')[2]} (enforcement version {boundary.enforcement_version})"
            words = {"what": what, "open": "everything about service accounts, which versions from 3 on cover"}
            yield Match(boundary, Truth.TRUE, words=words)


def _goes_as_far(other: Denial, denial: Denial, estate: Estate) -> bool:
    """Whether a rule denies whom another one denies, where that one does, under no further condition or exception."""
    here, above = (node_of(one.parent, one.declared, estate.hierarchy) for one in (denial, other))
    if here is None or above is None or above not in estate.hierarchy.containers(here):
        return False
    mine, theirs = _names(denial.denied_principals, denial), _names(other.denied_principals, other)
    spared, spares = _names(denial.exception_principals, denial), _names(other.exception_principals, other)
    if mine is None or theirs is None or spared is None or spares is None:
        return False
    return (mine <= theirs or EVERYBODY in theirs) and spares <= spared and other.condition in (None, denial.condition)


def _names(texts: Texts, denial: Denial) -> set[str] | None:
    """The principals of a list by their one name each; None where nothing is known of one."""
    names = {identity(text, denial.declared) for text in texts} if isinstance(texts, tuple) else {None}
    known = {name for name in names if name is not None}
    return known if len(known) == len(names) else None


def _open_ways(denial: Denial, every: list[Denial]) -> Iterator[Match]:
    together = [one for one in every if counts_for(one.declared, denial.declared)]
    open_ = [way for way in WAYS if not any(_takes(one, way) for one in together)]
    closed = [one for one in every if any(_takes(one, way) for way in open_)]
    if open_ and all(any(_takes(one, way) for one in closed) for way in open_):
        other = closed[0].declared
        reason = f"the deny policy at {at(other)} denies what this one leaves open, but is {outside(other)}"
        yield Match(denial, Truth.UNKNOWN, reasons=(reason,), place=denial.place)
        return
    unknown = next((why for one in together if (why := _unknown(one.denied_permissions))), None)
    if open_ and unknown:
        reason = f"which permissions the deny policy denies is not known: {unknown.reason}"
        yield Match(denial, Truth.UNKNOWN, reasons=(reason,), place=denial.place)
    elif open_:
        ways = ", ".join(way.rpartition("/")[2] for way in open_)
        what = f"the deny rule on {shown(denial.parent).rpartition('googleapis.com/')[2]}"
        yield Match(denial, Truth.TRUE, words={"what": what, "open": ways}, place=denial.place)


def _unknown(texts: Texts) -> Unknown | None:
    if isinstance(texts, Unknown):
        return texts
    return next((text for text in texts if isinstance(text, Unknown)), None)


def _takes(denial: Denial, permission: str) -> bool:
    """Whether a rule certainly denies a permission, and does not except it again."""
    return _lists(denial.denied_permissions, permission) and not _lists(denial.exception_permissions, permission)


def _lists(texts: Texts, permission: str) -> bool:
    known = (text for text in texts if isinstance(text, str)) if isinstance(texts, tuple) else ()
    return any(compiled(text).match(permission) for text in known)
