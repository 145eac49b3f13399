"""Finds the method documents and reads them in two steps.

Each run needs all methods, but only the part before ``sources`` of a document; reading 355 documents completely takes
several times as long. These parts are joined and read as one stream of YAML events, in about 35 ms of CPU time (90 ms
if each is loaded separately).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from yaml.events import (
    DocumentStartEvent,
    Event,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from iamlint.frozen import frozen
from iamlint.methods.model import GROUPS, Agent, Method, Need

FOLDER = Path(__file__).parent
DETAILS = "sources"
"""The first key of a document's part that only some runs read."""
_BREAK = f"\n{DETAILS}:".encode()


@frozen
class Example:
    """Terraform that gives ``user:ana@example.com`` the method (``opens``), and a variant that narrowly does not."""

    opens: str
    near_miss: str


@frozen
class Details:
    """The part of a method for people.

    ``guards`` are organization policies that can block it. ``only_if`` is a further requirement. ``example`` is None if
    ``no_example`` says why none can be run.
    """

    sources: tuple[str, ...]
    service: str
    since: str
    guards: tuple[str, ...]
    only_if: str
    example: Example | None
    no_example: str


def method_paths(folder: Path = FOLDER) -> Iterator[Path]:
    """Yield the paths of the documents, by group and id."""
    for group in GROUPS:
        yield from sorted((folder / group).glob("*.yaml"))


def load_methods(folder: Path = FOLDER) -> tuple[Method, ...]:
    """Read the parts of all documents in a folder that every run needs."""
    paths = list(method_paths(folder))
    heads = [path.read_bytes().partition(_BREAK)[0] for path in paths]
    documents = _documents(b"\n---\n".join(heads).decode())
    return tuple(_method(path, document) for path, document in zip(paths, documents, strict=True))


@cache
def details_of(method: Method) -> Details:
    """Read the rest of a method's document."""
    path = FOLDER / method.group / f"{method.id}.yaml"
    document = next(_documents(path.read_text(encoding="utf-8")))
    examples = document["examples"]
    runnable = Example(examples["opens"], examples["near_miss"]) if "opens" in examples else None
    return Details(
        sources=tuple(document["sources"]),
        service=document["service"],
        since=document.get("since", ""),
        guards=tuple(document.get("guards", ())),
        only_if=document.get("only_if", ""),
        example=runnable,
        no_example=examples.get("none", ""),
    )


def _documents(text: str) -> Iterator[dict[str, Any]]:
    """Yield the documents of a YAML text. All scalars stay text, and there are no anchors: the schema needs none."""
    events = iter(yaml.parse(text, Loader=_loader()))
    for event in events:
        if isinstance(event, DocumentStartEvent):
            yield _value(next(events), events)


def _value(event: Event, events: Iterator[Event]) -> Any:
    match event:
        case ScalarEvent():
            return event.value
        case SequenceStartEvent():
            items: list[Any] = []
            while not isinstance(inner := next(events), SequenceEndEvent):
                items.append(_value(inner, events))
            return items
        case MappingStartEvent():
            entries: dict[str, Any] = {}
            while not isinstance(inner := next(events), MappingEndEvent):
                entries[_value(inner, events)] = _value(next(events), events)
            return entries
    raise ValueError(f"a method document has {event}")


def _loader() -> Any:
    """Return the YAML loader: libyaml's if PyYAML has it, else a slower one. Both make plain data only."""
    return getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def _method(path: Path, document: dict[str, Any]) -> Method:
    group: Any = path.parent.name
    agent = document.get("agent")
    return Method(
        id=path.stem,
        group=group,
        title=document["title"],
        needs=tuple(Need(permission, on) for permission, on in document["needs"].items()),
        yields=document["yields"],
        reaches=document["reaches"],
        certainty=document["certainty"],
        act_as=document.get("act_as", "no"),
        runs=tuple(document.get("runs", ())),
        agent=Agent(agent["email"], agent.get("role", "")) if agent else None,
        ended=document.get("ended", ""),
    )
