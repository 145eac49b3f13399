"""Finds the method documents and reads them in two steps.

Each run needs all methods, but only the part before ``sources`` of a document; reading 355 documents completely takes
several times as long. These parts are compiled when the package is built. In a checkout with changed documents they are
joined and read as one stream of YAML events, in about 35 ms of CPU time (90 ms if each is loaded separately).
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from itertools import starmap
from pathlib import Path
from typing import Any

from iamlint.basics.frozen import frozen
from iamlint.documents.compiled import read_compiled
from iamlint.methods.model import GROUPS, Agent, Method, Need

FOLDER = Path(__file__).parent
COMPILED = FOLDER / "compiled.json"
"""The parts of the documents that every run needs, as they were compiled when the package was built."""
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
    compiled = read_compiled(COMPILED, folder) if folder == FOLDER else None
    return tuple(starmap(_method, compiled.heads if compiled else heads(folder)))


def heads(folder: Path = FOLDER) -> list[list[Any]]:
    """Return what each run needs of each document in a folder: the fields of its method as plain data, in order."""
    from iamlint.methods.yaml_documents import documents

    paths = list(method_paths(folder))
    read = documents(b"\n---\n".join(path.read_bytes().partition(_BREAK)[0] for path in paths).decode())
    return [_fields(path, document) for path, document in zip(paths, read, strict=True)]


@cache
def details_of(method: Method) -> Details:
    """Read the rest of a method's document."""
    from iamlint.methods.yaml_documents import documents

    path = FOLDER / method.group / f"{method.id}.yaml"
    document = next(documents(path.read_text(encoding="utf-8")))
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


def _fields(path: Path, document: dict[str, Any]) -> list[Any]:
    agent = document.get("agent")
    return [
        path.stem,
        path.parent.name,
        document["title"],
        list(document["needs"].items()),
        document["yields"],
        document["reaches"],
        document["certainty"],
        document.get("act_as", "no"),
        document.get("runs", []),
        [agent["email"], agent.get("role", "")] if agent else None,
        document.get("ended", ""),
    ]


def _method(
    name: str, group: Any, title: str, needs: Any, yields: Any, reaches: Any, certainty: Any, act_as: Any, *more: Any
) -> Method:
    runs, agent, ended = more
    return Method(
        name,
        group,
        title,
        tuple(starmap(Need, needs)),
        yields,
        reaches,
        certainty,
        act_as,
        tuple(runs),
        Agent(*agent) if agent else None,
        ended,
    )
