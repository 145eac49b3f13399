"""Which configuration states a fact, and which other configurations it counts for.

A file in a tree need not apply to all of the tree. A pull request can add an export, a plan, a state or a root module.
None of them may silently change what another configuration means.

The trust of a declaration says how far its facts count outside its own configuration:

    named    for the whole run: the user named the document
    owner    what it owns replaces what exports show: it is the Terraform of a root module that the user named
    own      not at all: it is the Terraform of another root module, or a document found by walking a directory
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields
from functools import lru_cache
from pathlib import PurePosixPath
from typing import Any, TypeVar, cast

from iamlint.facts import Declaration, Fact, Trust

_SOURCES = (".tf", ".tofu", ".tf.json", ".tofu.json")

Kind = TypeVar("Kind", bound=Fact)
Value = TypeVar("Value")


def configuration(declared: Declaration) -> str:
    """Return the configuration that states a fact: the directory of the root module, or the path of the document.

    A plan or state belongs to the root module in its directory, for the resources that this module declares. A plan
    that the user did not name belongs to no other module, even if that module declares something of the same name.
    """
    first = declared.via[0] if declared.via else declared.at
    planned = declared.planned
    if planned and declared.trust != "named" and directory(planned.path) != directory(first.path):
        return planned.path
    return _home(first.path)


@lru_cache(maxsize=4096)
def directory(path: str) -> str:
    """Return the directory of a file, "." for one in the working directory."""
    above, slash, _ = path.rpartition("/")
    if not slash:
        return "."
    if not above or path.endswith("/") or path.startswith("./") or "//" in path or "/." in path:
        return str(PurePosixPath(path).parent)
    return above


@lru_cache(maxsize=4096)
def _home(path: str) -> str:
    return directory(path) if is_source(path) else path


def is_source(path: str) -> bool:
    """Whether a file is Terraform source."""
    return path.endswith(_SOURCES)


def counts_for(declared: Declaration, other: Declaration) -> bool:
    """Whether facts of one declaration count for those of another."""
    return declared.trust == "named" or configuration(declared) == configuration(other)


def owns(declared: Declaration) -> bool:
    """Whether what Terraform owns by a declaration certainly replaces what exports show."""
    return declared.trust != "own"


def outside(declared: Declaration) -> str:
    """Return a clause that says where a fact is that does not count."""
    first = declared.via[0] if declared.via else declared.at
    if declared.planned is None and is_source(first.path):
        return "in another root module"
    return "in a file that was not named on the command line or in `inputs`"


def at(declared: Declaration) -> str:
    """Return the place of a declaration for a reader: ``projects.json:3``."""
    place = declared.planned or declared.at
    return f"{place.path}:{place.line}"


def trusted(facts: Iterable[Kind], trust: Trust) -> Iterator[Kind]:
    """Yield the facts with their trust set."""
    known: dict[int, tuple[Declaration, Declaration]] = {}  # many facts share one declaration
    for fact in facts:
        declared = fact.declared
        if declared.trust == trust:
            yield fact
            continue
        if id(declared) not in known:
            known[id(declared)] = declared, _with(declared, "trust", trust)
        yield _with(fact, "declared", known[id(declared)][1])


def _with(value: Value, changed: str, new: object) -> Value:
    """Return a fact or a declaration with another value of a field. `replace` takes three times as long."""
    kind: Any = type(value)
    return cast("Value", kind(*[new if name == changed else getattr(value, name) for name in _names_of(kind)]))


@lru_cache(maxsize=64)
def _names_of(kind: type) -> tuple[str, ...]:
    return tuple(one.name for one in fields(kind))
