"""The list of methods, as text and JSON, and a page for each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any

from iamlint.methods.documents import details_of
from iamlint.methods.index import methods
from iamlint.methods.model import ACT_AS, GROUPS, PLACES, REACHES, YIELDS, Method
from iamlint.reporters.parts.folding import Fold, titled
from iamlint.reporters.parts.indented import json_text

_ACT_AS = {
    "named": "on the account",
    "attached": "on the account, also where it stays attached",
    "on_change": "on the account, where it changes",
}


def chosen_methods(name: str | None) -> tuple[Method, ...]:
    """Return the methods of a name: an id, a group, a permission; all for None, none for an unknown name."""
    return tuple(one for one in methods() if name is None or name in (one.id, one.group, *one.permissions))


def methods_text(chosen: Iterable[Method], width: int | None) -> str:
    """Return one line for each method, below its group, set to the width of a terminal."""
    chosen, fold = tuple(chosen), Fold(width)
    widest = max((len(one.id) for one in chosen), default=0)
    lines: list[str] = []
    for group, members in groupby(chosen, key=lambda one: one.group):
        lines += [*([""] if lines else []), f"{group}: {GROUPS[group]}"]
        for one in members:
            lines += titled(f"  {one.id:<{widest}}  {one.certainty:<7}  ", f"{one.title}{_ended(one)}", fold)
    return "".join(f"{line}\n" for line in lines)


def methods_json(chosen: Iterable[Method]) -> str:
    """Return the methods as a JSON list with the complete documents."""
    return json_text([_entry(one) for one in chosen])


def _entry(one: Method) -> dict[str, Any]:
    details = details_of(one)
    example = details.example
    return {
        "id": one.id,
        "group": one.group,
        "title": one.title,
        "service": details.service,
        "needs": [{"permission": need.permission, "on": need.on} for need in one.needs],
        "act_as": one.act_as,
        "yields": one.yields,
        "reaches": one.reaches,
        "runs": list(one.runs),
        "agent": {"email": one.agent.email, "role": one.agent.role} if one.agent else None,
        "certainty": one.certainty,
        "since": details.since,
        "ended": one.ended,
        "guards": list(details.guards),
        "only_if": details.only_if,
        "sources": list(details.sources),
        "examples": {"opens": example.opens, "near_miss": example.near_miss} if example else {},
        "no_example": details.no_example,
    }


def method_page(one: Method) -> str:
    """Return a method's page as Markdown."""
    details = details_of(one)
    parts = [f"# {one.id}", f"**{one.title}.** {one.group}, {one.certainty}{_ended(one)}.", "## Needs"]
    parts.append("\n".join(f"- {line}" for line in _needs(one)))
    parts += ["## Gives", "\n".join(f"- {line}" for line in _gives(one))]
    if details.only_if or details.guards:
        parts += ["## Only if", "\n".join(f"- {line}" for line in _conditions(details.only_if, details.guards))]
    if details.example:
        parts += ["## Opens", _fenced(details.example.opens), "## Near miss", _fenced(details.example.near_miss)]
    else:
        parts += ["## Example", f"None can be run. {details.no_example}"]
    listed = (f"- <{source}>" if source.startswith("http") else f"- {source}" for source in details.sources)
    parts += ["## Sources", "\n".join(listed)]
    return "\n\n".join(parts) + "\n"


def _needs(one: Method) -> Iterator[str]:
    for need in one.needs:
        yield f"`{need.permission}` {PLACES[need.on]}"
    if one.act_as != "no" and ACT_AS not in [need.permission for need in one.needs]:
        yield f"`{ACT_AS}` {_ACT_AS[one.act_as]}"
    if not one.permissions and one.act_as == "no":
        yield "no permission"


def _gives(one: Method) -> Iterator[str]:
    yield YIELDS[one.yields]
    reached = REACHES[one.reaches]
    if one.agent:
        reached += f": `{one.agent.email}`"
        reached += f", which holds `{one.agent.role}` by default" if one.agent.role else ""
    yield f"reaches {reached}"
    if one.runs:
        yield "resources: " + ", ".join(f"`google_{kind}`" for kind in one.runs)


def _conditions(only_if: str, guards: tuple[str, ...]) -> Iterator[str]:
    if only_if:
        yield only_if
    if guards:
        yield "The organization policy allows it: " + ", ".join(f"`{one}`" for one in guards) + "."


def _ended(one: Method) -> str:
    return f" (ended {one.ended})" if one.ended else ""


def _fenced(text: str) -> str:
    return f"```hcl\n{text.strip()}\n```"


def methods_page() -> str:
    """Return the generated page that lists all methods by their groups."""
    lines = [
        "# The methods",
        "",
        "The ways to become a service account, or to open one, that iamlint knows. `iamlint methods ID` explains one.",
        "",
        "Generated from the documents in [`iamlint/methods/`](../iamlint/methods) by `python bench/pages.py`.",
    ]
    for group, members in groupby(methods(), key=lambda one: one.group):
        lines += ["", f"## {group}", "", f"{GROUPS[group]}.", "", "| method | what | needs | gives | certainty |"]
        lines.append("| --- | --- | --- | --- | --- |")
        lines += [_row(one) for one in members]
    return "\n".join(lines) + "\n"


def _row(one: Method) -> str:
    needs = ", ".join(f"`{permission}`" for permission in one.permissions) or "—"
    link = f"[`{one.id}`](../iamlint/methods/{one.group}/{one.id}.yaml)"
    return f"| {link} | {one.title}{_ended(one)} | {needs} | {one.yields} | {one.certainty} |"
