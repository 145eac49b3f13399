"""The method documents: found, and read in two steps.

Each run needs all methods, but only what is before ``sources`` in a document; to read 355 documents whole takes several
times as long. These parts are put together and read as one stream of YAML events, which takes about 35 ms of CPU time
(90 ms where each is loaded by itself).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
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

from iamlint.methods.model import GROUPS, Agent, Method, Need

FOLDER = Path(__file__).parent
DETAILS = "sources"
"""The key at which the part of a document begins that not every run reads."""
_BREAK = f"\n{DETAILS}:".encode()


@dataclass(frozen=True, slots=True)
class Example:
    """Terraform in which ``user:ana@example.com`` has the method (``opens``), and in which she narrowly has not."""

    opens: str
    near_miss: str


@dataclass(frozen=True, slots=True)
class Details:
    """What people read of a method.

    ``guards`` are organization policies that can block it. ``only_if`` is what else must hold. ``example`` is None
    where ``no_example`` says why none can be run.
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
    """Read what every run needs of all documents in a folder."""
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
    """Yield the documents of a YAML text. All scalars stay text, and there are no anchors: the schema asks for none."""
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
    """The YAML loader: libyaml's where PyYAML has it, else a slower one. Both make plain data only."""
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
