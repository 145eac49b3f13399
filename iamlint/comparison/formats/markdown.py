"""A comparison as Markdown with a picture of what opens, for the summary of a GitHub job."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from iamlint.comparison.formats.words import (
    MOST_GROUPS,
    MOST_NAMED,
    Group,
    about,
    grouped,
    grouped_roles,
    how,
    notes,
    summary,
    where,
)
from iamlint.comparison.model import Comparison, Line, Pair, Privilege, UnknownChange
from iamlint.location import Location
from iamlint.reporters.markdown import cell, linked
from iamlint.reporters.parts.plain import environments, listed
from iamlint.reporters.parts.presentation import Presentation

MOST_NODES = 10
"""Principals and accounts in the picture."""
_LONGEST_LABEL, _BEGINNING = 60, 20


def comparison_markdown(found: Comparison, style: Presentation) -> str:
    """Return a comparison as Markdown: a sentence, the picture, then tables, what opens first."""
    return "\n".join(_lines(found, style)) + "\n"


def _lines(found: Comparison, style: Presentation) -> Iterator[str]:
    yield f"## iamlint compare: {cell(summary(found))}"
    picture = list(_picture(found.opened))
    if picture:
        yield from ("", "```mermaid", "graph LR", *picture, "```")
    yield from _pairs(found.opened, "Opened", style)
    yield from _roles(found.gained, "Gained", style)
    yield from _pairs(found.closed, "Closed", style)
    yield from _roles(found.lost, "Lost", style)
    if found.unknown:
        yield from ("", "### Unknown", "")
    for one in found.unknown[:MOST_GROUPS]:
        at = f" ({_place(one.at, style)})" if one.at else ""
        yield f"- {cell(about(one) + one.reason)}{at}{cell(_in(one))}"
    if found.errors:
        yield from ("", "### Could not be read", "")
    for error in found.errors[:MOST_GROUPS]:
        yield f"- {cell(f'{error.at.path}:{error.at.line}: {error.reason}')}"
    for note in notes(found):
        yield from ("", cell(note))


def _pairs(pairs: Sequence[Pair], title: str, style: Presentation) -> Iterator[str]:
    groups = grouped(pairs)
    if groups:
        yield from ("", f"### {title}", "", "| who | account | path | cause |", "| --- | --- | --- | --- |")
    for group in groups[:MOST_GROUPS]:
        first, (who, paths) = group.first, _who(group)
        accounts = listed([pair.account for pair in group.pairs])
        yield f"| {cell(who + _in(first))} | {cell(accounts)} | {paths} | {_cause(first, style)} |"
    if len(groups) > MOST_GROUPS:
        yield from ("", f"... and {len(groups) - MOST_GROUPS:,} more groups of pairs.")


def _who(group: Group) -> tuple[str, str]:
    """Return the principals of a group, and the cell with their paths."""
    if not group.others:
        hops = (f"{step.target.removeprefix('serviceAccount:')}: {how(step)}" for step in group.first.path)
        return group.first.principal, cell("; ".join(hops))
    some = [cell(f"{one.principal}: {how(one.path[0])}") for one in group.every[:MOST_NAMED]]
    left = len(group.every) - MOST_NAMED
    return f"{len(group.every):,} principals", "<br>".join([*some, f"and {left:,} more"] if left > 0 else some)


def _roles(roles: Sequence[Privilege], title: str, style: Presentation) -> Iterator[str]:
    if roles:
        yield from ("", f"### {title}", "", "| who | role | resource | as | cause |", "| --- | --- | --- | --- | --- |")
    groups = grouped_roles(roles)
    for group in groups[:MOST_GROUPS]:
        one = group.first
        cells = (group.who + _in(one), group.what, group.on, group.account)
        yield f"| {' | '.join((*map(cell, cells), _cause(one, style)))} |"
    if len(groups) > MOST_GROUPS:
        yield from ("", f"... and {len(groups) - MOST_GROUPS:,} more groups of roles.")


def _cause(one: Pair | Privilege, style: Presentation) -> str:
    """Return the line that is the cause; a link to it if the head has it and its address is known."""
    return _place(one.cause, style) if one.cause and one.cause.side == "head" else cell(where(one))


def _place(at: Line, style: Presentation) -> str:
    return linked(Location(at.shown, at.line), style if at.side == "head" else Presentation())


def _in(one: Pair | Privilege | UnknownChange) -> str:
    return f" ({environments(one)})" if one.environments else ""


def _picture(pairs: Sequence[Pair]) -> Iterator[str]:
    """Yield the nodes and edges of the first paths, as many as fit."""
    nodes: dict[str, str] = {}
    edges: dict[tuple[str, str], str] = {}
    for pair in pairs:
        names = dict.fromkeys(name for step in pair.path for name in (step.source, step.target))
        new = [name for name in names if name not in nodes]
        if len(nodes) + len(new) > MOST_NODES:
            continue
        for name in new:
            nodes[name] = f"n{len(nodes)}"
        edges |= {(step.source, step.target): step.method for step in pair.path}
    yield from (f'  {node}["{_label(name)}"]' for name, node in nodes.items())
    yield from (
        f"  {nodes[source]} -->|{_label(method)}| {nodes[target]}" for (source, target), method in edges.items()
    )


def _label(text: str) -> str:
    """Return a text without mermaid syntax: letters, digits and a few other characters stay.

    A long name loses its middle: the names of pools and of what they admit are at the end.
    """
    short = text.removeprefix("serviceAccount:").removesuffix(".iam.gserviceaccount.com")
    if len(short) > _LONGEST_LABEL:
        short = f"{short[:_BEGINNING]}...{short[_BEGINNING + 3 - _LONGEST_LABEL :]}"
    return "".join(one if one.isascii() and (one.isalnum() or one in " .-_/@:") else f"#{ord(one)};" for one in short)
