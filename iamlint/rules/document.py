"""Reads a rule's document: validates it, with every error at its place, and makes a `Rule`."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cache
from itertools import starmap
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

from iamlint.location import Location, SourceText, Unreadable
from iamlint.rules.rule import ACCEPTANCE_WORDS, Example, ExampleKind, Mended, Mending, Page, Rule

if TYPE_CHECKING:
    from iamlint.documents.values import Value

LARGEST = 1_000_000
"""Maximum size of a rule's document in characters."""

_FILE_NAMES: Mapping[str, str] = {"terraform": "main.tf", "plan": "plan.json"}
_KINDS: tuple[ExampleKind, ...] = get_args(ExampleKind)


def read_rule(source: SourceText, slug: str, family: str, schema: Path | None) -> Rule | list[Unreadable]:
    """Return the rule in a document, or all its errors.

    Without a schema only the checks beyond the schema are done. This is for the built-in documents, which the test
    suite validates: loading the validator would double the start time.
    """
    from iamlint.documents import read_yaml
    from iamlint.rules.record import record_of

    if len(source.text) > LARGEST:
        return [Unreadable(Location(source.path), f"the document is longer than {LARGEST} characters")]
    documents = read_yaml(source)
    if isinstance(documents, Unreadable):
        return [documents]
    if len(documents) != 1:
        return [Unreadable(Location(source.path), f"{len(documents)} YAML documents, where one rule is expected")]
    (document,) = documents
    from iamlint.documents.validation import against_schema

    errors = list(against_schema(document, source, schema)) if schema else []
    if not errors:
        errors = list(_beyond_schema(document))
    if errors:
        return errors
    head, page = record_of(document)
    return rule_of(head, slug, family, source.path, lambda: page)


def rule_of(head: Mapping[str, Any], slug: str, family: str, path: str, page: Callable[[], Mapping[str, Any]]) -> Rule:
    """Return the rule of a record's head. ``page`` returns its page; ``path`` is that of the document, for messages."""
    return Rule(
        slug=slug,
        family=family,
        title=head["title"],
        severity=head["severity"],
        confidence=head.get("confidence", "high"),
        since=head.get("since", ""),
        aliases=tuple(head.get("aliases", ())),
        formerly=head.get("formerly", {}),
        cis=tuple(head.get("cis", ())),
        mitre=tuple(head.get("mitre", ())),
        pedantic=head.get("pedantic", False),
        when=head.get("when"),
        query=head.get("query"),
        acceptance=head.get("acceptance"),
        worse=head.get("worse", {}),
        milder=head.get("milder", {}),
        message=head["message"],
        at=Location(path, *head["at"]),
        mends=tuple(starmap(Mending, head["mends"])),
        read_page=cache(lambda: _page(page(), path)),
    )


def _page(written: Mapping[str, Any], path: str) -> Page:
    examples = written["examples"]
    return Page(
        why=written["why"].strip(),
        fix=written["fix"].strip(),
        references=tuple(written["references"]),
        flags=tuple(_examples(examples["flags"], written["flags"], path)),
        passes=tuple(_examples(examples["passes"], written["passes"], path)),
        mended=tuple(_mended(written.get("mend", ()), written["mends"], path)),
        unmended=written.get("unmended", ""),
    )


def _mended(listed: Iterable[Mapping[str, Any]], places: Iterable[list[int]], path: str) -> Iterator[Mended]:
    for written, place in zip(listed, places, strict=True):
        before, after = (_files(written[key]) for key in ("before", "after"))
        yield Mended(Mending(written["by"], written["safety"]), before, after, Location(path, *place))


def _files(written: str | Mapping[str, str]) -> Mapping[str, str]:
    return {_FILE_NAMES["terraform"]: written} if isinstance(written, str) else written


def _examples(listed: Iterable[Mapping[str, Any]], places: Iterable[list[int]], path: str) -> Iterator[Example]:
    for written, place in zip(listed, places, strict=True):
        for kind in _KINDS:
            files = written.get(kind)
            if files is not None:
                named = {_FILE_NAMES[kind]: files} if isinstance(files, str) else files
                yield Example(kind, named, Location(path, *place))


# -- errors --------------------------------------------------------------------------------------------------------


def _beyond_schema(document: Value) -> Iterator[Unreadable]:
    """Yield errors that a schema cannot find: an unknown query, or unknown words in the message."""
    from iamlint.addresses import page_address
    from iamlint.documents import find, plain
    from iamlint.documents.validation import nearest_of
    from iamlint.patterns.fact_schema import KINDS
    from iamlint.queries import QUERIES
    from iamlint.rules.message import PLACEHOLDER

    query, message = find(document, ["query"]), find(document, ["message"])
    written = plain(document)
    if "query" in written and written["query"] not in QUERIES:
        hint = nearest_of(written["query"], QUERIES) or f"{page_address('rule-language')} lists them"
        yield Unreadable(query.location, f"there is no query `{written['query']}`", hint)
        return
    kinds: tuple[str, ...] = tuple(written.get("when", ()))
    words = {"permission", "permissions"} | {word for kind in kinds for word in KINDS[kind].shown}
    if "query" in written:
        words |= {*QUERIES[written["query"]].words}
    if "acceptance" in written:
        words = set(ACCEPTANCE_WORDS)
    for word in PLACEHOLDER.findall(written["message"]):
        if word not in words:
            known = ", ".join(f"{{{one}}}" for one in sorted(words))
            yield Unreadable(message.location, f"`message` has {{{word}}}, which this rule does not know", known)
