"""Reads method documents from YAML."""

from __future__ import annotations

from collections.abc import Iterator
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


def documents(text: str) -> Iterator[dict[str, Any]]:
    """Yield the documents of a YAML text. All scalars stay text. Anchors are not supported: the schema needs none."""
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
