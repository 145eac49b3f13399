"""Instances built by hand: each argument on a line of its own, with the spans that a reader would give it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from iamlint.documents.values import SetOf, Value
from iamlint.location import SourceText, Span
from iamlint.sources.terraform.instances.instance import Argument, Body, Instance
from iamlint.unknown import Unknown, UnknownPart

Build = Callable[..., Instance]


@dataclass
class Text:
    """A file that is being written, and the lines that it has so far."""

    lines: list[str] = field(default_factory=list)
    source: SourceText = field(default_factory=lambda: SourceText("main.tf", ""))

    def line(self, text: str) -> tuple[int, int]:
        start = sum(len(line) + 1 for line in self.lines)
        self.lines.append(text)
        return start, start + len(text)


def _written(value: Any) -> str:
    match value:
        case Unknown():
            return f'"{value.text}"'
        case list() | set() | frozenset():
            return (
                "[" + ", ".join(_written(item) for item in (sorted(value) if isinstance(value, set) else value)) + "]"
            )
        case Value():
            return "local.value"
        case str():
            return f'"{value}"'
        case _:
            return str(value).lower()


def _argument(text: Text, name: str, value: Any) -> Argument:
    prefix = f"  {name} = "
    start, end = text.line(prefix + _written(value))
    at = Span(text.source, start + len(prefix), end)
    if isinstance(value, Value):
        return Argument(value, at)
    if not isinstance(value, list | set):
        return Argument(Value(value, at), at)
    elements, spans, offset = [], [], at.start + 1
    for item in sorted(value) if isinstance(value, set) else value:
        length = len(_written(item))
        spans.append(Span(text.source, offset, offset + length))
        elements.append(item if isinstance(item, Value) else Value(item, spans[-1]))
        offset += length + 2
    items = () if isinstance(value, set) else tuple(spans)
    return Argument(Value(SetOf(tuple(elements)) if isinstance(value, set) else tuple(elements), at), at, items)


def _body(text: Text, header: str, values: dict[str, Any]) -> Body:
    start, end = text.line(header)
    arguments: dict[str, Argument] = {}
    blocks: dict[str, tuple[Body, ...] | Unknown] = {}
    for name, value in values.items():
        if isinstance(value, dict):
            blocks[name] = (_body(text, name, value),)
        elif isinstance(value, tuple):
            blocks[name] = tuple(_body(text, name, one) for one in value)
        elif name.startswith("unknown_block_"):
            blocks[name.removeprefix("unknown_block_")] = value
        elif value is not None:
            arguments[name] = _argument(text, name, value)
    return Body(Span(text.source, start, end), arguments, blocks)


@pytest.fixture(scope="session")
def build() -> Build:
    """``build("google_x.name", argument=…, block={…}, blocks=({…}, {…}), unknown_block_x=Unknown(…))``."""

    def build(
        address: str,
        *,
        mode: Any = "managed",
        provider: Instance | None = None,
        symbolic: Unknown | None = None,
        **values: Any,
    ) -> Instance:
        text = Text()
        steps = address.split("[", maxsplit=1)[0].split(".")
        kind, name = steps[1 if steps[0] in ("data", "provider") else -2], steps[-1]
        body = _body(text, f'resource "{kind}" "{name}"', values)
        text.source.text = "\n".join(text.lines) + "\n"
        return Instance(mode, kind, name, address, body, provider=provider, symbolic=symbolic)

    return build


@pytest.fixture(scope="session")
def unknown_part() -> Callable[..., Unknown]:
    """``unknown_part("serviceAccount:", "google_service_account.ci.email")``: the last part is a reference."""

    def unknown_part(*parts: str, reason: str = "known after apply") -> Unknown:
        return Unknown(reason, (*parts[:-1], UnknownPart(parts[-1])))

    return unknown_part
