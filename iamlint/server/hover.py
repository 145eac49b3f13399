"""Hover: what a role permits, which accounts a principal can become, what a rule reports."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from iamlint.estate import Estate
from iamlint.methods.index import methods, strength
from iamlint.paths.answers import Asking
from iamlint.paths.asked import NobodyError, starts_of, targets_of
from iamlint.paths.search import Path
from iamlint.reporters.listings.roles import answer
from iamlint.rules.rule import Rule
from iamlint.server.session import Session
from iamlint.server.words import Word
from iamlint.unknown import Unknown

_MOST = 8
"""Maximum number of lines of a kind."""


def hover(session: Session, word: Word) -> str | None:
    """Return Markdown about a word; None if iamlint has no information about it."""
    match word.kind:
        case "role":
            return _role(session.run.estate, word.text)
        case "permission":
            return _permission(word.text)
        case "principal":
            return _principal(session, word.text)
        case "rule":
            rule = session.rules.get(word.text)
            return rule_text(rule) if rule else None
        case _:
            return None


def rule_text(rule: Rule) -> str:
    """Return a rule's title, reason and fix as Markdown."""
    return f"**{rule.slug}** ({rule.severity}): {rule.title}\n\n{rule.page.why}\n\n*Fix:* {rule.page.fix}"


def _role(estate: Estate | None, role: str) -> str | None:
    if estate is None:
        return None
    held = estate.roles.permissions(role)
    if isinstance(held, Unknown):
        return f"**{role}**: {held.reason}"
    title = estate.roles.catalog.title(role) if role.startswith("roles/") else ""
    head = f"**{role}**{f' ({title})' if title else ''}: {len(held)} permissions"
    ways = sorted((one for one in methods() if one.permissions and held.issuperset(one.permissions)), key=strength)
    if not ways:
        return f"{head}; alone they do not allow becoming a service account."
    return "\n".join([f"{head}. Its holder can:", "", *_listed(list(dict.fromkeys(one.title for one in ways)))])


def _permission(permission: str) -> str | None:
    from iamlint.roles import catalog

    told = answer(catalog(), permission, for_programs=False)
    if not isinstance(told, str):
        return None
    lines = told.rstrip().split("\n")
    return "\n".join(["```text", *lines[: 2 * _MOST], *(["..."] if len(lines) > 2 * _MOST else []), "```"])


def _principal(session: Session, name: str) -> str | None:
    asking = session.asking
    if asking is None:
        return None
    lines = [*_becomes(asking, name), *_becoming(asking, name)]
    return "\n".join([f"**{name}**", *(lines or ["", "It has no path to another account here."])])


def _becomes(asking: Asking, name: str) -> list[str]:
    try:
        paths = asking.of(starts_of(asking.hops, name)).paths
    except NobodyError:
        return []
    return _section("It can become:", [(asking.names.label(path.target), path) for path in paths])


def _becoming(asking: Asking, name: str) -> list[str]:
    try:
        paths = asking.onto(targets_of(asking.hops, name)).paths
    except NobodyError:
        return []
    return _section("Who can become it:", [(asking.names.label(path.source), path) for path in paths])


def _section(title: str, ends: Iterable[tuple[str, Path]]) -> list[str]:
    names = dict.fromkeys(f"{name} ({path.state})" for name, path in ends if path.state != "closed")
    return ["", title, "", *_listed(list(names))] if names else []


def _listed(names: Sequence[str]) -> Iterator[str]:
    yield from (f"- {name}" for name in names[:_MOST])
    if len(names) > _MOST:
        yield f"- and {len(names) - _MOST} more"
