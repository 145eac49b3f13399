"""What all formats tell of paths: the names, the grants of a hop, and why it is not open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from iamlint.basics.frozen import frozen
from iamlint.facts import Attachment, Declaration, Grant
from iamlint.finding import Severity
from iamlint.location import Location, SourceText, Unreadable
from iamlint.methods.model import ACT_AS
from iamlint.paths.answers import Answer, Asking
from iamlint.paths.cover import Cut, Fix, fixes
from iamlint.paths.hops import Hop
from iamlint.paths.search import Path
from iamlint.provenance import at

_FEW = 2
"""Resources with the same role that are named; of more, the number is shown."""


@frozen
class Told:
    """An answer, and what a reporter needs to tell it.

    ``texts`` are the files that locations point into. ``errors`` are what could not be read. ``all`` asks for each
    path, ``color`` for colour, ``fix_first`` for what cuts the most paths.
    """

    answer: Answer
    asking: Asking
    texts: Mapping[str, SourceText] = field(default_factory=dict)
    errors: tuple[Unreadable, ...] = ()
    all: bool = False
    color: bool = False
    fix_first: bool = False

    def label(self, name: str) -> str:
        """Return a principal as policies write it."""
        return self.asking.names.label(name)

    def start(self, path: Path) -> str:
        """Return who a path starts from, as it was asked about."""
        return path.caller or self.label(path.source)

    def severity(self, path: Path) -> Severity:
        """Return how bad it is to become the account at the end of a path."""
        return self.asking.severity(path.target)

    def powers(self, account: str) -> list[str]:
        """Return what makes an account privileged, as a reader sees it, the strongest first."""
        found = (f"{role_of(grant)} on {grant.resource}" for grant in self.asking.powers(account))
        return list(dict.fromkeys(found))

    def access(self, account: str) -> list[str]:
        """Return what makes an account privileged, with one text for each role: "roles/editor on 166 projects"."""
        where: dict[tuple[str, str], dict[str, None]] = {}
        for grant in self.asking.powers(account):
            where.setdefault((role_of(grant), grant.resource.kind), {})[str(grant.resource)] = None
        return [
            f"{role} on {', '.join(on) if len(on) <= _FEW else f'{len(on):,} {kind}s'}"
            for (role, kind), on in where.items()
        ]


def role_of(grant: Grant) -> str:
    """Return the role of a grant as a reader sees it."""
    return grant.role if isinstance(grant.role, str) else grant.role.text


def main_grant(hop: Hop) -> tuple[str, Grant] | None:
    """Return the permission and the grant that represent a hop: that on the account, else the first."""
    found = granted(hop)
    return next((one for one in found if one[0] == ACT_AS), found[0] if found else None)


def granted(hop: Hop) -> list[tuple[str, Grant]]:
    """Return the permissions of a hop, each with the grant that gives it."""
    return list(zip(hop.way.method.permissions, hop.way.grants, strict=False)) if hop.way else []


def seen_at(grant: Grant) -> Location:
    """Return where the principal of a grant is written, or the argument if nothing else has the text."""
    return grant.principal_place.origin or grant.principal_place.at


def through_of(hop: Hop) -> tuple[str, Location] | None:
    """Return what a hop goes through, with its place: a resource that runs as the account, or a workload's grant."""
    match hop.way.through if hop.way else None:
        case Attachment(resource=resource, place=place):
            return f"{resource} runs as the account", place.at
        case Grant(principal=principal, principal_place=place):
            return f"{principal.text} may become the account", place.at
    return None


def declared_of(hop: Hop) -> Declaration | None:
    """Return the declaration that represents a hop; None for a membership that follows from the name."""
    main = main_grant(hop)
    if main:
        return main[1].declared
    return hop.member.declared if hop.member else None


def place_of(hop: Hop) -> Location | None:
    """Return where a hop is written: the principal of its grant, or the declaration of a membership."""
    main = main_grant(hop)
    if main:
        return main[1].principal_place.at
    return hop.member.place.at if hop.member else None


def reasons(hop: Hop) -> tuple[str, ...]:
    """Return why a hop is not certainly open; nothing for an open one."""
    if hop.way is None or hop.state == "open":
        return ()
    principal = hop.grants[0].principal
    unknown = principal.unknown if principal.kind == "unknown" else None
    who = (f"who it is, is not known: {unknown.reason}",) if unknown else ()
    return (*who, *hop.way.verdict.reasons) or ("the reason is not known",)


def closed_by(hop: Hop) -> str:
    """Return what closes a hop: the policies or accounts by address or place, else the reasons."""
    if hop.way is None or hop.state != "closed":
        return ""
    facts = [fact.declared.address or at(fact.declared) for fact in hop.way.verdict.facts]
    return ", ".join(dict.fromkeys(facts)) or "; ".join(reasons(hop))


MOST_FIXES = 10
"""Maximum number of listed blocks and entries to fix first."""


def fixes_of(told: Told) -> list[Fix]:
    """Return what cuts the most paths, where it was asked for."""
    return fixes(told.answer.paths, MOST_FIXES) if told.fix_first else []


def written(fact: Cut) -> Location:
    """Return where a grant or membership is written."""
    return fact.principal_place.at if isinstance(fact, Grant) else fact.place.at
